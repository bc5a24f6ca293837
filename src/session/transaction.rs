//! One save: evaluated, checked against what plays, bound to memory, and committed as a whole. Until then nothing of it is audible.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bind::{self, Bound};
use super::performance::{File, Performance, Signal};
use super::report::{FileReport, HelperReport, Report, SignalReport, Status};
use super::unit::{self, Located, Sound, Unit};
use crate::diagnostic::Diagnostic;
use crate::engine::{Change, Install, Join, SlotId, Transaction};
use crate::memory::identity::Fate;

/// A save that can be committed.
pub(super) struct Staged {
    /// The ticket of its claims.
    claims: u64,
    units: Vec<Unit>,
    removed: Vec<String>,
    changes: Vec<Change>,
    signals: Vec<(Arc<str>, Signal)>,
    parked: Vec<Arc<str>>,
    gone: Vec<Arc<str>>,
    reports: BTreeMap<String, Vec<SignalReport>>,
    warnings: BTreeMap<String, Vec<Diagnostic>>,
    slots: Vec<SlotId>,
}

/// Why a file is refused.
struct Refusal {
    file: String,
    errors: Vec<Diagnostic>,
}

impl Performance {
    /// Stages the wanted files together, and those of `retried` that go along with them. `None` where a wanted file is
    /// refused; the report then says why, and nothing has changed.
    pub(super) fn attempt(
        &mut self,
        wanted: &BTreeSet<String>,
        retried: &BTreeSet<String>,
        report: &mut Report,
    ) -> Option<Staged> {
        let mut retried = retried.clone();
        loop {
            let together = wanted.union(&retried).cloned().collect::<BTreeSet<_>>();
            match self.stage(&together, report) {
                Ok(staged) => return Some(staged),
                Err(refusals) => {
                    let guilty = refusals.iter().any(|refusal| wanted.contains(&refusal.file));
                    if guilty {
                        self.refuse(wanted, refusals, report);
                        return None;
                    }
                    // Files that were refused before do not stand in the way of this save.
                    for refusal in refusals {
                        retried.remove(&refusal.file);
                    }
                }
            }
        }
    }

    fn refuse(&mut self, wanted: &BTreeSet<String>, refusals: Vec<Refusal>, report: &mut Report) {
        let guilty = refusals.iter().map(|refusal| format!("`{}`", refusal.file)).collect::<Vec<_>>().join(", ");
        let mut errors: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for refusal in refusals {
            errors.entry(refusal.file).or_default().extend(refusal.errors);
        }
        for path in wanted {
            let file = self.files.entry(path.clone()).or_default();
            file.refused = true;
            let errors = errors.remove(path).unwrap_or_else(|| {
                vec![Diagnostic::error(path, 0, 0, format!("not taken, because {guilty} of the same save is refused"))]
            });
            report.files.push(FileReport { file: path.clone(), ok: false, signals: vec![], errors, warnings: vec![] });
        }
    }

