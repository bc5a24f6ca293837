//! The asking half: one request, one answer. It prints nothing.

use std::time::{Duration, Instant};

use super::line::{Broken, Lines};
use super::message::{Answer, LONGEST_ANSWER, Request};
use super::place::{EngineName, Unusable};
use super::system;
use crate::session::Instruction;

/// How long an answer is waited for: an engine that compiles a large save answers after that.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the end of an engine is waited for.
const END: Duration = Duration::from_secs(3);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Silence {
    /// Nobody of that name runs.
    #[error("no engine named `{name}` runs; {}", others(names))]
    Nobody {
        /// The name.
        name: EngineName,
        /// Those who run.
        names: Vec<String>,
    },
    /// The place is not to be trusted, or the system refuses.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// Somebody is there and says nothing.
    #[error("the engine `{0}` does not answer")]
    Mute(EngineName),
    /// It went away meanwhile.
    #[error("the engine `{0}` has ended")]
    Gone(EngineName),
}

fn others(names: &[String]) -> String {
    match names {
        [] => "`aither run` starts one".to_owned(),
        names => format!("these do: {} (--name {})", names.join(", "), names[0]),
    }
}

/// Asks the engine of a name. Returns after `quit` when the name is free again.
///
/// # Errors
/// When there is no answer.
pub fn ask(name: &EngineName, request: &Request) -> Result<Answer, Silence> {
    let nobody = || Silence::Nobody { name: name.clone(), names: system::names() };
    let mut lines = Lines::new(system::connect(name)?.ok_or_else(nobody)?);
    let silence = |broken| match broken {
        Broken::Gone => Silence::Gone(name.clone()),
        _ => Silence::Mute(name.clone()),
    };
    let since = Instant::now();
    let too_late = || since.elapsed() > PATIENCE;
    // Somebody who refuses a connection says why without listening.
    let written = lines.write(&request.line(), too_late);
    let line = lines.next(LONGEST_ANSWER, too_late).map_err(|broken| silence(written.err().unwrap_or(broken)))?;
    let answer = Answer::read(&line).ok_or_else(|| Silence::Mute(name.clone()))?;
    if answer.ok && *request == Request::Instruction(Instruction::Quit) {
        let since = Instant::now();
        lines.next(LONGEST_ANSWER, || since.elapsed() > END).ok();
    }
    Ok(answer)
}
