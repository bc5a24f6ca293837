//! From a vector in each frame to the samples of each instance, or to their sum. It changes no sample.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::routine::Width;

/// Writes lane k of each of `frames` vectors to row k, frame after frame; rows that are null are left out.
///
/// # Safety
/// The processor has such vectors; there are so many of them; every row has room for so many frames; rows do not overlap the
/// vectors.
pub unsafe fn spread(width: Width, vectors: *const f64, rows: &[*mut f64], frames: usize) {
    let lanes = width.lanes();
    let whole = frames - frames % lanes;
    let complete = rows.len() == lanes && rows.iter().all(|row| !row.is_null());
    let start = if complete { whole } else { 0 };
    for first in (0..start).step_by(lanes) {
        // SAFETY: promised by the caller.
        unsafe {
            match width {
                Width::Four => {
                    let block = square4(vectors.add(first * lanes));
                    block.iter().zip(rows).for_each(|(block, row)| _mm256_storeu_pd(row.add(first), *block));
                }
                Width::Eight => {
                    let block = square8(vectors.add(first * lanes));
                    block.iter().zip(rows).for_each(|(block, row)| _mm512_storeu_pd(row.add(first), *block));
                }
            }
        }
    }
    for (lane, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_null()) {
        for frame in start..frames {
            // SAFETY: as above.
            unsafe { *row.add(frame) = *vectors.add(frame * lanes + lane) };
        }
    }
}

/// Adds the first `count` lanes of each of `frames` vectors, one after the other, to the sum of that frame.
///
/// # Safety
/// As for [`spread`]; the sum has a place for each frame.
pub unsafe fn add_up(width: Width, vectors: *const f64, count: usize, sum: *mut f64, frames: usize) {
    let lanes = width.lanes();
    let whole = frames - frames % lanes;
    for first in (0..whole).step_by(lanes) {
        // SAFETY: promised by the caller.
        unsafe {
            let sum = sum.add(first);
            match width {
                Width::Four => {
                    let block = square4(vectors.add(first * lanes));
                    let mut total = _mm256_loadu_pd(sum);
                    block.iter().take(count).for_each(|one| total = _mm256_add_pd(total, *one));
                    _mm256_storeu_pd(sum, total);
                }
                Width::Eight => {
                    let block = square8(vectors.add(first * lanes));
                    let mut total = _mm512_loadu_pd(sum);
                    block.iter().take(count).for_each(|one| total = _mm512_add_pd(total, *one));
                    _mm512_storeu_pd(sum, total);
                }
            }
        }
    }
    for frame in whole..frames {
        for lane in 0..count {
            // SAFETY: as above.
            unsafe { *sum.add(frame) += *vectors.add(frame * lanes + lane) };
        }
    }
}

/// Four vectors of four, turned.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn square4(vectors: *const f64) -> [__m256d; 4] {
    // SAFETY: the caller has four vectors there.
    let row = |number: usize| unsafe { _mm256_loadu_pd(vectors.add(number * 4)) };
    let [a, b, c, d] = [row(0), row(1), row(2), row(3)];
    let (ab, cd) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
    let (ba, dc) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
    [
        _mm256_permute2f128_pd::<0x20>(ab, cd),
        _mm256_permute2f128_pd::<0x20>(ba, dc),
        _mm256_permute2f128_pd::<0x31>(ab, cd),
        _mm256_permute2f128_pd::<0x31>(ba, dc),
    ]
}

/// Eight vectors of eight, turned.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn square8(vectors: *const f64) -> [__m512d; 8] {
    // SAFETY: the caller has eight vectors there.
    let row = |number: usize| unsafe { _mm512_loadu_pd(vectors.add(number * 8)) };
    let pair = |number: usize| {
        let (one, other) = (row(2 * number), row(2 * number + 1));
        (_mm512_unpacklo_pd(one, other), _mm512_unpackhi_pd(one, other))
    };
    let [(a, b), (c, d), (e, f), (g, h)] = [pair(0), pair(1), pair(2), pair(3)];
    // Pairs of columns, by quarters: even lanes in the first of each, odd ones in the second.
    let even = [
        _mm512_shuffle_f64x2::<0x88>(a, c),
        _mm512_shuffle_f64x2::<0xdd>(a, c),
        _mm512_shuffle_f64x2::<0x88>(e, g),
        _mm512_shuffle_f64x2::<0xdd>(e, g),
    ];
    let odd = [
        _mm512_shuffle_f64x2::<0x88>(b, d),
        _mm512_shuffle_f64x2::<0xdd>(b, d),
        _mm512_shuffle_f64x2::<0x88>(f, h),
        _mm512_shuffle_f64x2::<0xdd>(f, h),
    ];
    [
        _mm512_shuffle_f64x2::<0x88>(even[0], even[2]),
        _mm512_shuffle_f64x2::<0x88>(odd[0], odd[2]),
        _mm512_shuffle_f64x2::<0x88>(even[1], even[3]),
        _mm512_shuffle_f64x2::<0x88>(odd[1], odd[3]),
        _mm512_shuffle_f64x2::<0xdd>(even[0], even[2]),
        _mm512_shuffle_f64x2::<0xdd>(odd[0], odd[2]),
        _mm512_shuffle_f64x2::<0xdd>(even[1], even[3]),
        _mm512_shuffle_f64x2::<0xdd>(odd[1], odd[3]),
    ]
}
