//! Which register or place on the stack holds each value of a routine: when registers run out, what is used last gives way (Belady 1966). It makes no code.

use super::routine::{Code, Operand, Routine, Step, Virtual, Width};

/// A vector register.
pub type Register = u8;

/// How many vector registers a processor has; of the narrowest vectors somebody else takes care.
pub fn registers(width: Width) -> usize {
    match width {
        Width::Two => 0,
        Width::Four => 16,
        Width::Eight => 32,
    }
}

/// Which registers are for what: those of values come first, then those of cells, then those of literals, and the last ones nobody has.
#[derive(Clone, Debug)]
pub struct Registers {
    /// How many any value can have.
    pub free: usize,
    /// How many hold cells from the first frame to the last: one for each, or none.
    pub cells: usize,
    /// Literals that are in registers from the first frame to the last.
    pub literals: Vec<u32>,
}

impl Registers {
    /// That of a cell.
    pub fn cell(&self, number: u32) -> Register {
        (self.free + number as usize) as Register
    }

    /// Whether what a step gives is there already: a cell that is moved to its own register, or kept where it was made.
    pub fn is_there(&self, code: Code, to: Option<Register>, from: Option<Place>) -> bool {
        match (code, from) {
            _ if self.cells == 0 => false,
            (Code::Move, Some(Place::Memory(Operand::Cell(cell)))) => to == Some(self.cell(cell)),
            (Code::Keep(cell), from) => from == Some(Place::Register(self.cell(cell))),
            _ => false,
        }
    }

    /// That of the literal with this place in the list.
    pub fn literal(&self, place: usize) -> Register {
        (self.free + self.cells + place) as Register
    }

    /// One that no value lives in.
    pub fn spare(&self, number: usize) -> Register {
        self.literal(self.literals.len() + number)
    }

