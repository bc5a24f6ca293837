//! Slots of a ring, one further in each frame, and round its end. It knows no program.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::ir::call::Span;

/// Slots of a ring, from one on and round its end.
#[derive(Clone, Copy)]
pub struct Stretch {
    base: *mut u64,
    /// The last slot that there is: an index beyond it means that one, or, without a period, is taken `& last`.
    last: u64,
    /// After how many slots the first one comes again.
    period: Option<u64>,
    /// How many slots there are before the first one comes again, one after the other; 0 if some of them are not there.
    turn: u64,
    /// Below the period, or, without one, before it is taken `& last`.
    first: u64,
}

/// Slots from which on a ring is rather in far memory than in a near cache.
const FAR: u64 = 4_096;

impl Stretch {
    pub const NOWHERE: Stretch = Stretch { base: std::ptr::null_mut(), last: 0, period: None, turn: 0, first: 0 };

    /// Of the ring that a span shows, to be read or to be written.
    pub fn of(span: Span, period: Option<u64>, written: bool) -> Stretch {
        let Span { base, last, write_base, write_last } = span;
        let (base, last) = if written { (write_base, write_last) } else { (base, last) };
        let there = match period {
            Some(period) => period <= last + 1,
            None => last & (last + 1) == 0,
        };
        let turn = if there { period.unwrap_or(last + 1) } else { 0 };
        Stretch { base, last, period, turn, first: 0 }
    }

    /// Whether it has the same slots as another one that begins where it does.
    pub fn is_same(&self, other: &Stretch) -> bool {
        (self.base, self.last, self.period) == (other.base, other.last, other.period)
    }

    /// From now on it begins so far ahead of a count.
    pub fn begin(&mut self, count: u64, ahead: u64) {
        self.first = match self.period {
            Some(period) => around(count + ahead, period),
            None => count.wrapping_add(ahead),
        };
    }

    /// It goes on by so many slots: no more than a period.
    pub fn go_on(&mut self, frames: usize) {
        self.first = match self.period {
            Some(period) => around(self.first + frames as u64, period),
            None => self.first.wrapping_add(frames as u64),
        };
    }

    /// It is where so many slots are left before the first one of the ring, if there is such a place.
    pub fn go_to(&mut self, left: usize) {
        if self.turn > 0 {
            self.first = around(self.turn - left as u64, self.turn);
        }
    }

    /// Where slots lie one after the other, and how many there are; none if some of a turn are not there.
    pub fn straight(&self) -> (*mut u64, usize) {
        // SAFETY: the place lies inside the ring.
        (self.slot(0), self.before_turn().unwrap_or(0))
    }

    /// Where it begins, if all slots are there.
    fn at(&self) -> u64 {
        if self.period.is_some() { self.first } else { self.first & self.last }
    }

    fn slot(&self, frame: usize) -> *mut u64 {
        let slot = match self.period {
            Some(period) => around(self.first + frame as u64, period).min(self.last),
            None => self.first.wrapping_add(frame as u64) & self.last,
        };
        // SAFETY: the place lies inside the ring.
        unsafe { self.base.add(slot as usize) }
    }

    /// How many slots lie one after the other before the first one of the ring; none if some of them are not there.
    fn before_turn(&self) -> Option<usize> {
        (self.turn > 0).then(|| (self.turn - self.at()) as usize)
    }

    /// # Safety
    /// The ring is valid, and there is a place for each frame.
    pub unsafe fn read(&self, to: *mut u64, frames: usize) {
        // SAFETY: promised by the caller; the ring does not lie in the quantum.
        unsafe {
            match self.before_turn().map(|left| left.min(frames)) {
                Some(left) if frames - left <= self.last as usize + 1 => {
                    to.copy_from_nonoverlapping(self.slot(0), left);
                    to.add(left).copy_from_nonoverlapping(self.base, frames - left);
                }
                _ => (0..frames).for_each(|frame| *to.add(frame) = *self.slot(frame)),
            }
        }
    }

    /// # Safety
    /// As for [`Stretch::read`].
    pub unsafe fn write(&self, from: *const u64, frames: usize) {
        // SAFETY: as above.
        unsafe {
            match self.before_turn().map(|left| left.min(frames)) {
                Some(left) if frames - left <= self.last as usize + 1 => {
                    self.slot(0).copy_from_nonoverlapping(from, left);
                    self.base.copy_from_nonoverlapping(from.add(left), frames - left);
                }
                _ => (0..frames).for_each(|frame| *self.slot(frame) = *from.add(frame)),
            }
        }
    }

    /// Whether its ring is so long that it is rather in far memory.
    pub fn is_far(&self) -> bool {
        self.last >= FAR
    }
}

/// What is counted beyond the period, less than another one: a division would take longer than all else.
pub fn around(count: u64, period: u64) -> u64 {
    if count < period { count } else { count - period }
}
