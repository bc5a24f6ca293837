//! Chance: ticks at random moments, and values that are thrown anew again and again. What it throws depends on who it is, never on when.

use super::clock::{Clock, FASTEST};
use super::noise::{STRIDE, scattered, white};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::phase;
use crate::ir::{F, I};

/// Ticks at random.
pub const DUST: Helper = Helper {
    name: "dust",
    aliases: &[],
    family: Family::Source,
    arguments: &[Argument::number("density", Unit::Hertz, 0.0..=FASTEST, "ticks per second, on the average")],
    about: "Ticks at random moments, each one frame long and anywhere between 0 and 1: rain, crackle, or a trigger that keeps no time.",
    example: "dust(12).lpf(1800, 0.96).gain(0.5)",
    claims: &[Claim::Within { low: 0.0, high: 1.0 }, Claim::Happens { argument: "density", percent: 5.0 }],
    references: &[],
    kernel: Kernel::Each1(dust),
}
.checked();

fn dust<'b>(site: &Site<'b>, [density]: [F<'b>; 1]) -> F<'b> {
    let chance = density * (1.0 / site.rate());
    let thrown = white(site) * 0.5 + 0.5;
    // What lies below the chance is spread evenly over all heights.
    F::select(thrown.lt(chance), thrown / chance, thrown.lit(0.0))
}

/// Values at random.
pub const RANDOM: Helper = Helper {
    name: "random",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::number("rate", Unit::Hertz, 0.0..=FASTEST, "values per second"),
        Argument::number(
            "smooth",
            Unit::Ratio,
            0.0..=1.0,
            "how much of the time it glides from value to value: 0 is steps, 1 never stands still",
        )
        .or(0.0),
    ],
    about: "A new value between -1 and 1, all equally likely, so many times per second. Every use and every channel has its own values, \
            and they are the same in every run.",
    example: "osc(330 + 110 * random(6)).gain(0.3)",
    claims: &[Claim::Within { low: -1.0, high: 1.0 }, Claim::Happens { argument: "rate", percent: 0.1 }],
    references: &[],
    kernel: Kernel::Each2(random),
}
.checked();

fn random<'b>(site: &Site<'b>, [rate, smooth]: [F<'b>; 2]) -> F<'b> {
    let clock = Clock::run(site, rate);
    let period = site.counter();
    let at = period.get();
    // A sum without signs is less than what was added where it has wrapped.
    let half = at.lit(phase::HALF);
    let wrapped = (clock.next ^ half).lt(clock.step ^ half);
    period.set(I::select(wrapped, at + at.lit(STRIDE), at));
    let key = at + site.seed();
    let value = scattered(key);
    if smooth.known() == Some(0.0) {
        return value;
    }
    let last = scattered(key - key.lit(STRIDE));
    let place: F<'b> = phase::unipolar(clock.phase);
    let done = (place / smooth.max(smooth.lit(1e-9))).min(smooth.lit(1.0));
    let eased = done * done * (done * -2.0 + 3.0);
    F::select(smooth.le(smooth.lit(0.0)), value, eased.mul_add(value - last, last))
}
