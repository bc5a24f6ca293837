//! Prints reports and diagnostics for people. It decides nothing, and a reader who left does not end the music.

use std::fmt::Display;
use std::io::Write;

use super::Performance;
use super::report::{Form, Report};
use crate::diagnostic::Diagnostic;
use crate::engine::witness;

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

/// Prints where the audio thread panicked since this was last called, to standard error.
pub fn panics_of_the_audio_thread() {
    let (lines, more) = witness::read();
    for line in lines {
        note(&format_args!("the audio thread panicked at {line}"));
    }
    if more > 0 {
        note(&format_args!("the audio thread panicked {more} times more"));
    }
}

/// Prints that the renderer panicked and goes on, to standard error.
pub fn interruption(frame: u64, times: u64) {
    let times = if times == 1 { String::new() } else { format!(" ({times} times)") };
    note(&format_args!(
        "the renderer panicked at frame {frame}{times}: the sound came to rest and goes on; this is a defect of aither, please report it"
    ));
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
