//! Small programs written by hand, and an engine on one thread to play them.

use std::cell::Cell;
use std::f64::consts::TAU;
use std::sync::Arc;

use aither::engine::{
    self, Change, Control, Event, Extents, Ghost, Install, Join, Machine, Move, Parts, Renderer, Settings, SlotId,
    Transaction,
};
use aither::ir::call::{Call, QUANTUM, Run, Span};
use aither::memory::Arena;

use crate::heap::no_heap;

/// A program: what it does with its constants, its first memory, and its output, frame by frame.
pub struct Plain<F>(F);

/// What a [`Plain`] program sees of one frame.
pub struct Frame<'a> {
    pub call: &'a Call,
    index: usize,
}

impl Frame<'_> {
    pub fn number(&self) -> u64 {
        self.call.frame + self.index as u64
    }

    pub fn constant(&self, index: usize) -> f64 {
        // SAFETY: the tests give every program the constants that it reads.
        f64::from_bits(unsafe { *self.call.constants.add(index) })
    }

    pub fn span(&self, index: usize) -> Span {
        // SAFETY: the tests give every program the spans that it reads.
        unsafe { *self.call.spans.add(index) }
    }

    pub fn cell(&self, index: usize) -> &Cell<f64> {
        // SAFETY: as above; only the program that runs touches its cells.
        unsafe { &*self.span(0).base.add(index).cast::<Cell<f64>>() }
    }

    pub fn put(&self, channel: usize, sample: f64) {
        // SAFETY: the tests give every program the channels that it writes.
        unsafe { *self.call.output.add(channel * QUANTUM + self.index) = sample };
    }
}

impl<F: FnMut(&Frame) + Send> Run for Plain<F> {
    unsafe fn run(&mut self, call: &Call) {
        for index in 0..call.frames as usize {
            (self.0)(&Frame { call, index });
        }
    }

    fn code_bytes(&self) -> usize {
        0
    }
}

/// Always its first constants, one for each channel.
pub fn level(values: &[f64]) -> Box<Machine> {
    let count = values.len();
    let run = move |frame: &Frame| (0..count).for_each(|channel| frame.put(channel, frame.constant(channel)));
    machine(run, values, Vec::new(), count)
}

/// A sine of so many cycles per frame; its phase is its cell.
pub fn sine(step: f64, amplitude: f64, memory: &Memory) -> Box<Machine> {
    let run = |frame: &Frame| {
        let phase = frame.cell(0);
        frame.put(0, (TAU * phase.get()).sin() * frame.constant(1));
        phase.set((phase.get() + frame.constant(0)).fract());
    };
    machine(run, &[step, amplitude], vec![memory.span(0, 1)], 1)
}

/// Ticks every 100 frames, each with echoes 50 frames apart. Its cell counts frames; its ring has 128 slots, a quantum more than that at least.
pub fn echo(amplitude: f64, memory: &Memory) -> Box<Machine> {
    let run = |frame: &Frame| {
        let head = frame.cell(0).get() as u64;
        let ring = frame.span(1);
        let tick = if head.is_multiple_of(100) { frame.constant(0) } else { 0.0 };
        // SAFETY: both places are in the ring, or in what takes its place.
        let sound = unsafe {
            let sound = tick + 0.5 * f64::from_bits(*ring.base.add((head.wrapping_sub(50) & ring.last) as usize));
            *ring.write_base.add((head & ring.write_last) as usize) = sound.to_bits();
            sound
        };
        frame.put(0, sound);
        frame.cell(0).set(head as f64 + 1.0);
    };
    machine(run, &[amplitude], vec![memory.span(0, 1), memory.span(1, 128)], 1)
}

pub fn machine(
    run: impl FnMut(&Frame) + Send + 'static,
    constants: &[f64],
    spans: Vec<(Span, Arc<Arena>)>,
    channels: usize,
) -> Box<Machine> {
    hearing(run, constants, spans, channels, 0)
}

/// The same with so many ears.
pub fn hearing(
    run: impl FnMut(&Frame) + Send + 'static,
    constants: &[f64],
    spans: Vec<(Span, Arc<Arena>)>,
    channels: usize,
    ears: usize,
) -> Box<Machine> {
    let (spans, keep): (Vec<Span>, Vec<Arc<Arena>>) = spans.into_iter().unzip();
    let constants = constants.iter().map(|constant| constant.to_bits()).collect::<Vec<_>>();
    let extents = Extents { constants: constants.len(), spans: spans.len(), faults: 1, channels, ears };
    let room = Arena::reserve(extents.slots()).unwrap();
    let (constants, spans, first) = (&constants[..], &spans[..], room.at(0));
    let keep = Box::new((room, keep));
    let parts = Parts {
        run: Box::new(Plain(run)),
        constants,
        spans,
        faults: 1,
        channels,
        shape: None,
        ears,
        beats: true,
        room: first,
        keep,
    };
    // SAFETY: the programs above read the constants and spans that they are given here, and the arenas are kept.
    unsafe { Machine::new(parts) }
}

