//! What the audio thread tells: small copies, stamped with frames. Nothing that must come home travels here.

use super::SlotId;

/// What the audio thread copied for a transaction, in slots of 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// At the boundary at which it took effect: small state and rooms.
    pub at_once: usize,
    /// Of rings, in the quantum in which it was most.
    pub slice: usize,
}

/// Something that happened on the audio thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A transaction or command took effect. Never lost.
    Applied {
        /// Its ticket.
        ticket: u64,
        /// The first frame that it changed.
        frame: u64,
        /// What was copied for it.
        copied: Copied,
    },
    /// An alarm was obeyed: the master falls silent. Never lost.
    Silenced {
        /// The first frame that is softer.
        frame: u64,
    },
    /// A signal gave NaN or infinity: it is silent until its next program. Can be lost.
    NonFinite {
        /// Where it plays.
        slot: SlotId,
        /// First frame of the quantum in which it happened.
        frame: u64,
        /// How many samples of that quantum.
        samples: u32,
    },
    /// A signal's program panicked: it is silent until its next program. Can be lost.
    Panicked {
        /// Where it plays.
        slot: SlotId,
        /// First frame of the quantum in which it happened.
        frame: u64,
    },
    /// The renderer panicked outside all programs and goes on. Told at most once a second; can be lost.
    Interrupted {
        /// First frame of the quantum in which it happened the last time.
        frame: u64,
        /// How many times since it was told before.
        times: u64,
    },
    /// A program counted faults since it last told. Can come late: what is not told yet goes on being counted.
    Fault {
        /// Where it plays.
        slot: SlotId,
        /// Which fault of the program.
        index: u32,
        /// How many times.
        count: u64,
        /// First frame after the count was taken.
        frame: u64,
    },
    /// So many events were lost, because nobody read them in time.
    Lost(u64),
}
