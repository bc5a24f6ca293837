//! What a device hears of a source: the same tones at another rate, no step where it comes in late. The devices here are not
//! there; those of the rigs are in `device`.

use std::f64::consts::TAU;

use aither::device::{Edge, Plan, Source};

use crate::heap::no_heap;
use crate::listen::{breaks, channel, level, partial};
use crate::stand::Dice;

/// Frames per second of the source.
const RATE: u32 = 48_000;
const PLAN: Plan = Plan { rate: RATE, channels: 2 };
/// Level of the tones.
const LEVEL: f64 = 0.25;

/// A tone on each channel.
struct Tones {
    hz: [f64; 2],
    frame: u64,
}

impl Source for Tones {
    fn render(&mut self, out: &mut [f32], channels: usize) {
        for frame in out.chunks_exact_mut(channels) {
            for (sample, hz) in frame.iter_mut().zip(self.hz) {
                let turns = (self.frame as f64 * hz / f64::from(RATE)).fract();
                *sample = (LEVEL * (TAU * turns).sin()) as f32;
            }
            self.frame += 1;
        }
    }

    fn is_under_way(&self) -> bool {
        self.frame > 0
    }
}

/// What a device of that rate hears of these tones in so many frames, asked for in blocks of any length.
fn heard(hz: [f64; 2], from: u64, rate: u32, frames: usize, seed: u64) -> Vec<[f32; 2]> {
    let mut edge = Edge::of(Box::new(Tones { hz, frame: from }), rate, PLAN).expect("rates of devices");
    let (mut dice, mut out) = (Dice::new(seed), vec![0.0; 2 * frames]);
    let mut rest = &mut out[..];
    while !rest.is_empty() {
        let (block, later) = rest.split_at_mut((2 + 2 * dice.below(700)).min(rest.len()));
        no_heap(|| edge.pull(block));
        rest = later;
    }
    out.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect()
}

/// A tone without the tone: everything in it that is not a sine of that pitch, as a part of it.
fn residue(samples: &[f32], hz: f64, rate: f64) -> f64 {
    let (amplitude, phase) = partial(samples, hz, rate);
    let sine = |nth: usize| amplitude * (TAU * (phase + hz * nth as f64 / rate)).sin();
    let rest = samples.iter().enumerate().map(|(nth, sample)| (f64::from(*sample) - sine(nth)) as f32);
    level(&rest.collect::<Vec<_>>()) / level(samples)
}

#[test]
fn a_device_of_another_rate_hears_the_same_tones_without_a_break() {
    for rate in [44_100, 96_000, 88_200, 32_000, 192_000, 22_050] {
        let (hz, second) = ([997.0, 6_300.0], rate as usize);
        let played = heard(hz, 0, rate, second, u64::from(rate));
        let edge = Edge::of(Box::new(Tones { hz, frame: 0 }), rate, PLAN).unwrap();
        // Rests and beginnings are no tones.
        let settled = &played[(2.0 * edge.delay().as_secs_f64() * f64::from(rate)) as usize..];
        for (nth, hz) in hz.into_iter().enumerate() {
            let tone = channel(settled, nth);
            let (amplitude, _) = partial(&tone, hz, f64::from(rate));
            assert!((amplitude / LEVEL - 1.0).abs() < 1e-4, "{rate}: {hz} Hz at {amplitude}");
            assert!(residue(&tone, hz, f64::from(rate)) < 3e-5, "{rate}: {hz} Hz and what else");
            assert_eq!(breaks(&tone, hz, f64::from(rate), 2e-6), [0; 0], "{rate}: {hz} Hz");
        }
    }
}

#[test]
fn what_a_lower_rate_cannot_carry_is_gone_and_all_that_is_heard_stays() {
    let passed = heard([18_000.0, 20_000.0], 0, 44_100, 44_100, 1);
    for (nth, hz) in [18_000.0, 20_000.0].into_iter().enumerate() {
        let (amplitude, _) = partial(&channel(&passed[2_000..], nth), hz, 44_100.0);
        assert!((amplitude / LEVEL - 1.0).abs() < 0.01, "{hz} Hz at {amplitude}");
    }
    let folded = heard([12_000.0, 23_000.0], 0, 22_050, 22_050, 2);
    let rest = [0, 1].map(|nth| level(&channel(&folded[2_000..], nth)));
    assert!(rest.iter().all(|rest| *rest < 3e-5 * LEVEL), "{rest:?}");
}

#[test]
fn the_lengths_of_a_device_s_blocks_are_inaudible_at_any_rate() {
    for rate in [48_000, 44_100, 96_000] {
        let bits = |seed| heard([440.0, 555.0], 0, rate, 20_000, seed).into_iter().map(|frame| frame.map(f32::to_bits));
        assert!(bits(1).eq(bits(2)), "{rate}");
    }
}

#[test]
fn a_source_that_a_device_hears_from_its_middle_on_comes_up_in_five_milliseconds() {
    let whole = heard([440.0; 2], 0, RATE, 12_000, 1);
    let rise = RATE as usize / 200;
    // Within one block or over several.
    for seed in 1..9 {
        let late = heard([440.0; 2], 1_027, RATE, 10_000, seed);
        for (nth, frame) in late.iter().enumerate() {
            let level = if nth < rise { (nth + 1) as f32 / rise as f32 } else { 1.0 };
            assert_eq!(*frame, whole[1_027 + nth].map(|sample| sample * level), "frame {nth}");
        }
    }
    assert_eq!(whole[1], Tones::at(1), "and one that begins begins at once");
}

impl Tones {
    fn at(frame: u64) -> [f32; 2] {
        let mut out = [0.0; 2];
        Tones { hz: [440.0; 2], frame }.render(&mut out, 2);
        out
    }
}

#[test]
fn rates_whose_ratio_is_too_odd_are_refused_with_what_would_work() {
    let refused = Edge::of(Box::new(Tones { hz: [440.0; 2], frame: 0 }), 47_999, PLAN).err().expect("a refusal");
    let words = "`nobody` plays 47999 Hz, and 48000 Hz cannot become that in time; begin with `--rate 47999`";
    assert_eq!(refused.to_string(), words);
}

#[test]
fn the_source_comes_home_with_all_that_was_pulled() {
    let mut edge = Edge::of(Box::new(Tones { hz: [440.0; 2], frame: 0 }), RATE, PLAN).unwrap();
    edge.pull(&mut [0.0; 200]);
    let mut next = [0.0; 2];
    edge.home().expect("the source").render(&mut next, 2);
    assert_eq!(next, Tones::at(100));
}
