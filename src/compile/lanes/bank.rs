//! Instances of one shape side by side: gathers what each has, runs the vector code, and spreads it again. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::Arc;

use super::Kernel;
use super::kernel::Lent;
use super::parts::{Parts, stand};
use super::places::Places;
use super::routine::{Field, Width};
use super::stretches::{Head, Stretch, Turns, view};
use super::table::Table;
use super::transpose::{add_up, spread};
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
    /// One for each instance, or one for all.
    parts: Box<[Parts]>,
    state: Table,
    constants: Table,
    rings: Table,
    output: Table,
    clock: Table,
    windows: Table,
    /// What of its rings each instance writes, window after window.
    stretches: Box<[Option<Stretch>]>,
    heads: Box<[Option<Head>]>,
    /// What all instances are fed.
    feeds: Box<[*const u64]>,
    places: Places,
    turns: Turns,
    /// Whether all instances are parts of one program, whose samples are added up.
    sums: bool,
    /// What lanes without an instance read and write.
    nowhere: Box<[u64]>,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

// SAFETY: the addresses are those that were lent for a run; who may use them, and when, is the promise of `run`'s caller.
unsafe impl Send for Bank {}

/// Slots of state, constants and rings that a chunk may have: half of a small first cache.
const CHUNK: usize = 2048;

/// Groups in a chunk, beyond which there is no latency left to hide.
const DEEPEST: usize = 8;