    fn stage(&mut self, paths: &BTreeSet<String>, report: &mut Report) -> Result<Staged, Vec<Refusal>> {
        let rate = f64::from(self.settings.rate);
        let (mut units, mut refusals, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            if !self.texts.known.contains_key(path) {
                removed.push(path.clone());
                continue;
            }
            match unit::evaluate(&mut self.scripts, path, &self.texts, rate, &mut report.times) {
                Ok(unit) => units.push(unit),
                Err(errors) => refusals.push(Refusal { file: path.clone(), errors }),
            }
        }
        if refusals.is_empty() {
            refusals.extend(self.conflicts(&units, paths));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        self.clock += 1;
        let mut staged = Staged {
            claims: self.clock,
            units: Vec::new(),
            removed,
            changes: Vec::new(),
            signals: Vec::new(),
            parked: Vec::new(),
            gone: Vec::new(),
            reports: BTreeMap::new(),
            warnings: BTreeMap::new(),
            slots: Vec::new(),
        };
        let start = std::time::Instant::now();
        let before = self.compiler.statistics().counts.misses;
        let done = self
            .park(&units, paths, &mut staged)
            .and_then(|()| units.iter().try_for_each(|unit| self.stage_unit(unit, &mut staged)));
        report.times.compile += start.elapsed();
        report.times.generated += self.compiler.statistics().counts.misses - before;
        staged.units = units;
        match done {
            Ok(()) => Ok(staged),
            Err(refusal) => {
                self.abandon(staged);
                Err(vec![refusal])
            }
        }
    }

    /// Takes back everything that staging took.
    fn abandon(&mut self, staged: Staged) {
        self.memories.pool.revert(staged.claims);
        self.memories.sandboxes.revert(staged.claims);
        for slot in staged.slots {
            self.control.give_back(slot);
        }
    }

    /// Names that two files want.
    fn conflicts(&self, units: &[Unit], paths: &BTreeSet<String>) -> Vec<Refusal> {
        let mut owners: BTreeMap<&str, &Located> = BTreeMap::new();
        for (name, signal) in &self.signals {
            if signal.parked.is_none() && !paths.contains(&signal.file) {
                owners.insert(name, &signal.at);
            }
        }
        let mut refusals = Vec::new();
        for unit in units {
            let mut errors = Vec::new();
            for want in unit.wants() {
                let owner = owners.get(&**want.name).copied();
                match (owner, want.sound) {
                    (Some(owner), _) if owner.file != unit.path => errors.push(want.conflict(owner)),
                    (_, Some(sound)) => {
                        owners.insert(&sound.name, &sound.at);
                    }
                    _ => {}
                }
            }
            if !errors.is_empty() {
                refusals.push(Refusal { file: unit.path.clone(), errors });
            }
        }
        refusals
    }

    /// Parks the signals that their files do not want any more, and removes those that are unregistered.
    fn park(&mut self, units: &[Unit], paths: &BTreeSet<String>, staged: &mut Staged) -> Result<(), Refusal> {
        let mut wanted: BTreeMap<&str, bool> = BTreeMap::new();
        for unit in units {
            for want in unit.wants() {
                wanted.insert(want.name, want.sound.is_some());
            }
        }
        let known = self.signals.keys().cloned().collect::<Vec<_>>();
        for name in known {
            let signal = &self.signals[&name];
            let (file, slot, playing) = (signal.file.clone(), signal.slot, signal.parked.is_none());
            let status = match wanted.get(&*name) {
                Some(true) => continue,
                Some(false) => Status::Removed,
                None if playing && paths.contains(&file) => Status::Parked,
                None => continue,
            };
            let mut helpers = Vec::new();
            if playing {
                let frames = self.control.frames(signal.options.fade_out);
                staged.changes.push(Change::Remove { slot, frames });
            }
            if status == Status::Removed {
                for held in &signal.held {
                    self.memories.pool.release(&held.key, staged.claims);
                    helpers.push(HelperReport::new(&held.key, "freed", "unregistered"));
                }
                self.memories.sandboxes.release(&name, staged.claims);
                staged.gone.push(name.clone());
            } else {
                helpers.extend(signal.held.iter().map(|held| HelperReport::new(&held.key, "kept", "")));
                staged.parked.push(name.clone());
            }
            let report = SignalReport { name: name.to_string(), status, helpers };
            staged.reports.entry(file).or_default().push(report);
        }
        Ok(())
    }

    fn stage_unit(&mut self, unit: &Unit, staged: &mut Staged) -> Result<(), Refusal> {
        for want in unit.wants() {
            let Some(sound) = want.sound else {
                if !self.signals.contains_key(want.name) {
                    let note = want.at.warning(format!("there is no signal `{}` to unregister", want.name));
                    staged.warnings.entry(unit.path.clone()).or_default().push(note);
                }
                continue;
            };
            let errors = |errors| Refusal { file: unit.path.clone(), errors };
            let report = self.stage_sound(unit, sound, want.fresh, staged).map_err(errors)?;
            staged.reports.entry(unit.path.clone()).or_default().push(report);
        }
        Ok(())
    }

    fn stage_sound(
        &mut self,
        unit: &Unit,
        sound: &Sound,
        fresh: bool,
        staged: &mut Staged,
    ) -> Result<SignalReport, Vec<Diagnostic>> {
        let name = &sound.name;
        if let Some(signal) = self.signals.get(name)
            && signal.parked.is_none()
            && !fresh
            && signal.program.sounds_like(&sound.program)
        {
            return Ok(self.untouched(unit, sound, staged));
        }
        if fresh && let Some(signal) = self.signals.get(name) {
            for held in &signal.held {
                self.memories.pool.release(&held.key, staged.claims);
            }
            self.memories.sandboxes.release(name, staged.claims);
        }
        let bound = self.bind(sound, fresh, staged.claims)?;
        let old = self.signals.get(name);
        let status = match old {
            None => Status::New,
            Some(old) if old.parked.is_some() && !fresh => Status::Resumed,
            Some(_) => Status::Changed,
        };
        // A parked signal that still fades out goes on in its slot; another one's slot may be taken.
        let seat = old.filter(|old| old.parked.is_none() || self.control.is_leaving(old.slot)).map(|old| old.slot);
        let slot = match seat {
            Some(slot) => slot,
            None => {
                let free = self.control.claim();
                let message = format!("no place for the signal `{name}`: {} play already", self.settings.max_signals);
                let refused = || vec![sound.at.error(message).help("start with a larger --max-signals")];
                let free = free.ok_or_else(refused)?;
                staged.slots.push(free);
                free
            }
        };
        self.clock += 1;
        let rank = old.filter(|old| old.parked.is_none()).map_or(self.clock, |old| old.rank);
        let helpers = helpers(&bound, old);
        let options = sound.options;
        let mut install = Install::new(slot, bound.machine).fade_in(self.control.frames(options.fade_in));
        if seat.is_some() {
            let fade = self.control.frames(options.fade);
            let (join, moves) = match old {
                Some(old) if !fresh => {
                    let former = old.former();
                    let kept = |position: usize| {
                        let verdicts = &bound.alignment.verdicts;
                        verdicts.iter().any(|verdict| verdict.old == Some(position) && verdict.fate == Fate::Kept)
                    };
                    let (ghost, moves) = bind::ghost(&former, kept);
                    (Join::Copy(ghost), moves)
                }
                _ => (Join::Own, Vec::new()),
            };
            install = install.moves(moves).join(join, fade);
        }
        staged.changes.push(Change::Install(install));
        staged.signals.push((
            name.clone(),
            Signal {
                file: unit.path.clone(),
                at: sound.at.clone(),
                files: sound.files.clone(),
                program: sound.program.clone(),
                held: bound.held,
                spans: bound.spans,
                options,
                slot,
                rank,
                parked: None,
            },
        ));
        Ok(SignalReport { name: name.to_string(), status, helpers })
    }

    /// Claims a signal's memory and makes its machine; parked signals give way when memory is short.
    fn bind(&mut self, sound: &Sound, fresh: bool, claims: u64) -> Result<Bound, Vec<Diagnostic>> {
        let former = self.signals.get(&sound.name).filter(|_| !fresh).map(Signal::former);
        let bound =
            bind::bind(&mut self.memories, &mut self.compiler, &sound.name, &sound.program, former.as_ref(), claims);
        bound.map_err(|why| vec![sound.at.error(format!("the signal `{}` finds no room: {why}", sound.name))])
    }

    /// A signal that plays on bit for bit; only where it is written may have changed.
    fn untouched(&mut self, unit: &Unit, sound: &Sound, staged: &mut Staged) -> SignalReport {
        let signal = &self.signals[&sound.name];
        let mut held = signal.held.clone();
        for (held, instance) in held.iter_mut().zip(&sound.program.instances) {
            held.instance = instance.clone();
        }
        let helpers = held.iter().map(|held| HelperReport::new(&held.key, "kept", "")).collect();
        let kept = Signal {
            file: unit.path.clone(),
            at: sound.at.clone(),
            files: sound.files.clone(),
            program: sound.program.clone(),
            held,
            spans: signal.spans.clone(),
            options: sound.options,
            slot: signal.slot,
            rank: signal.rank,
            parked: None,
        };
        staged.signals.push((sound.name.clone(), kept));
        SignalReport { name: sound.name.to_string(), status: Status::Untouched, helpers }
    }

    /// Makes a staged save the state of the performance, and adds what it changes to a transaction. Gives the ticket of its claims.
    pub(super) fn commit(&mut self, mut staged: Staged, transaction: &mut Transaction, report: &mut Report) -> u64 {
        transaction.changes.append(&mut staged.changes);
        for name in &staged.gone {
            self.signals.remove(name);
        }
        for name in &staged.parked {
            self.clock += 1;
            if let Some(signal) = self.signals.get_mut(name) {
                signal.parked = Some(self.clock);
            }
        }
        self.signals.extend(staged.signals);
        for path in &staged.removed {
            self.files.remove(path);
            let signals = staged.reports.remove(path).unwrap_or_default();
            report.files.push(FileReport { file: path.clone(), ok: true, signals, errors: vec![], warnings: vec![] });
        }
        for unit in staged.units {
            let signals = staged.reports.remove(&unit.path).unwrap_or_default();
            let mut warnings = unit.warnings;
            warnings.extend(staged.warnings.remove(&unit.path).unwrap_or_default());
            self.files.insert(unit.path.clone(), File { imports: unit.imports, refused: false });
            report.files.push(FileReport { file: unit.path, ok: true, signals, errors: vec![], warnings });
        }
        staged.claims
    }
}

/// What became of each helper of a signal.
fn helpers(bound: &Bound, old: Option<&Signal>) -> Vec<HelperReport> {
    let verdicts = bound.alignment.verdicts.iter().map(|verdict| match &verdict.fate {
        Fate::Kept => HelperReport::new(&verdict.key, "kept", ""),
        Fate::Carried(_) => HelperReport::new(&verdict.key, "carried", &verdict.reason.to_string()),
        Fate::Reset => HelperReport::new(&verdict.key, "reset", &verdict.reason.to_string()),
        Fate::New => HelperReport::new(&verdict.key, "new", ""),
    });
    let held = old.map_or(&[][..], |old| &old.held);
    let freed = bound
        .alignment
        .freed
        .iter()
        .filter_map(|freed| Some(HelperReport::new(&held.get(freed.old)?.key, "freed", &freed.reason.to_string())));
    verdicts.chain(freed).collect()
}
