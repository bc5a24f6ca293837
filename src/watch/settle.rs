//! When a save is over, and what it changed. It has no clock and no disk: times and texts are handed in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use super::native::{Sign, Stamped};
use super::{Batch, Change, What};

/// Silence after which a save of one script is over, where its writer said that it was done.
const SOON: Duration = Duration::from_millis(1);
/// The same for a save of several scripts.
const QUIET: Duration = Duration::from_millis(10);
/// How long text must stand still where no writer said so.
const STILL: Duration = Duration::from_millis(30);
/// The longest that a finished save waits for others.
const CAP: Duration = Duration::from_millis(60);
/// How long a file must be missing before it counts as deleted.
const MISSING: Duration = Duration::from_millis(100);

/// What a script was when it was reported, small enough to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    Text(blake3::Hash),
    Unreadable(String),
}

impl Kept {
    fn of(what: &What) -> Option<Self> {
        match what {
            What::Text(text) => Some(Self::Text(blake3::hash(text.as_bytes()))),
            What::Unreadable(reason) => Some(Self::Unreadable(reason.clone())),
            What::Removed => None,
        }
    }
}

/// The last sign of one script.
#[derive(Debug)]
struct Mark {
    at: Instant,
    wall: SystemTime,
    finished: bool,
}

impl Mark {
    fn due(&self, quiet: Duration) -> Instant {
        self.at + if self.finished { quiet } else { STILL }
    }
}

/// One script as a look found it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) what: What,
    pub(super) modified: Option<SystemTime>,
}

/// What was reported, and what is under way.
#[derive(Debug, Default)]
pub(super) struct Settle {
    known: BTreeMap<String, Kept>,
    marks: BTreeMap<String, Mark>,
    /// Content that no sign vouches for, and since when it stands.
    standing: BTreeMap<String, (Kept, Instant)>,
    missing: BTreeMap<String, Instant>,
    /// The last sign that names no script.
    look: Option<Instant>,
    /// The first sign of the save under way.
    first: Option<Instant>,
}

impl Settle {
    /// Begins with what the receiver has heard already.
    pub(super) fn new(heard: &[Change]) -> Self {
        let known = heard.iter().filter_map(|change| Some((change.path.clone(), Kept::of(&change.what)?)));
        Self { known: known.collect(), ..Self::default() }
    }

    /// Takes in one sign; [`Sign::Root`] and [`Sign::Limit`] ask for a look too.
    pub(super) fn note(&mut self, stamped: Stamped) {
        let Stamped { sign, at, wall } = stamped;
        self.first.get_or_insert(at);
        match sign {
            Sign::Written(path) => self.mark(path, Mark { at, wall, finished: false }),
            Sign::Finished(path) => self.mark(path, Mark { at, wall, finished: true }),
            Sign::Look | Sign::Root | Sign::Limit(_) => self.look = Some(at),
        }
    }

    fn mark(&mut self, path: String, mark: Mark) {
        self.marks.insert(path, mark);
    }

    /// Asks for a look soon.
    pub(super) fn ask(&mut self, at: Instant) {
        self.first.get_or_insert(at);
        self.look = Some(at);
    }

    /// When to look next: `None` where nothing is under way.
    pub(super) fn wake(&self) -> Option<Instant> {
        let first = self.first?;
        let quiet = if self.marks.len() > 1 { QUIET } else { SOON };
        let marks = self.marks.values().map(|mark| mark.due(quiet));
        let standing = self.standing.values().map(|(_, since)| *since + STILL);
        let missing = self.missing.values().map(|since| *since + MISSING);
        let look = self.look.map(|at| at + quiet);
        let due = marks.chain(standing).chain(missing).chain(look).max().unwrap_or(first);
        Some(due.min(self.limit(first)))
    }

    /// The moment from which the settled part of a save is not held back for the rest of it.
    fn limit(&self, first: Instant) -> Instant {
        // A file that moved is missing in one place and new in another: both are told together.
        let oldest = self.missing.values().min().map(|since| *since + MISSING + QUIET);
        oldest.map_or(first + CAP, |oldest| oldest.max(first + CAP))
    }

    /// Compares what a look found with what was reported; `began` is when the look began to read.
    ///
    /// Signs that came while it read must have been noted before. `blind` says of a path whether its folder could not be
    /// listed: such a script is not missing.
    pub(super) fn judge(
        &mut self,
        found: BTreeMap<String, Found>,
        blind: impl Fn(&str) -> bool,
        began: Instant,
    ) -> Option<Batch> {
        let first = self.first.unwrap_or(began);
        self.look = self.look.filter(|at| *at >= began);
        self.standing.retain(|path, _| found.contains_key(path));
        self.missing.retain(|path, _| !found.contains_key(path));
        let (mut ready, mut waiting) = (Vec::new(), BTreeSet::new());

        for path in self.known.keys().filter(|path| !found.contains_key(*path) && !blind(path)) {
            let since = *self.missing.entry(path.clone()).or_insert(began);
            if since + MISSING <= began {
                ready.push(Change { path: path.clone(), what: What::Removed });
            } else {
                waiting.insert(path.clone());
            }
        }
        for (path, Found { what, modified }) in found {
            let Some(kept) = Kept::of(&what) else { continue };
            if self.known.get(&path) == Some(&kept) {
                self.standing.remove(&path);
            } else if self.settled(&path, kept, modified, began) {
                ready.push(Change { path, what });
            } else {
                waiting.insert(path);
            }
        }
        ready.sort_by(|a, b| a.path.cmp(&b.path));
        let is_ready = |path: &str| ready.binary_search_by(|change| change.path.as_str().cmp(path)).is_ok();
        self.marks.retain(|path, mark| mark.at >= began || waiting.contains(path) || is_ready(path));
        let more = !waiting.is_empty() || self.look.is_some() || self.marks.values().any(|mark| mark.at >= began);

        // What belongs together goes together, unless the rest takes too long.
        if more && began < self.limit(first) {
            return None;
        }
        self.first = more.then_some(began);
        for change in &ready {
            self.report(change, began);
        }
        (!ready.is_empty()).then_some(Batch { changes: ready, at: first })
    }

    /// Remembers what is told now, and forgets what led to it.
    fn report(&mut self, change: &Change, began: Instant) {
        self.standing.remove(&change.path);
        self.missing.remove(&change.path);
        if self.marks.get(&change.path).is_some_and(|mark| mark.at < began) {
            self.marks.remove(&change.path);
        }
        match Kept::of(&change.what) {
            Some(kept) => self.known.insert(change.path.clone(), kept),
            None => self.known.remove(&change.path),
        };
    }

    /// Whether this content is what its writer meant: the writer said so and nothing came after, or it stands still.
    fn settled(&mut self, path: &str, kept: Kept, modified: Option<SystemTime>, began: Instant) -> bool {
        let mark = self.marks.get(path);
        if let Some(mark) = mark {
            // A file written after its last sign is being written by somebody whose sign is still on its way.
            let current = modified.is_some_and(|modified| modified <= mark.wall);
            let over = mark.finished || mark.at + STILL <= began;
            if mark.at < began && current && over {
                return true;
            }
        }
        let writing = mark.is_some_and(|mark| mark.at + STILL > began);
        match self.standing.get(path) {
            Some((same, since)) if *same == kept => !writing && *since + STILL <= began,
            _ => {
                self.standing.insert(path.to_owned(), (kept, began));
                false
            }
        }
    }
}
