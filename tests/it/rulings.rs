//! Rulings about sounds, each as one test: where helpers before these disagreed with themselves. What a declaration claims is measured with the claims.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

use aither::dsp::float::Wrapping;
use aither::dsp::math::{cos_quarter, sin_quarter};
use aither::dsp::phase;
use aither::helpers::{Given, Refused, expand};
use aither::ir::{Builder, Place};

use crate::stand::{Dice, Fed, helper, mono, padded, render};

const RATE: f64 = 48_000.0;

fn number(value: f64) -> Fed {
    Fed::Number(value)
}

/// Frames in which something is not 0.
fn ticks(sound: &[f64]) -> Vec<usize> {
    sound.iter().enumerate().filter(|(_, sample)| **sample != 0.0).map(|(at, _)| at).collect()
}

/// How alike two sounds are: 1 the same, 0 strangers.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

#[test]
fn the_first_tick_is_in_the_first_frame_and_the_others_on_whole_periods() {
    assert_eq!(ticks(&mono("impulse", &[number(2.0)], 100_000)), [0, 24_000, 48_000, 72_000, 96_000]);
    assert_eq!(ticks(&mono("impulse", &[number(3.0)], 48_001)), [0, 16_000, 32_000, 48_000]);
    // A period of 1/3 Hz has no exact number for its frequency.
    assert_eq!(ticks(&mono("impulse", &[number(1.0 / 3.0)], 300_000)), [0, 144_000, 288_000]);
    assert_eq!(ticks(&mono("impulse", &[number(0.0)], 1000)), [0]);
}

#[test]
fn ticks_are_where_a_phasor_starts_anew() {
    for hertz in [0.7, 7.0, 440.0, 9999.0] {
        let ramp = mono("phasor", &[number(hertz)], 50_000);
        let falls = (1..ramp.len()).filter(|&at| ramp[at] < ramp[at - 1]);
        let wanted = std::iter::once(0).chain(falls).collect::<Vec<_>>();
        assert_eq!(ticks(&mono("impulse", &[number(hertz)], 50_000)), wanted, "{hertz} Hz");
    }
}

#[test]
fn ticks_are_as_many_as_the_frequency_says_while_it_moves() {
    let frequency = (0..1 << 16).map(|at| 100.0 + 90.0 * (TAU * f64::from(at) / 65_536.0).sin()).collect::<Vec<_>>();
    let turns = frequency.iter().take(60_000).sum::<f64>() / RATE;
    let found = ticks(&mono("impulse", &[Fed::Signal(frequency)], 60_000)).len();
    assert!((found as f64 - turns - 0.5).abs() <= 1.0, "{found} ticks in {turns} turns");
}

#[test]
fn a_wave_goes_through_its_whole_table_per_cycle_in_steps() {
    let steps = [1.0, 2.0, 3.0, 4.0];
    let found = mono("wave", &[number(2.0), Fed::Numbers(steps.to_vec())], 60_000);
    for (frame, sample) in found.iter().enumerate() {
        assert_eq!(*sample, steps[frame / 6000 % 4], "frame {frame}");
    }
    let three = mono("wave", &[number(16_000.0), Fed::Numbers(vec![5.0, 6.0, 7.0])], 6);
    assert_eq!(three, [5.0, 6.0, 7.0, 5.0, 6.0, 7.0]);
    let back = mono("wave", &[number(-16_000.0), Fed::Numbers(vec![5.0, 6.0, 7.0])], 4);
    assert_eq!(back, [5.0, 7.0, 6.0, 5.0]);
}

#[test]
fn noises_of_two_channels_are_strangers_white_and_even() {
    let builder = Builder::new(1000);
    let noise = || expand(&builder, RATE, helper("noise"), &[], Place::default()).unwrap().channels[0];
    let (left, right) = (noise(), noise());
    let sound = crate::stand::play(&builder.finish(&[left, right]), 100_000);
    assert!(correlation(&sound[0], &sound[1]).abs() < 0.015, "two noises are alike");
    for lag in 1..20 {
        let alike = correlation(&sound[0][lag..], &sound[0][..100_000 - lag]);
        assert!(alike.abs() < 0.015, "a noise is like itself {lag} frames later: {alike}");
    }
    let mean = sound[0].iter().sum::<f64>() / 100_000.0;
    let power = sound[0].iter().map(|sample| sample * sample).sum::<f64>() / 100_000.0;
    assert!(mean.abs() < 0.01, "mean {mean}");
    assert!((power - 1.0 / 3.0).abs() < 0.005, "power {power}");
}

