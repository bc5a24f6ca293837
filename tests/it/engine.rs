//! What the engine promises of swaps, fades, mix and limiter, with small programs written by hand.

use std::cell::Cell;
use std::f64::consts::TAU;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;

use aither::engine::limiter::{KNEE, limit};
use aither::engine::{
    self, Change, Command, Control, Event, Ghost, Home, Install, Join, Machine, Move, Parts, Renderer, Settings,
    SlotId, Transaction,
};
use aither::ir::call::{Call, QUANTUM, Run, Span};
use aither::memory::Arena;
use proptest::prelude::*;

use crate::heap::{live_blocks, no_heap};

/// A program: what it does with its constants, its first memory, and its output, frame by frame.
struct Plain<F>(F);

/// What a [`Plain`] program sees of one frame.
struct Frame<'a> {
    call: &'a Call,
    index: usize,
}

impl Frame<'_> {
    fn number(&self) -> u64 {
        self.call.frame + self.index as u64
    }

    fn constant(&self, index: usize) -> f64 {
        // SAFETY: the tests give every program the constants that it reads.
        f64::from_bits(unsafe { *self.call.constants.add(index) })
    }

    fn span(&self, index: usize) -> Span {
        // SAFETY: the tests give every program the spans that it reads.
        unsafe { *self.call.spans.add(index) }
    }

    fn cell(&self, index: usize) -> &Cell<f64> {
        // SAFETY: as above; only the program that runs touches its cells.
        unsafe { &*self.span(0).base.add(index).cast::<Cell<f64>>() }
    }

    fn put(&self, channel: usize, sample: f64) {
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
fn level(values: &[f64]) -> Box<Machine> {
    let count = values.len();
    let run = move |frame: &Frame| (0..count).for_each(|channel| frame.put(channel, frame.constant(channel)));
    machine(run, values, Vec::new(), count)
}

/// A sine of so many cycles per frame; its phase is its cell.
fn sine(step: f64, amplitude: f64, memory: &Memory) -> Box<Machine> {
    let run = |frame: &Frame| {
        let phase = frame.cell(0);
        frame.put(0, (TAU * phase.get()).sin() * frame.constant(1));
        phase.set((phase.get() + frame.constant(0)).fract());
    };
    machine(run, &[step, amplitude], vec![memory.span(0, 1)], 1)
}

/// Ticks every 100 frames, each with echoes 50 frames apart. Its cell counts frames; its ring has 128 slots, a quantum more than that at least.
fn echo(amplitude: f64, memory: &Memory) -> Box<Machine> {
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

fn machine(
    run: impl FnMut(&Frame) + Send + 'static,
    constants: &[f64],
    spans: Vec<(Span, Arc<Arena>)>,
    channels: usize,
) -> Box<Machine> {
    let (spans, keep): (Vec<Span>, Vec<Arc<Arena>>) = spans.into_iter().unzip();
    let constants = constants.iter().map(|constant| constant.to_bits()).collect();
    let parts =
        Parts { run: Box::new(Plain(run)), constants, spans: spans.into(), faults: 1, channels, keep: Box::new(keep) };
    // SAFETY: the programs above read the constants and spans that they are given here, and the arenas are kept.
    unsafe { Machine::new(parts) }
}

/// Memory of one signal.
#[derive(Clone)]
struct Memory(Arc<Arena>);

impl Memory {
    fn new() -> Memory {
        Memory(Arena::reserve(256).unwrap())
    }

    fn span(&self, start: usize, len: usize) -> (Span, Arc<Arena>) {
        let (base, last) = (self.0.at(start), len as u64 - 1);
        (Span { base, last, write_base: base, write_last: last }, self.0.clone())
    }

    fn bits(&self) -> Vec<u64> {
        // SAFETY: the tests look when nothing renders.
        (0..256).map(|slot| unsafe { *self.0.at(slot) }).collect()
    }

    /// The old program goes on with a copy of its cell; a ring is read where it is.
    fn ghost(&self, ring: bool) -> (Join, Vec<Move>) {
        let mut scratch = vec![0_u64; 2].into_boxed_slice();
        let place = scratch.as_mut_ptr();
        // SAFETY: the scratch has two slots and lives in the ghost; the arena lives in the old machine.
        unsafe {
            let mut spans = vec![Span { base: place, last: 0, write_base: place, write_last: 0 }];
            if ring {
                spans.push(Span { base: self.0.at(1), last: 127, write_base: place.add(1), write_last: 0 });
            }
            (Join::Copy(Ghost::new(spans.into(), scratch)), vec![Move::new(self.0.at(0), place, 1)])
        }
    }
}

/// Both halves, on one thread.
struct Stage {
    renderer: Renderer,
    control: Control,
    playing: Vec<SlotId>,
}

impl Stage {
    fn new(channels: usize) -> Stage {
        Stage::with(Settings { channels, max_signals: 8, envelopes: 8, commands: 16, events: 16, rate: 48_000 })
    }

    fn with(settings: Settings) -> Stage {
        let (renderer, control) = engine::new(settings);
        Stage { renderer, control, playing: Vec::new() }
    }

    fn send(&mut self, changes: Vec<Change>) -> u64 {
        for change in &changes {
            let slot = change.slot();
            match change {
                Change::Install(_) if !self.playing.contains(&slot) => self.playing.push(slot),
                Change::Install(_) => {}
                Change::Remove { .. } => self.playing.retain(|other| *other != slot),
            }
        }
        let sent = self.control.send(Transaction { changes, order: self.playing.clone() });
        sent.unwrap_or_else(|unsent| panic!("{}", unsent.busy))
    }

    fn start(&mut self, machine: Box<Machine>) -> SlotId {
        let slot = self.control.claim().unwrap();
        self.send(vec![Change::Install(Install::new(slot, machine))]);
        slot
    }

    fn replace(&mut self, slot: SlotId, machine: Box<Machine>, join: Join, moves: Vec<Move>, frames: u32) -> u64 {
        self.send(vec![Change::Install(Install::new(slot, machine).join(join, frames).moves(moves))])
    }

    fn remove(&mut self, slot: SlotId, frames: u32) -> u64 {
        self.send(vec![Change::Remove { slot, frames }])
    }

    /// So many quanta of every channel, one list for each.
    fn render(&mut self, quanta: usize) -> Vec<Vec<f64>> {
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

    fn mono(&mut self, quanta: usize) -> Vec<f64> {
        self.render(quanta).remove(0)
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.control.poll()).collect()
    }
}

fn bits(samples: &[f64]) -> Vec<u64> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

fn largest_step(samples: &[f64]) -> f64 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
}

#[test]
fn the_samples_do_not_depend_on_the_device_buffer() {
    let play = |buffer: usize| {
        let mut stage = Stage::new(2);
        stage.start(sine(0.01, 0.2, &Memory::new()));
        let slot = stage.start(echo(0.3, &Memory::new()));
        stage.control.command(Command::Gain { slot, linear: 0.1, seconds: 0.02 }).unwrap();
        let mut sound = vec![0.0_f32; 2 * 5000];
        sound.chunks_mut(2 * buffer).for_each(|part| no_heap(|| stage.renderer.render(part, 2)));
        sound.iter().map(|sample| sample.to_bits()).collect::<Vec<u32>>()
    };
    let whole = play(5000);
    assert!(whole.iter().any(|sample| *sample != 0));
    for buffer in [1, 7, 64, 441, 512, 4096] {
        assert!(play(buffer) == whole, "buffers of {buffer} frames");
    }
}

#[test]
fn a_buffer_of_f64_holds_the_quanta_interleaved_and_odd_ends_are_silent() {
    let (mut one, mut other) = (Stage::new(2), Stage::new(2));
    for stage in [&mut one, &mut other] {
        stage.start(sine(0.01, 0.2, &Memory::new()));
        stage.start(level(&[0.1, -0.1]));
    }
    let planes = one.render(2);
    let mut sound = [9.0; 2 * 100 + 1];
    other.renderer.render_f64(&mut sound);
    for frame in 0..100 {
        assert_eq!([sound[2 * frame], sound[2 * frame + 1]], [planes[0][frame], planes[1][frame]]);
    }
    assert_eq!(sound[200], 0.0);
}

#[test]
fn channels_go_where_the_mix_says() {
    let play = |outputs: usize, values: &[f64]| {
        let mut stage = Stage::new(outputs);
        stage.start(level(values));
        stage.render(1).iter().map(|channel| channel[0]).collect::<Vec<f64>>()
    };
    assert_eq!(play(3, &[0.1]), [0.1, 0.1, 0.1], "one channel goes to all");
    assert_eq!(play(3, &[0.1, 0.2]), [0.1, 0.2, 0.0], "two go to the first two");
    assert_eq!(play(1, &[0.1, 0.2]), [0.1 + 0.2], "two add up in one");
    assert_eq!(play(2, &[0.1, 0.2, 0.03]), [0.1 + 0.03, 0.2], "the third goes round");
    let device = |channels: usize| {
        let mut stage = Stage::new(2);
        stage.start(level(&[0.25, 0.125]));
        let mut sound = vec![9.0_f32; channels];
        stage.renderer.render(&mut sound, channels);
        sound
    };
    assert_eq!(device(1), [0.1875], "a device of one channel gets the average");
    assert_eq!(device(2), [0.25, 0.125]);
    assert_eq!(device(4), [0.25, 0.125, 0.0, 0.0]);
}

#[test]
fn signals_are_added_up_in_the_order_of_the_mix() {
    let values = [0.069, 0.041, 0.083];
    let expected = (values[0] + values[1]) + values[2];
    assert_ne!(expected, (values[2] + values[0]) + values[1], "the order can be told from the sum");
    let mut stage = Stage::new(1);
    let slots: Vec<SlotId> = (0..3).map(|_| stage.control.claim().unwrap()).collect();
    let install = |place: usize| Change::Install(Install::new(slots[[2, 0, 1][place]], level(&[values[place]])));
    stage.playing = vec![slots[2], slots[0], slots[1]];
    stage.send((0..3).map(install).collect());
    assert_eq!(stage.mono(1)[0], expected);
    stage.playing = vec![slots[1], slots[2], slots[0]];
    stage.send(Vec::new());
    assert_eq!(stage.mono(1)[0], (values[2] + values[0]) + values[1]);
}

#[test]
fn a_signal_that_fades_out_keeps_its_place_in_the_sum() {
    let values = [0.069, 0.041, 0.083];
    let mut stage = Stage::new(1);
    let slots = values.map(|value| stage.start(level(&[value])));
    stage.mono(1);
    stage.remove(slots[1], 640);
    let weight = 1.0 / 640.0 * 639.0;
    assert_ne!((values[0] + values[1] * weight) + values[2], (values[0] + values[2]) + values[1] * weight);
    assert_eq!(stage.mono(1)[0], (values[0] + values[1] * weight) + values[2]);
    assert_eq!(stage.mono(10)[639], values[0] + values[2]);
}

#[test]
fn untouched_signals_continue_bit_for_bit_while_another_is_exchanged_and_removed() {
    let play = |edits: bool| {
        let mut stage = Stage::new(2);
        let memory = [Memory::new(), Memory::new()];
        let slot = stage.control.claim().unwrap();
        let both = machine(
            |frame| {
                frame.cell(0).set((frame.cell(0).get() + 0.0123).fract());
                frame.put(0, frame.cell(0).get() * 0.3);
                frame.put(1, 0.0);
            },
            &[],
            vec![memory[0].span(0, 1)],
            2,
        );
        stage.send(vec![Change::Install(Install::new(slot, both))]);
        let right = |value: f64| level(&[0.0, value]);
        let other = stage.start(right(0.1));
        let mut sound = stage.render(10);
        for round in 0..20 {
            if edits {
                if !stage.playing.contains(&other) && !stage.control.is_leaving(other) {
                    assert_eq!(stage.control.claim(), Some(other));
                }
                match round % 4 {
                    3 => stage.remove(other, 100),
                    _ => stage.replace(other, right(0.01 * f64::from(round)), Join::Own, Vec::new(), 200),
                };
            }
            for (sound, more) in sound.iter_mut().zip(stage.render(7)) {
                sound.extend(more);
            }
            stage.control.collect();
        }
        sound
    };
    let (edited, untouched) = (play(true), play(false));
    assert!(bits(&edited[0]) == bits(&untouched[0]));
    assert!(bits(&edited[1]) != bits(&untouched[1]), "the edits can be heard");
}

#[test]
fn a_fade_is_a_straight_line_from_old_to_new() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.25]));
    stage.mono(1);
    stage.replace(slot, level(&[-0.35]), Join::Own, Vec::new(), 150);
    let sound = stage.mono(4);
    for (frame, sample) in sound.iter().enumerate() {
        let weight = (frame as f64 + 1.0) / 150.0;
        let expected = if frame < 149 { 0.25 * (1.0 - weight) - 0.35 * weight } else { -0.35 };
        assert!((sample - expected).abs() < 1e-15, "frame {frame}: {sample} instead of {expected}");
    }
    assert_eq!(sound[149], -0.35, "the last frame of the fade is the new program's");
    stage.replace(slot, level(&[0.1]), Join::Own, Vec::new(), 0);
    assert_eq!(stage.mono(1)[0], 0.1, "0 cuts");
}

