//! Slots of memory as routines read and write them where they lie. It knows no windows.

use super::lower::{Lowerer, TRUE};
use super::routine::{Code, Field, Operand, Relation};
use crate::ir::call::QUANTUM;
use crate::ir::{Bound, MemoryId, Type, ValueId};

impl Lowerer<'_> {
    fn ring(&mut self, memory: MemoryId, field: Field) -> Operand {
        let list = &mut self.routine.rings;
        let number = *self.rings.entry(memory).or_insert_with(|| {
            list.push(memory);
            list.len() as u32 - 1
        });
        Operand::Ring(number, field)
    }

    pub(super) fn fixed(&mut self, memory: MemoryId, at: u32) -> Operand {
        self.routine.furthest = self.routine.furthest.max(at);
        let base = self.ring(memory, Field::Base);
        let bytes = self.literal(u64::from(at) * 8);
        self.make(Code::IntAdd, &[base, bytes])
    }

    pub(super) fn computed(&mut self, memory: MemoryId, fields: [Field; 2], index: ValueId, bound: Bound) -> Operand {
        let [base, last] = fields.map(|field| self.ring(memory, field));
        let index = self.of(index);
        let inside = match bound {
            Bound::Wrap => self.make(Code::And, &[index, last]),
            Bound::Quantum => {
                let last = self.literal(QUANTUM as u64 - 1);
                self.make(Code::And, &[index, last])
            }
            Bound::Clamp => {
                let index = self.held(index);
                let zero = self.literal(0);
                let below = self.less(index, zero);
                let zero = self.held(zero);
                let above = self.make(Code::Blend, &[below, zero, index]);
                let last = self.held(last);
                let beyond = self.less(last, above);
                self.make(Code::Blend, &[beyond, last, above])
            }
        };
        let bytes = self.make(Code::ShlBy(3), &[inside]);
        self.make(Code::IntAdd, &[bytes, base])
    }

    pub(super) fn fetch(&mut self, ty: Type, address: Operand) -> Operand {
        let found = self.make(Code::Fetch, &[address]);
        self.stands(ty, found)
    }

    /// What was read from a slot, as it stands in a lane.
    pub(super) fn stands(&mut self, ty: Type, found: Operand) -> Operand {
        if ty != Type::Bool {
            return found;
        }
        let zero = self.literal(0);
        let zero = self.make(Code::IntCompare(Relation::Equal), &[found, zero]);
        let ones = self.literal(TRUE);
        self.make(Code::Xor, &[zero, ones])
    }

    pub(super) fn put(&mut self, id: ValueId, address: Operand, value: Operand) {
        let value = self.storable_as(id, value);
        self.push(Code::Put, None, &[address, value]);
    }

    /// A value as it stands in a slot.
    pub(super) fn storable(&mut self, id: ValueId) -> Operand {
        let value = self.of(id);
        self.storable_as(id, value)
    }

    fn storable_as(&mut self, id: ValueId, value: Operand) -> Operand {
        match self.program.inst(id).ty {
            Some(Type::Bool) => self.shift_right(value, 63),
            _ => self.held(value),
        }
    }
}
