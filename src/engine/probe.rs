//! What can be looked at while it plays: the newest samples of the master or of a signal, and how high each of them reaches. Nobody who looks is waited for, and none of it changes the sound.
//!
//! One thread writes, relaxed and without a lock, round and round over what is oldest; whoever reads takes what is newest and
//! throws away what was written over meanwhile. Somebody asks for what he wants to see, and it is written for [`LEASE`]
//! seconds; what nobody asks for costs a look at a number in each quantum.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, fence};

use super::SlotId;
use super::peak::{Peak, highest};
use super::tap::Tap;
use crate::ir::call::QUANTUM;

/// How many different sounds can be looked at at a time.
pub const PROBES: usize = 4;
/// Frames that can be looked at at once.
pub const LONGEST: usize = 8192;
/// For how long something is written that was asked for, in seconds.
pub const LEASE: u64 = 2;

/// Frames of a trace: twice what is read, so that nothing of it is written over while it is read.
const TRACE: usize = 2 * LONGEST;
/// Channels of a trace; a master of more shows the first ones.
const WIDEST: usize = 8;
/// How many times a second levels begin anew.
const WINDOWS: u64 = 20;
/// Nothing is looked at; the master is the next number, then come the slots.
const NOTHING: u64 = 0;

/// Whose sound is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// What is heard of all.
    Master,
    /// A signal as it is added up: behind mute, gain and fades.
    Slot(SlotId),
}

impl Point {
    fn number(self) -> u64 {
        match self {
            Point::Master => 1,
            Point::Slot(slot) => 2 + u64::from(slot.0),
        }
    }
}

/// Samples that were played.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The first frame.
    pub frame: u64,
    /// The samples of each channel.
    pub channels: Vec<Vec<f32>>,
}

/// All probes are taken: so many other sounds are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{PROBES} other sounds are looked at already; try again in {LEASE} s")]
pub struct Crowded;

/// A trace that is written round and round.
#[derive(Debug)]
struct Probe {
    /// The number of whom somebody wants to see.
    wanted: AtomicU64,
    /// The frame up to which.
    until: AtomicU64,
    /// The number of whom it shows.
    shown: AtomicU64,
    /// The first frame that shows him.
    since: AtomicU64,
    /// Frames up to here are written or being written.
    begun: AtomicU64,
    /// Frames up to here are written.
    ended: AtomicU64,
    /// Bits of samples, channel after channel.
    samples: Box<[AtomicU32]>,
}

impl Probe {
    /// A quantum begins. Audio thread.
    fn begin(&self, frame: u64) {
        let wanted = if frame < self.until.load(Acquire) { self.wanted.load(Relaxed) } else { NOTHING };
        if wanted != self.shown.load(Relaxed) {
            self.since.store(frame, Relaxed);
            self.shown.store(wanted, Release);
        }
        if wanted != NOTHING {
            self.begun.store(frame + QUANTUM as u64, Relaxed);
            // Whoever sees one of the samples below sees that they were begun.
            fence(Release);
        }
    }

    fn write(&self, frame: u64, sample: impl Fn(usize, usize) -> f64) {
        let at = frame as usize % TRACE;
        for (channel, trace) in self.samples.chunks_exact(TRACE).enumerate() {
            for (offset, place) in trace[at..at + QUANTUM].iter().enumerate() {
                place.store((sample(channel, offset) as f32).to_bits(), Relaxed);
            }
        }
    }

    /// The newest frames of whom it shows, if there are so many. Any thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "whoever looks is not the audio thread")]
    fn read(&self, whom: u64, frames: usize) -> Option<Trace> {
        let ended = self.ended.load(Acquire);
        let same = || self.shown.load(Acquire) == whom && self.since.load(Relaxed) + frames as u64 <= ended;
        if !same() {
            return None;
        }
        let first = ended - frames as u64;
        let place = |trace: &[AtomicU32], frame: u64| f32::from_bits(trace[frame as usize % TRACE].load(Relaxed));
        let channel = |trace| (first..ended).map(|frame| place(trace, frame)).collect();
        let channels = self.samples.chunks_exact(TRACE).map(channel).collect();
        fence(Acquire);
        let whole = self.begun.load(Relaxed) <= first + TRACE as u64;
        (whole && same()).then_some(Trace { frame: first, channels })
    }
}

