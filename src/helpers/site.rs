//! Where a kernel is built: the state it claims and the rate it runs at. State is bound to the site, never to a cursor that moves.

use crate::dsp::float::{Float, Int};
use crate::ir::call::QUANTUM;
use crate::ir::{Bound, Builder, F, I, InstanceId, MemoryId, Source, Type, ValueId};

/// Three halves of 2^52: added to a whole number below 2^51, it leaves that number in the low bits.
const INTEGER: f64 = 6_755_399_441_055_744.0;

/// One channel of one instance of a helper.
pub struct Site<'b> {
    builder: &'b Builder,
    instance: InstanceId,
    rate: f64,
    known: Known,
}

/// The arguments of a call that are no values: arrays and words.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The arrays, in order; a plain one has one row.
    pub arrays: Vec<Vec<Vec<f64>>>,
    /// The indexes of the chosen words, in order.
    pub choices: Vec<usize>,
}

impl<'b> Site<'b> {
    /// A site of an instance; `rate` in frames per second.
    pub fn new(builder: &'b Builder, instance: InstanceId, rate: f64, known: Known) -> Site<'b> {
        Site { builder, instance, rate, known }
    }

    /// Frames per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The numbers of the n-th argument that is an array: its first row, if it has several.
    pub fn numbers(&self, n: usize) -> &[f64] {
        &self.known.arrays[n][0]
    }

    /// The rows of the n-th argument that is an array: at least one, none of them empty.
    pub fn rows(&self, n: usize) -> &[Vec<f64>] {
        &self.known.arrays[n]
    }

    /// Which of its words the n-th argument that is a choice has.
    pub fn choice(&self, n: usize) -> usize {
        self.known.choices[n]
    }

    /// A number of the formula.
    pub fn lit(&self, value: f64) -> F<'b> {
        self.builder.real(self.builder.literal(Type::Real, value.to_bits()))
    }

    /// An integer of the formula.
    pub fn int(&self, value: i64) -> I<'b> {
        self.builder.int(self.builder.literal(Type::Int, value as u64))
    }

    /// A number of the script made into an integer: data, so that the code does not depend on it.
    pub fn whole(&self, value: i64) -> I<'b> {
        self.builder.int(self.builder.constant(Type::Int, Source::Bits(value as u64)))
    }

    /// Claims a slot for a float, zero at rest.
    pub fn cell(&self) -> Cell<'b> {
        let (memory, slot) = self.builder.claim_cell(self.instance);
        Cell { builder: self.builder, memory, slot }
    }

    /// Claims a slot for an integer, zero at rest.
    pub fn counter(&self) -> Counter<'b> {
        let (memory, slot) = self.builder.claim_cell(self.instance);
        Counter { builder: self.builder, memory, slot }
    }

    /// Claims the phase of an oscillator, in turns, 0 at rest: one in each channel. Another kind of oscillator that takes
    /// this one's place goes on with it.
    pub fn phase(&self) -> Counter<'b> {
        let phase = self.counter();
        self.builder.phase(self.instance, phase.slot);
        phase
    }

    /// Claims a ring that reaches `frames` back, silent at rest.
    pub fn line(&self, frames: u32) -> Line<'b> {
        let written = self.counter();
        // The newest sample is zero frames old, the straight line between two frames ends one further back, and a program
        // that fades out reads a quantum later than its successor writes.
        let slots = frames.saturating_add(2 + QUANTUM as u32);
        let memory = self.builder.claim_line(self.instance, slots, frames, written.slot);
        Line { builder: self.builder, memory, written }
    }

    /// Claims a number that differs from instance to instance and channel to channel, and is the same in every run.
    pub fn seed(&self) -> I<'b> {
        self.builder.int(self.builder.claim_seed(self.instance))
    }

    /// Beats since the engine started: of this frame, and of the frame before, which was below 0 before the first one.
    pub fn beats(&self) -> (F<'b>, F<'b>) {
        let beat = |ago| self.builder.real(self.builder.beat(ago));
        (beat(0), beat(1))
    }

    /// A table of numbers to be read by index.
    pub fn table(&self, numbers: &[f64]) -> Table<'b> {
        Table { builder: self.builder, memory: self.builder.table(numbers) }
    }
}

/// A float that is remembered from frame to frame.
#[derive(Clone, Copy)]
pub struct Cell<'b> {
    builder: &'b Builder,
    memory: MemoryId,
    slot: u32,
}

impl<'b> Cell<'b> {
    /// What was set last.
    pub fn get(self) -> F<'b> {
        self.builder.real(self.builder.load(Type::Real, self.memory, self.slot))
    }

    /// Remembers a value.
    pub fn set(self, value: F<'b>) {
        self.builder.store(self.memory, self.slot, value.id());
    }
}

/// An integer that is remembered from frame to frame.
#[derive(Clone, Copy)]
pub struct Counter<'b> {
    builder: &'b Builder,
    memory: MemoryId,
    slot: u32,
}

impl<'b> Counter<'b> {
    /// What was set last.
    pub fn get(self) -> I<'b> {
        self.builder.int(self.builder.load(Type::Int, self.memory, self.slot))
    }

    /// Remembers a value.
    pub fn set(self, value: I<'b>) {
        self.builder.store(self.memory, self.slot, value.id());
    }
}

/// The newest samples of a signal.
pub struct Line<'b> {
    builder: &'b Builder,
    memory: MemoryId,
    written: Counter<'b>,
}

/// A line after this frame's sample was written: what taps read.
pub struct Tape<'b> {
    builder: &'b Builder,
    memory: MemoryId,
    newest: I<'b>,
}

impl<'b> Line<'b> {
    /// Writes this frame's sample over the oldest one.
    pub fn write(&self, sample: F<'b>) -> Tape<'b> {
        let newest = self.written.get();
        self.builder.store_at(self.memory, newest.id(), Bound::Wrap, sample.id());
        self.written.set(newest + newest.lit(1));
        Tape { builder: self.builder, memory: self.memory, newest }
    }

    /// The line before this frame's sample is written: a tap at 0 reads the previous frame's.
    pub fn before(&self) -> Tape<'b> {
        let next = self.written.get();
        Tape { builder: self.builder, memory: self.memory, newest: next - next.lit(1) }
    }
}

impl<'b> Tape<'b> {
    /// The sample that is a whole number of frames old.
    pub fn behind(&self, frames: I<'b>) -> F<'b> {
        let index: ValueId = (self.newest - frames).id();
        self.builder.real(self.builder.load_at(Type::Real, self.memory, index, Bound::Wrap))
    }

    /// The sample between two frames, on the straight line through them. Exact where `frames` is whole.
    pub fn between(&self, frames: F<'b>) -> F<'b> {
        let whole = frames.floor();
        let part = frames - whole;
        // The integer stands in the low bits, and a ring looks at no others.
        let near = (whole + INTEGER).to_bits();
        let newer = self.behind(near);
        let older = self.behind(near + near.lit(1));
        part.mul_add(older - newer, newer)
    }
}

/// Numbers that are only read.
pub struct Table<'b> {
    builder: &'b Builder,
    memory: MemoryId,
}

impl<'b> Table<'b> {
    /// The number at an index; indexes beyond the ends give the end.
    pub fn at(&self, index: I<'b>) -> F<'b> {
        self.builder.real(self.builder.load_at(Type::Real, self.memory, index.id(), Bound::Clamp))
    }
}
