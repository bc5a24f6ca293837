//! Collects the figures of a performance from whoever counts them. It changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AudioStats, CodeStats, HealthStats, PoolStats, Process, SignalStats, Stats, VERSION};
use crate::compile::Occupancy;
use crate::heap;
use crate::ir::call::SLOTS_PER_SIGNAL;
use crate::memory::counters::Counters;
use crate::memory::health::{Fill, Reserve, Subject};
use crate::memory::pool::Layout;
use crate::session::Performance;
use crate::session::bind::Memories;
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
            tempo: self.tempo,
            beat: self.load.beat(),
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
                faded_out: self.guard.faded,
            },
            device: None,
            health: HealthStats {
                level: self.checkup.health.worst(),
                imbalance: self.imbalance(),
                keys: self.memories.pool.counters().keys as u64,
                crossings: self.checkup.crossings.iter().cloned().collect(),
                leaks: self.leaks(),
            },
            process: Process::now(),
        }
    }

    /// The memories that are reserved at start.
    pub(in crate::session) fn pools(&self) -> BTreeMap<Reserve, PoolStats> {
        let Memories { pool, sandboxes, copies, programs, .. } = &self.memories;
        let moves = pool.moves();
        let free = (pool.free_runs(), pool.largest_free());
        let statistics = self.compiler.statistics();
        let slots = |counters, free| PoolStats::counted(SLOT, counters).with_free(free);
        let helpers = slots(pool.counters(), free);
        let undo = slots(self.snapshots.counters(), self.snapshots.free());
        let [code, vectors] = [statistics.memory, statistics.tables].map(PoolStats::occupied);
        let pools = [
            (Reserve::Helpers, PoolStats { compactions: Some(moves.compactions), moved: Some(moves.slots), ..helpers }),
            (Reserve::Sandboxes, PoolStats::counted(SANDBOX, sandboxes.counters())),
            (Reserve::Programs, slots(programs.counters(), programs.free()).in_bytes()),
            (Reserve::Code, PoolStats { spare: statistics.idle_room as u64, ..code }),
            (Reserve::Vectors, vectors),
            (Reserve::Fades, slots(copies.counters(), copies.free())),
            (Reserve::Undo, PoolStats { spare: self.snapshots.spare() as u64, ..undo }),
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
    /// What a memory has counted, in units of so many bytes.
    fn counted(unit: u64, counters: Counters) -> PoolStats {
        let Counters { capacity, used, quarantined, high_water, keys, claims, releases, refusals } = counters;
        let [capacity, used, fading, high_water, keys] =
            [capacity, used, quarantined, high_water, keys].map(|count| count as u64);
        PoolStats { unit, capacity, used, fading, high_water, claims, releases, refusals, keys, ..PoolStats::default() }
    }

    /// What the compiler's memory has counted, in bytes.
    fn occupied(memory: Occupancy) -> PoolStats {
        let Occupancy { capacity, used, high_water, claims, releases, refusals, .. } = memory;
        let keys = (claims - releases) as usize;
        let counters = Counters { capacity, used, quarantined: 0, high_water, keys, claims, releases, refusals };
        PoolStats::counted(1, counters).with_free((memory.free_pieces, memory.largest_free))
    }

    /// Its free units lie in so many pieces, the longest of so many.
    fn with_free(self, (pieces, largest): (usize, usize)) -> PoolStats {
        PoolStats { free_pieces: Some(pieces as u64), largest_free: Some(largest as u64), ..self }
    }

    /// The same with bytes for units.
    fn in_bytes(self) -> PoolStats {
        let bytes = |units: u64| units * self.unit;
        PoolStats {
            unit: 1,
            capacity: bytes(self.capacity),
            used: bytes(self.used),
            fading: bytes(self.fading),
            spare: bytes(self.spare),
            high_water: bytes(self.high_water),
            largest_free: self.largest_free.map(bytes),
            ..self
        }
    }

    /// What it is judged by.
    pub fn fill(&self) -> Fill {
        Fill { used: self.used, fading: self.fading, spare: self.spare, capacity: self.capacity }
    }
}
