//! What the view knows: what the engine answered, what was said, what is chosen. It draws nothing and asks for nothing.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::prompt::Prompt;
use crate::session::list::Listed;
use crate::session::show::Said;
use crate::session::sight::{MASTER, Scope, Sight, Spectrum, decibels};
use crate::session::socket::{Answer, Request};
use crate::session::stats::Stats;

/// Lines that are remembered of what was said.
const LINES: usize = 500;
/// How fast meters fall, in decibels a second.
const FALL: f64 = 20.0;
/// What is the bottom of a meter, in decibels.
pub const BOTTOM: f64 = -60.0;

/// What stands beside the signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The report of the last save.
    #[default]
    Report,
    /// Pools, budget, process.
    Memory,
    /// A waveform.
    Scope,
    /// Left against right.
    Figure,
    /// A spectrum.
    Spectrum,
}

impl Pane {
    /// All of them, in the order of their digits.
    pub const ALL: [Pane; 5] = [Pane::Report, Pane::Memory, Pane::Scope, Pane::Figure, Pane::Spectrum];

    /// The next one.
    pub fn next(self) -> Pane {
        Pane::ALL[(self as usize + 1) % Pane::ALL.len()]
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Whether something is wrong.
    pub bad: bool,
    /// The line.
    pub text: String,
}

/// All that is shown.
#[derive(Debug, Default)]
pub struct Model {
    /// What is played.
    pub title: String,
    /// Whether colours may be used.
    pub colours: bool,
    /// The signals, by name.
    pub signals: Vec<Listed>,
    /// The level of everything.
    pub level: f64,
    /// Beats per minute.
    pub tempo: f64,
    /// Where the next frame is, in beats.
    pub beat: f64,
    /// The file that is recorded.
    pub recording: Option<String>,
    /// The last figures.
    pub stats: Option<Box<Stats>>,
    /// The last waveform.
    pub scope: Option<Box<Scope>>,
    /// The last spectrum.
    pub spectrum: Option<Box<Spectrum>>,
    /// Why there is no picture.
    pub blind: Option<String>,
    /// What became of the last save or command.
    pub report: String,
    /// What is wrong with which file.
    pub errors: BTreeMap<String, String>,
    /// What was said.
    pub log: VecDeque<Line>,
    /// How many lines of the log are below what is shown.
    pub scroll: usize,
    /// The signal that is chosen; `None` is the master.
    pub chosen: Option<String>,
    /// What stands beside the signals.
    pub pane: Pane,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// What was typed before, the newest last.
    pub typed: Vec<String>,
    /// Whether help is shown.
    pub help: bool,
    /// What was answered last, and whether it was refused.
    pub hint: Option<Line>,
    /// Where the meters stand, in decibels; the channels of the master under numbers.
    pub meters: BTreeMap<String, f64>,
    /// How many channels of the master have meters.
    pub channels: usize,
}

impl Model {
    /// Nothing is known yet.
    pub fn new(title: String, colours: bool) -> Model {
        Model { title, colours, level: 1.0, ..Model::default() }
    }

    /// Something was said.
    pub fn hear(&mut self, said: Said) {
        match said {
            Said::Line(text) => self.write(&text, false),
            Said::Note(text) => self.write(&text, true),
            Said::Taken { file } => _ = self.errors.remove(&file),
            Said::Wrong { file, text } => {
                self.write(&text, true);
                self.errors.insert(file, text);
            }
            Said::Report(text) => {
                self.write(&text, false);
                self.report = text;
            }
        }
    }

    /// The engine answered what the view asks again and again; the last list was so long ago.
    pub fn take(&mut self, request: &Request, answer: Answer, since: Duration) {
        match request {
            Request::List => self.listed(answer, since),
            Request::Stats => self.stats = answer.stats.or(self.stats.take()),
            // What was chosen meanwhile is another one.
            Request::Sight(sight) if self.sight().as_ref() == Some(sight) => {
                self.blind = answer.error;
                (self.scope, self.spectrum) = (answer.scope, answer.spectrum);
            }
            Request::Sight(_) | Request::Instruction(_) => {}
        }
    }

