//! Which slots of an arena are free: runs by address, the best one taken, neighbours grown together. It touches no slot.

use super::arena::Extent;

/// Free runs by address, no two of them adjacent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    free: Vec<Extent>,
}

impl Runs {
    /// All of `slots` free.
    pub fn all(slots: usize) -> Runs {
        let mut runs = Runs::default();
        runs.give(Extent { start: 0, len: slots });
        runs
    }

    /// Takes `len` slots off the shortest run that is long enough, the lowest of several; none are taken where `len` is 0.
    pub fn take(&mut self, len: usize) -> Option<Extent> {
        if len == 0 {
            return Some(Extent { start: 0, len: 0 });
        }
        let fits = self.free.iter().enumerate().filter(|(_, run)| run.len >= len);
        let (place, run) = fits.min_by_key(|(_, run)| (run.len, run.start)).map(|(place, run)| (place, *run))?;
        if run.len == len {
            self.free.remove(place);
        } else {
            self.free[place] = Extent { start: run.start + len, len: run.len - len };
        }
        Some(Extent { start: run.start, len })
    }

    /// Puts a run back, grown together with its neighbours.
    pub fn give(&mut self, mut run: Extent) {
        if run.len == 0 {
            return;
        }
        let mut place = self.free.partition_point(|other| other.start < run.start);
        if place < self.free.len() && self.free[place].start == run.end() {
            run.len += self.free.remove(place).len;
        }
        if place > 0 && self.free[place - 1].end() == run.start {
            place -= 1;
            let before = self.free.remove(place);
            run = Extent { start: before.start, len: before.len + run.len };
        }
        self.free.insert(place, run);
    }

    /// Takes these slots, which must be free.
    pub fn take_at(&mut self, extent: Extent) {
        if extent.len == 0 {
            return;
        }
        let place = self.free.partition_point(|run| run.end() <= extent.start);
        let run = self.free.remove(place);
        assert!(run.start <= extent.start && extent.end() <= run.end(), "slots are taken that are not free");
        let before = Extent { start: run.start, len: extent.start - run.start };
        let after = Extent { start: extent.end(), len: run.end() - extent.end() };
        self.free.splice(place..place, [before, after].into_iter().filter(|rest| rest.len > 0));
    }

    /// The runs, by address.
    pub fn iter(&self) -> impl Iterator<Item = &Extent> {
        self.free.iter()
    }

    /// Slots of all runs.
    pub fn total(&self) -> usize {
        self.free.iter().map(|run| run.len).sum()
    }

    /// Slots of the longest run.
    pub fn largest(&self) -> usize {
        self.free.iter().map(|run| run.len).max().unwrap_or(0)
    }

    /// How many runs there are.
    pub fn count(&self) -> usize {
        self.free.len()
    }
}
