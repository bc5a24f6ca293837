//! How high a sound reaches: the highest magnitude of the present moment and of the one before. It keeps no history and judges nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// The highest sample of the present window and of the one before.
#[derive(Debug, Default)]
pub(super) struct Peak {
    window: AtomicU64,
    now: AtomicU32,
    before: AtomicU32,
}

impl Peak {
    /// So high was a part of a window; those that are numbered begin at 1. Audio thread.
    pub fn reach(&self, window: u64, level: f32) {
        let last = self.window.load(Relaxed);
        if last == window {
            if level > f32::from_bits(self.now.load(Relaxed)) {
                self.now.store(level.to_bits(), Relaxed);
            }
            return;
        }
        let before = if last + 1 == window { self.now.load(Relaxed) } else { 0 };
        self.before.store(before, Relaxed);
        self.now.store(level.to_bits(), Relaxed);
        self.window.store(window, Relaxed);
    }

    /// How high it was, seen from a window. Any thread. Between two windows it may be that of one of them alone.
    pub fn read(&self, window: u64) -> f32 {
        let [now, before] = [&self.now, &self.before].map(|bits| f32::from_bits(bits.load(Relaxed)));
        match window.saturating_sub(self.window.load(Relaxed)) {
            0 => now.max(before),
            1 => now,
            _ => 0.0,
        }
    }

    /// Somebody else is heard from now on. Audio thread.
    pub fn forget(&self) {
        self.now.store(0, Relaxed);
        self.window.store(0, Relaxed);
    }
}

/// The highest magnitude.
pub(super) fn highest(samples: impl Iterator<Item = f64>) -> f32 {
    samples.fold(0.0, |most: f64, sample| if sample.abs() > most { sample.abs() } else { most }) as f32
}
