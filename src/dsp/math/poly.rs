//! Polynomials, signs and powers of two: what every formula of this folder is made of. They check no range.

use crate::dsp::float::{Float, Int};

/// Three halves of 2^52: adding it rounds a number below 2^51 to an integer and leaves that integer in the low bits.
pub(super) const SHIFT: f64 = 6_755_399_441_055_744.0;

/// The bit of the sign.
const SIGN: i64 = i64::MIN;

/// The sum of `coefficients[i] * x^i`, by Estrin's scheme: the depth is the logarithm of the length.
///
/// The lowest coefficient is added last, because there the rounding counts.
pub(super) fn estrin<F: Float, const N: usize>(x: F, coefficients: &[f64; N]) -> F {
    let mut terms = coefficients.map(|c| x.lit(c));
    let mut power = x;
    // In each round the sums of `step` terms stand at every `step`th place above the lowest.
    for round in 0..(N - 1).next_power_of_two().ilog2() {
        let step = 1 << round;
        if round > 0 {
            power = power * power;
        }
        for i in (1..N).step_by(2 * step) {
            if i + step < N {
                terms[i] = terms[i + step].mul_add(power, terms[i]);
            }
        }
    }
    terms[1].mul_add(x, terms[0])
}

/// The sum of `coefficients[i] * x^i`, an even number of them, by Horner's rule in x² on pairs of terms (Knuth, The Art of Computer
/// Programming, 4.6.4): one product more than by the rule in x, at half the depth.
pub(super) fn pairs<F: Float, const N: usize>(x: F, coefficients: &[f64; N]) -> F {
    let square = x * x;
    let pair = |i: usize| x.lit(coefficients[i + 1]).mul_add(x, x.lit(coefficients[i]));
    (0..N - 2).step_by(2).rev().fold(pair(N - 2), |sum, i| sum.mul_add(square, pair(i)))
}

/// The magnitude of the first with the sign of the second.
pub(super) fn with_sign<F: Float>(magnitude: F, sign: F) -> F {
    let (magnitude, sign) = (magnitude.to_bits(), sign.to_bits());
    F::from_bits((magnitude & magnitude.lit(!SIGN)) | (sign & sign.lit(SIGN)))
}

/// `x`, negated where the top bit of `by` is set: of a phase, in the second half of the turn. 2 operations.
pub fn flip<F: Float>(x: F, by: F::Int) -> F {
    F::from_bits(x.to_bits() ^ (by & by.lit(SIGN)))
}

/// `x`, negated where the integer that [`SHIFT`] left in the low bits is odd.
pub(super) fn flip_odd<F: Float>(x: F, shifted: F) -> F {
    F::from_bits(x.to_bits() ^ shifted.to_bits().shl(63))
}

/// Whether the sign bit is set, of zeros too.
pub(super) fn negative<F: Float>(x: F) -> F::Bool {
    with_sign(x.lit(1.0), x).lt(x.lit(0.0))
}

/// Whether the integer that [`SHIFT`] left in the low bits is odd.
pub(super) fn odd<F: Float>(shifted: F) -> F::Bool {
    let bits = shifted.to_bits().shl(63);
    F::from_bits(bits | bits.lit(1.0f64.to_bits() as i64)).lt(shifted.lit(0.0))
}

/// `x * 2^(k + extra)` for the integer k that [`SHIFT`] left in the low bits; result and `x` must be normal, and a NaN is not kept.
pub(super) fn scale<F: Float>(x: F, shifted: F, extra: i64) -> F {
    let power = shifted.to_bits().shl(52);
    let bits = x.to_bits() + power;
    F::from_bits(if extra == 0 { bits } else { bits + bits.lit(extra << 52) })
}

/// `a + b` and what rounding lost; `a` is the larger one, or zero.
pub(super) fn two_sum<F: Float>(a: F, b: F) -> (F, F) {
    let sum = a + b;
    (sum, (a - sum) + b)
}

/// `a * b` and what rounding lost.
pub(super) fn two_product<F: Float>(a: F, b: F) -> (F, F) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}
