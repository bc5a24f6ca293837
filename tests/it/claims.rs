//! What helpers promise, measured. Which promises there are stands in the declarations.

use std::f64::consts::TAU;

use aither::helpers::{Claim, HELPERS, Helper, Kind, Unit};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::stand::{Dice, Fed, render, takes_sound};
use crate::{claims_space, course, noises, response, shapers, waves};

pub const RATES: [f64; 3] = [44_100.0, 48_000.0, 96_000.0];
/// Frequencies to measure at, in hertz.
const TONES: [f64; 7] = [27.5, 110.0, 440.0, 1000.0, 3520.0, 7000.0, 15_000.0];

/// A call with still numbers in range; named arguments are as given.
pub fn call(helper: &Helper, dice: &mut Dice, input: &Fed, fixed: &[(&str, f64)]) -> Vec<Fed> {
    let fed = helper.arguments.iter().map(|argument| {
        let (low, high) = (*argument.range.start(), *argument.range.end());
        let named = fixed.iter().find(|(name, _)| *name == argument.name);
        match argument.kind {
            Kind::Signal => input.clone(),
            // A ramp, so that its pitch is heard.
            Kind::Numbers | Kind::Rows if argument.sets.is_empty() => {
                Fed::Numbers((0..64).map(|n| f64::from(n) / 32.0 - 1.0).collect())
            }
            Kind::Numbers | Kind::Rows | Kind::Choice(_) => dice.word(argument),
            Kind::Constant => {
                let high = if argument.unit == Unit::Seconds { high.min(0.5) } else { high };
                Fed::Number(named.map_or_else(|| dice.within(low, high), |(_, value)| *value))
            }
            Kind::Number => Fed::Number(named.map_or_else(|| dice.within(low, high), |(_, value)| *value)),
        }
    });
    fed.collect()
}

/// Every helper with each of its claims.
fn claims() -> impl Iterator<Item = (&'static Helper, Claim)> {
    HELPERS.iter().flat_map(|helper| helper.claims.iter().map(|claim| (*helper, *claim)))
}

pub fn decibels(factor: f64) -> f64 {
    20.0 * factor.log10()
}