#[test]
fn a_fade_between_equals_changes_no_bit() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.123456789]));
    stage.mono(1);
    stage.replace(slot, level(&[0.123456789]), Join::Own, Vec::new(), 333);
    assert!(stage.mono(8).iter().all(|sample| *sample == 0.123456789));
}

#[test]
fn state_goes_on_as_if_the_old_program_had_not_run_on() {
    let play = |fade: u32| {
        let memory = [Memory::new(), Memory::new()];
        let mut stage = Stage::new(1);
        let slots = [stage.start(sine(0.01, 0.2, &memory[0])), stage.start(echo(0.2, &memory[1]))];
        stage.mono(9);
        for (slot, memory, ring) in [(slots[0], &memory[0], false), (slots[1], &memory[1], true)] {
            let (join, moves) = memory.ghost(ring);
            let successor = if ring { echo(0.1, memory) } else { sine(0.01, 0.1, memory) };
            stage.replace(slot, successor, join, moves, fade);
        }
        let sound = stage.mono(30);
        (memory[0].bits(), memory[1].bits(), sound)
    };
    let (cut, faded) = (play(0), play(960));
    assert!(cut.0 == faded.0 && cut.1 == faded.1, "the ghost left a trace");
    assert!(cut.0[0] != 0 && cut.1.iter().filter(|bits| **bits != 0).count() > 2);
    assert!(cut.2[..900] != faded.2[..900]);
    assert!(bits(&cut.2[960..]) == bits(&faded.2[960..]), "after the fade only the new program is heard");
}

