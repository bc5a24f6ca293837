//! Instances of one shape side by side: gathers what each has, runs the vector code, and spreads it again. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::Arc;

use super::Kernel;
use super::kernel::Batch;
use super::routine::{Cell, Field};
use super::transpose::transpose;
use crate::ir::call::{Call, QUANTUM, Span};
use crate::ir::{MemoryId, Type};

/// The instances that a bank runs: where their memories lie, and where their samples go.
pub trait Instances {
    /// Where a memory of an instance lies in this run.
    fn span(&self, instance: usize, memory: MemoryId) -> Span;

    /// Where the samples of a channel of an instance go: as many frames as the run has.
    fn output(&mut self, instance: usize, channel: usize) -> *mut f64;
}

/// A line of the processor's cache.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// Slots that begin a line of the cache.
struct Table {
    lines: Box<[Line]>,
}

impl Table {
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tables are made on the control thread")]
    fn new(slots: usize) -> Table {
        Table { lines: vec![Line([0; 8]); slots.div_ceil(8)].into_boxed_slice() }
    }

    fn slots(&mut self) -> &mut [u64] {
        let (start, slots) = (self.lines.as_mut_ptr().cast::<u64>(), self.lines.len() * 8);
        // SAFETY: a line is eight slots, one after the other.
        unsafe { std::slice::from_raw_parts_mut(start, slots) }
    }

    fn start(&mut self) -> *mut u64 {
        self.lines.as_mut_ptr().cast()
    }
}

/// Instances of one shape and room for them.
pub struct Bank {
    kernel: Arc<Kernel>,
    instances: usize,
    groups: usize,
    /// Groups that hide each other's latency.
    chunk: usize,
    state: Table,
    constants: Table,
    rings: Table,
    output: Table,
    clock: Table,
    /// What lanes without an instance read and write.
    nowhere: Box<[u64]>,
}

/// Slots of state, constants and rings that a chunk may have: half of a small first cache.
const CHUNK: usize = 2048;

/// Groups in a chunk, beyond which there is no latency left to hide.
const DEEPEST: usize = 8;

