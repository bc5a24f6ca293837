//! What can be looked at while it plays: the waveform and the spectrum of the master or of a signal. Looking changes no sound, so no log knows of it, and nobody waits for who looks.

mod scope;
mod spectrum;

use std::fmt;
use std::time::{Duration, Instant};

use clap::Subcommand;

pub use scope::{SECONDS, Scope};
pub use spectrum::Spectrum;

use super::Performance;
use super::instruction::number;
use super::socket::{Answer, Reply};
use crate::engine::probe::LONGEST;
use crate::engine::{Point, Trace};

/// What the master is called.
pub const MASTER: &str = "master";
/// How long samples are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something to look at. It prints as it is parsed.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Sight {
    /// Shows the waveform of what is heard, or of one signal
    #[command(after_help = "Example: aither scope bass 0.05 --watch")]
    Scope {
        /// Name of the signal [default: master, what is heard of all]
        name: Option<String>,
        /// How much of it, 0.001 to 0.1 [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Shows the spectrum of what is heard, or of one signal
    #[command(after_help = "Example: aither spectrum bass --watch")]
    Spectrum {
        /// Name of the signal [default: master, what is heard of all]
        name: Option<String>,
    },
}

fn seconds(text: &str) -> Result<f64, String> {
    number(text, 0.001..=0.1, "a length of a picture in seconds")
}

impl Sight {
    fn name(&self) -> Option<&str> {
        let (Sight::Scope { name, .. } | Sight::Spectrum { name }) = self;
        name.as_deref()
    }
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, seconds) = match self {
            Sight::Scope { seconds, .. } => ("scope", seconds.map(|seconds| seconds.to_string())),
            Sight::Spectrum { .. } => ("spectrum", None),
        };
        // A name that begins like an option is one all the same.
        let dashes = self.name().filter(|name| name.starts_with('-')).map(|_| "--");
        let words = [Some(word), dashes, self.name(), seconds.as_deref()];
        f.write_str(&shlex::try_join(words.into_iter().flatten()).map_err(|_| fmt::Error)?)
    }
}

impl Performance {
    /// What is to be seen; `None` as long as too little was played since somebody asked for the first time.
    ///
    /// # Errors
    /// When there is no such signal, or too many others are looked at.
    pub fn see(&self, sight: &Sight) -> Result<Option<Answer>, String> {
        let (of, at) = match sight.name() {
            None | Some(MASTER) => (MASTER, Point::Master),
            Some(name) => (name, Point::Slot(self.playing_signal(name)?.slot)),
        };
        let rate = self.settings.rate;
        let frames = match sight {
            Sight::Scope { seconds, .. } => scope::frames(seconds.unwrap_or(SECONDS), rate),
            Sight::Spectrum { .. } => LONGEST,
        };
        let trace = self.load.probes().look(at, frames).map_err(|crowded| crowded.to_string())?;
        Ok(trace.map(|trace| shown(sight, of, rate, trace)))
    }
}

fn shown(sight: &Sight, of: &str, rate: u32, trace: Trace) -> Answer {
    match sight {
        Sight::Scope { seconds, .. } => {
            let scope = Scope::of(of, rate, trace, seconds.unwrap_or(SECONDS));
            let text = scope.text();
            Answer { scope: Some(Box::new(scope)), ..Answer::done(text) }
        }
        Sight::Spectrum { .. } => {
            let spectrum = Spectrum::of(of, rate, &trace);
            let text = spectrum.text();
            Answer { spectrum: Some(Box::new(spectrum)), ..Answer::done(text) }
        }
    }
}

/// Those who wait for something to see.
#[derive(Default)]
pub struct Onlookers(Vec<(Sight, Instant, Reply)>);

impl Onlookers {
    /// Somebody wants to see something.
    pub fn admit(&mut self, sight: Sight, reply: Reply) {
        self.0.push((sight, Instant::now(), reply));
    }

    /// Shows what there is to be seen. To be called often.
    pub fn look(&mut self, performance: &Performance) {
        let mut waiting = Vec::with_capacity(self.0.len());
        for (sight, since, reply) in self.0.drain(..) {
            match performance.see(&sight) {
                Ok(None) if since.elapsed() < PATIENCE => waiting.push((sight, since, reply)),
                Ok(None) => reply.send(Answer::refused("nothing is rendered: the sound device takes no samples")),
                Ok(Some(answer)) => reply.send(answer),
                Err(why) => reply.send(Answer::refused(why)),
            }
        }
        self.0 = waiting;
    }
}

/// A magnitude in decibels, at least [`FLOOR`].
pub fn decibels(magnitude: f64) -> f64 {
    (20.0 * magnitude.log10()).max(FLOOR)
}

/// What is not told from silence, in decibels.
pub const FLOOR: f64 = -120.0;

/// The same for people.
pub fn level(magnitude: f64) -> String {
    let level = decibels(magnitude);
    if level > FLOOR { format!("{level:.1} dB") } else { "silent".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::instruction::parse;
    use super::*;

    #[test]
    fn a_sight_is_parsed_as_it_is_printed() {
        let name = |name: &str| Some(name.to_owned());
        for sight in [
            Sight::Scope { name: None, seconds: None },
            Sight::Scope { name: name("two words"), seconds: Some(0.05) },
            Sight::Scope { name: name("-1"), seconds: Some(0.1) },
            Sight::Spectrum { name: None },
            Sight::Spectrum { name: name("--json") },
        ] {
            assert_eq!(parse(&sight.to_string()), Ok(sight));
        }
        for wrong in ["scope a 0", "scope a 1", "scope a 0.05 b", "spectrum a 0.05"] {
            assert!(parse::<Sight>(wrong).is_err(), "{wrong}");
        }
    }
}
