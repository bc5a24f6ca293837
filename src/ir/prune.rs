//! Removes what a program does not need: values that nobody uses and blocks that nobody reaches. It computes nothing and moves nothing.
//!
//! Linear in the size of the program. Constants, memories, instances and faults keep their rows, because whoever
//! binds the program has counted them.

use super::{Block, BlockId, End, Op, Program, ValueId};

const GONE: u32 = u32::MAX;

/// Keeps the statements of reachable blocks and all values that they, branches and the return need; numbers them anew.
///
/// A parameter that nobody needs goes, with what was given for it. Stores and faults stay.
/// The program must be valid.
pub fn prune(program: &mut Program) {
    let blocks = reachable(program);
    let needed = needed(program, &blocks);
    let names = names(program, &blocks, &needed);
    rebuild(program, &blocks, &names);
}

/// Blocks that a frame can reach, in their order.
fn reachable(program: &Program) -> Vec<BlockId> {
    let mut seen = vec![false; program.blocks.len()];
    let mut open = vec![BlockId::new(0)];
    seen[0] = true;
    while let Some(block) = open.pop() {
        for (to, _) in program.blocks[block.index()].end.iter().flat_map(End::ways) {
            if !std::mem::replace(&mut seen[to.index()], true) {
                open.push(to);
            }
        }
    }
    (0..seen.len()).filter(|&block| seen[block]).map(BlockId::new).collect()
}

/// Values that must be there, found from the statements and ends backwards.
struct Needed {
    value: Vec<bool>,
    open: Vec<ValueId>,
}

impl Needed {
    fn mark(&mut self, value: ValueId) {
        if !std::mem::replace(&mut self.value[value.index()], true) {
            self.open.push(value);
        }
    }
}

fn needed(program: &Program, blocks: &[BlockId]) -> Vec<bool> {
    // For each parameter: its block and place; for each block: the ends that lead there.
    let mut home = vec![(GONE, 0u32); program.insts.len()];
    let mut into = vec![Vec::new(); program.blocks.len()];
    let mut needed = Needed { value: vec![false; program.insts.len()], open: Vec::new() };
    for &id in blocks {
        let block = &program.blocks[id.index()];
        for (place, parameter) in block.parameters.iter().enumerate() {
            home[parameter.index()] = (id.index() as u32, place as u32);
        }
        for (to, arguments) in block.end.iter().flat_map(End::ways) {
            into[to.index()].push(arguments);
        }
        let statements = block.body.iter().filter(|&&value| program.inst(value).op.is_statement());
        statements.for_each(|&value| needed.mark(value));
        let ends = block.end.iter().flat_map(|end| end.operands());
        ends.for_each(|&value| needed.mark(value));
    }
    while let Some(value) = needed.open.pop() {
        program.inst(value).op.operands().for_each(|operand| needed.mark(operand));
        let (block, place) = home[value.index()];
        if block != GONE {
            into[block as usize].iter().for_each(|arguments| needed.mark(arguments[place as usize]));
        }
    }
    needed.value
}

/// New numbers of values and blocks; `GONE` for those that go.
struct Names {
    value: Vec<u32>,
    block: Vec<u32>,
}

impl Names {
    fn keeps(&self, value: ValueId) -> bool {
        self.value[value.index()] != GONE
    }

    fn value(&self, value: ValueId) -> ValueId {
        ValueId::new(self.value[value.index()] as usize)
    }

    fn block(&self, block: BlockId) -> BlockId {
        BlockId::new(self.block[block.index()] as usize)
    }
}

/// Numbers in the old order, so that a program of which nothing goes stays as it is.
fn names(program: &Program, blocks: &[BlockId], needed: &[bool]) -> Names {
    let mut next = 0;
    let mut number = |kept: bool| {
        let name = if kept { next } else { GONE };
        next += u32::from(kept);
        name
    };
    let mut names = Names { value: Vec::new(), block: vec![GONE; program.blocks.len()] };
    names.value.extend(needed.iter().map(|&kept| number(kept)));
    for (new, old) in blocks.iter().enumerate() {
        names.block[old.index()] = new as u32;
    }
    names
}

fn rebuild(program: &mut Program, blocks: &[BlockId], names: &Names) {
    let old = std::mem::take(&mut program.blocks);
    let parameters = old.iter().map(|block| block.parameters.clone()).collect::<Vec<_>>();
    let list = |values: Vec<ValueId>| -> Vec<ValueId> {
        values.into_iter().filter(|&value| names.keeps(value)).map(|value| names.value(value)).collect()
    };
    let way = |(to, arguments): (BlockId, Vec<ValueId>)| {
        let given = parameters[to.index()].iter().zip(arguments);
        let kept = given.filter(|(parameter, _)| names.keeps(**parameter)).map(|(_, value)| names.value(value));
        (names.block(to), kept.collect())
    };
    let kept = old.into_iter().enumerate().filter(|(index, _)| names.block[*index] != GONE);
    program.blocks = kept
        .map(|(_, block)| Block {
            parameters: list(block.parameters),
            body: list(block.body),
            end: block.end.map(|end| match end {
                End::Jump(to, arguments) => {
                    let (to, arguments) = way((to, arguments));
                    End::Jump(to, arguments)
                }
                End::Branch(condition, yes, no) => End::Branch(names.value(condition), way(yes), way(no)),
                End::Return(values) => End::Return(list(values)),
            }),
        })
        .collect();
    debug_assert_eq!(program.blocks.len(), blocks.len());
    let mut index = 0..;
    program.insts.retain(|_| names.value[index.next().unwrap_or(0)] != GONE);
    for inst in &mut program.insts {
        if inst.op != Op::Parameter {
            inst.op = inst.op.renamed(|value| names.value(value));
        }
    }
}
