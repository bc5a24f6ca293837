//! Runs a program as it is until its beginning is over, and as it is from then on. It decides nothing but that.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::lanes::Weight;
use crate::ir::Way;
use crate::ir::call::{Call, Run};

/// A program, and what it is from some frame on.
pub struct InTime {
    /// The first frame from which on `after` gives the same.
    from: u64,
    before: Box<dyn Run>,
    after: Box<dyn Run>,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

impl InTime {
    /// What runs a program, and what runs it from a frame on. Control thread.
    pub fn new(from: u64, before: Box<dyn Run>, after: Box<dyn Run>) -> InTime {
        InTime { from, before, after, weight: Weight::of([1, 1]) }
    }
}

impl Run for InTime {
    unsafe fn run(&mut self, call: &Call) {
        let runs = if call.frame < self.from { &mut self.before } else { &mut self.after };
        // SAFETY: passed on from the caller.
        unsafe { runs.run(call) }
    }

    fn code_bytes(&self) -> usize {
        self.before.code_bytes() + self.after.code_bytes()
    }

    fn way(&self) -> Way {
        self.after.way()
    }
}
