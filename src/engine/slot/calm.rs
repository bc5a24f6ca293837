//! A slot that gives what its program gives, quantum after quantum, until something is done to it. It adds nothing up.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Slot;
use crate::engine::mix;

impl Slot {
    /// Whether its next quantum is just its program's, which sounds and has nothing to tell.
    pub(in crate::engine) fn is_calm(&self) -> bool {
        let width = self.heard.len();
        self.settled && self.machine.as_ref().is_some_and(|machine| machine.is_calm() && machine.channels() <= width)
    }

    /// It was calm and others added up what it gave: from here on it does so itself. Audio thread.
    pub(in crate::engine) fn stir(&mut self) {
        if let Some(machine) = &self.machine {
            mix::remember_plain(machine.last(), &mut self.heard);
        }
    }
}
