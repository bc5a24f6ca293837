//! One block from the source into a device's buffer, with panics caught and time taken. Never allocates or waits.

use super::seat::Seat;
use crate::heap::Section;
use serde::{Deserialize, Serialize};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// What has been counted since the start, over all devices. Written by the audio thread, read by anybody.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) callbacks: AtomicU64,
    pub(super) frames: AtomicU64,
    pub(super) xruns: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) overloads: AtomicU64,
    pub(super) errors: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) devices: AtomicU64,
    worst_load: AtomicU64,
}

/// One look at the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Blocks that devices asked for.
    pub callbacks: u64,
    /// Frames pulled from the source, by devices and by the null clock.
    pub frames: u64,
    /// Dropouts that devices reported.
    pub xruns: u64,
    /// Callbacks that came later than the sound already queued would last.
    pub late: u64,
    /// Blocks that took longer to render than to play.
    pub overloads: u64,
    /// Errors of the sound system that are neither dropouts nor losses.
    pub errors: u64,
    /// Blocks that were silent because the source or the callback panicked.
    pub panics: u64,
    /// Devices opened so far.
    pub devices: u64,
    /// The slowest block since the start, in parts per million of its playing time.
    pub worst_load_ppm: u64,
}

impl Counters {
    /// Does what is done in a callback and says whether it was done: whether it did not panic. Calls of the heap inside are
    /// counted as faults. Audio thread.
    pub(super) fn survive(&self, work: impl FnOnce()) -> bool {
        let _section = Section::begin();
        let done = catch_unwind(AssertUnwindSafe(work));
        if let Err(thrown) = done {
            // To drop it would free it here. The engine's renderer sends what it panics with home; this is for what is left.
            mem::forget(thrown);
            self.panics.fetch_add(1, Relaxed);
            return false;
        }
        true
    }

    /// Reads all counters; each is exact, together they are of about one moment. Any thread.
    pub fn read(&self) -> Counts {
        Counts {
            callbacks: self.callbacks.load(Relaxed),
            frames: self.frames.load(Relaxed),
            xruns: self.xruns.load(Relaxed),
            late: self.late.load(Relaxed),
            overloads: self.overloads.load(Relaxed),
            errors: self.errors.load(Relaxed),
            panics: self.panics.load(Relaxed),
            devices: self.devices.load(Relaxed),
            worst_load_ppm: self.worst_load.load(Relaxed),
        }
    }

    /// Reads the slowest block in parts per million of its playing time and starts over. Any thread.
    pub fn take_worst_load_ppm(&self) -> u64 {
        self.worst_load.swap(0, Relaxed)
    }
}

/// The audio side of one seat.
pub(super) struct Puller {
    pub(super) seat: Arc<Seat>,
    pub(super) counters: Arc<Counters>,
    /// Channels that the source renders.
    pub(super) channels: usize,
    pub(super) rate: u32,
}

impl Puller {
    /// Fills `out` from the source; writes silence where nobody sits or where the source panics. Audio thread.
    pub(super) fn pull(&self, out: &mut [f32]) {
        let begun = Instant::now();
        let rendered = self.seat.lend(|source| {
            // After a panic the source's next block starts from what its state then is.
            self.counters.survive(|| source.render(out, self.channels))
        });
        if rendered != Some(true) {
            out.fill(0.0);
        }
        if rendered.is_some() {
            self.count((out.len() / self.channels) as u64, begun);
        }
    }

    fn count(&self, frames: u64, begun: Instant) {
        self.counters.frames.fetch_add(frames, Relaxed);
        let playing = (frames * 1_000_000_000 / u64::from(self.rate)).max(1);
        let load = begun.elapsed().as_nanos() as u64 * 1_000 / playing.div_ceil(1_000);
        self.counters.worst_load.fetch_max(load, Relaxed);
        if load > 1_000_000 {
            self.counters.overloads.fetch_add(1, Relaxed);
        }
    }
}
