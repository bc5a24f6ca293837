//! The audio half: quantum after quantum of the master. It allocates nothing, frees nothing, waits for nobody.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod obey;
mod sleep;
mod sound;

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::aloft::{Aloft, Open, Seat};
use super::ensemble::Ensemble;
use super::event::Copied;
use super::fade::Ramp;
use super::landing::Landing;
use super::limiter::limit_all;
use super::meter::Meters;
use super::mix::{self, Room};
use super::order::Step;
use super::slot::Slot;
use super::swap::{Change, Swap};
use super::tap::Tap;
use super::tape::Tape;
use super::transport::Transport;
use super::wire::{Ack, AudioWire, Message};
use super::{Settings, SlotId};
use crate::dsp::denormals::Flush;
use crate::heap::Section;
use crate::ir::call::QUANTUM;
use crate::ir::rest::Desk;

/// The audio half of an engine. It goes to the audio thread and comes back when the device is lost; whoever holds it can go on.
pub struct Renderer {
    wire: AudioWire,
    slots: Box<[Slot]>,
    order: Vec<Step>,
    ensembles: Vec<Ensemble>,
    aloft: Aloft,
    /// A transaction whose rings are being copied; whatever came after it waits in the wire.
    waiting: Option<Box<Swap>>,
    /// The answer to the message that is being taken up.
    owed: Option<Ack>,
    /// How many slots a quantum copies at most.
    pub(super) slice: usize,
    room: Room,
    desk: Desk,
    /// A quantum of each channel, one after the other.
    master: Box<[f64]>,
    /// The sum of the signals, where slots stand between it and the master.
    sum: Box<[f64]>,
    /// Whether somebody listens to single signals.
    tapped: bool,
    /// Whether all that play are calm: then nobody is asked for anything else.
    calm: bool,
    gain: Ramp,
    position: [f64; 3],
    transport: Transport,
    landing: Landing,
    frame: u64,
    meters: Arc<Meters>,
    tape: Tape,
    /// Frames of `master` that were given out.
    given: usize,
}

