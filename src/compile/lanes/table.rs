//! Slots that begin a line of the processor's cache, as vectors are read. They are made once.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

/// A line of the cache.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// So many slots of zeros, and as many more as fill a line.
pub struct Table {
    lines: Box<[Line]>,
}

impl Table {
    /// Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tables are made on the control thread")]
    pub fn new(slots: usize) -> Table {
        let mut lines = vec![Line([0; 8]); slots.div_ceil(8)].into_boxed_slice();
        // Written once, so that no page is missing on the audio thread; behind the compiler's back, because zeros over zeros
        // could be left out.
        std::hint::black_box(&mut lines).fill(Line([0; 8]));
        Table { lines }
    }

    /// All slots.
    pub fn slots(&mut self) -> &mut [u64] {
        let (start, slots) = (self.start(), self.lines.len() * 8);
        // SAFETY: a line is eight slots, one after the other.
        unsafe { std::slice::from_raw_parts_mut(start, slots) }
    }

    /// The first slot.
    pub fn start(&mut self) -> *mut u64 {
        self.lines.as_mut_ptr().cast()
    }
}
