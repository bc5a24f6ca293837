//! Whether a signal rests: whether it is certain that, for so many frames, it gives nothing but zeros and leaves its memory as it is. It judges no level and renders nothing.
//!
//! The program is run once over what is known of all frames of a span at a time: a value is known to the bit, or it lies within a
//! range. What the program stores must be what is there already, but for *moving* slots:
//!
//! * a count grows by the same in each frame, so it is known for any frame ahead;
//! * a slot that is *derived* is written anew in each frame from counts and from what stays. What it holds at the end of a span is
//!   known once the last few frames are run: as many as derived slots feed each other in a row.
//!
//! If under these assumptions every channel is zero, no fault occurs and every store keeps to them, they hold for all frames of
//! the span, one after the other.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

pub mod int;
mod look;
mod moving;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "it works for the control thread"
)]
mod plan;
pub mod real;
pub mod value;

use std::sync::Arc;

use super::Program;
use super::call::{Call, Span};
use moving::Moving;
use plan::Plan;
use value::Value;

/// Beyond so many instructions a program is never looked through.
pub const LONGEST: usize = 2048;

/// How often one look runs a program at most: what is assumed of counts and of derived slots is found by running it.
const PASSES: usize = 4;

/// Room for the values of a program that is looked through; one is enough for all.
pub struct Desk {
    values: Box<[Value]>,
    given: Box<[Value]>,
    /// How many instructions may still be run in this quantum.
    fuel: usize,
}

impl Desk {
    /// How many instructions are run over ranges in a quantum at most: what is left of them is left for the next one.
    pub const FUEL: usize = 2 * LONGEST;

    /// Parameters of a block at most.
    const PARAMETERS: usize = 64;

    /// Bytes of a desk.
    pub const BYTES: usize = size_of::<Desk>() + (LONGEST + Desk::PARAMETERS) * size_of::<Value>();

    /// Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "reserved at start")]
    pub fn reserve() -> Desk {
        let values = |count: usize| vec![Value::Known(0); count].into_boxed_slice();
        Desk { values: values(LONGEST), given: values(Desk::PARAMETERS), fuel: 0 }
    }

    /// A quantum begins. Audio thread.
    pub fn begin(&mut self) {
        self.fuel = Desk::FUEL;
    }
}

/// A program that may rest, and what is known of it.
pub struct Rest {
    program: Arc<Program>,
    plan: Plan,
    moving: Box<[Moving]>,
}

/// The frames of a span, as far as a call does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    /// How many: at least one.
    pub frames: u64,
    /// Where the transport is in the last of them, in beats.
    pub beat: f64,
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It rests for all of the span.
    Rests,
    /// It may sound, or move what cannot be foreseen.
    Stirs,
    /// There was no time to find out.
    Later,
}

impl Rest {
    /// What is to be known of a valid program, if it may ever rest. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn of(program: &Arc<Program>) -> Option<Rest> {
        let straight = super::straighten(program).map(Arc::new);
        let program = straight.unwrap_or_else(|| Arc::clone(program));
        let most = program.blocks.iter().map(|block| block.parameters.len()).max()?;
        if program.insts.len() > LONGEST || most > Desk::PARAMETERS {
            return None;
        }
        let (plan, moving) = Plan::of(&program)?;
        Some(Rest { program, plan, moving })
    }

    /// Whether its program reads where the transport is.
    pub fn reads_beats(&self) -> bool {
        self.plan.beats
    }

    /// How many frames must be run at the end of the span that was looked at last: at most [`Rest::TAIL`].
    pub fn tail(&self) -> u64 {
        self.moving.iter().map(Moving::level).max().unwrap_or(0)
    }

    /// How many frames must be run at the end of a span at most.
    pub const TAIL: u64 = 16;

    /// Counts move on by so many frames of the span that was looked at last. Audio thread.
    ///
    /// # Safety
    /// There is a span for each memory of the program, they are valid, and nobody else uses what they name.
    pub unsafe fn pass(&self, spans: *const Span, frames: u64) {
        for moving in &self.moving {
            // SAFETY: passed on from the caller; fixed places lie inside their memory.
            unsafe { moving.pass((*spans.add(moving.memory.index())).base.add(moving.at as usize), frames) };
        }
    }

    /// Blocks of the heap that it keeps.
    pub fn blocks(&self) -> usize {
        usize::from(!self.moving.is_empty()) + self.plan.blocks()
    }
}

impl Rest {
    /// Whether the program rests in the frames of a span, of which `call` tells the first. Neither allocates nor blocks. Call it with
    /// denormals flushed. Audio thread.
    ///
    /// # Safety
    /// As for [`Run::run`](super::call::Run::run), but nothing is written and there is no output.
    pub unsafe fn look(&mut self, desk: &mut Desk, call: &Call, ahead: Ahead) -> Look {
        // SAFETY: passed on from the caller.
        unsafe { look::look(self, desk, call, ahead) }
    }
}
