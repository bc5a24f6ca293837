//! What is given up because memory is short: signals that are parked and silent, the longest parked first, and code that nobody uses. Nothing that sounds, and nothing that the save wants which is being taken.

use std::sync::Arc;

use serde::Serialize;

use super::performance::{Performance, Signal};
use super::report::{SignalReport, Status};
use crate::memory::pool::Layout;

/// What a save gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Economy {
    /// Parked signals that begin anew when they come back.
    pub signals: Vec<String>,
    /// Their helpers.
    pub keys: usize,
    /// Slots of those.
    pub slots: usize,
    /// Pieces of machine code that nobody used.
    pub pieces: usize,
    /// Bytes of their pages.
    pub code_bytes: usize,
}

impl Economy {
    /// Whether nothing was given up.
    pub fn is_nothing(&self) -> bool {
        *self == Economy::default()
    }

    /// What it was, in words.
    pub fn text(&self) -> String {
        let Economy { signals, keys, slots, pieces, code_bytes } = self;
        let counted = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let mut parts = Vec::new();
        if !signals.is_empty() {
            let [signals, helpers] = [counted(signals.len(), "parked signal"), counted(*keys, "helper")];
            parts.push(format!("{signals} gave back {slots} slots of {helpers}"));
        }
        if *pieces > 0 {
            let pieces = counted(*pieces, "piece");
            parts.push(format!("{pieces} of code that nobody used went, {} KiB", code_bytes.div_ceil(1024)));
        }
        parts.join("; ")
    }
}

impl Performance {
    /// Gives up what can be spared while a reserve is fuller than its level. A replay is told which signals those are; code
    /// is nothing that is heard of. Gives the signals for the report.
    ///
    /// What still fades out is not counted: it comes back by itself.
    pub(super) fn economise(&mut self) -> Vec<SignalReport> {
        let level = self.settings.thresholds.pressure.economise;
        let most = |capacity: usize| (capacity as f64 * level) as usize;
        let mut gone = Vec::new();
        while self.judge.told.is_none() {
            let (pool, sandboxes) = (self.memories.pool.counters(), self.memories.sandboxes.counters());
            let blocks = pool.used > most(pool.capacity);
            let signals = sandboxes.used > most(sandboxes.capacity);
            let holds = |signal: &Signal| signal.held.iter().any(|held| Layout::of(&held.instance).slots() > 0);
            let Some(name) = self.oldest_idle(|_, signal| signals || (blocks && holds(signal))) else { break };
            self.judge.made.reclaimed.push(name.to_string());
            gone.push(SignalReport::new(&name, Status::Removed, self.forget(&name)));
        }
        if !gone.is_empty() {
            self.loosen();
            self.memories.pool.compact();
            self.follow();
        }
        let code = self.compiler.statistics().memory;
        if code.used > most(code.capacity) {
            let (pieces, bytes) = self.compiler.trim_to(most(code.capacity));
            self.judge.freed.pieces += pieces;
            self.judge.freed.code_bytes += bytes;
        }
        gone
    }

    /// The signal that is parked, silent, and has been so longest, of those that are wanted.
    pub(super) fn oldest_idle(&self, wanted: impl Fn(&str, &Signal) -> bool) -> Option<Arc<str>> {
        let idle = self.signals.iter().filter(|(name, signal)| signal.is_idle() && wanted(name, signal));
        idle.min_by_key(|(_, signal)| signal.parked).map(|(name, _)| name.clone())
    }
}