impl Renderer {
    /// Reserves everything. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "everything is reserved at start")]
    pub(super) fn reserve(settings: &Settings, slots: usize, ends: (AudioWire, Tape), meters: Arc<Meters>) -> Renderer {
        let (wire, tape) = ends;
        let Settings { rate, channels, envelopes, slice, .. } = *settings;
        let block = || {
            let mut block = vec![0.0; channels * QUANTUM].into_boxed_slice();
            // Written once, so that no page is missing later; behind the compiler's back, because zeros over zeros could be
            // left out.
            std::hint::black_box(&mut block).fill(0.0);
            block
        };
        Renderer {
            wire,
            slots: (0..slots as u32).map(|slot| Slot::reserve(SlotId(slot), channels, rate)).collect(),
            order: Vec::new(),
            ensembles: Vec::new(),
            aloft: Aloft::reserve(envelopes),
            waiting: None,
            owed: None,
            slice: slice.max(1),
            room: Room { voice: block(), ghost: block() },
            desk: Desk::reserve(),
            master: block(),
            sum: block(),
            tapped: false,
            calm: false,
            gain: Ramp::at(1.0),
            position: [0.0; 3],
            transport: Transport::new(rate),
            landing: Landing::reserve(channels, rate),
            frame: 0,
            meters,
            tape,
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
        self.render_flushed(&Flush::on(), tap)
    }

    /// The same, for whoever keeps the processor in its mode for many quanta. Audio thread.
    pub fn render_flushed(&mut self, _: &Flush, tap: &mut impl Tap) -> &[f64] {
        let _section = Section::begin();
        self.advance(tap);
        self.given = QUANTUM;
        &self.master
    }

    /// Takes up all messages and renders a quantum.
    ///
    /// Each part is tried by itself: a message that panics is given up and the signals are heard, and whatever becomes of
    /// the sound, programs go home. Without sound the master glides to rest and comes up again.
    fn advance(&mut self, tap: &mut impl Tap) {
        let begun = self.meters.now();
        if (self.waiting.is_some() || !self.wire.is_idle()) && !self.attempt(Renderer::take_up) {
            self.give_up();
        }
        self.attempt(|renderer| renderer.aloft.remember(renderer.slice));
        self.transport.advance(QUANTUM);
        self.meters.probes.begin(self.frame);
        if self.attempt(|renderer| renderer.sound(tap)) {
            self.landing.rise(&mut self.master);
        } else {
            self.stir();
            self.landing.fall(&mut self.master);
        }
        self.tape.at(self.frame).master(&self.master);
        self.meters.probes.end(&self.master);
        if !(self.calm && self.aloft.is_empty()) {
            self.attempt(Renderer::release);
        }
        self.landing.tell(self.frame, |event| self.wire.tell(event));
        self.frame += QUANTUM as u64;
        self.meters.end(begun, self.frame, self.transport.position());
        self.given = 0;
    }

    /// Does a part of the work and says whether it was done: whether it did not panic. Audio thread.
    fn attempt(&mut self, part: impl FnOnce(&mut Renderer)) -> bool {
        // What a panic leaves half done is put right by the caller, or by the next quantum.
        let done = catch_unwind(AssertUnwindSafe(|| part(self)));
        if let Err(thrown) = done {
            self.landing.count(self.frame);
            self.wire.send_thrown(thrown);
            return false;
        }
        true
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
        loop {
            let message = self.wire.next(self.waiting.is_some());
            if message.is_some() || self.waiting.is_some() {
                self.stir();
                self.settle();
            }
            match message {
                Some(Message::Swap(swap)) => self.waiting = Some(swap),
                Some(Message::Order(ticket, order)) => {
                    self.owed = Some(self.answer(ticket, Copied::default()));
                    self.obey(order);
                    self.acknowledge();
                    continue;
                }
                None if self.waiting.is_none() => return,
                None => {}
            }
            if !self.waiting.as_mut().is_some_and(|swap| swap.advance(&mut budget)) {
                return;
            }
            self.apply();
            self.acknowledge();
        }
    }

    /// The message took effect in this quantum.
    fn acknowledge(&mut self) {
        if let Some(ack) = self.owed.take() {
            self.wire.acknowledge(ack);
        }
    }

    fn answer(&self, ticket: u64, copied: Copied) -> Ack {
        Ack { ticket, frame: self.frame, copied }
    }

    /// The message that is being taken up panicked. Nobody waits for it longer, and what it carries stays here.
    fn give_up(&mut self) {
        if let Some(swap) = self.waiting.take() {
            self.owed = Some(self.answer(swap.ticket, swap.copied));
            self.aloft.strand(swap);
        }
        self.acknowledge();
    }

    /// Makes the changes of the transaction that waits.
    fn apply(&mut self) {
        let Some(swap) = &mut self.waiting else { return };
        swap.frame = self.frame;
        swap.begin();
        mem::swap(&mut self.order, &mut swap.order);
        mem::swap(&mut self.ensembles, &mut swap.ensembles);
        let (ticket, mut copied, tempo) = (swap.ticket, swap.copied, swap.tempo);
        if let Some(bpm) = tempo {
            self.change_tempo(bpm);
        }
        self.owed = Some(Ack { ticket, frame: self.frame, copied });
        let Some(swap) = self.waiting.take() else { return };
        let mut open = self.aloft.open(swap);
        let Open { aloft, envelope, changes, copied: moved, .. } = &mut open;
        for (number, change) in changes.iter_mut().enumerate() {
            let seat = Seat { envelope: *envelope, change: number };
            let place = change.slot();
            let slot = &mut self.slots[place.index()];
            match change {
                Change::Install(install) => {
                    self.meters.install(place, slot.is_vacant(), self.frame);
                    self.tape.install(place, install.stay);
                    *moved += slot.install(install, seat, aloft);
                }
                Change::Remove { frames, .. } => slot.remove(*frames, seat, aloft),
                Change::Hear { ears, .. } => slot.hear(ears),
                Change::Mute { on, frames, .. } => slot.set_mute(*on, *frames),
            }
        }
        copied.at_once += *moved;
        open.close();
        self.owed = Some(self.answer(ticket, copied));
    }

    /// Master gain and limiter.
    fn finish(&mut self) {
        if !self.gain.rests_at(1.0) {
            let mut level = [1.0; QUANTUM];
            self.gain.scale(&mut level);
            mix::scale(&mut self.master, &level);
        }
        limit_all(self.master.as_chunks_mut().0);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "nothing here plays")]
mod tests {
    use super::super::command::Order;
    use super::super::event::Event;
    use super::super::machine::Machine;
    use super::super::meter::Clock;
    use super::super::order::Part;
    use super::super::swap::{Change, Install};
    use super::super::tape::reserve as reserve_tape;
    use super::super::wire::{ControlWire, reserve};
    use super::*;
    use crate::ir::call::{Call, Run};

