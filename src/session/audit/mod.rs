//! `aither audit`: how a script, a set or a WAV file sounds, in figures and pictures. It changes nothing.

mod draw;
mod file;
mod picture;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::render::progress;
use super::{Failed, Performance, Settings, frames, show};
use crate::analysis::{Figures, Listener};
use crate::engine::{SlotId, Tap};
use crate::ir::call::QUANTUM;
use crate::music::note;
use crate::watch;

pub use draw::{Drawing, Letters};

/// What to look at.
#[derive(Clone, Debug)]
pub struct Audit {
    /// A folder of scripts, one, or a WAV file.
    pub path: PathBuf,
    /// How much of it, in seconds; `None` is ten of scripts, and all of a file.
    pub seconds: Option<f64>,
    /// Where a report with pictures goes.
    pub output: Option<PathBuf>,
    /// Figures as JSON.
    pub json: bool,
    /// The engine.
    pub settings: Settings,
}

/// The version of what `--json` prints: it changes when a field changes its meaning or goes.
pub const VERSION: u32 = 1;
/// How much of scripts is heard when nobody says it, in seconds.
const SECONDS: f64 = 10.0;

/// What was heard of all.
#[derive(Clone, Debug)]
pub struct Audited {
    /// What was looked at, as people know it.
    pub path: String,
    /// Frames per second.
    pub rate: u32,
    /// How long, in seconds.
    pub seconds: f64,
    /// What is played; of a file, its sound.
    pub master: Figures,
    /// What each signal adds to it, before the limiter, by name.
    pub signals: Vec<(String, Figures)>,
}

/// The form of a report with pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    Html,
    Svg,
}

/// Looks at sound.
///
/// # Errors
/// When a script is refused, a file is none, or a report cannot be written.
pub fn run(audit: &Audit) -> Result<(), Failed> {
    let picture = audit.output.as_deref().map(|path| form(path).map(|form| (path, form))).transpose()?;
    if let Some(seconds) = audit.seconds.filter(|seconds| !(seconds.is_finite() && *seconds > 0.0)) {
        return Err(anyhow::anyhow!("--seconds {seconds} is no length").into());
    }
    let is_wav = audit.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
    let audited = if is_wav { file::heard(&audit.path, audit.seconds)? } else { rendered(audit)? };
    if let Some((path, form)) = picture {
        let page = match form {
            Picture::Html => picture::html(&audited),
            Picture::Svg => picture::svg(&audited),
        };
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if audit.json {
        show::line(serde_json::to_string_pretty(&audited.json())?);
    } else {
        show::text(&text::report(&audited, Drawing::of_terminal()));
    }
    Ok(())
}

/// The form that the name of a file asks for.
fn form(path: &Path) -> anyhow::Result<Picture> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("html" | "htm") => Ok(Picture::Html),
        Some("svg") => Ok(Picture::Svg),
        _ => anyhow::bail!("{}: a report is a page or a picture: end its name with .html or .svg", path.display()),
    }
}

/// Renders scripts and listens.
fn rendered(audit: &Audit) -> Result<Audited, Failed> {
    let Settings { rate, channels, .. } = audit.settings;
    let total = frames(audit.seconds.unwrap_or(SECONDS), rate).max(1);
    let scripts = watch::scan(&audit.path)?;
    let (mut performance, mut player) = Performance::new(&audit.settings, &audit.path)?;
    let report = performance.start(scripts);
    show::diagnostics(&report, &performance);
    if !report.ok() {
        return Err(Failed::Told);
    }
    let mut ears = Ears::of(&performance, rate, channels, total);
    let mut master = Listener::new(f64::from(rate), channels, total);
    let progress = progress(total);
    let mut done = 0;
    while done < total {
        performance.tick_quietly();
        let count = (total - done).min(QUANTUM as u64) as usize;
        hear(&mut master, player.quantum_tapped(&mut ears), count);
        ears.pass(count);
        done += count as u64;
        progress.set_position(done);
    }
    progress.finish_and_clear();
    Ok(Audited {
        path: audit.path.display().to_string(),
        rate,
        seconds: total as f64 / f64::from(rate),
        master: master.figures(),
        signals: ears.each.into_iter().map(|ear| (ear.name, ear.listener.figures())).collect(),
    })
}

