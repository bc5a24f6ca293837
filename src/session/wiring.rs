//! Who hears whom: tells the engine where those play whom a signal hears, and the performer what is missing or late. It orders nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::console::GLIDE;
use super::performance::{Performance, Signal};
use super::report::{Report, Status};
use super::unit::Located;
use crate::diagnostic::{Diagnostic, nearest};
use crate::engine::{Change, Ear, Transaction, Voice, late};
use crate::ir::call::QUANTUM;
use crate::ir::{Heard, Whom};

/// Somebody who hears and somebody who is heard, by their names.
pub(super) type Edge = (Arc<str>, Arc<str>);

impl Performance {
    /// The signals that play, in the order in which they were registered; the master's program is none of them.
    pub(super) fn in_order(&self) -> Vec<(&Arc<str>, &Signal)> {
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none() && !signal.master);
        let mut playing = playing.collect::<Vec<_>>();
        playing.sort_by_key(|(_, signal)| signal.rank);
        playing
    }

    /// Completes a transaction: the order of the mix, the master, who renders at once, and for each signal that plays whether it is
    /// silent and whom it hears, where that is not what the engine knows already.
    pub(super) fn wire(&mut self, transaction: &mut Transaction) {
        transaction.order = self.in_order().into_iter().map(|(_, signal)| signal.slot).collect();
        let master = self.signals.values().find(|signal| signal.parked.is_none() && signal.master);
        transaction.master = master.map(|signal| signal.slot);
        transaction.ensembles = self.ensembles();
        transaction.changes.extend(self.resound(self.control.frames(GLIDE)));
        let mut changed = Vec::new();
        for (name, signal) in self.signals.iter().filter(|(_, signal)| signal.parked.is_none()) {
            let ears = self.ears(signal);
            if ears != signal.ears {
                transaction.changes.push(Change::Hear { slot: signal.slot, ears: ears.clone() });
                changed.push((name.clone(), ears));
            }
        }
        for (name, ears) in changed {
            if let Some(signal) = self.signals.get_mut(&name) {
                signal.ears = ears;
            }
        }
    }

    fn ears(&self, signal: &Signal) -> Vec<Ear> {
        let ear = |(number, (memory, channel, heard)): (usize, (u32, u32, &Heard))| {
            let voice = match &heard.whom {
                Whom::Mix => Voice::Mix,
                Whom::Signal(name) => match self.signals.get(name.as_str()) {
                    Some(other) => Voice::Tenant(other.tenant),
                    // Whoever was heard is perhaps heard until he is silent, and nobody else is in his place.
                    None => signal.ears.get(number).map_or(Voice::Nobody, |ear| ear.voice),
                },
            };
            Ear { memory, channel, channels: heard.channels, voice }
        };
        signal.program.ears().enumerate().map(ear).collect()
    }

    /// Notes in a report who hears nobody and who hears late, as far as its files say so or it is news.
    pub(super) fn note_wiring(&mut self, report: &mut Report) {
        let saved = report.files.iter().filter(|file| file.ok).map(|file| file.file.clone()).collect::<BTreeSet<_>>();
        let mut notes = Vec::new();
        let edges = self.late_edges();
        for (hears, heard) in &edges {
            let signal = &self.signals[hears];
            if saved.contains(&signal.file) || !self.late.contains(&(hears.clone(), heard.clone())) {
                notes.push((signal.file.clone(), self.note_late(hears, heard)));
            }
        }
        self.late = edges;
        let gone = [Status::Parked, Status::Removed];
        let gone = report.files.iter().flat_map(|file| &file.signals).filter(|signal| gone.contains(&signal.status));
        let gone = gone.map(|signal| signal.name.clone()).collect::<BTreeSet<_>>();
        for (name, signal) in self.signals.iter().filter(|(_, signal)| signal.parked.is_none()) {
            for heard in &signal.program.heard {
                let Whom::Signal(other) = &heard.whom else { continue };
                let missing = self.signals.get(other.as_str()).is_none_or(|other| other.parked.is_some());
                if missing && (saved.contains(&signal.file) || gone.contains(other)) {
                    notes.push((signal.file.clone(), self.note_missing(name, signal, heard, other)));
                }
            }
        }
        for (file, note) in notes {
            let place = report.files.iter().position(|one| one.ok && one.file == file);
            let place = place.or_else(|| report.files.iter().position(|one| one.ok));
            if let Some(place) = place {
                report.files[place].warnings.push(note);
            }
        }
    }

    /// Who hears whom one quantum late.
    fn late_edges(&self) -> BTreeSet<Edge> {
        let listens = |signal: &Signal| signal.program.heard.iter().any(|heard| heard.whom != Whom::Mix);
        if !self.signals.values().any(|signal| signal.parked.is_none() && listens(signal)) {
            return BTreeSet::new();
        }
        let playing = self.in_order();
        let numbers =
            playing.iter().enumerate().map(|(number, (name, _))| (&***name, number)).collect::<BTreeMap<_, _>>();
        let names = |signal: &Signal| {
            let heard = signal.program.heard.iter().filter_map(|heard| match &heard.whom {
                Whom::Signal(name) => Some(name.clone()),
                Whom::Mix => None,
            });
            heard.collect::<Vec<_>>()
        };
        let hears = playing.iter().map(|(_, signal)| names(signal)).collect::<Vec<_>>();
        let known = |heard: &Vec<String>| heard.iter().filter_map(|name| numbers.get(&**name).copied()).collect();
        let edges = late(&hears.iter().map(known).collect::<Vec<_>>());
        let mut edges: BTreeSet<Edge> =
            edges.into_iter().map(|(hears, heard)| (playing[hears].0.clone(), playing[heard].0.clone())).collect();
        let master = self.signals.iter().find(|(_, signal)| signal.parked.is_none() && signal.master);
        if let Some((master, signal)) = master {
            let listeners = playing.iter().zip(&hears).filter(|(_, heard)| heard.iter().any(|name| **name == **master));
            edges.extend(listeners.map(|((name, _), _)| ((*name).clone(), master.clone())));
            if names(signal).iter().any(|name| **name == **master) {
                edges.insert((master.clone(), master.clone()));
            }
        }
        edges
    }

    fn note_late(&self, hears: &Arc<str>, heard: &Arc<str>) -> Diagnostic {
        let at = self.mention(hears, heard);
        let late = format!("one quantum ({QUANTUM} frames) late");
        if hears == heard {
            return at.note(format!("`{hears}` hears itself {late}"));
        }
        if self.signals[heard].master {
            return at.note(format!("`{hears}` hears `{heard}` {late}, because that hears all signals"));
        }
        let way = self.way(heard, hears);
        let way = way.windows(2).map(|pair| format!("`{}` hears `{}`", pair[0], pair[1])).collect::<Vec<_>>();
        at.note(format!("`{hears}` hears `{heard}` {late}, because {}", way.join(" and ")))
    }

    fn note_missing(&self, name: &str, signal: &Signal, heard: &Heard, other: &str) -> Diagnostic {
        let note = Located::of(heard.place, &signal.files);
        let note = note.note(format!("there is no signal `{other}`: `{name}` hears silence until it is registered"));
        let playing = self.signals.iter().filter(|(known, signal)| signal.parked.is_none() && ***known != *name);
        match nearest(other, playing.map(|(known, _)| &**known)) {
            Some(near) => note.help(format!("did you mean `{near}`?")),
            None => note,
        }
    }

    /// Where a signal says that it hears another one.
    fn mention(&self, hears: &str, heard: &str) -> Located {
        let signal = &self.signals[hears];
        let mention = signal.program.heard.iter().find(|one| one.whom == Whom::Signal(heard.to_owned()));
        mention.map_or_else(|| signal.at.clone(), |one| Located::of(one.place, &signal.files))
    }

    /// The shortest way by which one hears another: both, and who stands between them.
    fn way(&self, from: &Arc<str>, to: &Arc<str>) -> Vec<Arc<str>> {
        let mut before: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
        let mut open = VecDeque::from([from.clone()]);
        while let Some(one) = open.pop_front() {
            if one == *to {
                let mut way = vec![one];
                while let Some(last) = way.last().filter(|last| *last != from).and_then(|last| before.get(last)) {
                    way.push(last.clone());
                }
                way.reverse();
                return way;
            }
            for heard in &self.signals[&one].program.heard {
                if let Whom::Signal(name) = &heard.whom
                    && let Some((name, _)) =
                        self.signals.get_key_value(name.as_str()).filter(|(_, one)| one.parked.is_none())
                    && name != from
                    && !before.contains_key(name)
                {
                    before.insert(name.clone(), one.clone());
                    open.push_back(name.clone());
                }
            }
        }
        vec![from.clone(), to.clone()]
    }
}
