//! When memory is short enough to be told: levels, and which of them were crossed. It judges figures, counts nothing and frees nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Up to which part of its threshold a value may fall before its level is left, so that one that wavers is told once.
const STAYS: f64 = 0.95;

/// How full a reserve may be, as parts of its capacity, before something is done about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// From here on it is told.
    pub warn: f64,
    /// From here on what can be spared is given up.
    pub economise: f64,
    /// From here on the next claim may well be refused.
    pub refuse: f64,
}

impl Default for Levels {
    fn default() -> Levels {
        Levels { warn: 0.70, economise: 0.85, refuse: 0.95 }
    }
}

/// Prints as percentages, as they are parsed.
impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [warn, economise, refuse] = [self.warn, self.economise, self.refuse].map(|part| (part * 1e6).round() / 1e4);
        write!(f, "{warn},{economise},{refuse}")
    }
}

impl FromStr for Levels {
    type Err = String;

    fn from_str(text: &str) -> Result<Levels, String> {
        let wrong = || format!("`{text}` is not three percentages that rise, like {}", Levels::default());
        let parts = text.split(',').map(|part| part.trim().parse::<f64>());
        let parts = parts.collect::<Result<Vec<_>, _>>().map_err(|_| wrong())?;
        let [warn, economise, refuse] = parts[..] else { return Err(wrong()) };
        let rises = 0.0 < warn && warn <= economise && economise <= refuse && refuse <= 100.0;
        let parts = || Levels { warn: warn / 100.0, economise: economise / 100.0, refuse: refuse / 100.0 };
        rises.then(parts).ok_or_else(wrong)
    }
}

/// How large a count may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From here on it is told.
    pub warning: u64,
    /// From here on it is told once more.
    pub critical: u64,
}

/// Prints as it is parsed.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.warning, self.critical)
    }
}

impl FromStr for Bounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Bounds, String> {
        let parts = text.split(',').map(|part| part.trim().parse::<u64>()).collect::<Result<Vec<_>, _>>();
        match parts.as_deref() {
            Ok(&[warning, critical]) if 0 < warning && warning <= critical => Ok(Bounds { warning, critical }),
            _ => Err(format!("`{text}` is not two counts from 1 on that rise, like 10,100")),
        }
    }
}

/// What memory is judged by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// How full each reserve may be.
    pub pressure: Levels,
    /// How many blocks may be claimed that nobody holds; there are none unless the engine is wrong.
    pub imbalance: Bounds,
    /// How many blocks there may be. Ten helpers for each of the 1024 signals that there are room for by default are 10 240:
    /// who has more makes them in a loop, and five times as many make every save slow.
    pub keys: Bounds,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            pressure: Levels::default(),
            imbalance: Bounds { warning: 1, critical: 10 },
            keys: Bounds { warning: 10_000, critical: 50_000 },
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is well.
    #[default]
    Ok,
    /// It should be known.
    Warning,
    /// What can be spared is given up.
    Economise,
    /// A claim may be refused, or the engine is wrong.
    Critical,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Economise => "economise",
            Level::Critical => "critical",
        })
    }
}

/// A memory that is reserved at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reserve {
    /// Helpers' blocks, in slots.
    Helpers,
    /// Signals' sandboxes.
    Sandboxes,
    /// What programs need while they run, in bytes.
    Programs,
    /// Machine code, in bytes.
    Code,
    /// What vector code reads and writes, in bytes.
    Vectors,
    /// The copies on which old programs fade out, in slots.
    Fades,
    /// The states that an undo brings back, in slots.
    Undo,
}

impl Reserve {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Reserve; 7] = [
        Reserve::Helpers,
        Reserve::Sandboxes,
        Reserve::Programs,
        Reserve::Code,
        Reserve::Vectors,
        Reserve::Fades,
        Reserve::Undo,
    ];

    /// What it is called, what its units are called, and the flag that makes it larger.
    pub fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Reserve::Helpers => ("helper memory", "slots", "--helper-memory"),
            Reserve::Sandboxes => ("the room for signals", "sandboxes", "--max-signals"),
            Reserve::Programs => ("program memory", "bytes", "--program-memory"),
            Reserve::Code => ("code memory", "bytes", "--code-memory"),
            Reserve::Vectors => ("vector memory", "bytes", "--vector-memory"),
            Reserve::Fades => ("fade memory", "slots", "--fade-memory"),
            Reserve::Undo => ("undo memory", "slots", "--undo-memory"),
        }
    }
}

/// How full a reserve is, in its units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// What has an owner.
    pub used: u64,
    /// What was given back, but may still be heard.
    pub fading: u64,
    /// How much of `used` is given up without a word as soon as somebody asks: code that nobody uses, old states.
    pub spare: u64,
    /// All of it.
    pub capacity: u64,
}

impl Fill {
    /// The part that is not to be had, from 0 to 1; of a reserve of nothing, 0.
    pub fn pressure(self) -> f64 {
        let taken = (self.used + self.fading).saturating_sub(self.spare);
        if self.capacity == 0 { 0.0 } else { taken as f64 / self.capacity as f64 }
    }
}

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// How full a reserve is.
    Pressure(Reserve),
    /// How many blocks are claimed that nobody holds.
    Imbalance,
    /// How many blocks there are.
    Keys,
}

