//! Who of all slots need not run, and when all of them must have run. It judges no sound.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Renderer;
use crate::engine::machine::Moment;
use crate::engine::order::{Part, Step};
use crate::engine::slot::Slot;
use crate::ir::call::QUANTUM;
use crate::ir::rest::Desk;

/// Finds out who sleeps in the quantum that begins now. Audio thread.
pub(super) fn look(desk: &mut Desk, slots: &mut [Slot], order: &[Step], moment: &Moment<'_>) {
    desk.begin();
    for step in order.iter().filter(|step| step.part != Part::Mix) {
        slots[step.slot.index()].doze(moment, desk);
    }
}

impl Renderer {
    /// The memory of all programs becomes what it would be now had none slept: somebody may read it, or change what they rest on.
    pub(super) fn settle(&mut self) {
        let Some(frame) = self.frame.checked_sub(QUANTUM as u64) else { return };
        let latest = Moment { frame, position: self.position, transport: &self.transport };
        for step in &self.order {
            self.slots[step.slot.index()].settle(&latest, &mut self.wire);
        }
    }

    /// Beats go on otherwise from now on.
    pub(super) fn change_tempo(&mut self, bpm: f64) {
        self.order.iter().for_each(|step| self.slots[step.slot.index()].wake());
        self.transport.set(bpm);
    }
}
