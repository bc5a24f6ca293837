//! Whether something grows from reload to reload that the size of the set does not explain. It judges samples, takes none and frees nothing.
//!
//! Over a window of samples, one for each reload, a figure is explained by the reload's number and by what is known to go
//! with it: how large the set is, how much is kept for undo. The growth per reload is the regression's slope against what
//! the other predictors leave of the number (Frisch, Waugh and Lovell); its error allows for errors that follow
//! each other (Newey and West 1987). A set that only grows cannot be told from a leak by that, so there is no verdict where
//! size explains the number of the reload; nor where one half of the window grew much less than the other, or one step made most of it.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Samples of a window.
pub const WINDOW: usize = 40;
/// In how many reloads one after the other the window must look like a leak.
const IN_A_ROW: u32 = 4;
/// The least growth per reload that is a leak: one of every two reloads loses something.
const LEAST: f64 = 0.4;
/// The least confidence: seven standard errors.
const SURE: f64 = 0.98;
/// How many samples back errors follow each other.
const LAG: usize = 3;
/// How much of the reload's number must be left when the size has explained what it can.
const LEFT: f64 = 0.2;
/// The most of the growth that one step may make.
const STEP: f64 = 0.5;

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Slots of the helper pool.
    Slots,
    /// Keys of the helper pool.
    Keys,
    /// Sandboxes.
    Sandboxes,
    /// Machines that have room in the program memory.
    Programs,
    /// Pieces of machine code in use.
    Code,
    /// Blocks of the process's heap.
    Heap,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 6] =
        [Metric::Slots, Metric::Keys, Metric::Sandboxes, Metric::Programs, Metric::Code, Metric::Heap];

    /// What there is more and more of.
    fn words(self) -> &'static str {
        match self {
            Metric::Slots => "slots of helper memory",
            Metric::Keys => "blocks of helper memory",
            Metric::Sandboxes => "sandboxes",
            Metric::Programs => "rooms of program memory",
            Metric::Code => "pieces of machine code",
            Metric::Heap => "blocks of the heap",
        }
    }
}

/// One figure after a reload has settled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// How many there are, without those whose owner is known.
    pub value: f64,
    /// What it may go with, always in the same order.
    pub sizes: Vec<f64>,
}

/// Something grows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leak {
    /// What.
    pub metric: Metric,
    /// How many more there are after each reload.
    pub per_reload: f64,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
    /// Over how many reloads it was seen.
    pub reloads: usize,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Leak { metric, per_reload, confidence, reloads } = self;
        write!(
            f,
            "{} grow by {per_reload:.1} with every save, over {reloads} saves (confidence {:.2} %), and nothing that plays \
             explains it; the engine has made a mistake: keep the log (--log) and report it; a restart frees the memory",
            metric.words(),
            (confidence * 1e4).floor() / 100.0,
        )
    }
}

/// Watches all metrics.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    watched: [Watched; Metric::ALL.len()],
}

/// What is known of one metric.
#[derive(Clone, Debug, Default)]
struct Watched {
    window: VecDeque<Reading>,
    in_a_row: u32,
    leak: Option<Leak>,
}

impl Detector {
    /// Takes the sample of a reload: a reading of each metric, in the order of [`Metric::ALL`]; `None` where there is none.
    /// Gives the leaks that are seen for the first time.
    pub fn take(&mut self, readings: [Option<Reading>; Metric::ALL.len()]) -> Vec<Leak> {
        let watched = self.watched.iter_mut().zip(Metric::ALL).zip(readings);
        watched.filter_map(|((watched, metric), reading)| watched.take(metric, reading?)).collect()
    }

    /// The leaks that are seen now.
    pub fn leaks(&self) -> impl Iterator<Item = Leak> {
        self.watched.iter().filter_map(|watched| watched.leak)
    }

    /// How fast a metric grows and how sure that is, leak or not; `None` where the window says nothing.
    pub fn growth(&self, metric: Metric) -> Option<(f64, f64)> {
        let place = Metric::ALL.iter().position(|other| *other == metric)?;
        let growth = Growth::of(self.watched[place].window.as_slices().0)?;
        Some((growth.slope, growth.confidence))
    }
}

impl Watched {
    fn take(&mut self, metric: Metric, reading: Reading) -> Option<Leak> {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(reading);
        if self.window.len() < WINDOW {
            return None;
        }
        let growth = Growth::of(self.window.make_contiguous()).filter(Growth::is_leak);
        self.in_a_row = if growth.is_some() { self.in_a_row + 1 } else { 0 };
        let Growth { slope, confidence, .. } = growth.filter(|_| self.in_a_row >= IN_A_ROW).or_else(|| {
            self.leak = None;
            None
        })?;
        let known = self.leak.is_some();
        let leak = Leak { metric, per_reload: slope, confidence, reloads: WINDOW };
        self.leak = Some(leak);
        (!known).then_some(leak)
    }
}

