//! Finds cells that count round: 0, 1, 2 and on, one further in each frame, up to a number of their own and again. It changes no program.

use std::collections::{BTreeMap, HashMap};

use super::follow::Follow;
use crate::compile::cells::Cell;
use crate::ir::call::QUANTUM;
use crate::ir::{Binary, MemoryId, Op, Program, Type, ValueId};

/// Operations that may be spent on a program: a save waits for them.
pub const EFFORT: usize = 1 << 21;

/// A cell that counts round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// Whose cell.
    pub memory: MemoryId,
    /// Which one.
    pub at: u32,
    /// What it holds, a Real or an Int.
    pub ty: Type,
    /// It counts from 0 to one less; none where it goes on for ever.
    pub period: Option<u64>,
    /// The one statement that stores to it.
    pub store: ValueId,
    /// What it stores.
    pub next: ValueId,
}

impl Round {
    /// What loads the cell.
    pub fn load(&self) -> Op {
        Op::Load(self.memory, self.at)
    }

    /// A count as it stands in the cell.
    pub fn bits(ty: Type, count: u64) -> u64 {
        // Signed, because processors have no other conversion.
        if ty == Type::Real { (count as i64 as f64).to_bits() } else { count }
    }

    /// The count that a cell holds, if it is one of those that it takes by itself.
    pub fn count(ty: Type, period: Option<u64>, bits: u64) -> Option<u64> {
        let Some(period) = period else { return Some(bits) };
        let count = if ty == Type::Real { f64::from_bits(bits) as i64 as u64 } else { bits };
        (count < period && Round::bits(ty, count) == bits).then_some(count)
    }
}

/// The cells of a program that count round before they reach `longest`, by no more operations than `effort` has left, and those
/// that count on for ever.
///
/// That they come round is found by counting, so it does not matter how the performer has written it.
pub fn rounds(
    program: &Program,
    fixed: &BTreeMap<(MemoryId, u32), Cell>,
    longest: u32,
    effort: &mut usize,
) -> Vec<Round> {
    let mut stores: BTreeMap<(MemoryId, u32), Vec<(ValueId, ValueId)>> = BTreeMap::new();
    for &value in program.blocks.iter().flat_map(|block| &block.body) {
        if let Op::Store(memory, at, next) = program.inst(value).op {
            stores.entry((memory, at)).or_default().push((value, next));
        }
    }
    let found = stores.into_iter().filter_map(|((memory, at), stores)| {
        let (cell, &[(store, next)]) = (fixed.get(&(memory, at))?, stores.as_slice()) else { return None };
        let mut round = Round { memory, at, ty: cell.ty, period: None, store, next };
        if !is_endless(program, &round) {
            let period = (cell.ty != Type::Bool).then(|| period_of(program, &round, longest, effort)).flatten();
            round.period = Some(period?);
        }
        Some(round)
    });
    found.collect()
}

/// Whether a cell is an Int that grows by one in each frame.
fn is_endless(program: &Program, round: &Round) -> bool {
    let op = |value: ValueId| program.inst(value).op;
    let Op::Binary(Binary::IntAdd, x, y) = op(round.next) else { return false };
    op(x) == round.load() && op(y) == Op::Literal(1) || op(y) == round.load() && op(x) == Op::Literal(1)
}

/// What a value is while a cell counts round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fact {
    /// What it always is.
    pub always: Option<u64>,
    /// How far it is ahead of the count, modulo the period.
    pub ahead: Option<u64>,
    /// The most that it ever is.
    pub most: u64,
}

/// What those of some values are that depend on one count and on numbers; none if that takes more effort than is left.
pub fn facts(
    program: &Program,
    round: &Round,
    values: &[ValueId],
    effort: &mut usize,
) -> Option<HashMap<ValueId, Fact>> {
    let Some(period) = round.period else { return Some(HashMap::new()) };
    let mut follow = Follow::new(program, round.load());
    let places = values.iter().filter_map(|value| Some((*value, follow.place(*value)?))).collect::<Vec<_>>();
    *effort = effort.checked_sub(follow.cost().saturating_mul(period as usize))?;
    let first = follow.at(Round::bits(round.ty, 0)).to_vec();
    let fact = |bits: u64| Fact { always: Some(bits), ahead: Some(bits).filter(|bits| *bits < period), most: bits };
    let mut facts = places.iter().map(|(_, place)| fact(first[*place])).collect::<Vec<_>>();
    for count in 1..period {
        let now = follow.at(Round::bits(round.ty, count));
        for (fact, (_, place)) in facts.iter_mut().zip(&places) {
            let bits = now[*place];
            fact.always = fact.always.filter(|always| *always == bits);
            fact.ahead = fact.ahead.filter(|ahead| (count + ahead) % period == bits);
            fact.most = fact.most.max(bits);
        }
    }
    Some(places.iter().map(|(value, _)| *value).zip(facts).collect())
}

/// After how many frames a cell that holds 0 holds 0 again, if it counts up by one until then and does so for a quantum at least.
fn period_of(program: &Program, round: &Round, longest: u32, effort: &mut usize) -> Option<u64> {
    let mut follow = Follow::new(program, round.load());
    let next = follow.place(round.next)?;
    let mut count = 0;
    while count < u64::from(longest) {
        *effort = effort.checked_sub(follow.cost())?;
        let then = follow.at(Round::bits(round.ty, count))[next];
        count += 1;
        if then == 0 {
            return (count >= QUANTUM as u64).then_some(count);
        }
        if then != Round::bits(round.ty, count) {
            return None;
        }
    }
    None
}
