//! Messages to people: what is wrong, the line with a mark, what would work. It knows no script language and opens no file.

mod nearest;
mod range;
mod shortage;
mod show;
mod size;

use std::io::Write as _;

use serde::Serialize;

pub use nearest::nearest;
pub use range::{Point, Range};
pub use shortage::{Shortage, Unit, room};
pub use size::{Amount, Size};

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something was refused.
    Error,
    /// Something was accepted and is probably not what was meant.
    Warning,
    /// Something to know.
    Note,
}

/// Another place that belongs to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The file as people know it.
    pub file: String,
    /// Line from 1; 0 is unknown.
    pub line: usize,
    /// Column in characters from 1; 0 is the whole line.
    pub column: usize,
    /// A few words on why it belongs there.
    pub label: String,
}

/// One message. As JSON it is `{"file", "line", "column", "message", "help"}`, with `null` where there is no help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    #[serde(skip)]
    pub severity: Severity,
    /// The file as people know it; empty where there is none.
    pub file: String,
    /// Line from 1; 0 is the file as a whole.
    pub line: usize,
    /// Column in characters from 1; 0 is the whole line.
    pub column: usize,
    /// How many characters are marked, at least one.
    #[serde(skip)]
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What would work.
    pub help: Option<String>,
    /// Other places that belong to it.
    #[serde(skip)]
    pub also: Vec<Also>,
}

impl Diagnostic {
    /// A message about a place; `column` and `line` are 0 where they are unknown.
    pub fn new(
        severity: Severity,
        file: impl Into<String>,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Self {
        let (file, message) = (file.into(), message.into());
        Self { severity, file, line, column, length: 1, message, help: None, also: Vec::new() }
    }

    /// An error about a place.
    pub fn error(file: impl Into<String>, line: usize, column: usize, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, file, line, column, message)
    }

    /// The same message with what would work.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same message with so many characters marked.
    pub fn length(self, length: usize) -> Self {
        Self { length, ..self }
    }

    /// The same message with another place that belongs to it.
    pub fn also(mut self, file: impl Into<String>, line: usize, column: usize, label: impl Into<String>) -> Self {
        self.also.push(Also { file: file.into(), line, column, label: label.into() });
        self
    }

    /// The message for a terminal without colours; `source` gives the text of a file, where it is known.
    pub fn plain<'a>(&'a self, source: impl Fn(&str) -> Option<&'a str>) -> String {
        show::show(self, &annotate_snippets::Renderer::plain(), source)
    }

    /// Writes the message to standard error, in colours on a terminal only; where nobody reads it, it is lost.
    pub fn print<'a>(&'a self, source: impl Fn(&str) -> Option<&'a str>) {
        let message = show::show(self, &annotate_snippets::Renderer::styled(), source);
        writeln!(anstream::stderr(), "{message}").ok();
    }
}
