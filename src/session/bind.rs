//! Binds a program to its memory: claims blocks, fills the tables, makes the machine, and the ghost of the one it follows. It sends nothing.

use std::sync::Arc;

use crate::compile::Compiler;
use crate::engine::{Ghost, Machine, Move, Parts};
use crate::ir::call::Span;
use crate::ir::{Owner, Program, Source};
use crate::memory::arena::{Arena, Extent};
use crate::memory::identity::{Alignment, Carry, Fate, Held, Reason, align, seed};
use crate::memory::pool::{Layout, Pool};
use crate::memory::sandbox::Sandboxes;

use super::cure::Ills;
use super::flushed;
use super::report::HelperReport;
use super::snapshot::State;

/// The memory that programs are bound to.
pub struct Memories {
    /// Helpers' blocks.
    pub pool: Pool,
    /// Signals' sandboxes.
    pub sandboxes: Sandboxes,
}

/// A program that has its memory.
pub struct Bound {
    /// Ready to play.
    pub machine: Box<Machine>,
    /// Where its memories lie, in order.
    pub spans: Vec<Span>,
    /// Its helpers and their keys.
    pub held: Vec<Held>,
    /// What was decided for each helper.
    pub alignment: Alignment,
    /// Whether the sandbox is a fresh one, because what it held was poisoned.
    pub cleared: bool,
}

/// Why a program cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum Short {
    /// A pool is full; signals that are parked could give way.
    #[error("{0}")]
    Memory(String),
    /// There is no machine code.
    #[error(transparent)]
    Code(#[from] crate::compile::Error),
}

impl Bound {
    /// What became of each helper; `held` are those of the program before.
    pub fn report(&self, held: &[Held]) -> Vec<HelperReport> {
        let verdicts = self.alignment.verdicts.iter().map(|verdict| {
            let (status, reason) = match &verdict.fate {
                Fate::Kept => ("kept", String::new()),
                Fate::Carried(_) => ("carried", verdict.reason.to_string()),
                Fate::Reset => ("reset", verdict.reason.to_string()),
                Fate::New if matches!(verdict.reason, Reason::Doubtful { .. }) => ("new", verdict.reason.to_string()),
                Fate::New => ("new", String::new()),
            };
            HelperReport::new(&verdict.key, status, &reason)
        });
        let freed =
            self.alignment.freed.iter().filter_map(|freed| {
                Some(HelperReport::new(&held.get(freed.old)?.key, "freed", &freed.reason.to_string()))
            });
        verdicts.chain(freed).collect()
    }
}

/// What plays under a name now, as far as its successor must know.
pub struct Former<'a> {
    /// Its program.
    pub program: &'a Program,
    /// Where its memories lie.
    pub spans: &'a [Span],
    /// Its helpers and their keys.
    pub held: &'a [Held],
    /// What of its memory must not go on.
    pub ills: Ills,
}

/// Where a program's state comes from.
pub enum Origin<'a> {
    /// Nowhere: everything begins at rest.
    Rest,
    /// From the program that plays under the name now.
    Running(&'a Former<'a>),
    /// From a snapshot in this arena; what plays now has given up its memory.
    Then(&'a State, &'a Arena),
}

impl Origin<'_> {
    fn held(&self) -> &[Held] {
        match self {
            Origin::Rest => &[],
            Origin::Running(former) => former.held,
            Origin::Then(state, _) => &state.held,
        }
    }
}

/// Claims a program's memory under the ticket `claims` and makes its machine. Blocks of a running program that the new one
/// does not continue are released.
///
/// # Errors
/// What is short. Whoever calls takes the ticket back.
pub fn bind(
    memories: &mut Memories,
    compiler: &mut Compiler,
    signal: &Arc<str>,
    program: &Arc<Program>,
    origin: &Origin<'_>,
    claims: u64,
) -> Result<Bound, Short> {
    let mut alignment = align(signal, origin.held(), &program.instances);
    let mut cleared = false;
    match origin {
        Origin::Rest => {}
        Origin::Running(former) => {
            former.ills.purge(&mut alignment);
            cleared = former.ills.sandbox && memories.sandboxes.release(signal, claims);
        }
        Origin::Then(state, _) => as_it_was(&mut alignment, state),
    }
    let old = |position: usize| &origin.held()[position];
    for freed in &alignment.freed {
        memories.pool.release(&old(freed.old).key, claims);
    }
    for (verdict, instance) in alignment.verdicts.iter().zip(&program.instances) {
        if verdict.fate == Fate::Kept {
            continue;
        }
        if let Some(position) = verdict.old {
            memories.pool.release(&old(position).key, claims);
        }
        memories
            .pool
            .claim(&verdict.key, &Layout::of(instance), claims)
            .map_err(|refusal| Short::Memory(refusal.to_string()))?;
    }
    let sandbox = memories.sandboxes.claim(signal, claims).map_err(|full| Short::Memory(full.to_string()))?;
    if let Origin::Then(state, arena) = origin {
        restore(memories, &alignment, sandbox, state, arena);
    }
    let run = flushed(|| compiler.compile(program))?;
    let kept = Kept::new(program);
    let spans = spans(memories, program, &alignment, sandbox, &kept);
    let constants = program.constants.iter().map(|constant| match constant.source {
        Source::Bits(bits) => bits,
        Source::Seed(instance, number) => seed(&alignment.verdicts[instance.index()].key, number),
    });
    let parts = Parts {
        run,
        constants: constants.collect(),
        spans: spans.clone().into(),
        faults: program.faults.len(),
        channels: program.channels as usize,
        keep: Box::new((memories.pool.arena().clone(), memories.sandboxes.arena().clone(), kept)),
    };
    // SAFETY: the tables have the program's lengths; every span lies in an arena or a table that `keep` holds; and the
    // blocks are this machine's own until it is home, because releases are settled only then.
    let machine = unsafe { Machine::new(parts) };
    let held = alignment.verdicts.iter().zip(&program.instances);
    let held = held.map(|(verdict, instance)| Held { key: verdict.key.clone(), instance: instance.clone() }).collect();
    Ok(Bound { machine, spans, held, alignment, cleared })
}

