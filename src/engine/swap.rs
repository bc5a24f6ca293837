//! What crosses to the audio thread and back in one envelope: one transaction. It carries; the slots act.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::any::Any;

use super::SlotId;
use super::ear::Ear;
use super::ensemble::Ensemble;
use super::event::Copied;
use super::keepsake::Keepsake;
use super::machine::Machine;
use super::order::Step;
use super::parts::SPAN;
use super::stream::LineCopy;
use super::stretch::Stretch;
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

    /// Copies, and says how many slots.
    pub(super) fn execute(&self) -> usize {
        // SAFETY: both places are valid and the audio thread's own, as `new`'s caller promised.
        unsafe { self.to.copy_from(self.from, self.slots) };
        self.slots
    }
}

/// Where a program that fades out goes on, when its successor has taken over its memory.
pub struct Ghost {
    pub(super) spans: Stretch<Span>,
    pub(super) scratch: Box<dyn Any + Send>,
}

impl Ghost {
    /// Slots of the room for so many spans.
    pub fn slots(spans: usize) -> usize {
        spans * SPAN
    }

    /// Spans for the rest of the old program's life, room for them, and whatever keeps that room and the scratch alive that
    /// they name. Control thread.
    ///
    /// Small state is read and written in the scratch, where a [`Move`] of the same change puts a copy of it. Rings that
    /// the successor goes on writing are read where they are; their `write_base` is a slot of the scratch and their
    /// `write_last` is 0. The successor runs first in every quantum, so what the ghost reads at any distance behind its
    /// head is there, if the ring is a quantum longer than that distance: the successor writes so far ahead.
    ///
    /// # Safety
    /// As for [`Machine::new`], for the program that is in the slot when the change takes effect, with as many slots of room
    /// as [`Ghost::slots`] says; moving the box does not move the scratch.
    pub unsafe fn new(spans: &[Span], room: *mut u64, scratch: Box<dyn Any + Send>) -> Ghost {
        // SAFETY: promised by the caller; slots are aligned for spans.
        let mut own = unsafe { Stretch::new(room.cast::<Span>(), spans.len(), Span::NOWHERE) };
        own.copy_from_slice(spans);
        Ghost { spans: own, scratch }
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
    pub(super) copies: Vec<LineCopy>,
    pub(super) join: Join,
    pub(super) fade: u32,
    pub(super) fade_in: u32,
    pub(super) returns: u32,
    /// Which stay in the slot it belongs to; filled in when it is sent.
    pub(super) stay: u32,
    pub(super) gain: f64,
    pub(super) muted: bool,
}

impl Install {
    /// Puts a program into a slot: cuts to it, without moves, at full level. Control thread.
    pub fn new(slot: SlotId, machine: Box<Machine>) -> Install {
        let (moves, copies) = Default::default();
        let (machine, join) = (Some(machine), Join::Stop);
        Install {
            slot,
            machine,
            moves,
            copies,
            join,
            fade: 0,
            fade_in: 0,
            returns: 0,
            stay: 0,
            gain: 1.0,
            muted: false,
        }
    }

    /// Copies to be made before the program runs, in this order. Control thread.
    pub fn moves(self, moves: Vec<Move>) -> Install {
        Install { moves, ..self }
    }

    /// Rings that must have been copied before the program runs; the transaction takes effect when all of them are. Control thread.
    pub fn copies(self, copies: Vec<LineCopy>) -> Install {
        Install { copies, ..self }
    }

    /// How a program that is in the slot gives way, in how many frames; 0 cuts.
    pub fn join(self, join: Join, frames: u32) -> Install {
        Install { join, fade: frames, ..self }
    }

    /// In how many frames the program comes up if nothing is in the slot; 0 is at once.
    pub fn fade_in(self, frames: u32) -> Install {
        Install { fade_in: frames, ..self }
    }

    /// In how many frames it comes up for other programs that hear it, if nothing is in the slot; 0 is at once.
    pub fn returns(self, frames: u32) -> Install {
        Install { returns: frames, ..self }
    }

    /// Gain and mute from now on: at once if nothing is in the slot, else over the fade, and that in 20 ms at least.
    pub fn level(self, gain: f64, muted: bool) -> Install {
        Install { gain: super::command::gain(gain), muted, ..self }
    }

