//! A routine with its allocation as x86-64 machine code that can lie anywhere: each instruction, and what stands before and behind the loops. It chooses nothing, and knows no vectors of two.
//!
//! Registers: `rdi` what is lent, `rsi` state, `rdx` constants, `rcx` rings, `r8` output, each of the present group; `rbx`, `r12`,
//! `r13`, `r14` the same of the first group; `r15` windows; `r9` groups (or teams) and `r10` frames that are left; `r11` and `rax` for the moment.
//! Along time there are no windows: `r15` is the list of feeds, and `r9` how far from their beginning the present frame is.

use std::mem::offset_of;

use iced_x86::{Code as Word, Encoder, IcedError, Instruction, MemoryOperand, Register as Name};

use super::allocate::{Action, Allocation, Place, Register, Registers};
use super::kernel::Lent;
use super::routine::{Along, Field, Operand, Routine, Width};
use super::team::Team;
use super::words;
use crate::ir::call::Span;

/// A run of steps for a number of groups.
pub struct Body {
    /// Of all its groups.
    pub routine: Routine,
    /// What their registers are for.
    pub given: Registers,
    /// Where their values are.
    pub allocation: Allocation,
}

/// Machine code of a team, and of one group alone if there can be others; all share their literals.
///
/// # Errors
/// An instruction that cannot be encoded: a mistake here.
pub fn encode(bodies: &[Body], team: Team, accumulates: bool) -> Result<Vec<u8>, IcedError> {
    let Some(first) = bodies.first() else { return Ok(Vec::new()) };
    let mut assembler = Assembler::new(first, team, accumulates);
    // Vectors for what is done lane by lane, places of values, and cells that have no registers.
    assembler.cells = OWN + bodies.iter().map(|body| body.allocation.slots).max().unwrap_or_default();
    let some = bodies.iter().filter(|body| body.routine.climbs() && !team.resident);
    let cells = some.map(|body| body.routine.cells.len()).max().unwrap_or_default();
    let stack = (i64::from(assembler.cells) + cells as i64) * first.routine.width.bytes() as i64;
    assembler.pool()?;
    assembler.open(stack)?;
    assembler.fill()?;
    match first.routine.along {
        Along::Time => assembler.along_time(bodies)?,
        Along::Instances if team.resident => assembler.resident(bodies)?,
        Along::Instances => assembler.across(bodies)?,
    }
    assembler.close()?;
    let mut code = assembler.encoder.take_buffer();
    for (at, to) in assembler.jumps {
        // A jump ends with how far it is from its own end.
        let distance = (to as i64 - at as i64) as i32;
        code[at as usize - size_of::<i32>()..at as usize].copy_from_slice(&distance.to_le_bytes());
    }
    Ok(code)
}

/// Vectors on the stack that are for what is done lane by lane.
const OWN: u32 = 3;

/// Bytes of a line of the cache, to which tables are aligned.
const LINE: i64 = 64;

pub(super) struct Assembler<'r> {
    pub(super) routine: &'r Routine,
    encoder: Encoder,
    /// Bytes so far.
    pub(super) at: u64,
    /// Where the literals lie.
    literals: u64,
    /// Where the numbers of lanes lie.
    lanes: u64,
    /// Vectors on the stack before those of cells.
    cells: u32,
    /// Where jumps forward end, and where they lead.
    pub(super) jumps: Vec<(u64, u64)>,
    pub(super) team: Team,
    /// Groups in the present body.
    pub(super) groups: usize,
    pub(super) accumulates: bool,
    /// Of the present body.
    pub(super) given: &'r Registers,
}

pub(super) fn field(offset: usize) -> MemoryOperand {
    MemoryOperand::with_base_displ(Name::RDI, offset as i64)
}

