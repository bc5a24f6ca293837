//! Prints reports and diagnostics for people. It decides nothing, and a reader who left does not end the music.

use std::fmt::Display;
use std::io::Write;

use super::Performance;
use super::report::{Form, Report};
use crate::diagnostic::Diagnostic;

/// How many messages of one save are shown; the rest is counted.
const MOST: usize = 20;

/// Prints what is wrong or odd with a save, each with its source line, and the levels of memory that it crossed, to standard
/// error.
pub fn diagnostics(report: &Report, performance: &Performance) {
    let all = report.files.iter().flat_map(|file| file.errors.iter().chain(&file.warnings)).collect::<Vec<_>>();
    for diagnostic in all.iter().take(MOST) {
        diagnostic_of(diagnostic, performance);
    }
    if all.len() > MOST {
        note(&format_args!("… and {} more", all.len() - MOST));
    }
    report.memory.crossings.iter().for_each(note);
}

/// Prints one message with its source line, to standard error.
pub fn diagnostic_of(diagnostic: &Diagnostic, performance: &Performance) {
    let texts = performance.texts();
    diagnostic.print(|file| texts.known.get(file).map(String::as_str));
}

/// Prints a line to standard output.
pub fn line(line: impl Display) {
    writeln!(anstream::stdout(), "{line}").ok();
}

/// Prints whole lines to standard output.
pub fn text(text: &str) {
    write!(anstream::stdout(), "{text}").ok();
}

/// Prints a report to standard output.
pub fn report(report: &Report, form: Form) {
    match form {
        Form::Text => text(&report.text()),
        Form::Json => report.json().iter().for_each(line),
    }
}

/// Prints a line beside the reports: standard output is theirs alone where they are JSON.
pub fn beside(form: Form, what: impl Display) {
    match form {
        Form::Text => line(what),
        Form::Json => note(&what),
    }
}

/// Prints a line that is no part of a report, to standard error.
pub fn note(note: &impl Display) {
    writeln!(anstream::stderr(), "{note}").ok();
}
