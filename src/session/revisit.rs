//! Texts that are taken again by hand: an earlier one by undo and redo, the present one by reload. It reads nothing from the disk.

use std::collections::{BTreeMap, BTreeSet};

use super::console::said;
use super::generation::Way;
use super::instruction::{Instruction, State};
use super::obey::Obeyed;
use super::performance::{Performance, Saved};
use super::report::Report;
use super::save::{Told, verdict};
use super::unit::Texts;
use crate::diagnostic::{Amount, nearest};
use crate::engine::Transaction;

impl Performance {
    /// Brings back an earlier or later text of a file.
    pub(super) fn go(
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
        let flags = self.refused();
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
            self.set_refused(&flags);
        }
        let words = |_: &Texts, report: &Report| said_of(instruction, report, taken);
        let Saved { report, ticket, entries, .. } = self.conclude(reclaimed, transaction, claims, report, words);
        Ok(Obeyed { report: Some(report), ticket, entries })
    }

    /// Takes a file once more, or all that were not refused; what was sent away of them by hand comes back.
    pub(super) fn reload(
        &mut self,
        instruction: &Instruction,
        file: Option<&str>,
        told: Option<&Told>,
    ) -> Result<Obeyed, String> {
        let flags = self.refused();
        let wanted: BTreeSet<String> = match file {
            Some(file) if flags.contains_key(file) => [file.to_owned()].into(),
            Some(file) => {
                let near = nearest(file, flags.keys().map(String::as_str));
                let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(format!("no file `{file}` was heard{near}"));
            }
            None => flags.iter().filter(|(_, refused)| !**refused).map(|(path, _)| path.clone()).collect(),
        };
        let away = self.dismissed.iter().filter(|(_, statement)| wanted.contains(&statement.file));
        let away = away.map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let back = away.iter().filter_map(|name| self.dismissed.remove_entry(name)).collect::<Vec<_>>();
        let mut report = self.report();
        let mut transaction = Transaction::default();
        let reclaimed = self.listen(told);
        let staged = self.verdict(&wanted, &BTreeSet::new(), told, &mut report);
        let taken = staged.is_some();
        let mut claims = Vec::new();
        if let Some(staged) = staged {
            claims = self.commit(staged, &mut transaction, &mut report);
        } else {
            self.dismissed.extend(back);
            self.set_refused(&flags);
        }
        let words = |_: &Texts, report: &Report| said_of(instruction, report, taken);
        let Saved { report, ticket, entries, .. } = self.conclude(reclaimed, transaction, claims, report, words);
        Ok(Obeyed { report: Some(report), ticket, entries })
    }

    /// Whether a file was refused when it was last tried.
    pub fn is_refused(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|file| file.refused)
    }

    /// Which files were refused when they were last tried.
    fn refused(&self) -> BTreeMap<String, bool> {
        self.files.iter().map(|(path, file)| (path.clone(), file.refused)).collect()
    }

    fn set_refused(&mut self, flags: &BTreeMap<String, bool>) {
        self.files.retain(|path, _| flags.contains_key(path));
        self.files.iter_mut().for_each(|(path, file)| file.refused = flags[path]);
    }
}

fn said_of(instruction: &Instruction, report: &Report, taken: bool) -> Vec<super::log::Entry> {
    let errors = report.files.iter().filter_map(|file| file.errors.first().cloned()).collect::<Vec<_>>();
    said(instruction, verdict(&errors, taken))
}
