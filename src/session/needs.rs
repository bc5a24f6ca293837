//! What scripts need of each memory, beside what there is: known before they play, whether they fit or not. It claims nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::own::Plan;
use super::wants::wants;
use super::{Performance, flushed};
use crate::diagnostic::{Amount, room};
use crate::ir::Program;
use crate::memory::pool::Layout;

/// What is needed of one memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Which memory.
    #[serde(skip)]
    pub what: &'static str,
    /// How much is needed: bytes, but of signals their number.
    pub needed: u64,
    /// How much there is, counted likewise.
    pub capacity: u64,
    /// Whether it is enough.
    pub fits: bool,
    /// The option that sets the capacity, with its dashes.
    pub flag: &'static str,
    /// Slots of 8 bytes that the helpers' blocks take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u64>,
}

/// What scripts need to play side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Signals at one time.
    pub signals: Need,
    /// Blocks of helpers.
    pub helper_memory: Need,
    /// What each program alone uses.
    pub program_memory: Need,
    /// Machine code, in whole pages; equal shapes share it.
    pub code_memory: Need,
}

impl Need {
    fn new(what: &'static str, flag: &'static str, needed: u64, capacity: usize) -> Need {
        let capacity = capacity as u64;
        Need { what, needed, capacity, fits: needed <= capacity, flag, slots: None }
    }

    fn counts_signals(&self) -> bool {
        self.what == "signals"
    }
}

impl Performance {
    /// What the files need that were heard and are understood, whether they were taken or not. A program that no machine
    /// code can be made of needs none.
    pub fn needs(&mut self) -> Needs {
        let mut programs: BTreeMap<Arc<str>, Arc<Program>> = BTreeMap::new();
        let mut times = super::report::Times::default();
        let paths = self.texts.known.keys().cloned().collect();
        for unit in self.read(&paths, &mut times).values().flatten() {
            let sounds = wants(unit).into_iter().filter_map(|want| want.sound);
            programs.extend(sounds.map(|sound| (sound.name.clone(), sound.program.clone())));
        }
        let blocks = |program: &Program| program.instances.iter().map(|one| Layout::of(one).slots()).sum::<u64>();
        let helpers = programs.values().map(|program| blocks(program)).sum::<u64>();
        let own = programs.values().map(|program| Plan::of(program).bytes()).sum::<u64>();
        let mut shapes = BTreeSet::new();
        let mut code = 0;
        for program in programs.values() {
            if let Some((shape, bytes)) = flushed(|| self.compiler.room(program))
                && shapes.insert(shape)
            {
                code += bytes as u64;
            }
        }
        let slot = size_of::<u64>();
        let bytes = |slots: usize| slots * slot;
        let pool = bytes(self.memories.pool.counters().capacity);
        let own_capacity = bytes(self.memories.programs.counters().capacity);
        let code_capacity = self.compiler.statistics().memory.capacity;
        let helper_memory = Need::new("helper memory", "--helper-memory", helpers * slot as u64, pool);
        Needs {
            signals: Need::new("signals", "--max-signals", programs.len() as u64, self.settings.max_signals),
            helper_memory: Need { slots: Some(helpers), ..helper_memory },
            program_memory: Need::new("program memory", "--program-memory", own, own_capacity),
            code_memory: Need::new("code memory", "--code-memory", code, code_capacity),
        }
    }
}

impl Needs {
    /// All of them.
    pub fn all(&self) -> [&Need; 4] {
        [&self.signals, &self.helper_memory, &self.program_memory, &self.code_memory]
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |figure: u64| match self.counts_signals() {
            true => figure.to_string(),
            false => Amount(figure).to_string(),
        };
        write!(f, "{:<15} {:>9} of {}", self.what, amount(self.needed), amount(self.capacity))?;
        if let Some(slots) = self.slots {
            write!(f, " ({slots} slots)")?;
        }
        if !self.fits {
            let enough = if self.counts_signals() { self.needed.to_string() } else { room(self.needed) };
            write!(f, ": too little; start with {} {enough}", self.flag)?;
        }
        Ok(())
    }
}
