//! What is known of a value in all frames of a span, and what becomes of it in each pure operation. What is known to the bit is computed as everywhere else.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::int::{Int, to_bits};
use super::real::Real;
use crate::ir::{Binary, Type, Unary, eval};

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Its 64 bits: neither no number nor subnormal.
    Known(u64),
    /// All that it can be.
    Real(Real),
    /// All that it can be.
    Int(Int),
    /// Either.
    Bool,
}

use Value::Known;

impl Value {
    /// Anything.
    pub fn all(ty: Type) -> Value {
        match ty {
            Type::Real => Value::Real(Real::ALL),
            Type::Int => Value::Int(Int::ALL),
            Type::Bool => Value::Bool,
        }
    }

    /// The value of these bits, which come from somewhere else.
    pub fn stored(ty: Type, bits: u64) -> Value {
        let known = match ty {
            // What is no number differs from processor to processor, and what is subnormal from operation to operation.
            Type::Real => {
                let real = f64::from_bits(bits);
                bits << 1 == 0 || real.is_normal() || real.is_infinite()
            }
            Type::Int => true,
            // Any other one is true as well, and written as 1.
            Type::Bool => bits <= 1,
        };
        if known { Known(bits) } else { Value::all(ty) }
    }

    /// Numbers between two others, both included.
    pub fn real(low: f64, high: f64) -> Value {
        Value::of_real(Real::new(low, high))
    }

    /// Numbers between two others, both included.
    pub fn int(low: i64, high: i64) -> Value {
        if low > high { Value::all(Type::Int) } else { Value::of_int(Int::new(low, high)) }
    }

    /// One of these numbers.
    pub fn among(numbers: &[f64]) -> Value {
        let values = numbers.iter().map(|number| Value::stored(Type::Real, number.to_bits()));
        values.reduce(|some, other| some.or(Type::Real, other)).unwrap_or(Value::all(Type::Real))
    }

    fn of_real(real: Real) -> Value {
        // The bits of a zero are not known.
        let one = real.low == real.high && real.low != 0.0 && !real.nan && !real.small;
        if one { Known(real.low.to_bits()) } else { Value::Real(real) }
    }

    fn of_int(int: Int) -> Value {
        int.only().map_or(Value::Int(int), |only| Known(only as u64))
    }

    fn of_bool(known: Option<bool>) -> Value {
        known.map_or(Value::Bool, |known| Known(eval::truth(known)))
    }

    /// As a Real.
    fn as_real(self) -> Real {
        match self {
            Known(bits) => Real::new(f64::from_bits(bits), f64::from_bits(bits)),
            Value::Real(real) => real,
            Value::Int(_) | Value::Bool => Real::ALL,
        }
    }

    /// As an Int.
    fn as_int(self) -> Int {
        match self {
            Known(bits) => Int::one(bits as i64),
            Value::Int(int) => int,
            Value::Real(_) | Value::Bool => Int::ALL,
        }
    }

    /// Whether it is certainly a Real that is 0, of either sign.
    pub fn is_zero(self) -> bool {
        match self {
            Known(bits) => bits << 1 == 0,
            Value::Real(real) => real.is_zero(),
            Value::Int(_) | Value::Bool => false,
        }
    }

    /// Either this or that.
    pub fn or(self, ty: Type, other: Value) -> Value {
        match (self, other) {
            (Known(bits), Known(others)) if bits == others => self,
            _ => match ty {
                Type::Real => Value::of_real(self.as_real().or(other.as_real())),
                Type::Int => Value::of_int(self.as_int().or(other.as_int())),
                Type::Bool => Value::Bool,
            },
        }
    }

    /// Whether it can be whatever the other one can be, which is of the same type.
    pub fn holds(self, other: Value) -> bool {
        match self {
            Known(_) => self == other,
            Value::Real(real) => real.holds(other.as_real()),
            Value::Int(int) => int.holds(other.as_int()),
            Value::Bool => true,
        }
    }

    /// Bits that were computed.
    fn computed(ty: Type, bits: u64) -> Value {
        match Value::stored(ty, bits) {
            // Only what is no number is not known to the bit here.
            Value::Real(_) => Value::Real(Real { small: false, ..Real::ALL }),
            value => value,
        }
    }

