//! Where what a routine names lies in the program of an instance, and how its slots stand in lanes. It moves nothing.

use super::Kernel;
use super::routine::Routine;
use crate::ir::{MemoryId, Type};

/// Where what a routine names lies in the program that an instance is a part of.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Of each cell of the routine the memory and the slot.
    pub cells: Vec<(u32, u32)>,
    /// Of each ring the memory.
    pub rings: Vec<u32>,
    /// Of each feed the memory.
    pub feeds: Vec<u32>,
    /// Of each constant its number.
    pub constants: Vec<u32>,
}

impl Parts {
    /// How long its lists are.
    pub fn lists(&self) -> [usize; 4] {
        [self.cells.len(), self.rings.len(), self.feeds.len(), self.constants.len()]
    }

    /// Of a routine that is the whole program.
    pub(super) fn whole(routine: &Routine) -> Parts {
        Parts {
            cells: routine.cells.iter().map(|cell| (cell.memory.index() as u32, cell.at)).collect(),
            rings: routine.rings.iter().map(|memory| memory.index() as u32).collect(),
            feeds: routine.feeds.iter().map(|memory| memory.index() as u32).collect(),
            constants: routine.constants.iter().map(|number| number.constant.index() as u32).collect(),
        }
    }

    /// Of a routine whose program is part of another one: where its memories and constants lie there.
    pub fn of(kernel: &Kernel, memories: &[(MemoryId, u32)], constants: &[u32]) -> Parts {
        let mut parts = Parts::whole(&kernel.routine);
        let there = |memory: u32| memories[memory as usize];
        for (memory, at) in &mut parts.cells {
            let (whose, first) = there(*memory);
            (*memory, *at) = (whose.index() as u32, first + *at);
        }
        parts.rings.iter_mut().chain(&mut parts.feeds).for_each(|memory| *memory = there(*memory).0.index() as u32);
        parts.constants.iter_mut().for_each(|constant| *constant = constants[*constant as usize]);
        parts
    }
}

/// A slot as it stands in a lane.
pub(super) fn stand(bits: u64, ty: Type) -> u64 {
    match ty {
        Type::Bool if bits != 0 => !0,
        _ => bits,
    }
}
