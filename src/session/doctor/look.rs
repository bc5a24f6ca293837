//! Finds out what a machine has: opens its device, saves a file, asks the system. It says nothing about what it finds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, unbounded};

use super::Doctor;
use super::facts::{Disk, Facts, Governor, Inotify, Limits, Opened, Watching};
use crate::compile::{BackEnd, Compiler};
use crate::device::{self, Event};
use crate::session::socket::{Answer, AtOnce, EngineName, Request, Server, ask, names};
use crate::session::{Performance, Settings};
use crate::watch::{self, News, Note, Watcher};

/// How long a device may take to open, and a save to be heard.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a device plays silence.
const SILENCE: Duration = Duration::from_millis(500);
/// Bytes of a recorded sample.
const SAMPLE: u64 = 4;

/// Plays nothing.
struct Silence;

impl device::Source for Silence {
    fn render(&mut self, out: &mut [f32], _: usize) {
        out.fill(0.0);
    }
}

impl Facts {
    /// Looks at this machine. Control thread; takes seconds.
    pub fn gather(doctor: &Doctor) -> Facts {
        let features = [
            #[cfg(target_arch = "x86_64")]
            ("avx2", is_x86_feature_detected!("avx2")),
            #[cfg(target_arch = "x86_64")]
            ("fma", is_x86_feature_detected!("fma")),
            #[cfg(target_arch = "x86_64")]
            ("avx512", is_x86_feature_detected!("avx512f")),
            #[cfg(target_arch = "aarch64")]
            ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ];
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let compiler = Compiler::new(doctor.settings.back_end, 0);
        Facts {
            device: opened(doctor),
            buffer: doctor.device.buffer.unwrap_or(device::FRAMES),
            memory: reserved(&doctor.settings),
            limits: Limits::read(&read("/proc/self/limits"), &read("/proc/self/status")),
            governor: governed(Path::new("/sys/devices/system/cpu")),
            back_end: compiler.map_or(BackEnd::Oracle, |compiler| compiler.back_end()),
            features: features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect(),
            watching: watched().unwrap_or_else(|error| Watching::Untried(error.to_string())),
            inotify: inotify(),
            disk: disk(),
            recorded: u64::from(doctor.plan.rate) * u64::from(doctor.plan.channels) * SAMPLE,
            socket: answered(),
        }
    }
}

/// Lets the device play silence for a while.
fn opened(doctor: &Doctor) -> Result<Opened, device::Error> {
    let (events, news) = bounded(64);
    let playback = device::start(doctor.device.clone(), doctor.plan, Box::new(Silence), events);
    let playback = playback.map_err(|error| device::Error::Backend(error.to_string()))?;
    let deadline = Instant::now() + PATIENCE;
    let mut no_priority = false;
    let mut opened = loop {
        match news.recv_deadline(deadline) {
            Ok(Event::Opened { name, rate, channels, frames, format, .. }) => {
                break Opened { name, rate, channels, frames, format, callbacks: 0, dropouts: 0, no_priority };
            }
            Ok(Event::NoDevice(why)) => return Err(why),
            Ok(Event::NoPriority) => no_priority = true,
            Ok(_) => {}
            Err(_) => return Err(device::Error::Backend("no device answers in time".to_owned())),
        }
    };
    let before = playback.counters().read();
    std::thread::sleep(SILENCE);
    let after = playback.counters().read();
    opened.callbacks = after.callbacks - before.callbacks;
    opened.dropouts = after.xruns + after.late - before.xruns - before.late;
    opened.no_priority |= news.try_iter().any(|event| event == Event::NoPriority);
    playback.stop();
    Ok(opened)
}

/// How much `run` would reserve.
fn reserved(settings: &Settings) -> Result<u64, String> {
    let settings = Settings { real_time: true, ..settings.clone() };
    let (performance, _player) = Performance::new(&settings, Path::new(".")).map_err(|error| error.to_string())?;
    Ok(performance.budget().bytes as u64)
}

/// How the clocks of processors are governed; one that saves power comes before the others.
fn governed(processors: &Path) -> Option<Governor> {
    let folders = fs::read_dir(processors).ok()?.flatten().map(|entry| entry.path().join("cpufreq"));
    let word = |path: PathBuf| Some(fs::read_to_string(path).ok()?.trim().to_owned());
    let governors = folders.filter_map(|folder| {
        let name = word(folder.join("scaling_governor"))?;
        Some(Governor { name, driver: word(folder.join("scaling_driver")).unwrap_or_default() })
    });
    governors.min_by_key(|governor| governor.name != "powersave")
}

/// Saves a script in a folder of its own and listens for it.
fn watched() -> Result<Watching, Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("aither-doctor-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let watching = saved(&folder);
    fs::remove_dir_all(&folder).ok();
    watching
}

fn saved(folder: &Path) -> Result<Watching, Box<dyn std::error::Error>> {
    let (news, heard) = unbounded();
    let _watcher = Watcher::start(folder, &[], watch::Settings::default(), news)?;
    let begun = Instant::now();
    let mut polling = None;
    let mut saved = None;
    // Whoever polls says so first.
    while begun.elapsed() < PATIENCE {
        match heard.recv_timeout(Duration::from_millis(100)) {
            Ok(News::Note(Note::Polling(why))) => polling = Some(why),
            Ok(News::Changed(_)) => {
                let after = saved.map_or(Duration::ZERO, |saved: Instant| saved.elapsed());
                return Ok(polling.map_or(Watching::Heard(after), Watching::Polled));
            }
            Ok(News::Note(_)) => {}
            Err(_) if saved.is_none() => {
                fs::write(folder.join("doctor.rhai"), "// A save.\n")?;
                saved = Some(Instant::now());
            }
            Err(_) => {}
        }
    }
    Ok(Watching::Deaf)
}

fn inotify() -> Option<Inotify> {
    let number = |name: &str| fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?.trim().parse().ok();
    Some(Inotify { watches: number("max_user_watches")?, instances: number("max_user_instances")? })
}

/// The disk of the current folder.
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "systems count blocks in types of their own")]
fn disk() -> Option<Disk> {
    let folder = std::env::current_dir().ok()?;
    let disk = nix::sys::statvfs::statvfs(&folder).ok()?;
    Some(Disk { folder, free: u64::from(disk.blocks_available()).saturating_mul(u64::from(disk.fragment_size())) })
}

#[cfg(not(unix))]
fn disk() -> Option<Disk> {
    None
}

/// Listens as an engine would, and talks to it.
fn answered() -> Result<Vec<String>, String> {
    let name = format!("doctor-{}", std::process::id()).parse::<EngineName>()?;
    let at_once: AtOnce = Arc::new(|_| Some(Answer::done("")));
    let (_server, _asked) = Server::start(&name, at_once).map_err(|error| error.to_string())?;
    ask(&name, &Request::List).map_err(|error| error.to_string())?;
    Ok(names().into_iter().filter(|running| *running != name.to_string()).collect())
}
