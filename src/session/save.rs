//! The way in for saves: what the files hold now becomes one transaction or nothing, and the edit log hears of it. How it is staged stands elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use super::log::{self, Entry, Verdict};
use super::performance::{Performance, Saved};
use super::report::{FileReport, Report, SignalReport, Status};
use super::ruling::Rulings;
use super::snapshot::{Source, Sources};
use super::transaction::Staged;
use super::unit::Texts;
use super::wants::Refusal;
use crate::diagnostic::Diagnostic;
use crate::engine::Transaction;
use crate::watch::{Change, What};

/// What is known of a save that was played before.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Which files were taken; those that are not named may be either.
    pub files: BTreeMap<String, Verdict>,
    /// Whether the command that led to it was taken, if there was one.
    pub command: Option<Verdict>,
    /// What was decided about it.
    pub rulings: Rulings,
}

impl Performance {
    /// Takes the scripts that are there at the beginning: each file stands alone, all come on air together.
    pub fn start(&mut self, changes: Vec<Change>) -> Report {
        self.begin(changes, None).report
    }

    /// As [`Performance::start`], for a set that was played before, too.
    pub fn begin(&mut self, changes: Vec<Change>, told: Option<&Told>) -> Saved {
        let mut report = self.report();
        let (texts, unreadable) = self.hear(changes);
        report.files.extend(unreadable);
        self.judge.told = told.map(|told| told.rulings.clone());
        let mut transaction = Transaction::default();
        let mut claims = Vec::new();
        self.prepare(&texts, &mut report.times);
        for path in &texts {
            let wanted = BTreeSet::from([path.clone()]);
            if let Some(staged) = self.verdict(&wanted, &BTreeSet::new(), told, &mut report) {
                self.remember(&wanted);
                claims.extend(self.commit(staged, &mut transaction, &mut report));
            }
        }
        (self.prepared, self.expected) = Default::default();
        self.conclude(Vec::new(), transaction, claims, report, |known, report| edits(&texts, known, report))
    }

    /// Takes the changes of one save, together or not at all.
    pub fn save(&mut self, changes: Vec<Change>) -> Saved {
        self.save_as(changes, None)
    }

    /// As [`Performance::save`], for a save that was played before, too.
    pub fn save_as(&mut self, changes: Vec<Change>, told: Option<&Told>) -> Saved {
        let mut report = self.report();
        let (changed, unreadable) = self.hear(changes);
        report.files.extend(unreadable);
        let reclaimed = self.listen(told);
        let mut transaction = Transaction::default();
        let (mut claims, mut logged) = (Vec::new(), changed.clone());
        if !changed.is_empty() {
            let wanted = self.with_users(&changed);
            let refused = self.files.iter().filter(|(path, file)| file.refused && !wanted.contains(*path));
            // What was taken along when the save was played is named with it.
            let retried: BTreeSet<String> = match told {
                Some(_) => BTreeSet::new(),
                None => refused.map(|(path, _)| path.clone()).collect(),
            };
            let sources = self.sources(wanted.union(&retried).cloned().collect());
            if let Some(staged) = self.verdict(&wanted, &retried, told, &mut report) {
                let paths = staged.paths();
                logged.extend(paths.intersection(&retried).cloned());
                self.keep(&paths, &sources, &mut transaction);
                for path in &paths {
                    if !self.generations.knows(path) {
                        self.generations.heard(path, None);
                    }
                }
                self.remember(&paths);
                claims = self.commit(staged, &mut transaction, &mut report);
            }
        }
        self.conclude(reclaimed, transaction, claims, report, |texts, report| edits(&logged, texts, report))
    }

    /// Takes up what was decided when the save was played before. Gives the signals that were reclaimed for it.
    pub(super) fn listen(&mut self, told: Option<&Told>) -> Vec<SignalReport> {
        self.sample();
        self.judge.told = told.map(|told| told.rulings.clone());
        let reclaimed = told.map_or(&[][..], |told| &told.rulings.reclaimed);
        let parked = reclaimed.iter().filter_map(|name| {
            // One that still fades out keeps what it plays on, whatever a log says.
            let (name, _) = self.signals.get_key_value(name.as_str()).filter(|(_, signal)| signal.is_idle())?;
            let name = name.clone();
            let helpers = self.forget(&name);
            Some(SignalReport { name: name.to_string(), status: Status::Removed, helpers })
        });
        parked.collect()
    }

    /// Files and those that import them.
    pub(super) fn with_users(&self, changed: &BTreeSet<String>) -> BTreeSet<String> {
        let users = self.files.iter().filter(|(_, file)| file.imports.iter().any(|import| changed.contains(import)));
        let mut wanted: BTreeSet<String> = users.map(|(path, _)| path.clone()).collect();
        wanted.extend(changed.iter().cloned());
        wanted
    }

    /// Stages files, unless they were refused when they were played before.
    pub(super) fn verdict(
        &mut self,
        wanted: &BTreeSet<String>,
        retried: &BTreeSet<String>,
        told: Option<&Told>,
        report: &mut Report,
    ) -> Option<Staged> {
        let staged = self.attempt(wanted, retried, report)?;
        let refused = wanted.iter().find_map(|path| match told?.files.get(path).or(told?.command.as_ref())? {
            Verdict::Refused(why) => Some((path.clone(), why.clone())),
            Verdict::Taken => None,
        });
        let Some((path, why)) = refused else { return Some(staged) };
        self.abandon(staged);
        let error = Diagnostic::error(&path, 0, 0, format!("was refused when it was played: {why}"));
        self.refuse(wanted, vec![Refusal { file: path, errors: vec![error], warnings: vec![] }], report);
        None
    }

