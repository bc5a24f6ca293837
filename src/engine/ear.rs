//! What a program hears of others: who is meant, and which of his channels, and where those lie in this quantum. It copies nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::SlotId;
use super::slot::Slot;
use crate::ir::call::{QUANTUM, SILENCE};

/// A signal's stay in a place of the renderer; whoever has that place later is somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tenant {
    pub(super) slot: SlotId,
    pub(super) stay: u32,
}

impl Tenant {
    /// The place.
    pub fn slot(self) -> SlotId {
        self.slot
    }
}

/// Who is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// Silence.
    #[default]
    Nobody,
    /// A signal, for as long as it has its place.
    Tenant(Tenant),
    /// The sum of all signals, for the master's program.
    Mix,
}

/// One channel that a program hears of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ear {
    /// Number of the program's memory in which it is read.
    pub memory: u32,
    /// Which channel.
    pub channel: u32,
    /// How many channels the program takes that voice to have.
    pub channels: u32,
    /// Whose.
    pub voice: Voice,
}

impl Ear {
    /// One that belongs to no memory: what is read there stays.
    pub const NONE: Ear = Ear { memory: u32::MAX, channel: 0, channels: 1, voice: Voice::Nobody };
}

/// Slots of an ear.
pub(super) const EAR: usize = size_of::<Ear>() / size_of::<u64>();

/// Shows a slot's programs where to read in this quantum what they hear of others; `sum` is all that was added up so far. Audio thread.
///
/// Whom they hear in the same quantum has run by now; of the others the quantum before lies where this one will.
pub(super) fn attune(slots: &mut [Slot], sum: &[f64], slot: SlotId) {
    if slots[slot.index()].is_deaf() {
        return;
    }
    for old in [false, true] {
        let mut number = 0;
        while let Some(ear) = slots[slot.index()].ear(old, number) {
            let samples = samples(slots, sum, slot, old, &ear).unwrap_or(&SILENCE).as_ptr();
            slots[slot.index()].lend(old, ear.memory, samples);
            number += 1;
        }
    }
}

/// What is heard in an ear of a slot's program, or of its old one.
fn samples<'s>(slots: &'s [Slot], sum: &'s [f64], slot: SlotId, old: bool, ear: &Ear) -> Option<&'s [f64; QUANTUM]> {
    match ear.voice {
        Voice::Nobody => None,
        Voice::Mix => sum.as_chunks().0.get(ear.channel as usize),
        Voice::Tenant(tenant) if old && tenant.slot == slot => slots[slot.index()].echo(ear),
        Voice::Tenant(tenant) => slots.get(tenant.slot.index())?.voice(tenant.stay, ear),
    }
}
