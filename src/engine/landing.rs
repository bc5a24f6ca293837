//! How the master comes to rest when the renderer panicked, and up again: straight lines of 5 ms. It catches nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::event::Event;
use super::fade::Ramp;
use crate::ir::call::QUANTUM;

/// What stands between the renderer's sound and what is given out: nothing, but after a panic.
pub(super) struct Landing {
    /// How much of the sound is heard.
    presence: Ramp,
    /// How much of `offset` is left.
    residue: Ramp,
    /// Whether both rest, and nothing but the sound is heard.
    clear: bool,
    /// The last sample before the sound was lost, for each channel.
    offset: Box<[f64]>,
    /// The last sample that was given out, for each channel.
    last: Box<[f64]>,
    /// Length of a line, in frames.
    glide: u32,
    /// Panics that were not told yet, and the frame of the last one.
    times: u64,
    at: u64,
    /// Until when nothing is told.
    quiet_until: u64,
    /// Frames of a second.
    second: u64,
}

impl Landing {
    /// For so many channels, at `rate` frames per second. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "reserved at start")]
    pub fn reserve(channels: usize, rate: u32) -> Landing {
        let samples = || vec![0.0; channels].into_boxed_slice();
        Landing {
            presence: Ramp::at(1.0),
            residue: Ramp::at(0.0),
            clear: true,
            offset: samples(),
            last: samples(),
            glide: rate / 200,
            times: 0,
            at: 0,
            quiet_until: 0,
            second: u64::from(rate),
        }
    }

    /// There is no sound in this quantum: the last sample glides to zero. Audio thread.
    pub fn fall(&mut self, master: &mut [f64]) {
        // Where nothing was heard already, what was heard last goes on gliding.
        if !self.presence.rests_at(0.0) {
            self.offset.copy_from_slice(&self.last);
            self.residue = Ramp::between(1.0, 0.0, self.glide);
            self.presence = Ramp::at(0.0);
            self.clear = false;
        }
        master.fill(0.0);
        self.join(master);
    }

    /// There is sound; where there was none before it comes up. Audio thread.
    pub fn rise(&mut self, master: &mut [f64]) {
        if !self.clear && self.presence.rests_at(0.0) {
            self.presence.go(1.0, self.glide);
        }
        self.join(master);
    }

    /// What is left of the last sound and what is heard of the new one.
    fn join(&mut self, master: &mut [f64]) {
        if !self.clear {
            self.cross(master);
            self.clear = self.presence.rests_at(1.0) && self.residue.rests_at(0.0);
        }
        for (last, channel) in self.last.iter_mut().zip(master.as_chunks::<QUANTUM>().0) {
            *last = channel[QUANTUM - 1];
        }
    }

    /// A rise begins after its fall, so both together never weigh more than one.
    #[cold]
    fn cross(&mut self, master: &mut [f64]) {
        let (mut presence, mut residue) = ([0.0; QUANTUM], [0.0; QUANTUM]);
        self.presence.fill(&mut presence);
        self.residue.fill(&mut residue);
        for (channel, offset) in master.chunks_exact_mut(QUANTUM).zip(&self.offset) {
            for ((sample, presence), residue) in channel.iter_mut().zip(&presence).zip(&residue) {
                *sample = *sample * presence + offset * residue;
            }
        }
    }

    /// It panicked in the quantum that begins with `frame`. Audio thread.
    pub fn count(&mut self, frame: u64) {
        self.times += 1;
        self.at = frame;
    }

    /// Tells `heard` of panics, once a second; what it does not take stays counted. Audio thread.
    pub fn tell(&mut self, frame: u64, heard: impl FnOnce(Event) -> bool) {
        if self.times > 0
            && frame >= self.quiet_until
            && heard(Event::Interrupted { frame: self.at, times: self.times })
        {
            self.times = 0;
            self.quiet_until = frame + self.second;
        }
    }
}
