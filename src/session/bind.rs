//! Binds a program to its memory: claims blocks, fills the tables, makes the machine. It sends nothing.

use std::collections::HashSet;
use std::sync::Arc;

use crate::compile::Compiler;
use crate::diagnostic::Shortage;
use crate::engine::{LineCopy, Machine, Move, Parts};
use crate::ir::call::{SILENCE, Span};
use crate::ir::{Instance, Owner, Program, ShapeKey, Source};
use crate::memory::arena::{Arena, Extent};
use crate::memory::bounds;
use crate::memory::carry::{Content, reach};
use crate::memory::copies::Copies;
use crate::memory::holding::Holding;
use crate::memory::identity::{Alignment, Fate, Held, Reason, align, seed};
use crate::memory::pool::{Block, Layout, Pool, Refusal};
use crate::memory::programs::{Programs, Room};
use crate::memory::sandbox::Sandboxes;

use super::cure::Ills;
use super::flushed;
use super::own::Plan;
use super::report::HelperReport;
use super::snapshot::State;

/// The memory that programs are bound to.
pub struct Memories {
    /// Helpers' blocks.
    pub pool: Pool,
    /// Signals' sandboxes.
    pub sandboxes: Sandboxes,
    /// Room for programs that fade out.
    pub copies: Copies,
    /// What each machine alone uses.
    pub programs: Programs,
}

/// A program that has its memory.
pub struct Bound {
    /// Ready to play.
    pub machine: Box<Machine>,
    /// The shape of its program.
    pub shape: ShapeKey,
    /// Where its memories lie, in order.
    pub spans: Vec<Span>,
    /// Its helpers and their keys.
    pub held: Holding,
    /// What was decided for each helper.
    pub alignment: Alignment,
    /// Small state and rooms that go from old blocks into new ones.
    pub moves: Vec<Move>,
    /// Rings that do.
    pub copies: Vec<LineCopy>,
    /// Whether the sandbox is a fresh one, because what it held was poisoned.
    pub cleared: bool,
    /// Slots of rooms that went on in others so far in this save.
    pub carried_rooms: usize,
}

/// Why a program cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum Short {
    /// A pool is full; signals that are parked could give way.
    #[error("{0}")]
    Memory(String),
    /// The program memory is full; signals that are parked have none of it.
    #[error(transparent)]
    Program(Box<Shortage>),
    /// There is no machine code.
    #[error(transparent)]
    Code(#[from] crate::compile::Error),
}

impl Bound {
    /// What became of each helper, at `rate` frames per second; `held` are those of the program before.
    pub fn report(&self, held: &[Held], rate: u32) -> Vec<HelperReport> {
        let keys = self.alignment.freed.iter().filter_map(|freed| Some(&held.get(freed.old)?.key));
        let former = keys.collect::<HashSet<_>>();
        let fresh = self.alignment.verdicts.iter().filter(|verdict| verdict.fate == Fate::New);
        let again = fresh.map(|verdict| &verdict.key).filter(|key| former.contains(key)).collect::<HashSet<_>>();
        let verdicts = self.alignment.verdicts.iter().zip(&self.held).map(|(verdict, new)| {
            let reason = verdict.reason.text(rate);
            match &verdict.fate {
                Fate::Kept => kept(new, rate),
                Fate::Carried(_) => {
                    let old = verdict.old.and_then(|old| reach(&held.get(old)?.instance));
                    let frames = old.zip(reach(&new.instance)).map(|(old, new)| old.min(new));
                    HelperReport::new(&verdict.key, "carried", &reason).tail(frames, rate)
                }
                Fate::Reset => HelperReport::new(&verdict.key, "reset", &reason),
                Fate::New if matches!(verdict.reason, Reason::Doubtful { .. }) => {
                    // Under the key of one that it could have been: that one begins afresh.
                    let status = if again.contains(&verdict.key) { "reset" } else { "new" };
                    HelperReport::new(&verdict.key, status, &reason)
                }
                Fate::New if again.contains(&verdict.key) => {
                    HelperReport::new(&verdict.key, "new", "another one than the one of that name before")
                }
                Fate::New => HelperReport::new(&verdict.key, "new", ""),
            }
        });
        let freed = self.alignment.freed.iter().filter_map(|freed| {
            let key = &held.get(freed.old)?.key;
            (!again.contains(key)).then(|| HelperReport::new(key, "freed", &freed.reason.text(rate)))
        });
        verdicts.chain(freed).collect()
    }
}

