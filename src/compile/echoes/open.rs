//! Rewrites a program whose rings are walked through slot by slot, so that it reads and writes a quantum of each instead. It runs nothing.

use std::collections::{HashMap, HashSet};

use super::round::{EFFORT, Fact, Round, facts, rounds};
use crate::compile::cells;
use crate::ir::call::QUANTUM;
use crate::ir::{
    Binary, Block, BlockId, Bound, End, Inst, Memory, MemoryId, Op, Owner, Program, Source, Type, ValueId, prune,
    straighten,
};

/// Operations from a count to an index, one after the other, beyond which nobody looks.
const DEEP: usize = 16;

/// A program that is lent what it reads of rings.
pub struct Opened {
    /// The program. After its own memories it has a quantum for each echo.
    pub program: Program,
    /// Where the memories of the program as it was written end.
    pub memories: usize,
    /// The cells that count round.
    pub counts: Vec<Count>,
    /// What it reads and writes of rings.
    pub echoes: Vec<Echo>,
}

/// A cell that counts round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Count {
    /// Whose cell.
    pub memory: MemoryId,
    /// Which one.
    pub at: u32,
    /// What it holds, a Real or an Int.
    pub ty: Type,
    /// It counts from 0 to one less; none where it goes on for ever.
    pub period: Option<u64>,
    /// Whether the program moves it on; if not, whoever runs the program does.
    pub kept: bool,
}

impl Opened {
    /// Whether its cells hold counts whatever they hold.
    pub fn always_counts(&self) -> bool {
        self.counts.iter().all(|count| count.period.is_none())
    }

    /// Of each echo the one before it at the same place of the same ring.
    pub fn before(&self) -> Vec<Option<usize>> {
        let mut latest = HashMap::new();
        let at = |echo: &Echo| (echo.ring, echo.count, echo.ahead);
        self.echoes.iter().enumerate().map(|(number, echo)| latest.insert(at(echo), number)).collect()
    }
}

/// Slots of a ring, one further in each frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// Whose slots.
    pub ring: MemoryId,
    /// The cell that they follow, by index into [`Opened::counts`].
    pub count: usize,
    /// How far they are ahead of it: below its period, or, where it goes on for ever, modulo 2⁶⁴.
    pub ahead: u64,
    /// Whether they are written.
    pub written: bool,
}

/// Whether nothing that is written of a ring is read later in the same quantum; what it has echoes of stands in their order.
fn are_apart(echoes: &[Echo], period: u64) -> bool {
    let mut writes = echoes.iter().enumerate().filter(|(_, echo)| echo.written);
    let Some((place, write)) = writes.next() else { return true };
    let clear = |(number, read): (usize, &Echo)| {
        let later = (write.ahead % period + period - read.ahead % period) % period;
        read.written || later >= QUANTUM as u64 || later == 0 && number < place
    };
    writes.next().is_none() && echoes.iter().enumerate().all(clear)
}

impl Echo {
    /// Whether it lies in the same lines of the cache as another one, but for the first or the last.
    pub fn is_beside(&self, other: &Echo) -> bool {
        (self.ring, self.count) == (other.ring, other.count)
            && (self.ahead.wrapping_sub(other.ahead) as i64).unsigned_abs() < LINE
    }
}

/// Samples in a line of the cache.
const LINE: u64 = 8;

/// The program with its echoes taken out, if it has any and is one run of instructions then.
///
/// It gives the same bits as long as each cell holds one of its counts.
pub fn open(program: &Program) -> Option<Opened> {
    let body = program.blocks.iter().flat_map(|block| &block.body);
    let rings = body.filter_map(|value| ring(program, *value)).collect::<Vec<_>>();
    if rings.is_empty() {
        return None;
    }
    let rounded = rings.iter().filter(|access| !access.wraps).map(|access| program.memories[access.ring.index()].len);
    let longest = rounded.max().unwrap_or_default();
    let straight = straighten(program);
    let program = straight.as_ref().unwrap_or(program);
    let mut effort = EFFORT;
    let rounds = rounds(program, &cells::fixed(program), longest, &mut effort);
    if rounds.is_empty() {
        return None;
    }
    let ends = program.blocks.iter().filter_map(|block| match &block.end {
        Some(End::Branch(condition, ..)) => Some(*condition),
        _ => None,
    });
    let body = program.blocks.iter().flat_map(|block| &block.body);
    let indices = body.filter_map(|value| Some(ring(program, *value)?.index));
    let wanted = ends.chain(indices).collect::<Vec<_>>();
    let facts = rounds.iter().map(|round| facts(program, round, &wanted, &mut effort)).collect::<Option<_>>()?;
    let used = vec![false; rounds.len()];
    let mut opener = Opener { program, rounds, used, facts };
    let block = opener.way()?;
    let echoes = opener.echoes(&block);
    (!echoes.is_empty()).then(|| opener.rewrite(block, echoes))
}

