//! Sets that are joined (union by the earliest, with paths made shorter). They know nothing of programs.

/// The representative of a value, without changing who points where.
pub fn root(whole: &[u32], mut value: u32) -> u32 {
    while whole[value as usize] != value {
        value = whole[value as usize];
    }
    value
}

/// The representative of a value; the way to it is made shorter.
pub fn find(whole: &mut [u32], mut value: u32) -> u32 {
    while whole[value as usize] != value {
        whole[value as usize] = whole[whole[value as usize] as usize];
        value = whole[value as usize];
    }
    value
}

pub fn join(whole: &mut [u32], one: u32, other: u32) {
    let (one, other) = (find(whole, one), find(whole, other));
    // The earlier one represents both.
    let (first, then) = (one.min(other), one.max(other));
    whole[then as usize] = first;
}
