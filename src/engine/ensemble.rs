//! Slots whose programs have one shape, rendered at once before each is heard. It decides nothing: whoever cannot take part renders by itself, to the same bits.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::SlotId;
use super::machine::Moment;
use super::meter::Meters;
use super::slot::Slot;
use crate::ir::call::RunMany;
use crate::ir::{ShapeKey, Way};

/// Slots whose programs have one shape.
pub struct Ensemble {
    shape: ShapeKey,
    members: Vec<SlotId>,
    /// Of each member what was lent.
    lent: Vec<Lent>,
    run: Box<dyn RunMany>,
    /// Whether they read where the transport is.
    beats: bool,
}

/// What a member has lent.
#[derive(Clone, Copy)]
struct Lent {
    /// The version of the slot.
    version: u64,
    /// Whether there is anything.
    plays: bool,
}

impl Lent {
    /// It was not asked yet.
    const UNKNOWN: Lent = Lent { version: u64::MAX, plays: false };
}

impl Ensemble {
    /// Programs of this shape, which hear nobody, what renders as many as there are members, and whether they read where the
    /// transport is. Control thread.
    ///
    /// # Safety
    /// Every program that a machine of this shape was made for can be lent to `run`.
    ///
    /// # Panics
    /// When there are more members than seats.
    #[allow(clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub unsafe fn new(shape: ShapeKey, members: Vec<SlotId>, run: Box<dyn RunMany>, beats: bool) -> Ensemble {
        assert!(members.len() <= run.seats(), "a seat for each member");
        let lent = vec![Lent::UNKNOWN; members.len()];
        Ensemble { shape, members, lent, run, beats }
    }

    /// Whose programs are rendered at once. Control thread.
    pub fn members(&self) -> &[SlotId] {
        &self.members
    }

    /// What kind of code it is. Control thread.
    pub fn way(&self) -> Way {
        self.run.way()
    }

    /// Renders the quantum of all members whose programs have the shape, and says how many these are. Audio thread.
    pub(super) fn render(&mut self, slots: &mut [Slot], moment: &Moment<'_>) -> u64 {
        let mut count = 0;
        for (number, (member, lent)) in self.members.iter().zip(&mut self.lent).enumerate() {
            let slot = &mut slots[member.index()];
            if lent.version != slot.version() {
                let loan = slot.loan(&self.shape, moment.frame);
                self.run.lend(number, loan);
                *lent = Lent { version: slot.version(), plays: loan.is_some() };
            }
            count += u64::from(lent.plays);
        }
        if count > 1 {
            // SAFETY: each loan is of a machine of the shape that `run` is for, and their memories are the audio thread's.
            unsafe { self.run.run(&moment.call(self.beats)) };
        }
        count
    }

    /// The members have what they give in this quantum; each took so many ticks. Audio thread.
    pub(super) fn done(&self, slots: &mut [Slot], frame: u64, ticks: u64) {
        for (member, _) in self.members.iter().zip(&self.lent).filter(|(_, lent)| lent.plays) {
            slots[member.index()].rendered(frame, ticks);
        }
    }
}

/// Renders the quantum of all that can be rendered with others, and says what the clock would show now had that taken no time:
/// it is counted where each is heard. Audio thread.
pub(super) fn render(ensembles: &mut [Ensemble], slots: &mut [Slot], moment: &Moment<'_>, meters: &Meters) -> u64 {
    let mut now = meters.now();
    for ensemble in ensembles {
        let count = ensemble.render(slots, moment);
        if count > 1 {
            let ticks = meters.now().wrapping_sub(now);
            ensemble.done(slots, moment.frame, ticks / count);
            now = now.wrapping_add(ticks);
        }
    }
    now
}
