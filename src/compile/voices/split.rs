//! Finds equal voices inside a program: parts that nothing joins but a sum. It makes programs of them and of the rest, and no code.
//!
//! Sums of one signal after the other (`((a + b) + c) + …`) are cut where their terms look alike; what then hangs together,
//! by values or by memory, is a voice. Voices that are equal but for numbers and places in memory form a group. What several
//! of them need, one modulator for all, is cut off too: it runs before them, and they are fed with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::cut::FRAME;
use super::sets::{find, join, root};
use super::shared::Needs;
use super::sums::{Sum, sums};
use super::units::{Unit, is_free, unit};
use crate::compile::cells::{self, Cell};
use crate::ir::call::QUANTUM;
use crate::ir::{
    Block, Bound, Constant, ConstantId, End, Inst, Memory, MemoryId, Op, Owner, Program, ShapeKey, ValueId,
};

/// From so many equal voices on it is worth while to take them out.
pub const FEWEST: usize = 4;

/// Sums of a program, beyond which looking for voices takes longer than the performer waits: they are compared with each other.
const MOST: usize = 64;

/// How often sums that add no voices are left out before all are taken for such.
const ROUNDS: usize = 8;

/// A program in pieces that give what it gives.
pub struct Split {
    /// What runs before the voices, if anything: it writes a quantum of what they are fed to each of its last memories.
    pub before: Option<Program>,
    /// How many these are; voices and the rest have them after the program's own memories.
    pub feeds: usize,
    /// Equal voices.
    pub groups: Vec<Group>,
    /// What is left: it reads a quantum of what voices gave in each of its last memories, after the feeds.
    pub rest: Program,
    /// The channels of the program that it writes to its last memories, where it gives none itself.
    pub given: Vec<u32>,
}

/// Equal voices.
pub struct Group {
    /// Any one of them.
    pub voice: Program,
    /// The shape of each.
    pub shape: ShapeKey,
    /// In the order in which their sums add them.
    pub members: Vec<Member>,
    /// What each channel of the voice is added to; nothing where each gives channels of the program.
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Of each memory of the voice the program's memory, and its first slot there.
    pub memories: Vec<(MemoryId, u32)>,
    /// Of each constant of the voice its number in the program.
    pub constants: Vec<u32>,
    /// Of each channel of the voice its number in the program, where it is added to nothing.
    pub channels: Vec<u32>,
}

/// The pieces of a valid program, if it has equal voices that it adds up.
pub fn split(program: &Program) -> Option<Split> {
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(_)) = &block.end else { return None };
    let sums = sums(program, block, FEWEST);
    if sums.len() > MOST {
        return None;
    }
    let fixed = cells::fixed(program);
    [false, true].into_iter().find_map(|feeding| pieces(program, block, &fixed, sums.clone(), feeding))
}

/// The pieces, whose voices share something only where they are fed.
fn pieces(program: &Program, block: &Block, fixed: &Fixed, mut sums: Vec<Sum>, feeding: bool) -> Option<Split> {
    let needs = feeding.then(|| Needs::of(program, block, fixed));
    // A sum whose terms are no voices holds its neighbours together, too.
    for _ in 0..ROUNDS {
        if sums.is_empty() {
            return None;
        }
        let mut glue = vec![false; program.insts.len()];
        sums.iter().flat_map(|sum| &sum.adds).for_each(|add| glue[add.index()] = true);
        let mut shared = vec![false; program.insts.len()];
        let mut bad = vec![false; sums.len()];
        if let Some(needs) = &needs {
            for (sum, bad) in sums.iter().zip(&mut bad) {
                match needs.shared(sum, &glue) {
                    Some(values) => values.iter().for_each(|value| shared[value.index()] = true),
                    None => *bad = true,
                }
            }
        }
        if bad.iter().all(|bad| !bad) {
            let parts = Parts::of(program, block, fixed, glue, shared);
            bad = parts.unequal(&sums);
            if bad.iter().all(|bad| !bad) {
                return Some(parts.cut(sums));
            }
        }
        let mut bad = bad.into_iter();
        sums.retain(|_| !bad.next().unwrap_or(true));
    }
    None
}

/// Slots that are only named at their fixed places.
type Fixed = BTreeMap<(MemoryId, u32), Cell>;

