//! Finds what of a program waits for the frame before, apart from all that does not. It makes no code.
//!
//! A recursion is a run of operations and cells each of which needs all others, some of them as they were in the frame before. What
//! it is given, and what is made of what it gives, need nothing of the frame before themselves.

use std::collections::HashMap;

use super::lower::{Kept, growth};
use crate::ir::{Binary, Block, End, MemoryId, Op, Program, Type, Unary, ValueId};

/// Cells that are told apart by a bit each.
const MOST: usize = u64::BITS as usize;

/// Operations of single numbers, and of vectors, that a processor does in a cycle; cycles of a vector that nothing hides, and those of
/// a frame that handing numbers from stage to stage takes at least (both measured on a Zen 5, with filters behind oscillators).
const ONE_BY_ONE: usize = 3;
const SIDE_BY_SIDE: usize = 4;
const EDGE: usize = 28;
const HANDED: usize = 1;

/// Steps of each number that a recursion is given or gives, about, and how many per cent weaving must save: what stands before and
/// behind recursions takes its time as well.
const TURNING: usize = 3;
const MARGIN: usize = 125;

/// Shares of a cycle.
const SHARES: usize = 64;

/// A slot of small state.
type Slot = (MemoryId, u32);

/// Equal recursions that need nothing of each other.
pub struct Recursion {
    /// How many others they need, one after the other.
    pub level: u32,
    /// Of each its values and statements, in order.
    pub members: Vec<Vec<ValueId>>,
}

/// The recursions of a program.
pub struct Recursions {
    /// Equal ones together.
    pub all: Vec<Recursion>,
    /// Values that need one recursion and are needed by another.
    between: Vec<ValueId>,
    /// Of each value whether it needs one.
    waits: Vec<bool>,
}

/// The slots that wait for the frame before: stored, and by something else than what counts.
pub fn waiting(program: &Program, block: &Block, kept: &Kept) -> Vec<Slot> {
    let stores = block.body.iter().filter_map(|value| match program.inst(*value).op {
        Op::Store(memory, at, stored) => Some(((memory, at), stored)),
        _ => None,
    });
    let waits = |slot: &Slot, stored: ValueId| kept.contains_key(slot) && growth(program, *slot, stored).is_none();
    stores.filter(|(slot, stored)| waits(slot, *stored)).map(|(slot, _)| slot).collect()
}

/// The recursions of a straight program whose slots were [`forwarded`], as many side by side as a vector has lanes; none if there
/// are too many, or if one does what recursions cannot.
pub fn recursions(program: &Program, block: &Block, slots: &[Slot], lanes: usize) -> Option<Recursions> {
    if slots.len() > MOST {
        return None;
    }
    let (owners, between, waits) = owners(program, block, slots);
    let mut members = vec![Vec::new(); slots.len()];
    for &value in &block.body {
        if let Some(owner) = owners[value.index()] {
            let op = program.inst(value).op;
            if !op.computes() && !matches!(op, Op::Load(..) | Op::Store(..)) {
                return None;
            }
            members[owner].push(value);
        }
    }
    let levels = levels(program, block, &owners, slots.len())?;
    let mut places: HashMap<(u32, Look), usize> = HashMap::new();
    let mut all: Vec<Recursion> = Vec::new();
    for (owner, member) in members.into_iter().enumerate().filter(|(_, member)| !member.is_empty()) {
        let place = places.entry((levels[owner], look(program, &member))).or_insert(all.len());
        if all.get(*place).is_none_or(|recursion| recursion.members.len() == lanes) {
            *place = all.len();
            all.push(Recursion { level: levels[owner], members: Vec::new() });
        }
        all[*place].members.push(member);
    }
    Some(Recursions { all, between, waits })
}

