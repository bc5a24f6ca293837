//! What the helpers of a file held when its text was replaced, for an undo that brings back their state too. It decides no matches.
//!
//! The audio thread copies the blocks at the very boundary at which the text is replaced, so a snapshot is exact; it holds
//! what fits into memory reserved at start, and the oldest snapshots give way.

use std::collections::{BTreeMap, TryReserveError};
use std::sync::Arc;

use super::bind::Memories;
use super::performance::Signal;
use crate::engine::Move;
use crate::ir::call::SLOTS_PER_SIGNAL;
use crate::memory::arena::{Arena, Extent};
use crate::memory::identity::Held;
use crate::memory::pool::Block;
use crate::memory::runs::Runs;

/// Slots that the audio thread copies for snapshots at one boundary, at most; half a MiB.
const MOST_AT_ONCE: usize = 1 << 16;

/// A signal's memory as it was.
#[derive(Clone, Debug)]
pub struct State {
    /// Its helpers.
    pub held: Vec<Held>,
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
    /// The ticket of the transaction that copies them.
    pub ticket: u64,
    extent: Extent,
}

/// Where a signal's memory lies that may be copied.
#[derive(Clone, Debug)]
pub struct Source {
    file: String,
    held: Vec<Held>,
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

/// All snapshots. Control thread.
#[derive(Debug)]
pub struct Snapshots {
    arena: Arc<Arena>,
    runs: Runs,
    /// By the stamp of the generation.
    kept: BTreeMap<u64, Arc<Snapshot>>,
    used: usize,
}

impl Snapshots {
    /// Reserves so many bytes; 0 is valid.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(bytes: usize) -> Result<Snapshots, TryReserveError> {
        let slots = bytes / size_of::<u64>();
        Ok(Snapshots { arena: Arena::reserve(slots)?, runs: Runs::all(slots), kept: BTreeMap::new(), used: 0 })
    }

    /// Where they lie; whoever keeps addresses keeps a clone.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Slots in use and in all, and how many snapshots there are.
    pub fn usage(&self) -> (usize, usize, usize) {
        (self.used, self.arena.slots(), self.kept.len())
    }

    /// The snapshot of a generation.
    pub fn get(&self, stamp: u64) -> Option<Arc<Snapshot>> {
        self.kept.get(&stamp).cloned()
    }

    /// Forgets the snapshots of these generations.
    pub fn forget(&mut self, stamps: impl IntoIterator<Item = u64>) {
        for stamp in stamps {
            if let Some(gone) = self.kept.remove(&stamp) {
                self.used -= gone.extent.len;
                self.runs.give(gone.extent);
            }
        }
    }

    /// Makes room for what these signals hold, for the generation `stamp`, and gives the copies that the transaction
    /// `ticket` is to make; none where there is no room.
    pub fn take<'a>(
        &mut self,
        stamp: u64,
        ticket: u64,
        signals: impl Iterator<Item = (&'a Arc<str>, &'a Source)>,
        memories: &Memories,
    ) -> Vec<Move> {
        self.forget([stamp]);
        let signals = signals.collect::<Vec<_>>();
        let cells = |source: &Source| source.blocks.iter().map(|block| block.cells().len).sum::<usize>();
        let small = signals.iter().map(|(_, source)| SLOTS_PER_SIGNAL + cells(source)).sum::<usize>();
        // Rings in order, as long as there is room for them.
        let mut left = MOST_AT_ONCE.min(self.arena.slots()).saturating_sub(small);
        let mut parts: Vec<(&Arena, Extent)> = Vec::new();
        for (_, source) in &signals {
            for block in &source.blocks {
                let rings = block.extent().len - block.cells().len;
                let whole = rings <= left;
                left -= if whole { rings } else { 0 };
                parts.push((memories.pool.arena(), if whole { block.extent() } else { block.cells() }));
            }
            parts.push((memories.sandboxes.arena(), source.sandbox));
        }
        let Some(extent) = self.room(parts.iter().map(|(_, part)| part.len).sum()) else { return Vec::new() };
        let (mut at, mut moves, mut copies) = (extent.start, Vec::new(), Vec::new());
        for (arena, from) in parts {
            let to = Extent { start: at, len: from.len };
            at = to.end();
            if from.len > 0 {
                // SAFETY: both places lie in arenas that the envelope holds; the block is the playing program's until that
                // envelope is home, and the room is nobody else's, or is copied to earlier only.
                moves.push(unsafe { Move::new(arena.at(from.start), self.arena.at(to.start), to.len) });
            }
            copies.push(to);
        }
        let mut copies = copies.into_iter();
        let states = signals.iter().map(|(name, source)| {
            let blocks = copies.by_ref().take(source.held.len()).collect();
            let sandbox = copies.next().expect("a sandbox follows its signal's blocks");
            ((*name).clone(), State { held: source.held.clone(), blocks, sandbox })
        });
        let signals = states.collect();
        self.used += extent.len;
        self.kept.insert(stamp, Arc::new(Snapshot { signals, ticket, extent }));
        moves
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
            let oldest = *self.kept.keys().next()?;
            self.forget([oldest]);
        }
    }
}
