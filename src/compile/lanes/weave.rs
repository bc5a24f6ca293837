//! From a program of which a part waits for the frame before to a routine along time. It finds no recursions.
//!
//! A vector holds several frames of whatever needs nothing of the frame before. What does is lowered one frame after the other:
//! of equal recursions a vector holds one number each, and what they are given and give is turned by the way; of a single one the
//! first lane counts, and nobody asks what the others hold. All of it stands in one run of steps, so what waits for the frame before
//! hides behind what does not.

use super::lower::{Lowerer, has};
use super::recursions::{Recursion, are_worth_while, forwarded, outside, recursions, waiting};
use super::routine::{Along, Code, Mixed, Operand, Routine, Turned, Width};
use crate::compile::cells;
use crate::ir::{Block, Bound, ConstantId, End, MemoryId, Op, Owner, Program, ValueId};

/// Beyond so many instructions, or steps of recursions, making the code takes longer than it saves.
const LONGEST: usize = 800;
const MOST: usize = 1_600;

/// Numbers that differ from lane to lane are counted from here on, until all others are known.
const MIXED: u32 = 1 << 30;

/// Whether weaving in what waits for the frame before takes less time than going frame by frame through it.
pub fn is_worth_while(program: &Program, width: Width) -> bool {
    let kept = cells::fixed(program);
    let Some(program) = forwarded(program, &kept) else { return false };
    let block = &program.blocks[0];
    let slots = waiting(&program, block, &kept);
    let recursions = recursions(&program, block, &slots, width.lanes());
    recursions.is_some_and(|recursions| are_worth_while(&program, block, &recursions, width.lanes()))
}

/// The routine of a valid program, if it is one straight run of instructions of which something waits for the frame before.
pub fn weave(program: &Program, width: Width) -> Option<Routine> {
    let mut kept = cells::fixed(program);
    let program = &forwarded(program, &kept)?;
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(channels)) = &block.end else { return None };
    if block.body.len() > LONGEST || !block.body.iter().all(|&value| has(program.inst(value).op)) {
        return None;
    }
    let slots = waiting(program, block, &kept);
    let recursions = recursions(program, block, &slots, width.lanes())?.all;
    let steps = recursions.iter().map(|recursion| recursion.members[0].len() * width.lanes());
    if slots.is_empty() || steps.sum::<usize>() > MOST {
        return None;
    }
    let turned = slots.iter().filter_map(|slot| kept.remove(slot).map(|cell| (*slot, cell))).collect();
    let mut owners = vec![None; program.insts.len()];
    for (number, recursion) in recursions.iter().enumerate() {
        recursion.members.iter().flatten().for_each(|value| owners[value.index()] = Some(number));
    }
    let count = recursions.iter().map(|recursion| recursion.members.len()).sum();
    let done = vec![false; program.insts.len()];
    let lowerer = Lowerer::new(program, &block.body, width, Along::Time, kept);
    let mut weaver = Weaver { lowerer, block, recursions, owners, turned, done, waiting: 0 };
    for &value in block.body.iter().filter(|value| program.inst(**value).ty.is_none()) {
        weaver.need(value)?;
    }
    channels.iter().try_for_each(|channel| weaver.need(*channel))?;
    let mut routine = weaver.lowerer.finish(channels)?;
    routine.recursions = count;
    let count = routine.constants.len() as u32;
    for operand in routine.steps.iter_mut().flat_map(|step| step.from.iter_mut().flatten()) {
        if let Operand::Constant(number) = operand
            && *number >= MIXED
        {
            *number = *number - MIXED + count;
        }
    }
    Some(routine)
}

struct Weaver<'p> {
    lowerer: Lowerer<'p>,
    block: &'p Block,
    recursions: Vec<Recursion>,
    /// The recursion that each value or statement is part of.
    owners: Vec<Option<usize>>,
    /// The slots that wait for the frame before.
    turned: Vec<((MemoryId, u32), cells::Cell)>,
    /// What is lowered.
    done: Vec<bool>,
    /// How many of the block's instructions were looked at for what is read before something is written.
    waiting: usize,
}

impl<'p> Weaver<'p> {
    fn op(&self, value: ValueId) -> Op {
        self.lowerer.program.inst(value).op
    }

