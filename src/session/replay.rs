//! `aither replay`: the edits of a log, applied at their frames, to a WAV file. The same samples as when they were played.

use std::path::PathBuf;

use anyhow::Context;

use super::instruction::Instruction;
use super::log::{self, Entry, Ruling, Verdict};
use super::performance::Player;
use super::render::{Bits, Wav, fits, progress};
use super::report::Report;
use super::save::Told;
use super::stems::Stems;
use super::{Failed, Obeyed, Performance, Settings, frames, show};
use crate::ir::call::QUANTUM;
use crate::watch::{Change, What};

/// How long a log without an end goes on after its last entry, in seconds.
const AFTER: f64 = 2.0;

/// What to replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The log.
    pub log: PathBuf,
    /// The file to write.
    pub output: PathBuf,
    /// Format of the samples.
    pub bits: Bits,
    /// A folder for one file per signal.
    pub stems: Option<PathBuf>,
    /// Where the file begins, in seconds of the set.
    pub from: f64,
    /// Where the file ends, in seconds of the set; `None` where the set ends.
    pub to: Option<f64>,
    /// Whether to print each save's report, as JSON.
    pub json: bool,
    /// The engine; rate and channels are the log's.
    pub settings: Settings,
}

/// What is done at one quantum boundary.
#[derive(Debug)]
struct Step {
    /// The frame that the log names.
    frame: u64,
    /// The number of its line.
    line: usize,
    act: Act,
    /// What the log says became of it.
    told: Option<Told>,
}

#[derive(Debug)]
enum Act {
    Save(Vec<Change>),
    Import(String, String),
    Instruct(Instruction),
}

impl Step {
    /// Whether it takes a boundary of its own.
    fn is_transaction(&self) -> bool {
        match &self.act {
            Act::Save(_) => true,
            Act::Import(..) => false,
            Act::Instruct(instruction) => instruction.is_transaction(),
        }
    }
}

/// Replays a log.
///
/// # Errors
/// When the log cannot be read, or the disk refuses. Edits that are refused are no error.
pub fn run(replay: &Replay) -> Result<(), Failed> {
    let name = replay.log.display();
    let text = std::fs::read(&replay.log).with_context(|| format!("cannot read {name}"))?;
    let log = log::read(&text).with_context(|| name.to_string())?;
    if let Some(line) = log.cut_off {
        show::note(&format_args!("{name}: line {line} is cut off; everything before it is replayed"));
    }
    let log::Header { rate, channels, .. } = log.header;
    let settings = Settings { rate, channels: channels.max(1), ..replay.settings.clone() };
    let (steps, end) = steps(log, rate);
    let end = replay.to.map_or(end, |to| end.min(frames(to, rate)));
    let begin = frames(replay.from, rate);
    if begin >= end {
        let set = end as f64 / f64::from(rate);
        return Err(anyhow::anyhow!("--from {} s is not before the end, {set:.3} s", replay.from).into());
    }
    fits(end - begin, channels, replay.bits)?;
    let (performance, player) = Performance::new(&settings, std::path::Path::new(""))?;
    let wav = Wav::create(&replay.output, rate, channels, replay.bits)?;
    let stems = Stems::into(replay.stems.as_deref(), rate, channels, replay.bits)?;
    let mut stage = Stage { performance, player, wav, stems, begin, end, json: replay.json };
    let progress = progress(end);
    for step in steps {
        let boundary = step.frame.next_multiple_of(QUANTUM as u64);
        while stage.player.frame() < boundary.min(end) {
            stage.quantum()?;
            progress.set_position(stage.player.frame());
        }
        if boundary >= end {
            break;
        }
        stage.take(step)?;
    }
    while stage.player.frame() < end {
        stage.quantum()?;
        progress.set_position(stage.player.frame());
    }
    progress.finish_and_clear();
    stage.stems.finish()?;
    stage.wav.finish()?;
    let length = (end - begin) as f64 / f64::from(rate);
    show::note(&format_args!("{}: {length:.3} s, {rate} Hz, {channels} channels", replay.output.display()));
    Ok(())
}

/// What plays, and where it is written.
struct Stage {
    performance: Performance,
    player: Player,
    wav: Wav,
    stems: Stems,
    begin: u64,
    end: u64,
    json: bool,
}

impl Stage {
    /// Renders a quantum and writes what of it is wanted.
    fn quantum(&mut self) -> anyhow::Result<()> {
        let frame = self.player.frame();
        let block = self.player.quantum_tapped(&mut self.stems);
        let inside = |bound: u64| bound.saturating_sub(frame).min(QUANTUM as u64) as usize;
        let part = inside(self.begin)..inside(self.end);
        self.wav.write(block, part.clone())?;
        self.stems.write(part)?;
        for notice in self.performance.tick() {
            if let super::Notice::Diagnostic(diagnostic) = notice {
                show::diagnostic_of(&diagnostic, &self.performance);
            }
        }
        Ok(())
    }

