//! Who listens to single signals while the master is rendered. It changes nothing of what is heard.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::SlotId;
use crate::ir::call::QUANTUM;

/// Somebody who listens to single signals while the master is rendered. What calls the heap there stands in [`crate::heap::allowed`].
pub trait Tap {
    /// Whether it wants to hear anything now: what it would hear costs something to lay out.
    fn listens(&self) -> bool {
        true
    }

    /// A signal that is not silent: a quantum of each master channel, and the level of each frame at which it is added up.
    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]);
}

/// Nobody.
impl Tap for () {
    fn listens(&self) -> bool {
        false
    }

    fn hear(&mut self, _: SlotId, _: &[f64], _: &[f64; QUANTUM]) {}
}
