//! What a performance and its process hold, to be taken when nothing plays: two that are equal prove that nothing was kept. It frees nothing.

use serde::Serialize;

use crate::heap;
use crate::session::{Performance, process};

/// What is held when all files are gone. Slots are 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// Blocks of the heap that are not freed; `None` where nobody counts.
    pub heap_blocks: Option<usize>,
    /// Slots of helpers, those that may still be heard included.
    pub helper_slots: usize,
    /// Blocks of helpers.
    pub helper_keys: usize,
    /// Pieces that the helpers' free memory lies in.
    pub free_runs: usize,
    /// Sandboxes, those that may still be heard included.
    pub sandboxes: usize,
    /// Slots of copies for fades.
    pub fade_slots: usize,
    /// Slots of states that an undo brings back.
    pub undo_slots: usize,
    /// Bytes of machine code, whole pages.
    pub code_bytes: usize,
    /// Pieces of machine code.
    pub code_pieces: usize,
    /// Transactions that are not home.
    pub envelopes: usize,
    /// Threads of the process.
    pub threads: Option<usize>,
    /// Files, sockets and pipes of the process.
    pub descriptors: Option<usize>,
}

impl Holdings {
    /// What is held now.
    pub fn of(performance: &Performance) -> Holdings {
        let pool = performance.helper_pool();
        let helpers = pool.counters();
        let sandboxes = performance.memories.sandboxes.counters();
        let code = performance.compiler().statistics();
        Holdings {
            helper_slots: helpers.used + helpers.quarantined,
            helper_keys: helpers.keys,
            free_runs: pool.free_runs(),
            sandboxes: sandboxes.used + sandboxes.quarantined,
            fade_slots: performance.fades().used,
            undo_slots: performance.snapshots().usage().0,
            code_bytes: code.memory.used,
            code_pieces: code.functions,
            envelopes: performance.control.lent(),
            threads: process::threads(),
            descriptors: process::descriptors(),
            heap_blocks: heap::live().map(|live| live.blocks),
        }
    }

    /// What is held more, or less, than before: the name, before and now.
    pub fn differences(&self, before: &Holdings) -> Vec<Difference> {
        let [before, now] = [before, self].map(|holdings| serde_json::to_value(holdings).expect("numbers are JSON"));
        let (Some(before), Some(now)) = (before.as_object(), now.as_object()) else { return Vec::new() };
        let changed = now.iter().filter(|(name, value)| before.get(*name) != Some(value));
        let number = |value: Option<&serde_json::Value>| value.and_then(serde_json::Value::as_u64).unwrap_or(0);
        changed
            .map(|(name, value)| Difference {
                what: name.clone(),
                before: number(before.get(name)),
                now: number(Some(value)),
            })
            .collect()
    }
}

/// Something of which there is more or less than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The name of the field in [`Holdings`].
    pub what: String,
    /// How much there was.
    pub before: u64,
    /// How much there is.
    pub now: u64,
}
