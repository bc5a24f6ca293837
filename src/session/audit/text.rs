//! An audit for people: a table, the tones that stand out, two drawings. It measures nothing.

use std::fmt::Write;

use super::{Audited, Drawing};
use crate::analysis::Figures;
use crate::music::note;

/// Names of signals are aligned up to this width.
const WIDEST: usize = 24;
/// How many tones of a sound are told.
const TONES: usize = 5;
/// An offset from which on it is told: 60 dB below full scale.
const OFFSET: f64 = 1e-3;

/// The report.
pub(super) fn report(audited: &Audited, drawing: Drawing) -> String {
    let mut text = String::new();
    write(&mut text, audited, drawing).expect("a string takes all");
    text
}

fn write(text: &mut String, audited: &Audited, drawing: Drawing) -> std::fmt::Result {
    let Audited { path, rate, seconds, master, signals } = audited;
    let channels = master.level.dc.len();
    let plural = if channels == 1 { "" } else { "s" };
    writeln!(text, "{path}: {seconds:.3} s, {rate} Hz, {channels} channel{plural}\n")?;
    drawing.wave(&master.wave, *seconds).iter().try_for_each(|line| writeln!(text, "{line}"))?;
    writeln!(text)?;
    drawing.spectrum(master).iter().try_for_each(|line| writeln!(text, "{line}"))?;
    let sounds =
        std::iter::once(("master", master)).chain(signals.iter().map(|(name, figures)| (name.as_str(), figures)));
    let sounds = sounds.collect::<Vec<_>>();
    let wide = sounds.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default().min(WIDEST);
    writeln!(
        text,
        "\n{:<wide$}  {:>7}  {:>7}  {:>7}  {:>7}  {:>7}  {:>9}  pitch",
        "", "peak", "true", "rms", "LUFS", "clipped", "centroid"
    )?;
    for (name, figures) in &sounds {
        let level = &figures.level;
        let decibels = |level: Option<f64>| level.map_or("-".to_owned(), |level| format!("{level:.1}"));
        let centroid = figures.centroid.map_or("-".to_owned(), |hertz| format!("{hertz:.0} Hz"));
        let pitch = figures.pitch.map_or("-".to_owned(), |pitch| tone(pitch.hertz));
        writeln!(
            text,
            "{name:<wide$}  {:>7}  {:>7}  {:>7}  {:>7}  {:>7}  {centroid:>9}  {pitch}",
            decibels(level.peak),
            decibels(level.true_peak),
            decibels(level.rms),
            decibels(level.loudness),
            level.clipped,
        )?;
    }
    writeln!(text)?;
    for (name, figures) in &sounds {
        let tones = figures.peaks.iter().take(TONES);
        let tones = tones.map(|peak| format!("{} {:.1} dB", tone(peak.hertz), peak.level)).collect::<Vec<_>>();
        if !tones.is_empty() {
            writeln!(text, "{name:<wide$}  {}", tones.join(", "))?;
        }
    }
    let found = sounds.iter().flat_map(|(name, figures)| findings(name, figures)).collect::<Vec<_>>();
    if !found.is_empty() {
        writeln!(text)?;
    }
    found.iter().try_for_each(|finding| writeln!(text, "{finding}"))
}

/// `440.00 Hz (a4 +3)`: a frequency, the nearest note, and how many cents above it.
pub(super) fn tone(hertz: f64) -> String {
    let named = note::nearest(hertz).map(|(name, cents)| match cents.round() as i64 {
        0 => format!(" ({name})"),
        cents => format!(" ({name} {cents:+})"),
    });
    format!("{hertz:.2} Hz{}", named.unwrap_or_default())
}

/// What somebody should hear of: silence, clipping, an offset.
pub(super) fn findings(name: &str, figures: &Figures) -> Vec<String> {
    let level = &figures.level;
    let mut found = Vec::new();
    if level.peak.is_none() {
        found.push(format!("{name} is silent"));
    }
    if level.clips > 0 {
        let times = if level.clips == 1 { "once".to_owned() } else { format!("{} times", level.clips) };
        let samples = if level.clipped == 1 { "1 sample".to_owned() } else { format!("{} samples", level.clipped) };
        found.push(format!("{name} clips {times}: {samples} at full scale or beyond"));
    } else if let Some(peak) = level.true_peak.filter(|peak| *peak > 0.0) {
        found.push(format!("{name} is beyond full scale between its samples: {peak:.1} dB"));
    }
    for (channel, dc) in level.dc.iter().enumerate().filter(|(_, dc)| dc.abs() >= OFFSET) {
        found.push(format!("{name} has an offset of {dc:.4} in channel {channel}; `dcblock` takes it away"));
    }
    found
}
