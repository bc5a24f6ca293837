//! How helpers that work on sound answer to a tick or a tone, measured. Which answers are promised stands in the declarations.

use aither::helpers::{Helper, Kind, Unit};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::claims::{Kept, RATES, call, cents_off, decibels, hold, strength, window};
use crate::stand::{Dice, Fed, padded, render};

/// The lowest frequency that promises speak of, in hertz.
const LOWEST: f64 = 20.0;
/// The highest, as a part of the sample rate.
const HIGHEST: f64 = 0.45;
/// A tick: so soft that nothing saturates.
const TICK: f64 = 1e-6;
/// The most frames that an answer is waited for.
const PATIENCE: usize = 1 << 21;
/// The longest time in seconds that is asked for.
const LONGEST: f64 = 0.5;

/// Arguments by name.
type Values = Vec<(&'static str, f64)>;

/// Still arguments after the input, from all of their ranges: frequencies by the octave, and the ends often.
fn probe(helper: &'static Helper, dice: &mut Dice, fixed: &[(&'static str, f64)]) -> Values {
    let arguments = helper.arguments.iter().filter(|argument| matches!(argument.kind, Kind::Number | Kind::Constant));
    let drawn = arguments.map(|argument| {
        let (low, high) = (*argument.range.start(), *argument.range.end());
        let part = match dice.below(8) {
            0 => 0.0,
            1 => 1.0,
            _ => dice.unit(),
        };
        let value = match argument.unit {
            Unit::Hertz if low >= 0.0 => {
                let low = low.max(LOWEST);
                (low * (high / low).powf(part)).min(high)
            }
            Unit::Seconds => low + (high.min(LONGEST) - low) * part.powi(4),
            _ => low + (high - low) * part,
        };
        let fixed = fixed.iter().find(|(name, _)| *name == argument.name);
        (argument.name, fixed.map_or(value, |(_, value)| *value))
    });
    drawn.collect()
}

/// What a tick of 1 is answered with, channel by channel, until nothing is left of it: a power of two of frames.
fn answer(helper: &'static Helper, rate: f64, values: &Values) -> Option<Vec<Vec<f64>>> {
    // Echoes may be far apart, so the end is longer than any time that is asked for.
    let seconds = helper.arguments.iter().filter(|argument| argument.unit == Unit::Seconds);
    let times = seconds.filter_map(|argument| values.iter().find(|(name, _)| *name == argument.name));
    let longest = times.fold(0.0f64, |longest, (_, time)| longest.max(*time));
    let mut frames = ((8.0 * longest * rate) as usize).next_power_of_two().max(1 << 14);
    while frames <= PATIENCE {
        let fed = call(helper, &mut Dice::new(0), &padded([vec![TICK], vec![0.0; frames - 1]].concat()), values);
        let mut channels = render(helper, rate, &fed, frames);
        channels.iter_mut().flatten().for_each(|sample| *sample /= TICK);
        let loudest = |sound: &[f64]| sound.iter().fold(0.0f64, |loudest, sample| loudest.max(sample.abs()));
        if channels.iter().all(|sound| loudest(&sound[frames * 7 / 8..]) <= 1e-7 * loudest(sound)) {
            return Some(channels);
        }
        frames *= 4;
    }
    None
}

fn spectrum(sound: &[f64]) -> Vec<Complex<f64>> {
    let mut bins = sound.iter().map(|sample| Complex::new(*sample, 0.0)).collect::<Vec<_>>();
    FftPlanner::new().plan_fft_forward(sound.len()).process(&mut bins);
    bins
}

/// Bins of a spectrum from one frequency to another, some for each octave, and those next to the given frequencies.
fn bins(low: f64, high: f64, frames: usize, rate: f64, near: &Values) -> Vec<usize> {
    let (first, last) = ((low * frames as f64 / rate).ceil(), (high * frames as f64 / rate).floor());
    let spread = (0..=500).map(|n| first * (last / first).powf(f64::from(n) / 500.0));
    let near = near.iter().flat_map(|(_, value)| [-2.0, -1.0, 0.0, 1.0, 2.0].map(|n| value * frames as f64 / rate + n));
    spread.chain(near).map(f64::round).filter(|bin| (first..=last).contains(bin)).map(|bin| bin as usize).collect()
}

