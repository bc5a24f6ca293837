//! Copies a ring while its writer goes on, slice by slice, so that no quantum costs much. It decides nothing about when, and owns no memory.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Renderer;

impl Renderer {
    /// How many slots of rings a quantum copies at most from now on. Control thread.
    pub fn set_slice(&mut self, slots: usize) {
        self.slice = slots.max(1);
    }
}

/// The newest samples of a ring on their way into another one: sample n, counted from the first that was ever written,
/// goes to slot n modulo the length.
///
/// Once it has caught up, the other ring holds the newest samples, and what it held before elsewhere: how many slices it
/// took leaves no trace. Samples that are overwritten before they are copied are not among the newest any more, so the
/// writer never overtakes it.
pub struct LineCopy {
    from: *const u64,
    from_last: u64,
    to: *mut u64,
    to_last: u64,
    head: *const u64,
    /// How many samples are to be there in the end.
    keep: u64,
    /// What the head was when it was last looked at; `None` before the beginning.
    seen: Option<u64>,
    /// How many of the newest samples are not copied yet.
    left: u64,
    /// What the head was when nothing written later was wanted any more.
    end: Option<u64>,
    /// Slots that were written to the other ring so far.
    copied: u64,
}

// SAFETY: a copy is addresses and lengths; who may use them, and when, is the promise of `LineCopy::new`'s caller.
unsafe impl Send for LineCopy {}

impl LineCopy {
    /// Copies the newest samples of the ring `from` into the ring `to`, as many as fit into both. `from_last` and `to_last`
    /// are the numbers of their last slots, one less than a power of two; `head` counts what was ever written to `from`.
    /// Control thread.
    ///
    /// # Safety
    /// Both rings, which must not overlap, and the head must be valid until the envelope with this copy is home again. From
    /// its sending until then only the audio thread may write to them, and none but this copy to `to` before it is done.
    pub unsafe fn new(from: *const u64, from_last: u64, to: *mut u64, to_last: u64, head: *const u64) -> LineCopy {
        debug_assert!([from_last, to_last].iter().all(|last| (last + 1).is_power_of_two()));
        let keep = from_last.min(to_last) + 1;
        LineCopy { from, from_last, to, to_last, head, keep, seen: None, left: keep, end: None, copied: 0 }
    }

    /// What is written from now on is not wanted: the other ring will hold the newest samples of this boundary. The writer
    /// goes on, so the copy must go on in every quantum, and faster. Audio thread.
    pub fn hold(&mut self) {
        // SAFETY: the head is valid and the audio thread's own, as `new`'s caller promised.
        self.end = Some(unsafe { *self.head });
    }

    /// Goes on for at most `budget` samples, and takes from it how many those were; says whether it has caught up. To be
    /// called in every quantum before the writer runs, until the other ring is used. Audio thread.
    ///
    /// What was written since it last looked is no part of the budget, so it arrives however many copies share one.
    pub fn advance(&mut self, budget: &mut usize) -> bool {
        // SAFETY: the head is valid and the audio thread's own, as `new`'s caller promised.
        let head = self.end.unwrap_or_else(|| unsafe { *self.head });
        let written = match self.seen {
            Some(seen) => {
                let written = head.wrapping_sub(seen).min(self.keep);
                // As many are the newest no more; where they lie was at rest.
                self.clear(seen.wrapping_sub(self.keep), written.min(self.keep - self.left));
                self.left = (self.left + written).min(self.keep);
                written
            }
            None if *budget == 0 => return false,
            None => 0,
        };
        self.seen = Some(head);
        let count = self.left.min(written.saturating_add(*budget as u64));
        self.copy(head.wrapping_sub(self.left), count);
        self.left -= count;
        *budget -= count.saturating_sub(written) as usize;
        self.left == 0
    }

    /// Slots that were written to the other ring so far.
    pub(super) fn copied(&self) -> u64 {
        self.copied
    }

    /// Copies samples, beginning with number `sample`.
    fn copy(&mut self, mut sample: u64, mut count: u64) {
        self.copied += count;
        while count > 0 {
            let (from, to) = (sample & self.from_last, sample & self.to_last);
            let run = count.min(self.from_last + 1 - from).min(self.to_last + 1 - to);
            // SAFETY: both runs end within their rings, which are valid, apart, and the audio thread's own.
            unsafe {
                self.to.add(to as usize).copy_from_nonoverlapping(self.from.add(from as usize), run as usize);
            }
            (sample, count) = (sample.wrapping_add(run), count - run);
        }
    }

    /// Silences samples that were copied.
    fn clear(&mut self, mut sample: u64, mut count: u64) {
        self.copied += count;
        while count > 0 {
            let to = sample & self.to_last;
            let run = count.min(self.to_last + 1 - to);
            // SAFETY: as above.
            unsafe { self.to.add(to as usize).write_bytes(0, run as usize) };
            (sample, count) = (sample.wrapping_add(run), count - run);
        }
    }
}
