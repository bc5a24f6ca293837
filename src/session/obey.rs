//! Carries out what a performer says to a running set. What is said stands in `instruction`, how saves work in `save`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::generation::Way;
use super::instruction::{Instruction, State};
use super::log::{Entry, Verdict};
use super::performance::{Console, Dismissed, Performance, Saved, Signal};
use super::report::{FileReport, Report, SignalReport, Status};
use super::save::{Told, verdict};
use super::unit::Texts;
use crate::diagnostic::{Amount, nearest};
use crate::engine::{Command, SlotId, Transaction};

/// How long a change of level by hand takes where nothing else is said, in seconds.
const GLIDE: f64 = 0.02;

/// What an instruction led to.
#[derive(Debug, Default)]
pub struct Obeyed {
    /// What became of files and signals, where the instruction was about them. A report that is not ok is a refusal.
    pub report: Option<Report>,
    /// The transaction or command that was sent, if any.
    pub ticket: Option<u64>,
    /// What an edit log says of it, at the frame of the ticket.
    pub entries: Vec<Entry>,
}

impl Performance {
    /// Carries out an instruction.
    ///
    /// # Errors
    /// Why it cannot be: an unknown name, nothing to undo. Then nothing has changed.
    pub fn obey(&mut self, instruction: &Instruction) -> Result<Obeyed, String> {
        self.obey_as(instruction, None)
    }

    /// As [`Performance::obey`], for an instruction that was carried out before, too.
    ///
    /// # Errors
    /// As there.
    pub fn obey_as(&mut self, instruction: &Instruction, told: Option<&Told>) -> Result<Obeyed, String> {
        match instruction {
            Instruction::Mute { name, seconds } => self.set(instruction, name, |slot, console| {
                console.muted = true;
                Command::Mute { slot, on: true, seconds: seconds.unwrap_or(GLIDE) }
            }),
            Instruction::Unmute { name, seconds } => self.set(instruction, name, |slot, console| {
                console.muted = false;
                Command::Mute { slot, on: false, seconds: seconds.unwrap_or(GLIDE) }
            }),
            Instruction::Gain { name, linear, seconds } => self.set(instruction, name, |slot, console| {
                console.gain = *linear;
                Command::Gain { slot, linear: *linear, seconds: seconds.unwrap_or(GLIDE) }
            }),
            Instruction::Tempo { bpm } => {
                let ticket = self.control.command(Command::Tempo { bpm: *bpm }).map_err(|busy| busy.to_string())?;
                self.tempo = *bpm;
                Ok(Obeyed { ticket: Some(ticket), entries: said(instruction, Verdict::Taken), report: None })
            }
            Instruction::Unregister { name } => self.dismiss(instruction, name),
            Instruction::Undo { file, state } => self.go(instruction, file.as_deref(), Way::Back, *state, told),
            Instruction::Redo { file, state } => self.go(instruction, file.as_deref(), Way::Forth, *state, told),
            Instruction::Quit => {
                let ticket = self.hush(GLIDE).ok_or("nobody plays any more")?;
                Ok(Obeyed { ticket: Some(ticket), entries: said(instruction, Verdict::Taken), report: None })
            }
        }
    }

    /// Fades everything out, for the end. Gives the ticket of the fade; `None` when nobody plays any more.
    pub fn hush(&mut self, seconds: f64) -> Option<u64> {
        // A full ring means that nobody plays any more.
        self.control.command(Command::Master { linear: 0.0, seconds }).ok()
    }

    fn playing_signal(&mut self, name: &str) -> Result<&mut Signal, String> {
        let unknown = self.unknown(name);
        self.signals.get_mut(name).filter(|signal| signal.parked.is_none()).ok_or(unknown)
    }

    /// That there is no such signal.
    fn unknown(&self, name: &str) -> String {
        if self.signals.contains_key(name) {
            return format!("the signal `{name}` is parked: no script registers it now");
        }
        let near = nearest(name, self.signals.keys().map(|known| &**known));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("there is no signal `{name}`{near}")
    }

