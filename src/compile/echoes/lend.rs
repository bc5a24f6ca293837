//! Lends a program the slots of its rings that a run reads and writes, as quanta that lie straight. It runs none, and allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::collections::BTreeMap;

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
    /// The cell of each count.
    now: Box<[Now]>,
    /// Where slots lie that one echo has or several, as far on as their count is; and how many these are.
    stretches: Box<[Stretch]>,
    apart: usize,
    /// The first echo of each of them.
    firsts: Box<[usize]>,
    /// Of each echo where its slots lie, and the next one that has the same, if there is one.
    places: Box<[usize]>,
    next: Box<[Option<usize>]>,
    /// Of each echo the one before it at the same place of the same ring.
    before: Box<[Option<usize>]>,
    /// Whether counts and stretches are those that were left.
    known: bool,
    /// Where the memories lie: those of the program, and a quantum for each echo.
    spans: Spans,
    /// A quantum for each echo, for when it goes round the end of its ring.
    quanta: Table,
    /// Those that are written and have it now, each with its stretch; and how many these are.
    turned: Box<[(usize, usize)]>,
    turns: usize,
    /// Stretches that may lie in far memory, but for what lies beside them; and how many these are.
    far: Box<[usize]>,
    fars: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

/// A cell that counts.
#[derive(Clone, Copy)]
struct Now {
    /// Where it lies.
    place: *mut u64,
    /// What it holds if nobody else has written to it.
    bits: u64,
    /// What that counts.
    count: u64,
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
        let mut spans = Spans::new(memories, &[], echoes.len());
        (0..echoes.len()).for_each(|number| spans.put(number, std::ptr::null_mut()));
        let nothing = Now { place: std::ptr::null_mut(), bits: 0, count: 0 };
        let now = vec![nothing; counts.len()].into_boxed_slice();
        let stretches = vec![Stretch::NOWHERE; echoes.len()].into_boxed_slice();
        let (counts, echoes) = (counts.into_boxed_slice(), echoes.into_boxed_slice());
        let turned = vec![(0, 0); echoes.len()].into_boxed_slice();
        let [firsts, places, far] = [(); 3].map(|()| vec![0; echoes.len()].into_boxed_slice());
        let next = vec![None; echoes.len()].into_boxed_slice();
        let mut latest = BTreeMap::new();
        let at = |echo: &Echo| (echo.ring.index(), echo.count, echo.ahead);
        let before = echoes.iter().enumerate().map(|(number, echo)| latest.insert(at(echo), number)).collect();
        let lists = [counts.len(), now.len()].into_iter().chain([echoes.len(); 8]);
        let weight = Weight::of(lists.chain(spans.lists()));
        Ok(Lender {
            counts,
            echoes,
            now,
            stretches,
            apart: 0,
            firsts,
            places,
            next,
            before,
            known: false,
            spans,
            quanta,
            turned,
            turns: 0,
            far,
            fars: 0,
            weight,
        })
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
        // SAFETY: each cell lies inside its memory.
        self.known = self.known && self.now.iter().all(|now| unsafe { *now.place } == now.bits) || self.count();
        self.known
    }

    /// Finds out what each cell counts and where the echoes are that follow it; false where one holds something else.
    fn count(&mut self) -> bool {
        for (count, now) in self.counts.iter().zip(&mut self.now) {
            // SAFETY: as in `take_in`.
            now.bits = unsafe { *now.place };
            let Some(found) = Round::count(count.ty, count.period, now.bits) else { return false };
            now.count = found;
        }
        for (stretch, first) in self.stretches[..self.apart].iter_mut().zip(&self.firsts) {
            let echo = &self.echoes[*first];
            stretch.begin(self.now[echo.count].count, echo.ahead);
        }
        true
    }

    /// Finds the cells and rings where they lie now.
    fn find(&mut self) {
        self.known = false;
        for (now, count) in self.now.iter_mut().zip(&self.counts) {
            now.place = self.spans.all()[count.memory.index()].base.wrapping_add(count.at as usize);
        }
        self.apart = 0;
        for (number, echo) in self.echoes.iter().enumerate() {
            let span = self.spans.all()[echo.ring.index()];
            let stretch = Stretch::of(span, self.counts[echo.count].period, echo.written);
            self.next[number] = None;
            let is_same = |before: &usize| self.stretches[self.places[*before]].is_same(&stretch);
            if let Some(before) = self.before[number].filter(is_same) {
                self.next[before] = Some(number);
                self.places[number] = self.places[before];
            } else {
                (self.stretches[self.apart], self.firsts[self.apart]) = (stretch, number);
                self.places[number] = self.apart;
                self.apart += 1;
            }
        }
        self.fars = 0;
        for number in (0..self.apart).filter(|number| self.stretches[*number].is_far()) {
            let echo = |number: usize| &self.echoes[self.firsts[number]];
            if !self.far[..self.fars].iter().any(|far| echo(number).is_beside(echo(*far))) {
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
        self.turns = 0;
        // The last vector may reach beyond the frames.
        let whole = frames.is_multiple_of(WIDEST);
        for (place, (stretch, number)) in self.stretches[..self.apart].iter().zip(&self.firsts).enumerate() {
            let straight = stretch.straight(frames).filter(|_| whole);
            let mut number = Some(*number);
            while let Some(echo) = number {
                number = self.next[echo];
                if let Some(there) = straight {
                    self.spans.lay(echo, there.wrapping_sub(first));
                    continue;
                }
                let quantum = self.quanta.slots()[echo * QUANTUM..].as_mut_ptr();
                self.spans.lay(echo, quantum);
                if self.echoes[echo].written {
                    self.turned[self.turns] = (echo, place);
                    self.turns += 1;
                } else {
                    // SAFETY: the quantum has a place for each frame, and the ring is valid.
                    unsafe { stretch.read(quantum.add(first), frames) };
                }
            }
        }
    }

    /// Brings to the rings what was not written where it belongs, and moves on what the program does not. Audio thread.
    ///
    /// # Safety
    /// The program ran with what it was lent.
    pub unsafe fn take_back(&mut self, first: usize, frames: usize) {
        for &(echo, place) in &self.turned[..self.turns] {
            let quantum = self.quanta.slots()[echo * QUANTUM..].as_mut_ptr();
            // SAFETY: as in `lend`.
            unsafe { self.stretches[place].write(quantum.add(first), frames) };
        }
        self.far[..self.fars].iter().for_each(|number| self.stretches[*number].prefetch_next());
        for (count, now) in self.counts.iter().zip(&mut self.now) {
            (now.count, now.bits) = match count.period {
                Some(period) => {
                    let then = around(now.count + frames as u64, period);
                    (then, Round::bits(count.ty, then))
                }
                None => [now.count.wrapping_add(frames as u64); 2].into(),
            };
            if !count.kept {
                // SAFETY: passed on from the caller.
                unsafe { *now.place = now.bits };
            }
        }
        self.stretches[..self.apart].iter_mut().for_each(|stretch| stretch.go_on(frames));
    }
}
