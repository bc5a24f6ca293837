//! Values of a program that can be written as formulas. They are names of values, never the numbers themselves.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use super::{Binary, Builder, Type, Unary, ValueId};
use crate::dsp::float::{Float, Int};

macro_rules! handle {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'b> {
            builder: &'b Builder,
            id: ValueId,
        }

        impl<'b> $name<'b> {
            pub(super) fn new(builder: &'b Builder, id: ValueId) -> $name<'b> {
                $name { builder, id }
            }

            /// Its name in the program.
            pub fn id(self) -> ValueId {
                self.id
            }
        }
    )*};
}

handle! {
    /// A Real.
    F;
    /// An Int.
    I;
    /// A Bool.
    B;
}

impl<'b> F<'b> {
    fn unary(self, op: Unary) -> ValueId {
        self.builder.unary(op, self.id)
    }

    fn binary(self, op: Binary, other: F<'b>) -> ValueId {
        self.builder.binary(op, self.id, other.id)
    }

    /// The number, where it is known while the program is made.
    pub fn known(self) -> Option<f64> {
        self.builder.known(self.id).map(f64::from_bits)
    }

    /// As an integer: toward zero, saturating, NaN gives 0.
    pub fn to_int(self) -> I<'b> {
        I::new(self.builder, self.unary(Unary::ToInt))
    }

    /// `self > other`.
    pub fn gt(self, other: F<'b>) -> B<'b> {
        other.lt(self)
    }

    /// `self >= other`.
    pub fn ge(self, other: F<'b>) -> B<'b> {
        other.le(self)
    }
}

impl<'b> I<'b> {
    fn binary(self, op: Binary, other: I<'b>) -> ValueId {
        self.builder.binary(op, self.id, other.id)
    }

    /// The integer, where it is known while the program is made.
    pub fn known(self) -> Option<i64> {
        self.builder.known(self.id).map(|bits| bits as i64)
    }

    /// As a float, rounded to nearest even.
    pub fn to_real(self) -> F<'b> {
        F::new(self.builder, self.builder.unary(Unary::ToReal, self.id))
    }

    /// `self < other`, signed.
    pub fn lt(self, other: I<'b>) -> B<'b> {
        B::new(self.builder, self.binary(Binary::IntLt, other))
    }

    /// `self <= other`, signed.
    pub fn le(self, other: I<'b>) -> B<'b> {
        B::new(self.builder, self.binary(Binary::IntLe, other))
    }

    /// `self == other`.
    pub fn same(self, other: I<'b>) -> B<'b> {
        B::new(self.builder, self.binary(Binary::IntEq, other))
    }

    /// The quotient toward zero; a divisor of 0 counts as 1.
    pub fn quotient(self, other: I<'b>) -> I<'b> {
        I::new(self.builder, self.binary(Binary::IntDiv, other))
    }

    /// The remainder with the sign of the dividend; a divisor of 0 counts as 1.
    pub fn remainder(self, other: I<'b>) -> I<'b> {
        I::new(self.builder, self.binary(Binary::IntRem, other))
    }

    /// `yes` where the condition holds, else `no`.
    pub fn select(condition: B<'b>, yes: I<'b>, no: I<'b>) -> I<'b> {
        I::new(yes.builder, yes.builder.select(condition.id, yes.id, no.id))
    }
}

impl<'b> B<'b> {
    /// The truth, where it is known while the program is made.
    pub fn known(self) -> Option<bool> {
        self.builder.known(self.id).map(|bits| bits != 0)
    }

    /// 0 or 1.
    pub fn to_int(self) -> I<'b> {
        I::new(self.builder, self.builder.unary(Unary::Ordinal, self.id))
    }

    /// 0.0 or 1.0.
    pub fn to_real(self) -> F<'b> {
        let literal = |value: f64| self.builder.literal(Type::Real, value.to_bits());
        F::new(self.builder, self.builder.select(self.id, literal(1.0), literal(0.0)))
    }
}

macro_rules! operators {
    ($($handle:ident $trait:ident $method:ident $op:expr;)*) => {$(
        impl<'b> $trait for $handle<'b> {
            type Output = $handle<'b>;
            fn $method(self, other: $handle<'b>) -> $handle<'b> {
                $handle::new(self.builder, self.builder.binary($op, self.id, other.id))
            }
        }
    )*};
}

operators! {
    F Add add Binary::Add;
    F Sub sub Binary::Sub;
    F Mul mul Binary::Mul;
    F Div div Binary::Div;
    I Add add Binary::IntAdd;
    I Sub sub Binary::IntSub;
    I Mul mul Binary::IntMul;
    I BitAnd bitand Binary::IntAnd;
    I BitOr bitor Binary::IntOr;
    I BitXor bitxor Binary::IntXor;
    B BitAnd bitand Binary::And;
    B BitOr bitor Binary::Or;
}

macro_rules! with_numbers {
    ($($trait:ident $method:ident;)*) => {$(
        impl<'b> $trait<f64> for F<'b> {
            type Output = F<'b>;
            fn $method(self, other: f64) -> F<'b> {
                self.$method(self.lit(other))
            }
        }
    )*};
}

with_numbers! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

impl<'b> Neg for F<'b> {
    type Output = F<'b>;
    fn neg(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Neg))
    }
}

impl<'b> Not for B<'b> {
    type Output = B<'b>;
    fn not(self) -> B<'b> {
        B::new(self.builder, self.builder.unary(Unary::Not, self.id))
    }
}

impl<'b> Float for F<'b> {
    type Bool = B<'b>;
    type Int = I<'b>;

    fn lit(self, value: f64) -> F<'b> {
        F::new(self.builder, self.builder.literal(Type::Real, value.to_bits()))
    }
    fn mul_add(self, factor: F<'b>, addend: F<'b>) -> F<'b> {
        F::new(self.builder, self.builder.fma(self.id, factor.id, addend.id))
    }
    fn abs(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Abs))
    }
    fn sqrt(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Sqrt))
    }
    fn floor(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Floor))
    }
    fn ceil(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Ceil))
    }
    fn trunc(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Trunc))
    }
    fn nearest(self) -> F<'b> {
        F::new(self.builder, self.unary(Unary::Nearest))
    }
    fn min(self, other: F<'b>) -> F<'b> {
        F::new(self.builder, self.binary(Binary::Min, other))
    }
    fn max(self, other: F<'b>) -> F<'b> {
        F::new(self.builder, self.binary(Binary::Max, other))
    }
    fn lt(self, other: F<'b>) -> B<'b> {
        B::new(self.builder, self.binary(Binary::Lt, other))
    }
    fn le(self, other: F<'b>) -> B<'b> {
        B::new(self.builder, self.binary(Binary::Le, other))
    }
    fn same(self, other: F<'b>) -> B<'b> {
        B::new(self.builder, self.binary(Binary::Eq, other))
    }
    fn select(condition: B<'b>, yes: F<'b>, no: F<'b>) -> F<'b> {
        F::new(yes.builder, yes.builder.select(condition.id, yes.id, no.id))
    }
    fn to_bits(self) -> I<'b> {
        I::new(self.builder, self.unary(Unary::ToBits))
    }
    fn from_bits(bits: I<'b>) -> F<'b> {
        F::new(bits.builder, bits.builder.unary(Unary::FromBits, bits.id))
    }
}

impl<'b> Int for I<'b> {
    fn lit(self, value: i64) -> I<'b> {
        I::new(self.builder, self.builder.literal(Type::Int, value as u64))
    }
    fn shl(self, bits: u32) -> I<'b> {
        I::new(self.builder, self.binary(Binary::IntShl, self.lit(i64::from(bits))))
    }
    fn shr(self, bits: u32) -> I<'b> {
        I::new(self.builder, self.binary(Binary::IntShr, self.lit(i64::from(bits))))
    }
}
