//! How much of its time the audio thread spends on each signal: from ticks in the meters to parts of the deadline. It counts nothing itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::engine::meter::{Meters, Reading, ticks};
use crate::engine::{Probes, SlotId};
use crate::ir::call::QUANTUM;

/// Over how long a share is taken.
const WINDOW: Duration = Duration::from_secs(1);
/// The same for the first one, so that there is something to show soon.
const FIRST: Duration = Duration::from_millis(100);

/// The part of a quantum's time that may be taken before the guard counts it as too much.
const LIMIT: f64 = 0.9;

/// What something costs on the audio thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// The part of the time for a quantum that it took, on average over the last second: 1 is all of it.
    pub share: f64,
    /// Its slowest quantum in microseconds, since its program is what it is.
    pub worst_us: f64,
    /// The same as a part of the time for a quantum.
    pub worst_share: f64,
}

/// The costs of all slots. Control thread.
pub(super) struct Load {
    meters: Arc<Meters>,
    /// Seconds for which a quantum plays.
    quantum: f64,
    /// When the clock of the processor was first looked at, and what it showed.
    origin: Option<(Instant, u64)>,
    /// What the clock of the processor counts, in seconds.
    tick: f64,
    /// When the last window ended.
    looked: Option<Instant>,
    /// Slots, and the whole behind them: what was counted when the last window ended, and the share in it.
    counted: Vec<(Reading, Option<f64>)>,
}

impl Load {
    /// Nothing was measured yet.
    pub fn new(meters: Arc<Meters>, slots: usize, rate: u32) -> Load {
        let quantum = QUANTUM as f64 / f64::from(rate);
        let places = if meters.is_on() { slots + 1 } else { 0 };
        let counted = vec![(Reading::default(), None); places];
        let mut load = Load { meters, quantum, origin: None, tick: 0.0, looked: None, counted };
        if let Some(tick) = load.meters.tick() {
            load.calibrate(tick);
        }
        load
    }

    /// A tick lasts so many seconds.
    fn calibrate(&mut self, tick: f64) {
        self.tick = tick;
        self.meters.limit((LIMIT * self.quantum / tick) as u64);
    }

    /// What a slot has counted, and what all has; beside it the ticks that a quantum plays, where they are known.
    pub fn counted(&self) -> (impl Iterator<Item = (SlotId, Reading)>, Reading, Option<f64>) {
        let slots = (0..self.meters.slots() as u32).map(|slot| (SlotId(slot), self.meters.slot(SlotId(slot))));
        (slots, self.meters.whole(), (self.tick > 0.0).then(|| self.quantum / self.tick))
    }

    /// What can be looked at.
    pub fn probes(&self) -> &Probes {
        &self.meters.probes
    }

    /// The first frame of the next quantum.
    pub fn frame(&self) -> u64 {
        self.meters.frame()
    }

    /// Where the transport is in that frame, in beats.
    pub fn beat(&self) -> f64 {
        self.meters.beat()
    }

    /// Ends the window if it is over. To be called often; without meters it costs nothing.
    pub fn look(&mut self) {
        if !self.meters.is_on() {
            return;
        }
        let now = Instant::now();
        let Some(looked) = self.looked else {
            self.origin = ticks().map(|ticks| (now, ticks));
            self.looked = Some(now);
            return;
        };
        let first = self.counted.last().is_some_and(|(_, share)| share.is_none());
        if now.duration_since(looked) >= if first { FIRST } else { WINDOW } {
            self.looked = Some(now);
            self.measure(now);
        }
    }

    /// Takes the shares since the last window.
    fn measure(&mut self, now: Instant) {
        let (Some((since, then)), Some(ticks)) = (self.origin, ticks()) else { return };
        if self.meters.tick().is_none() {
            self.calibrate(now.duration_since(since).as_secs_f64() / ticks.saturating_sub(then).max(1) as f64);
        }
        let slots = self.counted.len() - 1;
        for (place, (before, share)) in self.counted.iter_mut().enumerate() {
            let reading = if place < slots { self.meters.slot(SlotId(place as u32)) } else { self.meters.whole() };
            *share = share_of(*before, reading, self.tick, self.quantum);
            *before = reading;
        }
    }

    /// What a slot costs; `None` where that is not measured, or not yet.
    pub fn of(&self, slot: SlotId) -> Option<Cost> {
        self.cost(self.counted.get(slot.index())?, self.meters.slot(slot))
    }

    /// What all of a quantum costs; `None` as for a slot.
    pub fn whole(&self) -> Option<Cost> {
        self.cost(self.counted.last()?, self.meters.whole())
    }

    fn cost(&self, (before, share): &(Reading, Option<f64>), now: Reading) -> Option<Cost> {
        // Another signal has the slot since then.
        let share = share.filter(|_| before.occupant == now.occupant)?;
        let worst = now.worst as f64 * self.tick;
        Some(Cost { share, worst_us: worst * 1e6, worst_share: worst / self.quantum })
    }
}

/// The part of the time for a quantum that was spent between two looks, where there was one and the same signal.
fn share_of(before: Reading, now: Reading, tick: f64, quantum: f64) -> Option<f64> {
    let quanta = now.quanta.wrapping_sub(before.quanta);
    let ticks = now.ticks.wrapping_sub(before.ticks);
    let same = before.quanta == 0 || before.occupant == now.occupant;
    (quanta > 0 && same).then(|| ticks as f64 * tick / (quanta as f64 * quantum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_taken_between_two_looks_at_one_signal() {
        let reading = |ticks, quanta, occupant| Reading { ticks, quanta, occupant, ..Reading::default() };
        let share = |before, now| share_of(before, now, 1e-6, 1e-3);
        assert_eq!(share(reading(0, 0, 0), reading(1000, 10, 1)), Some(0.1));
        assert_eq!(share(reading(1000, 10, 1), reading(1500, 11, 1)), Some(0.5));
        assert_eq!(share(reading(1000, 10, 1), reading(1000, 10, 1)), None, "nothing was rendered");
        assert_eq!(share(reading(1000, 10, 1), reading(1500, 11, 2)), None, "somebody else's ticks are in it");
        assert_eq!(share(reading(u64::MAX, u64::MAX, 1), reading(499, 0, 1)), Some(0.5), "counts may wrap");
    }
}