    /// Something that was typed, or asked for by a key, was answered.
    pub fn told(&mut self, request: &Request, answer: Answer) {
        let (bad, text) = match answer.error {
            Some(error) => (true, answer.help.map_or(error.clone(), |help| format!("{error}; {help}"))),
            None => (false, answer.text),
        };
        // What is done is told by the engine, to everybody.
        if bad || !matches!(request, Request::Instruction(_)) {
            self.write(&text, bad);
        }
        let text = text.lines().next().unwrap_or_default().to_owned();
        self.hint = Some(Line { bad, text });
    }

    fn listed(&mut self, answer: Answer, since: Duration) {
        let Some(signals) = answer.signals else { return };
        self.signals = signals;
        self.level = answer.level.unwrap_or(self.level);
        self.tempo = answer.tempo.unwrap_or(self.tempo);
        self.beat = answer.beat.unwrap_or(self.beat);
        self.recording = answer.recording;
        // One that is gone leaves the choice to its neighbour.
        if let Some(chosen) = self.chosen.take() {
            let near = self.signals.partition_point(|signal| signal.name < chosen);
            self.chosen =
                self.signals.get(near.min(self.signals.len().saturating_sub(1))).map(|signal| signal.name.clone());
        }
        let fall = FALL * since.as_secs_f64();
        let before = std::mem::take(&mut self.meters);
        let masters = answer.peaks.unwrap_or_default();
        self.channels = masters.len();
        let masters = masters.iter().enumerate().map(|(channel, peak)| (channel.to_string(), *peak));
        let signals = self.signals.iter().map(|signal| (format!(" {}", signal.name), signal.peak.unwrap_or(0.0)));
        for (key, peak) in masters.chain(signals) {
            let held = before.get(&key).map_or(BOTTOM, |held| held - fall);
            let now = decibels(f64::from(peak)).max(held).max(BOTTOM);
            self.meters.insert(key, now);
        }
    }

    /// Where the meter of a signal stands, in decibels.
    pub fn meter(&self, name: &str) -> f64 {
        self.meters.get(&format!(" {name}")).copied().unwrap_or(BOTTOM)
    }

    /// Where the meter of a channel of the master stands, in decibels.
    pub fn master_meter(&self, channel: usize) -> f64 {
        self.meters.get(&channel.to_string()).copied().unwrap_or(BOTTOM)
    }

    /// The signal that is chosen.
    pub fn signal(&self) -> Option<&Listed> {
        let chosen = self.chosen.as_ref()?;
        self.signals.iter().find(|signal| signal.name == *chosen)
    }

    /// The row that is chosen: 0 is the master.
    pub fn row(&self) -> usize {
        let place = |name: &String| self.signals.iter().position(|signal| signal.name == *name);
        self.chosen.as_ref().and_then(place).map_or(0, |place| place + 1)
    }

    /// Chooses a row, or the last one.
    pub fn choose(&mut self, row: usize) {
        let row = row.min(self.signals.len());
        self.chosen = row.checked_sub(1).map(|place| self.signals[place].name.clone());
        (self.scope, self.spectrum, self.blind) = (None, None, None);
    }

    /// What is to be seen in the pane that is shown.
    pub fn sight(&self) -> Option<Sight> {
        let playing = self.signal().filter(|signal| !signal.parked);
        let name = playing.map(|signal| signal.name.clone()).filter(|name| name != MASTER);
        match self.pane {
            Pane::Report | Pane::Memory => None,
            Pane::Scope | Pane::Figure => Some(Sight::Scope { name, seconds: None }),
            Pane::Spectrum => Some(Sight::Spectrum { name }),
        }
    }

    /// Adds lines to the log.
    pub fn write(&mut self, text: &str, bad: bool) {
        for line in text.lines() {
            if self.log.len() == LINES {
                self.log.pop_front();
            }
            self.log.push_back(Line { bad, text: line.replace('\t', "    ") });
            // Whoever looks at what was goes on looking at it.
            self.scroll += usize::from(self.scroll > 0);
        }
        self.scroll = self.scroll.min(self.log.len());
    }
}
