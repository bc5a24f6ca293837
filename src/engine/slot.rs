//! One signal's place in the mix: its program, the one that gives way, and every fade between silence, old and new. It never drops a program.
//!
//! What a slot gives is `gain · mute · presence · (health · blend(old, new) + residue)`; each factor is a straight line, and
//! a change of programs starts each line where the present value stands:
//!
//! * `blend` goes from the old program to the new one. At most one old program runs. A change that meets a running blend
//!   sends the older of its two programs home at once, and what that one contributed to the last sample becomes
//!   the `residue`, which glides to zero in 20 ms or the new fade, whichever is shorter. So every change takes effect at the
//!   boundary where it arrives, three programs never run, and the step at the boundary is no larger than those inside
//!   the programs: the first sample is the younger program's own, plus exactly what its last sample lacked.
//! * `presence` comes up when a signal starts and goes down when it is removed; a signal that is put back meanwhile comes up from there.
//! * `health` goes down when the program gives NaN or infinity or panics, and up with the next program.
//!
//! What other programs hear of it is `reach · (health · blend(old, new) + residue)` in the program's own channels, where `reach`
//! comes up when a signal returns and goes down when it is removed. For the master's program *nothing* is what it hears: the sum
//! of all signals, to which it falls back.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod calm;
mod company;
mod hearing;
mod sleep;

use std::mem;

use super::SlotId;
use super::aloft::{Aloft, Seat};
use super::event::Event;
use super::fade::Ramp;
use super::machine::{Machine, Moment, Went};
use super::mix::{self, Room, each, remember};
use super::swap::{Install, Join};
use super::tap::Tap;
use super::wire::AudioWire;
use crate::ir::call::QUANTUM;

/// A slot.
pub(super) struct Slot {
    id: SlotId,
    machine: Option<Box<Machine>>,
    ghost: Option<Box<Machine>>,
    /// Whether the machine goes when the presence is 0.
    leaving: bool,
    /// Whether the machine has not been heard yet.
    fresh: bool,
    /// Whether there is nothing but the machine: no old one, and every factor rests at 1. `own` is not kept then, because it is
    /// what was heard.
    settled: bool,
    /// Whether its next quantum is just its program's, which sounds and has nothing to tell. `heard` is not kept then, because it is what
    /// the program gave last.
    calm: bool,
    /// Weight of the machine against the ghost, or against nothing.
    blend: Ramp,
    /// How much of `offset` is left.
    residue: Ramp,
    health: Ramp,
    presence: Ramp,
    /// How much of it other programs hear.
    reach: Ramp,
    gain: Ramp,
    mute: Ramp,
    /// Whose stay it is.
    stay: u32,
    /// Another number whenever it may lend something else than before.
    version: u64,
    /// Whether other programs hear it.
    listened: bool,
    /// Whether what they hear is not just what the machine gave.
    told: bool,
    /// What is added under `residue`, for each master channel.
    offset: Box<[f64]>,
    /// The last sample of the machine alone, for each master channel.
    own: Box<[f64]>,
    /// The last sample of the slot before `presence`, `gain` and `mute`, for each master channel.
    heard: Box<[f64]>,
    /// How long a glide without a wish of the performer's takes, in frames.
    glide: u32,
}

impl Slot {
    /// Bytes of a slot; of each of so many channels it keeps three samples.
    pub const fn bytes(channels: usize) -> usize {
        size_of::<Slot>() + 3 * channels * size_of::<f64>()
    }

    /// An empty slot. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "the slots are reserved at start")]
    pub fn reserve(id: SlotId, width: usize, rate: u32) -> Slot {
        let channels = || vec![0.0; width].into_boxed_slice();
        Slot {
            id,
            machine: None,
            ghost: None,
            leaving: false,
            fresh: false,
            settled: false,
            calm: false,
            blend: Ramp::at(1.0),
            residue: Ramp::at(0.0),
            health: Ramp::at(1.0),
            presence: Ramp::at(1.0),
            reach: Ramp::at(1.0),
            gain: Ramp::at(1.0),
            mute: Ramp::at(1.0),
            stay: 0,
            version: 0,
            listened: false,
            told: false,
            offset: channels(),
            own: channels(),
            heard: channels(),
            glide: rate / 50,
        }
    }

    /// Whether it has no program.
    pub fn is_vacant(&self) -> bool {
        self.machine.is_none()
    }

    /// Takes a new program, and says how many slots were copied for it. Audio thread.
    pub fn install(&mut self, install: &mut Install, seat: Seat, aloft: &mut Aloft) -> usize {
        let mut copied = install.execute_moves();
        let Some(machine) = install.machine.take() else { return copied };
        self.unsettle();
        self.version += 1;
        match self.machine.replace(machine) {
            Some(old) => copied += self.succeed(old, install, seat, aloft),
            None => {
                self.presence = Ramp::between(0.0, 1.0, install.fade_in);
                self.reach = Ramp::between(0.0, 1.0, install.returns);
                self.told = false;
                self.gain = Ramp::at(install.gain);
                self.mute = Ramp::at(if install.muted { 0.0 } else { 1.0 });
                (self.blend, self.residue) = (Ramp::at(1.0), Ramp::at(0.0));
            }
        }
        self.health = Ramp::at(1.0);
        self.leaving = false;
        self.fresh = true;
        self.stay = install.stay;
        copied
    }

