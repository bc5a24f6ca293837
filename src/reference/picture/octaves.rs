//! An axis of frequencies, by octaves. It draws nothing.

use super::{Axis, COLUMNS};
use crate::dsp::math::{exp, ln};

/// The lowest and the highest frequency of the axis.
pub const AUDIBLE: [f64; 2] = [20.0, 20_000.0];

/// A column of the axis: its place, and its frequency.
pub(super) fn octaves(column: usize) -> (f64, f64) {
    let place = column as f64 / COLUMNS as f64;
    (place, frequency(place))
}

/// The frequency at a place of the axis, which is from 0 to 1.
pub fn frequency(place: f64) -> f64 {
    AUDIBLE[0] * exp(place * ln(AUDIBLE[1] / AUDIBLE[0]))
}

/// Where a frequency stands on the axis, from 0 to 1.
pub fn place(hertz: f64) -> f64 {
    ln(hertz / AUDIBLE[0]) / ln(AUDIBLE[1] / AUDIBLE[0])
}

/// The axis.
pub fn hertz() -> Axis {
    let marks = [(20.0, "20"), (100.0, "100"), (1000.0, "1k"), (10_000.0, "10k")];
    Axis { low: 0.0, high: 1.0, marks: marks.map(|(hertz, text)| (place(hertz), text.to_owned())).to_vec() }
}
