//! What is made of programs, and what runs it: code, or pieces or stages of which each has code of its own. It makes no code.

use std::sync::Arc;

use super::code::Code;
use super::lanes::{Ahead, Along, Bank, Full, Kernel, Parts, Tables, Weight};
use super::machine::Machine;
use super::spans::moving;
use super::stages::Stages;
use super::voices::{Choir, Source, Start, Stateless, Voices};
use super::woven::Woven;
use crate::ir::Program;
use crate::ir::call::Run;

/// What was made of a program.
#[derive(Clone)]
pub enum Made {
    /// Code of one frame after the other.
    Code(Arc<Code>),
    /// Vector code.
    Kernel(Arc<Kernel>),
    /// Several pieces, each of which is kept by itself, too.
    Pieces(Arc<Pieces>),
    /// Several stages, each of which is kept by itself, too.
    Stages(Arc<InStages>),
    /// Vector code of what waits for the frame before; it is kept by itself, too.
    Woven(Arc<InTurn>),
}

/// A program in pieces: what they are made of.
pub struct Pieces {
    /// What runs first, and how many feeds it writes.
    pub before: Option<(Made, usize)>,
    pub choirs: Vec<Plan>,
    pub rest: Made,
    /// Channels that the rest writes itself.
    pub given: Vec<u32>,
    pub memories: Memories,
    #[expect(dead_code, reason = "it counts while it lives")]
    pub weight: Weight,
}

/// A program in stages: what runs each of them.
pub struct InStages {
    pub before: Option<Made>,
    pub middle: Made,
    pub after: Option<Made>,
    /// Feeds that the first two write.
    pub feeds: [usize; 2],
    pub memories: Memories,
    #[expect(dead_code, reason = "it counts while it lives")]
    pub weight: Weight,
}

/// A program whose frames are woven into vectors.
pub struct InTurn {
    pub kernel: Arc<Kernel>,
    /// Any one of its shape.
    pub program: Arc<Program>,
    #[expect(dead_code, reason = "it counts while it lives")]
    pub weight: Weight,
}

impl InTurn {
    /// Of a program that is one run of instructions: of it only these are kept.
    pub fn new(kernel: Arc<Kernel>, program: &Program) -> InTurn {
        let Program { insts, blocks, channels, .. } = program;
        let program =
            Program { insts: insts.clone(), blocks: blocks.clone(), channels: *channels, ..Program::default() };
        let lists = program.blocks.iter().flat_map(|block| {
            let ends = block.end.iter().map(|end| end.operands().len());
            [block.parameters.len(), block.body.len()].into_iter().chain(ends)
        });
        let weight = Weight::of(lists.chain([1, 1, program.insts.len(), program.blocks.len()]));
        InTurn { kernel, program: Arc::new(program), weight }
    }
}

impl InStages {
    fn bytes(&self) -> usize {
        self.before.iter().chain([&self.middle]).chain(&self.after).map(code_bytes).sum()
    }
}

/// How many memories a program has, and which of them move from run to run.
pub struct Memories {
    pub count: usize,
    pub moving: Vec<u32>,
}

impl Memories {
    pub fn of(program: &Program) -> Memories {
        Memories { count: program.memories.len(), moving: moving(program) }
    }
}

/// A group of voices.
pub struct Plan {
    pub kernel: Arc<Kernel>,
    pub along: Along,
    pub parts: Vec<Parts>,
    pub sums: Vec<Start>,
}

impl Pieces {
    /// Bytes of code that they run, shared or not.
    fn bytes(&self) -> usize {
        let before = self.before.as_ref().map_or(0, |(before, _)| code_bytes(before));
        let choirs = self.choirs.iter().map(|plan| plan.kernel.code_bytes()).sum::<usize>();
        before + choirs + code_bytes(&self.rest)
    }
}

/// Bytes of code that something runs.
pub fn code_bytes(made: &Made) -> usize {
    match made {
        Made::Code(code) => code.bytes(),
        Made::Kernel(kernel) => kernel.code_bytes(),
        Made::Pieces(pieces) => pieces.bytes(),
        Made::Stages(stages) => stages.bytes(),
        Made::Woven(woven) => woven.kernel.code_bytes(),
    }
}

/// Something that runs what was made, if there is room for its tables.
pub fn instantiate(made: &Made, room: &Tables) -> Result<Box<dyn Run>, Full> {
    Ok(match made {
        // SAFETY: the generator has made it.
        Made::Code(code) => Box::new(unsafe { Machine::new(Arc::clone(code)) }),
        Made::Kernel(kernel) => Box::new(Stateless(Ahead::whole(Arc::clone(kernel), room)?, kernel.code_bytes())),
        Made::Pieces(pieces) => {
            let choirs = pieces.choirs.iter().map(|plan| {
                let (kernel, parts) = (Arc::clone(&plan.kernel), plan.parts.clone());
                let source = match plan.along {
                    Along::Time => Source::Ahead(Ahead::new(kernel, parts, room)?),
                    Along::Instances => Source::Bank(Bank::of_parts(kernel, parts, plan.sums.len(), room)?),
                };
                Ok(Choir { source, sums: plan.sums.clone() })
            });
            let choirs = choirs.collect::<Result<_, _>>()?;
            let before = pieces.before.as_ref().map(|(before, feeds)| Ok((instantiate(before, room)?, *feeds)));
            let rest = (instantiate(&pieces.rest, room)?, pieces.given.as_slice());
            let memories = (pieces.memories.count, pieces.memories.moving.as_slice());
            Box::new(Voices::new(before.transpose()?, choirs, rest, memories, pieces.bytes(), room)?)
        }
        Made::Woven(woven) => Box::new(Woven::new(&woven.kernel, &woven.program, room)?),
        Made::Stages(stages) => {
            let stage = |stage: &Option<Made>| stage.as_ref().map(|stage| instantiate(stage, room)).transpose();
            let ends = [stage(&stages.before)?, stage(&stages.after)?];
            let memories = (stages.memories.count, stages.memories.moving.as_slice());
            Box::new(Stages::new(ends, instantiate(&stages.middle, room)?, memories, stages.feeds, room)?)
        }
    })
}

/// What a piece of code is kept as.
impl Made {
    /// The code that the piece itself is, if it is any.
    pub fn code(&self) -> Option<&Arc<Code>> {
        match self {
            Made::Code(code) => Some(code),
            Made::Kernel(kernel) => Some(kernel.code()),
            Made::Pieces(_) | Made::Stages(_) | Made::Woven(_) => None,
        }
    }

    /// Whether only the cache holds it.
    pub fn is_idle(&self) -> bool {
        match self {
            Made::Code(code) => Arc::strong_count(code) == 1,
            Made::Kernel(kernel) => Arc::strong_count(kernel) == 1,
            Made::Pieces(pieces) => Arc::strong_count(pieces) == 1,
            Made::Stages(stages) => Arc::strong_count(stages) == 1,
            Made::Woven(woven) => Arc::strong_count(woven) == 1,
        }
    }
}
