//! What a performance has reserved, row by row: for people and for programs, from the same figures. It reserves nothing.

use std::fmt;

use serde::Serialize;

use super::{Performance, Settings};
use crate::compile::{Occupancy, Statistics};
use crate::diagnostic::Amount;
use crate::engine::Reserved;
use crate::ir::call::SLOTS_PER_SIGNAL;

/// Bytes of a slot.
const SLOT: usize = size_of::<u64>();

/// One kind of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is for.
    pub what: &'static str,
    /// How many pieces.
    pub count: usize,
    /// Bytes of each.
    pub each: usize,
    /// Bytes in all.
    pub bytes: usize,
    /// The option that sets it, with its dashes; `null` where none does.
    pub flag: Option<&'static str>,
}

/// All memory that was reserved at start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// What it is made of.
    pub rows: Vec<Row>,
    /// Bytes of all rows.
    pub bytes: usize,
}

impl Row {
    fn new(what: &'static str, count: usize, each: usize, flag: Option<&'static str>) -> Row {
        Row { what, count, each, bytes: count * each, flag }
    }
}

impl Performance {
    /// What was reserved at start.
    pub fn budget(&self) -> Budget {
        let Settings { max_signals, .. } = self.settings;
        let Statistics { memory: code, tables, .. } = self.compiler.statistics();
        let units = |what, memory: Occupancy, flag| {
            Row::new(what, memory.capacity / memory.unit.max(1), memory.unit, Some(flag))
        };
        let slots = |what, count, flag| Row::new(what, count, SLOT, Some(flag));
        let mut rows = vec![
            // Twice as many, because all of them can be exchanged at once.
            Row::new("sandboxes", 2 * max_signals, SLOTS_PER_SIGNAL * SLOT, Some("--max-signals")),
            slots("helper memory", self.memories.pool.counters().capacity, "--helper-memory"),
            slots("program memory", self.memories.programs.counters().capacity, "--program-memory"),
            units("code memory", code, "--code-memory"),
            units("vector memory", tables, "--vector-memory"),
            slots("fade memory", self.memories.copies.counters().capacity, "--fade-memory"),
            slots("undo memory", self.snapshots.counters().capacity, "--undo-memory"),
        ];
        let engine = self.control.settings().reserved();
        rows.extend(engine.into_iter().map(|Reserved { what, count, each, flag }| Row::new(what, count, each, flag)));
        let bytes = rows.iter().map(|row| row.bytes).sum();
        Budget { rows, bytes }
    }
}

impl fmt::Display for Budget {
    /// A table, without a line break at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |bytes: usize| Amount(bytes as u64).to_string();
        writeln!(f, "{:<26} {:>9} {:>10} {:>10}", "memory, reserved", "count", "each", "total")?;
        for Row { what, count, each, bytes, flag } in &self.rows {
            let line =
                format!("{what:<26} {count:>9} {:>10} {:>10}  {}", amount(*each), amount(*bytes), flag.unwrap_or(""));
            writeln!(f, "{}", line.trim_end())?;
        }
        write!(f, "{:<26} {:>31}", "sum", amount(self.bytes))
    }
}
