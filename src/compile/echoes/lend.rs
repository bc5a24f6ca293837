//! Lends a program the slots of its rings that a run reads and writes, as quanta that lie straight. It runs none, and allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::open::{Count, Echo, Opened};
use super::round::Round;
use super::stretch::Stretch;
use crate::compile::lanes::{Full, Table, Tables, WIDEST, Weight, prefetch};
use crate::compile::spans::Spans;
use crate::ir::Type;
use crate::ir::call::{Call, QUANTUM, Span};

/// The echoes of a program, where they are now.
pub struct Lender {
    counts: Box<[Counted]>,
    /// What these cells are.
    kinds: Box<[Count]>,
    echoes: Box<[Echo]>,
    /// Of each echo the one before it at the same place of the same ring.
    before: Box<[Option<usize>]>,
    /// Where slots lie that one echo has or two, as far on as their count is; and how many these are.
    walks: Box<[Walk]>,
    apart: usize,
    /// The rings of each of them, as far on as they were when it last went round.
    stretches: Box<[Stretch]>,
    /// Of each echo the number of its walk.
    places: Box<[usize]>,
    /// Whether counts and walks are those that were left.
    known: bool,
    /// Where the memories lie: those of the program, and a quantum for each echo.
    spans: Spans,
    /// A quantum for each echo, for when it goes round the end of its ring.
    quanta: Table,
    /// Those that are written and have it now, each with its slots; and how many these are.
    turned: Box<[(usize, Stretch)]>,
    turns: usize,
    /// Walks that go round the end of their ring in this run.
    turning: Box<[usize]>,
    /// Walks that may lie in far memory, but for what lies beside them; and how many these are.
    far: Box<[usize]>,
    fars: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

/// A cell that counts: what is asked in each run, close together.
#[derive(Clone, Copy)]
struct Counted {
    /// Where it lies.
    place: *mut u64,
    /// What it holds if nobody else has written to it.
    bits: u64,
    /// What that counts.
    now: u64,
    /// How many there are before the first one comes again; 0 where it goes on for ever.
    period: u32,
    /// Whether it holds a Real.
    real: bool,
    /// Whether the program moves it on.
    kept: bool,
}

/// Slots of a ring that lie one after the other.
#[derive(Clone, Copy)]
struct Walk {
    /// The first one.
    at: *mut u64,
    /// How many there are before the end of the ring.
    left: usize,
    /// Whose they are: of two echoes, or of the same one twice.
    echoes: [u32; 2],
}

impl Walk {
    const NOWHERE: Walk = Walk { at: std::ptr::null_mut(), left: 0, echoes: [0; 2] };
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
        let before = of.before().into_boxed_slice();
        let Opened { memories, counts, echoes, .. } = of;
        let quanta = room.claim_quanta(echoes.len())?;
        let spans = Spans::new(memories, &[], echoes.len());
        let kinds = counts.into_boxed_slice();
        let counts = kinds.iter().map(|of| {
            // No period is longer than a ring.
            let (period, real) = (of.period.unwrap_or_default() as u32, of.ty == Type::Real);
            Counted { place: std::ptr::null_mut(), bits: 0, now: 0, period, real, kept: of.kept }
        });
        let (counts, echoes) = (counts.collect::<Box<[_]>>(), echoes.into_boxed_slice());
        let walks = vec![Walk::NOWHERE; echoes.len()].into_boxed_slice();
        let stretches = vec![Stretch::NOWHERE; echoes.len()].into_boxed_slice();
        let turned = vec![(0, Stretch::NOWHERE); echoes.len()].into_boxed_slice();
        let [places, turning, far] = [(); 3].map(|()| vec![0; echoes.len()].into_boxed_slice());
        let weight = Weight::of([counts.len(); 2].into_iter().chain([echoes.len(); 8]).chain(spans.lists()));
        Ok(Lender {
            counts,
            kinds,
            echoes,
            before,
            walks,
            apart: 0,
            stretches,
            places,
            known: false,
            spans,
            quanta,
            turned,
            turns: 0,
            turning,
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
        let stays = |counted: &Counted| unsafe { *counted.place } == counted.bits;
        self.known = self.known && self.counts.iter().all(stays) || self.count();
        self.known
    }

    /// Finds out what each cell counts and where the slots are that follow it; false where one holds something else.
    fn count(&mut self) -> bool {
        for (Counted { place, bits, now, .. }, of) in self.counts.iter_mut().zip(&self.kinds) {
            // SAFETY: as in `take_in`.
            *bits = unsafe { **place };
            let Some(found) = Round::count(of.ty, of.period, *bits) else { return false };
            *now = found;
        }
        for (walk, stretch) in self.walks[..self.apart].iter_mut().zip(&mut self.stretches) {
            let echo = &self.echoes[walk.echoes[0] as usize];
            stretch.begin(self.counts[echo.count].now, echo.ahead);
            (walk.at, walk.left) = stretch.straight();
        }
        true
    }

    /// Finds the cells and rings where they lie now.
    fn find(&mut self) {
        self.known = false;
        for (Counted { place, .. }, of) in self.counts.iter_mut().zip(&self.kinds) {
            *place = self.spans.all()[of.memory.index()].base.wrapping_add(of.at as usize);
        }
        self.apart = 0;
        for (number, echo) in self.echoes.iter().enumerate() {
            let span = self.spans.all()[echo.ring.index()];
            let stretch = Stretch::of(span, self.kinds[echo.count].period, echo.written);
            let with = self.before[number].map(|before| self.places[before]);
            let alone = |with: &usize| self.walks[*with].echoes[0] == self.walks[*with].echoes[1];
            match with.filter(|with| alone(with) && self.stretches[*with].is_same(&stretch)) {
                Some(with) => {
                    self.walks[with].echoes[1] = number as u32;
                    self.places[number] = with;
                }
                None => {
                    self.walks[self.apart] = Walk { echoes: [number as u32; 2], ..Walk::NOWHERE };
                    self.stretches[self.apart] = stretch;
                    self.places[number] = self.apart;
                    self.apart += 1;
                }
            }
        }
        self.fars = 0;
        for number in (0..self.apart).filter(|number| self.stretches[*number].is_far()) {
            let echo = |number: usize| &self.echoes[self.walks[number].echoes[0] as usize];
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
        let least = if frames.is_multiple_of(WIDEST) { frames } else { usize::MAX };
        let lent = self.spans.more();
        let mut turning = 0;
        for (number, walk) in self.walks[..self.apart].iter_mut().enumerate() {
            let there = walk.at.wrapping_sub(first);
            for echo in walk.echoes {
                // SAFETY: there is a span for each echo.
                unsafe { ((*lent.add(echo as usize)).base, (*lent.add(echo as usize)).write_base) = (there, there) };
            }
            // Most walks do not turn, and which one does nobody guesses.
            self.turning[turning] = number;
            turning += usize::from(walk.left < least);
            (walk.at, walk.left) = (walk.at.wrapping_add(frames), walk.left.wrapping_sub(frames));
        }
        for place in 0..turning {
            // SAFETY: passed on from the caller.
            unsafe { self.turn(self.turning[place], first, frames) };
        }
    }

    /// Lends the echoes of a walk quanta of their own, because it goes round the end of its ring.
    ///
    /// # Safety
    /// As for [`Lender::lend`].
    unsafe fn turn(&mut self, number: usize, first: usize, frames: usize) {
        let (walk, stretch) = (&mut self.walks[number], &mut self.stretches[number]);
        // It was taken for one that goes straight on.
        stretch.go_to(walk.left.wrapping_add(frames));
        let [one, other] = walk.echoes.map(|echo| echo as usize);
        for echo in [Some(one), Some(other).filter(|other| *other != one)].into_iter().flatten() {
            let quantum = self.quanta.slots()[echo * QUANTUM..].as_mut_ptr();
            self.spans.put(echo, quantum);
            if self.echoes[echo].written {
                self.turned[self.turns] = (echo, *stretch);
                self.turns += 1;
            } else {
                // SAFETY: the quantum has a place for each frame, and the ring is valid.
                unsafe { stretch.read(quantum.add(first), frames) };
            }
        }
        stretch.go_on(frames);
        (walk.at, walk.left) = stretch.straight();
    }

    /// Brings to the rings what was not written where it belongs, and moves on what the program does not. Audio thread.
    ///
    /// # Safety
    /// The program ran with what it was lent.
    pub unsafe fn take_back(&mut self, first: usize, frames: usize) {
        for (echo, stretch) in &self.turned[..self.turns] {
            let quantum = self.quanta.slots()[echo * QUANTUM..].as_mut_ptr();
            // SAFETY: as in `lend`.
            unsafe { stretch.write(quantum.add(first), frames) };
        }
        // What comes next; beyond the end of a ring nothing is asked for in vain but a few lines.
        for number in &self.far[..self.fars] {
            let at = self.walks[*number].at;
            prefetch(|frame| at.wrapping_add(frame));
        }
        for Counted { place, bits, now, period, real, kept } in &mut self.counts {
            let then = now.wrapping_add(frames as u64);
            let period = u64::from(*period);
            *now = if period > 0 && then >= period { then - period } else { then };
            // What goes on for ever is an Int.
            *bits = if *real { (*now as i64 as f64).to_bits() } else { *now };
            if !*kept {
                // SAFETY: passed on from the caller.
                unsafe { **place = *bits };
            }
        }
    }
}
