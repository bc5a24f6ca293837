//! What is asked of an engine and what it answers, as lines of JSON. Nothing is carried out here.

use std::fmt;
use std::str::FromStr;

use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::session::Performance;
use crate::session::instruction::{self, Instruction};
use crate::session::list::{self, Listed};
use crate::session::report::Report;
use crate::session::sight::{Scope, Sight, Spectrum};
use crate::session::stats::{self, Stats};

/// The version of the protocol, as `"aither"` in each request.
pub const VERSION: u32 = 1;
/// Bytes of a request at most.
pub const LONGEST_REQUEST: usize = 64 << 10;
/// Bytes of an answer at most.
pub const LONGEST_ANSWER: usize = 64 << 20;

/// Something that is asked of an engine. It prints as it is parsed.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Request {
    /// Something to be done.
    #[command(flatten)]
    Instruction(Instruction),
    /// Lists the signals of the running engine
    #[command(after_help = "Example: aither list --json")]
    List,
    /// Shows how much memory, code and time the running engine uses
    #[command(after_help = "Example: aither stats --watch")]
    Stats,
    /// Something to be looked at.
    #[command(flatten)]
    Sight(Sight),
}

impl FromStr for Request {
    type Err = String;

    fn from_str(text: &str) -> Result<Request, String> {
        instruction::parse(text)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Instruction(instruction) => instruction.fmt(f),
            Request::List => f.write_str("list"),
            Request::Stats => f.write_str("stats"),
            Request::Sight(sight) => sight.fmt(f),
        }
    }
}

/// A request on its way.
#[derive(Serialize, Deserialize)]
struct Envelope {
    aither: u32,
    command: String,
}

impl Request {
    /// The line of this request.
    pub fn line(&self) -> String {
        json(&Envelope { aither: VERSION, command: self.to_string() })
    }

    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(line: &str) -> Result<Request, String> {
        let form = format!("a request is a line like {}", Request::List.line());
        let envelope: Envelope = serde_json::from_str(line).map_err(|error| format!("{error}; {form}"))?;
        if envelope.aither != VERSION {
            return Err(format!("this engine speaks version {VERSION} of the protocol, not {}", envelope.aither));
        }
        envelope.command.parse()
    }
}

/// What an engine answers. Fields that hold nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was done.
    pub ok: bool,
    /// What was done, for people: whole lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What would work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What became of each file, where files were evaluated or signals removed: the objects of `--report json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<Vec<serde_json::Value>>,
    /// What plays and what is parked, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signals: Option<Vec<Listed>>,
    /// Beats per minute, beside the signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<f64>,
    /// Where the next frame is, in beats, beside the signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beat: Option<f64>,
    /// The level of everything, beside the signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
    /// How high each channel of the master reached within the last tenth of a second, beside the signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peaks: Option<Vec<f32>>,
    /// The file that is being recorded, beside the signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// All figures of the engine, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Box<Stats>>,
    /// A waveform, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Box<Scope>>,
    /// A spectrum, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spectrum: Option<Box<Spectrum>>,
}

impl Answer {
    /// It was done, and this is to be said about it.
    pub fn done(text: impl Into<String>) -> Answer {
        let mut text = text.into();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Answer { ok: true, text, ..Answer::default() }
    }

    /// It was not done.
    pub fn refused(error: impl Into<String>) -> Answer {
        Answer { error: Some(error.into()), ..Answer::default() }
    }

    /// What plays and what is parked, how loud all of it is, and where the beat is.
    pub fn listing(performance: &Performance) -> Answer {
        let ((tempo, beat), level) = (performance.transport(), performance.level());
        let (peaks, signals) = (performance.peaks(), performance.list());
        let mut text = format!("{}{}", list::text(&signals), list::transport(tempo, beat));
        if level != 1.0 {
            text += &format!(", everything at level {level}");
        }
        let (tempo, beat, level) = (Some(tempo), Some(beat), Some(level));
        Answer { signals: Some(signals), tempo, beat, level, peaks, ..Answer::done(text) }
    }

    /// All figures.
    pub fn figures(stats: Stats) -> Answer {
        let text = stats::text(&stats, None);
        Answer { stats: Some(Box::new(stats)), ..Answer::done(text) }
    }

