//! What windows show of each instance: where it lies is found once, and each quantum of it is brought side by side and back. It runs nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::ops::Range;

use super::parts::Parts;
use super::routine::Routine;
use super::stretches::{Stretch, Turns};
use super::table::{Full, Table, Tables};
use crate::ir::call::{Call, Loan, QUANTUM};

/// What the windows of a bank show: group after group, window after window, lane after lane.
pub struct Views {
    /// Of rings.
    stretches: Box<[Stretch]>,
    /// Of quanta that lie elsewhere in each run, where the first slot stands; nowhere without one.
    quanta: Box<[*const *mut u64]>,
    turns: Turns,
    /// A vector for each frame of a window. What only a quantum needs every chunk has in its turn, so that it stays in the first cache.
    vectors: Table,
    /// Where those of each window begin in the part of a group.
    begins: Box<[usize]>,
    /// How many slots such a part has.
    each: usize,
}

impl Views {
    /// Of so many groups, of which `chunk` have their turn at a time, if there is room. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(routine: &Routine, groups: usize, chunk: usize, room: &Tables) -> Result<Views, Full> {
        let lanes = routine.width.lanes();
        let count = routine.windows.len() * lanes * groups;
        Ok(Views {
            stretches: vec![Stretch::NONE; count].into_boxed_slice(),
            quanta: vec![std::ptr::null(); count].into_boxed_slice(),
            turns: Turns::new(lanes, room)?,
            vectors: room.claim(routine.tables()[3] * chunk)?,
            each: routine.tables()[3],
            begins: (0..routine.windows.len()).map(|number| routine.window_at(number) * lanes).collect(),
        })
    }

    /// Lists that are kept, by their lengths.
    pub fn lists(&self) -> [usize; 3] {
        [self.stretches.len(), self.quanta.len(), self.begins.len()]
    }

    /// The vectors.
    pub fn start(&mut self) -> *mut u64 {
        self.vectors.start()
    }

    /// From now on this is what the windows of an instance show, or nothing. Audio thread.
    ///
    /// # Safety
    /// There is a span for each memory and a row for each constant, and both stay.
    pub unsafe fn find(&mut self, routine: &Routine, instance: usize, parts: &Parts, seat: Option<Loan>) {
        let (lanes, count) = (routine.width.lanes(), routine.windows.len());
        let all = routine.windows.iter().zip(&parts.windows).zip(&parts.heads);
        for (number, ((window, memory), head)) in all.enumerate() {
            let place = (instance / lanes * count + number) * lanes + instance % lanes;
            // SAFETY: promised by the caller.
            match (window.head, seat) {
                (Some(_), Some(seat)) => unsafe {
                    self.stretches[place] = Stretch::of(window, &seat, *memory, *head);
                },
                (None, Some(seat)) => unsafe {
                    let span = seat.spans.add(*memory as usize);
                    self.quanta[place] =
                        if window.written { &raw const (*span).write_base } else { &raw const (*span).base };
                },
                (_, None) => (self.stretches[place], self.quanta[place]) = (Stretch::NONE, std::ptr::null()),
            }
        }
    }

    /// Brings side by side what is read by a chunk in this quantum. Audio thread.
    ///
    /// # Safety
    /// All that was found is valid, and no state was run yet.
    pub unsafe fn open(&mut self, routine: &Routine, chunk: Range<usize>, call: &Call) {
        if routine.windows.is_empty() {
            return;
        }
        for group in chunk.enumerate() {
            for (number, window) in routine.windows.iter().enumerate().filter(|(_, window)| !window.written) {
                let (lanes, vectors) = self.of(routine, group, number);
                // SAFETY: passed on from the caller; the table has a vector for each frame of each window of a chunk.
                match window.head {
                    Some(_) => unsafe {
                        self.turns.collect(routine.width, &self.stretches[lanes], vectors, window.frames());
                    },
                    None => unsafe {
                        self.turns.collect_quanta(routine.width, &self.quanta[lanes], span(call), vectors);
                    },
                }
            }
        }
    }

    /// Brings back what windows of a chunk hold that are written, and makes counts go on that nobody else does. Audio thread.
    ///
    /// # Safety
    /// As for [`Views::open`]; the code was run.
    pub unsafe fn close(&mut self, routine: &Routine, chunk: Range<usize>, call: &Call) {
        if routine.windows.is_empty() {
            return;
        }
        for group in chunk.clone().enumerate() {
            for (number, window) in routine.windows.iter().enumerate().filter(|(_, window)| window.written) {
                let (lanes, vectors) = self.of(routine, group, number);
                // SAFETY: as in `open`.
                match window.head {
                    Some(_) => unsafe {
                        self.turns.spread(routine.width, vectors, &self.stretches[lanes], call.frames as usize);
                    },
                    None => unsafe {
                        self.turns.spread_quanta(routine.width, vectors, &self.quanta[lanes], span(call));
                    },
                }
            }
        }
        for group in chunk.enumerate() {
            for (number, _) in routine.windows.iter().enumerate().filter(|(_, window)| window.counts) {
                let (lanes, _) = self.of(routine, group, number);
                // SAFETY: as above; what follows them was read and written.
                self.stretches[lanes].iter().for_each(|stretch| unsafe { stretch.go_on(call.frames) });
            }
        }
    }

    /// The lanes of a window of a group, which has this turn in its chunk, and its vectors.
    fn of(&mut self, routine: &Routine, (turn, group): (usize, usize), number: usize) -> (Range<usize>, *mut u64) {
        let lanes = routine.width.lanes();
        let first = (group * routine.windows.len() + number) * lanes;
        (first..first + lanes, self.vectors.start().wrapping_add(turn * self.each + self.begins[number]))
    }
}

/// The first frame of a call in its quantum, and how many there are.
fn span(call: &Call) -> (usize, usize) {
    (call.frame as usize % QUANTUM, call.frames as usize)
}
