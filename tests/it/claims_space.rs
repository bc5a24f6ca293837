//! What helpers promise of time and space, measured: delays, reverbs, channels. Which promises there are stands in the declarations.

use std::f64::consts::TAU;

use aither::helpers::{Helper, Kind};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::claims::{Kept, RATES, call, decibels, hold};
use crate::stand::{Dice, Fed, padded, render};

/// Several seconds, so that a tail is whole.
const LONG: usize = 1 << 18;

/// What a helper makes of a click, channel by channel.
fn click(helper: &'static Helper, rate: f64, dice: &mut Dice, fixed: &[(&str, f64)], frames: usize) -> Vec<Vec<f64>> {
    let mut sound = vec![0.0; frames];
    sound[0] = 1.0;
    render(helper, rate, &call(helper, dice, &padded(sound), fixed), frames)
}

fn power(sound: &[f64]) -> f64 {
    sound.iter().map(|sample| sample * sample).sum::<f64>() / sound.len() as f64
}

pub fn routes(helper: &'static Helper, input: &[f64], arguments: &[f64], output: &[f64]) -> Kept {
    let mut fed = vec![Fed::Channels(input.iter().map(|level| vec![*level]).collect())];
    fed.extend(arguments.iter().map(|number| Fed::Number(*number)));
    let found = render(helper, 48_000.0, &fed, 4800).iter().map(|channel| channel[4799]).collect::<Vec<_>>();
    let same = |(found, wanted): (&f64, &f64)| (found - wanted).abs() < 1e-12;
    let kept = found.len() == output.len() && found.iter().zip(output).all(same);
    hold(kept, || format!("found {found:?}, expected {output:?}"))
}

pub fn keeps_sum(helper: &'static Helper) -> Kept {
    let mut dice = Dice::new(20);
    for count in 1..=5 {
        let input = (0..count).map(|_| dice.noise(1 << 10)).collect::<Vec<_>>();
        let fed = call(helper, &mut dice, &Fed::Channels(input.clone()), &[]);
        let found = render(helper, 48_000.0, &fed, 1 << 10);
        let sum = |channels: &[Vec<f64>], frame: usize| channels.iter().map(|channel| channel[frame]).sum::<f64>();
        let wrong = (0..1 << 10).find(|&frame| (sum(&found, frame) - sum(&input, frame)).abs() > 1e-12);
        hold(wrong.is_none(), || format!("not in sample {wrong:?} of {count} channels, with {:?}", &fed[1..]))?;
    }
    Ok(())
}

/// The octave around 1 kHz of a sound, cut out of its spectrum.
fn octave(sound: &[f64], rate: f64) -> Vec<f64> {
    let length = (2 * sound.len()).next_power_of_two();
    let mut bins = sound.iter().map(|sample| Complex::new(*sample, 0.0)).collect::<Vec<_>>();
    bins.resize(length, Complex::default());
    let mut planner = FftPlanner::new();
    planner.plan_fft_forward(length).process(&mut bins);
    for (bin, value) in bins.iter_mut().enumerate() {
        let frequency = bin.min(length - bin) as f64 * rate / length as f64;
        let octaves = (frequency / 1000.0).log2().abs();
        // Half an octave to each side, with soft edges.
        *value *= 0.5 + 0.5 * (TAU * 2.0 * (octaves - 0.375).clamp(0.0, 0.25)).cos();
    }
    planner.plan_fft_inverse(length).process(&mut bins);
    bins[..sound.len()].iter().map(|bin| bin.re).collect()
}

/// Seconds for 60 dB, from the slope of what is still to come between 5 and 35 dB below all of it (ISO 3382-1: T30, by
/// Schroeder's integration).
fn decay_time(sound: &[f64], rate: f64) -> f64 {
    let mut left = octave(sound, rate).iter().map(|sample| sample * sample).collect::<Vec<_>>();
    for frame in (0..left.len() - 1).rev() {
        left[frame] += left[frame + 1];
    }
    let level = |frame: usize| 10.0 * (left[frame] / left[0]).log10();
    let reached = |below: f64| (0..left.len()).find(|&frame| level(frame) < below).expect("it falls that far");
    let points = (reached(-5.0)..reached(-35.0)).step_by(16).map(|frame| (frame as f64 / rate, level(frame)));
    let points = points.collect::<Vec<_>>();
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (across, square) = points.iter().fold((0.0, 0.0), |(across, square), point| {
        (across + (point.0 - x) * (point.1 - y), square + (point.0 - x) * (point.0 - x))
    });
    -60.0 * square / across
}

