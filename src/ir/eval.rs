//! What each pure operation means, bit for bit: the one definition that folding and the oracle share. It touches no memory.

use super::call::QUANTUM;
use super::{Binary, Bound, Type, Unary};

/// The 64 bits of a truth value.
pub fn truth(value: bool) -> u64 {
    u64::from(value)
}

/// Bits as they are written down in a program: a subnormal number is a zero of its sign.
///
/// The audio thread takes subnormal operands for zero, but processors differ in whether an operation that only chooses,
/// as [`Binary::Min`] does, gives the operand or the zero. So none may come in.
pub fn written(ty: Type, bits: u64) -> u64 {
    let vanishes = ty == Type::Real && bits & f64::INFINITY.to_bits() == 0;
    if vanishes { bits & (1 << 63) } else { bits }
}

/// The result type of a unary operation.
pub fn unary_type(op: Unary) -> (Type, Type) {
    use Unary::*;
    match op {
        Neg | Abs | Sqrt | Floor | Ceil | Trunc | Nearest => (Type::Real, Type::Real),
        Not => (Type::Bool, Type::Bool),
        ToBits | ToInt => (Type::Real, Type::Int),
        FromBits | ToReal => (Type::Int, Type::Real),
        Ordinal => (Type::Bool, Type::Int),
    }
}

/// The operand type and the result type of a binary operation.
pub fn binary_type(op: Binary) -> (Type, Type) {
    use Binary::*;
    match op {
        Add | Sub | Mul | Div | Min | Max => (Type::Real, Type::Real),
        Lt | Le | Eq => (Type::Real, Type::Bool),
        IntAdd | IntSub | IntMul | IntDiv | IntRem | IntAnd | IntOr | IntXor | IntShl | IntShr | IntSar => {
            (Type::Int, Type::Int)
        }
        IntLt | IntLe | IntEq => (Type::Int, Type::Bool),
        And | Or | Xor => (Type::Bool, Type::Bool),
    }
}

/// One operand. Call it with denormals flushed, as on the audio thread.
pub fn unary(op: Unary, bits: u64) -> u64 {
    use Unary::*;
    let real = f64::from_bits(bits);
    match op {
        // The sign is a bit, so a NaN keeps its payload on every machine.
        Neg => bits ^ (1 << 63),
        Abs => bits & !(1 << 63),
        Sqrt => real.sqrt().to_bits(),
        Floor => rounded(bits, f64::floor),
        Ceil => rounded(bits, f64::ceil),
        Trunc => rounded(bits, f64::trunc),
        Nearest => rounded(bits, f64::round_ties_even),
        Not => bits ^ 1,
        ToBits | FromBits | Ordinal => bits,
        ToInt => real as i64 as u64,
        ToReal => (bits as i64 as f64).to_bits(),
    }
}

/// An integer near a number. Processors take a subnormal number for zero here while they flush; libraries, which Rust
/// may call instead, need to be told. The comparison is the processor's, so it knows the mode.
fn rounded(bits: u64, to: fn(f64) -> f64) -> u64 {
    let real = f64::from_bits(bits);
    if real == 0.0 { bits & (1 << 63) } else { to(real).to_bits() }
}

/// Two operands. Call it with denormals flushed, as on the audio thread.
pub fn binary(op: Binary, left: u64, right: u64) -> u64 {
    use Binary::*;
    let (x, y) = (f64::from_bits(left), f64::from_bits(right));
    let (i, j) = (left as i64, right as i64);
    // A divisor of 0 counts as 1: a frame never traps.
    let divisor = if j == 0 { 1 } else { j };
    match op {
        Add => (x + y).to_bits(),
        Sub => (x - y).to_bits(),
        Mul => (x * y).to_bits(),
        Div => (x / y).to_bits(),
        Min => {
            if x < y {
                left
            } else {
                right
            }
        }
        Max => {
            if x > y {
                left
            } else {
                right
            }
        }
        Lt => truth(x < y),
        Le => truth(x <= y),
        Eq => truth(x == y),
        IntAdd => i.wrapping_add(j) as u64,
        IntSub => i.wrapping_sub(j) as u64,
        IntMul => i.wrapping_mul(j) as u64,
        IntDiv => i.wrapping_div(divisor) as u64,
        IntRem => i.wrapping_rem(divisor) as u64,
        IntAnd | And => left & right,
        IntOr | Or => left | right,
        IntXor | Xor => left ^ right,
        IntShl => left << (right & 63),
        IntShr => left >> (right & 63),
        IntSar => (i >> (right & 63)) as u64,
        IntLt => truth(i < j),
        IntLe => truth(i <= j),
        IntEq => truth(i == j),
    }
}

/// The product plus the addend, rounded once.
pub fn fma(factor: u64, other: u64, addend: u64) -> u64 {
    f64::from_bits(factor).mul_add(f64::from_bits(other), f64::from_bits(addend)).to_bits()
}

/// A computed index inside `0..=last`.
pub fn place(bound: Bound, index: u64, last: u64) -> usize {
    let inside = match bound {
        Bound::Clamp => (index as i64).clamp(0, last as i64) as u64,
        Bound::Wrap => index & last,
        Bound::Quantum => index % QUANTUM as u64,
    };
    inside as usize
}
