//! Rewrites a program whose rings are walked through slot by slot, so that it reads and writes a quantum of each instead. It runs nothing.

use std::collections::{HashMap, HashSet};

use super::round::{EFFORT, Fact, Round, facts, rounds};
use crate::compile::cells;
use crate::ir::call::QUANTUM;
use crate::ir::{
    Block, BlockId, Bound, End, Inst, Memory, MemoryId, Op, Owner, Program, Type, ValueId, prune, straighten,
};

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
    /// It counts from 0 to one less.
    pub period: u64,
    /// Whether the program moves it on; if not, whoever runs the program does.
    pub kept: bool,
}

/// Slots of a ring, one further in each frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// Whose slots.
    pub ring: MemoryId,
    /// The cell that they follow, by index into [`Opened::counts`].
    pub count: usize,
    /// How far they are ahead of it, below its period.
    pub ahead: u64,
    /// Whether they are written.
    pub written: bool,
}

/// The program with its echoes taken out, if it has any and is one run of instructions then.
///
/// It gives the same bits as long as each cell holds one of its counts.
pub fn open(program: &Program) -> Option<Opened> {
    let body = program.blocks.iter().flat_map(|block| &block.body);
    let rings = body.filter_map(|value| ring(program, *value));
    let longest = rings.map(|(memory, ..)| program.memories[memory.index()].len).max()?;
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
    let indices = body.filter_map(|value| Some(ring(program, *value)?.1));
    let wanted = ends.chain(indices).collect::<Vec<_>>();
    let facts = rounds.iter().map(|round| facts(program, round, &wanted, &mut effort)).collect::<Option<_>>()?;
    let used = vec![false; rounds.len()];
    let mut opener = Opener { program, rounds, used, facts };
    let block = opener.way()?;
    let echoes = opener.echoes(&block);
    (!echoes.is_empty()).then(|| opener.rewrite(block, echoes))
}

/// An access to a ring of the performer's: the memory, the index, and whether it is written.
fn ring(program: &Program, value: ValueId) -> Option<(MemoryId, ValueId, bool)> {
    let (memory, index, written) = match program.inst(value).op {
        Op::LoadAt(memory, index, Bound::Clamp) => (memory, index, false),
        Op::StoreAt(memory, index, Bound::Clamp, _) => (memory, index, true),
        _ => return None,
    };
    matches!(program.memories[memory.index()].owner, Owner::Line(..) | Owner::Cells(_))
        .then_some((memory, index, written))
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
                    return self.reads_first(&block).then_some(block);
                }
            };
        }
        None
    }

    /// Whether each cell is read before it is written.
    fn reads_first(&self, block: &Block) -> bool {
        let places = block.body.iter().enumerate().map(|(place, value)| (*value, place)).collect::<HashMap<_, _>>();
        self.rounds.iter().all(|round| {
            let store = places.get(&round.store);
            let mut loads = block.body.iter().filter(|value| self.program.inst(**value).op == round.load());
            store.is_some() && loads.all(|load| places.get(load) < store)
        })
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

    /// The accesses that follow a count, ring by ring; of a ring all of them do, or none is taken.
    fn echoes(&mut self, block: &Block) -> Vec<(ValueId, Echo)> {
        let rings = block.body.iter().filter_map(|value| Some(ring(self.program, *value)?.0)).collect::<HashSet<_>>();
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
            let (other, index, written) = match ring(self.program, value) {
                Some(access) => access,
                None => continue,
            };
            if other != memory {
                continue;
            }
            let real = match self.program.inst(value).op {
                Op::StoreAt(.., stored) => self.program.inst(stored).ty,
                _ => self.program.inst(value).ty,
            };
            let (count, ahead) = self.ahead(index, len).filter(|_| real == Some(Type::Real))?;
            echoes.push((value, Echo { ring: memory, count, ahead, written }));
        }
        self.is_apart(&echoes).then_some(echoes)
    }

    /// Whether nothing that is written is read later in the same quantum, and all is known of one count.
    fn is_apart(&self, echoes: &[(ValueId, Echo)]) -> bool {
        let one = echoes.iter().all(|(_, echo)| echo.count == echoes[0].1.count);
        let mut writes = echoes.iter().enumerate().filter(|(_, (_, echo))| echo.written);
        let Some((place, (_, write))) = writes.next() else { return one };
        let period = self.rounds[write.count].period;
        let clear = |(number, (_, read)): (usize, &(ValueId, Echo))| {
            let later = (write.ahead + period - read.ahead) % period;
            read.written || later >= QUANTUM as u64 || later == 0 && number < place
        };
        one && writes.next().is_none() && echoes.iter().enumerate().all(clear)
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
