//! Old and new programs in one slot: who is heard when, and what becomes of their memory.

use std::f64::consts::TAU;
use std::hint::black_box;

use aither::engine::{Change, Command, Home, Install, Join, Settings};
use aither::ir::call::QUANTUM;
use proptest::prelude::*;

use super::stage::*;

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
    let slot = stage.start(level(&[0.4]));
    stage.mono(1);
    assert_ne!(0.4 + (-0.31 - 0.4), -0.31, "rounding can be told");
    stage.replace(slot, level(&[-0.31]), Join::Own, Vec::new(), 150);
    let sound = stage.mono(4);
    for (frame, sample) in sound.iter().enumerate() {
        let weight = (frame as f64 + 1.0) / 150.0;
        let expected = if frame < 149 { 0.4 * (1.0 - weight) - 0.31 * weight } else { -0.31 };
        assert!((sample - expected).abs() < 1e-15, "frame {frame}: {sample} instead of {expected}");
    }
    assert_eq!(sound[149], -0.31, "the last frame of the fade is the new program's");
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
    let play = |collected_early: bool| {
        let mut stage = Stage::new(1);
        let memory = Memory::new();
        let slot = stage.start(sine(0.001, 0.4, &memory));
        let mut sound = stage.mono(20);
        stage.remove(slot, 6400);
        sound.extend(stage.mono(50));
        let (join, moves) = memory.ghost(false);
        stage.replace(slot, sine(0.001, 0.4, &memory), join, moves, 640);
        sound.extend(stage.mono(1));
        if collected_early {
            // The envelope that brought the successor is home at once; the ghost's memory must not go with it.
            drop(stage.control.collect());
        }
        let others: Vec<Box<[u64; 2]>> = (0..1000).map(|_| black_box(Box::new([u64::MAX; 2]))).collect();
        sound.extend(stage.mono(20));
        stage.control.collect();
        assert_eq!((stage.control.lent(), others.len()), (0, 1000));
        sound
    };
    let sound = play(true);
    assert!(bits(&sound) == bits(&play(false)));
    let mut alone = Stage::new(1);
    alone.start(sine(0.001, 0.4, &Memory::new()));
    assert!(
        bits(&sound[70 * QUANTUM + 640..]) == bits(&alone.mono(91)[70 * QUANTUM + 640..]),
        "phase and level are back"
    );
    assert!(largest_step(&sound) < 1.2 * TAU * 0.001 * 0.4);
}
