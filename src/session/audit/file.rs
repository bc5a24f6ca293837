//! What a WAV file sounds like. It reads it piece by piece.

use std::path::Path;

use anyhow::Context;
use hound::{SampleFormat, WavReader};

use super::Audited;
use crate::analysis::Listener;

/// How many frames are read in one go.
const PIECE: usize = 4096;

/// Listens to a file, to so many seconds of it if that is said.
///
/// # Errors
/// When it is no WAV file, or the disk refuses.
pub(super) fn heard(path: &Path, seconds: Option<f64>) -> anyhow::Result<Audited> {
    let shown = path.display();
    let mut reader = WavReader::open(path).with_context(|| format!("cannot read {shown}"))?;
    let spec = reader.spec();
    let (rate, channels) = (f64::from(spec.sample_rate), usize::from(spec.channels));
    let whole = u64::from(reader.duration());
    let total = seconds.map_or(whole, |seconds| whole.min((seconds * rate).round() as u64));
    if total == 0 || channels == 0 {
        anyhow::bail!("{shown} holds no sound");
    }
    let mut listener = Listener::new(rate, channels, total);
    let count = total as usize * channels;
    let damaged = || format!("{shown} is damaged");
    match spec.sample_format {
        SampleFormat::Float => {
            let samples = reader.samples::<f32>().map(|sample| sample.map(f64::from));
            hear(&mut listener, channels, samples.take(count)).with_context(damaged)?;
        }
        SampleFormat::Int => {
            let full = f64::from(1_u32 << (spec.bits_per_sample - 1));
            let samples = reader.samples::<i32>().map(|sample| sample.map(|sample| f64::from(sample) / full));
            hear(&mut listener, channels, samples.take(count)).with_context(damaged)?;
        }
    }
    Ok(Audited {
        path: shown.to_string(),
        rate: spec.sample_rate,
        seconds: total as f64 / rate,
        master: listener.figures(),
        signals: Vec::new(),
    })
}

fn hear(
    listener: &mut Listener,
    channels: usize,
    samples: impl Iterator<Item = hound::Result<f64>>,
) -> hound::Result<()> {
    let mut block = vec![Vec::with_capacity(PIECE); channels];
    let flush = |block: &mut Vec<Vec<f64>>, listener: &mut Listener| {
        let slices = block.iter().map(Vec::as_slice).collect::<Vec<_>>();
        listener.hear(&slices);
        block.iter_mut().for_each(Vec::clear);
    };
    for (at, sample) in samples.enumerate() {
        block[at % channels].push(sample?);
        if block[channels - 1].len() == PIECE {
            flush(&mut block, listener);
        }
    }
    if !block[channels - 1].is_empty() {
        flush(&mut block, listener);
    }
    Ok(())
}
