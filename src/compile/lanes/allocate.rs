//! Which register or place on the stack holds each value of a routine: when registers run out, what is used last gives way (Belady 1966). It makes no code.

use super::routine::{Code, Operand, Routine, Step, Virtual, Width};

/// A vector register.
pub type Register = u8;

/// Registers that no value lives in: instructions that take several need them.
pub const SPARE: usize = 2;

/// How many vector registers a processor has; of the narrowest vectors somebody else takes care.
pub fn registers(width: Width) -> usize {
    match width {
        Width::Two => SPARE,
        Width::Four => 16,
        Width::Eight => 32,
    }
}

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a register.
    Register(Register),
    /// On the stack, by number.
    Slot(u32),
    /// In memory that the routine only reads.
    Memory(Operand),
}

/// What is done, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A step of the routine.
    Step {
        /// Its number.
        number: usize,
        /// Where its value goes.
        to: Option<Register>,
        /// Where its operands are.
        from: [Option<Place>; 3],
    },
    /// Nothing: what a move gives is read where it was moved from.
    Later {
        /// The number of the step.
        number: usize,
    },
    /// A register is written to the stack.
    Spill {
        /// From here.
        register: Register,
        /// To there.
        slot: u32,
    },
    /// A register is filled.
    Load {
        /// This one.
        register: Register,
        /// From here.
        from: Place,
        /// With this value.
        value: Virtual,
    },
}

/// A routine with places for its values.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// In order.
    pub actions: Vec<Action>,
    /// How many places on the stack there are.
    pub slots: u32,
}

/// Gives each value of a routine a place wherever it is needed; so many registers are free for that.
pub fn allocate(routine: &Routine, room: usize) -> Allocation {
    let mut allocator = Allocator::new(routine, room);
    for number in 0..routine.steps.len() {
        allocator.step(number);
    }
    allocator.done
}

struct Allocator<'r> {
    routine: &'r Routine,
    done: Allocation,
    /// The steps that use each value, the last one first.
    uses: Vec<Vec<usize>>,
    /// What each register holds.
    held: Vec<Option<Virtual>>,
    /// The register of each value, while it has one.
    register: Vec<Option<Register>>,
    /// Where each value can be read besides.
    home: Vec<Option<Place>>,
}

