//! How much memory the audio thread copies at most for a save, each bound in one place. It counts nothing itself.
//!
//! All of it in slots of 8 bytes. What a save copies at its boundary is bounded by [`at_once`], what it copies of rings in any one
//! quantum by [`SLICE`] and by 128 more for each ring: 64 that were written meanwhile, and silence over 64 that are too old now.

/// Small state of one signal: its sandbox and the cells of its helpers. A signal that has more is refused.
///
/// It is copied for undo, for what goes on in blocks of another shape, and for the program that fades out: three times
/// 256 KiB at most.
pub const SMALL: usize = 1 << 15;

/// Rooms that go on in larger or smaller ones, of all signals of a save together. They may be written anywhere until the
/// swap, so they are copied in one piece then, which takes the audio thread about a microsecond for a thousand slots. What
/// is more begins anew.
pub const ROOMS: usize = 1 << 22;

/// Rooms that are remembered for undo, of all signals of a file together; what is more begins at rest after an undo.
pub const REMEMBERED_ROOMS: usize = 1 << 16;

/// Rings of one file that are remembered for undo: each is copied a little in every quantum.
pub const REMEMBERED_RINGS: usize = 256;

/// Slots of rings in one quantum, in real time: about 18 of its 1333 microseconds.
pub const SLICE: usize = 1 << 14;

/// Slots of rings that are remembered for undo, in one quantum and of one file, in real time: every ring goes on faster than
/// it is written.
pub const REMEMBERED_SLICE: usize = if SLICE > 128 * REMEMBERED_RINGS { SLICE } else { 128 * REMEMBERED_RINGS };

/// The most that is copied at the boundary of a save that changes the programs of so many signals and remembers so many
/// signals of so many files.
pub const fn at_once(changed: usize, remembered: usize, files: usize) -> usize {
    (2 * changed + remembered) * SMALL + ROOMS + files * REMEMBERED_ROOMS
}
