//! Panels over time or level: a wave, an envelope, echoes, the curve of a shaper, the levels of a compressor. It draws nothing.

use super::super::shown::{Fed, RATE, calls};
use super::super::spectrum::{SILENCE, decibels, factor};
use super::{COLUMNS, Curve, Easel, Panel, axis, fitting, is_event, name, with};
use crate::dsp::math::sin_turns;
use crate::helpers::{Argument, Helper, Kind, Unit};

/// How long a picture over time is, in seconds.
const WINDOW: f64 = 1.0;
/// What arguments in hertz are that nobody has chosen a number for, where a second is shown.
const SLOW: f64 = 5.0;

impl Easel {
    /// Two periods.
    pub(super) fn wave(&mut self, helper: &'static Helper) -> Option<Panel> {
        let (freq, periods) = (250.0, 2.0);
        let frames = (periods * RATE / freq) as usize;
        let mut curves = Vec::new();
        for (varied, fed) in calls(helper, &[0.0]) {
            let sound = self.heard(helper, &with(helper, fed, "freq", freq), frames);
            for (channel, samples) in sound.iter().enumerate() {
                let points = samples.iter().enumerate().map(|(at, sample)| (at as f64 / RATE * 1000.0, *sample));
                curves.push(Curve { name: name(varied, channel, sound.len()), faint: false, points: points.collect() });
            }
        }
        let x = axis(0.0, frames as f64 / RATE * 1000.0);
        Some(Panel { title: format!("wave at {freq} Hz over ms"), x, y: fitting(&curves), curves })
    }

    /// What a tick leaves behind, by its level.
    pub(super) fn tail(&mut self, helper: &'static Helper) -> Option<Panel> {
        let frames = (WINDOW * RATE) as usize;
        let mut curves = Vec::new();
        for (varied, fed) in calls(helper, &[1.0, 0.0]) {
            let sound = self.heard(helper, &fed, frames);
            if sound.iter().all(|samples| samples[1..].iter().all(|sample| *sample == 0.0)) {
                return None;
            }
            for (channel, samples) in sound.iter().enumerate() {
                let loudest = columns(samples, |sample| sample.abs());
                let points = loudest.into_iter().map(|(x, y)| (x, decibels(y).max(-80.0))).collect();
                curves.push(Curve { name: name(varied, channel, sound.len()), faint: false, points });
            }
        }
        Some(Panel { title: "a tick, in dB over s".to_owned(), x: axis(0.0, WINDOW), y: axis(-80.0, 6.0), curves })
    }

    /// What each sample becomes; `None` where that is the straight line through 0.
    pub(super) fn transfer(&mut self, helper: &'static Helper) -> Option<Panel> {
        let frames = 1 << 14;
        let ramp = (0..frames).map(|at| 2.0 * at as f64 / (frames - 1) as f64 - 1.0).collect::<Vec<_>>();
        let mut curves = Vec::new();
        for (varied, fed) in calls(helper, &ramp) {
            let shaped = self.heard(helper, &fed, frames).swap_remove(0);
            let points = ramp.iter().copied().zip(shaped).step_by(frames / COLUMNS).skip(1);
            curves.push(Curve { name: name(varied, 0, 1), faint: false, points: points.collect() });
        }
        let straight = |curve: &Curve| {
            let (x, y) = curve.points[curve.points.len() - 1];
            curve.points.iter().all(|(at, found)| (found - at * y / x).abs() < 1e-3)
        };
        if curves.iter().all(straight) {
            return None;
        }
        Some(Panel { title: "output over input".to_owned(), x: axis(-1.0, 1.0), y: fitting(&curves), curves })
    }

