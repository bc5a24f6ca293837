//! Instances of one shape side by side: gathers what each has, runs the vector code, and spreads it again. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod give;

use std::ops::Range;
use std::sync::Arc;

use super::Kernel;
use super::kernel::Lent;
use super::parts::{Parts, stand};
use super::places::Places;
use super::routine::{Field, Width};
use super::table::{Full, Table, Tables};
use super::views::Views;
use super::weight::Weight;
use crate::ir::call::{Call, Loan, QUANTUM, RunMany, Span, Stamp};
use crate::ir::{Program, Way};

/// Instances of one shape and room for them.
pub struct Bank {
    kernel: Arc<Kernel>,
    groups: usize,
    /// Groups that hide each other's latency.
    chunk: usize,
    seats: Box<[Option<Loan>]>,
    /// What each instance had when it was looked for; nothing where there was none.
    found: Box<[Option<Stamp>]>,
    /// Whether an instance was lent something since it was looked for.
    lent: bool,
    /// One for each instance, or one for all.
    parts: Box<[Parts]>,
    state: Table,
    constants: Table,
    rings: Table,
    output: Table,
    clock: Table,
    views: Views,
    /// What all instances are fed.
    feeds: Box<[*const u64]>,
    /// Where in an output each channel of each instance begins.
    given: Box<[usize]>,
    places: Places,
    /// What each sum begins with, where all instances are parts of one program and their samples are added up.
    starts: Box<[f64]>,
    /// What lanes without an instance read and write.
    nowhere: Box<[u64]>,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

// SAFETY: the addresses are those that were lent for a run; who may use them, and when, is the promise of `run`'s caller.
unsafe impl Send for Bank {}

impl Bank {
    /// Room for so many programs that are whole routines, if there is room for its tables. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(kernel: Arc<Kernel>, instances: usize, room: &Tables) -> Result<Bank, Full> {
        let parts = vec![Parts::whole(&kernel.routine)];
        Bank::with(kernel, instances, parts, 0, room)
    }

    /// Room for instances of which each is a part of one program, and for so many sums of their samples: one of each channel, or
    /// none. Control thread.
    pub fn of_parts(kernel: Arc<Kernel>, parts: Vec<Parts>, sums: usize, room: &Tables) -> Result<Bank, Full> {
        let instances = parts.len();
        Bank::with(kernel, instances, parts, sums, room)
    }

    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    fn with(
        kernel: Arc<Kernel>,
        instances: usize,
        parts: Vec<Parts>,
        sums: usize,
        room: &Tables,
    ) -> Result<Bank, Full> {
        let lanes = kernel.routine.width.lanes();
        let groups = instances.div_ceil(lanes).max(1);
        let tables = kernel.routine.tables();
        let chunk = kernel.chunk(groups);
        let [state, constants, rings] = [0, 1, 2].map(|table| room.claim(tables[table] * groups));
        let views = Views::new(&kernel.routine, groups, chunk, room)?;
        let feeds = vec![std::ptr::null(); kernel.routine.feeds.len()].into_boxed_slice();
        let places = Places::new(&kernel.routine, groups * lanes);
        let output = room.claim(kernel.routine.channels as usize * QUANTUM * lanes * chunk)?;
        let clock = room.claim(3 * lanes)?;
        let nowhere = vec![0; kernel.routine.furthest as usize + 1].into_boxed_slice();
        let seats = vec![None; instances].into_boxed_slice();
        let found = vec![None; instances].into_boxed_slice();
        let parts = parts.into_boxed_slice();
        let given = (0..instances).flat_map(|instance| &parts[instance.min(parts.len() - 1)].channels);
        let given = given.map(|channel| *channel as usize * QUANTUM).collect::<Box<[_]>>();
        let starts = vec![0.0; sums].into_boxed_slice();
        let lists = [instances, instances, parts.len(), feeds.len(), given.len(), sums, 1, 1].into_iter();
        let lists = lists.chain(views.lists()).chain(places.lists()).chain(parts.iter().flat_map(Parts::lists));
        let weight = Weight::of(lists);
        let mut bank = Bank {
            kernel,
            groups,
            chunk,
            seats,
            found,
            lent: true,
            parts,
            state: state?,
            constants: constants?,
            rings: rings?,
            views,
            feeds,
            given,
            places,
            output,
            clock,
            starts,
            nowhere,
            weight,
        };
        for lane in 0..bank.groups * lanes {
            // SAFETY: without a seat nothing is read.
            unsafe { bank.find(lane, None) };
        }
        Ok(bank)
    }

