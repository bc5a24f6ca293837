//! Runs a program that is lent what it reads of rings, or, where its cells hold no counts, the program as it was written. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::lend::Lender;
use super::open::Opened;
use crate::compile::lanes::{Full, Tables, Weight};
use crate::ir::Way;
use crate::ir::call::{Call, QUANTUM, Run};

/// A program and its echoes.
pub struct Echoes {
    opened: Box<dyn Run>,
    /// What runs where a cell holds no count; nothing where whatever it holds is one.
    plain: Option<Box<dyn Run>>,
    lender: Lender,
    code_bytes: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

impl Echoes {
    /// What runs the program that was opened, and, where not whatever a cell holds is a count, the program as it was written.
    /// Control thread.
    ///
    /// # Errors
    /// There is no room for the echoes that go round the end of their ring.
    pub fn new(of: Opened, opened: Box<dyn Run>, plain: Option<Box<dyn Run>>, room: &Tables) -> Result<Echoes, Full> {
        let weight = Weight::of([1, usize::from(plain.is_some())]);
        let code_bytes = opened.code_bytes() + plain.as_ref().map_or(0, |plain| plain.code_bytes());
        Ok(Echoes { opened, plain, lender: Lender::new(of, room)?, code_bytes, weight })
    }

    /// Renders frames that lie in one quantum.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn piece(&mut self, call: &Call) {
        let (first, frames) = (call.frame as usize % QUANTUM, call.frames as usize);
        // SAFETY: passed on from the caller.
        unsafe {
            let counts = self.lender.take_in(call);
            if let (false, Some(plain)) = (counts, &mut self.plain) {
                return plain.run(call);
            }
            self.lender.lend(first, frames);
            self.opened.run(&Call { spans: self.lender.spans(), ..*call });
            self.lender.take_back(first, frames);
        }
    }
}

impl Run for Echoes {
    unsafe fn run(&mut self, call: &Call) {
        // Echoes lie where the frame lies in its quantum.
        // SAFETY: passed on from the caller.
        call.in_quanta(|call| unsafe { self.piece(call) });
    }

    fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    fn way(&self) -> Way {
        self.opened.way()
    }
}
