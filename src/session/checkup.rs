//! Looks after memory while a set is played: what is judged when, what was told, and what saves came to. The levels stand in `memory::health`.

use std::collections::{BTreeMap, VecDeque};

use super::Performance;
use super::report::{Counts, PoolReport, Report, UndoReport};
use super::stats::{Crossed, PoolStats, Reloads};
use crate::memory::health::{Crossing, Figures, Health, Reserve, Thresholds};

/// How many levels that were crossed are remembered.
const MOST: usize = 16;

/// What is remembered of a set's health.
#[derive(Debug, Default)]
pub(super) struct Checkup {
    pub health: Health,
    /// The last levels that were crossed, the newest last.
    pub crossings: VecDeque<Crossed>,
    pub reloads: Reloads,
    /// Events that nobody read in time.
    pub lost: u64,
    /// Whether memory came back since it was last judged.
    pub due: bool,
}

impl Checkup {
    /// All is well.
    pub fn new(thresholds: Thresholds) -> Checkup {
        Checkup { health: Health::new(thresholds), ..Checkup::default() }
    }

    /// A save is over.
    pub fn count(&mut self, taken: bool) {
        *(if taken { &mut self.reloads.taken } else { &mut self.reloads.refused }) += 1;
    }
}

impl Performance {
    /// A report of something that begins now.
    pub(super) fn report(&self) -> Report {
        Report { before: self.pool(), counted: self.counted(), ..Report::default() }
    }

    /// What is counted, as it is now.
    fn counted(&self) -> Counts {
        Counts { pools: self.pools(), code: self.compiler.statistics().counts }
    }

    /// Adds to a report how much memory is in use now, and judges it.
    pub(super) fn complete(&mut self, report: &mut Report) {
        let (used, capacity, states) = self.snapshots.usage();
        report.pool = self.pool();
        report.undo = UndoReport { used, capacity, states };
        let counted = self.counted();
        let crossings = self.judge(&counted.pools);
        report.memory = counted.since(&report.counted);
        report.memory.crossings = crossings;
    }

    /// The helper pool as reports show it.
    pub fn pool(&self) -> PoolReport {
        let (counters, moves) = (self.memories.pool.counters(), self.memories.pool.moves());
        PoolReport {
            used: counters.used,
            high_water: counters.high_water,
            capacity: counters.capacity,
            keys: counters.keys,
            claims: counters.claims,
            releases: counters.releases,
            compactions: moves.compactions,
            moved: moves.slots,
        }
    }

    /// Judges memory as it is now, between transactions. Gives the levels that were reached or left, each once.
    pub(super) fn judge_memory(&mut self) -> Vec<Crossing> {
        let pools = self.pools();
        self.judge(&pools)
    }

    fn judge(&mut self, pools: &BTreeMap<Reserve, PoolStats>) -> Vec<Crossing> {
        self.checkup.due = false;
        let mut figures = Figures {
            reserves: pools.iter().map(|(reserve, pool)| (*reserve, pool.fill())).collect(),
            imbalance: self.imbalance(),
            keys: self.memories.pool.counters().keys as u64,
            parked: Vec::new(),
        };
        let mut parked =
            self.signals.iter().filter_map(|(name, signal)| Some((signal.parked?, name))).collect::<Vec<_>>();
        parked.sort();
        figures.parked = parked.into_iter().map(|(_, name)| name.to_string()).collect();
        let crossings = self.checkup.health.judge(&figures);
        for crossing in &crossings {
            if self.checkup.crossings.len() == MOST {
                self.checkup.crossings.pop_front();
            }
            self.checkup.crossings.push_back(Crossed { frame: self.load.frame(), crossing: crossing.clone() });
        }
        crossings
    }

    /// Blocks and sandboxes that are claimed and that no signal holds, parked or playing, and those that a signal holds and
    /// that are not claimed. To be asked between transactions.
    pub(super) fn imbalance(&self) -> u64 {
        let pool = &self.memories.pool;
        let held = self.signals.values().map(|signal| signal.held.len()).sum::<usize>();
        let holders = self.signals.values().flat_map(|signal| &signal.held);
        let found = holders.filter(|held| pool.get(&held.key).is_some()).count();
        let strays = (pool.counters().keys - found) + (held - found);
        let sandboxes = self.memories.sandboxes.counters().used.abs_diff(self.signals.len());
        (strays + sandboxes) as u64
    }
}