/// An access to a ring.
struct Access {
    ring: MemoryId,
    index: ValueId,
    /// Whether an index beyond its end goes on at its beginning.
    wraps: bool,
    written: bool,
}

/// The access that an instruction is, if it is one to a ring of the performer's or of a helper.
fn ring(program: &Program, value: ValueId) -> Option<Access> {
    let (ring, index, bound, written) = match program.inst(value).op {
        Op::LoadAt(memory, index, bound) => (memory, index, bound, false),
        Op::StoreAt(memory, index, bound, _) => (memory, index, bound, true),
        _ => return None,
    };
    let own = matches!(program.memories[ring.index()].owner, Owner::Line(..) | Owner::Cells(_));
    (own && bound != Bound::Quantum).then_some(Access { ring, index, wraps: bound == Bound::Wrap, written })
}

struct Opener<'p> {
    program: &'p Program,
    rounds: Vec<Round>,
    /// Whether anything was taken for granted of each.
    used: Vec<bool>,
    /// What each decides.
    facts: Vec<HashMap<ValueId, Fact>>,
}

impl Opener<'_> {
    /// The blocks that a frame goes through, one after the other, if counts decide all branches.
    fn way(&mut self) -> Option<Block> {
        let mut block = Block::default();
        let mut seen = HashSet::new();
        let mut at = BlockId::new(0);
        while seen.insert(at) {
            let here = &self.program.blocks[at.index()];
            // What they are given would have to be renamed.
            if !here.parameters.is_empty() {
                return None;
            }
            block.body.extend(&here.body);
            at = match here.end.as_ref()? {
                End::Jump(to, _) => *to,
                End::Branch(condition, (yes, _), (no, _)) => {
                    if self.always(*condition)? {
                        *yes
                    } else {
                        *no
                    }
                }
                end @ End::Return(_) => {
                    block.end = Some(end.clone());
                    let mut rounds = self.rounds.iter().filter(|round| round.period.is_some());
                    return rounds.all(|round| self.reads_first(&block, round)).then_some(block);
                }
            };
        }
        None
    }

    /// Whether a cell is read before it is written.
    fn reads_first(&self, block: &Block, round: &Round) -> bool {
        let place = |wanted: ValueId| block.body.iter().position(|value| *value == wanted);
        let store = place(round.store);
        let mut loads = block.body.iter().filter(|value| self.program.inst(**value).op == round.load());
        store.is_some() && loads.all(|load| place(*load) < store)
    }

    /// What a Bool is, if a count decides it.
    fn always(&mut self, condition: ValueId) -> Option<bool> {
        let (round, truth) = self.facts.iter().enumerate().find_map(|(round, facts)| {
            let Fact { always, .. } = facts.get(&condition)?;
            Some((round, (*always)? != 0))
        })?;
        self.used[round] = true;
        Some(truth)
    }

    /// Which count an index follows, and how far ahead, if it stays below `len`.
    fn ahead(&mut self, index: ValueId, len: u32) -> Option<(usize, u64)> {
        let (round, ahead) = self.facts.iter().enumerate().find_map(|(round, facts)| {
            let Fact { ahead, most, .. } = facts.get(&index)?;
            Some((round, (*ahead)?)).filter(|_| *most < u64::from(len))
        })?;
        self.used[round] = true;
        Some((round, ahead))
    }

    /// Which count that goes on for ever an index follows, and how far ahead, modulo 2⁶⁴.
    fn beyond(&mut self, block: &Block, index: ValueId) -> Option<(usize, u64)> {
        let (round, ahead) = self.follow(index, DEEP)?;
        if !self.reads_first(block, &self.rounds[round]) {
            return None;
        }
        self.used[round] = true;
        Some((round, ahead))
    }

    fn follow(&self, index: ValueId, depth: usize) -> Option<(usize, u64)> {
        let number = |value: ValueId| match self.program.inst(value).op {
            Op::Literal(bits) => Some(bits),
            Op::Constant(constant) => match self.program.constants[constant.index()].source {
                Source::Bits(bits) => Some(bits),
                Source::Seed(..) => None,
            },
            _ => None,
        };
        let depth = depth.checked_sub(1)?;
        let (of, more) = match self.program.inst(index).op {
            Op::Binary(Binary::IntAdd, x, y) => match number(y) {
                Some(more) => (x, more),
                None => (y, number(x)?),
            },
            Op::Binary(Binary::IntSub, x, y) => (x, number(y)?.wrapping_neg()),
            load => {
                let is_it = |round: &Round| round.period.is_none() && round.load() == load;
                return Some((self.rounds.iter().position(is_it)?, 0));
            }
        };
        self.follow(of, depth).map(|(round, ahead)| (round, ahead.wrapping_add(more)))
    }

    /// The accesses that follow a count, ring by ring; of a ring all of them do, or none is taken.
    fn echoes(&mut self, block: &Block) -> Vec<(ValueId, Echo)> {
        let rings =
            block.body.iter().filter_map(|value| Some(ring(self.program, *value)?.ring)).collect::<HashSet<_>>();
        let fixed = block.body.iter().filter_map(|value| match self.program.inst(*value).op {
            Op::Load(memory, _) | Op::Store(memory, ..) => Some(memory),
            _ => None,
        });
        let fixed = fixed.collect::<HashSet<_>>();
        let mut rings = rings.difference(&fixed).copied().collect::<Vec<_>>();
        rings.sort_unstable_by_key(|ring| ring.index());
        rings.into_iter().flat_map(|memory| self.echoes_of(block, memory).unwrap_or_default()).collect()
    }

    fn echoes_of(&mut self, block: &Block, memory: MemoryId) -> Option<Vec<(ValueId, Echo)>> {
        let len = self.program.memories[memory.index()].len;
        let mut echoes: Vec<(ValueId, Echo)> = Vec::new();
        for &value in &block.body {
            let Some(Access { index, wraps, written, .. }) =
                ring(self.program, value).filter(|access| access.ring == memory)
            else {
                continue;
            };
            let real = match self.program.inst(value).op {
                Op::StoreAt(.., stored) => self.program.inst(stored).ty,
                _ => self.program.inst(value).ty,
            };
            if real != Some(Type::Real) {
                return None;
            }
            let (count, ahead) = if wraps { self.beyond(block, index)? } else { self.ahead(index, len)? };
            echoes.push((value, Echo { ring: memory, count, ahead, written }));
        }
        let count = echoes.first()?.1.count;
        let one = echoes.iter().all(|(_, echo)| echo.count == count);
        let list = echoes.iter().map(|(_, echo)| *echo).collect::<Vec<_>>();
        let period = self.rounds[count].period.unwrap_or(u64::from(len));
        (one && are_apart(&list, period)).then_some(echoes)
    }

    fn rewrite(mut self, mut block: Block, mut echoes: Vec<(ValueId, Echo)>) -> Opened {
        // What nothing was taken for granted of is a cell like others.
        let places = self.used.iter().scan(0, |next, used| {
            *next += usize::from(*used);
            Some(*next - usize::from(*used))
        });
        let places = places.collect::<Vec<_>>();
        echoes.iter_mut().for_each(|(_, echo)| echo.count = places[echo.count]);
        let mut used = self.used.iter();
        self.rounds.retain(|_| used.next().is_some_and(|used| *used));
        let mut program = self.program.clone();
        let memories = program.memories.len();
        let frame = ValueId::new(program.insts.len());
        program.insts.push(Inst { op: Op::Frame, ty: Some(Type::Int) });
        block.body.insert(0, frame);
        for (value, echo) in &echoes {
            let memory = MemoryId::new(program.memories.len());
            let owner = if echo.written { Owner::Scratch } else { Owner::Feed };
            program.memories.push(Memory { owner, len: QUANTUM as u32 });
            let inst = &mut program.insts[value.index()];
            inst.op = match inst.op {
                Op::StoreAt(.., stored) => Op::StoreAt(memory, frame, Bound::Quantum, stored),
                _ => Op::LoadAt(memory, frame, Bound::Quantum),
            };
        }
        let kept = self.kept(&program, &block);
        let gone = |value: &ValueId| self.rounds.iter().zip(&kept).any(|(round, kept)| !kept && round.store == *value);
        block.body.retain(|value| !gone(value));
        program.blocks = vec![block];
        prune(&mut program);
        let counts = self.rounds.iter().zip(kept);
        let counts = counts.map(|(round, kept)| {
            let Round { memory, at, ty, period, .. } = *round;
            Count { memory, at, ty, period, kept }
        });
        Opened {
            program,
            memories,
            counts: counts.collect(),
            echoes: echoes.into_iter().map(|(_, echo)| echo).collect(),
        }
    }

    /// Which counts something else needs than what moves them on.
    fn kept(&self, program: &Program, block: &Block) -> Vec<bool> {
        let mut needed = vec![false; program.insts.len()];
        let is_store = |value: ValueId| self.rounds.iter().any(|round| round.store == value);
        let statements =
            block.body.iter().copied().filter(|value| program.inst(*value).ty.is_none() && !is_store(*value));
        let mut open = statements.chain(block.end.iter().flat_map(|end| end.operands()).copied()).collect::<Vec<_>>();
        loop {
            while let Some(value) = open.pop() {
                if !std::mem::replace(&mut needed[value.index()], true) {
                    open.extend(program.inst(value).op.operands());
                }
            }
            let read = |round: &Round| {
                let mut loads = block.body.iter().filter(|value| program.inst(**value).op == round.load());
                loads.any(|load| needed[load.index()])
            };
            let kept = self.rounds.iter().map(read).collect::<Vec<_>>();
            open.extend(self.rounds.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(round, _)| round.store));
            open.retain(|store| !needed[store.index()]);
            if open.is_empty() {
                return kept;
            }
        }
    }
}
