//! Waves that are modulated and restarted, measured. Which helpers promise what stands in the declarations.

use aither::helpers::{Helper, Unit};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::claims::{Kept, RATES, call, decibels, hold, strength, window};
use crate::stand::{Dice, Fed, render};

pub fn turns(helper: &'static Helper, argument: &str) -> Kept {
    const FRAMES: usize = 1 << 13;
    let hertz = helper.arguments.iter().find(|other| other.unit == Unit::Hertz);
    let pitch = hertz.expect("a frequency").name;
    for rate in RATES {
        for (own, more) in [(333.3, 1.0), (55.1, -7.0), (0.0, 97.0), (1200.7, 301.0)] {
            // A whole number of turns in the frames that repeat.
            let more = more * rate / FRAMES as f64;
            let ramp = (0..FRAMES).map(|frame| more * frame as f64 / rate % 1.0).collect();
            let place = helper.arguments.iter().position(|other| other.name == argument).expect("an argument");
            // What can be left out is, up to the argument.
            let mut still = call(helper, &mut Dice::new(8), &Fed::Number(0.0), &[(pitch, own + more)]);
            let mut moved = call(helper, &mut Dice::new(8), &Fed::Number(0.0), &[(pitch, own)]);
            for fed in [&mut still, &mut moved] {
                fed.truncate(place + 1);
                fed.iter_mut().zip(helper.arguments).filter_map(|(fed, other)| Some((fed, other.default?))).for_each(
                    |(fed, default)| {
                        if !matches!(fed, Fed::Word(_)) {
                            *fed = Fed::Number(default);
                        }
                    },
                );
            }
            moved[place] = Fed::Signal(ramp);
            let (still, moved) = (
                render(helper, rate, &still, 3 * FRAMES).remove(0),
                render(helper, rate, &moved, 3 * FRAMES).remove(0),
            );
            // In the first frame nobody knows how fast the argument moves.
            let wrong = (1..still.len()).find(|&at| (still[at] - moved[at]).abs() > 1e-6);
            let place = |at: usize| {
                format!("{own} Hz and {more} more at {rate}: sample {at} is {}, not {}", moved[at], still[at])
            };
            hold(wrong.is_none(), || place(wrong.unwrap_or(0)))?;
        }
    }
    Ok(())
}

pub fn restarts(helper: &'static Helper, argument: &str, under: f64) -> Kept {
    const FRAMES: usize = 1 << 16;
    const RATE: f64 = 48_000.0;
    // Some hertz off, so that nothing folds back onto a harmonic.
    let (slow, fast) = (1003.0, 2711.0);
    let mut fed =
        call(helper, &mut Dice::new(9), &Fed::Number(0.0), &[("freq", fast), ("width", 0.37), ("phase", 0.0)]);
    let place = helper.arguments.iter().position(|other| other.name == argument).expect("an argument");
    let ramp = |frame: usize| 2.0 * ((slow * frame as f64 / RATE + 0.25) % 1.0) - 1.0;
    fed[place] = Fed::Signal((0..FRAMES).map(ramp).collect());
    let sound = render(helper, RATE, &fed, FRAMES).remove(0);
    let mean = sound.iter().sum::<f64>() / FRAMES as f64;
    let windowed = |(at, sample): (usize, &f64)| Complex::new((sample - mean) * window(at, FRAMES), 0.0);
    let mut bins = sound.iter().enumerate().map(windowed).collect::<Vec<_>>();
    FftPlanner::new().plan_fft_forward(FRAMES).process(&mut bins);
    let (mut strongest, mut folded) = (0.0f64, 0.0f64);
    for (bin, value) in bins[..FRAMES / 2].iter().enumerate() {
        let frequency = bin as f64 * RATE / FRAMES as f64;
        let own = (frequency - (frequency / slow).round() * slow).abs() < 10.0;
        match own {
            true => strongest = strongest.max(value.norm()),
            false if frequency < 18_000.0 => folded = folded.max(value.norm()),
            false => {}
        }
    }
    let found = decibels(strongest / folded);
    hold(found >= under, || format!("{found:.1} dB"))
}

pub fn tuned(helper: &'static Helper, [pitch, decay]: [&'static str; 2], cents: f64, percent: f64) -> Kept {
    const TIME: f64 = 2.0;
    for rate in RATES {
        for tone in [27.5, 61.7, 220.3, 880.0, 1567.98, 2999.0, 4000.0] {
            for damp in [0.0, 0.3, 1.0] {
                let frames = (0.8 * TIME * rate) as usize;
                let tick = Fed::Signal([vec![1.0], vec![0.0; frames.next_power_of_two() - 1]].concat());
                let fixed = [(pitch, tone), (decay, TIME), ("damp", damp)];
                let sound = render(helper, rate, &call(helper, &mut Dice::new(10), &tick, &fixed), frames).remove(0);
                let length = (0.35 * rate) as usize;
                let (early, late) = ((0.2 * rate) as usize, (1.2 * rate) as usize);
                let level = |from: usize| decibels(strength(&sound[from..from + length], tone, rate));
                let cent = 2.0f64.powf(1.0 / 1200.0);
                let near = [1.0 / cent, 1.0, cent]
                    .map(|factor| strength(&sound[early..early + length], tone * factor, rate).ln());
                let off = 0.5 * (near[0] - near[2]) / (near[0] - 2.0 * near[1] + near[2]);
                let found = 60.0 * (late - early) as f64 / rate / (level(early) - level(late));
                let place = format!(
                    "{tone} Hz, damp {damp} at {rate}: {off} cents off, 60 dB softer after {found} s of {TIME}"
                );
                hold(off.abs() < cents && (found / TIME - 1.0).abs() < percent / 100.0, || place)?;
            }
        }
    }
    Ok(())
}
