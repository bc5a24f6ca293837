//! Follows an allocation step by step and says where an operand is not where it is read. It repairs nothing.

use super::allocate::{Action, Allocation, Place, Register, SPARE, registers};
use super::routine::{Code, Operand, Routine, Virtual};

/// What stands where.
struct Machine {
    registers: Vec<Option<Virtual>>,
    slots: Vec<Option<Virtual>>,
    /// The operands that values were moved from: reading those is reading the values.
    moved: Vec<Option<Operand>>,
}

impl Machine {
    /// Whether an operand is what a place holds.
    fn holds(&self, place: Place, operand: Operand) -> bool {
        match (place, operand) {
            (Place::Register(register), Operand::Value(value)) => {
                self.registers.get(register as usize).copied().flatten() == Some(value)
            }
            (Place::Slot(slot), Operand::Value(value)) => {
                self.slots.get(slot as usize).copied().flatten() == Some(value)
            }
            (Place::Memory(memory), Operand::Value(value)) => {
                let fixed = matches!(memory, Operand::Literal(_) | Operand::Constant(_));
                fixed && self.moved[value as usize] == Some(memory)
            }
            (Place::Memory(memory), operand) => memory == operand,
            _ => false,
        }
    }
}

/// The first mistake of an allocation, if there is one: every operand stands where it is read, and no step reads more than
/// one from memory.
pub fn check(routine: &Routine, allocation: &Allocation) -> Option<String> {
    let count = registers(routine.width) - SPARE;
    let mut machine = Machine {
        registers: vec![None; count],
        slots: vec![None; allocation.slots as usize],
        moved: vec![None; routine.values as usize],
    };
    let mut next = 0;
    for action in &allocation.actions {
        match *action {
            Action::Spill { register, slot } => {
                let held = machine.registers[register as usize];
                if held.is_none() || machine.slots[slot as usize].is_some() {
                    return Some(format!("step {next}: {action:?} of {held:?}"));
                }
                machine.slots[slot as usize] = held;
            }
            Action::Load { register, from, value } => {
                if !machine.holds(from, Operand::Value(value)) || usize::from(register) >= count {
                    return Some(format!("step {next}: {action:?}"));
                }
                machine.registers[register as usize] = Some(value);
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
    if step.code == Code::Fma {
        let over = to.map(Place::Register);
        if !from.contains(&over) {
            return Some("a fused step gives its value in the register of an operand".to_owned());
        }
    }
    match (step.to, to) {
        (Some(value), Some(register)) => {
            machine.registers[register as usize] = Some(value);
            if step.code == Code::Move {
                machine.moved[value as usize] = step.from[0];
            }
            None
        }
        (None, None) => None,
        _ => Some(format!("{:?} goes to {to:?}", step.to)),
    }
}
