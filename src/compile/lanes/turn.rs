//! Squares of vectors turned, so that rows become columns: as many vectors as one has lanes. It knows no other processors.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]
// A function that uses vectors must be compiled for them as a whole, or each of their operations is a call. All of these take as
// many frames as fill vectors; what else they are promised stands in `transpose`.

use std::arch::x86_64::*;

use crate::ir::call::QUANTUM;

#[target_feature(enable = "avx2")]
pub unsafe fn collect4(rows: &[*const f64], vectors: *mut f64) {
    for first in (0..QUANTUM).step_by(4) {
        // SAFETY: promised by the caller.
        let block = square4(std::array::from_fn(|lane| unsafe { _mm256_loadu_pd(rows[lane].add(first)) }));
        for (frame, block) in block.iter().enumerate() {
            // SAFETY: as above.
            unsafe { _mm256_storeu_pd(vectors.add((first + frame) * 4), *block) };
        }
    }
}

#[target_feature(enable = "avx512f")]
pub unsafe fn collect8(rows: &[*const f64], vectors: *mut f64) {
    for first in (0..QUANTUM).step_by(8) {
        // SAFETY: promised by the caller.
        let block = square8(std::array::from_fn(|lane| unsafe { _mm512_loadu_pd(rows[lane].add(first)) }));
        for (frame, block) in block.iter().enumerate() {
            // SAFETY: as above.
            unsafe { _mm512_storeu_pd(vectors.add((first + frame) * 8), *block) };
        }
    }
}

#[target_feature(enable = "avx2")]
pub unsafe fn spread4(vectors: *const f64, rows: &[*mut f64], frames: usize) {
    for first in (0..frames).step_by(4) {
        // SAFETY: promised by the caller.
        let block = square4(std::array::from_fn(|frame| unsafe { _mm256_loadu_pd(vectors.add((first + frame) * 4)) }));
        for (block, row) in block.iter().zip(rows) {
            // SAFETY: as above.
            unsafe { _mm256_storeu_pd(row.add(first), *block) };
        }
    }
}

#[target_feature(enable = "avx512f")]
pub unsafe fn spread8(vectors: *const f64, rows: &[*mut f64], frames: usize) {
    for first in (0..frames).step_by(8) {
        // SAFETY: promised by the caller.
        let block = square8(std::array::from_fn(|frame| unsafe { _mm512_loadu_pd(vectors.add((first + frame) * 8)) }));
        for (block, row) in block.iter().zip(rows) {
            // SAFETY: as above.
            unsafe { _mm512_storeu_pd(row.add(first), *block) };
        }
    }
}

#[target_feature(enable = "avx2")]
pub unsafe fn add_up4(vectors: *const f64, count: usize, sum: *mut f64, frames: usize) {
    for first in (0..frames).step_by(4) {
        // SAFETY: promised by the caller.
        let block = square4(std::array::from_fn(|frame| unsafe { _mm256_loadu_pd(vectors.add((first + frame) * 4)) }));
        // SAFETY: as above.
        let mut total = unsafe { _mm256_loadu_pd(sum.add(first)) };
        for one in block.iter().take(count) {
            total = _mm256_add_pd(total, *one);
        }
        // SAFETY: as above.
        unsafe { _mm256_storeu_pd(sum.add(first), total) };
    }
}

#[target_feature(enable = "avx512f")]
pub unsafe fn add_up8(vectors: *const f64, count: usize, sum: *mut f64, frames: usize) {
    for first in (0..frames).step_by(8) {
        // SAFETY: promised by the caller.
        let block = square8(std::array::from_fn(|frame| unsafe { _mm512_loadu_pd(vectors.add((first + frame) * 8)) }));
        // SAFETY: as above.
        let mut total = unsafe { _mm512_loadu_pd(sum.add(first)) };
        for one in block.iter().take(count) {
            total = _mm512_add_pd(total, *one);
        }
        // SAFETY: as above.
        unsafe { _mm512_storeu_pd(sum.add(first), total) };
    }
}

/// Four vectors of four, turned.
#[target_feature(enable = "avx2")]
#[inline]
fn square4([a, b, c, d]: [__m256d; 4]) -> [__m256d; 4] {
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
fn square8(rows: [__m512d; 8]) -> [__m512d; 8] {
    let pair = |number: usize| {
        let (one, other) = (rows[2 * number], rows[2 * number + 1]);
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
