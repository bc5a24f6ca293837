//! `aither render`: scripts to a WAV file, faster than real time, in constant memory whatever the length.

use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use hound::{SampleFormat, WavSpec, WavWriter};
use indicatif::{ProgressBar, ProgressStyle};

use super::performance::Player;
use super::stems::Stems;
use super::{Failed, Performance, Settings, frames, show};
use crate::ir::call::QUANTUM;
use crate::watch;

/// What to render.
#[derive(Clone, Debug)]
pub struct Render {
    /// A folder of scripts, or one.
    pub path: PathBuf,
    /// The file to write.
    pub output: PathBuf,
    /// How long, in seconds.
    pub seconds: f64,
    /// Format of the samples.
    pub bits: Bits,
    /// A folder for one file per signal.
    pub stems: Option<PathBuf>,
    /// The engine.
    pub settings: Settings,
}

/// Format of samples in a WAV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// 16-bit integers.
    Sixteen,
    /// 24-bit integers.
    TwentyFour,
    /// 32-bit floats.
    Float,
}

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Bits, String> {
        match text {
            "16" => Ok(Bits::Sixteen),
            "24" => Ok(Bits::TwentyFour),
            "32f" => Ok(Bits::Float),
            _ => Err(format!("`{text}` is not one of 16, 24 and 32f")),
        }
    }
}

impl Bits {
    /// Bytes of one sample.
    fn bytes(self) -> u64 {
        match self {
            Bits::Sixteen => 2,
            Bits::TwentyFour => 3,
            Bits::Float => 4,
        }
    }
}

/// A WAV file that grows.
pub struct Wav {
    writer: WavWriter<BufWriter<File>>,
    bits: Bits,
}

impl Wav {
    /// Creates a file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(path: &Path, rate: u32, channels: usize, bits: Bits) -> anyhow::Result<Wav> {
        let sample_format = if bits == Bits::Float { SampleFormat::Float } else { SampleFormat::Int };
        let bits_per_sample = 8 * bits.bytes() as u16;
        let spec = WavSpec { channels: channels as u16, sample_rate: rate, bits_per_sample, sample_format };
        let writer = WavWriter::create(path, spec).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Wav { writer, bits })
    }

    /// Adds frames: channel after channel, [`QUANTUM`] apart, of which those of `part` are taken. Integers are rounded to nearest.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&mut self, block: &[f64], part: Range<usize>) -> anyhow::Result<()> {
        for frame in part {
            for channel in block.chunks_exact(QUANTUM) {
                let sample = channel[frame];
                match self.bits {
                    Bits::Float => self.writer.write_sample(sample as f32)?,
                    Bits::Sixteen => self.writer.write_sample(integer(sample, 32_767.0))?,
                    Bits::TwentyFour => self.writer.write_sample(integer(sample, 8_388_607.0))?,
                }
            }
        }
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> anyhow::Result<()> {
        Ok(self.writer.finalize()?)
    }
}

fn integer(sample: f64, full: f64) -> i32 {
    (sample.clamp(-1.0, 1.0) * full).round_ties_even() as i32
}

/// Renders scripts to a file.
///
/// # Errors
/// When a script is refused (the others are not rendered either), or the disk refuses.
pub fn run(render: &Render) -> Result<(), Failed> {
    let Settings { rate, channels, .. } = render.settings;
    if !(render.seconds.is_finite() && render.seconds > 0.0) {
        return Err(anyhow::anyhow!("--seconds {} is no length", render.seconds).into());
    }
    let total = frames(render.seconds, rate);
    fits(total, channels, render.bits)?;
    let scripts = watch::scan(&render.path)?;
    let (mut performance, mut player) = Performance::new(&render.settings, &render.path)?;
    let report = performance.start(scripts);
    show::diagnostics(&report, &performance);
    if !report.ok() {
        return Err(Failed::Told);
    }
    let mut wav = Wav::create(&render.output, rate, channels, render.bits)?;
    let mut stems = Stems::into(render.stems.as_deref(), rate, channels, render.bits)?;
    stems.open(&performance, 0)?;
    let progress = progress(total);
    let mut done = 0;
    while done < total {
        performance.tick_quietly();
        let count = (total - done).min(QUANTUM as u64) as usize;
        wav.write(player.quantum_tapped(&mut stems), 0..count)?;
        stems.write(0..count)?;
        done += count as u64;
        progress.set_position(done);
    }
    progress.finish_and_clear();
    stems.finish()?;
    wav.finish()?;
    anstream::eprintln!(
        "{}: {:.3} s, {rate} Hz, {channels} channels",
        render.output.display(),
        total as f64 / f64::from(rate)
    );
    Ok(())
}

/// Whether so many frames fit into one file.
///
/// # Errors
/// When they do not.
pub fn fits(total: u64, channels: usize, bits: Bits) -> anyhow::Result<()> {
    let bytes = total.saturating_mul(channels as u64 * bits.bytes());
    if bytes > u64::from(u32::MAX) - 1024 {
        let why = "a WAV file holds 4 GiB at most; render fewer seconds, fewer channels or fewer bits";
        anyhow::bail!("{bytes} bytes of samples: {why}");
    }
    Ok(())
}

/// A bar on a terminal.
pub fn progress(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta} left").expect("the template is right");
    ProgressBar::new(total).with_style(style)
}

/// Renders a whole length into memory, for tests and small programs. Gives one list per channel.
///
/// # Errors
/// When the performance cannot begin.
pub fn to_memory(performance: &mut Performance, player: &mut Player, total: usize) -> Vec<Vec<f64>> {
    let mut channels: Vec<Vec<f64>> = Vec::new();
    let mut done = 0;
    while done < total {
        performance.tick_quietly();
        let count = (total - done).min(QUANTUM);
        let block = player.quantum();
        channels.resize(block.len() / QUANTUM, Vec::new());
        for (channel, samples) in channels.iter_mut().zip(block.chunks_exact(QUANTUM)) {
            channel.extend_from_slice(&samples[..count]);
        }
        done += count;
    }
    channels
}
