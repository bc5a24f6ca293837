//! Memory for machine code: reserved once, never larger, never writable and executable at the same time. It knows no programs.
//!
//! Code lies in whole pages, because the audio thread runs one piece while the control thread writes another.

use std::sync::Arc;

use super::pages::{self, Access};
use super::reserve::{Claim, Occupancy, Reserve};
use crate::diagnostic::{Shortage, Unit};

/// Why code found no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No run of free pages is long enough.
    #[error(transparent)]
    Full(Box<Shortage>),
    /// The system did not give the memory or its protection.
    #[error("the system refuses memory for machine code: {0}")]
    System(String),
}

/// Memory for machine code. Control thread.
#[derive(Clone)]
pub struct Arena {
    pages: Reserve,
}

impl Arena {
    /// Reserves `capacity` bytes, rounded up to whole pages, and touches each page, so that none is missing later. 0 is
    /// valid.
    pub fn new(capacity: usize) -> Result<Arena, Refusal> {
        let pages = Reserve::new(capacity, pages::size()).map_err(|error| Refusal::System(error.to_string()))?;
        Ok(Arena { pages })
    }

    /// Bytes of the pages that so many bytes of code take.
    pub fn room(&self, bytes: usize) -> usize {
        self.pages.room(bytes)
    }

    /// Places code and makes it executable; its pages come back when the last user drops it.
    pub fn place(&self, code: &[u8]) -> Result<Arc<Code>, Refusal> {
        let claim = self.pages.claim(code.len()).ok_or_else(|| self.full(code.len()))?;
        // From here on the pages go back to the list whatever happens.
        let (address, room) = (claim.address(), claim.room());
        let refused = |error: std::io::Error| Refusal::System(error.to_string());
        // SAFETY: these whole pages were free, so nothing runs in them, and `claim` owns them now.
        unsafe {
            pages::protect(address, room, Access::Write).map_err(refused)?;
            std::ptr::copy_nonoverlapping(code.as_ptr(), address, code.len());
            std::ptr::write_bytes(address.add(code.len()), TRAP, room - code.len());
            pages::protect(address, room, Access::Execute).map_err(refused)?;
            pages::publish(address, room);
        }
        Ok(Arc::new(Code { claim, bytes: code.len() }))
    }

    fn full(&self, bytes: usize) -> Refusal {
        let Occupancy { capacity, used, largest_free, .. } = self.pages.occupancy();
        Refusal::Full(Box::new(Shortage {
            memory: "code memory",
            who: "it".to_owned(),
            unit: Unit::Bytes,
            requested: self.room(bytes) as u64,
            used: used as u64,
            fading: 0,
            largest: largest_free as u64,
            capacity: capacity as u64,
            rest: 0,
            flag: "--code-memory",
        }))
    }

    /// How full it is.
    pub fn occupancy(&self) -> Occupancy {
        self.pages.occupancy()
    }
}

/// What fills the rest of a page: `int3` on x86, an undefined instruction on most others.
const TRAP: u8 = if cfg!(any(target_arch = "x86_64", target_arch = "x86")) { 0xcc } else { 0x00 };

/// A piece of machine code that stays where it is: nothing writes to it. Dropped on the control thread.
pub struct Code {
    claim: Claim,
    bytes: usize,
}

impl Code {
    /// Its first byte.
    pub fn address(&self) -> *const u8 {
        self.claim.address()
    }

    /// Bytes of code, padding excluded.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of the pages that it takes.
    pub fn room(&self) -> usize {
        self.claim.room()
    }
}
