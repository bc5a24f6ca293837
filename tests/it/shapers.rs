//! What shapers and dynamics promise: curves, levels, ceilings, what passes and what folds back. Which promises there are stands in the declarations.

use std::f64::consts::TAU;

use aither::helpers::Helper;

use crate::claims::{FRAMES, Kept, RATES, aliases, call, decibels, hold};
use crate::stand::{Dice, Fed, padded, render};

/// Still numbers of a call, in order.
fn numbers(fed: &[Fed]) -> Vec<f64> {
    fed.iter().filter_map(|fed| if let Fed::Number(number) = fed { Some(*number) } else { None }).collect()
}

/// A signal that keeps its value.
fn steady(value: f64) -> Fed {
    Fed::Signal(vec![value])
}

fn sine(tone: f64, rate: f64, level: f64, frames: usize) -> Vec<f64> {
    (0..frames).map(|frame| level * (TAU * tone * frame as f64 / rate).sin()).collect()
}

/// A curve of steady inputs.
pub fn maps(helper: &'static Helper, curve: fn(f64, &[f64]) -> f64) -> Kept {
    let mut dice = Dice::new(9);
    for input in (-400..=400).map(|n| f64::from(n) / 100.0 + 1e-5) {
        let fed = call(helper, &mut dice, &steady(input), &[]);
        let given = numbers(&fed);
        let found = *render(helper, 48_000.0, &fed, 8)[0].last().expect("frames");
        let wanted = curve(input, &given);
        // Next to a jump of the curve, either side will do.
        let near = [-1e-12, 1e-12].map(|step| (curve(input * (1.0 + step), &given) - found).abs());
        let off = near.into_iter().fold((wanted - found).abs(), f64::min);
        hold(off < 1e-9, || format!("{input} with {given:?}: found {found}, expected {wanted}"))?;
    }
    Ok(())
}

/// What stays below a level passes.
pub fn transparent(helper: &'static Helper, argument: &str, at: f64, up_to: f64, late: fn(f64) -> u32) -> Kept {
    let mut dice = Dice::new(10);
    for rate in RATES {
        let late = late(rate) as usize;
        let sound = (0..1 << 13).map(|_| dice.within(-up_to, up_to)).collect::<Vec<_>>();
        let fed = call(helper, &mut dice, &Fed::Signal(sound.clone()), &[(argument, at)]);
        for channel in render(helper, rate, &fed, sound.len()) {
            let wrong =
                channel[late..].iter().zip(&sound).position(|(found, wanted)| found.to_bits() != wanted.to_bits());
            hold(wrong.is_none(), || format!("sample {wrong:?} at {rate} is changed, with {:?}", &fed[1..]))?;
        }
        // What was loud is forgotten within a second.
        let loud = sine(440.0, rate, 4.0 * up_to, 1 << 12).into_iter().chain(vec![0.0; rate as usize]);
        let all = loud.chain(sound.iter().copied()).collect::<Vec<_>>();
        let before = all.len() - sound.len();
        let fed = call(helper, &mut Dice::new(11), &padded(all), &[(argument, at), ("release", 0.01)]);
        let channel = render(helper, rate, &fed, before + sound.len()).remove(0);
        let found = &channel[before + late..];
        let wrong = found.iter().zip(&sound).position(|(found, wanted)| found.to_bits() != wanted.to_bits());
        hold(wrong.is_none(), || format!("sample {wrong:?} at {rate} is changed a second after loud ones"))?;
    }
    Ok(())
}

/// What folds back from a loud sine.
pub fn clean(helper: &'static Helper, tone: f64, arguments: &[f64], under: f64) -> Kept {
    // Some hertz off, so that nothing folds back onto a harmonic; and after a while, as for the ear.
    let (tone, before) = (tone + 3.0, 4800);
    let mut fed = vec![padded(sine(tone, 48_000.0, 1.0, FRAMES + before))];
    fed.extend(arguments.iter().map(|number| Fed::Number(*number)));
    let found = aliases(&render(helper, 48_000.0, &fed, FRAMES + before)[0][before..], tone);
    hold(found >= under, || format!("{found:.1} dB"))
}

/// The level of a steady sine.
pub fn gain(helper: &'static Helper, curve: fn(f64, &[f64]) -> f64) -> Kept {
    let mut dice = Dice::new(12);
    for rate in RATES {
        for level in [-70.0, -40.0, -30.0, -24.0, -20.0, -12.0, -6.0, 0.0, 6.0] {
            let frames = rate as usize;
            let sound = padded(sine(1000.0, rate, 10f64.powf(level / 20.0), frames));
            let threshold = -40.0 + 38.0 * dice.unit();
            let given = [("threshold", threshold), ("attack", 0.01), ("release", 1.0), ("knee", 24.0 * dice.unit())];
            let fed = call(helper, &mut dice, &sound, &given);
            let found = render(helper, rate, &fed, frames)[0][frames * 9 / 10..]
                .iter()
                .fold(0.0f64, |most, s| most.max(s.abs()));
            let numbers = numbers(&fed);
            let (found, wanted) = (decibels(found), curve(level, &numbers));
            hold((found - wanted).abs() < 0.1, || {
                format!("{level} dB with {numbers:?} at {rate}: found {found}, expected {wanted} dB")
            })?;
        }
    }
    Ok(())
}

/// Nothing is louder than an argument.
pub fn ceiling(helper: &'static Helper, argument: &str) -> Kept {
    let mut dice = Dice::new(13);
    let range =
        &helper.arguments.iter().find(|one| one.name == argument).expect("claims name arguments that there are").range;
    for round in 0..24 {
        let rate = RATES[round % 3];
        let level = dice.within(*range.start(), *range.end());
        let loud = 10f64.powf(dice.within(level - 10.0, level + 60.0) / 20.0);
        let (tone, hold_for) = (dice.within(20.0, 0.5 * rate), 1 + dice.below(2000));
        let sound = (0..1 << 15).map(|frame| match (round + frame / hold_for) % 4 {
            0 => loud * (2.0 * dice.unit() - 1.0),
            1 => loud * (TAU * tone * frame as f64 / rate).sin(),
            2 => 0.0,
            _ => loud * f64::from(frame % 97 == 0),
        });
        let fed = call(helper, &mut Dice::new(round as u64), &Fed::Signal(sound.collect()), &[(argument, level)]);
        let limit = 10f64.powf(level / 20.0) * (1.0 + 1e-12);
        for channel in render(helper, rate, &fed, 1 << 15) {
            let wrong = channel.iter().position(|sample| sample.abs() > limit).map(|at| (at, channel[at]));
            hold(wrong.is_none(), || format!("sample and value {wrong:?} at {rate}, the ceiling is {limit}"))?;
        }
    }
    Ok(())
}
