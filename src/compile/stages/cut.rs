//! Takes a program apart by time: what is known for all frames of a quantum ahead, what waits for the frame before, and what follows from both. It makes no code.

use std::collections::HashMap;

use super::super::cells;
use super::super::lanes;
use super::super::voices::units::{self, Unit, unit};
use crate::ir::call::QUANTUM;
use crate::ir::{Binary, Block, Bound, End, Inst, Memory, MemoryId, Op, Owner, Program, Type, Unary, ValueId, prune};

/// A program in stages that give what it gives, one after the other for a quantum.
pub struct Cut {
    /// What is known ahead, if it is worth while: it gives a channel for each of the first feeds.
    pub before: Option<Program>,
    /// What goes from frame to frame: it gives a channel for each of the other feeds, or, if nothing comes after it, what the
    /// program gives.
    pub middle: Program,
    /// What only follows, if it is worth while.
    pub after: Option<Program>,
    /// How many feeds the first stage writes, and how many the second one.
    pub feeds: [usize; 2],
}

/// Operations that a stage must have beyond two for each number that goes from one to another: writing and reading it, and
/// calling the stage, costs as much.
const LEAST: usize = 8;

/// Operations on the way to a number, up to which it is rather computed where it is needed than brought there.
const SHORT: usize = 2;

/// When a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before,
    Middle,
    After,
}

/// The stages of a valid program, if it is one run of instructions, and stages are worth while.
pub fn cut(program: &Program) -> Option<Cut> {
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(given)) = &block.end else { return None };
    let mut cutter = Cutter { program, block, given, stages: stages(program, block) };
    cutter.keep_short_ways();
    if !cutter.is_worth(Stage::Before) {
        cutter.move_all(Stage::Before);
    }
    if !cutter.is_worth(Stage::After) {
        cutter.move_all(Stage::After);
    }
    let middle = block.body.iter().any(|value| cutter.of(*value) == Some(Stage::Middle));
    let others = block.body.iter().any(|value| cutter.of(*value).is_some_and(|stage| stage != Stage::Middle));
    (middle && others).then(|| cutter.cut())
}

/// Whether a value is found wherever it is needed: a number, or what all stages are lent.
fn is_free(program: &Program, value: ValueId) -> bool {
    match program.inst(value).op {
        Op::LoadAt(memory, index, Bound::Quantum) => {
            program.memories[memory.index()].owner == Owner::Feed && program.inst(index).op == Op::Frame
        }
        op => units::is_free(op),
    }
}

/// When each value is computed; what is free is computed wherever it is needed.
fn stages(program: &Program, block: &Block) -> Vec<Stage> {
    let fixed = cells::fixed(program);
    let mut units: HashMap<Unit, Vec<ValueId>> = HashMap::new();
    for &value in &block.body {
        if let Some(unit) = unit(program, &fixed, program.inst(value).op) {
            units.entry(unit).or_default().push(value);
        }
    }
    let count = program.insts.len();
    let (mut steps, mut follows, mut needed) = (vec![false; count], vec![false; count], vec![false; count]);
    for (unit, touching) in &units {
        if !is_known_ahead(program, block, *unit, touching) {
            touching.iter().for_each(|value| steps[value.index()] = true);
        }
    }
    for &value in &block.body {
        let op = program.inst(value).op;
        steps[value.index()] |= !lanes::has(op);
        follows[value.index()] = op.operands().any(|operand| follows[operand.index()] || steps[operand.index()]);
    }
    for &value in block.body.iter().rev() {
        if steps[value.index()] || needed[value.index()] {
            program.inst(value).op.operands().for_each(|operand| needed[operand.index()] = true);
        }
    }
    let stage = |value: usize| match (steps[value], follows[value], needed[value]) {
        (true, ..) | (_, true, true) => Stage::Middle,
        (_, false, true) => Stage::Before,
        _ => Stage::After,
    };
    let mut stages = (0..count).map(stage).collect::<Vec<_>>();
    for touching in units.values() {
        // What a count is moved on by goes with the count.
        let first = touching.iter().map(|value| stages[value.index()]).min();
        for &value in touching {
            match program.inst(value).op {
                Op::Store(_, _, next) if !steps[value.index()] => {
                    stages[value.index()] = first.unwrap_or(Stage::After);
                    stages[next.index()] = first.unwrap_or(Stage::After);
                }
                Op::StoreAt(.., stored) if !steps[value.index()] && !is_free(program, stored) => {
                    stages[value.index()] = stages[stored.index()];
                }
                Op::Load(..) if !steps[value.index()] => stages[value.index()] = first.unwrap_or(Stage::After),
                _ => {}
            }
        }
    }
    stages
}

