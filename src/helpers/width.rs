//! Channels mixed with each other: how wide they stand, what they share and how they differ. It delays nothing.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// Makes stereo wider or narrower.
pub const WIDTH: Helper = Helper {
    name: "width",
    aliases: &[],
    family: Family::Channel,
    arguments: &[
        Argument::signal("input", "sound with several channels"),
        Argument::number("amount", Unit::Gain, -4.0..=4.0, "0 is mono, 1 leaves it, 2 doubles what differs, -1 swaps the sides"),
    ],
    about: "Makes a stereo sound wider or narrower: what the channels share stays, how each differs from that is multiplied. \
            A mono sound stays as it is.",
    example: "mix(saw([110, 110.7]).lpf(900, 0.2), osc(55)).width(1.5).gain(0.15)",
    claims: &[
        Claim::Passes { argument: "amount", at: 1.0 },
        Claim::KeepsSum,
        Claim::Routes { input: &[1.0, 0.0], arguments: &[0.0], output: &[0.5, 0.5] },
        Claim::Routes { input: &[1.0, 0.0], arguments: &[-1.0], output: &[0.0, 1.0] },
        Claim::Routes { input: &[1.0, 0.5, 0.0], arguments: &[2.0], output: &[1.5, 0.5, -0.5] },
    ],
    references: &[],
    kernel: Kernel::Wide2(width),
}
.checked();

fn width<'b>(site: &Site<'b>, input: &[F<'b>], [amount]: [F<'b>; 1]) -> Vec<F<'b>> {
    let shared = mean(site, input);
    // An amount of 1 adds nothing, so it changes no bit.
    let more = amount - 1.0;
    input.iter().map(|&channel| more.mul_add(channel - shared, channel)).collect()
}

/// The mean of all channels.
fn mean<'b>(site: &Site<'b>, input: &[F<'b>]) -> F<'b> {
    let sum = input[1..].iter().fold(input[0], |sum, &channel| sum + channel);
    if input.len() == 1 { sum } else { sum * site.lit(1.0 / input.len() as f64) }
}

/// What all channels share.
pub const MONO: Helper = Helper {
    name: "mono",
    aliases: &["mid"],
    family: Family::Channel,
    arguments: &[Argument::signal("input", "sound with several channels")],
    about: "Makes one channel of all: their mean, so that a sound that is the same in all of them keeps its level. \
            Of a stereo sound it is the middle.",
    example: "saw([110, 110.4]).mono().lpf(800, 0.3).gain(0.2)",
    claims: &[
        Claim::Routes { input: &[0.5], arguments: &[], output: &[0.5] },
        Claim::Routes { input: &[1.0, 0.5], arguments: &[], output: &[0.75] },
        Claim::Routes { input: &[1.0, 0.5, 0.0, 0.1], arguments: &[], output: &[0.4] },
    ],
    references: &[],
    kernel: Kernel::Wide1(mono),
}
.checked();

fn mono<'b>(site: &Site<'b>, input: &[F<'b>], []: [F<'b>; 0]) -> Vec<F<'b>> {
    vec![mean(site, input)]
}

/// How left and right differ.
pub const SIDE: Helper = Helper {
    name: "side",
    aliases: &[],
    family: Family::Channel,
    arguments: &[Argument::signal("input", "sound with several channels")],
    about: "What tells left from right, as one channel: half their difference, so that left is `mid` + `side` and right is \
            `mid` - `side`. More channels count as left, right, left, right and so on. Of a mono sound it is silence.",
    example: "saw([110, 111]).lpf(800, 0.3).side().gain(0.3)",
    claims: &[
        Claim::Routes { input: &[0.5], arguments: &[], output: &[0.0] },
        Claim::Routes { input: &[1.0, 0.5], arguments: &[], output: &[0.25] },
        Claim::Routes { input: &[1.0, 0.5, 0.0, 0.1], arguments: &[], output: &[0.1] },
    ],
    references: &[],
    kernel: Kernel::Wide1(side),
}
.checked();

fn side<'b>(site: &Site<'b>, input: &[F<'b>], []: [F<'b>; 0]) -> Vec<F<'b>> {
    if input.len() == 1 {
        return vec![site.lit(0.0)];
    }
    let signed = input.iter().enumerate().map(|(n, &channel)| if n % 2 == 0 { channel } else { -channel });
    let difference = signed.reduce(|sum, channel| sum + channel).expect("a sound has a channel");
    vec![difference * site.lit(1.0 / input.len() as f64)]
}

/// One of the channels.
pub const CHANNEL: Helper = Helper {
    name: "channel",
    aliases: &[],
    family: Family::Channel,
    arguments: &[
        Argument::signal("input", "sound with several channels"),
        Argument::constant("number", Unit::Plain, 0.0..=63.0, "which one, from 0; beyond the last it is the last"),
    ],
    about: "Takes one channel out of a sound: 0 is the first, left of stereo. A mono sound gives its only one.",
    example: "osc([220, 330]).channel(1).gain(0.2)",
    claims: &[
        Claim::Routes { input: &[0.1, 0.2, 0.3], arguments: &[1.0], output: &[0.2] },
        Claim::Routes { input: &[0.1, 0.2], arguments: &[7.0], output: &[0.2] },
        Claim::Routes { input: &[0.1], arguments: &[1.0], output: &[0.1] },
    ],
    references: &[],
    kernel: Kernel::Wide2(channel),
}
.checked();

fn channel<'b>(_: &Site<'b>, input: &[F<'b>], [number]: [F<'b>; 1]) -> Vec<F<'b>> {
    let number = number.known().expect("a constant is known");
    vec![input[(number as usize).min(input.len() - 1)]]
}