    /// Notes what the files hold now. Gives the paths whose text changed, and reports on those that cannot be read.
    fn hear(&mut self, changes: Vec<Change>) -> (BTreeSet<String>, Vec<FileReport>) {
        let mut changed = BTreeSet::new();
        let mut unreadable = Vec::new();
        let texts = self.texts_mut();
        for Change { path, what } in changes {
            let text = match what {
                What::Text(text) => Some(text),
                What::Removed => None,
                What::Unreadable(why) => {
                    let errors = vec![Diagnostic::error(&path, 0, 0, format!("cannot be read: {why}"))];
                    unreadable.push(FileReport { file: path, ok: false, signals: vec![], errors, warnings: vec![] });
                    continue;
                }
            };
            texts.set(&path, text);
            changed.insert(path);
        }
        (changed, unreadable)
    }

    pub(super) fn texts_mut(&mut self) -> &mut Texts {
        Arc::get_mut(&mut self.texts).expect("nobody keeps the texts between evaluations")
    }

    /// Where the memory of what plays of these files lies, and of those that import them.
    pub(super) fn sources(&self, files: BTreeSet<String>) -> Sources {
        let files = self.with_users(&files);
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none() && files.contains(&signal.file));
        playing.map(|(name, signal)| (name.clone(), Source::of(name, signal, &self.memories))).collect()
    }

    /// Has the state of these files' signals copied, for the generations that are about to be replaced.
    pub(super) fn keep(&mut self, paths: &BTreeSet<String>, sources: &Sources, transaction: &mut Transaction) {
        for path in paths {
            let Some(stamp) = self.generations.present(path) else { continue };
            if self.generations.holds(path, self.texts.known.get(path).map(String::as_str)) {
                continue;
            }
            let users = self.with_users(&BTreeSet::from([path.clone()]));
            let signals = sources.iter().filter(|(_, source)| users.contains(source.file()));
            transaction.keepsakes.extend(self.snapshots.take(stamp, signals, &self.memories));
        }
    }

    /// Notes the texts of files that are heard from now on.
    fn remember(&mut self, paths: &BTreeSet<String>) {
        for path in paths {
            let text = self.texts.known.get(path).map(String::as_str);
            let forgotten = self.generations.heard(path, text);
            self.snapshots.forget(forgotten);
        }
    }

    /// Hands over what a save or an undo came to, and completes its report and its entries in a log; `said` are those of
    /// the save itself, after what was decided about it.
    pub(super) fn conclude(
        &mut self,
        mut reclaimed: Vec<SignalReport>,
        transaction: Transaction,
        claims: Vec<u64>,
        mut report: Report,
        said: impl FnOnce(&Texts, &Report) -> Vec<Entry>,
    ) -> Saved {
        reclaimed.extend(self.economise());
        report.leaks = self.leaks();
        report.economy = std::mem::take(&mut self.judge.freed);
        if let Some(file) = report.files.first_mut() {
            file.signals.splice(0..0, reclaimed);
        }
        // What only tells of it comes afterwards.
        let ticket = self.send(transaction, claims);
        let handed_over = Instant::now();
        self.note_wiring(&mut report);
        report.files.sort_by(|one, other| one.file.cmp(&other.file));
        let mut entries = self.decided();
        entries.extend(said(&self.texts, &report));
        self.checkup.count(report.ok());
        self.complete(&mut report);
        Saved { report, ticket, entries, handed_over }
    }

    /// The entries for what was decided about a save, and for the imports that it read.
    fn decided(&mut self) -> Vec<Entry> {
        self.judge.told = None;
        let mut entries = log::ruled(&std::mem::take(&mut self.judge.made));
        let imports = self.texts_mut().taken().into_iter();
        entries.extend(imports.map(|(file, text)| Entry::Import { file, text }));
        entries
    }

    /// Hands a transaction over and remembers its claims. One that changes nothing is sent where a frame is to be had for it.
    pub(super) fn send(&mut self, mut transaction: Transaction, claims: Vec<u64>) -> Option<u64> {
        let nothing = transaction.changes.is_empty() && transaction.keepsakes.is_empty() && transaction.tempo.is_none();
        if nothing && !self.settings.real_time {
            claims.into_iter().for_each(|claims| self.settle(claims));
            return None;
        }
        self.wire(&mut transaction);
        self.take_census();
        loop {
            match self.control.send(transaction) {
                Ok(ticket) => {
                    self.claims.insert(ticket, claims);
                    return Some(ticket);
                }
                Err(unsent) => {
                    // As many saves as envelopes within one fade: wait for the oldest fade to end.
                    transaction = unsent.transaction;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    self.collect();
                }
            }
        }
    }
}

/// What a log says of these files.
///
/// A file that only imports what changed is not edited, and one that could not be read was not heard.
fn edits(logged: &BTreeSet<String>, texts: &Texts, report: &Report) -> Vec<Entry> {
    let edit = |file: &FileReport| Entry::Edit {
        file: file.file.clone(),
        text: texts.known.get(&file.file).cloned(),
        verdict: Some(verdict(&file.errors, file.ok)),
    };
    report.files.iter().filter(|file| logged.contains(&file.file)).map(edit).collect()
}

/// What a log says of a file or a command with these errors.
pub(super) fn verdict(errors: &[Diagnostic], ok: bool) -> Verdict {
    match errors.first() {
        _ if ok => Verdict::Taken,
        Some(error) => Verdict::Refused(error.message.clone()),
        None => Verdict::Refused(String::new()),
    }
}
