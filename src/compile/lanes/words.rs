//! Which instructions of AVX2 and of AVX-512 do what a step says. It chooses no registers.

use iced_x86::Code as Word;

use super::routine::{Code, Relation, Width};

/// The instruction of a step with a destination and one or two sources, of which the last can lie in memory.
pub fn plain(code: Code, width: Width) -> Option<Word> {
    let [four, eight] = match code {
        Code::Add => [Word::VEX_Vaddpd_ymm_ymm_ymmm256, Word::EVEX_Vaddpd_zmm_k1z_zmm_zmmm512b64_er],
        Code::Sub => [Word::VEX_Vsubpd_ymm_ymm_ymmm256, Word::EVEX_Vsubpd_zmm_k1z_zmm_zmmm512b64_er],
        Code::Mul => [Word::VEX_Vmulpd_ymm_ymm_ymmm256, Word::EVEX_Vmulpd_zmm_k1z_zmm_zmmm512b64_er],
        Code::Div => [Word::VEX_Vdivpd_ymm_ymm_ymmm256, Word::EVEX_Vdivpd_zmm_k1z_zmm_zmmm512b64_er],
        Code::Min => [Word::VEX_Vminpd_ymm_ymm_ymmm256, Word::EVEX_Vminpd_zmm_k1z_zmm_zmmm512b64_sae],
        Code::Max => [Word::VEX_Vmaxpd_ymm_ymm_ymmm256, Word::EVEX_Vmaxpd_zmm_k1z_zmm_zmmm512b64_sae],
        Code::And => [Word::VEX_Vandpd_ymm_ymm_ymmm256, Word::EVEX_Vandpd_zmm_k1z_zmm_zmmm512b64],
        Code::Or => [Word::VEX_Vorpd_ymm_ymm_ymmm256, Word::EVEX_Vorpd_zmm_k1z_zmm_zmmm512b64],
        Code::Xor => [Word::VEX_Vxorpd_ymm_ymm_ymmm256, Word::EVEX_Vxorpd_zmm_k1z_zmm_zmmm512b64],
        Code::IntAdd => [Word::VEX_Vpaddq_ymm_ymm_ymmm256, Word::EVEX_Vpaddq_zmm_k1z_zmm_zmmm512b64],
        Code::IntSub => [Word::VEX_Vpsubq_ymm_ymm_ymmm256, Word::EVEX_Vpsubq_zmm_k1z_zmm_zmmm512b64],
        Code::HalfMul => [Word::VEX_Vpmuludq_ymm_ymm_ymmm256, Word::INVALID],
        Code::IntMul => [Word::INVALID, Word::EVEX_Vpmullq_zmm_k1z_zmm_zmmm512b64],
        Code::Shl => [Word::VEX_Vpsllvq_ymm_ymm_ymmm256, Word::EVEX_Vpsllvq_zmm_k1z_zmm_zmmm512b64],
        Code::Shr => [Word::VEX_Vpsrlvq_ymm_ymm_ymmm256, Word::EVEX_Vpsrlvq_zmm_k1z_zmm_zmmm512b64],
        Code::Sar => [Word::INVALID, Word::EVEX_Vpsravq_zmm_k1z_zmm_zmmm512b64],
        Code::Even => [Word::VEX_Vunpcklpd_ymm_ymm_ymmm256, Word::EVEX_Vunpcklpd_zmm_k1z_zmm_zmmm512b64],
        Code::Odd => [Word::VEX_Vunpckhpd_ymm_ymm_ymmm256, Word::EVEX_Vunpckhpd_zmm_k1z_zmm_zmmm512b64],
        Code::Sqrt => [Word::VEX_Vsqrtpd_ymm_ymmm256, Word::EVEX_Vsqrtpd_zmm_k1z_zmmm512b64_er],
        Code::ToInt => [Word::INVALID, Word::EVEX_Vcvttpd2qq_zmm_k1z_zmmm512b64_sae],
        Code::ToReal => [Word::INVALID, Word::EVEX_Vcvtqq2pd_zmm_k1z_zmmm512b64_er],
        _ => return None,
    };
    let word = if width == Width::Four { four } else { eight };
    (word != Word::INVALID).then_some(word)
}

