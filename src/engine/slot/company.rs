//! A slot whose program is rendered with those of others of its shape. Who they are it does not know.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Slot;
use crate::ir::ShapeKey;
use crate::ir::call::Loan;

impl Slot {
    /// As long as this is the same, so is its loan.
    pub(in crate::engine) fn version(&self) -> u64 {
        self.version
    }

    /// What whoever renders several programs of this shape at once needs of this one. Audio thread.
    pub(in crate::engine) fn loan(&mut self, shape: &ShapeKey, frame: u64) -> Option<Loan> {
        self.machine.as_mut()?.loan(shape, frame)
    }

    /// The quantum of the program that was lent was rendered with others. Audio thread.
    pub(in crate::engine) fn rendered(&mut self, frame: u64, ticks: u64) {
        if let Some(machine) = &mut self.machine {
            machine.rendered(frame, ticks);
        }
    }

    /// Ticks that its quantum took with others.
    pub(in crate::engine) fn ahead(&self) -> u64 {
        self.machine.as_ref().map_or(0, |machine| machine.ahead())
    }
}
