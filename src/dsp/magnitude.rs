//! How large samples are, told from their bits. It computes nothing with them.

/// The bit that every magnitude from 2 up has, and whatever is no number, and none below.
const TWO: u64 = 1 << 62;

/// Whether of samples that have these bits, taken together, it is certain that none is beyond `bound` in magnitude: all are below 2.
#[inline(always)]
pub fn are_within(bits: u64, bound: f64) -> bool {
    bits & TWO == 0 && bound >= 2.0
}

/// Whether of samples that have these bits, taken together, one is not 0.
#[inline(always)]
pub fn are_heard(bits: u64) -> bool {
    bits << 1 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_beyond_a_bound_is_never_said_to_be_within_it() {
        let below = [0.0, -0.0, f64::MIN_POSITIVE, 0.5, -1.0, 1.5, (-2.0_f64).next_up()];
        for sample in below {
            assert!(are_within(sample.to_bits(), 2.0), "{sample}");
            assert_eq!(are_heard(sample.to_bits()), sample != 0.0);
        }
        let together = below.iter().fold(0, |bits, sample| bits | sample.to_bits());
        assert!(are_within(together, 1e6) && !are_within(together, 1.9));
        for beyond in [2.0, -2.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            assert!(!are_within(together | beyond.to_bits(), 1e6) && are_heard(beyond.to_bits()), "{beyond}");
        }
    }
}
