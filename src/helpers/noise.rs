//! White noise: a hash of a count. It has no generator whose state could be poisoned or run into a neighbour's.

use super::{Claim, Family, Helper, Kernel, Site};
use crate::dsp::float::{Float, Int};
use crate::ir::{F, I};

/// White noise.
pub const NOISE: Helper = Helper {
    name: "noise",
    aliases: &[],
    family: Family::Source,
    arguments: &[],
    about: "White noise: every sample anywhere between -1 and 1, each with the same chance. Every use and every channel has its own, \
            and it is the same in every run.",
    example: "noise().lpf(1200, 0.6).gain(0.2)",
    claims: &[Claim::Within { low: -1.0, high: 1.0 }],
    references: &["Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014 (the finaliser of SplitMix64, Stafford's variant 13)"],
    kernel: Kernel::Each0(white),
}
.checked();

/// 2^64 over the golden ratio, odd: the steps of the count.
pub const STRIDE: i64 = 0x9e37_79b9_7f4a_7c15_u64 as i64;
const MIX: [i64; 2] = [0xbf58_476d_1ce4_e5b9_u64 as i64, 0x94d0_49bb_1331_11eb_u64 as i64];

/// White noise of the site's own, between -1 and 1.
pub fn white<'b>(site: &Site<'b>) -> F<'b> {
    let count = site.counter();
    let at = count.get();
    count.set(at + at.lit(STRIDE));
    scattered(at + site.seed())
}

/// A number between -1 and 1, each with the same chance, that depends on a key; keys that are a [`STRIDE`] apart give strangers.
pub fn scattered(key: I<'_>) -> F<'_> {
    let hash = (key ^ key.shr(30)) * key.lit(MIX[0]);
    let hash = (hash ^ hash.shr(27)) * hash.lit(MIX[1]);
    // The finaliser's last shift would change bits that are cut off here.
    let from_two_to_four = F::from_bits(hash.shr(12) | hash.lit(2.0f64.to_bits() as i64));
    from_two_to_four - 3.0
}