/// Memory of one signal.
#[derive(Clone)]
pub struct Memory(pub Arc<Arena>);

impl Memory {
    pub fn new() -> Memory {
        Memory(Arena::reserve(256).unwrap())
    }

    pub fn span(&self, start: usize, len: usize) -> (Span, Arc<Arena>) {
        let (base, last) = (self.0.at(start), len as u64 - 1);
        (Span { base, last, write_base: base, write_last: last }, self.0.clone())
    }

    pub fn bits(&self) -> Vec<u64> {
        // SAFETY: the tests look when nothing renders.
        (0..256).map(|slot| unsafe { *self.0.at(slot) }).collect()
    }

    /// The old program goes on with a copy of its cell; a ring is read where it is.
    pub fn ghost(&self, ring: bool) -> (Join, Vec<Move>) {
        let mut scratch = vec![0_u64; 2 + Ghost::slots(2)].into_boxed_slice();
        let place = scratch.as_mut_ptr();
        // SAFETY: the scratch has two slots and those for two spans, and lives in the ghost; the arena lives in the old machine.
        unsafe {
            let mut spans = vec![Span { base: place, last: 0, write_base: place, write_last: 0 }];
            if ring {
                spans.push(Span { base: self.0.at(1), last: 127, write_base: place.add(1), write_last: 0 });
            }
            (Join::Copy(Ghost::new(&spans, place.add(2), Box::new(scratch))), vec![Move::new(self.0.at(0), place, 1)])
        }
    }
}

/// Both halves, on one thread.
pub struct Stage {
    pub renderer: Renderer,
    pub control: Control,
    pub playing: Vec<SlotId>,
}

impl Stage {
    pub fn new(channels: usize) -> Stage {
        Stage::with(Settings {
            channels,
            max_signals: 8,
            envelopes: 8,
            commands: 16,
            events: 16,
            ..Settings::default()
        })
    }

    pub fn with(settings: Settings) -> Stage {
        let (renderer, control) = engine::new(settings);
        Stage { renderer, control, playing: Vec::new() }
    }

    pub fn send(&mut self, changes: Vec<Change>) -> u64 {
        for change in &changes {
            let slot = change.slot();
            match change {
                Change::Install(_) if !self.playing.contains(&slot) => self.playing.push(slot),
                Change::Install(_) => {}
                Change::Remove { .. } => self.playing.retain(|other| *other != slot),
                Change::Hear { .. } | Change::Mute { .. } => {}
            }
        }
        let sent = self.control.send(Transaction { changes, order: self.playing.clone(), ..Transaction::default() });
        sent.unwrap_or_else(|unsent| panic!("{}", unsent.busy))
    }

    pub fn start(&mut self, machine: Box<Machine>) -> SlotId {
        let slot = self.control.claim().unwrap();
        self.send(vec![Change::Install(Install::new(slot, machine))]);
        slot
    }

    pub fn replace(&mut self, slot: SlotId, machine: Box<Machine>, join: Join, moves: Vec<Move>, frames: u32) -> u64 {
        self.send(vec![Change::Install(Install::new(slot, machine).join(join, frames).moves(moves))])
    }

    pub fn remove(&mut self, slot: SlotId, frames: u32) -> u64 {
        self.send(vec![Change::Remove { slot, frames }])
    }

    /// So many quanta of every channel, one list for each.
    pub fn render(&mut self, quanta: usize) -> Vec<Vec<f64>> {
        let channels = self.renderer.channels();
        let mut sound = vec![Vec::with_capacity(quanta * QUANTUM); channels];
        for _ in 0..quanta {
            let master = no_heap(|| self.renderer.render_quantum());
            for (sound, channel) in sound.iter_mut().zip(master.chunks(QUANTUM)) {
                sound.extend_from_slice(channel);
            }
        }
        sound
    }

    pub fn mono(&mut self, quanta: usize) -> Vec<f64> {
        self.render(quanta).remove(0)
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.control.poll()).collect()
    }
}

pub fn bits(samples: &[f64]) -> Vec<u64> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

pub fn largest_step(samples: &[f64]) -> f64 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
}
