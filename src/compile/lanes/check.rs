//! Follows an allocation step by step and says where an operand is not where it is read. It repairs nothing.

use super::allocate::{Action, Allocation, Place, Register, Registers};
use super::routine::{Code, Operand, Routine, Virtual};

/// What stands where.
struct Machine {
    registers: Vec<Option<Virtual>>,
    slots: Vec<Option<Virtual>>,
    /// The operands that values were moved from: reading those is reading the values.
    moved: Vec<Option<Operand>>,
    /// Of each cell that has a register whether that holds what it held before the first step.
    intact: Vec<bool>,
    /// What was written over: who asks for it comes too late.
    gone: Vec<Operand>,
    /// Of each such cell what it is to hold behind the last step.
    kept: Vec<Option<Virtual>>,
    given: Registers,
}

impl Machine {
    /// Whether an operand is what a place holds.
    fn holds(&self, place: Place, operand: Operand) -> bool {
        match (place, operand) {
            (Place::Register(register), Operand::Value(value)) => {
                let moved = self.moved.get(value as usize).copied().flatten();
                moved.is_some_and(|moved| self.given.of(moved) == Some(register))
                    || self.registers.get(register as usize).copied().flatten() == Some(value)
            }
            (Place::Slot(slot), Operand::Value(value)) => {
                self.slots.get(slot as usize).copied().flatten() == Some(value)
            }
            (Place::Memory(memory), _) if self.gone.contains(&memory) => false,
            (Place::Memory(memory), Operand::Value(value)) => {
                memory.stays() && self.moved[value as usize] == Some(memory)
            }
            (Place::Memory(memory), operand @ Operand::Cell(cell)) => {
                memory == operand && self.intact.get(cell as usize).is_none_or(|intact| *intact)
            }
            (Place::Memory(memory), operand) => memory == operand,
            _ => false,
        }
    }

    /// Writes a register.
    fn write(&mut self, register: Register, value: Virtual) -> Option<()> {
        *self.registers.get_mut(usize::from(register))? = Some(value);
        if let Some(cell) = usize::from(register).checked_sub(self.given.free) {
            self.intact[cell] = false;
        }
        Some(())
    }
}

/// The first mistake of an allocation, if there is one: every operand stands where it is read, and no step reads more than
/// one from memory.
pub fn check(routine: &Routine, given: &Registers, allocation: &Allocation) -> Option<String> {
    let cells = given.cells;
    let mut machine = Machine {
        registers: vec![None; given.free + cells],
        intact: vec![true; cells],
        gone: Vec::new(),
        kept: vec![None; cells],
        given: given.clone(),
        slots: vec![None; allocation.slots as usize],
        moved: vec![None; routine.values as usize],
    };
    let mut next = 0;
    for action in &allocation.actions {
        match *action {
            Action::Spill { register, slot } => {
                let held = machine.registers.get(register as usize).copied().flatten();
                if held.is_none() || machine.slots[slot as usize].is_some() {
                    return Some(format!("step {next}: {action:?} of {held:?}"));
                }
                machine.slots[slot as usize] = held;
            }
            Action::Later { number } => {
                let step = &routine.steps[number];
                let fixed = step.from[0].filter(|from| step.code == Code::Move && from.stays());
                let (Some(value), Some(_), true) = (step.to, fixed, number == next) else {
                    return Some(format!("step {number} cannot wait"));
                };
                machine.moved[value as usize] = fixed;
                next += 1;
            }
            Action::Load { register, from, value } => {
                if !machine.holds(from, Operand::Value(value)) || machine.write(register, value).is_none() {
                    return Some(format!("step {next}: {action:?}"));
                }
            }
            Action::Step { number, to, from } => {
                if number != next {
                    return Some(format!("step {number} where {next} is due"));
                }
                next += 1;
                if let Some(mistake) = step(routine, &mut machine, number, to, from) {
                    return Some(format!("step {number}: {mistake}"));
                }
            }
        }
    }
    for cell in 0..cells {
        let holds = match machine.kept[cell] {
            Some(value) => machine.registers[given.free + cell] == Some(value),
            None => machine.intact[cell],
        };
        if !holds {
            return Some(format!("cell {cell} holds {:?} at the end", machine.registers[given.free + cell]));
        }
    }
    (next != routine.steps.len()).then(|| format!("{next} steps of {}", routine.steps.len()))
}

