//! What became of a save, for people and for programs. It decides nothing.

mod memory;
mod text;

use std::time::Duration;

use serde::Serialize;

pub use memory::{CacheChange, Counts, MemoryReport, PoolChange};

use crate::diagnostic::Diagnostic;
use crate::engine::Copied;
use crate::memory::key::Key;

/// How reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// A few lines for people.
    #[default]
    Text,
    /// A line of JSON for each file.
    Json,
}

/// What became of one save: all its files.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The frame at which it came on air; `None` where nothing did.
    pub frame: Option<u64>,
    /// Each file that was evaluated, in path order.
    pub files: Vec<FileReport>,
    /// The helper pool when the save came.
    pub before: PoolReport,
    /// What the audio thread copied until it came on air; `None` before.
    pub swap: Option<SwapReport>,
    /// What is remembered for undo, afterwards.
    pub undo: UndoReport,
    /// The helper pool afterwards.
    pub pool: PoolReport,
    /// What was counted when the save came.
    pub(super) counted: Counts,
    /// What the save did to memory.
    pub memory: MemoryReport,
    /// How long each stage took.
    pub times: Times,
}

/// What became of one file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Its path.
    pub file: String,
    /// Whether it was taken.
    pub ok: bool,
    /// Its signals, in order.
    pub signals: Vec<SignalReport>,
    /// Why it was refused.
    pub errors: Vec<Diagnostic>,
    /// What the performer should know.
    pub warnings: Vec<Diagnostic>,
}

/// What became of one signal.
#[derive(Clone, Debug, Serialize)]
pub struct SignalReport {
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub status: Status,
    /// Its helpers with state.
    pub helpers: Vec<HelperReport>,
}

impl SignalReport {
    /// What became of the signal with a name.
    pub fn new(name: &str, status: Status, helpers: Vec<HelperReport>) -> SignalReport {
        SignalReport { name: name.to_owned(), status, helpers }
    }
}

/// What became of one helper.
#[derive(Clone, Debug, Serialize)]
pub struct HelperReport {
    /// `signal_helper_index`.
    pub key: String,
    /// `kept`, `carried`, `reset`, `new` or `freed`.
    pub status: &'static str,
    /// Why, where it is not plain.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How far back what goes on of its rings reaches, in seconds; `None` where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<f64>,
}

impl HelperReport {
    /// What became of the helper with a key.
    pub fn new(key: &Key, status: &'static str, reason: &str) -> HelperReport {
        HelperReport { key: key.to_string(), status, reason: reason.to_owned(), tail: None }
    }

    /// The same with a tail of so many frames, at `rate` frames per second.
    pub fn tail(self, frames: Option<u32>, rate: u32) -> HelperReport {
        HelperReport { tail: frames.map(|frames| f64::from(frames) / f64::from(rate)), ..self }
    }
}

/// What happened to a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It plays on, bit for bit.
    Untouched,
    /// Its program is another one.
    Changed,
    /// It was not there before.
    New,
    /// It was parked and plays again.
    Resumed,
    /// Its line is gone; it keeps its memory.
    Parked,
    /// It was unregistered; its memory is given back.
    Removed,
    /// It was to be something else, and its file's save is refused.
    Refused,
}

impl Status {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Status::Untouched => "untouched",
            Status::Changed => "changed",
            Status::New => "new",
            Status::Resumed => "resumed",
            Status::Parked => "parked",
            Status::Removed => "removed",
            Status::Refused => "refused",
        }
    }
}

/// What the audio thread copied for a save, in bytes; `memory::bounds` says how much it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SwapReport {
    /// At the boundary at which it came on air.
    pub at_once: usize,
    /// Of long lines, in the quantum before in which it was most.
    pub slice: usize,
}

impl From<Copied> for SwapReport {
    fn from(copied: Copied) -> SwapReport {
        SwapReport { at_once: copied.at_once * size_of::<u64>(), slice: copied.slice * size_of::<u64>() }
    }
}

/// The states that an undo can bring back, in slots of one f64.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct UndoReport {
    /// Slots in use.
    pub used: usize,
    /// Slots in all.
    pub capacity: usize,
    /// How many states there are: one for a text of a file.
    pub states: usize,
}

/// The helper pool, in slots of one f64.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct PoolReport {
    /// Slots with an owner.
    pub used: usize,
    /// The most there ever were.
    pub high_water: usize,
    /// Slots in all.
    pub capacity: usize,
    /// Blocks with an owner.
    pub keys: usize,
    /// Blocks claimed since the start.
    pub claims: u64,
    /// Blocks given back since the start.
    pub releases: u64,
    /// How often parked blocks were moved together since the start.
    #[serde(skip_serializing_if = "is_zero")]
    pub compactions: u64,
    /// Slots that were moved for it since the start.
    #[serde(skip_serializing_if = "is_zero")]
    pub moved: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a function of a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How long the stages of a save took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Running the scripts.
    pub evaluate: Duration,
    /// From graphs to programs.
    pub lower: Duration,
    /// From programs to machine code.
    pub compile: Duration,
    /// Running new programs before they are heard.
    pub trial: Duration,
    /// Functions for which code was generated.
    pub generated: u64,
}

impl Report {
    /// Whether every file was taken.
    pub fn ok(&self) -> bool {
        self.files.iter().all(|file| file.ok)
    }

    /// One line of JSON per file.
    pub fn json(&self) -> Vec<String> {
        let Times { evaluate, lower, compile, trial, .. } = self.times;
        // Whole microseconds.
        let ms = |time: Duration| time.as_micros() as f64 / 1000.0;
        let line = |file: &FileReport| {
            let mut object = serde_json::json!({
                "frame": self.frame, "file": file.file, "ok": file.ok, "signals": file.signals, "pool": self.pool,
                "undo": self.undo, "swap": self.swap, "memory": self.memory,
                "pool_before": { "used": self.before.used, "keys": self.before.keys },
                "times_ms": { "evaluate": ms(evaluate), "lower": ms(lower), "compile": ms(compile), "trial": ms(trial) },
            });
            if !file.errors.is_empty() {
                object["errors"] = serde_json::json!(file.errors);
            }
            if !file.warnings.is_empty() {
                object["warnings"] = serde_json::json!(file.warnings);
            }
            object.to_string()
        };
        self.files.iter().map(line).collect()
    }
}
