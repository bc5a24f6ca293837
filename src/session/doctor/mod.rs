//! `aither doctor`: whether this machine can play, and what to do where it cannot. It mends nothing.

mod facts;
mod findings;
mod look;

use serde::Serialize;

use super::{Failed, Settings, show};
use crate::device::{self, Plan};

pub use facts::{Disk, Facts, Governor, Inotify, Limits, Opened, Watching};
pub use findings::{Finding, Verdict};

/// What to look at.
#[derive(Clone, Debug)]
pub struct Doctor {
    /// The device that is wanted.
    pub device: device::Settings,
    /// The rate and the channels that it would be played at.
    pub plan: Plan,
    /// Findings as JSON.
    pub json: bool,
    /// The engine.
    pub settings: Settings,
}

/// The version of what `--json` prints: it changes when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    doctor: u32,
    ok: bool,
    findings: &'a [Finding],
}

/// Looks at everything that playing needs; it takes some seconds, and half of one the device plays silence.
///
/// # Errors
/// When the machine cannot play.
pub fn run(doctor: &Doctor) -> Result<(), Failed> {
    let findings = Facts::gather(doctor).findings();
    let ok = findings.iter().all(|finding| finding.verdict != Verdict::Problem);
    if doctor.json {
        show::line(serde_json::to_string_pretty(&Json { doctor: VERSION, ok, findings: &findings })?);
    } else {
        show::text(&text(&findings));
    }
    if ok { Ok(()) } else { Err(Failed::Told) }
}

/// Findings for people: a line each, and below it what to do.
pub fn text(findings: &[Finding]) -> String {
    let wide = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Finding { subject, verdict, found, remedy } in findings {
        text.push_str(&format!("{:<7}  {subject:<wide$}  {found}\n", verdict.word()));
        for line in remedy.iter().flat_map(|remedy| remedy.lines()) {
            text.push_str(&format!("{:<7}  {:<wide$}  > {line}\n", "", ""));
        }
    }
    let count = |verdict: Verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let summary = match (count(Verdict::Problem), count(Verdict::Warning)) {
        (0, 0) => "it can play".to_owned(),
        (0, 1) => "it can play; one thing could be better".to_owned(),
        (0, warnings) => format!("it can play; {warnings} things could be better"),
        (1, _) => "it cannot play: one problem".to_owned(),
        (problems, _) => format!("it cannot play: {problems} problems"),
    };
    text.push_str(&format!("{summary}\n"));
    text
}
