//! A machine that need not run, because its program rests. When it sleeps is decided by [`Doze`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Machine, Moment, Went};
use crate::engine::doze::Doze;
use crate::engine::sync::Ordering;
use crate::ir::call::{Call, QUANTUM};
use crate::ir::rest::{Desk, Rest};

impl Moment<'_> {
    /// The same of so many of the last frames of this quantum.
    fn end(&self, beats: bool, frames: u64) -> Call {
        let (call, before) = (self.call(beats), QUANTUM as u64 - frames);
        // SAFETY: beats are one more than a quantum.
        let beats = unsafe { call.beats.add(before as usize) };
        Call { frame: call.frame + before, frames, beats, ..call }
    }
}

impl Machine {
    /// From now on it sleeps while its program rests. Control thread, before it is handed over.
    ///
    /// # Safety
    /// It is the program that the machine was made for.
    pub unsafe fn may_sleep(&mut self, rest: Option<Rest>) {
        self.doze = rest.map(Doze::new);
    }

    /// Whether the latest quantum was silent: no other one sleeps.
    pub(in crate::engine) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Finds out whether it sleeps in the quantum that begins now; the latest one was silent. Audio thread.
    pub(in crate::engine) fn doze(&mut self, moment: &Moment, desk: &mut Desk) {
        if let Some(doze) = &mut self.doze
            && !doze.sleeps(moment.frame)
            && !self.frozen.get()
        {
            let (constants, spans) = (self.constants.as_ptr(), self.spans.as_ptr());
            let call = Call { constants, spans, ..moment.call(self.beats) };
            // SAFETY: the machine's own spans are promised by `new`'s caller, and the program by that of `may_sleep`.
            unsafe { doze.look(desk, &call, moment) };
        }
    }

    /// Whether it sleeps in the quantum that begins with a frame.
    pub(in crate::engine) fn sleeps(&self, frame: u64) -> bool {
        self.doze.as_ref().is_some_and(|doze| doze.sleeps(frame))
    }

    /// Its memory becomes what it is at the end of a quantum, which is the latest, although it sleeps. Audio thread.
    pub(in crate::engine) fn settle(&mut self, moment: &Moment) -> Went {
        let Some(doze) = self.doze.as_mut().filter(|_| !self.frozen.get()) else { return Went::Well };
        // SAFETY: as above.
        let tail = unsafe { doze.settle(moment.frame, self.spans.as_ptr()) };
        if tail == 0 {
            return Went::Well;
        }
        let call = Call {
            constants: self.constants.as_ptr(),
            spans: self.spans.as_ptr(),
            stamp: self.stamp,
            output: self.output.as_flattened_mut().as_mut_ptr(),
            faults: self.faults.as_mut_ptr(),
            ..moment.end(self.beats, tail)
        };
        // SAFETY: as in `run`.
        let run = catch_unwind(AssertUnwindSafe(|| unsafe { self.run.run(&call) }));
        self.output.fill([0.0; QUANTUM]);
        match run {
            Ok(()) => Went::Well,
            Err(thrown) => {
                self.thrown = Some(thrown);
                self.frozen.0.store(true, Ordering::Release);
                Went::Panicked
            }
        }
    }

    /// It runs again; its memory is what it is. Audio thread.
    pub(in crate::engine) fn wake(&mut self) {
        self.doze.iter_mut().for_each(Doze::wake);
    }
}
