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
    /// Something begins at beat 0 and at each multiple of the argument, on its frame, at any tempo and sample rate.
    OnTheBeat {
        /// Name of the argument.
        argument: &'static str,
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
    /// After steps of the first argument the output goes through values at times, at any sample rate: within a thousandth of the value,
    /// and a frame or half a per cent of the time since the last step.
    Course {
        /// The other arguments, in order.
        arguments: &'static [f64],
        /// What is given where an array is wanted.
        rows: &'static [&'static [f64]],
        /// Steps of the input: seconds, value from then on. Empty where the first argument is a number too.
        input: &'static [(f64, f64)],
        /// Seconds and what comes out then.
        output: &'static [(f64, f64)],
    },
    /// Frame by frame at 48 kHz, exactly.
    Frames {
        /// The first frames of each argument that is a signal.
        inputs: &'static [&'static [f64]],
        /// The other arguments, in order.
        arguments: &'static [f64],
        /// What comes out.
        output: &'static [f64],
    },
    /// However gates open and close, between 0 and 1, the output never steps.
    Smooth {
        /// Arguments after the gate.
        arguments: &'static [f64],
        /// The most that two frames differ by.
        step: f64,
    },
    /// A steady input comes out at the value of a formula, whatever the arguments.
    Maps {
        /// The formula in words.
        formula: &'static str,
        /// From the input and the arguments after it to what comes out.
        curve: fn(input: f64, arguments: &[f64]) -> f64,
    },
    /// With the argument at this value, what stays below a level passes bit for bit.
    Transparent {
        /// Name of the argument.
        argument: &'static str,
        /// Its value.
        at: f64,
        /// The level.
        up_to: f64,
        /// How many frames it comes late, from the sample rate.
        late: fn(rate: f64) -> u32,
    },
    /// What folds back below 18 kHz from a loud sine at 48 kHz lies this far under its fundamental.
    Clean {
        /// Hertz.
        tone: f64,
        /// Arguments after the input.
        arguments: &'static [f64],
        /// Decibels under the fundamental.
        under: f64,
    },
    /// A steady sine of 1 kHz comes out at the level of a formula within 0.1 dB, once attack and release are over.
    Gain {
        /// The formula in words.
        formula: &'static str,
        /// From the level of the input and the arguments that are numbers to the level of the output, in decibels.
        curve: fn(level: f64, arguments: &[f64]) -> f64,
    },
    /// No sample is louder than the argument says.
    Ceiling {
        /// Name of the argument, which is in decibels.
        argument: &'static str,
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
                write!(f, "With {} after the input, the channels are at {} dB.", list(arguments), list(decibels))
            }
            Claim::OnTheBeat { argument } => {
                write!(
                    f,
                    "It begins anew at each multiple of `{argument}`, on its frame, at any tempo and sample rate."
                )
            }
            Claim::Begins { with } => write!(f, "The first sample is {with}."),
            Claim::Settles { argument, part } => {
                write!(f, "After `{argument}`, {:.1} % of a jump are done.", part * 100.0)
            }
            Claim::Course { arguments, rows, input, output } => {
                let rows = rows.iter().map(|row| format!("[{}]", list(row))).collect::<Vec<_>>().join(", ");
                let given = if rows.is_empty() { list(arguments) } else { rows };
                let points = |points: &[(f64, f64)], word: &str| {
                    let point = |(seconds, value): &(f64, f64)| format!("{} {word} {seconds} s", rounded(*value));
                    points.iter().map(point).collect::<Vec<_>>().join(", ")
                };
                let fed = points(input, "from");
                let (fed, after) =
                    if fed.is_empty() { (fed, "") } else { (format!(", fed with {fed}"), " after the input") };
                write!(f, "With {given}{after}{fed}, it is {}, at any sample rate.", points(output, "after"))
            }
            Claim::Frames { inputs, arguments, output } => {
                let inputs = inputs.iter().map(|input| list(input)).collect::<Vec<_>>().join(" and ");
                let with = if arguments.is_empty() { String::new() } else { format!(" with {}", list(arguments)) };
                write!(f, "The frames {inputs}{with} give {}.", list(output))
            }
            Claim::Smooth { arguments, step } => {
                write!(
                    f,
                    "With {} after the gate, two frames never differ by more than {step}, however it opens and closes.",
                    list(arguments)
                )
            }
            Claim::Maps { formula, .. } => write!(f, "A steady input comes out as {formula}."),
            Claim::Transparent { argument, at, up_to, late } => {
                let late = match late(48_000.0) {
                    0 => String::new(),
                    frames => format!(", {frames} frames later at 48 kHz"),
                };
                write!(f, "With `{argument}` at {at}, what stays within {up_to} passes untouched{late}.")
            }
            Claim::Clean { tone, arguments, under } => write!(
                f,
                "With {} after a loud sine of {tone} Hz at 48 kHz, what folds back below 18 kHz lies at least {under} dB under the fundamental.",
                list(arguments)
            ),
            Claim::Gain { formula, .. } => {
                write!(f, "A steady sound comes out at {formula}, in decibels and within 0.1 of them.")
            }
            Claim::Ceiling { argument } => write!(f, "No sample is beyond `{argument}`."),
        }
    }
}

fn list(numbers: &[f64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A value with as many places as a reader wants.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
