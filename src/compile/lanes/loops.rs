//! The loops of vector code: over frames and groups, over groups and frames, or over frames alone. They choose no instructions for steps.

use std::mem::offset_of;
use std::ops::Range;

use iced_x86::{Code as Word, IcedError, Instruction, MemoryOperand, Register as Name};

use super::allocate::Place;
use super::encode::{Assembler, Body, field};
use super::kernel::Lent;
use super::routine::{Along, Code, Growth, Operand, Width};
use super::words;
use crate::ir::Type;

impl<'r> Assembler<'r> {
    /// Over frames, and in each of them over teams and then over the groups that are left.
    pub(super) fn across(&mut self, bodies: &'r [Body]) -> Result<(), IcedError> {
        let windows = !self.routine.windows.is_empty();
        let present = field(offset_of!(Lent, frame));
        if windows {
            self.read(Name::RAX, field(offset_of!(Lent, windows)))?;
            self.write(present, Name::RAX)?;
        }
        self.read(Name::R14, field(offset_of!(Lent, output)))?;
        self.begin()?;
        let frame = self.at;
        self.rewind()?;
        self.copy(Name::R8, Name::R14)?;
        if windows {
            self.read(Name::R15, present)?;
        }
        match bodies {
            [team, alone] => {
                self.groups(team, self.team.groups, offset_of!(Lent, teams), true)?;
                self.groups(alone, 1, offset_of!(Lent, groups), true)?;
            }
            bodies => {
                for body in bodies {
                    self.groups(body, 1, offset_of!(Lent, groups), false)?;
                }
            }
        }
        self.increase(Name::R14, self.routine.width.bytes())?;
        self.next()?;
        if windows {
            self.read(Name::RAX, present)?;
            self.increase(Name::RAX, self.routine.width.bytes())?;
            self.write(present, Name::RAX)?;
        }
        self.again(Name::R10, frame)
    }

    /// One body again and again, so many groups at a time; perhaps not at all.
    fn groups(&mut self, body: &'r Body, each: usize, count: usize, perhaps: bool) -> Result<(), IcedError> {
        self.read(Name::R9, field(count))?;
        if perhaps {
            self.skip(Name::R9)?;
        }
        let first = self.at;
        self.actions(body)?;
        self.advance()?;
        if !body.routine.windows.is_empty() {
            self.increase(Name::R15, body.routine.tables()[3] * size_of::<u64>())?;
        }
        for _ in 0..each {
            self.increase_by(Name::R8, offset_of!(Lent, group_stride))?;
        }
        self.again(Name::R9, first)?;
        if perhaps {
            self.jumps.push((first, self.at));
        }
        Ok(())
    }

    /// Over teams and then over the groups that are left, and over all frames of each.
    pub(super) fn along_time(&mut self, bodies: &'r [Body]) -> Result<(), IcedError> {
        self.rewind()?;
        match bodies {
            [team, alone] => {
                self.blocks(team, self.team.groups, offset_of!(Lent, teams), true)?;
                self.blocks(alone, 1, offset_of!(Lent, chunks), true)
            }
            [first, both, last] => self.relay([first, both, last]),
            bodies => bodies.iter().try_for_each(|body| self.blocks(body, 1, offset_of!(Lent, chunks), false)),
        }
    }

    /// All frames of so many groups at a time, again and again; perhaps not at all.
    fn blocks(&mut self, body: &'r Body, each: usize, count: usize, perhaps: bool) -> Result<(), IcedError> {
        (self.routine, self.given, self.groups) = (&body.routine, &body.given, each);
        if perhaps {
            self.read(Name::RAX, field(count))?;
            self.skip(Name::RAX)?;
        }
        let first = self.at;
        self.read(Name::R8, field(offset_of!(Lent, output)))?;
        let along = self.routine.along;
        match along {
            Along::Time => self.climb()?,
            Along::Instances => self.take_in()?,
        }
        self.frames(body)?;
        let stride = match along {
            Along::Time => {
                self.settle()?;
                offset_of!(Lent, chunk_stride)
            }
            Along::Instances => {
                self.put_back()?;
                offset_of!(Lent, group_stride)
            }
        };
        self.advance()?;
        self.read(Name::RAX, field(offset_of!(Lent, output)))?;
        for _ in 0..each {
            self.increase_by(Name::RAX, stride)?;
        }
        self.write(field(offset_of!(Lent, output)), Name::RAX)?;
        self.read(Name::RAX, field(count))?;
        self.put(&Instruction::with1(Word::Dec_rm64, Name::RAX)?)?;
        self.write(field(count), Name::RAX)?;
        self.put(&Instruction::with_branch(Word::Jne_rel32_64, first)?)?;
        if perhaps {
            self.jumps.push((first, self.at));
        }
        Ok(())
    }

