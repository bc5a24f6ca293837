//! Anti-aliasing of waveshapers: rounds their corners by as much as the sound moves, without latency. What it rounds it does not know.
//!
//! A corner that a sound passes between two frames is heard as it would be after a low-pass: averaged over the way that the sound goes
//! in 1.5 frames to both sides. That is antiderivative anti-aliasing (Parker, Zavalishin, Le Bivic: Reducing the aliasing of nonlinear
//! waveshaping using continuous-time convolution, 2016; Bilbao et al.: Antiderivative antialiasing for memoryless nonlinearities, 2017)
//! with the kernel of the oscillators, on the line through the newest frame instead of one half a frame back: nothing comes late,
//! straight parts stay exact, and so does what has stayed in the linear part of the shaper for a while.

use super::Site;
use super::edge::MISSING;
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;

/// How far a corner is rounded to both sides, in frames.
const FRAMES: f64 = 1.5;
/// Time constant of the memory for how loud the sound was, in seconds.
const MEMORY: f64 = 0.05;
/// How much louder than the linear part a sound is when its corners are fully rounded: an eighth.
const FULLY: f64 = 8.0;
/// The least way: what silence is taken for.
const LEAST: f64 = 1e-30;

/// How far the corners of a shaper are rounded in this frame.
#[derive(Clone, Copy)]
pub struct Round<'b> {
    /// To both sides, in units of the shaper's input; 0 where nothing is to be rounded.
    reach: F<'b>,
    /// One over it.
    inverse: F<'b>,
}

impl<'b> Round<'b> {
    /// For what goes into a shaper that is linear up to ±`linear`. The reach stays below `most`.
    pub fn of(site: &Site<'b>, input: F<'b>, linear: f64, most: f64) -> Round<'b> {
        let (newest, older, loudest) = (site.cell(), site.cell(), site.cell());
        let (one_back, two_back) = (newest.get(), older.get());
        newest.set(input);
        older.set(one_back);
        // The slope of the parabola through three frames, at the newest.
        let slope = input.mul_add(input.lit(1.5), two_back.mul_add(input.lit(0.5), -(one_back + one_back)));
        let fading = math::exp(-1.0 / (MEMORY * site.rate()));
        let peak = input.abs().max(loudest.get() * fading);
        loudest.set(peak);
        let (zero, one) = (input.lit(0.0), input.lit(1.0));
        let beyond = peak.mul_add(input.lit(FULLY / linear), input.lit(-FULLY)).max(zero).min(one);
        let reach = (slope.abs() * beyond * FRAMES).min(input.lit(most));
        Round { reach, inverse: one / reach.max(input.lit(LEAST)) }
    }

    /// How near a corner is that lies `distance` away: 1 on it, 0 out of reach.
    fn nearness(self, distance: F<'b>) -> F<'b> {
        let one = distance.lit(1.0);
        (-distance.abs()).mul_add(self.inverse, one).max(distance.lit(0.0))
    }

    /// What the rounding adds to the magnitude of a distance.
    pub fn kink(self, distance: F<'b>) -> F<'b> {
        let near = self.nearness(distance);
        let cube = near * near * near;
        cube * self.reach * polynomial(near, |n| MISSING[n] / (n as f64 + 3.0))
    }

    /// Half the square of a distance where it is positive, else 0, rounded.
    pub fn bend(self, distance: F<'b>) -> F<'b> {
        let near = self.nearness(distance);
        let square = near * near;
        let weight = |n: usize| 0.5 * MISSING[n] / ((n as f64 + 3.0) * (n as f64 + 4.0));
        let area = self.reach * self.reach;
        let rounding = area * (square * square) * polynomial(near, weight);
        let whole = 2.0 * (0..MISSING.len()).map(weight).sum::<f64>();
        let parabola = (distance * 0.5).mul_add(distance, area * whole) - rounding;
        F::select(distance.gt(distance.lit(0.0)), parabola, rounding)
    }
}

/// A polynomial of the third degree.
fn polynomial<'b>(x: F<'b>, weight: impl Fn(usize) -> f64) -> F<'b> {
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| x.lit(weight(n)));
    d.mul_add(x, c).mul_add(x, b).mul_add(x, a)
}