    /// Lowers a value or a statement, and first all that it needs; none if it cannot be known ahead.
    fn need(&mut self, value: ValueId) -> Option<()> {
        if self.done[value.index()] {
            return Some(());
        }
        if let Some(recursion) = self.owners[value.index()] {
            return self.recursion(recursion);
        }
        self.op(value).operands().try_for_each(|operand| self.need(operand))?;
        // What is written may lie where something is read that stands before it.
        if let Op::StoreAt(..) = self.op(value) {
            self.read_before(value)?;
        }
        if !self.lowerer.is_known_ahead(value) {
            return None;
        }
        self.done[value.index()] = true;
        self.lowerer.value(value);
        Some(())
    }

    fn read_before(&mut self, store: ValueId) -> Option<()> {
        let block = self.block;
        while let Some(&value) = block.body.get(self.waiting).filter(|value| **value != store) {
            self.waiting += 1;
            let reads = match self.op(value) {
                Op::LoadAt(memory, _, Bound::Quantum) => {
                    self.lowerer.program.memories[memory.index()].owner == Owner::Feed
                }
                _ => false,
            };
            if reads {
                self.need(value)?;
            }
        }
        Some(())
    }

    /// Lowers equal recursions, frame after frame.
    fn recursion(&mut self, number: usize) -> Option<()> {
        let members = std::mem::take(&mut self.recursions[number].members);
        let program = self.lowerer.program;
        let given = members.iter().map(|member| outside(program, member)).collect::<Vec<_>>();
        given.iter().flatten().try_for_each(|value| self.need(*value))?;
        self.hold(&members, self.recursions[number].level);
        let lanes = self.lowerer.routine.width.lanes();
        let frames = (0..given[0].len()).map(|place| {
            let all = given.iter().map(|given| given[place]).collect::<Vec<_>>();
            self.frames_of(&all)
        });
        let frames = frames.collect::<Vec<_>>();
        let before = given[0].iter().map(|value| self.lowerer.values[value.index()]).collect::<Vec<_>>();
        let heard = self.heard(&members);
        let mut gives = vec![Vec::with_capacity(lanes); heard.len()];
        self.lowerer.in_turn = true;
        for frame in 0..lanes {
            for (value, frames) in given[0].iter().zip(&frames) {
                self.lowerer.values[value.index()] = Some(frames[frame]);
            }
            members[0].iter().for_each(|value| self.lowerer.value(*value));
            for (gives, place) in gives.iter_mut().zip(&heard) {
                let sample = self.lowerer.of(members[0][*place]);
                gives.push(self.lowerer.held(sample));
            }
        }
        self.lowerer.in_turn = false;
        for (value, operand) in given[0].iter().zip(before) {
            self.lowerer.values[value.index()] = operand;
        }
        for (gives, place) in gives.into_iter().zip(heard) {
            let rows = if members.len() == 1 { vec![self.joined(gives)] } else { self.square(gives) };
            for (member, row) in members.iter().zip(rows) {
                self.lowerer.values[member[place].index()] = Some(row);
            }
        }
        members.iter().flatten().for_each(|value| self.done[value.index()] = true);
        Some(())
    }

    /// Gives the slots of equal recursions cells, in which they stand side by side.
    fn hold(&mut self, members: &[Vec<ValueId>], level: u32) {
        for (place, &value) in members[0].iter().enumerate() {
            let (Op::Load(memory, at) | Op::Store(memory, at, _)) = self.op(value) else { continue };
            if self.lowerer.cells.contains_key(&(memory, at)) {
                continue;
            }
            let slot = |member: &Vec<ValueId>| match self.op(member[place]) {
                Op::Load(memory, at) | Op::Store(memory, at, _) => (memory, at),
                _ => unreachable!("equal recursions have equal operations"),
            };
            let cell = self.turned.iter().find(|(slot, _)| *slot == (memory, at)).map(|(_, cell)| cell);
            let ty = cell.expect("what waits for the frame before has a slot").ty;
            let slots = members.iter().map(slot).collect();
            let routine = &mut self.lowerer.routine;
            let number = routine.held() as u32;
            routine.turned.push(Turned { ty, slots, level });
            self.lowerer.cells.insert((memory, at), (number, None));
        }
    }

