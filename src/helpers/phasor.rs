//! Ramps and clocks: a phase as a signal, and what is read off one. They are not band-limited.

use super::clock::{Clock, FASTEST};
use super::swing::{PHASE, SYNC, Swing};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Int;
use crate::dsp::phase;
use crate::ir::{F, I};

/// A ramp.
pub const PHASOR: Helper = Helper {
    name: "phasor",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "ramps per second; below 0 they fall"),
        PHASE,
        SYNC,
    ],
    about: "A ramp from 0 up to 1, again and again: the clock of beats, and what naive waves are made of. It is 0 in the first frame.",
    example: "osc(220) * decay(phasor(2), 8) * 0.3",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Within { low: 0.0, high: 1.0 },
        Claim::Begins { with: 0.0 },
        Claim::Turns { argument: "phase" },
    ],
    references: &[],
    kernel: Kernel::Each3(tick),
}
.checked();

fn tick<'b>(site: &Site<'b>, arguments: [F<'b>; 3]) -> F<'b> {
    phase::unipolar(Swing::run(site, arguments).phase())
}

/// A tick per period.
pub const IMPULSE: Helper = Helper {
    name: "impulse",
    aliases: &[],
    family: Family::Source,
    arguments: &[Argument::number("freq", Unit::Hertz, 0.0..=FASTEST, "ticks per second")],
    about: "A clock: 1 for one frame, then 0 until the period is over. The first tick is in the first frame, \
            the others where a `phasor` starts anew.",
    example: "impulse(4).feedback(0.01, 0.004, 0.98).gain(0.5)",
    claims: &[
        Claim::Pitch { argument: "freq" },
        Claim::Within { low: 0.0, high: 1.0 },
        Claim::Begins { with: 1.0 },
        Claim::Happens { argument: "freq", percent: 0.1 },
    ],
    references: &[],
    kernel: Kernel::Each1(impulse),
}
.checked();

fn impulse<'b>(site: &Site<'b>, [freq]: [F<'b>; 1]) -> F<'b> {
    let clock = Clock::run(site, freq);
    // It ticks at the phase that it waits for. At rest both are 0; a phase that goes on from elsewhere is not waited for.
    let awaited = site.counter();
    let tick = clock.phase.same(awaited.get()).to_real();
    // A sum without signs is less than what was added where it has wrapped.
    let half = clock.next.lit(phase::HALF);
    let wrapped = (clock.next ^ half).lt(clock.step ^ half);
    awaited.set(I::select(wrapped, clock.next, clock.next ^ clock.next.lit(-1)));
    tick
}

/// Steps through a table.
pub const WAVE: Helper = Helper {
    name: "wave",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        Argument::number(
            "freq",
            Unit::Hertz,
            -FASTEST..=FASTEST,
            "how often per second it goes through the whole table",
        ),
        Argument::numbers("table", Unit::Plain, "what it steps through"),
    ],
    about: "Steps through a table, all of it once per cycle: n numbers at r steps per second need `freq` = r / n. \
            It holds each number and goes over in a jump.",
    example: "saw(wave(0.5, [55, 55, 73, 55])).lpf(700, 0.6).gain(0.2)",
    claims: &[Claim::Pitch { argument: "freq" }],
    references: &[],
    kernel: Kernel::Each1(wave),
}
.checked();

fn wave<'b>(site: &Site<'b>, [freq]: [F<'b>; 1]) -> F<'b> {
    let clock = Clock::run(site, freq);
    let table = site.table(site.numbers(0));
    let length = clock.phase.lit(site.numbers(0).len() as i64);
    // The upper half of the product of phase and length, in two parts.
    let (high, low) = (clock.phase.shr(32), clock.phase & clock.phase.lit(0xffff_ffff));
    table.at((high * length + (low * length).shr(32)).shr(32))
}
