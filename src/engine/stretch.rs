//! A list whose elements lie in memory that somebody else reserved. It neither allocates nor frees, and its elements are plain data.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

/// So many elements from an address on, as if they were in a box.
pub(super) struct Stretch<T> {
    first: NonNull<T>,
    len: usize,
}

// SAFETY: it is the only way to its elements, as `new`'s caller promised, so it goes where they may go.
unsafe impl<T: Send> Send for Stretch<T> {}

impl<T: Copy> Stretch<T> {
    /// Writes `len` times `value` from `first` on and is a list of these.
    ///
    /// # Safety
    /// The memory must be aligned for `T`, valid for as long as the list is used, and used through it only.
    pub unsafe fn new(first: *mut T, len: usize, value: T) -> Stretch<T> {
        debug_assert!(first.is_aligned(), "the elements are aligned");
        let first = NonNull::new(first).unwrap_or(NonNull::dangling());
        for index in 0..len {
            // SAFETY: promised by the caller.
            unsafe { first.add(index).write(value) };
        }
        Stretch { first, len }
    }
}

impl<T> Deref for Stretch<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the elements were written by `new`, whose caller promised that they stay and are used through the list only.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Stretch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
}
