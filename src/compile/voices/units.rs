//! What of a program is the same for everybody, and which part of memory an operation names. It follows nothing.

use std::collections::BTreeMap;

use crate::compile::cells::Cell;
use crate::ir::{MemoryId, Op, Owner, Program};

/// What joins those who name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A slot that is only named at its fixed place.
    Slot(MemoryId, u32),
    /// A memory.
    Whole(MemoryId),
}

/// Whether a value is the same for everybody, or a number.
pub fn is_free(op: Op) -> bool {
    matches!(op, Op::Literal(_) | Op::Constant(_) | Op::Frame)
}

/// Whether a memory is only read, so that it joins nobody.
fn is_lonely(owner: Owner) -> bool {
    matches!(owner, Owner::Table(_) | Owner::Heard(..) | Owner::Feed)
}

/// The part of memory that an operation names, if it joins it with others.
pub fn unit(program: &Program, fixed: &BTreeMap<(MemoryId, u32), Cell>, op: Op) -> Option<Unit> {
    match op {
        Op::Load(memory, at) | Op::Store(memory, at, _) if fixed.contains_key(&(memory, at)) => {
            Some(Unit::Slot(memory, at))
        }
        op => op.memory().filter(|memory| !is_lonely(program.memories[memory.index()].owner)).map(Unit::Whole),
    }
}