pub fn corner(helper: &'static Helper, argument: &'static str) -> Kept {
    for rate in RATES {
        for tone in [22.0, 100.0, 1000.0, 3600.0, 14_600.0, 19_900.0] {
            let found = answer(helper, rate, &probe(helper, &mut Dice::new(4), &[(argument, tone)]));
            let Some(found) = found else { return Err(format!("at {tone} Hz and {rate}: it rings on")) };
            let sum = found[0].iter().enumerate().map(|(at, sample)| {
                let turn = std::f64::consts::TAU * tone * at as f64 / rate;
                Complex::new(turn.cos(), -turn.sin()) * *sample
            });
            let found = decibels(sum.sum::<Complex<f64>>().norm());
            hold((found + 3.0103).abs() < 0.01, || format!("at {tone} Hz and {rate}: {found} dB"))?;
        }
    }
    Ok(())
}

pub fn magnitude(helper: &'static Helper, curve: fn(f64, f64, &[f64]) -> f64) -> Kept {
    let mut dice = Dice::new(5);
    for rate in RATES {
        for _ in 0..16 {
            let values = probe(helper, &mut dice, &[]);
            let given = values.iter().map(|(_, value)| *value).collect::<Vec<_>>();
            // What is not told is not measured.
            if curve(1000.0, rate, &given).is_nan() {
                continue;
            }
            let Some(found) = answer(helper, rate, &values) else {
                return Err(format!("with {values:?} at {rate} it rings on"));
            };
            let found = spectrum(&found[0]);
            for bin in bins(LOWEST, HIGHEST * rate, found.len(), rate, &values) {
                let tone = bin as f64 * rate / found.len() as f64;
                let wanted = curve(tone, rate, &given);
                // In a gap of the curve there is no level to compare.
                if wanted < 1e-5 {
                    continue;
                }
                let (found, wanted) = (decibels(found[bin].norm()), decibels(wanted));
                let place = || format!("{tone} Hz at {rate}, {values:?}: found {found}, expected {wanted} dB");
                hold((found - wanted).abs() < 0.1, place)?;
            }
        }
    }
    Ok(())
}

