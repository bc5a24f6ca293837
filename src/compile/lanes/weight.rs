//! How many blocks of the heap vector code keeps: whoever looks for leaks must know what is kept on purpose. It keeps nothing itself.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static KEPT: AtomicUsize = AtomicUsize::new(0);

/// So many blocks, for as long as this lives.
pub struct Weight(usize);

impl Weight {
    /// Of lists that are kept: those that are not empty.
    pub fn of(lists: impl IntoIterator<Item = usize>) -> Weight {
        let blocks = lists.into_iter().filter(|len| *len > 0).count();
        KEPT.fetch_add(blocks, Relaxed);
        Weight(blocks)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        KEPT.fetch_sub(self.0, Relaxed);
    }
}

/// Blocks that all vector code keeps now. Any thread.
pub fn kept() -> usize {
    KEPT.load(Relaxed)
}