/// What a window says.
struct Growth {
    slope: f64,
    confidence: f64,
    /// Slopes of the two halves.
    halves: [f64; 2],
    /// The largest step, as a part of the whole growth.
    step: f64,
}

impl Growth {
    fn of(window: &[Reading]) -> Option<Growth> {
        let count = window.len();
        if count < WINDOW {
            return None;
        }
        let basis = basis(window);
        let number = (0..count).map(|number| number as f64).collect::<Vec<_>>();
        let whole = product(&left(&number, &basis[..1]), &number);
        let number = left(&number, &basis);
        let power = product(&number, &number);
        if power < LEFT * whole {
            return None;
        }
        let values = window.iter().map(|reading| reading.value).collect::<Vec<_>>();
        let values = left(&values, &basis);
        let slope = product(&number, &values) / power;
        let errors = values.iter().zip(&number).map(|(value, number)| value - slope * number).collect::<Vec<_>>();
        let scores = errors.iter().zip(&number).map(|(error, number)| error * number).collect::<Vec<_>>();
        let follows = |lag: usize| product(&scores[lag..], &scores[..count - lag]);
        let weight = |lag: usize| 2.0 * (1.0 - lag as f64 / (LAG + 1) as f64);
        let variance = follows(0) + (1..=LAG).map(|lag| weight(lag) * follows(lag)).sum::<f64>();
        // Errors that wander look like growth for a while, the longer the more each is like the one before.
        let alike = product(&errors[1..], &errors[..count - 1]) / product(&errors, &errors).max(f64::MIN_POSITIVE);
        let alike = (alike + (1.0 + 3.0 * alike) / count as f64).clamp(0.0, 0.98);
        let wanders = product(&errors, &errors) * power / count as f64 * (1.0 + alike) / (1.0 - alike);
        // With few samples the errors look smaller than they are.
        let variance = variance.max(follows(0)).max(wanders) * count as f64 / (count - basis.len() - 1) as f64;
        let error = (variance.sqrt() / power).max(1e-9);
        // What the sizes do not explain, in order.
        let trend = errors.iter().enumerate().map(|(nth, error)| error + slope * nth as f64).collect::<Vec<_>>();
        let steps = trend.windows(2).map(|pair| pair[1] - pair[0]);
        let step = steps.fold(0.0, f64::max) / (slope * count as f64).max(f64::MIN_POSITIVE);
        let halves = [&trend[..count / 2], &trend[count / 2..]].map(incline);
        Some(Growth { slope, confidence: certainty(slope / error), halves, step })
    }

    fn is_leak(&self) -> bool {
        let persists = self.halves.iter().all(|half| *half >= 0.5 * self.slope);
        self.slope >= LEAST && self.confidence >= SURE && persists && self.step <= STEP
    }
}

/// Orthogonal predictors of length 1: the constant first, then what each size adds to those before.
fn basis(window: &[Reading]) -> Vec<Vec<f64>> {
    let count = window.len();
    let mut basis = vec![vec![(1.0 / count as f64).sqrt(); count]];
    for nth in 0..window[0].sizes.len() {
        let size = window.iter().map(|reading| reading.sizes[nth]).collect::<Vec<_>>();
        let rest = left(&size, &basis);
        let (whole, length) = (product(&size, &size).sqrt(), product(&rest, &rest).sqrt());
        if length > 1e-6 * whole {
            basis.push(rest.iter().map(|rest| rest / length).collect());
        }
    }
    basis
}

/// What is left of a series when a basis has explained what it can.
fn left(series: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut left = series.to_vec();
    for part in basis {
        let share = product(&left, part);
        left.iter_mut().zip(part).for_each(|(left, part)| *left -= share * part);
    }
    left
}

fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// The slope of a series.
fn incline(series: &[f64]) -> f64 {
    let middle = (series.len() - 1) as f64 / 2.0;
    let number = (0..series.len()).map(|nth| nth as f64 - middle).collect::<Vec<_>>();
    product(&number, series) / product(&number, &number)
}

/// How sure it is that growth of so many standard errors is no chance, whatever the errors are like (Cantelli's inequality).
fn certainty(errors: f64) -> f64 {
    if errors > 0.0 { 1.0 - 1.0 / (1.0 + errors * errors) } else { 0.0 }
}