#[test]
fn a_ghost_sounds_exactly_like_the_program_that_it_was() {
    let memory = Memory::new();
    let mut stage = Stage::new(1);
    let slot = stage.start(echo(0.2, &memory));
    stage.mono(9);
    let (join, moves) = memory.ghost(true);
    stage.replace(slot, echo(0.2, &memory), join, moves, 960);
    let sound = stage.mono(20);
    let mut alone = Stage::new(1);
    alone.start(echo(0.2, &Memory::new()));
    alone.mono(9);
    assert!(bits(&sound) == bits(&alone.mono(20)), "equal programs on equal state fade without a trace");
}

#[test]
fn a_change_in_the_middle_of_a_fade_starts_where_the_sound_is() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.4]));
    stage.mono(1);
    let mut sound = stage.mono(1);
    for value in [-0.4, 0.1, -0.2, 0.4, 0.0] {
        stage.replace(slot, level(&[value]), Join::Own, Vec::new(), 960);
        sound.extend(stage.mono(5));
    }
    stage.remove(slot, 960);
    sound.extend(stage.mono(4));
    stage.replace(slot, level(&[0.3]), Join::Own, Vec::new(), 960);
    sound.extend(stage.mono(20));
    assert_eq!(sound.last(), Some(&0.3));
    assert!(largest_step(&sound) < 2.5 / 960.0, "a step of {}", largest_step(&sound));
}

