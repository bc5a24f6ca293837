//! The envelopes on the audio side, until the programs that they sent away are back in them. It opens none and drops none.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::mem;

use super::machine::Machine;
use super::swap::{Change, Swap};

/// A place in an envelope that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub envelope: usize,
    pub change: usize,
}

/// The envelopes on the audio side. There is room for as many as are ever lent.
pub(super) struct Aloft {
    swaps: Box<[Option<Box<Swap>>]>,
}

impl Aloft {
    /// Room for so many envelopes. Control thread.
    #[allow(clippy::disallowed_methods, reason = "reserved at start")]
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

    /// Goes on copying what envelopes are to remember, each about `slice` slots. Audio thread.
    pub fn remember(&mut self, slice: usize) {
        for swap in self.swaps.iter_mut().flatten().filter(|swap| swap.remembers) {
            if swap.remember(slice) {
                swap.remembers = false;
                swap.awaited -= 1;
            }
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
