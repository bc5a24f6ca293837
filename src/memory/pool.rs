//! The helper pool: blocks of one arena, claimed and released under keys, every one counted. It never grows and never touches a block in use.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::arena::{Arena, Extent, Lacking};
use super::compaction::{self, Shift};
use super::counters::Counters;
use super::key::Key;
use super::runs::Runs;
use crate::diagnostic::{Shortage, Unit};
use crate::ir::Instance;

/// The shape of a block: small state first, then the rings one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Slots of small state, all channels together.
    pub cells: u32,
    /// Slots of each ring, all channels.
    pub lines: Vec<u32>,
    /// How many channels share the block.
    pub channels: u32,
}

impl Layout {
    /// The shape that an instance asks for.
    pub fn of(instance: &Instance) -> Layout {
        Layout {
            cells: instance.cells,
            lines: instance.lines.iter().map(|line| line.slots).collect(),
            channels: instance.channels,
        }
    }

    /// Slots of the whole block.
    pub fn slots(&self) -> u64 {
        u64::from(self.cells) + self.lines.iter().map(|&line| u64::from(line)).sum::<u64>()
    }
}

/// A claimed block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    extent: Extent,
    layout: Layout,
}

impl Block {
    /// All its slots.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Its shape.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where the small state lies.
    pub fn cells(&self) -> Extent {
        Extent { start: self.extent.start, len: self.layout.cells as usize }
    }

    /// Where a ring lies, `None` if there is no ring of that number.
    pub fn line(&self, number: usize) -> Option<Extent> {
        let len = *self.layout.lines.get(number)? as usize;
        let before: usize = self.layout.lines[..number].iter().map(|&line| line as usize).sum();
        Some(Extent { start: self.cells().end() + before, len })
    }
}

/// Why a claim was refused. Nothing has changed but the count of refusals.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No free run is long enough.
    #[error(transparent)]
    Full(Box<Shortage>),
    /// The key has a block already.
    #[error("`{0}` has its helper memory already")]
    Taken(Key),
}

/// How blocks were moved together since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// How often.
    pub compactions: u64,
    /// Slots that were moved for it, of f64.
    pub slots: u64,
}

/// What a transaction did that is not final yet.
#[derive(Debug)]
enum Entry {
    Claimed(Key),
    Released(Key, Block),
}

/// The pool. Control thread.
///
/// Claims and releases belong to a transaction, named by its ticket. Accounts change at once. The slots of a released block
/// stay untouched until [`settle`](Pool::settle) says that nothing on the audio thread uses them, or until
/// [`revert`](Pool::revert) takes the whole transaction back.
#[derive(Debug)]
pub struct Pool {
    arena: Arc<Arena>,
    free: Runs,
    blocks: HashMap<Key, Block>,
    open: Vec<(u64, Entry)>,
    /// Keys whose blocks may be moved.
    movable: HashSet<Key>,
    /// Keys whose blocks were moved since somebody asked.
    moved: Vec<Key>,
    counters: Counters,
    moves: Moves,
}

impl Pool {
    /// Reserves the pool; a rest of less than one slot of 8 bytes is dropped, and 0 is valid.
    ///
    /// # Errors
    /// When the system does not have that much memory.
    pub fn reserve(bytes: usize) -> Result<Pool, Lacking> {
        let capacity = bytes / size_of::<u64>();
        let arena = Arena::reserve(capacity)?;
        let free = Runs::all(capacity);
        let (counters, moves) = (Counters::of(capacity), Moves::default());
        let (movable, moved) = (HashSet::new(), Vec::new());
        Ok(Pool { arena, free, blocks: HashMap::new(), open: Vec::new(), movable, moved, counters, moves })
    }

    /// Where the blocks lie; whoever keeps addresses keeps a clone.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// The figures, in slots of f64.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The figures of what was moved together.
    pub fn moves(&self) -> Moves {
        self.moves
    }

    /// Slots of the longest free run.
    pub fn largest_free(&self) -> usize {
        self.free.largest()
    }

    /// In how many runs the free slots lie.
    pub fn free_runs(&self) -> usize {
        self.free.count()
    }

    /// The block of a key.
    pub fn get(&self, key: &Key) -> Option<&Block> {
        self.blocks.get(key)
    }