#[test]
fn a_sine_through_overlapping_edits_has_no_step_above_its_slope() {
    let memory = Memory::new();
    let (step, fade) = (220.0 / 48_000.0, 4800);
    let mut stage = Stage::new(1);
    let slot = stage.start(sine(step, 0.3, &memory));
    let mut sound = stage.mono(20);
    for edit in 0..40 {
        let (join, moves) = memory.ghost(false);
        let successor = sine(step * (1.0 + 0.01 * f64::from(edit % 3)), 0.2 + 0.1 * f64::from(edit % 2), &memory);
        stage.replace(slot, successor, join, moves, fade);
        sound.extend(stage.mono(1 + edit as usize % 9));
        stage.control.collect();
        stage.events();
    }
    sound.extend(stage.mono(100));
    let slope = TAU * step * 0.3;
    assert!(largest_step(&sound) < 1.5 * slope, "a step of {} at a slope of {slope}", largest_step(&sound));
}

#[derive(Clone, Debug)]
enum Edit {
    Install { value: f64, own: bool, frames: u32 },
    Remove { frames: u32 },
    Gain { linear: f64, frames: u32 },
    Mute { on: bool, frames: u32 },
    Wait { quanta: usize },
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let frames = || 960..5000_u32;
    prop_oneof![
        4 => (-0.2..0.2, any::<bool>(), frames()).prop_map(|(value, own, frames)| Edit::Install { value, own, frames }),
        2 => frames().prop_map(|frames| Edit::Remove { frames }),
        1 => (0.0..2.0, frames()).prop_map(|(linear, frames)| Edit::Gain { linear, frames }),
        1 => (any::<bool>(), frames()).prop_map(|(on, frames)| Edit::Mute { on, frames }),
        6 => (1..80_usize).prop_map(|quanta| Edit::Wait { quanta }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_overlap_of_fades_makes_a_step(edits in prop::collection::vec(any_edit(), 1..40)) {
        let mut stage = Stage::with(Settings { channels: 1, max_signals: 1, envelopes: 64, ..Settings::default() });
        let slot = stage.control.claim().unwrap();
        stage.send(vec![Change::Install(Install::new(slot, level(&[0.1])).fade_in(960))]);
        let mut sound = vec![0.0];
        sound.extend(stage.mono(3));
        for edit in &edits {
            match *edit {
                Edit::Install { value, own, frames } => {
                    let join = if own { Join::Own } else { Join::Stop };
                    let gone = !stage.playing.contains(&slot) && !stage.control.is_leaving(slot);
                    if gone {
                        prop_assert_eq!(stage.control.claim(), Some(slot));
                    }
                    let install = Install::new(slot, level(&[value])).join(join, frames).fade_in(frames);
                    stage.send(vec![Change::Install(install)]);
                }
                Edit::Remove { frames } if stage.playing.contains(&slot) => { stage.remove(slot, frames); }
                Edit::Gain { linear, frames } if stage.playing.contains(&slot) => {
                    stage.control.command(Command::Gain { slot, linear, seconds: f64::from(frames) / 48_000.0 }).unwrap();
                }
                Edit::Mute { on, frames } if stage.playing.contains(&slot) => {
                    stage.control.command(Command::Mute { slot, on, seconds: f64::from(frames) / 48_000.0 }).unwrap();
                }
                Edit::Wait { quanta } => sound.extend(stage.mono(quanta)),
                _ => {}
            }
            stage.control.collect();
            stage.events();
        }
        sound.extend(stage.mono(100));
        // A gain of at most 2 over: two values that meet, a residue, presence, gain itself and mute.
        let bound = 2.0 * (0.4 + 0.4 + 0.4 + 0.4 + 0.4) / 960.0;
        prop_assert!(largest_step(&sound) <= bound, "a step of {} above {bound}", largest_step(&sound));
        // With everything over, nothing is out but what the slot plays.
        let Home { settled, .. } = stage.control.collect();
        prop_assert!(stage.control.lent() == 0, "{} lent, settled {settled:?}", stage.control.lent());
    }
}

#[test]
fn a_removed_signal_fades_out_and_comes_home() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.25]));
    stage.mono(1);
    let first = stage.control.collect();
    assert_eq!((first.swaps.len(), first.settled.as_slice()), (1, &[1][..]));
    let ticket = stage.remove(slot, 100);
    let sound = stage.mono(1);
    assert_eq!(sound[49], 0.25 * (1.0 - 50.0 / 100.0));
    assert!(stage.control.collect().swaps.is_empty() && stage.control.is_leaving(slot));
    assert!(stage.mono(1)[36..].iter().all(|sample| *sample == 0.0));
    let home = stage.control.collect();
    assert_eq!((home.swaps.len(), home.swaps[0].machines().count()), (1, 1));
    assert_eq!((home.settled, home.freed), (vec![ticket], vec![slot]));
    assert!(!stage.control.is_leaving(slot));
    assert_eq!(stage.control.claim(), Some(slot), "the slot is free again");
    assert_eq!(stage.control.lent(), 0);
}

