//! Bytes that are reserved once, all of them touched, and which of them are free. It writes to none that somebody has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

use super::pages;

/// Memory that is given out in runs of whole units. Control thread.
#[derive(Clone)]
pub struct Reserve {
    shared: Arc<Shared>,
}

struct Shared {
    /// Held for its bytes only; never read or written as a slice.
    books: Mutex<Books>,
    unit: usize,
    capacity: usize,
}

struct Books {
    /// `None` where no memory is wanted: the system has no mapping of no pages.
    memory: Option<MmapMut>,
    free: FreeList,
}

/// How full a reserve is, in bytes of whole units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// In all.
    pub capacity: usize,
    /// A unit: of code a page, of tables a line of the cache.
    pub unit: usize,
    /// Taken.
    pub used: usize,
    /// The most that was ever taken.
    pub high_water: usize,
    /// The longest free run.
    pub largest_free: usize,
    /// How many free runs there are.
    pub free_pieces: usize,
    /// Runs given out so far.
    pub claims: u64,
    /// Runs that came back so far.
    pub releases: u64,
    /// How often no run was long enough so far.
    pub refusals: u64,
}

impl Reserve {
    /// Reserves `capacity` bytes, rounded up to whole units, and touches each page, so that none is missing later. 0 is
    /// valid.
    ///
    /// # Errors
    /// What the system says where it does not give the memory.
    pub fn new(capacity: usize, unit: usize) -> std::io::Result<Reserve> {
        let capacity = capacity.checked_next_multiple_of(unit);
        let capacity = capacity.ok_or_else(|| std::io::Error::other("there are not so many addresses"))?;
        let memory = match capacity {
            0 => None,
            _ => {
                let mut memory = MmapMut::map_anon(capacity)?;
                // Large pages, where the system has some, are sooner touched; without them all goes on as well.
                #[cfg(target_os = "linux")]
                memory.advise(Advice::HugePage).ok();
                memory.chunks_mut(pages::size()).for_each(|page| page[0] = TOUCHED);
                Some(memory)
            }
        };
        let books = Mutex::new(Books { memory, free: FreeList::new(capacity) });
        Ok(Reserve { shared: Arc::new(Shared { books, unit, capacity }) })
    }

    /// Bytes of the units that so many bytes take: one unit at least.
    pub fn room(&self, bytes: usize) -> usize {
        bytes.max(1).next_multiple_of(self.shared.unit)
    }

    /// So many bytes in whole units, which come back when what is given is dropped. They hold what their last owner left.
    pub fn claim(&self, bytes: usize) -> Option<Claim> {
        let room = self.room(bytes);
        let mut books = self.shared.lock();
        let offset = books.free.take(room);
        let (offset, memory) = offset.zip(books.memory.as_mut())?;
        // SAFETY: the offset lies inside the mapping.
        let address = unsafe { memory.as_mut_ptr().add(offset) };
        Some(Claim { reserve: self.clone(), address, offset, room })
    }

    /// How full it is.
    pub fn occupancy(&self) -> Occupancy {
        let books = self.shared.lock();
        Occupancy {
            capacity: self.shared.capacity,
            unit: self.shared.unit,
            used: self.shared.capacity - books.free.total(),
            high_water: books.free.high_water,
            largest_free: books.free.largest(),
            free_pieces: books.free.runs.len(),
            claims: books.free.claims,
            releases: books.free.releases,
            refusals: books.free.refusals,
        }
    }
}

/// Any byte but the zero that is there already, which could be left out.
const TOUCHED: u8 = 0xf4;

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Books> {
        // The list is consistent between its own steps, so a panic elsewhere has not harmed it.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of a reserve that somebody has. Dropped on the control thread.
pub struct Claim {
    reserve: Reserve,
    address: *mut u8,
    offset: usize,
    room: usize,
}

// SAFETY: nobody else has these bytes, and the list that they go back to is behind a lock.
unsafe impl Send for Claim {}
// SAFETY: as above; the address alone is shared.
unsafe impl Sync for Claim {}

impl Claim {
    /// The first byte: it begins a unit.
    pub fn address(&self) -> *mut u8 {
        self.address
    }

    /// Bytes of all its units.
    pub fn room(&self) -> usize {
        self.room
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.reserve.shared.lock().free.give(self.offset, self.room);
    }
}

/// Runs of free bytes by offset, as offset and length; no two touch. One list, so that the heap holds as many blocks however many runs
/// there are.
struct FreeList {
    runs: Vec<(usize, usize)>,
    capacity: usize,
    high_water: usize,
    claims: u64,
    releases: u64,
    refusals: u64,
}

impl FreeList {
    fn new(capacity: usize) -> FreeList {
        let mut runs = Vec::with_capacity(64);
        runs.extend((capacity > 0).then_some((0, capacity)));
        FreeList { runs, capacity, high_water: 0, claims: 0, releases: 0, refusals: 0 }
    }

    fn total(&self) -> usize {
        self.runs.iter().map(|(_, len)| len).sum()
    }

    fn largest(&self) -> usize {
        self.runs.iter().map(|(_, len)| *len).max().unwrap_or(0)
    }

    /// The shortest run that is long enough, the first of equals: large runs stay large.
    fn take(&mut self, room: usize) -> Option<usize> {
        let fitting = self.runs.iter().enumerate().filter(|(_, (_, len))| *len >= room);
        let Some((place, &(offset, len))) = fitting.min_by_key(|(_, (offset, len))| (*len, *offset)) else {
            self.refusals += 1;
            return None;
        };
        self.claims += 1;
        if len > room {
            self.runs[place] = (offset + room, len - room);
        } else {
            self.runs.remove(place);
        }
        self.high_water = self.high_water.max(self.capacity - self.total());
        Some(offset)
    }

    fn give(&mut self, mut offset: usize, mut room: usize) {
        self.releases += 1;
        let mut place = self.runs.partition_point(|(other, _)| *other < offset);
        if self.runs.get(place).is_some_and(|(other, _)| *other == offset + room) {
            room += self.runs.remove(place).1;
        }
        if place > 0 && self.runs[place - 1].0 + self.runs[place - 1].1 == offset {
            place -= 1;
            let (before, len) = self.runs.remove(place);
            (offset, room) = (before, len + room);
        }
        self.runs.insert(place, (offset, room));
    }
}
