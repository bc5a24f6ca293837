//! What a running engine says of itself: memory, code, signals, the audio thread, the device. It is data; who counts what stands elsewhere.

mod gather;
mod process;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use process::Process;
pub use text::{reserve, text};

use super::load::Cost;
use crate::device;
use crate::memory::health::{Crossing, Level, Reserve};
use crate::memory::leak::Leak;

/// The version of this schema, as `"stats"`. It grows when a field goes or changes its meaning, not when one comes.
pub const VERSION: u32 = 1;

/// All figures of an engine at one moment. What is not known is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// The version of this schema.
    pub stats: u32,
    /// Frames rendered so far.
    pub frames: u64,
    /// The same in seconds.
    pub seconds: f64,
    /// Frames per second.
    pub rate: u32,
    /// Beats per minute.
    pub tempo: f64,
    /// Where the next frame is, in beats.
    pub beat: f64,
    /// Saves so far, undo and redo among them.
    pub reloads: Reloads,
    /// The memories that are reserved at start.
    pub pools: BTreeMap<Reserve, PoolStats>,
    /// Machine code.
    pub code: CodeStats,
    /// The signals, by name; those that are parked, too.
    pub signals: Vec<SignalStats>,
    /// The audio thread.
    pub audio: AudioStats,
    /// The sound device, in an engine that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<device::Counts>,
    /// What is judged by levels.
    pub health: HealthStats,
    /// The process.
    pub process: Process,
}

/// What became of saves. A save is taken if all its files are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloads {
    /// Saves that were taken.
    pub taken: u64,
    /// Saves of which something was refused.
    pub refused: u64,
}

/// A memory that is reserved at start, in units of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolStats {
    /// Bytes of a unit: 8 where slots are counted, 1 where bytes are.
    pub unit: u64,
    /// Units in all.
    pub capacity: u64,
    /// Units that have an owner.
    pub used: u64,
    /// Units that were given back, but may still be heard.
    pub fading: u64,
    /// How much of `used` gives way by itself as soon as somebody needs it.
    pub spare: u64,
    /// The most units that ever had an owner at a time.
    pub high_water: u64,
    /// Blocks claimed so far.
    pub claims: u64,
    /// Blocks given back so far.
    pub releases: u64,
    /// Claims refused so far.
    pub refusals: u64,
    /// Blocks that have an owner.
    pub keys: u64,
    /// In how many pieces the free units lie, where that can be more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_pieces: Option<u64>,
    /// Units of the longest free piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_free: Option<u64>,
    /// How often parked blocks were moved together, where that can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compactions: Option<u64>,
    /// Units that were moved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<u64>,
    /// The part that is not to be had, from 0 to 1: used and fading, without what gives way.
    pub pressure: f64,
    /// How bad that is.
    pub level: Level,
}

/// Machine code, by shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeStats {
    /// Pieces, idle ones included.
    pub pieces: usize,
    /// Pieces that nobody uses.
    pub idle: usize,
    /// Bytes of all pieces, padding excluded.
    pub bytes: usize,
    /// Look-ups that found code.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Pieces that were dropped to make room.
    pub evictions: u64,
    /// Time spent making code, in milliseconds.
    pub generation_ms: f64,
}

/// A signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalStats {
    /// Its name.
    pub name: String,
    /// The file that registers it; of a parked one, the file that did.
    pub file: String,
    /// Whether its line is gone and its memory kept.
    pub parked: bool,
    /// Its helpers with state.
    pub helpers: usize,
    /// Slots of their blocks.
    pub slots: u64,
    /// Bytes of its blocks, its sandbox and, while it plays, the tables of its program; machine code is shared and not in it.
    pub bytes: u64,
    /// What it costs on the audio thread, in an engine that plays in real time.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// The audio thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AudioStats {
    /// What all of a quantum costs, in an engine that plays in real time.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Calls of the heap on the audio thread; 0 is what there may be.
    pub heap_calls: u64,
    /// Events that nobody read in time.
    pub lost_events: u64,
    /// Signals that were faded out because all together took too much time.
    #[serde(default)]
    pub faded_out: u64,
}

/// What is judged by levels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HealthStats {
    /// The worst level of all.
    pub level: Level,
    /// Blocks that are claimed and that no signal holds: 0 unless the engine is wrong.
    pub imbalance: u64,
    /// Blocks that are claimed for helpers.
    pub keys: u64,
    /// The last levels that were reached or left, the newest last.
    pub crossings: Vec<Crossed>,
    /// What grows from save to save and nothing explains; there is none unless the engine is wrong.
    pub leaks: Vec<Leak>,
}

/// A level that was reached or left, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossed {
    /// The frame at which it was noticed.
    pub frame: u64,
    /// What happened.
    #[serde(flatten)]
    pub crossing: Crossing,
}
