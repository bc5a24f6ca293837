//! What each slot costs, counted on the audio thread in ticks of the processor's own clock. It knows no seconds and judges nothing.
//!
//! One thread writes, relaxed and without a lock; whoever reads sees each number whole, and all of them of about one moment.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::probe::Probes;
use super::{Settings, SlotId};

/// What was counted of one slot, or of whole quanta.
#[derive(Debug, Default)]
struct Meter {
    ticks: AtomicU64,
    quanta: AtomicU64,
    worst: AtomicU64,
    occupant: AtomicU64,
    since: AtomicU64,
    over: AtomicU64,
}

/// One look at a meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Ticks so far.
    pub ticks: u64,
    /// Quanta so far.
    pub quanta: u64,
    /// Ticks of the slowest quantum since the slot has the program that it has.
    pub worst: u64,
    /// How many signals the slot has had: another one began where this is another number.
    pub occupant: u64,
    /// The first frame of the program that the slot has.
    pub since: u64,
    /// Whole quanta that took longer than the limit.
    pub over: u64,
}

impl Meter {
    fn count(&self, ticks: u64) {
        add(&self.ticks, ticks);
        add(&self.quanta, 1);
        if ticks > self.worst.load(Relaxed) {
            self.worst.store(ticks, Relaxed);
        }
    }

    fn read(&self) -> Reading {
        Reading {
            ticks: self.ticks.load(Relaxed),
            quanta: self.quanta.load(Relaxed),
            worst: self.worst.load(Relaxed),
            occupant: self.occupant.load(Relaxed),
            since: self.since.load(Relaxed),
            over: self.over.load(Relaxed),
        }
    }
}

/// What ticks are read off.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// Nothing: nobody waits for a quantum.
    #[default]
    None,
    /// The processor's own clock, where it has one that costs next to nothing.
    Processor,
    /// One that a test sets, in nanoseconds.
    Hand(Arc<AtomicU64>),
}

impl Clock {
    /// Whether it shows anything.
    fn runs(&self) -> bool {
        match self {
            Clock::None => false,
            Clock::Processor => ticks().is_some(),
            Clock::Hand(_) => true,
        }
    }
}

/// Only one thread adds, so a load and a store do what would otherwise lock the bus.
fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Relaxed).wrapping_add(more), Relaxed);
}

/// A meter for each slot and one for all of a quantum, reserved at start.
#[derive(Debug)]
pub struct Meters {
    slots: Box<[Meter]>,
    whole: Meter,
    /// The first frame of the next quantum.
    frame: AtomicU64,
    /// Bits of the beat at which it begins.
    beat: AtomicU64,
    /// Ticks that a quantum may take before it is counted as over.
    limit: AtomicU64,
    clock: Clock,
    /// Whether ticks are counted.
    on: bool,
    /// What can be looked at.
    pub probes: Probes,
}

impl Meters {
    /// Meters for so many slots; without a clock none of them ever moves. Control thread.
    #[allow(clippy::disallowed_methods, reason = "reserved at start")]
    pub(super) fn reserve(settings: &Settings, slots: usize, clock: Clock) -> Meters {
        let slots = if matches!(clock, Clock::None) { 0 } else { slots };
        Meters {
            probes: Probes::reserve(slots, settings.channels, settings.rate),
            slots: (0..slots).map(|_| Meter::default()).collect(),
            whole: Meter::default(),
            frame: AtomicU64::new(0),
            beat: AtomicU64::new(0),
            limit: AtomicU64::new(u64::MAX),
            on: clock.runs(),
            clock,
        }
    }

    /// Bytes of the meter of a slot.
    pub(super) const EACH: usize = size_of::<Meter>();

    /// Whether ticks are counted. Any thread.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// What was counted of a slot. Any thread.
    pub fn slot(&self, slot: SlotId) -> Reading {
        self.slots.get(slot.index()).map(Meter::read).unwrap_or_default()
    }

    /// What was counted of whole quanta: taking up messages, every slot, the master. Any thread.
    pub fn whole(&self) -> Reading {
        self.whole.read()
    }

    /// The first frame of the next quantum. Any thread.
    pub fn frame(&self) -> u64 {
        self.frame.load(Relaxed)
    }

    /// Where the transport is in that frame, in beats. Any thread.
    pub fn beat(&self) -> f64 {
        f64::from_bits(self.beat.load(Relaxed))
    }

    /// How many slots are counted. Any thread.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Seconds of a tick, where that is known; else it is held against another clock. Any thread.
    pub fn tick(&self) -> Option<f64> {
        matches!(self.clock, Clock::Hand(_)).then_some(1e-9)
    }

    /// From now on quanta that take longer are counted as over. Control thread.
    pub fn limit(&self, ticks: u64) {
        self.limit.store(ticks, Relaxed);
    }

