//! "Did you mean": the name that was probably meant. It would rather say nothing than something absurd.

/// The candidate that `name` is probably a slip for; never `name` itself.
///
/// A candidate that differs in case only comes first, then the fewest slips (a letter missing, added, wrong, or two
/// swapped) and the most letters in common from the start, then one name that begins with the other; among equals the first in
/// order.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let length = lower.chars().count();
    let ranked = candidates.into_iter().filter(|candidate| *candidate != name).filter_map(|candidate| {
        let rank = rank(&lower, length, &candidate.to_lowercase())?;
        Some((rank, candidate))
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, candidate)| candidate)
}

/// How far the two are apart, less is nearer, or `None` where nobody would take one for the other.
fn rank(name: &str, length: usize, candidate: &str) -> Option<(usize, usize)> {
    if name == candidate {
        return Some((0, 0));
    }
    let other = candidate.chars().count();
    // One slip in three letters, and never more than three; the length alone rules most names out.
    let allowed = (length.max(3) / 3).min(3);
    if length.abs_diff(other) <= allowed && length > 1 && other > 1 {
        let slips = strsim::osa_distance(name, candidate);
        let same = name.chars().zip(candidate.chars()).take_while(|(a, b)| a == b).count();
        // Of two letters, one wrong leaves too little to recognise.
        let recognisable = length.min(other) > 2 || same > 0;
        if slips <= allowed && recognisable {
            return Some((slips, length - same));
        }
    }
    let (short, long) = if length < other { (name, candidate) } else { (candidate, name) };
    let (shorter, longer) = (length.min(other), length.max(other));
    // `oscillator` for `osc`, `low` for `lowpass`; a whole sentence that begins with `sin` means something else.
    let begins = shorter >= 3 && longer <= 4 * shorter && long.starts_with(short);
    begins.then_some((4, longer - shorter))
}
