//! Instances whose frames need nothing of each other: a vector holds several frames of one instance. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::Arc;

use super::Kernel;
use super::kernel::Lent;
use super::parts::{Parts, stand};
use super::places::Places;
use super::routine::{Field, Growth, Width};
use super::table::{Full, Table, Tables};
use super::weight::Weight;
use crate::ir::Way;
use crate::ir::call::{Call, QUANTUM, Stamp};

/// Instances of one shape, each along time.
pub struct Ahead {
    kernel: Arc<Kernel>,
    parts: Box<[Parts]>,
    /// What each cell grows by in a frame, instance after instance.
    growth: Box<[u64]>,
    /// Where each cell lies, instance after instance.
    addresses: Box<[*mut u64]>,
    /// Where what waits for the frame before lies.
    turned: Places,
    /// What all instances are fed.
    feeds: Box<[*const u64]>,
    /// What the instances had when it was looked for.
    found: Option<Stamp>,
    state: Table,
    constants: Table,
    rings: Table,
    /// A quantum of each channel: of each instance, or of the sum of all.
    output: Table,
    clock: Table,
    /// What is the same in each run of what the code is lent.
    lent: Lent,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

// SAFETY: the addresses are those that were lent for a run; who may use them, and when, is the promise of `run`'s caller.
unsafe impl Send for Ahead {}

impl Ahead {
    /// Room for instances, each a part of a program, whose samples are added up if the kernel accumulates; else there is one, the
    /// whole program. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(kernel: Arc<Kernel>, parts: Vec<Parts>, room: &Tables) -> Result<Ahead, Full> {
        let tables = kernel.routine.tables();
        let [state, constants, rings, _] = tables.map(|slots| room.claim(slots * parts.len()));
        let [mut state, mut constants, mut rings] = [state?, constants?, rings?];
        let outputs = if kernel.accumulates { 1 } else { parts.len() };
        let mut output = room.claim(kernel.routine.channels as usize * QUANTUM * outputs)?;
        let mut clock = room.claim(3 * kernel.routine.width.lanes())?;
        let growth = vec![0; kernel.routine.cells.len() * parts.len()].into_boxed_slice();
        let addresses = vec![std::ptr::null_mut(); growth.len()].into_boxed_slice();
        let feeds = vec![std::ptr::null(); kernel.routine.feeds.len()].into_boxed_slice();
        let turned = Places::turned(&kernel.routine);
        let lists = [growth.len(), addresses.len(), feeds.len(), parts.len()].into_iter().chain(turned.lists());
        let weight = Weight::of(lists.chain(parts.iter().flat_map(Parts::lists)));
        let bytes = |slots: usize| (slots * size_of::<u64>()) as u64;
        let each = bytes(kernel.routine.channels as usize * QUANTUM);
        let (teams, alone) = kernel.team.share(parts.len());
        let lent = Lent {
            state: state.start(),
            constants: constants.start(),
            rings: rings.start(),
            output: output.start().cast(),
            channel_stride: bytes(QUANTUM),
            group_stride: 0,
            chunk_stride: if kernel.accumulates { 0 } else { each },
            frames: 1,
            steps: 1,
            teams: teams as u64,
            groups: 1,
            chunks: alone as u64,
            windows: std::ptr::null_mut(),
            frame: 0,
            feeds: feeds.as_ptr(),
            feed_first: 0,
            feed: 0,
            clock: clock.start(),
        };
        Ok(Ahead {
            kernel,
            parts: parts.into(),
            growth,
            addresses,
            turned,
            feeds,
            found: None,
            state,
            constants,
            rings,
            output,
            clock,
            lent,
            weight,
        })
    }

