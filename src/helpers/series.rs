//! The Fourier series of a drawn period, and tables made of it. It knows no pitch.

use std::f64::consts::{PI, TAU};

use crate::dsp::math::{cos_turns, sin_turns};

/// The most harmonics that a period has.
const MOST: usize = 512;

/// A curve through the numbers of a period, as sines and cosines.
pub struct Series {
    mean: f64,
    /// Cosine and sine of each harmonic.
    parts: Vec<[f64; 2]>,
}

impl Series {
    /// The series of a row: it has no harmonics beyond half the row's length.
    pub fn of(row: &[f64]) -> Series {
        let count = row.len();
        let circle = circle(count);
        let parts = (1..=(count / 2).min(MOST)).map(|harmonic| {
            let sum = row.iter().enumerate().fold([0.0, 0.0], |[cosine, sine], (at, number)| {
                let [x, y] = circle[at * harmonic % count];
                [number.mul_add(x, cosine), number.mul_add(y, sine)]
            });
            // The highest one of an even row stands for itself and its mirror image.
            let share = if harmonic * 2 == count { 1.0 } else { 2.0 } / count as f64;
            sum.map(|part| part * share)
        });
        Series { mean: row.iter().sum::<f64>() / count as f64, parts: parts.collect() }
    }

    /// How many harmonics there are.
    pub fn harmonics(&self) -> usize {
        self.parts.len()
    }

    /// The coefficients of the cubic B-spline that is this curve up to a harmonic; `length` of them in a period.
    pub fn spline(&self, harmonics: usize, length: usize) -> Vec<f64> {
        let circle = circle(length);
        let parts = self.parts.iter().take(harmonics).zip(1..).map(|(part, harmonic)| {
            // What the spline leaves of this harmonic: the sine cardinal to the fourth.
            let angle = PI * harmonic as f64 / length as f64;
            let left = (sin_turns(angle / TAU) / angle).powi(4);
            part.map(|part| part / left)
        });
        let parts = parts.collect::<Vec<_>>();
        let value = |at: usize| {
            parts.iter().zip(1..).fold(self.mean, |sum, ([cosine, sine], harmonic)| {
                let [x, y] = circle[at * harmonic % length];
                sine.mul_add(y, cosine.mul_add(x, sum))
            })
        };
        (0..length).map(value).collect()
    }
}

/// Cosines and sines of a turn in so many steps.
fn circle(steps: usize) -> Vec<[f64; 2]> {
    (0..steps).map(|step| step as f64 / steps as f64).map(|turn| [cos_turns(turn), sin_turns(turn)]).collect()
}
