//! The phase that oscillators keep, so that one kind of oscillator can go on where another was. It shapes no wave.

use super::Site;
use crate::dsp::float::Float;
use crate::dsp::phase;
use crate::ir::{B, F, I};

/// The fastest that an oscillator is asked to go, either way, in hertz.
pub const FASTEST: f64 = 20_000.0;

/// A phase in this frame and what it moves by.
pub struct Clock<'b> {
    /// The phase before it moves: 0 in the first frame.
    pub phase: I<'b>,
    /// The phase after it has moved.
    pub next: I<'b>,
    /// What it moves by.
    pub step: I<'b>,
    /// What it moves by, in turns, from -1/2 to 1/2.
    pub turns: F<'b>,
}

impl<'b> Clock<'b> {
    /// A phase that runs at a frequency in hertz, at most half the sample rate either way.
    pub fn run(site: &Site<'b>, frequency: F<'b>) -> Clock<'b> {
        let held = site.phase();
        let (turns, step) = pace(site, frequency);
        let phase = held.get();
        let next = phase + step;
        held.set(next);
        Clock { phase, next, step, turns }
    }

    /// The same, but it is 0 where a restart happens, `since` frames ago; and the phase at which that broke off what was.
    pub fn restarted(site: &Site<'b>, frequency: F<'b>, happens: B<'b>, since: F<'b>) -> (Clock<'b>, I<'b>) {
        let held = site.phase();
        let (turns, step) = pace(site, frequency);
        let begun = phase::step(turns * since);
        let phase = I::select(happens, begun, held.get());
        let next = phase + step;
        let broken = held.get() - begun;
        held.set(next);
        (Clock { phase, next, step, turns }, broken)
    }
}

/// What a phase moves by in a frame, in turns and as a step.
fn pace<'b>(site: &Site<'b>, frequency: F<'b>) -> (F<'b>, I<'b>) {
    let limit = site.rate() / 2.0;
    let frequency =
        if limit < FASTEST { frequency.min(frequency.lit(limit)).max(frequency.lit(-limit)) } else { frequency };
    let turns = frequency * (1.0 / site.rate());
    let step = match frequency.known() {
        Some(known) => site.whole(phase::whole_step(known / site.rate())),
        None => phase::step(turns),
    };
    (turns, step)
}
