//! The instructions of each step of a routine. It chooses no registers.

use std::mem::offset_of;

use iced_x86::{Code as Word, IcedError, Instruction, MemoryOperand, Register as Name};

use super::allocate::{Place, Register};
use super::encode::{Assembler, field};
use super::kernel::Lent;
use super::routine::{Along, Code, Operand, Relation, Width};
use super::words;

impl Assembler<'_> {
    pub(super) fn step(&mut self, code: Code, to: Option<Register>, from: [Option<Place>; 3]) -> Result<(), IcedError> {
        let width = self.routine.width;
        let dest = to.map_or(Name::None, |to| self.name(to));
        if let Some(word) = words::plain(code, width) {
            return match from[1] {
                None => self.last(word, &[dest], from[0], None),
                Some(_) => self.last(word, &[dest, self.register(from[0])], from[1], None),
            };
        }
        if let Some((word, number)) = words::immediate(code, width) {
            return match from[1] {
                None => self.last(word, &[dest], from[0], Some(number)),
                Some(_) => self.last(word, &[dest, self.register(from[0])], from[1], Some(number)),
            };
        }
        match code {
            Code::Move => self.load(dest, from[0].unwrap_or(Place::Slot(0))),
            Code::Fma | Code::Fms => self.fused(code, to, from),
            Code::Compare(relation) => self.compare(dest, from, words::predicate(relation), true),
            Code::IntCompare(relation) if width == Width::Eight => {
                self.compare(dest, from, words::int_predicate(relation), false)
            }
            Code::IntCompare(Relation::Less) => {
                self.last(Word::VEX_Vpcmpgtq_ymm_ymm_ymmm256, &[dest, self.register(from[1])], from[0], None)
            }
            Code::IntCompare(_) => {
                self.last(Word::VEX_Vpcmpeqq_ymm_ymm_ymmm256, &[dest, self.register(from[0])], from[1], None)
            }
            Code::Blend => self.blend(dest, from),
            Code::Fetch => self.fetch(to.unwrap_or(0), from[0]),
            Code::Put => self.scatter(from),
            Code::Keep(cell) => self.keep(cell, from[0]),
            Code::Lay(window) => {
                let memory = self.memory(Place::Memory(Operand::Window(window, 0)));
                let from = self.register(from[0]);
                self.put(&Instruction::with2(words::store(width), memory.unwrap_or(self.stack(0)), from)?)
            }
            Code::Feed(number) => {
                let to = self.seek(number)?;
                let from = self.register(from[0]);
                self.put(&Instruction::with2(words::store_anywhere(width), to, from)?)
            }
            Code::Give(channel) => self.give(channel, from[0]),
            Code::ToInt => self.truncate(dest, from[0]),
            Code::IntDiv | Code::IntRem => self.divide(dest, from, code == Code::IntRem),
            _ => unreachable!("the routine is lowered for this width"),
        }
    }

    fn fused(&mut self, code: Code, to: Option<Register>, from: [Option<Place>; 3]) -> Result<(), IcedError> {
        let over = to.map(Place::Register);
        let dest = to.map_or(Name::None, |to| self.name(to));
        let [x, y, z] = from;
        let in_memory = |place: Option<Place>| !matches!(place, Some(Place::Register(_)));
        // What stays in its register, and what may lie in memory.
        let (form, kept, last) = if x == over && in_memory(y) {
            (132, z, y)
        } else if x == over {
            (213, y, z)
        } else if y == over && in_memory(x) {
            (132, z, x)
        } else if y == over {
            (213, x, z)
        } else if in_memory(x) {
            (231, y, x)
        } else {
            (231, x, y)
        };
        let kept = self.register(kept);
        self.last(words::fused(code, form, self.routine.width), &[dest, kept], last, None)
    }

    fn compare(&mut self, dest: Name, from: [Option<Place>; 3], predicate: u32, real: bool) -> Result<(), IcedError> {
        let x = self.register(from[0]);
        if self.routine.width == Width::Four {
            return self.last(Word::VEX_Vcmppd_ymm_ymm_ymmm256_imm8, &[dest, x], from[1], Some(predicate));
        }
        let word = match real {
            true => Word::EVEX_Vcmppd_kr_k1_zmm_zmmm512b64_imm8_sae,
            false => Word::EVEX_Vpcmpq_kr_k1_zmm_zmmm512b64_imm8,
        };
        self.last(word, &[Name::K1, x], from[1], Some(predicate))?;
        self.put(&Instruction::with2(Word::EVEX_Vpmovm2q_zmm_kr, dest, Name::K1)?)
    }

    fn blend(&mut self, dest: Name, [mask, yes, no]: [Option<Place>; 3]) -> Result<(), IcedError> {
        let (mask, no) = (self.register(mask), self.register(no));
        let yes = yes.unwrap_or(Place::Slot(0));
        if self.routine.width == Width::Four {
            let word = Word::VEX_Vblendvpd_ymm_ymm_ymmm256_ymm;
            let instruction = match self.memory(yes) {
                Some(memory) => Instruction::with4(word, dest, no, memory, mask),
                None => Instruction::with4(word, dest, no, self.register(Some(yes)), mask),
            };
            if let Place::Memory(Operand::Frame) = yes {
                self.read(Name::RAX, field(offset_of!(Lent, clock)))?;
            }
            return self.put(&instruction?);
        }
        self.put(&Instruction::with2(Word::EVEX_Vpmovq2m_kr_zmm, Name::K1, mask)?)?;
        if let Place::Memory(Operand::Frame) = yes {
            self.read(Name::RAX, field(offset_of!(Lent, clock)))?;
        }
        let word = Word::EVEX_Vblendmpd_zmm_k1z_zmm_zmmm512b64;
        let mut instruction = match self.memory(yes) {
            Some(memory) => Instruction::with3(word, dest, no, memory),
            None => Instruction::with3(word, dest, no, self.register(Some(yes))),
        }?;
        instruction.set_op_mask(Name::K1);
        self.put(&instruction)
    }

    /// A sample of each lane. Groups, and the channels of each, come in their order; what is added up comes channel by channel.
    fn give(&mut self, number: u32, from: Option<Place>) -> Result<(), IcedError> {
        let from = self.register(from);
        let channels = self.routine.channels.max(1);
        let (group, channel) = (number / channels, number % channels);
        let base = match (self.routine.along, group, channel) {
            (_, 0, 0) => Name::R8,
            (Along::Time, _, 0) => Name::R8,
            (Along::Instances, _, 0) => {
                self.copy(Name::R11, Name::R8)?;
                for _ in 0..group {
                    self.increase_by(Name::R11, offset_of!(Lent, group_stride))?;
                }
                Name::R11
            }
            (Along::Time, 1.., _) => Name::R11,
            _ => {
                if number == 1 {
                    self.copy(Name::R11, Name::R8)?;
                }
                self.increase_by(Name::R11, offset_of!(Lent, channel_stride))?;
                Name::R11
            }
        };
        let memory = MemoryOperand::with_base(base);
        let mut given = from;
        if self.accumulates {
            given = self.name(self.spare(0));
            let add = words::plain(Code::Add, self.routine.width).unwrap_or(Word::INVALID);
            self.put(&match group {
                0 => Instruction::with3(add, given, from, memory)?,
                // The sum is there still.
                _ => Instruction::with3(add, given, given, from)?,
            })?;
            if group as usize + 1 < self.groups {
                return Ok(());
            }
        }
        self.put(&Instruction::with2(words::store_anywhere(self.routine.width), memory, given)?)
    }
}
