//! Slots whose programs have one shape, rendered at once before each is heard, or added up at once in their turn. It decides nothing: whoever cannot take part renders by itself, to the same bits.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::mem;

use super::SlotId;
use super::machine::Moment;
use super::meter::Meters;
use super::mix::LOUDEST;
use super::order::{Part, Step};
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
    /// The step of a quantum at which each has its turn; none if somebody hears them or they are in another order.
    turns: Vec<usize>,
    /// Whose turn is between theirs.
    strangers: Vec<SlotId>,
    /// Whether all of them are calm: then they are rendered in their turn, and added up where they are rendered.
    calm: bool,
    /// Who was not the last time.
    restless: usize,
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
        let (turns, strangers) = Default::default();
        Ensemble { shape, members, lent, run, beats, turns, strangers, calm: false, restless: 0 }
    }

    /// Whose programs are rendered at once. Control thread.
    pub fn members(&self) -> &[SlotId] {
        &self.members
    }

    /// What kind of code it is. Control thread.
    pub fn way(&self) -> Way {
        self.run.way()
    }

    /// Finds its members among the steps of a quantum. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    fn find(&mut self, steps: &[Step]) {
        let mut members = self.members.iter().peekable();
        for (number, step) in steps.iter().enumerate() {
            let Some(next) = members.peek() else { break };
            if step.slot != **next {
                if !self.turns.is_empty() {
                    self.strangers.push(step.slot);
                }
            } else if step.part == Part::Both && !step.heard {
                self.turns.push(number);
                members.next();
            } else {
                break;
            }
        }
        // Nobody is added up who has a seat and is no member.
        if members.peek().is_some() || self.run.seats() != self.members.len() {
            (self.turns, self.strangers) = Default::default();
        }
    }

    /// The step at which its turn is; behind all others if it has none.
    pub(super) fn begins(&self) -> usize {
        self.turns.first().copied().unwrap_or(usize::MAX)
    }

    /// Whether it is rendered in its turn.
    pub(super) fn is_calm(&self) -> bool {
        self.calm
    }

    /// Finds out whether it can be rendered in its turn from the next quantum on. Audio thread.
    pub(super) fn calm_down(&mut self, slots: &[Slot]) {
        if self.calm || self.turns.is_empty() {
            return;
        }
        let is_calm = |number: usize| {
            let (slot, lent) = (&slots[self.members[number].index()], self.lent[number]);
            lent.plays && lent.version == slot.version() && slot.is_calm()
        };
        // Who was not the last time mostly is not this time.
        if is_calm(self.restless) && self.strangers.iter().all(|stranger| slots[stranger.index()].is_vacant()) {
            let restless = (0..self.members.len()).find(|number| !is_calm(*number));
            self.calm = restless.is_none();
            self.restless = restless.unwrap_or(0);
        }
    }

    /// From here on each member adds itself up. Audio thread.
    pub(super) fn stir(&mut self, slots: &mut [Slot]) {
        if mem::take(&mut self.calm) {
            self.members.iter().for_each(|member| slots[member.index()].stir());
        }
    }

    /// Renders all members, which are calm, and adds them to the master. Says which step is the next one: the turn of the first who
    /// is not calm in this quantum, who has been rendered, or that of whoever comes behind them all. Audio thread.
    pub(super) fn add(
        &mut self,
        slots: &mut [Slot],
        moment: &Moment<'_>,
        master: &mut [f64],
        meters: &Meters,
    ) -> usize {
        let since = meters.now();
        let (sums, _) = master.as_chunks_mut();
        // SAFETY: as in `render`; machines have a place for the last sample of each channel.
        let added = unsafe { self.run.run_into(&moment.call(self.beats), sums, LOUDEST) };
        let each = meters.now().saturating_sub(since) / self.members.len() as u64;
        let (calm, others) = self.members.split_at(added);
        meters.count(calm, each);
        others.iter().for_each(|member| slots[member.index()].rendered(moment.frame, each));
        if others.is_empty() {
            return self.turns[added - 1] + 1;
        }
        self.stir(slots);
        self.turns[added]
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

/// Finds the turns of all ensembles among the steps of a quantum; each is behind the one before. Control thread.
#[allow(clippy::disallowed_methods, reason = "as above")]
pub(super) fn arrange(ensembles: &mut [Ensemble], steps: &[Step]) {
    ensembles.iter_mut().for_each(|ensemble| ensemble.find(steps));
    ensembles.sort_by_key(Ensemble::begins);
}

/// Renders the quantum of all that can be rendered with others before their turn, and says what the clock would show now had that taken no time:
/// it is counted where each is heard. Audio thread.
#[inline]
pub(super) fn render(ensembles: &mut [Ensemble], slots: &mut [Slot], moment: &Moment<'_>, meters: &Meters) -> u64 {
    let mut now = meters.now();
    for ensemble in ensembles.iter_mut().filter(|ensemble| !ensemble.calm) {
        let count = ensemble.render(slots, moment);
        if count > 1 {
            let ticks = meters.now().wrapping_sub(now);
            ensemble.done(slots, moment.frame, ticks / count);
            now = now.wrapping_add(ticks);
        }
    }
    now
}
