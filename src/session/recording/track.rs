//! One WAV file of a recording: whole on the disk several times a second, whatever becomes of the process. It holds 32-bit floats and nothing else.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::ir::call::QUANTUM;

/// Bytes of a sample.
const SAMPLE: u64 = size_of::<f32>() as u64;

/// A file that grows.
pub struct Track {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
    /// Bytes before the first sample.
    header: u64,
    /// Bytes of a frame.
    frame: u64,
}

impl Track {
    /// Creates a file that begins with so many silent frames, which take no room where the system has sparse files.
    ///
    /// # Errors
    /// When the disk refuses, or there is a file already.
    pub fn create(path: &Path, rate: u32, channels: usize, silent: u64) -> io::Result<Track> {
        let spec = WavSpec {
            channels: channels as u16,
            sample_rate: rate,
            bits_per_sample: 8 * SAMPLE as u16,
            sample_format: SampleFormat::Float,
        };
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        let mut writer = WavWriter::new(BufWriter::new(file), spec).map_err(plain)?;
        writer.flush().map_err(plain)?;
        let header = fs::metadata(path)?.len();
        let frame = channels as u64 * SAMPLE;
        if silent > 0 {
            writer.finalize().map_err(plain)?;
            resize(path, header, silent * frame)?;
            writer = WavWriter::append(path).map_err(plain)?;
        }
        Ok(Track { path: path.to_owned(), writer, header, frame })
    }

    /// Adds a quantum: channel after channel.
    pub fn write(&mut self, block: &[f32]) -> io::Result<()> {
        for frame in 0..QUANTUM {
            for channel in block.chunks_exact(QUANTUM) {
                self.writer.write_sample(channel[frame]).map_err(plain)?;
            }
        }
        Ok(())
    }

    /// Makes a whole file of what there is so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(plain)
    }

    /// Completes the file. What the disk took stays a whole file, even where it refuses the rest.
    pub fn finish(mut self) -> io::Result<()> {
        let done = self.flush();
        let Track { path, writer, header, frame } = self;
        drop(writer);
        if done.is_err() {
            let taken = fs::metadata(&path)?.len().saturating_sub(header);
            resize(&path, header, taken / frame * frame)?;
        }
        done
    }
}

/// Makes a file hold so many bytes of samples behind its header, and say so.
fn resize(path: &Path, header: u64, data: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.set_len(header + data)?;
    let word = |bytes: u64| u32::try_from(bytes).map(u32::to_le_bytes).map_err(io::Error::other);
    for (at, bytes) in [(4, header + data - 8), (header - 4, data)] {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&word(bytes)?)?;
    }
    Ok(())
}

fn plain(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<f32> {
        hound::WavReader::open(path).unwrap().into_samples().map(Result::unwrap).collect()
    }

    #[test]
    fn a_file_that_begins_late_is_silent_until_then_and_whole_at_every_flush() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("late.wav");
        let mut track = Track::create(&path, 48_000, 2, 128).unwrap();
        assert_eq!(read(&path), [0.0; 256]);
        let block = [[0.25; QUANTUM], [0.5; QUANTUM]].concat();
        track.write(&block).unwrap();
        track.flush().unwrap();
        let expected = [vec![0.0; 256], [0.25, 0.5].repeat(QUANTUM)].concat();
        assert_eq!(read(&path), expected);
        track.write(&block).unwrap();
        track.finish().unwrap();
        assert_eq!(read(&path).len(), 256 + 4 * QUANTUM);
        assert!(Track::create(&path, 48_000, 2, 0).is_err(), "nothing is written over");
    }

    #[test]
    fn half_a_frame_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.wav");
        Track::create(&path, 48_000, 2, 100).unwrap().finish().unwrap();
        resize(&path, 68, 99 * 8).unwrap();
        assert_eq!(read(&path), [0.0; 198]);
    }
}
