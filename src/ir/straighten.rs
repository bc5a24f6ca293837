//! Makes one run of a program's branches where both ways only compute: what both give, and a choice. It changes no bit.

use std::collections::HashMap;

use super::{Block, BlockId, End, Op, Program, ValueId, prune};

/// Instructions of a way that is always gone, beyond which it is sooner to branch.
const SHORT: usize = 24;

/// Blocks of a program, beyond which looking for branches takes longer than the performer waits: after each the rest is looked at
/// again.
const MOST: usize = 2_000;

/// The program without its short branches that only compute; none if it has none.
pub fn straighten(program: &Program) -> Option<Program> {
    if !(2..MOST).contains(&program.blocks.len()) {
        return None;
    }
    let mut straight = program.clone();
    let mut given = HashMap::new();
    let mut any = false;
    // Inner branches first, so that outer ones see straight ways.
    loop {
        if let Some(fork) = fork(&straight) {
            fork.join(&mut straight, &mut given);
        } else if let Some((from, to)) = step(&straight) {
            go_on(&mut straight, from, to, &mut given);
        } else {
            break;
        }
        any = true;
    }
    if !any {
        return None;
    }
    rename(&mut straight, &given);
    prune(&mut straight);
    Some(straight)
}

/// A branch whose ways meet again at once.
struct Fork {
    from: BlockId,
    condition: ValueId,
    /// Both ways: the block, if there is one on the way, what it is given, and what it gives where they meet.
    ways: [(Option<BlockId>, Vec<ValueId>, Vec<ValueId>); 2],
    to: BlockId,
}

/// How many ways lead into each block.
fn arrivals(program: &Program) -> Vec<usize> {
    let mut arrivals = vec![0; program.blocks.len()];
    arrivals[0] = 1;
    for (to, _) in program.blocks.iter().flat_map(|block| &block.end).flat_map(End::ways) {
        arrivals[to.index()] += 1;
    }
    arrivals
}

fn fork(program: &Program) -> Option<Fork> {
    let arrivals = arrivals(program);
    // Those that were taken out have no way in.
    let blocks = program.blocks.iter().enumerate().filter(|(number, _)| arrivals[*number] > 0);
    for (from, block) in blocks {
        let Some(End::Branch(condition, yes, no)) = &block.end else { continue };
        // Where a way leads: on through a short block, or straight on.
        let way = |(through, given): &(BlockId, Vec<ValueId>)| {
            let middle = &program.blocks[through.index()];
            let computes = |value: &ValueId| !program.inst(*value).op.is_statement();
            match &middle.end {
                Some(End::Jump(to, gives))
                    if arrivals[through.index()] == 1
                        && middle.body.len() <= SHORT
                        && middle.body.iter().all(computes) =>
                {
                    Some((*to, (Some(*through), given.clone(), gives.clone())))
                }
                _ => None,
            }
        };
        let straight = |(to, given): &(BlockId, Vec<ValueId>)| (*to, (None, Vec::new(), given.clone()));
        let met = match (way(yes), way(no)) {
            (Some((to, one)), Some((there, other))) if to == there => Some((to, [one, other])),
            (Some((to, one)), _) if to == no.0 => Some((to, [one, straight(no).1])),
            (_, Some((to, other))) if to == yes.0 => Some((to, [straight(yes).1, other])),
            _ => None,
        };
        if let Some((to, ways)) = met
            && arrivals[to.index()] == 2
            && to.index() != from
        {
            return Some(Fork { from: BlockId::new(from), condition: *condition, ways, to });
        }
    }
    None
}

/// A block that always goes on to another one, to which there is no other way.
fn step(program: &Program) -> Option<(BlockId, BlockId)> {
    let arrivals = arrivals(program);
    let mut blocks = program.blocks.iter().enumerate().filter(|(number, _)| arrivals[*number] > 0);
    blocks.find_map(|(from, block)| match &block.end {
        Some(End::Jump(to, _)) if arrivals[to.index()] == 1 && to.index() != from => Some((BlockId::new(from), *to)),
        _ => None,
    })
}

/// Puts the second block behind the first one.
fn go_on(program: &mut Program, from: BlockId, to: BlockId, given: &mut HashMap<ValueId, ValueId>) {
    let Block { parameters, body, end } = std::mem::take(&mut program.blocks[to.index()]);
    program.blocks[to.index()].end = Some(End::Jump(to, Vec::new()));
    let block = &mut program.blocks[from.index()];
    if let Some(End::Jump(_, gives)) = &block.end {
        given.extend(parameters.into_iter().zip(gives.iter().copied()));
    }
    block.body.extend(body);
    block.end = end;
}

impl Fork {
    /// Puts both ways and where they meet behind the block of the branch.
    fn join(self, program: &mut Program, given: &mut HashMap<ValueId, ValueId>) {
        let mut body = std::mem::take(&mut program.blocks[self.from.index()].body);
        for (through, gives, _) in &self.ways {
            if let Some(through) = through {
                let middle = std::mem::take(&mut program.blocks[through.index()]);
                given.extend(middle.parameters.into_iter().zip(gives.iter().copied()));
                body.extend(middle.body);
                // Nobody comes here any more.
                program.blocks[through.index()].end = Some(End::Jump(*through, Vec::new()));
            }
        }
        let Block { parameters, body: rest, end } = std::mem::take(&mut program.blocks[self.to.index()]);
        program.blocks[self.to.index()].end = Some(End::Jump(self.to, Vec::new()));
        let [(_, _, yes), (_, _, no)] = self.ways;
        for (parameter, (yes, no)) in parameters.into_iter().zip(yes.into_iter().zip(no)) {
            program.insts[parameter.index()].op = Op::Select(self.condition, yes, no);
            body.push(parameter);
        }
        body.extend(rest);
        let block = &mut program.blocks[self.from.index()];
        (block.body, block.end) = (body, end);
    }
}

/// Puts what parameters were given in their place.
pub(super) fn rename(program: &mut Program, given: &HashMap<ValueId, ValueId>) {
    let name = |mut value: ValueId| {
        while let Some(other) = given.get(&value) {
            value = *other;
        }
        value
    };
    for inst in &mut program.insts {
        inst.op = inst.op.renamed(name);
    }
    let list = |values: &mut Vec<ValueId>| values.iter_mut().for_each(|value| *value = name(*value));
    for block in &mut program.blocks {
        match &mut block.end {
            Some(End::Jump(_, values) | End::Return(values)) => list(values),
            Some(End::Branch(condition, (_, yes), (_, no))) => {
                *condition = name(*condition);
                list(yes);
                list(no);
            }
            None => {}
        }
    }
}
