//! `aither replay`: the edits of a log, applied at their frames, to a WAV file. The same samples as when they were played.

use std::path::PathBuf;

use anyhow::Context;

use super::log::{self, Verdict};
use super::performance::Player;
use super::render::{Bits, Wav, fits, progress};
use super::report::Report;
use super::save::Told;
use super::stems::Stems;
use super::steps::{Step, steps};
use super::{Failed, Performance, Settings, frames, show};
use crate::ir::call::QUANTUM;

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
        stage.take(&step)?;
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
    fn take(&mut self, step: &Step) -> anyhow::Result<()> {
        let frame = self.player.frame();
        let (line, told) = (step.line, step.told.as_ref());
        match step.take(&mut self.performance, frame) {
            Ok(Some(report)) => self.tell(report, frame, line, told),
            Ok(None) => {}
            Err(why) => show::note(&format_args!("line {line}: {why}")),
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
