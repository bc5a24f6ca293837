//! Instances whose frames need nothing of each other: a vector holds several frames of one instance. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::Arc;

use super::Kernel;
use super::kernel::Lent;
use super::parts::{Parts, stand};
use super::routine::{Field, Growth, Width};
use super::table::Table;
use super::weight::Weight;
use crate::ir::call::{Call, QUANTUM};

/// Instances of one shape, each along time.
pub struct Ahead {
    kernel: Arc<Kernel>,
    parts: Box<[Parts]>,
    /// What each cell grows by in a frame, instance after instance.
    growth: Box<[u64]>,
    /// Whether the constants were taken in.
    numbered: bool,
    state: Table,
    constants: Table,
    rings: Table,
    /// A quantum of each channel: of each instance, or of the sum of all.
    output: Table,
    clock: Table,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

impl Ahead {
    /// Room for instances, each a part of a program. Where the kernel accumulates, their samples are added up. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(kernel: Arc<Kernel>, parts: Vec<Parts>) -> Ahead {
        let tables = kernel.routine.tables();
        let [state, constants, rings, _] = tables.map(|slots| Table::new(slots * parts.len()));
        let outputs = if kernel.accumulates { 1 } else { parts.len() };
        let output = Table::new(kernel.routine.channels as usize * QUANTUM * outputs);
        let clock = Table::new(3 * kernel.routine.width.lanes());
        let growth = vec![0; kernel.routine.cells.len() * parts.len()].into_boxed_slice();
        let lists = tables[..3].iter().copied().chain([kernel.routine.channels as usize, 1, growth.len(), parts.len()]);
        let weight = Weight::of(lists.chain(parts.iter().flat_map(Parts::lists)));
        Ahead { kernel, parts: parts.into(), growth, numbered: false, state, constants, rings, output, clock, weight }
    }

    /// One program as a whole. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn whole(kernel: Arc<Kernel>) -> Ahead {
        let parts = vec![Parts::whole(&kernel.routine)];
        Ahead::new(kernel, parts)
    }

    /// Renders the frames of a call; its samples go to `output`: a quantum of each channel of each instance, or of the sum of
    /// all, which begins with what is there. Audio thread.
    ///
    /// # Safety
    /// As for [`Run::run`](crate::ir::call::Run::run), for the program that the parts are of.
    pub unsafe fn run(&mut self, call: &Call, output: *mut f64) {
        // SAFETY: passed on from the caller.
        unsafe {
            if !self.numbered {
                self.number(call);
                self.numbered = true;
            }
            match self.kernel.routine.width {
                Width::Four => self.gather::<4>(call),
                Width::Eight => self.gather::<8>(call),
            }
            self.render(call, output);
            self.spread(call);
        }
    }

    /// Takes in the numbers of all instances.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn number(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        let lanes = routine.width.lanes();
        let rows = self.constants.slots().chunks_exact_mut(lanes);
        let list = self.parts.iter().flat_map(|parts| routine.constants.iter().zip(&parts.constants));
        for (row, (number, constant)) in rows.zip(list) {
            // SAFETY: there is a row for each constant.
            let bits = unsafe { *call.constants.add(*constant as usize) };
            let bits = if number.scaled { bits.wrapping_mul(lanes as u64) } else { stand(bits, number.ty) };
            row.fill(bits);
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

    /// Where each frame of the first vector begins, and the places of tables.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn gather<const LANES: usize>(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        let mut columns = self.state.slots().chunks_exact_mut(LANES).zip(&self.growth);
        let mut rings = self.rings.slots().chunks_exact_mut(LANES);
        for parts in &self.parts {
            for ((kind, (memory, at)), (column, growth)) in routine.cells.iter().zip(&parts.cells).zip(&mut columns) {
                // SAFETY: there is a span for each memory, and a fixed place lies inside it.
                let bits = unsafe { *(*call.spans.add(*memory as usize)).base.add(*at as usize) };
                let bits = stand(bits, kind.ty);
                for (lane, slot) in column.iter_mut().enumerate() {
                    *slot = bits.wrapping_add(growth.wrapping_mul(lane as u64));
                }
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
        let bytes = |slots: usize| (slots * size_of::<u64>()) as u64;
        let mut lent = Lent {
            state: self.state.start(),
            constants: self.constants.start(),
            rings: self.rings.start(),
            output: there,
            channel_stride: bytes(QUANTUM),
            group_stride: 0,
            chunk_stride: if *accumulates { 0 } else { bytes(each) },
            frames: frames.div_ceil(lanes) as u64,
            groups: 1,
            chunks: self.parts.len() as u64,
            windows: std::ptr::null_mut(),
            frame: 0,
            clock: self.clock.start(),
        };
        // SAFETY: the code was made for these tables.
        unsafe { (self.kernel.entry)(&raw mut lent) };
        if !straight {
            for row in (0..rows).step_by(QUANTUM) {
                // SAFETY: as above.
                unsafe { output.add(row).copy_from_nonoverlapping(there.add(row), frames) };
            }
        }
    }

    /// Where the counts of each instance are after the frames.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn spread(&mut self, call: &Call) {
        let routine = &self.kernel.routine;
        let mut growth = self.growth.iter();
        for parts in &self.parts {
            for ((cell, (memory, at)), growth) in routine.cells.iter().zip(&parts.cells).zip(&mut growth) {
                if cell.stored {
                    // SAFETY: there is a span for each memory, and a fixed place lies inside it.
                    unsafe {
                        let slot = (*call.spans.add(*memory as usize)).base.add(*at as usize);
                        *slot = (*slot).wrapping_add(growth.wrapping_mul(call.frames));
                    }
                }
            }
        }
    }
}
