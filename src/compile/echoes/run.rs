//! Runs a program that is lent what it reads of rings, or, where its cells hold no counts, the program as it was written. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::open::{Count, Echo, Opened};
use super::round::Round;
use crate::compile::lanes::{Full, Table, Tables, Weight};
use crate::compile::spans::Spans;
use crate::ir::Way;
use crate::ir::call::{Call, QUANTUM, Run, Span};

/// A program and its echoes.
pub struct Echoes {
    opened: Box<dyn Run>,
    plain: Box<dyn Run>,
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
    code_bytes: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

// SAFETY: the addresses are those that were lent for a run; who may use them, and when, is the promise of `run`'s caller.
unsafe impl Send for Echoes {}

/// Samples in the widest vector.
const WIDEST: usize = 8;

impl Echoes {
    /// What runs the program that was opened, and the program as it was written. Control thread.
    ///
    /// # Errors
    /// There is no room for the echoes that go round the end of their ring.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(of: Opened, opened: Box<dyn Run>, plain: Box<dyn Run>, room: &Tables) -> Result<Echoes, Full> {
        let Opened { memories, counts, echoes, .. } = of;
        // The last vector may begin before the end of a quantum, and end behind it.
        let quanta = room.claim(echoes.len() * QUANTUM + WIDEST)?;
        let spans = Spans::new(memories, &[], echoes.len());
        let now = vec![(0, std::ptr::null_mut()); counts.len()].into_boxed_slice();
        let stretches = vec![Stretch::NOWHERE; echoes.len()].into_boxed_slice();
        let (counts, echoes) = (counts.into_boxed_slice(), echoes.into_boxed_slice());
        let turned = vec![false; echoes.len()].into_boxed_slice();
        let lists = [counts.len(), echoes.len(), now.len(), stretches.len(), turned.len()];
        // And both ways to run it.
        let weight = Weight::of(lists.into_iter().chain(spans.lists()).chain([1, 1]));
        let code_bytes = opened.code_bytes() + plain.code_bytes();
        Ok(Echoes { opened, plain, counts, echoes, now, stretches, spans, quanta, turned, code_bytes, weight })
    }

    /// Finds the cells and rings where they lie now.
    fn find(&mut self) {
        for ((_, place), count) in self.now.iter_mut().zip(&self.counts) {
            *place = self.spans.all()[count.memory.index()].base.wrapping_add(count.at as usize);
        }
        for (stretch, echo) in self.stretches.iter_mut().zip(&self.echoes) {
            let Span { base, last, write_base, write_last } = self.spans.all()[echo.ring.index()];
            let (base, last) = if echo.written { (write_base, write_last) } else { (base, last) };
            *stretch = Stretch { base, last, period: self.counts[echo.count].period, first: 0 };
        }
    }

    /// Takes in what each cell counts; false where one holds something else.
    ///
    /// # Safety
    /// The cells are valid.
    unsafe fn count(&mut self) -> bool {
        self.counts.iter().zip(&mut self.now).all(|(count, (now, place))| {
            // SAFETY: promised by the caller.
            let found = Round::count(count.ty, count.period, unsafe { **place });
            *now = found.unwrap_or_default();
            found.is_some()
        })
    }

    /// Renders frames that lie in one quantum.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn piece(&mut self, call: &Call) {
        let (first, frames) = (call.frame as usize % QUANTUM, call.frames as usize);
        // SAFETY: passed on from the caller.
        unsafe {
            if self.spans.take_in(call) {
                self.find();
            }
            if !self.count() {
                self.plain.run(call);
                return;
            }
            self.lend(first, frames);
            self.opened.run(&Call { spans: self.spans.all().as_ptr(), ..*call });
            self.take_back(first, frames);
        }
        for (count, (now, place)) in self.counts.iter().zip(&self.now).filter(|(count, _)| !count.kept) {
            let then = Round::bits(count.ty, around(now + frames as u64, count.period));
            // SAFETY: passed on from the caller.
            unsafe { **place = then };
        }
    }

    /// Lends the program a quantum of each echo, of which it touches so many frames from the first.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn lend(&mut self, first: usize, frames: usize) {
        // The last vector may reach beyond the frames.
        let whole = frames.is_multiple_of(WIDEST);
        for (number, (stretch, echo)) in self.stretches.iter_mut().zip(&self.echoes).enumerate() {
            stretch.first = around(self.now[echo.count].0 + echo.ahead, stretch.period);
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

    /// Brings to the rings what was not written where it belongs.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn take_back(&mut self, first: usize, frames: usize) {
        for (number, (stretch, turned)) in self.stretches.iter().zip(&self.turned).enumerate() {
            if *turned {
                let quantum = self.quanta.slots()[number * QUANTUM..].as_ptr();
                // SAFETY: as in `lend`.
                unsafe { stretch.write(quantum.add(first), frames) };
            }
        }
    }
}

/// What is counted beyond the period, less than another one: a division would take longer than all else.
fn around(count: u64, period: u64) -> u64 {
    if count < period { count } else { count - period }
}

/// Slots of a ring, from one on and round its end.
#[derive(Clone, Copy)]
struct Stretch {
    base: *mut u64,
    /// The last slot that there is: an index beyond it means that one.
    last: u64,
    period: u64,
    first: u64,
}

impl Stretch {
    const NOWHERE: Stretch = Stretch { base: std::ptr::null_mut(), last: 0, period: 1, first: 0 };

    /// Where so many slots lie one after the other, if they do.
    fn straight(&self, frames: usize) -> Option<*mut u64> {
        let end = self.first + frames as u64;
        // SAFETY: the place lies inside the ring.
        (end <= self.period && end <= self.last + 1).then(|| unsafe { self.base.add(self.first as usize) })
    }

    fn slot(&self, frame: usize) -> *mut u64 {
        let slot = around(self.first + frame as u64, self.period).min(self.last);
        // SAFETY: the place lies inside the ring.
        unsafe { self.base.add(slot as usize) }
    }

    /// How many slots lie one after the other before the first one of the ring; none if some of them are not there.
    fn before_turn(&self) -> Option<usize> {
        (self.period <= self.last + 1).then(|| (self.period - self.first) as usize)
    }

    /// # Safety
    /// The ring is valid, and there is a place for each frame.
    unsafe fn read(&self, to: *mut u64, frames: usize) {
        // SAFETY: promised by the caller; the ring does not lie in the quantum.
        unsafe {
            match self.before_turn().map(|left| left.min(frames)) {
                Some(left) => {
                    to.copy_from_nonoverlapping(self.slot(0), left);
                    to.add(left).copy_from_nonoverlapping(self.base, frames - left);
                }
                None => (0..frames).for_each(|frame| *to.add(frame) = *self.slot(frame)),
            }
        }
    }

    /// # Safety
    /// As for [`Stretch::read`].
    unsafe fn write(&self, from: *const u64, frames: usize) {
        // SAFETY: as above.
        unsafe {
            match self.before_turn().map(|left| left.min(frames)) {
                Some(left) => {
                    self.slot(0).copy_from_nonoverlapping(from, left);
                    self.base.copy_from_nonoverlapping(from.add(left), frames - left);
                }
                None => (0..frames).for_each(|frame| *self.slot(frame) = *from.add(frame)),
            }
        }
    }
}

impl Run for Echoes {
    unsafe fn run(&mut self, call: &Call) {
        // Echoes lie where the frame lies in its quantum.
        for call in call.in_quanta() {
            // SAFETY: passed on from the caller.
            unsafe { self.piece(&call) };
        }
    }

    fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    fn way(&self) -> Way {
        self.opened.way()
    }
}