/// The instruction of a step that has a number in its code, and that number.
pub fn immediate(code: Code, width: Width) -> Option<(Word, u32)> {
    let ([four, eight], number) = match code {
        Code::ShlBy(by) => ([Word::VEX_Vpsllq_ymm_ymm_imm8, Word::EVEX_Vpsllq_zmm_k1z_zmmm512b64_imm8], u32::from(by)),
        Code::ShrBy(by) => ([Word::VEX_Vpsrlq_ymm_ymm_imm8, Word::EVEX_Vpsrlq_zmm_k1z_zmmm512b64_imm8], u32::from(by)),
        Code::SarBy(by) => ([Word::INVALID, Word::EVEX_Vpsraq_zmm_k1z_zmmm512b64_imm8], u32::from(by)),
        Code::Pairs(choice) => (
            [Word::VEX_Vperm2f128_ymm_ymm_ymmm256_imm8, Word::EVEX_Vshuff64x2_zmm_k1z_zmm_zmmm512b64_imm8],
            u32::from(choice),
        ),
        Code::Pick(lane) => {
            ([Word::VEX_Vpermpd_ymm_ymmm256_imm8, Word::EVEX_Valignq_zmm_k1z_zmm_zmmm512b64_imm8], u32::from(lane))
        }
        Code::Round(to) => (
            [Word::VEX_Vroundpd_ymm_ymmm256_imm8, Word::EVEX_Vrndscalepd_zmm_k1z_zmmm512b64_imm8_sae],
            // No exception for what is not exact.
            u32::from(to) | 8,
        ),
        _ => return None,
    };
    Some((if width == Width::Four { four } else { eight }, number))
}

/// The predicate of a comparison of reals: false where one is no number, and quiet.
pub fn predicate(relation: Relation) -> u32 {
    match relation {
        Relation::Equal => 0x00,
        Relation::Less => 0x11,
        Relation::AtMost => 0x12,
    }
}

/// The predicate of a comparison of integers, of AVX-512.
pub fn int_predicate(relation: Relation) -> u32 {
    match relation {
        Relation::Equal => 0,
        Relation::Less => 1,
        Relation::AtMost => 2,
    }
}

/// First times second plus or minus third, in the register of the first (132: times third plus second; 213: times second plus third)
/// or of the third (231).
pub fn fused(code: Code, form: u32, width: Width) -> Word {
    let [four, eight] = match (code, form) {
        (Code::Fms, 132) => [Word::VEX_Vfmsub132pd_ymm_ymm_ymmm256, Word::EVEX_Vfmsub132pd_zmm_k1z_zmm_zmmm512b64_er],
        (Code::Fms, 213) => [Word::VEX_Vfmsub213pd_ymm_ymm_ymmm256, Word::EVEX_Vfmsub213pd_zmm_k1z_zmm_zmmm512b64_er],
        (Code::Fms, _) => [Word::VEX_Vfmsub231pd_ymm_ymm_ymmm256, Word::EVEX_Vfmsub231pd_zmm_k1z_zmm_zmmm512b64_er],
        (_, 132) => [Word::VEX_Vfmadd132pd_ymm_ymm_ymmm256, Word::EVEX_Vfmadd132pd_zmm_k1z_zmm_zmmm512b64_er],
        (_, 213) => [Word::VEX_Vfmadd213pd_ymm_ymm_ymmm256, Word::EVEX_Vfmadd213pd_zmm_k1z_zmm_zmmm512b64_er],
        _ => [Word::VEX_Vfmadd231pd_ymm_ymm_ymmm256, Word::EVEX_Vfmadd231pd_zmm_k1z_zmm_zmmm512b64_er],
    };
    if width == Width::Four { four } else { eight }
}

/// A register filled from another one or from aligned memory.
pub fn load(width: Width) -> Word {
    if width == Width::Four { Word::VEX_Vmovapd_ymm_ymmm256 } else { Word::EVEX_Vmovapd_zmm_k1z_zmmm512 }
}

/// A register written to aligned memory.
pub fn store(width: Width) -> Word {
    if width == Width::Four { Word::VEX_Vmovapd_ymmm256_ymm } else { Word::EVEX_Vmovapd_zmmm512_k1z_zmm }
}

/// A register written to memory that need not be aligned.
pub fn store_anywhere(width: Width) -> Word {
    if width == Width::Four { Word::VEX_Vmovupd_ymmm256_ymm } else { Word::EVEX_Vmovupd_zmmm512_k1z_zmm }
}

/// Reads a vector that lies anywhere.
pub fn load_anywhere(width: Width) -> Word {
    if width == Width::Four { Word::VEX_Vmovupd_ymm_ymmm256 } else { Word::EVEX_Vmovupd_zmm_k1z_zmmm512 }
}

/// Fills a register with one number that lies anywhere.
pub fn repeat(width: Width) -> Word {
    if width == Width::Four { Word::VEX_Vbroadcastsd_ymm_m64 } else { Word::EVEX_Vbroadcastsd_zmm_k1z_xmmm64 }
}
