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
    /// Of each window the memory.
    pub windows: Vec<u32>,
    /// Of each window the memory and the slot that counts; anything where none does.
    pub heads: Vec<(u32, u32)>,
    /// Of each constant its number.
    pub constants: Vec<u32>,
    /// Of each channel its number.
    pub channels: Vec<u32>,
}

impl Parts {
    /// How long its lists are.
    pub fn lists(&self) -> [usize; 7] {
        let Parts { cells, rings, feeds, windows, heads, constants, channels } = self;
        [cells.len(), rings.len(), feeds.len(), windows.len(), heads.len(), constants.len(), channels.len()]
    }

    /// Of a routine that is the whole program.
    pub(super) fn whole(routine: &Routine) -> Parts {
        let heads = routine.windows.iter().map(|window| window.head.unwrap_or((window.ring, 0)));
        Parts {
            cells: routine.cells.iter().map(|cell| (cell.memory.index() as u32, cell.at)).collect(),
            heads: heads.map(|(memory, at)| (memory.index() as u32, at)).collect(),
            rings: routine.rings.iter().map(|memory| memory.index() as u32).collect(),
            feeds: routine.feeds.iter().map(|memory| memory.index() as u32).collect(),
            windows: routine.windows.iter().map(|window| window.ring.index() as u32).collect(),
            constants: routine.constants.iter().map(|number| number.constant.index() as u32).collect(),
            channels: (0..routine.channels).collect(),
        }
    }

    /// Of a routine whose program is part of another one: where its memories and constants lie there, and which of the channels it
    /// gives if they are not added up.
    pub fn of(kernel: &Kernel, memories: &[(MemoryId, u32)], constants: &[u32], channels: &[u32]) -> Parts {
        let mut parts = Parts::whole(&kernel.routine);
        let there = |memory: u32| memories[memory as usize];
        for (memory, at) in parts.cells.iter_mut().chain(&mut parts.heads) {
            let (whose, first) = there(*memory);
            (*memory, *at) = (whose.index() as u32, first + *at);
        }
        let whole = parts.rings.iter_mut().chain(&mut parts.feeds).chain(&mut parts.windows);
        whole.for_each(|memory| *memory = there(*memory).0.index() as u32);
        parts.channels.iter_mut().zip(channels).for_each(|(own, channel)| *own = *channel);
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
