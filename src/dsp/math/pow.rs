//! Powers with any exponent. IEEE 754's `pow` in every special case, except that numbers below 2^-1022 count as zero.
//!
//! The logarithm to the base 2 is carried in two parts (Dekker, A floating-point technique for extending the available precision, 1971), so that
//! the exponent's size costs no digits.

use super::explog::{POWER_OF_TWO, bounded_power, split};
use super::poly::{SHIFT, estrin, flip, scale, two_product, two_sum};
use crate::dsp::float::Float;
use std::f64::consts::LN_2;

/// 2/ln 2, as a sum: the first coefficient of log2((1 + s)/(1 − s)).
const FIRST: [f64; 2] = [2.8853900817779268, 4.0710547481862066e-17];
/// A third of [`FIRST`], as a sum: the second coefficient.
const SECOND: [f64; 2] = [0.9617966939259756, 5.0577616648125907e-17];
/// The other coefficients, in powers of s², minimax by Remez' exchange; 2^-65.
const OTHERS: [f64; 7] = [
    0.577078016355588,
    0.4121985831060635,
    0.32059889983221507,
    0.26230790680489546,
    0.22197489303200837,
    0.19145885757863246,
    0.1885678023510674,
];

/// `base` to the `exponent`: exact for powers of two; anything to the 0 is 1; a negative base needs an integral exponent, else NaN.
///
/// Largest error: 1.2 ulp, and 0.7 while the result is between 2^-100 and 2^100. 130 operations, one of them a division.
pub fn pow<F: Float>(base: F, exponent: F) -> F {
    let (zero, one, infinity) = (base.lit(0.0), base.lit(1.0), base.lit(f64::INFINITY));
    let size = base.abs();
    // Beyond 2^64 the exponent sends everything but 1 to zero or infinity. Written so that a NaN passes.
    let bounded = base.lit(1.8446744073709552e19).min(base.lit(-1.8446744073709552e19).max(exponent));
    let power = exp2_of(octaves(size), bounded);

    let down = exponent.lt(zero);
    let power = F::select(size.lt(base.lit(f64::MIN_POSITIVE)), F::select(down, infinity, zero), power);
    let power = F::select(size.same(infinity), F::select(down, zero, infinity), power);

    let half = exponent * 0.5;
    let integral = exponent.trunc().same(exponent);
    let odd = integral & !half.trunc().same(half);
    let power = flip(power, F::select(odd, base, zero).to_bits());
    let imaginary = base.lt(zero) & size.lt(infinity) & !integral;
    let power = F::select(imaginary, base.lit(f64::NAN), power);

    let power = F::select(base.same(base) & exponent.same(exponent), power, base + exponent);
    F::select(base.same(one) | exponent.same(zero), one, power)
}

/// log2 of a positive normal number, in two parts, to about 2^-65 of itself.
fn octaves<F: Float>(x: F) -> (F, F) {
    let (k, fraction) = split(x);
    // s = f/(2 + f) in two parts: the quotient, and the quotient of what it left.
    let below = fraction + 2.0;
    let below_rest = fraction - (below - 2.0);
    let inverse = x.lit(1.0) / below;
    let s = fraction * inverse;
    let s_rest = (-s).mul_add(below_rest, (-s).mul_add(below, fraction)) * inverse;
    let (square, square_rest) = two_product(s, s);
    let square_rest = (s + s).mul_add(s_rest, square_rest);

    let others = square.mul_add(estrin(square, &OTHERS), x.lit(SECOND[1]));
    let (second, second_rest) = two_product(square, x.lit(SECOND[0]));
    let second_rest = square_rest.mul_add(x.lit(SECOND[0]), square.mul_add(others, second_rest));
    let (sum, sum_rest) = two_sum(x.lit(FIRST[0]), second);
    let sum_rest = sum_rest + (second_rest + FIRST[1]);

    let (log, log_rest) = two_product(s, sum);
    let log_rest = s.mul_add(sum_rest, s_rest.mul_add(sum, log_rest));
    let (high, low) = two_sum(k, log);
    two_sum(high, low + log_rest)
}

/// 2 to the (`log` in two parts) times `exponent`, rounded nearly once.
fn exp2_of<F: Float>((log, log_rest): (F, F), exponent: F) -> F {
    let (high, low) = two_product(log, exponent);
    let low = log_rest.mul_add(exponent, low);
    let shifted = high + SHIFT;
    let rest = high - (shifted - SHIFT);
    let one = high.lit(1.0);
    let tail = estrin(rest, &POWER_OF_TWO);
    let (first, first_rest) = two_product(rest, high.lit(LN_2));
    let slope = rest.mul_add(tail, first + 1.0) * LN_2;
    let small = low.mul_add(slope, rest.mul_add(tail, first_rest));
    let (sum, sum_rest) = two_sum(one, first);
    // The exponent of the largest number rounds up to 1024; only its second part tells it from an overflow.
    let fits = ((high - 1024.0) + low).lt(high.lit(0.0));
    bounded_power(high, fits, scale(sum + (sum_rest + small), shifted, 0))
}
