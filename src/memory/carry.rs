//! What of an old block goes on in a new one of another shape, slot by slot. It is arithmetic on shapes and moves nothing.

use super::bounds;
use crate::ir::Instance;

/// Slots that are copied as they are; places are counted from the starts of the two blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First slot in the old block.
    pub from: usize,
    /// First slot in the new block.
    pub to: usize,
    /// How many.
    pub slots: usize,
}

/// A ring whose newest samples go into another one, sample n to slot n modulo its length; places are counted as in [`Run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// First slot of the old ring.
    pub from: usize,
    /// Length of the old ring, a power of two.
    pub from_slots: usize,
    /// First slot of the new ring.
    pub to: usize,
    /// Length of the new ring, a power of two.
    pub to_slots: usize,
    /// The slot in the old block that counts what was written to the old ring.
    pub head: usize,
}

/// What goes on: the new block holds this, and zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Small state and rooms.
    pub runs: Vec<Run>,
    /// Rings.
    pub rings: Vec<Ring>,
}

impl Content {
    /// Adds a run, to the one before where it goes on from there.
    fn run(&mut self, run: Run) {
        match self.runs.last_mut() {
            Some(last) if last.from + last.slots == run.from && last.to + last.slots == run.to => {
                last.slots += run.slots
            }
            _ => self.runs.push(run),
        }
    }
}

/// How far back the longest ring of an instance was asked to reach, in frames; `None` where it has none.
pub fn reach(instance: &Instance) -> Option<u32> {
    instance.lines.iter().filter(|line| line.head.is_some()).map(|line| line.reach).max()
}

/// What one helper that gets a block of another shape takes along: of a room what both have, else channel by channel all
/// small state and of each ring the newest samples. `None` where a channel of the one is built otherwise than one of the
/// other, or a room is too large.
pub fn carry(old: &Instance, new: &Instance) -> Option<Content> {
    let mut content = Content::default();
    if old.room && new.room {
        let slots = room(old).min(room(new));
        content.run(Run { from: 0, to: 0, slots });
        return (slots <= bounds::ROOMS).then_some(content);
    }
    let (from, to) = (Channel::of(old)?, Channel::of(new)?);
    let alike = from.cells == to.cells && from.heads().eq(to.heads());
    for (source, target) in alike.then(|| pairs(old.channels as usize, new.channels as usize))? {
        content.run(Run { from: source * from.cells, to: target * to.cells, slots: from.cells });
        for (one, other) in from.rings.iter().zip(&to.rings) {
            content.rings.push(Ring {
                from: from.lines + source * from.slots + one.at,
                from_slots: one.slots,
                to: to.lines + target * to.slots + other.at,
                to_slots: other.slots,
                head: source * from.cells + one.head,
            });
        }
    }
    Some(content)
}

/// What an oscillator takes along from one of another kind: the phases.
pub fn phases(old: &Instance, new: &Instance) -> Content {
    let mut content = Content::default();
    for (source, target) in pairs(old.phases.len(), new.phases.len()) {
        let [from, to] = [old.phases[source], new.phases[target]].map(|cell| cell as usize);
        content.run(Run { from, to, slots: 1 });
    }
    content
}

/// Which old channel goes on in which new one: each in its own, but a single one in all, because it was heard on all.
fn pairs(old: usize, new: usize) -> impl Iterator<Item = (usize, usize)> {
    let source = move |target: usize| if old == 1 { 0 } else { target };
    (0..new).map(move |target| (source(target), target)).filter(move |(source, _)| *source < old)
}

/// Slots of a room.
fn room(instance: &Instance) -> usize {
    instance.cells as usize + instance.lines.iter().map(|line| line.slots as usize).sum::<usize>()
}

/// What every channel of an instance has; the cells of all channels come first, then the rings of the first one.
struct Channel {
    cells: usize,
    rings: Vec<Place>,
    /// Where the first ring begins in the block.
    lines: usize,
    /// Slots of all rings of a channel.
    slots: usize,
}

/// A ring of a channel.
struct Place {
    /// First slot, counted from the channel's first ring.
    at: usize,
    slots: usize,
    /// The cell that counts, counted from the channel's first one.
    head: usize,
}

impl Channel {
    /// `None` where channels differ, or a long memory is no ring.
    fn of(instance: &Instance) -> Option<Channel> {
        let channels = instance.channels as usize;
        let even = |count: usize| (channels > 0 && count.is_multiple_of(channels)).then(|| count / channels);
        let (all_cells, lines) = (instance.cells as usize, &instance.lines);
        let (cells, each) = (even(all_cells)?, even(lines.len())?);
        let (mut rings, mut slots) = (Vec::with_capacity(each), 0);
        for (number, line) in lines.iter().enumerate() {
            let (channel, place) = (number / each, number % each);
            let head = (line.head? as usize).checked_sub(channel * cells).filter(|head| *head < cells)?;
            let ring = Place { at: slots, slots: line.slots as usize, head };
            if channel == 0 {
                slots += ring.slots;
                rings.push(ring);
            } else if (rings[place].slots, rings[place].head) != (ring.slots, ring.head) {
                return None;
            }
        }
        let rounds = rings.iter().all(|ring| ring.slots.is_power_of_two());
        (rounds && !instance.room).then_some(Channel { cells, rings, lines: all_cells, slots })
    }

    fn heads(&self) -> impl Iterator<Item = usize> {
        self.rings.iter().map(|ring| ring.head)
    }
}
