//! An edit log as what is to be done, boundary by boundary. It reads no file and renders nothing.

use super::instruction::Instruction;
use super::log::{Entry, Log, Ruling};
use super::report::Report;
use super::ruling::Rulings;
use super::save::Told;
use super::{Obeyed, Performance, frames, show};
use crate::ir::call::QUANTUM;
use crate::watch::{Change, What};

/// How long a log without an end goes on after its last entry, in seconds.
const AFTER: f64 = 2.0;

/// What is done at one quantum boundary.
#[derive(Debug)]
pub(super) struct Step {
    /// The boundary.
    pub frame: u64,
    /// The number of its line.
    pub line: usize,
    act: Act,
    /// What the log says became of it.
    pub told: Option<Told>,
}

#[derive(Debug)]
enum Act {
    Save(Vec<Change>),
    Import(String, String),
    Instruct(Instruction),
}

impl Step {
    /// Does it, at the present boundary. Gives what became of files and signals, where it was about them.
    ///
    /// # Errors
    /// Why an instruction is refused.
    pub fn take(&self, performance: &mut Performance, frame: u64) -> Result<Option<Report>, String> {
        let told = self.told.as_ref();
        match &self.act {
            Act::Import(file, text) => {
                performance.imported(file.clone(), text.clone());
                Ok(None)
            }
            Act::Save(changes) => {
                let first = frame == 0 && performance.is_untouched();
                let saved = match first {
                    true => performance.begin(changes.clone(), told),
                    false => performance.save_as(changes.clone(), told),
                };
                Ok(Some(saved.report))
            }
            Act::Instruct(instruction) => match performance.obey_as(instruction, told) {
                Ok(Obeyed { report, .. }) => Ok(report),
                Err(why) => Err(format!("{instruction}: {why}")),
            },
        }
    }

    /// Whether it begins or ends a recording, which is no part of the sound.
    pub fn is_recording(&self) -> bool {
        matches!(self.act, Act::Instruct(Instruction::Record { .. }))
    }

    /// Whether it takes a boundary of its own.
    fn is_transaction(&self) -> bool {
        match &self.act {
            Act::Save(_) => true,
            Act::Import(..) => false,
            Act::Instruct(instruction) => instruction.is_transaction(),
        }
    }
}

/// What is to be done in which order, and the frame at which the set ends.
pub(super) fn steps(log: Log, rate: u32) -> (Vec<Step>, u64) {
    let mut end = log.last() + frames(AFTER, rate);
    let mut steps: Vec<Step> = Vec::new();
    let mut rulings = Rulings::default();
    let mut ruled = false;
    // Whether the next edit belongs to the save before.
    let mut open = false;
    for (line, frame, entry) in log.entries {
        match entry {
            Entry::End => {
                end = frame;
                break;
            }
            Entry::Played => open = false,
            Entry::Ruled(ruling, name) => {
                (open, ruled) = (false, true);
                match ruling {
                    Ruling::Reclaimed => rulings.reclaimed.push(name),
                    Ruling::Cured => rulings.cured.push(name),
                    Ruling::Cut => rulings.cut.push(name),
                    // What came of it is the command that follows.
                    Ruling::Overloaded => {}
                }
            }
            Entry::Import { file, text } => {
                open = false;
                steps.push(Step { frame, line, act: Act::Import(file, text), told: None });
            }
            Entry::Edit { file, text, verdict } => {
                let what = text.map_or(What::Removed, What::Text);
                let change = Change { path: file.clone(), what };
                let told = verdict.map(|verdict| (file, verdict));
                if let Some(Step { frame: of, act: Act::Save(changes), told: known, .. }) = steps.last_mut()
                    && open
                    && *of == frame
                {
                    changes.push(change);
                    if let Some((file, verdict)) = told {
                        known.get_or_insert_default().files.insert(file, verdict);
                    }
                    continue;
                }
                let told = told.map(|(file, verdict)| Told {
                    files: [(file, verdict)].into(),
                    rulings: std::mem::take(&mut rulings),
                    command: None,
                });
                steps.push(Step { frame, line, act: Act::Save(vec![change]), told });
                (open, ruled) = (true, false);
            }
            Entry::Command { words, verdict } => {
                open = false;
                let rulings = std::mem::take(&mut rulings);
                let instruction = match words.parse::<Instruction>() {
                    Ok(instruction) => instruction,
                    Err(why) => {
                        let why = why.lines().next().unwrap_or_default();
                        show::note(&format_args!("line {line}: `{words}` is left out: {why}"));
                        continue;
                    }
                };
                let judged = verdict.is_some() || ruled;
                let told = judged.then(|| Told { files: [].into(), command: verdict, rulings });
                steps.push(Step { frame, line, act: Act::Instruct(instruction), told });
                ruled = false;
            }
        }
    }
    (one_each(steps), end)
}

/// Gives each transaction a boundary of its own, the next one where two name the same.
fn one_each(mut steps: Vec<Step>) -> Vec<Step> {
    let quantum = QUANTUM as u64;
    let (mut at, mut taken) = (0, None);
    for step in &mut steps {
        let mut boundary = step.frame.next_multiple_of(quantum).max(at);
        if step.is_transaction() {
            if taken == Some(boundary) {
                boundary += quantum;
            }
            taken = Some(boundary);
        }
        at = boundary;
        step.frame = boundary;
    }
    steps
}
