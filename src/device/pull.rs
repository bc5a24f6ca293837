//! One block from the source into a device's buffer, with panics caught, time taken, and no step at its beginning. Never allocates or waits.

use super::Plan;
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

/// How long a source that is heard from its middle on takes to come up, in milliseconds.
const RISE: u32 = 5;

/// The audio side of one seat.
pub(super) struct Puller {
    pub(super) seat: Arc<Seat>,
    pub(super) counters: Arc<Counters>,
    /// Channels that the source renders.
    pub(super) channels: usize,
    /// Frames that a fade takes, and how many of them are past; `None` before the source is heard.
    rise: u32,
    risen: Option<u32>,
    /// Whether the source was in the block that is under way.
    played: bool,
}

impl Puller {
    /// Nobody was heard on this seat. Control thread.
    pub(super) fn new(seat: Arc<Seat>, counters: Arc<Counters>, plan: Plan) -> Puller {
        let rise = plan.rate * RISE / 1_000;
        Puller { seat, counters, channels: usize::from(plan.channels), rise, risen: None, played: false }
    }

    /// Fills `out` from the source; writes silence where nobody sits or where the source panics. Audio thread.
    pub(super) fn pull(&mut self, out: &mut [f32]) {
        let mut under_way = false;
        let rendered = self.seat.lend(|source| {
            // After a panic the source's next block starts from what its state then is.
            self.counters.survive(|| {
                under_way = source.is_under_way();
                source.render(out, self.channels);
            })
        });
        if rendered != Some(true) {
            out.fill(0.0);
        }
        if rendered.is_some() {
            self.played = true;
            self.counters.frames.fetch_add((out.len() / self.channels) as u64, Relaxed);
            self.fade(out, under_way);
        }
    }

    /// Lets a source come up that is past its beginning, so that no device hears it begin with a step. Audio thread.
    fn fade(&mut self, out: &mut [f32], under_way: bool) {
        let from = *self.risen.get_or_insert(if under_way { 0 } else { self.rise });
        if from == self.rise {
            return;
        }
        let levels = (from + 1..=self.rise).map(|past| past as f32 / self.rise as f32);
        for (frame, level) in out.chunks_exact_mut(self.channels).zip(levels) {
            frame.iter_mut().for_each(|sample| *sample *= level);
        }
        self.risen = Some(self.rise.min(from + (out.len() / self.channels) as u32));
    }

    /// Notes how much of its time a block of so many frames at a rate took, if the source was in it. Audio thread.
    pub(super) fn time(&mut self, frames: u64, rate: u32, begun: Instant) {
        if !mem::take(&mut self.played) {
            return;
        }
        let playing = (frames * 1_000_000_000 / u64::from(rate)).max(1);
        let load = begun.elapsed().as_nanos() as u64 * 1_000 / playing.div_ceil(1_000);
        self.counters.worst_load.fetch_max(load, Relaxed);
        if load > 1_000_000 {
            self.counters.overloads.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Source;
    use std::time::Duration;

    struct Silence;

    impl Source for Silence {
        fn render(&mut self, _: &mut [f32], _: usize) {}

        fn is_under_way(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_block_that_took_longer_than_it_plays_is_counted_if_the_source_was_in_it() {
        let seat = Arc::new(Seat::new());
        let plan = Plan { rate: 48_000, channels: 1 };
        let mut puller = Puller::new(Arc::clone(&seat), Arc::default(), plan);
        let begun = Instant::now().checked_sub(Duration::from_secs(1)).expect("a second ago");
        let took = |puller: &mut Puller, frames: u64| {
            puller.pull(&mut [0.0; 64]);
            puller.time(frames, plan.rate, begun);
            let worst = puller.counters.take_worst_load_ppm();
            (puller.counters.read().overloads, worst)
        };
        assert_eq!(took(&mut puller, 64), (0, 0), "nobody sits");
        seat.sit(Box::new(Box::new(Silence)));
        let (overloads, worst) = took(&mut puller, 64);
        assert!(overloads == 1 && worst > 700_000_000, "{overloads} {worst}");
        let (overloads, worst) = took(&mut puller, 48_000 * 3_600);
        assert!(overloads == 1 && (200..1_000_000).contains(&worst), "{overloads} {worst}");
        puller.time(64, plan.rate, begun);
        assert_eq!(puller.counters.read().overloads, 1, "it was not asked since");
    }
}
