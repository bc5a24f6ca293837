//! What a delay that swings makes of a sound: chorus, flanger, vibrato. The sound between two frames is read with its highs.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, TAU};

use super::clock::Clock;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::between::AROUND;
use crate::dsp::float::{Float, Int};
use crate::dsp::phase;
use crate::ir::{F, I};

/// The farthest that a delay swings to each side, or in all, in seconds.
const FARTHEST: f64 = 0.015;
/// The shortest delay of a chorus, in seconds.
const APART: f64 = 0.004;
/// From here on a tap has all its neighbours, in frames.
const NEAREST: f64 = AROUND as f64;
/// The farthest that a vibrato swings, in seconds.
const REACH: f64 = 0.02;

const MIX: Argument =
    Argument::number("mix", Unit::Ratio, 0.0..=1.0, "0 is the sound alone, 1 the delayed one alone").or(0.5);
const PHASE: Argument =
    Argument::number("phase", Unit::Turns, -1.0..=1.0, "where the swing begins; an array has one for each channel")
        .or(0.0);

/// Makes many of one.
pub const CHORUS: Helper = Helper {
    name: "chorus",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to make many of"),
        Argument::number("rate", Unit::Hertz, 0.0..=100.0, "swings per second").or(0.5),
        Argument::number("excursion", Unit::Seconds, 0.0..=FARTHEST, "how far each voice swings to both sides").or(0.0025),
        MIX,
    ],
    about: "Makes many voices of one: two for each channel, delayed and slightly out of tune, one up while the other is down. \
            A mono sound comes out in stereo. The voices are out of tune by rate * excursion * 6.3 at most.",
    example: "mix(saw(110), saw(165)).lpf(1200, 0.2).chorus().gain(0.15)",
    claims: &[Claim::Passes { argument: "mix", at: 0.0 }],
    references: &["Dattorro: Effect design, part 2: delay-line modulation and chorus, 1997"],
    kernel: Kernel::Wide4(chorus),
}
.checked();

fn chorus<'b>(site: &Site<'b>, input: &[F<'b>], [rate, excursion, mix]: [F<'b>; 3]) -> Vec<F<'b>> {
    let frames = site.rate();
    let swing = excursion * frames;
    let centre = swing + APART * frames;
    let phase = Clock::run(site, rate).phase;
    let reach = ((2.0 * FARTHEST + APART) * frames).ceil() as u32;
    let tapes = input.iter().map(|&channel| site.line(reach).write(channel)).collect::<Vec<_>>();
    let count = input.len().max(2);
    let channels = (0..count).map(|n| {
        // Half a turn is shared, because the other voice is on the other half.
        let ahead = phase::whole_step(n as f64 / (2 * count) as f64);
        let away = swing * sine(phase + phase.lit(ahead));
        let from = n.min(input.len() - 1);
        let voices = tapes[from].at(centre + away) + tapes[from].at(centre - away);
        blend(input[from], voices * FRAC_1_SQRT_2, mix)
    });
    channels.collect()
}

/// Sweeps a comb through a sound.
pub const FLANGER: Helper = Helper {
    name: "flanger",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to sweep through"),
        Argument::number("rate", Unit::Hertz, 0.0..=100.0, "sweeps per second").or(0.2),
        Argument::number("excursion", Unit::Seconds, 0.0..=FARTHEST, "how far the delay goes").or(0.003),
        Argument::number("amount", Unit::Gain, -0.95..=0.95, "how much of the delayed sound goes in again").or(0.5),
        MIX,
        PHASE,
    ],
    about: "Sweeps a comb through a sound: it is added to itself, later by nearly nothing up to the excursion and back.",
    example: "mix(saw(55), noise() * 0.3).flanger(0.3, 0.004, 0.7, 0.5, [0, 0.25]).gain(0.15)",
    claims: &[Claim::Passes { argument: "mix", at: 0.0 }],
    references: &["Dattorro: Effect design, part 2: delay-line modulation and chorus, 1997"],
    kernel: Kernel::Each6(flanger),
}
.checked();

fn flanger<'b>(site: &Site<'b>, [input, rate, excursion, amount, mix, begin]: [F<'b>; 6]) -> F<'b> {
    let line = site.line((FARTHEST * site.rate() + NEAREST).ceil() as u32);
    let frames = away(site, rate, begin).mul_add(excursion * (0.5 * site.rate()), site.lit(NEAREST));
    // A line that is not written yet gives a frame more.
    let delayed = line.before().at(frames - 1.0);
    line.write(amount.mul_add(delayed, input));
    blend(input, delayed, mix)
}

/// Swings the pitch.
pub const VIBRATO: Helper = Helper {
    name: "vibrato",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to swing"),
        Argument::number("rate", Unit::Hertz, 0.0..=100.0, "swings per second").or(5.5),
        Argument::number("cents", Unit::Cents, 0.0..=120.0, "how far the pitch goes up and down").or(20.0),
        PHASE,
    ],
    about: "Swings the pitch of a sound, first down, then up. It is late by as little as that takes, at most 40 ms on average, and slow \
            swings go less far where that is not enough.",
    example: "saw(220).lpf(1500, 0.2).vibrato(6, 35).gain(0.2)",
    claims: &[Claim::Passes { argument: "cents", at: 0.0 }, Claim::Swings { argument: "cents" }],
    references: &[],
    kernel: Kernel::Each4(vibrato),
}
.checked();

fn vibrato<'b>(site: &Site<'b>, [input, rate, cents, begin]: [F<'b>; 4]) -> F<'b> {
    let tape = site.line((2.0 * REACH * site.rate() + NEAREST).ceil() as u32).write(input);
    // A delay that grows by so much in each frame lowers the pitch by as much.
    let steepest = cents * (LN_2 / 1200.0);
    let excursion = steepest / rate.max(rate.lit(0.01)) * (site.rate() / TAU);
    let excursion = excursion.min(excursion.lit(REACH * site.rate()));
    // Away from the newest sample, but not when there is nothing to swing.
    let nearest = excursion.min(excursion.lit(NEAREST));
    tape.at(away(site, rate, begin).mul_add(excursion, nearest))
}

/// A swing that begins at 0 and goes to 2 and back.
fn away<'b>(site: &Site<'b>, rate: F<'b>, begin: F<'b>) -> F<'b> {
    let phase = Clock::run(site, rate).phase + phase::step(begin);
    -sine(phase + phase.lit(phase::QUARTER)) + 1.0
}

fn sine(phase: I<'_>) -> F<'_> {
    phase::sine(phase)
}

/// From one sound to the other; at 0 the first one passes untouched.
fn blend<'b>(dry: F<'b>, wet: F<'b>, mix: F<'b>) -> F<'b> {
    mix.mul_add(wet - dry, dry)
}