    /// Does what a step says, at the present boundary.
    fn take(&mut self, step: Step) -> anyhow::Result<()> {
        let Step { line, act, told, .. } = step;
        let frame = self.player.frame();
        let told = told.as_ref();
        match act {
            Act::Import(file, text) => self.performance.imported(file, text),
            Act::Save(changes) => {
                let first = frame == 0 && self.performance.is_untouched();
                let saved = match first {
                    true => self.performance.begin(changes, told),
                    false => self.performance.save_as(changes, told),
                };
                self.tell(saved.report, frame, line, told);
            }
            Act::Instruct(instruction) => match self.performance.obey_as(&instruction, told) {
                Ok(Obeyed { report: Some(report), .. }) => self.tell(report, frame, line, told),
                Ok(_) => {}
                Err(why) => show::note(&format_args!("line {line}: {instruction}: {why}")),
            },
        }
        let written = frame.saturating_sub(self.begin);
        self.stems.open(&self.performance, written)
    }

    fn tell(&self, mut report: Report, frame: u64, line: usize, told: Option<&Told>) {
        report.frame = Some(frame);
        show::diagnostics(&report, &self.performance);
        if self.json {
            report.json().iter().for_each(show::line);
        }
        for file in report.files.iter().filter(|file| !file.ok) {
            let verdict = told.and_then(|told| told.files.get(&file.file).or(told.command.as_ref()));
            if verdict.is_some_and(Verdict::is_taken) {
                let file = &file.file;
                show::note(&format_args!("line {line}: `{file}` was taken when it was played and is refused now"));
            }
        }
    }
}

/// What is to be done in which order, and the frame at which the set ends.
fn steps(log: log::Log, rate: u32) -> (Vec<Step>, u64) {
    let last = log.entries.last().map_or(0, |(_, frame, _)| *frame);
    let mut end = last + frames(AFTER, rate);
    let mut steps: Vec<Step> = Vec::new();
    let mut rulings = super::ruling::Rulings::default();
    let mut ruled = false;
    // Whether the next edit belongs to the save before.
    let mut open = false;
    for (line, frame, entry) in log.entries {
        match entry {
            Entry::End => {
                end = frame;
                break;
            }
            Entry::Ruled(ruling, name) => {
                (open, ruled) = (false, true);
                match ruling {
                    Ruling::Reclaimed => rulings.reclaimed.push(name),
                    Ruling::Cured => rulings.cured.push(name),
                    Ruling::Cut => rulings.cut.push(name),
                    // What came of it is the command that follows.
                    Ruling::Overloaded => {}
                }
            }
            Entry::Import { file, text } => {
                open = false;
                steps.push(Step { frame, line, act: Act::Import(file, text), told: None });
            }
            Entry::Edit { file, text, verdict } => {
                let what = text.map_or(What::Removed, What::Text);
                let change = Change { path: file.clone(), what };
                let told = verdict.map(|verdict| (file, verdict));
                if let Some(Step { frame: of, act: Act::Save(changes), told: known, .. }) = steps.last_mut()
                    && open
                    && *of == frame
                {
                    changes.push(change);
                    if let Some((file, verdict)) = told {
                        known.get_or_insert_default().files.insert(file, verdict);
                    }
                    continue;
                }
                let told = told.map(|(file, verdict)| Told {
                    files: [(file, verdict)].into(),
                    rulings: std::mem::take(&mut rulings),
                    command: None,
                });
                steps.push(Step { frame, line, act: Act::Save(vec![change]), told });
                (open, ruled) = (true, false);
            }
            Entry::Command { words, verdict } => {
                open = false;
                let rulings = std::mem::take(&mut rulings);
                let instruction = match words.parse::<Instruction>() {
                    Ok(instruction) => instruction,
                    Err(why) => {
                        let why = why.lines().next().unwrap_or_default();
                        show::note(&format_args!("line {line}: `{words}` is left out: {why}"));
                        continue;
                    }
                };
                let judged = verdict.is_some() || ruled;
                let told = judged.then(|| Told { files: [].into(), command: verdict, rulings });
                steps.push(Step { frame, line, act: Act::Instruct(instruction), told });
                ruled = false;
            }
        }
    }
    (one_each(steps), end)
}

/// Gives each transaction a boundary of its own, the next one where two name the same.
fn one_each(mut steps: Vec<Step>) -> Vec<Step> {
    let quantum = QUANTUM as u64;
    let (mut at, mut taken) = (0, None);
    for step in &mut steps {
        let mut boundary = step.frame.next_multiple_of(quantum).max(at);
        if step.is_transaction() {
            if taken == Some(boundary) {
                boundary += quantum;
            }
            taken = Some(boundary);
        }
        at = boundary;
        step.frame = boundary;
    }
    steps
}
