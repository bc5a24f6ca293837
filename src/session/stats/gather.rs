//! Collects the figures of a performance from whoever counts them. It changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AudioStats, CodeStats, HealthStats, PoolStats, Process, SignalStats, Stats, VERSION};
use crate::heap;
use crate::ir::call::SLOTS_PER_SIGNAL;
use crate::memory::health::{Fill, Reserve, Subject};
use crate::memory::pool::Layout;
use crate::session::Performance;
use crate::session::own::Plan;
use crate::session::performance::Signal;

/// Bytes of a slot.
const SLOT: u64 = size_of::<u64>() as u64;
/// Bytes of a sandbox.
const SANDBOX: u64 = SLOTS_PER_SIGNAL as u64 * SLOT;

impl Performance {
    /// All figures, as they are now.
    pub fn stats(&self) -> Stats {
        let statistics = self.compiler.statistics();
        let (rate, frames) = (self.settings.rate, self.load.frame());
        Stats {
            stats: VERSION,
            frames,
            seconds: frames as f64 / f64::from(rate),
            rate,
            reloads: self.checkup.reloads,
            pools: self.pools(),
            code: CodeStats {
                pieces: statistics.functions,
                idle: statistics.idle,
                bytes: statistics.code_bytes,
                hits: statistics.counts.hits,
                misses: statistics.counts.misses,
                evictions: statistics.counts.evictions,
                generation_ms: statistics.generation.as_secs_f64() * 1000.0,
            },
            signals: self.signals.iter().map(|(name, signal)| self.signal_stats(name, signal)).collect(),
            audio: AudioStats {
                cost: self.load.whole(),
                heap_calls: heap::calls_on_audio_thread(),
                lost_events: self.checkup.lost,
            },
            device: None,
            health: HealthStats {
                level: self.checkup.health.worst(),
                imbalance: self.imbalance(),
                keys: self.memories.pool.counters().keys as u64,
                crossings: self.checkup.crossings.iter().cloned().collect(),
            },
            process: Process::now(),
        }
    }

    /// The memories that are reserved at start.
    pub(in crate::session) fn pools(&self) -> BTreeMap<Reserve, PoolStats> {
        let pool = &self.memories.pool;
        let counted = pool.counters();
        let helpers = PoolStats {
            unit: SLOT,
            capacity: counted.capacity as u64,
            used: counted.used as u64,
            fading: counted.quarantined as u64,
            high_water: counted.high_water as u64,
            claims: counted.claims,
            releases: counted.releases,
            refusals: counted.refusals,
            keys: counted.keys as u64,
            free_pieces: Some(pool.free_runs() as u64),
            largest_free: Some(pool.largest_free() as u64),
            ..PoolStats::default()
        };
        let counted = self.memories.sandboxes.counters();
        let sandboxes = PoolStats {
            unit: SANDBOX,
            capacity: counted.capacity as u64,
            used: counted.used as u64,
            fading: counted.quarantined as u64,
            high_water: counted.high_water as u64,
            claims: counted.claims,
            releases: counted.releases,
            refusals: counted.refusals,
            keys: counted.used as u64,
            ..PoolStats::default()
        };
        let copies = &self.memories.copies;
        let counted = copies.counters();
        let fades = PoolStats {
            unit: SLOT,
            capacity: counted.capacity as u64,
            used: counted.used as u64,
            high_water: counted.high_water as u64,
            claims: counted.claims,
            releases: counted.releases,
            refusals: counted.refusals,
            keys: counted.claims - counted.releases,
            free_pieces: Some(copies.free_runs() as u64),
            largest_free: Some(copies.largest_free() as u64),
            ..PoolStats::default()
        };
        let counted = self.snapshots.counters();
        let undo = PoolStats {
            unit: SLOT,
            capacity: counted.capacity as u64,
            used: counted.used as u64,
            spare: counted.spare as u64,
            high_water: counted.high_water as u64,
            claims: counted.claims,
            releases: counted.releases,
            refusals: counted.refusals,
            keys: counted.claims - counted.releases,
            free_pieces: Some(counted.free_runs as u64),
            largest_free: Some(counted.largest_free as u64),
            ..PoolStats::default()
        };
        let statistics = self.compiler.statistics();
        let counted = statistics.memory;
        let code = PoolStats {
            unit: 1,
            capacity: counted.capacity as u64,
            used: counted.used as u64,
            spare: statistics.idle_room as u64,
            high_water: counted.high_water as u64,
            claims: counted.claims,
            releases: counted.releases,
            refusals: counted.refusals,
            keys: counted.claims - counted.releases,
            free_pieces: Some(counted.free_pieces as u64),
            largest_free: Some(counted.largest_free as u64),
            ..PoolStats::default()
        };
        let counted = self.memories.programs.counters();
        let programs = PoolStats {
            unit: 1,
            capacity: counted.capacity as u64 * SLOT,
            used: counted.used as u64 * SLOT,
            high_water: counted.high_water as u64 * SLOT,
            claims: counted.claims,
            releases: counted.releases,
            refusals: counted.refusals,
            keys: counted.keys as u64,
            free_pieces: Some(counted.free_runs as u64),
            largest_free: Some(counted.largest_free as u64 * SLOT),
            ..PoolStats::default()
        };
        let pools = [
            (Reserve::Helpers, helpers),
            (Reserve::Sandboxes, sandboxes),
            (Reserve::Programs, programs),
            (Reserve::Code, code),
            (Reserve::Fades, fades),
            (Reserve::Undo, undo),
        ];
        let judged = pools.map(|(reserve, pool)| {
            let pressure = pool.fill().pressure();
            let level = self.checkup.health.level(Subject::Pressure(reserve));
            (reserve, PoolStats { pressure, level, ..pool })
        });
        judged.into()
    }

    fn signal_stats(&self, name: &Arc<str>, signal: &Signal) -> SignalStats {
        let slots = signal.held.iter().map(|held| Layout::of(&held.instance).slots()).sum::<u64>();
        let playing = signal.parked.is_none();
        let own = if playing { Plan::of(&signal.program).bytes() } else { 0 };
        SignalStats {
            name: name.to_string(),
            file: signal.file.clone(),
            parked: !playing,
            helpers: signal.held.len(),
            slots,
            bytes: slots * SLOT + SANDBOX + own,
            cost: if playing { self.load.of(signal.slot) } else { None },
        }
    }
}

impl PoolStats {
    /// What it is judged by.
    pub fn fill(&self) -> Fill {
        Fill { used: self.used, fading: self.fading, spare: self.spare, capacity: self.capacity }
    }
}
