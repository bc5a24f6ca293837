//! One signal's program bound to its memory, ready to run. It is built and dropped on the control thread and decides nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

mod calm;
mod company;
mod sleep;

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::thread;

use super::aloft::Seat;
use super::doze::Doze;
use super::ear::{EAR, Ear};
use super::mend::{Samples, mend};
use super::parts::{Parts, SPAN};
use super::stretch::Stretch;
use super::swap::Ghost;
use super::sync::{Arc, AtomicBool, Ordering};
use super::told::Told;
use super::transport::Transport;
use crate::ir::ShapeKey;
use crate::ir::call::{Call, QUANTUM, Run, Span, Stamp};

/// A program in the renderer.
pub struct Machine {
    run: Box<dyn Run>,
    constants: Stretch<u64>,
    spans: Stretch<Span>,
    /// Of the constants and the spans as they are now.
    stamp: Stamp,
    /// What keeps alive what the spans of a ghost name; nothing before.
    scratch: Box<dyn Any + Send>,
    faults: Stretch<u64>,
    /// The latest quantum of each channel.
    output: Stretch<[f64; QUANTUM]>,
    /// The latest sample of each channel.
    hold: Stretch<f64>,
    /// Whether no sample of the latest quantum is beyond what the mix takes.
    moderate: bool,
    /// Whether all samples of the latest quantum are 0.
    silent: bool,
    /// For how long it need not run, if that can be found out.
    doze: Option<Doze>,
    /// What others hear of it, while that is something else.
    told: Told,
    ears: Stretch<Ear>,
    /// Whether it reads where the transport is.
    beats: bool,
    frozen: Frozen,
    /// What it panicked with: dropped with the machine, on the control thread.
    thrown: Option<Box<dyn Any + Send>>,
    quiet_until: u64,
    shape: Option<ShapeKey>,
    /// The quantum that it has rendered with others, by its first frame, and what that took.
    ahead: Option<(u64, u64)>,
    /// Where it goes when it is done; set once, when it is told to leave.
    pub(super) home: Option<Seat>,
    /// Dropped last.
    keep: Box<dyn Any + Send>,
}

/// Whether a machine has stopped for good. To be asked from any thread.
#[derive(Clone, Debug)]
pub struct Frozen(Arc<AtomicBool>);

impl Frozen {
    /// Whether it has: it gave a sample that is no number, or panicked. Whoever reads `true` sees the memory as the machine left it, and
    /// it writes no more.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How a quantum of a machine went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// Its samples are numbers, or it rests.
    Well,
    /// So many samples were NaN or infinite, and it has stopped.
    NonFinite(u32),
    /// It panicked, and has stopped.
    Panicked,
}

/// What a program is told of the world.
pub(super) struct Moment<'a> {
    pub frame: u64,
    pub position: [f64; 3],
    pub transport: &'a Transport,
}

impl Moment<'_> {
    /// What programs are told in this quantum, and nothing that is lent; where the transport is in each frame only if they read
    /// that. Audio thread.
    pub fn call(&self, beats: bool) -> Call {
        Call {
            constants: ptr::null(),
            spans: ptr::null(),
            output: ptr::null_mut(),
            faults: ptr::null_mut(),
            position: self.position.as_ptr(),
            beats: if beats { self.transport.beats() } else { &Transport::UNREAD }.as_ptr(),
            tempo: self.transport.tempo(),
            frame: self.frame,
            frames: QUANTUM as u64,
            stamp: Stamp::NONE,
        }
    }
}

impl Machine {
    /// How long a machine keeps quiet after it told of faults, in frames.
    const QUIET: u64 = 64 * QUANTUM as u64;

