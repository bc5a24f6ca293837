//! Echoes and channels of single helpers, where a claim of the declaration would be too narrow.

use crate::stand::{Dice, Fed, helper, padded, render};

const RATE: f64 = 48_000.0;

fn number(value: f64) -> Fed {
    Fed::Number(value)
}

/// Frames and values of all samples that are not silent.
fn ticks(sound: &[f64]) -> Vec<(usize, f64)> {
    sound.iter().copied().enumerate().filter(|(_, sample)| *sample != 0.0).collect()
}

#[test]
fn a_mono_pingpong_echoes_left_first_and_a_stereo_one_across() {
    let click = [vec![1.0], vec![0.0; 65_535]].concat();
    let times = [number(0.25), number(0.125), number(0.5)];
    let play = |input: Fed| {
        let fed = [vec![input], times.to_vec()].concat();
        render(helper("pingpong"), RATE, &fed, 30_000).iter().map(|channel| ticks(channel)).collect::<Vec<_>>()
    };
    let mono = play(padded(click.clone()));
    assert_eq!(mono[0], [(0, 1.0), (6000, 0.5), (18_000, 0.125)]);
    assert_eq!(mono[1], [(0, 1.0), (12_000, 0.25), (24_000, 0.0625)]);
    let left = play(Fed::Channels(vec![click, vec![0.0; 65_536]]));
    assert_eq!(left[0], [(0, 1.0), (12_000, 0.25), (24_000, 0.0625)]);
    assert_eq!(left[1], [(6000, 0.5), (18_000, 0.125)]);
}

#[test]
fn a_reverb_answers_mono_in_stereo_and_any_channels_in_as_many() {
    let mut dice = Dice::new(31);
    for (given, wanted) in [(1, 2), (2, 2), (3, 3), (8, 8), (10, 10)] {
        let input = (0..given).map(|_| dice.noise(1 << 12)).collect();
        let sound =
            render(helper("reverb"), RATE, &[Fed::Channels(input), number(1.0), number(0.3), number(1.0)], 1 << 14);
        assert_eq!(sound.len(), wanted, "of {given} channels");
        for (channel, sound) in sound.iter().enumerate() {
            let power = sound[1 << 13..].iter().map(|sample| sample * sample).sum::<f64>() / 8192.0;
            assert!((0.05..1.0).contains(&power), "channel {channel} of {given}: {power}");
        }
    }
}

#[test]
fn a_steady_offset_does_not_pile_up_in_a_reverb() {
    let fed = [number(1.0), number(20.0), number(0.0), number(1.0)];
    for sound in render(helper("reverb"), RATE, &fed, 1 << 20) {
        let highest = sound.iter().fold(0.0, |highest: f64, sample| highest.max(sample.abs()));
        assert!(highest < 4.0, "an offset of 1 becomes {highest}");
    }
}