#[test]
fn oscillators_start_together_and_stay_in_phase() {
    for name in ["saw", "tri", "square"] {
        let (sine, wave) = (mono("osc", &[number(97.0)], 48_000), mono(name, &[number(97.0)], 48_000));
        let alike = correlation(&sine, &wave);
        assert!(alike > 0.77, "{name} is not in phase with the sine: {alike}");
    }
}

#[test]
fn the_sine_is_a_true_sine() {
    for hertz in [750.0, 440.0, 19_999.0, 0.1] {
        for (at, found) in mono("osc", &[number(hertz)], 48_000).iter().enumerate() {
            let wanted = (TAU * (hertz * at as f64 / RATE).fract()).sin();
            assert!((found - wanted).abs() < 1e-9, "{hertz} Hz, sample {at}: {found}, expected {wanted}");
        }
    }
    for step in -1000_i32..=1000 {
        let turns = f64::from(step) / 4000.0;
        let (found, wanted) = (sin_quarter(turns), (TAU * turns).sin());
        assert!((found - wanted).abs() < 1e-15, "{turns} turns: {found}, expected {wanted}");
        let half = 2.0 * turns;
        let (found, wanted) = (cos_quarter(half), (PI * half).cos());
        assert!((found - wanted).abs() < 7e-16 && found.abs() <= 1.0, "{half} half turns: {found}, expected {wanted}");
        let found: f64 = phase::sine(Wrapping(i64::from(step) << 53));
        // As far from the nearest zero, where the argument is as exact as the sine.
        let small = f64::from(step.abs().min(1024 - step.abs())) * f64::from(step.signum());
        let wanted = (PI * small / 1024.0).sin();
        assert!(
            (found - wanted).abs() < 7e-16 && found.abs() <= 1.0,
            "{step}/1024 half turns: {found}, expected {wanted}"
        );
    }
    // The cosine at the top, and a little beside it: nowhere beyond it.
    let near = (0..100_000).map(|step| f64::from(step) * f64::EPSILON);
    assert!(near.chain((0..100_000).map(|step| f64::from(step) * 1e-9)).all(|half| cos_quarter(half) <= 1.0));
    assert_eq!([-0.5, 0.5].map(cos_quarter), [0.0; 2]);
    assert_eq!([0, i64::MIN].map(|start| phase::sine::<f64>(Wrapping(start))), [0.0; 2]);
}

#[test]
fn an_oscillator_runs_backwards_below_zero_and_stands_at_zero() {
    for name in ["osc", "saw", "tri", "square"] {
        let (up, down) = (mono(name, &[number(330.0)], 5000), mono(name, &[number(-330.0)], 5000));
        for (at, (up, down)) in up.iter().zip(&down).enumerate() {
            // The square is even in its edges: both ways it is at the top in the middle of the half.
            assert!((up + down).abs() < 1e-9, "{name}, frame {at}: {up} and {down}");
        }
        let still = mono(name, &[number(0.0)], 5000);
        assert!(still.iter().all(|sample| *sample == still[0]), "{name} moves at 0 Hz");
    }
}

#[test]
fn a_pulse_has_the_mean_that_its_width_says() {
    for width in [0.0, 0.01, 0.25, 0.5, 0.9, 1.0] {
        let sound = mono("pulse", &[number(997.0), number(width)], 48_000);
        let mean = sound.iter().sum::<f64>() / sound.len() as f64;
        assert!((mean - (2.0 * width - 1.0)).abs() < 1e-4, "width {width}: {mean}");
    }
    let (default, half) = (mono("pulse", &[number(50.0)], 999), mono("pulse", &[number(50.0), number(0.5)], 999));
    assert_eq!(default, half);
}

