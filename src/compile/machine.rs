//! A program as machine code: calls it and keeps it where it is. It knows nothing of what the code does.

use std::sync::Arc;

use super::code::Code;
use crate::ir::call::{Call, Entry, Run};

/// Runs machine code. Dropped on the control thread, which frees the code with its last user.
pub struct Machine {
    code: Arc<Code>,
    entry: Entry,
}

impl Machine {
    /// Something that calls placed code.
    ///
    /// # Safety
    /// The code is one that [`Generator`](super::cranelift::Generator) has made.
    pub unsafe fn new(code: Arc<Code>) -> Machine {
        // SAFETY: the generator gives its code the signature of `Entry`, and it stays as long as `code` is held.
        let entry = unsafe { std::mem::transmute::<*const u8, Entry>(code.address()) };
        Machine { code, entry }
    }
}

impl Run for Machine {
    unsafe fn run(&mut self, call: &Call) {
        // SAFETY: passed on from the caller.
        unsafe { (self.entry)(call) }
    }

    fn code_bytes(&self) -> usize {
        self.code.bytes()
    }
}
