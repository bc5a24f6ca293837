//! Lends a program the slots of its rings that a run reads and writes, as quanta that lie straight. It runs none, and allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::open::{Count, Echo, Opened};
use super::round::Round;
use super::stretch::{Stretch, around};
use crate::compile::lanes::{Full, Table, Tables, WIDEST, Weight};
use crate::compile::spans::Spans;
use crate::ir::call::{Call, QUANTUM, Span};

/// The echoes of a program, where they are now.
pub struct Lender {
    counts: Box<[Count]>,
    echoes: Box<[Echo]>,
    /// What each cell counts at the first frame, and where it lies.
    now: Box<[(u64, *mut u64)]>,
    /// Where the slots of each echo lie.
    stretches: Box<[Stretch]>,
    /// Where the memories lie: those of the program, and a quantum for each echo.
    spans: Spans,
    /// A quantum for each echo, for when it goes round the end of its ring.
    quanta: Table,
    /// Which of those that are written have it now.
    turned: Box<[bool]>,
    /// Those that may lie in far memory, but for what lies beside them; and how many these are.
    far: Box<[usize]>,
    fars: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

// SAFETY: the addresses are those that were lent for a run; who may use them, and when, is the promise of `run`'s caller.
unsafe impl Send for Lender {}

impl Lender {
    /// For a program that was opened. Control thread.
    ///
    /// # Errors
    /// There is no room for the echoes that go round the end of their ring.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(of: Opened, room: &Tables) -> Result<Lender, Full> {
        let Opened { memories, counts, echoes, .. } = of;
        let quanta = room.claim_quanta(echoes.len())?;
        let spans = Spans::new(memories, &[], echoes.len());
        let now = vec![(0, std::ptr::null_mut()); counts.len()].into_boxed_slice();
        let stretches = vec![Stretch::NOWHERE; echoes.len()].into_boxed_slice();
        let (counts, echoes) = (counts.into_boxed_slice(), echoes.into_boxed_slice());
        let turned = vec![false; echoes.len()].into_boxed_slice();
        let far = vec![0; echoes.len()].into_boxed_slice();
        let lists = [counts.len(), echoes.len(), now.len(), stretches.len(), turned.len(), far.len()];
        let weight = Weight::of(lists.into_iter().chain(spans.lists()));
        Ok(Lender { counts, echoes, now, stretches, spans, quanta, turned, far, fars: 0, weight })
    }

    /// Where all memories lie.
    pub fn spans(&self) -> *const Span {
        self.spans.all().as_ptr()
    }

    /// Takes in where the program's memories lie, and what each cell counts; false where one holds something else. Audio thread.
    ///
    /// # Safety
    /// As for [`Run::run`](crate::ir::call::Run::run).
    pub unsafe fn take_in(&mut self, call: &Call) -> bool {
        // SAFETY: passed on from the caller.
        if unsafe { self.spans.take_in(call) } {
            self.find();
        }
        self.counts.iter().zip(&mut self.now).all(|(count, (now, place))| {
            // SAFETY: the cell lies inside its memory.
            let found = Round::count(count.ty, count.period, unsafe { **place });
            *now = found.unwrap_or_default();
            found.is_some()
        })
    }

    /// Finds the cells and rings where they lie now.
    fn find(&mut self) {
        for ((_, place), count) in self.now.iter_mut().zip(&self.counts) {
            *place = self.spans.all()[count.memory.index()].base.wrapping_add(count.at as usize);
        }
        for (stretch, echo) in self.stretches.iter_mut().zip(&self.echoes) {
            let span = self.spans.all()[echo.ring.index()];
            *stretch = Stretch::of(span, self.counts[echo.count].period, echo.written);
        }
        self.fars = 0;
        for number in (0..self.echoes.len()).filter(|number| self.stretches[*number].is_far()) {
            let is_beside = |far: &usize| self.echoes[number].is_beside(&self.echoes[*far]);
            if !self.far[..self.fars].iter().any(is_beside) {
                self.far[self.fars] = number;
                self.fars += 1;
            }
        }
    }

    /// Lends the program a quantum of each echo, of which it touches so many frames from the first. Audio thread.
    ///
    /// # Safety
    /// All was taken in for this run.
    pub unsafe fn lend(&mut self, first: usize, frames: usize) {
        // The last vector may reach beyond the frames.
        let whole = frames.is_multiple_of(WIDEST);
        for (number, (stretch, echo)) in self.stretches.iter_mut().zip(&self.echoes).enumerate() {
            stretch.begin(self.now[echo.count].0, echo.ahead);
            let stays = stretch.straight(frames).filter(|_| whole);
            self.turned[number] = stays.is_none() && echo.written;
            let base = stays.map_or_else(
                || {
                    let quantum = self.quanta.slots()[number * QUANTUM..].as_mut_ptr();
                    if !echo.written {
                        // SAFETY: the quantum has a place for each frame, and the ring is valid.
                        unsafe { stretch.read(quantum.add(first), frames) };
                    }
                    quantum
                },
                |there| there.wrapping_sub(first),
            );
            self.spans.put(number, base);
        }
    }

    /// Brings to the rings what was not written where it belongs, and moves on what the program does not. Audio thread.
    ///
    /// # Safety
    /// The program ran with what it was lent.
    pub unsafe fn take_back(&mut self, first: usize, frames: usize) {
        for (number, _) in self.turned.iter().enumerate().filter(|(_, turned)| **turned) {
            let quantum = self.quanta.slots()[number * QUANTUM..].as_mut_ptr();
            // SAFETY: as in `lend`.
            unsafe { self.stretches[number].write(quantum.add(first), frames) };
        }
        self.far[..self.fars].iter().for_each(|number| self.stretches[*number].prefetch_next());
        for (count, (now, place)) in self.counts.iter().zip(&self.now).filter(|(count, _)| !count.kept) {
            let then = match count.period {
                Some(period) => Round::bits(count.ty, around(now + frames as u64, period)),
                None => now.wrapping_add(frames as u64),
            };
            // SAFETY: passed on from the caller.
            unsafe { **place = then };
        }
    }
}
