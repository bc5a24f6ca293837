//! What a measurement gives, as data. It is the schema of `aither bench --json`; who measures stands elsewhere.

use serde::{Deserialize, Serialize};

use crate::ir::Way;

/// The version of this schema, as `"bench"`. It grows when a field goes or changes its meaning, not when one comes.
pub const VERSION: u32 = 1;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The version of this schema.
    pub bench: u32,
    /// What was measured: a folder of scripts, or one.
    pub path: String,
    /// The signals, per frame, in the fastest part: `whole_ns_per_frame` without `fixed_ns_per_frame`.
    pub ns_per_frame: f64,
    /// The same in the median part.
    pub ns_per_frame_median: f64,
    /// What as many signals cost that compute nothing, per frame: mix, limiter and meters.
    pub fixed_ns_per_frame: f64,
    /// All that the audio thread does, per frame, in the fastest part.
    pub whole_ns_per_frame: f64,
    /// How many times faster than real time all of it is.
    pub times_real_time: f64,
    /// From text to a machine that is ready to play: the next four.
    pub compile_ms: f64,
    /// Running the scripts.
    pub evaluate_ms: f64,
    /// From graphs to programs.
    pub lower_ms: f64,
    /// From programs to machine code.
    pub generate_ms: f64,
    /// All the rest: looking for shapes, giving programs their memory, making machines.
    pub bind_ms: f64,
    /// Running new programs before they are heard; not part of `compile_ms`.
    pub trial_ms: f64,
    /// What executes.
    pub backend: String,
    /// Signals that play.
    pub signals: usize,
    /// Pieces of machine code.
    pub functions: usize,
    /// Bytes of machine code.
    pub code_bytes: usize,
    /// Slots of helper memory in use.
    pub helper_slots: usize,
    /// Seconds that were rendered.
    pub seconds: f64,
    /// Frames per second.
    pub rate: u32,
    /// Each signal, by name.
    pub per_signal: Vec<SignalFigures>,
}

/// What one signal costs and holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalFigures {
    /// Its name.
    pub name: String,
    /// Its program and its place in the mix, per frame, in the fastest part; `None` where the processor has no clock for that.
    pub ns_per_frame: Option<f64>,
    /// Channels that it gives.
    pub channels: u32,
    /// Its helpers with state.
    pub helpers: usize,
    /// Bytes of its helpers' blocks, its sandbox and the tables of its program.
    pub bytes: u64,
    /// Bytes of the pages of its machine code, which it shares with every signal of its shape; 0 where there is none.
    pub code_bytes: usize,
    /// Signals of its shape, itself among them: they run the same machine code. 0 where there is none.
    pub alike: usize,
    /// What renders it: an object whose `by` is `oracle`, `scalar`, `frames`, `instances` or `pieces`; of the middle two the numbers in a
    /// vector are its `lanes` and the signals or voices that are rendered so its `count`, and pieces are what runs `before`
    /// (if anything does), the groups of `voices` and the `rest`, each an object of its own. Earlier figures lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
}

impl Figures {
    /// The figures that can be compared, with what they are called in JSON. Less is better in all of them but the times real time.
    pub fn all(&self) -> [(&'static str, f64); 15] {
        [
            ("ns_per_frame", self.ns_per_frame),
            ("ns_per_frame_median", self.ns_per_frame_median),
            ("fixed_ns_per_frame", self.fixed_ns_per_frame),
            ("whole_ns_per_frame", self.whole_ns_per_frame),
            ("times_real_time", self.times_real_time),
            ("compile_ms", self.compile_ms),
            ("evaluate_ms", self.evaluate_ms),
            ("lower_ms", self.lower_ms),
            ("generate_ms", self.generate_ms),
            ("bind_ms", self.bind_ms),
            ("trial_ms", self.trial_ms),
            ("signals", self.signals as f64),
            ("functions", self.functions as f64),
            ("code_bytes", self.code_bytes as f64),
            ("helper_slots", self.helper_slots as f64),
        ]
    }
}
