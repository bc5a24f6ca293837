//! Memory that tests lend to a program, and what is in it afterwards. It decides nothing about programs.

use aither::engine::Transport;
use aither::ir::call::{Call, QUANTUM, Run, Span, Stamp};
use aither::ir::{Owner, Program, Source};

use crate::heap::no_heap;

/// Everything that a call needs.
#[derive(Clone)]
pub struct Lent {
    pub constants: Vec<u64>,
    pub memories: Vec<Vec<u64>>,
    pub faults: Vec<u64>,
    pub position: [f64; 3],
    pub transport: Transport,
    channels: usize,
    pub frame: u64,
    /// The constants and where the memories lay in the latest run, and the stamp of both.
    latest: Option<(Vec<u64>, Vec<[u64; 4]>, Stamp)>,
}

impl Lent {
    /// Memory for a program: tables filled, all else zero.
    pub fn new(program: &Program) -> Lent {
        let bits = |source: Source| match source {
            Source::Bits(bits) => bits,
            Source::Seed(instance, number) => {
                0x9e37_79b9_7f4a_7c15 ^ ((instance.index() as u64) << 32 | u64::from(number))
            }
        };
        let slots = |owner: Owner, len: u32| match owner {
            Owner::Table(number) => program.tables[number as usize].iter().map(|number| number.to_bits()).collect(),
            _ => vec![0; len as usize],
        };
        Lent {
            constants: program.constants.iter().map(|constant| bits(constant.source)).collect(),
            memories: program.memories.iter().map(|memory| slots(memory.owner, memory.len)).collect(),
            faults: vec![0; program.faults.len()],
            position: [0.25, -3.0, 1e9],
            transport: Transport::new(48_000),
            channels: program.channels as usize,
            frame: 0,
            latest: None,
        }
    }

    /// Renders the next frames: channel after channel. Fails if that calls the heap.
    pub fn run(&mut self, runner: &mut dyn Run, frames: usize) -> Vec<f64> {
        self.redirected(runner, frames, &mut [])
    }

    /// Where its memories lie; stores at computed places in those that `elsewhere` has a row for go there.
    pub fn spans(&mut self, elsewhere: &mut [Vec<u64>]) -> Vec<Span> {
        let mut spans = Vec::new();
        for (index, memory) in self.memories.iter_mut().enumerate() {
            let (base, last) = (memory.as_mut_ptr(), memory.len().saturating_sub(1) as u64);
            let other = elsewhere.get_mut(index).map(|row| (row.as_mut_ptr(), row.len() as u64 - 1));
            let (write_base, write_last) = other.unwrap_or((base, last));
            spans.push(Span { base, last, write_base, write_last });
        }
        spans
    }

    /// The same as in the latest run, if everything lies where it lay.
    pub fn stamp(&mut self, spans: &[Span]) -> Stamp {
        let place = |span: &Span| [span.base as u64, span.last, span.write_base as u64, span.write_last];
        let spans = spans.iter().map(place).collect::<Vec<_>>();
        match &self.latest {
            Some((constants, known, stamp)) if (constants, known) == (&self.constants, &spans) => *stamp,
            _ => self.latest.insert((self.constants.clone(), spans, Stamp::fresh())).2,
        }
    }

    /// Renders the next frames; stores at computed places in memories that `elsewhere` has a row for go there.
    pub fn redirected(&mut self, runner: &mut dyn Run, frames: usize, elsewhere: &mut [Vec<u64>]) -> Vec<f64> {
        let mut output = vec![f64::MAX; self.channels * QUANTUM];
        let spans = self.spans(elsewhere);
        let stamp = self.stamp(&spans);
        self.transport.advance(frames);
        let call = Call {
            constants: self.constants.as_ptr(),
            spans: spans.as_ptr(),
            output: output.as_mut_ptr(),
            faults: self.faults.as_mut_ptr(),
            position: self.position.as_ptr(),
            beats: self.transport.beats().as_ptr(),
            tempo: self.transport.tempo(),
            frame: self.frame,
            frames: frames as u64,
            stamp,
        };
        // SAFETY: all tables have the program's lengths and live until the call returns.
        no_heap(|| unsafe { runner.run(&call) });
        self.frame += frames as u64;
        (0..self.channels).flat_map(|channel| output[channel * QUANTUM..][..frames].to_vec()).collect()
    }
}

/// Whether two numbers are the same bits, or both NaN.
pub fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}