/// All that can be looked at, reserved at start.
#[derive(Debug)]
pub struct Probes {
    probes: Box<[Probe]>,
    slots: Box<[Peak]>,
    master: Box<[Peak]>,
    /// The frame up to which somebody wants levels.
    until: AtomicU64,
    /// The frame up to which somebody wants anything.
    asked: AtomicU64,
    /// Whether anything is shown or heard in the present quantum.
    busy: AtomicBool,
    /// The first frame of the present quantum.
    frame: AtomicU64,
    /// Whether a signal is to be heard in it.
    listens: AtomicBool,
    rate: u64,
}

impl Probes {
    /// Probes for so many slots and so many channels of the master; without slots there is nothing to be seen. Control thread.
    #[allow(clippy::disallowed_methods, reason = "reserved at start")]
    pub(super) fn reserve(slots: usize, channels: usize, rate: u32) -> Probes {
        let samples = channels.min(WIDEST) * TRACE;
        let probe = |_| Probe {
            wanted: AtomicU64::new(NOTHING),
            until: AtomicU64::new(0),
            shown: AtomicU64::new(NOTHING),
            since: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            samples: (0..samples).map(|_| AtomicU32::new(0)).collect(),
        };
        let peaks = |count: usize| (0..count).map(|_| Peak::default()).collect();
        let (probes, channels) = if slots > 0 { (PROBES, channels) } else { (0, 0) };
        Probes {
            probes: (0..probes).map(probe).collect(),
            slots: peaks(slots),
            master: peaks(channels),
            until: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            busy: AtomicBool::new(false),
            frame: AtomicU64::new(0),
            listens: AtomicBool::new(false),
            rate: u64::from(rate),
        }
    }

    /// Bytes of a probe of a master with so many channels.
    pub(super) const fn each(channels: usize) -> usize {
        let channels = if channels < WIDEST { channels } else { WIDEST };
        size_of::<Probe>() + channels * TRACE * size_of::<AtomicU32>()
    }

    /// Bytes of a level.
    pub(super) const LEVEL: usize = size_of::<Peak>();

    /// The newest frames of a sound, at most [`LONGEST`] of them; `None` as long as there are not so many, which is short after
    /// somebody has asked for the first time. Control thread.
    ///
    /// # Errors
    /// When [`PROBES`] other sounds are looked at.
    pub fn look(&self, at: Point, frames: usize) -> Result<Option<Trace>, Crowded> {
        let (whom, frame) = (at.number(), self.frame.load(Relaxed));
        let known = self.probes.iter().find(|probe| probe.wanted.load(Relaxed) == whom);
        let free = || self.probes.iter().find(|probe| probe.until.load(Relaxed) <= frame);
        let probe = known.or_else(free).ok_or(Crowded)?;
        probe.wanted.store(whom, Relaxed);
        probe.until.store(frame + LEASE * self.rate, Release);
        self.asked.fetch_max(frame + LEASE * self.rate, Relaxed);
        Ok(probe.read(whom, frames.min(LONGEST)))
    }

    /// Levels are wanted from now on, for [`LEASE`] seconds. Any thread.
    pub fn watch(&self) {
        let until = self.frame.load(Relaxed) + LEASE * self.rate;
        self.until.store(until, Relaxed);
        self.asked.fetch_max(until, Relaxed);
    }

    /// How high a signal reached within the last tenth of a second, as it is added up; `None` where nobody wanted to know. Any
    /// thread.
    pub fn level(&self, slot: SlotId) -> Option<f32> {
        let window = self.window()?;
        Some(self.slots.get(slot.index())?.read(window))
    }

    /// The same of each channel of what is heard; none where nobody wanted to know. Any thread.
    pub fn master(&self) -> impl Iterator<Item = f32> {
        let window = self.window();
        window.into_iter().flat_map(|window| self.master.iter().map(move |peak| peak.read(window)))
    }

