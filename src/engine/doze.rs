//! A machine's sleep: for how long its program is known to rest, and when it is looked at again. What it would have done is made up for when somebody wants its memory.
//!
//! A program is looked at only after a quantum of silence. Where it rests, the next look is at a span twice as long; where it does not,
//! at one a quarter as long, and if that is a quantum, after a pause that doubles from time to time.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::machine::Moment;
use crate::ir::call::{Call, QUANTUM, Span};
use crate::ir::rest::{Ahead, Desk, Look, Rest};

/// Frames of the longest span: some seconds.
const LONGEST: u64 = 1 << 18;
/// Quanta of the longest pause.
const PATIENCE: u64 = 256;
/// Frames of a quantum.
const STEP: u64 = QUANTUM as u64;

/// Whether a machine sleeps.
pub(super) struct Doze {
    rest: Rest,
    /// It sleeps in all frames below this one.
    until: u64,
    /// The first frame of which its memory knows nothing yet.
    done: u64,
    /// Frames of the next span.
    span: u64,
    /// Before this frame it is not looked at.
    next: u64,
    /// Quanta of the next pause.
    pause: u64,
}

impl Doze {
    /// Awake. Control thread.
    pub fn new(rest: Rest) -> Doze {
        Doze { rest, until: 0, done: 0, span: STEP, next: 0, pause: 1 }
    }

    /// Whether it sleeps in the quantum that begins with a frame.
    pub fn sleeps(&self, frame: u64) -> bool {
        frame < self.until
    }

    /// It made a sound: once it is silent it is looked at at once.
    pub fn sounded(&mut self) {
        (self.next, self.pause, self.span) = (0, 1, STEP);
    }

    /// It does not sleep any more. Its memory must be up to date.
    pub fn wake(&mut self) {
        self.until = 0;
    }

    /// Finds out whether it sleeps in the quantum that begins now, after one of silence and awake. Audio thread.
    ///
    /// # Safety
    /// As for [`Rest::look`]; its memory is up to date.
    pub unsafe fn look(&mut self, desk: &mut Desk, call: &Call, moment: &Moment<'_>) {
        let frame = moment.frame;
        if frame < self.next {
            return;
        }
        let beat = if self.rest.reads_beats() { moment.transport.ahead(self.span - 1) } else { 0.0 };
        // SAFETY: passed on from the caller.
        match unsafe { self.rest.look(desk, call, Ahead { frames: self.span, beat }) } {
            Look::Rests => {
                (self.until, self.done) = (frame + self.span, frame);
                self.span = (2 * self.span).min(LONGEST);
                self.pause = 1;
            }
            Look::Stirs if self.span > STEP => {
                self.span = (self.span / 4).max(STEP);
                self.next = frame + STEP;
            }
            Look::Stirs => {
                self.next = frame + self.pause * STEP;
                self.pause = (2 * self.pause).min(PATIENCE);
            }
            Look::Later => {}
        }
    }

    /// Its memory becomes what it would be at the end of the quantum that begins with a frame and in which it sleeps, or did, once so many
    /// of the last frames of that quantum have been run; none if there is nothing to be made up for. Audio thread.
    ///
    /// # Safety
    /// As for [`Rest::pass`].
    pub unsafe fn settle(&mut self, frame: u64, spans: *const Span) -> u64 {
        let end = frame + STEP;
        if !self.sleeps(frame) || end <= self.done {
            return 0;
        }
        let tail = self.rest.tail();
        // SAFETY: passed on from the caller.
        unsafe { self.rest.pass(spans, end - self.done - tail) };
        self.done = end;
        tail
    }

    /// Whether the quantum is the last one in which it sleeps.
    pub fn ends(&self, frame: u64) -> bool {
        self.sleeps(frame) && frame + STEP >= self.until
    }
}