#[test]
fn a_signal_starts_at_once_or_comes_up_and_can_start_muted() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.25]));
    assert_eq!(stage.mono(1)[0], 0.25);
    stage.remove(slot, 0);
    assert_eq!(stage.mono(1)[0], 0.0);
    stage.send(vec![Change::Install(Install::new(slot, level(&[0.25])).fade_in(128).level(0.5, false))]);
    let sound = stage.mono(3);
    assert_eq!((sound[0], sound[63], sound[127]), (0.125 / 128.0, 0.0625, 0.125));
    stage.remove(slot, 0);
    stage.mono(1);
    stage.send(vec![Change::Install(Install::new(slot, level(&[0.25])).level(1.0, true))]);
    assert_eq!(stage.mono(1)[0], 0.0);
    stage.control.command(Command::Mute { slot, on: false, seconds: 0.0 }).unwrap();
    assert_eq!(stage.mono(1)[0], 0.25);
}

#[test]
fn a_signal_that_is_put_back_while_it_fades_out_comes_up_from_there() {
    let mut stage = Stage::new(1);
    let memory = Memory::new();
    let slot = stage.start(sine(0.001, 0.4, &memory));
    let mut sound = stage.mono(20);
    stage.remove(slot, 6400);
    sound.extend(stage.mono(50));
    let (join, moves) = memory.ghost(false);
    stage.replace(slot, sine(0.001, 0.4, &memory), join, moves, 640);
    sound.extend(stage.mono(20));
    let mut alone = Stage::new(1);
    alone.start(sine(0.001, 0.4, &Memory::new()));
    assert!(
        bits(&sound[70 * QUANTUM + 640..]) == bits(&alone.mono(90)[70 * QUANTUM + 640..]),
        "phase and level are back"
    );
    assert!(largest_step(&sound) < 1.2 * TAU * 0.001 * 0.4);
    assert_eq!((stage.control.collect().swaps.len(), stage.control.lent()), (3, 0));
}

#[test]
fn memory_is_not_settled_while_an_earlier_program_of_its_slot_may_read_it() {
    let mut stage = Stage::new(1);
    let slots = [stage.start(level(&[0.1])), stage.start(level(&[0.1]))];
    stage.mono(1);
    stage.control.collect();
    let parked = stage.remove(slots[0], 640);
    let elsewhere = stage.remove(slots[1], 0);
    let unregistered = stage.remove(slots[0], 6400);
    stage.mono(1);
    let home = stage.control.collect();
    assert_eq!(home.swaps.len(), 2, "an envelope that waits for nobody comes home");
    assert_eq!(home.settled, [elsewhere]);
    stage.mono(100);
    assert_eq!(stage.control.collect().settled, [parked, unregistered]);
    assert!(!stage.control.is_leaving(slots[0]));
}

#[test]
fn no_more_envelopes_are_lent_than_can_come_home() {
    let mut stage = Stage::new(1);
    let slots: Vec<SlotId> = (0..8).map(|_| stage.start(level(&[0.01]))).collect();
    stage.mono(1);
    // Nobody collects: the way home is full now, and nothing more is lent.
    assert_eq!(stage.control.lent(), 8);
    let transaction =
        Transaction { changes: vec![Change::Remove { slot: slots[0], frames: 0 }], order: slots[1..].to_vec() };
    let unsent = stage.control.send(transaction).err().unwrap();
    assert_eq!(unsent.busy.to_string(), "the audio thread is busy: 8 transactions and 8 messages are still under way");
    assert_eq!(unsent.transaction.changes.len(), 1, "what was not sent comes back");
    stage.mono(10);
    assert_eq!(stage.control.collect().swaps.len(), 8);
    assert!(stage.control.send(unsent.transaction).is_ok());
    stage.mono(1);
    assert_eq!(stage.control.collect().settled.len(), 1);
}

