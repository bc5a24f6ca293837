//! What the system says of this process: threads, open files, memory. Nothing where the system has no such files.

use std::fs;

/// How many threads there are.
pub fn threads() -> Option<usize> {
    entries("/proc/self/task")
}

/// How many files, sockets and pipes are open.
pub fn descriptors() -> Option<usize> {
    // One of them is the folder that is being read.
    entries("/proc/self/fd").map(|open| open - 1)
}

/// Bytes of memory that are in the machine right now.
pub fn resident() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?;
    Some(kibibytes << 10)
}

fn entries(folder: &str) -> Option<usize> {
    Some(fs::read_dir(folder).ok()?.count())
}
