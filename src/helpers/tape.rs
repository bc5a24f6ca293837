//! Rings that remember the newest samples, and how they are read between two frames. They claim nothing by themselves.

use super::site::Counter;
use crate::dsp::between;
use crate::dsp::float::{Float, Int};
use crate::ir::call::QUANTUM;
use crate::ir::{Bound, Builder, F, I, InstanceId, MemoryId, Type};

/// Three halves of 2^52: added to a whole number below 2^51, it leaves that number in the low bits.
const INTEGER: f64 = 6_755_399_441_055_744.0;

/// The newest samples of a signal.
#[derive(Clone, Copy)]
pub struct Line<'b> {
    builder: &'b Builder,
    memory: MemoryId,
    written: Counter<'b>,
}

/// A line after this frame's sample was written: what taps read.
#[derive(Clone, Copy)]
pub struct Tape<'b> {
    builder: &'b Builder,
    memory: MemoryId,
    newest: I<'b>,
}

impl<'b> Line<'b> {
    /// A ring of an instance that reaches `frames` back; `written` counts what is written to it.
    pub(super) fn claim(builder: &'b Builder, instance: InstanceId, frames: u32, written: Counter<'b>) -> Line<'b> {
        // The newest sample is zero frames old, a curve between two frames ends some further back, and a program that fades
        // out reads a quantum later than its successor writes.
        let slots = frames.saturating_add(1 + between::AROUND as u32 + QUANTUM as u32);
        let memory = builder.claim_line(instance, slots, frames, written.slot());
        Line { builder, memory, written }
    }

    /// Writes this frame's sample over the oldest one.
    pub fn write(&self, sample: F<'b>) -> Tape<'b> {
        let newest = self.written.get();
        self.store(newest, sample);
        self.written.set(newest + newest.lit(1));
        Tape { builder: self.builder, memory: self.memory, newest }
    }

    /// Writes this frame's samples to lines that share a count.
    pub fn write_all<const N: usize>(lines: &[Line<'b>; N], samples: [F<'b>; N]) -> [Tape<'b>; N] {
        let newest = lines[0].written.get();
        lines.iter().zip(samples).for_each(|(line, sample)| line.store(newest, sample));
        lines[0].written.set(newest + newest.lit(1));
        lines.map(|line| Tape { builder: line.builder, memory: line.memory, newest })
    }

    fn store(&self, at: I<'b>, sample: F<'b>) {
        self.builder.store_at(self.memory, at.id(), Bound::Wrap, sample.id());
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
        self.load(self.newest - frames)
    }

    fn load(&self, index: I<'b>) -> F<'b> {
        self.builder.real(self.builder.load_at(Type::Real, self.memory, index.id(), Bound::Wrap))
    }

    /// The sound between two frames, on the straight line through them: never louder than they are, so it may stand in a loop,
    /// but the highs are softer. Exact where `frames` is whole.
    pub fn between(&self, frames: F<'b>) -> F<'b> {
        let (near, part) = split(frames);
        let newest = self.newest - near;
        let (newer, older) = (self.load(newest), self.load(newest - near.lit(1)));
        part.mul_add(older - newer, newer)
    }

    /// The sound between two frames, on the cubic through the four around it (Lagrange). Exact where `frames` is whole; it must be at
    /// least 1. It dulls less than a straight line, but where `frames` moves it may be louder than any of the four.
    pub fn cubic(&self, frames: F<'b>) -> F<'b> {
        let (near, part) = split(frames);
        let (up, down, far) = (part + 1.0, part - 1.0, part - 2.0);
        let (inner, outer) = (down * far, up * part);
        let weights = [part * inner * (-1.0 / 6.0), up * inner * 0.5, outer * far * -0.5, outer * down * (1.0 / 6.0)];
        let samples = [-1, 0, 1, 2].map(|n| self.behind(near + near.lit(n)));
        let terms = samples.into_iter().zip(weights);
        terms.fold(part.lit(0.0), |sum, (sample, weight)| sample.mul_add(weight, sum))
    }

    /// The sound between two frames as it was, highs included (see [`between`]), from five frames on; nearer than that on
    /// the straight line, for want of neighbours. Exact where `frames` is whole.
    pub fn at(&self, frames: F<'b>) -> F<'b> {
        let (near, part) = split(frames);
        let newest = self.newest - near;
        let sample = |behind: i64| self.load(newest - near.lit(behind));
        let (newer, older) = (sample(0), sample(1));
        let straight = part.mul_add(older - newer, newer);
        let known = frames.ge(frames.lit(between::AROUND as f64 - 1.0));
        let weights = between::weights(part, known).into_iter().enumerate();
        weights.fold(straight, |sum, (n, [newer, older])| {
            let n = n as i64;
            older.mul_add(sample(1 + n), newer.mul_add(sample(-n), sum))
        })
    }
}

/// The whole number of frames, and what is left, from 0 to 1.
fn split<'b>(frames: F<'b>) -> (I<'b>, F<'b>) {
    let whole = frames.floor();
    // The integer stands in the low bits, and a ring looks at no others.
    ((whole + INTEGER).to_bits(), frames - whole)
}
