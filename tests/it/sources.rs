//! What single sources do beyond their claims: restarts to a part of a frame, modes to the last digits, partials that end where they must.

use std::f64::consts::{LN_10, TAU};

use crate::stand::{Fed, helper, mono, render};

const RATE: f64 = 48_000.0;

fn number(value: f64) -> Fed {
    Fed::Number(value)
}

#[test]
fn a_restart_lies_between_two_frames_or_on_one_that_is_a_trigger() {
    let mut sync = vec![-1.0; 64];
    // From -1 to 3 the line passes 0 after a quarter of the frame.
    sync[20] = 3.0;
    let step = 500.0 / RATE;
    let ramp = mono("phasor", &[number(500.0), number(0.0), Fed::Signal(sync)], 40);
    let wanted = |frame: usize| if frame < 20 { frame as f64 * step } else { (frame as f64 - 19.25) * step };
    for (frame, found) in ramp.iter().enumerate() {
        assert!((found - wanted(frame)).abs() < 1e-12, "frame {frame}: {found}, not {}", wanted(frame));
    }
    let mut sync = vec![0.0; 64];
    sync[20] = 1.0;
    let ramp = mono("phasor", &[number(500.0), number(0.0), Fed::Signal(sync)], 40);
    assert!(ramp[20] == 0.0 && (ramp[19] - 19.0 * step).abs() < 1e-12, "{:?}", &ramp[18..22]);
}

#[test]
fn a_restarted_wave_goes_on_from_where_it_was_and_begins_anew_within_four_frames() {
    for name in ["osc", "saw", "tri", "square"] {
        let mut sync = vec![0.0; 256];
        sync[100] = 1.0;
        let free = mono(name, &[number(700.0)], 256);
        let wave = mono(name, &[number(700.0), number(0.0), Fed::Signal(sync)], 256);
        let until = wave.iter().zip(&free).take(100).all(|(one, other)| (one - other).abs() < 1e-12);
        assert!(until, "{name} differs before its restart");
        assert!((wave[100] - free[100]).abs() < 0.01, "{name} jumps from {} to {}", free[100], wave[100]);
        // From where the start itself is not rounded any more.
        let after = (4..30).find(|&at| (wave[100 + at] - free[at]).abs() > 1e-12);
        assert_eq!(after, None, "{name}: frames after the restart");
    }
}

#[test]
fn a_struck_mode_is_a_decaying_sine_to_the_last_digits() {
    let (freqs, decays, gains) = (vec![220.0, 3301.0], vec![0.5, 0.1], vec![0.7, -0.2]);
    let tick = Fed::Signal([vec![1.0], vec![0.0; (1 << 14) - 1]].concat());
    let fed =
        [tick, Fed::Numbers(freqs.clone()), Fed::Numbers(decays.clone()), Fed::Numbers(gains.clone()), number(1.5)];
    for rate in [44_100.0, 96_000.0] {
        let sound = render(helper("modal"), rate, &fed, 1 << 14).remove(0);
        for (frame, found) in sound.iter().enumerate() {
            let time = frame as f64 / rate;
            let mode =
                |at: usize| gains[at] * (-3.0 * LN_10 * time / decays[at]).exp() * (TAU * 1.5 * freqs[at] * time).sin();
            let wanted = mode(0) + mode(1);
            assert!((found - wanted).abs() < 1e-10, "frame {frame} at {rate}: {found}, not {wanted}");
        }
    }
}

#[test]
fn no_partial_sounds_from_half_the_sample_rate_on() {
    let ratios = Fed::Numbers(vec![1.0, 1.9, 3.7]);
    let amps = Fed::Numbers(vec![0.0, 1.0]);
    let peak = |freq: f64| {
        let sound = mono("inharmonic", &[number(freq), ratios.clone(), amps.clone(), number(3.0)], 4800);
        sound.iter().fold(0.0f64, |peak, sample| peak.max(sample.abs()))
    };
    assert!(peak(3000.0) > 0.5);
    // 1.9 and 3.7 times as much is 24 and 46.7 kHz.
    assert_eq!(peak(24_000.0 / 1.9), 0.0);
    let strike = Fed::Signal([vec![1.0], vec![0.0; 4095]].concat());
    let one = || Fed::Numbers(vec![1.0]);
    let struck = mono("modal", &[strike, Fed::Numbers(vec![1.2]), one(), one(), number(19_950.0)], 4096);
    assert!(struck.iter().all(|sample| *sample == 0.0));
}

#[test]
fn as_many_partials_as_there_may_be_are_as_strong_as_one_sine() {
    for (shape, n) in [("saw", 1.0), ("saw", 64.0), ("bright", 128.0), ("square", 31.0)] {
        let sound = mono("additive", &[number(60.0), Fed::Word(shape.to_owned()), number(n)], 48_000);
        let power = sound.iter().map(|sample| sample * sample).sum::<f64>() / 48_000.0;
        assert!((power - 0.5).abs() < 0.001, "{n} partials of {shape}: {power}");
    }
}

#[test]
fn random_values_that_glide_never_jump() {
    let steps = mono("random", &[number(50.0)], 48_000);
    let glide = mono("random", &[number(50.0), number(1.0)], 48_000);
    let jump = |sound: &[f64]| sound.windows(2).fold(0.0f64, |jump, pair| jump.max((pair[1] - pair[0]).abs()));
    assert!(jump(&steps) > 1.0);
    // A cubic step of 2 in 960 frames is nowhere steeper than one and a half times the straight line.
    assert!(jump(&glide) < 2.0 * 1.5 / 960.0 + 1e-9, "{}", jump(&glide));
    // It arrives where the steps are.
    assert!((glide[959 + 960 * 7] - steps[960 * 7 + 100]).abs() < 1e-4);
}

#[test]
fn a_drawn_period_goes_through_its_numbers_at_any_place_between_the_rows() {
    // A whole number of frames to each number, and so low that all harmonics fit.
    let rows = vec![vec![0.0, 0.5, -0.2, 0.9, -0.7, 0.1, 0.3, -0.9], vec![1.0, 0.5, -0.25, 0.0, 0.0, 0.3, -0.1, -0.4]];
    for morph in [0.0, 0.25, 1.0] {
        let freq = RATE / 800.0;
        let sound = mono("wavetable", &[number(freq), Fed::Rows(rows.clone()), number(morph)], 800);
        for at in 0..8 {
            let wanted = rows[0][at] + morph * (rows[1][at] - rows[0][at]);
            assert!(
                (sound[at * 100] - wanted).abs() < 2e-3,
                "number {at} of {morph}: {}, not {wanted}",
                sound[at * 100]
            );
        }
    }
}
