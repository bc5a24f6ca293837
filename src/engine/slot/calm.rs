//! A slot that gives what its program gives, quantum after quantum, until something is done to it: it costs little more than the program.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::mem;

use super::Slot;
use crate::engine::machine::Moment;
use crate::engine::mix::{self, Sums};
use crate::engine::wire::AudioWire;

impl Slot {
    /// Whether its next quantum is just its program's.
    pub(in crate::engine) fn is_calm(&self) -> bool {
        self.calm
    }

    /// Finds out whether it is calm from the next quantum on. Audio thread.
    pub(in crate::engine) fn calm_down(&mut self) {
        let width = self.heard.len();
        let goes_on = self.machine.as_ref().is_some_and(|machine| machine.is_calm() && machine.channels() <= width);
        self.calm = self.settled && goes_on;
    }

    /// Something is about to be done to it, or it gave something else. Audio thread.
    pub(in crate::engine) fn stir(&mut self) {
        if let (true, Some(machine)) = (mem::take(&mut self.calm), &self.machine) {
            mix::remember_plain(machine.last().iter().copied(), &mut self.heard);
        }
    }

    /// Runs a quantum of its program and adds it to the master, calm until then. `false` where it was not calm in it: it is not added
    /// yet. Audio thread.
    pub(in crate::engine) fn go_on(
        &mut self,
        moment: &Moment,
        sums: &mut Sums<'_>,
        heard: bool,
        wire: &mut AudioWire,
    ) -> bool {
        (self.listened, self.told) = (heard, false);
        let Some(Err(run)) = self.machine.as_mut().map(|machine| machine.go_on(moment, sums, heard)) else {
            return true;
        };
        self.stir();
        if let Some(machine) = &mut self.machine {
            let went = machine.judge(run);
            self.ran(went, moment, heard, wire);
        }
        false
    }
}
