//! Prints reports and diagnostics for people. It decides nothing.

use super::Performance;
use super::report::Report;
use crate::diagnostic::Diagnostic;

/// How many messages of one save are shown; the rest is counted.
const MOST: usize = 20;

/// Prints what is wrong or odd with a save, each with its source line, to standard error.
pub fn diagnostics(report: &Report, performance: &Performance) {
    let all = report.files.iter().flat_map(|file| file.errors.iter().chain(&file.warnings)).collect::<Vec<_>>();
    for diagnostic in all.iter().take(MOST) {
        diagnostic_of(diagnostic, performance);
    }
    if all.len() > MOST {
        anstream::eprintln!("… and {} more", all.len() - MOST);
    }
}

/// Prints one message with its source line, to standard error.
pub fn diagnostic_of(diagnostic: &Diagnostic, performance: &Performance) {
    let texts = performance.texts();
    diagnostic.print(|file| texts.known.get(file).map(String::as_str));
}
