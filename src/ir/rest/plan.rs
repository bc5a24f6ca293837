//! What can be known of a program before it runs: which of its slots may move while it rests. Control thread.

use std::collections::BTreeMap;

use super::Rest;
use super::moving::{Kind, Moving};
use super::value::Value;
use crate::ir::{End, MemoryId, Op, Owner, Program, Type, ValueId};

/// What is known of a program.
pub struct Plan {
    /// For each memory, what its slots can hold where that is known for ever: those of tables.
    pub tables: Box<[Option<Value>]>,
    /// Whether it reads where the transport is.
    pub beats: bool,
}

/// So many slots may move; all others must stay.
const MOST: usize = 256;

/// A slot that something is stored to.
type Slot = (MemoryId, u32);

impl Plan {
    /// The plan of a valid program, and the slots that may move; none if it never rests.
    pub fn of(program: &Program) -> Option<(Plan, Box<[Moving]>)> {
        // Where the listener is may change at any time, and so may what others give.
        if !program.heard.is_empty() || program.insts.iter().any(|inst| matches!(inst.op, Op::Position(_))) {
            return None;
        }
        let tables = program.memories.iter().map(|memory| match memory.owner {
            Owner::Table(number) => Some(Value::among(&program.tables[number as usize])),
            _ => None,
        });
        let plan = Plan { tables: tables.collect(), beats: program.reads_beats() };
        Some((plan, moving(program).into()))
    }

    /// Blocks of the heap that it keeps.
    pub fn blocks(&self) -> usize {
        usize::from(!self.tables.is_empty())
    }
}

/// The instructions of a program, in the order of its blocks.
fn body(program: &Program) -> impl Iterator<Item = ValueId> {
    program.blocks.iter().flat_map(|block| block.body.iter().copied())
}

/// The slots that are stored to and only named at their fixed places, as one type, with what is stored; in order.
fn stored(program: &Program) -> BTreeMap<Slot, (Type, Vec<ValueId>)> {
    let mut fixed = vec![true; program.memories.len()];
    let mut slots: BTreeMap<Slot, Option<(Type, Vec<ValueId>)>> = BTreeMap::new();
    for value in body(program) {
        let inst = program.inst(value);
        let (slot, ty, stored) = match inst.op {
            Op::LoadAt(memory, ..) | Op::StoreAt(memory, ..) => {
                fixed[memory.index()] = false;
                continue;
            }
            Op::Load(memory, at) => ((memory, at), inst.ty, None),
            Op::Store(memory, at, x) => ((memory, at), program.inst(x).ty, Some(x)),
            _ => continue,
        };
        let Some(ty) = ty else { continue };
        let known = slots.entry(slot).or_insert_with(|| Some((ty, Vec::new())));
        match known {
            Some((agreed, values)) if *agreed == ty => values.extend(stored),
            _ => *known = None,
        }
    }
    let slots = slots.into_iter().filter(|((memory, _), _)| fixed[memory.index()]);
    let slots = slots.filter_map(|(slot, known)| Some((slot, known.filter(|(_, values)| !values.is_empty())?)));
    slots.collect()
}

fn moving(program: &Program) -> Vec<Moving> {
    let mut slots = stored(program);
    while slots.len() > MOST {
        slots.pop_last();
    }
    let numbers = slots.keys().zip(0..).map(|(slot, number)| (*slot, number)).collect::<BTreeMap<Slot, usize>>();
    let reads = reads(program, &numbers);
    // Which slots each one is written from, and those in turn.
    let direct = slots.values().map(|(_, values)| {
        let mut all = Set::default();
        values.iter().for_each(|value| _ = all.join(&reads[value.index()]));
        all
    });
    let direct = direct.collect::<Vec<Set>>();
    let mut from = direct.clone();
    for through in 0..from.len() {
        let more = from[through];
        from.iter_mut().filter(|set| set.has(through)).for_each(|set| _ = set.join(&more));
    }
    // What is written from itself is a count, or it stays; others are known as soon as those are that they are written from.
    let mut levels = (0..from.len()).map(|number| from[number].has(number).then_some(0)).collect::<Vec<Option<u32>>>();
    while levels.contains(&None) {
        for number in 0..levels.len() {
            if levels[number].is_none() {
                let all = (0..levels.len()).filter(|other| direct[number].has(*other)).map(|other| levels[other]);
                levels[number] = all.collect::<Option<Vec<u32>>>().map(|all| 1 + all.into_iter().max().unwrap_or(0));
            }
        }
    }
    let moving = slots.iter().zip(levels).filter_map(|((&(memory, at), (ty, _)), level)| {
        let kind = match level? {
            0 => Kind::Count,
            level if u64::from(level) <= Rest::TAIL => Kind::Derived(level),
            _ => return None,
        };
        Some(Moving { memory, at, ty: *ty, kind, assumed: Value::Known(0), growth: 0, now: Value::Known(0), stores: 0 })
    });
    moving.collect()
}

/// For each value the slots that it depends on. What decides whether a block is run is not among them: while a program rests that is
/// the same in each frame.
fn reads(program: &Program, numbers: &BTreeMap<Slot, usize>) -> Vec<Set> {
    let mut reads = vec![Set::default(); program.insts.len()];
    loop {
        let mut changed = false;
        for block in &program.blocks {
            for &value in &block.body {
                let op = program.inst(value).op;
                let mut set = Set::default();
                if let Op::Load(memory, at) = op
                    && let Some(&number) = numbers.get(&(memory, at))
                {
                    set.add(number);
                }
                op.operands().for_each(|operand| _ = set.join(&reads[operand.index()]));
                changed |= reads[value.index()].join(&set);
            }
            for (to, given) in block.end.iter().flat_map(End::ways) {
                let parameters = &program.blocks[to.index()].parameters;
                for (parameter, given) in parameters.iter().zip(given) {
                    let given = reads[given.index()];
                    changed |= reads[parameter.index()].join(&given);
                }
            }
        }
        if !changed || program.blocks.len() == 1 {
            return reads;
        }
    }
}

/// A set of slots, by number.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Set([u64; MOST / 64]);

impl Set {
    fn add(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }

    /// Takes in another one, and says whether that was more.
    fn join(&mut self, other: &Set) -> bool {
        let before = *self;
        self.0.iter_mut().zip(&other.0).for_each(|(own, more)| *own |= more);
        *self != before
    }
}
