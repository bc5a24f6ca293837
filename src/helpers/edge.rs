//! Band-limited corners for oscillators: what rounds a jump or a kink so that little of it folds back. It keeps no phase.
//!
//! A polynomial band-limited step (Välimäki, Pekonen, Nam: Perceptually informed synthesis of bandlimited classical waveforms using
//! integrated polynomial interpolation, 2012), but with one polynomial over the whole reach, found by least squares.

use crate::dsp::float::Float;

/// How far a corner reaches to each side, in frames.
const REACH: f64 = 1.8;
/// What is missing from the finished step, in powers 2 and up of the nearness. The sum is 1, exactly, and the last one is -1, which is
/// what [`Cubic`] asks for; of such polynomials that is among the best.
pub(super) const MISSING: [f64; 4] = [312.0 / 1024.0, 360.0 / 1024.0, 1376.0 / 1024.0, -1.0];
/// What [`Reach::step`] takes, and what [`Reach::kink`] takes.
const STEP: Cubic = Cubic::of([-MISSING[0], -MISSING[1], -MISSING[2]]);
const KINK: Cubic = Cubic::of([-2.0 * MISSING[0], -1.5 * MISSING[1], -1.2 * MISSING[2]]);
/// The narrowest reach in turns: what 0 Hz is taken for.
const NARROWEST: f64 = 1e-9;

/// x³ + cx² + bx + a as (x + c)(x² + b) + e: the square is there anyway, and it takes one product.
struct Cubic {
    c: f64,
    b: f64,
    e: f64,
}

impl Cubic {
    const fn of([a, b, c]: [f64; 3]) -> Cubic {
        Cubic { c, b, e: a - b * c }
    }

    fn at<F: Float>(&self, x: F, square: F) -> F {
        (x + self.c).mul_add(square + self.b, x.lit(self.e))
    }
}

/// The reach of the corners of one wave.
#[derive(Clone, Copy)]
pub struct Reach<F> {
    /// In the unit of the distances.
    reach: F,
    /// Minus one over it.
    slope: F,
}

impl<F: Float> Reach<F> {
    /// For a phase that moves by `turns`, with corners at least twice `widest` turns apart, and distances of which a turn has `unit`.
    pub fn new(turns: F, widest: f64, unit: f64) -> Reach<F> {
        let reach = (turns.abs() * (REACH * unit)).max(turns.lit(NARROWEST * unit)).min(turns.lit(widest * unit));
        Reach { reach, slope: turns.lit(-1.0) / reach }
    }

    /// How much of a step from 0 is done, so far from its middle: 0 on the step, 1 out of its reach.
    pub fn step(self, distance: F) -> F {
        let near = self.nearness(distance);
        let square = near * near;
        square.mul_add(STEP.at(near, square), near.lit(1.0))
    }

    /// What the rounding of a kink adds to its distance: the integral of what [`Reach::step`] lacks of 1.
    pub fn kink(self, distance: F) -> F {
        let near = self.nearness(distance);
        let square = near * near;
        (square * (near * (self.reach * (-1.0 / 6.0)))).mul_add(KINK.at(near, square), distance)
    }

    /// How near a corner is: 1 on it, 0 out of reach.
    fn nearness(self, distance: F) -> F {
        distance.mul_add(self.slope, distance.lit(1.0)).max(distance.lit(0.0))
    }
}
