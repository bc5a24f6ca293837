//! One file per helper or family: words, arguments, units, ranges, claims and kernel. Nothing about a helper is written anywhere else.

mod adsr;
mod beat;
mod chance;
mod chorus;
mod clock;
mod colour;
mod comb;
mod compress;
mod corner;
mod crush;
mod dcblock;
mod decay;
mod degree;
mod delay;
mod drive;
mod edge;
mod euclid;
mod fm;
mod fold;
mod follow;
mod gain;
mod gate;
mod haas;
mod hilbert;
mod hold;
mod ladder;
mod lfo;
mod limiter;
mod line;
mod modal;
mod noise;
mod onepole;
mod osc;
mod pace;
mod pan;
mod partials;
mod phaser;
mod phasor;
mod pingpong;
mod pluck;
mod promise;
mod ratios;
mod resonator;
mod reverb;
mod round;
mod segments;
mod seq;
mod series;
mod shelf;
mod slew;
mod string;
mod svf;
mod swing;
mod tables;
mod tremolo;
mod trigger;
mod vowel;
mod wavetable;
mod width;

pub mod claim;
pub mod expand;
pub mod kernel;
pub mod language;
pub mod own;
pub mod poly;
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
    &shelf::PEAK,
    &shelf::LOWSHELF,
    &shelf::HIGHSHELF,
    &ladder::LADDER,
    &comb::COMB,
    &comb::ALLPASS,
    &resonator::RESONATOR,
    &dcblock::DCBLOCK,
    &vowel::VOWEL,
    &hilbert::HILBERT,
    &hilbert::FREQ_SHIFT,
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
    &lfo::LFO,
    &chance::RANDOM,
    &beat::BEAT,
    &beat::EVERY,
    &beat::SWING,
    &seq::SEQ,
    &euclid::EUCLID,
    &degree::DEGREE,
    &degree::QUANTIZE,
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