/// Whether what a part of memory holds in each frame of a quantum is known before the first, or nobody asks.
fn is_known_ahead(program: &Program, block: &Block, unit: Unit, touching: &[ValueId]) -> bool {
    let op = |value: &ValueId| program.inst(*value).op;
    let stores =
        touching.iter().filter(|value| matches!(op(value), Op::Store(..) | Op::StoreAt(..))).collect::<Vec<_>>();
    let Some(store) = stores.first() else { return true };
    if stores.len() > 1 {
        return false;
    }
    match (unit, op(store)) {
        // A quantum that is written frame by frame.
        (_, Op::StoreAt(_, index, Bound::Quantum, _)) => touching.len() == 1 && op(&index) == Op::Frame,
        (Unit::Slot(memory, at), Op::Store(_, _, next)) => {
            let Op::Binary(Binary::IntAdd, x, y) = op(&next) else { return false };
            let is_number = |value: &ValueId| matches!(op(value), Op::Literal(_) | Op::Constant(_));
            let is_count = |value: &ValueId| op(value) == Op::Load(memory, at);
            let place = |wanted: &ValueId| block.body.iter().position(|value| value == wanted);
            let loads = touching.iter().filter(|value| is_count(value)).all(|load| place(load) < place(store));
            loads && (is_count(&x) && is_number(&y) || is_count(&y) && is_number(&x))
        }
        _ => false,
    }
}

struct Cutter<'p> {
    program: &'p Program,
    block: &'p Block,
    given: &'p [ValueId],
    stages: Vec<Stage>,
}