    /// The old program gives way to the one that is in place now. Says how many slots were copied for those who hear it.
    fn succeed(&mut self, mut old: Box<Machine>, install: &mut Install, seat: Seat, aloft: &mut Aloft) -> usize {
        let fade = install.fade;
        aloft.call(&mut old, seat);
        old.wake();
        if self.leaving {
            self.presence.go(1.0, fade);
            self.reach.go(1.0, fade);
        }
        let stays = fade > 0 && !old.is_frozen() && !matches!(install.join, Join::Stop);
        let mut copied = 0;
        if self.listened
            && let Some(machine) = &mut self.machine
        {
            copied = machine.inherit(&old, self.told.then(|| self.reach.value()), stays);
            self.told = true;
        }
        // What was set by hand holds until the program changes.
        let glide = fade.max(self.glide);
        self.gain.go(install.gain, glide);
        self.mute.go(if install.muted { 0.0 } else { 1.0 }, glide);
        if self.fresh {
            // It never sounded: the new one takes its place, in the fade that began for it.
            aloft.land(old);
            return copied;
        }
        if let Some(ghost) = self.ghost.take() {
            aloft.land(ghost);
        }
        for ((offset, heard), own) in self.offset.iter_mut().zip(&self.heard).zip(&self.own) {
            *offset = if stays { heard - own } else { *heard };
        }
        if stays {
            if let Join::Copy(ghost) = &mut install.join {
                old.haunt(ghost);
            }
            self.ghost = Some(old);
        } else {
            aloft.land(old);
        }
        self.blend = Ramp::between(0.0, 1.0, fade);
        let needed = fade > 0 && self.offset.iter().any(|offset| *offset != 0.0);
        self.residue = if needed { Ramp::between(1.0, 0.0, self.glide.min(fade)) } else { Ramp::at(0.0) };
        copied
    }

    /// The program fades out and goes home. Audio thread.
    pub fn remove(&mut self, frames: u32, seat: Seat, aloft: &mut Aloft) {
        self.unsettle();
        let Some(machine) = &mut self.machine else { return };
        aloft.call(machine, seat);
        machine.wake();
        self.presence.go(0.0, frames);
        self.reach.go(0.0, frames);
        self.leaving = true;
        self.release(aloft);
    }

    /// Moves the gain. Audio thread.
    pub fn set_gain(&mut self, linear: f64, frames: u32) {
        self.unsettle();
        self.gain.go(linear, frames);
    }

    /// Moves the mute. Audio thread.
    pub fn set_mute(&mut self, on: bool, frames: u32) {
        self.unsettle();
        self.mute.go(if on { 0.0 } else { 1.0 }, frames);
    }

    /// Runs a quantum of the program and of the old one; `heard` says whether other programs hear it. Audio thread.
    pub fn run(&mut self, moment: &Moment, heard: bool, wire: &mut AudioWire) {
        let Some(machine) = &mut self.machine else { return };
        self.fresh = false;
        let went = machine.render(moment);
        self.ran(went, moment, heard, wire);
    }

    /// Goes on after its program was run.
    fn ran(&mut self, went: Went, moment: &Moment, heard: bool, wire: &mut AudioWire) {
        let (slot, frame) = (self.id, moment.frame);
        self.ail(went, frame, wire);
        if let Some(machine) = &mut self.machine {
            machine.tell_faults(frame, |index, count| {
                wire.tell(Event::Fault { slot, index, count, frame: frame + QUANTUM as u64 })
            });
        }
        if let (Some(ghost), false) = (&mut self.ghost, self.blend.is_still()) {
            ghost.render(moment);
        }
        self.listened = heard;
        self.told = heard && !self.settled && !self.is_plain();
        if self.told {
            self.tell();
        }
    }

    /// A program that has stopped fades out.
    fn ail(&mut self, went: Went, frame: u64, wire: &mut AudioWire) {
        let slot = self.id;
        let event = match went {
            Went::Well => return,
            Went::NonFinite(samples) => Event::NonFinite { slot, frame, samples },
            Went::Panicked => Event::Panicked { slot, frame },
        };
        self.unsettle();
        self.version += 1;
        self.health.go(0.0, self.glide);
        wire.tell(event);
    }

    /// Whether what others hear is just what the program gives.
    fn is_plain(&self) -> bool {
        let full = [&self.health, &self.reach].iter().all(|ramp| ramp.rests_at(1.0));
        full && self.blend.is_still() && self.residue.is_still()
    }

