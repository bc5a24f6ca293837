//! Prints reports and diagnostics for people, or hands them to a view that has the terminal. It decides nothing, and a reader who left does not end the music.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use anstream::adapter::strip_str;
use crossbeam_channel::Sender;

use super::Performance;
use super::report::{FileReport, Form, Report};
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::witness;

/// How many messages of one save are shown; the rest is counted.
const MOST: usize = 20;

/// Who has the terminal, if it is not for lines.
static VIEW: Mutex<Option<Sender<Said>>> = Mutex::new(None);

/// Something that would be printed, for a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Lines for standard output.
    Line(String),
    /// Lines for standard error.
    Note(String),
    /// Nothing is wrong with a file any more.
    Taken {
        /// Its path.
        file: String,
    },
    /// This is wrong with a file.
    Wrong {
        /// Its path.
        file: String,
        /// What, with its source.
        text: String,
    },
    /// What became of a save or a command.
    Report(String),
}

/// From now on whatever would be printed goes to a view, or to the terminal again.
pub fn divert(to: Option<Sender<Said>>) {
    *VIEW.lock().unwrap_or_else(PoisonError::into_inner) = to;
}

/// Whether a view has the terminal.
pub fn is_diverted() -> bool {
    VIEW.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Hands something to the view, if there is one.
fn handed(said: impl FnOnce() -> Said) -> bool {
    // What says it may say that it panicked: nothing is locked then.
    let view = VIEW.lock().unwrap_or_else(PoisonError::into_inner).clone();
    view.is_some_and(|view| view.send(said()).is_ok())
}

/// Prints what is wrong or odd with a save, each with its source line, and the levels of memory that it crossed, to standard
/// error.
pub fn diagnostics(report: &Report, performance: &Performance) {
    if is_diverted() {
        report.files.iter().for_each(|file| file_of(file, performance));
    } else {
        let all = report.files.iter().flat_map(|file| file.errors.iter().chain(&file.warnings)).collect::<Vec<_>>();
        for diagnostic in all.iter().take(MOST) {
            diagnostic_of(diagnostic, performance);
        }
        if all.len() > MOST {
            note(&format_args!("… and {} more", all.len() - MOST));
        }
    }
    report.memory.crossings.iter().for_each(note);
}

/// Tells a view what is wrong or odd with a file.
fn file_of(report: &FileReport, performance: &Performance) {
    let plain = |all: &[Diagnostic]| {
        let texts = all.iter().take(MOST).map(|diagnostic| plain(diagnostic, performance));
        let more = all.len().checked_sub(MOST + 1).map(|more| format!("… and {} more", more + 1));
        texts.chain(more).collect::<Vec<_>>().join("\n")
    };
    let file = report.file.clone();
    if report.ok {
        handed(|| Said::Taken { file });
    } else {
        handed(|| Said::Wrong { file, text: plain(&report.errors) });
    }
    if !report.warnings.is_empty() {
        handed(|| Said::Note(plain(&report.warnings)));
    }
}

fn plain(diagnostic: &Diagnostic, performance: &Performance) -> String {
    let texts = performance.texts();
    diagnostic.plain(|file| texts.known.get(file).map(String::as_str))
}

/// Prints one message with its source line, to standard error.
pub fn diagnostic_of(diagnostic: &Diagnostic, performance: &Performance) {
    let text = || plain(diagnostic, performance);
    let told = match diagnostic.severity {
        Severity::Error => handed(|| Said::Wrong { file: diagnostic.file.clone(), text: text() }),
        _ => handed(|| Said::Note(text())),
    };
    if !told {
        let texts = performance.texts();
        diagnostic.print(|file| texts.known.get(file).map(String::as_str));
    }
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
    if !handed(|| Said::Line(strip_str(&line.to_string()).to_string())) {
        writeln!(anstream::stdout(), "{line}").ok();
    }
}

/// Prints whole lines to standard output.
pub fn text(text: &str) {
    write!(anstream::stdout(), "{text}").ok();
}

/// Prints a report to standard output.
pub fn report(report: &Report, form: Form) {
    match form {
        Form::Text if handed(|| Said::Report(report.plain())) => {}
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
    if !handed(|| Said::Note(strip_str(&note.to_string()).to_string())) {
        writeln!(anstream::stderr(), "{note}").ok();
    }
}
