//! What a picture of a helper shows: curves read off real renders, chosen by what the helper is. How they are drawn stands in `svg`.
//!
//! A filter shows its magnitude, a source its wave and spectrum, a shaper its curve, what works on levels its levels, what repeats its
//! echoes, and all else what becomes of a gate, a trigger, a ramp or steps. Where nothing is to be seen there is no picture.

mod frequency;
pub mod octaves;
mod time;

use super::shown::{Fed, calls, render};
use crate::compile::Compiler;
use crate::helpers::{Argument, Claim, Family, HELPERS, Helper, Kind, Unit};

/// Columns of a panel: as many points as a curve has at most.
pub const COLUMNS: usize = 280;

/// One drawing with its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is drawn, with its unit.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// What is drawn, the most important one first.
    pub curves: Vec<Curve>,
}

/// One axis: from where to where, and what is written at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The left or lower end.
    pub low: f64,
    /// The right or upper end.
    pub high: f64,
    /// Places with a word.
    pub marks: Vec<(f64, String)>,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What it is, where there are several.
    pub name: String,
    /// Whether it only shows what comes in.
    pub faint: bool,
    /// Points in order of x.
    pub points: Vec<(f64, f64)>,
}

/// Draws helpers. It keeps what it needs to render.
pub struct Easel {
    compiler: Compiler,
}

impl Easel {
    /// An easel whose renders are those of machine code where there is any: all back ends give the same bits.
    pub fn new() -> Easel {
        use crate::compile::BackEnd;
        let compiler = Compiler::new(BackEnd::Auto, 4 << 20);
        let compiler = compiler.or_else(|_| Compiler::new(BackEnd::Oracle, 0));
        Easel { compiler: compiler.expect("the oracle needs nothing") }
    }

    /// The panels of a helper; none where a picture would say nothing.
    pub fn panels(&mut self, helper: &'static Helper) -> Vec<Panel> {
        let takes_sound = helper.arguments.first().is_some_and(|argument| argument.kind == Kind::Signal);
        let has = |unit: Unit| helper.arguments.iter().any(|argument| argument.unit == unit);
        let named = |name: &str| helper.arguments.iter().any(|argument| argument.name == name);
        let panels = match helper.family {
            Family::Source if takes_sound => vec![self.ringing(helper), self.tail(helper)],
            Family::Source if named("freq") => vec![self.wave(helper), self.harmonics(helper)],
            Family::Source if helper.arguments.is_empty() => vec![self.noise(helper)],
            Family::Filter => vec![self.magnitude(helper, true)],
            Family::Delay if named("rate") => vec![self.magnitude(helper, false)],
            Family::Delay => vec![self.tail(helper)],
            Family::Shape if has(Unit::Decibels) && has(Unit::Seconds) => vec![self.levels(helper)],
            Family::Shape if !has(Unit::Seconds) && !has(Unit::Hertz) => vec![self.transfer(helper)],
            Family::Channel => Vec::new(),
            _ => vec![self.scope(helper)],
        };
        panels.into_iter().flatten().collect()
    }

    /// How far below the fundamental lies what folds back from a tone of 5 kHz, in whole decibels; `None` where nothing is promised.
    pub fn alias(&mut self, helper: &'static Helper) -> Option<i64> {
        helper.claims.iter().find(|claim| matches!(claim, Claim::Alias { .. }))?;
        // Some hertz off, so that nothing folds back onto a harmonic.
        let tone = 5003.0;
        let (_, fed) = calls(helper, &[0.0]).swap_remove(0);
        let sound = self.heard(helper, &with(helper, fed, "freq", tone), 1 << 16).swap_remove(0);
        Some(super::spectrum::folded(&sound, tone, super::shown::RATE) as i64)
    }

    fn heard(&mut self, helper: &'static Helper, fed: &[Fed], frames: usize) -> Vec<Vec<f64>> {
        render(&mut self.compiler, helper, fed, frames)
    }
}

impl Default for Easel {
    fn default() -> Easel {
        Easel::new()
    }
}

/// The path of a helper's picture beside the page.
pub fn path(helper: &Helper) -> String {
    format!("pictures/{}.svg", helper.name)
}

/// Every helper that has a picture, with its panels.
pub fn all() -> Vec<(&'static Helper, Vec<Panel>)> {
    let mut easel = Easel::new();
    let drawn = HELPERS.iter().map(|helper| (*helper, easel.panels(helper)));
    drawn.filter(|(_, panels)| !panels.is_empty()).collect()
}

/// The same call with another number for the argument of a name.
fn with(helper: &Helper, mut fed: Vec<Fed>, name: &str, number: f64) -> Vec<Fed> {
    if let Some(at) = helper.arguments.iter().position(|argument| argument.name == name) {
        fed[at] = Fed::Known(number);
    }
    fed
}

/// What a curve is called that shows an argument at a number; of several channels, which one.
fn name(varied: Option<(&str, f64)>, channel: usize, channels: usize) -> String {
    let side = match (channels, channel) {
        (1, _) => String::new(),
        (2, 0) => "left".to_owned(),
        (2, _) => "right".to_owned(),
        _ => format!("channel {channel}"),
    };
    let number = varied.map_or(String::new(), |(name, number)| format!("{name} {number}"));
    [number, side].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Marks at round places of a linear axis: four or so, with a sign after the numbers.
fn marks(low: f64, high: f64) -> Vec<(f64, String)> {
    let steps = [
        1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0,
        100.0,
    ];
    let step = steps.into_iter().find(|step| (high - low) / step <= 5.0).unwrap_or(1000.0);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    let label = |value: f64| if value.abs() < step * 1e-6 { "0".to_owned() } else { trimmed(value) };
    (first..=last).map(|at| (at as f64 * step, label(at as f64 * step))).collect()
}

/// A number with as many digits as it needs, four behind the point at most.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A linear axis.
pub fn axis(low: f64, high: f64) -> Axis {
    Axis { low, high, marks: marks(low, high) }
}

/// An axis that holds all values of some curves, and 0, with a little room.
fn fitting(curves: &[Curve]) -> Axis {
    let values = || curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y);
    let (low, high) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let room = (high - low).max(1e-6) * 0.06;
    let low = if low < 0.0 { low - room } else { low };
    axis(low, high + room)
}

/// Whether an argument has a meaning for a picture over time by its name: what is played to it then.
fn is_event(argument: &Argument) -> bool {
    ["gate", "trigger", "phase"].contains(&argument.name)
}
