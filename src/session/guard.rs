//! The overload guard: where the audio thread is about to miss its deadlines, one signal is faded out and named, so that the others play on. It measures nothing itself, and nothing that it sent away comes back by itself.

use super::instruction::Instruction;
use super::log::{Entry, Ruling};
use super::obey::Obeyed;
use super::performance::Performance;
use crate::diagnostic::Diagnostic;
use crate::engine::SlotId;
use crate::engine::meter::Reading;

/// Quanta over which it is judged: more than half of them beyond the limit are an overload. So somebody else who takes the
/// processor for a moment is none, and neither is a single slow quantum.
const WINDOW: u64 = 48;
/// Seconds after one went before it is judged again: its fade is over, and what it cost is gone.
const REST: f64 = 0.25;
/// Seconds for which a change is new.
const NEW: f64 = 10.0;
/// The part of a quantum's time that a change must take to be the one that goes; else it is whoever takes the most.
const WORTH: f64 = 0.1;

/// What is remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// What all had counted when the window began, and each slot.
    window: Option<(Reading, Vec<Reading>)>,
    /// From which frame on it is judged.
    rests_until: u64,
    /// How many signals went so far.
    pub faded: u64,
}

/// A signal that went so that the others play on.
pub struct Relief {
    /// Which one, where it stands, what it cost, and what would work.
    pub diagnostic: Diagnostic,
    /// What was sent for it, and what a log says of it.
    pub obeyed: Obeyed,
}

/// What one slot took in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Taken {
    slot: SlotId,
    /// As a part of the time for a quantum.
    share: f64,
    /// The first frame of its program.
    since: u64,
}

impl Performance {
    /// Looks whether the audio thread has too much to do, and if so, fades out the newest change that matters, or else the
    /// signal that costs most. To be called often, where everything that was sent before has its frame; where nothing is
    /// measured it does nothing.
    pub fn relieve(&mut self) -> Option<Relief> {
        let frame = self.load.frame();
        let rate = f64::from(self.settings.rate);
        let (slots, whole, quantum) = self.load.counted();
        let (all, taken) = self.guard.judge(frame, slots, whole, quantum?)?;
        let taken = taken.into_iter().filter(|taken| self.at(taken.slot).is_some()).collect::<Vec<_>>();
        let new = frame.saturating_sub((NEW * rate) as u64);
        let gone = whoever_goes(&taken, new)?;
        let (name, signal) = self.at(gone.slot)?;
        let (name, at) = (name.to_string(), signal.at.clone());
        let instruction = Instruction::Stop { name: name.clone(), seconds: None };
        let mut obeyed = self.stop(&instruction, &name, None).ok()?;
        obeyed.entries.insert(0, Entry::Ruled(Ruling::Overloaded, name.clone()));
        self.guard.faded += 1;
        self.guard.rests_until = frame + (REST * rate) as u64;
        let percent = |part: f64| (part * 100.0).round();
        let message = format!(
            "the machine is too slow for all that plays: the signal `{name}` took {} % of the time and all together {} %, so it was faded out",
            percent(gone.share),
            percent(all)
        );
        let help =
            "make it simpler or start with a lower --rate; it comes back when this line changes, or after `reload`";
        Some(Relief { diagnostic: at.error(message).help(help), obeyed })
    }
}