/// What is said of a helper that goes on in its block.
pub fn kept(held: &Held, rate: u32) -> HelperReport {
    HelperReport::new(&held.key, "kept", "").tail(reach(&held.instance), rate)
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
/// does not continue are released. Of rooms that change
/// their size as many slots go on as one save may copy, `carried_rooms` of which are copied already.
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
    carried_rooms: usize,
) -> Result<Bound, Short> {
    let mut alignment = align(signal, origin.held(), &program.instances);
    let cleared = match origin {
        Origin::Rest => false,
        Origin::Then(state, _) => {
            as_it_was(&mut alignment, state, &program.instances);
            false
        }
        Origin::Running(former) => {
            former.ills.purge(&mut alignment);
            former.ills.sandbox && memories.sandboxes.release(signal, claims)
        }
    };
    let left = alignment.ration_rooms(&program.instances, bounds::ROOMS - carried_rooms);
    let carried_rooms = bounds::ROOMS - left;
    let old = |position: usize| &origin.held()[position];
    let left = alignment.verdicts.iter().map(|verdict| match (origin, &verdict.fate) {
        (Origin::Running(_), Fate::Carried(_)) => memories.pool.get(&old(verdict.old?).key).cloned(),
        _ => None,
    });
    let left: Vec<Option<Block>> = left.collect();
    for freed in &alignment.freed {
        memories.pool.release(&old(freed.old).key, claims);
    }
    let (mut moves, mut copies) = (Vec::new(), Vec::new());
    let wanted = alignment.verdicts.iter().zip(&program.instances).zip(left);
    for (position, ((verdict, instance), left)) in wanted.enumerate() {
        if verdict.fate == Fate::Kept {
            continue;
        }
        memories.pool.release(&verdict.key, claims);
        let claimed = memories.pool.claim(&verdict.key, &Layout::of(instance), claims);
        let block = claimed.map_err(|refusal| match refusal {
            Refusal::Full(full) => Short::Memory(full.and(rest(position, &alignment, &program.instances)).to_string()),
            taken @ Refusal::Taken(_) => Short::Memory(taken.to_string()),
        })?;
        if let (Fate::Carried(content), Some(left)) = (&verdict.fate, left) {
            carry(memories.pool.arena(), content, &left, &block, &mut moves, &mut copies);
        }
    }
    let sandbox = memories.sandboxes.claim(signal, claims).map_err(|full| Short::Memory(full.to_string()))?;
    if let Origin::Then(state, arena) = origin {
        restore(memories, &alignment, sandbox, state, arena);
    }
    let plan = Plan::of(program);
    let room = memories.programs.claim(signal, plan.slots).map_err(Short::Program)?;
    fill(program, &plan, &room);
    let run = flushed(|| compiler.compile(program))?;
    let spans = spans(memories, program, &alignment, sandbox, (&plan, &room));
    if let Origin::Then(..) = origin {
        detoxify(memories, program, &spans, &mut alignment, sandbox);
    }
    let constants = program.constants.iter().map(|constant| match constant.source {
        Source::Bits(bits) => bits,
        Source::Seed(instance, number) => seed(&alignment.verdicts[instance.index()].key, number),
    });
    let constants = constants.collect::<Vec<_>>();
    let shape = ShapeKey::of(program);
    let parts = Parts {
        run,
        shape: Some(shape),
        constants: &constants,
        spans: &spans,
        faults: program.faults.len(),
        channels: program.channels as usize,
        ears: program.ears().count(),
        beats: program.reads_beats(),
        room: room.first(),
        keep: Box::new((memories.pool.arena().clone(), memories.sandboxes.arena().clone(), room)),
    };
    // SAFETY: the tables have the program's lengths; the room is as large as the plan; every span lies in an arena or
    // the room that `keep` holds; and the blocks are this machine's own until it is home, because releases are settled only then.
    let machine = unsafe { Machine::new(parts) };
    let held = alignment.verdicts.iter().zip(&program.instances);
    let held = held.map(|(verdict, instance)| Held { key: verdict.key.clone(), instance: instance.clone() }).collect();
    Ok(Bound { machine, shape, spans, held, alignment, moves, copies, cleared, carried_rooms })
}

/// Slots that a program would claim after its instance at `position`.
fn rest(position: usize, alignment: &Alignment, instances: &[Instance]) -> u64 {
    let after = alignment.verdicts.iter().zip(instances).skip(position + 1);
    after.filter(|(verdict, _)| verdict.fate != Fate::Kept).map(|(_, instance)| Layout::of(instance).slots()).sum()
}

/// Makes work for the audio thread of what goes from an old block into a new one.
fn carry(
    arena: &Arena,
    content: &Content,
    old: &Block,
    new: &Block,
    moves: &mut Vec<Move>,
    copies: &mut Vec<LineCopy>,
) {
    let at = |block: &Block, slot: usize, slots: usize| {
        assert!(slot + slots <= block.extent().len, "what is carried stays within its block");
        arena.at(block.extent().start + slot)
    };
    for run in &content.runs {
        let (from, to) = (at(old, run.from, run.slots), at(new, run.to, run.slots));
        // SAFETY: both blocks are the audio thread's own until the envelope is home: the old one is released by the
        // transaction that this belongs to, the new one is claimed by it.
        moves.push(unsafe { Move::new(from, to, run.slots) });
    }
    for ring in &content.rings {
        let (from, to) = (at(old, ring.from, ring.from_slots), at(new, ring.to, ring.to_slots));
        let head = at(old, ring.head, 1);
        let [from_last, to_last] = [ring.from_slots, ring.to_slots].map(|slots| slots as u64 - 1);
        // SAFETY: as above; nobody else uses the new block before the transaction takes effect.
        copies.push(unsafe { LineCopy::new(from, from_last, to, to_last, head) });
    }
}

