//! Plain delay lines: one echo, or one that feeds itself. They filter nothing.

use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// The longest delay in seconds.
const LONGEST: f64 = 60.0;
const MAX: Argument = Argument::constant(
    "max",
    Unit::Seconds,
    0.0..=LONGEST,
    "the longest time that will be asked for: it decides the memory",
);

/// One echo, without the sound itself.
pub const DELAY: Helper = Helper {
    name: "delay",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to delay"),
        MAX,
        Argument::number(
            "time",
            Unit::Seconds,
            0.0..=LONGEST,
            "how much later; at most `max`, and 0 is the sound itself",
        ),
    ],
    about: "Gives a sound later, and only that. Between two frames it interpolates on a straight line.",
    example: "mix(saw(110), saw(110).delay(0.5, 0.25)).lowpass(900).gain(0.1)",
    claims: &[Claim::Passes { argument: "time", at: 0.0 }],
    references: &[],
    kernel: Kernel::Each3(delay),
}
.checked();

fn delay<'b>(site: &Site<'b>, [input, max, time]: [F<'b>; 3]) -> F<'b> {
    let rate = site.rate();
    let tape = site.line(reach(max, rate)).write(input);
    tape.between((time * rate).min(max * rate))
}

/// Frames that a line must reach back for `max` seconds.
fn reach(max: F<'_>, rate: f64) -> u32 {
    let seconds = max.known().expect("a constant is known");
    (seconds * rate).ceil() as u32
}

/// An echo of its echoes.
pub const FEEDBACK: Helper = Helper {
    name: "feedback",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to repeat"),
        MAX,
        Argument::number("time", Unit::Seconds, 0.0..=LONGEST, "from echo to echo; at most `max`, at least one frame"),
        Argument::number("amount", Unit::Gain, -MOST..=MOST, "how loud each echo is beside the one before")
            .shown(&[0.6]),
    ],
    about: "A sound with echoes that become softer, the sound itself included.",
    example: "impulse(1).lpf(2000, 0.9).feedback(0.5, 0.3, 0.6)",
    claims: &[Claim::Passes { argument: "amount", at: 0.0 }],
    references: &[],
    kernel: Kernel::Each4(feedback),
}
.checked();

/// The loudest echo beside the one before.
const MOST: f64 = 0.9999;

fn feedback<'b>(site: &Site<'b>, [input, max, time, amount]: [F<'b>; 4]) -> F<'b> {
    let rate = site.rate();
    let line = site.line(reach(max, rate));
    // A tap at 0 reads the previous frame's sample, so what is asked of it is one less.
    let behind = ((time * rate).min(max * rate) - 1.0).max(time.lit(0.0));
    let echo = line.before().between(behind);
    let sum = amount.mul_add(echo, input);
    line.write(sum);
    sum
}
