//! Counts of rings that nobody but windows asks for: they go on once for all frames of a run, and not in each of them.

use super::routine::{Code, Operand, Routine, Step, Virtual};

/// Takes such counts from the cells and steps of a routine: a window of each makes it go on.
pub fn leave_to_windows(routine: &mut Routine) {
    let mut cell = 0;
    while let Some(counts) = routine.cells.get(cell).copied() {
        let head = Some((counts.memory, counts.at));
        let window = routine.windows.iter().position(|window| window.head == head);
        match window.zip(alone(&routine.steps, cell as u32)) {
            Some((window, steps)) => {
                routine.windows[window].counts = true;
                take(routine, cell, &steps);
            }
            None => cell += 1,
        }
    }
}

/// The steps that only read a cell, make of it what it becomes, and keep that.
fn alone(steps: &[Step], cell: u32) -> Option<Vec<usize>> {
    let all = || steps.iter().enumerate();
    let keeps = all().filter(|(_, step)| step.code == Code::Keep(cell)).collect::<Vec<_>>();
    let [(keep, Step { from: [Some(Operand::Value(next)), ..], .. })] = keeps[..] else { return None };
    let (maker, _) = all().find(|(_, step)| step.to == Some(*next))?;
    let reads = all().filter(|(_, step)| step.operands().any(|operand| operand == Operand::Cell(cell)));
    let reads = reads.map(|(number, step)| (number, step.to)).collect::<Vec<_>>();
    let only = |value: Virtual, user: usize| {
        all().all(|(number, step)| number == user || step.values().all(|other| other != value))
    };
    let lonely = |(number, to): &(usize, Option<Virtual>)| {
        *number == maker || steps[*number].code == Code::Move && to.is_some_and(|to| only(to, maker))
    };
    (only(*next, keep) && reads.iter().all(lonely))
        .then(|| reads.iter().map(|(number, _)| *number).chain([maker, keep]).collect())
}

/// Removes these steps and the cell; those behind it move up.
fn take(routine: &mut Routine, cell: usize, steps: &[usize]) {
    let mut number = 0;
    routine.steps.retain(|_| {
        number += 1;
        !steps.contains(&(number - 1))
    });
    routine.cells.remove(cell);
    routine.growth.remove(cell);
    let up = |number: &mut u32| *number -= u32::from(*number > cell as u32);
    for step in &mut routine.steps {
        if let Code::Keep(number) = &mut step.code {
            up(number);
        }
        for operand in step.from.iter_mut().flatten() {
            if let Operand::Cell(number) = operand {
                up(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lower::lower;
    use super::super::routine::{Along, Width};
    use super::*;
    use crate::ir::{Bound, Builder, I, Place, Type};

    /// A ring that is read and written in the same slot. What is `heard` of its count, before and after it grew, is given, too.
    fn echo(heard: impl for<'b> Fn(I<'b>, I<'b>) -> Option<I<'b>>) -> Routine {
        let builder = Builder::new(1 << 12);
        let instance = builder.instance("echo", 1, Place::default());
        let level = builder.claim_cell(instance);
        let (head, at) = builder.claim_cell(instance);
        let last = builder.claim_cell(instance);
        let ring = builder.claim_room(instance, 1024, false);
        let next = builder.int(builder.load(Type::Int, head, at));
        let behind = next - builder.int(builder.literal(Type::Int, 100));
        let old = builder.real(builder.load_at(Type::Real, ring, behind.id(), Bound::Wrap));
        let sum = old + builder.real(builder.load(Type::Real, level.0, level.1));
        builder.store_at(ring, next.id(), Bound::Wrap, sum.id());
        let grown = next + builder.int(builder.literal(Type::Int, 1));
        builder.store(head, at, grown.id());
        builder.store(last.0, last.1, sum.id());
        let program = builder.finish(&[heard(next, grown).map_or(sum, |heard| sum + heard.to_real())]);
        lower(&program, Width::Four, Along::Instances, true).expect("straight")
    }

    #[test]
    fn what_only_windows_ask_for_is_no_cell_and_goes_on_once() {
        let routine = echo(|_, _| None);
        assert_eq!(routine.windows.iter().filter(|window| window.counts).count(), 1);
        assert_eq!((routine.cells.len(), routine.growth.len()), (2, 2));
        let keeps = routine.steps.iter().filter(|step| matches!(step.code, Code::Keep(_)));
        assert_eq!(keeps.map(|step| step.code).collect::<Vec<_>>(), [Code::Keep(1)]);
        assert!(routine.steps.iter().all(|step| step.code != Code::IntAdd), "{:?}", routine.steps);
    }

    #[test]
    fn what_somebody_else_asks_for_goes_on_in_each_frame() {
        for routine in [echo(|count, _| Some(count)), echo(|_, grown| Some(grown))] {
            assert!(routine.windows.iter().all(|window| !window.counts));
            assert_eq!(routine.cells.len(), 3);
            assert!(routine.steps.iter().any(|step| step.code == Code::IntAdd));
        }
    }
}