/// What a snapshot holds goes into blocks of its own; what it does not hold begins at rest.
fn as_it_was(alignment: &mut Alignment, state: &State, instances: &[Instance]) {
    alignment.freed.clear();
    for (verdict, instance) in alignment.verdicts.iter_mut().zip(instances) {
        let Some(position) = verdict.old else { continue };
        let (from, to) = (Layout::of(&state.held[position].instance), Layout::of(instance));
        if verdict.fate == Fate::Kept {
            let whole = state.blocks[position].len as u64 == from.slots();
            (verdict.fate, verdict.reason) = (Fate::Carried(Content::default()), Reason::Then { whole });
        } else if matches!(verdict.reason, Reason::PhaseOf(_)) {
            (verdict.old, verdict.fate, verdict.reason) = (None, Fate::New, Reason::Unmatched);
        } else {
            (verdict.fate, verdict.reason) = (Fate::Reset, Reason::Reshaped { from, to });
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

/// What was poisoned when it was remembered begins at rest.
fn detoxify(memories: &Memories, program: &Program, spans: &[Span], alignment: &mut Alignment, sandbox: Extent) {
    // SAFETY: the blocks were claimed for a machine that is not made yet, so the spans are valid and nobody writes.
    let ills = unsafe { Ills::of(program, spans) };
    for &position in &ills.helpers {
        let verdict = &mut alignment.verdicts[position];
        (verdict.fate, verdict.reason) = (Fate::Reset, Reason::Poisoned);
        let block = memories.pool.get(&verdict.key).expect("it was just claimed");
        // SAFETY: as above.
        unsafe { memories.pool.arena().zero(block.extent()) };
    }
    if ills.sandbox {
        // SAFETY: as above: the sandbox was claimed afresh.
        unsafe { memories.sandboxes.arena().zero(sandbox) };
    }
}

/// Copies the tables of a program into its machine's room.
fn fill(program: &Program, plan: &Plan, room: &Room) {
    for (number, table) in program.tables.iter().enumerate() {
        assert!(plan.table(number) + table.len() <= room.slots(), "the room is as large as the plan says");
        for (index, value) in table.iter().enumerate() {
            // SAFETY: within the room, as just checked, and nobody else knows of it yet.
            unsafe { room.first().add(plan.table(number) + index).write(value.to_bits()) };
        }
    }
}

fn spans(
    memories: &Memories,
    program: &Program,
    alignment: &Alignment,
    sandbox: Extent,
    (plan, room): (&Plan, &Room),
) -> Vec<Span> {
    let block = |instance: crate::ir::InstanceId| {
        let key = &alignment.verdicts[instance.index()].key;
        memories.pool.get(key).expect("every instance has claimed its block")
    };
    let pool = memories.pool.arena();
    let own = |start: usize, len: usize| {
        assert!(start + len <= room.slots(), "the room is as large as the plan says");
        // SAFETY: within the room, as just checked.
        span(unsafe { room.first().add(start) }, len)
    };
    let span = |(number, memory): (usize, &crate::ir::Memory)| match memory.owner {
        Owner::Sandbox => within(memories.sandboxes.arena(), sandbox),
        Owner::Cells(instance) => within(pool, block(instance).cells()),
        Owner::Line(instance, line) => {
            within(pool, block(instance).line(line as usize).expect("its layout has the line"))
        }
        Owner::Table(table) => own(plan.table(table as usize), program.tables[table as usize].len()),
        Owner::Scratch => own(plan.scratch(number), memory.len as usize),
        Owner::Heard(..) | Owner::Feed => Span::heard(SILENCE.as_ptr()),
    };
    program.memories.iter().enumerate().map(span).collect()
}

/// Where the memories of a program lie whose blocks were moved; `held` are its helpers.
pub fn moved(memories: &Memories, program: &Program, held: &[Held], spans: &mut [Span]) {
    let pool = &memories.pool;
    let block = |instance: crate::ir::InstanceId| pool.get(&held[instance.index()].key).expect("it keeps its blocks");
    for (memory, span) in program.memories.iter().zip(spans) {
        match memory.owner {
            Owner::Cells(instance) => *span = within(pool.arena(), block(instance).cells()),
            Owner::Line(instance, line) => {
                let line = block(instance).line(line as usize).expect("its layout has the line");
                *span = within(pool.arena(), line);
            }
            Owner::Sandbox | Owner::Table(_) | Owner::Scratch | Owner::Heard(..) | Owner::Feed => {}
        }
    }
}

fn within(arena: &Arena, extent: Extent) -> Span {
    span(arena.at(extent.start), extent.len)
}

/// All of so many slots, to be read and written.
pub(super) fn span(base: *mut u64, len: usize) -> Span {
    let last = len.saturating_sub(1) as u64;
    Span { base, last, write_base: base, write_last: last }
}
