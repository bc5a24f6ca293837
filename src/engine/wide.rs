//! Loops over samples, in the widest registers that the processor has. The bits are the same in all of them, and it knows no signals.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::dsp::magnitude::{are_heard, are_within};
use crate::ir::call::QUANTUM;

/// Compiles a loop for every x86-64 processor and once more each for those with registers of 256 and of 512 bits. Nothing in such a
/// loop depends on the order of its samples and nothing is contracted, so the results are the same bits.
macro_rules! wide {
    ($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block) => {
        $(#[$doc])*
        pub fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn plain($($argument: $type),*) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    plain($($argument),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    plain($($argument),*)
                }
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has these registers.
                    return unsafe { avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has these registers.
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain($($argument),*)
        }
    };
}

pub(super) use wide;

/// Asks the processor what it has, so that nobody asks it later. Control thread.
pub fn look() {
    #[cfg(target_arch = "x86_64")]
    std::hint::black_box((is_x86_feature_detected!("avx512f"), is_x86_feature_detected!("avx2")));
}

/// Whether no sample's magnitude is beyond `bound`; what is no number is beyond all. For loops that are [`wide!`].
#[inline(always)]
pub(super) fn within(samples: &[f64; QUANTUM], bound: f64) -> bool {
    // As bits of the width of a sample, because truth is narrower and would be packed.
    samples.iter().fold(0_u64, |beyond, sample| beyond | if sample.abs() <= bound { 0 } else { !0 }) == 0
}

wide! {
    /// Whether no sample's magnitude is beyond `bound`, and whether all are 0; what is no number is beyond all. A zero loses its sign.
    /// Any thread.
    look_through(samples: &mut [f64; QUANTUM], bound: f64) -> (bool, bool) {
        let (mut beyond, mut some) = (0_u64, 0_u64);
        for sample in samples {
            beyond |= if sample.abs() <= bound { 0 } else { !0 };
            *sample += 0.0;
            some |= sample.to_bits();
        }
        (beyond == 0, some == 0)
    }
}

wide! {
    /// Adds one channel to each of several. Audio thread.
    add_to_all(samples: &[f64; QUANTUM], sums: &mut [[f64; QUANTUM]]) {
        for sum in sums {
            sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample);
        }
    }
}

wide! {
    /// Adds channels to the first of others, each to its own. Audio thread.
    add_each(channels: &[[f64; QUANTUM]], sums: &mut [[f64; QUANTUM]]) {
        for (sum, samples) in sums.iter_mut().zip(channels) {
            // A channel is 0 and what goes to it, which makes a difference to the sign of zero.
            sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += 0.0 + sample);
        }
    }
}

