//! Sine, cosine and tangent, of radians and of turns. They keep no phase.
//!
//! Radians are reduced by Cody and Waite's method (Software Manual for the Elementary Functions, 1980): π in two or three parts, and
//! because every product is fused the first difference is exact. The polynomials are minimax for the relative error, by Remez' exchange.

use super::poly::{SHIFT, estrin, flip, flip_odd, odd, pairs};
use crate::dsp::float::Float;
use std::f64::consts::{FRAC_1_PI, FRAC_2_PI, FRAC_PI_4, TAU};

/// π, as a sum.
const PI: [f64; 3] = [std::f64::consts::PI, 1.2246467991473532e-16, -2.9947698097183397e-33];

/// (sin(r)/r − 1)/r² in powers of r², up to a quarter turn; 2^-55.4. The last one is a hair greater than the best, so that the sine
/// of a quarter turn is 1.
const SINE: [f64; 8] = [
    -0.16666666666666666,
    0.008333333333333194,
    -0.0001984126984120922,
    2.7557319211137356e-06,
    -2.5052106872808936e-08,
    1.6058939706207e-10,
    -7.64299149675697e-13,
    2.721187034896005e-15,
];

/// sin(2πx)/x in powers of x², up to x = 1/4; 2^-51.6, about what rounding adds.
const SINE_OF_TURNS: [f64; 8] = [
    TAU,
    -41.34170224039802,
    81.60524927551285,
    -76.70585968329088,
    42.05868966735605,
    -15.094499474825021,
    3.817288638787909,
    -0.692156923648227,
];

/// cos(πx) over h = x² − 1/4, which takes its zeros with it: -π at 0, where it is exact, and for the rest ((ah + b)s² + cs + d)h² + eh with
/// s = h² + f, whose six numbers are one fewer than the powers of h have and take an operation less. By Remez' exchange for the error of
/// the cosine, 2^-51.7; at the middle the cosine is a hair below 1, so that it is never beyond.
const ARCH: [f64; 7] = [
    3.7537036959730233e-06,
    -9.664302783873016e-05,
    0.022104239913913644,
    -1.0054551396572469,
    3.1415926535874097,
    233.59385211870813,
    -0.5 * TAU,
];

/// tan(r)/r as a quotient in r², up to an eighth of a turn; 2^-55.6. Both begin with 1.
const TANGENT: [[f64; 3]; 2] = [
    [-0.12828347009482663, 0.002805918206111118, -7.483634627644467e-06],
    [-0.46161680342815714, 0.023344852682093936, -0.0002084480391895351],
];

/// tan(πx)(1/4 − x²)/x above the line in powers of x², up to x = 1/2; 2^-57.
const TANGENT_ABOVE: [f64; 5] =
    [FRAC_PI_4, -1.065109981703078, 0.3015007683503745, -0.02201375137695064, 0.00022480767882510495];
/// What stands below the line of [`TANGENT_ABOVE`].
const TANGENT_BELOW: [f64; 4] = [1.0, -0.6460082818929543, 0.09672536441544786, -0.0031729291584738175];

/// The sine of `x` radians.
///
/// Largest error: 2.1 ulp for |x| up to 2^20 where the sine is at least 10^-10, and 10^-26 below; beyond that it grows, and from 2^51 on
/// the value is arbitrary, but always within ±1. Zeros of both signs give 0. 20 operations.
pub fn sin<F: Float>(x: F) -> F {
    let shifted = x.mul_add(x.lit(FRAC_1_PI), x.lit(SHIFT));
    flip_odd(sine_of_rest(x, shifted - SHIFT), shifted)
}

/// The cosine of `x` radians.
///
/// Largest error: 2.3 ulp for |x| up to 2^20 where the cosine is at least 10^-10; else as [`sin`]. 23 operations.
pub fn cos<F: Float>(x: F) -> F {
    // cos(r + (n + 1/2)π) = (−1)^(n+1) sin(r); the constant one above SHIFT turns the parity of n into that of n + 1.
    let magnitude = x.abs();
    let shifted = magnitude.mul_add(x.lit(FRAC_1_PI), x.lit(-0.5)) + (SHIFT + 1.0);
    flip_odd(sine_of_rest(magnitude, shifted - (SHIFT + 1.0) + 0.5), shifted)
}

