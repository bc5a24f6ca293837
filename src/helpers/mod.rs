//! One file per helper or family: words, arguments, units, ranges, claims and kernel. Nothing about a helper is written anywhere else.

mod adsr;
mod beat;
mod clock;
mod compress;
mod corner;
mod crush;
mod decay;
mod degree;
mod delay;
mod drive;
mod edge;
mod euclid;
mod fold;
mod follow;
mod gain;
mod gate;
mod hold;
mod limiter;
mod line;
mod noise;
mod onepole;
mod osc;
mod pace;
mod pan;
mod phasor;
mod pluck;
mod round;
mod segments;
mod seq;
mod slew;
mod svf;
mod tremolo;
mod trigger;

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
    &drive::DRIVE,
    &fold::FOLD,
    &crush::CRUSH,
    &crush::DOWNSAMPLE,
    &compress::COMPRESS,
    &compress::SIDECHAIN,
    &limiter::LIMITER,
    &gate::GATE,
    &decay::DECAY,
    &adsr::ADSR,
    &adsr::SWELL,
    &pluck::PLUCK,
    &pluck::DISCHARGE,
    &line::LINE,
    &line::EXPLINE,
    &segments::SEGMENTS,
    &follow::FOLLOW,
    &slew::SLEW,
    &slew::LAG,
    &hold::HOLD,
    &hold::PREV,
    &trigger::TRIGGER,
    &trigger::EDGE,
    &trigger::TOGGLE,
    &trigger::COUNT,
    &pan::PAN,
    &beat::BEAT,
    &beat::EVERY,
    &beat::SWING,
    &seq::SEQ,
    &euclid::EUCLID,
    &degree::DEGREE,
    &degree::QUANTIZE,
];

/// The helper of a name or an alias.
pub fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name || helper.aliases.contains(&name))
}
