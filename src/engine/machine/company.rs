//! A machine whose quantum is rendered with those of others of its shape. Who they are it does not know.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Machine;
use crate::ir::ShapeKey;
use crate::ir::call::Loan;

impl Machine {
    /// What it will lend to whoever renders several programs at once, until it gives way to another one. To be asked before it is
    /// handed over. Control thread.
    pub fn lends(&mut self) -> Loan {
        Loan {
            constants: self.constants.as_ptr(),
            spans: self.spans.as_ptr(),
            stamp: self.stamp,
            output: self.output.as_flattened_mut().as_mut_ptr(),
            last: self.hold.as_mut_ptr(),
        }
    }

    /// What whoever renders several programs of this shape at once needs of it, while it plays. Audio thread.
    pub(in crate::engine) fn loan(&mut self, shape: &ShapeKey, frame: u64) -> Option<Loan> {
        if self.shape.as_ref() != Some(shape) || self.is_frozen() || self.sleeps(frame) {
            return None;
        }
        Some(self.lends())
    }

    /// The quantum that begins with `frame` was rendered with others, and took so many ticks. Audio thread.
    pub(in crate::engine) fn rendered(&mut self, frame: u64, ticks: u64) {
        self.ahead = Some((frame, ticks));
    }

    /// Ticks that the quantum took which was rendered with others, if there is one. Audio thread.
    pub(in crate::engine) fn ahead(&self) -> u64 {
        self.ahead.map_or(0, |(_, ticks)| ticks)
    }
}
