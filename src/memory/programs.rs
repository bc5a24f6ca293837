//! Program memory: what each machine alone uses at run time, in one arena reserved at start. It knows no programs, and gives nothing out twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::arena::{Arena, Extent, LINE, Lacking};
use super::runs::Runs;
use crate::diagnostic::{Shortage, Unit};

/// What has been counted since the start; slots are 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Slots reserved.
    pub capacity: usize,
    /// Slots that a machine has, one that fades out too.
    pub used: usize,
    /// The most that were ever used at a time.
    pub high_water: usize,
    /// Machines that have their room; always `claims - releases`.
    pub keys: usize,
    /// Rooms claimed so far.
    pub claims: u64,
    /// Rooms given back so far.
    pub releases: u64,
    /// Claims refused so far.
    pub refusals: u64,
    /// Slots of the longest free run.
    pub largest_free: usize,
    /// In how many runs the free slots lie.
    pub free_runs: usize,
}

/// The room of all programs. Control thread.
///
/// A [`Room`] comes back when it is dropped, which is when its machine is: after the envelope that brought it home.
#[derive(Clone, Debug)]
pub struct Programs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    arena: Arc<Arena>,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    /// Free lines.
    free: Runs,
    counters: Counters,
}

/// What one machine alone uses. Dropped on the control thread.
#[derive(Debug)]
pub struct Room {
    shared: Arc<Shared>,
    /// In lines.
    lines: Extent,
}

impl Programs {
    /// Reserves so many bytes; a rest of less than a line of the cache is dropped, and 0 is valid.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(bytes: usize) -> Result<Programs, Lacking> {
        let lines = bytes / (LINE * size_of::<u64>());
        let counters = Counters { capacity: lines * LINE, ..Counters::default() };
        let books = Mutex::new(Books { free: Runs::all(lines), counters });
        Ok(Programs { shared: Arc::new(Shared { arena: Arena::reserve(lines * LINE)?, books }) })
    }

    /// The figures.
    pub fn counters(&self) -> Counters {
        let books = self.shared.lock();
        Counters { largest_free: books.free.largest() * LINE, free_runs: books.free.count(), ..books.counters }
    }

    /// Zeroed room for a machine of the signal `who`, from the beginning of a line of the cache on.
    ///
    /// # Errors
    /// [`Shortage`], and then nothing has changed but the count of refusals.
    pub fn claim(&self, who: &str, slots: usize) -> Result<Room, Box<Shortage>> {
        let needed = slots.div_ceil(LINE);
        let mut books = self.shared.lock();
        let Some(lines) = books.free.take(needed) else {
            books.counters.refusals += 1;
            return Err(Box::new(Shortage {
                memory: "program memory",
                who: format!("`{who}`"),
                unit: Unit::Slots,
                requested: slots as u64,
                used: books.counters.used as u64,
                fading: 0,
                largest: (books.free.largest() * LINE) as u64,
                capacity: books.counters.capacity as u64,
                rest: 0,
                flag: "--program-memory",
            }));
        };
        let counters = &mut books.counters;
        counters.claims += 1;
        counters.keys += 1;
        counters.used += lines.len * LINE;
        counters.high_water = counters.high_water.max(counters.used);
        drop(books);
        let room = Room { shared: self.shared.clone(), lines };
        // SAFETY: the lines were free, and free means that the machine that had them is gone.
        unsafe { self.shared.arena.zero(room.extent()) };
        Ok(room)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Books> {
        // The books are consistent between their own steps, so a panic elsewhere has not harmed them.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Its first slot, at the beginning of a line of the cache.
    pub fn first(&self) -> *mut u64 {
        self.shared.arena.at(self.extent().start)
    }

    /// How many slots it has: at least as many as were asked for.
    pub fn slots(&self) -> usize {
        self.extent().len
    }

    fn extent(&self) -> Extent {
        Extent { start: self.lines.start * LINE, len: self.lines.len * LINE }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut books = self.shared.lock();
        books.counters.releases += 1;
        books.counters.keys -= 1;
        books.counters.used -= self.lines.len * LINE;
        books.free.give(self.lines);
    }
}
