//! Band-limited corners for oscillators: what rounds a jump or a kink so that little of it folds back. It keeps no phase.
//!
//! A polynomial band-limited step (Välimäki, Pekonen, Nam: Perceptually informed synthesis of bandlimited classical waveforms using
//! integrated polynomial interpolation, 2012), but with one polynomial over the whole reach, found by least squares.

use crate::dsp::float::Float;

/// How far a corner reaches to each side, in frames.
const REACH: f64 = 1.75;
/// What is missing from the finished step, in powers 2 and up of the nearness. The sum is 1, exactly.
pub(super) const MISSING: [f64; 4] = [313.0 / 1024.0, 577.0 / 1024.0, 952.0 / 1024.0, -818.0 / 1024.0];
/// The narrowest reach in turns: what 0 Hz is taken for.
const NARROWEST: f64 = 1e-9;

/// The reach of the corners of one wave.
#[derive(Clone, Copy)]
pub struct Reach<F> {
    /// In turns.
    turns: F,
    /// Minus one over it.
    slope: F,
}

impl<F: Float> Reach<F> {
    /// For a phase that moves by `turns`, with corners at least twice `widest` apart.
    pub fn new(turns: F, widest: f64) -> Reach<F> {
        let reach = (turns.abs() * REACH).max(turns.lit(NARROWEST)).min(turns.lit(widest));
        Reach { turns: reach, slope: turns.lit(-1.0) / reach }
    }

    /// How much of a step from 0 is done, so many turns from its middle: 0 on the step, 1 out of its reach.
    pub fn step(self, distance: F) -> F {
        let near = self.nearness(distance);
        let [a, b, c, d] = MISSING.map(|factor| near.lit(-factor));
        let sum = d.mul_add(near, c).mul_add(near, b).mul_add(near, a);
        (near * near).mul_add(sum, near.lit(1.0))
    }

    /// What the rounding of a kink adds to its distance, in turns: the integral of what [`Reach::step`] lacks of 1.
    pub fn kink(self, distance: F) -> F {
        let near = self.nearness(distance);
        let [a, b, c, d] = [0, 1, 2, 3].map(|n| near.lit(MISSING[n] / (n as f64 + 3.0)));
        let sum = d.mul_add(near, c).mul_add(near, b).mul_add(near, a);
        (near * near * (near * self.turns)).mul_add(sum, distance)
    }

    /// How near a corner is: 1 on it, 0 out of reach.
    fn nearness(self, distance: F) -> F {
        distance.mul_add(self.slope, distance.lit(1.0)).max(distance.lit(0.0))
    }
}
