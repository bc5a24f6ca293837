//! What the helpers of a file held when its text was replaced, for an undo that brings back their state too. It decides no matches.
//!
//! The audio thread copies the blocks at the very boundary at which the text is replaced, so a snapshot is exact; it holds
//! what fits into memory reserved at start, and the oldest snapshots give way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bind::Memories;
use super::performance::Signal;
use crate::engine::{Keepsake, LineCopy, Move, Progress, SlotId};
use crate::ir::Line;
use crate::ir::call::SLOTS_PER_SIGNAL;
use crate::memory::arena::{Arena, Extent, Lacking};
use crate::memory::bounds;
use crate::memory::counters::Counters;
use crate::memory::holding::Holding;
use crate::memory::identity::Held;
use crate::memory::pool::Block;
use crate::memory::runs::Runs;

/// A signal's memory as it was.
#[derive(Clone, Debug)]
pub struct State {
    /// Its helpers.
    pub held: Holding,
    /// What their blocks held, in the same order: all of it, or the small state alone where the rings were too long.
    pub blocks: Vec<Extent>,
    /// What its sandbox held.
    pub sandbox: Extent,
}

/// The memory of a file's signals as it was.
#[derive(Debug)]
pub struct Snapshot {
    /// The states, by name.
    pub signals: BTreeMap<Arc<str>, State>,
    progress: Progress,
    extent: Extent,
}

/// Where a signal's memory lies that may be copied.
#[derive(Clone, Debug)]
pub struct Source {
    file: String,
    slot: SlotId,
    held: Holding,
    blocks: Vec<Block>,
    sandbox: Extent,
}

/// Where the memory of all signals lies that play, by name: to be asked before a save is staged, because staging
/// gives blocks up.
pub type Sources = BTreeMap<Arc<str>, Source>;

impl Source {
    /// The memory of a signal that plays.
    pub(super) fn of(name: &str, signal: &Signal, memories: &Memories) -> Source {
        let block = |held: &Held| memories.pool.get(&held.key).expect("a signal that plays has its blocks").clone();
        Source {
            file: signal.file.clone(),
            slot: signal.slot,
            held: signal.held.clone(),
            blocks: signal.held.iter().map(block).collect(),
            sandbox: memories.sandboxes.get(name).expect("a signal that plays has its sandbox"),
        }
    }

    /// The file that registers the signal.
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl Snapshot {
    /// Whether the audio thread has copied all of it.
    pub fn is_complete(&self) -> bool {
        self.progress.is_done()
    }
}

/// All snapshots. Control thread.
#[derive(Debug)]
pub struct Snapshots {
    arena: Arc<Arena>,
    runs: Runs,
    /// With the stamps of their generations, oldest first.
    kept: Vec<(u64, Arc<Snapshot>)>,
    counters: Counters,
}

impl Snapshots {
    /// Reserves so many bytes; 0 is valid.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(bytes: usize) -> Result<Snapshots, Lacking> {
        let slots = bytes / size_of::<u64>();
        Ok(Snapshots {
            arena: Arena::reserve(slots)?,
            runs: Runs::all(slots),
            kept: Vec::new(),
            counters: Counters::of(slots),
        })
    }

    /// Where they lie; whoever keeps addresses keeps a clone.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Slots in use and in all, and how many snapshots there are.
    pub fn usage(&self) -> (usize, usize, usize) {
        (self.counters.used, self.arena.slots(), self.kept.len())
    }

    /// The figures, in slots.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Slots of all snapshots but the newest: they give way to it.
    pub fn spare(&self) -> usize {
        self.counters.used - self.kept.last().map_or(0, |(_, newest)| newest.extent.len)
    }

    /// In how many runs the free slots lie, and how many the longest of them has.
    pub fn free(&self) -> (usize, usize) {
        (self.runs.count(), self.runs.largest())
    }

    /// About how many blocks of the heap all snapshots together keep beside the lists of helpers.
    pub fn weight(&self) -> usize {
        self.kept.iter().map(|(_, snapshot)| 2 + snapshot.signals.len()).sum()
    }

    /// Whether the audio thread has copied all of them.
    pub fn are_complete(&self) -> bool {
        self.kept.iter().all(|(_, snapshot)| snapshot.is_complete())
    }

    /// The snapshot of a generation.
    pub fn get(&self, stamp: u64) -> Option<Arc<Snapshot>> {
        self.place(stamp).ok().map(|place| self.kept[place].1.clone())
    }

    /// Forgets the snapshots of these generations.
    pub fn forget(&mut self, stamps: impl IntoIterator<Item = u64>) {
        for stamp in stamps {
            if let Ok(place) = self.place(stamp) {
                let (_, gone) = self.kept.remove(place);
                gone.progress.forget();
                self.counters.release(gone.extent.len);
                self.runs.give(gone.extent);
            }
        }
    }