pub fn rt60(helper: &'static Helper, argument: &str) -> Kept {
    let mut dice = Dice::new(21);
    for rate in RATES {
        for time in [0.3, 1.0, 4.0, 20.0] {
            let fixed = [(argument, time), ("mix", 1.0)];
            for (channel, sound) in click(helper, rate, &mut dice, &fixed, (time * rate) as usize).iter().enumerate() {
                let found = decay_time(sound, rate);
                let place = || format!("{time} s at {rate}, channel {channel}: {found:.3} s");
                hold((found / time - 1.0).abs() < 0.1, place)?;
            }
        }
    }
    Ok(())
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let product = one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>() / one.len() as f64;
    product / (power(one) * power(other)).sqrt()
}

pub fn decorrelates(helper: &'static Helper, below: f64) -> Kept {
    let mut dice = Dice::new(22);
    let noise = dice.noise(LONG);
    for round in 0..8 {
        let input = if round % 2 == 0 { Fed::Signal(noise.clone()) } else { padded(vec![1.0]) };
        let found = render(helper, 48_000.0, &call(helper, &mut dice, &input, &[("mix", 1.0)]), LONG);
        hold(found.len() > 1, || "there is only one channel".to_owned())?;
        for one in 0..found.len() {
            for other in 0..one {
                let found = correlation(&found[one], &found[other]);
                hold(found.abs() < below, || format!("channels {other} and {one}: {found:.2}, of {input:.0?}"))?;
            }
        }
    }
    Ok(())
}

pub fn loudness(helper: &'static Helper, within: f64) -> Kept {
    let mut dice = Dice::new(23);
    let noise = dice.noise(LONG);
    for decay in [0.1, 0.3, 1.0, 3.0] {
        let fixed = [("mix", 1.0), ("decay", decay), ("damp", 0.0)];
        let fed = call(helper, &mut dice, &Fed::Signal(noise.clone()), &fixed);
        for channel in render(helper, 48_000.0, &fed, LONG) {
            let change = 0.5 * decibels(power(&channel[LONG / 2..]) / power(&noise[LONG / 2..]));
            hold(change.abs() < within, || format!("{change:.2} dB with {:?}", &fed[1..]))?;
        }
    }
    Ok(())
}

pub fn arrives(helper: &'static Helper, argument: &str) -> Kept {
    for rate in RATES {
        for frames in [0, 1, 2, 5, 100, 2205, 4410] {
            let fixed = [(argument, frames as f64 / rate), ("max", 0.1)];
            let sound = click(helper, rate, &mut Dice::new(24), &fixed, 1 << 13).remove(0);
            let wrong = sound.iter().enumerate().find(|(frame, sample)| {
                let wanted = if *frame == frames { 1.0 } else { 0.0 };
                (*sample - wanted).abs() > 1e-9
            });
            hold(wrong.is_none(), || format!("{frames} frames at {rate}: frame and sample {wrong:?}"))?;
        }
    }
    Ok(())
}

pub fn flat(helper: &'static Helper, argument: &str, within: f64, until: f64) -> Kept {
    const FRAMES: usize = 1 << 12;
    for rate in RATES {
        for eighths in 160..=176 {
            let fixed = [(argument, f64::from(eighths) / 8.0 / rate), ("max", 0.1)];
            let sound = click(helper, rate, &mut Dice::new(25), &fixed, FRAMES).remove(0);
            let mut bins = sound.iter().map(|sample| Complex::new(*sample, 0.0)).collect::<Vec<_>>();
            FftPlanner::new().plan_fft_forward(FRAMES).process(&mut bins);
            for (bin, value) in bins[..(until * FRAMES as f64) as usize].iter().enumerate() {
                let (part, found) = (bin as f64 / FRAMES as f64, decibels(value.norm()));
                hold(found.abs() < within, || format!("{eighths}/8 frames at {rate}: {found:.3} dB at {part:.3}"))?;
            }
        }
    }
    Ok(())
}

