//! What is known of a machine that is to play, as data. It judges nothing.

use std::path::PathBuf;
use std::time::Duration;

use crate::compile::BackEnd;
use crate::device;

/// What was found; `None` is what this system does not tell.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The device that played silence, or why none did.
    pub device: Result<Opened, device::Error>,
    /// Frames for each callback that were asked for.
    pub buffer: u32,
    /// Bytes that `run` would reserve, or why it could not.
    pub memory: Result<u64, String>,
    /// What the system lets this user have.
    pub limits: Option<Limits>,
    /// How the clock of the processor is governed; the first one that saves power, if there is any.
    pub governor: Option<Governor>,
    /// What executes programs.
    pub back_end: BackEnd,
    /// What of the processor's vectors is there.
    pub features: Vec<&'static str>,
    /// Whether a save is heard.
    pub watching: Watching,
    /// How many files and folders can be watched.
    pub inotify: Option<Inotify>,
    /// Where a recording would go.
    pub disk: Option<Disk>,
    /// Bytes of a second of a recording of the master.
    pub recorded: u64,
    /// Whether an engine can be talked to: the engines that run, or why not.
    pub socket: Result<Vec<String>, String>,
}

/// A device that played silence.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its name.
    pub name: String,
    /// Frames per second.
    pub rate: u32,
    /// Its channels.
    pub channels: u16,
    /// Frames for each callback, where it tells.
    pub frames: Option<u32>,
    /// Its sample format.
    pub format: String,
    /// Blocks that it asked for.
    pub callbacks: u64,
    /// Dropouts and late callbacks meanwhile.
    pub dropouts: u64,
    /// Whether it let the audio thread have no priority.
    pub no_priority: bool,
}

/// What the system lets this user have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The highest real-time priority that may be asked for; 0 is none.
    pub priority: u64,
    /// Bytes that may be locked in memory; `None` is as many as there are.
    pub locked: Option<u64>,
}

/// How the clock of a processor is governed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governor {
    /// Its name.
    pub name: String,
    /// Who carries it out; empty where that is unknown.
    pub driver: String,
}

/// What became of a save in a folder that was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watching {
    /// It was heard after so long.
    Heard(Duration),
    /// It was heard because the files were looked at; the system sends no events for this reason.
    Polled(String),
    /// It was not heard.
    Deaf,
    /// It could not be tried.
    Untried(String),
}

/// How much the system watches for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inotify {
    /// Files and folders.
    pub watches: u64,
    /// Programs.
    pub instances: u64,
}

/// A disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The folder that lies on it.
    pub folder: PathBuf,
    /// Bytes that are free.
    pub free: u64,
}

impl Limits {
    /// What `/proc/self/limits` and `/proc/self/status` say of a process.
    pub fn read(limits: &str, status: &str) -> Option<Limits> {
        let soft = |what: &str| limits.lines().find_map(|line| line.strip_prefix(what)?.split_whitespace().next());
        let number = |text: &str| text.parse::<u64>().ok();
        let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
        let capabilities = capabilities.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        // CAP_SYS_NICE and CAP_IPC_LOCK of linux/capability.h stand above the limits.
        let (nice, lock) = (capabilities >> 23 & 1 == 1, capabilities >> 14 & 1 == 1);
        let priority = soft("Max realtime priority").and_then(number)?;
        let locked = soft("Max locked memory")?;
        Some(Limits { priority: if nice { 99 } else { priority }, locked: if lock { None } else { number(locked) } })
    }
}