impl<'r> Allocator<'r> {
    fn new(routine: &'r Routine, room: usize) -> Allocator<'r> {
        let count = routine.values as usize;
        let mut uses = vec![Vec::new(); count];
        for (number, step) in routine.steps.iter().enumerate().rev() {
            for operand in step.operands() {
                if let Operand::Value(value) = operand {
                    uses[value as usize].push(number);
                }
            }
        }
        Allocator {
            routine,
            done: Allocation { actions: Vec::with_capacity(routine.steps.len()), slots: 0 },
            uses,
            held: vec![None; room],
            register: vec![None; count],
            home: vec![None; count],
        }
    }

    fn step(&mut self, number: usize) {
        let step = self.routine.steps[number];
        let fixed = step.from[0].filter(|from| step.code == Code::Move && from.stays());
        if let (Some(value), Some(from)) = (step.to, fixed) {
            self.home[value as usize] = Some(Place::Memory(from));
            if self.can_wait(value) {
                self.done.actions.push(Action::Later { number });
                return;
            }
        }
        let mut pinned = Vec::with_capacity(4);
        let resident = step.operands().filter_map(|operand| match operand {
            Operand::Value(value) => self.register[value as usize],
            _ => None,
        });
        pinned.extend(resident);
        let mut from = [None; 3];
        let mut memory = step.operands().any(|operand| !matches!(operand, Operand::Value(_)));
        for (place, operand) in step.operands().enumerate() {
            from[place] = Some(self.operand(&step, place, operand, &mut memory, &mut pinned));
        }
        for operand in step.operands() {
            if let Operand::Value(value) = operand {
                self.use_up(value, number);
            }
        }
        let to = step.to.map(|_| self.result(&step, &mut from, &pinned));
        self.done.actions.push(Action::Step { number, to, from });
        if let (Some(value), Some(register)) = (step.to, to) {
            self.occupy(register, value);
            if self.uses[value as usize].is_empty() {
                self.vacate(value);
            }
        }
    }

    /// Where an operand is read; `memory` says whether one is read from memory already.
    fn operand(
        &mut self,
        step: &Step,
        place: usize,
        operand: Operand,
        memory: &mut bool,
        pinned: &mut Vec<Register>,
    ) -> Place {
        let Operand::Value(value) = operand else { return Place::Memory(operand) };
        if let Some(register) = self.register[value as usize] {
            return Place::Register(register);
        }
        let home = self.home[value as usize].expect("a value is in a register or has a home");
        let can = step.code == Code::Fma || step.code.memory_operand(self.routine.width) == Some(place);
        if can && !*memory {
            *memory = true;
            return home;
        }
        let register = self.free(pinned);
        self.done.actions.push(Action::Load { register, from: home, value });
        self.occupy(register, value);
        pinned.push(register);
        Place::Register(register)
    }

    /// The register of a step's value. Of a fused step it is that of an operand.
    fn result(&mut self, step: &Step, from: &mut [Option<Place>; 3], pinned: &[Register]) -> Register {
        if step.code != Code::Fma {
            return self.free(&[]);
        }
        let operands = from.iter().flatten().filter_map(|place| match place {
            Place::Register(register) => Some(*register),
            _ => None,
        });
        let operands = operands.collect::<Vec<_>>();
        if let Some(over) = operands.iter().find(|register| self.held[**register as usize].is_none()) {
            return *over;
        }
        // All go on: one is copied, and the copy is used in its place.
        let copied = operands[0];
        let value = self.held[copied as usize].expect("an operand that goes on is held");
        let register = self.free(pinned);
        self.done.actions.push(Action::Load { register, from: Place::Register(copied), value });
        let place = from.iter_mut().flatten().find(|place| **place == Place::Register(copied));
        if let Some(place) = place {
            *place = Place::Register(register);
        }
        register
    }

    fn use_up(&mut self, value: Virtual, number: usize) {
        let uses = &mut self.uses[value as usize];
        while uses.last() == Some(&number) {
            uses.pop();
        }
        if uses.is_empty() {
            self.vacate(value);
        }
    }

    fn occupy(&mut self, register: Register, value: Virtual) {
        self.held[register as usize] = Some(value);
        self.register[value as usize] = Some(register);
    }

    fn vacate(&mut self, value: Virtual) {
        if let Some(register) = self.register[value as usize].take() {
            self.held[register as usize] = None;
        }
    }

    /// Whether a register for a value that can be read elsewhere would be taken from what is needed sooner, or must be written first.
    fn can_wait(&self, value: Virtual) -> bool {
        let held = self.held.iter().map(|held| held.map(|held| held as usize)).collect::<Option<Vec<_>>>();
        let Some(held) = held else { return false };
        let elsewhere = held.into_iter().filter(|held| self.home[*held].is_some());
        let last = elsewhere.filter_map(|held| self.uses[held].last().copied()).max();
        let second = self.uses[value as usize].iter().rev().nth(1).copied();
        last.is_none_or(|last| second.is_none_or(|second| last < second))
    }

    /// A register that holds nothing.
    fn free(&mut self, pinned: &[Register]) -> Register {
        if let Some(free) =
            (0..self.held.len()).find(|&one| self.held[one].is_none() && !pinned.contains(&(one as Register)))
        {
            return free as Register;
        }
        let candidates = (0..self.held.len()).filter(|&one| !pinned.contains(&(one as Register)));
        // What can be read elsewhere goes first: it need not be written.
        let next = |one: &usize| {
            let held = self.held[*one].map(|value| value as usize);
            (held.is_some_and(|value| self.home[value].is_some()), held.and_then(|value| self.uses[value].last()))
        };
        let register = candidates.max_by_key(next).expect("there are more registers than operands") as Register;
        if let Some(value) = self.held[register as usize] {
            if self.home[value as usize].is_none() {
                let slot = self.done.slots;
                self.done.slots += 1;
                self.home[value as usize] = Some(Place::Slot(slot));
                self.done.actions.push(Action::Spill { register, slot });
            }
            self.vacate(value);
        }
        register
    }
}
