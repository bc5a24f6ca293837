//! How one stream is doing: written by its callbacks with atomics only, judged by the supervisor. Opens and closes nothing.

use super::Loss;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A stream that answers nothing but errors for this long is lost.
const ERRORS_FOR: Duration = Duration::from_millis(300);
/// A stream that asks for nothing for this long, or for four of its blocks, is lost.
const SILENT_FOR: Duration = Duration::from_millis(400);
/// A supervisor that looks again only after this long was itself asleep and judges nothing.
const ASLEEP: Duration = Duration::from_millis(150);
/// Times real time beyond which a device is no clock; a device that fills a long queue stays far below.
const RUNAWAY: f64 = 64.0;
/// Frames that any device may take at once.
const QUEUE: f64 = 65_536.0;

/// What the callbacks of one stream leave for the supervisor.
#[derive(Default)]
pub(super) struct Health {
    /// Callbacks so far.
    pub(super) calls: AtomicU64,
    /// Frames of callbacks that no error preceded.
    pub(super) good_frames: AtomicU64,
    /// Frames of all callbacks.
    pub(super) frames: AtomicU64,
    /// Errors that are neither dropouts nor losses.
    pub(super) faults: AtomicU64,
    /// Frames of the longest callback.
    pub(super) block: AtomicU32,
    /// Whether the last block may not have been written.
    pub(super) faulty: AtomicBool,
    pub(super) no_priority: AtomicBool,
    pub(super) rerouted: AtomicBool,
    loss: AtomicU8,
}

impl Health {
    /// Notes that the stream says itself that it is over. Audio thread.
    pub(super) fn lose(&self, loss: Loss) {
        let code = match loss {
            Loss::Gone => 1,
            Loss::Invalidated => 2,
            _ => 3,
        };
        self.loss.store(code, Relaxed);
    }

    /// What the stream itself said about its end.
    pub(super) fn loss(&self) -> Option<Loss> {
        match self.loss.load(Relaxed) {
            0 => None,
            1 => Some(Loss::Gone),
            2 => Some(Loss::Invalidated),
            _ => Some(Loss::Server),
        }
    }

    /// Notes a callback of `frames`; false means that the block before it may be lost and this one should be silent,
    /// so that a device which only answers errors does not swallow the music. Audio thread.
    pub(super) fn begin(&self, frames: usize) -> bool {
        self.calls.fetch_add(1, Relaxed);
        self.frames.fetch_add(frames as u64, Relaxed);
        self.block.fetch_max(frames as u32, Relaxed);
        let well = !self.faulty.swap(false, Relaxed);
        if well {
            self.good_frames.fetch_add(frames as u64, Relaxed);
        }
        well
    }
}

/// The supervisor's memory of one stream.
pub(super) struct Watch {
    rate: f64,
    since: Instant,
    looked: Instant,
    calls: u64,
    called: Instant,
    faults: u64,
    good: Instant,
    good_frames: u64,
    trouble: Option<(Instant, u64)>,
}

impl Watch {
    /// Starts to watch a stream of `rate` hertz at `now`.
    pub(super) fn new(rate: u32, health: &Health, now: Instant) -> Self {
        Self {
            rate: f64::from(rate),
            since: now,
            looked: now,
            calls: health.calls.load(Relaxed),
            called: now,
            faults: health.faults.load(Relaxed),
            good: now,
            good_frames: health.good_frames.load(Relaxed),
            trouble: None,
        }
    }

    /// When the stream last took a block that nothing speaks against.
    pub(super) fn last_good(&self) -> Instant {
        self.good
    }

    /// How long the stream has been watched.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.since)
    }

    /// Judges the stream by its progress: errors alone end nothing, standing still does. Control thread.
    pub(super) fn look(&mut self, health: &Health, now: Instant) -> Option<Loss> {
        let slept = now.duration_since(self.looked) > ASLEEP;
        self.looked = now;
        let (calls, faults) = (health.calls.load(Relaxed), health.faults.load(Relaxed));
        let good_frames = health.good_frames.load(Relaxed);
        if calls != self.calls || slept {
            self.called = now;
        }
        if good_frames != self.good_frames {
            self.good = now;
        }
        let quiet = faults == self.faults || slept;
        (self.calls, self.faults, self.good_frames) = (calls, faults, good_frames);
        health
            .loss()
            .or_else(|| self.errors(quiet, good_frames, now))
            .or_else(|| self.silence(health, now))
            .or_else(|| self.runaway(health, now))
    }

    fn errors(&mut self, quiet: bool, good_frames: u64, now: Instant) -> Option<Loss> {
        if quiet {
            self.trouble = None;
            return None;
        }
        let (since, frames_then) = *self.trouble.get_or_insert((now, good_frames));
        let lasted = now.duration_since(since);
        if lasted < ERRORS_FOR {
            return None;
        }
        // Errors that leave at least half of the sound intact are a bad device, but the one that plays.
        if (good_frames - frames_then) as f64 >= 0.5 * self.rate * lasted.as_secs_f64() {
            self.trouble = None;
            return None;
        }
        Some(Loss::Errors)
    }

    fn silence(&self, health: &Health, now: Instant) -> Option<Loss> {
        let block = f64::from(health.block.load(Relaxed)) / self.rate;
        let patience = SILENT_FOR.max(Duration::from_secs_f64(4.0 * block));
        (now.duration_since(self.called) > patience).then_some(Loss::Silent)
    }

    fn runaway(&self, health: &Health, now: Instant) -> Option<Loss> {
        let real_time = self.age(now).as_secs_f64() * self.rate;
        (health.frames.load(Relaxed) as f64 > QUEUE + RUNAWAY * real_time).then_some(Loss::Runaway)
    }
}