#[test]
fn commands_beyond_what_can_be_answered_are_refused() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.1]));
    let sent = (0..100)
        .take_while(|_| stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 0.0 }).is_ok())
        .count();
    assert_eq!(sent, 8 + 16 - 1);
    stage.mono(1);
    assert!(stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 0.0 }).is_err(), "answers not read yet");
    assert_eq!(stage.events().len(), 24);
    assert!(stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 0.0 }).is_ok());
}

#[test]
fn thousands_of_swaps_call_no_heap_and_leave_nothing_behind() {
    let mut stage = Stage::new(2);
    let memory: Vec<Memory> = (0..4).map(|_| Memory::new()).collect();
    let slots: Vec<SlotId> = memory.iter().map(|memory| stage.start(echo(0.1, memory))).collect();
    let mut baseline = 0;
    for round in 0..4000_usize {
        let at = round % 4;
        let (join, moves) = memory[at].ghost(true);
        let install = Install::new(slots[at], echo(0.1, &memory[at])).join(join, [0, 50, 200][round % 3]).moves(moves);
        assert!(
            stage.control.send(Transaction { changes: vec![Change::Install(install)], order: slots.clone() }).is_ok()
        );
        for _ in 0..1 + round % 5 {
            no_heap(|| stage.renderer.render_quantum().len());
        }
        assert!(stage.control.lent() <= 8);
        drop(stage.control.collect());
        while stage.control.poll().is_some() {}
        if round % 100 == 99 {
            (0..10).for_each(|_| _ = no_heap(|| stage.renderer.render_quantum().len()));
            drop(stage.control.collect());
            assert_eq!(stage.control.lent(), 0);
            if round == 99 {
                baseline = live_blocks();
            }
            assert_eq!(live_blocks(), baseline, "after {round} swaps");
        }
    }
}

#[test]
fn the_renderer_can_live_on_another_thread() {
    let (mut renderer, mut control) =
        engine::new(Settings { max_signals: 1, envelopes: 4, commands: 4, channels: 1, ..Settings::default() });
    let memory = Memory::new();
    let slot = control.claim().unwrap();
    let rounds = 2000;
    let audio = thread::spawn(move || {
        let mut sound = [0.0_f32; 441];
        let mut applied = 0;
        while applied < rounds {
            no_heap(|| renderer.render(&mut sound, 1));
            // The program tells its number.
            applied = (sound[440] * 10_000.0).round() as u32;
            thread::yield_now();
        }
        renderer
    });
    let mut told = Vec::new();
    for round in 1..=rounds {
        let program = level(&[f64::from(round) / 10_000.0]);
        let (join, moves) = if round % 2 == 0 { memory.ghost(false) } else { (Join::Stop, Vec::new()) };
        let install = Install::new(slot, program).join(join, round % 100).moves(moves);
        let mut transaction = Transaction { changes: vec![Change::Install(install)], order: vec![slot] };
        while let Err(unsent) = control.send(transaction) {
            transaction = unsent.transaction;
            control.collect();
            told.extend(std::iter::from_fn(|| control.poll()));
            thread::yield_now();
        }
    }
    let renderer = audio.join().unwrap();
    told.extend(std::iter::from_fn(|| control.poll()));
    control.collect();
    let frames: Vec<(u64, u64)> = told
        .iter()
        .filter_map(|event| match event {
            Event::Applied { ticket, frame } => Some((*ticket, *frame)),
            _ => None,
        })
        .collect();
    assert!(frames.iter().map(|(ticket, _)| *ticket).eq(1..=u64::from(rounds)), "every message is answered, in order");
    assert!(
        frames.windows(2).all(|pair| pair[0].1 <= pair[1].1)
            && frames.iter().all(|(_, frame)| frame.is_multiple_of(64))
    );
    assert!(renderer.frame() > 0);
}

#[test]
fn all_changes_of_a_transaction_take_effect_at_one_boundary_and_say_so() {
    let mut stage = Stage::new(2);
    let memory = Memory::new();
    let slots = [stage.start(level(&[0.1, 0.0])), stage.start(level(&[0.0, 0.1]))];
    let mut buffer = [0.0_f32; 2 * 100];
    stage.renderer.render(&mut buffer, 2);
    stage.control.collect();
    stage.events();
    // SAFETY: the arena lives to the end of the test.
    let moves = unsafe {
        memory.0.at(3).write(0.2_f64.to_bits());
        vec![Move::new(memory.0.at(3), memory.0.at(0), 1)]
    };
    let reader =
        machine(|frame| (frame.put(0, frame.cell(0).get()), frame.put(1, 0.0)).0, &[], vec![memory.span(0, 1)], 2);
    let ticket = stage.send(vec![
        Change::Install(Install::new(slots[0], reader).moves(moves)),
        Change::Install(Install::new(slots[1], level(&[0.0, 0.3]))),
    ]);
    stage.renderer.render(&mut buffer, 2);
    // 28 frames were left of the second quantum.
    assert_eq!((buffer[54], buffer[55]), (0.1, 0.1));
    assert_eq!((buffer[56], buffer[57]), (0.2, 0.3));
    assert_eq!(stage.events(), [Event::Applied { ticket, frame: 128 }]);
    let home = stage.control.collect();
    assert_eq!((home.swaps[0].ticket(), home.swaps[0].frame(), home.swaps[0].machines().count()), (ticket, 128, 2));
}