pub fn rings(helper: &'static Helper, argument: &'static str, with: &[(&'static str, f64)], cents: f64) -> Kept {
    const FRAMES: usize = 1 << 16;
    let mut dice = Dice::new(6);
    for rate in RATES {
        for tone in [55.0, 220.0, 880.0, 3520.0, 10_000.0] {
            let fixed = [&[(argument, tone)], with].concat();
            let values = probe(helper, &mut dice, &fixed);
            // What builds up by itself takes its time.
            let wait = 3 * rate as usize;
            let struck = padded([vec![0.5], vec![0.0; wait + FRAMES - 1]].concat());
            let sound = render(helper, rate, &call(helper, &mut dice, &struck, &values), wait + FRAMES).remove(0);
            let sound = &sound[wait..];
            let level = decibels(2.0 * strength(sound, tone, rate) / 0.35875);
            let off = cents_off(sound, tone, rate);
            hold(level > -80.0 && off.is_some_and(|off| off.abs() < cents), || {
                format!("{tone} Hz at {rate}, {values:?}: {off:?} cents off, level {level} dB")
            })?;
        }
    }
    Ok(())
}

pub fn fades(helper: &'static Helper, argument: &'static str, percent: f64) -> Kept {
    let mut dice = Dice::new(7);
    for rate in RATES {
        for time in [0.1, 0.5, 3.0] {
            for _ in 0..4 {
                // Whatever else is a time must be short beside the whole, and a tone high, so that there is something to follow.
                let mut values = probe(helper, &mut dice, &[(argument, time)]);
                let unit =
                    |name: &str| helper.arguments.iter().find(|other| other.name == name).map(|other| other.unit);
                for (name, value) in values.iter_mut().filter(|(name, _)| *name != argument) {
                    match unit(name) {
                        Some(Unit::Seconds) => *value = dice.within(0.0005, time / 20.0),
                        Some(Unit::Hertz) => *value = value.max(30.0 / time),
                        _ => {}
                    }
                }
                let frames = (time * rate) as usize;
                let struck = padded([vec![0.5], vec![0.0; frames - 1]].concat());
                let sound = render(helper, rate, &call(helper, &mut dice, &struck, &values), frames).remove(0);
                // The lowest of the strong partials, because interpolation dulls the high ones, heard early and late.
                let length = frames * 3 / 10;
                let (early, late) = (frames / 10, frames * 6 / 10);
                let mut part = sound[early..early + length].to_vec();
                part.iter_mut().enumerate().for_each(|(at, sample)| *sample *= window(at, length));
                let bins = spectrum(&part)[..length / 2].iter().map(|bin| bin.norm()).collect::<Vec<_>>();
                let loudest = bins.iter().fold(0.0f64, |loudest, bin| loudest.max(*bin));
                let mut summit = bins.iter().position(|bin| *bin >= 0.5 * loudest).expect("a partial");
                while bins.get(summit + 1).is_some_and(|next| *next > bins[summit]) {
                    summit += 1;
                }
                let tone = summit as f64 * rate / length as f64;
                let level = |from: usize| decibels(strength(&sound[from..from + length], tone, rate));
                let found = 60.0 * (late - early) as f64 / rate / (level(early) - level(late));
                hold((found / time - 1.0).abs() < percent / 100.0, || {
                    format!("with {values:?} at {rate}: {tone} Hz is 60 dB softer after {found} s")
                })?;
            }
        }
    }
    Ok(())
}

pub fn quadrature(helper: &'static Helper, degrees: f64) -> Kept {
    for rate in [32_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        let Some(found) = answer(helper, rate, &Values::new()) else { return Err("it rings on".to_owned()) };
        hold(found.len() == 2, || format!("{} channels", found.len()))?;
        let (ahead, behind) = (spectrum(&found[0]), spectrum(&found[1]));
        for bin in bins(30.0, HIGHEST * rate, ahead.len(), rate, &Values::new()) {
            let tone = bin as f64 * rate / ahead.len() as f64;
            let levels = [ahead[bin], behind[bin]].map(|bin| decibels(bin.norm()));
            let apart = (ahead[bin] / behind[bin]).arg().to_degrees();
            let kept = (apart - 90.0).abs() < degrees && levels.iter().all(|level| level.abs() < 0.01);
            hold(kept, || format!("{tone} Hz at {rate}: {apart} degrees apart, levels {levels:?} dB"))?;
        }
    }
    Ok(())
}

pub fn moves(helper: &'static Helper, argument: &'static str, under: f64) -> Kept {
    const FRAMES: usize = 1 << 16;
    for rate in RATES {
        for (tone, shift) in [(440.0, 100.0), (1000.0, -333.0), (60.0, 5000.0), (9000.0, -7000.0), (3000.0, 0.3)] {
            // On bins, and after a second for what was there before the tone.
            let bin = |frequency: f64| (frequency * FRAMES as f64 / rate).round();
            let turn = std::f64::consts::TAU * bin(tone) / FRAMES as f64;
            let tones = (0..FRAMES).map(|at| (turn * at as f64).sin()).collect();
            let shift = bin(shift);
            let values = vec![(argument, shift * rate / FRAMES as f64)];
            let sound =
                render(helper, rate, &call(helper, &mut Dice::new(8), &Fed::Signal(tones), &values), 3 * FRAMES);
            let bins = spectrum(&sound[0][2 * FRAMES..]);
            let moved = (bin(tone) + shift) as usize;
            let level = decibels(2.0 * bins[moved].norm() / FRAMES as f64);
            let rest =
                bins[..FRAMES / 2].iter().enumerate().filter(|(bin, _)| *bin != moved).map(|(_, bin)| bin.norm());
            let rest = decibels(bins[moved].norm() / rest.fold(0.0, f64::max));
            hold(level.abs() < 0.1 && rest > under, || {
                format!("{tone} Hz at {rate}, {values:?}: {level} dB, all else {rest} dB under it")
            })?;
        }
    }
    Ok(())
}