#[test]
fn waves_keep_their_level() {
    for (name, wanted) in [("osc", 0.5), ("saw", 1.0 / 3.0), ("tri", 1.0 / 3.0), ("square", 1.0)] {
        let sound = mono(name, &[number(50.0)], 48_000);
        let power = sound.iter().map(|sample| sample * sample).sum::<f64>() / 48_000.0;
        assert!((power / wanted - 1.0).abs() < 0.01, "{name}: power {power}, expected {wanted}");
    }
}

#[test]
fn a_delay_is_wet_only_and_its_time_is_exact() {
    let sound = Dice::new(1).noise(1 << 12);
    let delayed = |time: f64| mono("delay", &[Fed::Signal(sound.clone()), number(0.01), number(time)], 4000);
    for frames in [0, 1, 2, 100, 479, 480] {
        let found = delayed(frames as f64 / RATE);
        for at in 0..4000 {
            let wanted = if at < frames { 0.0 } else { sound[at - frames] };
            assert!((found[at] - wanted).abs() < 1e-9, "{frames} frames, sample {at}: {} and {wanted}", found[at]);
        }
    }
    let (half, middle) = (delayed(2.5 / RATE), 0.5 * (sound[100] + sound[101]));
    assert!((half[103] - middle).abs() < 1e-9, "between two frames that have no neighbours yet on one side");
    assert_eq!(delayed(7.0), delayed(0.01), "a time beyond `max` is `max`");
    assert_eq!(delayed(-1.0), sound[..4000], "a time below 0 is 0");
}

#[test]
fn feedback_includes_the_dry_sound_and_echoes_that_become_softer() {
    let click = padded(vec![1.0].into_iter().chain(vec![0.0; 40_000]).collect());
    let sound = mono("feedback", &[click.clone(), number(0.5), number(0.125), number(0.5)], 20_000);
    assert_eq!(ticks(&sound), [0, 6000, 12_000, 18_000]);
    assert_eq!((sound[0], sound[6000], sound[12_000], sound[18_000]), (1.0, 0.5, 0.25, 0.125));
    let fastest = mono("feedback", &[click, number(0.5), number(0.0), number(0.5)], 4);
    assert_eq!(fastest, [1.0, 0.5, 0.25, 0.125], "no time at all is one frame");
    let endless = mono("feedback", &[number(1.0), number(0.1), number(0.0), number(7.0)], 480_000);
    assert!(endless.iter().all(|sample| *sample < 10_000.0), "an amount above 1 grows");
}

#[test]
fn tremolo_swings_all_channels_alike() {
    let ones = vec![1.0; 2];
    let fed = [Fed::Channels(vec![ones.clone(), ones]), number(5.0), number(0.8)];
    let sound = render(helper("tremolo"), RATE, &fed, 9600);
    assert_eq!(sound[0], sound[1]);
    let level = |low: f64, sample: &f64| low.min(*sample);
    assert!((sound[0].iter().fold(9.0, level) - 0.2).abs() < 1e-4, "softest");
    assert!((sound[0].iter().cloned().fold(0.0, f64::max) - 1.0).abs() < 1e-4, "loudest");
    assert_eq!(sound[0][0], 0.6, "it begins in the middle");
}

#[test]
fn pan_of_stereo_is_balance_and_its_centre_changes_nothing() {
    let (left, right) = (Dice::new(2).noise(64), Dice::new(3).noise(64));
    let pan = |position: f64| {
        let fed = [Fed::Channels(vec![left.clone(), right.clone()]), number(position)];
        render(helper("pan"), RATE, &fed, 64)
    };
    assert_eq!(pan(0.0), [left.clone(), right.clone()]);
    assert_eq!(pan(1.0)[1], right);
    assert!(pan(1.0)[0].iter().all(|sample| sample.abs() < 1e-15));
    assert_eq!(pan(-1.0)[0], left);
    let four = Fed::Channels(vec![left.clone(), right.clone(), left.clone(), right.clone()]);
    let four = render(helper("pan"), RATE, &[four, number(0.5)], 64);
    assert_eq!((&four[0], &four[1]), (&four[2], &four[3]), "more channels are left, right, left, right");
}

