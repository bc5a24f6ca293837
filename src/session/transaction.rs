//! One save: evaluated, checked against what plays, bound to memory, and committed as a whole. Until then nothing of it is audible.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::bind;
use super::join::{self, Joined};
use super::performance::{File, Performance, Signal};
use super::reading::{Results, Sorted, sorted};
use super::report::{FileReport, Report, SignalReport, Status};
use super::unit::{Sound, Unit};
use super::wants::{Refusal, wants};
use crate::diagnostic::Diagnostic;
use crate::engine::{Change, Install, Join, SlotId, Transaction};
use crate::memory::identity::Held;

/// A save that can be committed.
#[derive(Default)]
pub(super) struct Staged {
    /// The tickets of its claims and releases, in order.
    pub(super) claims: Vec<u64>,
    /// The names that its files want.
    pub(super) wanted: BTreeSet<Arc<str>>,
    units: Vec<Unit>,
    removed: Vec<String>,
    pub(super) changes: Vec<Change>,
    pub(super) signals: Vec<(Arc<str>, Signal)>,
    pub(super) parked: Vec<Arc<str>>,
    pub(super) gone: Vec<Arc<str>>,
    /// Names whose statements are still those that were unregistered by hand.
    pub(super) stays_away: BTreeSet<Arc<str>>,
    /// Signals with a new program.
    pub(super) tried: BTreeSet<Arc<str>>,
    /// How long their trials took.
    pub(super) trial: Duration,
    /// Seconds that what plays takes for a quantum, once that was asked.
    pub(super) load: Option<f64>,
    /// Slots of rooms that went on in others.
    pub(super) carried_rooms: usize,
    /// Signals whose poisoned state is reset.
    pub(super) cured: Vec<String>,
    /// Signals whose old program finds no room for a copy.
    pub(super) cut: Vec<String>,
    pub(super) reports: BTreeMap<String, Vec<SignalReport>>,
    pub(super) warnings: BTreeMap<String, Vec<Diagnostic>>,
    slots: Vec<SlotId>,
}

