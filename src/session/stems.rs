//! One WAV file for each signal: what it adds to the master, before the limiter. It hears; it renders nothing.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Performance;
use super::render::{Bits, Wav};
use crate::engine::{SlotId, Tap};
use crate::ir::call::QUANTUM;

/// The files of all signals that were ever heard, each as long as the master's; none where nobody wants them.
pub struct Stems {
    folder: Option<PathBuf>,
    rate: u32,
    channels: usize,
    bits: Bits,
    stems: Vec<Stem>,
    names: BTreeMap<String, usize>,
    /// Number of the stem of what plays in a slot.
    slots: HashMap<SlotId, usize>,
}

struct Stem {
    file: Wav,
    /// The latest quantum: channel after channel.
    block: Vec<f64>,
}

impl Tap for Stems {
    fn hear(&mut self, slot: SlotId, voice: &[f64], level: &[f64; QUANTUM]) {
        let Some(&number) = self.slots.get(&slot) else { return };
        let samples = voice.iter().zip(level.iter().cycle()).map(|(sample, level)| sample * level);
        // A signal that was unregistered fades out in one slot while it may sound in another already.
        self.stems[number].block.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample);
    }
}

impl Stems {
    /// Files will be made in this folder, if there is one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn into(folder: Option<&Path>, rate: u32, channels: usize, bits: Bits) -> anyhow::Result<Stems> {
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let folder = folder.map(Path::to_owned);
        let (names, slots) = (BTreeMap::new(), HashMap::new());
        Ok(Stems { folder, rate, channels, bits, stems: Vec::new(), names, slots })
    }

    /// Makes files for the signals that play and have none, silent for the frames that are `written` already.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(&mut self, performance: &Performance, written: u64) -> anyhow::Result<()> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        for (name, slot, _) in performance.playing() {
            let number = match self.names.get(name) {
                Some(&number) => number,
                None => {
                    let path = folder.join(file_name(name, self.stems.len()));
                    let mut file = Wav::create(&path, self.rate, self.channels, self.bits)?;
                    let block = vec![0.0; self.channels * QUANTUM];
                    for start in (0..written).step_by(QUANTUM) {
                        file.write(&block, 0..(written - start).min(QUANTUM as u64) as usize)?;
                    }
                    self.stems.push(Stem { file, block });
                    self.names.insert(name.to_owned(), self.stems.len() - 1);
                    self.stems.len() - 1
                }
            };
            self.slots.insert(slot, number);
        }
        Ok(())
    }

    /// Writes these frames of the quantum that was heard.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&mut self, part: Range<usize>) -> anyhow::Result<()> {
        for stem in &mut self.stems {
            stem.file.write(&stem.block, part.clone())?;
            stem.block.fill(0.0);
        }
        Ok(())
    }

    /// Completes the files.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> anyhow::Result<()> {
        self.stems.into_iter().try_for_each(|stem| stem.file.finish())
    }
}

/// The name of the file of a signal, which is the `number`th: two names that look the same without their odd letters still
/// get a file each.
pub(super) fn file_name(name: &str, number: usize) -> String {
    let plain = name.replace(|letter: char| !(letter.is_alphanumeric() || "-_. ".contains(letter)), "_");
    if plain == name { format!("{plain}.wav") } else { format!("{plain}-{number}.wav") }
}