    /// That of an operand which is a literal that has one.
    pub fn of(&self, operand: Operand) -> Option<Register> {
        let Operand::Literal(number) = operand else { return None };
        self.literals.iter().position(|literal| *literal == number).map(|place| self.literal(place))
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

/// Gives each value of a routine a place wherever it is needed; so many registers are free for that. The next ones are those of cells,
/// if these are `resident`: what was in a cell is read there until the cell is kept, and what is kept is made there where that is free.
pub fn allocate(routine: &Routine, registers: &Registers) -> Allocation {
    let mut allocator = Allocator::new(routine, registers);
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
    registers: &'r Registers,
    /// What each register held last.
    last: Vec<Option<Virtual>>,
    /// Of each value the cell that it was moved from and can be read in, where cells have registers.
    stays: Vec<Option<u32>>,
    /// Of each value the cell in which it is kept.
    kept: Vec<Option<u32>>,
    /// The step that moves from each cell last.
    moved: Vec<Option<usize>>,
}

impl<'r> Allocator<'r> {
    fn new(routine: &'r Routine, registers: &'r Registers) -> Allocator<'r> {
        let count = routine.values as usize;
        let mut uses = vec![Vec::new(); count];
        for (number, step) in routine.steps.iter().enumerate().rev() {
            step.values().for_each(|value| uses[value as usize].push(number));
        }
        let (cells, resident) = (registers.cells, registers.cells > 0);
        let all = registers.free + cells + registers.literals.len();
        let (mut stays, mut kept, mut moved) = (vec![None; count], vec![None; count], vec![None; cells]);
        let mut keeps = vec![usize::MAX; cells];
        for (number, step) in routine.steps.iter().enumerate().filter(|_| resident) {
            match (step.code, step.from[0]) {
                (Code::Keep(cell), Some(Operand::Value(value))) => {
                    kept[value as usize] = Some(cell);
                    keeps[cell as usize] = number;
                }
                (Code::Move, Some(Operand::Cell(cell))) => moved[cell as usize] = Some(number),
                _ => {}
            }
        }
        for step in routine.steps.iter().filter(|_| resident) {
            if let (Code::Move, Some(Operand::Cell(cell)), Some(to)) = (step.code, step.from[0], step.to)
                && uses[to as usize].first().is_none_or(|last| *last <= keeps[cell as usize])
            {
                stays[to as usize] = Some(cell);
            }
        }
        Allocator {
            routine,
            registers,
            last: vec![None; all],
            stays,
            kept,
            moved,
            done: Allocation { actions: Vec::with_capacity(routine.steps.len()), slots: 0 },
            uses,
            held: vec![None; all],
            register: vec![None; count],
            home: vec![None; count],
        }
    }

    fn step(&mut self, number: usize) {
        let step = self.routine.steps[number];
        let fixed = step.from[0].filter(|from| step.code == Code::Move && from.stays());
        if let (Some(value), Some(from)) = (step.to, fixed) {
            if let Some(register) = self.registers.of(from) {
                self.occupy(register, value);
                self.done.actions.push(Action::Later { number });
                return;
            }
            self.home[value as usize] = Some(Place::Memory(from));
            if self.can_wait(value) {
                self.done.actions.push(Action::Later { number });
                return;
            }
        }
        let mut pinned = Vec::with_capacity(4);
        pinned.extend(step.values().filter_map(|value| self.register[value as usize]));
        let mut from = [None; 3];
        let mut memory = step.operands().any(|operand| !matches!(operand, Operand::Value(_)));
        for (place, operand) in step.operands().enumerate() {
            from[place] = Some(self.operand(&step, place, operand, &mut memory, &mut pinned));
        }
        for value in step.values() {
            self.use_up(value, number);
        }
        let to = step.to.map(|_| self.result(number, &step, &mut from, &pinned));
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
        let can = step.code.is_fused() || step.code.memory_operand(self.routine.width) == Some(place);
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
    fn result(&mut self, number: usize, step: &Step, from: &mut [Option<Place>; 3], pinned: &[Register]) -> Register {
        let value = step.to.map_or(0, |value| value as usize);
        let own = |cell: u32| self.registers.cell(cell);
        if let Some(cell) = self.stays[value] {
            return own(cell);
        }
        // Where it is kept, if that is free already.
        let kept = self.kept[value].filter(|cell| {
            self.held[usize::from(own(*cell))].is_none()
                && self.moved[*cell as usize].is_none_or(|moved| moved < number)
        });
        let kept = kept.map(own);
        if !step.code.is_fused() {
            return kept.unwrap_or_else(|| self.free(&[]));
        }
        let operands = from.iter().flatten().filter_map(|place| match place {
            Place::Register(register) => Some(*register),
            _ => None,
        });
        let operands = operands.collect::<Vec<_>>();
        if let Some(kept) = kept.filter(|kept| operands.contains(kept)) {
            return kept;
        }
        let ends = |register: &&Register| {
            usize::from(**register) < self.registers.free && self.held[**register as usize].is_none()
        };
        if let Some(over) = operands.iter().find(ends) {
            return *over;
        }
        // What can be read elsewhere is not copied: whoever needs it again reads it there.
        let elsewhere = |register: &Register| {
            let held = self.held[usize::from(*register)].filter(|_| usize::from(*register) < self.registers.free)?;
            self.home[held as usize].map(|_| (self.uses[held as usize].last(), *register, held))
        };
        if let (None, Some((_, over, held))) = (kept, operands.iter().filter_map(elsewhere).max()) {
            self.vacate(held);
            return over;
        }
        // All go on: one is copied, and the copy is used in its place.
        let copied = operands[0];
        let value = self.last[copied as usize].expect("an operand is held");
        let register = kept.unwrap_or_else(|| self.free(pinned));
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
        self.last[register as usize] = Some(value);
        self.register[value as usize] = Some(register);
    }

    fn vacate(&mut self, value: Virtual) {
        if let Some(register) = self.register[value as usize].take() {
            self.held[register as usize] = None;
        }
    }

    /// Whether a register for a value that can be read elsewhere would be taken from what is needed sooner, or must be written first.
    fn can_wait(&self, value: Virtual) -> bool {
        let held = self.held[..self.registers.free]
            .iter()
            .map(|held| held.map(|held| held as usize))
            .collect::<Option<Vec<_>>>();
        let Some(held) = held else { return false };
        let elsewhere = held.into_iter().filter(|held| self.home[*held].is_some());
        let last = elsewhere.filter_map(|held| self.uses[held].last().copied()).max();
        let second = self.uses[value as usize].iter().rev().nth(1).copied();
        last.is_none_or(|last| second.is_none_or(|second| last < second))
    }

    /// A register that holds nothing.
    fn free(&mut self, pinned: &[Register]) -> Register {
        if let Some(free) =
            (0..self.registers.free).find(|&one| self.held[one].is_none() && !pinned.contains(&(one as Register)))
        {
            return free as Register;
        }
        let candidates = (0..self.registers.free).filter(|&one| !pinned.contains(&(one as Register)));
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