fn step(
    routine: &Routine,
    machine: &mut Machine,
    number: usize,
    to: Option<Register>,
    from: [Option<Place>; 3],
) -> Option<String> {
    let step = &routine.steps[number];
    for (operand, place) in step.from.iter().zip(&from) {
        match (operand, place) {
            (None, None) => {}
            (Some(operand), Some(place)) if machine.holds(*place, *operand) => {}
            _ => return Some(format!("{operand:?} is not in {place:?}")),
        }
    }
    let in_memory = |place: &&Option<Place>| !matches!(place, None | Some(Place::Register(_)));
    if from.iter().filter(in_memory).count() > 1 {
        return Some("more than one operand in memory".to_owned());
    }
    if step.code.is_fused() {
        let over = to.map(Place::Register);
        if !from.contains(&over) {
            return Some("a fused step gives its value in the register of an operand".to_owned());
        }
    }
    match (step.to, to) {
        (Some(value), Some(register)) => {
            // A cell that is moved to its own register stays where it is.
            if machine.given.is_there(step.code, to, from[0]) {
                machine.registers[register as usize] = Some(value);
            } else if machine.write(register, value).is_none() {
                return Some(format!("there is no register {register} for {value}"));
            }
            if step.code == Code::Move {
                machine.moved[value as usize] = step.from[0];
            }
            None
        }
        (None, None) => {
            if let Code::Lay(window) = step.code {
                let read = routine.windows[window as usize].place_of;
                machine.gone.extend(read.map(|read| Operand::Window(read, 0)));
            }
            if let (Code::Keep(cell), Some(Operand::Value(value)), false) =
                (step.code, step.from[0], machine.intact.is_empty())
            {
                machine.kept[cell as usize] = Some(value);
                machine.write(machine.given.cell(cell), value);
            }
            None
        }
        _ => Some(format!("{:?} goes to {to:?}", step.to)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::allocate::{allocate, registers};
    use super::super::lower::lower;
    use super::super::often;
    use super::super::routine::{Along, Width};
    use super::super::schedule::{Pace, schedule};
    use super::*;
    use crate::dsp::float::Float;
    use crate::ir::{Builder, F, Place as Written, Type};

    /// More values at once than any processor has registers.
    fn crowded(width: Width) -> (Routine, Allocation) {
        let builder = Builder::new(1000);
        fn sum<'b>(values: &[F<'b>], first: F<'b>) -> F<'b> {
            values.iter().fold(first, |sum, value| sum + *value)
        }
        let instance = builder.instance("crowd", 1, Written::default());
        let cells = (0..40).map(|_| builder.claim_cell(instance)).collect::<Vec<_>>();
        let values =
            cells.iter().map(|(cells, at)| builder.real(builder.load(Type::Real, *cells, *at))).collect::<Vec<_>>();
        // The numbers are asked for again when no register is left.
        fn product<'b>(n: usize, one: F<'b>, other: F<'b>) -> F<'b> {
            (one * other) * (0.3 + (n % 3) as f64)
        }
        let pairs = values.iter().rev().zip(&values).enumerate();
        let products = pairs.map(|(n, (one, other))| product(n, *one, *other)).collect::<Vec<_>>();
        let program = builder.finish(&[sum(&values, builder.number(0.0)) + sum(&products, builder.number(1.0))]);
        let routine = often::keep(&lower(&program, width, Along::Instances, false).expect("straight"), &[]);
        let allocation = allocate(&routine, &all(width));
        (routine, allocation)
    }

    fn all(width: Width) -> Registers {
        Registers { free: registers(width), cells: 0, literals: Vec::new() }
    }

    #[test]
    fn an_allocation_that_runs_out_of_registers_is_right_and_every_other_one_is_found_wrong() {
        for width in [Width::Four, Width::Eight] {
            let (routine, allocation) = crowded(width);
            let room = all(width);
            assert_eq!(check(&routine, &room, &allocation), None);
            assert!(allocation.slots > 0, "{width:?} has more registers than values");
            let waits = allocation.actions.iter().filter(|action| matches!(action, Action::Later { .. })).count();
            assert!(waits > 0, "{width:?} has a register for all numbers");
            let mut found = 0;
            for number in 0..allocation.actions.len() {
                let mut wrong = allocation.clone();
                match &mut wrong.actions[number] {
                    Action::Step { from, .. } => {
                        // Another register than the one that holds the operand.
                        let Some(Place::Register(register)) = from.iter_mut().flatten().next() else { continue };
                        *register = (*register + 1) % registers(width) as Register;
                    }
                    Action::Spill { slot, .. } => *slot = (*slot + 1) % allocation.slots,
                    // What is no move of a number gives its value now.
                    Action::Later { number } => *number -= 1,
                    Action::Load { register, .. } => *register = registers(width) as Register - 1,
                }
                assert!(check(&routine, &room, &wrong).is_some(), "{number}: {:?}", wrong.actions[number]);
                found += 1;
            }
            assert!(found > 100);
            let mut short = allocation.clone();
            short.actions.pop();
            assert!(check(&routine, &room, &short).is_some());
        }
    }

    /// Cells that turn about each other, one that is only read, and one that becomes another.
    fn turning(width: Width) -> (Routine, Registers) {
        let builder = Builder::new(1000);
        let instance = builder.instance("turn", 1, Written::default());
        let cells = (0..4).map(|_| builder.claim_cell(instance)).collect::<Vec<_>>();
        let [x, y, z, before] = [0, 1, 2, 3].map(|n: usize| {
            let (memory, at) = cells[n];
            builder.real(builder.load(Type::Real, memory, at))
        });
        let more = x.mul_add(builder.number(0.5), y * z) + before;
        let less = y.mul_add(builder.number(0.5), builder.number(-0.25) * x);
        // What is stored there a second time is what stays.
        builder.store(cells[0].0, cells[0].1, less.id());
        for ((memory, at), value) in cells.iter().zip([more, less]) {
            builder.store(*memory, *at, value.id());
        }
        let (memory, at) = cells[3];
        builder.store(memory, at, x.id());
        let program = builder.finish(&[more - less]);
        let routine = lower(&program, width, Along::Instances, false).expect("straight");
        let literals = often::literals(&routine).into_iter().take(1).collect::<Vec<_>>();
        let routine = schedule(&routine, 6, true, Pace::Early);
        (often::keep(&routine, &literals), Registers { free: 6, cells: 4, literals })
    }

    #[test]
    fn cells_and_literals_that_stay_in_registers_are_there_in_each_frame_or_it_is_found() {
        for width in [Width::Four, Width::Eight] {
            let (routine, given) = turning(width);
            let keeps = routine.steps.iter().filter(|step| step.code == Code::Keep(0)).count();
            assert_eq!(keeps, 1);
            let allocation = allocate(&routine, &given);
            assert_eq!(check(&routine, &given, &allocation), None);
            let of_cell = |register: Register| (given.cell(0)..given.literal(0)).contains(&register);
            let (mut made, mut destroyed) = (0, 0);
            for number in 0..allocation.actions.len() {
                let mut wrong = allocation.clone();
                if let Action::Step { number: step, to: Some(to), .. } = &mut wrong.actions[number] {
                    let moves = routine.steps[*step].code == Code::Move;
                    made += usize::from(of_cell(*to) && !moves);
                    if of_cell(*to) {
                        continue;
                    }
                    // What is only read, and what others keep, must not be written.
                    *to = given.cell(2);
                    assert!(check(&routine, &given, &wrong).is_some(), "{number}: {:?}", wrong.actions[number]);
                    destroyed += 1;
                }
            }
            assert!(made > 0, "what is kept is made where it is kept");
            assert!(destroyed > 2);
            let mut early = allocation.clone();
            let keep = early.actions.iter().position(|action| match action {
                Action::Step { number, .. } => matches!(routine.steps[*number].code, Code::Keep(0)),
                _ => false,
            });
            early.actions.remove(keep.expect("the first cell is kept"));
            assert!(check(&routine, &given, &early).is_some());
        }
    }
}
