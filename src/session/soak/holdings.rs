//! What a performance and its process hold, to be taken when nothing plays: two that are equal prove that nothing was kept. It frees nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::memory::health::Reserve;
use crate::session::Performance;
use crate::session::stats::Process;

/// What is held when all files are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// Of each reserve, in its own unit.
    pub pools: BTreeMap<Reserve, Pool>,
    /// Pieces of machine code.
    pub code_pieces: usize,
    /// Transactions that are not home.
    pub envelopes: usize,
    /// Blocks of the heap that are not freed; `None` where nobody counts.
    pub heap_blocks: Option<usize>,
    /// Threads of the process.
    pub threads: Option<usize>,
    /// Files, sockets and pipes of the process.
    pub descriptors: Option<usize>,
}

/// What is held of one reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pool {
    /// Units that have an owner.
    pub used: u64,
    /// Units that may still be heard.
    pub fading: u64,
    /// Blocks that have an owner.
    pub keys: u64,
    /// Blocks that were claimed and not given back.
    pub claims: u64,
}

/// Something of which there is more or less than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name in [`Holdings`].
    pub what: String,
    /// How much there was.
    pub before: u64,
    /// How much there is.
    pub now: u64,
}

impl Holdings {
    /// What is held now.
    pub fn of(performance: &Performance, process: &Process) -> Holdings {
        let pool = |(reserve, pool): (Reserve, crate::session::stats::PoolStats)| {
            let claims = pool.claims - pool.releases;
            (reserve, Pool { used: pool.used, fading: pool.fading, keys: pool.keys, claims })
        };
        Holdings {
            pools: performance.pools().into_iter().map(pool).collect(),
            code_pieces: performance.compiler().statistics().functions,
            envelopes: performance.control.lent(),
            heap_blocks: process.heap_blocks,
            threads: process.threads,
            descriptors: process.descriptors,
        }
    }

    /// All figures with their names.
    fn figures(&self) -> BTreeMap<String, u64> {
        let pools = self.pools.iter().flat_map(|(reserve, Pool { used, fading, keys, claims })| {
            let figures = [("used", used), ("fading", fading), ("keys", keys), ("claims", claims)];
            figures.map(|(what, count)| (format!("{reserve:?}, {what}").to_lowercase(), *count))
        });
        let whole = [("code pieces", Some(self.code_pieces)), ("envelopes", Some(self.envelopes))];
        let process = [("heap blocks", self.heap_blocks), ("threads", self.threads), ("open files", self.descriptors)];
        let rest = whole.into_iter().chain(process).filter_map(|(what, count)| Some((what.to_owned(), count? as u64)));
        pools.chain(rest).collect()
    }

    /// Of what there is more or less than before.
    pub fn differences(&self, before: &Holdings) -> Vec<Difference> {
        let before = before.figures();
        let changed = self.figures().into_iter().filter_map(|(what, now)| {
            let before = before.get(&what).copied().unwrap_or(0);
            (before != now).then_some(Difference { what, before, now })
        });
        changed.collect()
    }
}