    /// One program as a whole. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn whole(kernel: Arc<Kernel>, room: &Tables) -> Result<Ahead, Full> {
        let parts = vec![Parts::whole(&kernel.routine)];
        Ahead::new(kernel, parts, room)
    }

    /// How many frames it renders at once: of what waits for the frame before, no others than whole vectors of them.
    pub fn lanes(&self) -> usize {
        self.kernel.routine.width.lanes()
    }

    /// What kind of code it is. Control thread.
    pub fn way(&self) -> Way {
        match self.kernel.routine.recursions {
            0 => Way::Frames { lanes: self.lanes(), count: self.parts.len() },
            recursions => Way::Woven { lanes: self.lanes(), recursions },
        }
    }

    /// Renders the frames of a call; its samples go to `output`: a quantum of each channel of each instance, or of the sum of
    /// all, which begins with what is there. Audio thread.
    ///
    /// # Safety
    /// As for [`Run::run`](crate::ir::call::Run::run), for the program that the parts are of.
    pub unsafe fn run(&mut self, call: &Call, output: *mut f64) {
        // SAFETY: passed on from the caller.
        unsafe {
            if self.found != Some(call.stamp) {
                self.number(call);
                self.find(call);
                self.tell();
                self.found = Some(call.stamp);
            }
            // Feeds lie elsewhere in each run.
            if !self.kernel.routine.feeds_are_spans(self.kernel.accumulates) {
                for (memory, feed) in self.parts.iter().take(1).flat_map(|parts| &parts.feeds).zip(&mut self.feeds) {
                    *feed = (*call.spans.add(*memory as usize)).base;
                }
            }
            if self.kernel.routine.is_stateless() {
                return self.render(call, output);
            }
            match self.kernel.routine.width {
                Width::Two => self.gather::<2>(call),
                Width::Four => self.gather::<4>(call),
                Width::Eight => self.gather::<8>(call),
            }
            self.render(call, output);
            match self.kernel.routine.width {
                Width::Two => self.spread::<2>(call),
                Width::Four => self.spread::<4>(call),
                Width::Eight => self.spread::<8>(call),
            }
        }
    }

    /// Takes in the numbers of all instances.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn number(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        let lanes = routine.width.lanes();
        let rows = self.constants.slots().chunks_exact_mut(if routine.repeats() { 1 } else { lanes });
        let list = self.parts.iter().flat_map(|parts| routine.constants.iter().zip(&parts.constants));
        for (row, (number, constant)) in rows.zip(list) {
            // SAFETY: there is a row for each constant.
            let bits = unsafe { *call.constants.add(*constant as usize) };
            let bits = if number.scaled { bits.wrapping_mul(lanes as u64) } else { stand(bits, number.ty) };
            row.fill(bits);
        }
        let mixed = routine.constant_at(routine.constants.len());
        let rows = self.constants.slots()[mixed..].chunks_exact_mut(lanes);
        for (row, mixed) in rows.zip(&routine.mixed) {
            for (slot, constant) in row.iter_mut().zip(&mixed.constants) {
                // SAFETY: as above.
                *slot = stand(unsafe { *call.constants.add(constant.index()) }, mixed.ty);
            }
        }
        let cells = routine.cells.len();
        for (number, growth) in self.growth.iter_mut().enumerate() {
            *growth = match routine.growth[number % cells] {
                Growth::None => 0,
                Growth::Literal(bits) => bits,
                Growth::Constant(constant) => {
                    let place = routine.constants.iter().position(|known| known.constant == constant);
                    let there = place.map_or(0, |place| self.parts[number / cells].constants[place]);
                    // SAFETY: as above.
                    unsafe { *call.constants.add(there as usize) }
                }
            };
        }
    }

    /// Writes where each cell lies, what it grows by and how far its lanes are from the first, where the code takes that in.
    fn tell(&mut self) {
        let routine = &self.kernel.routine;
        let (lanes, cells) = (routine.width.lanes(), routine.cells.len());
        if !routine.climbs() || cells == 0 {
            return;
        }
        let instances = self.state.slots().chunks_exact_mut(routine.tables()[0]);
        let lists = self.addresses.chunks_exact(cells).zip(self.growth.chunks_exact(cells));
        for (state, (addresses, growth)) in instances.zip(lists) {
            let (own, behind) = state[..routine.cell_rows() * lanes].split_at_mut(cells * lanes);
            for (row, (address, growth)) in own.chunks_exact_mut(lanes).zip(addresses.iter().zip(growth)) {
                (row[0], row[1]) = (*address as u64, *growth);
            }
            behind.chunks_exact_mut(lanes).zip(growth).for_each(|(row, growth)| climb(row, 0, *growth));
        }
    }

    /// Finds what all instances have where it lies now.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn find(&mut self, call: &Call) {
        let lanes = self.kernel.routine.width.lanes();
        // SAFETY: there is a span for each memory, and a fixed place lies inside it.
        unsafe { self.turned.turn(&self.kernel.routine, call.spans) };
        let mut addresses = self.addresses.iter_mut();
        let mut rings = self.rings.slots().chunks_exact_mut(lanes);
        for parts in &self.parts {
            for ((memory, at), address) in parts.cells.iter().zip(&mut addresses) {
                // SAFETY: there is a span for each memory, and a fixed place lies inside it.
                *address = unsafe { (*call.spans.add(*memory as usize)).base.add(*at as usize) };
            }
            for memory in &parts.rings {
                // SAFETY: there is a span for each memory.
                let span = unsafe { *call.spans.add(*memory as usize) };
                let fields: [u64; Field::COUNT] =
                    [span.base as u64, span.last, span.write_base as u64, span.write_last];
                for (value, row) in fields.into_iter().zip(&mut rings) {
                    row.fill(value);
                }
            }
        }
    }

    /// Where each frame of the first vector begins, unless the code finds that, and what is turned.
    ///
    /// # Safety
    /// As for `run`; all was found.
    unsafe fn gather<const LANES: usize>(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        let cells = routine.cells.len();
        if !routine.climbs() && cells > 0 {
            let instances = self.state.slots().chunks_exact_mut(routine.tables()[0]);
            let lists = self.addresses.chunks_exact(cells).zip(self.growth.chunks_exact(cells));
            for (state, (addresses, growth)) in instances.zip(lists) {
                let columns = state.chunks_exact_mut(LANES).zip(addresses).zip(growth).zip(&routine.cells);
                for (((column, address), growth), kind) in columns {
                    // SAFETY: promised by the caller.
                    climb(column, stand(unsafe { **address }, kind.ty), *growth);
                }
            }
        }
        if !routine.turned.is_empty() {
            // SAFETY: promised by the caller.
            unsafe { self.turned.gather::<LANES>(&mut self.state.slots()[routine.cell_rows() * LANES..], 0..1) };
        }
        if routine.counts {
            let clock = self.clock.slots();
            (0..LANES).for_each(|lane| clock[lane] = call.frame.wrapping_add(lane as u64));
            clock[2 * LANES..3 * LANES].fill(LANES as u64);
        }
    }

    /// Runs the vector code.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn render(&mut self, call: &Call, output: *mut f64) {
        let Kernel { routine, accumulates, .. } = &*self.kernel;
        let (frames, lanes) = (call.frames as usize, routine.width.lanes());
        let each = routine.channels as usize * QUANTUM;
        let rows = if *accumulates { each } else { each * self.parts.len() };
        // Only of a whole quantum the last vector ends where the frames end.
        let straight = frames == QUANTUM;
        let there = if straight { output } else { self.output.start().cast() };
        if !straight && *accumulates {
            for row in (0..rows).step_by(QUANTUM) {
                // SAFETY: both have so many frames of each channel.
                unsafe { there.add(row).copy_from_nonoverlapping(output.add(row), frames) };
            }
        }
        let feeds = if routine.feeds_are_spans(*accumulates) { call.spans.cast() } else { self.feeds.as_ptr() };
        let (frames_of, feed_first) = (frames.div_ceil(lanes) as u64, call.frame % QUANTUM as u64 * 8);
        let mut lent = Lent { output: there, frames: frames_of, steps: call.frames, feeds, feed_first, ..self.lent };
        // SAFETY: the code was made for these tables.
        unsafe { (self.kernel.entry)(&raw mut lent) };
        if !straight {
            for row in (0..rows).step_by(QUANTUM) {
                // SAFETY: as above.
                unsafe { output.add(row).copy_from_nonoverlapping(there.add(row), frames) };
            }
        }
    }

    /// Where the counts of each instance are after the frames, unless the code has written that, and what was turned.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn spread<const LANES: usize>(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        if !routine.turned.is_empty() {
            // SAFETY: promised by the caller.
            unsafe { self.turned.scatter::<LANES>(&self.state.slots()[routine.cell_rows() * LANES..], 0..1) };
        }
        if routine.climbs() {
            return;
        }
        let cells = self.addresses.iter().zip(&self.growth).zip(self.kernel.routine.cells.iter().cycle());
        for ((address, growth), _) in cells.filter(|(_, cell)| cell.stored) {
            // SAFETY: promised by the caller.
            unsafe { **address = (**address).wrapping_add(growth.wrapping_mul(call.frames)) };
        }
    }
}

/// A number in the first lane that grows by so much from lane to lane.
fn climb(lanes: &mut [u64], first: u64, growth: u64) {
    for (lane, slot) in lanes.iter_mut().enumerate() {
        *slot = first.wrapping_add(growth.wrapping_mul(lane as u64));
    }
}
