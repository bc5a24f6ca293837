//! What a machine uses alone: how much of the program memory that is, and where its tables and its scratch lie in there. It claims nothing.

use crate::engine::Extents;
use crate::ir::{Owner, Program};
use crate::memory::arena::LINE;

/// The plan of one machine's room: first what [`Machine`](crate::engine::Machine) puts there, then tables, then scratch.
pub(super) struct Plan {
    /// Slots of all of it.
    pub slots: usize,
    /// The first slot of each table.
    tables: Vec<usize>,
    /// The first slot of each memory that is scratch.
    scratch: Vec<usize>,
}

impl Plan {
    /// What the machine of a program needs.
    pub fn of(program: &Program) -> Plan {
        let extents = Extents {
            constants: program.constants.len(),
            spans: program.memories.len(),
            faults: program.faults.len(),
            channels: program.channels as usize,
            ears: program.ears().count(),
        };
        let mut slots = extents.slots();
        let mut next = |len: usize| {
            slots += len;
            slots - len
        };
        let tables = program.tables.iter().map(|table| next(table.len())).collect();
        let scratch = program.memories.iter().map(|memory| match memory.owner {
            Owner::Scratch => next(memory.len as usize),
            _ => 0,
        });
        let scratch = scratch.collect();
        Plan { slots, tables, scratch }
    }

    /// Bytes of the room, which ends where a line of the cache does.
    pub fn bytes(&self) -> u64 {
        (self.slots.next_multiple_of(LINE) * size_of::<u64>()) as u64
    }

    /// The first slot of a table.
    pub fn table(&self, number: usize) -> usize {
        self.tables[number]
    }

    /// The first slot of the memory of this number, which is scratch.
    pub fn scratch(&self, memory: usize) -> usize {
        self.scratch[memory]
    }
}
