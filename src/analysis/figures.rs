//! All measures of one sound, taken while it passes: what is kept does not grow with its length but for a few numbers a second.

use super::level::{Level, Meter};
use super::peaks::{Peak, peaks};
use super::pitch::{Pitch, SURE, fundamental};
use super::spectrum::{LOBE, Spectrum};
use super::wave::Wave;

/// How long a window is at least, in seconds: bins of 3 Hz, and five periods of the deepest pitch.
const WINDOW: f64 = 0.3;
/// How much softer than the loudest window another may be whose pitch counts: 40 dB.
const AUDIBLE: f64 = 0.01;
/// Which part of the windows that are loud enough must have a pitch.
const PITCHED: f64 = 0.5;

/// Listens to a sound.
pub struct Listener {
    rate: f64,
    meter: Meter,
    wave: Wave,
    spectrum: Spectrum,
    /// The sum of the spectra so far, and how many there were.
    power: Vec<f64>,
    windows: usize,
    /// The frames of the window that is not full yet, channel by channel.
    waiting: Vec<Vec<f64>>,
    /// Of each window its level and its pitch.
    pitches: Vec<(f64, Option<Pitch>)>,
}

/// What was heard of a sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Its level.
    pub level: Level,
    /// The median of the pitches of its windows; `None` where fewer than half of those that are loud enough have one.
    pub pitch: Option<Pitch>,
    /// Which part of the windows that are loud enough have a pitch, from 0 to 1.
    pub pitched: f64,
    /// The centre of gravity of its power over frequency, in hertz; `None` of silence.
    pub centroid: Option<f64>,
    /// The tones that stand out, the strongest first.
    pub peaks: Vec<Peak>,
    /// Its outline.
    pub wave: Wave,
    /// The mean power of each bin; a sine at full scale has 1.
    pub power: Vec<f64>,
    /// How far bins are apart, in hertz.
    pub bin: f64,
}

impl Listener {
    /// Listens to a sound of so many channels and frames.
    pub fn new(rate: f64, channels: usize, total: u64) -> Listener {
        let spectrum = Spectrum::new(((WINDOW * rate) as usize).next_power_of_two());
        Listener {
            rate,
            meter: Meter::new(rate, channels),
            wave: Wave::new(total),
            power: vec![0.0; spectrum.count()],
            windows: 0,
            waiting: vec![Vec::with_capacity(spectrum.frames()); channels],
            pitches: Vec::new(),
            spectrum,
        }
    }

    /// Some frames pass: a slice for each channel, equally long.
    pub fn hear(&mut self, block: &[&[f64]]) {
        self.meter.hear(block);
        self.wave.hear(block);
        let (count, size) = (block.first().map_or(0, |channel| channel.len()), self.spectrum.frames());
        let mut done = 0;
        while done < count {
            let part = (size - self.waiting[0].len()).min(count - done);
            for (waiting, channel) in self.waiting.iter_mut().zip(block) {
                waiting.extend_from_slice(&channel[done..done + part]);
            }
            done += part;
            if self.waiting[0].len() == size {
                self.window();
                // Windows overlap by half.
                self.waiting.iter_mut().for_each(|waiting| drop(waiting.drain(..size / 2)));
            }
        }
    }

    fn window(&mut self) {
        for channel in &self.waiting {
            let power = self.spectrum.power(channel);
            self.power.iter_mut().zip(power).for_each(|(sum, power)| *sum += power);
        }
        self.windows += 1;
        let energy = |channel: &&Vec<f64>| channel.iter().map(|sample| sample * sample).sum::<f64>();
        let loudest = self.waiting.iter().max_by(|a, b| energy(a).total_cmp(&energy(b)));
        if let Some(loudest) = loudest.filter(|loudest| !loudest.is_empty()) {
            let level = (energy(&loudest) / loudest.len() as f64).sqrt();
            let pitch = (level > 0.0).then(|| fundamental(loudest, self.rate)).flatten();
            self.pitches.push((level, pitch));
        }
    }

    /// What was heard.
    pub fn figures(mut self) -> Figures {
        // What is shorter than a window is one.
        if self.windows == 0 && self.waiting.iter().any(|channel| !channel.is_empty()) {
            self.window();
        }
        let scale = 1.0 / (self.windows * self.waiting.len()).max(1) as f64;
        self.power.iter_mut().for_each(|power| *power *= scale);
        let bin = self.rate / self.spectrum.frames() as f64;
        let loudest = self.pitches.iter().map(|(level, _)| *level).fold(0.0, f64::max);
        let audible = self.pitches.iter().filter(|(level, _)| *level > 0.0 && *level >= AUDIBLE * loudest);
        let audible = audible.map(|(_, pitch)| pitch.filter(|pitch| pitch.clarity >= SURE)).collect::<Vec<_>>();
        let mut sure = audible.iter().copied().flatten().collect::<Vec<_>>();
        sure.sort_by(|a, b| a.hertz.total_cmp(&b.hertz));
        let pitched = sure.len() as f64 / audible.len().max(1) as f64;
        Figures {
            level: self.meter.level(),
            pitch: sure.get(sure.len() / 2).copied().filter(|_| pitched >= PITCHED),
            pitched,
            centroid: centroid(&self.power).map(|centre| centre * bin),
            peaks: peaks(&self.power, bin),
            wave: self.wave,
            power: self.power,
            bin,
        }
    }
}

/// The centre of gravity of powers, in bins, without what a constant leaves; `None` where there is nothing.
fn centroid(power: &[f64]) -> Option<f64> {
    let heard = || power.iter().enumerate().skip(LOBE);
    let sum = heard().map(|(_, power)| power).sum::<f64>();
    // A constant alone leaves what the arithmetic leaves.
    let least = power.iter().take(LOBE).sum::<f64>() * 1e-20;
    (sum > least && sum > 1e-20).then(|| heard().map(|(bin, power)| bin as f64 * power).sum::<f64>() / sum)
}
