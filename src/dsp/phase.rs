//! Phases: 64-bit integer turns that wrap by themselves, exactly, however frames are grouped. They keep no state and know no sample rate.

use super::float::{Float, Int};
use super::math::{cos_quarter, flip};

/// The bits of 1.0: what turns the upper 52 bits of a phase into a float from 1 to 2.
const ONE: i64 = 1.0f64.to_bits() as i64;

/// The bits of 2.0, which make one from 2 to 4 of them.
const TWO: i64 = 2.0f64.to_bits() as i64;

/// A whole turn, as a float.
const TURN: f64 = 18_446_744_073_709_551_616.0;

/// Half a turn, and the bit of a sign.
pub const HALF: i64 = i64::MIN;

/// A quarter of a turn.
pub const QUARTER: i64 = 1 << 62;

/// The step of a phase that moves by so many turns, with an error of at most 2^-53 turns; whole turns do nothing.
///
/// Finite numbers only. 6 operations.
pub fn step<F: Float>(turns: F) -> F::Int {
    let part = turns - turns.nearest();
    let bits = (part + 1.5).to_bits().shl(12);
    bits + bits.lit(HALF)
}

/// The step of a phase that moves by so many turns, known beforehand: a hair more than that, by up to 2^-64 of a turn and 2^-50 of
/// itself.
///
/// So whole periods end on their frame and never one later, although 1/3 of a hertz cannot be written exactly; backwards they never end
/// one earlier.
pub fn whole_step(turns: f64) -> i64 {
    let part = turns - turns.round_ties_even();
    let part = part + part.abs() * (4.0 * f64::EPSILON);
    // Wraps: half a turn is the same forwards as backwards.
    (part * TURN).ceil() as i128 as i64
}

/// The phase as turns from 0, inclusive, to 1, exclusive; exact but for the lowest 12 bits, which are cut off. 4 operations.
pub fn unipolar<F: Float>(phase: F::Int) -> F {
    let float = F::from_bits(mantissa(phase));
    float - 1.0
}

/// The phase as turns from -1/2 to 1/2, 0 where the phase is 0. 5 operations.
pub fn bipolar<F: Float>(phase: F::Int) -> F {
    let float = F::from_bits(mantissa(phase + phase.lit(HALF)));
    float - 1.5
}

/// The phase in turns, folded back at a quarter turn to both sides: from -1/4 to 1/4, with the sine of the phase. 6 operations.
pub fn folded<F: Float>(phase: F::Int) -> F {
    let from_top = F::from_bits(mantissa(phase + phase.lit(HALF ^ -QUARTER))) - 1.5;
    from_top.lit(0.25) - from_top.abs()
}

/// How many half turns the phase is past half a turn, from -1 to 1. 4 operations.
pub fn halves_past_half<F: Float>(phase: F::Int) -> F {
    let float = F::from_bits(phase.shr(12) | phase.lit(TWO));
    float - 3.0
}

/// The sine of the phase without its lowest 11 bits, within 5·10^-16, never beyond ±1, and exactly 0 where the phase is 0 or half a turn.
/// 13 operations.
pub fn sine<F: Float>(phase: F::Int) -> F {
    // The bit of the second half falls on one that is set anyway: in each half this runs from 1 to 2.
    let half = F::from_bits(phase.shr(11) | phase.lit(ONE));
    flip(cos_quarter(half - 1.5), phase)
}

/// 1 in the first half of the turn, -1 in the second. 3 operations.
pub fn sign<F: Float>(phase: F::Int) -> F {
    F::from_bits((phase & phase.lit(HALF)) | phase.lit(ONE))
}

fn mantissa<I: Int>(phase: I) -> I {
    phase.shr(12) | phase.lit(ONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::Wrapping;

    #[test]
    fn a_step_is_the_part_of_a_turn_and_wraps() {
        for (turns, wanted) in
            [(0.25, 1 << 62), (-0.25, -1 << 62), (0.5, HALF), (-0.5, HALF), (3.25, 1 << 62), (0.0, 0)]
        {
            assert_eq!(step(turns), Wrapping(wanted), "{turns}");
        }
        assert_eq!(whole_step(0.0), 0);
        assert_eq!(whole_step(0.25), (1 << 62) + (1 << 12));
        assert_eq!(whole_step(-0.25), (-1 << 62) + (1 << 12));
    }

    #[test]
    fn whole_periods_end_on_their_frame() {
        for (hertz, rate) in [(2.0, 48000), (1.0 / 3.0, 48000), (0.7, 44100 * 7), (3.0, 44100), (1.0, 96000)] {
            let frames = (f64::from(rate) / hertz).round() as i64;
            let step = whole_step(hertz / f64::from(rate));
            for period in 1..5 {
                let over = step.wrapping_mul(frames * period) as u64;
                assert!(over < step as u64, "{hertz} Hz at {rate}: the period {period} ends {over} past its frame");
            }
        }
    }

    #[test]
    fn phases_become_floats_that_touch_no_end_but_the_first() {
        let phase = |turns: f64| Wrapping((turns * TURN) as i128 as i64);
        assert_eq!(unipolar::<f64>(Wrapping(0)), 0.0);
        assert_eq!(unipolar::<f64>(Wrapping(-1)), 1.0f64.next_down().next_down());
        assert_eq!(unipolar::<f64>(phase(0.75)), 0.75);
        assert_eq!(bipolar::<f64>(phase(0.75)), -0.25);
        assert_eq!(bipolar::<f64>(Wrapping(0)), 0.0);
        for (turns, wanted) in [(0.0, 0.0), (0.25, 0.25), (0.375, 0.125), (0.5, 0.0), (0.75, -0.25), (0.875, -0.125)] {
            assert_eq!(folded::<f64>(phase(turns)), wanted, "{turns} turns");
        }
        for (turns, wanted) in [(0.0, -1.0), (0.375, -0.25), (0.5, 0.0), (0.75, 0.5)] {
            assert_eq!(halves_past_half::<f64>(phase(turns)), wanted, "{turns} turns");
        }
        assert_eq!((sign::<f64>(phase(0.49)), sign::<f64>(phase(0.5))), (1.0, -1.0));
    }
}
