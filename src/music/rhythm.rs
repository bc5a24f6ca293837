//! Rhythms that spread hits as evenly as they go. What is struck is for whoever asks.

/// The most steps that a rhythm has.
pub const MOST: usize = 64;

/// Bjorklund's pattern: so many hits over so many steps, the first step one of them.
///
/// Bjorklund (2003) found it for pulses of neutron sources; Toussaint, "The Euclidean algorithm generates traditional musical
/// rhythms" (2005), for music.
pub fn bjorklund(hits: usize, steps: usize) -> Vec<bool> {
    let hits = hits.min(steps);
    let mut groups = vec![vec![true]; hits];
    let mut rest = vec![vec![false]; steps - hits];
    let mut first = true;
    // The first rests are given out even if there is only one.
    while !groups.is_empty() && (rest.len() > 1 || std::mem::take(&mut first) && !rest.is_empty()) {
        first = false;
        let pairs = groups.len().min(rest.len());
        let left = if groups.len() > pairs { groups.split_off(pairs) } else { rest.split_off(pairs) };
        groups.iter_mut().zip(rest).for_each(|(group, more)| group.extend(more));
        rest = left;
    }
    groups.into_iter().chain(rest).flatten().collect()
}

/// How many steps further the straight line of so many hits is where Bjorklund's pattern begins: step i is struck where
/// `(i + offset) · hits` modulo `steps` is less than `hits`.
pub fn offset(hits: usize, steps: usize) -> usize {
    let wanted = bjorklund(hits, steps);
    let fits = |offset: &usize| (0..steps).all(|step| struck(step + offset, hits, steps) == wanted[step]);
    (0..steps).find(fits).unwrap_or(0)
}

fn struck(step: usize, hits: usize, steps: usize) -> bool {
    step * hits % steps < hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rhythms_are_those_of_the_paper() {
        for (hits, steps, wanted) in [
            (2, 5, "x.x.."),
            (3, 4, "x.xx"),
            (3, 8, "x..x..x."),
            (4, 9, "x.x.x.x.."),
            (4, 12, "x..x..x..x.."),
            (5, 8, "x.xx.xx."),
            (5, 16, "x..x..x..x..x..."),
            (7, 12, "x.xx.x.xx.x."),
            (7, 16, "x..x.x.x..x.x.x."),
            (0, 3, "..."),
            (3, 3, "xxx"),
            (9, 4, "xxxx"),
        ] {
            let found = bjorklund(hits, steps).iter().map(|hit| if *hit { 'x' } else { '.' }).collect::<String>();
            assert_eq!(found, wanted, "{hits} in {steps}");
        }
    }

    #[test]
    fn every_rhythm_is_a_straight_line_that_begins_elsewhere() {
        for steps in 1..=MOST {
            for hits in 0..=steps {
                let offset = offset(hits, steps);
                let line = (0..steps).map(|step| struck(step + offset, hits, steps)).collect::<Vec<_>>();
                assert_eq!(line, bjorklund(hits, steps), "{hits} in {steps}");
            }
        }
    }
}