    /// What became of the files that a command is about; it was done where all of them were taken.
    pub fn reporting(report: &Report) -> Answer {
        let objects = report.json().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut answer = match report.files.iter().flat_map(|file| &file.errors).next() {
            Some(diagnostic) => Answer::from(diagnostic),
            None => Answer::done(report.plain()),
        };
        answer.ok = report.ok();
        answer.reports = Some(objects);
        answer
    }

    /// The line of this answer.
    pub fn line(&self) -> String {
        json(self)
    }

    /// Reads a line; `None` where it is none of this protocol.
    pub fn read(line: &str) -> Option<Answer> {
        serde_json::from_str(line).ok()
    }
}

impl From<&Diagnostic> for Answer {
    fn from(diagnostic: &Diagnostic) -> Answer {
        let Diagnostic { file, line, message, help, .. } = diagnostic;
        let place = match (file.as_str(), *line) {
            ("", _) => String::new(),
            (file, 0) => format!("{file}: "),
            (file, line) => format!("{file}:{line}: "),
        };
        Answer { help: help.clone(), ..Answer::refused(format!("{place}{message}")) }
    }
}

fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("texts and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        assert_eq!(Request::List.line(), r#"{"aither":1,"command":"list"}"#);
        let quoted = Instruction::Gain { name: "it's \"odd\"\n".to_owned(), linear: 0.5, seconds: None };
        for request in
            [Request::List, Request::Stats, Request::Instruction(Instruction::Quit), Request::Instruction(quoted)]
        {
            let line = request.line();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Request::read(&line), Ok(request));
        }
    }

    #[test]
    fn what_is_no_request_is_refused_in_words() {
        let why = |line: &str| Request::read(line).unwrap_err();
        assert!(why("hello").contains(r#"a request is a line like {"aither":1,"command":"list"}"#));
        assert!(why(r#"{"aither":1}"#).contains("missing field `command`"));
        assert_eq!(why(r#"{"aither":2,"command":"list"}"#), "this engine speaks version 1 of the protocol, not 2");
        assert!(why(r#"{"aither":1,"command":"dance"}"#).contains("dance"));
        assert!(why(r#"{"aither":1,"command":""}"#).contains("list"), "it says what there is");
        assert!(why(r#"{"aither":1,"command":"mute --help"}"#).contains("help"));
        assert!(why(r#"{"aither":1,"command":"list 'x"}"#).contains("quotation mark"));
    }

    #[test]
    fn an_answer_holds_what_it_has_and_nothing_else() {
        let answers = [
            (Answer::done("muted"), r#"{"ok":true,"text":"muted\n"}"#),
            (Answer::done(""), r#"{"ok":true}"#),
            (Answer::refused("no"), r#"{"ok":false,"error":"no"}"#),
            (
                Answer::from(&Diagnostic::error("a.rhai", 3, 1, "odd").help("do this")),
                r#"{"ok":false,"error":"a.rhai:3: odd","help":"do this"}"#,
            ),
        ];
        for (answer, line) in answers {
            assert_eq!(answer.line(), line);
            assert_eq!(Answer::read(line), Some(answer));
        }
        assert_eq!(Answer::read("{}"), None);
    }

    #[test]
    fn an_answer_with_reports_is_ok_where_all_files_were_taken() {
        let mut report = Report::default();
        let file = |ok| crate::session::report::FileReport {
            file: "a.rhai".to_owned(),
            ok,
            signals: vec![],
            errors: if ok { vec![] } else { vec![Diagnostic::error("a.rhai", 1, 1, "odd")] },
            warnings: vec![],
        };
        report.files = vec![file(true)];
        let answer = Answer::reporting(&report);
        assert!(answer.ok && answer.text.starts_with("a.rhai\n"));
        assert_eq!(answer.reports.unwrap()[0]["file"], "a.rhai");
        report.files.push(file(false));
        let answer = Answer::reporting(&report);
        assert_eq!((answer.ok, answer.error.as_deref()), (false, Some("a.rhai:1: odd")));
        assert_eq!(answer.reports.unwrap().len(), 2);
    }
}