impl Bank {
    /// Room for so many programs that are whole routines. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(kernel: Arc<Kernel>, instances: usize) -> Bank {
        let parts = vec![Parts::whole(&kernel.routine)];
        Bank::with(kernel, instances, parts)
    }

    /// Room for instances of which each is a part of a program. Control thread.
    pub fn of_parts(kernel: Arc<Kernel>, parts: Vec<Parts>) -> Bank {
        let instances = parts.len();
        Bank::with(kernel, instances, parts)
    }

    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    fn with(kernel: Arc<Kernel>, instances: usize, parts: Vec<Parts>) -> Bank {
        let lanes = kernel.routine.width.lanes();
        let groups = instances.div_ceil(lanes).max(1);
        let tables = kernel.routine.tables();
        let each = tables[..3].iter().sum::<usize>().max(1);
        // Rings are read line by line: more of them at once than the first cache has ways drive each other out of it. Windows
        // take a part of it themselves.
        let deepest = match (&*kernel.routine.rings, &*kernel.routine.windows) {
            ([], []) => DEEPEST,
            ([], _) => kernel.team.groups.max(2),
            _ => 1,
        };
        let just = kernel.team.resident.then_some(kernel.team.groups);
        assert!(just.is_none_or(|just| just == groups), "the code is for just as many groups");
        let chunk = just.unwrap_or((CHUNK / each).clamp(1, deepest).min(groups));
        let [state, constants, rings, windows] = tables.map(|slots| Table::new(slots * groups));
        let stretches = vec![None; kernel.routine.windows.len() * lanes * groups].into_boxed_slice();
        let heads = vec![None; stretches.len()].into_boxed_slice();
        let feeds = vec![std::ptr::null(); kernel.routine.feeds.len()].into_boxed_slice();
        let places = Places::new(&kernel.routine, groups * lanes);
        let turns = Turns::new(lanes);
        let output = Table::new(kernel.routine.channels as usize * QUANTUM * lanes * groups);
        let clock = Table::new(3 * lanes);
        let nowhere = vec![0; kernel.routine.furthest as usize + 1].into_boxed_slice();
        let seats = vec![None; instances].into_boxed_slice();
        let found = vec![None; instances].into_boxed_slice();
        let parts = parts.into_boxed_slice();
        let lists = [instances, instances, parts.len(), stretches.len(), heads.len(), feeds.len(), lanes, 1, 1];
        let tables = tables.into_iter().chain([kernel.routine.channels as usize, lanes]);
        let lists = lists.into_iter().chain(tables).chain(places.lists()).chain(parts.iter().flat_map(Parts::lists));
        let weight = Weight::of(lists);
        let mut bank = Bank {
            kernel,
            groups,
            chunk,
            seats,
            found,
            parts,
            state,
            constants,
            rings,
            windows,
            stretches,
            heads,
            feeds,
            places,
            turns,
            output,
            clock,
            sums: false,
            nowhere,
            weight,
        };
        for lane in 0..bank.groups * lanes {
            // SAFETY: without a seat nothing is read.
            unsafe { bank.find(lane, None) };
        }
        bank
    }

    /// From now on all instances are parts of one program, and their samples are added, one instance after the other, to what
    /// its output holds. Control thread.
    pub fn summed(mut self) -> Bank {
        self.sums = true;
        self
    }

    /// Renders all parts of one program. Audio thread.
    ///
    /// # Safety
    /// As for [`RunMany::run`], for that program.
    pub unsafe fn run_parts(&mut self, call: &Call, loan: Loan) {
        if self.found.first() != Some(&Some(loan.stamp)) {
            for instance in 0..self.seats.len() {
                // SAFETY: passed on from the caller.
                unsafe { self.find(instance, Some(loan)) };
            }
            self.found.fill(Some(loan.stamp));
            self.seats.fill(Some(loan));
        }
        // Only the first one's is written.
        self.lend(0, Some(loan));
        // SAFETY: passed on from the caller; all was found.
        unsafe { self.through(call) };
    }

    /// Renders all instances, where they lie.
    ///
    /// # Safety
    /// As for `run`; all was found.
    unsafe fn through(&mut self, call: &Call) {
        // SAFETY: passed on from the caller.
        unsafe {
            match self.kernel.routine.width {
                Width::Two => self.places.gather::<2>(self.state.slots()),
                Width::Four => self.places.gather::<4>(self.state.slots()),
                Width::Eight => self.places.gather::<8>(self.state.slots()),
            }
            self.open();
            self.render(call);
            self.close(call.frames as usize);
            match self.kernel.routine.width {
                Width::Two => self.places.scatter::<2>(self.state.slots()),
                Width::Four => self.places.scatter::<4>(self.state.slots()),
                Width::Eight => self.places.scatter::<8>(self.state.slots()),
            }
            self.give(call.frames as usize);
        }
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
        if let Some(seat) = seat {
            for (feed, memory) in self.feeds.iter_mut().zip(&parts.feeds) {
                // SAFETY: there is a span for each memory.
                *feed = unsafe { (*seat.spans.add(*memory as usize)).base };
            }
        }
        let count = routine.windows.len();
        for (number, window) in routine.windows.iter().enumerate() {
            // SAFETY: there is a span for each memory and a row for each constant.
            let view = seat.map(|seat| unsafe { view(window, &seat, parts.cells[window.head as usize]) });
            let place = (group * count + number) * lanes + lane;
            (self.stretches[place], self.heads[place]) = view.unzip();
        }
    }

    /// Finds the stretches of rings that windows show, and brings those side by side that are read.
    ///
    /// # Safety
    /// As for `run`; state was not run yet.
    unsafe fn open(&mut self) {
        let routine = &self.kernel.routine;
        let (lanes, count) = (routine.width.lanes(), routine.windows.len());
        for (stretch, head) in self.stretches.iter_mut().flatten().zip(self.heads.iter().flatten()) {
            // SAFETY: passed on from the caller.
            stretch.first = unsafe { head.now() };
        }
        for (number, stretches) in self.stretches.chunks_exact(lanes).enumerate() {
            if !routine.windows[number % count].written {
                // SAFETY: the table has a quantum of vectors for each window.
                unsafe {
                    let vectors = self.windows.start().add(number * QUANTUM * lanes);
                    self.turns.collect(routine.width, stretches, vectors);
                }
            }
        }
    }

    /// Writes to rings what their windows hold.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn close(&mut self, frames: usize) {
        let routine = &self.kernel.routine;
        let (lanes, count) = (routine.width.lanes(), routine.windows.len());
        for (number, stretches) in self.stretches.chunks_exact(lanes).enumerate() {
            if routine.windows[number % count].written {
                // SAFETY: as above.
                unsafe {
                    let vectors = self.windows.start().add(number * QUANTUM * lanes);
                    self.turns.spread(routine.width, vectors, stretches, frames);
                }
            }
        }
    }

    /// Runs the vector code.
    ///
    /// # Safety
    /// The places of rings were gathered, and are valid.
    unsafe fn render(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        let lanes = routine.width.lanes();
        if routine.counts {
            let clock = self.clock.slots();
            clock[..lanes].fill(call.frame);
            clock[2 * lanes..3 * lanes].fill(1);
        }
        let [state, constants, rings, windows] = routine.tables();
        let output = routine.channels as usize * QUANTUM * lanes;
        let bytes = |slots: usize| (slots * size_of::<u64>()) as u64;
        let team = self.kernel.team.size();
        let whole = self.groups / self.chunk;
        let rest = self.groups % self.chunk;
        for (first, groups, chunks) in [(0, self.chunk, whole), (whole * self.chunk, rest, 1)] {
            if groups == 0 || chunks == 0 {
                continue;
            }
            // SAFETY: the tables have so many groups.
            let mut lent = unsafe {
                Lent {
                    state: self.state.start().add(first * state),
                    constants: self.constants.start().add(first * constants),
                    rings: self.rings.start().add(first * rings),
                    output: self.output.start().add(first * output).cast(),
                    channel_stride: bytes(QUANTUM * lanes),
                    group_stride: bytes(output),
                    chunk_stride: bytes(output * groups),
                    frames: call.frames,
                    teams: (groups / team) as u64,
                    groups: (groups % team) as u64,
                    chunks: chunks as u64,
                    windows: self.windows.start().add(first * windows),
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
    }

    /// Gives the instances their samples.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn give(&mut self, frames: usize) {
        let routine = &self.kernel.routine;
        let lanes = routine.width.lanes();
        let channels = routine.channels as usize;
        for group in 0..self.groups {
            let seats = &self.seats[group * lanes..self.seats.len().min((group + 1) * lanes)];
            for channel in 0..channels {
                let from = (group * channels + channel) * QUANTUM * lanes;
                // SAFETY: the table has so many vectors.
                let vectors = unsafe { self.output.start().add(from).cast::<f64>() };
                if let (true, Some(Some(first))) = (self.sums, self.seats.first()) {
                    // SAFETY: an output has QUANTUM frames for each channel, and lies in no table.
                    unsafe {
                        let sum = first.output.add(channel * QUANTUM);
                        add_up(routine.width, vectors, seats.len(), sum, frames);
                    }
                    continue;
                }
                let mut rows = [std::ptr::null_mut(); 8];
                for (row, seat) in rows.iter_mut().zip(seats) {
                    // SAFETY: an output has QUANTUM frames for each channel.
                    *row = seat.map_or(std::ptr::null_mut(), |seat| unsafe { seat.output.add(channel * QUANTUM) });
                }
                // SAFETY: there is a vector for each frame, and each row has so many frames.
                unsafe { spread(routine.width, vectors, &rows[..lanes], frames) };
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
    }

    unsafe fn run(&mut self, call: &Call) {
        for instance in 0..self.seats.len() {
            let seat = self.seats[instance];
            let stamp = seat.map(|seat| seat.stamp);
            if stamp != self.found[instance] {
                // SAFETY: passed on from the caller.
                unsafe { self.find(instance, seat) };
                self.found[instance] = stamp;
            }
        }
        // SAFETY: passed on from the caller; all was found.
        unsafe { self.through(call) };
    }
}

/// Whether a program can share a bank with others: it hears nobody, whose place would be another one in each quantum.
pub fn can_share(program: &Program) -> bool {
    program.heard.is_empty()
}
