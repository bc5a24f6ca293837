//! What crosses to the audio thread and back in one envelope: one transaction. It carries; the slots act.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::mem;

use super::SlotId;
use super::machine::Machine;
use crate::ir::call::Span;

/// Slots of memory to be copied at the swap, before the new program runs.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    from: *const u64,
    to: *mut u64,
    slots: usize,
}

// SAFETY: a move is two addresses and a length; who may use them, and when, is the promise of `Move::new`'s caller.
unsafe impl Send for Move {}

impl Move {
    /// Copies `slots` slots; the places may overlap.
    ///
    /// # Safety
    /// Both places must be valid until the envelope with this move is home again. From its sending until then only the
    /// audio thread may write to either.
    pub unsafe fn new(from: *const u64, to: *mut u64, slots: usize) -> Move {
        Move { from, to, slots }
    }

    /// How many slots are copied.
    pub fn slots(&self) -> usize {
        self.slots
    }

    fn execute(&self) {
        // SAFETY: both places are valid and the audio thread's own, as `new`'s caller promised.
        unsafe { self.to.copy_from(self.from, self.slots) };
    }
}

/// Where a program that fades out goes on, when its successor has taken over its memory.
pub struct Ghost {
    pub(super) spans: Box<[Span]>,
    /// Addressed by the spans.
    _scratch: Box<[u64]>,
}

impl Ghost {
    /// Spans for the rest of the old program's life and the scratch that they name. Control thread.
    ///
    /// Small state is read and written in the scratch, where a [`Move`] of the same change puts a copy of it. Rings that
    /// the successor goes on writing are read where they are; their `write_base` is a slot of the scratch and their
    /// `write_last` is 0. The successor runs first in every quantum, so what the ghost reads at its own distance behind
    /// the head is there.
    ///
    /// # Safety
    /// As for [`Machine::new`], for the program that is in the slot when the change takes effect; moving the box does not
    /// move the scratch.
    pub unsafe fn new(spans: Box<[Span]>, scratch: Box<[u64]>) -> Ghost {
        Ghost { spans, _scratch: scratch }
    }
}

/// What the old program of a slot does while the new one fades in.
pub enum Join {
    /// It stops at once; its last sample glides to zero while the new program fades in.
    Stop,
    /// It fades out on its own memory, which the new program does not share.
    Own,
    /// It fades out on a copy.
    Copy(Ghost),
}

/// A new program for a slot.
pub struct Install {
    pub(super) slot: SlotId,
    pub(super) machine: Option<Box<Machine>>,
    pub(super) moves: Vec<Move>,
    pub(super) join: Join,
    pub(super) fade: u32,
    pub(super) fade_in: u32,
    pub(super) gain: f64,
    pub(super) muted: bool,
}

impl Install {
    /// Puts a program into a slot: cuts to it, without moves, at full level. Control thread.
    pub fn new(slot: SlotId, machine: Box<Machine>) -> Install {
        let moves = Vec::new();
        Install { slot, machine: Some(machine), moves, join: Join::Stop, fade: 0, fade_in: 0, gain: 1.0, muted: false }
    }

    /// Copies to be made before the program runs, in this order. Control thread.
    pub fn moves(self, moves: Vec<Move>) -> Install {
        Install { moves, ..self }
    }

    /// How a program that is in the slot gives way, in how many frames; 0 cuts.
    pub fn join(self, join: Join, frames: u32) -> Install {
        Install { join, fade: frames, ..self }
    }

    /// In how many frames the program comes up if nothing is in the slot; 0 is at once.
    pub fn fade_in(self, frames: u32) -> Install {
        Install { fade_in: frames, ..self }
    }

    /// Gain and mute if nothing is in the slot; otherwise those of the slot stay.
    pub fn level(self, gain: f64, muted: bool) -> Install {
        Install { gain: super::command::gain(gain), muted, ..self }
    }

    pub(super) fn execute_moves(&self) {
        self.moves.iter().for_each(Move::execute);
    }
}

