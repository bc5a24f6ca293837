//! What becomes of the samples of a chunk: each instance has its own, or they are added up. It runs nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::ops::Range;

use super::{Bank, Mix};
use crate::compile::lanes::transpose::{add_up, spread, unite, within};
use crate::dsp::magnitude::are_within;
use crate::ir::call::QUANTUM;

impl Bank {
    /// The samples of a channel of a group of the present chunk, a vector for each frame.
    fn samples(&mut self, number: usize, channel: usize) -> *const f64 {
        let routine = &self.kernel.routine;
        let first = (number * routine.channels as usize + channel) * QUANTUM * routine.width.lanes();
        // SAFETY: the table has so many vectors.
        unsafe { self.output.start().add(first).cast() }
    }

    /// Adds the samples of a chunk to what they go into, and puts down the last ones, if they all are what [`RunMany::run_into`] adds.
    ///
    /// # Safety
    /// As for `run_into`.
    pub(super) unsafe fn add(&mut self, chunk: Range<usize>, frames: usize, mix: &mut Mix<'_>) -> bool {
        let (width, channels) = (self.kernel.routine.width, self.kernel.routine.channels as usize);
        let lanes = width.lanes();
        let instances = chunk.start * lanes..self.seats.len().min(chunk.end * lanes);
        let groups = channels * QUANTUM * lanes;
        // A group's channels lie one behind the other only where they are full; of less than a quantum nothing is added.
        if frames != QUANTUM {
            return false;
        }
        let (vectors, each) = (self.samples(0, 0), channels * QUANTUM);
        // SAFETY: there is a vector for each frame of each channel.
        let (heard, bits) = unsafe { unite(width, vectors, each, instances.len()) };
        // SAFETY: as above.
        let within = || unsafe { within(width, vectors, each, instances.len(), mix.bound) };
        if !heard || !are_within(bits, mix.bound) && !within() {
            return false;
        }
        for channel in 0..channels {
            let vectors = self.samples(0, channel);
            let sums = if channels == 1 { &mut *mix.sums } else { &mut mix.sums[channel..=channel] };
            for sums in sums.chunks_mut(2) {
                let mut places = [std::ptr::null_mut(); 2];
                places.iter_mut().zip(&mut *sums).for_each(|(place, sum)| *place = sum.as_mut_ptr());
                // SAFETY: as above; a sum has QUANTUM frames.
                unsafe { add_up(width, (vectors, groups), instances.len(), None, &places[..sums.len()], frames) };
            }
            for (number, seats) in self.seats[instances.clone()].chunks(lanes).enumerate() {
                for (lane, seat) in seats.iter().enumerate().filter_map(|(lane, seat)| Some((lane, seat.as_ref()?))) {
                    let last = number * groups + (frames - 1) * lanes + lane;
                    // SAFETY: as above; there is a place for the last sample of each channel. No zero has a sign from here on.
                    unsafe { *seat.last.add(channel) = *vectors.add(last) + 0.0 };
                }
            }
        }
        true
    }

    /// Gives the instances of a chunk their samples.
    ///
    /// # Safety
    /// As for `run`.
    pub(super) unsafe fn give(&mut self, chunk: Range<usize>, frames: usize) {
        let (width, channels) = (self.kernel.routine.width, self.kernel.routine.channels as usize);
        let lanes = width.lanes();
        if let (false, Some(Some(first))) = (self.starts.is_empty(), self.seats.first().copied()) {
            let count = self.seats.len().min(chunk.end * lanes) - chunk.start * lanes;
            for channel in 0..channels {
                let vectors = self.samples(0, channel);
                let start = (chunk.start == 0).then_some(self.starts[channel]);
                // SAFETY: the table has so many vectors; an output has QUANTUM frames for each channel, and lies in no table.
                unsafe {
                    let sum = first.output.add(channel * QUANTUM);
                    add_up(width, (vectors, channels * QUANTUM * lanes), count, start, &[sum], frames);
                }
            }
            return;
        }
        for (number, group) in chunk.enumerate() {
            for channel in 0..channels {
                let vectors = self.samples(number, channel);
                let seats = &self.seats[group * lanes..self.seats.len().min((group + 1) * lanes)];
                let mut rows = [std::ptr::null_mut(); 8];
                let given = self.given[group * lanes * channels + channel..].iter().step_by(channels);
                for ((row, seat), begins) in rows.iter_mut().zip(seats).zip(given) {
                    // SAFETY: an output has QUANTUM frames for each channel.
                    *row = seat.map_or(std::ptr::null_mut(), |seat| unsafe { seat.output.add(*begins) });
                }
                // SAFETY: there is a vector for each frame, and each row has so many frames.
                unsafe { spread::<false>(width, vectors, &rows[..lanes], frames) };
            }
        }
    }
}
