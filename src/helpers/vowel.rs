//! A voice's vowels: five formants side by side, and the way from one vowel to the next. It makes no sound of its own.

use super::corner::Corner;
use super::svf::State;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::{exp, hypot, tan_pi};
use crate::ir::F;

/// Hertz, decibels and width in hertz of the formants of a, e, i, o and u.
const TENOR: [[[f64; 3]; FORMANTS]; 5] = [
    [[650.0, 0.0, 80.0], [1080.0, -6.0, 90.0], [2650.0, -7.0, 120.0], [2900.0, -8.0, 130.0], [3250.0, -22.0, 140.0]],
    [[400.0, 0.0, 70.0], [1700.0, -14.0, 80.0], [2600.0, -12.0, 100.0], [3200.0, -14.0, 120.0], [3580.0, -20.0, 120.0]],
    [[290.0, 0.0, 40.0], [1870.0, -15.0, 90.0], [2800.0, -18.0, 100.0], [3250.0, -20.0, 120.0], [3540.0, -30.0, 120.0]],
    [[400.0, 0.0, 40.0], [800.0, -10.0, 80.0], [2600.0, -12.0, 100.0], [2800.0, -12.0, 120.0], [3000.0, -26.0, 120.0]],
    [[350.0, 0.0, 40.0], [600.0, -20.0, 60.0], [2700.0, -17.0, 100.0], [2900.0, -14.0, 120.0], [3300.0, -26.0, 120.0]],
];
const FORMANTS: usize = 5;
/// Numbers of a formant.
const NUMBERS: usize = 3;
/// The highest formant, as a part of the sample rate: where that is low, the upper ones move together there.
const HIGHEST: f64 = 0.45;

/// Says a, e, i, o and u.
pub const VOWEL: Helper = Helper {
    name: "vowel",
    aliases: &[],
    family: Family::Filter,
    arguments: &[
        Argument::signal("input", "sound that speaks: something with many harmonics"),
        Argument::number("vowel", Unit::Plain, 0.0..=4.0, "0 is a, 1 e, 2 i, 3 o and 4 u; between them it goes over"),
    ],
    about: "Gives a sound the five formants of a tenor's vowel. The first one leaves its level, all others are softer.",
    example: "saw(110 + 2 * osc(5)).vowel(2 + 2 * osc(0.3)).gain(0.6)",
    claims: &[Claim::Magnitude {
        formula: "Σ ± a k s/(1 + k s + s²) with the signs by turns, at s = i tan(π f/rate) / g; g = tan(π formant/rate), k = width/formant \
                  and the level a go from vowel to vowel on straight lines",
        curve: magnitude,
    }],
    references: &[
        "The Canonical Csound Reference Manual, appendix D: formant values (tenor)",
        "Klatt: Software for a cascade/parallel formant synthesizer, 1980 (the signs by turns, so that no gap opens between two formants)",
    ],
    kernel: Kernel::Each2(tick),
}
.checked();

/// What the filters need for each formant of each vowel: prewarped corner, damping and level of the band.
fn table(rate: f64) -> Vec<f64> {
    let formants = TENOR.iter().flatten().zip((0..FORMANTS).cycle());
    let numbers = formants.flat_map(|([hertz, decibels, width], n)| {
        let level = exp(decibels * (std::f64::consts::LN_10 / 20.0));
        let sign = if n % 2 == 0 { 1.0 } else { -1.0 };
        let damping = width / hertz;
        [tan_pi((hertz / rate).min(HIGHEST)), damping, sign * level * damping]
    });
    numbers.collect()
}

/// The number of the vowel before, and how far it is to the next one.
fn place<F: Float>(vowel: F) -> [F; 2] {
    let before = vowel.floor().min(vowel.lit(3.0));
    [before, vowel - before]
}

fn between<F: Float>(part: F, here: F, next: F) -> F {
    part.mul_add(next - here, here)
}

/// The numbers of all formants of a vowel that is known.
fn numbers(rate: f64, vowel: f64) -> Vec<f64> {
    let [before, part] = place(vowel);
    let (table, first) = (table(rate), before as usize * FORMANTS * NUMBERS);
    (first..first + FORMANTS * NUMBERS).map(|at| between(part, table[at], table[at + FORMANTS * NUMBERS])).collect()
}

fn tick<'b>(site: &Site<'b>, [input, vowel]: [F<'b>; 2]) -> F<'b> {
    let numbers: Vec<F<'b>> = match vowel.known() {
        Some(known) => numbers(site.rate(), known).into_iter().map(|number| site.number(number)).collect(),
        None => {
            let [before, part] = place(vowel);
            let table = site.table(&table(site.rate()));
            let first = before.to_int() * site.int((FORMANTS * NUMBERS) as i64);
            let at = |n: usize| table.at(first + site.int(n as i64));
            (0..FORMANTS * NUMBERS).map(|n| between(part, at(n), at(n + FORMANTS * NUMBERS))).collect()
        }
    };
    numbers.chunks(NUMBERS).fold(input.lit(0.0), |sum, formant| {
        let [corner, damping, level] = *formant else { unreachable!("three numbers of each formant") };
        let State { band, .. } = State::step(site, input, Corner::divided(corner), damping);
        level.mul_add(band, sum)
    })
}

fn magnitude(frequency: f64, rate: f64, given: &[f64]) -> f64 {
    let numbers = numbers(rate, given[0]);
    let sum = numbers.chunks(NUMBERS).fold([0.0; 2], |sum, formant| {
        let s = tan_pi(frequency / rate) / formant[0];
        let (along, across) = (1.0 - s * s, formant[1] * s);
        // i s / (along + i across)
        let scale = formant[2] * s / (along * along + across * across);
        [sum[0] + scale * across, sum[1] + scale * along]
    });
    hypot(sum[0], sum[1])
}
