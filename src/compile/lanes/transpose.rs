//! From a vector in each frame to the samples of each instance. It changes no sample.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

/// Writes lane k of each of `frames` vectors, as wide as there are rows, to row k, frame after frame; rows that are null are
/// left out.
///
/// # Safety
/// There are so many vectors, and every row has room for so many frames; rows do not overlap the vectors.
pub unsafe fn transpose(vectors: *const f64, rows: &[*mut f64], frames: usize) {
    let lanes = rows.len();
    for (lane, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_null()) {
        for frame in 0..frames {
            // SAFETY: promised by the caller.
            unsafe { *row.add(frame) = *vectors.add(frame * lanes + lane) };
        }
    }
}
