//! How much time a program's code is worth: making it must not take longer than the performer waits. The results are the same bits.

use crate::ir::{End, Program};

/// Ways to make code, the quickest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// All optimisation.
    Full,
    /// No optimisation, but registers are given with care: a tenth slower.
    Plain,
    /// No optimisation, and registers are given in one pass: two to ten times slower.
    Quick,
}

/// Instructions beyond which optimisation takes too long: it grows faster than the program, to seconds at 50 000, while
/// without it 100 000 take half of one.
const LARGE: usize = 16_000;

/// Values that wait for their use at once, beyond which giving registers with care takes too long: it grows with the
/// square, to 2 s at 5 000.
const CROWDED: usize = 2_000;

impl Effort {
    /// What a valid program is worth.
    pub fn of(program: &Program) -> Effort {
        if crowding(program) > CROWDED {
            Effort::Quick
        } else if program.operations() > LARGE {
            Effort::Plain
        } else {
            Effort::Full
        }
    }
}

/// The most values that are made but not yet used for the last time, with the blocks taken in their order.
fn crowding(program: &Program) -> usize {
    let mut last = vec![0; program.insts.len()];
    let mut now = 0;
    for block in &program.blocks {
        for &value in &block.body {
            now += 1;
            program.inst(value).op.operands().for_each(|used| last[used.index()] = now);
        }
        now += 1;
        let given = block.end.iter().flat_map(End::ways).flat_map(|(_, given)| given);
        let ends = block.end.iter().flat_map(|end| end.operands());
        ends.chain(given).for_each(|used| last[used.index()] = now);
    }
    let mut gone = vec![0u32; now + 1];
    let (mut live, mut most, mut now) = (0usize, 0, 0);
    for block in &program.blocks {
        let parameters = block.parameters.iter().map(|value| (value, 0));
        let body = block.body.iter().map(|value| (value, 1));
        for (value, step) in parameters.chain(body) {
            now += step;
            live -= std::mem::take(&mut gone[now]) as usize;
            let until = last[value.index()];
            if until > now {
                live += 1;
                gone[until] += 1;
            }
            most = most.max(live);
        }
        now += 1;
        live -= std::mem::take(&mut gone[now]) as usize;
    }
    most
}
