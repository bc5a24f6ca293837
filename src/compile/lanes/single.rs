//! What vectors cannot do at once: memory at an address of each lane, and what AVX2 has for single numbers only. It chooses no registers.

use iced_x86::{Code as Word, IcedError, Instruction, MemoryOperand, Register as Name};

use super::allocate::{Place, Register};
use super::encode::Assembler;
use super::routine::Width;
use super::words;

impl Assembler<'_> {
    /// A vector on the stack, so that its lanes can be read one by one. Of 512 bits each half is stored by itself.
    fn stash(&mut self, vector: u32, from: Option<Place>) -> Result<(), IcedError> {
        let from = self.register(from);
        if self.routine.width == Width::Four {
            let store = words::store(Width::Four);
            return self.put(&Instruction::with2(store, self.stack(vector), from)?);
        }
        let low = Name::YMM0 + (from as u32 - Name::ZMM0 as u32);
        self.put(&Instruction::with2(Word::EVEX_Vmovapd_ymmm256_k1z_ymm, self.lane(vector, 0), low)?)?;
        let high = Word::EVEX_Vextractf64x4_ymmm256_k1z_zmm_imm8;
        self.put(&Instruction::with3(high, self.lane(vector, 4), from, 1)?)
    }

    pub(super) fn fetch(&mut self, to: Register, address: Option<Place>) -> Result<(), IcedError> {
        let lanes = self.routine.width.lanes();
        self.stash(0, address)?;
        let there = MemoryOperand::with_base(Name::RAX);
        let pairs = [self.low(self.spare(0)), self.low(self.spare(1))];
        // AVX-512 alone can name the registers beyond the sixteenth.
        let (single, pair) = match self.routine.width {
            Width::Two | Width::Four => (Word::VEX_Vmovsd_xmm_m64, Word::VEX_Vmovhpd_xmm_xmm_m64),
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
                Width::Two | Width::Four => {
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
        self.stash(0, address)?;
        self.stash(1, value)?;
        for lane in 0..self.routine.width.lanes() {
            self.read(Name::RAX, self.lane(0, lane))?;
            self.read(Name::R11, self.lane(1, lane))?;
            self.write(MemoryOperand::with_base(Name::RAX), Name::R11)?;
        }
        Ok(())
    }

    /// To integers toward zero, which AVX2 has for single numbers only.
    pub(super) fn truncate(&mut self, dest: Name, from: Option<Place>) -> Result<(), IcedError> {
        self.stash(0, from)?;
        for lane in 0..self.routine.width.lanes() {
            let here = self.lane(0, lane);
            self.put(&Instruction::with2(Word::VEX_Vcvttsd2si_r64_xmmm64, Name::RAX, here)?)?;
            self.write(here, Name::RAX)?;
        }
        self.put(&Instruction::with2(words::load(self.routine.width), dest, self.stack(0))?)
    }
}
