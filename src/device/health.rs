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
/// Over how long the speed of a stream is taken.
const SPEED_OVER: Duration = Duration::from_secs(10);
/// How long a stream is watched before it is trusted.
const TRUST_AFTER: Duration = Duration::from_millis(50);
/// A supervisor that looks again only after this long was itself asleep and judges nothing.
const ASLEEP: Duration = Duration::from_millis(150);
/// Times real time beyond which a device, once its queue is full, is no clock at all.
const FAST: f64 = 16.0;
/// Frames that a device may queue.
const QUEUE: f64 = 65_536.0;

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
    #[cfg(feature = "device")]
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
    /// Since when the speed is taken, and the frames before.
    speed: (Instant, u64),
    fast: bool,
}

impl Watch {
    /// Starts to watch a stream of `rate` hertz at `now`.
    pub(super) fn new(rate: u32, health: &Health, now: Instant) -> Self {
        Self {
            rate: f64::from(rate),
            since: now,
            looked: now,
            last: health.read(),
            speed: (now, health.frames.load(Relaxed)),
            fast: false,
            called: now,
            pulled: now,
            trouble: None,
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
        let trusted = self.looked.duration_since(self.since) >= TRUST_AFTER;
        trusted && self.last.calls > 1 && self.trouble.is_none() && !self.fast
    }

    /// Judges the stream by its progress: errors alone end nothing, standing still does. Control thread.
    pub(super) fn look(&mut self, health: &Health, now: Instant) -> Option<Loss> {
        let passed = now.duration_since(self.looked);
        let (last, new) = (self.last, health.read());
        let slept = passed > ASLEEP;
        let block = f64::from(health.block.load(Relaxed));
        (self.looked, self.last) = (now, new);
        if new.calls != last.calls || slept {
            self.called = now;
        }
        if new.pulls != last.pulls {
            self.pulled = now;
        }
        if new.faults == last.faults || slept {
            self.trouble = None;
        } else {
            self.trouble.get_or_insert((now, last));
        }
        let runaway = self.runaway(now);
        health.loss().or_else(|| self.errors(block, now)).or_else(|| self.silence(block, now)).or(runaway)
    }

    fn runaway(&mut self, now: Instant) -> Option<Loss> {
        let (since, before) = self.speed;
        let lasted = now.duration_since(since);
        self.fast = (self.last.frames - before) as f64 > QUEUE + FAST * self.rate * lasted.as_secs_f64();
        if lasted > SPEED_OVER {
            self.speed = (now, self.last.frames);
        }
        (self.fast && lasted > FAST_FOR).then_some(Loss::Runaway)
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

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;
    const TICK: Duration = Duration::from_millis(10);

    /// What one tick of ten milliseconds does to a stream: callbacks of `block` frames, and errors.
    fn verdict_on(block: u32, ticks: impl IntoIterator<Item = (u64, u64)>) -> Option<Loss> {
        let (health, mut now) = (Health::default(), Instant::now());
        health.block.store(block, Relaxed);
        let mut watch = Watch::new(RATE, &health, now);
        ticks.into_iter().find_map(|(calls, faults)| {
            now += TICK;
            health.calls.fetch_add(calls, Relaxed);
            health.frames.fetch_add(u64::from(block) * calls, Relaxed);
            health.faults.fetch_add(faults, Relaxed);
            watch.look(&health, now)
        })
    }

    fn verdict(ticks: impl IntoIterator<Item = (u64, u64)>) -> Option<Loss> {
        verdict_on(480, ticks)
    }

    #[test]
    fn errors_end_a_stream_only_when_they_go_on_and_the_sound_does_not() {
        assert_eq!(verdict([(0, 5); 31]), Some(Loss::Errors));
        assert_eq!(verdict([(0, 5); 25]), None);
        assert_eq!(verdict([[(0, 5); 25].as_slice(), &[(1, 0)], &[(0, 5); 25]].concat()), None);
        assert_eq!(verdict([(5, 5); 31]), Some(Loss::Errors), "one error for each block");
        assert_eq!(verdict([(12, 4); 31]), Some(Loss::Errors), "blocks that nothing waits for");
        assert_eq!(verdict_on(120, [(4, 1); 200]), None, "a bad device, but it plays");
        assert_eq!(verdict_on(120, [(4, 2); 31]), Some(Loss::Errors), "every other block fails");
        assert_eq!(verdict_on(120, [(1, 0), (1, 1)].repeat(200)), None, "an error now and then");
    }

    #[test]
    fn a_stream_that_stands_still_is_lost_and_one_that_stutters_is_not() {
        assert_eq!(verdict([(0, 0); 41]), Some(Loss::Silent));
        assert_eq!(verdict([[(0, 0); 39].as_slice(), &[(1, 0)]].concat().repeat(4)), None);
    }

    #[test]
    fn a_stream_that_runs_away_is_lost_and_one_that_fills_a_queue_is_not() {
        assert_eq!(verdict([(850, 0); 103]), Some(Loss::Runaway));
        assert_eq!(verdict([(850, 0); 100]), None);
        assert_eq!(verdict([[(130, 0)].as_slice(), &[(1, 0); 200]].concat()), None);
    }

    #[test]
    fn what_a_stream_says_of_itself_comes_first() {
        let health = Health::default();
        let mut watch = Watch::new(RATE, &health, Instant::now());
        assert_eq!(watch.look(&health, Instant::now()), None);
        health.loss.store(1, Relaxed);
        assert_eq!(watch.look(&health, Instant::now()), Some(Loss::Gone));
    }
}
