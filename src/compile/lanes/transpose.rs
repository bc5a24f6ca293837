//! From a vector in each frame to the samples of each instance, or to their sum. It changes no sample.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::routine::Width;
#[cfg(target_arch = "x86_64")]
use super::turn;
use crate::dsp::magnitude::are_heard;

/// Writes lane k of each of `frames` vectors to row k, frame after frame; rows that are null are left out. If it `goes_on`, what comes
/// a quantum later in each row is asked for, so that it has time to come from far memory.
///
/// # Safety
/// The processor has such vectors; there are so many of them; every row has room for so many frames; rows do not overlap the
/// vectors.
pub unsafe fn spread<const GOES_ON: bool>(width: Width, vectors: *const f64, rows: &[*mut f64], frames: usize) {
    let lanes = width.lanes();
    let complete = rows.len() == lanes && rows.iter().all(|row| !row.is_null());
    let start = if complete { turned(width, frames) } else { 0 };
    // SAFETY: promised by the caller.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        match width {
            Width::Two => {}
            Width::Four => turn::spread4::<GOES_ON>(vectors, rows, start),
            Width::Eight => turn::spread8::<GOES_ON>(vectors, rows, start),
        }
    }
    for (lane, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_null()) {
        for frame in start..frames {
            // SAFETY: as above.
            unsafe { *row.add(frame) = *vectors.add(frame * lanes + lane) };
        }
    }
}

/// Puts so many frames of each row, one after the other, into the lanes of a vector. What comes later is asked for as [`spread`] does.
///
/// # Safety
/// The processor has such vectors; there are as many rows as lanes, each of so many frames, and room for as many vectors; they do
/// not overlap.
pub unsafe fn collect<const GOES_ON: bool>(width: Width, rows: &[*const f64], vectors: *mut f64, frames: usize) {
    let whole = turned(width, frames);
    // SAFETY: promised by the caller.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        match width {
            Width::Two => {}
            Width::Four => turn::collect4::<GOES_ON>(rows, vectors, whole),
            Width::Eight => turn::collect8::<GOES_ON>(rows, vectors, whole),
        }
    }
    for frame in whole..frames {
        for (lane, row) in rows.iter().enumerate() {
            // SAFETY: as above.
            unsafe { *vectors.add(frame * width.lanes() + lane) = *row.add(frame) };
        }
    }
}

/// Adds the first `count` lanes of each frame, one after the other, to that frame of each of one or two sums, or to what they start
/// with. Each group has `frames` vectors, and begins so many samples `apart` from the one before.
///
/// # Safety
/// As for [`spread`]; a sum has a place for each frame.
pub unsafe fn add_up(
    width: Width,
    (vectors, apart): (*const f64, usize),
    count: usize,
    start: Option<f64>,
    sums: &[*mut f64],
    frames: usize,
) {
    let whole = turned(width, frames);
    for (sum, start) in sums.iter().flat_map(|sum| start.map(|start| (sum, start))) {
        // SAFETY: promised by the caller.
        unsafe { std::slice::from_raw_parts_mut(sum.add(whole), frames - whole) }.fill(start);
    }
    if width == Width::Two {
        // SAFETY: passed on from the caller.
        return unsafe { add_up2((vectors, apart), count, sums, frames) };
    }
    let lanes = width.lanes();
    // SAFETY: promised by the caller.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        match (width, sums) {
            (Width::Two, _) => {}
            (Width::Four, &[sum]) => turn::add_up::<4, _>(vectors, apart, count, start, [sum], whole),
            (Width::Four, &[sum, other, ..]) => turn::add_up::<4, _>(vectors, apart, count, start, [sum, other], whole),
            (Width::Eight, &[sum]) => turn::add_up::<8, _>(vectors, apart, count, start, [sum], whole),
            (Width::Eight, &[sum, other, ..]) => {
                turn::add_up::<8, _>(vectors, apart, count, start, [sum, other], whole)
            }
            (_, []) => {}
        }
    }
    for frame in whole..frames {
        for lane in 0..count {
            for sum in sums {
                // SAFETY: as above.
                unsafe { *sum.add(frame) += *vectors.add(lane / lanes * apart + frame * lanes + lane % lanes) };
            }
        }
    }
}

/// [`add_up`] of vectors of two: group after group, so that frames go side by side.
///
/// # Safety
/// As for [`add_up`].
unsafe fn add_up2((vectors, apart): (*const f64, usize), count: usize, sums: &[*mut f64], frames: usize) {
    for group in 0..count.div_ceil(2) {
        // SAFETY: promised by the caller.
        let vectors = unsafe { pairs(vectors.add(group * apart), frames) };
        for sum in sums {
            // SAFETY: as above.
            let sum = unsafe { std::slice::from_raw_parts_mut(*sum, frames) }.iter_mut().zip(vectors);
            match count - group * 2 {
                1 => sum.for_each(|(sum, [one, _])| *sum += one),
                _ => sum.for_each(|(sum, [one, other])| *sum = *sum + one + other),
            }
        }
    }
}

/// So many vectors of two.
///
/// # Safety
/// There are so many.
unsafe fn pairs<'v>(vectors: *const f64, frames: usize) -> &'v [[f64; 2]] {
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts(vectors.cast(), frames) }
}

/// Whether each of the first `count` lanes has a vector in which it is not 0, and the bits that they have in any. Each group has as many
/// vectors, a multiple of four, and follows the one before.
///
/// # Safety
/// As for [`spread`].
pub unsafe fn unite(width: Width, vectors: *const f64, each: usize, count: usize) -> (bool, u64) {
    // SAFETY: promised by the caller.
    #[cfg(target_arch = "x86_64")]
    match width {
        Width::Two => {}
        Width::Four => return unsafe { turn::unite4(vectors, each, count) },
        Width::Eight => return unsafe { turn::unite8(vectors, each, count) },
    }
    let (lanes, mut united) = (width.lanes(), (true, 0));
    for first in (0..count).step_by(lanes) {
        let mut all = [0; 8];
        // SAFETY: promised by the caller.
        let group = unsafe { std::slice::from_raw_parts(vectors.add(first * each), each * lanes) };
        for vector in group.chunks_exact(lanes) {
            all.iter_mut().zip(vector).for_each(|(all, sample)| *all |= sample.to_bits());
        }
        let there = &all[..lanes.min(count - first)];
        united = there.iter().fold(united, |(heard, any), bits| (heard & are_heard(*bits), any | bits));
    }
    united
}

/// Whether no sample of the first `count` lanes is beyond `bound`; what is no number is beyond all. Groups are those of [`unite`].
///
/// # Safety
/// As for [`spread`].
pub unsafe fn within(width: Width, vectors: *const f64, each: usize, count: usize, bound: f64) -> bool {
    let lanes = width.lanes();
    // SAFETY: promised by the caller.
    let all = unsafe { std::slice::from_raw_parts(vectors, count.div_ceil(lanes) * each * lanes) };
    let mut groups = all.chunks_exact(each * lanes).zip((0..count).step_by(lanes));
    groups.all(|(group, first)| {
        let there = lanes.min(count - first);
        group.chunks_exact(lanes).all(|vector| vector[..there].iter().all(|sample| sample.abs() <= bound))
    })
}

/// How many frames, from the first, are turned in vectors: as many vectors as one has lanes at a time.
fn turned(width: Width, frames: usize) -> usize {
    if cfg!(target_arch = "x86_64") && width != Width::Two { frames - frames % width.lanes() } else { 0 }
}
