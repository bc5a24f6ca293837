//! What helpers promise in time: values at moments, frame by frame, without steps. Which promises there are stands in the declarations.

use aither::helpers::{Helper, Kind};

use crate::claims::{Kept, RATES, hold};
use crate::stand::{Dice, Fed, padded, render};

/// How far a value may be off, beside itself.
const TOLERANCE: f64 = 1e-3;
/// How far a moment may be off, beside the time since the last step of the input.
const TIMING: f64 = 0.005;

/// A call whose signals are as given, one after the other, and whose numbers as well.
fn call(helper: &Helper, signals: &[Fed], numbers: &[f64], rows: &[&[f64]]) -> Vec<Fed> {
    let (mut signals, mut numbers) = (signals.iter(), numbers.iter());
    let fed = helper.arguments.iter().map(|argument| match argument.kind {
        Kind::Signal => signals.next().expect("a signal for each argument that is one").clone(),
        Kind::Rows => Fed::Rows(rows.iter().map(|row| row.to_vec()).collect()),
        _ => Fed::Number(*numbers.next().expect("a number for each argument that is one")),
    });
    fed.collect()
}

/// Values at moments.
pub fn course(
    helper: &'static Helper,
    arguments: &[f64],
    rows: &[&[f64]],
    input: &[(f64, f64)],
    output: &[(f64, f64)],
) -> Kept {
    let end = output.last().expect("a course has a moment").0;
    for rate in RATES {
        let frames = (end * rate * (1.0 + TIMING)) as usize + 8;
        let frame = |seconds: f64| (seconds * rate).round() as usize;
        let value =
            |at: usize| input.iter().rev().find(|(since, _)| frame(*since) <= at).map_or(0.0, |(_, value)| *value);
        let signal = padded((0..frames).map(value).collect());
        let sound = render(helper, rate, &call(helper, &[signal], arguments, rows), frames).remove(0);
        for (seconds, wanted) in output {
            // At the very moment of a step the new value stands.
            let since = input.iter().rev().find(|(since, _)| since < seconds).map_or(0.0, |(since, _)| *since);
            let (at, late) = (frame(*seconds), ((seconds - since) * rate * TIMING) as usize + 1);
            let early = at.saturating_sub(late).max(frame(since));
            let near = &sound[early..=at + late];
            let (low, high) = near.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            let off = wanted.abs() * TOLERANCE + 1e-6;
            hold(low - off <= *wanted && *wanted <= high + off, || {
                format!("after {seconds} s at {rate}: found {} ({low} to {high}), expected {wanted}", sound[at])
            })?;
        }
    }
    Ok(())
}

/// Frame by frame.
pub fn frames(helper: &'static Helper, inputs: &[&[f64]], arguments: &[f64], output: &[f64]) -> Kept {
    let signals = inputs.iter().map(|input| padded(input.to_vec())).collect::<Vec<_>>();
    let found = render(helper, 48_000.0, &call(helper, &signals, arguments, &[]), output.len()).remove(0);
    hold(found == output, || format!("found {found:?}, expected {output:?}"))
}

/// No steps, whatever gates do.
pub fn smooth(helper: &'static Helper, arguments: &[f64], step: f64) -> Kept {
    let mut dice = Dice::new(8);
    for rate in RATES {
        let mut gate = Vec::new();
        while gate.len() < 1 << 16 {
            let height = [0.0, 1.0, 0.0, dice.unit(), dice.unit()][dice.below(5)];
            let longest = 4 << dice.below(10);
            gate.extend(vec![height; 1 + dice.below(longest)]);
        }
        gate.truncate(1 << 16);
        let sound = render(helper, rate, &call(helper, &[Fed::Signal(gate)], arguments, &[]), 1 << 16).remove(0);
        let steps = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let largest = steps.chain([sound[0].abs()]).fold(0.0, f64::max);
        let moved = sound.iter().fold(0.0f64, |most, sample| most.max(*sample));
        hold(largest <= step && moved > 0.9, || {
            format!("a step of {largest} at {rate}, the highest sample is {moved}")
        })?;
    }
    Ok(())
}
