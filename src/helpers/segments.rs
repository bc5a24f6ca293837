//! Envelopes of any shape: from one level to the next in given times. Each trigger starts them anew, from where they are.

use super::trigger::rises;
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::{Float, Int};
use crate::dsp::math;
use crate::ir::{F, I};

/// The farthest level and the longest time.
const LARGEST: f64 = 100_000.0;
/// The most that a segment is bent.
const MOST: f64 = 50.0;
/// Less than this is straight.
const STRAIGHT: f64 = 1e-4;

/// Goes through levels.
pub const SEGMENTS: Helper = Helper {
    name: "segments",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        Argument::signal("trigger", "each rise above 0 starts it"),
        Argument::rows("rows", Unit::Plain, "[level, seconds] or [level, seconds, curve] for each segment: where it goes, in which time, and how: \
            0 is straight, above 0 begins slowly, below 0 fast").within(-LARGEST..=LARGEST).columns(2..=3).shown(&[1.0, 0.2]),
    ],
    about: "An envelope of straight or bent segments. A trigger starts the first one from the level that there is, and the last level is held. \
            A segment of 0 seconds is a jump. Before the first trigger it is 0.",
    example: "saw(110).lpf(segments(impulse(1), [[3000, 0.01], [600, 0.2, -4], [200, 0.6]]), 0.5).gain(0.2)",
    claims: &[
        Claim::Course {
            arguments: &[],
            rows: &[&[1.0, 0.1], &[0.5, 0.2], &[0.5, 0.1], &[0.0, 0.4]],
            input: &[(0.0, 1.0)],
            output: &[(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.2, 0.75), (0.3, 0.5), (0.4, 0.5), (0.6, 0.25), (0.8, 0.0), (1.0, 0.0)],
        },
        Claim::Course {
            arguments: &[],
            rows: &[&[1.0, 0.2, 2.0], &[0.0, 0.2, -4.0]],
            input: &[(0.0, 1.0), (0.25, 0.0), (0.3, 1.0)],
            output: &[(0.1, 0.268941), (0.2, 1.0), (0.25, 0.356086), (0.4, 0.119203 + 0.880797 * 0.268941), (0.5, 1.0), (0.6, 0.119203), (0.8, 0.0)],
        },
        Claim::Course { arguments: &[], rows: &[&[1.0, 0.0], &[0.25, 0.3]], input: &[(0.0, 0.0), (0.1, 1.0)], output: &[(0.05, 0.0), (0.25, 0.625), (0.4, 0.25)] },
    ],
    references: &[],
    kernel: Kernel::Each1(segments),
}
.checked();

/// One segment, as tables hold it.
struct Segment {
    /// Where it starts, if a jump decides that.
    from: f64,
    to: f64,
    /// Frames it takes, at least one; 0 is for ever.
    frames: f64,
    curve: f64,
}

fn segments<'b>(site: &Site<'b>, [trigger]: [F<'b>; 1]) -> F<'b> {
    let (all, jumps) = plan(site.rows(0), site.rate());
    let table = |number: fn(&Segment) -> f64| site.table(&all.iter().map(number).collect::<Vec<_>>());
    let pace = |frames: f64| if frames > 0.0 { 1.0 / frames } else { 0.0 };
    let (stages, done, level, start) = (site.counter(), site.cell(), site.cell(), site.cell());
    let begins = rises(site, trigger);
    let (zero, one) = (trigger.lit(0.0), trigger.lit(1.0));
    let stage = I::select(begins, site.int(1), stages.get());
    let part = F::select(begins, zero, done.get());
    let began = F::select(begins, level.get(), start.get());
    start.set(began);
    let from = table(|one| one.from).at(stage);
    // The first segment starts where the envelope is.
    let from = if jumps { from } else { F::select(stage.same(stage.lit(1)), began, from) };
    let bent = if all.iter().any(|one| one.curve != 0.0) { bend(&table, stage, part) } else { part };
    let now = math::lerp(from, table(|one| one.to).at(stage), bent);
    level.set(now);
    let step = site.table(&all.iter().map(|one| pace(one.frames)).collect::<Vec<_>>());
    let further = part + step.at(stage);
    let over = further.ge(one);
    let next = stage + stage.lit(1);
    // What is left of the frame belongs to the next segment.
    let rest = (further - one) * table(|one| one.frames).at(stage) * step.at(next);
    stages.set(I::select(over, next, stage));
    done.set(F::select(over, rest, further));
    now
}

/// How much of a bent segment is done: (e^(curve part) - 1)/(e^curve - 1).
fn bend<'b>(table: &impl Fn(fn(&Segment) -> f64) -> super::site::Table<'b>, stage: I<'b>, part: F<'b>) -> F<'b> {
    let curve = table(|one| one.curve).at(stage);
    let scale = table(|one| if one.curve == 0.0 { 0.0 } else { 1.0 / (math::exp(one.curve) - 1.0) }).at(stage);
    let bent = (math::exp(curve * part) - 1.0) * scale;
    F::select(curve.same(curve.lit(0.0)), part, bent)
}

/// The segments between a first one that waits and a last one that stays, and whether it begins with a jump.
fn plan(rows: &[Vec<f64>], rate: f64) -> (Vec<Segment>, bool) {
    let still = |level: f64| Segment { from: level, to: level, frames: 0.0, curve: 0.0 };
    let mut all = vec![still(0.0)];
    let (mut level, mut jumps) = (0.0, false);
    for row in rows {
        let (to, seconds) = (row[0], row[1]);
        let curve = row.get(2).map_or(0.0, |curve| curve.clamp(-MOST, MOST));
        if seconds > 0.0 {
            let curve = if curve.abs() < STRAIGHT { 0.0 } else { curve };
            all.push(Segment { from: level, to, frames: (seconds * rate).max(1.0), curve });
        } else {
            jumps |= all.len() == 1;
        }
        level = to;
    }
    all.push(still(level));
    (all, jumps)
}
