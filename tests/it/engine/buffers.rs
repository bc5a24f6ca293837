//! What comes out of the renderer: buffers, channels, sums, levels, limiter.

use std::hint::black_box;

use aither::engine::limiter::{KNEE, limit};
use aither::engine::{Change, Command, Install, Join, SlotId, Tap};
use aither::ir::call::QUANTUM;
use proptest::prelude::*;

use super::stage::*;
use crate::heap::no_heap;

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

/// What is easily got wrong in a sum: signs of zero, numbers below the smallest normal one and how they come to be, and what is cut off.
const ODD: [f64; 8] = [0.0, -0.0, 0.3, 1e-310, f64::MIN_POSITIVE, -1.5 * f64::MIN_POSITIVE, -2e6, 1e300];

#[test]
fn what_rests_at_full_level_is_added_up_bit_for_bit_as_what_moves() {
    let odd = |nth: usize, channels: usize| {
        let run = move |frame: &Frame| {
            let number = frame.number() as usize;
            // What is cut off comes in every fourth quantum only: it takes another way for the whole of it.
            let many = if number / QUANTUM % 4 == 3 { ODD.len() } else { ODD.len() - 2 };
            let at = |channel: usize| number / many.pow((nth + channel) as u32 % 3) % many;
            (0..channels).for_each(|channel| frame.put(channel, ODD[at(channel)]));
        };
        machine(run, &[], Vec::new(), channels)
    };
    let play = |outputs: usize, channels: [usize; 3], moving: bool| {
        let mut stage = Stage::new(outputs);
        let slots = [0, 1, 2].map(|nth| stage.start(odd(nth, channels[nth])));
        if moving {
            // From 1 to 1: the way is taken, and each factor on it is 1.
            for slot in slots {
                stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 1.0 }).unwrap();
            }
        }
        let mut sound = stage.render(5 * ODD.len());
        // The last sample is what a change begins with.
        slots.into_iter().for_each(|slot| _ = stage.replace(slot, level(&[0.01]), Join::Stop, Vec::new(), 960));
        sound.extend(stage.render(20));
        sound.iter().map(|channel| bits(channel)).collect::<Vec<_>>()
    };
    for (outputs, channels) in
        [(1, [1, 1, 1]), (2, [1, 1, 2]), (2, [2, 2, 2]), (3, [2, 1, 3]), (2, [2, 3, 1]), (1, [1, 2, 1])]
    {
        assert!(play(outputs, channels, false) == play(outputs, channels, true), "{channels:?} channels in {outputs}");
    }
}

#[test]
fn who_listens_to_single_signals_hears_them_and_changes_no_bit() {
    #[derive(Default)]
    struct Sum(Vec<f64>);
    impl Tap for Sum {
        fn hear(&mut self, _: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
            let samples = voice.iter().zip(level.iter().cycle()).map(|(sample, level)| sample * level);
            self.0.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample);
        }
    }
    let [mut stage, mut alone] = [(); 2].map(|()| {
        let mut stage = Stage::new(2);
        stage.start(sine(0.01, 0.2, &Memory::new()));
        stage.start(level(&[0.1, -0.1]));
        let slot = stage.start(echo(0.1, &Memory::new()));
        stage.control.command(Command::Gain { slot, linear: 0.5, seconds: 0.01 }).unwrap();
        stage
    });
    for _ in 0..20 {
        let mut sum = Sum(vec![0.0; 2 * QUANTUM]);
        let heard = stage.renderer.render_tapped(&mut sum).to_vec();
        assert!(bits(&heard) == bits(alone.renderer.render_quantum()));
        assert!(bits(&heard) == bits(&sum.0), "nothing is loud, so the sum is the master");
    }
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
    for huge in [f64::MAX, f64::MIN] {
        stage.start(level(&[huge, huge]));
    }
    assert_eq!(stage.mono(1)[0], 1.0 - 0.25 / 2.0, "what is beyond all bounds cancels out");
}
