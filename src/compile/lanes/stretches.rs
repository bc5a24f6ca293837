//! Brings what windows show of rings side by side, and back. It knows no instances.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::routine::{Term, Width, Window};
use super::table::{Full, Table, Tables};
use super::transpose::{collect, spread};
use super::windows::LONGEST;
use crate::ir::ConstantId;
use crate::ir::call::{Loan, QUANTUM};

/// Slots of a ring, one for each frame, from where a count stands.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// The first slot of the ring; none where nobody has one, which is read as zeros and not written.
    base: *mut u64,
    /// The index of its last slot.
    last: u64,
    /// The slot that counts.
    count: *mut u64,
    /// What is added to it.
    ahead: u64,
}

/// What counts where nobody has a ring; it is only read.
static NOTHING: u64 = 0;

impl Stretch {
    /// Nobody's.
    pub const NONE: Stretch =
        Stretch { base: std::ptr::null_mut(), last: 0, count: (&raw const NOTHING).cast_mut(), ahead: 0 };

    /// What a window shows of an instance, which has its ring in this memory, and the count in this slot of another one.
    ///
    /// # Safety
    /// There is a span for each memory and a row for each constant.
    pub unsafe fn of(window: &Window, seat: &Loan, ring: u32, (memory, at): (u32, u32)) -> Stretch {
        // SAFETY: promised by the caller.
        let constant = |id: ConstantId| unsafe { *seat.constants.add(id.index()) };
        let ahead = window.terms.iter().fold(0_u64, |ahead, (term, taken)| {
            let bits = match term {
                Term::Literal(bits) => *bits,
                Term::Constant(id) => constant(*id),
            };
            if *taken { ahead.wrapping_sub(bits) } else { ahead.wrapping_add(bits) }
        });
        // SAFETY: as above; the slot lies inside its memory.
        let (count, span) = unsafe {
            let count = (*seat.spans.add(memory as usize)).base.add(at as usize);
            (count, *seat.spans.add(ring as usize))
        };
        let (base, last) = match window.written {
            true => (span.write_base, span.write_last),
            false => (span.base, span.last),
        };
        Stretch { base, last, count, ahead }
    }

    /// The index of its first slot now.
    ///
    /// # Safety
    /// The count is valid.
    unsafe fn first(&self) -> u64 {
        // SAFETY: promised by the caller.
        unsafe { *self.count }.wrapping_add(self.ahead) & self.last
    }

    /// The slot of a frame, wherever the ring ends.
    ///
    /// # Safety
    /// As for [`Stretch::first`].
    unsafe fn slot(&self, frame: usize) -> *mut u64 {
        // SAFETY: the place lies inside the ring.
        unsafe { self.base.add((self.first().wrapping_add(frame as u64) & self.last) as usize) }
    }

    /// The count goes on by so many frames.
    ///
    /// # Safety
    /// As for [`Stretch::first`], and nobody else touches it meanwhile.
    pub unsafe fn go_on(&self, frames: u64) {
        if !self.base.is_null() {
            // SAFETY: promised by the caller.
            unsafe { *self.count = (*self.count).wrapping_add(frames) };
        }
    }
}

/// Where so many slots of each stretch lie, and of each a bit: whether it goes round the end of its ring, or is nobody's.
///
/// # Safety
/// As for [`Stretch::first`].
unsafe fn rows(stretches: &[Stretch], frames: usize) -> ([*mut f64; 8], u32) {
    let (mut rows, mut round) = ([std::ptr::null_mut(); 8], 0);
    for (lane, (row, stretch)) in rows.iter_mut().zip(stretches).enumerate() {
        // SAFETY: promised by the caller.
        let first = unsafe { stretch.first() };
        round |= u32::from(first + frames as u64 - 1 > stretch.last) << lane;
        *row = stretch.base.wrapping_add(first as usize).cast();
    }
    (rows, round)
}

/// The lanes whose bits are set.
fn lanes(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        lane
    })
}

/// Asks for the slots of a quantum to come, of which each frame has one: until then they have time to come from far memory.
#[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "other processors are not asked"))]
pub fn prefetch(slot: impl Fn(usize) -> *mut u64) {
    // The last of each eight slots, whose line of the cache none of the quantum before has where the first is not the first of a line.
    #[cfg(target_arch = "x86_64")]
    for frame in (7..QUANTUM).step_by(8) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: asking for a place changes nothing, wherever it is.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(slot(frame).cast()) };
    }
}

