//! Where the memories of a program in pieces lie: those that it was lent, and those that its pieces share. It runs nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::ir::call::{Call, QUANTUM, Span, Stamp};
use crate::ir::{Bound, Op, Program};

/// The spans of a program, and more behind them.
pub struct Spans {
    all: Box<[Span]>,
    /// How many the program has.
    memories: usize,
    /// Those of them that lie elsewhere in each run.
    moving: Box<[u32]>,
    /// What the program was lent when the others were taken in.
    found: Option<Stamp>,
}

/// The memories of a program that lie elsewhere in each run: what it reads and writes frame by frame of a quantum.
/// Control thread.
#[allow(clippy::disallowed_methods, reason = "it runs on the control thread")]
pub fn moving(program: &Program) -> Vec<u32> {
    let body = program.blocks.iter().flat_map(|block| &block.body);
    let memory = |value: &crate::ir::ValueId| match program.inst(*value).op {
        Op::LoadAt(memory, _, Bound::Quantum) | Op::StoreAt(memory, _, Bound::Quantum, _) => {
            Some(memory.index() as u32)
        }
        _ => None,
    };
    let mut moving = body.filter_map(memory).collect::<Vec<_>>();
    moving.sort_unstable();
    moving.dedup();
    moving
}

impl Spans {
    /// Of a program with so many memories, of which these move, and so many more. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "it is made on the control thread")]
    pub fn new(memories: usize, moving: &[u32], more: usize) -> Spans {
        let last = QUANTUM as u64 - 1;
        let mut all = vec![Span::NOWHERE; memories + more].into_boxed_slice();
        all[memories..].fill(Span { last, write_last: last, ..Span::NOWHERE });
        Spans { all, memories, moving: moving.into(), found: None }
    }

    /// The lengths of its lists.
    pub fn lists(&self) -> [usize; 2] {
        [self.all.len(), self.moving.len()]
    }

    /// One of those behind the program's, which are a quantum each, lies here from now on.
    pub fn put(&mut self, number: usize, base: *mut u64) {
        let span = &mut self.all[self.memories + number];
        (span.base, span.write_base) = (base, base);
    }

    /// The first one of those behind the program's.
    pub fn more(&mut self) -> *mut Span {
        self.all[self.memories..].as_mut_ptr()
    }

    /// Takes in where the memories of the program lie, and says whether some lie elsewhere that do not move in each run.
    ///
    /// # Safety
    /// There is a span for each of them.
    pub unsafe fn take_in(&mut self, call: &Call) -> bool {
        // SAFETY: promised by the caller.
        let lent = unsafe { std::slice::from_raw_parts(call.spans, self.memories) };
        if self.found == Some(call.stamp) {
            self.moving.iter().for_each(|memory| self.all[*memory as usize] = lent[*memory as usize]);
            return false;
        }
        self.all[..self.memories].copy_from_slice(lent);
        self.found = Some(call.stamp);
        true
    }

    /// All of them.
    pub fn all(&self) -> &[Span] {
        &self.all
    }
}