#[test]
fn claims_are_kept() {
    let mut all = Vec::new();
    for (helper, claim) in claims() {
        let kept = match claim {
            Claim::Passes { argument, at } => passes(helper, argument, at),
            Claim::Within { low, high } => within(helper, low, high),
            Claim::Pitch { argument } => pitch(helper, argument),
            Claim::Corner { argument } => response::corner(helper, argument),
            Claim::Magnitude { curve, .. } => response::magnitude(helper, curve),
            Claim::Alias { under } => alias(helper, under),
            Claim::Turns { argument } => waves::turns(helper, argument),
            Claim::Restarts { argument, under } => waves::restarts(helper, argument, under),
            Claim::Tuned { pitch, cents, decay, percent } => waves::tuned(helper, [pitch, decay], cents, percent),
            Claim::Tilt { decibels, from } => noises::tilt(helper, decibels, from),
            Claim::Happens { argument, percent } => noises::happens(helper, argument, percent),
            Claim::Levels { arguments, decibels } => levels(helper, arguments, decibels),
            Claim::OnTheBeat { argument } => crate::beats::on_the_beat(helper, argument),
            Claim::Begins { with } => begins(helper, with),
            Claim::Settles { argument, part } => settles(helper, argument, part),
            Claim::Rings { argument, with, cents } => response::rings(helper, argument, with, cents),
            Claim::Fades { argument, percent } => response::fades(helper, argument, percent),
            Claim::Quadrature { degrees } => response::quadrature(helper, degrees),
            Claim::Moves { argument, under } => response::moves(helper, argument, under),
            Claim::Routes { input, arguments, output } => claims_space::routes(helper, input, arguments, output),
            Claim::KeepsSum => claims_space::keeps_sum(helper),
            Claim::Rt60 { argument } => claims_space::rt60(helper, argument),
            Claim::Decorrelates { below } => claims_space::decorrelates(helper, below),
            Claim::Loudness { within } => claims_space::loudness(helper, within),
            Claim::Arrives { argument } => claims_space::arrives(helper, argument),
            Claim::Flat { argument, within, until } => claims_space::flat(helper, argument, within, until),
            Claim::Swings { argument } => claims_space::swings(helper, argument),
            Claim::Lossless { at } => claims_space::lossless(helper, at),
            Claim::Course { arguments, rows, input, output } => course::course(helper, arguments, rows, input, output),
            Claim::Frames { inputs, arguments, output } => course::frames(helper, inputs, arguments, output),
            Claim::Smooth { arguments, step } => course::smooth(helper, arguments, step),
            Claim::Maps { curve, .. } => shapers::maps(helper, curve),
            Claim::Transparent { argument, at, up_to, late } => shapers::transparent(helper, argument, at, up_to, late),
            Claim::Clean { tone, arguments, under } => shapers::clean(helper, tone, arguments, under),
            Claim::Gain { curve, .. } => shapers::gain(helper, curve),
            Claim::Together { late } => shapers::together(helper, late),
            Claim::Ceiling { argument } => shapers::ceiling(helper, argument),
        };
        all.extend(kept.err().map(|broken| format!("{}: {claim}\n    {broken}", helper.name)));
    }
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

pub type Kept = Result<(), String>;

pub fn hold(kept: bool, broken: impl FnOnce() -> String) -> Kept {
    if kept { Ok(()) } else { Err(broken()) }
}

fn passes(helper: &'static Helper, argument: &str, at: f64) -> Kept {
    let mut dice = Dice::new(1);
    let sound = dice.noise(1 << 12);
    for _ in 0..8 {
        let fed = call(helper, &mut dice, &Fed::Signal(sound.clone()), &[(argument, at)]);
        for channel in render(helper, 48_000.0, &fed, sound.len()) {
            let wrong = channel.iter().zip(&sound).position(|(found, wanted)| found.to_bits() != wanted.to_bits());
            hold(wrong.is_none(), || format!("sample {wrong:?} is changed, with {:?}", &fed[1..]))?;
        }
    }
    Ok(())
}

fn within(helper: &'static Helper, low: f64, high: f64) -> Kept {
    let mut dice = Dice::new(2);
    for round in 0..40 {
        let mut fed = call(helper, &mut dice, &Fed::Number(0.0), &[]);
        if round % 2 == 1 {
            for (fed, argument) in fed.iter_mut().zip(helper.arguments) {
                let (low, high) = match argument.kind {
                    Kind::Signal => (-4.0, 4.0),
                    Kind::Number => (*argument.range.start(), *argument.range.end()),
                    _ => continue,
                };
                *fed = Fed::Signal((0..1 << 12).map(|_| dice.within(low, high)).collect());
            }
        }
        for channel in render(helper, 48_000.0, &fed, 20_000) {
            // The last bit of a sine may pass.
            let outside = |sample: &f64| *sample < low - 1e-15 || *sample > high + 1e-15;
            let wrong = channel.iter().position(outside).map(|at| (at, channel[at]));
            hold(wrong.is_none(), || format!("sample and value {wrong:?}"))?;
        }
    }
    Ok(())
}

/// The strength of a frequency in a sound, through a window that falls off fast.
pub fn strength(sound: &[f64], frequency: f64, rate: f64) -> f64 {
    let sum = sound.iter().enumerate().map(|(at, sample)| {
        let turn = TAU * frequency * at as f64 / rate;
        Complex::new(turn.cos(), -turn.sin()) * (sample * window(at, sound.len()))
    });
    sum.sum::<Complex<f64>>().norm() / sound.len() as f64
}

/// Blackman and Harris' window of four terms: what is four bins away is 92 dB softer.
pub fn window(at: usize, length: usize) -> f64 {
    let turn = TAU * at as f64 / length as f64;
    0.35875 - 0.48829 * turn.cos() + 0.14128 * (2.0 * turn).cos() - 0.01168 * (3.0 * turn).cos()
}

/// How many cents the summit of the spectrum that is next to a frequency is above it; `None` where there is none.
pub fn cents_off(sound: &[f64], frequency: f64, rate: f64) -> Option<f64> {
    // The summit of the parabola through three strengths, one cent apart.
    let cent = (2.0f64).powf(1.0 / 1200.0);
    let near = [1.0 / cent, 1.0, cent].map(|factor| strength(sound, frequency * factor, rate).ln());
    let bend = near[0] - 2.0 * near[1] + near[2];
    let is_summit = bend < 0.0 || near[0].max(near[2]) <= near[1];
    is_summit.then(|| 0.5 * (near[0] - near[2]) / bend)
}

fn pitch(helper: &'static Helper, argument: &str) -> Kept {
    let mut dice = Dice::new(3);
    for rate in RATES {
        for tone in TONES {
            // What can be left out is.
            let mut fed = call(helper, &mut dice, &Fed::Number(0.0), &[(argument, tone)]);
            fed.truncate(helper.required());
            let sound = render(helper, rate, &fed, 1 << 16).remove(0);
            let mean = sound.iter().sum::<f64>() / sound.len() as f64;
            let sound = sound.iter().map(|sample| sample - mean).collect::<Vec<_>>();
            let off = cents_off(&sound, tone, rate);
            hold(off.is_some_and(|off| off.abs() < 1.0), || format!("{tone} Hz at {rate}: {off:?} cents off"))?;
        }
    }
    Ok(())
}

/// How far what folds back from a tone of 5 kHz lies under the fundamental, in decibels.
fn folded(helper: &'static Helper) -> f64 {
    // Some hertz off, so that nothing folds back onto a harmonic.
    let tone = 5003.0;
    let fed = call(helper, &mut Dice::new(5), &Fed::Number(0.0), &[("freq", tone), ("width", 0.37)]);
    aliases(&render(helper, 48_000.0, &fed, FRAMES).remove(0), tone)
}

/// Frames that are looked at for what folds back.
pub const FRAMES: usize = 1 << 16;

/// How far what folds back below 18 kHz lies under the fundamental, in decibels, in a sound at 48 kHz.
pub fn aliases(sound: &[f64], tone: f64) -> f64 {
    let windowed = |(at, sample): (usize, &f64)| Complex::new(sample * window(at, FRAMES), 0.0);
    let mut sound = sound.iter().enumerate().map(windowed).collect::<Vec<_>>();
    FftPlanner::new().plan_fft_forward(FRAMES).process(&mut sound);
    let (mut fundamental, mut folded) = (0.0f64, 0.0f64);
    for (bin, value) in sound[..FRAMES / 2].iter().enumerate() {
        let frequency = bin as f64 * 48_000.0 / FRAMES as f64;
        let harmonic = (frequency / tone).round();
        let own = (frequency - harmonic * tone).abs() < 10.0;
        match harmonic as u32 {
            1 if own => fundamental = fundamental.max(value.norm()),
            _ if !own && frequency < 18_000.0 => folded = folded.max(value.norm()),
            _ => {}
        }
    }
    decibels(fundamental / folded)
}

fn alias(helper: &'static Helper, under: f64) -> Kept {
    let found = folded(helper);
    hold(found >= under, || format!("{found:.1} dB"))
}

fn levels(helper: &'static Helper, arguments: &[f64], wanted: &[f64]) -> Kept {
    let mut fed = vec![Fed::Number(1.0)];
    fed.extend(arguments.iter().map(|number| Fed::Number(*number)));
    let found = render(helper, 48_000.0, &fed, 4800).iter().map(|channel| channel[4799].abs()).collect::<Vec<_>>();
    let same = |(found, wanted): (&f64, &f64)| (found - 10.0f64.powf(wanted / 20.0)).abs() < 1e-5;
    let kept = found.len() == wanted.len() && found.iter().zip(wanted).all(same);
    hold(kept, || format!("found {found:?}, expected {wanted:?} dB"))
}

fn begins(helper: &'static Helper, with: f64) -> Kept {
    let mut dice = Dice::new(6);
    for _ in 0..10 {
        // What can be left out is.
        let fed = &call(helper, &mut dice, &Fed::Number(0.0), &[])[..helper.required()];
        let found = render(helper, 48_000.0, fed, 1)[0][0];
        hold((found - with).abs() < 1e-15, || format!("found {found}"))?;
    }
    Ok(())
}

fn settles(helper: &'static Helper, argument: &str, part: f64) -> Kept {
    for rate in RATES {
        for time in [0.001, 0.1, 1.0] {
            let fed = call(helper, &mut Dice::new(7), &Fed::Number(1.0), &[(argument, time)]);
            let sound = render(helper, rate, &fed, (time * rate) as usize + 3).remove(0);
            let reached = sound.iter().position(|sample| *sample >= part);
            let frame = reached.map_or(f64::INFINITY, |frame| frame as f64);
            hold((frame - time * rate).abs() <= 2.0, || format!("{time} s at {rate}: in frame {frame}"))?;
        }
    }
    Ok(())
}

#[test]
fn claims_name_arguments_that_there_are() {
    for (helper, claim) in claims() {
        let named = match claim {
            Claim::Passes { argument, .. }
            | Claim::Pitch { argument }
            | Claim::Corner { argument }
            | Claim::Turns { argument }
            | Claim::Restarts { argument, .. }
            | Claim::Happens { argument, .. }
            | Claim::OnTheBeat { argument }
            | Claim::Rt60 { argument }
            | Claim::Arrives { argument }
            | Claim::Flat { argument, .. }
            | Claim::Swings { argument }
            | Claim::Transparent { argument, .. }
            | Claim::Ceiling { argument }
            | Claim::Settles { argument, .. }
            | Claim::Fades { argument, .. }
            | Claim::Moves { argument, .. } => vec![argument],
            Claim::Rings { argument, with, .. } => with.iter().map(|(name, _)| *name).chain([argument]).collect(),
            Claim::Levels { arguments, .. } => {
                assert_eq!(arguments.len() + 1, helper.arguments.len(), "{}", helper.name);
                Vec::new()
            }
            Claim::Routes { arguments, .. } => {
                assert_eq!(arguments.len() + 1, helper.arguments.len(), "{}", helper.name);
                Vec::new()
            }
            _ => Vec::new(),
        };
        for name in named {
            assert!(helper.arguments.iter().any(|argument| argument.name == name), "{}: {name}", helper.name);
        }
        let needs_sound = matches!(
            claim,
            Claim::Passes { .. }
                | Claim::Corner { .. }
                | Claim::Magnitude { .. }
                | Claim::Rings { .. }
                | Claim::Fades { .. }
                | Claim::Quadrature { .. }
                | Claim::Moves { .. }
        );
        assert!(!needs_sound || takes_sound(helper), "{}: {claim}", helper.name);
    }
}