    /// The present window, if somebody wants levels.
    fn window(&self) -> Option<u64> {
        let frame = self.frame.load(Relaxed);
        (frame < self.until.load(Relaxed)).then(|| frame * WINDOWS / self.rate + 1)
    }

    /// Another signal begins in a slot: whoever looked there must look for his anew. Audio thread.
    pub(super) fn vacate(&self, slot: SlotId) {
        let number = Point::Slot(slot).number();
        for probe in self.probes.iter().filter(|probe| probe.shown.load(Relaxed) == number) {
            probe.shown.store(NOTHING, Relaxed);
        }
        if let Some(peak) = self.slots.get(slot.index()) {
            peak.forget();
        }
    }

    /// The quantum begins that begins with a frame. Audio thread.
    #[inline]
    pub(super) fn begin(&self, frame: u64) {
        self.frame.store(frame, Relaxed);
        // One quantum more than was asked for, in which it ends.
        if frame < self.asked.load(Relaxed) || self.busy.load(Relaxed) {
            self.begin_all(frame);
        }
    }

    fn begin_all(&self, frame: u64) {
        let mut listens = self.window().is_some();
        for probe in &self.probes {
            probe.begin(frame);
            if probe.shown.load(Relaxed) > Point::Master.number() {
                // Until he is heard.
                probe.write(frame, |_, _| 0.0);
                listens = true;
            }
        }
        self.listens.store(listens, Relaxed);
        let shows = self.probes.iter().any(|probe| probe.shown.load(Relaxed) != NOTHING);
        self.busy.store(listens || shows, Relaxed);
    }

    /// The quantum is complete, and this is heard. Audio thread.
    #[inline]
    pub(super) fn end(&self, master: &[f64]) {
        if self.busy.load(Relaxed) {
            self.end_all(master);
        }
    }

    fn end_all(&self, master: &[f64]) {
        let frame = self.frame.load(Relaxed);
        for probe in &self.probes {
            match probe.shown.load(Relaxed) {
                NOTHING => continue,
                shown if shown == Point::Master.number() => {
                    probe.write(frame, |channel, offset| master[channel * QUANTUM + offset])
                }
                _ => {}
            }
            probe.ended.store(frame + QUANTUM as u64, Release);
        }
        if let Some(window) = self.window() {
            for (peak, samples) in self.master.iter().zip(master.chunks_exact(QUANTUM)) {
                peak.reach(window, highest(samples.iter().copied()));
            }
        }
    }
}

