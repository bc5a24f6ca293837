//! Sums of sines: harmonics over one phase, or partials at any ratio, each with its own. None sounds beyond half the sample rate.

use super::clock::{Clock, FASTEST};
use super::ratios::{AMPS, RATIOS};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::exp;
use crate::dsp::phase;
use crate::ir::F;

/// The most partials.
const MOST: f64 = 128.0;
const FREQ: Argument =
    Argument::number("freq", Unit::Hertz, -FASTEST..=FASTEST, "pitch; below 0 the wave runs backwards");
const N: Argument = Argument::constant("n", Unit::Plain, 1.0..=MOST, "how many partials; the cost grows with it");

/// Harmonics.
pub const ADDITIVE: Helper = Helper {
    name: "additive",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        FREQ,
        Argument::choice(
            "shape",
            &["saw", "square", "tri", "warm", "bright", "bowed", "ah", "ee", "cello"],
            "how loud the harmonics are: as in these waves, as 1/n² (warm) or 1/√n (bright), or with formants that stay where they are",
        ),
        N,
    ],
    about: "A sum of sines at whole multiples of a pitch. Whatever their number, together they are as strong as one sine, and they fade out \
            before half the sample rate.",
    example: "additive(110 + 2 * osc(5), \"cello\", 24).gain(0.2)",
    claims: &[Claim::Pitch { argument: "freq" }, Claim::Begins { with: 0.0 }, Claim::Alias { under: 100.0 }],
    references: &["Clenshaw: A note on the summation of Chebyshev series, 1955"],
    kernel: Kernel::Each2(additive),
}
.checked();

/// How loud the harmonics of a shape are.
struct Shape {
    /// By number.
    amplitude: fn(f64) -> f64,
    /// What stands out of that: hertz, width in hertz, and how many times as much is added there.
    formants: &'static [[f64; 3]],
}

/// In the order of the words.
const SHAPES: [Shape; 9] = [
    Shape { amplitude: |n| 1.0 / n, formants: &[] },
    Shape { amplitude: |n| n % 2.0 / n, formants: &[] },
    Shape { amplitude: |n| n % 2.0 * (2.0 - n % 4.0) / (n * n), formants: &[] },
    Shape { amplitude: |n| 1.0 / (n * n), formants: &[] },
    Shape { amplitude: |n| 1.0 / n.sqrt(), formants: &[] },
    Shape { amplitude: |n| 1.0 / (n + 0.5), formants: &[] },
    Shape { amplitude: |n| 1.0 / n, formants: &[[700.0, 150.0, 4.0], [1200.0, 150.0, 3.0]] },
    Shape { amplitude: |n| 1.0 / n, formants: &[[270.0, 100.0, 4.0], [2300.0, 200.0, 3.5]] },
    Shape {
        amplitude: |n| exp(-0.3 * (n - 12.0).max(0.0)) / n,
        formants: &[[200.0, 80.0, 2.0], [400.0, 100.0, 1.5], [1500.0, 300.0, 1.0]],
    },
];

fn additive<'b>(site: &Site<'b>, [freq, n]: [F<'b>; 2]) -> F<'b> {
    let shape = &SHAPES[site.choice(0)];
    let count = n.known().expect("a constant is known") as usize;
    let clock = Clock::run(site, freq);
    let amplitudes = level((1..=count).map(|n| (shape.amplitude)(n as f64)));
    let turns = clock.turns.abs();
    let sine: F<'b> = phase::sine(clock.phase);
    let cosine: F<'b> = phase::sine(clock.phase + site.int(phase::QUARTER));
    // Clenshaw's recurrence, from the highest harmonic down.
    let zero = site.lit(0.0);
    let (first, _) = amplitudes.iter().enumerate().rev().fold((zero, zero), |(above, beyond), (at, amplitude)| {
        let own = turns * (at as f64 + 1.0);
        let loud = audible(own) * standing(own * site.rate(), shape.formants) * *amplitude;
        ((cosine + cosine).mul_add(above, loud - beyond), above)
    });
    first * sine
}

/// How many times as loud a partial of so many hertz is as without formants: bells around each, which end.
fn standing<'b>(hertz: F<'b>, formants: &[[f64; 3]]) -> F<'b> {
    formants.iter().fold(hertz.lit(1.0), |sum, &[centre, width, height]| {
        let away = (hertz - centre) * (1.0 / width);
        // (1 - x²/8)⁸ is exp(-x²), nearly.
        let bell = (away * away).mul_add(hertz.lit(-0.125), hertz.lit(1.0)).max(hertz.lit(0.0));
        let square = bell * bell;
        let fourth = square * square;
        (fourth * fourth).mul_add(hertz.lit(height), sum)
    })
}

/// Partials at any ratios.
pub const INHARMONIC: Helper = Helper {
    name: "inharmonic",
    aliases: &[],
    family: Family::Source,
    arguments: &[
        FREQ,
        Argument::numbers("ratios", Unit::Plain, "of the partials to `freq`, or a body by name").within(0.0..=1000.0).sets(RATIOS),
        Argument::numbers("amps", Unit::Gain, "how loud they are beside each other; the last goes for all that follow")
            .within(-10.0..=10.0)
            .sets(AMPS),
        N,
    ],
    about: "A sum of sines at any ratios to a pitch: bells, bars, stiff strings. There are as many as `n` says, or as there are ratios. \
            Together they are as strong as one sine, and they fade out before half the sample rate; each one's phase runs on by itself.",
    example: "inharmonic(220, \"bar\", \"bell\", 8) * decay(phasor(1), 5) * 0.3",
    claims: &[Claim::Begins { with: 0.0 }],
    references: &[],
    kernel: Kernel::Each2(inharmonic),
}
.checked();

fn inharmonic<'b>(site: &Site<'b>, [freq, n]: [F<'b>; 2]) -> F<'b> {
    let count = n.known().expect("a constant is known") as usize;
    let ratios = &site.numbers(0)[..count.min(site.numbers(0).len())];
    let amplitudes = level((0..ratios.len()).map(|at| nth(site.numbers(1), at)));
    ratios.iter().zip(amplitudes).fold(site.lit(0.0), |sum, (&ratio, amplitude)| {
        let turns = freq * site.number(ratio / site.rate());
        let step = match turns.known() {
            Some(known) => site.whole(phase::whole_step(known)),
            None => phase::step(turns),
        };
        let held = site.counter();
        let at = held.get();
        held.set(at + step);
        (audible(turns) * site.number(amplitude)).mul_add(phase::sine(at), sum)
    })
}

/// Amplitudes that together are as strong as one sine of 1.
fn level(amplitudes: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut amplitudes = amplitudes.collect::<Vec<_>>();
    let power = amplitudes.iter().map(|amplitude| amplitude * amplitude).sum::<f64>();
    let scale = if power > 0.0 { 1.0 / power.sqrt() } else { 0.0 };
    amplitudes.iter_mut().for_each(|amplitude| *amplitude *= scale);
    amplitudes
}

/// The number at a place, or the last one.
pub fn nth(numbers: &[f64], at: usize) -> f64 {
    numbers[at.min(numbers.len() - 1)]
}

/// How much of a partial is heard that moves by so many turns in a frame: all of it up to 0.85 of half the sample rate, nothing from 0.97 of it on.
pub fn audible(turns: F<'_>) -> F<'_> {
    const NONE: f64 = 0.97 / 2.0;
    const FADE: f64 = 0.12 / 2.0;
    let part = turns.abs().mul_add(turns.lit(-1.0 / FADE), turns.lit(NONE / FADE));
    part.min(turns.lit(1.0)).max(turns.lit(0.0))
}
