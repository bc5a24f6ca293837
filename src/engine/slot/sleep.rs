//! When a slot's program sleeps, and what it owes then. Whether it may is found out by the program's own rest.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Slot;
use crate::engine::machine::Moment;
use crate::engine::wire::AudioWire;
use crate::ir::rest::Desk;

impl Slot {
    /// Finds out whether the program sleeps in the quantum that begins now. What fades away is awake. Audio thread.
    pub(in crate::engine) fn doze(&mut self, moment: &Moment<'_>, desk: &mut Desk) {
        let Some(machine) = self.machine.as_mut().filter(|machine| machine.is_silent()) else { return };
        // It may begin to sleep in any quantum, or wake up.
        self.version += 1;
        if let (None, false) = (&self.ghost, self.leaving) {
            machine.doze(moment, desk);
        }
    }

    /// Whether the program sleeps in the quantum that begins with a frame.
    pub(in crate::engine) fn sleeps(&self, frame: u64) -> bool {
        self.machine.as_ref().is_some_and(|machine| machine.sleeps(frame))
    }

    /// Its memory becomes what it would be at the end of the latest quantum had it not slept. Audio thread.
    pub(in crate::engine) fn settle(&mut self, moment: &Moment<'_>, wire: &mut AudioWire) {
        if let Some(machine) = &mut self.machine {
            let went = machine.settle(moment);
            self.ail(went, moment.frame, wire);
        }
    }

    /// It runs again; its memory is what it is. Audio thread.
    pub(in crate::engine) fn wake(&mut self) {
        if let Some(machine) = &mut self.machine {
            machine.wake();
        }
    }
}
