//! How a finished program is called, whatever executes it. It owns no memory: all is lent for the call.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::way::Way;

/// Frames of the internal quantum: a program renders at most so many at a time.
pub const QUANTUM: usize = 64;

/// Slots of f64 in every signal's sandbox, `s.state`.
pub const SLOTS_PER_SIGNAL: usize = 128;

/// Beats per minute where nobody says another number.
pub const BPM: f64 = 120.0;

/// What a tempo can be, in beats per minute.
pub const TEMPI: RangeInclusive<f64> = 1.0..=1000.0;

/// Where one memory of a program lies.
///
/// Reads and writes have addresses of their own, so that a program that fades out can read a ring that its
/// successor goes on writing.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// First slot for reading, and for stores at fixed places.
    pub base: *mut u64,
    /// Index of the last slot: a clamped index stays at or below it, a wrapped one is taken `& last`.
    pub last: u64,
    /// First slot for stores at computed places.
    pub write_base: *mut u64,
    /// Index of the last slot for stores at computed places.
    pub write_last: u64,
}

impl Span {
    /// No memory.
    pub const NOWHERE: Span =
        Span { base: std::ptr::null_mut(), last: 0, write_base: std::ptr::null_mut(), write_last: 0 };
}

/// A quantum of silence, for programs that hear nobody.
pub static SILENCE: [f64; QUANTUM] = [0.0; QUANTUM];

impl Span {
    /// A quantum of somebody's samples, to be read only.
    pub fn heard(samples: *const f64) -> Span {
        Span { base: samples.cast_mut().cast(), last: QUANTUM as u64 - 1, ..Span::NOWHERE }
    }
}

// SAFETY: a span is an address and a length; who may use it, and when, is the promise of `Run::run`'s caller.
unsafe impl Send for Span {}
// SAFETY: as above; sharing the address itself is harmless.
unsafe impl Sync for Span {}

/// Tells one set of constants and spans from every other one: as long as it is the same, nothing lies elsewhere.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u64);

impl Stamp {
    /// Of nothing that is lent.
    pub const NONE: Stamp = Stamp(0);

    /// One that was never given before. Any thread.
    pub fn fresh() -> Stamp {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Stamp(NEXT.fetch_add(1, Relaxed))
    }
}

/// What a program is lent for a run of frames.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The table of constants, 64 bits each.
    pub constants: *const u64,
    /// One span for each memory of the program.
    pub spans: *const Span,
    /// Samples: channel after channel, [`QUANTUM`] frames apart.
    pub output: *mut f64,
    /// One counter for each fault of the program.
    pub faults: *mut u64,
    /// The listener: x, y, z.
    pub position: *const f64,
    /// Where the transport is, in beats: in the frame before the first, then in each frame; one more than [`QUANTUM`].
    pub beats: *const f64,
    /// Beats per minute.
    pub tempo: f64,
    /// Number of the first frame since the engine started.
    pub frame: u64,
    /// How many frames to render, 1 to [`QUANTUM`].
    pub frames: u64,
    /// Of the constants and the spans.
    pub stamp: Stamp,
}

impl Call {
    /// Does this with the same as one call or as two, of which each lies in one quantum.
    #[inline]
    pub fn in_quanta(&self, mut each: impl FnMut(&Call)) {
        let first = QUANTUM as u64 - self.frame % QUANTUM as u64;
        if self.frames <= first {
            // Mostly so, and a copy would wait until what it copies is written.
            return each(self);
        }
        // What comes before a place that the call has lies in it, too.
        let (output, beats) = (self.output.wrapping_add(first as usize), self.beats.wrapping_add(first as usize));
        each(&Call { frames: first, ..*self });
        each(&Call { frame: self.frame + first, frames: self.frames - first, output, beats, ..*self });
    }
}

/// Machine code of a program.
pub type Entry = unsafe extern "C" fn(*const Call);

/// Something that renders a program's frames.
pub trait Run: Send {
    /// Renders `call.frames` frames; the constants are the same in every call. Neither allocates nor blocks. Audio thread.
    ///
    /// # Safety
    /// The tables of `call` must have the lengths that the program names, all addresses must be valid for the
    /// whole call, and nobody else may touch that memory meanwhile.
    unsafe fn run(&mut self, call: &Call);

    /// Bytes of machine code, 0 where there is none. Control thread.
    fn code_bytes(&self) -> usize;

    /// What kind of code it is: one number at a time, if it does not say something else. Control thread.
    fn way(&self) -> Way {
        Way::Scalar
    }
}

/// What one of several programs is lent for a run; all else is in the [`Call`] that they share.
#[derive(Clone, Copy, Debug)]
pub struct Loan {
    /// Its table of constants: in every run the same.
    pub constants: *const u64,
    /// One span for each memory.
    pub spans: *const Span,
    /// Of both.
    pub stamp: Stamp,
    /// Its samples: channel after channel, [`QUANTUM`] frames apart.
    pub output: *mut f64,
    /// The last sample of each channel, for whoever adds its samples up; null where nobody does.
    pub last: *mut f64,
}

// SAFETY: as for spans.
unsafe impl Send for Loan {}

/// Something that renders several programs of one shape at once. What a program gives and leaves behind is, bit for bit, what it
/// gives alone.
pub trait RunMany: Send {
    /// How many programs have room.
    fn seats(&self) -> usize;

    /// What kind of code it is. Control thread.
    fn way(&self) -> Way;

    /// Looks up before it is handed over where what a program has lies, for the runs in which it is lent this. Control thread.
    ///
    /// # Safety
    /// As for [`Run::run`], but the memory that the spans name may be anybody's.
    unsafe fn expect(&mut self, number: usize, loan: Loan);

    /// Lends a program what it needs in the runs to come, or takes its place away. Audio thread.
    fn lend(&mut self, number: usize, loan: Option<Loan>);

    /// Renders `call.frames` frames of every program that was lent something; of `call` it reads neither constants nor spans,
    /// and writes no output. Neither allocates nor blocks. Audio thread.
    ///
    /// # Safety
    /// As for [`Run::run`], for each program.
    unsafe fn run(&mut self, call: &Call);

    /// As [`RunMany::run`], for all seats, but adds what each program gives, one after the other, to the sums instead of writing it to its
    /// output, and puts down the last sample of each channel. A single channel goes to all sums, and of several each to its own, of which
    /// there are as many at least. Ends with the first programs of which one is silent, or gives samples that are no numbers or that
    /// together are beyond `bound`: these and all behind them have their samples as after [`RunMany::run`]. Says how many are before
    /// them.
    ///
    /// # Safety
    /// As for [`RunMany::run`]; every seat was lent something, and with it where the last samples go.
    unsafe fn run_into(&mut self, call: &Call, sums: &mut [[f64; QUANTUM]], bound: f64) -> usize;
}
