//! What each pure operation is in steps of a routine; its meaning is `ir::eval`'s. It touches no memory.

use super::lower::{Lowerer, TRUE};
use super::routine::{Code, Operand, Relation, Width};
use crate::ir::{Binary, Unary, ValueId};

impl Lowerer<'_> {
    pub(super) fn unary(&mut self, op: Unary, x: ValueId) -> Operand {
        let x = self.of(x);
        match op {
            Unary::Neg => {
                let sign = self.literal(1 << 63);
                let negated = self.make(Code::Xor, &[x, sign]);
                self.negated.insert(negated, x);
                negated
            }
            Unary::Abs => {
                let magnitude = self.literal(!(1 << 63));
                self.make(Code::And, &[x, magnitude])
            }
            Unary::Not => {
                let ones = self.literal(TRUE);
                self.make(Code::Xor, &[x, ones])
            }
            Unary::Sqrt => self.make(Code::Sqrt, &[x]),
            Unary::Nearest => self.make(Code::Round(0), &[x]),
            Unary::Floor => self.make(Code::Round(1), &[x]),
            Unary::Ceil => self.make(Code::Round(2), &[x]),
            Unary::Trunc => self.make(Code::Round(3), &[x]),
            Unary::ToBits | Unary::FromBits => x,
            Unary::ToInt => self.saturating(x),
            Unary::ToReal if self.routine.width == Width::Four => self.real(x),
            Unary::ToReal => self.make(Code::ToReal, &[x]),
            Unary::Ordinal => self.shift_right(x, 63),
        }
    }

    /// Toward zero; too much is the largest integer, and NaN is 0.
    fn saturating(&mut self, x: Operand) -> Operand {
        let x = self.held(x);
        let raw = self.make(Code::ToInt, &[x]);
        let limit = self.literal(9_223_372_036_854_775_808.0_f64.to_bits());
        let limit = self.held(limit);
        let above = self.make(Code::Compare(Relation::AtMost), &[limit, x]);
        let most = self.literal(i64::MAX as u64);
        let capped = self.make(Code::Blend, &[above, most, raw]);
        let number = self.make(Code::Compare(Relation::Equal), &[x, x]);
        self.make(Code::And, &[capped, number])
    }

    /// First times second plus third. What was negated to be added is taken away.
    pub(super) fn fused(&mut self, [x, y, z]: [Operand; 3]) -> Operand {
        match self.negated.get(&z).filter(|z| matches!(z, Operand::Value(_)) && self.routine.width != Width::Two) {
            Some(z) => self.make(Code::Fms, &[x, y, *z]),
            None => self.make(Code::Fma, &[x, y, z]),
        }
    }

    pub(super) fn binary(&mut self, op: Binary, x: Operand, y: Operand) -> Operand {
        use Binary::*;
        let code = match op {
            Add => Code::Add,
            Sub => Code::Sub,
            Mul => Code::Mul,
            Div => Code::Div,
            Min => Code::Min,
            Max => Code::Max,
            Lt => Code::Compare(Relation::Less),
            Le => Code::Compare(Relation::AtMost),
            Eq => Code::Compare(Relation::Equal),
            IntAdd => Code::IntAdd,
            IntSub => Code::IntSub,
            IntMul if self.routine.width == Width::Four => return self.product(x, y),
            IntMul => Code::IntMul,
            IntAnd | And => Code::And,
            IntOr | Or => Code::Or,
            IntXor | Xor => Code::Xor,
            IntLt => return self.less(x, y),
            IntLe => {
                let above = self.less(y, x);
                let ones = self.literal(TRUE);
                return self.make(Code::Xor, &[above, ones]);
            }
            IntEq => Code::IntCompare(Relation::Equal),
            IntShl | IntShr | IntSar => return self.shift(op, x, y),
            IntDiv | IntRem => return self.divided(op, x, y),
        };
        self.make(code, &[x, y])
    }

    /// A quotient of integers, or a remainder. Below 2⁵¹ they are those of reals, whose quotient is never rounded up to the next
    /// integer: the distance to it is more than what is rounded off. Others, which are rare, are divided one by one.
    fn divided(&mut self, op: Binary, x: Operand, y: Operand) -> Operand {
        let code = if op == Binary::IntDiv { Code::IntDiv } else { Code::IntRem };
        if self.routine.width == Width::Two {
            return self.make(code, &[x, y]);
        }
        // Behind three times 2⁵¹ stands an integer in the last places.
        const BEHIND: f64 = 3.0 * (1_u64 << 51) as f64;
        let behind = self.literal(BEHIND.to_bits());
        let [dividend, divisor] = [x, y].map(|number| {
            let moved = self.make(Code::IntAdd, &[number, behind]);
            self.make(Code::Sub, &[moved, behind])
        });
        let [nothing, one] = [0.0_f64, 1.0].map(|number| self.literal(number.to_bits()));
        let is_nothing = self.make(Code::Compare(Relation::Equal), &[divisor, nothing]);
        let divisor = self.make(Code::Blend, &[is_nothing, one, divisor]);
        let quotient = self.make(Code::Div, &[dividend, divisor]);
        let mut result = self.make(Code::Round(3), &[quotient]);
        if code == Code::IntRem {
            let divided = self.make(Code::Mul, &[result, divisor]);
            result = self.make(Code::Sub, &[dividend, divided]);
        }
        let moved = self.make(Code::Add, &[result, behind]);
        let small = self.make(Code::IntSub, &[moved, behind]);
        self.make(code, &[x, y, small])
    }

    /// The low 64 bits of a product, of which AVX2 has only those of the low halves.
    fn product(&mut self, x: Operand, y: Operand) -> Operand {
        let [high_x, high_y] = [x, y].map(|number| match number {
            Operand::Literal(literal) => self.literal(self.routine.literals[literal as usize] >> 32),
            number => self.make(Code::ShrBy(32), &[number]),
        });
        let (one, other) = (self.make(Code::HalfMul, &[high_x, y]), self.make(Code::HalfMul, &[x, high_y]));
        let crossed = self.make(Code::IntAdd, &[one, other]);
        let crossed = self.make(Code::ShlBy(32), &[crossed]);
        let low = self.make(Code::HalfMul, &[x, y]);
        self.make(Code::IntAdd, &[low, crossed])
    }

    /// An integer as a real, which AVX2 has for 32 bits only: each half is written behind a power of two whose last place is its
    /// first, the powers are taken away from the upper one without rounding, and the sum is rounded once.
    fn real(&mut self, x: Operand) -> Operand {
        const LOW: f64 = (1_u64 << 52) as f64;
        const HIGH: f64 = LOW * (1_u64 << 32) as f64;
        const BOTH: f64 = HIGH + (1_u64 << 63) as f64 + LOW;
        let sign = self.literal(1 << 63);
        let shifted = self.make(Code::Xor, &[x, sign]);
        let high = self.make(Code::ShrBy(32), &[shifted]);
        let behind = self.literal(HIGH.to_bits());
        let high = self.make(Code::Or, &[high, behind]);
        let both = self.literal(BOTH.to_bits());
        let high = self.make(Code::Sub, &[high, both]);
        let half = self.literal(u64::from(u32::MAX));
        let low = self.make(Code::And, &[shifted, half]);
        let behind = self.literal(LOW.to_bits());
        let low = self.make(Code::Or, &[low, behind]);
        self.make(Code::Add, &[high, low])
    }

    pub(super) fn less(&mut self, x: Operand, y: Operand) -> Operand {
        self.make(Code::IntCompare(Relation::Less), &[x, y])
    }

    pub(super) fn shift_right(&mut self, x: Operand, by: u8) -> Operand {
        self.make(Code::ShrBy(by), &[x])
    }

    fn shift(&mut self, op: Binary, x: Operand, y: Operand) -> Operand {
        if let Operand::Literal(number) = y {
            let by = (self.routine.literals[number as usize] & 63) as u8;
            return match op {
                Binary::IntShl => self.make(Code::ShlBy(by), &[x]),
                Binary::IntShr => self.make(Code::ShrBy(by), &[x]),
                _ if self.routine.width == Width::Eight => self.make(Code::SarBy(by), &[x]),
                _ => {
                    let shifted = self.make(Code::ShrBy(by), &[x]);
                    let sign = self.literal((1 << 63) >> by);
                    self.extended(shifted, sign)
                }
            };
        }
        let below = self.literal(63);
        let by = self.make(Code::And, &[y, below]);
        match op {
            Binary::IntShl => self.make(Code::Shl, &[x, by]),
            Binary::IntShr => self.make(Code::Shr, &[x, by]),
            _ if self.routine.width == Width::Eight => self.make(Code::Sar, &[x, by]),
            _ => {
                let shifted = self.make(Code::Shr, &[x, by]);
                let sign = self.literal(1 << 63);
                let sign = self.make(Code::Shr, &[sign, by]);
                self.extended(shifted, sign)
            }
        }
    }

    /// A number that was shifted right with zeros, with its sign where these are; `sign` is where it came to lie.
    fn extended(&mut self, shifted: Operand, sign: Operand) -> Operand {
        let turned = self.make(Code::Xor, &[shifted, sign]);
        self.make(Code::IntSub, &[turned, sign])
    }
}