/// One thing that a transaction does.
pub enum Change {
    /// A slot gets a program; if one is there, it gives way and comes home.
    Install(Install),
    /// The slot's program fades out on its own memory and comes home. Nothing happens to an empty slot.
    Remove {
        /// Which slot.
        slot: SlotId,
        /// Length of the fade; 0 cuts.
        frames: u32,
    },
}

impl Change {
    /// The slot that it changes.
    pub fn slot(&self) -> SlotId {
        match self {
            Change::Install(install) => install.slot,
            Change::Remove { slot, .. } => *slot,
        }
    }
}

/// What happens at one quantum boundary, all of it.
#[derive(Default)]
pub struct Transaction {
    /// The changes, in this order.
    pub changes: Vec<Change>,
    /// The slots that play afterwards, in the order in which they are added up. Slots that fade out are not named; they
    /// keep their place behind the neighbour that they have.
    pub order: Vec<SlotId>,
}

/// The envelope of a transaction. It goes down with new programs and comes home with old ones.
pub struct Swap {
    pub(super) ticket: u64,
    pub(super) frame: u64,
    pub(super) changes: Vec<Change>,
    pub(super) order: Vec<SlotId>,
    /// One seat for each change: the program that it sent away.
    pub(super) seats: Vec<Option<Box<Machine>>>,
    /// How many of them are still on their way.
    pub(super) awaited: usize,
}

impl Swap {
    /// The transaction's ticket.
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// The first frame that it changed. Control thread, when it is home.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// The programs that it brought home. Control thread.
    pub fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.seats.iter().flatten().map(Box::as_ref)
    }
}

/// A place in an envelope that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    envelope: usize,
    change: usize,
}

/// The envelopes on the audio side. There is room for as many as are ever lent.
pub(super) struct Aloft {
    swaps: Box<[Option<Box<Swap>>]>,
}

impl Aloft {
    /// Room for so many envelopes. Control thread.
    pub fn reserve(envelopes: usize) -> Aloft {
        Aloft { swaps: (0..envelopes).map(|_| None).collect() }
    }

    /// Keeps an envelope and gives its number and its changes out. Audio thread.
    pub fn keep(&mut self, mut swap: Box<Swap>) -> (usize, Vec<Change>) {
        let changes = mem::take(&mut swap.changes);
        // No more envelopes are lent than there are places, so one is free.
        let free = self.swaps.iter().position(Option::is_none).unwrap_or(0);
        debug_assert!(self.swaps[free].is_none(), "more envelopes than were to be lent");
        self.swaps[free] = Some(swap);
        (free, changes)
    }

    /// Gives an envelope its changes back. Audio thread.
    pub fn close(&mut self, envelope: usize, changes: Vec<Change>) {
        if let Some(swap) = &mut self.swaps[envelope] {
            // What is replaced is the empty list that `keep` left: nothing is freed.
            swap.changes = changes;
        }
    }

    /// A seat for the program that this change sends away.
    pub fn seat(envelope: usize, change: usize) -> Seat {
        Seat { envelope, change }
    }

    /// Sends a program home by this seat, when it is done; if it is on its way already, it keeps its seat. Audio thread.
    pub fn call(&mut self, machine: &mut Machine, seat: Seat) {
        if machine.home.is_none()
            && let Some(swap) = &mut self.swaps[seat.envelope]
        {
            machine.home = Some(seat);
            swap.awaited += 1;
        }
    }

    /// A program is done and takes its seat. Audio thread.
    pub fn land(&mut self, machine: Box<Machine>) {
        if let Some(seat) = machine.home
            && let Some(swap) = &mut self.swaps[seat.envelope]
        {
            debug_assert!(swap.seats[seat.change].is_none(), "a seat is taken once");
            swap.seats[seat.change] = Some(machine);
            swap.awaited -= 1;
        } else {
            debug_assert!(false, "a program lands that was not called");
            mem::forget(machine);
        }
    }

    /// Hands envelopes that wait for nobody to `home`; those it gives back stay. Audio thread.
    pub fn send_home(&mut self, mut home: impl FnMut(Box<Swap>) -> Result<(), Box<Swap>>) {
        for place in &mut self.swaps {
            if let Some(swap) = place.take_if(|swap| swap.awaited == 0) {
                *place = home(swap).err();
            }
        }
    }
}