/// The sine of `x` less `halves` half turns, which leaves at most a quarter turn.
fn sine_of_rest<F: Float>(x: F, halves: F) -> F {
    let rest = halves.mul_add(x.lit(-PI[0]), x);
    let rest = halves.mul_add(x.lit(-PI[1]), rest);
    // Beyond 2^51 any number is left: with a square hardly greater than that of a quarter turn nothing overflows.
    let sine = sine_of_square(rest, (rest * rest).min(x.lit(2.5)));
    // Rounding may pass 1 by the last bit, of which an arc sine or a square root would make a NaN. Written so that a NaN passes.
    x.lit(1.0).min(x.lit(-1.0).max(sine))
}

/// The sine of at most a quarter turn, in radians; it may pass ±1 by the last bit.
fn sine<F: Float>(angle: F) -> F {
    sine_of_square(angle, angle * angle)
}

/// The same, of an angle and its square.
fn sine_of_square<F: Float>(angle: F, square: F) -> F {
    (angle * square).mul_add(pairs(square, &SINE), angle)
}

/// The tangent of `x` radians.
///
/// Largest error: 2.8 ulp for |x| up to 2^20; beyond that it grows, as with [`sin`]. 25 operations, one of them a division.
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
/// Largest error: 2.1 ulp for every finite x, so it may pass ±1 by the last bit. 18 operations.
pub fn sin_turns<F: Float>(x: F) -> F {
    let turn = x - x.nearest();
    let folded = turn.min(x.lit(0.5) - turn).max(x.lit(-0.5) - turn);
    sine(folded * TAU)
}

/// The sine of `x` turns from -1/4 to 1/4, for oscillators whose phase is folded already: exactly 0 at 0.
///
/// Within 10^-15 of the sine. 10 operations.
pub fn sin_quarter<F: Float>(x: F) -> F {
    x * pairs(x * x, &SINE_OF_TURNS)
}

/// The cosine of `x` half turns from -1/2 to 1/2, for oscillators: exactly 0 at both ends, never beyond 1.
///
/// Within 5·10^-16 of the cosine. 8 operations.
pub fn cos_quarter<F: Float>(x: F) -> F {
    let [a, b, c, d, e, f, g] = ARCH.map(|number| x.lit(number));
    let below = x.mul_add(x, x.lit(-0.25));
    let square = below.mul_add(below, f);
    let rest = below.mul_add(a, b).mul_add(square, c).mul_add(square, d);
    below * rest.mul_add(below, e).mul_add(below, g)
}

/// The cosine of `x` turns, for oscillators: exactly ±1 at every half turn and 0 at the quarters between.
///
/// Largest error: 2.2 ulp for every finite x, so it may pass ±1 by the last bit. 16 operations.
pub fn cos_turns<F: Float>(x: F) -> F {
    sine((x.lit(0.25) - (x - x.nearest()).abs()) * TAU)
}

/// The tangent of `x` half turns, tan(πx).
///
/// Largest error: 4.5 ulp for every finite x. 19 operations, one of them a division.
pub fn tan_pi<F: Float>(x: F) -> F {
    let (above, below) = tan_pi_ratio(x - x.nearest());
    above / below
}

/// The tangent of `x` half turns as a numerator and a denominator, so that a filter can merge the division with its own.
///
/// With `x` = cutoff / sample rate it is a filter's prewarped gain. The denominator is positive for |x| below 1/2, which is the range. 16 operations.
pub fn tan_pi_ratio<F: Float>(x: F) -> (F, F) {
    let square = x * x;
    // (1/2 − x)(1/2 + x) holds the pole; neither factor loses digits there.
    let pole = (-x + 0.5) * (x + 0.5);
    (x * estrin(square, &TANGENT_ABOVE), pole * estrin(square, &TANGENT_BELOW))
}
