//! Phaser: notches that wander through a sound. It has no delay but that of its all-pass filters.

use super::clock::Clock;
use super::corner::Corner;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math::exp2;
use crate::dsp::phase;
use crate::ir::F;

/// How many all-pass filters follow each other; two make a notch.
const STAGES: usize = 6;
/// Where the notches gather in the middle of the sweep, in hertz, and how far it goes to each side, in octaves.
const MIDDLE: f64 = 700.0;
const OCTAVES: f64 = 2.0;

/// Sweeps notches through a sound.
pub const PHASER: Helper = Helper {
    name: "phaser",
    aliases: &[],
    family: Family::Delay,
    arguments: &[
        Argument::signal("input", "sound to sweep through"),
        Argument::number("rate", Unit::Hertz, 0.0..=100.0, "sweeps per second").or(0.4),
        Argument::number("depth", Unit::Ratio, 0.0..=1.0, "how far it sweeps: 1 is two octaves up and down from 700 Hz").or(0.7),
        Argument::number("amount", Unit::Gain, -0.95..=0.95, "how much of what is turned goes in again").or(0.5),
        Argument::number("mix", Unit::Ratio, 0.0..=1.0, "0 is the sound alone, 0.5 has the deepest notches").or(0.5),
        Argument::number("phase", Unit::Turns, -1.0..=1.0, "where the sweep begins; an array has one for each channel").or(0.0),
    ],
    about: "Sweeps three notches through a sound: it is added to itself with its phases turned by six all-pass filters.",
    example: "saw([55, 55.3]).phaser(0.3, 0.8, 0.6, 0.5, [0, 0.25]).gain(0.15)",
    claims: &[Claim::Passes { argument: "mix", at: 0.0 }, Claim::Lossless { at: &[("mix", 1.0), ("amount", 0.0)] }],
    references: &["Gray, Markel: A normalized digital filter structure, 1975"],
    kernel: Kernel::Each6(phaser),
}
.checked();

fn phaser<'b>(site: &Site<'b>, [input, rate, depth, amount, mix, begin]: [F<'b>; 6]) -> F<'b> {
    let phase = Clock::run(site, rate).phase + phase::step(begin);
    let swing: F<'b> = phase::sine(phase);
    let (above, below) = Corner::at(site, exp2(swing * depth * OCTAVES) * MIDDLE).ratio();
    // A filter that turns sound and what it holds like the two legs of a right angle keeps all energy, however it is swept.
    let part = above.lit(1.0) / (above + below);
    let (along, across) = ((above - below) * part, (above * below).sqrt() * 2.0 * part);
    let again = site.cell();
    let mut sound = amount.mul_add(again.get(), input);
    for _ in 0..STAGES {
        let held = site.cell();
        let old = held.get();
        held.set(sound.mul_add(across, -(along * old)));
        sound = sound.mul_add(along, across * old);
    }
    again.set(sound);
    mix.mul_add(sound - input, input)
}
