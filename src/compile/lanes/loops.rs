//! The loops of vector code: over chunks, frames and groups, or over frames alone where state stays in registers. They choose no instructions for steps.

use std::mem::offset_of;

use iced_x86::{Code as Word, IcedError, Instruction, MemoryOperand, Register as Name};

use super::allocate::Place;
use super::encode::{Assembler, Body, field};
use super::kernel::Lent;
use super::routine::{Along, Code, Operand};
use super::words;

impl<'r> Assembler<'r> {
    /// Over chunks, the frames of each, and in each frame over teams and then over the groups that are left.
    pub(super) fn loops(&mut self, bodies: &'r [Body]) -> Result<(), IcedError> {
        let windows = !self.routine.windows.is_empty();
        let (here, present) = (offset_of!(Lent, windows), offset_of!(Lent, frame));
        let chunk = self.at;
        if windows {
            self.read(Name::RAX, field(here))?;
            self.write(field(present), Name::RAX)?;
        }
        self.read(Name::R14, field(offset_of!(Lent, output)))?;
        self.begin()?;
        let frame = self.at;
        self.copy(Name::RSI, Name::RBX)?;
        self.copy(Name::RDX, Name::R12)?;
        self.copy(Name::RCX, Name::R13)?;
        self.copy(Name::R8, Name::R14)?;
        if windows {
            self.read(Name::R15, field(present))?;
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
            self.read(Name::RAX, field(present))?;
            self.increase(Name::RAX, self.routine.width.bytes())?;
            self.write(field(present), Name::RAX)?;
        }
        self.again(Name::R10, frame)?;
        // The next chunk begins where the groups of this one end.
        self.copy(Name::RBX, Name::RSI)?;
        self.copy(Name::R12, Name::RDX)?;
        self.copy(Name::R13, Name::RCX)?;
        if windows {
            // As far as the groups went in the last frame.
            self.copy(Name::RAX, Name::R15)?;
            self.put(&Instruction::with2(Word::Sub_r64_rm64, Name::RAX, field(present))?)?;
            self.increase(Name::RAX, self.routine.width.bytes())?;
            self.increase_by(Name::RAX, here)?;
            self.write(field(here), Name::RAX)?;
        }
        self.read(Name::RAX, field(offset_of!(Lent, output)))?;
        self.increase_by(Name::RAX, offset_of!(Lent, chunk_stride))?;
        self.write(field(offset_of!(Lent, output)), Name::RAX)?;
        self.read(Name::RAX, field(offset_of!(Lent, chunks)))?;
        self.put(&Instruction::with1(Word::Dec_rm64, Name::RAX)?)?;
        self.write(field(offset_of!(Lent, chunks)), Name::RAX)?;
        self.put(&Instruction::with_branch(Word::Jne_rel32_64, chunk)?)?;
        self.close()
    }

    /// One body again and again, so many groups at a time; perhaps not at all.
    fn groups(&mut self, body: &'r Body, each: usize, count: usize, perhaps: bool) -> Result<(), IcedError> {
        self.routine = &body.routine;
        // Along time there is just one.
        let counted = self.routine.along == Along::Instances;
        if counted {
            self.read(Name::R9, field(count))?;
        }
        if perhaps {
            self.put(&Instruction::with2(Word::Test_rm64_r64, Name::R9, Name::R9)?)?;
            // Where it leads is not known yet.
            self.put(&Instruction::with_branch(Word::Je_rel32_64, 0)?)?;
        }
        let first = self.at;
        for action in &body.allocation.actions {
            self.action(action)?;
        }
        let tables = body.routine.tables().map(|slots| slots * size_of::<u64>());
        for (register, bytes) in [Name::RSI, Name::RDX, Name::RCX, Name::R15].into_iter().zip(tables) {
            self.increase(register, bytes)?;
        }
        for _ in 0..each {
            self.increase_by(Name::R8, offset_of!(Lent, group_stride))?;
        }
        if counted {
            self.again(Name::R9, first)?;
        }
        if perhaps {
            self.jumps.push((first, self.at));
        }
        Ok(())
    }

    /// Over the frames of a team that has no other beside it. Its cells are read before the first and written after the last.
    pub(super) fn resident(&mut self, body: &'r Body) -> Result<(), IcedError> {
        self.copy(Name::RSI, Name::RBX)?;
        self.copy(Name::RDX, Name::R12)?;
        self.copy(Name::RCX, Name::R13)?;
        self.read(Name::R8, field(offset_of!(Lent, output)))?;
        self.read(Name::R15, field(offset_of!(Lent, windows)))?;
        let memory = |cell: u32| MemoryOperand::with_base_displ(Name::RSI, i64::from(cell) * self.vector());
        let cells = (0..).zip(&body.routine.cells).map(|(number, cell)| (number, memory(number), cell.stored));
        let cells = cells.collect::<Vec<_>>();
        for (number, memory, _) in &cells {
            let (load, cell) = (words::load(self.routine.width), self.cell(*number));
            self.put(&Instruction::with2(load, cell, *memory)?)?;
        }
        self.begin()?;
        let frame = self.at;
        for action in &body.allocation.actions {
            self.action(action)?;
        }
        self.increase(Name::R8, self.routine.width.bytes())?;
        if !body.routine.windows.is_empty() {
            self.increase(Name::R15, self.routine.width.bytes())?;
        }
        self.next()?;
        self.again(Name::R10, frame)?;
        for (number, memory, stored) in cells {
            if stored {
                let (store, cell) = (words::store(self.routine.width), self.cell(number));
                self.put(&Instruction::with2(store, memory, cell)?)?;
            }
        }
        self.close()
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
        let spare = self.spare(0);
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
