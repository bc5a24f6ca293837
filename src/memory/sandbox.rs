//! The sandboxes: one fixed block of slots for each signal's own code. Helpers never see them.

use std::collections::HashMap;
use std::sync::Arc;

use super::arena::{Arena, Extent, Lacking};
use super::counters::Counters;
use crate::diagnostic::{Shortage, Unit};
use crate::ir::call::SLOTS_PER_SIGNAL;

#[derive(Debug)]
enum Entry {
    Claimed(Arc<str>),
    Released(Arc<str>, usize),
}

/// All sandboxes. Control thread.
///
/// Twice as many are reserved as signals are allowed, so that all of them can be exchanged in one transaction while the old
/// ones fade out. Tickets mean what they mean in the helper pool.
#[derive(Debug)]
pub struct Sandboxes {
    arena: Arc<Arena>,
    /// Free numbers, the lowest last.
    free: Vec<usize>,
    held: HashMap<Arc<str>, usize>,
    open: Vec<(u64, Entry)>,
    counters: Counters,
}

impl Sandboxes {
    /// Reserves sandboxes for so many signals; 0 is valid.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(max_signals: usize) -> Result<Sandboxes, Lacking> {
        let numbers = max_signals.saturating_mul(2);
        let counters = Counters::of(max_signals);
        Ok(Sandboxes {
            arena: Arena::reserve(numbers.saturating_mul(SLOTS_PER_SIGNAL))?,
            free: (0..numbers).rev().collect(),
            held: HashMap::new(),
            open: Vec::new(),
            counters,
        })
    }

    /// Where the sandboxes lie; whoever keeps addresses keeps a clone.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// The figures, in sandboxes.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// A signal's sandbox.
    pub fn get(&self, signal: &str) -> Option<Extent> {
        self.held.get(signal).map(|&number| extent(number))
    }

    /// A signal's sandbox: the one it has, or a zeroed one, for the transaction `ticket`.
    ///
    /// # Errors
    /// [`Shortage`], and then nothing else has changed.
    pub fn claim(&mut self, signal: &Arc<str>, ticket: u64) -> Result<Extent, Box<Shortage>> {
        if let Some(extent) = self.get(signal) {
            return Ok(extent);
        }
        let number = if self.counters.used < self.counters.capacity { self.free.pop() } else { None };
        let Some(number) = number else {
            self.counters.refusals += 1;
            return Err(self.full(signal));
        };
        // SAFETY: the sandbox was free, and free means that nobody holds its address any more.
        unsafe { self.arena.zero(extent(number)) };
        self.own(signal.clone(), number);
        self.counters.claims += 1;
        self.open.push((ticket, Entry::Claimed(signal.clone())));
        Ok(extent(number))
    }

    /// Takes a signal's sandbox from it, for the transaction `ticket`; `false` if it has none.
    pub fn release(&mut self, signal: &str, ticket: u64) -> bool {
        let Some((signal, number)) = self.disown(signal) else { return false };
        self.counters.releases += 1;
        self.counters.quarantined += 1;
        self.open.push((ticket, Entry::Released(signal, number)));
        true
    }

    /// Makes a transaction final: the audio thread is done with everything that it released.
    pub fn settle(&mut self, ticket: u64) {
        for (_, entry) in self.entries_of(ticket) {
            if let Entry::Released(_, number) = entry {
                self.counters.quarantined -= 1;
                self.free_number(number);
            }
        }
    }

    /// Takes back a transaction that was never handed over; it must be the last one that touched its signals.
    pub fn revert(&mut self, ticket: u64) {
        for (_, entry) in self.entries_of(ticket).into_iter().rev() {
            match entry {
                Entry::Claimed(signal) => {
                    let (_, number) = self.disown(&signal).expect("a claim of an open transaction has its sandbox");
                    self.counters.claims -= 1;
                    self.free_number(number);
                }
                Entry::Released(signal, number) => {
                    self.counters.releases -= 1;
                    self.counters.quarantined -= 1;
                    self.own(signal, number);
                }
            }
        }
    }

    fn entries_of(&mut self, ticket: u64) -> Vec<(u64, Entry)> {
        self.open.extract_if(.., |(of, _)| *of == ticket).collect()
    }

    fn own(&mut self, signal: Arc<str>, number: usize) {
        let former = self.held.insert(signal, number);
        assert!(former.is_none(), "a signal never has two sandboxes");
        self.count();
        self.counters.high_water = self.counters.high_water.max(self.counters.used);
    }

    fn disown(&mut self, signal: &str) -> Option<(Arc<str>, usize)> {
        let entry = self.held.remove_entry(signal)?;
        self.count();
        Some(entry)
    }

    fn count(&mut self) {
        (self.counters.used, self.counters.keys) = (self.held.len(), self.held.len());
    }

    fn free_number(&mut self, number: usize) {
        let place = self.free.partition_point(|&other| other > number);
        self.free.insert(place, number);
    }

    fn full(&self, signal: &Arc<str>) -> Box<Shortage> {
        let Counters { used, quarantined, capacity, .. } = self.counters;
        Box::new(Shortage {
            memory: "room for signals",
            who: format!("`{signal}`"),
            unit: Unit::Places("signals"),
            requested: 1,
            used: used as u64,
            fading: quarantined as u64,
            largest: 1,
            capacity: capacity as u64,
            rest: 0,
            flag: "--max-signals",
        })
    }
}

fn extent(number: usize) -> Extent {
    Extent { start: number * SLOTS_PER_SIGNAL, len: SLOTS_PER_SIGNAL }
}
