//! How the channels of a signal reach those of the master, and those of the master a device. It decides levels by no taste: every way has weight one.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::mem;

use super::wide::{add_each, add_to_all, add_within};
use crate::ir::call::QUANTUM;

/// Beyond this magnitude (+120 dB) a sample is cut off, so that no sum of signals and no gain reaches infinity.
pub const LOUDEST: f64 = 1e6;

/// Buffers that all slots use in turn: a quantum of each master channel.
pub struct Room {
    /// What the slot gives.
    pub voice: Box<[f64]>,
    /// What its old program gives.
    pub ghost: Box<[f64]>,
}

/// Lays a signal's channels out on the master's, replacing what `voice` holds. Audio thread.
///
/// One channel goes to all. Of several, channel k goes to master channel k modulo their number; where there are more
/// channels than outputs they add up, each with weight one, as in `mix`. Master channels without a channel are silent.
pub fn spread(output: &[f64], voice: &mut [f64]) {
    let (width, channels) = (voice.len() / QUANTUM, output.len() / QUANTUM);
    if channels == 1 {
        for target in voice.chunks_exact_mut(QUANTUM) {
            for (to, from) in target.iter_mut().zip(output) {
                *to = cut(*from);
            }
        }
        return;
    }
    voice.fill(0.0);
    for (channel, source) in output.chunks_exact(QUANTUM).enumerate() {
        let start = channel % width * QUANTUM;
        for (to, from) in voice[start..start + QUANTUM].iter_mut().zip(source) {
            *to += cut(*from);
        }
    }
}

fn cut(sample: f64) -> f64 {
    sample.clamp(-LOUDEST, LOUDEST)
}

/// Adds a signal to the master under a level per frame. Audio thread.
pub fn add(voice: &[f64], level: &[f64; QUANTUM], master: &mut [f64]) {
    for (to, from) in master.chunks_exact_mut(QUANTUM).zip(voice.chunks_exact(QUANTUM)) {
        for ((to, from), level) in to.iter_mut().zip(from).zip(level) {
            *to += level * from;
        }
    }
}

/// Brings channels to a level per frame. Audio thread.
pub fn scale(master: &mut [f64], level: &[f64; QUANTUM]) {
    for channel in master.chunks_exact_mut(QUANTUM) {
        channel.iter_mut().zip(level).for_each(|(sample, level)| *sample *= level);
    }
}

/// Adds channels to the master as [`spread`] and [`add`] at full level do, bit for bit, if no two of them meet and no sample is beyond
/// [`LOUDEST`]. `last` gets the last sample for each channel of the master. `false` if they meet, and nothing is done. Audio thread.
pub fn add_plain(channels: &[[f64; QUANTUM]], master: &mut [f64], last: &mut [f64]) -> bool {
    let (sums, _) = master.as_chunks_mut();
    match channels {
        [channel] => add_to_all(channel, sums),
        _ if channels.len() <= sums.len() => add_each(channels, sums),
        _ => return false,
    }
    remember_plain(channels.iter().map(|channel| channel[QUANTUM - 1]), last);
    true
}

/// What signals are added to. What stands there before goes with the first of them.
pub struct Sums<'m> {
    master: &'m mut [f64],
    /// Whether nothing was added yet.
    bare: bool,
}

impl<'m> Sums<'m> {
    /// Nothing yet, in place of what the master was.
    pub fn bare(master: &'m mut [f64]) -> Sums<'m> {
        Sums { master, bare: true }
    }

    /// What was added up. Audio thread.
    pub fn master(&mut self) -> &mut [f64] {
        if mem::take(&mut self.bare) {
            self.master.fill(0.0);
        }
        self.master
    }

    /// Adds channels as [`add_plain`] does, of which there are no more than sums, if they sound and no sample is beyond [`LOUDEST`]; says
    /// whether it did. If they are `heard`, every zero of theirs is the positive one from here on. Audio thread.
    pub fn add_sound(&mut self, channels: &mut [[f64; QUANTUM]], heard: bool) -> bool {
        let (sums, _) = self.master.as_chunks_mut();
        let added = add_within(channels, sums, LOUDEST, self.bare, heard);
        self.bare &= !added;
        added
    }
}

/// The last sample for each channel of the master, as [`add_plain`] puts it down, of a signal whose channels gave these last. Audio
/// thread.
pub fn remember_plain(mut channels: impl ExactSizeIterator<Item = f64>, last: &mut [f64]) {
    match (channels.len(), channels.next()) {
        (1, Some(channel)) => last.fill(channel),
        (_, first) => {
            last.fill(0.0);
            last.iter_mut().zip(first.into_iter().chain(channels)).for_each(|(last, channel)| *last += channel);
        }
    }
}

/// Every sample of a voice with its channel, its frame and the value of a line at that frame. Audio thread.
pub fn each(voice: &mut [f64], line: &[f64; QUANTUM], f: impl Fn(usize, usize, f64, f64) -> f64) {
    for (channel, samples) in voice.chunks_exact_mut(QUANTUM).enumerate() {
        for (frame, (sample, value)) in samples.iter_mut().zip(line).enumerate() {
            *sample = f(channel, frame, *sample, *value);
        }
    }
}

/// Keeps the last sample of each channel, as far as it is another than what would be there `instead`. Audio thread.
pub fn remember(voice: &[f64], instead: Option<&[f64]>, last: &mut [f64]) {
    for (channel, last) in last.iter_mut().enumerate() {
        let at = channel * QUANTUM + QUANTUM - 1;
        *last = voice[at] - instead.map_or(0.0, |instead| instead[at]);
    }
}

/// One frame of the master for device channel `channel` of `channels`. Audio thread.
///
/// Master channel k goes to device channel k modulo their number. Where several meet they are averaged, because they are
/// limited already; device channels that none reaches are silent.
pub fn for_device(master: &[f64], frame: usize, channel: usize, channels: usize) -> f64 {
    let width = master.len() / QUANTUM;
    if channel >= width {
        return 0.0;
    }
    if channels >= width {
        return master[channel * QUANTUM + frame];
    }
    let reaching = (channel..width).step_by(channels);
    let count = reaching.len() as f64;
    reaching.map(|from| master[from * QUANTUM + frame]).sum::<f64>() / count
}
