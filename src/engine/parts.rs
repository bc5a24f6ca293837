//! What a machine is made of, and how much room that takes. It reserves nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::any::Any;

use super::ear::EAR;
use crate::ir::ShapeKey;
use crate::ir::call::{QUANTUM, Run, Span};

/// How much of everything a machine uses that it shares with nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extents {
    /// Constants of the program.
    pub constants: usize,
    /// Its memories, each with a span.
    pub spans: usize,
    /// Faults that it counts.
    pub faults: usize,
    /// Channels that it gives, at least 1.
    pub channels: usize,
    /// Channels of others that it hears.
    pub ears: usize,
}

impl Extents {
    /// Slots of the table of constants, with what is left of its last line of the cache, so that the output begins one.
    pub(super) fn table(&self) -> usize {
        self.constants.next_multiple_of(LINE)
    }

    /// Slots of 8 bytes that a machine needs for itself.
    pub fn slots(&self) -> usize {
        // What it gives and what others hear of it, and of both a sample more.
        let quanta = self.channels * 2 * (QUANTUM + 1);
        self.table() + quanta + self.faults + self.spans * SPAN + self.ears * EAR
    }
}

/// Slots of a line of the processor's cache.
const LINE: usize = 8;
/// Slots of a span.
pub(super) const SPAN: usize = size_of::<Span>() / size_of::<u64>();

/// What a machine is made of.
pub struct Parts<'a> {
    /// The program's code.
    pub run: Box<dyn Run>,
    /// The table of constants.
    pub constants: &'a [u64],
    /// One span for each memory.
    pub spans: &'a [Span],
    /// How many faults the program counts.
    pub faults: usize,
    /// How many channels it gives, at least 1.
    pub channels: usize,
    /// The shape of the program, where others of that shape can be rendered with it at once.
    pub shape: Option<ShapeKey>,
    /// How many channels of others it hears. Until it is told whose, it reads what its spans name.
    pub ears: usize,
    /// Whether it reads where the transport is.
    pub beats: bool,
    /// Where the machine puts all that it uses alone: as many slots as [`Extents::slots`] says.
    pub room: *mut u64,
    /// Whatever must live as long as the room and the spans are used: arenas, tables, scratch.
    pub keep: Box<dyn Any + Send>,
}

impl Parts<'_> {
    pub(super) fn extents(&self) -> Extents {
        let Parts { constants, spans, faults, channels, ears, .. } = *self;
        Extents { constants: constants.len(), spans: spans.len(), faults, channels, ears }
    }
}
