//! Which slots of memory a program may keep in registers from frame to frame. It decides by what the instructions name, never by owners or lengths, which are no part of the shape.

use std::collections::BTreeMap;

use crate::ir::{MemoryId, Op, Program, Type};

/// Beyond so many slots registers are too few: keeping them costs more than it saves, in the code and in making it.
pub const MOST: usize = 50;

/// A slot that is only named at its fixed place, as one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The type that all loads and stores agree on.
    pub ty: Type,
    /// Whether anything stores to it.
    pub stored: bool,
}

/// The slots to keep, in order of memory and place; none if there are too many.
pub fn kept(program: &Program) -> BTreeMap<(MemoryId, u32), Cell> {
    let kept = fixed(program);
    if kept.len() > MOST { BTreeMap::new() } else { kept }
}

/// All slots that are only named at their fixed places, as one type, in order of memory and place.
pub fn fixed(program: &Program) -> BTreeMap<(MemoryId, u32), Cell> {
    let mut fixed = vec![true; program.memories.len()];
    let mut cells = BTreeMap::new();
    for value in program.blocks.iter().flat_map(|block| &block.body) {
        let inst = program.inst(*value);
        let (slot, ty, stored) = match inst.op {
            Op::LoadAt(memory, ..) | Op::StoreAt(memory, ..) => {
                fixed[memory.index()] = false;
                continue;
            }
            Op::Load(memory, at) => ((memory, at), inst.ty, false),
            Op::Store(memory, at, x) => ((memory, at), program.inst(x).ty, true),
            _ => continue,
        };
        let Some(ty) = ty else { continue };
        // A slot that is read as two types stays in memory.
        let cell = cells.entry(slot).or_insert(Some(Cell { ty, stored }));
        *cell = cell.filter(|cell| cell.ty == ty).map(|cell| Cell { ty, stored: cell.stored || stored });
    }
    let kept = cells.into_iter().filter(|((memory, _), _)| fixed[memory.index()]);
    kept.filter_map(|(slot, cell)| cell.map(|cell| (slot, cell))).collect()
}
