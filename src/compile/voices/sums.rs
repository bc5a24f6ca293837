//! Finds sums of many terms that look alike. It knows nothing of memory.

use crate::ir::{Binary, Block, Op, Program, Type, ValueId};

/// A sum: a base, to which terms are added one after the other.
#[derive(Clone)]
pub struct Sum {
    /// What the first term is added to, if that is a number; without it the first addition adds the first two terms.
    pub base: Option<ValueId>,
    /// What is added, in order.
    pub terms: Vec<ValueId>,
    /// The additions, the last one of which is the sum.
    pub adds: Vec<ValueId>,
}

/// How deep two terms are compared before they are looked at closely.
const DEEP: u32 = 12;

/// The sums of a block that have at least so many terms which look alike.
pub fn sums(program: &Program, block: &Block, fewest: usize) -> Vec<Sum> {
    let uses = uses(program, block);
    let looks = looks(program, block);
    let mut taken = vec![false; program.insts.len()];
    let mut sums = Vec::new();
    for &value in block.body.iter().rev() {
        let Op::Binary(Binary::Add, mut left, right) = program.inst(value).op else { continue };
        if taken[value.index()] {
            continue;
        }
        let like = looks[right.index()];
        let (mut terms, mut adds) = (vec![right], vec![value]);
        let base = loop {
            match program.inst(left).op {
                Op::Binary(Binary::Add, further, term)
                    if uses[left.index()] == 1 && looks[term.index()] == like && !taken[left.index()] =>
                {
                    // The first of all terms may itself be a sum of two.
                    if looks[left.index()] == like {
                        break None;
                    }
                    terms.push(term);
                    adds.push(left);
                    left = further;
                }
                Op::Literal(_) | Op::Constant(_) => break Some(left),
                _ => break None,
            }
        };
        if base.is_none() {
            if looks[left.index()] != like {
                continue;
            }
            terms.push(left);
        }
        if terms.len() < fewest {
            continue;
        }
        adds.iter().for_each(|add| taken[add.index()] = true);
        terms.reverse();
        adds.reverse();
        sums.push(Sum { base, terms, adds });
    }
    sums.reverse();
    sums
}

/// How often each value is used.
fn uses(program: &Program, block: &Block) -> Vec<u32> {
    let mut uses = vec![0; program.insts.len()];
    for &value in &block.body {
        program.inst(value).op.operands().for_each(|operand| uses[operand.index()] += 1);
    }
    let returned = block.end.iter().flat_map(|end| end.operands());
    returned.for_each(|value| uses[value.index()] += 1);
    uses
}

/// A hash of what computes each value, as deep as it is worth while; numbers of the script do not matter.
fn looks(program: &Program, block: &Block) -> Vec<u64> {
    let mut looks = vec![0_u64; program.insts.len()];
    let mut depths = vec![0_u32; program.insts.len()];
    for &value in &block.body {
        let inst = program.inst(value);
        let mut look = match inst.op {
            Op::Literal(bits) => mix(1, bits),
            Op::Constant(_) => 2,
            Op::Unary(op, _) => mix(3, op as u64),
            Op::Binary(op, ..) => mix(4, op as u64),
            Op::Fma(..) => 5,
            Op::Select(..) => 6,
            Op::Load(..) => 7,
            Op::LoadAt(..) => 8,
            Op::Frame => 9,
            _ => 10,
        };
        look = mix(look, inst.ty.map_or(0, |ty: Type| 1 + ty as u64));
        let mut depth = 0;
        for operand in inst.op.operands() {
            depth = depth.max(depths[operand.index()] + 1);
            // Beyond the depth all look alike, so a long chain before a term does not tell it from its neighbour.
            look = mix(look, if depths[operand.index()] < DEEP { looks[operand.index()] } else { 11 });
        }
        (looks[value.index()], depths[value.index()]) = (look, depth.min(DEEP));
    }
    looks
}

/// Two numbers as one (the finaliser of SplitMix64).
fn mix(one: u64, other: u64) -> u64 {
    let mut mixed = one.rotate_left(17) ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
