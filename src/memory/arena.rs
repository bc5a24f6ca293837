//! One reserved stretch of 64-bit slots at a fixed address. It does not know who owns which part of it.

use std::alloc::{Layout, alloc_zeroed};
use std::collections::TryReserveError;
use std::ptr::NonNull;
use std::sync::Arc;

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

/// Slots of one f64 or u64 each, zero when it is made, and never moved.
///
/// The slots are reached by address only. Which thread may touch which slot at what time is agreed between those who
/// hold the addresses: a pool hands a slot out once, and hands it out again only when its former user is done with it.
#[derive(Debug)]
pub struct Arena {
    first: NonNull<u64>,
    slots: usize,
}

// SAFETY: the arena itself only computes addresses; every access through them is `unsafe` and answers for itself.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// Reserves `slots` slots and writes a zero to each, so that no page is missing later. Control thread.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(slots: usize) -> Result<Arc<Arena>, TryReserveError> {
        let mut room: Vec<u64> = Vec::new();
        room.try_reserve_exact(slots)?;
        room.resize(slots, 0);
        let room = Box::into_raw(room.into_boxed_slice());
        // SAFETY: the address of a box is never null.
        let first = unsafe { NonNull::new_unchecked(room.cast::<u64>()) };
        Ok(Arc::new(Arena { first, slots }))
    }

    /// Slots whose pages the system gives when they are first written: as cheap as what is used of them. Not for the audio
    /// thread, which must not wait for a page. `None` when there is no such memory. Control thread.
    pub fn blank(slots: usize) -> Option<Arc<Arena>> {
        let layout = Layout::array::<u64>(slots).ok()?;
        let first = match slots {
            0 => NonNull::dangling(),
            // SAFETY: the layout has a size.
            _ => NonNull::new(unsafe { alloc_zeroed(layout) }.cast::<u64>())?,
        };
        Some(Arc::new(Arena { first, slots }))
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
        let room = std::ptr::slice_from_raw_parts_mut(self.first.as_ptr(), self.slots);
        // SAFETY: this is the box that `reserve` took apart, or `blank` allocated as a box does, and it is put together once.
        drop(unsafe { Box::from_raw(room) });
    }
}