#[test]
fn gain_and_mute_move_in_straight_lines_from_where_they_are() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.25]));
    let mut sound = stage.mono(1);
    let seconds = 480.0 / 48_000.0;
    for (command, quanta) in [
        (Command::Gain { slot, linear: 2.0, seconds }, 3),
        (Command::Gain { slot, linear: 0.5, seconds }, 2),
        (Command::Mute { slot, on: true, seconds }, 4),
        (Command::Mute { slot, on: false, seconds }, 10),
        (Command::Master { linear: 0.0, seconds }, 2),
        (Command::Master { linear: 1.0, seconds }, 10),
    ] {
        stage.control.command(command).unwrap();
        sound.extend(stage.mono(quanta));
    }
    assert_eq!(sound.last(), Some(&0.125));
    assert!((sound[QUANTUM] - 0.25 * (1.0 + 1.0 / 480.0)).abs() < 1e-15);
    // Half the gain comes down from 1.4 while the mute goes down as well.
    let bound = 0.25 * (1.5 + 1.0) / 480.0;
    assert!(largest_step(&sound) < bound, "a step of {} above {bound}", largest_step(&sound));
    stage.control.command(Command::Gain { slot, linear: f64::NAN, seconds: f64::NAN }).unwrap();
    assert_eq!(stage.mono(1)[0], 0.0, "no number is silence");
    stage.control.command(Command::Gain { slot, linear: f64::INFINITY, seconds: -1.0 }).unwrap();
    assert_eq!(stage.mono(1)[0], limit(0.25 * Command::MOST_GAIN));
}

#[test]
fn a_muted_signal_goes_on() {
    let memory = Memory::new();
    let mut stage = Stage::new(1);
    let slot = stage.start(sine(0.01, 0.3, &memory));
    stage.control.command(Command::Mute { slot, on: true, seconds: 0.0 }).unwrap();
    assert!(stage.mono(10).iter().all(|sample| *sample == 0.0));
    stage.control.command(Command::Mute { slot, on: false, seconds: 0.0 }).unwrap();
    let mut alone = Stage::new(1);
    alone.start(sine(0.01, 0.3, &Memory::new()));
    assert!(bits(&stage.mono(5)) == bits(&alone.mono(15)[10 * QUANTUM..]));
}

#[test]
fn the_listener_is_where_the_last_command_put_it() {
    let mut stage = Stage::new(3);
    let here = |frame: &Frame| {
        // SAFETY: a position has three coordinates.
        (0..3).for_each(|axis| frame.put(axis, unsafe { *frame.call.position.add(axis) }));
    };
    stage.start(machine(here, &[], Vec::new(), 3));
    assert!(stage.render(1).concat().iter().all(|sample| *sample == 0.0));
    stage.control.command(Command::Position { x: 0.1, y: -0.2, z: f64::NAN }).unwrap();
    let sound = stage.render(1);
    assert_eq!((sound[0][0], sound[1][0], sound[2][0]), (0.1, -0.2, 0.0));
}

/// Gives `value` until `frame`, then this once, then `value` again.
fn poison(value: f64, frame: u64, venom: f64) -> Box<Machine> {
    let run = move |now: &Frame| now.put(0, if now.number() == frame { venom } else { now.constant(0) });
    machine(run, &[value], Vec::new(), 1)
}

#[test]
fn a_signal_that_gives_no_number_falls_silent_without_a_step_and_alone() {
    for venom in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for at in [0, 100, 127, 128] {
            let mut stage = Stage::new(1);
            let slot = stage.start(poison(0.25, at, venom));
            let sound = stage.mono(30);
            let from = at as usize / QUANTUM * QUANTUM;
            let start = usize::from(at == 0);
            assert!(sound[start.min(from)..from].iter().all(|sample| *sample == 0.25));
            assert!(largest_step(&sound[start..]) <= 0.25 / 960.0 + 1e-15, "a step of {}", largest_step(&sound));
            assert!(sound[from + 960..].iter().all(|sample| *sample == 0.0), "silent after 20 ms");
            let bad: Vec<Event> =
                stage.events().into_iter().filter(|event| !matches!(event, Event::Applied { .. })).collect();
            assert_eq!(bad, [Event::NonFinite { slot, frame: from as u64, samples: 1 }]);
            stage.replace(slot, level(&[0.125]), Join::Own, Vec::new(), 480);
            let sound = stage.mono(10);
            assert!(largest_step(&sound) < 0.13 / 480.0 && sound[479..].iter().all(|sample| *sample == 0.125));
            stage.control.collect();
            assert_eq!(stage.control.lent(), 0);
        }
    }
}

