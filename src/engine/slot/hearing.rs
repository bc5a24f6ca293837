//! What a slot hears and what others hear of it. It asks no slot itself.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Slot;
use crate::engine::ear::Ear;
use crate::ir::call::QUANTUM;

impl Slot {
    /// Whether neither its program nor the old one hears anybody.
    pub(in crate::engine) fn is_deaf(&self) -> bool {
        [&self.machine, &self.ghost].into_iter().flatten().all(|machine| machine.ear(0).is_none())
    }

    /// The program hears these from now on. Audio thread.
    pub(in crate::engine) fn hear(&mut self, ears: &[Ear]) {
        if let Some(machine) = &mut self.machine {
            machine.hear(ears);
        }
    }

    /// An ear of the program, or of the old one.
    pub(in crate::engine) fn ear(&self, old: bool, number: usize) -> Option<Ear> {
        let machine = if old { &self.ghost } else { &self.machine };
        machine.as_ref()?.ear(number)
    }

    /// Where the program, or the old one, reads one of its memories in this quantum. Audio thread.
    pub(in crate::engine) fn lend(&mut self, old: bool, memory: u32, samples: *const f64) {
        if let Some(machine) = if old { &mut self.ghost } else { &mut self.machine } {
            machine.lend(memory, samples);
        }
    }

    /// What others hear in one of their ears: the latest quantum of that channel.
    ///
    /// A single channel is heard in all. Who takes it to have as many channels as the old program has is on the way out, too, and
    /// goes on hearing that one.
    pub(in crate::engine) fn voice(&self, stay: u32, ear: &Ear) -> Option<&[f64; QUANTUM]> {
        let machine = self.machine.as_ref().filter(|_| self.stay == stay)?;
        let (wanted, channel) = (ear.channels as usize, ear.channel as usize);
        if machine.channels() == wanted {
            return machine.quantum(channel, self.told);
        }
        match &self.ghost {
            Some(ghost) if ghost.channels() == wanted => ghost.quantum(channel, false),
            _ => machine.quantum(if machine.channels() == 1 { 0 } else { channel }, self.told),
        }
    }

    /// What the old program hears of itself: nothing but itself.
    pub(in crate::engine) fn echo(&self, ear: &Ear) -> Option<&[f64; QUANTUM]> {
        self.ghost.as_ref()?.quantum(ear.channel as usize, false)
    }

    /// Puts down what others hear. Audio thread.
    pub(super) fn tell(&mut self) {
        let Some(machine) = &mut self.machine else { return };
        let [blend, health, residue, reach] =
            [self.blend, self.health, self.residue, self.reach].map(|ramp| ramp.ahead());
        machine.tell(self.ghost.as_deref(), |frame, new, old, lack| {
            let joined = if blend[frame] == 1.0 { new } else { old + blend[frame] * (new - old) };
            (joined * health[frame] + residue[frame] * lack) * reach[frame]
        });
    }
}
