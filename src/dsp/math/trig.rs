//! Sine, cosine and tangent, of radians and of turns. They keep no phase.
//!
//! Radians are reduced by Cody and Waite's method (Software Manual for the Elementary Functions, 1980): π in three parts, and because
//! every product is fused the first difference is exact. The polynomials are minimax for the relative error, by Remez' exchange.

use super::poly::{SHIFT, estrin, flip, odd};
use crate::dsp::float::{Float, Int};
use std::f64::consts::{FRAC_1_PI, FRAC_2_PI, FRAC_PI_2, FRAC_PI_4};

/// π, as a sum.
const PI: [f64; 3] = [std::f64::consts::PI, 1.2246467991473532e-16, -2.9947698097183397e-33];
/// 2π, as a sum.
const TAU: [f64; 2] = [std::f64::consts::TAU, 2.4492935982947064e-16];

/// (sin(r)/r − 1)/r² in powers of r², up to a quarter turn; 2^-61.6.
const SINE: [f64; 8] = [
    -0.16666666666666666,
    0.008333333333333194,
    -0.00019841269841209267,
    2.755731921114506e-06,
    -2.5052106873467193e-08,
    1.6058939736867007e-10,
    -7.642992231390508e-13,
    2.721182119705157e-15,
];

/// sin(2πm)/m − 2π rounded to double, in powers of m², up to a quarter turn; 2^-61.6.
const SINE_OF_TURNS: [f64; 9] = [
    TAU[1],
    -41.341702240399755,
    81.60524927607369,
    -76.70585975282721,
    42.05869392529982,
    -15.094641665819385,
    3.8199278227892974,
    -0.7177305698244766,
    0.10088239677633605,
];

/// tan(r)/r as a quotient in r², up to an eighth of a turn; 2^-55.6. Both begin with 1.
const TANGENT: [[f64; 3]; 2] = [
    [-0.12828347009482663, 0.002805918206111118, -7.483634627644467e-06],
    [-0.46161680342815714, 0.023344852682093936, -0.0002084480391895351],
];

/// tan(πx)(1/4 − x²)/x above the line in powers of x², up to x = 1/2; 2^-57.
const TANGENT_ABOVE: [f64; 5] =
    [0.7853981633974483, -1.065109981703078, 0.3015007683503745, -0.02201375137695064, 0.00022480767882510495];
/// What stands below the line of [`TANGENT_ABOVE`].
const TANGENT_BELOW: [f64; 4] = [1.0, -0.6460082818929543, 0.09672536441544786, -0.0031729291584738175];

/// The sine of `x` radians.
///
/// Largest error: 0.90 ulp for |x| up to 2^20; beyond that it grows and from 2^51 on the value is arbitrary, but always within ±1. 24 operations.
pub fn sin<F: Float>(x: F) -> F {
    let magnitude = x.abs();
    let shifted = magnitude.mul_add(x.lit(FRAC_1_PI), x.lit(SHIFT));
    let sine = sine_of_rest(magnitude, shifted - SHIFT);
    flip(sine, x.to_bits() ^ shifted.to_bits().shl(63))
}

/// The cosine of `x` radians.
///
/// Largest error: 0.90 ulp for |x| up to 2^20; beyond that as [`sin`]. 25 operations.
pub fn cos<F: Float>(x: F) -> F {
    // cos(r + (n + 1/2)π) = (−1)^(n+1) sin(r); the constant one above SHIFT turns the parity of n into that of n + 1.
    let magnitude = x.abs();
    let shifted = magnitude.mul_add(x.lit(FRAC_1_PI), x.lit(-0.5)) + (SHIFT + 1.0);
    let sine = sine_of_rest(magnitude, shifted - (SHIFT + 1.0) + 0.5);
    flip(sine, shifted.to_bits().shl(63))
}

/// The sine of `x` less `halves` half turns, which leaves at most a quarter turn.
fn sine_of_rest<F: Float>(x: F, halves: F) -> F {
    let rest = halves.mul_add(x.lit(-PI[0]), x);
    let rest = halves.mul_add(x.lit(-PI[1]), rest);
    let rest = halves.mul_add(x.lit(-PI[2]), rest);
    // Written so that a NaN passes.
    let rest = x.lit(FRAC_PI_2).min(x.lit(-FRAC_PI_2).max(rest));
    let square = rest * rest;
    rest.mul_add(square * estrin(square, &SINE), rest)
}

/// The tangent of `x` radians.
///
/// Largest error: 1.75 ulp for |x| up to 2^20; beyond that it grows, as with [`sin`]. 27 operations, one of them a division.
pub fn tan<F: Float>(x: F) -> F {
    let magnitude = x.abs();
    let shifted = magnitude.mul_add(x.lit(FRAC_2_PI), x.lit(SHIFT));
    let quarters = shifted - SHIFT;
    let rest = quarters.mul_add(x.lit(-PI[0] / 2.0), magnitude);
    let rest = quarters.mul_add(x.lit(-PI[1] / 2.0), rest);
    let rest = quarters.mul_add(x.lit(-PI[2] / 2.0), rest);
    let rest = x.lit(FRAC_PI_4).min(x.lit(-FRAC_PI_4).max(rest));
    let square = rest * rest;
    let above = rest.mul_add(square * estrin(square, &TANGENT[0]), rest);
    let below = square.mul_add(estrin(square, &TANGENT[1]), x.lit(1.0));
    let odd = odd(shifted);
    let tangent = F::select(odd, -below, above) / F::select(odd, above, below);
    flip(tangent, x.to_bits())
}

/// The sine of `x` turns, for oscillators: exactly 0 at every half turn and ±1 at the quarters between.
///
/// Largest error: 0.95 ulp for every finite x. 19 operations.
pub fn sin_turns<F: Float>(x: F) -> F {
    let turn = x - x.nearest();
    let folded = turn.min(-turn + 0.5).max(-turn - 0.5);
    sine_of_quarter(folded)
}

/// The cosine of `x` turns, for oscillators: exactly ±1 at every half turn and 0 at the quarters between.
///
/// Largest error: 0.95 ulp of 1 near the zeros' far side, and as [`sin_turns`] elsewhere. 17 operations.
pub fn cos_turns<F: Float>(x: F) -> F {
    sine_of_quarter(-(x - x.nearest()).abs() + 0.25)
}

/// The sine of at most a quarter turn.
fn sine_of_quarter<F: Float>(turn: F) -> F {
    let square = turn * turn;
    turn.mul_add(turn.lit(TAU[0]), turn * estrin(square, &SINE_OF_TURNS))
}

/// The tangent of `x` half turns, tan(πx).
///
/// Largest error: 2.10 ulp for every finite x. 18 operations, one of them a division.
pub fn tan_pi<F: Float>(x: F) -> F {
    let (above, below) = tan_pi_ratio(x - x.nearest());
    above / below
}

/// The tangent of `x` half turns as a numerator and a denominator, so that a filter can merge the division with its own.
///
/// With `x` = cutoff / sample rate it is a filter's prewarped gain. The denominator is positive for |x| below 1/2, which is the range. 15 operations.
pub fn tan_pi_ratio<F: Float>(x: F) -> (F, F) {
    let square = x * x;
    // (1/2 − x)(1/2 + x) holds the pole; neither factor loses digits there.
    let pole = (-x + 0.5) * (x + 0.5);
    (x * estrin(square, &TANGENT_ABOVE), pole * estrin(square, &TANGENT_BELOW))
}