/// The first frames of a quantum: channel after channel, [`QUANTUM`] apart.
fn hear(listener: &mut Listener, block: &[f64], count: usize) {
    let channels = block.chunks_exact(QUANTUM).map(|channel| &channel[..count]).collect::<Vec<_>>();
    listener.hear(&channels);
}

/// Who listens to each signal.
struct Ears {
    each: Vec<OneEar>,
    slots: BTreeMap<SlotId, usize>,
}

struct OneEar {
    name: String,
    listener: Listener,
    /// The latest quantum: channel after channel.
    block: Vec<f64>,
}

impl Ears {
    fn of(performance: &Performance, rate: u32, channels: usize, total: u64) -> Ears {
        let mut ears = Ears { each: Vec::new(), slots: BTreeMap::new() };
        for (name, slot, _) in performance.playing() {
            ears.slots.insert(slot, ears.each.len());
            let listener = Listener::new(f64::from(rate), channels, total);
            ears.each.push(OneEar { name: name.to_owned(), listener, block: vec![0.0; channels * QUANTUM] });
        }
        ears
    }

    /// The quantum is over.
    fn pass(&mut self, count: usize) {
        for ear in &mut self.each {
            hear(&mut ear.listener, &ear.block, count);
            ear.block.fill(0.0);
        }
    }
}

impl Tap for Ears {
    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
        let Some(&number) = self.slots.get(&slot) else { return };
        let samples = voice.iter().zip(level.iter().cycle()).map(|(sample, level)| sample * level);
        self.each[number].block.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample);
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    audit: u32,
    path: &'a str,
    rate: u32,
    seconds: f64,
    master: Sound<'a>,
    signals: Vec<Sound<'a>>,
}

/// One sound in it.
#[derive(Serialize)]
struct Sound<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    peak_db: Option<f64>,
    true_peak_db: Option<f64>,
    rms_db: Option<f64>,
    lufs: Option<f64>,
    dc: &'a [f64],
    clipped_samples: u64,
    clips: u64,
    pitch: Option<Tone>,
    clarity: Option<f64>,
    pitched: f64,
    centroid_hz: Option<f64>,
    peaks: Vec<Tone>,
}

/// A frequency with its name.
#[derive(Serialize)]
struct Tone {
    hz: f64,
    note: Option<String>,
    cents: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    db: Option<f64>,
}

impl Tone {
    fn of(hz: f64, db: Option<f64>) -> Tone {
        let (note, cents) = note::nearest(hz).unzip();
        Tone { hz, note, cents, db }
    }
}

impl Audited {
    fn json(&self) -> Json<'_> {
        Json {
            audit: VERSION,
            path: &self.path,
            rate: self.rate,
            seconds: self.seconds,
            master: sound(None, &self.master),
            signals: self.signals.iter().map(|(name, figures)| sound(Some(name), figures)).collect(),
        }
    }
}

fn sound<'a>(name: Option<&'a str>, figures: &'a Figures) -> Sound<'a> {
    let Figures { level, pitch, pitched, centroid, peaks, .. } = figures;
    Sound {
        name,
        peak_db: level.peak,
        true_peak_db: level.true_peak,
        rms_db: level.rms,
        lufs: level.loudness,
        dc: &level.dc,
        clipped_samples: level.clipped,
        clips: level.clips,
        pitch: pitch.map(|pitch| Tone::of(pitch.hertz, None)),
        clarity: pitch.map(|pitch| pitch.clarity),
        pitched: *pitched,
        centroid_hz: *centroid,
        peaks: peaks.iter().map(|peak| Tone::of(peak.hertz, Some(peak.level))).collect(),
    }
}
