//! `aither run --resume LOG`: a set that was cut off is rebuilt from its log, faster than real time, and goes on where it was. It plays nothing aloud.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow};

use super::log::{self, Entry, Header, Log, Writer};
use super::performance::Player;
use super::render::progress;
use super::steps::steps;
use super::{Failed, Performance, Settings, show};
use crate::ir::call::QUANTUM;
use crate::watch::{Change, What};

/// A performance before anybody hears it.
pub struct Opened {
    /// Its half for the control thread.
    pub performance: Performance,
    /// Its half for the audio thread.
    pub player: Player,
    /// The log, where one goes on.
    pub log: Option<Writer>,
    /// The files as they are known: what is on disk and differs was edited meanwhile.
    pub heard: Vec<Change>,
}

/// The rate and the channels of a log.
///
/// # Errors
/// When it cannot be read.
pub fn header(path: &Path) -> Result<Header, Failed> {
    Ok(read(path)?.header)
}

fn read(path: &Path) -> anyhow::Result<Log> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    log::read(&text).with_context(|| name.to_string())
}

/// Renders a log up to its last entry, and goes on writing it: the file itself, or `continued`, which begins as its copy.
/// Rate and channels of the settings are the log's; `scripts` is where they are.
///
/// # Errors
/// When the log cannot be read or written, its set came to its end, or there is no memory.
pub fn resume(path: &Path, continued: Option<&Path>, settings: &Settings, scripts: &Path) -> Result<Opened, Failed> {
    let log = read(path)?;
    let name = path.display();
    if let Some(line) = log.cut_off {
        show::note(&format_args!("{name}: line {line} is cut off; everything before it is taken up"));
    }
    let texts = log.texts().into_iter();
    let heard = texts.map(|(file, text)| Change { path: file.to_owned(), what: What::Text(text.to_owned()) }).collect();
    let end = log.last();
    if log.entries.iter().any(|(_, _, entry)| *entry == Entry::End) {
        let why = "came to its end by itself; `aither run` without --resume begins a new one";
        return Err(anyhow!("the set of {name} {why}").into());
    }
    let writer = go_on(path, continued, &log)?;
    let (steps, _) = steps(log, settings.rate);
    let (mut performance, mut player) = Performance::new(settings, scripts)?;
    // Nobody listens, so nothing has to be cheap; and what changes nothing needs no frame.
    performance.settings.real_time = false;
    player.hurry(true);
    let begun = Instant::now();
    let progress = progress(end);
    for step in steps.iter().filter(|step| !step.is_recording()) {
        play(&mut performance, &mut player, step.frame, &progress);
        // What was refused when it was played is refused again, and was told then.
        step.take(&mut performance, player.frame()).ok();
    }
    play(&mut performance, &mut player, end.next_multiple_of(QUANTUM as u64), &progress);
    progress.finish_and_clear();
    performance.settings.real_time = true;
    player.hurry(false);
    let seconds = player.frame() as f64 / f64::from(settings.rate);
    let took = begun.elapsed().as_secs_f64();
    show::note(&format_args!("{name}: {seconds:.3} s of the set rebuilt in {took:.1} s; it goes on there"));
    Ok(Opened { performance, player, log: Some(writer), heard })
}

/// Renders up to a frame.
fn play(performance: &mut Performance, player: &mut Player, until: u64, progress: &indicatif::ProgressBar) {
    while player.frame() < until {
        player.quantum();
        performance.tick_quietly();
        progress.set_position(player.frame());
    }
}

/// The log that goes on.
fn go_on(path: &Path, continued: Option<&Path>, log: &Log) -> anyhow::Result<Writer> {
    let file = match continued.filter(|file| *file != path) {
        None => path,
        Some(file) => {
            super::opening::keep_old(file)?;
            std::fs::copy(path, file).with_context(|| format!("cannot write the log {}", file.display()))?;
            file
        }
    };
    Writer::go_on(file, log).with_context(|| format!("cannot write the log {}", file.display()))
}
