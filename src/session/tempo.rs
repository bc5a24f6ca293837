//! Who asks for which tempo: what a save makes of it, and where two files disagree. How beats are counted is the engine's.

use std::collections::BTreeSet;

use super::performance::Performance;
use super::unit::{Located, Unit};
use super::wants::Refusal;
use crate::engine::Transaction;

/// A tempo that a file asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Beats per minute.
    pub bpm: f64,
    /// Where it is written.
    pub at: Located,
}

impl Performance {
    /// Beats per minute, and where the next frame is, in beats.
    pub fn transport(&self) -> (f64, f64) {
        (self.tempo, self.load.beat())
    }

    /// Files of a save that ask for another tempo than one that stays, or than one before them.
    pub(super) fn disputes(&self, units: &[Unit], paths: &BTreeSet<String>) -> Vec<Refusal> {
        let mut staying = self.files.iter().filter(|(path, _)| !paths.contains(*path));
        let mut held = staying.find_map(|(_, file)| file.tempo.as_ref());
        let mut refusals = Vec::new();
        for (unit, asked) in units.iter().filter_map(|unit| Some((unit, unit.tempo.as_ref()?))) {
            let Some(other) = held.filter(|other| other.bpm != asked.bpm) else {
                held = Some(asked);
                continue;
            };
            let message = format!("the tempo cannot be {}: `{}` sets it to {}", asked.bpm, other.at.file, other.bpm);
            let error = asked.at.error(message).also(&other.at.file, other.at.line, other.at.column, "set here");
            let errors = vec![error.help("there is one tempo for all signals: take one of the two lines out")];
            refusals.push(Refusal { file: unit.path.clone(), errors, warnings: Vec::new() });
        }
        refusals
    }

    /// Sets the tempo where a file asks for another one than it did: what was set by hand holds until that line changes.
    pub(super) fn follow_tempo(&mut self, unit: &Unit, transaction: &mut Transaction) {
        let before = self.files.get(&unit.path).and_then(|file| file.tempo.as_ref());
        let Some(asked) = &unit.tempo else { return };
        if before.is_none_or(|before| before.bpm != asked.bpm) && asked.bpm != self.tempo {
            transaction.tempo = Some(asked.bpm);
            self.tempo = asked.bpm;
        }
    }
}
