//! Program memory: what each machine alone uses at run time, in one arena reserved at start. It knows no programs, and gives nothing out twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::arena::{Arena, Extent, LINE, Lacking};
use super::counters::Counters;
use super::runs::Runs;
use crate::diagnostic::{Shortage, Unit};

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
        let counters = Counters::of(lines * LINE);
        let books = Mutex::new(Books { free: Runs::all(lines), counters });
        Ok(Programs { shared: Arc::new(Shared { arena: Arena::reserve(lines * LINE)?, books }) })
    }

    /// The figures, in slots.
    pub fn counters(&self) -> Counters {
        self.shared.lock().counters
    }

    /// In how many runs the free slots lie, and how many the longest of them has.
    pub fn free(&self) -> (usize, usize) {
        let books = self.shared.lock();
        (books.free.count(), books.free.largest() * LINE)
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
        books.counters.claim(lines.len * LINE);
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
        books.counters.release(self.lines.len * LINE);
        books.free.give(self.lines);
    }
}
