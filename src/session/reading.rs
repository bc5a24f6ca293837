//! The files of a save, run and lowered, until each signal is lowered for the channels that those have whom it hears. It binds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::performance::Performance;
use super::report::Times;
use super::unit::{Rejected, Sound, Unit, Wish};
use super::wants::{Refusal, wants};
use crate::ir::{Program, Whom};
use crate::script::lower::Surroundings;

/// How often a file is lowered anew at most because somebody whom its signals hear has other channels than was thought.
const ROUNDS: usize = 8;

/// What files came to, by path.
pub(super) type Results = BTreeMap<String, Result<Unit, Rejected>>;

impl Performance {
    /// Runs files before any of them is staged, so that each knows the signals of the others.
    pub(super) fn prepare(&mut self, paths: &BTreeSet<String>, times: &mut Times) {
        let results = self.read(paths, times);
        self.expected = self.widths(&results);
        self.prepared = results;
    }

    /// Runs those of these files that are there, together; what was prepared is taken.
    pub(super) fn read(&mut self, paths: &BTreeSet<String>, times: &mut Times) -> Results {
        let mut results = Results::new();
        let mut next = paths.iter().filter(|path| self.texts.known.contains_key(*path)).cloned().collect::<Vec<_>>();
        next.retain(|path| match self.prepared.remove(path) {
            Some(result) => results.insert(path.clone(), result).is_some(),
            None => true,
        });
        if self.prepared.is_empty() {
            // A map that was emptied one by one keeps a block of the heap.
            self.prepared = Results::new();
        }
        let mut widths = self.widths(&results);
        for _ in 0..=ROUNDS {
            let among = Surroundings {
                rate: f64::from(self.settings.rate),
                channels: self.settings.channels.max(1) as u32,
                widths,
            };
            let among = Arc::new(among);
            for path in next.drain(..) {
                let result = self.reader.evaluate(&path, &self.texts, &among, times);
                results.insert(path, result);
            }
            if results.values().flatten().all(|unit| unit.sounds().all(|sound| sound.program.heard.is_empty()))
                && results.values().all(Result::is_ok)
            {
                return results;
            }
            let news = self.widths(&results);
            let wrong = |result: &Result<Unit, Rejected>| match result {
                Ok(unit) => unit.sounds().any(|sound| misheard(&sound.program, &news).is_some()),
                // Perhaps only because of what it heard.
                Err(rejected) => rejected.channels.is_some() && news != among.widths,
            };
            next = results.iter().filter(|(_, result)| wrong(result)).map(|(path, _)| path.clone()).collect();
            if next.is_empty() {
                return results;
            }
            widths = news;
        }
        for path in next {
            if let Some(Ok(unit)) = results.get(&path) {
                let rejected = endless(unit, &widths);
                results.insert(path, Err(rejected));
            }
        }
        results
    }

    /// The channels of all signals once these files have what they want.
    fn widths(&self, results: &Results) -> BTreeMap<Arc<str>, u32> {
        let mut widths = self.expected.clone();
        let channels = |program: &Program| program.channels;
        widths.extend(self.signals.iter().map(|(name, signal)| (name.clone(), channels(&signal.program))));
        for rejected in results.values().filter_map(|result| result.as_ref().err()) {
            widths.extend(rejected.channels.iter().flatten().cloned());
        }
        for wish in results.values().flatten().flat_map(|unit| &unit.wishes) {
            match wish {
                Wish::Sound(sound) => widths.insert(sound.name.clone(), channels(&sound.program)),
                Wish::Unregister { name, .. } => widths.remove(name),
            };
        }
        widths
    }

    /// Files beside these whose signals hear somebody who will have other channels. A text that was refused is not tried for that.
    pub(super) fn stale(&self, results: &Results, paths: &BTreeSet<String>) -> BTreeSet<String> {
        let others = self.signals.values().filter(|signal| signal.parked.is_none() && !paths.contains(&signal.file));
        let others = others.filter(|signal| !signal.program.heard.is_empty()).collect::<Vec<_>>();
        if others.is_empty() {
            return BTreeSet::new();
        }
        let widths = self.widths(results);
        let stale = others.into_iter().filter(|signal| misheard(&signal.program, &widths).is_some());
        let refused = |file: &String| self.files.get(file).is_none_or(|file| file.refused);
        stale.map(|signal| signal.file.clone()).filter(|file| !refused(file)).collect()
    }
}

/// What was made of files.
#[derive(Default)]
pub(super) struct Sorted {
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those that are refused.
    pub refusals: Vec<Refusal>,
    /// Those that are well.
    pub units: Vec<Unit>,
    /// The signals that each asks for.
    pub asked: BTreeMap<String, Vec<Arc<str>>>,
}

/// Sorts what was made of these files.
pub(super) fn sorted(results: Results, paths: &BTreeSet<String>) -> Sorted {
    let removed = paths.iter().filter(|path| !results.contains_key(*path)).cloned().collect();
    let Sorted { mut refusals, mut units, mut asked, .. } = Sorted::default();
    for (file, result) in results {
        match result {
            Ok(unit) => {
                let sounds = wants(&unit).into_iter().filter_map(|want| Some(want.sound?.name.clone()));
                asked.insert(file, sounds.collect());
                units.push(unit);
            }
            Err(Rejected { errors, warnings, signals, .. }) => {
                asked.insert(file.clone(), signals.iter().map(|name| name.as_str().into()).collect());
                refusals.push(Refusal { file, errors, warnings });
            }
        }
    }
    Sorted { removed, refusals, units, asked }
}

/// A name that a program hears with other channels than it will have.
fn misheard<'p>(program: &'p Program, widths: &BTreeMap<Arc<str>, u32>) -> Option<&'p str> {
    program.heard.iter().find_map(|heard| match &heard.whom {
        Whom::Signal(name) if widths.get(name.as_str()).copied().unwrap_or(1) != heard.channels => Some(name.as_str()),
        _ => None,
    })
}

/// A file whose signals have other channels each time they hear each other.
fn endless(unit: &Unit, widths: &BTreeMap<Arc<str>, u32>) -> Rejected {
    let error = |sound: &Sound| {
        let heard = misheard(&sound.program, widths)?;
        let message =
            format!("the channels of `{}` never come to an end: it hears `{heard}`, which hears it", sound.name);
        Some(sound.at.error(message).help(format!("take one channel of it: sum(signal(\"{heard}\"))")))
    };
    let errors = unit.sounds().filter_map(error).collect();
    let signals = unit.sounds().map(|sound| sound.name.to_string()).collect();
    Rejected { errors, warnings: Vec::new(), signals, channels: None }
}
