//! How the channels of a signal reach those of the master, and those of the master a device. It decides levels by no taste: every way has weight one.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::ir::call::QUANTUM;

/// Beyond this magnitude (+120 dB) a sample is cut off, so that no sum of signals and no gain reaches infinity.
pub const LOUDEST: f64 = 1e6;

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
