//! What one save did to memory: differences between counts before and after. It counts nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compile;
use crate::memory::health::{Crossing, Reserve};
use crate::session::stats::PoolStats;

/// The counts at one moment.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// The memories that are reserved at start.
    pub pools: BTreeMap<Reserve, PoolStats>,
    /// The cache of machine code.
    pub code: compile::Counts,
}

/// What a save did to memory.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MemoryReport {
    /// The memories that are reserved at start.
    pub pools: BTreeMap<Reserve, PoolChange>,
    /// The cache of machine code.
    pub code: CacheChange,
    /// The levels that were reached or left.
    pub crossings: Vec<Crossing>,
}

/// What a save did to one memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PoolChange {
    /// Blocks claimed.
    pub claims: u64,
    /// Blocks given back.
    pub releases: u64,
    /// Claims refused.
    pub refusals: u64,
    /// How many more blocks have an owner.
    pub keys: i64,
    /// How many more bytes have an owner.
    pub bytes: i64,
    /// By how many bytes the high-water mark rose.
    pub high_water: u64,
}

/// What a save did to the cache of machine code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheChange {
    /// Look-ups that found code.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Pieces that were dropped to make room.
    pub evictions: u64,
}

impl Counts {
    /// What was done since `before`.
    pub fn since(&self, before: &Counts) -> MemoryReport {
        let change = |(reserve, now): (&Reserve, &PoolStats)| {
            let before = before.pools.get(reserve).cloned().unwrap_or_default();
            let more = |now: u64, before: u64| now as i64 - before as i64;
            let change = PoolChange {
                claims: now.claims.saturating_sub(before.claims),
                releases: now.releases.saturating_sub(before.releases),
                refusals: now.refusals - before.refusals,
                keys: more(now.keys, before.keys),
                bytes: more(now.used, before.used) * now.unit as i64,
                high_water: (now.high_water - before.high_water) * now.unit,
            };
            (*reserve, change)
        };
        MemoryReport {
            pools: self.pools.iter().map(change).collect(),
            code: CacheChange {
                hits: self.code.hits - before.code.hits,
                misses: self.code.misses - before.code.misses,
                evictions: self.code.evictions - before.code.evictions,
            },
            crossings: Vec::new(),
        }
    }
}

impl MemoryReport {
    /// What is worth a line for people: what was refused, and code that had to go. Nothing where all went well.
    pub fn text(&self) -> Option<String> {
        let mut parts = Vec::new();
        for (reserve, change) in self.pools.iter().filter(|(_, change)| change.refusals > 0) {
            let (what, _, flag) = reserve.words();
            let claims = if change.refusals == 1 { "a claim" } else { &format!("{} claims", change.refusals) };
            parts.push(format!("{what} refused {claims} ({flag})"));
        }
        if self.code.evictions > 0 {
            let pieces = if self.code.evictions == 1 { "piece" } else { "pieces" };
            parts.push(format!("{} idle {pieces} of machine code dropped", self.code.evictions));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