    /// Renders all parts of one program. Where they are added up, one instance after the other, this is what each sum begins
    /// with. Audio thread.
    ///
    /// # Safety
    /// As for [`RunMany::run`], for that program.
    pub unsafe fn run_parts(&mut self, call: &Call, loan: Loan, starts: impl Iterator<Item = f64>) {
        self.starts.iter_mut().zip(starts).for_each(|(start, one)| *start = one);
        if self.found.first() != Some(&Some(loan.stamp)) {
            for instance in 0..self.seats.len() {
                // SAFETY: passed on from the caller.
                unsafe { self.find(instance, Some(loan)) };
            }
            self.found.fill(Some(loan.stamp));
        }
        // Feeds lie elsewhere in each run.
        for (feed, memory) in self.feeds.iter_mut().zip(self.parts.iter().take(1).flat_map(|parts| &parts.feeds)) {
            // SAFETY: there is a span for each memory.
            *feed = unsafe { (*loan.spans.add(*memory as usize)).base };
        }
        // From here on only the output is asked for, which mostly is where it was.
        if self.seats.first().is_some_and(|first| first.is_none_or(|first| first.output != loan.output)) {
            self.seats.fill(Some(loan));
        }
        // SAFETY: passed on from the caller; all was found.
        unsafe { self.through(call, None) };
    }

    /// Renders all instances, where they lie, chunk after chunk, and says how many were added to what they go into.
    ///
    /// # Safety
    /// As for `run`; all was found.
    unsafe fn through(&mut self, call: &Call, mut mix: Option<Mix<'_>>) -> usize {
        let (lanes, mut added) = (self.kernel.routine.width.lanes(), 0);
        if self.kernel.routine.counts {
            let clock = self.clock.slots();
            clock[..lanes].fill(call.frame);
            clock[2 * lanes..3 * lanes].fill(1);
        }
        for first in (0..self.groups).step_by(self.chunk) {
            let chunk = first..self.groups.min(first + self.chunk);
            // SAFETY: passed on from the caller.
            unsafe {
                match self.kernel.routine.width {
                    Width::Two => self.places.gather::<2>(self.state.slots(), chunk.clone()),
                    Width::Four => self.places.gather::<4>(self.state.slots(), chunk.clone()),
                    Width::Eight => self.places.gather::<8>(self.state.slots(), chunk.clone()),
                }
                self.views.open(&self.kernel.routine, chunk.clone(), call);
                self.render(call, chunk.clone());
                self.views.close(&self.kernel.routine, chunk.clone(), call);
                match self.kernel.routine.width {
                    Width::Two => self.places.scatter::<2>(self.state.slots(), chunk.clone()),
                    Width::Four => self.places.scatter::<4>(self.state.slots(), chunk.clone()),
                    Width::Eight => self.places.scatter::<8>(self.state.slots(), chunk.clone()),
                }
                let frames = call.frames as usize;
                let end = self.seats.len().min(chunk.end * lanes);
                // Behind one that is not added nobody is.
                let mix = mix.as_mut().filter(|_| added == first * lanes);
                if mix.is_some_and(|mix| self.add(chunk.clone(), frames, mix)) {
                    added = end;
                } else {
                    self.give(chunk, frames);
                }
            }
        }
        added
    }

    /// Takes in the numbers of an instance.
    ///
    /// # Safety
    /// There are as many as its program has.
    unsafe fn number(&mut self, instance: usize, constants: *const u64) {
        let lanes = self.kernel.routine.width.lanes();
        let (group, lane) = (instance / lanes, instance % lanes);
        let list = &self.kernel.routine.constants;
        let parts = &self.parts[instance.min(self.parts.len() - 1)];
        let rows = self.constants.slots().chunks_exact_mut(lanes).skip(group * list.len());
        for ((row, number), constant) in rows.zip(list).zip(&parts.constants) {
            // SAFETY: promised by the caller.
            let bits = unsafe { *constants.add(*constant as usize) };
            row[lane] = stand(bits, number.ty);
        }
    }

