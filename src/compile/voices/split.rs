//! Finds equal voices inside a program: parts that nothing joins but a sum. It makes programs of them and of the rest, and no code.
//!
//! Sums of one signal after the other (`((a + b) + c) + …`) are cut where their terms look alike; what then hangs together,
//! by values or by memory, is a voice. Voices that are equal but for numbers and places in memory form a group.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::sums::{Sum, sums};
use crate::compile::cells::{self, Cell};
use crate::ir::call::QUANTUM;
use crate::ir::{
    Block, Bound, Constant, ConstantId, End, Inst, Memory, MemoryId, Op, Owner, Program, ShapeKey, Type, ValueId, prune,
};

/// From so many equal voices on it is worth while to take them out.
pub const FEWEST: usize = 4;

/// Sums of a program, beyond which looking for voices takes longer than the performer waits: they are compared with each other.
const MOST: usize = 64;

/// How often sums that add no voices are left out before all are taken for such.
const ROUNDS: usize = 8;

/// A program in pieces that give what it gives.
pub struct Split {
    /// Equal voices, which run first.
    pub groups: Vec<Group>,
    /// What is left: it reads a quantum of what voices gave in each of its last memories.
    pub rest: Program,
}

/// Equal voices.
pub struct Group {
    /// Any one of them.
    pub voice: Program,
    /// The shape of each.
    pub shape: ShapeKey,
    /// In the order in which their sums add them.
    pub members: Vec<Member>,
    /// What each channel of the voice is added to.
    pub sums: Vec<Start>,
    /// The first memory of the rest that holds a sum; one for each channel follows the other.
    pub buffer: usize,
}

/// What a sum begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Its first term.
    Nothing,
    /// These bits.
    Literal(u64),
    /// A number of the program.
    Constant(ConstantId),
}

/// Where what a voice names lies in the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Of each memory of the voice the program's memory, and its first slot there.
    pub memories: Vec<(MemoryId, u32)>,
    /// Of each constant of the voice its number in the program.
    pub constants: Vec<u32>,
}

/// The pieces of a valid program, if it has equal voices.
pub fn split(program: &Program) -> Option<Split> {
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(_)) = &block.end else { return None };
    let mut sums = sums(program, block, FEWEST);
    if sums.len() > MOST {
        return None;
    }
    // A sum whose terms are no voices holds its neighbours together, too.
    for _ in 0..ROUNDS {
        if sums.is_empty() {
            return None;
        }
        let parts = Parts::of(program, block, &sums);
        let bad = parts.unequal(&sums);
        if bad.iter().all(|bad| !bad) {
            return Some(parts.cut(sums));
        }
        let mut bad = bad.into_iter();
        sums.retain(|_| !bad.next().unwrap_or(true));
    }
    None
}

/// A program whose sums are taken away: what hangs together.
struct Parts<'p> {
    program: &'p Program,
    block: &'p Block,
    /// The representative of each value.
    whole: Vec<u32>,
    /// The values of each part, by its representative.
    bodies: HashMap<u32, Vec<ValueId>>,
    /// Whether a part needs a sum.
    needs: HashMap<u32, bool>,
    /// The values that are sums, or on the way to one.
    glue: Vec<bool>,
    /// Slots that are only named at their fixed places.
    fixed: BTreeMap<(MemoryId, u32), Cell>,
}

/// Whether a value is the same for everybody, or a number.
fn is_free(op: Op) -> bool {
    matches!(op, Op::Literal(_) | Op::Constant(_) | Op::Frame)
}

/// What joins those who name it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Slot(MemoryId, u32),
    Whole(MemoryId),
}

