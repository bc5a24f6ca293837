//! Promises about a helper in words, as the reference shows them. Which there are stands in `claim`.

use std::fmt;

use super::Claim;

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
            Claim::Turns { argument } => {
                write!(f, "Moving `{argument}` by so many turns per second is so much more frequency.")
            }
            Claim::Tuned { pitch, cents, decay, percent } => write!(
                f,
                "Struck, its fundamental is at `{pitch}` within {cents} cents from 27 Hz to 4 kHz, and 60 dB softer after `{decay}`, within \
                 {percent} %, at any sample rate."
            ),
            Claim::Tilt { decibels, from } => {
                write!(
                    f,
                    "From {from} Hz to 18 kHz it changes by {decibels:.2} dB per octave, within 0.5 dB, at any sample rate."
                )
            }
            Claim::Happens { argument, percent } => {
                write!(f, "Something new happens `{argument}` times per second, within {percent} % in a minute.")
            }
            Claim::Restarts { argument, under } => write!(
                f,
                "At 2.7 kHz and 48 kHz, restarted 1000 times a second by `{argument}`, it holds the harmonics of 1 kHz, and what folds \
                 back below 18 kHz lies at least {under} dB under the strongest."
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
            Claim::Rings { argument, with, cents } => {
                let with = with.iter().map(|(name, value)| format!(" with `{name}` at {value}")).collect::<String>();
                write!(f, "Once struck,{with} it rings at `{argument}` within {cents} cents, at any sample rate.")
            }
            Claim::Fades { argument, percent } => {
                write!(f, "What rings is 60 dB softer after `{argument}`, within {percent} %, at any sample rate.")
            }
            Claim::Quadrature { degrees } => write!(
                f,
                "The first of two channels is a quarter turn ahead of the second within {degrees} degrees, and both are as loud as the input, \
                 from 30 Hz to 0.45 of the sample rate."
            ),
            Claim::Moves { argument, under } => write!(
                f,
                "A tone above 30 Hz comes out moved by `{argument}` and as loud, and all else lies at least {under} dB under it."
            ),
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
                    "With {} after a gate or trigger, two frames never differ by more than {step}, however it opens and closes.",
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
            Claim::Together { .. } => write!(f, "All channels are turned down by the same factor in every frame."),
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
