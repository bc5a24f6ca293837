//! Rounding, choosing and remainders: functions that need no polynomial. They take numbers as they are, without units.

use super::poly::{flip, with_sign};
use crate::dsp::float::{Float, Int};

/// The square root, correctly rounded; NaN below 0.
pub fn sqrt<F: Float>(x: F) -> F {
    x.sqrt()
}

/// The magnitude.
pub fn abs<F: Float>(x: F) -> F {
    x.abs()
}

/// The largest integer not above.
pub fn floor<F: Float>(x: F) -> F {
    x.floor()
}

/// The smallest integer not below.
pub fn ceil<F: Float>(x: F) -> F {
    x.ceil()
}

/// The nearest integer, halves away from zero.
///
/// Exact. 5 operations.
pub fn round<F: Float>(x: F) -> F {
    // The largest number below 1/2: a true half reaches the next integer by rounding to even, anything less does not.
    (x + with_sign(x.lit(0.5f64.next_down()), x)).trunc()
}

/// The integer part: rounds toward zero.
pub fn trunc<F: Float>(x: F) -> F {
    x.trunc()
}

/// What [`trunc`] cuts off: it has the sign of `x`, as Rhai's `fraction`. Exact, and the same as `x % 1`.
pub fn fract<F: Float>(x: F) -> F {
    x - x.trunc()
}

/// −1, 0 or 1.
pub fn sign<F: Float>(x: F) -> F {
    F::select(x.lit(0.0).lt(x.abs()), with_sign(x.lit(1.0), x), x)
}

/// The smaller one; `b` where either is NaN. One operation.
pub fn min<F: Float>(a: F, b: F) -> F {
    a.min(b)
}

/// The larger one; `b` where either is NaN. One operation.
pub fn max<F: Float>(a: F, b: F) -> F {
    a.max(b)
}

/// `x`, but at least `low` and at most `high` (which wins if they cross); NaN stays NaN. Two operations.
pub fn clamp<F: Float>(x: F, low: F, high: F) -> F {
    high.min(low.max(x))
}

/// The point `t` of the way from `a` to `b`: exactly `a` at 0, exactly `b` at 1, and on the same line outside. Three operations.
pub fn lerp<F: Float>(a: F, b: F, t: F) -> F {
    t.mul_add(b, (-t).mul_add(a, a))
}

/// `yes` where the condition is not 0, else `no`; both are computed.
pub fn select<F: Float>(condition: F, yes: F, no: F) -> F {
    F::select(condition.same(condition.lit(0.0)), no, yes)
}

/// The length of the vector (`a`, `b`), without overflow on the way; NaN if either is.
///
/// Largest error: 1.2 ulp. 13 operations, one of them a square root.
pub fn hypot<F: Float>(a: F, b: F) -> F {
    let (a, b) = (a.abs(), b.abs());
    // The power of two below the larger one, kept where its reciprocal is normal.
    let size = a.max(b).to_bits();
    let size = F::from_bits(size & size.lit(0x7ff << 52));
    let size = size.max(a.lit(f64::powi(2.0, -1000))).min(a.lit(f64::powi(2.0, 1000)));
    let bits = size.to_bits();
    let inverse = F::from_bits(bits.lit(2046 << 52) - bits);
    let (a, b) = (a * inverse, b * inverse);
    a.mul_add(a, b * b).sqrt() * size
}

/// The remainder of `x` divided by `y`, with the sign of `x`; NaN when `y` is 0 or `x` infinite.
///
/// Exact, as C's `fmod`, while |x/y| is below 2^53; beyond, only smaller than |y|. 15 operations, one of them a division; where `y` is known to be 1, [`fract`] is the same in two.
pub fn rem<F: Float>(x: F, y: F) -> F {
    let divisor = finite(y.abs());
    let size = x.abs();
    let quotient = (size / divisor).trunc();
    let rest = remainder(quotient, divisor, size);
    flip(rest, x.to_bits())
}

/// `x` modulo `n`, from 0 up to but not including |n|; NaN when `n` is 0 or `x` infinite.
///
/// Within 0.5 ulp of |n| while |x/n| is below 2^53; beyond, only in range. 12 operations, one of them a division.
pub fn wrap<F: Float>(x: F, n: F) -> F {
    let divisor = finite(n.abs());
    remainder((x / divisor).floor(), divisor, x)
}

/// An infinite divisor made the largest finite one, so that it divides nothing.
fn finite<F: Float>(divisor: F) -> F {
    divisor.lit(f64::MAX).min(divisor)
}

/// `x - quotient * divisor`, put into range where the quotient was rounded up.
fn remainder<F: Float>(quotient: F, divisor: F, x: F) -> F {
    let zero = x.lit(0.0);
    let rest = (-quotient).mul_add(divisor, x);
    let rest = F::select(rest.lt(zero), rest + divisor, rest);
    let rest = zero.max(rest);
    F::select(divisor.le(rest), zero, rest)
}