impl<'p> Parts<'p> {
    fn of(program: &'p Program, block: &'p Block, sums: &[Sum]) -> Parts<'p> {
        let mut glue = vec![false; program.insts.len()];
        sums.iter().flat_map(|sum| &sum.adds).for_each(|add| glue[add.index()] = true);
        let mut whole = (0..program.insts.len() as u32).collect::<Vec<_>>();
        let mut units: HashMap<Unit, u32> = HashMap::new();
        let mut needing = Vec::new();
        let fixed = cells::fixed(program);
        let lonely =
            |memory: MemoryId| matches!(program.memories[memory.index()].owner, Owner::Table(_) | Owner::Heard(..));
        for &value in &block.body {
            let op = program.inst(value).op;
            if glue[value.index()] || is_free(op) {
                continue;
            }
            for operand in op.operands() {
                if glue[operand.index()] {
                    needing.push(value);
                } else if !is_free(program.inst(operand).op) {
                    join(&mut whole, value.index() as u32, operand.index() as u32);
                }
            }
            let unit = match op {
                Op::Load(memory, at) | Op::Store(memory, at, _) if fixed.contains_key(&(memory, at)) => {
                    Some(Unit::Slot(memory, at))
                }
                Op::Load(memory, _) | Op::Store(memory, ..) | Op::LoadAt(memory, ..) | Op::StoreAt(memory, ..) => {
                    (!lonely(memory)).then_some(Unit::Whole(memory))
                }
                _ => None,
            };
            if let Some(unit) = unit {
                let first = *units.entry(unit).or_insert(value.index() as u32);
                join(&mut whole, value.index() as u32, first);
            }
        }
        let mut bodies: HashMap<u32, Vec<ValueId>> = HashMap::new();
        for &value in block.body.iter().filter(|value| !glue[value.index()] && !is_free(program.inst(**value).op)) {
            bodies.entry(find(&mut whole, value.index() as u32)).or_default().push(value);
        }
        let needs = needing.iter().map(|value| (find(&mut whole, value.index() as u32), true)).collect();
        for value in 0..whole.len() as u32 {
            find(&mut whole, value);
        }
        let whole = (0..whole.len()).map(|value| root(&whole, value as u32)).collect();
        Parts { program, block, whole, bodies, needs, glue, fixed }
    }

    fn part(&self, value: ValueId) -> u32 {
        self.whole[value.index()]
    }

    /// Which sums do not add equal voices, each once.
    fn unequal(&self, sums: &[Sum]) -> Vec<bool> {
        let mut known = HashMap::new();
        let exits = self.exits(sums);
        let voices = |sum: &Sum| -> Option<Vec<u32>> {
            let parts = sum.terms.iter().map(|&term| self.part(term)).collect::<Vec<_>>();
            let mut seen = HashSet::new();
            let each_once = parts.iter().all(|part| self.bodies.contains_key(part) && seen.insert(*part));
            let free = parts.iter().all(|part| !self.needs.contains_key(part) && exits.get(part) != Some(&None));
            (each_once && free).then_some(parts)
        };
        let mut shape = |part: u32| {
            let known = known.entry(part).or_insert_with(|| {
                let ends = exits.get(&part).cloned().flatten().unwrap_or_default();
                self.voice(part, &ends).map(|(voice, _)| ShapeKey::of(&voice))
            });
            *known
        };
        let equal = |sum: &Sum| {
            let Some(parts) = voices(sum) else { return true };
            let first = shape(parts[0]);
            first.is_none() || !parts.iter().all(|part| shape(*part) == first)
        };
        let mut bad = sums.iter().map(equal).collect::<Vec<_>>();
        // Voices that are added in several places are the same ones in the same order everywhere.
        for one in 0..sums.len() {
            for other in 0..sums.len() {
                let [ours, theirs] =
                    [one, other].map(|sum| sums[sum].terms.iter().map(|term| self.part(*term)).collect::<Vec<_>>());
                if one != other && ours.iter().any(|part| theirs.contains(part)) && (ours != theirs || bad[other]) {
                    bad[one] = true;
                }
            }
        }
        bad
    }

    /// Of each part the values that sums take, in the order of the sums; `None` where something else takes one, too.
    fn exits(&self, sums: &[Sum]) -> HashMap<u32, Option<Vec<ValueId>>> {
        let mut exits: HashMap<u32, Option<Vec<ValueId>>> = HashMap::new();
        for term in sums.iter().flat_map(|sum| &sum.terms) {
            if let Some(list) = exits.entry(self.part(*term)).or_insert_with(|| Some(Vec::new())) {
                list.push(*term);
            }
        }
        let returned = self.block.end.iter().flat_map(|end| end.operands());
        for value in returned.filter(|value| !self.glue[value.index()]) {
            exits.insert(self.part(*value), None);
        }
        exits
    }

    /// A part as a program that gives these values, and where what it names lies.
    fn voice(&self, part: u32, exits: &[ValueId]) -> Option<(Program, Member)> {
        let mut voice = Program { channels: exits.len() as u32, ..Program::default() };
        let mut member = Member { memories: Vec::new(), constants: Vec::new() };
        let mut names: HashMap<ValueId, ValueId> = HashMap::new();
        let mut memories: HashMap<Unit, MemoryId> = HashMap::new();
        let fixed = |memory: MemoryId, at: u32| self.fixed.contains_key(&(memory, at));
        let mut block = Block::default();
        for &value in &self.bodies[&part] {
            let inst = *self.program.inst(value);
            let operands = inst.op.operands().filter(|operand| is_free(self.program.inst(*operand).op));
            for operand in operands.collect::<Vec<_>>() {
                if names.contains_key(&operand) {
                    continue;
                }
                let mut free = *self.program.inst(operand);
                if let Op::Constant(constant) = free.op {
                    free.op = Op::Constant(ConstantId::new(member.constants.len()));
                    voice.constants.push(Constant { ..self.program.constants[constant.index()] });
                    member.constants.push(constant.index() as u32);
                }
                names.insert(operand, push(&mut voice, &mut block, free));
            }
            let mut local = |unit: Unit| {
                *memories.entry(unit).or_insert_with(|| {
                    let (memory, at, len) = match unit {
                        Unit::Slot(memory, at) => (memory, at, 1),
                        Unit::Whole(memory) => (memory, 0, self.program.memories[memory.index()].len),
                    };
                    member.memories.push((memory, at));
                    let owner = match self.program.memories[memory.index()].owner {
                        // Only tables can be read ahead.
                        Owner::Table(number) => {
                            voice.tables.push(self.program.tables[number as usize].clone());
                            Owner::Table(voice.tables.len() as u32 - 1)
                        }
                        _ => Owner::Scratch,
                    };
                    voice.memories.push(Memory { owner, len });
                    MemoryId::new(voice.memories.len() - 1)
                })
            };
            let op = match inst.op {
                Op::Load(memory, at) if fixed(memory, at) => Op::Load(local(Unit::Slot(memory, at)), 0),
                Op::Store(memory, at, x) if fixed(memory, at) => Op::Store(local(Unit::Slot(memory, at)), 0, x),
                Op::Load(memory, at) => Op::Load(local(Unit::Whole(memory)), at),
                Op::Store(memory, at, x) => Op::Store(local(Unit::Whole(memory)), at, x),
                Op::LoadAt(memory, x, bound) => Op::LoadAt(local(Unit::Whole(memory)), x, bound),
                Op::StoreAt(memory, x, bound, y) => Op::StoreAt(local(Unit::Whole(memory)), x, bound, y),
                Op::Parameter | Op::Position(_) | Op::Beat(_) | Op::Tempo | Op::Fault(_) => return None,
                op => op,
            };
            let name = push(&mut voice, &mut block, Inst { op: op.renamed(|old| names[&old]), ..inst });
            names.insert(value, name);
        }
        block.end = Some(End::Return(exits.iter().map(|exit| names[exit]).collect()));
        voice.blocks.push(block);
        Some((voice, member))
    }

    /// Voices and the rest.
    fn cut(self, sums: Vec<Sum>) -> Split {
        let exits = self.exits(&sums);
        let mut rest = self.program.clone();
        let mut groups: Vec<Group> = Vec::new();
        let mut gone = vec![false; self.program.insts.len()];
        let mut firsts: HashMap<u32, usize> = HashMap::new();
        let mut read = Vec::new();
        for sum in &sums {
            let first = self.part(sum.terms[0]);
            let start = start(self.program, sum);
            let number = *firsts.entry(first).or_insert_with(|| {
                let voices = sum.terms.iter().filter_map(|term| {
                    let part = self.part(*term);
                    self.voice(part, exits.get(&part)?.as_ref()?)
                });
                let (mut programs, members): (Vec<_>, Vec<_>) = voices.unzip();
                let voice = programs.swap_remove(0);
                let shape = ShapeKey::of(&voice);
                let buffer = rest.memories.len();
                let channels = voice.channels as usize;
                let quantum = Memory { owner: Owner::Scratch, len: QUANTUM as u32 };
                rest.memories.extend(std::iter::repeat_n(quantum, channels));
                groups.push(Group { voice, shape, members, sums: Vec::new(), buffer });
                groups.len() - 1
            });
            for part in sum.terms.iter().map(|term| self.part(*term)) {
                self.bodies[&part].iter().for_each(|value| gone[value.index()] = true);
            }
            let group = &mut groups[number];
            let buffer = MemoryId::new(group.buffer + group.sums.len());
            group.sums.push(start);
            sum.adds.iter().for_each(|add| gone[add.index()] = true);
            if let Some(last) = sum.adds.last() {
                read.push((*last, buffer));
            }
        }
        let frame = ValueId::new(rest.insts.len());
        rest.insts.push(Inst { op: Op::Frame, ty: Some(Type::Int) });
        for (value, buffer) in read {
            gone[value.index()] = false;
            rest.insts[value.index()].op = Op::LoadAt(buffer, frame, Bound::Wrap);
        }
        let body = &mut rest.blocks[0].body;
        body.retain(|value| !gone[value.index()]);
        body.insert(0, frame);
        prune(&mut rest);
        Split { groups, rest }
    }
}

