//! Memory for machine code: reserved once, never larger, never writable and executable at the same time. It knows no programs.
//!
//! Code lies in whole pages, because the audio thread runs one piece while the control thread writes another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

use super::pages::{self, Access};
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
    shared: Arc<Shared>,
}

struct Shared {
    /// Held for its pages only; never read or written as a slice.
    pages: Mutex<Pages>,
    page: usize,
    capacity: usize,
}

struct Pages {
    /// `None` where no memory is wanted: the system has no mapping of no pages.
    memory: Option<MmapMut>,
    free: FreeList,
}

/// How full an arena is, in bytes of whole pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// In all.
    pub capacity: usize,
    /// A page.
    pub page: usize,
    /// Taken.
    pub used: usize,
    /// The most that was ever taken.
    pub high_water: usize,
    /// The longest run of free pages.
    pub largest_free: usize,
    /// How many runs of free pages there are.
    pub free_pieces: usize,
    /// Pieces of code placed so far.
    pub claims: u64,
    /// Pieces whose pages came back so far.
    pub releases: u64,
    /// Pieces that found no place so far.
    pub refusals: u64,
}

impl Arena {
    /// Reserves `capacity` bytes, rounded up to whole pages, and touches each page, so that none is missing later. 0 is
    /// valid.
    pub fn new(capacity: usize) -> Result<Arena, Refusal> {
        let page = pages::size();
        let system = |error: std::io::Error| Refusal::System(error.to_string());
        let capacity = capacity.checked_next_multiple_of(page);
        let capacity = capacity.ok_or_else(|| Refusal::System("there are not so many addresses".to_owned()))?;
        let memory = match capacity {
            0 => None,
            _ => {
                let mut memory = MmapMut::map_anon(capacity).map_err(system)?;
                // Large pages, where the system has some, are sooner touched; without them all goes on as well.
                #[cfg(target_os = "linux")]
                memory.advise(Advice::HugePage).ok();
                memory.chunks_mut(page).for_each(|page| page[0] = TOUCHED);
                Some(memory)
            }
        };
        let free = FreeList::new(capacity);
        let pages = Mutex::new(Pages { memory, free });
        Ok(Arena { shared: Arc::new(Shared { pages, page, capacity }) })
    }

    /// Bytes of the pages that so many bytes of code take.
    pub fn room(&self, bytes: usize) -> usize {
        bytes.max(1).next_multiple_of(self.shared.page)
    }

    /// Places code and makes it executable; its pages come back when the last user drops it.
    pub fn place(&self, code: &[u8]) -> Result<Arc<Code>, Refusal> {
        let room = self.room(code.len());
        let mut pages = self.shared.lock();
        let offset = pages.free.take(room);
        let Some((offset, memory)) = offset.zip(pages.memory.as_mut()) else {
            return Err(self.full(room, &pages.free));
        };
        // SAFETY: the offset lies inside the mapping.
        let address = unsafe { memory.as_mut_ptr().add(offset) };
        // From here on the pages go back to the list whatever happens.
        let placed = Code { arena: self.clone(), address, offset, room, bytes: code.len() };
        drop(pages);
        let refused = |error: std::io::Error| Refusal::System(error.to_string());
        // SAFETY: these whole pages were free, so nothing runs in them, and `placed` owns them now.
        unsafe {
            pages::protect(address, room, Access::Write).map_err(refused)?;
            std::ptr::copy_nonoverlapping(code.as_ptr(), address, code.len());
            std::ptr::write_bytes(address.add(code.len()), TRAP, room - code.len());
            pages::protect(address, room, Access::Execute).map_err(refused)?;
            pages::publish(address, room);
        }
        Ok(Arc::new(placed))
    }

    fn full(&self, requested: usize, free: &FreeList) -> Refusal {
        Refusal::Full(Box::new(Shortage {
            memory: "code memory",
            who: "it".to_owned(),
            unit: Unit::Bytes,
            requested: requested as u64,
            used: (self.shared.capacity - free.total()) as u64,
            fading: 0,
            largest: free.largest() as u64,
            capacity: self.shared.capacity as u64,
            rest: 0,
            flag: "--code-memory",
        }))
    }

    /// How full it is.
    pub fn occupancy(&self) -> Occupancy {
        let pages = self.shared.lock();
        Occupancy {
            capacity: self.shared.capacity,
            page: self.shared.page,
            used: self.shared.capacity - pages.free.total(),
            high_water: pages.free.high_water,
            largest_free: pages.free.largest(),
            free_pieces: pages.free.runs.len(),
            claims: pages.free.claims,
            releases: pages.free.releases,
            refusals: pages.free.refusals,
        }
    }
}

/// Any byte but the zero that is there already, which could be left out.
const TOUCHED: u8 = 0xf4;
/// What fills the rest of a page: `int3` on x86, an undefined instruction on most others.
const TRAP: u8 = if cfg!(any(target_arch = "x86_64", target_arch = "x86")) { 0xcc } else { 0x00 };

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        // The list is consistent between its own steps, so a panic elsewhere has not harmed it.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece of machine code that stays where it is. Dropped on the control thread.
pub struct Code {
    arena: Arena,
    address: *mut u8,
    offset: usize,
    room: usize,
    bytes: usize,
}

// SAFETY: the pages are not written while a `Code` exists, and their list is behind a lock.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl Code {
    /// Its first byte.
    pub fn address(&self) -> *const u8 {
        self.address
    }

    /// Bytes of code, padding excluded.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of the pages that it takes.
    pub fn room(&self) -> usize {
        self.room
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        self.arena.shared.lock().free.give(self.offset, self.room);
    }
}

/// Runs of free bytes by offset; no two touch.
struct FreeList {
    runs: BTreeMap<usize, usize>,
    capacity: usize,
    high_water: usize,
    claims: u64,
    releases: u64,
    refusals: u64,
}

impl FreeList {
    fn new(capacity: usize) -> FreeList {
        let runs = (capacity > 0).then_some((0, capacity)).into_iter().collect();
        FreeList { runs, capacity, high_water: 0, claims: 0, releases: 0, refusals: 0 }
    }

    fn total(&self) -> usize {
        self.runs.values().sum()
    }

    fn largest(&self) -> usize {
        self.runs.values().copied().max().unwrap_or(0)
    }

    /// The shortest run that is long enough, the first of equals: large runs stay large.
    fn take(&mut self, room: usize) -> Option<usize> {
        let fitting = self.runs.iter().filter(|(_, len)| **len >= room);
        let Some((&offset, &len)) = fitting.min_by_key(|(offset, len)| (**len, **offset)) else {
            self.refusals += 1;
            return None;
        };
        self.claims += 1;
        self.runs.remove(&offset);
        if len > room {
            self.runs.insert(offset + room, len - room);
        }
        self.high_water = self.high_water.max(self.capacity - self.total());
        Some(offset)
    }

    fn give(&mut self, mut offset: usize, mut room: usize) {
        self.releases += 1;
        if let Some((&before, &len)) = self.runs.range(..offset).next_back()
            && before + len == offset
        {
            self.runs.remove(&before);
            (offset, room) = (before, room + len);
        }
        if let Some(len) = self.runs.remove(&(offset + room)) {
            room += len;
        }
        self.runs.insert(offset, room);
    }
}