impl Tap for &Probes {
    fn listens(&self) -> bool {
        self.listens.load(Relaxed)
    }

    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
        let number = Point::Slot(slot).number();
        for probe in self.probes.iter().filter(|probe| probe.shown.load(Relaxed) == number) {
            let frame = self.frame.load(Relaxed);
            probe.write(frame, |channel, offset| voice[channel * QUANTUM + offset] * level[offset]);
        }
        if let (Some(window), Some(peak)) = (self.window(), self.slots.get(slot.index())) {
            peak.reach(window, highest(voice.iter().zip(level.iter().cycle()).map(|(sample, level)| sample * level)));
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "nothing here plays")]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    /// Plays quanta in which slot 1 gives `level` at every frame and the master half of it.
    fn play(probes: &Probes, from: u64, quanta: u64, level: f64) {
        for quantum in from..from + quanta {
            probes.begin(quantum * QUANTUM as u64);
            let (voice, mut tap) = ([level; 2 * QUANTUM], probes);
            tap.hear(SlotId(1), &voice, &[1.0; QUANTUM]);
            probes.end(&[level / 2.0; 2 * QUANTUM]);
        }
    }

    #[test]
    fn a_trace_is_what_was_played_last_and_only_of_whom_it_was_asked_for() {
        let probes = Probes::reserve(4, 2, RATE);
        let slot = Point::Slot(SlotId(1));
        play(&probes, 0, 10, 0.25);
        assert_eq!(probes.look(slot, 128), Ok(None), "nobody had asked");
        play(&probes, 10, 1, 0.25);
        assert_eq!(probes.look(slot, 128), Ok(None), "there is one quantum");
        play(&probes, 11, 1, 0.5);
        let trace = probes.look(slot, 128).unwrap().unwrap();
        let both = [[0.25; 64], [0.5; 64]].concat();
        assert_eq!(trace, Trace { frame: 640, channels: vec![both.clone(), both] });
        // Round and round, and never more than there may be.
        play(&probes, 12, 1000, 0.125);
        let trace = probes.look(slot, 1 << 30).unwrap().unwrap();
        assert_eq!((trace.frame, trace.channels[1].len()), (1012 * 64 - LONGEST as u64, LONGEST));
        assert!(trace.channels.iter().flatten().all(|sample| *sample == 0.125));
        assert_eq!(probes.look(Point::Master, 64), Ok(None));
        play(&probes, 1012, 1, 0.5);
        assert_eq!(probes.look(Point::Master, 64).unwrap().unwrap().channels, [[0.25; 64]; 2]);
    }

    #[test]
    fn who_is_silent_is_a_line_and_whose_place_is_taken_is_gone() {
        let probes = Probes::reserve(4, 1, RATE);
        let [silent, gone] = [2, 1].map(|slot| Point::Slot(SlotId(slot)));
        assert_eq!((probes.look(silent, 64), probes.look(gone, 64)), (Ok(None), Ok(None)));
        play(&probes, 0, 1, 0.5);
        assert_eq!(probes.look(silent, 64).unwrap().unwrap().channels, [[0.0; 64]]);
        assert_eq!(probes.look(gone, 64).unwrap().unwrap().channels, [[0.5; 64]]);
        probes.vacate(SlotId(1));
        assert_eq!(probes.look(gone, 64), Ok(None));
        play(&probes, 1, 1, 0.25);
        assert_eq!(probes.look(gone, 128), Ok(None), "only what the new one gave");
        assert_eq!(probes.look(gone, 64).unwrap().unwrap().channels, [[0.25; 64]]);
    }

    #[test]
    fn a_fifth_sound_waits_until_nobody_has_looked_at_another_for_a_while() {
        let probes = Probes::reserve(8, 1, RATE);
        let look = |slot| probes.look(Point::Slot(SlotId(slot)), 64);
        (0..4).for_each(|slot| assert_eq!(look(slot), Ok(None)));
        assert_eq!(look(4), Err(Crowded));
        play(&probes, 0, 750, 0.5);
        assert!(look(0).unwrap().is_some(), "and that is a look");
        play(&probes, 750, 752, 0.5);
        assert_eq!(look(4), Ok(None));
        assert!(look(0).unwrap().is_some());
    }

    #[test]
    fn a_level_is_the_highest_of_the_last_moments_while_somebody_wants_it() {
        let probes = Probes::reserve(4, 2, RATE);
        let level = || probes.level(SlotId(1));
        play(&probes, 0, 10, 0.25);
        assert_eq!((level(), probes.master().count()), (None, 0));
        assert!(!Tap::listens(&&probes), "nobody lays out what nobody wants");
        probes.watch();
        play(&probes, 10, 1, -0.5);
        assert!(Tap::listens(&&probes));
        play(&probes, 11, 38, 0.25);
        assert_eq!((level(), probes.level(SlotId(2))), (Some(0.5), Some(0.0)));
        assert_eq!(probes.master().collect::<Vec<_>>(), [0.25, 0.25]);
        play(&probes, 49, 76, 0.125);
        assert_eq!(level(), Some(0.125), "two windows later");
        play(&probes, 125, 2000, 0.125);
        assert_eq!((level(), Tap::listens(&&probes)), (None, false), "nobody has asked for a while");
        // The master alone is no signal that somebody listens to.
        assert_eq!(probes.look(Point::Master, 64), Ok(None));
        play(&probes, 2125, 1, 0.5);
        assert_eq!(probes.look(Point::Master, 64).unwrap().unwrap().channels, [[0.25; 64]; 2]);
        assert_eq!(Probes::reserve(0, 2, RATE).look(Point::Master, 64), Err(Crowded));
    }
}