    /// Something begins to move, or to be taken away.
    fn unsettle(&mut self) {
        if mem::take(&mut self.settled) {
            self.own.copy_from_slice(&self.heard);
        }
    }

    /// Whether there is nothing but the machine, as it gives itself.
    fn is_settled(&self) -> bool {
        let level = [&self.presence, &self.gain, &self.mute];
        let alone = self.machine.is_some() && self.ghost.is_none() && !self.leaving;
        alone && self.is_plain() && level.iter().all(|ramp| ramp.rests_at(1.0))
    }

    /// Adds what it gave in the quantum that begins with a frame to the master; `tap` hears what is added. Audio thread.
    pub fn mix<T: Tap>(&mut self, frame: u64, room: &mut Room, master: &mut [f64], tap: &mut T) {
        debug_assert!(!self.settled || self.is_settled(), "what moves is not settled");
        if self.settled && self.sleeps(frame) && !tap.listens() {
            // Zeros make no difference.
            return;
        }
        if self.settled
            && let Some(channels) = self.machine.as_ref().and_then(|machine| machine.moderate())
            && mix::add_plain(channels, master, &mut self.heard)
        {
            if tap.listens() {
                mix::spread(channels.as_flattened(), &mut room.voice);
                tap.hear(self.id, &room.voice, &[1.0; QUANTUM]);
            }
            return;
        }
        if !self.join(room, None) {
            return;
        }
        let mut level = [1.0; QUANTUM];
        let silent = [&self.presence, &self.gain, &self.mute].iter().any(|ramp| ramp.rests_at(0.0));
        for ramp in [&mut self.presence, &mut self.gain, &mut self.mute] {
            ramp.scale(&mut level);
        }
        if !silent {
            mix::add(&room.voice, &level, master);
            tap.hear(self.id, &room.voice, &level);
        }
    }

    /// Puts what it gave in place of the `sum` that it heard, as far as it is there; what `others` made of the same sum stays, if
    /// there are any. Audio thread.
    pub fn master(&mut self, room: &mut Room, sum: &[f64], master: &mut [f64], others: bool) {
        if !self.join(room, Some(sum)) {
            return;
        }
        let (mut level, mut presence) = ([1.0; QUANTUM], [1.0; QUANTUM]);
        self.presence.scale(&mut presence);
        [&mut self.gain, &mut self.mute].into_iter().for_each(|ramp| ramp.scale(&mut level));
        each(master, &level, |channel, frame, sample, level| {
            let at = channel * QUANTUM + frame;
            let (own, weight) = (level * room.voice[at], presence[frame]);
            if weight == 1.0 && !others { own } else { sample + weight * (own - sum[at]) }
        });
    }

    /// Lays out what it gave on the master's channels: old and new, health and residue. Says whether there is anything.
    /// `instead` is what is there where it is not, and nothing stands for silence.
    fn join(&mut self, room: &mut Room, instead: Option<&[f64]>) -> bool {
        let Some(machine) = &self.machine else { return false };
        self.reach.pass();
        mix::spread(machine.output(), &mut room.voice);
        remember(&room.voice, instead, &mut self.own);
        let mut line = [1.0; QUANTUM];
        if !self.blend.is_still() {
            self.blend.fill(&mut line);
            match (&self.ghost, instead) {
                (Some(ghost), _) => mix::spread(ghost.output(), &mut room.ghost),
                (None, Some(instead)) => room.ghost.copy_from_slice(instead),
                (None, None) => room.ghost.fill(0.0),
            }
            each(&mut room.voice, &line, |channel, frame, new, weight| {
                let old = room.ghost[channel * QUANTUM + frame];
                // Exactly the new one when it has all the weight, and exactly both when they agree.
                if weight == 1.0 { new } else { old + weight * (new - old) }
            });
        }
        if !self.health.rests_at(1.0) {
            self.health.fill(&mut line);
            each(&mut room.voice, &line, |channel, frame, sample, health| match instead {
                Some(instead) => {
                    let rest = instead[channel * QUANTUM + frame];
                    rest + health * (sample - rest)
                }
                None => sample * health,
            });
        }
        if !self.residue.is_still() {
            self.residue.fill(&mut line);
            each(&mut room.voice, &line, |channel, _, sample, left| sample + left * self.offset[channel]);
        }
        remember(&room.voice, instead, &mut self.heard);
        true
    }

    /// Sends home whoever is done. Audio thread.
    pub fn release(&mut self, aloft: &mut Aloft) {
        if self.settled {
            return;
        }
        let gone = self.leaving && self.presence.is_still();
        if (gone || self.blend.is_still())
            && let Some(ghost) = self.ghost.take()
        {
            aloft.land(ghost);
        }
        if gone && let Some(machine) = self.machine.take() {
            self.leaving = false;
            self.version += 1;
            aloft.land(machine);
        }
        self.settled = self.is_settled();
    }
}
