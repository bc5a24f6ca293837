//! One file per helper or family: words, arguments, units, ranges, claims and kernel. Nothing about a helper is written anywhere else.

mod clock;
mod corner;
mod decay;
mod delay;
mod edge;
mod gain;
mod noise;
mod onepole;
mod osc;
mod pan;
mod phasor;
mod slew;
mod svf;
mod tremolo;

pub mod claim;
pub mod expand;
pub mod kernel;
pub mod language;
pub mod own;
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
    &noise::NOISE,
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
    &pan::PAN,
];

/// The helper of a name or an alias.
pub fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name || helper.aliases.contains(&name))
}
