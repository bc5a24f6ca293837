//! Notes of a scale as frequencies that may move: by degree, or the nearest to what comes in. Scales by name are the script's.

use super::clock::FASTEST;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::dsp::math;
use crate::ir::F;

/// Degrees, octaves and intervals beyond these are beyond hearing.
const MOST: f64 = 100.0;

/// The notes of an octave.
const SCALE: Argument =
    Argument::numbers("notes", Unit::Plain, "semitones above the root, as `scale(\"minor\")` gives them")
        .within(0.0..=MOST);

/// Where a scale begins.
const ROOT: Argument = Argument::number("root", Unit::Hertz, 0.01..=FASTEST, "the frequency of the root");

/// A note by its place.
pub const DEGREE: Helper = Helper {
    name: "degree",
    aliases: &[],
    family: Family::Beat,
    arguments: &[
        Argument::number("number", Unit::Plain, -MOST..=MOST, "which note: 0 is the root, below 0 lies below it"),
        SCALE,
        ROOT,
    ],
    about: "The frequency of a note of a scale by its number, a signal like any other: between two whole numbers it is the lower \
            one's, and so many as the scale has notes are an octave. Nothing above 20 kHz comes out.",
    example: "tri(degree(beat(2) * 8, scale(\"minor\"), hz(\"a3\"))).gain(0.3)",
    claims: &[Claim::Within { low: 0.0, high: FASTEST }],
    references: &[],
    kernel: Kernel::Each2(degree),
}
.checked();

fn degree<'b>(site: &Site<'b>, [number, root]: [F<'b>; 2]) -> F<'b> {
    let scale = site.numbers(0);
    let number = number.floor();
    let notes = site.whole(scale.len() as i64).to_real();
    let octave = (number / notes).floor();
    let step = site.table(scale).at((number - octave * notes).to_int());
    let octaves = octave + step * (1.0 / 12.0);
    (root * math::exp2(octaves.min(octaves.lit(MOST)))).min(root.lit(FASTEST))
}

/// The nearest note.
pub const QUANTIZE: Helper = Helper {
    name: "quantize",
    aliases: &[],
    family: Family::Beat,
    arguments: &[Argument::number("freq", Unit::Hertz, 0.01..=FASTEST, "what is to become a note"), SCALE, ROOT],
    about: "The frequency of the note of a scale that is nearest to what comes in, as the ear measures: in semitones.",
    example: "tri(quantize(300 + 100 * osc(0.5), scale(\"minor pentatonic\"), hz(\"a2\"))).gain(0.3)",
    claims: &[Claim::Within { low: 0.0, high: 2.0 * FASTEST }],
    references: &[],
    kernel: Kernel::Each2(quantize),
}
.checked();

fn quantize<'b>(site: &Site<'b>, [freq, root]: [F<'b>; 2]) -> F<'b> {
    let scale = site.numbers(0);
    let semitones = math::log2(freq / root) * 12.0;
    let octave = (semitones * (1.0 / 12.0)).floor();
    let within = semitones - octave * 12.0;
    // What lies over the octave's last note may be nearer to the next root, and what lies under its first to the last below.
    let table = site.table(scale);
    let steps = (0..scale.len()).map(|n| table.at(site.whole(n as i64)));
    let around = steps.flat_map(|step| [step - 12.0, step, step + 12.0]);
    let nearest = around.reduce(|best, step| F::select((step - within).abs().lt((best - within).abs()), step, best));
    let nearest = nearest.unwrap_or(within);
    (root * math::exp2(octave + nearest * (1.0 / 12.0))).min(root.lit(2.0 * FASTEST))
}
