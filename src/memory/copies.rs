//! Room for the copies on which old programs fade out: reserved at start, given back when nobody on the audio side uses it. It copies nothing.

use std::sync::Arc;

use super::arena::{Arena, Extent, Lacking};
use super::counters::Counters;
use super::runs::Runs;
use crate::diagnostic::{Shortage, Unit};

/// All copies. Control thread.
///
/// Tickets mean what they mean in the helper pool, but settling and taking back are the same here: the copy is not needed
/// any more.
#[derive(Debug)]
pub struct Copies {
    arena: Arc<Arena>,
    runs: Runs,
    out: Vec<(u64, Extent)>,
    counters: Counters,
}

impl Copies {
    /// Reserves so many bytes; a rest of less than one slot is dropped, and 0 is valid.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(bytes: usize) -> Result<Copies, Lacking> {
        let capacity = bytes / size_of::<u64>();
        let counters = Counters::of(capacity);
        Ok(Copies { arena: Arena::reserve(capacity)?, runs: Runs::all(capacity), out: Vec::new(), counters })
    }

    /// Where they lie; whoever keeps addresses keeps a clone.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// The figures, in slots.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// In how many runs the free slots lie, and how many the longest of them has.
    pub fn free(&self) -> (usize, usize) {
        (self.runs.count(), self.runs.largest())
    }

    /// Room for a copy, for the transaction `ticket`; what it holds is left from earlier. `None` where there is no run that
    /// is long enough.
    pub fn take(&mut self, slots: usize, ticket: u64) -> Option<Extent> {
        let Some(extent) = self.runs.take(slots) else {
            self.counters.refusals += 1;
            return None;
        };
        self.out.push((ticket, extent));
        self.counters.claim(extent.len);
        Some(extent)
    }

    /// Why there is no room for a copy of so many slots of what `who` has.
    pub fn shortage(&self, who: &str, slots: usize) -> Shortage {
        Shortage {
            memory: "fade memory",
            who: format!("`{who}`"),
            unit: Unit::Slots,
            requested: slots as u64,
            used: self.counters.used as u64,
            fading: 0,
            largest: self.runs.largest() as u64,
            capacity: self.counters.capacity as u64,
            rest: 0,
            flag: "--fade-memory",
        }
    }

    /// Takes back what was taken for a transaction: it was never handed over, or the audio thread is done with it.
    pub fn give_back(&mut self, ticket: u64) {
        for (_, extent) in self.out.extract_if(.., |(of, _)| *of == ticket) {
            self.counters.release(extent.len);
            self.runs.give(extent);
        }
    }
}