/// Of each value the first slot of the recursion that it is part of; the values that stand between recursions; and of each
/// value whether it needs one.
fn owners(program: &Program, block: &Block, slots: &[Slot]) -> (Vec<Option<usize>>, Vec<ValueId>, Vec<bool>) {
    let number = |memory: MemoryId, at: u32| slots.iter().position(|known| *known == (memory, at));
    let each = |set: u64| (0..slots.len()).filter(move |slot| set >> slot & 1 != 0);
    // The slots that each value needs in its own frame, and those whose next number needs it.
    let mut needs = vec![0_u64; program.insts.len()];
    let mut feeds = vec![0_u64; program.insts.len()];
    // The slots that the next number of each slot needs, at last in all frames.
    let mut far = vec![0_u64; slots.len()];
    for &value in &block.body {
        let op = program.inst(value).op;
        needs[value.index()] = op.operands().fold(0, |all, operand| all | needs[operand.index()]);
        match op {
            Op::Load(memory, at) => needs[value.index()] |= number(memory, at).map_or(0, |slot| 1 << slot),
            Op::Store(memory, at, stored) => {
                if let Some(slot) = number(memory, at) {
                    feeds[stored.index()] |= 1 << slot;
                    far[slot] = needs[stored.index()];
                }
            }
            _ => {}
        }
    }
    for &value in block.body.iter().rev() {
        let own = feeds[value.index()];
        program.inst(value).op.operands().for_each(|operand| feeds[operand.index()] |= own);
    }
    // Warshall 1962.
    for through in 0..slots.len() {
        let more = far[through];
        far.iter_mut().filter(|far| **far >> through & 1 != 0).for_each(|far| *far |= more);
    }
    let first =
        |slot: usize| each(far[slot]).find(|other| *other < slot && far[*other] >> slot & 1 != 0).unwrap_or(slot);
    let owner = |value: &ValueId| match program.inst(*value).op {
        Op::Load(memory, at) | Op::Store(memory, at, _) => number(memory, at).map(first),
        _ => {
            let goes_round = |slot: &usize| (far[*slot] | 1 << slot) & feeds[value.index()] != 0;
            each(needs[value.index()]).find(goes_round).map(first)
        }
    };
    let mut owners = vec![None; program.insts.len()];
    block.body.iter().for_each(|value| owners[value.index()] = owner(value));
    let between = block.body.iter().copied().filter(|value| {
        let value = value.index();
        owners[value].is_none() && needs[value] != 0 && feeds[value] != 0
    });
    let between = between.collect();
    (owners, between, needs.iter().map(|needs| *needs != 0).collect())
}

/// Of each recursion how many others it needs, one after the other; none if that does not end.
fn levels(program: &Program, block: &Block, owners: &[Option<usize>], slots: usize) -> Option<Vec<u32>> {
    let mut depths = vec![0; program.insts.len()];
    let mut levels = vec![0; slots];
    for _ in 0..slots + 2 {
        let mut settled = true;
        for &value in &block.body {
            let own = owners[value.index()];
            let behind = program.inst(value).op.operands().map(|operand| match owners[operand.index()] {
                Some(owner) if own != Some(owner) => levels[owner] + 1,
                Some(_) => 0,
                None => depths[operand.index()],
            });
            let depth = behind.max().unwrap_or_default();
            let place: &mut u32 = own.map_or(&mut depths[value.index()], |owner| &mut levels[owner]);
            settled &= depth <= *place;
            *place = depth.max(*place);
        }
        if settled {
            return Some(levels);
        }
    }
    None
}

/// Whether a vector of frames is sooner done than stages of which the middle one goes frame by frame.
///
/// In a vector recursions wait for each other level by level, only what comes first overlaps with the rest, and whatever needs none of
/// them hides behind them. Frame by frame all of them overlap, but operations come one by one, and the other stages take their own time.
pub fn are_worth_while(program: &Program, block: &Block, recursions: &Recursions, lanes: usize) -> bool {
    let mut levels: Vec<usize> = Vec::new();
    let mut one_by_one = 0;
    for Recursion { level, members } in &recursions.all {
        levels.resize(levels.len().max(*level as usize + 1), 0);
        let slowest = &mut levels[*level as usize];
        *slowest = latency(program, &members[0]).max(*slowest);
        one_by_one += members.iter().map(|member| operations(program, member)).sum::<usize>();
    }
    let others = operations(program, &block.body) - one_by_one;
    let between = operations(program, &recursions.between);
    let side_by_side = |count: usize| count * SHARES / (SIDE_BY_SIDE * lanes);
    let (first, later) = levels.split_first().map_or((0, 0), |(first, later)| (*first, later.iter().sum()));
    let slowest = levels.iter().copied().max().unwrap_or_default();
    let turned = recursions.all.iter().map(|Recursion { members, .. }| {
        let given = outside(program, &members[0]).len();
        lanes * (operations(program, &members[0]) + TURNING * given)
    });
    let vectors = side_by_side(others + turned.sum::<usize>());
    let woven = (first.max(later) * SHARES + EDGE * SHARES / lanes).max(vectors);
    let frame = (slowest * SHARES).max((one_by_one + between) * SHARES / ONE_BY_ONE);
    let crosses = |value: &ValueId| {
        let number = matches!(program.inst(*value).op, Op::Literal(_) | Op::Constant(_));
        !number && !recursions.waits[value.index()]
    };
    let members = recursions.all.iter().flat_map(|recursion| &recursion.members);
    let handed = members.flat_map(|member| outside(program, member)).filter(crosses).count();
    let stages = frame + side_by_side(others - between) + (HANDED * SHARES).max(2 * handed * SHARES / ONE_BY_ONE);
    woven * MARGIN <= stages * 100
}

