//! The arithmetic that every formula is written in, once, for numbers and for values of a program. It has no state and no clock.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

/// A 64-bit float: a plain `f64`, or a value that a program will compute.
///
/// Every operation is exact IEEE 754 binary64 in round-to-nearest-even, so both kinds give the same bits.
/// Nothing is contracted: a fused multiply-add happens only where [`Float::mul_add`] stands.
pub trait Float:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// The truth value that comparisons give.
    type Bool: Copy + BitAnd<Output = Self::Bool> + BitOr<Output = Self::Bool> + Not<Output = Self::Bool>;
    /// The 64-bit integer that bit tricks are done on.
    type Int: Int;

    /// A literal in the same program as `self`.
    fn lit(self, value: f64) -> Self;
    /// `self * factor + addend`, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The magnitude.
    fn abs(self) -> Self;
    /// The correctly rounded square root.
    fn sqrt(self) -> Self;
    /// The largest integer not above.
    fn floor(self) -> Self;
    /// The smallest integer not below.
    fn ceil(self) -> Self;
    /// Rounds toward zero.
    fn trunc(self) -> Self;
    /// Rounds to the nearest integer, halves to even.
    fn nearest(self) -> Self;
    /// `self` where it is less than `other`, else `other` (so a NaN on either side gives `other`).
    fn min(self, other: Self) -> Self;
    /// `self` where it is greater than `other`, else `other` (so a NaN on either side gives `other`).
    fn max(self, other: Self) -> Self;
    /// `self < other`.
    fn lt(self, other: Self) -> Self::Bool;
    /// `self <= other`.
    fn le(self, other: Self) -> Self::Bool;
    /// `self == other`.
    fn same(self, other: Self) -> Self::Bool;
    /// `yes` where the condition holds, else `no`; both are computed.
    fn select(condition: Self::Bool, yes: Self, no: Self) -> Self;
    /// The 64 bits.
    fn to_bits(self) -> Self::Int;
    /// The float of 64 bits.
    fn from_bits(bits: Self::Int) -> Self;
}

/// A 64-bit two's complement integer whose arithmetic wraps.
pub trait Int:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
{
    /// A literal in the same program as `self`.
    fn lit(self, value: i64) -> Self;
    /// Shifts left by a fixed number of bits, 0 to 63.
    fn shl(self, bits: u32) -> Self;
    /// Shifts right by a fixed number of bits, filling with zeros.
    fn shr(self, bits: u32) -> Self;
}

impl Float for f64 {
    type Bool = bool;
    type Int = Wrapping;

    fn lit(self, value: f64) -> f64 {
        value
    }
    fn mul_add(self, factor: f64, addend: f64) -> f64 {
        f64::mul_add(self, factor, addend)
    }
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    fn floor(self) -> f64 {
        f64::floor(self)
    }
    fn ceil(self) -> f64 {
        f64::ceil(self)
    }
    fn trunc(self) -> f64 {
        f64::trunc(self)
    }
    fn nearest(self) -> f64 {
        self.round_ties_even()
    }
    fn min(self, other: f64) -> f64 {
        if self < other { self } else { other }
    }
    fn max(self, other: f64) -> f64 {
        if self > other { self } else { other }
    }
    fn lt(self, other: f64) -> bool {
        self < other
    }
    fn le(self, other: f64) -> bool {
        self <= other
    }
    fn same(self, other: f64) -> bool {
        self == other
    }
    fn select(condition: bool, yes: f64, no: f64) -> f64 {
        if condition { yes } else { no }
    }
    fn to_bits(self) -> Wrapping {
        Wrapping(f64::to_bits(self) as i64)
    }
    fn from_bits(bits: Wrapping) -> f64 {
        f64::from_bits(bits.0 as u64)
    }
}

/// A plain integer with the wrapping arithmetic of [`Int`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapping(pub i64);

macro_rules! wrapping {
    ($($op:ident $method:ident $with:expr;)*) => {$(
        impl $op for Wrapping {
            type Output = Wrapping;
            fn $method(self, other: Wrapping) -> Wrapping {
                let with: fn(i64, i64) -> i64 = $with;
                Wrapping(with(self.0, other.0))
            }
        }
    )*};
}

wrapping! {
    Add add i64::wrapping_add;
    Sub sub i64::wrapping_sub;
    Mul mul i64::wrapping_mul;
    BitAnd bitand |a, b| a & b;
    BitOr bitor |a, b| a | b;
    BitXor bitxor |a, b| a ^ b;
}

impl Int for Wrapping {
    fn lit(self, value: i64) -> Wrapping {
        Wrapping(value)
    }
    fn shl(self, bits: u32) -> Wrapping {
        Wrapping(self.0.wrapping_shl(bits))
    }
    fn shr(self, bits: u32) -> Wrapping {
        Wrapping(((self.0 as u64) >> bits) as i64)
    }
}
