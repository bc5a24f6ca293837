//! An audit as a picture or a page with pictures, whole in one file. It measures nothing.

use std::fmt::Write;

use super::Audited;
use super::draw::levels;
use super::text::{findings, tone};
use crate::analysis::Figures;
use crate::reference::picture::octaves::hertz;
use crate::reference::picture::{COLUMNS, Curve, Panel, axis};
use crate::reference::svg::{escaped, sheet, svg as one};

/// The lowest level that a spectrum shows, below its highest mark.
const RANGE: f64 = 90.0;
/// Looks of the page, on white and on black.
const STYLE: &str = "body{font:14px/1.5 sans-serif;margin:2em auto;max-width:64em;padding:0 1em;color-scheme:light dark}\
                     table{border-collapse:collapse}td,th{padding:.1em .8em;text-align:right}td:first-child,th:first-child,\
                     td:last-child,th:last-child{text-align:left}svg{max-width:100%;height:auto}";

/// All sounds below each other.
pub(super) fn svg(audited: &Audited) -> String {
    let rows = sounds(audited)
        .map(|(name, figures)| (format!("{name}: {}", summary(figures)), panels(figures, audited.seconds)));
    sheet(&audited.path, &rows.collect::<Vec<_>>())
}

/// A page.
pub(super) fn html(audited: &Audited) -> String {
    let mut text = String::new();
    write(&mut text, audited).expect("a string takes all");
    text
}

fn write(text: &mut String, audited: &Audited) -> std::fmt::Result {
    let path = escaped(&audited.path);
    writeln!(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{path}</title>")?;
    writeln!(text, "<style>{STYLE}</style>\n</head>\n<body>\n<h1>{path}</h1>")?;
    writeln!(text, "<p>{:.3} s, {} Hz</p>", audited.seconds, audited.rate)?;
    let heads = ["", "peak dB", "true peak dB", "rms dB", "LUFS", "clipped", "DC", "centroid Hz", "pitch"];
    writeln!(text, "<table>\n<tr>{}</tr>", heads.map(|head| format!("<th>{head}</th>")).concat())?;
    for (name, figures) in sounds(audited) {
        let level = &figures.level;
        let decibels = |level: Option<f64>| level.map_or("–".to_owned(), |level| format!("{level:.1}"));
        let cells = [
            escaped(name),
            decibels(level.peak),
            decibels(level.true_peak),
            decibels(level.rms),
            decibels(level.loudness),
            level.clipped.to_string(),
            level.dc.iter().map(|dc| format!("{dc:.4}")).collect::<Vec<_>>().join(" "),
            figures.centroid.map_or("–".to_owned(), |hertz| format!("{hertz:.0}")),
            figures.pitch.map_or("–".to_owned(), |pitch| tone(pitch.hertz)),
        ];
        writeln!(text, "<tr>{}</tr>", cells.map(|cell| format!("<td>{cell}</td>")).concat())?;
    }
    writeln!(text, "</table>")?;
    for (name, figures) in sounds(audited) {
        writeln!(text, "<h2>{}</h2>", escaped(name))?;
        for finding in findings(name, figures) {
            writeln!(text, "<p>{}</p>", escaped(&finding))?;
        }
        text.push_str(&one(name, &panels(figures, audited.seconds)));
        let tones = figures.peaks.iter().map(|peak| format!("<li>{}, {:.1} dB</li>", tone(peak.hertz), peak.level));
        writeln!(text, "<ol>{}</ol>", tones.collect::<String>())?;
    }
    writeln!(text, "</body>\n</html>")
}

fn sounds(audited: &Audited) -> impl Iterator<Item = (&str, &Figures)> {
    let signals = audited.signals.iter().map(|(name, figures)| (name.as_str(), figures));
    std::iter::once(("master", &audited.master)).chain(signals)
}

fn summary(figures: &Figures) -> String {
    let level = &figures.level;
    let decibels = |level: Option<f64>| level.map_or("silence".to_owned(), |level| format!("{level:.1} dB"));
    let pitch = figures.pitch.map_or(String::new(), |pitch| format!(", {}", tone(pitch.hertz)));
    format!("peak {}, rms {}{pitch}", decibels(level.peak), decibels(level.rms))
}

/// The outline of a sound, and its spectrum.
fn panels(figures: &Figures, seconds: f64) -> Vec<Panel> {
    let pieces = figures.wave.pieces(COLUMNS);
    let most = pieces.iter().flatten().fold(1.0, |most: f64, sample| most.max(sample.abs()));
    let points = pieces.iter().enumerate().flat_map(|(at, [least, largest])| {
        let time = at as f64 / COLUMNS as f64 * seconds;
        [(time, *least), (time, *largest)]
    });
    let wave = Curve { name: String::new(), faint: false, points: points.collect() };
    let levels = levels(figures, COLUMNS);
    let top = (levels.iter().copied().fold(-120.0, f64::max) / 10.0).ceil() * 10.0 + 0.0;
    let points = levels.iter().enumerate().map(|(at, level)| (at as f64 / COLUMNS as f64, level.max(top - RANGE)));
    let spectrum = Curve { name: String::new(), faint: false, points: points.collect() };
    vec![
        Panel { title: "samples over s".to_owned(), x: axis(0.0, seconds), y: axis(-most, most), curves: vec![wave] },
        Panel {
            title: "mean spectrum in dB over Hz".to_owned(),
            x: hertz(),
            y: axis(top - RANGE, top),
            curves: vec![spectrum],
        },
    ]
}