impl Staged {
    /// The files that it takes.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        self.units.iter().map(|unit| &unit.path).chain(&self.removed).cloned().collect()
    }
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
        let (mut retried, mut dropped) = (retried.clone(), BTreeSet::new());
        // Files whose signals hear somebody who gets other channels.
        let mut drawn = BTreeSet::new();
        loop {
            let together = wanted.union(&retried).chain(&drawn).cloned().collect::<BTreeSet<_>>();
            let results = self.read(&together, &mut report.times);
            let stale = self.stale(&results, &together).difference(&dropped).cloned().collect::<BTreeSet<_>>();
            if !stale.is_empty() {
                self.prepared.extend(results);
                drawn.extend(stale);
                continue;
            }
            match self.stage(results, &together, report) {
                Ok(staged) => return Some(staged),
                Err(refusals) => {
                    let guilty = refusals.iter().any(|refusal| wanted.contains(&refusal.file));
                    let (kept, along) = (retried.is_empty(), drawn.is_empty());
                    if guilty && kept && along {
                        self.refuse(wanted, refusals, report);
                        return None;
                    }
                    if guilty {
                        // Perhaps only because of those that go along.
                        retried.clear();
                        dropped.append(&mut drawn);
                        continue;
                    }
                    // Files that were refused before, or only hear, do not stand in the way of this save.
                    for refusal in refusals {
                        retried.remove(&refusal.file);
                        if drawn.remove(&refusal.file) {
                            dropped.insert(refusal.file);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn refuse(&mut self, wanted: &BTreeSet<String>, refusals: Vec<Refusal>, report: &mut Report) {
        let guilty = refusals.iter().map(|refusal| format!("`{}`", refusal.file)).collect::<Vec<_>>().join(", ");
        let mut told: BTreeMap<String, (Vec<Diagnostic>, Vec<Diagnostic>)> = BTreeMap::new();
        for refusal in refusals {
            let (errors, warnings) = told.entry(refusal.file).or_default();
            errors.extend(refusal.errors);
            warnings.extend(refusal.warnings);
        }
        for path in wanted {
            let file = self.files.entry(path.clone()).or_default();
            file.refused = true;
            let (errors, warnings) = told.remove(path).unwrap_or_else(|| {
                let message = format!("not taken, because {guilty} of the same save is refused");
                (vec![Diagnostic::error(path, 0, 0, message)], Vec::new())
            });
            let names = self.asked.remove(path).unwrap_or_default().into_iter();
            let signals = names.map(|name| SignalReport::new(&name, Status::Refused, Vec::new())).collect();
            report.files.push(FileReport { file: path.clone(), ok: false, signals, errors, warnings });
        }
    }

    fn stage(
        &mut self,
        results: Results,
        paths: &BTreeSet<String>,
        report: &mut Report,
    ) -> Result<Staged, Vec<Refusal>> {
        let Sorted { removed, mut refusals, units, asked } = sorted(results, paths);
        self.asked = asked;
        if refusals.is_empty() {
            refusals.extend(self.conflicts(&units, paths));
            refusals.extend(self.disputes(&units, paths));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut staged = Staged {
            wanted: units.iter().flat_map(wants).map(|want| want.name.clone()).collect(),
            removed,
            ..Staged::default()
        };
        let start = std::time::Instant::now();
        let before = self.compiler.statistics().counts.misses;
        self.loosen();
        self.park(&units, paths, &mut staged);
        let done = units.iter().try_for_each(|unit| self.stage_unit(unit, &mut staged));
        let done = done.and_then(|()| self.afford(&staged));
        report.times.compile += start.elapsed() - staged.trial;
        report.times.trial += staged.trial;
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
    pub(super) fn abandon(&mut self, staged: Staged) {
        for claims in staged.claims.into_iter().rev() {
            self.revert(claims);
        }
        for slot in staged.slots {
            self.control.give_back(slot);
        }
    }

    pub(super) fn revert(&mut self, claims: u64) {
        self.memories.pool.revert(claims);
        self.memories.sandboxes.revert(claims);
        self.memories.copies.give_back(claims);
    }

    /// A ticket for claims and releases.
    pub(super) fn claims(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn stage_unit(&mut self, unit: &Unit, staged: &mut Staged) -> Result<(), Refusal> {
        for want in wants(unit) {
            let Some(sound) = want.sound else {
                if !self.signals.contains_key(want.name) {
                    let note = want.at.note(format!("there is no signal `{}` to unregister", want.name));
                    staged.warnings.entry(unit.path.clone()).or_default().push(note);
                }
                continue;
            };
            let errors = |errors| Refusal { file: unit.path.clone(), errors, warnings: Vec::new() };
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
        let then = self.restoring.as_ref().and_then(|snapshot| snapshot.signals.get(name)).cloned();
        if let Some(signal) = self.signals.get(name)
            && signal.parked.is_none()
            && !fresh
            && then.is_none()
            && signal.master == sound.master
            && signal.program.sounds_like(&sound.program)
        {
            return Ok(self.untouched(unit, sound, staged));
        }
        if !fresh && self.dismissed.get(name).is_some_and(|statement| statement.program.sounds_like(&sound.program)) {
            return Ok(self.stays_away(sound, unit, staged));
        }
        join::bounded(sound)?;
        // What is heard of all signals has another place than they have.
        let moves = self.signals.get(name).is_some_and(|signal| signal.master != sound.master);
        let fresh = fresh || then.is_some() || moves;
        if moves {
            staged.changes.extend(self.departure(&self.signals[name], None));
        }
        if fresh && self.signals.contains_key(name) {
            let claims = self.claims();
            staged.claims.push(claims);
            self.release(name, claims, "unregistered");
        }
        let mut bound = self.bind(unit, sound, fresh, then.as_ref(), staged)?;
        let cost = self.attempt_sound(sound, &mut bound, staged)?;
        staged.tried.insert(name.clone());
        self.note_cure(unit, sound, &bound, staged);
        let old = self.signals.get(name);
        let status = match old {
            None => Status::New,
            Some(old) if old.parked.is_some() && (!fresh || then.is_some()) => Status::Resumed,
            Some(_) => Status::Changed,
        };
        // A parked signal that still fades out goes on in its slot; another one's slot may be taken.
        let seat = old.filter(|old| old.seated && !moves).map(|old| old.slot);
        let slot = match seat {
            Some(slot) => slot,
            None => {
                let free = self.control.claim();
                let full = || format!("the signal `{name}` cannot play: {}", self.control.shortage(name));
                let free = free.ok_or_else(|| vec![sound.at.error(full())])?;
                staged.slots.push(free);
                free
            }
        };
        self.clock += 1;
        let rank = old.filter(|old| old.parked.is_none()).map_or(self.clock, |old| old.rank);
        let helpers = bound.report(old.map_or(&[], |old| &old.held), self.settings.rate);
        let options = sound.options;
        let (frozen, loan) = (bound.machine.frozen(), bound.machine.lends());
        // What comes back does so in the middle of its sound; only what starts at rest can start at once.
        let returns = status == Status::Resumed || then.is_some();
        let joins = (returns || sound.master) && options.fade_in == 0.0;
        let fade_in = self.control.frames(if joins { options.fade } else { options.fade_in });
        let returns = self.control.frames(if returns { options.fade } else { 0.0 });
        // A state of then is no other program.
        let same = then.is_some() && old.is_some_and(|old| old.program.sounds_like(&sound.program));
        let console = Performance::console_of(old, same, sound.master);
        let silent = self.is_silent(&console, sound.master);
        let install = Install::new(slot, bound.machine).fade_in(fade_in).returns(returns);
        let mut install = install.level(console.gain, silent);
        let mut moves = bound.moves;
        if seat.is_some() {
            let joined = if fresh {
                Joined { join: Join::Own, moves: Vec::new(), frames: self.control.frames(options.fade) }
            } else {
                self.join(unit, sound, &bound.alignment, staged)
            };
            moves.extend(joined.moves);
            install = install.join(joined.join, joined.frames);
        }
        staged.changes.push(Change::Install(install.moves(moves).copies(bound.copies)));
        staged.signals.push((
            name.clone(),
            Signal {
                file: unit.path.clone(),
                at: sound.at.clone(),
                files: sound.files.clone(),
                program: sound.program.clone(),
                shape: bound.shape,
                held: bound.held,
                spans: bound.spans,
                loan,
                options,
                master: sound.master,
                slot,
                tenant: self.control.tenant(slot),
                ears: Vec::new(),
                seated: true,
                rank,
                parked: None,
                console,
                silent,
                cost,
                frozen,
            },
        ));
        Ok(SignalReport { name: name.to_string(), status, helpers })
    }

    /// A signal that plays on bit for bit; only where it is written may have changed.
    fn untouched(&mut self, unit: &Unit, sound: &Sound, staged: &mut Staged) -> SignalReport {
        let signal = &self.signals[&sound.name];
        let held = if Arc::ptr_eq(&signal.program, &sound.program) {
            signal.held.clone()
        } else {
            let instances = signal.held.iter().zip(&sound.program.instances);
            instances.map(|(held, instance)| Held { key: held.key.clone(), instance: instance.clone() }).collect()
        };
        let helpers = held.iter().map(|held| bind::kept(held, self.settings.rate)).collect();
        let kept = Signal {
            file: unit.path.clone(),
            at: sound.at.clone(),
            files: sound.files.clone(),
            program: sound.program.clone(),
            shape: signal.shape,
            held,
            spans: signal.spans.clone(),
            loan: signal.loan,
            options: sound.options,
            master: signal.master,
            slot: signal.slot,
            tenant: signal.tenant,
            ears: signal.ears.clone(),
            seated: true,
            rank: signal.rank,
            parked: None,
            console: signal.console,
            silent: signal.silent,
            cost: signal.cost,
            frozen: signal.frozen.clone(),
        };
        staged.signals.push((sound.name.clone(), kept));
        SignalReport { name: sound.name.to_string(), status: Status::Untouched, helpers }
    }

    /// Makes a staged save the state of the performance, and adds what it changes to a transaction. Gives the tickets of its claims.
    pub(super) fn commit(
        &mut self,
        mut staged: Staged,
        transaction: &mut Transaction,
        report: &mut Report,
    ) -> Vec<u64> {
        transaction.changes.append(&mut staged.changes);
        self.judge.made.cured.append(&mut staged.cured);
        self.judge.made.cut.append(&mut staged.cut);
        for name in &staged.gone {
            self.depart(name);
        }
        for name in &staged.parked {
            self.clock += 1;
            if let Some(signal) = self.signals.get_mut(name) {
                signal.parked = Some(self.clock);
                signal.console.soloed = false;
            }
        }
        let paths = staged.paths();
        let (stays, files) = (&staged.stays_away, &paths);
        self.dismissed.retain(|name, statement| stays.contains(name) || !files.contains(&statement.file));
        self.signals.extend(staged.signals);
        for path in &staged.removed {
            self.files.remove(path);
            let signals = staged.reports.remove(path).unwrap_or_default();
            report.files.push(FileReport { file: path.clone(), ok: true, signals, errors: vec![], warnings: vec![] });
        }
        for unit in staged.units {
            let signals = staged.reports.remove(&unit.path).unwrap_or_default();
            self.follow_tempo(&unit, transaction);
            let mut warnings = unit.warnings;
            warnings.extend(staged.warnings.remove(&unit.path).unwrap_or_default());
            let file = File { imports: unit.imports, refused: false, tempo: unit.tempo };
            self.files.insert(unit.path.clone(), file);
            report.files.push(FileReport { file: unit.path, ok: true, signals, errors: vec![], warnings });
        }
        staged.claims
    }
}
