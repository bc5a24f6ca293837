//! Squares of vectors turned, so that rows become columns: as many vectors as one has lanes. It knows no other processors.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]
// A function that uses vectors must be compiled for them as a whole, or each of their operations is a call. All of these take as
// many frames as fill vectors; what else they are promised stands in `transpose`.

use std::arch::x86_64::*;

use crate::ir::call::QUANTUM;

/// Samples in a line of the processor's cache.
const LINE: usize = 8;

/// Asks for what comes in this slot of each row a quantum later.
#[inline(always)]
fn ask<const LANES: usize>(rows: [*const f64; LANES], slot: usize) {
    for row in rows {
        // SAFETY: asking for a place changes nothing, wherever it is.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(row.wrapping_add(QUANTUM + slot).cast()) };
    }
}

/// Asks for the last of each eight slots, whose line of the cache none of the quantum before has where the first is not the first of a line.
#[inline(always)]
fn ask_line<const LANES: usize>(rows: [*const f64; LANES], first: usize) {
    if first.is_multiple_of(LINE) {
        ask(rows, first + LINE - 1);
    }
}

#[target_feature(enable = "avx2")]
pub unsafe fn collect4<const GOES_ON: bool>(rows: &[*const f64], vectors: *mut f64, frames: usize) {
    let Some(&rows) = rows.first_chunk::<4>() else { return };
    for first in (0..frames).step_by(4) {
        if GOES_ON {
            ask_line(rows, first);
        }
        // SAFETY: promised by the caller.
        let block = unsafe { square4(rows.map(|row| row.add(first))) };
        for (frame, block) in block.iter().enumerate() {
            // SAFETY: as above.
            unsafe { _mm256_storeu_pd(vectors.add((first + frame) * 4), *block) };
        }
    }
    if GOES_ON {
        // What is read beyond a quantum.
        ask(rows, frames);
    }
}

#[target_feature(enable = "avx512f")]
pub unsafe fn collect8<const GOES_ON: bool>(rows: &[*const f64], vectors: *mut f64, frames: usize) {
    let Some(&rows) = rows.first_chunk::<8>() else { return };
    for first in (0..frames).step_by(8) {
        if GOES_ON {
            ask_line(rows, first);
        }
        // SAFETY: promised by the caller.
        let block = unsafe { square8(rows.map(|row| row.add(first))) };
        for (frame, block) in block.iter().enumerate() {
            // SAFETY: as above.
            unsafe { _mm512_storeu_pd(vectors.add((first + frame) * 8), *block) };
        }
    }
    if GOES_ON {
        // What is read beyond a quantum.
        ask(rows, frames);
    }
}

#[target_feature(enable = "avx2")]
pub unsafe fn spread4<const GOES_ON: bool>(vectors: *const f64, rows: &[*mut f64], frames: usize) {
    let Some(&rows) = rows.first_chunk::<4>() else { return };
    for first in (0..frames).step_by(4) {
        if GOES_ON {
            ask_line(rows.map(<*mut f64>::cast_const), first);
        }
        // SAFETY: promised by the caller.
        let block = unsafe { square4(std::array::from_fn(|frame| vectors.add((first + frame) * 4))) };
        for (block, row) in block.into_iter().zip(rows) {
            // SAFETY: as above.
            unsafe { _mm256_storeu_pd(row.add(first), block) };
        }
    }
}

#[target_feature(enable = "avx512f")]
pub unsafe fn spread8<const GOES_ON: bool>(vectors: *const f64, rows: &[*mut f64], frames: usize) {
    let Some(&rows) = rows.first_chunk::<8>() else { return };
    for first in (0..frames).step_by(8) {
        if GOES_ON {
            ask_line(rows.map(<*mut f64>::cast_const), first);
        }
        // SAFETY: promised by the caller.
        let block = unsafe { square8(std::array::from_fn(|frame| vectors.add((first + frame) * 8))) };
        for (block, row) in block.into_iter().zip(rows) {
            // SAFETY: as above.
            unsafe { _mm512_storeu_pd(row.add(first), block) };
        }
    }
}

