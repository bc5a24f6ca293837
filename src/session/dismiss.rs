//! Signals that a performer sends away by hand: stopped with their memory, unregistered without it, one or all. It decides nothing about what scripts take away.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bind;
use super::console::{obeyed, said};
use super::instruction::Instruction;
use super::log::Verdict;
use super::obey::Obeyed;
use super::performance::{Performance, Signal};
use super::report::{FileReport, Report, SignalReport, Status};
use super::transaction::Staged;
use super::unit::{Sound, Unit};
use crate::engine::{Change, Transaction};
use crate::ir::Program;

/// A statement whose signal was sent away by hand: it stays away until it is another one.
pub(super) struct Dismissed {
    pub file: String,
    pub program: Arc<Program>,
}

impl Performance {
    /// Fades a signal out and keeps its memory.
    pub(super) fn stop(
        &mut self,
        instruction: &Instruction,
        name: &str,
        seconds: Option<f64>,
    ) -> Result<Obeyed, String> {
        let signal = self.playing_signal(name)?;
        let changes = self.departure(signal, seconds).into_iter().collect();
        let (file, statement) = (signal.file.clone(), Dismissed::of(signal));
        let report = self.report();
        let rate = self.settings.rate;
        self.clock += 1;
        let Some((name, signal)) = self.signals.iter_mut().find(|(known, _)| ***known == *name) else {
            return Err(self.unknown(name));
        };
        signal.parked = Some(self.clock);
        signal.console.soloed = false;
        let helpers = signal.held.iter().map(|held| bind::kept(held, rate)).collect();
        let signals = vec![SignalReport::new(name, Status::Parked, helpers)];
        self.dismissed.insert(name.clone(), statement);
        Ok(self.went(instruction, changes, Vec::new(), report, [(file, signals)].into()))
    }

    /// Stops a signal and gives its memory back, now.
    pub(super) fn unregister(&mut self, instruction: &Instruction, name: &str) -> Result<Obeyed, String> {
        if !self.signals.contains_key(name) {
            return Err(self.unknown(name));
        }
        Ok(self.send_away(instruction, |known| known == name, None))
    }

    /// Stops everything and gives all memory back, now.
    pub(super) fn clear(&mut self, instruction: &Instruction, seconds: Option<f64>) -> Obeyed {
        if self.signals.is_empty() {
            let ticket = self.send(Transaction::default(), Vec::new());
            return obeyed(instruction, ticket);
        }
        self.send_away(instruction, |_| true, seconds)
    }

    fn send_away(&mut self, instruction: &Instruction, wanted: impl Fn(&str) -> bool, seconds: Option<f64>) -> Obeyed {
        let report = self.report();
        let claims = self.claims();
        let (mut changes, mut files) = (Vec::new(), BTreeMap::<String, Vec<SignalReport>>::new());
        let names = self.signals.keys().filter(|name| wanted(name)).cloned().collect::<Vec<_>>();
        for name in names {
            let signal = &self.signals[&name];
            changes.extend(self.departure(signal, seconds));
            if signal.parked.is_none() {
                let statement = Dismissed::of(signal);
                self.dismissed.insert(name.clone(), statement);
            }
            let helpers = self.release(&name, claims, "unregistered by hand");
            if let Some(signal) = self.depart(&name) {
                let report = SignalReport::new(&name, Status::Removed, helpers);
                files.entry(signal.file).or_default().push(report);
            }
        }
        self.went(instruction, changes, vec![claims], report, files)
    }

    /// Signals went by hand: sends what that changes and completes the report.
    fn went(
        &mut self,
        instruction: &Instruction,
        changes: Vec<Change>,
        claims: Vec<u64>,
        report: Report,
        files: BTreeMap<String, Vec<SignalReport>>,
    ) -> Obeyed {
        let ticket = self.send(Transaction { changes, ..Transaction::default() }, claims);
        let file = |(file, signals)| FileReport { file, ok: true, signals, errors: vec![], warnings: vec![] };
        let mut report = Report { files: files.into_iter().map(file).collect(), ..report };
        self.note_wiring(&mut report);
        self.complete(&mut report);
        Obeyed { ticket, entries: said(instruction, Verdict::Taken), report: Some(report) }
    }

    /// A statement that is still the one whose signal was sent away by hand.
    pub(super) fn stays_away(&self, sound: &Sound, unit: &Unit, staged: &mut Staged) -> SignalReport {
        let (name, rate) = (&sound.name, self.settings.rate);
        staged.stays_away.insert(name.clone());
        let (word, status, held) = match self.signals.get(name) {
            Some(signal) => ("stopped", Status::Parked, &signal.held[..]),
            None => ("unregistered", Status::Removed, &[][..]),
        };
        let note = format!("`{name}` was {word} by hand; it comes back when this line changes, or after `reload`");
        staged.warnings.entry(unit.path.clone()).or_default().push(sound.at.note(note));
        SignalReport::new(name, status, held.iter().map(|held| bind::kept(held, rate)).collect())
    }
}

impl Dismissed {
    fn of(signal: &Signal) -> Dismissed {
        Dismissed { file: signal.file.clone(), program: Arc::clone(&signal.program) }
    }
}
