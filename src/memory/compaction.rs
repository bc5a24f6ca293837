//! Which blocks go where so that free slots lie together. It plans with numbers and copies nothing.
//!
//! A stretch is what lies between two blocks that cannot move. Inside one, blocks slide together, which always works and
//! moves as little as can be; where no stretch has enough free slots, blocks move from one to free slots of the others,
//! the best fit for each. So where every block can move, a run of any length up to the sum of the free slots is found.

use super::arena::Extent;
use super::runs::Runs;

/// One block on its way. Shifts are carried out in order; a block may overlap its own old place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Where it lay.
    pub from: Extent,
    /// Its first slot from now on.
    pub to: usize,
}

/// Shifts after which `len` free slots lie together. `None` where none are found.
pub fn gather(free: &Runs, movable: &[Extent], len: usize) -> Option<Vec<Shift>> {
    let start = Plan::of(free, movable);
    if len == 0 || start.free.total() < len {
        return (len == 0).then(Vec::new);
    }
    let slid = || start.clone().slid();
    let plan = start.clone().slide(len).or_else(|| start.clone().evict(len)).or_else(|| slid().evict(len))?;
    Some(plan.shifts)
}

/// Shifts after which the free slots of every stretch lie together.
pub fn gather_all(free: &Runs, movable: &[Extent]) -> Vec<Shift> {
    Plan::of(free, movable).slid().shifts
}

/// What the arena looks like after some shifts.
#[derive(Clone)]
struct Plan {
    free: Runs,
    /// By address.
    blocks: Vec<Extent>,
    shifts: Vec<Shift>,
}

impl Plan {
    fn of(free: &Runs, movable: &[Extent]) -> Plan {
        let mut blocks = movable.iter().copied().filter(|block| block.len > 0).collect::<Vec<_>>();
        blocks.sort_by_key(|block| block.start);
        Plan { free: free.clone(), blocks, shifts: Vec::new() }
    }

    /// Moves a block to slots that are free, or free but for its own.
    fn shift(&mut self, block: usize, to: usize) {
        let from = self.blocks[block];
        let place = Extent { start: to, len: from.len };
        self.free.give(from);
        self.free.take_at(place);
        self.blocks[block] = place;
        self.shifts.push(Shift { from, to });
    }

    /// The stretches, each with the free slots in it.
    fn stretches(&self) -> Vec<(Extent, usize)> {
        let free = self.free.iter().map(|run| (*run, run.len));
        let mut parts = free.chain(self.blocks.iter().map(|block| (*block, 0))).collect::<Vec<_>>();
        parts.sort_by_key(|(part, _)| part.start);
        let mut stretches: Vec<(Extent, usize)> = Vec::new();
        for (part, free) in parts {
            match stretches.last_mut() {
                Some((stretch, sum)) if stretch.end() == part.start => {
                    stretch.len += part.len;
                    *sum += free;
                }
                _ => stretches.push((part, free)),
            }
        }
        stretches
    }

    /// Slides the fewest slots that make a run of `len` without leaving their stretch.
    fn slide(mut self, len: usize) -> Option<Plan> {
        let mut best: Option<(usize, Extent)> = None;
        for (stretch, free) in self.stretches() {
            if free < len {
                continue;
            }
            let runs = self.free.iter().filter(|run| within(stretch, **run)).copied().collect::<Vec<_>>();
            let (mut first, mut sum) = (0, 0);
            for last in 0..runs.len() {
                sum += runs[last].len;
                while sum - runs[first].len >= len {
                    sum -= runs[first].len;
                    first += 1;
                }
                let window = Extent { start: runs[first].start, len: runs[last].end() - runs[first].start };
                let cost = window.len - sum;
                if sum >= len && best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, window));
                }
            }
        }
        let (_, window) = best?;
        self.slide_in(window);
        Some(self)
    }

    /// Slides the blocks of every stretch together.
    fn slid(mut self) -> Plan {
        for (stretch, _) in self.stretches() {
            self.slide_in(stretch);
        }
        self
    }

    /// Slides the blocks in a part of a stretch to its beginning.
    fn slide_in(&mut self, part: Extent) {
        let mut at = part.start;
        for block in 0..self.blocks.len() {
            let place = self.blocks[block];
            if within(part, place) {
                if place.start > at {
                    self.shift(block, at);
                }
                at += place.len;
            }
        }
    }

    /// Moves blocks from one stretch to others until `len` slots are free in it, and slides those that stay.
    fn evict(self, len: usize) -> Option<Plan> {
        let mut stretches = self.stretches();
        stretches.retain(|(stretch, _)| stretch.len >= len);
        stretches.sort_by_key(|(stretch, free)| (len.saturating_sub(*free), stretch.start));
        stretches.into_iter().find_map(|(stretch, free)| {
            let mut plan = self.clone();
            let mut missing = len.saturating_sub(free);
            while missing > 0 {
                missing = missing.saturating_sub(plan.send_away(stretch, missing)?);
            }
            plan.blocks.sort_by_key(|block| block.start);
            plan.slide(len)
        })
    }

    /// Moves one block out of a stretch: the smallest that is large enough, or else the largest. Gives its slots.
    fn send_away(&mut self, stretch: Extent, missing: usize) -> Option<usize> {
        let mut inside =
            (0..self.blocks.len()).filter(|block| within(stretch, self.blocks[*block])).collect::<Vec<_>>();
        let key = |len: usize| if len >= missing { (0, len) } else { (1, usize::MAX - len) };
        inside.sort_by_key(|block| key(self.blocks[*block].len));
        inside.into_iter().find_map(|block| {
            let len = self.blocks[block].len;
            let outside = self.free.iter().filter(|run| run.len >= len && !within(stretch, **run));
            let to = outside.min_by_key(|run| (run.len, run.start))?.start;
            self.shift(block, to);
            Some(len)
        })
    }
}

fn within(part: Extent, extent: Extent) -> bool {
    part.start <= extent.start && extent.end() <= part.end()
}