/// Of vectors of eight, too, four lanes by four: wider squares take longer to turn where a processor does them in two turns, and no less
/// elsewhere.
#[target_feature(enable = "avx2")]
pub unsafe fn add_up<const LANES: usize, const SUMS: usize>(
    vectors: *const f64,
    apart: usize,
    count: usize,
    start: Option<f64>,
    sums: [*mut f64; SUMS],
    frames: usize,
) {
    // Two squares at a time, so that no sum waits for the one before.
    let twice = frames - frames % 8;
    for first in (0..frames).step_by(8) {
        // SAFETY: promised by the caller.
        unsafe {
            let (vectors, sums) = (vectors.add(first * LANES), sums.map(|sum| sum.add(first)));
            if first < twice {
                add::<LANES, SUMS, 2>(vectors, apart, count, start, sums);
            } else {
                add::<LANES, SUMS, 1>(vectors, apart, count, start, sums);
            }
        }
    }
}

/// # Safety
/// As for [`add_up`].
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn add<const LANES: usize, const SUMS: usize, const SQUARES: usize>(
    vectors: *const f64,
    apart: usize,
    count: usize,
    start: Option<f64>,
    sums: [*mut f64; SUMS],
) {
    let mut totals = match start {
        Some(start) => [[_mm256_set1_pd(start); SQUARES]; SUMS],
        // SAFETY: promised by the caller.
        None => sums.map(|sum| std::array::from_fn(|square| unsafe { _mm256_loadu_pd(sum.add(square * 4)) })),
    };
    // SAFETY: as above.
    let squares = |first: usize| -> [[__m256d; 4]; SQUARES] {
        std::array::from_fn(|square| unsafe {
            let begins = vectors.add(first / LANES * apart + first % LANES + square * 4 * LANES);
            square4(std::array::from_fn(|frame| begins.add(frame * LANES)))
        })
    };
    let mut add = |squares: [[__m256d; 4]; SQUARES], lane: usize| {
        for total in &mut totals {
            total.iter_mut().zip(squares).for_each(|(total, square)| *total = _mm256_add_pd(*total, square[lane]));
        }
    };
    let whole = count - count % 4;
    for first in (0..whole).step_by(4) {
        let squares = squares(first);
        (0..4).for_each(|lane| add(squares, lane));
    }
    if whole < count {
        let squares = squares(whole);
        (0..count - whole).for_each(|lane| add(squares, lane));
    }
    for (sum, total) in sums.into_iter().zip(totals) {
        for (square, total) in total.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { _mm256_storeu_pd(sum.add(square * 4), total) };
        }
    }
}

#[target_feature(enable = "avx2")]
pub unsafe fn unite4(vectors: *const f64, each: usize, count: usize) -> (bool, u64) {
    let (mut any, mut silent) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for group in 0..count.div_ceil(4) {
        // Several, so that none waits for the one before.
        let mut all = [_mm256_setzero_si256(); 4];
        for first in (0..each).step_by(4) {
            for (number, all) in all.iter_mut().enumerate() {
                // SAFETY: promised by the caller.
                let vector = unsafe { _mm256_loadu_si256(vectors.add((group * each + first + number) * 4).cast()) };
                *all = _mm256_or_si256(*all, vector);
            }
        }
        let all = _mm256_or_si256(_mm256_or_si256(all[0], all[1]), _mm256_or_si256(all[2], all[3]));
        let left = _mm256_set1_epi64x((count - group * 4) as i64);
        let there = _mm256_cmpgt_epi64(left, _mm256_setr_epi64x(0, 1, 2, 3));
        any = _mm256_or_si256(any, _mm256_and_si256(all, there));
        // Without its sign.
        let none = _mm256_cmpeq_epi64(_mm256_add_epi64(all, all), _mm256_setzero_si256());
        silent = _mm256_or_si256(silent, _mm256_and_si256(none, there));
    }
    let mut lanes = [0; 4];
    // SAFETY: there is room for so many.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), any) };
    (_mm256_testz_si256(silent, silent) == 1, lanes.into_iter().fold(0, |any, lane| any | lane))
}