    /// Moves a signal's gain or mute.
    fn set(
        &mut self,
        instruction: &Instruction,
        name: &str,
        change: impl FnOnce(SlotId, &mut Console) -> Command,
    ) -> Result<Obeyed, String> {
        let signal = self.playing_signal(name)?;
        let mut console = signal.console;
        let command = change(signal.slot, &mut console);
        let ticket = self.control.command(command).map_err(|busy| busy.to_string())?;
        self.playing_signal(name)?.console = console;
        Ok(Obeyed { ticket: Some(ticket), entries: said(instruction, Verdict::Taken), report: None })
    }

    /// Stops a signal and gives its memory back, now.
    fn dismiss(&mut self, instruction: &Instruction, name: &str) -> Result<Obeyed, String> {
        let Some((name, signal)) = self.signals.get_key_value(name) else { return Err(self.unknown(name)) };
        let (name, file) = (name.clone(), signal.file.clone());
        let changes = self.departure(signal).into_iter().collect();
        if signal.parked.is_none() {
            let statement = Dismissed { file: file.clone(), program: Arc::clone(&signal.program) };
            self.dismissed.insert(name.clone(), statement);
        }
        let report = self.report();
        let claims = self.claims();
        let helpers = self.release(&name, claims, "unregistered by hand");
        self.signals.remove(&name);
        let ticket = self.send(Transaction { changes, ..Transaction::default() }, vec![claims]);
        let signal = SignalReport { name: name.to_string(), status: Status::Removed, helpers };
        let file = FileReport { file, ok: true, signals: vec![signal], errors: vec![], warnings: vec![] };
        let mut report = Report { files: vec![file], ..report };
        self.complete(&mut report);
        Ok(Obeyed { ticket, entries: said(instruction, Verdict::Taken), report: Some(report) })
    }

    /// Brings back an earlier or later text of a file.
    fn go(
        &mut self,
        instruction: &Instruction,
        file: Option<&str>,
        way: Way,
        state: State,
        told: Option<&Told>,
    ) -> Result<Obeyed, String> {
        let (file, target) = self.generations.target(file, way).map_err(|nothing| nothing.to_string())?;
        if state == State::Then {
            let snapshot = self.snapshots.get(target.stamp);
            let gone = || {
                let bytes = self.snapshots.counters().capacity * size_of::<u64>();
                format!(
                    "the state that `{file}` had then is not kept: {} are for such states (--undo-memory); without \
                     --state then its text comes back",
                    Amount(bytes as u64)
                )
            };
            let snapshot = snapshot.ok_or_else(gone)?;
            if !snapshot.is_complete() {
                return Err(format!("the state that `{file}` had then is still being copied; again in a moment"));
            }
            self.restoring = Some(snapshot);
        }
        let before = self.texts.known.get(&file).cloned();
        self.texts_mut().set(&file, target.text);
        let flags = self.files.iter().map(|(path, file)| (path.clone(), file.refused)).collect::<Vec<_>>();
        let wanted = self.with_users(&BTreeSet::from([file.clone()]));
        let mut report = self.report();
        let mut transaction = Transaction::default();
        let reclaimed = self.listen(told);
        let sources = self.sources(wanted.clone());
        let staged = self.verdict(&wanted, &BTreeSet::new(), told, &mut report);
        self.restoring = None;
        let taken = staged.is_some();
        let mut claims = Vec::new();
        if let Some(staged) = staged {
            self.keep(&wanted, &sources, &mut transaction);
            self.generations.went(&file, way);
            claims = self.commit(staged, &mut transaction, &mut report);
        } else {
            // As if nobody had asked.
            self.texts_mut().set(&file, before);
            let known = flags.into_iter().collect::<std::collections::BTreeMap<_, _>>();
            self.files.retain(|path, _| known.contains_key(path));
            self.files.iter_mut().for_each(|(path, file)| file.refused = known[path]);
        }
        let words = |_: &Texts, report: &Report| {
            let errors = report.files.iter().filter_map(|file| file.errors.first().cloned()).collect::<Vec<_>>();
            said(instruction, verdict(&errors, taken))
        };
        let Saved { report, ticket, entries } = self.conclude(reclaimed, transaction, claims, report, words);
        Ok(Obeyed { report: Some(report), ticket, entries })
    }
}

fn said(instruction: &Instruction, verdict: Verdict) -> Vec<Entry> {
    vec![Entry::Command { words: instruction.to_string(), verdict: Some(verdict) }]
}