    /// What the clock shows, where it is looked at. Audio thread.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        match &self.clock {
            Clock::Processor => ticks().unwrap_or(0),
            Clock::None => 0,
            Clock::Hand(shown) => shown.load(Relaxed),
        }
    }

    /// A slot gets a program at a frame; `begins` says whether it is that of another signal. Audio thread.
    pub(super) fn install(&self, slot: SlotId, begins: bool, frame: u64) {
        if let Some(meter) = self.slots.get(slot.index()) {
            meter.worst.store(0, Relaxed);
            meter.since.store(frame, Relaxed);
            add(&meter.occupant, u64::from(begins));
        }
        if begins {
            self.probes.vacate(slot);
        }
    }

    /// A slot was rendered since the clock showed `since`. Gives what it shows now. Audio thread.
    #[inline]
    pub(super) fn lap(&self, slot: SlotId, since: u64) -> u64 {
        let now = self.now();
        if self.on
            && let Some(meter) = self.slots.get(slot.index())
        {
            // Between processors a clock may step back.
            meter.count(now.saturating_sub(since));
        }
        now
    }

    /// Each of these slots was rendered, and took so many ticks. Audio thread.
    pub(super) fn count(&self, slots: &[SlotId], each: u64) {
        if self.on {
            let meters = slots.iter().filter_map(|slot| self.slots.get(slot.index()));
            meters.for_each(|meter| meter.count(each));
        }
    }

    /// A quantum was rendered since the clock showed `since`; the next one begins with `frame`, at `beat`. Audio thread.
    pub(super) fn end(&self, since: u64, frame: u64, beat: f64) {
        if self.on {
            let ticks = self.now().saturating_sub(since);
            self.whole.count(ticks);
            if ticks > self.limit.load(Relaxed) {
                add(&self.whole.over, 1);
            }
        }
        self.frame.store(frame, Relaxed);
        self.beat.store(beat.to_bits(), Relaxed);
    }
}

/// What a clock shows that counts steadily while the processor is on, in ticks of its own; `None` where there is none that
/// can be read without asking the system.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn ticks() -> Option<u64> {
    // SAFETY: every processor of this kind has the instruction.
    Some(unsafe { std::arch::x86_64::_rdtsc() })
}

/// What a clock shows that counts steadily while the processor is on, in ticks of its own; `None` where there is none that
/// can be read without asking the system.
#[cfg(target_arch = "aarch64")]
#[inline]
pub fn ticks() -> Option<u64> {
    let ticks: u64;
    // SAFETY: systems let programs read this register, and reading it changes nothing.
    unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack, preserves_flags)) };
    Some(ticks)
}

/// What a clock shows that counts steadily while the processor is on, in ticks of its own; `None` where there is none that
/// can be read without asking the system.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn ticks() -> Option<u64> {
    None
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "nothing here plays")]
mod tests {
    use super::*;

    fn meters(clock: Clock) -> Meters {
        Meters::reserve(&Settings::default(), 2, clock)
    }

    #[test]
    fn a_meter_adds_up_and_forgets_its_worst_with_each_program() {
        let meters = meters(Clock::Processor);
        let read = |slot| meters.slot(SlotId(slot));
        [5, 9, 3].iter().for_each(|ticks| meters.slots[1].count(*ticks));
        assert_eq!(read(1), Reading { ticks: 17, quanta: 3, worst: 9, ..Reading::default() });
        meters.install(SlotId(1), true, 640);
        assert_eq!(read(1), Reading { ticks: 17, quanta: 3, worst: 0, occupant: 1, since: 640, over: 0 });
        meters.slots[1].count(4);
        meters.install(SlotId(1), false, 1280);
        assert_eq!(read(1), Reading { ticks: 21, quanta: 4, worst: 0, occupant: 1, since: 1280, over: 0 });
        assert_eq!((read(0), read(7)), Default::default());
    }

    #[test]
    fn whole_quanta_beyond_the_limit_are_counted() {
        let hand = Arc::new(AtomicU64::new(0));
        let meters = meters(Clock::Hand(Arc::clone(&hand)));
        assert_eq!((meters.is_on(), meters.tick(), meters.slots()), (true, Some(1e-9), 2));
        for (limit, took) in [(u64::MAX, 500), (100, 100), (100, 101)] {
            meters.limit(limit);
            let begun = meters.now();
            hand.fetch_add(took, Relaxed);
            meters.end(begun, 64, 0.0);
        }
        assert_eq!(meters.whole(), Reading { ticks: 701, quanta: 3, worst: 500, over: 1, ..Reading::default() });
    }

    #[test]
    fn what_nobody_wants_is_not_counted() {
        let meters = meters(Clock::None);
        meters.install(SlotId(1), true, 640);
        assert_eq!((meters.now(), meters.lap(SlotId(1), 0)), (0, 0));
        meters.end(0, 64, 0.5);
        assert_eq!(
            (meters.slot(SlotId(1)), meters.whole(), meters.frame()),
            (Reading::default(), Reading::default(), 64)
        );
    }
}