#[target_feature(enable = "avx512f")]
pub unsafe fn unite8(vectors: *const f64, each: usize, count: usize) -> (bool, u64) {
    let (mut any, mut silent) = (_mm512_setzero_si512(), 0);
    for group in 0..count.div_ceil(8) {
        // Several, so that none waits for the one before.
        let mut all = [_mm512_setzero_si512(); 4];
        for first in (0..each).step_by(4) {
            for (number, all) in all.iter_mut().enumerate() {
                // SAFETY: promised by the caller.
                let vector = unsafe { _mm512_loadu_si512(vectors.add((group * each + first + number) * 8).cast()) };
                *all = _mm512_or_si512(*all, vector);
            }
        }
        let all = _mm512_or_si512(_mm512_or_si512(all[0], all[1]), _mm512_or_si512(all[2], all[3]));
        let there = 0xff_u8 >> 8_usize.saturating_sub(count - group * 8);
        any = _mm512_or_si512(any, _mm512_maskz_mov_epi64(there, all));
        // Without its sign.
        silent |= _mm512_mask_testn_epi64_mask(there, all, _mm512_set1_epi64(i64::MAX));
    }
    (silent == 0, _mm512_reduce_or_epi64(any) as u64)
}

/// Puts what lies at as many addresses as a vector has lanes into one, vector after vector. Not lane by lane: what is written in
/// small pieces cannot be read at once before all of them have reached the cache.
#[target_feature(enable = "avx2")]
pub unsafe fn gather4(addresses: &[*mut u64], vectors: &mut [u64]) {
    for (vector, addresses) in vectors.as_chunks_mut::<4>().0.iter_mut().zip(addresses.as_chunks::<4>().0) {
        // SAFETY: promised by the caller.
        unsafe { _mm256_storeu_pd(vector.as_mut_ptr().cast(), four(*addresses)) };
    }
}

#[target_feature(enable = "avx512f")]
pub unsafe fn gather8(addresses: &[*mut u64], vectors: &mut [u64]) {
    for (vector, addresses) in vectors.as_chunks_mut::<8>().0.iter_mut().zip(addresses.as_chunks::<8>().0) {
        let [a, b, c, d, e, f, g, h] = *addresses;
        // SAFETY: promised by the caller.
        unsafe {
            let both = _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(four([a, b, c, d])), four([e, f, g, h]));
            _mm512_storeu_pd(vector.as_mut_ptr().cast(), both);
        }
    }
}

/// What lies at four addresses, whatever bits it is.
///
/// # Safety
/// Something lies there.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn four(addresses: [*mut u64; 4]) -> __m256d {
    let [a, b, c, d] = addresses.map(<*mut u64>::cast::<f64>);
    // SAFETY: promised by the caller.
    unsafe {
        let (low, high) = (_mm_loadh_pd(_mm_load_sd(a), b), _mm_loadh_pd(_mm_load_sd(c), d));
        _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(low), high)
    }
}

/// Four rows of four, turned. Halves meet as they are loaded, because that is no work of the port that moves lanes.
///
/// # Safety
/// Each row has four samples.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn square4(rows: [*const f64; 4]) -> [__m256d; 4] {
    let halves = |one: usize, other: usize, at: usize| {
        // SAFETY: promised by the caller.
        let (low, high) = unsafe { (_mm_loadu_pd(rows[one].add(at)), _mm_loadu_pd(rows[other].add(at))) };
        _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(low), high)
    };
    let (a, b, c, d) = (halves(0, 2, 0), halves(1, 3, 0), halves(0, 2, 2), halves(1, 3, 2));
    [_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b), _mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d)]
}

/// Eight rows of eight, turned.
///
/// # Safety
/// Each row has eight samples.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn square8(rows: [*const f64; 8]) -> [__m512d; 8] {
    let halves = |one: usize, other: usize, at: usize| {
        // SAFETY: promised by the caller.
        let (low, high) = unsafe { (_mm256_loadu_pd(rows[one].add(at)), _mm256_loadu_pd(rows[other].add(at))) };
        _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low), high)
    };
    let four = |at: usize| {
        let (a, b, c, d) = (halves(0, 2, at), halves(1, 3, at), halves(4, 6, at), halves(5, 7, at));
        // Columns with even numbers, and those with odd ones.
        let (even, odd) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
        let (more_even, more_odd) = (_mm512_unpacklo_pd(c, d), _mm512_unpackhi_pd(c, d));
        (
            _mm512_shuffle_f64x2::<0x88>(even, more_even),
            _mm512_shuffle_f64x2::<0x88>(odd, more_odd),
            _mm512_shuffle_f64x2::<0xdd>(even, more_even),
            _mm512_shuffle_f64x2::<0xdd>(odd, more_odd),
        )
    };
    let ((a, b, c, d), (e, f, g, h)) = (four(0), four(4));
    [a, b, c, d, e, f, g, h]
}