    /// Makes the copies, and says how many slots they were. Audio thread.
    pub(super) fn execute_moves(&self) -> usize {
        self.moves.iter().map(Move::execute).sum()
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
    /// The slot's program hears these from now on, one for each channel that it hears of others.
    Hear {
        /// Which slot.
        slot: SlotId,
        /// Whom.
        ears: Vec<Ear>,
    },
    /// Mutes a slot or lets it be heard again, as [`super::Command::Mute`] does, at the same boundary as all else. Nothing
    /// happens to an empty slot.
    Mute {
        /// Which slot.
        slot: SlotId,
        /// Whether it falls silent.
        on: bool,
        /// Length of the way.
        frames: u32,
    },
}

impl Change {
    /// The slot that it changes.
    pub fn slot(&self) -> SlotId {
        match self {
            Change::Install(install) => install.slot,
            Change::Remove { slot, .. } | Change::Hear { slot, .. } | Change::Mute { slot, .. } => *slot,
        }
    }
}

/// What happens at one quantum boundary, all of it.
#[derive(Default)]
pub struct Transaction {
    /// What is to be remembered as it was before the changes.
    pub keepsakes: Vec<Keepsake>,
    /// The changes, in this order.
    pub changes: Vec<Change>,
    /// The slots that play afterwards, in the order in which they are added up. Slots that fade out are not named; they
    /// keep their place behind the neighbour that they have.
    pub order: Vec<SlotId>,
    /// The tempo from there on, in beats per minute; without it the tempo stays.
    pub tempo: Option<f64>,
    /// The slot that gives what is heard of their sum, if one does.
    pub master: Option<SlotId>,
    /// Those of them that are rendered at once.
    pub ensembles: Vec<Ensemble>,
}

/// The envelope of a transaction. It goes down with new programs and comes home with old ones.
#[derive(Default)]
pub struct Swap {
    pub(super) ticket: u64,
    pub(super) frame: u64,
    pub(super) keepsakes: Vec<Keepsake>,
    pub(super) changes: Vec<Change>,
    pub(super) tempo: Option<f64>,
    /// Slots that are rendered at once; the ones of before on the way home.
    pub(super) ensembles: Vec<Ensemble>,
    /// The steps of a quantum.
    pub(super) order: Vec<Step>,
    /// One seat for each change: the program that it sent away.
    pub(super) seats: Vec<Option<Box<Machine>>>,
    /// How many of them are still on their way, and one more while there is something to be remembered.
    pub(super) awaited: usize,
    /// Whether keepsakes are still being copied.
    pub(super) remembers: bool,
    pub(super) copied: Copied,
}

impl Swap {
    /// Goes on copying rings; says whether all have caught up with their writers, so that it can take effect now. Audio thread.
    pub(super) fn advance(&mut self, budget: &mut usize) -> bool {
        let (mut done, mut slots) = (true, 0);
        for change in &mut self.changes {
            if let Change::Install(install) = change {
                for copy in &mut install.copies {
                    let before = copy.copied();
                    done &= copy.advance(budget);
                    slots += copy.copied() - before;
                }
            }
        }
        self.copied.slice = self.copied.slice.max(slots as usize);
        done
    }

    /// What the audio thread copied for it. Control thread, when it is home.
    pub fn copied(&self) -> Copied {
        self.copied
    }

    /// The transaction's ticket.
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// The first frame that it changed. Control thread, when it is home.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// It takes effect now. Audio thread.
    pub(super) fn begin(&mut self) {
        self.copied.at_once = self.keepsakes.iter_mut().map(Keepsake::begin).sum();
        self.remembers = !self.keepsakes.is_empty();
        self.awaited += usize::from(self.remembers);
    }

    /// Goes on copying keepsakes; says whether all are complete now. Audio thread.
    pub(super) fn remember(&mut self, slice: usize) -> bool {
        let mut done = true;
        for keepsake in &mut self.keepsakes {
            let before = keepsake.copied();
            done &= keepsake.advance(slice);
            self.copied.slice = self.copied.slice.max((keepsake.copied() - before) as usize);
        }
        done
    }

    /// The programs that it brought home. Control thread.
    pub fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.seats.iter().flatten().map(Box::as_ref)
    }
}
