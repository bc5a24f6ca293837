//! `aither check`: evaluates and compiles scripts without playing them, and says what is wrong.

use std::path::PathBuf;

use serde::Serialize;

use super::needs::Needs;
use super::{Failed, Performance, Settings, show};
use crate::diagnostic::Diagnostic;
use crate::watch;

/// What to check.
#[derive(Clone, Debug)]
pub struct Check {
    /// A folder of scripts, or one.
    pub path: PathBuf,
    /// Whether to print the programs.
    pub print_programs: bool,
    /// Diagnostics as JSON.
    pub json: bool,
    /// The engine.
    pub settings: Settings,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    diagnostics: Vec<&'a Diagnostic>,
    needs: &'a Needs,
}

/// Checks scripts.
///
/// # Errors
/// When something is wrong with them.
pub fn run(check: &Check) -> Result<(), Failed> {
    let scripts = watch::scan(&check.path)?;
    let (mut performance, _player) = Performance::new(&check.settings, &check.path)?;
    let report = performance.start(scripts);
    let needs = performance.needs();
    if check.json {
        let diagnostics = report.files.iter().flat_map(|file| file.errors.iter().chain(&file.warnings)).collect();
        anstream::println!("{}", serde_json::to_string_pretty(&Checked { diagnostics, needs: &needs })?);
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

/// `1 script`, `2 scripts`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
