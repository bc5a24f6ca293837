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
    /// Channels that are steady at these values come out at those.
    Routes {
        /// One for each channel that goes in.
        input: &'static [f64],
        /// Arguments after the input.
        arguments: &'static [f64],
        /// One for each channel that comes out.
        output: &'static [f64],
    },
    /// All channels that come out add up to what those that go in add up to.
    KeepsSum,
    /// A sound that has ended falls by 60 dB in the time of the argument, within a tenth of it, around 1 kHz and at any
    /// sample rate; times from 0.3 to 20 s.
    Rt60 {
        /// Name of the argument.
        argument: &'static str,
    },
    /// Of a mono sound no two channels that come out are correlated by as much as this.
    Decorrelates {
        /// The magnitude of the correlation.
        below: f64,
    },
    /// White noise comes out as loud as it went in, whatever the arguments but damping.
    Loudness {
        /// Decibels.
        within: f64,
    },
    /// A click comes after the time of the argument, to the frame, and at its level.
    Arrives {
        /// Name of the argument.
        argument: &'static str,
    },
    /// A tone swings up and down by the argument in cents, within a twentieth of it, and its level by no more than 0.1 dB.
    Swings {
        /// Name of the argument.
        argument: &'static str,
    },
    /// With these arguments all that goes in comes out, whatever the others do from frame to frame.
    Lossless {
        /// Names of arguments and their values.
        at: &'static [(&'static str, f64)],
    },
    /// At any time of the argument, between frames too, no frequency up to a part of the sample rate is louder or softer than that.
    Flat {
        /// Name of the argument.
        argument: &'static str,
        /// Decibels.
        within: f64,
        /// Part of the sample rate.
        until: f64,
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
            Claim::Begins { with } => write!(f, "The first sample is {with}."),
            Claim::Settles { argument, part } => {
                write!(f, "After `{argument}`, {:.1} % of a jump are done.", part * 100.0)
            }
            Claim::Routes { input, arguments, output } => {
                let with = if arguments.is_empty() { String::new() } else { format!(", with {},", list(arguments)) };
                write!(f, "Channels at {}{with} come out at {}.", list(input), list(output))
            }
            Claim::KeepsSum => write!(f, "All its channels add up to what those of the input add up to."),
            Claim::Rt60 { argument } => {
                write!(
                    f,
                    "What has sounded falls by 60 dB in `{argument}`, within a tenth, around 1 kHz and at any sample rate."
                )
            }
            Claim::Decorrelates { below } => {
                write!(f, "Of a mono sound no two channels are correlated by {below} or more.")
            }
            Claim::Loudness { within } => {
                write!(f, "White noise comes out as loud as it goes in, within {within} dB.")
            }
            Claim::Arrives { argument } => {
                write!(f, "A click comes after `{argument}`, to the frame, and at its level.")
            }
            Claim::Swings { argument } => {
                write!(f, "A tone swings by `{argument}`, within a twentieth, and its level by less than 0.1 dB.")
            }
            Claim::Lossless { at } => {
                let at = at.iter().map(|(name, value)| format!("`{name}` at {value}")).collect::<Vec<_>>();
                write!(f, "With {} all energy that goes in comes out, however it is modulated.", at.join(" and "))
            }
            Claim::Flat { argument, within, until } => write!(
                f,
                "At any `{argument}`, between frames too, no frequency up to {until} of the sample rate is changed by more than {within} dB."
            ),
        }
    }
}

fn list(numbers: &[f64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