/// Room for those that go round the end of their rings.
pub struct Turns {
    rows: Table,
}

impl Turns {
    /// Control thread.
    pub fn new(lanes: usize, room: &Tables) -> Result<Turns, Full> {
        Ok(Turns { rows: room.claim(lanes * LONGEST)? })
    }

    fn row(&mut self, lane: usize) -> *mut u64 {
        self.rows.slots()[lane * LONGEST..].as_mut_ptr()
    }

    /// Puts the frames of the quantum that stands at each place into the vectors of a window, from `first` on; lanes without one
    /// read zeros.
    ///
    /// # Safety
    /// A quantum has so many frames from there on, and so many vectors have room.
    pub unsafe fn collect_quanta(
        &mut self,
        width: Width,
        places: &[*const *mut u64],
        (first, frames): (usize, usize),
        vectors: *mut u64,
    ) {
        let mut rows = [std::ptr::null::<f64>(); 8];
        for (lane, (row, place)) in rows.iter_mut().zip(places).enumerate() {
            // SAFETY: promised by the caller.
            let there = (!place.is_null()).then(|| unsafe { (**place).wrapping_add(first) });
            *row = match there {
                Some(there) if frames == QUANTUM => there.cast(),
                there => {
                    let own = self.row(lane);
                    // SAFETY: the row has a place for each frame.
                    unsafe {
                        own.write_bytes(0, QUANTUM);
                        there.into_iter().for_each(|there| own.copy_from_nonoverlapping(there, frames));
                    }
                    own.cast()
                }
            };
        }
        // SAFETY: each row has a quantum.
        unsafe { collect::<false>(width, &rows[..width.lanes()], vectors.cast(), QUANTUM) };
    }

    /// Puts so many frames of a stretch of each lane into the vectors of a window; lanes without one read zeros.
    ///
    /// # Safety
    /// The rings and their counts are valid, and so many vectors have room.
    pub unsafe fn collect(&mut self, width: Width, stretches: &[Stretch], vectors: *mut u64, frames: usize) {
        // SAFETY: passed on from the caller.
        let (mut rows, round) = unsafe { rows(stretches, frames) };
        for lane in lanes(round) {
            let (turned, stretch) = (self.row(lane), &stretches[lane]);
            for frame in 0..frames {
                // SAFETY: the row has a place for each frame, and the ring is valid.
                unsafe { *turned.add(frame) = if stretch.base.is_null() { 0 } else { *stretch.slot(frame) } };
            }
            rows[lane] = turned.cast();
        }
        // SAFETY: each row has so many frames.
        unsafe { collect::<true>(width, &rows.map(<*mut f64>::cast_const)[..width.lanes()], vectors.cast(), frames) };
    }

    /// Puts the vectors of a window back into the stretch of each lane, as many as there are frames.
    ///
    /// # Safety
    /// As for [`Turns::collect`].
    pub unsafe fn spread(&mut self, width: Width, vectors: *const u64, stretches: &[Stretch], frames: usize) {
        // SAFETY: passed on from the caller.
        let (mut rows, round) = unsafe { rows(stretches, frames) };
        lanes(round).for_each(|lane| rows[lane] = self.row(lane).cast());
        // SAFETY: each row has so many frames.
        unsafe { spread::<true>(width, vectors.cast(), &rows[..width.lanes()], frames) };
        for lane in lanes(round).filter(|lane| !stretches[*lane].base.is_null()) {
            let turned = self.row(lane);
            for frame in 0..frames {
                // SAFETY: as above.
                unsafe { *stretches[lane].slot(frame) = *turned.add(frame) };
            }
        }
    }

    /// Puts the vectors of a window into the frames of the quantum that stands at each place, from `first` on.
    ///
    /// # Safety
    /// As for [`Turns::collect_quanta`].
    pub unsafe fn spread_quanta(
        &self,
        width: Width,
        vectors: *const u64,
        places: &[*const *mut u64],
        (first, frames): (usize, usize),
    ) {
        let mut rows = [std::ptr::null_mut::<f64>(); 8];
        for (row, place) in rows.iter_mut().zip(places).filter(|(_, place)| !place.is_null()) {
            // SAFETY: promised by the caller.
            *row = unsafe { (**place).wrapping_add(first) }.cast();
        }
        // SAFETY: each row has so many frames.
        unsafe { spread::<false>(width, vectors.cast(), &rows[..width.lanes()], frames) };
    }
}
