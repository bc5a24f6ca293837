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
    /// How many there are.
    count: usize,
}

impl Aloft {
    /// Room for so many envelopes. Control thread.
    #[allow(clippy::disallowed_methods, reason = "reserved at start")]
    pub fn reserve(envelopes: usize) -> Aloft {
        Aloft { swaps: (0..envelopes).map(|_| None).collect(), count: 0 }
    }

    /// Keeps an envelope and takes its changes out. Audio thread.
    pub fn open(&mut self, swap: Box<Swap>) -> Open<'_> {
        let envelope = self.strand(swap);
        let changes = self.swaps[envelope].as_mut().map_or_else(Vec::new, |swap| mem::take(&mut swap.changes));
        Open { aloft: self, envelope, changes, copied: 0, made: false }
    }

    /// Keeps an envelope that nothing more happens to: it waits for itself, and gives its number. Audio thread.
    ///
    /// One that could not be opened as a whole must not go home: there its memory would be taken for given back.
    pub fn strand(&mut self, mut swap: Box<Swap>) -> usize {
        // No more envelopes are lent than there are places, so one is free.
        let free = self.swaps.iter().position(Option::is_none).unwrap_or(0);
        debug_assert!(self.swaps[free].is_none(), "more envelopes than were to be lent");
        swap.awaited += 1;
        self.swaps[free] = Some(swap);
        self.count += 1;
        free
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
        if self.is_empty() {
            return;
        }
        for swap in self.swaps.iter_mut().flatten().filter(|swap| swap.remembers) {
            if swap.remember(slice) {
                swap.remembers = false;
                swap.awaited -= 1;
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Hands envelopes that wait for nobody to `home`; those it gives back stay. Audio thread.
    pub fn send_home(&mut self, mut home: impl FnMut(Box<Swap>) -> Result<(), Box<Swap>>) {
        if self.is_empty() {
            return;
        }
        for place in &mut self.swaps {
            if let Some(swap) = place.take_if(|swap| swap.awaited == 0) {
                *place = home(swap).err();
                self.count -= usize::from(place.is_none());
            }
        }
    }
}

/// An envelope whose changes are being made. When this is dropped they are back in it, even if a panic ended the work.
pub(super) struct Open<'a> {
    pub aloft: &'a mut Aloft,
    pub envelope: usize,
    pub changes: Vec<Change>,
    /// Slots that were copied for them.
    pub copied: usize,
    made: bool,
}

impl Open<'_> {
    /// All changes are made: it goes home as soon as it waits for no program. Audio thread.
    pub fn close(mut self) {
        self.made = true;
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(swap) = &mut self.aloft.swaps[self.envelope] {
            // What is replaced is the empty list that `open` left: nothing is freed.
            swap.changes = mem::take(&mut self.changes);
            swap.copied.at_once += self.copied;
            swap.awaited -= usize::from(self.made);
        }
    }
}
