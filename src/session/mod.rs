//! One performance: from saved scripts to what the engine plays, and the commands that are made of it. It computes no sample itself.

mod again;
pub mod audit;
mod awaited;
pub mod bench;
mod bind;
pub mod budget;
pub mod check;
mod checkup;
mod claim;
pub mod config;
mod console;
mod cure;
pub mod devices;
mod dismiss;
pub mod doctor;
pub mod economy;
mod ensembles;
pub mod generation;
pub mod guard;
pub mod helpers;
mod insight;
pub mod instruction;
mod join;
mod known;
mod leaks;
mod leave;
pub mod list;
pub mod live;
mod load;
pub mod log;
pub mod needs;
mod obey;
mod opening;
pub mod options;
mod own;
pub mod performance;
pub mod player;
mod reader;
mod reading;
mod recording;
pub mod render;
pub mod replay;
pub mod report;
pub mod resume;
mod revisit;
pub mod ruling;
mod save;
mod show;
pub mod sight;
pub mod snapshot;
pub mod soak;
pub mod socket;
pub mod stats;
mod stems;
mod steps;
pub mod tell;
mod tempo;
mod transaction;
pub mod trial;
mod unit;
pub mod view;
mod wants;
mod wiring;

pub use instruction::Instruction;
pub use load::Cost;
pub use obey::Obeyed;
pub use performance::{Notice, Performance};
pub use report::{Form, Report};
pub use trial::Trial;

use crate::compile::BackEnd;
use crate::diagnostic::Amount;
use crate::dsp;
use crate::memory::health::Thresholds;

/// What a performance reserves at start, and what never changes while it lasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Frames per second.
    pub rate: u32,
    /// Channels of the master.
    pub channels: usize,
    /// Signals at one time.
    pub max_signals: usize,
    /// Bytes of all helpers' memory.
    pub helper_memory: usize,
    /// Bytes of what each machine alone uses: constants, tables, output.
    pub program_memory: usize,
    /// Bytes of machine code.
    pub code_memory: usize,
    /// Bytes of what vector code reads and writes: state, numbers and samples of many side by side.
    pub vector_memory: usize,
    /// Bytes of the copies on which old programs fade out.
    pub fade_memory: usize,
    /// Bytes of the states that an undo can bring back.
    pub undo_memory: usize,
    /// Bytes of what waits to be recorded, in an engine that plays in real time.
    pub record_memory: usize,
    /// How many texts of each file are kept for undo.
    pub generations: usize,
    /// What executes programs.
    pub back_end: BackEnd,
    /// How programs are tried before they are heard.
    pub trial: Trial,
    /// Whether signals that rest are not rendered. The sound is the same.
    pub sleeps: bool,
    /// When memory is short enough to be told.
    pub thresholds: Thresholds,
    /// Whether a device waits for every block, so that no quantum may cost much more than its neighbours.
    pub real_time: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            rate: 48_000,
            channels: 2,
            max_signals: 1024,
            helper_memory: 64 << 20,
            program_memory: 16 << 20,
            code_memory: 16 << 20,
            vector_memory: 8 << 20,
            fade_memory: 4 << 20,
            undo_memory: 16 << 20,
            record_memory: 8 << 20,
            generations: 20,
            back_end: BackEnd::Auto,
            trial: Trial::Sound,
            sleeps: true,
            thresholds: Thresholds::default(),
            real_time: false,
        }
    }
}

/// Why a performance cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gives no memory.
    #[error("cannot reserve {} of {what}: the system does not have that much; start with a smaller {flag}", Amount(*.bytes as u64))]
    Memory {
        /// What was to be reserved.
        what: &'static str,
        /// How much.
        bytes: usize,
        /// The option that says so.
        flag: &'static str,
    },
    /// The system gives no thread.
    #[error("cannot start the thread that runs scripts: {0}")]
    Thread(#[source] std::io::Error),
    /// The back end cannot be had.
    #[error(transparent)]
    Compile(#[from] crate::compile::Error),
}

/// Why a command ends with 1.
#[derive(Debug)]
pub enum Failed {
    /// What is wrong has been printed already.
    Told,
    /// What is wrong has been printed already: nothing began, because it was not understood.
    Misunderstood,
    /// This is to be printed.
    Because(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed::Because(error.into())
    }
}

/// Seconds as a whole number of frames.
fn frames(seconds: f64, rate: u32) -> u64 {
    (seconds * f64::from(rate)).round().max(0.0) as u64
}

/// Constants are computed in the mode of the audio thread.
fn flushed<T>(work: impl FnOnce() -> T) -> T {
    let _flushed = dsp::denormals::Flush::on();
    work()
}