    /// How loud a steady tone of a level comes out.
    pub(super) fn levels(&mut self, helper: &'static Helper) -> Option<Panel> {
        let (frames, settled) = (RATE as usize / 2, 4800);
        let tone = (0..frames).map(|at| sin_turns(at as f64 * 1000.0 / RATE)).collect::<Vec<_>>();
        let levels = (0..=30).map(|step| f64::from(step) * 2.0 - 60.0).collect::<Vec<_>>();
        let mut curves =
            vec![Curve { name: "unchanged".to_owned(), faint: true, points: vec![(-60.0, -60.0), (0.0, 0.0)] }];
        for (number, (varied, _)) in calls(helper, &[0.0]).into_iter().enumerate() {
            let mut points = Vec::new();
            for level in &levels {
                let input = tone.iter().map(|sample| sample * factor(*level)).collect::<Vec<_>>();
                let (_, fed) = calls(helper, &input).swap_remove(number);
                let sound = self.heard(helper, &fed, frames).swap_remove(0);
                let power = sound[frames - settled..].iter().map(|sample| sample * sample).sum::<f64>();
                points.push((*level, decibels((2.0 * power / settled as f64).sqrt()).max(-80.0)));
            }
            curves.insert(number, Curve { name: name(varied, 0, 1), faint: false, points });
        }
        let low = curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y).fold(-60.0, f64::min);
        Some(Panel { title: "level out over level in, dB".to_owned(), x: axis(-60.0, 0.0), y: axis(low, 6.0), curves })
    }

    /// What becomes of a gate, a trigger, a ramp or steps within a second; `None` where nothing changes.
    pub(super) fn scope(&mut self, helper: &'static Helper) -> Option<Panel> {
        let frames = (WINDOW * RATE) as usize;
        let played = helper.arguments.iter().map(|argument| stimulus(argument, frames)).collect::<Vec<_>>();
        let mut curves = Vec::new();
        for (varied, mut fed) in calls(helper, &[0.0]) {
            for ((fed, argument), samples) in fed.iter_mut().zip(helper.arguments).zip(&played) {
                let unchosen = argument.default.is_none() && argument.shown.is_empty();
                match samples {
                    Some(samples) => *fed = Fed::Moving(samples.clone()),
                    None if argument.unit == Unit::Hertz && unchosen => *fed = Fed::Known(SLOW),
                    None => {}
                }
            }
            let sound = self.heard(helper, &fed, frames);
            for (channel, samples) in sound.iter().enumerate() {
                let points = columns(samples, |sample| sample);
                curves.push(Curve { name: name(varied, channel, sound.len()), faint: false, points });
            }
        }
        let first = played.iter().flatten().next();
        if let Some(samples) = first {
            curves.push(Curve { name: "in".to_owned(), faint: true, points: columns(samples, |sample| sample) });
        }
        let still = |curve: &Curve| curve.points.iter().all(|(_, y)| *y == curve.points[0].1);
        let shown = curves.iter().filter(|curve| !curve.faint);
        let same = |curve: &&Curve| curves.iter().any(|other| other.faint && other.points == curve.points);
        if shown.clone().all(still) || shown.clone().all(|curve| same(&curve)) {
            return None;
        }
        Some(Panel { title: "over s".to_owned(), x: axis(0.0, WINDOW), y: fitting(&curves), curves })
    }
}

/// What is played to an argument where time is shown.
fn stimulus(argument: &Argument, frames: usize) -> Option<Vec<f64>> {
    let at = |shape: fn(f64) -> f64| Some((0..frames).map(|frame| shape(frame as f64 / RATE)).collect());
    match (argument.name, argument.kind) {
        ("phase", _) if argument.default.is_none() => at(|time| (2.0 * time).fract()),
        ("gate", _) => at(|time| if (0.1..0.6).contains(&time) { 1.0 } else { 0.0 }),
        ("trigger", _) => {
            at(
                |time| {
                    if [0.1, 0.5, 0.75].iter().any(|start| (*start..start + 0.01).contains(&time)) { 1.0 } else { 0.0 }
                },
            )
        }
        (_, Kind::Signal) if !is_event(argument) => at(|time| match time {
            time if time < 0.1 => 0.0,
            time if time < 0.5 => 1.0,
            time if time < 0.75 => -0.5,
            _ => 0.25,
        }),
        _ => None,
    }
}

/// The sample of each column that is farthest from 0, with its time.
fn columns(samples: &[f64], shape: fn(f64) -> f64) -> Vec<(f64, f64)> {
    let each = samples.len().div_ceil(COLUMNS);
    let column = |(column, samples): (usize, &[f64])| {
        let farthest =
            samples.iter().copied().fold(0.0, |far: f64, sample| if sample.abs() > far.abs() { sample } else { far });
        ((column * each) as f64 / RATE, shape(farthest))
    };
    samples.chunks(each).enumerate().map(column).filter(|(_, y)| *y > SILENCE).collect()
}
