//! How vector code is called, and how what it is lent lies in memory. It owns nothing.

use super::Kernel;
use super::routine::{Along, Field, Routine, Width, Window};
use super::team::{FEW, Team};
use super::weight::Weight;

/// What vector code is lent for a run: tables of vectors, group after group of as many instances as a vector holds.
///
/// Of instances the code goes through the frames, and in each frame through the groups, team after team and then one by one, so that
/// all of them hide each other's latency; where cells stay in registers it goes through all frames of a team before the next one. So it
/// does along time: through the teams, then through `chunks` of a group each.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Lent {
    /// Small state: a vector for each cell of the routine, or where it is; see [`Routine::climbs`].
    pub state: *mut u64,
    /// A vector for each constant, or a slot; see [`Routine::repeats`].
    pub constants: *const u64,
    /// Four vectors for each ring, as [`Field`] says.
    pub rings: *const u64,
    /// Samples: for each channel a vector in each frame.
    pub output: *mut f64,
    /// Bytes from a channel to the next one.
    pub channel_stride: u64,
    /// Bytes from the output of a group to that of the next one.
    pub group_stride: u64,
    /// Bytes from the output of a chunk to that of the next one.
    pub chunk_stride: u64,
    /// Frames, or along time vectors of them, at least 1.
    pub frames: u64,
    /// By how many frames counts go on along time.
    pub steps: u64,
    /// Teams of groups.
    pub teams: u64,
    /// Groups that are in no team; one of both at least. Along time it is 1.
    pub groups: u64,
    /// Along time groups that are in no team; else 1.
    pub chunks: u64,
    /// For each window a vector in each frame of a quantum.
    pub windows: *mut u64,
    /// The code's own: where the windows of the present frame lie.
    pub frame: u64,
    /// The first sample of each feed, or the spans of the program; see [`Routine::feeds_are_spans`].
    pub feeds: *const *const u64,
    /// Bytes from there to that of the first frame.
    pub feed_first: u64,
    /// The code's own: the same for the present frame.
    pub feed: u64,
    /// Three vectors: the number of the first frame, that of the present one, and how far it is from frame to frame.
    pub clock: *mut u64,
}

/// Vector code. Denormals are flushed, as for all code of a program.
#[cfg(target_arch = "x86_64")]
pub type Entry = unsafe extern "sysv64" fn(*mut Lent);
/// As on x86-64; there is none here.
#[cfg(not(target_arch = "x86_64"))]
pub type Entry = unsafe extern "C" fn(*mut Lent);

/// Slots of state, constants and rings that a chunk may have: half of a small first cache.
const CHUNK: usize = 2048;

/// Groups in a chunk, beyond which there is no latency left to hide.
const DEEPEST: usize = 8;

impl Kernel {
    /// How many of so many groups hide each other's latency.
    pub(super) fn chunk(&self, groups: usize) -> usize {
        let Team { groups: each, resident, others } = self.team;
        assert!(others || each == groups, "the code is for just as many groups");
        let Routine { rings, windows, .. } = &self.routine;
        let most = match (resident, &**rings, &**windows) {
            // What is done for each chunk is done once for a few groups.
            (true, [], []) if groups <= FEW => groups,
            // Nothing is hidden by whoever comes after the last frame, and what a team needs stays in the first cache.
            (true, _, _) => each,
            _ => self.team.deepest(&self.routine),
        };
        most.min(groups)
    }
}

impl Team {
    /// How many groups at most hide each other's latency.
    pub fn deepest(self, routine: &Routine) -> usize {
        let each = routine.tables()[..3].iter().sum::<usize>().max(1);
        // Rings are read line by line: more of them at once than the first cache has ways drive each other out of it. Windows
        // take a part of it themselves.
        let deepest = match (&*routine.rings, &*routine.windows) {
            ([], []) => DEEPEST,
            ([], _) => self.groups.max(2),
            _ => 1,
        };
        (CHUNK / each).clamp(1, deepest)
    }
}

impl Routine {
    /// Whether feeds are found in the spans of the program itself, because the routine is all of it: what is not added up along
    /// time.
    pub fn feeds_are_spans(&self, accumulates: bool) -> bool {
        self.along == Along::Time && !accumulates && self.width != Width::Two
    }

    /// Whether the code itself makes the cells of the first frames and writes them after the last: of each cell the first slot holds its
    /// address and the second one what it grows by.
    pub fn climbs(&self) -> bool {
        self.along == Along::Time && self.width != Width::Two
    }

    /// Vectors of state that stand before what is turned: of each cell, and with vectors of four how far its lanes are from the first.
    pub fn cell_rows(&self) -> usize {
        let slopes = self.climbs() && self.width == Width::Four;
        self.cells.len() * if slopes { 2 } else { 1 }
    }

    /// Whether constants are numbers that instructions repeat, because all lanes are of one instance. What is mixed stands behind them.
    pub fn repeats(&self) -> bool {
        self.along == Along::Time && self.width == Width::Eight
    }

    /// Slots of constants that stand before a number of the code: one of `constants`, and then one of `mixed`.
    pub fn constant_at(&self, number: usize) -> usize {
        let (lanes, own) = (self.width.lanes(), self.constants.len());
        match number.checked_sub(own) {
            _ if !self.repeats() => number * lanes,
            Some(mixed) if !self.mixed.is_empty() => own.next_multiple_of(lanes) + mixed * lanes,
            _ => number,
        }
    }

    /// The blocks of its lists.
    pub fn weight(&self) -> Weight {
        let Routine { steps, literals, constants, cells, rings, feeds, windows, growth, turned, mixed, .. } = self;
        let memories = [rings.len(), feeds.len(), windows.len()];
        let lists =
            [steps.len(), literals.len(), constants.len(), cells.len(), growth.len()].into_iter().chain(memories);
        let lists = lists.chain([turned.len(), mixed.len()]).chain(turned.iter().map(|one| one.slots.len()));
        let lists = lists.chain(mixed.iter().map(|one| one.constants.len()));
        Weight::of(lists.chain(windows.iter().map(|window| window.terms.len())))
    }

    /// Vectors of a group that stand before those of a window.
    pub fn window_at(&self, number: usize) -> usize {
        match self.windows.get(number).and_then(|window| window.place_of) {
            Some(read) => self.window_at(read as usize),
            None => {
                let own = self.windows[..number].iter().filter(|window| window.place_of.is_none());
                own.map(Window::frames).sum()
            }
        }
    }

    /// Slots that the tables of one group have: of state, of constants, of rings, of windows.
    pub fn tables(&self) -> [usize; 4] {
        let lanes = self.width.lanes();
        let (rings, windows) = (self.rings.len() * Field::COUNT, self.window_at(self.windows.len()));
        let state = self.cell_rows() + self.turned.len() + self.carried;
        let constants = self.constant_at(self.constants.len() + self.mixed.len());
        [state * lanes, constants, rings * lanes, windows * lanes]
    }
}
