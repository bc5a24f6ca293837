//! The steps of a routine in Cranelift's words, for vectors of two. It finds no operands.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, F64X2, I64, I64X2};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};

use super::kernel::Lent;
use super::pairs::{LANES, OUTPUT, STATE, Translator, VECTOR, WINDOWS};
use super::routine::{Code, Relation, Step};
use crate::compile::arithmetic;
use crate::ir::Binary;

impl Translator<'_, '_, '_> {
    pub(super) fn step(&mut self, step: &Step) {
        let mut operands = Vec::with_capacity(3);
        for operand in step.operands() {
            operands.push(self.operand(operand));
        }
        if let Some(value) = self.compute(step.code, &operands)
            && let Some(to) = step.to
        {
            self.values[to as usize] = value;
        }
    }

    fn compute(&mut self, code: Code, operands: &[Value]) -> Option<Value> {
        Some(match (code, operands) {
            (Code::Move, &[x]) => x,
            (Code::Add | Code::Sub | Code::Mul | Code::Div | Code::Min | Code::Max, &[x, y]) => {
                let (x, y) = (self.real(x), self.real(y));
                let result = self.reals(code, x, y);
                self.bits(result)
            }
            (Code::Fma, &[x, y, z]) => self.fused([x, y, z]),
            (Code::Sqrt, &[x]) => {
                let x = self.real(x);
                let root = self.builder.ins().sqrt(x);
                self.bits(root)
            }
            (Code::Round(direction), &[x]) => {
                let x = self.real(x);
                let rounded = match direction {
                    0 => self.builder.ins().nearest(x),
                    1 => self.builder.ins().floor(x),
                    2 => self.builder.ins().ceil(x),
                    _ => self.builder.ins().trunc(x),
                };
                self.bits(rounded)
            }
            (Code::Compare(relation), &[x, y]) => {
                let (x, y) = (self.real(x), self.real(y));
                let relation = match relation {
                    Relation::Less => FloatCC::LessThan,
                    Relation::AtMost => FloatCC::LessThanOrEqual,
                    Relation::Equal => FloatCC::Equal,
                };
                self.builder.ins().fcmp(relation, x, y)
            }
            (Code::IntCompare(relation), &[x, y]) => {
                let relation = match relation {
                    Relation::Less => IntCC::SignedLessThan,
                    Relation::AtMost => IntCC::SignedLessThanOrEqual,
                    Relation::Equal => IntCC::Equal,
                };
                self.builder.ins().icmp(relation, x, y)
            }
            // Truths are lanes full of ones, so both are the same.
            (Code::Blend, &[mask, yes, no]) if cfg!(target_arch = "x86_64") => self.builder.ins().blendv(mask, yes, no),
            (Code::Blend, &[mask, yes, no]) => self.builder.ins().bitselect(mask, yes, no),
            (Code::And, &[x, y]) => self.builder.ins().band(x, y),
            (Code::Or, &[x, y]) => self.builder.ins().bor(x, y),
            (Code::Xor, &[x, y]) => self.builder.ins().bxor(x, y),
            (Code::IntAdd, &[x, y]) => self.builder.ins().iadd(x, y),
            (Code::IntSub, &[x, y]) => self.builder.ins().isub(x, y),
            (Code::ShlBy(by), &[x]) => self.builder.ins().ishl_imm_u(x, i64::from(by)),
            (Code::ShrBy(by), &[x]) => self.builder.ins().ushr_imm_u(x, i64::from(by)),
            (Code::SarBy(by), &[x]) => self.builder.ins().sshr_imm_u(x, i64::from(by)),
            (Code::IntMul, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().imul(lanes[0], lanes[1])),
            (Code::IntDiv | Code::IntRem, &[x, y]) => {
                let op = if code == Code::IntDiv { Binary::IntDiv } else { Binary::IntRem };
                self.each(&[x, y], |of, lanes| arithmetic::binary(of.builder, op, lanes[0], lanes[1]))
            }
            (Code::Shl, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().ishl(lanes[0], lanes[1])),
            (Code::Shr, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().ushr(lanes[0], lanes[1])),
            (Code::Sar, &[x, y]) => self.each(&[x, y], |of, lanes| of.builder.ins().sshr(lanes[0], lanes[1])),
            (Code::ToInt, &[x]) => self.each(&[x], |of, lanes| {
                let real = of.builder.ins().bitcast(F64, MemFlagsData::new(), lanes[0]);
                // What is out of range the routine replaces.
                of.builder.ins().fcvt_to_sint_sat(I64, real)
            }),
            (Code::ToReal, &[x]) => self.each(&[x], |of, lanes| {
                let real = of.builder.ins().fcvt_from_sint(F64, lanes[0]);
                of.builder.ins().bitcast(I64, MemFlagsData::new(), real)
            }),
            (Code::Fetch, &[addresses]) => {
                let flags = self.flags.rings;
                self.each(&[addresses], |of, lanes| of.builder.ins().load(I64, flags, lanes[0], 0))
            }
            _ => {
                self.write(code, operands);
                return None;
            }
        })
    }

    fn reals(&mut self, code: Code, x: Value, y: Value) -> Value {
        let ins = self.builder.ins();
        let (less, more) = match code {
            Code::Add => return ins.fadd(x, y),
            Code::Sub => return ins.fsub(x, y),
            Code::Mul => return ins.fmul(x, y),
            Code::Div => return ins.fdiv(x, y),
            Code::Min => (x, y),
            _ => (y, x),
        };
        // The left where it compares so, else the right: in these words one instruction of x86.
        let left = self.builder.ins().fcmp(FloatCC::LessThan, less, more);
        let left = self.real(left);
        self.builder.ins().bitselect(left, x, y)
    }

    fn fused(&mut self, operands: [Value; 3]) -> Value {
        let Some((signature, address)) = self.fuse else {
            let [x, y, z] = operands.map(|bits| self.real(bits));
            let result = self.builder.ins().fma(x, y, z);
            return self.bits(result);
        };
        let function = self.builder.ins().iconst(I64, address as i64);
        self.each(&operands, |of, lanes| {
            let lanes = lanes.iter().map(|bits| of.builder.ins().bitcast(F64, MemFlagsData::new(), *bits));
            let lanes = lanes.collect::<Vec<_>>();
            let call = of.builder.ins().call_indirect(signature, function, &lanes);
            let result = of.builder.inst_results(call)[0];
            of.builder.ins().bitcast(I64, MemFlagsData::new(), result)
        })
    }

    /// What is done lane by lane.
    fn each(&mut self, operands: &[Value], one: impl Fn(&mut Self, &[Value]) -> Value) -> Value {
        let mut results = [None; LANES as usize];
        for (lane, result) in (0..LANES).zip(&mut results) {
            let lanes = operands.iter().map(|vector| self.builder.ins().extractlane(*vector, lane)).collect::<Vec<_>>();
            *result = Some(one(self, &lanes));
        }
        let [first, second] = results.map(|result| result.expect("there are two lanes"));
        let both = self.builder.ins().splat(I64X2, first);
        self.builder.ins().insertlane(both, second, 1)
    }

    /// Steps that give no value.
    fn write(&mut self, code: Code, operands: &[Value]) {
        match (code, operands) {
            (Code::Put, &[addresses, numbers]) => {
                for lane in 0..LANES {
                    let [address, number] =
                        [addresses, numbers].map(|vector| self.builder.ins().extractlane(vector, lane));
                    self.builder.ins().store(self.flags.rings, number, address, 0);
                }
            }
            (Code::Keep(cell), &[x]) => {
                let base = self.get(STATE);
                self.builder.ins().store(self.flags.state, x, base, cell as i32 * VECTOR as i32);
            }
            (Code::Feed(number), &[x]) => {
                let address = self.seek(number);
                self.builder.ins().store(self.flags.output, x, address, 0);
            }
            (Code::Lay(window), &[x]) => {
                let (base, offset) =
                    (self.get(WINDOWS), self.routine.window_at(window as usize) as i32 * VECTOR as i32);
                self.builder.ins().store(self.flags.windows, x, base, offset);
            }
            (Code::Give(channel), &[x]) => {
                let (output, stride) = (self.get(OUTPUT), self.field(offset_of!(Lent, channel_stride)));
                let distance = self.builder.ins().imul_imm_s(stride, i64::from(channel));
                let address = self.builder.ins().iadd(output, distance);
                let mut given = x;
                if self.accumulates {
                    let before = self.builder.ins().load(F64X2, self.flags.output, address, 0);
                    let more = self.real(x);
                    let sum = self.builder.ins().fadd(more, before);
                    given = self.bits(sum);
                }
                self.builder.ins().store(self.flags.output, given, address, 0);
            }
            _ => unreachable!("a step has the operands of its code"),
        }
    }
}