impl Guard {
    /// Judges the window that is over, if there is one that is: what all took in it and each slot did, where it was too much.
    fn judge(
        &mut self,
        frame: u64,
        slots: impl Iterator<Item = (SlotId, Reading)>,
        whole: Reading,
        quantum: f64,
    ) -> Option<(f64, Vec<Taken>)> {
        if frame < self.rests_until {
            self.window = None;
            return None;
        }
        let quanta = match &self.window {
            Some((before, _)) => whole.quanta.wrapping_sub(before.quanta),
            None => u64::MAX,
        };
        if quanta < WINDOW {
            return None;
        }
        let now = slots.map(|(_, reading)| reading).collect::<Vec<_>>();
        let (before, then) = self.window.replace((whole, now))?;
        if 2 * whole.over.wrapping_sub(before.over) <= quanta {
            return None;
        }
        let share = |before: u64, now: u64| now.wrapping_sub(before) as f64 / (quanta as f64 * quantum);
        let (_, now) = self.window.as_ref()?;
        // Who began within the window took less than he will; he is counted all the same.
        let taken = then.iter().zip(now).enumerate().map(|(slot, (then, now))| Taken {
            slot: SlotId(slot as u32),
            share: share(then.ticks, now.ticks),
            since: now.since,
        });
        Some((share(before.ticks, whole.ticks), taken.filter(|taken| taken.share > 0.0).collect()))
    }
}

/// The costliest of the last change, if that is no older than `new` and worth it; else the costliest of all.
fn whoever_goes(taken: &[Taken], new: u64) -> Option<Taken> {
    let costliest = |some: &mut dyn Iterator<Item = &Taken>| some.max_by(|a, b| a.share.total_cmp(&b.share)).copied();
    let last = taken.iter().filter(|taken| taken.share >= WORTH && taken.since >= new).map(|taken| taken.since).max();
    let of_last = &mut taken.iter().filter(|taken| Some(taken.since) == last);
    costliest(of_last).or_else(|| costliest(&mut taken.iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUANTUM: f64 = 1000.0;

    /// A guard that has looked at windows of these costs, one slot each; each quantum takes what its slots take.
    fn judged(guard: &mut Guard, costs: &[u64], quanta: u64, counted: &mut Vec<Reading>) -> Option<(f64, Vec<Taken>)> {
        counted.resize(costs.len() + 1, Reading::default());
        for (reading, cost) in counted.iter_mut().zip(costs.iter().chain([&costs.iter().sum()])) {
            reading.quanta += quanta;
            reading.ticks += quanta * cost;
            reading.over += if *cost > 900 { quanta } else { 0 };
        }
        let (whole, slots) = counted.split_last().unwrap();
        let slots = slots.iter().enumerate().map(|(slot, reading)| (SlotId(slot as u32), *reading));
        guard.judge(whole.quanta * 64, slots, *whole, QUANTUM)
    }

    #[test]
    fn half_of_a_window_must_be_too_slow_and_then_every_share_is_known() {
        let (mut guard, mut counted) = (Guard::default(), Vec::new());
        assert_eq!(judged(&mut guard, &[500, 700], 100, &mut counted), None, "what was before the first look");
        assert_eq!(judged(&mut guard, &[300, 500], 24, &mut counted), None, "half a window");
        assert_eq!(judged(&mut guard, &[600, 700], 24, &mut counted), None, "and a half of it beyond the limit");
        assert_eq!(judged(&mut guard, &[300, 500], 23, &mut counted), None);
        let (all, taken) = judged(&mut guard, &[600, 700], 25, &mut counted).unwrap();
        assert!((all - (23.0 * 800.0 + 25.0 * 1300.0) / 48_000.0).abs() < 1e-9, "{all}");
        assert_eq!(taken.len(), 2);
        guard.rests_until = u64::MAX;
        assert_eq!(judged(&mut guard, &[600, 700], 100, &mut counted), None, "while it rests");
    }

    #[test]
    fn the_costliest_of_the_last_change_goes_or_else_the_costliest_of_all() {
        let taken = |slot, share, since| Taken { slot: SlotId(slot), share, since };
        let all = [taken(0, 0.5, 0), taken(1, 0.3, 6400), taken(2, 0.2, 6400), taken(3, 0.05, 9600)];
        assert_eq!(whoever_goes(&all, 0), Some(all[1]), "the last change that matters");
        assert_eq!(whoever_goes(&all, 6401), Some(all[0]), "nothing that matters is new");
        assert_eq!(whoever_goes(&[], 0), None);
    }
}
