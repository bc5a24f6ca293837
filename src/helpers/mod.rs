//! One file per helper or family: words, arguments, units, ranges, claims and kernel. Nothing about a helper is written anywhere else.

mod chorus;
mod clock;
mod corner;
mod decay;
mod delay;
mod edge;
mod gain;
mod haas;
mod noise;
mod onepole;
mod osc;
mod pan;
mod phaser;
mod phasor;
mod pingpong;
mod reverb;
mod slew;
mod svf;
mod tremolo;
mod width;

pub mod claim;
pub mod expand;
pub mod kernel;
pub mod language;
pub mod site;
pub mod spec;
pub mod tape;

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
    &noise::NOISE,
    &onepole::LOWPASS,
    &onepole::HIGHPASS,
    &svf::LPF,
    &svf::HPF,
    &svf::BPF,
    &svf::NOTCH,
    &delay::DELAY,
    &delay::FEEDBACK,
    &pingpong::PINGPONG,
    &reverb::REVERB,
    &chorus::CHORUS,
    &chorus::FLANGER,
    &phaser::PHASER,
    &chorus::VIBRATO,
    &gain::GAIN,
    &tremolo::TREMOLO,
    &decay::DECAY,
    &slew::SLEW,
    &pan::PAN,
    &haas::HAAS,
    &width::WIDTH,
    &width::MONO,
    &width::SIDE,
    &width::CHANNEL,
];

/// The helper of a name or an alias.
pub fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name || helper.aliases.contains(&name))
}