/// How many values are computed.
fn operations(program: &Program, values: &[ValueId]) -> usize {
    values.iter().filter(|value| program.inst(**value).op.computes()).count()
}

/// Cycles from what a recursion held in the frame before to what it holds in the next one.
fn latency(program: &Program, member: &[ValueId]) -> usize {
    let mut ends: HashMap<ValueId, usize> = HashMap::new();
    let mut longest = 0;
    for &value in member {
        let op = program.inst(value).op;
        let begins = op.operands().filter_map(|operand| ends.get(&operand).copied()).max().unwrap_or_default();
        let takes = match op {
            Op::Fma(..) => 4,
            Op::Binary(Binary::Div, ..) => 13,
            Op::Unary(Unary::Sqrt, _) => 20,
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul, ..) => 3,
            Op::Select(..) => 2,
            Op::Load(..) | Op::Store(..) => 0,
            _ => 1,
        };
        ends.insert(value, begins + takes);
        longest = longest.max(begins + takes);
    }
    longest
}

/// What a recursion is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Given {
    Literal(u64),
    Constant(Option<Type>),
    Value(Option<Type>),
}

/// What is the same in equal recursions: their operations on values, on slots and on what they are given, each by number.
type Look = (Vec<(Op, Option<Type>)>, Vec<Given>);

fn look(program: &Program, member: &[ValueId]) -> Look {
    let mut slots: Vec<Slot> = Vec::new();
    let outside = outside(program, member);
    let name = |value: ValueId| match outside.iter().position(|given| *given == value) {
        Some(place) => ValueId::new(member.len() + place),
        None => ValueId::new(member.iter().position(|own| *own == value).unwrap_or_default()),
    };
    let mut slot = |memory: MemoryId, at: u32| {
        let place = slots.iter().position(|known| *known == (memory, at)).unwrap_or_else(|| {
            slots.push((memory, at));
            slots.len() - 1
        });
        MemoryId::new(place)
    };
    let ops = member.iter().map(|value| {
        let inst = program.inst(*value);
        let op = match inst.op {
            Op::Load(memory, at) => Op::Load(slot(memory, at), 0),
            Op::Store(memory, at, stored) => Op::Store(slot(memory, at), 0, name(stored)),
            op => op.renamed(name),
        };
        (op, inst.ty)
    });
    let ops = ops.collect();
    let given = outside.iter().map(|value| {
        let inst = program.inst(*value);
        match inst.op {
            Op::Literal(bits) => Given::Literal(bits),
            Op::Constant(_) => Given::Constant(inst.ty),
            _ => Given::Value(inst.ty),
        }
    });
    (ops, given.collect())
}

/// What a recursion is given, in the order in which it needs it first.
pub fn outside(program: &Program, member: &[ValueId]) -> Vec<ValueId> {
    let mut given = Vec::new();
    for operand in member.iter().flat_map(|value| program.inst(*value).op.operands()) {
        if !member.contains(&operand) && !given.contains(&operand) {
            given.push(operand);
        }
    }
    given
}

/// The same program, if it is one run of instructions, in which each of these slots is read before it is written, and written once.
pub fn forwarded(program: &Program, kept: &Kept) -> Option<Program> {
    let [block] = program.blocks.as_slice() else { return None };
    let mut program = program.clone();
    let mut names: HashMap<ValueId, ValueId> = HashMap::new();
    let mut stored: HashMap<Slot, (ValueId, ValueId)> = HashMap::new();
    let mut gone = vec![false; program.insts.len()];
    for &value in &block.body {
        let op = program.inst(value).op.renamed(|operand| names.get(&operand).copied().unwrap_or(operand));
        program.insts[value.index()].op = op;
        match op {
            Op::Load(memory, at) => {
                if let Some((_, held)) = stored.get(&(memory, at)) {
                    names.insert(value, *held);
                    gone[value.index()] = true;
                }
            }
            Op::Store(memory, at, held) if kept.contains_key(&(memory, at)) => {
                if let Some((before, _)) = stored.insert((memory, at), (value, held)) {
                    gone[before.index()] = true;
                }
            }
            _ => {}
        }
    }
    let block = &mut program.blocks[0];
    block.body.retain(|value| !gone[value.index()]);
    if let Some(End::Return(channels)) = &mut block.end {
        channels.iter_mut().for_each(|channel| *channel = names.get(channel).copied().unwrap_or(*channel));
    }
    Some(program)
}