pub fn swings(helper: &'static Helper, argument: &str) -> Kept {
    /// Half of the frames that a strength is measured over.
    const HALF: usize = 128;
    let mut dice = Dice::new(26);
    for rate in RATES {
        for (cents, swings, tone) in [(5.0, 4.0, 0.05), (35.0, 6.0, 0.2), (35.0, 6.0, 0.35), (120.0, 7.0, 0.02)] {
            let sound = (0..1 << 16).map(|frame| (TAU * tone * f64::from(frame)).sin()).collect::<Vec<_>>();
            let fixed = [(argument, cents), ("rate", swings)];
            let found = render(helper, rate, &call(helper, &mut dice, &Fed::Signal(sound), &fixed), 1 << 16).remove(0);
            let strength = |middle: usize| {
                let part = (0..2 * HALF).map(|at| {
                    let turn = TAU * tone * (middle + at - HALF) as f64;
                    let fade = 0.5 - 0.5 * (TAU * at as f64 / (2 * HALF) as f64).cos();
                    Complex::from_polar(fade * found[middle + at - HALF], -turn)
                });
                part.sum::<Complex<f64>>() / HALF as f64
            };
            let points = (2000..60_000).step_by(16).map(strength).collect::<Vec<_>>();
            let step = |pair: &[Complex<f64>]| (pair[1] / pair[0]).arg() / (TAU * tone * 16.0);
            let steps = points.windows(2).map(step).collect::<Vec<_>>();
            let in_cents = |step: f64| 1200.0 * step.ln_1p() / 2.0f64.ln();
            let highest = steps.iter().copied().fold(0.0, f64::max);
            let lowest = steps.iter().copied().fold(0.0, f64::min);
            let reached = [in_cents(highest), -in_cents(lowest)];
            let place = format!("{cents} cents of a tone at {tone} of {rate}");
            hold(reached.iter().all(|found| (found / cents - 1.0).abs() < 0.05), || format!("{place}: {reached:?}"))?;
            // A tone that leaves the middle of what it is measured by is softer there: only what is near it counts.
            let near = points.iter().zip(&steps).filter(|(_, step)| step.abs() * tone < 2e-4);
            let levels = near.map(|(point, _)| decibels(2.0 * point.norm())).collect::<Vec<_>>();
            let range =
                levels.iter().fold((0.0, 0.0), |(low, high): (f64, f64), level| (low.min(*level), high.max(*level)));
            hold(!levels.is_empty() && range.1 - range.0 < 0.1, || format!("{place}: levels {range:?}"))?;
        }
    }
    Ok(())
}

pub fn lossless(helper: &'static Helper, at: &[(&str, f64)]) -> Kept {
    let mut dice = Dice::new(27);
    for _ in 0..4 {
        let sound = [dice.noise(1 << 12), vec![0.0; LONG - (1 << 12)]].concat();
        let wild = |argument: &aither::helpers::Argument, dice: &mut Dice| {
            let named = at.iter().find(|(name, _)| *name == argument.name);
            let (low, high) = (*argument.range.start(), *argument.range.end());
            match (argument.kind, named) {
                (Kind::Signal, _) => Fed::Signal(sound.clone()),
                (_, Some((_, value))) => Fed::Number(*value),
                _ => Fed::Signal((0..1 << 10).map(|_| dice.within(low, high)).collect()),
            }
        };
        let fed = helper.arguments.iter().map(|argument| wild(argument, &mut dice)).collect::<Vec<_>>();
        for channel in render(helper, 48_000.0, &fed, LONG) {
            let kept = power(&channel) / power(&sound);
            hold((kept - 1.0).abs() < 1e-6, || format!("{kept} of the energy comes out"))?;
        }
    }
    Ok(())
}
