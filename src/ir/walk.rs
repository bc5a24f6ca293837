//! Which values an instruction names, and where a block goes. It changes a program only by renaming.

use super::{BlockId, End, MemoryId, Op, ValueId};

/// A way out of a block: the target, and what it gives the target's parameters.
pub type Way<'p> = (BlockId, &'p [ValueId]);

impl Op {
    /// Whether it makes a value of others, and does nothing else.
    pub fn computes(&self) -> bool {
        matches!(self, Op::Unary(..) | Op::Binary(..) | Op::Fma(..) | Op::Select(..))
    }

    /// The values that it needs, in order.
    pub fn operands(&self) -> impl Iterator<Item = ValueId> {
        let all = match *self {
            Op::Parameter | Op::Literal(_) | Op::Constant(_) | Op::Load(..) => [None; 3],
            Op::Frame | Op::Position(_) | Op::Beat(_) | Op::Tempo | Op::Fault(_) => [None; 3],
            Op::Unary(_, x) | Op::LoadAt(_, x, _) | Op::Store(_, _, x) => [Some(x), None, None],
            Op::Binary(_, x, y) | Op::StoreAt(_, x, _, y) => [Some(x), Some(y), None],
            Op::Fma(x, y, z) | Op::Select(x, y, z) => [Some(x), Some(y), Some(z)],
        };
        all.into_iter().flatten()
    }

    /// The memory that it reads or writes.
    pub fn memory(&self) -> Option<MemoryId> {
        match *self {
            Op::Load(memory, _) | Op::LoadAt(memory, ..) | Op::Store(memory, ..) | Op::StoreAt(memory, ..) => {
                Some(memory)
            }
            _ => None,
        }
    }

    /// The same operation on renamed values.
    pub fn renamed(self, name: impl Fn(ValueId) -> ValueId) -> Op {
        match self {
            Op::Unary(op, x) => Op::Unary(op, name(x)),
            Op::Binary(op, x, y) => Op::Binary(op, name(x), name(y)),
            Op::Fma(x, y, z) => Op::Fma(name(x), name(y), name(z)),
            Op::Select(x, y, z) => Op::Select(name(x), name(y), name(z)),
            Op::LoadAt(memory, x, bound) => Op::LoadAt(memory, name(x), bound),
            Op::Store(memory, at, x) => Op::Store(memory, at, name(x)),
            Op::StoreAt(memory, x, bound, y) => Op::StoreAt(memory, name(x), bound, name(y)),
            Op::Parameter | Op::Literal(_) | Op::Constant(_) | Op::Load(..) => self,
            Op::Frame | Op::Position(_) | Op::Beat(_) | Op::Tempo | Op::Fault(_) => self,
        }
    }

    /// Whether it does something besides giving a value.
    pub fn is_statement(&self) -> bool {
        matches!(self, Op::Store(..) | Op::StoreAt(..) | Op::Fault(_))
    }
}

impl End {
    /// The ways out, in order: none for a return, two for a branch.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let all = match self {
            End::Jump(block, arguments) => [Some((*block, arguments.as_slice())), None],
            End::Branch(_, (yes, with), (no, without)) => {
                [Some((*yes, with.as_slice())), Some((*no, without.as_slice()))]
            }
            End::Return(_) => [None, None],
        };
        all.into_iter().flatten()
    }

    /// The values that it needs itself: the condition, or the channels. What the ways give is not among them.
    pub fn operands(&self) -> &[ValueId] {
        match self {
            End::Jump(..) => &[],
            End::Branch(condition, ..) => std::slice::from_ref(condition),
            End::Return(values) => values,
        }
    }
}
