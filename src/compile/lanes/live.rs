//! How many values a run of steps holds at once. It gives none a place.

use super::routine::{Code, Operand, Routine};

/// How many values are needed at once that can be read nowhere else; cells can, if they are `resident`.
pub fn most_live(routine: &Routine, resident: bool) -> usize {
    let mut last = vec![0; routine.values as usize];
    for (number, step) in routine.steps.iter().enumerate() {
        step.values().for_each(|value| last[value as usize] = number);
    }
    let mut ends = vec![0; routine.steps.len()];
    let (mut live, mut most) = (0_usize, 0);
    for (number, step) in routine.steps.iter().enumerate() {
        let elsewhere = |from: Operand| from.stays() || resident && matches!(from, Operand::Cell(_));
        let again = step.code == Code::Move && step.from[0].is_some_and(elsewhere);
        if let (Some(value), false) = (step.to, again) {
            live += 1;
            most = most.max(live);
            // What nobody needs ends where it is made.
            ends[last[value as usize].max(number)] += 1;
        }
        live -= ends[number];
    }
    most
}