fn push(program: &mut Program, block: &mut Block, inst: Inst) -> ValueId {
    program.insts.push(inst);
    let value = ValueId::new(program.insts.len() - 1);
    block.body.push(value);
    value
}

/// What a sum begins with. A first term that is a voice's is a term like the others.
fn start(program: &Program, sum: &Sum) -> Start {
    match sum.base.map(|base| program.inst(base).op) {
        Some(Op::Literal(bits)) => Start::Literal(bits),
        Some(Op::Constant(constant)) => Start::Constant(constant),
        _ => Start::Nothing,
    }
}

/// The representative of a value, without changing who points where.
fn root(whole: &[u32], mut value: u32) -> u32 {
    while whole[value as usize] != value {
        value = whole[value as usize];
    }
    value
}

/// The representative of a value; the way to it is made shorter.
fn find(whole: &mut [u32], mut value: u32) -> u32 {
    while whole[value as usize] != value {
        whole[value as usize] = whole[whole[value as usize] as usize];
        value = whole[value as usize];
    }
    value
}

fn join(whole: &mut [u32], one: u32, other: u32) {
    let (one, other) = (find(whole, one), find(whole, other));
    // The earlier one represents both.
    let (first, then) = (one.min(other), one.max(other));
    whole[then as usize] = first;
}
