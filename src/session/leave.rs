//! Signals that leave: parked with their memory, unregistered without it, or reclaimed when memory is short. It stages; nothing is heard of it yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bind;
use super::performance::{Performance, Signal};
use super::report::{HelperReport, SignalReport, Status};
use super::transaction::Staged;
use super::unit::Unit;
use super::wants::wants;
use crate::engine::Change;

impl Signal {
    /// Whether it plays, or fades out.
    pub(super) fn is_heard(&self) -> bool {
        self.parked.is_none() || self.seated
    }
}

impl Performance {
    /// Takes a signal's memory from it. Gives its helpers for the report.
    pub(super) fn release(&mut self, name: &str, claims: u64, why: &str) -> Vec<HelperReport> {
        let held = &self.signals[name].held;
        for held in held {
            self.memories.pool.release(&held.key, claims);
        }
        self.memories.sandboxes.release(name, claims);
        held.iter().map(|held| HelperReport::new(&held.key, "freed", why)).collect()
    }

    /// How a signal leaves that may still be heard: in so many seconds, or as its line says.
    ///
    /// One that is parked and not silent yet is sent off again: what it plays on is free only when it is home.
    pub(super) fn departure(&self, signal: &Signal, seconds: Option<f64>) -> Option<Change> {
        let frames = self.control.frames(seconds.unwrap_or(signal.options.fade_out));
        signal.is_heard().then_some(Change::Remove { slot: signal.slot, frames })
    }

    /// Parks the signals that their files do not want any more, and removes those that are unregistered.
    pub(super) fn park(&mut self, units: &[Unit], paths: &BTreeSet<String>, staged: &mut Staged) {
        let mut wanted: BTreeMap<&str, (bool, &str)> = BTreeMap::new();
        for unit in units {
            for want in wants(unit) {
                wanted.insert(want.name, (want.sound.is_some(), &unit.path));
            }
        }
        let known = self.signals.keys().cloned().collect::<Vec<_>>();
        for name in known {
            let signal = &self.signals[&name];
            let playing = signal.parked.is_none();
            let (status, file) = match wanted.get(&*name) {
                Some((true, _)) => continue,
                Some((false, file)) => (Status::Removed, (*file).to_owned()),
                None if playing && paths.contains(&signal.file) => (Status::Parked, signal.file.clone()),
                None => continue,
            };
            staged.changes.extend(self.departure(signal, None));
            let helpers = if status == Status::Removed {
                staged.gone.push(name.clone());
                let claims = self.claims();
                staged.claims.push(claims);
                self.release(&name, claims, "unregistered")
            } else {
                staged.parked.push(name.clone());
                signal.held.iter().map(|held| bind::kept(held, self.settings.rate)).collect()
            };
            let report = SignalReport { name: name.to_string(), status, helpers };
            staged.reports.entry(file).or_default().push(report);
        }
    }

    /// Gives back the memory of the signal that has been parked longest. False where there is none to be had.
    pub(super) fn reclaim(&mut self, unit: &Unit, staged: &mut Staged) -> bool {
        if self.judge.told.is_some() {
            return false;
        }
        let Some(name) = self.oldest_idle(|name, _| !staged.wanted.contains(name)) else { return false };
        let helpers = self.forget(&name);
        self.judge.made.reclaimed.push(name.to_string());
        let report = SignalReport { name: name.to_string(), status: Status::Removed, helpers };
        staged.reports.entry(unit.path.clone()).or_default().push(report);
        true
    }

    /// Gives back the memory of a parked signal that is silent.
    pub(super) fn forget(&mut self, name: &Arc<str>) -> Vec<HelperReport> {
        let claims = self.claims();
        let before = self.memories.pool.counters();
        let helpers = self.release(name, claims, "memory was short, and it has been parked longest");
        self.settle(claims);
        self.signals.remove(name);
        let after = self.memories.pool.counters();
        self.judge.freed.signals.push(name.to_string());
        self.judge.freed.keys += before.keys - after.keys;
        self.judge.freed.slots += before.used - after.used;
        helpers
    }
}
