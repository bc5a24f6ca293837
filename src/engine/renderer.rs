//! The audio half: quantum after quantum of the master. It allocates nothing, frees nothing, waits for nobody.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::mem;

use super::aloft::{Aloft, Seat};
use super::command::Order;
use super::fade::Ramp;
use super::limiter::limit;
use super::machine::Moment;
use super::mix;
use super::slot::{Room, Slot, Tap};
use super::swap::{Change, Swap};
use super::wire::{Ack, AudioWire, Message};
use super::{Settings, SlotId};
use crate::dsp::denormals::Flush;
use crate::heap::Section;
use crate::ir::call::QUANTUM;

/// The audio half of an engine. It goes to the audio thread and comes back when the device is lost; whoever holds it can go on.
pub struct Renderer {
    wire: AudioWire,
    slots: Box<[Slot]>,
    order: Vec<SlotId>,
    aloft: Aloft,
    /// A transaction whose rings are being copied; whatever came after it waits in the wire.
    waiting: Option<Box<Swap>>,
    /// How many slots a quantum copies at most.
    slice: usize,
    room: Room,
    /// A quantum of each channel, one after the other.
    master: Box<[f64]>,
    gain: Ramp,
    position: [f64; 3],
    frame: u64,
    /// Frames of `master` that were given out.
    given: usize,
}

impl Renderer {
    /// Reserves everything. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "everything is reserved at start")]
    pub(super) fn reserve(settings: &Settings, slots: usize, wire: AudioWire) -> Renderer {
        let Settings { rate, channels, envelopes, slice, .. } = *settings;
        let block = || vec![0.0; channels * QUANTUM].into_boxed_slice();
        Renderer {
            wire,
            slots: (0..slots as u32).map(|slot| Slot::reserve(SlotId(slot), channels, rate)).collect(),
            order: Vec::new(),
            aloft: Aloft::reserve(envelopes),
            waiting: None,
            slice: slice.max(1),
            room: Room { voice: block(), ghost: block() },
            master: block(),
            gain: Ramp::at(1.0),
            position: [0.0; 3],
            frame: 0,
            given: QUANTUM,
        }
    }

    /// Channels of the master.
    pub fn channels(&self) -> usize {
        self.master.len() / QUANTUM
    }

    /// Number of the first frame of the next quantum.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Renders the next quantum and returns it: channel after channel, [`QUANTUM`] frames each. Audio thread.
    ///
    /// What [`render`](Renderer::render) had not given out of the quantum before is dropped.
    #[cfg_attr(feature = "rtsan", rtsan_standalone::nonblocking)]
    pub fn render_quantum(&mut self) -> &[f64] {
        self.render_tapped(&mut ())
    }

    /// As [`Renderer::render_quantum`], for somebody who listens to single signals. Audio thread, as far as the tap allows.
    pub fn render_tapped(&mut self, tap: &mut impl Tap) -> &[f64] {
        let _section = Section::begin();
        let _flush = Flush::on();
        self.advance(tap);
        self.given = QUANTUM;
        &self.master
    }

    /// Takes up all messages and renders a quantum.
    fn advance(&mut self, tap: &mut impl Tap) {
        self.take_up();
        self.aloft.remember(self.slice);
        self.master.fill(0.0);
        let moment = Moment { frame: self.frame, position: self.position };
        for slot in &self.order {
            self.slots[slot.index()].render(&moment, &mut self.room, &mut self.master, &mut self.wire, tap);
        }
        for slot in &self.order {
            self.slots[slot.index()].release(&mut self.aloft);
        }
        self.aloft.send_home(|swap| self.wire.send_home(swap));
        self.finish();
        self.frame += QUANTUM as u64;
        self.given = 0;
    }

    /// Fills a device's buffer of any length: interleaved frames of `channels` samples. Audio thread.
    ///
    /// The same samples come out whatever the lengths of the buffers. Channel k goes to device channel k modulo their
    /// number, averaged where several meet; a last part of a frame is silent.
    #[cfg_attr(feature = "rtsan", rtsan_standalone::nonblocking)]
    pub fn render(&mut self, out: &mut [f32], channels: usize) {
        self.serve(out, channels, |sample| sample as f32);
    }

    /// Fills a buffer with interleaved frames of the master's own channels, unrounded. Audio thread, or wherever the renderer is.
    pub fn render_f64(&mut self, out: &mut [f64]) {
        self.serve(out, self.channels(), |sample| sample);
    }

    fn serve<T: Default>(&mut self, out: &mut [T], channels: usize, convert: impl Fn(f64) -> T) {
        let _section = Section::begin();
        let _flush = Flush::on();
        let channels = channels.max(1);
        let mut frames = out.chunks_exact_mut(channels);
        for frame in &mut frames {
            if self.given == QUANTUM {
                self.advance(&mut ());
            }
            for (channel, sample) in frame.iter_mut().enumerate() {
                *sample = convert(mix::for_device(&self.master, self.given, channel, channels));
            }
            self.given += 1;
        }
        frames.into_remainder().fill_with(T::default);
    }

    /// Applies what has arrived, in order, up to a transaction whose rings are not copied yet.
    fn take_up(&mut self) {
        let mut budget = self.slice;
        while let Some(message) = self.waiting.take().map(Message::Swap).or_else(|| self.wire.next()) {
            let ticket = match message {
                Message::Swap(mut swap) => {
                    if !swap.advance(&mut budget) {
                        self.waiting = Some(swap);
                        return;
                    }
                    self.apply(swap)
                }
                Message::Order(ticket, order) => {
                    self.obey(order);
                    ticket
                }
            };
            self.wire.acknowledge(Ack { ticket, frame: self.frame });
        }
    }

    fn apply(&mut self, mut swap: Box<Swap>) -> u64 {
        let ticket = swap.ticket;
        swap.frame = self.frame;
        swap.begin();
        mem::swap(&mut self.order, &mut swap.order);
        let (envelope, mut changes) = self.aloft.keep(swap);
        for (number, change) in changes.iter_mut().enumerate() {
            let seat = Seat { envelope, change: number };
            let slot = &mut self.slots[change.slot().index()];
            match change {
                Change::Install(install) => slot.install(install, seat, &mut self.aloft),
                Change::Remove { frames, .. } => slot.remove(*frames, seat, &mut self.aloft),
            }
        }
        self.aloft.close(envelope, changes);
        ticket
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Gain { slot, linear, frames } => self.slots[slot.index()].set_gain(linear, frames),
            Order::Mute { slot, on, frames } => self.slots[slot.index()].set_mute(on, frames),
            Order::Master { linear, frames } => self.gain.go(linear, frames),
            Order::Position(position) => self.position = position,
        }
    }

    /// Master gain and limiter.
    fn finish(&mut self) {
        let mut level = [1.0; QUANTUM];
        self.gain.scale(&mut level);
        for channel in self.master.chunks_exact_mut(QUANTUM) {
            for (sample, level) in channel.iter_mut().zip(&level) {
                *sample = limit(*sample * level);
            }
        }
    }
}
