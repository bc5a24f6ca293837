//! What is played, strip by strip on its way to a disk: the master and single signals, through a ring that may be full. It writes no file and waits for nobody.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::ear::Tenant;
use super::sync::{Receiver, Sender, ring};
use super::tap::Tap;
use super::{Settings, SlotId};
use crate::ir::call::QUANTUM;

/// What is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recording {
    /// Nothing.
    #[default]
    Off,
    /// The master.
    Master,
    /// The master, and each signal as it is added up.
    Stems,
}

/// A quantum of one channel.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    /// Its first frame.
    pub frame: u64,
    /// Who gave it; `None` is the master, which comes last in its quantum.
    pub of: Option<Tenant>,
    /// Which channel of the master's.
    pub channel: u32,
    /// How many strips were lost since the recording began, because nobody took them in time.
    pub lost: u32,
    /// The samples.
    pub samples: [f32; QUANTUM],
}

impl Strip {
    const BLANK: Strip = Strip { frame: 0, of: None, channel: 0, lost: 0, samples: [0.0; QUANTUM] };
}

/// The audio side's end.
pub(super) struct Tape {
    ring: Option<Sender<Strip>>,
    recording: Recording,
    /// Whose stay each slot is.
    stays: Box<[u32]>,
    frame: u64,
    lost: u32,
}

/// The end of whoever writes to a disk.
pub struct Reel(Receiver<Strip>);

impl Reel {
    /// The next strip, in the order in which they were played. Any thread, never waits.
    pub fn next_strip(&mut self) -> Option<Strip> {
        self.0.pop()
    }
}

/// Reserves the tape of an engine with so many slots, and the other end of it where recordings are wanted. Control thread.
#[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "reserved at start")]
pub(super) fn reserve(settings: &Settings, slots: usize) -> (Tape, Option<Reel>) {
    let (ring, reel) = (settings.tape > 0).then(|| ring(settings.tape, || Strip::BLANK)).unzip();
    let stays = vec![0; slots].into_boxed_slice();
    (Tape { ring, recording: Recording::Off, stays, frame: 0, lost: 0 }, reel.map(Reel))
}

impl Tape {
    /// Bytes of what it knows of a slot.
    pub const EACH: usize = size_of::<u32>();

    /// From this quantum on that is recorded. Audio thread.
    pub fn run(&mut self, recording: Recording) {
        self.recording = recording;
        self.lost = 0;
    }

    /// A slot gets somebody's program. Audio thread.
    pub fn install(&mut self, slot: SlotId, stay: u32) {
        if let Some(known) = self.stays.get_mut(slot.index()) {
            *known = stay;
        }
    }

    /// The quantum that begins with a frame. Audio thread.
    pub fn at(&mut self, frame: u64) -> &mut Tape {
        self.frame = frame;
        self
    }

    /// What is heard of all in this quantum. Audio thread.
    pub fn master(&mut self, master: &[f64]) {
        if self.recording != Recording::Off {
            for (channel, samples) in master.chunks_exact(QUANTUM).enumerate() {
                self.push(None, channel, |frame| samples[frame]);
            }
        }
    }

    fn push(&mut self, of: Option<Tenant>, channel: usize, sample: impl Fn(usize) -> f64) {
        let Some(ring) = &mut self.ring else { return };
        let samples = std::array::from_fn(|frame| sample(frame) as f32);
        let strip = Strip { frame: self.frame, of, channel: channel as u32, lost: self.lost, samples };
        self.lost += u32::from(ring.push(strip).is_err());
    }
}

impl Tap for Tape {
    fn listens(&self) -> bool {
        self.recording == Recording::Stems
    }

    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
        if self.listens() {
            let tenant = Tenant { slot, stay: self.stays.get(slot.index()).copied().unwrap_or(0) };
            for (channel, samples) in voice.chunks_exact(QUANTUM).enumerate() {
                self.push(Some(tenant), channel, |frame| samples[frame] * level[frame]);
            }
        }
    }
}

/// Two who listen to the same.
impl<A: Tap, B: Tap> Tap for (&mut A, &mut B) {
    fn listens(&self) -> bool {
        self.0.listens() || self.1.listens()
    }

    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
        self.0.hear(slot, voice, level);
        self.1.hear(slot, voice, level);
    }
}