/// What a snapshot holds goes into blocks of its own; what it does not hold begins at rest.
fn as_it_was(alignment: &mut Alignment, state: &State) {
    alignment.freed.clear();
    for verdict in &mut alignment.verdicts {
        let Some(position) = verdict.old else { continue };
        if verdict.fate == Fate::Kept {
            let layout = Layout::of(&state.held[position].instance);
            let whole = state.blocks[position].len as u64 == layout.slots();
            let carry = Carry { from: 0, to: 0, slots: state.blocks[position].len as u32 };
            (verdict.fate, verdict.reason) = (Fate::Carried(vec![carry]), Reason::Then { whole });
        } else {
            verdict.fate = Fate::Reset;
        }
    }
}

/// Fills fresh blocks and a fresh sandbox with what they held.
fn restore(memories: &Memories, alignment: &Alignment, sandbox: Extent, state: &State, arena: &Arena) {
    for verdict in &alignment.verdicts {
        if let (Fate::Carried(_), Some(position)) = (&verdict.fate, verdict.old) {
            let block = memories.pool.get(&verdict.key).expect("it was just claimed");
            // SAFETY: the block was claimed for a machine that is not made yet, and the copy was made by a transaction that
            // has taken effect and is made once.
            unsafe { memories.pool.arena().copy_from(block.extent(), arena, state.blocks[position]) };
        }
    }
    // SAFETY: as above: the sandbox was claimed afresh.
    unsafe { memories.sandboxes.arena().copy_from(sandbox, arena, state.sandbox) };
}

/// Memory that lives and dies with one machine.
struct Kept {
    tables: Vec<Box<[u64]>>,
    scratch: Vec<Box<[u64]>>,
}

impl Kept {
    fn new(program: &Program) -> Kept {
        let bits = |table: &Vec<f64>| table.iter().map(|number| number.to_bits()).collect();
        let room = program.memories.iter().map(|memory| match memory.owner {
            Owner::Scratch => vec![0; memory.len as usize].into(),
            _ => Box::default(),
        });
        Kept { tables: program.tables.iter().map(bits).collect(), scratch: room.collect() }
    }
}

fn spans(memories: &Memories, program: &Program, alignment: &Alignment, sandbox: Extent, kept: &Kept) -> Vec<Span> {
    let block = |instance: crate::ir::InstanceId| {
        let key = &alignment.verdicts[instance.index()].key;
        memories.pool.get(key).expect("every instance has claimed its block")
    };
    let pool = memories.pool.arena();
    let span = |(number, memory): (usize, &crate::ir::Memory)| match memory.owner {
        Owner::Sandbox => within(memories.sandboxes.arena(), sandbox),
        Owner::Cells(instance) => within(pool, block(instance).cells()),
        Owner::Line(instance, line) => {
            within(pool, block(instance).line(line as usize).expect("its layout has the line"))
        }
        Owner::Table(table) => whole(&kept.tables[table as usize]),
        Owner::Scratch => whole(&kept.scratch[number]),
    };
    program.memories.iter().enumerate().map(span).collect()
}

fn within(arena: &Arena, extent: Extent) -> Span {
    span(arena.at(extent.start), extent.len)
}

fn whole(room: &[u64]) -> Span {
    span(room.as_ptr().cast_mut(), room.len())
}

fn span(base: *mut u64, len: usize) -> Span {
    let last = len.saturating_sub(1) as u64;
    Span { base, last, write_base: base, write_last: last }
}

/// What the program that gives way goes on with: a copy of its small state, and its rings, which it only reads where
/// `shared` says that its successor writes them.
pub fn ghost(former: &Former<'_>, shared: impl Fn(usize) -> bool) -> (Ghost, Vec<Move>) {
    let small = |owner: Owner| matches!(owner, Owner::Cells(_) | Owner::Sandbox);
    let slots =
        |(memory, span): (&crate::ir::Memory, &Span)| if small(memory.owner) { span.last as usize + 1 } else { 0 };
    let needed: usize = former.program.memories.iter().zip(former.spans).map(slots).sum();
    // The last slot takes what must not be written.
    let mut scratch = vec![0_u64; needed + 1].into_boxed_slice();
    let first = scratch.as_mut_ptr();
    let (mut at, mut spans, mut moves) = (0, Vec::new(), Vec::new());
    for (memory, old) in former.program.memories.iter().zip(former.spans) {
        spans.push(match memory.owner {
            owner if small(owner) => {
                let len = old.last as usize + 1;
                // SAFETY: `at` counts what came before, and the scratch holds all of it.
                let copy = unsafe { first.add(at) };
                at += len;
                // SAFETY: the block is released only after the envelope with this move is home, and the scratch travels in it.
                moves.push(unsafe { Move::new(old.base, copy, len) });
                span(copy, len)
            }
            Owner::Line(instance, _) if shared(instance.index()) => {
                // SAFETY: the scratch has one slot more than is copied.
                let nowhere = unsafe { first.add(needed) };
                Span { write_base: nowhere, write_last: 0, ..*old }
            }
            _ => *old,
        });
    }
    // SAFETY: as for the machine: what is copied is in the scratch, and all else stays until the old machine is home.
    (unsafe { Ghost::new(spans.into(), scratch) }, moves)
}
