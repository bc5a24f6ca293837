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
        // Samples of several channels may be given before and after it.
        self.write(self.lane(2, 1), Name::R11)?;
        for lane in 0..self.routine.width.lanes() {
            self.read(Name::RAX, self.lane(0, lane))?;
            self.read(Name::R11, self.lane(1, lane))?;
            self.write(MemoryOperand::with_base(Name::RAX), Name::R11)?;
        }
        self.read(Name::R11, self.lane(2, 1))
    }

    /// Quotients of integers, or remainders, which no vectors have: what is given where all numbers are small, and else one by one.
    pub(super) fn divide(
        &mut self,
        dest: Name,
        [dividend, divisor, small]: [Option<Place>; 3],
        remainder: bool,
    ) -> Result<(), IcedError> {
        self.are_small(self.register(dividend), self.register(divisor))?;
        self.put(&Instruction::with_branch(Word::Je_rel32_64, 0)?)?;
        let all_small = self.at;
        self.stash(0, dividend)?;
        self.stash(1, divisor)?;
        // The processor divides in registers of its own choice; where the next sample goes stands in the other one.
        self.write(self.lane(2, 0), Name::RDX)?;
        self.write(self.lane(2, 1), Name::R11)?;
        for lane in 0..self.routine.width.lanes() {
            self.read(Name::R11, self.lane(1, lane))?;
            self.read(Name::RAX, self.lane(0, lane))?;
            self.quotient(remainder)?;
            self.write(self.lane(0, lane), if remainder { Name::RDX } else { Name::RAX })?;
        }
        self.read(Name::RDX, self.lane(2, 0))?;
        self.read(Name::R11, self.lane(2, 1))?;
        let load = words::load(self.routine.width);
        self.put(&Instruction::with2(load, dest, self.stack(0))?)?;
        self.put(&Instruction::with_branch(Word::Jmp_rel32_64, 0)?)?;
        let divided = self.at;
        self.jumps.push((all_small, self.at));
        self.put(&Instruction::with2(load, dest, self.register(small))?)?;
        self.jumps.push((divided, self.at));
        Ok(())
    }

    /// Says by the zero flag whether all integers of two vectors are below 2⁵¹, and not below its negative.
    fn are_small(&mut self, x: Name, y: Name) -> Result<(), IcedError> {
        let [one, other] = [self.name(self.spare(0)), self.name(self.spare(1))];
        if self.routine.width == Width::Eight {
            for (to, from) in [(one, x), (other, y)] {
                self.put(&Instruction::with2(Word::EVEX_Vpabsq_zmm_k1z_zmmm512b64, to, from)?)?;
            }
            self.put(&Instruction::with3(Word::EVEX_Vporq_zmm_k1z_zmm_zmmm512b64, one, one, other)?)?;
            self.put(&Instruction::with3(Word::EVEX_Vpsrlq_zmm_k1z_zmmm512b64_imm8, one, one, 51)?)?;
            self.put(&Instruction::with3(Word::EVEX_Vptestmq_kr_k1_zmm_zmmm512b64, Name::K1, one, one)?)?;
            return self.put(&Instruction::with2(Word::VEX_Kortestb_kr_kr, Name::K1, Name::K1)?);
        }
        for (to, from) in [(one, x), (other, y)] {
            // The opposite of all bits of what is below zero.
            self.put(&Instruction::with3(Word::VEX_Vpxor_ymm_ymm_ymmm256, to, to, to)?)?;
            self.put(&Instruction::with3(Word::VEX_Vpcmpgtq_ymm_ymm_ymmm256, to, to, from)?)?;
            self.put(&Instruction::with3(Word::VEX_Vpxor_ymm_ymm_ymmm256, to, to, from)?)?;
        }
        self.put(&Instruction::with3(Word::VEX_Vpor_ymm_ymm_ymmm256, one, one, other)?)?;
        self.put(&Instruction::with3(Word::VEX_Vpsrlq_ymm_ymm_imm8, one, one, 51)?)?;
        self.put(&Instruction::with2(Word::VEX_Vptest_ymm_ymmm256, one, one)?)
    }

    /// Divides `rax` by `r11`: the quotient is in `rax` then, or the remainder in `rdx`. A divisor of 0 counts as 1, and so does -1, by
    /// which the dividend becomes its negative first: none of them traps.
    fn quotient(&mut self, remainder: bool) -> Result<(), IcedError> {
        if !remainder {
            // All ones where the divisor is -1: the negative is the opposite of all bits, and one more.
            self.put(&Instruction::with2(Word::Xor_r64_rm64, Name::RDX, Name::RDX)?)?;
            self.put(&Instruction::with2(Word::Cmp_rm64_imm8, Name::R11, -1)?)?;
            self.put(&Instruction::with1(Word::Sete_rm8, Name::DL)?)?;
            self.put(&Instruction::with1(Word::Neg_rm64, Name::RDX)?)?;
            self.put(&Instruction::with2(Word::Xor_r64_rm64, Name::RAX, Name::RDX)?)?;
            self.put(&Instruction::with2(Word::Sub_r64_rm64, Name::RAX, Name::RDX)?)?;
        }
        let above = MemoryOperand::with_base_displ(Name::R11, 1);
        self.put(&Instruction::with2(Word::Lea_r64_m, Name::RDX, above)?)?;
        self.put(&Instruction::with2(Word::Cmp_rm64_imm8, Name::RDX, 1)?)?;
        self.put(&Instruction::with2(Word::Mov_r32_imm32, Name::EDX, 1)?)?;
        self.put(&Instruction::with2(Word::Cmovbe_r64_rm64, Name::R11, Name::RDX)?)?;
        self.put(&Instruction::with(Word::Cqo))?;
        self.put(&Instruction::with1(Word::Idiv_rm64, Name::R11)?)
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
