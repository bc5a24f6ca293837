//! What facts about a machine mean for playing, and what to do about them. It looks at nothing itself.

use std::time::Duration;

use serde::Serialize;

use super::facts::{Disk, Facts, Governor, Inotify, Limits, Opened, Watching};
use crate::compile::BackEnd;
use crate::device;
use crate::diagnostic::Amount;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It plays, and could do so better.
    Warning,
    /// It does not play.
    Problem,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do: commands, or a sentence; nothing where all is well.
    pub remedy: Option<String>,
}

/// Fewer files and folders than a set may have.
const FEW_WATCHES: u64 = 8192;
/// Fewer programs than desktops watch with.
const FEW_INSTANCES: u64 = 64;
/// A recording should have room for an hour.
const HOUR: u64 = 3600;
/// A save that takes longer to be heard is late.
const LATE: Duration = Duration::from_millis(200);

impl Verdict {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Problem => "problem",
        }
    }
}

impl Finding {
    fn ok(subject: &'static str, found: impl Into<String>) -> Finding {
        Finding { subject, verdict: Verdict::Ok, found: found.into(), remedy: None }
    }

    fn warning(subject: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { subject, verdict: Verdict::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn problem(subject: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Problem, ..Finding::warning(subject, found, remedy) }
    }
}

impl Facts {
    /// What they mean, the most important first.
    pub fn findings(&self) -> Vec<Finding> {
        let device = match &self.device {
            Ok(opened) => vec![sounding(opened), buffer(opened, self.buffer)],
            Err(why) => vec![Finding::problem("sound device", format!("none plays: {why}"), mended(why))],
        };
        let denied = self.device.as_ref().is_ok_and(|opened| opened.no_priority);
        let more = [
            Some(memory(&self.memory)),
            self.limits.map(|limits| priority(limits, denied)),
            self.limits.map(locked),
            self.governor.as_ref().map(governor),
            Some(processor(self.back_end, &self.features)),
            Some(watching(&self.watching)),
            self.inotify.map(inotify),
            self.disk.as_ref().map(|disk| room(disk, self.recorded)),
            Some(socket(&self.socket)),
        ];
        device.into_iter().chain(more.into_iter().flatten()).collect()
    }
}

fn sounding(opened: &Opened) -> Finding {
    let Opened { name, rate, channels, format, callbacks, .. } = opened;
    if *callbacks == 0 {
        let remedy = "aither devices\naither run --device NAME";
        return Finding::problem("sound device", format!("{name} was opened and asks for no sound"), remedy);
    }
    let plural = if *channels == 1 { "" } else { "s" };
    Finding::ok("sound device", format!("{name}: {rate} Hz, {channels} channel{plural}, {format}"))
}

fn mended(why: &device::Error) -> String {
    match why {
        device::Error::None => {
            "connect one and start its driver or sound server; `aither devices` lists what there is".to_owned()
        }
        device::Error::Unknown(_) | device::Error::Clockless(_) | device::Error::Mute(_) | device::Error::Format(_) => {
            "aither devices\naither run --device NAME".to_owned()
        }
        device::Error::Rate { offers, .. } => {
            let rate = offers.last().map_or(device::RATE, |[_, high]| *high);
            format!("aither run --rate {rate}")
        }
        device::Error::Busy(_) if cfg!(target_os = "linux") => {
            "fuser -v /dev/snd/*\nend the program that it names, or let both play through a sound server".to_owned()
        }
        device::Error::Busy(_) => "end the program that has it".to_owned(),
        device::Error::Backend(_) if cfg!(target_os = "linux") => {
            "systemctl --user restart pipewire wireplumber\naplay -l".to_owned()
        }
        device::Error::Backend(_) => "restart the sound service".to_owned(),
        device::Error::NotBuilt => "cargo install --path .".to_owned(),
    }
}

fn buffer(opened: &Opened, wanted: u32) -> Finding {
    let Opened { rate, frames, dropouts, .. } = opened;
    let taken = frames.unwrap_or(wanted);
    let lasts = |frames: u32| format!("{frames} frames ({:.1} ms)", 1e3 * f64::from(frames) / f64::from(*rate));
    if *dropouts > 0 {
        let found = format!("{} drop out of silence already: {dropouts} times in half a second", lasts(taken));
        return Finding::warning("buffer", found, format!("aither run --buffer {}", 2 * taken));
    }
    if taken > 2 * wanted {
        let found = format!("the device takes {}, not the {wanted} that were asked for", lasts(taken));
        return Finding::warning("buffer", found, "aither devices\naither run --device NAME");
    }
    Finding::ok("buffer", lasts(taken))
}

fn memory(memory: &Result<u64, String>) -> Finding {
    match memory {
        Ok(bytes) => Finding::ok("memory", format!("the {} that `run` reserves can be had", Amount(*bytes))),
        Err(why) => Finding::problem("memory", why, "aither run --helper-memory 16MiB --code-memory 4MiB"),
    }
}

fn priority(limits: Limits, denied: bool) -> Finding {
    let remedy = "echo '@audio - rtprio 95' | sudo tee /etc/security/limits.d/95-audio.conf\n\
                  sudo usermod -aG audio \"$USER\"\nthen log in again";
    match limits.priority {
        0 => Finding::warning("real-time rights", "none: other programs can hold the sound up", remedy),
        _ if denied => {
            Finding::warning("real-time rights", "the device lets the audio thread have no priority", remedy)
        }
        priority => Finding::ok("real-time rights", format!("priorities up to {priority}")),
    }
}

/// Nothing is wrong with any limit: all memory is touched at start, and none is locked.
fn locked(limits: Limits) -> Finding {
    let most = limits.locked.map_or("all memory".to_owned(), |bytes| Amount(bytes).to_string());
    Finding::ok("locked memory", format!("{most} may be locked; aither needs none"))
}

fn governor(governor: &Governor) -> Finding {
    let Governor { name, driver } = governor;
    // These two raise the clock under load whatever they are called.
    let follows =
        driver.starts_with("intel_pstate") || driver.starts_with("amd-pstate") || driver.starts_with("amd_pstate");
    if name == "powersave" && !follows {
        let remedy = "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
        return Finding::warning("processor clock", "`powersave` holds it down", remedy);
    }
    Finding::ok("processor clock", format!("`{name}`"))
}

fn processor(back_end: BackEnd, features: &[&str]) -> Finding {
    let features = if features.is_empty() { "no vectors".to_owned() } else { features.join(", ") };
    let here = std::env::consts::ARCH;
    match back_end {
        BackEnd::Oracle => Finding::warning(
            "processor",
            format!("{here}: there is no machine code for it, programs are interpreted"),
            "play fewer signals, or on x86-64 or 64-bit ARM",
        ),
        back_end => Finding::ok("processor", format!("{here}, {features}: --backend {back_end}")),
    }
}

fn watching(watching: &Watching) -> Finding {
    let what = "file watching";
    match watching {
        Watching::Heard(after) if *after <= LATE => {
            Finding::ok(what, format!("a save is heard after {} ms", after.as_millis()))
        }
        Watching::Heard(after) => {
            let found = format!("a save is heard after {} ms only", after.as_millis());
            Finding::warning(what, found, "keep scripts on a local disk")
        }
        Watching::Polled(why) => {
            let found = format!("no events: {why}; scripts are looked at four times a second");
            Finding::warning(what, found, "keep scripts on a local disk, and see the limits below")
        }
        Watching::Deaf => Finding::warning(what, "a save is not heard", "aither run --poll"),
        Watching::Untried(why) => Finding::warning(
            what,
            format!("it could not be tried: {why}"),
            "export TMPDIR=a folder that can be written",
        ),
    }
}

fn inotify(limits: Inotify) -> Finding {
    let Inotify { watches, instances } = limits;
    let found = format!("{watches} files and folders, {instances} programs");
    let few = [
        (watches < FEW_WATCHES).then(|| format!("sudo sysctl fs.inotify.max_user_watches={}", 64 * FEW_WATCHES)),
        (instances < FEW_INSTANCES).then(|| format!("sudo sysctl fs.inotify.max_user_instances={}", 8 * FEW_INSTANCES)),
    ];
    let few = few.into_iter().flatten().collect::<Vec<_>>().join("\n");
    match few.is_empty() {
        true => Finding::ok("watching limits", found),
        false => Finding::warning("watching limits", found, few),
    }
}

fn room(disk: &Disk, recorded: u64) -> Finding {
    let seconds = disk.free / recorded.max(1);
    let lasts = match seconds {
        0..HOUR => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / HOUR),
    };
    let found = format!("{} are free in {}: {lasts} of the master", Amount(disk.free), disk.folder.display());
    match seconds < HOUR {
        true => Finding::warning("disk", found, "record elsewhere: aither record start /another/disk/set.wav"),
        false => Finding::ok("disk", found),
    }
}

fn socket(socket: &Result<Vec<String>, String>) -> Finding {
    match socket {
        Ok(names) if names.is_empty() => Finding::ok("control socket", "commands reach an engine; none runs now"),
        Ok(names) => {
            Finding::ok("control socket", format!("commands reach an engine; these run now: {}", names.join(", ")))
        }
        Err(why) => Finding::warning(
            "control socket",
            format!("commands cannot reach an engine: {why}"),
            "mkdir -m 700 -p /tmp/runtime-$(id -u) && export XDG_RUNTIME_DIR=/tmp/runtime-$(id -u)",
        ),
    }
}