    /// The keys with a block, in order.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.blocks.keys().cloned().collect();
        keys.sort();
        keys
    }

    /// Claims a zeroed block under a key, for the transaction `ticket`.
    ///
    /// The shortest free run that is long enough is taken, the lowest of several. Where there is none although enough slots
    /// are free, blocks that may be moved are moved together first; see [`Pool::moved`].
    ///
    /// # Errors
    /// [`Refusal`], and then nothing else has changed.
    pub fn claim(&mut self, key: &Key, layout: &Layout, ticket: u64) -> Result<Block, Refusal> {
        let extent = self.find(key, layout).inspect_err(|_| self.counters.refusals += 1)?;
        // SAFETY: the run was free, and free means that nobody holds its address any more.
        unsafe { self.arena.zero(extent) };
        let block = Block { extent, layout: layout.clone() };
        self.own(key.clone(), block.clone());
        self.counters.claims += 1;
        self.open.push((ticket, Entry::Claimed(key.clone())));
        Ok(block)
    }

    /// Takes a key's block from it, for the transaction `ticket`; `false` if it has none.
    ///
    /// The contents stay as they are until the ticket is settled.
    pub fn release(&mut self, key: &Key, ticket: u64) -> bool {
        let Some(block) = self.disown(key) else { return false };
        self.counters.releases += 1;
        self.counters.quarantined += block.extent.len;
        self.open.push((ticket, Entry::Released(key.clone(), block)));
        true
    }

    /// From now on the blocks of these keys may be moved to make room, and no others; blocks of open transactions stay anyway.
    ///
    /// # Safety
    /// Nobody may use the address of such a block before it was asked for again, or before [`Pool::keep_in_place`].
    pub unsafe fn may_move(&mut self, keys: impl IntoIterator<Item = Key>) {
        self.movable = keys.into_iter().collect();
    }

    /// The block of this key stays where it is from now on.
    pub fn keep_in_place(&mut self, key: &Key) {
        self.movable.remove(key);
    }

    /// Moves blocks that may be moved, so that the free slots between those that may not lie together.
    pub fn compact(&mut self) {
        let blocks = self.movable_blocks();
        let extents = blocks.iter().map(|(_, extent)| *extent).collect::<Vec<_>>();
        let shifts = compaction::gather_all(&self.free, &extents);
        self.carry_out(blocks, &shifts);
    }

    /// The keys whose blocks were moved since the last call: whoever kept their addresses asks for them again.
    pub fn moved(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.moved)
    }

    /// Makes a transaction final: the audio thread is done with everything that it released.
    pub fn settle(&mut self, ticket: u64) {
        for (_, entry) in self.entries_of(ticket) {
            if let Entry::Released(_, block) = entry {
                self.counters.quarantined -= block.extent.len;
                self.free.give(block.extent);
            }
        }
    }

    /// Takes back a transaction that was never handed over, claims and releases alike; only the high-water mark remembers it.
    ///
    /// It must be the last one that touched its keys.
    pub fn revert(&mut self, ticket: u64) {
        for (_, entry) in self.entries_of(ticket).into_iter().rev() {
            match entry {
                Entry::Claimed(key) => {
                    let block = self.disown(&key).expect("a claim of an open transaction has its block");
                    self.counters.claims -= 1;
                    self.free.give(block.extent);
                }
                Entry::Released(key, block) => {
                    self.counters.releases -= 1;
                    self.counters.quarantined -= block.extent.len;
                    self.own(key, block);
                }
            }
        }
    }

    fn entries_of(&mut self, ticket: u64) -> Vec<(u64, Entry)> {
        self.open.extract_if(.., |(of, _)| *of == ticket).collect()
    }

    fn own(&mut self, key: Key, block: Block) {
        self.counters.used += block.extent.len;
        self.counters.high_water = self.counters.high_water.max(self.counters.used);
        let former = self.blocks.insert(key, block);
        assert!(former.is_none(), "a key never has two blocks");
        self.counters.keys = self.blocks.len();
    }

    fn disown(&mut self, key: &Key) -> Option<Block> {
        let block = self.blocks.remove(key)?;
        self.counters.used -= block.extent.len;
        self.counters.keys = self.blocks.len();
        Some(block)
    }

    /// A free run for a block.
    fn find(&mut self, key: &Key, layout: &Layout) -> Result<Extent, Refusal> {
        if self.blocks.contains_key(key) {
            return Err(Refusal::Taken(key.clone()));
        }
        let requested = layout.slots();
        let free = usize::try_from(requested).ok().and_then(|len| self.free.take(len).or_else(|| self.make_room(len)));
        free.ok_or_else(|| self.full(key, requested))
    }

    /// A run of so many slots, where moving blocks makes one.
    fn make_room(&mut self, len: usize) -> Option<Extent> {
        if self.movable.is_empty() || self.free.total() < len {
            return None;
        }
        let blocks = self.movable_blocks();
        let extents = blocks.iter().map(|(_, extent)| *extent).collect::<Vec<_>>();
        let shifts = compaction::gather(&self.free, &extents, len)?;
        self.carry_out(blocks, &shifts);
        self.free.take(len)
    }

    /// The blocks that may be moved, without those that a transaction has claimed which is not final.
    fn movable_blocks(&self) -> Vec<(Key, Extent)> {
        let claimed = self.open.iter().filter_map(|(_, entry)| match entry {
            Entry::Claimed(key) => Some(key),
            Entry::Released(..) => None,
        });
        let claimed = claimed.collect::<HashSet<_>>();
        let movable = self.movable.iter().filter(|key| !claimed.contains(key));
        movable.filter_map(|key| Some((key.clone(), self.blocks.get(key)?.extent))).collect()
    }

    fn carry_out(&mut self, blocks: Vec<(Key, Extent)>, shifts: &[Shift]) {
        let mut owners: HashMap<usize, Key> =
            blocks.into_iter().filter(|(_, extent)| extent.len > 0).map(|(key, extent)| (extent.start, key)).collect();
        self.moves.compactions += u64::from(!shifts.is_empty());
        for Shift { from, to } in shifts {
            let key = owners.remove(&from.start).expect("only blocks that may be moved are shifted");
            // SAFETY: nobody holds the address of a block that may be moved, and the slots that it goes to are free or its own.
            unsafe { self.arena.shift(*from, *to) };
            self.free.give(*from);
            self.free.take_at(Extent { start: *to, len: from.len });
            self.blocks.get_mut(&key).expect("it has a block").extent.start = *to;
            self.moves.slots += from.len as u64;
            self.moved.push(key.clone());
            owners.insert(*to, key);
        }
    }

    fn full(&self, key: &Key, requested: u64) -> Refusal {
        Refusal::Full(Box::new(Shortage {
            memory: "helper memory",
            who: format!("`{key}`"),
            unit: Unit::Slots,
            requested,
            used: self.counters.used as u64,
            fading: self.counters.quarantined as u64,
            largest: self.largest_free() as u64,
            capacity: self.counters.capacity as u64,
            rest: 0,
            flag: "--helper-memory",
        }))
    }
}
