//! Hashes of structure, the same on every machine and in every run. They keep no secrets.

/// One hash of several numbers, the same on every machine.
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, part| {
        let mut hash = (hash.rotate_left(23) ^ part).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^= hash >> 29;
        hash = hash.wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 32)
    })
}

/// The hash of a name.
pub fn text(name: &str) -> u64 {
    name.bytes().fold(name.len() as u64, |hash, byte| mix(&[hash, u64::from(byte)]))
}
