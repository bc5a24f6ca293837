//! What the system and the heap say of this process. It keeps nothing.

use std::fs;

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
    /// Its open files, sockets and pipes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<usize>,
    /// Bytes of its memory that are in the machine right now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident: Option<usize>,
}

impl Process {
    /// As it is now.
    pub fn now() -> Process {
        let live = heap::live();
        Process {
            heap_blocks: live.map(|live| live.blocks),
            heap_bytes: live.map(|live| live.bytes),
            threads: line("Threads:").and_then(|count| count.parse().ok()),
            descriptors: descriptors(),
            resident: resident(),
        }
    }
}

/// A line of what Linux says of this process; other systems have no such file.
fn line(of: &str) -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(of)).map(|rest| rest.trim().to_owned())
}

/// How many files, sockets and pipes are open; one is the folder that is read to know it.
fn descriptors() -> Option<usize> {
    fs::read_dir("/proc/self/fd").ok()?.count().checked_sub(1)
}

/// Bytes of memory that are in the machine.
fn resident() -> Option<usize> {
    let kibibytes = line("VmRSS:")?.strip_suffix("kB")?.trim().parse::<usize>().ok()?;
    Some(kibibytes << 10)
}
