//! What a performance shows of its memories, and lends to tests that spoil them. It changes nothing itself.

use super::performance::Performance;
use crate::compile::Compiler;
use crate::memory::counters::Counters;
use crate::memory::pool::Pool;
use crate::memory::programs::Programs;

impl Performance {
    /// The first frame of the next quantum.
    pub fn frame(&self) -> u64 {
        self.load.frame()
    }

    /// What executes.
    pub fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// The same for tests that want a leak.
    #[doc(hidden)]
    pub fn compiler_mut(&mut self) -> &mut Compiler {
        &mut self.compiler
    }

    /// The room for fades, in slots of 8 bytes.
    pub fn fades(&self) -> Counters {
        self.memories.copies.counters()
    }

    /// What each machine alone uses.
    pub fn program_memory(&self) -> &Programs {
        &self.memories.programs
    }

    /// The sandboxes of the signals.
    pub fn sandboxes(&self) -> Counters {
        self.memories.sandboxes.counters()
    }

    /// Where the blocks of all helpers are accounted for.
    pub fn helper_pool(&self) -> &Pool {
        &self.memories.pool
    }

    /// The same for tests that want a leak or a pool in pieces.
    #[doc(hidden)]
    pub fn helper_pool_mut(&mut self) -> &mut Pool {
        &mut self.memories.pool
    }
}