/// Everything that is judged, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How full the reserves are; one that is not there is not judged.
    pub reserves: BTreeMap<Reserve, Fill>,
    /// Blocks that are claimed and that nobody holds.
    pub imbalance: u64,
    /// Blocks that are claimed.
    pub keys: u64,
    /// The signals that are parked, the first of them those that have been so longest.
    pub parked: Vec<String>,
}

/// A level was reached or left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// What crossed it.
    pub subject: Subject,
    /// How bad it was.
    pub from: Level,
    /// How bad it is.
    pub to: Level,
    /// What is so: one line for people.
    pub message: String,
    /// What would help; nothing where it became better.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.to > self.from {
            write!(f, "{}: {}; {}", self.to, self.message, self.help)
        } else {
            write!(f, "{}: {}", self.to, self.message)
        }
    }
}

/// How bad everything is, and how bad it was.
#[derive(Clone, Debug, Default)]
pub struct Health {
    thresholds: Thresholds,
    levels: BTreeMap<Subject, Level>,
}

impl Health {
    /// All is well.
    pub fn new(thresholds: Thresholds) -> Health {
        Health { thresholds, levels: BTreeMap::new() }
    }

    /// How bad something was when it was judged last.
    pub fn level(&self, subject: Subject) -> Level {
        self.levels.get(&subject).copied().unwrap_or_default()
    }

    /// The worst of all.
    pub fn worst(&self) -> Level {
        self.levels.values().copied().max().unwrap_or_default()
    }

    /// What is judged by.
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// Judges what is so now, and gives each level that was reached or left, once.
    pub fn judge(&mut self, figures: &Figures) -> Vec<Crossing> {
        let Thresholds { pressure, imbalance, keys } = self.thresholds;
        let full = [
            (Level::Warning, pressure.warn),
            (Level::Economise, pressure.economise),
            (Level::Critical, pressure.refuse),
        ];
        let many =
            |bounds: Bounds| [(Level::Warning, bounds.warning as f64), (Level::Critical, bounds.critical as f64)];
        let mut crossings = Vec::new();
        for (reserve, fill) in &figures.reserves {
            let subject = Subject::Pressure(*reserve);
            crossings
                .extend(self.cross(subject, fill.pressure(), &full, |rises| fullness(*reserve, *fill, rises, figures)));
        }
        crossings.extend(self.cross(Subject::Imbalance, figures.imbalance as f64, &many(imbalance), |rises| {
            strays(figures.imbalance, rises)
        }));
        crossings.extend(self.cross(Subject::Keys, figures.keys as f64, &many(keys), |rises| crowd(rises, figures)));
        crossings
    }

    fn cross(
        &mut self,
        subject: Subject,
        value: f64,
        thresholds: &[(Level, f64)],
        words: impl FnOnce(bool) -> (String, String),
    ) -> Option<Crossing> {
        let from = self.level(subject);
        let holds = |level: Level, threshold: f64| value >= threshold || (level <= from && value >= STAYS * threshold);
        let reached = thresholds.iter().filter(|(level, threshold)| holds(*level, *threshold));
        let to = reached.map(|(level, _)| *level).max().unwrap_or_default();
        self.levels.insert(subject, to);
        let (message, help) = if to == from { return None } else { words(to > from) };
        Some(Crossing { subject, from, to, message, help })
    }
}

/// What is said of a reserve.
fn fullness(reserve: Reserve, fill: Fill, rises: bool, figures: &Figures) -> (String, String) {
    let (what, units, flag) = reserve.words();
    let percent = (fill.pressure() * 100.0).floor();
    if !rises {
        return (format!("{what} is down to {percent} %"), String::new());
    }
    let Fill { used, fading, spare, capacity } = fill;
    let fading = if fading > 0 { format!(", {fading} still fading out") } else { String::new() };
    let message =
        format!("{what} is {percent} % full: {} of {capacity} {units} in use{fading}", used.saturating_sub(spare));
    let larger = format!("start with a larger {flag}");
    let help = match reserve {
        Reserve::Helpers | Reserve::Sandboxes => format!("{}{larger}", unregister(figures)),
        _ => larger,
    };
    (message, help)
}

/// The signals that could go, for the beginning of a remedy.
fn unregister(figures: &Figures) -> String {
    let names = figures.parked.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let more = if figures.parked.len() > names.len() { " and others" } else { "" };
    if names.is_empty() { String::new() } else { format!("unregister what is parked ({}{more}) or ", names.join(", ")) }
}

fn strays(count: u64, rises: bool) -> (String, String) {
    let blocks = if count == 1 { "1 block is" } else { &format!("{count} blocks are") };
    let message = format!("{blocks} claimed that no signal holds");
    let help = "the engine has made a mistake: keep the log (--log) and report it; memory is freed by a restart";
    (message, if rises { help.to_owned() } else { String::new() })
}

fn crowd(rises: bool, figures: &Figures) -> (String, String) {
    let message = format!("{} helpers hold memory", figures.keys);
    let help = || format!("{}look for a loop that makes them; --key-levels moves this level", unregister(figures));
    (message, if rises { help() } else { String::new() })
}