    /// What somebody else needs of equal recursions, by its place in each.
    fn heard(&self, members: &[Vec<ValueId>]) -> Vec<usize> {
        let mut needed = vec![false; self.owners.len()];
        let others = self.block.body.iter().filter(|value| !members.iter().any(|member| member.contains(value)));
        others.for_each(|value| self.op(*value).operands().for_each(|operand| needed[operand.index()] = true));
        let channels = self.block.end.iter().flat_map(End::operands);
        channels.for_each(|value| needed[value.index()] = true);
        let is_heard = |place: &usize| members.iter().any(|member| needed[member[*place].index()]);
        (0..members[0].len()).filter(is_heard).collect()
    }

    /// What equal recursions are given, in each frame of a vector: lane by lane that of each of them.
    fn frames_of(&mut self, given: &[ValueId]) -> Vec<Operand> {
        let lanes = self.lowerer.routine.width.lanes();
        let first = self.lowerer.of(given[0]);
        match self.op(given[0]) {
            Op::Literal(_) => return vec![first; lanes],
            Op::Constant(_) => return vec![self.mixed(given); lanes],
            _ => {}
        }
        let rows = given.iter().map(|value| {
            let row = self.lowerer.of(*value);
            self.lowerer.held(row)
        });
        let mut rows = rows.collect::<Vec<_>>();
        if let [row] = rows[..] {
            return (0..lanes).map(|lane| self.picked(row, lane)).collect();
        }
        rows.resize(lanes, rows[0]);
        self.square(rows)
    }

    /// A number of each of equal recursions.
    fn mixed(&mut self, given: &[ValueId]) -> Operand {
        let program = self.lowerer.program;
        let constant = |value: &ValueId| match program.inst(*value).op {
            Op::Constant(constant) => constant,
            _ => unreachable!("equal recursions are given numbers where one is"),
        };
        let constants = given.iter().map(constant).collect::<Vec<ConstantId>>();
        if constants.iter().all(|constant| *constant == constants[0]) {
            return self.lowerer.of(given[0]);
        }
        let mixed = Mixed { ty: program.constants[constants[0].index()].ty, constants };
        let list = &mut self.lowerer.routine.mixed;
        let place = list.iter().position(|known| *known == mixed).unwrap_or_else(|| {
            list.push(mixed);
            list.len() - 1
        });
        Operand::Constant(MIXED + place as u32)
    }

    /// A vector whose first lane is this one.
    fn picked(&mut self, row: Operand, lane: usize) -> Operand {
        match (lane, self.lowerer.routine.width) {
            (0, _) => row,
            (_, Width::Eight) => self.lowerer.make(Code::Pick(lane as u8), &[row, row]),
            _ => self.lowerer.make(Code::Pick(lane as u8), &[row]),
        }
    }

    /// The first lanes of as many vectors as one has lanes.
    fn joined(&mut self, firsts: Vec<Operand>) -> Operand {
        let two = firsts.chunks(2).map(|pair| self.lowerer.make(Code::Even, pair)).collect::<Vec<_>>();
        if self.lowerer.routine.width == Width::Four {
            return self.lowerer.make(Code::Pairs(0x20), &two);
        }
        let four = two.chunks(2).map(|pair| self.lowerer.make(Code::Pairs(0x00), pair)).collect::<Vec<_>>();
        self.lowerer.make(Code::Pairs(0x88), &four)
    }

    /// As many vectors as one has lanes, turned so that rows become columns.
    fn square(&mut self, rows: Vec<Operand>) -> Vec<Operand> {
        let of = &mut self.lowerer;
        let mut by_two = |x: Operand, y: Operand| [of.make(Code::Even, &[x, y]), of.make(Code::Odd, &[x, y])];
        let t = rows.chunks(2).flat_map(|pair| by_two(pair[0], pair[1])).collect::<Vec<_>>();
        let mut pairs = |choice: u8, x: Operand, y: Operand| of.make(Code::Pairs(choice), &[x, y]);
        if let [a, b, c, d] = t[..] {
            return vec![pairs(0x20, a, c), pairs(0x20, b, d), pairs(0x31, a, c), pairs(0x31, b, d)];
        }
        let mut four = Vec::with_capacity(8);
        for first in [0, 4] {
            for choice in [0x88, 0xdd] {
                four.extend([0, 1].map(|n| pairs(choice, t[first + n], t[first + 2 + n])));
            }
        }
        let mut eight = Vec::with_capacity(8);
        for choice in [0x88, 0xdd] {
            eight.extend((0..4).map(|n| pairs(choice, four[n], four[4 + n])));
        }
        eight
    }
}
