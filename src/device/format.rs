//! From the source's interleaved floats to whatever samples and channels a device takes. Never allocates.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use cpal::{FromSample, Sample};

/// The largest float below one; integer formats have no plus one.
const FULL: f32 = 1.0 - f32::EPSILON / 2.0;

/// Writes the frames of `from`, each `sources` wide, to `to`, each `devices` wide: channel by channel, the mean of all
/// for a mono device, silence on channels that the source does not have. Audio thread.
pub(super) fn spread<T: Sample + FromSample<f32>>(from: &[f32], sources: usize, to: &mut [T], devices: usize) {
    for (frame, out) in from.chunks_exact(sources).zip(to.chunks_exact_mut(devices)) {
        if devices == 1 {
            out[0] = sample(frame.iter().sum::<f32>() / sources as f32);
            continue;
        }
        for (channel, out) in out.iter_mut().enumerate() {
            *out = frame.get(channel).map_or(T::EQUILIBRIUM, |value| sample(*value));
        }
    }
}

fn sample<T: Sample + FromSample<f32>>(value: f32) -> T {
    T::from_sample(value.clamp(-1.0, FULL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::{I24, U24};

    fn mono<T: Sample + FromSample<f32>>(value: f32) -> T {
        let mut out = [T::EQUILIBRIUM];
        spread(&[value], 1, &mut out, 1);
        out[0]
    }

    #[test]
    fn full_scale_stays_within_every_format() {
        assert_eq!([mono::<i16>(1.0), mono(-1.0), mono(7.0), mono(0.5)], [32_767, -32_768, 32_767, 16_384]);
        assert_eq!([mono::<u16>(1.0), mono(-1.0), mono(0.0)], [65_535, 0, 32_768]);
        assert_eq!([mono::<i32>(-1.0), mono(0.5)], [i32::MIN, 1 << 30]);
        assert_eq!([mono::<I24>(1.0), mono(-1.0)].map(|value| value.inner()), [8_388_607, -8_388_608]);
        assert_eq!([mono::<U24>(1.0), mono(-1.0)].map(|value| value.inner()), [16_777_215, 0]);
        assert_eq!([mono::<u8>(1.0), mono(-1.0), mono(0.0)], [255, 0, 128]);
    }

    #[test]
    fn channels_are_kept_averaged_for_mono_and_silent_beyond_the_source() {
        let from = [0.5, -0.25, 0.125, 0.375];
        let mut wide = [9_i16; 6];
        spread(&from, 2, &mut wide, 3);
        assert_eq!(wide, [16_384, -8_192, 0, 4_096, 12_288, 0]);
        let mut narrow = [9_i16; 2];
        spread(&from, 2, &mut narrow, 1);
        assert_eq!(narrow, [4_096, 8_192]);
    }
}
