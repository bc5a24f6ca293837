//! A table of numbers, step by step on the beat. What is done with them is for whoever reads it.

use super::beat::{STRAIGHT, Step, beats, swing};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::ir::F;

/// Steps through a table.
pub const SEQ: Helper = Helper {
    name: "seq",
    aliases: &[],
    family: Family::Beat,
    arguments: &[
        Argument::numbers("table", Unit::Plain, "what it steps through"),
        beats(1.0, "how long each number holds"),
        swing(STRAIGHT),
    ],
    about: "Steps through a table on the beat: at beat 0 the first number, each for `beats` beats, and round again. So a table \
            grows and shrinks without the steps changing their length, and all of them step together, whenever they were registered.",
    example: "saw(seq([55, 55, 73, 55, 82], 0.25)).lpf(700, 0.6).gain(0.2)",
    claims: &[Claim::OnTheBeat { argument: "beats" }],
    references: &[],
    kernel: Kernel::Each2(seq),
}
.checked();

fn seq<'b>(site: &Site<'b>, [beats, swing]: [F<'b>; 2]) -> F<'b> {
    let numbers = site.numbers(0);
    let step = Step::at(site.beats().0, beats, swing).number.to_int();
    site.table(numbers).at(step.remainder(site.whole(numbers.len() as i64)))
}