impl Bank {
    /// Room for so many instances, at least 1. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(kernel: Arc<Kernel>, instances: usize) -> Bank {
        let lanes = kernel.routine.width.lanes();
        let groups = instances.div_ceil(lanes).max(1);
        let tables = kernel.routine.tables();
        let each = tables.iter().sum::<usize>().max(1);
        let chunk = (CHUNK / each).clamp(1, DEEPEST).min(groups);
        let [state, constants, rings] = tables.map(|slots| Table::new(slots * groups));
        let output = Table::new(kernel.routine.channels as usize * QUANTUM * lanes * groups);
        let clock = Table::new(3 * lanes);
        let nowhere = vec![0; kernel.routine.furthest as usize + 1].into_boxed_slice();
        Bank { kernel, instances, groups, chunk, state, constants, rings, output, clock, nowhere }
    }

    /// How many instances there are.
    pub fn instances(&self) -> usize {
        self.instances
    }

    /// Bytes of its tables.
    pub fn bytes(&self) -> usize {
        let tables = [&self.state, &self.constants, &self.rings, &self.output, &self.clock];
        tables.iter().map(|table| size_of_val(&*table.lines)).sum()
    }

    /// Takes in the numbers of an instance: those of its program, in their order. Either thread.
    ///
    /// # Safety
    /// There are as many as the program has.
    pub unsafe fn number(&mut self, instance: usize, constants: *const u64) {
        let lanes = self.kernel.routine.width.lanes();
        let (group, lane) = (instance / lanes, instance % lanes);
        let list = &self.kernel.routine.constants;
        let rows = self.constants.slots().chunks_exact_mut(lanes).skip(group * list.len());
        for (row, (constant, ty)) in rows.zip(list) {
            // SAFETY: promised by the caller.
            let bits = unsafe { *constants.add(constant.index()) };
            let bits = stand(bits, *ty);
            row[lane] = bits;
            // Lanes without an instance compute what the first one does.
            if lane == 0 {
                row.fill(bits);
            }
        }
    }

    /// Renders a run of frames of all instances. Audio thread.
    ///
    /// # Safety
    /// As for [`Run::run`](crate::ir::call::Run::run), for each instance; what instances write is no other's.
    pub unsafe fn run(&mut self, call: &Call, instances: &mut impl Instances) {
        // SAFETY: passed on from the caller.
        unsafe {
            self.gather(instances);
            self.render(call);
            self.spread(call.frames as usize, instances);
        }
    }

    /// Brings state and the places of rings side by side.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn gather(&mut self, instances: &impl Instances) {
        let routine = &self.kernel.routine;
        let lanes = routine.width.lanes();
        let state = self.state.slots();
        let each = routine.cells.len();
        for instance in 0..self.instances {
            let first = instance / lanes * each * lanes + instance % lanes;
            for (number, cell) in routine.cells.iter().enumerate() {
                // SAFETY: a fixed place lies inside its memory.
                let bits = unsafe { *place(instances, instance, cell) };
                state[first + number * lanes] = stand(bits, cell.ty);
            }
        }
        let nowhere = self.nowhere.as_mut_ptr();
        let nothing = Span { base: nowhere, last: 0, write_base: nowhere, write_last: 0 };
        let rings = self.rings.slots();
        let each = routine.rings.len() * Field::COUNT;
        for instance in 0..self.groups * lanes {
            let first = instance / lanes * each * lanes + instance % lanes;
            for (number, memory) in routine.rings.iter().enumerate() {
                let span = if instance < self.instances { instances.span(instance, *memory) } else { nothing };
                let fields = [span.base as u64, span.last, span.write_base as u64, span.write_last];
                for (field, value) in fields.into_iter().enumerate() {
                    rings[first + (number * Field::COUNT + field) * lanes] = value;
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
        let [state, constants, rings] = routine.tables();
        let output = routine.channels as usize * QUANTUM * lanes;
        let bytes = |slots: usize| (slots * size_of::<u64>()) as u64;
        let whole = self.groups / self.chunk;
        let rest = self.groups % self.chunk;
        for (first, groups, chunks) in [(0, self.chunk, whole), (whole * self.chunk, rest, 1)] {
            if groups == 0 || chunks == 0 {
                continue;
            }
            // SAFETY: the tables have so many groups.
            let mut batch = unsafe {
                Batch {
                    state: self.state.start().add(first * state),
                    constants: self.constants.start().add(first * constants),
                    rings: self.rings.start().add(first * rings),
                    output: self.output.start().add(first * output).cast(),
                    channel_stride: bytes(QUANTUM * lanes),
                    group_stride: bytes(output),
                    chunk_stride: bytes(output * groups),
                    frames: call.frames,
                    groups: groups as u64,
                    chunks: chunks as u64,
                    clock: self.clock.start(),
                }
            };
            // SAFETY: the code was made for these tables.
            unsafe { (self.kernel.entry)(&raw mut batch) };
        }
    }

    /// Brings state and samples back to the instances.
    ///
    /// # Safety
    /// As for `run`.
    unsafe fn spread(&mut self, frames: usize, instances: &mut impl Instances) {
        let routine = &self.kernel.routine;
        let lanes = routine.width.lanes();
        let state = self.state.slots();
        let each = routine.cells.len();
        for instance in 0..self.instances {
            let first = instance / lanes * each * lanes + instance % lanes;
            for (number, cell) in routine.cells.iter().enumerate().filter(|(_, cell)| cell.stored) {
                let bits = state[first + number * lanes];
                let bits = if cell.ty == Type::Bool { bits & 1 } else { bits };
                // SAFETY: a fixed place lies inside its memory.
                unsafe { *place(instances, instance, cell) = bits };
            }
        }
        let channels = routine.channels as usize;
        let mut rows = [std::ptr::null_mut(); 8];
        for group in 0..self.groups {
            let count = lanes.min(self.instances - group * lanes);
            for channel in 0..channels {
                for (lane, row) in rows.iter_mut().enumerate().take(count) {
                    *row = instances.output(group * lanes + lane, channel);
                }
                let from = (group * channels + channel) * QUANTUM * lanes;
                // SAFETY: there is a vector for each frame, and each row has so many frames.
                unsafe { transpose(self.output.start().add(from).cast(), lanes, &rows[..count], frames) };
            }
        }
    }
}

/// A slot as it stands in a lane.
fn stand(bits: u64, ty: Type) -> u64 {
    match ty {
        Type::Bool if bits != 0 => !0,
        _ => bits,
    }
}

/// Where a cell of an instance lies.
///
/// # Safety
/// The instance has such a memory.
unsafe fn place(instances: &impl Instances, instance: usize, cell: &Cell) -> *mut u64 {
    // SAFETY: promised by the caller.
    unsafe { instances.span(instance, cell.memory).base.add(cell.at as usize) }
}
