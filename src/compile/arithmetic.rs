//! What each pure operation is in Cranelift's words; its meaning is `ir::eval`'s. It touches no memory.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};
use cranelift_frontend::FunctionBuilder;

use crate::ir::{Binary, Unary};

/// One operand.
pub fn unary(builder: &mut FunctionBuilder<'_>, op: Unary, x: Value) -> Value {
    let ins = builder.ins();
    match op {
        Unary::Neg => ins.fneg(x),
        Unary::Abs => ins.fabs(x),
        Unary::Sqrt => ins.sqrt(x),
        Unary::Floor => ins.floor(x),
        Unary::Ceil => ins.ceil(x),
        Unary::Trunc => ins.trunc(x),
        Unary::Nearest => ins.nearest(x),
        Unary::Not => ins.bxor_imm_u(x, 1),
        Unary::ToBits => ins.bitcast(I64, MemFlagsData::new(), x),
        Unary::FromBits => ins.bitcast(F64, MemFlagsData::new(), x),
        Unary::ToInt => ins.fcvt_to_sint_sat(I64, x),
        Unary::ToReal => ins.fcvt_from_sint(F64, x),
        Unary::Ordinal => ins.uextend(I64, x),
    }
}

/// Two operands of one type.
pub fn binary(builder: &mut FunctionBuilder<'_>, op: Binary, x: Value, y: Value) -> Value {
    use Binary::*;
    match op {
        Min => choose(builder, FloatCC::LessThan, x, y),
        Max => choose(builder, FloatCC::GreaterThan, x, y),
        IntDiv => quotient(builder, x, y),
        IntRem => {
            let divisor = safe(builder, y);
            builder.ins().srem(x, divisor)
        }
        _ => simple(builder, op, x, y),
    }
}

fn simple(builder: &mut FunctionBuilder<'_>, op: Binary, x: Value, y: Value) -> Value {
    use Binary::*;
    let ins = builder.ins();
    match op {
        Add => ins.fadd(x, y),
        Sub => ins.fsub(x, y),
        Mul => ins.fmul(x, y),
        Div => ins.fdiv(x, y),
        Lt => ins.fcmp(FloatCC::LessThan, x, y),
        Le => ins.fcmp(FloatCC::LessThanOrEqual, x, y),
        Eq => ins.fcmp(FloatCC::Equal, x, y),
        IntAdd => ins.iadd(x, y),
        IntSub => ins.isub(x, y),
        IntMul => ins.imul(x, y),
        IntAnd | And => ins.band(x, y),
        IntOr | Or => ins.bor(x, y),
        IntXor | Xor => ins.bxor(x, y),
        IntShl => ins.ishl(x, y),
        IntShr => ins.ushr(x, y),
        IntSar => ins.sshr(x, y),
        IntLt => ins.icmp(IntCC::SignedLessThan, x, y),
        IntLe => ins.icmp(IntCC::SignedLessThanOrEqual, x, y),
        IntEq => ins.icmp(IntCC::Equal, x, y),
        Min | Max | IntDiv | IntRem => unreachable!("these take more than one instruction"),
    }
}

/// The left where it compares so, else the right: one instruction on x86, unlike Cranelift's own minimum.
fn choose(builder: &mut FunctionBuilder<'_>, condition: FloatCC, x: Value, y: Value) -> Value {
    let left = builder.ins().fcmp(condition, x, y);
    builder.ins().select(left, x, y)
}

/// A divisor that never traps: 1 instead of 0, and 1 instead of -1, which leaves the same remainder.
fn safe(builder: &mut FunctionBuilder<'_>, y: Value) -> Value {
    // -1 and 0 are the values that become 0 and 1, at most 1 as unsigned.
    let above = builder.ins().iadd_imm_s(y, 1);
    let special = builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, above, 1);
    let one = builder.ins().iconst(I64, 1);
    builder.ins().select(special, one, y)
}

/// By -1 it is the negative, which wraps at the one overflow.
fn quotient(builder: &mut FunctionBuilder<'_>, x: Value, y: Value) -> Value {
    let divisor = safe(builder, y);
    let quotient = builder.ins().sdiv(x, divisor);
    let negative = builder.ins().ineg(x);
    let minus = builder.ins().icmp_imm_s(IntCC::Equal, y, -1);
    builder.ins().select(minus, negative, quotient)
}