/// A program whose sums are taken away: what hangs together.
pub(super) struct Parts<'p> {
    pub(super) program: &'p Program,
    pub(super) block: &'p Block,
    /// The representative of each value.
    whole: Vec<u32>,
    /// The values of each part, by its representative.
    pub(super) bodies: HashMap<u32, Vec<ValueId>>,
    /// Whether a part needs a sum.
    needs: HashMap<u32, bool>,
    /// The values that are sums, or on the way to one.
    glue: Vec<bool>,
    /// The values that several voices need.
    pub(super) shared: Vec<bool>,
    /// Those of them that somebody is fed with, in order.
    pub(super) feeds: Vec<ValueId>,
    fixed: &'p Fixed,
}

impl<'p> Parts<'p> {
    pub(super) fn of(
        program: &'p Program,
        block: &'p Block,
        fixed: &'p Fixed,
        glue: Vec<bool>,
        shared: Vec<bool>,
    ) -> Parts<'p> {
        let mut whole = (0..program.insts.len() as u32).collect::<Vec<_>>();
        let mut units: HashMap<Unit, u32> = HashMap::new();
        let (mut needing, mut fed) = (Vec::new(), vec![false; program.insts.len()]);
        for &value in &block.body {
            let op = program.inst(value).op;
            if shared[value.index()] || is_free(op) {
                continue;
            }
            op.operands().for_each(|operand| fed[operand.index()] |= shared[operand.index()]);
            if glue[value.index()] {
                continue;
            }
            for operand in op.operands() {
                if glue[operand.index()] {
                    needing.push(value);
                } else if !shared[operand.index()] && !is_free(program.inst(operand).op) {
                    join(&mut whole, value.index() as u32, operand.index() as u32);
                }
            }
            if let Some(unit) = unit(program, fixed, op) {
                let first = *units.entry(unit).or_insert(value.index() as u32);
                join(&mut whole, value.index() as u32, first);
            }
        }
        let returned = block.end.iter().flat_map(|end| end.operands());
        returned.for_each(|value| fed[value.index()] |= shared[value.index()]);
        let feeds = block.body.iter().copied().filter(|value| fed[value.index()]).collect();
        let own = |value: &ValueId| !glue[value.index()] && !shared[value.index()] && !is_free(program.inst(*value).op);
        let mut bodies: HashMap<u32, Vec<ValueId>> = HashMap::new();
        for &value in block.body.iter().filter(|value| own(value)) {
            bodies.entry(find(&mut whole, value.index() as u32)).or_default().push(value);
        }
        let needs = needing.iter().map(|value| (find(&mut whole, value.index() as u32), true)).collect();
        for value in 0..whole.len() as u32 {
            find(&mut whole, value);
        }
        let whole = (0..whole.len()).map(|value| root(&whole, value as u32)).collect();
        Parts { program, block, whole, bodies, needs, glue, shared, feeds, fixed }
    }

    pub(super) fn part(&self, value: ValueId) -> u32 {
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
    pub(super) fn exits(&self, sums: &[Sum]) -> HashMap<u32, Option<Vec<ValueId>>> {
        let mut exits: HashMap<u32, Option<Vec<ValueId>>> = HashMap::new();
        for term in sums.iter().flat_map(|sum| &sum.terms) {
            if let Some(list) = exits.entry(self.part(*term)).or_insert_with(|| Some(Vec::new())) {
                list.push(*term);
            }
        }
        let returned = self.block.end.iter().flat_map(|end| end.operands());
        for value in returned.filter(|value| !self.glue[value.index()] && !self.shared[value.index()]) {
            exits.insert(self.part(*value), None);
        }
        exits
    }

    /// A part as a program that gives these values, and where what it names lies.
    pub(super) fn voice(&self, part: u32, exits: &[ValueId]) -> Option<(Program, Member)> {
        let mut voice = Program { channels: exits.len() as u32, ..Program::default() };
        let mut member = Member::default();
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
            for operand in inst.op.operands().filter(|operand| self.shared[operand.index()]) {
                if names.contains_key(&operand) {
                    continue;
                }
                let feed = self.feeds.iter().position(|feed| *feed == operand)?;
                let memory = MemoryId::new(voice.memories.len());
                member.memories.push((MemoryId::new(self.program.memories.len() + feed), 0));
                voice.memories.push(Memory { owner: Owner::Feed, len: QUANTUM as u32 });
                let frame = push(&mut voice, &mut block, FRAME);
                let ty = self.program.inst(operand).ty;
                let read = Inst { op: Op::LoadAt(memory, frame, Bound::Quantum), ty };
                names.insert(operand, push(&mut voice, &mut block, read));
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
                        Owner::Heard(..) | Owner::Feed => Owner::Feed,
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
}

fn push(program: &mut Program, block: &mut Block, inst: Inst) -> ValueId {
    program.insts.push(inst);
    let value = ValueId::new(program.insts.len() - 1);
    block.body.push(value);
    value
}