    /// Binds a program to its memory. Control thread.
    ///
    /// # Safety
    /// Whoever builds the machine (the session) promises that the tables have the lengths that the program names, that
    /// the room and every span are valid for as long as `keep` lives, that the room is nobody else's, and that from the
    /// moment the machine is handed over until it is home again nobody but the audio thread touches what the spans name.
    ///
    /// # Panics
    /// When there is no channel.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub unsafe fn new(parts: Parts<'_>) -> Box<Machine> {
        assert!(parts.channels > 0, "a program gives at least one channel");
        let extents = parts.extents();
        let mut at = 0;
        let mut next = |slots: usize| {
            at += slots;
            // SAFETY: all of them together are as many as the extents say, and the caller promised so many.
            unsafe { parts.room.add(at - slots) }
        };
        let table = next(extents.table());
        let [output, told] = [(); 2].map(|()| next(extents.channels * QUANTUM));
        let [hold, lack] = [(); 2].map(|()| next(extents.channels));
        let (faults, spans, ears) = (next(extents.faults), next(extents.spans * SPAN), next(extents.ears * EAR));
        // SAFETY: the places do not overlap, slots are aligned for all of these, and the caller promised that they live as
        // long as `keep` and are nobody else's.
        let (mut constants, mut own_spans, faults, ears, [output, told], [hold, lack]) = unsafe {
            (
                Stretch::new(table, extents.constants, 0),
                Stretch::new(spans.cast::<Span>(), extents.spans, Span::NOWHERE),
                Stretch::new(faults, extents.faults, 0),
                Stretch::new(ears.cast::<Ear>(), extents.ears, Ear::NONE),
                [output, told].map(|at| Stretch::new(at.cast::<[f64; QUANTUM]>(), extents.channels, [0.0; QUANTUM])),
                [hold, lack].map(|at| Stretch::new(at.cast::<f64>(), extents.channels, 0.0)),
            )
        };
        constants.copy_from_slice(parts.constants);
        own_spans.copy_from_slice(parts.spans);
        Box::new(Machine {
            run: parts.run,
            constants,
            spans: own_spans,
            stamp: Stamp::fresh(),
            scratch: Box::new(()),
            faults,
            output,
            hold,
            moderate: false,
            silent: false,
            doze: None,
            told: Told { quantum: told, lack },
            ears,
            beats: parts.beats,
            frozen: Frozen(Arc::new(AtomicBool::new(false))),
            thrown: None,
            quiet_until: 0,
            shape: parts.shape,
            ahead: None,
            home: None,
            keep: parts.keep,
        })
    }

    /// One channel of something that has neither constants nor memory, in room on the heap.
    #[cfg(test)]
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests reserve nothing")]
    pub(crate) fn bare(run: Box<dyn Run>, keep: Box<dyn Any + Send>) -> Box<Machine> {
        let slots = super::parts::Extents { constants: 0, spans: 0, faults: 0, channels: 1, ears: 0 }.slots();
        let mut own = vec![0_u64; slots].into_boxed_slice();
        let (room, constants, spans) = (own.as_mut_ptr(), &[], &[]);
        let keep = Box::new((own, keep));
        let parts =
            Parts { run, constants, spans, faults: 0, channels: 1, shape: None, ears: 0, beats: false, room, keep };
        // SAFETY: the room is as large as it must be and lives in `keep`; there is no other memory.
        unsafe { Machine::new(parts) }
    }

    /// What it keeps alive. Control thread.
    pub fn keep(&self) -> &(dyn Any + Send) {
        &*self.keep
    }

    /// Tells from now on whether the machine has stopped for good. Control thread.
    pub fn frozen(&self) -> Frozen {
        self.frozen.clone()
    }

    /// Bytes of machine code. Control thread.
    pub fn code_bytes(&self) -> usize {
        self.run.code_bytes()
    }

    /// How many channels it gives.
    pub fn channels(&self) -> usize {
        self.hold.len()
    }

    /// Runs the quantum that begins with `frame` on other memory than its own, the listener at the origin, and gives its
    /// samples: channel after channel, [`QUANTUM`] frames each. To be called before the machine is handed over, which is as if
    /// it had not been once it has [rested](Machine::rest_after_rehearsal). Control thread.
    ///
    /// # Safety
    /// As for [`Machine::new`], with `spans` for the machine's own, for the time of the call.
    ///
    /// # Panics
    /// When there are not as many spans as the machine has.
    pub unsafe fn rehearse(&mut self, spans: &[Span], stamp: Stamp, frame: u64, transport: &Transport) -> &[f64] {
        assert!(spans.len() == self.spans.len(), "a span for each memory");
        // SAFETY: the spans are as many as the machine's own, and promised by the caller.
        unsafe { self.run((spans.as_ptr(), stamp), &Moment { frame, position: [0.0; 3], transport }) };
        self.faults.fill(0);
        self.output()
    }

    /// Forgets what it gave when it was rehearsed, so that nobody hears it. Control thread.
    pub fn rest_after_rehearsal(&mut self) {
        self.output.fill([0.0; QUANTUM]);
    }

    /// Renders one quantum into `output`.
    ///
    /// # Safety
    /// The spans are valid, as many as the program has memories, and nobody else uses what they name.
    unsafe fn run(&mut self, (spans, stamp): (*const Span, Stamp), moment: &Moment<'_>) {
        let call = Call {
            constants: self.constants.as_ptr(),
            spans,
            stamp,
            output: self.output.as_flattened_mut().as_mut_ptr(),
            faults: self.faults.as_mut_ptr(),
            ..moment.call(self.beats)
        };
        // SAFETY: the tables live as long as the machine, and `new`'s caller promised their lengths; the spans are promised
        // by this function's caller.
        unsafe { self.run.run(&call) };
    }

    /// The latest quantum: channel after channel.
    pub(super) fn output(&self) -> &[f64] {
        self.output.as_flattened()
    }

    /// The latest quantum of each channel, if no sample is beyond what the mix takes.
    pub(super) fn moderate(&self) -> Option<&[[f64; QUANTUM]]> {
        self.moderate.then_some(&self.output)
    }

    /// Renders one quantum and says how it went. Audio thread.
    ///
    /// A sample that is no number is replaced by the one before it in its channel. A machine that gave one, or panicked, is
    /// frozen: it does not run again and holds its last good samples. What a panic left in its memory stays there, as what
    /// NaN left: its next program takes over what is sound of it.
    pub(super) fn render(&mut self, moment: &Moment<'_>) -> Went {
        if self.is_frozen() {
            self.hold_on();
            return Went::Well;
        }
        if self.sleeps(moment.frame) {
            // What it gave last is what it would give.
            let ends = self.doze.as_ref().is_some_and(|doze| doze.ends(moment.frame));
            return if ends { self.settle(moment) } else { Went::Well };
        }
        let run = self.attempt(moment);
        self.judge(run)
    }

    /// Runs its program for a quantum, if that was not done with others.
    fn attempt(&mut self, moment: &Moment<'_>) -> thread::Result<()> {
        let spans = (self.spans.as_ptr(), self.stamp);
        match self.ahead.take() {
            Some((frame, _)) if frame == moment.frame => Ok(()),
            // SAFETY: the machine's own spans are promised by `new`'s caller.
            _ => catch_unwind(AssertUnwindSafe(|| unsafe { self.run(spans, moment) })),
        }
    }

    /// How a quantum went that was run.
    pub(super) fn judge(&mut self, run: thread::Result<()>) -> Went {
        let went = match run {
            Ok(()) => {
                let samples = mend(&mut self.output, &mut self.hold);
                self.silent = samples == Samples::Silent;
                self.moderate = self.silent || samples == Samples::Moderate;
                if let (false, Some(doze)) = (self.silent, &mut self.doze) {
                    doze.sounded();
                }
                let Samples::Bad(bad) = samples else { return Went::Well };
                Went::NonFinite(bad)
            }
            Err(thrown) => {
                self.thrown = Some(thrown);
                self.moderate = false;
                self.hold_on();
                Went::Panicked
            }
        };
        self.frozen.0.store(true, Ordering::Release);
        went
    }

    /// A quantum of its last good samples.
    fn hold_on(&mut self) {
        for (channel, hold) in self.output.iter_mut().zip(self.hold.iter()) {
            channel.fill(*hold);
        }
    }

    /// Whether it has stopped for good.
    pub(super) fn is_frozen(&self) -> bool {
        self.frozen.get()
    }

    /// Tells `heard` of faults that were counted; what it does not take stays counted. Audio thread.
    pub(super) fn tell_faults(&mut self, frame: u64, mut heard: impl FnMut(u32, u64) -> bool) {
        if frame < self.quiet_until {
            return;
        }
        for (index, count) in self.faults.iter_mut().enumerate() {
            if *count > 0 && heard(index as u32, *count) {
                *count = 0;
                self.quiet_until = frame + Machine::QUIET;
            }
        }
    }

    /// Takes other ears; those that it has no room for are left out. Audio thread.
    pub(super) fn hear(&mut self, ears: &[Ear]) {
        self.ears.iter_mut().zip(ears).for_each(|(own, ear)| *own = *ear);
    }

    /// One of its ears.
    pub(super) fn ear(&self, number: usize) -> Option<Ear> {
        self.ears.get(number).copied()
    }

    /// Where it reads one of its memories in this quantum. Audio thread.
    pub(super) fn lend(&mut self, memory: u32, samples: *const f64) {
        let base = samples.cast_mut().cast();
        if let Some(span) = self.spans.get_mut(memory as usize)
            && span.base != base
        {
            span.base = base;
            self.stamp = Stamp::fresh();
        }
    }

    /// The latest quantum of a channel: what it gave, or what others heard of it where that is `told`.
    pub(super) fn quantum(&self, channel: usize, told: bool) -> Option<&[f64; QUANTUM]> {
        if told { self.told.quantum.get(channel) } else { self.output.get(channel) }
    }

    /// Goes on where others heard `old`, and says how many slots were copied; see [`Told::inherit`]. Audio thread.
    pub(super) fn inherit(&mut self, old: &Machine, told: Option<f64>, stays: bool) -> usize {
        if old.channels() != self.channels() {
            return 0;
        }
        let (heard, level) = told.map_or((&old.output, 1.0), |level| (&old.told.quantum, level));
        self.told.inherit(heard, level, if stays { &old.hold } else { &[] });
        heard.as_flattened().len()
    }

    /// Puts down what others hear of it in this quantum, with `ghost` for the old program; see [`Told::tell`]. Audio thread.
    pub(super) fn tell(&mut self, ghost: Option<&Machine>, heard: impl Fn(usize, f64, f64, f64) -> f64) {
        // Whoever takes it to have other channels than before joins both by himself.
        let output = &self.output;
        let old = ghost.map(|ghost| if ghost.output.len() == output.len() { &*ghost.output } else { &**output });
        self.told.tell(output, old, heard);
    }

    /// From now on it runs on the ghost's spans and keeps their scratch; its own spans travel on in the ghost. Audio thread.
    pub(super) fn haunt(&mut self, ghost: &mut Ghost) {
        mem::swap(&mut self.spans, &mut ghost.spans);
        self.stamp = Stamp::fresh();
        mem::swap(&mut self.scratch, &mut ghost.scratch);
    }
}