wide! {
    /// Looks through channels as [`look_through`] does, but takes the signs of zeros only where they are `heard`, and adds them to sums if
    /// no sample is beyond `bound` and not all are 0: a single one to all sums, and of several each to its own. Sums that are `bare` are 0,
    /// whatever stands there, and still are if nothing is added. Says whether it did. Audio thread.
    add_within(channels: &mut [[f64; QUANTUM]], sums: &mut [[f64; QUANTUM]], bound: f64, bare: bool, heard: bool) -> bool {
        let mut bits = 0;
        if bare {
            // Whether they may be is seen after it: nobody asks what stands there.
            for (sum, samples) in sums.iter_mut().zip(&*channels) {
                for (sum, sample) in sum.iter_mut().zip(samples) {
                    *sum = 0.0 + sample;
                    bits |= sample.to_bits();
                }
            }
        } else {
            bits = channels.as_flattened().iter().fold(0, |bits, sample| bits | sample.to_bits());
        }
        let within = || channels.as_flattened().iter().all(|sample| sample.abs() <= bound);
        if !are_heard(bits) || !are_within(bits, bound) && !within() {
            return false;
        }
        if heard {
            channels.as_flattened_mut().iter_mut().for_each(|sample| *sample += 0.0);
        }
        let put = |sum: &mut [f64; QUANTUM], samples: &[f64; QUANTUM]| {
            sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum = 0.0 + sample);
        };
        let add = |sum: &mut [f64; QUANTUM], samples: &[f64; QUANTUM]| {
            sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += 0.0 + sample);
        };
        match (bare, &*channels) {
            (true, [channel]) => sums.iter_mut().skip(1).for_each(|sum| put(sum, channel)),
            (true, _) => sums[channels.len()..].as_flattened_mut().fill(0.0),
            (false, [channel]) => sums.iter_mut().for_each(|sum| add(sum, channel)),
            (false, _) => sums.iter_mut().zip(&*channels).for_each(|(sum, channel)| add(sum, channel)),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sample_beyond_the_bound_is_found_wherever_it_is() {
        let within = |at: usize, sample: f64| {
            let mut samples = [0.5; QUANTUM];
            samples[at] = sample;
            assert_eq!(look_through(&mut samples.clone(), 0.5).0, within(&samples, 0.5));
            within(&samples, 0.5)
        };
        for at in 0..QUANTUM {
            assert!(within(at, -0.5) && within(at, 0.0));
            for beyond in [0.5_f64.next_up(), -0.5_f64.next_up(), f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
            {
                assert!(!within(at, beyond), "{beyond} at {at}");
            }
        }
    }

    #[test]
    fn what_is_added_first_takes_the_place_of_whatever_stands_there() {
        for (count, heard) in [(1, false), (1, true), (2, false), (2, true), (3, false), (3, true)] {
            let channel = |number: usize| {
                let mut samples = [-0.0; QUANTUM];
                samples[number] = 0.25;
                samples
            };
            let mut channels = [0, 1, 2].map(channel);
            let channels = &mut channels[..count];
            let mut sums = [[f64::NAN; QUANTUM]; 3];
            assert!(!add_within(channels, &mut sums, 0.2, true, heard), "too loud");
            assert!(add_within(channels, &mut sums, 0.25, true, heard), "none is too loud, though all together are");
            let wanted = |times: f64| {
                [0, 1, 2].map(|number| {
                    let from = if count == 1 { 0 } else { number };
                    let mut samples = [0.0; QUANTUM];
                    samples[from] = if from < count { 0.25 * times } else { 0.0 };
                    samples.map(f64::to_bits)
                })
            };
            assert_eq!(sums.map(|sum| sum.map(f64::to_bits)), wanted(1.0), "{count} {heard}");
            for (loudest, bound) in [(f64::NAN, 0.5), (f64::INFINITY, 0.5), (0.5, 0.25), (0.0, 0.5)] {
                let mut bad = [[-0.0; QUANTUM]; 3];
                bad[count - 1][63] = loudest;
                assert!(!add_within(&mut bad[..count], &mut sums, bound, false, heard), "{loudest}");
                assert!(bad[0][0].is_sign_negative(), "what is not added is left as it is");
            }
            assert_eq!(sums.map(|sum| sum.map(f64::to_bits)), wanted(1.0), "{count} {heard}");
            assert!(add_within(channels, &mut sums, 0.5, false, heard));
            assert_eq!(sums.map(|sum| sum.map(f64::to_bits)), wanted(2.0), "{count} {heard}");
            assert_eq!(channels[0][9].is_sign_positive(), heard, "a zero is heard without its sign");
        }
    }

    #[test]
    fn a_sample_that_is_not_zero_is_found_wherever_it_is_and_no_zero_has_a_sign() {
        for at in 0..QUANTUM {
            for sample in [1.0, -f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, 0.0, -0.0] {
                let mut samples = [-0.0; QUANTUM];
                samples[at] = sample;
                assert_eq!(look_through(&mut samples, 0.5).1, sample == 0.0, "{sample} at {at}");
                assert!(samples.iter().all(|sample| *sample != 0.0 || sample.is_sign_positive()), "{sample} at {at}");
            }
        }
    }
}