    /// What comes first of the first frames, then what is left of them beside what comes first of the next ones, and so on.
    fn relay(&mut self, bodies: [&'r Body; 3]) -> Result<(), IcedError> {
        let [first, both, last] = bodies;
        self.read(Name::R8, field(offset_of!(Lent, output)))?;
        (self.routine, self.given, self.groups) = (&first.routine, &first.given, 1);
        self.climb()?;
        self.begin()?;
        self.actions(first)?;
        if self.routine.counts {
            self.clock(1)?;
        }
        self.put(&Instruction::with1(Word::Dec_rm64, Name::R10)?)?;
        self.put(&Instruction::with_branch(Word::Je_rel32_64, 0)?)?;
        let again = self.at;
        self.actions(both)?;
        self.increase(Name::R8, self.routine.width.bytes())?;
        self.next()?;
        self.again(Name::R10, again)?;
        self.jumps.push((again, self.at));
        self.actions(last)?;
        self.settle()
    }

    /// The steps of a body, which is the present one from then on.
    fn actions(&mut self, body: &'r Body) -> Result<(), IcedError> {
        (self.routine, self.given) = (&body.routine, &body.given);
        body.allocation.actions.iter().try_for_each(|action| self.action(action))
    }

    /// Over teams and then over the groups that are left, and over all frames of each. Cells are read before the first frame and
    /// written after the last.
    pub(super) fn resident(&mut self, bodies: &'r [Body]) -> Result<(), IcedError> {
        self.rewind()?;
        let team = self.team.groups;
        match bodies {
            [all, alone] => {
                self.blocks(all, team, offset_of!(Lent, teams), true)?;
                self.blocks(alone, 1, offset_of!(Lent, groups), true)
            }
            bodies => {
                let count = if team == 1 { offset_of!(Lent, groups) } else { offset_of!(Lent, teams) };
                bodies.iter().try_for_each(|body| self.blocks(body, team, count, false))
            }
        }
    }

    /// One body in each frame.
    fn frames(&mut self, body: &'r Body) -> Result<(), IcedError> {
        self.begin()?;
        let frame = self.at;
        self.actions(body)?;
        self.increase(Name::R8, self.routine.width.bytes())?;
        if !self.routine.windows.is_empty() {
            self.increase(Name::R15, self.routine.width.bytes())?;
        }
        self.next()?;
        self.again(Name::R10, frame)
    }

    /// Fills the registers of cells, and finds the windows of the present group.
    fn take_in(&mut self) -> Result<(), IcedError> {
        if !self.routine.windows.is_empty() {
            self.read(Name::R15, field(offset_of!(Lent, windows)))?;
        }
        for number in 0..self.routine.cells.len() as u32 {
            let (load, to, from) = (words::load(self.routine.width), self.cell(number), self.slot(number, 0));
            self.put(&Instruction::with2(load, to, from)?)?;
        }
        Ok(())
    }

    /// Empties the registers of cells that are stored, and goes on to the windows of the next group.
    fn put_back(&mut self) -> Result<(), IcedError> {
        let stored = (0..).zip(&self.routine.cells).filter(|(_, cell)| cell.stored);
        for number in stored.map(|(number, _)| number).collect::<Vec<_>>() {
            let (store, from, to) = (words::store(self.routine.width), self.cell(number), self.slot(number, 0));
            self.put(&Instruction::with2(store, to, from)?)?;
        }
        let windows = self.routine.tables()[3] * size_of::<u64>();
        if windows == 0 {
            return Ok(());
        }
        self.read(Name::RAX, field(offset_of!(Lent, windows)))?;
        self.increase(Name::RAX, windows)?;
        self.write(field(offset_of!(Lent, windows)), Name::RAX)
    }

    /// Makes the cells of the first frames, in registers or where they lie.
    fn climb(&mut self) -> Result<(), IcedError> {
        let (width, routine) = (self.routine.width, self.routine);
        let [add, times] = [Code::IntAdd, Code::IntMul].map(|code| words::plain(code, width).unwrap_or(Word::INVALID));
        let each = routine.cells.len() / self.groups;
        for (number, (cell, growth)) in (0..).zip(routine.cells.iter().zip(&routine.growth)) {
            // Before the frames no value lives.
            let (to, apart) = (if self.team.resident { self.cell(number) } else { self.name(0) }, self.name(1));
            self.read(Name::RAX, self.slot(number, 0))?;
            self.put(&Instruction::with2(words::repeat(width), to, MemoryOperand::with_base(Name::RAX))?)?;
            if cell.ty == Type::Bool {
                self.stand(to, apart)?;
            }
            match width {
                _ if *growth == Growth::None => {}
                Width::Eight => {
                    self.put(&Instruction::with2(words::repeat(width), apart, self.slot(number, 1))?)?;
                    self.put(&Instruction::with3(times, apart, apart, self.lanes())?)?;
                    self.put(&Instruction::with3(add, to, to, apart)?)?;
                }
                _ => self.put(&Instruction::with3(add, to, to, self.slot(number, each * width.lanes()))?)?,
            }
            if let (false, Some(place)) = (self.team.resident, self.memory(Place::Memory(Operand::Cell(number)))) {
                self.put(&Instruction::with2(words::store(width), place, to)?)?;
            }
        }
        for number in self.turned() {
            let (to, from) = (self.cell(number), self.slot(number, 0));
            self.put(&Instruction::with2(words::load(width), to, from)?)?;
        }
        Ok(())
    }

    /// A slot of small state that is true or false becomes all bits.
    fn stand(&mut self, to: Name, spare: Name) -> Result<(), IcedError> {
        if self.routine.width == Width::Eight {
            self.put(&Instruction::with3(Word::EVEX_Vptestmq_kr_k1_zmm_zmmm512b64, Name::K1, to, to)?)?;
            return self.put(&Instruction::with2(Word::EVEX_Vpmovm2q_zmm_kr, to, Name::K1)?);
        }
        let equal = Word::VEX_Vpcmpeqq_ymm_ymm_ymmm256;
        let differs = words::plain(Code::Xor, Width::Four).unwrap_or(Word::INVALID);
        self.put(&Instruction::with3(differs, spare, spare, spare)?)?;
        self.put(&Instruction::with3(equal, to, to, spare)?)?;
        self.put(&Instruction::with3(equal, spare, spare, spare)?)?;
        self.put(&Instruction::with3(differs, to, to, spare)?)
    }

    /// Counts go on by all frames, and what is turned is brought back.
    fn settle(&mut self) -> Result<(), IcedError> {
        let stored = (0..).zip(&self.routine.cells).filter(|(_, cell)| cell.stored);
        for number in stored.map(|(number, _)| number).collect::<Vec<_>>() {
            self.read(Name::RAX, self.slot(number, 1))?;
            self.put(&Instruction::with2(Word::Imul_r64_rm64, Name::RAX, field(offset_of!(Lent, steps)))?)?;
            self.read(Name::R11, self.slot(number, 0))?;
            self.put(&Instruction::with2(Word::Add_rm64_r64, MemoryOperand::with_base(Name::R11), Name::RAX)?)?;
        }
        for number in self.turned() {
            let (store, from, to) = (words::store(self.routine.width), self.cell(number), self.slot(number, 0));
            self.put(&Instruction::with2(store, to, from)?)?;
        }
        Ok(())
    }

    /// What is turned and stays in registers.
    fn turned(&self) -> Range<u32> {
        let all = self.routine.cells.len() as u32..self.routine.held() as u32;
        if self.team.resident { all } else { 0..0 }
    }

    /// Where a cell of the present group lies, or so many slots behind it.
    fn slot(&self, cell: u32, behind: usize) -> MemoryOperand {
        MemoryOperand::with_base_displ(Name::RSI, self.row(cell) * self.vector() + (behind * size_of::<u64>()) as i64)
    }

    /// The present group becomes the first one.
    fn rewind(&mut self) -> Result<(), IcedError> {
        self.copy(Name::RSI, Name::RBX)?;
        self.copy(Name::RDX, Name::R12)?;
        self.copy(Name::RCX, Name::R13)
    }

    /// The present group becomes the next one.
    fn advance(&mut self) -> Result<(), IcedError> {
        let tables = self.routine.tables().map(|slots| slots * size_of::<u64>());
        for (register, bytes) in [Name::RSI, Name::RDX, Name::RCX].into_iter().zip(tables) {
            self.increase(register, bytes)?;
        }
        Ok(())
    }

    /// Jumps forward where nothing is left, to the end that is noted later for the place behind the jump.
    fn skip(&mut self, left: Name) -> Result<(), IcedError> {
        self.put(&Instruction::with2(Word::Test_rm64_r64, left, left)?)?;
        self.put(&Instruction::with_branch(Word::Je_rel32_64, 0)?)
    }

    /// Bytes of a vector.
    fn vector(&self) -> i64 {
        self.routine.width.bytes() as i64
    }

    /// What is the same for all groups becomes that of the first frame.
    fn begin(&mut self) -> Result<(), IcedError> {
        self.read(Name::R10, field(offset_of!(Lent, frames)))?;
        if self.routine.counts {
            self.clock(0)?;
        }
        let (first, feed) = (field(offset_of!(Lent, feed_first)), field(offset_of!(Lent, feed)));
        match self.routine.along {
            _ if self.routine.feeds.is_empty() => Ok(()),
            Along::Time => {
                self.read(Name::R15, field(offset_of!(Lent, feeds)))?;
                self.read(Name::R9, first)
            }
            Along::Instances => {
                self.read(Name::RAX, first)?;
                self.write(feed, Name::RAX)
            }
        }
    }

    /// It becomes that of the next frame.
    fn next(&mut self) -> Result<(), IcedError> {
        if self.routine.counts {
            self.clock(1)?;
        }
        let feed = field(offset_of!(Lent, feed));
        match self.routine.along {
            _ if self.routine.feeds.is_empty() => Ok(()),
            Along::Time => self.increase(Name::R9, self.fed()),
            Along::Instances => {
                self.read(Name::RAX, feed)?;
                self.increase(Name::RAX, self.fed())?;
                self.write(feed, Name::RAX)
            }
        }
    }

    /// The number of the frame becomes the first one (0), or the next one (1).
    fn clock(&mut self, step: i64) -> Result<(), IcedError> {
        let bytes = self.vector();
        // Between frames no value lives.
        let spare = 0;
        let at = |vector: i64| MemoryOperand::with_base_displ(Name::RAX, vector * bytes);
        self.read(Name::RAX, field(offset_of!(Lent, clock)))?;
        self.put(&Instruction::with2(words::load(self.routine.width), self.name(spare), at(step))?)?;
        if step > 0 {
            let add = words::plain(Code::IntAdd, self.routine.width).unwrap_or(Word::INVALID);
            self.put(&Instruction::with3(add, self.name(spare), self.name(spare), at(2))?)?;
        }
        self.put(&Instruction::with2(words::store(self.routine.width), at(1), self.name(spare))?)
    }

    /// Writes a cell.
    pub(super) fn keep(&mut self, cell: u32, from: Option<Place>) -> Result<(), IcedError> {
        let from = self.register(from);
        if self.team.resident {
            let cell = self.cell(cell);
            return self.put(&Instruction::with2(words::load(self.routine.width), cell, from)?);
        }
        let memory = self.memory(Place::Memory(Operand::Cell(cell)));
        self.put(&Instruction::with2(words::store(self.routine.width), memory.unwrap_or(self.stack(0)), from)?)
    }
}
