//! How one stream is doing: written by its callbacks with atomics only, judged by the supervisor. Opens and closes nothing.

use super::Loss;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A stream is judged by what it does while errors go on for this long.
pub(super) const ERRORS_FOR: Duration = Duration::from_millis(300);
/// A stream that asks for nothing for this long, or for four of its blocks, is lost.
const SILENT_FOR: Duration = Duration::from_millis(400);
/// A stream that runs away for this long is lost.
const FAST_FOR: Duration = Duration::from_secs(1);
/// A supervisor that looks again only after this long was itself asleep and judges nothing.
const ASLEEP: Duration = Duration::from_millis(150);
/// Times real time beyond which a device is filling a queue, or is no clock at all.
const FAST: f64 = 16.0;

/// What the callbacks of one stream leave for the supervisor.
#[derive(Default)]
pub(super) struct Health {
    /// Callbacks so far.
    pub(super) calls: AtomicU64,
    /// Frames of all callbacks.
    pub(super) frames: AtomicU64,
    /// Callbacks that asked the source.
    pub(super) pulls: AtomicU64,
    /// Errors that are neither dropouts nor losses.
    pub(super) faults: AtomicU64,
    /// Frames of the longest callback.
    pub(super) block: AtomicU32,
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
    fn loss(&self) -> Option<Loss> {
        match self.loss.load(Relaxed) {
            0 => None,
            1 => Some(Loss::Gone),
            2 => Some(Loss::Invalidated),
            _ => Some(Loss::Server),
        }
    }

    fn read(&self) -> Reading {
        Reading {
            calls: self.calls.load(Relaxed),
            frames: self.frames.load(Relaxed),
            pulls: self.pulls.load(Relaxed),
            faults: self.faults.load(Relaxed),
        }
    }
}

/// The counts at one moment.
#[derive(Clone, Copy)]
struct Reading {
    calls: u64,
    frames: u64,
    pulls: u64,
    faults: u64,
}

/// The supervisor's memory of one stream.
pub(super) struct Watch {
    rate: f64,
    since: Instant,
    looked: Instant,
    last: Reading,
    called: Instant,
    pulled: Instant,
    trouble: Option<(Instant, Reading)>,
    fast: Option<Instant>,
}

impl Watch {
    /// Starts to watch a stream of `rate` hertz at `now`.
    pub(super) fn new(rate: u32, health: &Health, now: Instant) -> Self {
        Self {
            rate: f64::from(rate),
            since: now,
            looked: now,
            last: health.read(),
            called: now,
            pulled: now,
            trouble: None,
            fast: None,
        }
    }

    /// When the stream last asked the source.
    pub(super) fn pulled(&self) -> Instant {
        self.pulled
    }

    /// How long the stream has been watched.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.duration_since(self.since)
    }

    /// Whether the stream takes block after block, without errors, and keeps time.
    pub(super) fn settled(&self) -> bool {
        self.last.calls > 1 && self.trouble.is_none() && self.fast.is_none()
    }

    /// Judges the stream by its progress: errors alone end nothing, standing still does. Control thread.
    pub(super) fn look(&mut self, health: &Health, now: Instant) -> Option<Loss> {
        let passed = now.duration_since(self.looked);
        let (last, new) = (self.last, health.read());
        let slept = passed > ASLEEP;
        let block = f64::from(health.block.load(Relaxed));
        let quick = FAST * self.rate * passed.as_secs_f64() + 4.0 * block;
        (self.looked, self.last) = (now, new);
        if new.calls != last.calls || slept {
            self.called = now;
        }
        if new.pulls != last.pulls {
            self.pulled = now;
        }
        match (new.frames - last.frames) as f64 > quick {
            true => _ = self.fast.get_or_insert(now),
            false => self.fast = None,
        }
        if new.faults == last.faults || slept {
            self.trouble = None;
        } else {
            self.trouble.get_or_insert((now, last));
        }
        let loss = health.loss().or_else(|| self.errors(block, now)).or_else(|| self.silence(block, now));
        loss.or_else(|| self.fast.filter(|fast| now.duration_since(*fast) > FAST_FOR).map(|_| Loss::Runaway))
    }

    fn errors(&mut self, block: f64, now: Instant) -> Option<Loss> {
        let (since, then) = self.trouble?;
        let lasted = now.duration_since(since);
        if lasted < ERRORS_FOR {
            return None;
        }
        let new = self.last;
        let (calls, faults) = (new.calls - then.calls, new.faults - then.faults);
        let real_time = self.rate * lasted.as_secs_f64();
        let pace = (new.frames - then.frames) as f64;
        // Errors between blocks that come in real time are a bad device, but the one that plays.
        if 2 * faults < calls && pace > 0.5 * real_time && pace < 2.0 * real_time + 4.0 * block {
            self.trouble = None;
            return None;
        }
        Some(Loss::Errors)
    }

    fn silence(&self, block: f64, now: Instant) -> Option<Loss> {
        let patience = SILENT_FOR.max(Duration::from_secs_f64(4.0 * block / self.rate));
        (now.duration_since(self.called) > patience).then_some(Loss::Silent)
    }
}
