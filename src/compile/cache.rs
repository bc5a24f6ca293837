//! Machine code by shape, so that equal voices share one piece and undoing an edit makes none. It makes no code itself.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::Code;
use crate::ir::ShapeKey;

/// Machine code that is in use, and some that is not any more.
pub struct Cache {
    pieces: HashMap<ShapeKey, Piece>,
    /// How many pieces that nobody uses are kept.
    idle: usize,
    /// Counts look-ups, as a clock of use.
    now: u64,
    counts: Counts,
}

struct Piece {
    code: Arc<Code>,
    used: u64,
}

impl Piece {
    /// Whether only the cache holds it.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.code) == 1
    }
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

    /// The code of a shape.
    pub fn find(&mut self, shape: ShapeKey) -> Option<Arc<Code>> {
        self.now += 1;
        let piece = self.pieces.get_mut(&shape);
        let found = piece.map(|piece| {
            piece.used = self.now;
            Arc::clone(&piece.code)
        });
        *(if found.is_some() { &mut self.counts.hits } else { &mut self.counts.misses }) += 1;
        found
    }

    /// Remembers the code of a shape, and drops idle pieces beyond the bound.
    pub fn keep(&mut self, shape: ShapeKey, code: &Arc<Code>) {
        self.pieces.insert(shape, Piece { code: Arc::clone(code), used: self.now });
        while self.pieces.len() > self.idle && self.idle_pieces() > self.idle {
            self.evict();
        }
    }

    /// Drops the piece that nobody uses and that was looked up longest ago. False if there is none.
    pub fn evict(&mut self) -> bool {
        let idle = self.pieces.iter().filter(|(_, piece)| piece.is_idle());
        let Some(shape) = idle.min_by_key(|(_, piece)| piece.used).map(|(shape, _)| *shape) else { return false };
        self.pieces.remove(&shape);
        self.counts.evictions += 1;
        true
    }

    /// Bytes of the pages of a shape's code; asking is no use of it.
    pub fn room(&self, shape: ShapeKey) -> Option<usize> {
        self.pieces.get(&shape).map(|piece| piece.code.room())
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// How many pieces nobody uses.
    pub fn idle_pieces(&self) -> usize {
        self.pieces.values().filter(|piece| piece.is_idle()).count()
    }

    /// Bytes of the pages of those that nobody uses.
    pub fn idle_room(&self) -> usize {
        self.pieces.values().filter(|piece| piece.is_idle()).map(|piece| piece.code.room()).sum()
    }

    /// Bytes of code, padding excluded.
    pub fn bytes(&self) -> usize {
        self.pieces.values().map(|piece| piece.code.bytes()).sum()
    }

    /// What happened since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}