#[test]
fn a_poisoned_signal_changes_no_bit_of_the_others() {
    let mut stage = Stage::new(2);
    let memory = Memory::new();
    let run = |frame: &Frame| {
        frame.cell(0).set((frame.cell(0).get() + 0.01).fract());
        frame.put(0, 0.2 * frame.cell(0).get());
        frame.put(1, 0.0);
    };
    stage.start(machine(run, &[], vec![memory.span(0, 1)], 2));
    let bad = |frame: &Frame| {
        frame.put(0, 0.0);
        frame.put(1, if frame.number() >= 100 { f64::NAN } else { 1e300 });
    };
    stage.start(machine(bad, &[], Vec::new(), 2));
    let sound = stage.render(40);
    let mut alone = Stage::new(1);
    alone.start(machine(
        |frame| {
            frame.cell(0).set((frame.cell(0).get() + 0.01).fract());
            frame.put(0, 0.2 * frame.cell(0).get());
        },
        &[],
        vec![Memory::new().span(0, 1)],
        1,
    ));
    assert!(bits(&sound[0]) == bits(&alone.mono(40)));
    assert!(sound[1].iter().all(|sample| sample.abs() <= 1.0), "no sum is ever infinite");
}

#[test]
fn a_program_that_is_poisoned_while_it_fades_out_does_not_harm_its_successor() {
    let mut stage = Stage::new(1);
    let slot = stage.start(poison(0.25, 300, f64::NAN));
    let mut sound = stage.mono(2);
    stage.replace(slot, level(&[0.1]), Join::Own, Vec::new(), 960);
    sound.extend(stage.mono(20));
    assert!(largest_step(&sound) <= 0.16 / 960.0);
    assert_eq!(sound.last(), Some(&0.1));
    assert!(stage.events().iter().all(|event| matches!(event, Event::Applied { .. })));
}

#[test]
fn faults_are_counted_and_told_now_and_then_and_lost_events_are_counted() {
    let mut stage =
        Stage::with(Settings { channels: 1, events: 2, max_signals: 8, envelopes: 8, ..Settings::default() });
    // SAFETY: every program of these tests has one fault counter.
    let faulty = || machine(|frame| unsafe { frame.put(0, (*frame.call.faults += 1, 0.1).1) }, &[], Vec::new(), 1);
    let slots = [stage.start(faulty()), stage.start(faulty()), stage.start(faulty())];
    stage.mono(1);
    let events: Vec<Event> =
        stage.events().into_iter().filter(|event| !matches!(event, Event::Applied { .. })).collect();
    let told = |slot: usize, count, frame| Event::Fault { slot: slots[slot], index: 0, count, frame };
    assert_eq!(events, [told(0, 64, 64), told(1, 64, 64)], "the third finds no room");
    stage.mono(1);
    assert_eq!(stage.events(), [Event::Lost(1), told(2, 128, 128)], "and is told the next time, with all counts");
    stage.mono(63);
    assert_eq!(
        stage.events(),
        [told(0, 64 * 64, 65 * 64), told(1, 64 * 64, 65 * 64)],
        "not more often than every 64 quanta"
    );
}

#[test]
fn subnormal_numbers_are_zero_while_a_program_runs_and_only_then() {
    let mut stage = Stage::new(1);
    let tiny = || black_box(black_box(f64::MIN_POSITIVE) * black_box(0.5));
    stage.start(machine(move |frame| frame.put(0, if tiny() == 0.0 { 0.25 } else { -0.25 }), &[], Vec::new(), 1));
    let expected = if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) { 0.25 } else { -0.25 };
    assert_eq!(stage.mono(1)[0], expected);
    assert!(tiny() > 0.0);
    let mut buffer = [0.0];
    stage.renderer.render_f64(&mut buffer);
    assert_eq!(buffer[0], expected);
    assert!(tiny() > 0.0);
}

#[test]
fn the_limiter_is_exact_up_to_its_knee() {
    for step in -10_000..=10_000 {
        let x = KNEE * f64::from(step) / 10_000.0;
        assert_eq!(limit(x).to_bits(), x.to_bits());
    }
    assert_eq!(limit(-0.0).to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn the_limiter_is_smooth_at_its_knee() {
    for side in [1.0, -1.0] {
        let near = |distance: f64| (limit(side * (KNEE + distance)) - limit(side * KNEE)) / (side * distance);
        for distance in [1e-3, 1e-5, 1e-7] {
            assert!(
                (near(distance) - near(-distance)).abs() < 3.0 * distance,
                "slopes {} and {}",
                near(distance),
                near(-distance)
            );
        }
    }
}

proptest! {
    #[test]
    fn the_limiter_is_bounded_odd_and_never_falls(x in -1e9..1e9_f64, scale in prop::sample::select(vec![1e-9, 1e-3, 1.0])) {
        let x = x * scale;
        prop_assert!(limit(x).abs() <= 1.0 && limit(x).abs() <= x.abs());
        prop_assert_eq!(limit(-x), -limit(x));
        prop_assert!(limit(x.next_up()) >= limit(x), "falls at {}", x);
    }
}

#[test]
fn what_is_loud_is_limited() {
    let mut stage = Stage::new(1);
    for _ in 0..4 {
        stage.start(level(&[0.5]));
    }
    assert_eq!(stage.mono(1)[0], 1.0 - 0.25 / 2.0);
    for _ in 0..4 {
        stage.start(level(&[f64::MAX]));
    }
    assert!(stage.mono(1)[0] <= 1.0);
}