impl Cutter<'_> {
    /// The stage of a value or statement; none of what is free.
    fn of(&self, value: ValueId) -> Option<Stage> {
        (!is_free(self.program, value)).then(|| self.stages[value.index()])
    }

    /// Which values of a stage a later one needs, in order.
    fn crossing(&self, from: Stage) -> Vec<ValueId> {
        let mut crosses = vec![false; self.program.insts.len()];
        for &value in self.block.body.iter().filter(|value| self.of(**value) > Some(from)) {
            self.program.inst(value).op.operands().for_each(|operand| crosses[operand.index()] = true);
        }
        // What the program gives comes from its last stage.
        let last = self.block.body.iter().filter_map(|value| self.of(*value)).max();
        if last > Some(from) {
            self.given.iter().for_each(|value| crosses[value.index()] = true);
        }
        let body = self.block.body.iter().copied();
        body.filter(|value| crosses[value.index()] && self.of(*value) == Some(from)).collect()
    }

    /// What takes no more operations than to bring it across is computed where it is needed.
    fn keep_short_ways(&mut self) {
        let count = self.program.insts.len();
        let (mut works, mut counts) = (vec![0_usize; count], vec![false; count]);
        for &value in &self.block.body {
            let op = self.program.inst(value).op;
            // A number that is used twice counts twice: more than enough is enough.
            let needs = op.operands().map(|operand| works[operand.index()]).sum::<usize>();
            works[value.index()] = (needs + usize::from(op.computes())).min(SHORT + 1);
            counts[value.index()] = matches!(op, Op::Load(..)) || op.operands().any(|operand| counts[operand.index()]);
        }
        loop {
            let mut used = vec![false; count];
            for &value in self.block.body.iter().filter(|value| self.of(**value) == Some(Stage::Before)) {
                self.program.inst(value).op.operands().for_each(|operand| used[operand.index()] = true);
            }
            let mut short = self.crossing(Stage::Before);
            short.retain(|value| works[value.index()] <= SHORT && !used[value.index()] && !counts[value.index()]);
            if short.is_empty() {
                return;
            }
            short.iter().for_each(|value| self.stages[value.index()] = Stage::Middle);
        }
    }

    fn is_worth(&self, stage: Stage) -> bool {
        let computes = |value: &&ValueId| self.of(**value) == Some(stage) && self.program.inst(**value).op.computes();
        let work = self.block.body.iter().filter(computes).count();
        let edge = if stage == Stage::Before { Stage::Before } else { Stage::Middle };
        work >= LEAST + 2 * self.crossing(edge).len()
    }

    /// Leaves a stage out.
    fn move_all(&mut self, stage: Stage) {
        self.stages.iter_mut().filter(|one| **one == stage).for_each(|one| *one = Stage::Middle);
    }

    fn cut(self) -> Cut {
        let crossing = [Stage::Before, Stage::Middle].map(|stage| self.crossing(stage));
        let has = |stage| self.block.body.iter().any(|value| self.of(*value) == Some(stage));
        let after = has(Stage::After);
        let before = has(Stage::Before).then(|| self.stage(Stage::Before, &crossing, Some(&crossing[0])));
        let middle = self.stage(Stage::Middle, &crossing, after.then_some(&crossing[1]));
        let after = after.then(|| self.stage(Stage::After, &crossing, None));
        Cut { before, middle, after, feeds: crossing.map(|list| list.len()) }
    }

    /// The program of a stage, which gives what crosses from it, or what the whole program gives.
    fn stage(&self, stage: Stage, crossing: &[Vec<ValueId>; 2], gives: Option<&Vec<ValueId>>) -> Program {
        let mut program = self.program.clone();
        let mut block = Block::default();
        let frame = push(&mut program, &mut block, Op::Frame, Type::Int);
        let mut fed = Vec::new();
        for (from, value) in [Stage::Before, Stage::Middle]
            .iter()
            .zip(crossing)
            .flat_map(|(from, list)| list.iter().map(move |value| (*from, *value)))
        {
            let memory = MemoryId::new(program.memories.len());
            program.memories.push(Memory { owner: Owner::Feed, len: QUANTUM as u32 });
            if from < stage {
                program.insts[value.index()].op = Op::LoadAt(memory, frame, Bound::Quantum);
                fed.push(value);
            }
        }
        block.body.extend(fed);
        block.body.extend(self.block.body.iter().filter(|value| self.of(**value).is_none_or(|own| own == stage)));
        let channels = match gives {
            None => self.given.to_vec(),
            Some(list) => list.iter().map(|value| sample(&mut program, &mut block, *value)).collect(),
        };
        program.channels = channels.len() as u32;
        block.end = Some(End::Return(channels));
        program.blocks = vec![block];
        prune(&mut program);
        program
    }
}

/// A value as it goes through a channel: its bits.
fn sample(program: &mut Program, block: &mut Block, value: ValueId) -> ValueId {
    match program.inst(value).ty {
        Some(Type::Int) => push(program, block, Op::Unary(Unary::FromBits, value), Type::Real),
        Some(Type::Bool) => {
            let number = push(program, block, Op::Unary(Unary::Ordinal, value), Type::Int);
            push(program, block, Op::Unary(Unary::FromBits, number), Type::Real)
        }
        _ => value,
    }
}

fn push(program: &mut Program, block: &mut Block, op: Op, ty: Type) -> ValueId {
    program.insts.push(Inst { op, ty: Some(ty) });
    let value = ValueId::new(program.insts.len() - 1);
    block.body.push(value);
    value
}