#[test]
fn pan_has_equal_power_everywhere() {
    for step in 0..=20 {
        let sides = render(helper("pan"), RATE, &[number(1.0), number(f64::from(step) / 10.0 - 1.0)], 1);
        let power = sides[0][0] * sides[0][0] + sides[1][0] * sides[1][0];
        assert!((power - 1.0).abs() < 1e-12, "{power} at {step}");
    }
    let centre = render(helper("pan"), RATE, &[number(1.0), number(0.0)], 1);
    assert!((centre[0][0] - FRAC_1_SQRT_2).abs() < 1e-12 && centre[0] == centre[1]);
}

#[test]
fn decay_falls_by_nepers_along_the_ramp_and_not_by_seconds() {
    let ramp = Fed::Signal(vec![0.0, 0.25, 0.5, 0.75]);
    let found = mono("decay", &[ramp, number(4.0)], 4);
    for (found, wanted) in found.iter().zip([0.0f64, -1.0, -2.0, -3.0]) {
        assert!((found - wanted.exp()).abs() < 1e-12, "{found} and e^{wanted}");
    }
}

#[test]
fn wrong_numbers_become_harmless_and_known_ones_are_told() {
    for (value, taken) in [(-5.0, 0.0), (1e9, 20_000.0), (f64::NAN, 0.0), (f64::INFINITY, 0.0)] {
        let builder = Builder::new(1000);
        let given = [Given::Channels(vec![builder.number(1.0)]), Given::Channels(vec![builder.number(value)])];
        let expanded = expand(&builder, RATE, helper("lowpass"), &given, Place::default()).unwrap();
        let (index, text) = &expanded.warnings[0];
        assert_eq!(*index, 1);
        assert!(text.starts_with("cutoff ") && text.ends_with(&format!("; {taken} Hz is taken")), "{text}");
    }
}

#[test]
fn calls_that_make_no_sense_are_refused() {
    let builder = Builder::new(1000);
    let one = || Given::Channels(vec![builder.number(0.5)]);
    let two = || Given::Channels(vec![builder.number(0.5); 2]);
    let refused = |name: &str, given: &[Given<'_>]| {
        expand(&builder, RATE, helper(name), given, Place::default()).err().map(|refused| refused.to_string())
    };
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(refused("lowpass", &[one()]), said("`lowpass` takes 2 arguments, not 1"));
    assert_eq!(refused("pulse", &[]), said("`pulse` takes 1 to 4 arguments, not 0"));
    assert_eq!(refused("wave", &[one(), one()]), said("wave: table must be an array of numbers, at least one"));
    let Err(Refused::Width { given: 2, wanted: 1, .. }) =
        expand(&builder, RATE, helper("pan"), &[one(), two()], Place::default())
    else {
        panic!("pan takes two positions");
    };
    let moving = Given::Channels(vec![builder.real(builder.position(0))]);
    let constant = "delay: max must be a number that is known when the script loads";
    assert_eq!(refused("delay", &[one(), moving, one()]), said(constant));
}

#[test]
fn oscillators_claim_their_phase_first_so_that_one_can_go_on_where_another_was() {
    for name in ["osc", "saw", "tri", "square", "pulse", "phasor", "impulse", "wave"] {
        let fed: &[Fed] =
            if name == "wave" { &[number(100.0), Fed::Numbers(vec![1.0, 2.0])] } else { &[number(100.0)] };
        let program = crate::stand::program(helper(name), RATE, fed);
        let mut stand = crate::stand::Stand::new(&program, aither::compile::BackEnd::Auto);
        stand.render(120, &[64]);
        let phase = stand.lent.memories.iter().find(|memory| memory.len() <= 2 && memory[0] > 2).map(|cells| cells[0]);
        let turns = phase.map(|phase| phase as f64 / 2.0f64.powi(64));
        assert!(turns.is_some_and(|turns| (turns - 0.25).abs() < 1e-9), "{name}: {turns:?} turns after a quarter");
    }
}
