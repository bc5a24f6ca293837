//! `aither check`: evaluates and compiles scripts without playing them, and says what is wrong.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::needs::Needs;
use super::{Failed, Performance, Settings, show};
use crate::diagnostic::{Diagnostic, Range, Severity};
use crate::script::Sources;
use crate::watch::{self, Change};

/// What to check.
#[derive(Clone, Debug)]
pub struct Check {
    /// A folder of scripts, or one.
    pub path: PathBuf,
    /// A script whose text is read from standard input.
    pub unsaved: Option<PathBuf>,
    /// Whether to print the programs.
    pub print_programs: bool,
    /// Diagnostics as JSON.
    pub json: bool,
    /// The engine.
    pub settings: Settings,
}

/// The version of what `--json` prints: it changes when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What `--json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    check: u32,
    ok: bool,
    folder: String,
    diagnostics: Vec<Squiggle<'a>>,
    needs: &'a Needs,
}

/// A message as editors want it.
#[derive(Serialize)]
struct Squiggle<'a> {
    severity: Severity,
    #[serde(flatten)]
    diagnostic: &'a Diagnostic,
    range: Range,
    also: Vec<Related<'a>>,
}

/// Another place that belongs to a message.
#[derive(Serialize)]
struct Related<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    range: Range,
    message: &'a str,
}

/// Checks scripts.
///
/// # Errors
/// When something is wrong with them.
pub fn run(check: &Check) -> Result<(), Failed> {
    let scripts = scripts(check)?;
    let (mut performance, _player) = Performance::new(&check.settings, &check.path)?;
    let report = performance.start(scripts);
    let needs = performance.needs();
    if check.json {
        let diagnostics = report.files.iter().flat_map(|file| file.errors.iter().chain(&file.warnings));
        let checked = Checked {
            check: VERSION,
            ok: report.ok(),
            folder: watch::folder(&check.path).display().to_string(),
            diagnostics: diagnostics.map(|diagnostic| squiggle(diagnostic, &performance)).collect(),
            needs: &needs,
        };
        show::line(serde_json::to_string_pretty(&checked)?);
    } else {
        show::diagnostics(&report, &performance);
    }
    if check.print_programs {
        for (name, program) in performance.programs() {
            anstream::println!("signal {name}\n{program}");
        }
    }
    if !report.ok() {
        let short = needs.all().into_iter().filter(|need| !need.fits && !check.json);
        short.for_each(|need| show::note(&need));
        return Err(Failed::Told);
    }
    if !check.json && !check.print_programs {
        let signals = report.files.iter().map(|file| file.signals.len()).sum::<usize>();
        let warnings = report.files.iter().map(|file| file.warnings.len()).sum::<usize>();
        let verdict = if warnings == 0 { "all is well".to_owned() } else { counted(warnings, "message") };
        anstream::println!("{}, {}: {verdict}", counted(report.files.len(), "script"), counted(signals, "signal"));
        needs.all().into_iter().filter(|_| signals > 0).for_each(show::line);
    }
    Ok(())
}

fn scripts(check: &Check) -> Result<Vec<Change>, Failed> {
    let Some(file) = &check.unsaved else { return Ok(watch::scan(&check.path)?) };
    let mut text = String::new();
    // One byte more than is allowed tells that there is more.
    let input = std::io::stdin().lock().take(watch::LARGEST_SCRIPT + 1).read_to_string(&mut text);
    input.context("standard input is not UTF-8 text")?;
    if text.len() as u64 > watch::LARGEST_SCRIPT {
        let most = watch::LARGEST_SCRIPT >> 20;
        return Err(anyhow::anyhow!("standard input is larger than {most} MiB").into());
    }
    Ok(watch::scan_with(&check.path, Path::new(file), text)?)
}

fn squiggle<'a>(diagnostic: &'a Diagnostic, performance: &Performance) -> Squiggle<'a> {
    // The same texts that were checked: those of the folder, and what they import.
    let range = |file: &str, line: usize, column: usize, length: usize| {
        let text = performance.texts.read(file).unwrap_or_default();
        Range::of(&text, line, column, length)
    };
    let also = diagnostic.also.iter().map(|also| Related {
        file: &also.file,
        line: also.line,
        column: also.column,
        range: range(&also.file, also.line, also.column, 1),
        message: &also.label,
    });
    Squiggle {
        severity: diagnostic.severity,
        diagnostic,
        range: range(&diagnostic.file, diagnostic.line, diagnostic.column, diagnostic.length),
        also: also.collect(),
    }
}

/// `1 script`, `2 scripts`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
