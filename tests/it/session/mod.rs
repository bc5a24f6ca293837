//! Saves, from text to samples: through a performance and its player, without a device and without a clock.

mod bounds;
mod budget;
mod calm;
mod carry;
mod compaction;
mod continuity;
mod cure;
mod determinism;
mod economy;
mod edits;
mod files;
mod hands;
mod imports;
mod known;
mod leaks;
mod logged;
mod master;
mod memory;
mod piece;
mod random;
mod repeat;
mod report;
mod room;
mod sleep;
mod stats;
mod steady;
mod transport;
mod trial;
mod undo;
mod wiring;

use std::collections::{BTreeMap, HashMap};

use aither::engine::{SlotId, Tap};
use aither::heap;
use aither::ir::call::QUANTUM;
use aither::memory::health::{Levels, Thresholds};
use aither::session::performance::{Performance, Player};
use aither::session::report::{FileReport, Report, SignalReport, Status};
use aither::session::{Instruction, Settings, Trial, render};
use aither::watch::{Change, What};
use tempfile::TempDir;

/// A performance that is played by hand.
pub struct Set {
    pub performance: Performance,
    pub player: Player,
    /// Who plays in which place, or did so last.
    names: HashMap<SlotId, String>,
    /// Imports that nobody told of would be read from here.
    _folder: TempDir,
}

/// A file of a save; `None` is a file that is gone.
pub type File<'a> = (&'a str, Option<&'a str>);

fn changes(files: &[File]) -> Vec<Change> {
    let change = |(path, text): &File| Change {
        path: (*path).to_owned(),
        what: text.map_or(What::Removed, |text| What::Text(text.to_owned())),
    };
    files.iter().map(change).collect()
}

/// Settings of a small set.
pub fn small() -> Settings {
    Settings {
        helper_memory: 4 << 20,
        program_memory: 2 << 20,
        code_memory: 4 << 20,
        max_signals: 64,
        ..Settings::default()
    }
}

/// Levels at which nothing is ever given up before a claim wants it.
pub fn patient() -> Thresholds {
    Thresholds { pressure: Levels { warn: 1.0, economise: 1.0, refuse: 1.0 }, ..Thresholds::default() }
}

impl Set {
    pub fn with(settings: &Settings) -> Set {
        let folder = tempfile::tempdir().unwrap();
        let (performance, player) = Performance::new(settings, folder.path()).unwrap();
        Set { performance, player, names: HashMap::new(), _folder: folder }
    }

    pub fn new() -> Set {
        Set::with(&small())
    }

    /// A set whose programs are heard untried.
    pub fn untried(files: &[(&str, &str)]) -> Set {
        let mut set = Set::with(&Settings { trial: Trial::Off, ..small() });
        let report = set.start(files);
        assert!(report.ok(), "{}", report.json().join("\n"));
        set
    }

    /// A set that begins with these files; they must be right.
    pub fn of(files: &[(&str, &str)]) -> Set {
        let mut set = Set::new();
        let report = set.start(files);
        assert!(report.ok(), "{}", report.json().join("\n"));
        set
    }

    pub fn start(&mut self, files: &[(&str, &str)]) -> Report {
        let files = files.iter().map(|(path, text)| (*path, Some(*text))).collect::<Vec<_>>();
        self.performance.start(changes(&files))
    }

    pub fn save(&mut self, files: &[File]) -> Report {
        self.performance.save(changes(files)).report
    }

    /// Saves what must be right.
    pub fn saves(&mut self, files: &[File]) -> Report {
        let report = self.save(files);
        assert!(report.ok(), "{}", report.json().join("\n"));
        report
    }

    /// Says something to the set, in the words of the command line.
    pub fn tell(&mut self, words: &str) -> Result<Option<Report>, String> {
        let instruction: Instruction = words.parse().unwrap();
        assert_eq!(instruction.to_string(), words);
        self.performance.obey(&instruction).map(|obeyed| obeyed.report)
    }

    /// The master's channels.
    pub fn play(&mut self, frames: usize) -> Vec<Vec<f64>> {
        assert!(frames.is_multiple_of(QUANTUM), "what is left of a quantum would not be heard");
        render::to_memory(&mut self.performance, &mut self.player, frames)
    }

    /// What each signal adds to the master, channel after channel in every quantum; of those that fade out, too.
    pub fn stems(&mut self, quanta: usize) -> BTreeMap<String, Vec<f64>> {
        self.names.extend(self.performance.playing().map(|(name, slot, _)| (slot, name.to_owned())));
        let heard = self.names.values().map(|name| (name.clone(), Vec::new())).collect();
        let mut ear = Ear { names: &self.names, heard };
        let width = self.player.channels() * QUANTUM;
        for quantum in 1..=quanta {
            self.performance.tick_quietly();
            self.player.quantum_tapped(&mut ear);
            ear.heard.values_mut().for_each(|stem| stem.resize(quantum * width, 0.0));
        }
        ear.heard
    }
}

struct Ear<'a> {
    names: &'a HashMap<SlotId, String>,
    heard: BTreeMap<String, Vec<f64>>,
}

impl Tap for Ear<'_> {
    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
        let Some(stem) = self.names.get(&slot).and_then(|name| self.heard.get_mut(name)) else { return };
        let samples = voice.iter().zip(level.iter().cycle()).map(|(sample, level)| sample * level);
        heap::allowed(|| stem.extend(samples));
    }
}

/// One channel of a stem of two.
pub fn side(stem: &[f64], nth: usize) -> Vec<f64> {
    let sides = stem.chunks_exact(QUANTUM).skip(nth).step_by(2);
    sides.flatten().copied().collect()
}

/// What a report says of a file.
pub fn file<'a>(report: &'a Report, path: &str) -> &'a FileReport {
    report.files.iter().find(|file| file.file == path).unwrap_or_else(|| panic!("no `{path}` in {:?}", report.json()))
}

/// What a report says of a signal.
pub fn signal<'a>(report: &'a Report, name: &str) -> &'a SignalReport {
    let mut signals = report.files.iter().flat_map(|file| &file.signals);
    signals.find(|signal| signal.name == name).unwrap_or_else(|| panic!("no `{name}` in {:?}", report.json()))
}

/// Name and status of every signal of a report.
pub fn statuses(report: &Report) -> Vec<(&str, Status)> {
    report.files.iter().flat_map(|file| &file.signals).map(|signal| (signal.name.as_str(), signal.status)).collect()
}

/// Key and status of every helper of a signal.
pub fn helpers<'a>(report: &'a Report, name: &str) -> Vec<(&'a str, &'static str)> {
    signal(report, name).helpers.iter().map(|helper| (helper.key.as_str(), helper.status)).collect()
}

/// The one error of a file, as it is shown without its source.
pub fn error(report: &Report, path: &str) -> String {
    let errors = &file(report, path).errors;
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].plain(|_| None).trim_end().to_owned()
}

/// The bits of samples.
pub fn bits(samples: &[f64]) -> Vec<u64> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}

/// Fails unless two sounds are the same, bit for bit, and says where they part.
pub fn same(one: &[Vec<f64>], other: &[Vec<f64>]) {
    assert_eq!(one.len(), other.len());
    for (channel, (one, other)) in one.iter().zip(other).enumerate() {
        let differs = one.iter().zip(other).position(|(one, other)| one.to_bits() != other.to_bits());
        assert!(differs.is_none(), "channel {channel} differs from frame {} on", differs.unwrap());
        assert_eq!(one.len(), other.len());
    }
}

/// The largest step from one sample to the next.
pub fn steepest(samples: &[f64]) -> f64 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
}