    /// One operand.
    pub fn unary(op: Unary, x: Value) -> Value {
        use Unary::*;
        let to = eval::unary_type(op).1;
        if let Known(bits) = x {
            let bits = eval::unary(op, bits);
            // Bits become whatever they are.
            return if op == FromBits { Value::stored(to, bits) } else { Value::computed(to, bits) };
        }
        let bound = |bound: f64| f64::from_bits(eval::unary(op, bound.to_bits()));
        match op {
            Neg => Value::of_real(x.as_real().negated()),
            Abs => Value::of_real(x.as_real().abs()),
            Sqrt => Value::of_real(x.as_real().sqrt()),
            Floor | Ceil | Trunc | Nearest => Value::of_real(x.as_real().through(bound)),
            Not => Value::Bool,
            ToBits => Value::of_int(to_bits(x.as_real())),
            FromBits => Value::of_real(x.as_int().reals()),
            ToInt => {
                let Real { low, high, nan, .. } = x.as_real();
                let (low, high) = (low as i64, high as i64);
                if nan { Value::int(low.min(0), high.max(0)) } else { Value::int(low, high) }
            }
            ToReal => {
                let Int { low, high, .. } = x.as_int();
                Value::real(low as f64, high as f64)
            }
            Ordinal => Value::int(0, 1),
        }
    }

    /// Two operands.
    pub fn binary(op: Binary, x: Value, y: Value) -> Value {
        use Binary::*;
        let to = eval::binary_type(op).1;
        if let (Known(left), Known(right)) = (x, y) {
            return Value::computed(to, eval::binary(op, left, right));
        }
        match op {
            Add => Value::sum(x, y),
            Sub => Value::sum(x, Value::unary(Unary::Neg, y)),
            Mul => Value::of_real(Value::product(x.as_real(), y.as_real())),
            Div => Value::of_real(x.as_real().divided(y.as_real())),
            Min => Value::lesser(x.as_real().is_less(y.as_real()), x, y, Real::min),
            Max => Value::lesser(y.as_real().is_less(x.as_real()), x, y, Real::max),
            Lt => Value::of_bool(x.as_real().is_less(y.as_real())),
            Le => Value::of_bool(x.as_real().is_at_most(y.as_real())),
            Eq => Value::of_bool(x.as_real().is_same(y.as_real())),
            IntAdd => Value::of_int(x.as_int().plus(y.as_int())),
            IntSub => Value::of_int(x.as_int().minus(y.as_int())),
            IntMul => Value::of_int(x.as_int().times(y.as_int())),
            IntDiv | IntRem => Value::all(to),
            IntAnd => Value::of_int(x.as_int().both(y.as_int())),
            IntOr => Value::of_int(x.as_int().either(y.as_int())),
            IntXor => Value::of_int(x.as_int().one_only(y.as_int())),
            IntShl | IntShr | IntSar => match y {
                Known(by) => Value::of_int(match (op, by as u32 & 63) {
                    (IntShl, by) => x.as_int().shifted_left(by),
                    (IntShr, by) => x.as_int().shifted_right(by),
                    (_, by) => x.as_int().shifted_signed(by),
                }),
                _ => Value::all(to),
            },
            IntLt => Value::of_bool(x.as_int().is_less(y.as_int())),
            IntLe => Value::of_bool(x.as_int().is_at_most(y.as_int())),
            IntEq => Value::of_bool(x.as_int().is_same(y.as_int())),
            And | Or => {
                let decides = eval::truth(op == Or);
                if x == Known(decides) || y == Known(decides) { Known(decides) } else { Value::Bool }
            }
            Xor => Value::Bool,
        }
    }

    /// The first times the second plus the third, rounded once.
    pub fn fma(x: Value, y: Value, z: Value) -> Value {
        if let (Known(x), Known(y), Known(z)) = (x, y, z) {
            return Value::computed(Type::Real, eval::fma(x, y, z));
        }
        let product = Value::product(x.as_real(), y.as_real());
        // Where a factor is 0 nothing is rounded away.
        let exact = (x.is_zero() || y.is_zero()) && product.is_zero();
        if exact {
            return Value::sum(Value::Real(product), z);
        }
        Value::of_real(x.as_real().fused(y.as_real(), z.as_real()))
    }

    /// The second where the first holds, else the third; both are of a type.
    pub fn select(ty: Type, condition: Value, yes: Value, no: Value) -> Value {
        match condition {
            Known(0) => no,
            Known(_) => yes,
            _ => yes.or(ty, no),
        }
    }

    /// A product, of which one that is 0 takes all.
    fn product(x: Real, y: Real) -> Real {
        if x.is_zero() && y.is_finite() || y.is_zero() && x.is_finite() {
            return Real::new(0.0, 0.0);
        }
        x.times(y)
    }

    /// A sum: a zero adds nothing, and where it is added to a positive zero it is none of the other sign.
    fn sum(x: Value, y: Value) -> Value {
        let kept = |value: Value| matches!(value, Known(bits) if bits != 1 << 63);
        if x.is_zero() && kept(y) {
            y
        } else if y.is_zero() && kept(x) {
            x
        } else {
            Value::of_real(x.as_real().plus(y.as_real()))
        }
    }

    /// The left one where `left` says so, else the right one.
    fn lesser(left: Option<bool>, x: Value, y: Value, either: impl Fn(Real, Real) -> Real) -> Value {
        match left {
            Some(true) => x,
            Some(false) => y,
            None => Value::of_real(either(x.as_real(), y.as_real())),
        }
    }
}