    /// Makes room for what these signals hold, for the generation `stamp`, and gives what the transaction is to remember;
    /// nothing where there is no room.
    pub fn take<'a>(
        &mut self,
        stamp: u64,
        signals: impl Iterator<Item = (&'a Arc<str>, &'a Source)>,
        memories: &Memories,
    ) -> Option<Keepsake> {
        self.forget([stamp]);
        let signals = signals.collect::<Vec<_>>();
        let cells = |source: &Source| source.blocks.iter().map(|block| block.cells().len).sum::<usize>();
        let small = signals.iter().map(|(_, source)| SLOTS_PER_SIGNAL + cells(source)).sum::<usize>();
        // Long memories in order, as long as there is room and time for them.
        let mut room = self.arena.slots().saturating_sub(small);
        let (mut at_once, mut rings_left) = (bounds::REMEMBERED_ROOMS, bounds::REMEMBERED_RINGS);
        let mut whole = |held: &Held, block: &Block| {
            let (rings, rooms): (Vec<&Line>, Vec<&Line>) =
                held.instance.lines.iter().partition(|line| line.head.is_some());
            let once = rooms.iter().map(|line| line.slots as usize).sum::<usize>();
            let long = block.extent().len - block.cells().len;
            let fits = long <= room && once <= at_once && rings.len() <= rings_left;
            if fits {
                (room, at_once, rings_left) = (room - long, at_once - once, rings_left - rings.len());
            }
            fits
        };
        let parts = signals.iter().map(|(_, source)| {
            let blocks = source.held.iter().zip(&source.blocks);
            blocks.map(|(held, block)| if whole(held, block) { block.extent() } else { block.cells() }).collect()
        });
        let parts: Vec<Vec<Extent>> = parts.collect();
        let needed = parts.iter().map(|blocks| SLOTS_PER_SIGNAL + blocks.iter().map(|part| part.len).sum::<usize>());
        let Some(extent) = self.room(needed.sum()) else {
            self.counters.refusals += 1;
            return None;
        };
        let mut copies = Copies { at: extent.start, to: &self.arena, moves: Vec::new(), rings: Vec::new() };
        let (pool, sandboxes) = (memories.pool.arena(), memories.sandboxes.arena());
        let mut states = BTreeMap::new();
        for ((name, source), parts) in signals.iter().zip(parts) {
            let blocks = source.held.iter().zip(&source.blocks).zip(parts);
            let blocks = blocks.map(|((held, block), part)| copies.block(pool, held, block, part)).collect();
            let sandbox = copies.now(sandboxes, source.sandbox);
            states.insert((*name).clone(), State { held: source.held.clone(), blocks, sandbox });
        }
        let Copies { moves, rings, .. } = copies;
        let slots = signals.iter().map(|(_, source)| source.slot).collect();
        let hold = Box::new((self.arena.clone(), pool.clone(), sandboxes.clone()));
        let keepsake = Keepsake::new(slots, moves, rings, hold);
        self.counters.claim(extent.len);
        let snapshot = Snapshot { signals: states, progress: keepsake.progress(), extent };
        let place = self.place(stamp).unwrap_or_else(|place| place);
        self.kept.insert(place, (stamp, Arc::new(snapshot)));
        Some(keepsake)
    }

    /// Where the snapshot of a generation is, or would be.
    fn place(&self, stamp: u64) -> Result<usize, usize> {
        self.kept.binary_search_by_key(&stamp, |(stamp, _)| *stamp)
    }

    /// Free room for a snapshot; the oldest ones give way.
    fn room(&mut self, slots: usize) -> Option<Extent> {
        if slots > self.arena.slots() {
            return None;
        }
        loop {
            if let Some(extent) = self.runs.take(slots) {
                return Some(extent);
            }
            let oldest = self.kept.first()?.0;
            self.forget([oldest]);
        }
    }
}

/// The copies for a snapshot, one behind the other.
struct Copies<'a> {
    at: usize,
    to: &'a Arena,
    moves: Vec<Move>,
    rings: Vec<LineCopy>,
}

impl Copies<'_> {
    /// Where the next copy goes.
    fn next(&mut self, len: usize) -> Extent {
        self.at += len;
        Extent { start: self.at - len, len }
    }

    /// Copies at the boundary.
    fn now(&mut self, arena: &Arena, from: Extent) -> Extent {
        let to = self.next(from.len);
        if from.len > 0 {
            // SAFETY: both places lie in arenas that the keepsake holds; the block is its signal's until the envelope is home,
            // and the room is nobody else's: a snapshot that had it before was forgotten, which the audio thread sees first.
            self.moves.push(unsafe { Move::new(arena.at(from.start), self.to.at(to.start), to.len) });
        }
        to
    }

    /// Copies a part of a block that begins with its small state, rings from the boundary on.
    fn block(&mut self, pool: &Arena, held: &Held, block: &Block, part: Extent) -> Extent {
        let start = self.now(pool, block.cells()).start;
        if part.len > block.cells().len {
            for (number, line) in held.instance.lines.iter().enumerate() {
                let from = block.line(number).expect("a block has the lines of its instance");
                match line.head {
                    None => _ = self.now(pool, from),
                    Some(head) => {
                        let (to, last) = (self.next(from.len), from.len as u64 - 1);
                        let head = pool.at(block.extent().start + head as usize);
                        // SAFETY: as above; the head is a cell of the same block.
                        let copy =
                            unsafe { LineCopy::new(pool.at(from.start), last, self.to.at(to.start), last, head) };
                        self.rings.push(copy);
                    }
                }
            }
        }
        Extent { start, len: part.len }
    }
}
