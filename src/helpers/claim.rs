//! Promises about a helper's sound: each is a sentence of the reference, and a measurement of the tests. How it is measured is not here.

use std::fmt;

/// A promise.
///
/// Where it names an argument, the other ones are anything in their ranges.
#[derive(Clone, Copy, Debug)]
pub enum Claim {
    /// With the argument at this value, the input passes bit for bit.
    Passes {
        /// Name of the argument.
        argument: &'static str,
        /// Its value.
        at: f64,
    },
    /// No sample leaves this range, whatever the arguments.
    Within {
        /// Lowest sample.
        low: f64,
        /// Highest sample.
        high: f64,
    },
    /// The fundamental is at the argument's frequency within one cent, at any sample rate.
    Pitch {
        /// Name of the argument.
        argument: &'static str,
    },
    /// A sine at the argument's frequency comes out 3.01 dB softer, at any sample rate.
    Corner {
        /// Name of the argument.
        argument: &'static str,
    },
    /// The magnitude of the response is that of a formula within 0.1 dB, from 20 Hz to 0.45 of the sample rate.
    Magnitude {
        /// The formula in words.
        formula: &'static str,
        /// From frequency, sample rate and the arguments after the input to a factor.
        curve: fn(frequency: f64, rate: f64, arguments: &[f64]) -> f64,
    },
    /// What folds back below 18 kHz from a tone of 5 kHz at 48 kHz lies this far under the fundamental.
    Alias {
        /// Decibels under the fundamental.
        under: f64,
    },
    /// A steady input of 1 comes out at these levels, one per channel, with the arguments at these values.
    Levels {
        /// Arguments after the input.
        arguments: &'static [f64],
        /// Decibels; minus infinity is silence.
        decibels: &'static [f64],
    },
    /// The first frame has this value.
    Begins {
        /// The first sample.
        with: f64,
    },
    /// A jump of the input is done to this part after the time that the argument says, within a frame.
    Settles {
        /// Name of the argument.
        argument: &'static str,
        /// Part of the jump.
        part: f64,
    },
    /// What comes in is heard this much later; what has no such claim answers in the same frame.
    Latency {
        /// Seconds.
        seconds: f64,
        /// Frames besides.
        frames: f64,
    },
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Passes { argument, at } => write!(f, "With `{argument}` at {at} the input passes untouched."),
            Claim::Within { low, high } => write!(f, "It stays within {low} to {high}."),
            Claim::Pitch { argument } => {
                write!(f, "Its pitch is `{argument}` within one cent, at any sample rate.")
            }
            Claim::Corner { argument } => {
                write!(f, "A sine at `{argument}` comes out 3.01 dB softer, at any sample rate.")
            }
            Claim::Magnitude { formula, .. } => {
                write!(f, "Its response is {formula}, within 0.1 dB from 20 Hz to 0.45 of the sample rate.")
            }
            Claim::Alias { under } => write!(
                f,
                "Of a tone of 5 kHz at 48 kHz, what folds back below 18 kHz lies at least {under} dB under the fundamental."
            ),
            Claim::Levels { arguments, decibels } => {
                let list = |numbers: &[f64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                write!(f, "With {} after the input, the channels are at {} dB.", list(arguments), list(decibels))
            }
            Claim::Begins { with } => write!(f, "The first sample is {with}."),
            Claim::Settles { argument, part } => {
                write!(f, "After `{argument}`, {:.1} % of a jump are done.", part * 100.0)
            }
            Claim::Latency { seconds, frames } => {
                write!(f, "What comes in is heard {seconds} s and {frames} frames later, at any sample rate.")
            }
        }
    }
}