    /// Finds what an instance has where it lies now; one without a seat reads and writes where nobody does.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn find(&mut self, instance: usize, seat: Option<Loan>) {
        let lanes = self.kernel.routine.width.lanes();
        let (group, lane) = (instance / lanes, instance % lanes);
        match seat {
            // SAFETY: passed on from the caller.
            Some(seat) => unsafe {
                self.number(instance, seat.constants);
                self.places.find(lanes, instance, &self.parts[instance.min(self.parts.len() - 1)].cells, seat.spans);
            },
            None => self.places.leave(lanes, instance),
        }
        let parts = &self.parts[instance.min(self.parts.len() - 1)];
        let routine = &self.kernel.routine;
        let fields = routine.rings.len() * Field::COUNT;
        let nowhere = self.nowhere.as_mut_ptr();
        let nothing = Span { base: nowhere, last: 0, write_base: nowhere, write_last: 0 };
        let row = &mut self.rings.slots()[group * fields * lanes..];
        for (number, memory) in parts.rings.iter().enumerate() {
            // SAFETY: there is a span for each memory.
            let span = seat.map_or(nothing, |seat| unsafe { *seat.spans.add(*memory as usize) });
            let values = [span.base as u64, span.last, span.write_base as u64, span.write_last];
            for (field, value) in values.into_iter().enumerate() {
                row[(number * Field::COUNT + field) * lanes + lane] = value;
            }
        }
        // SAFETY: passed on from the caller.
        unsafe { self.views.find(&self.kernel.routine, instance, parts, seat) };
    }

    /// Runs the vector code of a chunk.
    ///
    /// # Safety
    /// The places of rings were gathered, and are valid.
    unsafe fn render(&mut self, call: &Call, chunk: Range<usize>) {
        let routine = &self.kernel.routine;
        let [state, constants, rings, _] = routine.tables();
        let bytes = |slots: usize| (slots * size_of::<u64>()) as u64;
        let (lanes, (teams, groups)) = (routine.width.lanes(), self.kernel.team.share(chunk.len()));
        // SAFETY: the tables have so many groups.
        let mut lent = unsafe {
            Lent {
                state: self.state.start().add(chunk.start * state),
                constants: self.constants.start().add(chunk.start * constants),
                rings: self.rings.start().add(chunk.start * rings),
                output: self.output.start().cast(),
                channel_stride: bytes(QUANTUM * lanes),
                group_stride: bytes(routine.channels as usize * QUANTUM * lanes),
                chunk_stride: 0,
                frames: call.frames,
                steps: call.frames,
                teams: teams as u64,
                groups: groups as u64,
                chunks: 1,
                windows: self.views.start(),
                frame: 0,
                feeds: self.feeds.as_ptr(),
                feed_first: call.frame % QUANTUM as u64 * 8,
                feed: 0,
                clock: self.clock.start(),
            }
        };
        // SAFETY: the code was made for these tables.
        unsafe { (self.kernel.entry)(&raw mut lent) };
    }

    /// Finds what instances were lent since they were looked for.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn look_up(&mut self) {
        let all = if std::mem::take(&mut self.lent) { 0..self.seats.len() } else { 0..0 };
        for instance in all {
            let seat = self.seats[instance];
            let stamp = seat.map(|seat| seat.stamp);
            if stamp != self.found[instance] {
                // SAFETY: passed on from the caller.
                unsafe { self.find(instance, seat) };
                self.found[instance] = stamp;
            }
        }
    }
}

impl RunMany for Bank {
    fn seats(&self) -> usize {
        self.seats.len()
    }

    fn way(&self) -> Way {
        Way::Instances { lanes: self.kernel.routine.width.lanes(), count: self.seats.len() }
    }

    fn lend(&mut self, number: usize, seat: Option<Loan>) {
        self.seats.get_mut(number).into_iter().for_each(|place| *place = seat);
        self.lent = true;
    }

    unsafe fn expect(&mut self, number: usize, loan: Loan) {
        // SAFETY: passed on from the caller.
        unsafe { self.find(number, Some(loan)) };
        self.found[number] = Some(loan.stamp);
    }

    unsafe fn run(&mut self, call: &Call) {
        // SAFETY: passed on from the caller; all was found.
        unsafe {
            self.look_up();
            self.through(call, None);
        }
    }

    unsafe fn run_into(&mut self, call: &Call, sums: &mut [[f64; QUANTUM]], bound: f64) -> usize {
        // SAFETY: as above.
        unsafe {
            self.look_up();
            self.through(call, Some(Mix { sums, bound }))
        }
    }
}

/// What samples are added to, and what their magnitudes are below.
struct Mix<'s> {
    sums: &'s mut [[f64; QUANTUM]],
    bound: f64,
}

/// Whether a program can share a bank with others: it hears nobody, whose place would be another one in each quantum.
pub fn can_share(program: &Program) -> bool {
    program.heard.is_empty()
}
