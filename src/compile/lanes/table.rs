//! Slots that begin a line of the processor's cache, as vectors are read: lent out of memory that is reserved once. They know no programs.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::compile::reserve::{Claim, Occupancy, Reserve};
use crate::ir::call::QUANTUM;

/// Samples in the widest vector.
pub const WIDEST: usize = 8;

/// Bytes of a line of the cache, which vectors are aligned to.
const LINE: usize = 64;

/// The memory of all tables. Control thread.
#[derive(Clone)]
pub struct Tables {
    lines: Reserve,
}

/// There is no room for a table: what it is for renders one number at a time, to the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Tables {
    /// Reserves so many bytes, in whole lines, and touches each page; 0 is valid.
    ///
    /// # Errors
    /// What the system says where it does not give the memory.
    pub fn reserve(bytes: usize) -> std::io::Result<Tables> {
        Ok(Tables { lines: Reserve::new(bytes, LINE)? })
    }

    /// So many slots of zeros, and as many more as fill a line.
    ///
    /// # Errors
    /// There is no room.
    pub fn claim(&self, slots: usize) -> Result<Table, Full> {
        let claim = self.lines.claim(slots * size_of::<u64>()).ok_or(Full)?;
        // SAFETY: nobody else has these bytes.
        unsafe { claim.address().write_bytes(0, claim.room()) };
        Ok(Table { claim })
    }

    /// So many quanta, one after the other: the last vector of one may begin before its end, and end behind it.
    ///
    /// # Errors
    /// There is no room.
    pub fn claim_quanta(&self, count: usize) -> Result<Table, Full> {
        self.claim(count * QUANTUM + WIDEST)
    }

    /// How full it is.
    pub fn occupancy(&self) -> Occupancy {
        self.lines.occupancy()
    }
}

/// Slots of one owner, which come back when it is dropped.
pub struct Table {
    claim: Claim,
}

impl Table {
    /// All slots.
    pub fn slots(&mut self) -> &mut [u64] {
        let slots = self.claim.room() / size_of::<u64>();
        // SAFETY: the claim has so many bytes from the beginning of a line on, they were written, and nobody else has them.
        unsafe { std::slice::from_raw_parts_mut(self.start(), slots) }
    }

    /// The first slot.
    pub fn start(&mut self) -> *mut u64 {
        self.claim.address().cast()
    }
}
