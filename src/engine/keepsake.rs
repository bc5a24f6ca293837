//! What is remembered of the boundary at which a transaction takes effect: small state at once, rings slice by slice afterwards. It restores nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::any::Any;

use super::SlotId;
use super::stream::LineCopy;
use super::swap::Move;
use super::sync::{Arc, AtomicU8, Ordering};
use crate::ir::call::QUANTUM;

const COPYING: u8 = 0;
const DONE: u8 = 1;
const UNWANTED: u8 = 2;

/// How far a keepsake is; both sides hold it.
#[derive(Clone, Debug)]
pub struct Progress(Arc<AtomicU8>);

impl Progress {
    /// Whether all is copied, so that the control thread may read it.
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::Acquire) == DONE
    }

    /// Nobody wants it any more: its room may be given to what is sent from now on. Control thread.
    pub fn forget(&self) {
        self.0.store(UNWANTED, Ordering::Release);
    }

    fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Acquire) != UNWANTED
    }

    fn finish(&self) {
        // Where it is unwanted already, it stays so.
        let _ = self.0.compare_exchange(COPYING, DONE, Ordering::Release, Ordering::Relaxed);
    }
}

/// Copies of signals' memory as it is when a transaction takes effect, before its changes.
pub struct Keepsake {
    slots: Vec<SlotId>,
    moves: Vec<Move>,
    rings: Vec<LineCopy>,
    progress: Progress,
    _hold: Box<dyn Any + Send>,
}

impl Keepsake {
    /// Remembers what the signals in these slots hold: `moves` at once, `rings` from the boundary on; `hold` is whatever
    /// must live as long as the places that they name. Control thread.
    ///
    /// The blocks are safe from being settled until the envelope is home, because it names their slots.
    #[allow(clippy::disallowed_methods, reason = "this half runs on the control thread")]
    pub fn new(slots: Vec<SlotId>, moves: Vec<Move>, rings: Vec<LineCopy>, hold: Box<dyn Any + Send>) -> Keepsake {
        Keepsake { slots, moves, rings, progress: Progress(Arc::new(AtomicU8::new(COPYING))), _hold: hold }
    }

    /// How far it is. Control thread.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The slots whose memory it reads.
    pub(super) fn slots(&self) -> &[SlotId] {
        &self.slots
    }

    /// The boundary is here: copies what is copied now and says how many slots. Audio thread.
    pub(super) fn begin(&mut self) -> usize {
        if !self.progress.is_wanted() {
            return 0;
        }
        self.rings.iter_mut().for_each(LineCopy::hold);
        self.moves.iter().map(Move::execute).sum()
    }

    /// Slots of rings that were copied so far.
    pub(super) fn copied(&self) -> u64 {
        self.rings.iter().map(LineCopy::copied).sum()
    }

    /// Goes on copying rings, about `slice` slots of them; says whether that was all. To be called in every quantum before
    /// anything runs, from the boundary on. Audio thread.
    ///
    /// Every ring goes on in every quantum, and faster than it is written, so that no writer overtakes its copy.
    pub(super) fn advance(&mut self, slice: usize) -> bool {
        let each = (slice / self.rings.len().max(1)).max(2 * QUANTUM);
        let mut done = true;
        if self.progress.is_wanted() {
            for ring in &mut self.rings {
                let mut budget = each;
                done &= ring.advance(&mut budget);
            }
        }
        if done {
            self.progress.finish();
        }
        done
    }
}