    struct Quarter;

    impl Run for Quarter {
        unsafe fn run(&mut self, call: &Call) {
            for frame in 0..call.frames as usize {
                // SAFETY: the only machine here gives one channel.
                unsafe { call.output.add(frame).write(0.25) };
            }
        }

        fn code_bytes(&self) -> usize {
            0
        }
    }

    fn install(slot: u32, keep: &Arc<()>) -> Change {
        let machine = Machine::bare(Box::new(Quarter), Box::new(Arc::clone(keep)));
        Change::Install(Install::new(SlotId(slot), machine))
    }

    fn send(wire: &mut ControlWire, ticket: u64, changes: Vec<Change>, order: &[u32]) {
        let seats = changes.iter().map(|_| None).collect();
        let order = order.iter().map(|&slot| Step { slot: SlotId(slot), part: Part::Both, heard: false }).collect();
        let swap = Swap { ticket, changes, order, seats, ..Swap::default() };
        assert!(wire.send_swap(Box::new(swap)).is_ok());
    }

    #[test]
    fn a_message_that_panics_is_answered_and_given_up_and_the_signals_play_on_bit_for_bit() {
        let settings = Settings { channels: 1, envelopes: 4, ..Settings::default() };
        let (audio, mut control) = reserve(&settings);
        let ends = (audio, reserve_tape(&settings, 2).0);
        let meters = Arc::new(Meters::reserve(&settings, 2, Clock::None));
        let mut renderer = Renderer::reserve(&settings, 2, ends, meters);
        let keep = Arc::new(());
        send(&mut control, 1, vec![install(0, &keep)], &[0]);
        assert!(renderer.render_quantum().iter().all(|sample| *sample == 0.25));
        assert!(control.next_home().is_some() && control.next_ack().is_some_and(|ack| ack.ticket == 1));
        // There are two slots.
        assert!(control.send_order(2, Order::Mute { slot: SlotId(9), on: true, frames: 0 }));
        assert!(renderer.render_quantum().iter().all(|sample| *sample == 0.25));
        send(&mut control, 3, vec![install(1, &keep), install(9, &keep)], &[0]);
        send(&mut control, 4, Vec::new(), &[0]);
        for _ in 0..3 {
            assert!(renderer.render_quantum().iter().all(|sample| *sample == 0.25));
        }
        let acks = std::iter::from_fn(|| control.next_ack()).map(|ack| (ack.ticket, ack.frame / QUANTUM as u64));
        assert_eq!(acks.collect::<Vec<_>>(), [(2, 1), (3, 2), (4, 3)]);
        let home = std::iter::from_fn(|| control.next_home()).map(|swap| swap.ticket);
        assert_eq!(home.collect::<Vec<_>>(), [4], "what was half done is not taken for done");
        assert_eq!(Arc::strong_count(&keep), 4, "and nothing of it is freed");
        assert_eq!(std::iter::from_fn(|| control.next_thrown()).count(), 2);
        assert_eq!(control.next_event(), Some(Event::Interrupted { frame: QUANTUM as u64, times: 1 }));
        drop(renderer);
        assert_eq!(Arc::strong_count(&keep), 1);
    }
}
