//! One reserved stretch of 64-bit slots at a fixed address. It does not know who owns which part of it.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use std::sync::Arc;

/// Slots of a line of the processor's cache.
pub const LINE: usize = 8;
/// Slots of the smallest page that systems have.
const PAGE: usize = 512;

/// The system does not have that much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system does not have that much memory")]
pub struct Lacking;

/// How slots are asked for, with enough before them to begin a line; `None` where an address could not tell them apart.
///
/// An allocator zeroes memory of an alignment of its own by hand, and [`Arena::blank`] must not be written to.
fn layout(slots: usize) -> Option<Layout> {
    Layout::array::<u64>(slots.checked_add(LINE)?).ok()
}

/// Asks the system for its large pages, where it has some to give: the fewer there are, the sooner all are touched.
#[cfg(target_os = "linux")]
fn advise(first: *mut u64, slots: usize) {
    use std::ffi::{c_int, c_void};
    const HUGE: usize = 2 << 20;
    const MADV_HUGEPAGE: c_int = 14;
    unsafe extern "C" {
        fn madvise(address: *mut c_void, len: usize, advice: c_int) -> c_int;
    }
    let bytes = slots * size_of::<u64>();
    let before = first.align_offset(HUGE).saturating_mul(size_of::<u64>());
    if let Some(rest) = bytes.checked_sub(before).map(|rest| rest & !(HUGE - 1)).filter(|rest| *rest > 0) {
        // SAFETY: these whole pages lie inside the arena, and it is a wish: nothing that they hold changes.
        unsafe { madvise(first.cast::<u8>().add(before).cast(), rest, MADV_HUGEPAGE) };
    }
}

/// Other systems find large pages by themselves, or have none.
#[cfg(not(target_os = "linux"))]
fn advise(_: *mut u64, _: usize) {}

/// A run of slots in an [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Index of the first slot.
    pub start: usize,
    /// How many slots.
    pub len: usize,
}

impl Extent {
    /// Index just past the last slot.
    pub fn end(self) -> usize {
        self.start + self.len
    }
}

/// Slots of one f64 or u64 each, zero when it is made, and never moved. The first begins a line of the cache.
///
/// The slots are reached by address only. Which thread may touch which slot at what time is agreed between those who
/// hold the addresses: a pool hands a slot out once, and hands it out again only when its former user is done with it.
#[derive(Debug)]
pub struct Arena {
    /// What was allocated.
    room: NonNull<u64>,
    first: NonNull<u64>,
    slots: usize,
}

// SAFETY: the arena itself only computes addresses; every access through them is `unsafe` and answers for itself.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// Reserves `slots` slots and touches each page, so that none is missing later. Control thread.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(slots: usize) -> Result<Arc<Arena>, Lacking> {
        let arena = Arena::blank(slots)?;
        advise(arena.at(0), slots);
        for slot in (0..slots).step_by(PAGE) {
            // SAFETY: the slot is there and nobody else knows of it yet. Volatile, because zeros over zeros could be left out.
            unsafe { arena.at(slot).write_volatile(0) };
        }
        Ok(arena)
    }

    /// Slots whose pages the system gives when they are first written: as cheap as what is used of them. Not for the audio
    /// thread, which must not wait for a page. Control thread.
    ///
    /// # Errors
    /// When there is no such memory.
    pub fn blank(slots: usize) -> Result<Arc<Arena>, Lacking> {
        let layout = layout(slots).ok_or(Lacking)?;
        // SAFETY: the layout has a size.
        let room = NonNull::new(unsafe { alloc_zeroed(layout) }.cast::<u64>()).ok_or(Lacking)?;
        // SAFETY: the room has a line more than there are slots, so the first line that begins in it is inside.
        let first = unsafe { room.add(room.as_ptr().align_offset(LINE * size_of::<u64>()).min(LINE)) };
        Ok(Arc::new(Arena { room, first, slots }))
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The address of a slot.
    ///
    /// # Panics
    /// When `index` lies beyond the end.
    pub fn at(&self, index: usize) -> *mut u64 {
        assert!(index <= self.slots, "slot {index} of an arena of {}", self.slots);
        // SAFETY: the index was checked, so the address stays inside the allocation or just past it.
        unsafe { self.first.as_ptr().add(index) }
    }

    /// Copies from another arena: as many slots as both extents have. Control thread.
    ///
    /// # Safety
    /// Nobody else may be writing the one or using the other slots.
    pub unsafe fn copy_from(&self, to: Extent, other: &Arena, from: Extent) {
        assert!(to.end() <= self.slots && from.end() <= other.slots);
        // SAFETY: in range as just checked; the caller promises that nobody interferes, and two extents never overlap
        // harmfully, because `copy_from` of pointers allows it.
        unsafe { self.at(to.start).copy_from(other.at(from.start), to.len.min(from.len)) };
    }

    /// Moves what slots hold to others, which may overlap them. Control thread.
    ///
    /// # Safety
    /// Nobody else may be using either.
    pub unsafe fn shift(&self, from: Extent, to: usize) {
        assert!(from.end() <= self.slots && to + from.len <= self.slots);
        // SAFETY: in range as just checked; the caller promises that nobody interferes; `copy_from` allows an overlap.
        unsafe { self.at(to).copy_from(self.at(from.start), from.len) };
    }

    /// Writes zeros. Control thread.
    ///
    /// # Safety
    /// Nobody else may be using these slots.
    pub unsafe fn zero(&self, extent: Extent) {
        assert!(extent.end() <= self.slots);
        // SAFETY: in range as just checked; the caller promises that the slots are not in use.
        unsafe { self.at(extent.start).write_bytes(0, extent.len) };
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(layout) = layout(self.slots) {
            // SAFETY: `blank` has allocated it with this layout, and it is given back once.
            unsafe { dealloc(self.room.as_ptr().cast(), layout) };
        }
    }
}
