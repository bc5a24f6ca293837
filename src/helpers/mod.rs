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
mod phasor;
mod svf;

pub mod expand;
pub mod language;
pub mod site;
pub mod spec;

pub use expand::{Given, Refused, expand};
pub use site::Site;
pub use spec::{Argument, Claim, Family, Helper, Kernel, Kind, Unit};

/// Every helper, in the order of the reference.
pub const HELPERS: &[&Helper] = &[
    &osc::OSC,
    &osc::SAW,
    &phasor::PHASOR,
    &noise::NOISE,
    &onepole::LOWPASS,
    &onepole::HIGHPASS,
    &svf::LPF,
    &delay::DELAY,
    &gain::GAIN,
    &decay::DECAY,
];

/// The helper of a name or an alias.
pub fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name || helper.aliases.contains(&name))
}
