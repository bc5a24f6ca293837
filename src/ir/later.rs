//! A program as it is from some frame on, where what it asks of the number of the frame has one answer. It changes no bit of those frames.

use std::collections::HashMap;

use super::straighten::rename;
use super::{Binary, BlockId, End, Op, Program, Source, Unary, ValueId, prune};

/// Frames beyond which nobody waits for a beginning to be over: a week.
const LONGEST: u64 = 1 << 35;

/// A program that gives what another one gives from a frame on.
pub struct Later {
    /// The first such frame.
    pub from: u64,
    /// The program. Constants, memories, instances and faults have their rows.
    pub program: Program,
}

/// The program from where its beginning is over, if it asks for one, as `s.frame == 0` does.
pub fn later(program: &Program) -> Option<Later> {
    let asks = |value: &ValueId| Some((*value, answer(program, program.inst(*value).op)?));
    let body = program.blocks.iter().flat_map(|block| &block.body);
    let answers = body.filter_map(asks).collect::<Vec<_>>();
    let from = answers.iter().map(|(_, (from, _))| *from).max()?;
    let mut program = program.clone();
    for (value, (_, truth)) in answers {
        program.insts[value.index()].op = Op::Literal(u64::from(truth));
    }
    settle(&mut program);
    prune(&mut program);
    Some(Later { from, program })
}

/// From which frame on a comparison with the number of the frame has which answer.
fn answer(program: &Program, op: Op) -> Option<(u64, bool)> {
    let Op::Binary(compare, x, y) = op else { return None };
    let is_frame = |value: ValueId| program.inst(value).op == Op::Frame;
    let (number, turned) = match (is_frame(x), is_frame(y)) {
        (true, false) => (y, false),
        (false, true) => (x, true),
        _ => return None,
    };
    let bits = match program.inst(number).op {
        Op::Literal(bits) => bits,
        Op::Constant(constant) => match program.constants[constant.index()].source {
            Source::Bits(bits) => bits,
            Source::Seed(..) => return None,
        },
        _ => return None,
    };
    let found = match (compare, turned) {
        (Binary::IntEq, _) | (Binary::IntLe, false) => (bits + 1, false),
        (Binary::IntLt, false) => (bits, false),
        (Binary::IntLt, true) => (bits + 1, true),
        (Binary::IntLe, true) => (bits, true),
        _ => return None,
    };
    (bits < LONGEST).then_some(found)
}

/// Takes choices and ways that are decided.
fn settle(program: &mut Program) {
    let mut given = HashMap::new();
    loop {
        let known = |program: &Program, value: ValueId| match program.inst(value).op {
            Op::Literal(bits) => Some(bits != 0),
            _ => None,
        };
        let mut any = false;
        for value in program.blocks.iter().flat_map(|block| block.body.clone()).collect::<Vec<_>>() {
            let settled = match program.inst(value).op {
                Op::Select(condition, yes, no) => {
                    known(program, condition).map(|truth| if truth { Ok(yes) } else { Ok(no) })
                }
                Op::Unary(Unary::Not, x) => known(program, x).map(|truth| Err(!truth)),
                Op::Binary(op @ (Binary::And | Binary::Or), x, y) => {
                    let one = known(program, x).map(|truth| (truth, y));
                    one.or_else(|| Some((known(program, y)?, x))).map(|(truth, other)| {
                        // What does not decide leaves it to the other one.
                        if truth == (op == Binary::Or) { Err(truth) } else { Ok(other) }
                    })
                }
                _ => None,
            };
            match settled {
                Some(Ok(same)) if given.insert(value, same).is_none() => any = true,
                Some(Err(truth)) => {
                    program.insts[value.index()].op = Op::Literal(u64::from(truth));
                    any = true;
                }
                _ => {}
            }
        }
        for block in 0..program.blocks.len() {
            let Some(End::Branch(condition, yes, no)) = &program.blocks[block].end else { continue };
            let Some(truth) = known(program, *condition) else { continue };
            let (to, with): (BlockId, Vec<ValueId>) = if truth { yes.clone() } else { no.clone() };
            program.blocks[block].end = Some(End::Jump(to, with));
            any = true;
        }
        if !any {
            return;
        }
        rename(program, &given);
    }
}
