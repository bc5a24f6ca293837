//! One file per helper or family: words, arguments, units, ranges, claims and kernel. Nothing about a helper is written anywhere else.

mod chance;
mod clock;
mod colour;
mod corner;
mod decay;
mod delay;
mod edge;
mod fm;
mod gain;
mod lfo;
mod modal;
mod noise;
mod onepole;
mod osc;
mod pan;
mod partials;
mod phasor;
mod ratios;
mod series;
mod slew;
mod string;
mod svf;
mod swing;
mod tables;
mod tremolo;
mod wavetable;

pub mod claim;
pub mod expand;
pub mod kernel;
pub mod language;
pub mod site;
pub mod spec;

pub use claim::Claim;
pub use expand::{Given, Refused, expand};
pub use kernel::Kernel;
pub use site::Site;
pub use spec::{Argument, Family, Helper, Kind, Set, Unit};

/// Every helper, in the order of the reference.
pub const HELPERS: &[&Helper] = &[
    &osc::OSC,
    &osc::SAW,
    &osc::TRI,
    &osc::SQUARE,
    &osc::PULSE,
    &phasor::PHASOR,
    &phasor::IMPULSE,
    &phasor::WAVE,
    &wavetable::WAVETABLE,
    &partials::ADDITIVE,
    &partials::INHARMONIC,
    &fm::FM,
    &noise::NOISE,
    &colour::PINK,
    &colour::BROWN,
    &chance::DUST,
    &string::STRING,
    &modal::MODAL,
    &onepole::LOWPASS,
    &onepole::HIGHPASS,
    &svf::LPF,
    &svf::HPF,
    &svf::BPF,
    &svf::NOTCH,
    &delay::DELAY,
    &delay::FEEDBACK,
    &gain::GAIN,
    &tremolo::TREMOLO,
    &decay::DECAY,
    &slew::SLEW,
    &lfo::LFO,
    &chance::RANDOM,
    &pan::PAN,
];

/// The helper of a name or an alias.
pub fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name || helper.aliases.contains(&name))
}
