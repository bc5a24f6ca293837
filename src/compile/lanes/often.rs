//! What is read from memory more than once is read into a register first. It chooses no registers.
//!
//! Processors do twice as many operations of vectors in a cycle as they read vectors, and literals are most of what is read.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::routine::{Code, Operand, Routine, Step, Virtual};

/// The same steps with a move in front of the first use of whatever is read again, or is one of `literals`, which have registers of their
/// own. Whoever gives values their places reads it from memory after all where registers run out.
pub fn keep(routine: &Routine, literals: &[u32]) -> Routine {
    let mut uses: HashMap<Operand, usize> = HashMap::new();
    for operand in routine.steps.iter().flat_map(Step::operands).filter(Operand::stays) {
        *uses.entry(operand).or_default() += 1;
    }
    let mut all = Routine { steps: Vec::with_capacity(routine.steps.len()), ..routine.clone() };
    let mut moved: HashMap<Operand, Virtual> = HashMap::new();
    let mut same = HashMap::new();
    for step in &routine.steps {
        let mut step = *step;
        for operand in step.from.iter_mut().flatten() {
            if let Operand::Value(value) = operand {
                *value = *same.get(value).unwrap_or(value);
            }
        }
        if let (Code::Move, Some(from), Some(to)) = (step.code, step.from[0].filter(Operand::stays), step.to) {
            match moved.get(&from) {
                Some(value) => drop(same.insert(to, *value)),
                None => {
                    moved.insert(from, to);
                    all.steps.push(step);
                }
            }
            continue;
        }
        let again = |operand: &Operand| {
            let always = matches!(operand, Operand::Literal(number) if literals.contains(number));
            always || uses.get(operand).is_some_and(|uses| *uses > 1)
        };
        for operand in step.from.iter_mut().flatten().filter(|operand| again(operand)) {
            let value = *moved.entry(*operand).or_insert_with(|| {
                let to = all.values;
                all.values += 1;
                all.steps.push(Step { code: Code::Move, to: Some(to), from: [Some(*operand), None, None] });
                to
            });
            *operand = Operand::Value(value);
        }
        all.steps.push(step);
    }
    all
}

/// The literals of a run of steps, those first that are read most often.
pub fn literals(routine: &Routine) -> Vec<u32> {
    let mut reads: HashMap<u32, usize> = HashMap::new();
    let mut moved: HashMap<Virtual, u32> = HashMap::new();
    for step in &routine.steps {
        for operand in step.operands() {
            let number = match (operand, step.code, step.to) {
                (Operand::Literal(number), Code::Move, Some(to)) => {
                    moved.insert(to, number);
                    continue;
                }
                (Operand::Literal(number), ..) => Some(number),
                (Operand::Value(value), ..) => moved.get(&value).copied(),
                _ => None,
            };
            number.into_iter().for_each(|number| *reads.entry(number).or_default() += 1);
        }
    }
    let mut list = reads.into_iter().map(|(number, reads)| (Reverse(reads), number)).collect::<Vec<_>>();
    list.sort_unstable();
    list.into_iter().map(|(_, number)| number).collect()
}
