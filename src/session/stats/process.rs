//! What the system and the heap say of this process. It keeps nothing.

use serde::{Deserialize, Serialize};

use crate::heap;

/// This process, as far as it can be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Blocks of the heap that are not freed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap_blocks: Option<usize>,
    /// Their bytes, as they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap_bytes: Option<usize>,
    /// Its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
}

impl Process {
    /// As it is now.
    pub fn now() -> Process {
        let live = heap::live();
        Process {
            heap_blocks: live.map(|live| live.blocks),
            heap_bytes: live.map(|live| live.bytes),
            threads: threads(),
        }
    }
}

/// How many threads there are.
#[cfg(target_os = "linux")]
fn threads() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
    line.trim().parse().ok()
}

/// Systems other than Linux have no file to read it from.
#[cfg(not(target_os = "linux"))]
fn threads() -> Option<usize> {
    None
}
