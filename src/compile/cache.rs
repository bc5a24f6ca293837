//! Machine code by shape, so that equal voices share one piece and undoing an edit makes none. It makes no code itself.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::Code;
use super::lanes::Make;
use super::made::Made;
use crate::ir::ShapeKey;

/// What a piece is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// What runs a program.
    Program(ShapeKey),
    /// What runs it where there is no room for tables of vectors.
    Scalar(ShapeKey),
    /// Vector code of a shape.
    Kernel(ShapeKey, Make),
}

/// Machine code that is in use, and some that is not any more.
pub struct Cache {
    pieces: HashMap<Key, Piece>,
    /// How many pieces that nobody uses are kept.
    idle: usize,
    /// Counts look-ups, as a clock of use.
    now: u64,
    counts: Counts,
}

struct Piece {
    made: Made,
    used: u64,
}

/// What happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Look-ups that found code.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Pieces that were dropped to make room.
    pub evictions: u64,
}

impl Cache {
    /// An empty cache that keeps at most `idle` pieces that nobody uses.
    pub fn new(idle: usize) -> Cache {
        Cache { pieces: HashMap::new(), idle, now: 0, counts: Counts::default() }
    }

    /// What was made under a key.
    pub fn find(&mut self, key: Key) -> Option<Made> {
        self.now += 1;
        let piece = self.pieces.get_mut(&key)?;
        piece.used = self.now;
        self.counts.hits += 1;
        Some(piece.made.clone())
    }

    /// Remembers what was made, and drops idle pieces beyond the bound.
    pub fn keep(&mut self, key: Key, made: &Made) {
        self.counts.misses += u64::from(made.code().is_some());
        self.pieces.insert(key, Piece { made: made.clone(), used: self.now });
        while self.pieces.values().filter(|piece| piece.made.is_idle()).count() > self.idle {
            self.evict();
        }
    }

    /// Drops what nobody uses and was looked up longest ago. False if there is nothing.
    pub fn evict(&mut self) -> bool {
        let idle = self.pieces.iter().filter(|(_, piece)| piece.made.is_idle());
        let Some(key) = idle.min_by_key(|(_, piece)| piece.used).map(|(key, _)| *key) else { return false };
        let gone = self.pieces.remove(&key);
        self.counts.evictions += u64::from(gone.is_some_and(|piece| piece.made.code().is_some()));
        true
    }

    /// Pieces of code.
    fn code(&self) -> impl Iterator<Item = (&Piece, &Arc<Code>)> {
        self.pieces.values().filter_map(|piece| Some((piece, piece.made.code()?)))
    }

    /// Bytes of the pages of a piece of code; asking is no use of it.
    pub fn room(&self, key: Key) -> Option<usize> {
        self.pieces.get(&key)?.made.code().map(|code| code.room())
    }

    /// How many pieces of code there are.
    pub fn pieces(&self) -> usize {
        self.code().count()
    }

    /// How many of them nobody uses.
    pub fn idle_pieces(&self) -> usize {
        self.code().filter(|(piece, _)| piece.made.is_idle()).count()
    }

    /// Bytes of the pages of those that nobody uses.
    pub fn idle_room(&self) -> usize {
        self.code().filter(|(piece, _)| piece.made.is_idle()).map(|(_, code)| code.room()).sum()
    }

    /// Bytes of code, padding excluded.
    pub fn bytes(&self) -> usize {
        self.code().map(|(_, code)| code.bytes()).sum()
    }

    /// What happened since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}