impl<'r> Assembler<'r> {
    fn new(Body { routine, given, .. }: &'r Body, team: Team, accumulates: bool) -> Assembler<'r> {
        Assembler {
            routine,
            encoder: Encoder::new(64),
            at: 0,
            literals: 0,
            lanes: 0,
            cells: 0,
            jumps: Vec::new(),
            team,
            groups: 1,
            accumulates,
            given,
        }
    }

    pub(super) fn put(&mut self, instruction: &Instruction) -> Result<(), IcedError> {
        self.at += self.encoder.encode(instruction, self.at)? as u64;
        Ok(())
    }

    fn byte(&mut self, byte: u8) {
        self.encoder.write_u8(byte);
        self.at += 1;
    }

    /// The literals, in front of the code, which begins with a jump over them.
    fn pool(&mut self) -> Result<(), IcedError> {
        let each = match self.routine.width {
            Width::Two | Width::Four => Width::Four.lanes(),
            // The instruction repeats it.
            Width::Eight => 1,
        };
        self.literals = LINE as u64;
        let end = self.literals + (self.routine.literals.len() * each * 8) as u64;
        self.lanes = end.next_multiple_of(LINE as u64);
        let lanes = if self.routine.climbs() && self.routine.width == Width::Eight { 0..8 } else { 0..0_u64 };
        let code = self.lanes + lanes.end * 8;
        self.put(&Instruction::with_branch(Word::Jmp_rel32_64, code)?)?;
        while self.at < self.literals {
            self.byte(0xcc);
        }
        for bits in self.routine.literals.iter().flat_map(|bits| std::iter::repeat_n(bits, each)) {
            bits.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
        }
        while self.at < self.lanes {
            self.byte(0xcc);
        }
        lanes.flat_map(u64::to_le_bytes).for_each(|byte| self.byte(byte));
        Ok(())
    }

    // General registers.

    pub(super) fn copy(&mut self, to: Name, from: Name) -> Result<(), IcedError> {
        self.put(&Instruction::with2(Word::Mov_r64_rm64, to, from)?)
    }

    pub(super) fn read(&mut self, to: Name, from: MemoryOperand) -> Result<(), IcedError> {
        self.put(&Instruction::with2(Word::Mov_r64_rm64, to, from)?)
    }

    pub(super) fn write(&mut self, to: MemoryOperand, from: Name) -> Result<(), IcedError> {
        self.put(&Instruction::with2(Word::Mov_rm64_r64, to, from)?)
    }

    pub(super) fn increase(&mut self, register: Name, by: usize) -> Result<(), IcedError> {
        if by == 0 {
            return Ok(());
        }
        self.put(&Instruction::with2(Word::Add_rm64_imm32, register, by as i32)?)
    }

    pub(super) fn increase_by(&mut self, register: Name, offset: usize) -> Result<(), IcedError> {
        self.put(&Instruction::with2(Word::Add_r64_rm64, register, field(offset))?)
    }

    /// Counts down and goes back while there is something left.
    pub(super) fn again(&mut self, counter: Name, to: u64) -> Result<(), IcedError> {
        self.put(&Instruction::with1(Word::Dec_rm64, counter)?)?;
        self.put(&Instruction::with_branch(Word::Jne_rel32_64, to)?)
    }

    /// What the code needs before the first chunk.
    fn open(&mut self, stack: i64) -> Result<(), IcedError> {
        for register in [Name::RBP, Name::RBX, Name::R12, Name::R13, Name::R14, Name::R15] {
            self.put(&Instruction::with1(Word::Push_r64, register)?)?;
        }
        self.copy(Name::RBP, Name::RSP)?;
        self.put(&Instruction::with2(Word::Sub_rm64_imm32, Name::RSP, stack as i32)?)?;
        self.put(&Instruction::with2(Word::And_rm64_imm8, Name::RSP, -LINE as i32)?)?;
        self.read(Name::RBX, field(offset_of!(Lent, state)))?;
        self.read(Name::R12, field(offset_of!(Lent, constants)))?;
        self.read(Name::R13, field(offset_of!(Lent, rings)))
    }

    fn close(&mut self) -> Result<(), IcedError> {
        self.put(&Instruction::with(Word::VEX_Vzeroupper))?;
        self.copy(Name::RSP, Name::RBP)?;
        for register in [Name::R15, Name::R14, Name::R13, Name::R12, Name::RBX, Name::RBP] {
            self.put(&Instruction::with1(Word::Pop_r64, register)?)?;
        }
        self.put(&Instruction::with(Word::Retnq))
    }

    // Vectors.

    /// Fills the registers of literals.
    fn fill(&mut self) -> Result<(), IcedError> {
        for (place, number) in self.given.literals.iter().enumerate() {
            let to = self.name(self.given.literal(place));
            self.load(to, Place::Memory(Operand::Literal(*number)))?;
        }
        Ok(())
    }

    pub(super) fn name(&self, register: Register) -> Name {
        match self.routine.width {
            Width::Two | Width::Four => Name::YMM0 + u32::from(register),
            Width::Eight => Name::ZMM0 + u32::from(register),
        }
    }

    pub(super) fn low(&self, register: Register) -> Name {
        Name::XMM0 + u32::from(register)
    }

    /// A register that no value lives in.
    pub(super) fn spare(&self, number: usize) -> Register {
        self.given.spare(number)
    }

    /// The register in which a cell of a team stays that is alone.
    pub(super) fn cell(&self, number: u32) -> Name {
        self.name(self.given.cell(number))
    }

    /// A vector on the stack; the first ones are for what is done lane by lane.
    pub(super) fn stack(&self, vector: u32) -> MemoryOperand {
        MemoryOperand::with_base_displ(Name::RSP, i64::from(vector) * self.routine.width.bytes() as i64)
    }

    /// A lane of a vector on the stack.
    pub(super) fn lane(&self, vector: u32, lane: usize) -> MemoryOperand {
        MemoryOperand::with_base_displ(
            Name::RSP,
            i64::from(vector) * self.routine.width.bytes() as i64 + lane as i64 * 8,
        )
    }

    /// Which vector of the state a cell has, or what is turned: see [`Routine::cell_rows`].
    pub(super) fn row(&self, cell: u32) -> i64 {
        let (cell, cells, rows) = (cell as usize, self.routine.cells.len(), self.routine.cell_rows());
        let each = (cells / self.groups).max(1);
        (match cell.checked_sub(cells) {
            Some(turned) => rows + turned,
            None => cell / each * (rows / self.groups) + cell % each,
        }) as i64
    }

    /// The numbers of lanes, one after the other.
    pub(super) fn lanes(&self) -> MemoryOperand {
        MemoryOperand::with_base_displ(Name::RIP, self.lanes as i64)
    }

    pub(super) fn memory(&self, place: Place) -> Option<MemoryOperand> {
        let bytes = self.routine.width.bytes() as i64;
        let table = |base: Name, vector: i64| MemoryOperand::with_base_displ(base, vector * bytes);
        Some(match place {
            // What is fed is fetched by instructions of its own.
            Place::Register(_) | Place::Memory(Operand::Value(_) | Operand::Feed(_)) => return None,
            Place::Slot(slot) => self.stack(slot + OWN),
            Place::Memory(Operand::Literal(number)) => {
                let each = if self.routine.width == Width::Four { bytes } else { 8 };
                let address = self.literals as i64 + i64::from(number) * each;
                let repeated = self.is_repeated(place);
                MemoryOperand::new(Name::RIP, Name::None, 1, address, 8, repeated, Name::None)
            }
            Place::Memory(Operand::Constant(number)) => {
                let offset = self.routine.constant_at(number as usize) * size_of::<u64>();
                let repeated = self.is_repeated(place);
                MemoryOperand::new(Name::RDX, Name::None, 1, offset as i64, 8, repeated, Name::None)
            }
            Place::Memory(Operand::Cell(number))
                if self.routine.climbs() && number < self.routine.cells.len() as u32 =>
            {
                self.stack(self.cells + number)
            }
            Place::Memory(Operand::Cell(number)) => table(Name::RSI, self.row(number)),
            Place::Memory(Operand::Ring(ring, field)) => {
                table(Name::RCX, i64::from(ring) * Field::COUNT as i64 + field as i64)
            }
            Place::Memory(Operand::Window(window, ahead)) => {
                table(Name::R15, self.routine.window_at(window as usize) as i64 + i64::from(ahead))
            }
            // The clock is not of the group: it is fetched by its own instruction.
            Place::Memory(Operand::Frame) => MemoryOperand::with_base_displ(Name::RAX, bytes),
        })
    }

    /// Whether a place holds one number that the instruction repeats.
    fn is_repeated(&self, place: Place) -> bool {
        match place {
            Place::Memory(Operand::Literal(_)) => self.routine.width == Width::Eight,
            Place::Memory(Operand::Constant(number)) => {
                self.routine.repeats() && (number as usize) < self.routine.constants.len()
            }
            _ => false,
        }
    }

    /// An operand that must be in a register.
    pub(super) fn register(&self, place: Option<Place>) -> Name {
        match place {
            Some(Place::Register(register)) => self.name(register),
            _ => unreachable!("the allocation was checked"),
        }
    }

    /// An instruction whose last operand may lie in memory.
    pub(super) fn last(
        &mut self,
        word: Word,
        to: &[Name],
        place: Option<Place>,
        number: Option<u32>,
    ) -> Result<(), IcedError> {
        let place = place.unwrap_or(Place::Slot(0));
        if let Place::Memory(Operand::Frame) = place {
            self.read(Name::RAX, field(offset_of!(Lent, clock)))?;
        }
        let instruction = match (self.memory(place), to, number) {
            (None, [to], None) => Instruction::with2(word, *to, self.register(Some(place))),
            (None, [to, x], None) => Instruction::with3(word, *to, *x, self.register(Some(place))),
            (None, [to], Some(number)) => Instruction::with3(word, *to, self.register(Some(place)), number),
            (None, [to, x, ..], Some(number)) => Instruction::with4(word, *to, *x, self.register(Some(place)), number),
            (Some(memory), [to], None) => Instruction::with2(word, *to, memory),
            (Some(memory), [to, x], None) => Instruction::with3(word, *to, *x, memory),
            (Some(memory), [to], Some(number)) => Instruction::with3(word, *to, memory, number),
            (Some(memory), [to, x, ..], Some(number)) => Instruction::with4(word, *to, *x, memory, number),
            _ => unreachable!("an instruction has a destination"),
        }?;
        self.put(&instruction)
    }

    pub(super) fn action(&mut self, action: &Action) -> Result<(), IcedError> {
        match *action {
            Action::Later { .. } => Ok(()),
            Action::Spill { register, slot } => {
                let (to, from) = (self.stack(slot + OWN), self.name(register));
                self.put(&Instruction::with2(words::store(self.routine.width), to, from)?)
            }
            Action::Load { register, from, .. } => self.load(self.name(register), from),
            Action::Step { number, to, from } => {
                let code = self.routine.steps[number].code;
                if self.given.is_there(code, to, from[0]) { Ok(()) } else { self.step(code, to, from) }
            }
        }
    }

    /// Bytes of a feed that a frame of the code's loop takes.
    pub(super) fn fed(&self) -> usize {
        match self.routine.along {
            Along::Instances => size_of::<u64>(),
            Along::Time => self.routine.width.bytes(),
        }
    }

    /// Where the present frame of a feed lies. It changes `rax`.
    pub(super) fn seek(&mut self, number: u32) -> Result<MemoryOperand, IcedError> {
        let bytes = match self.routine.feeds_are_spans(self.accumulates) {
            true => self.routine.feeds[number as usize].index() * size_of::<Span>() + offset_of!(Span, base),
            false => number as usize * size_of::<*const u64>(),
        };
        let start = |list: Name| MemoryOperand::with_base_displ(list, bytes as i64);
        if self.routine.along == Along::Time {
            self.read(Name::RAX, start(Name::R15))?;
            return Ok(MemoryOperand::with_base_index(Name::RAX, Name::R9));
        }
        self.read(Name::RAX, field(offset_of!(Lent, feeds)))?;
        self.read(Name::RAX, start(Name::RAX))?;
        self.increase_by(Name::RAX, offset_of!(Lent, feed))?;
        Ok(MemoryOperand::with_base(Name::RAX))
    }

    /// Fills a register with what all lanes are fed, or each of its own frame.
    fn feed(&mut self, to: Name, number: u32) -> Result<(), IcedError> {
        let from = self.seek(number)?;
        let word = match self.routine.along {
            Along::Time => words::load_anywhere(self.routine.width),
            Along::Instances => words::repeat(self.routine.width),
        };
        self.put(&Instruction::with2(word, to, from)?)
    }

    /// Fills a register.
    pub(super) fn load(&mut self, to: Name, from: Place) -> Result<(), IcedError> {
        if let Place::Memory(Operand::Feed(number)) = from {
            return self.feed(to, number);
        }
        if let (Place::Memory(Operand::Cell(cell)), true) = (from, self.team.resident) {
            let from = self.cell(cell);
            return self.put(&Instruction::with2(words::load(self.routine.width), to, from)?);
        }
        if let (Some(memory), true) = (self.memory(from), self.is_repeated(from)) {
            let single = MemoryOperand { is_broadcast: false, ..memory };
            return self.put(&Instruction::with2(words::repeat(self.routine.width), to, single)?);
        }
        self.last(words::load(self.routine.width), &[to], Some(from), None)
    }
}
