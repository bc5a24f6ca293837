//! What windows show of each instance: where it lies is found once, and each quantum of it is brought side by side and back. It runs nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::ops::Range;

use super::parts::Parts;
use super::routine::{Routine, Window};
use super::stretches::{Head, Stretch, Turns, view};
use super::table::{Full, Table, Tables};
use crate::ir::call::{Call, Loan, QUANTUM};

/// What the windows of a bank show: group after group, window after window, lane after lane.
pub struct Views {
    /// Of rings.
    stretches: Box<[Option<Stretch>]>,
    heads: Box<[Option<Head>]>,
    /// Of quanta that lie elsewhere in each run, where the first slot stands; nowhere without one.
    quanta: Box<[*const *mut u64]>,
    turns: Turns,
    /// A vector for each frame of a window. What only a quantum needs every chunk has in its turn, so that it stays in the first cache.
    vectors: Table,
}

impl Views {
    /// Of so many groups, of which `chunk` have their turn at a time, if there is room. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(routine: &Routine, groups: usize, chunk: usize, room: &Tables) -> Result<Views, Full> {
        let lanes = routine.width.lanes();
        let count = routine.windows.len() * lanes * groups;
        Ok(Views {
            stretches: vec![None; count].into_boxed_slice(),
            heads: vec![None; count].into_boxed_slice(),
            quanta: vec![std::ptr::null(); count].into_boxed_slice(),
            turns: Turns::new(lanes, room)?,
            vectors: room.claim(routine.tables()[3] * chunk)?,
        })
    }

    /// Lists that are kept, by their lengths.
    pub fn lists(&self) -> [usize; 3] {
        [self.stretches.len(), self.heads.len(), self.quanta.len()]
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
                    let (stretch, head) = view(window, &seat, *memory, *head);
                    (self.stretches[place], self.heads[place]) = (Some(stretch), Some(head));
                },
                (None, Some(seat)) => unsafe {
                    let span = seat.spans.add(*memory as usize);
                    self.quanta[place] =
                        if window.written { &raw const (*span).write_base } else { &raw const (*span).base };
                },
                (_, None) => {
                    (self.stretches[place], self.heads[place]) = (None, None);
                    self.quanta[place] = std::ptr::null();
                }
            }
        }
    }

    /// Finds where the windows of a chunk begin in this quantum, and brings side by side what is read. Audio thread.
    ///
    /// # Safety
    /// All that was found is valid, and no state was run yet.
    pub unsafe fn open(&mut self, routine: &Routine, chunk: Range<usize>, call: &Call) {
        let lanes = routine.width.lanes();
        for (place, window, at) in places(routine, chunk) {
            // SAFETY: the table has a vector for each frame of each window of a chunk.
            let vectors = unsafe { self.vectors.start().add(at) };
            if window.head.is_none() {
                if !window.written {
                    let quanta = &self.quanta[place..place + lanes];
                    // SAFETY: passed on from the caller.
                    unsafe { self.turns.collect_quanta(routine.width, quanta, span(call), vectors) };
                }
                continue;
            }
            let stretches = &mut self.stretches[place..place + lanes];
            for (stretch, head) in stretches.iter_mut().zip(&self.heads[place..]) {
                if let (Some(stretch), Some(head)) = (stretch, head) {
                    // SAFETY: passed on from the caller.
                    stretch.first = unsafe { head.now() };
                }
            }
            if !window.written {
                // SAFETY: passed on from the caller.
                unsafe { self.turns.collect(routine.width, stretches, vectors, window.frames()) };
            }
        }
    }

    /// Brings back what windows of a chunk hold that are written, and makes counts go on that nobody else does. Audio thread.
    ///
    /// # Safety
    /// As for [`Views::open`]; the code was run.
    pub unsafe fn close(&mut self, routine: &Routine, chunk: Range<usize>, call: &Call) {
        let lanes = routine.width.lanes();
        for (place, window, at) in places(routine, chunk) {
            // SAFETY: as in `open`.
            unsafe {
                let vectors = self.vectors.start().add(at);
                if window.counts {
                    let heads = self.heads[place..place + lanes].iter().flatten();
                    heads.for_each(|head| head.go_on(call.frames));
                }
                if !window.written {
                    continue;
                }
                if window.head.is_none() {
                    let quanta = &self.quanta[place..place + lanes];
                    self.turns.spread_quanta(routine.width, vectors, quanta, span(call));
                } else {
                    let stretches = &self.stretches[place..place + lanes];
                    self.turns.spread(routine.width, vectors, stretches, call.frames as usize);
                }
            }
        }
    }
}

/// The first frame of a call in its quantum, and how many there are.
fn span(call: &Call) -> (usize, usize) {
    (call.frame as usize % QUANTUM, call.frames as usize)
}

/// The windows of a chunk, where the lanes of each begin, and where in the table its vectors do.
fn places(routine: &Routine, chunk: Range<usize>) -> impl Iterator<Item = (usize, &Window, usize)> {
    let (lanes, count, each) = (routine.width.lanes(), routine.windows.len(), routine.tables()[3]);
    let windows = move |(nth, group): (usize, usize)| {
        let of = move |(number, window)| {
            ((group * count + number) * lanes, window, nth * each + routine.window_at(number) * lanes)
        };
        routine.windows.iter().enumerate().map(of)
    };
    chunk.enumerate().flat_map(windows)
}
