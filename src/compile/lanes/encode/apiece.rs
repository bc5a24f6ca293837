//! What is not one instruction for all lanes: choosing, giving samples, rings, and what vectors cannot compute. It chooses no registers.

use std::mem::offset_of;

use iced_x86::{Code as Word, IcedError, Instruction, MemoryOperand, Register as Name};

use super::super::allocate::{Place, Register};
use super::super::kernel::Lent;
use super::super::routine::{Code, Operand, Width};
use super::super::words;
use super::{Assembler, field};

impl Assembler<'_> {
    pub(super) fn blend(&mut self, dest: Name, [mask, yes, no]: [Option<Place>; 3]) -> Result<(), IcedError> {
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

    /// A sample of each lane.
    pub(super) fn give(&mut self, channel: u32, from: Option<Place>) -> Result<(), IcedError> {
        let from = self.register(from);
        let base = if channel == 0 {
            Name::R8
        } else {
            // Channels come in their order.
            let before = if channel == 1 { Name::R8 } else { Name::R11 };
            self.copy(Name::R11, before)?;
            self.increase_by(Name::R11, offset_of!(Lent, channel_stride))?;
            Name::R11
        };
        let memory = MemoryOperand::with_base(base);
        let mut given = from;
        if self.accumulates {
            given = self.name(self.spare(0));
            let add = words::plain(Code::Add, self.routine.width).unwrap_or(Word::INVALID);
            self.put(&Instruction::with3(add, given, from, memory)?)?;
        }
        self.put(&Instruction::with2(words::store_anywhere(self.routine.width), memory, given)?)
    }

    // Lane by lane.

    pub(super) fn fetch(&mut self, to: Register, address: Option<Place>) -> Result<(), IcedError> {
        let lanes = self.routine.width.lanes();
        let (address, store) = (self.register(address), words::store(self.routine.width));
        self.put(&Instruction::with2(store, self.stack(0), address)?)?;
        let there = MemoryOperand::with_base(Name::RAX);
        let pairs = [self.low(self.spare(0)), self.low(self.spare(1))];
        // AVX-512 alone can name the registers beyond the sixteenth.
        let (single, pair) = match self.routine.width {
            Width::Four => (Word::VEX_Vmovsd_xmm_m64, Word::VEX_Vmovhpd_xmm_xmm_m64),
            Width::Eight => (Word::EVEX_Vmovsd_xmm_k1z_m64, Word::EVEX_Vmovhpd_xmm_xmm_m64),
        };
        for half in 0..lanes / 4 {
            for (number, name) in pairs.into_iter().enumerate() {
                let lane = half * 4 + number * 2;
                self.read(Name::RAX, self.lane(0, lane))?;
                self.put(&Instruction::with2(single, name, there)?)?;
                self.read(Name::RAX, self.lane(0, lane + 1))?;
                self.put(&Instruction::with3(pair, name, name, there)?)?;
            }
            let whole = self.spare(0) as u32;
            match self.routine.width {
                Width::Four => {
                    let word = Word::VEX_Vinsertf128_ymm_ymm_xmmm128_imm8;
                    let low = Name::YMM0 + whole;
                    self.put(&Instruction::with4(word, self.name(to), low, pairs[1], 1)?)?;
                }
                Width::Eight => {
                    let word = Word::EVEX_Vinsertf64x2_ymm_k1z_ymm_xmmm128_imm8;
                    let low = Name::YMM0 + whole;
                    let dest = Name::YMM0 + if half == 0 { u32::from(to) } else { whole };
                    self.put(&Instruction::with4(word, dest, low, pairs[1], 1)?)?;
                    if half == 1 {
                        let word = Word::EVEX_Vinsertf64x4_zmm_k1z_zmm_ymmm256_imm8;
                        self.put(&Instruction::with4(word, self.name(to), self.name(to), low, 1)?)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn scatter(&mut self, [address, value, _]: [Option<Place>; 3]) -> Result<(), IcedError> {
        let store = words::store(self.routine.width);
        let (address, value) = (self.register(address), self.register(value));
        self.put(&Instruction::with2(store, self.stack(0), address)?)?;
        self.put(&Instruction::with2(store, self.stack(1), value)?)?;
        for lane in 0..self.routine.width.lanes() {
            self.read(Name::RAX, self.lane(0, lane))?;
            self.read(Name::R11, self.lane(1, lane))?;
            self.write(MemoryOperand::with_base(Name::RAX), Name::R11)?;
        }
        Ok(())
    }

    /// What AVX2 has for single numbers only.
    pub(super) fn each(&mut self, code: Code, dest: Name, from: [Option<Place>; 3]) -> Result<(), IcedError> {
        let store = words::store(self.routine.width);
        self.put(&Instruction::with2(store, self.stack(0), self.register(from[0]))?)?;
        if code == Code::IntMul {
            self.put(&Instruction::with2(store, self.stack(1), self.register(from[1]))?)?;
        }
        let spare = self.low(self.spare(0));
        for lane in 0..self.routine.width.lanes() {
            let (here, other) = (self.lane(0, lane), self.lane(1, lane));
            match code {
                Code::IntMul => {
                    self.read(Name::RAX, here)?;
                    self.put(&Instruction::with2(Word::Imul_r64_rm64, Name::RAX, other)?)?;
                    self.write(here, Name::RAX)?;
                }
                Code::ToInt => {
                    self.put(&Instruction::with2(Word::VEX_Vcvttsd2si_r64_xmmm64, Name::RAX, here)?)?;
                    self.write(here, Name::RAX)?;
                }
                _ => {
                    self.put(&Instruction::with3(Word::VEX_Vcvtsi2sd_xmm_xmm_rm64, spare, spare, here)?)?;
                    self.put(&Instruction::with2(Word::VEX_Vmovsd_m64_xmm, here, spare)?)?;
                }
            }
        }
        self.put(&Instruction::with2(words::load(self.routine.width), dest, self.stack(0))?)
    }
}
