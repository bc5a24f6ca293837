//! Envelopes of a gate: they go on from where they are, whenever it opens and closes, so nothing steps.

use super::pace::{SIXTY, left};
use super::{Argument, Claim, Family, Helper, Kernel, Site, Unit};
use crate::dsp::float::Float;
use crate::ir::F;

/// An attack is the charge of a capacitor toward this many times the height of the gate, cut off at the height.
const OVERSHOOT: f64 = 1.3;
/// Nepers of the way from 0 to the height: ln(1.3 / 0.3).
const ATTACK: f64 = 1.4663370687934272;

/// What a gate is.
const GATE: Argument = Argument::signal("gate", "open while above 0; how far above is how loud the note is");

/// Attack, decay, sustain, release.
pub const ADSR: Helper = Helper {
    name: "adsr",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        GATE,
        Argument::number("attack", Unit::Seconds, 0.0..=60.0, "from silence to the height of the gate").or(0.005),
        Argument::number("decay", Unit::Seconds, 0.0..=60.0, "in which all but a thousandth of the way to the sustained level is gone").or(0.2),
        Argument::number("sustain", Unit::Ratio, 0.0..=1.0, "level that is held while the gate is open, beside its height").or(0.7),
        Argument::number("release", Unit::Seconds, 0.0..=60.0, "in which it falls by 60 dB when the gate closes").or(0.3),
    ],
    about: "An envelope for notes. While the gate is open it rises to the gate's height and falls to the sustained part of it; when the \
            gate closes it dies away, from whatever stage. A gate that opens again, or higher, attacks from the level that there is.",
    example: "saw(110).lpf(300 + 2000 * adsr(square(2), 0.01, 0.15, 0.3, 0.2), 0.5) * adsr(square(2), 0.005, 0.1, 0.6, 0.1) * 0.3",
    claims: &[
        Claim::Course {
            arguments: &[0.1, 0.2, 0.5, 0.3],
            rows: &[],
            input: &[(0.0, 1.0), (1.0, 0.0)],
            output: &[(0.05, 0.6755), (0.1, 1.0), (0.2, 0.5 + 0.5 * 0.0316228), (0.3, 0.5005), (0.9, 0.5), (1.15, 0.5 * 0.0316228), (1.3, 0.0005)],
        },
        Claim::Course {
            arguments: &[0.1, 0.2, 0.5, 0.3],
            rows: &[],
            input: &[(0.0, 0.4), (0.05, 0.0), (0.06, 0.8), (0.5, 0.2)],
            output: &[(0.05, 0.4 * 0.6755), (0.4, 0.4), (0.9, 0.1)],
        },
        Claim::Smooth { arguments: &[0.01, 0.02, 0.5, 0.03], step: 0.02 },
    ],
    references: &[],
    kernel: Kernel::Each5(adsr),
}
.checked();

fn adsr<'b>(site: &Site<'b>, [gate, attack, decay, sustain, release]: [F<'b>; 5]) -> F<'b> {
    let (level, height, attacks) = (site.cell(), site.cell(), site.cell());
    let (old, zero) = (level.get(), gate.lit(0.0));
    let gate = gate.max(zero);
    let wanted = gate.gt(height.get()) | attacks.get().gt(zero);
    let attacking = wanted & old.lt(gate);
    let (open, six) = (gate.gt(zero), gate.lit(SIXTY));
    let known = [attack, decay, release].iter().all(|time| time.known().is_some());
    let left = if known {
        let fall = F::select(open, left(site, decay, six), left(site, release, six));
        F::select(attacking, left(site, attack, gate.lit(ATTACK)), fall)
    } else {
        let time = F::select(attacking, attack, F::select(open, decay, release));
        left(site, time, F::select(attacking, gate.lit(ATTACK), six))
    };
    let target = gate * F::select(attacking, gate.lit(OVERSHOOT), sustain);
    let moved = (old - target).mul_add(left, target);
    let now = F::select(attacking, moved.min(gate), moved);
    level.set(now);
    height.set(gate);
    attacks.set(attacking.to_real());
    now
}

/// Attack and release.
pub const SWELL: Helper = Helper {
    name: "swell",
    aliases: &[],
    family: Family::Envelope,
    arguments: &[
        GATE,
        Argument::number("attack", Unit::Seconds, 0.0..=60.0, "from silence to the height of the gate").or(0.5),
        Argument::number("release", Unit::Seconds, 0.0..=60.0, "in which it falls by 60 dB when the gate closes").or(1.0),
    ],
    about: "An envelope that rises to the height of the gate, stays there while it is open, and dies away when it closes. \
            It goes on from the level that there is.",
    example: "saw(82).lpf(700, 0.3).gain(0.3 * swell(square(0.5), 0.4, 0.8))",
    claims: &[
        Claim::Course {
            arguments: &[0.5, 1.0],
            rows: &[],
            input: &[(0.0, 0.5), (0.8, 0.0)],
            output: &[(0.25, 0.5 * 0.6755), (0.5, 0.5), (0.7, 0.5), (1.3, 0.5 * 0.0316228), (1.8, 0.0005)],
        },
        Claim::Smooth { arguments: &[0.01, 0.03], step: 0.02 },
    ],
    references: &[],
    kernel: Kernel::Each3(swell),
}
.checked();

fn swell<'b>(site: &Site<'b>, [gate, attack, release]: [F<'b>; 3]) -> F<'b> {
    let level = site.cell();
    let (old, gate, six) = (level.get(), gate.max(gate.lit(0.0)), gate.lit(SIXTY));
    let rising = old.lt(gate);
    let left = if attack.known().is_some() && release.known().is_some() {
        F::select(rising, left(site, attack, gate.lit(ATTACK)), left(site, release, six))
    } else {
        left(site, F::select(rising, attack, release), F::select(rising, gate.lit(ATTACK), six))
    };
    let target = F::select(rising, gate * OVERSHOOT, gate);
    let moved = (old - target).mul_add(left, target);
    let now = F::select(rising, moved.min(gate), moved);
    level.set(now);
    now
}
