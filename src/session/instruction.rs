//! What a performer tells a running set: one grammar for the command line, the edit log and the control socket. It carries nothing out.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};

use crate::ir::call::TEMPI;

/// Something to be done to what plays. It prints as it is parsed.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Instruction {
    /// Silences a signal; its state runs on
    #[command(after_help = "Example: aither mute bass 0.5")]
    Mute {
        /// Name of the signal
        name: String,
        /// Length of the fade [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Lets a muted signal be heard again
    #[command(after_help = "Example: aither unmute bass")]
    Unmute {
        /// Name of the signal
        name: String,
        /// Length of the fade [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Lets a signal be heard alone, with others that are soloed; the state of all runs on
    #[command(after_help = "Example: aither solo bass 0.5")]
    Solo {
        /// Name of the signal
        name: String,
        /// Length of the fade of the others [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Takes a solo back, or all of them
    #[command(after_help = "Example: aither unsolo")]
    Unsolo {
        /// Name of the signal; without it, all that are soloed
        name: Option<String>,
        /// Length of the fade [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Fades a signal out and keeps its state, until its line in the script changes or `reload`
    #[command(after_help = "Example: aither stop pad 8")]
    Stop {
        /// Name of the signal
        name: String,
        /// Length of the fade [default: the signal's `fade_out`, 0.02 where its line has none]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Stops a signal and gives its memory back, until its line in the script changes or `reload`
    #[command(after_help = "Example: aither unregister old-idea")]
    Unregister {
        /// Name of the signal
        name: String,
    },
    /// Stops all signals and gives their memory back, until their lines in the scripts change or `reload`
    #[command(after_help = "Example: aither clear 10")]
    Clear {
        /// Length of the fade [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Sets a signal's level, until its line in the script changes
    #[command(after_help = "Example: aither gain bass 0.5 2")]
    Gain {
        /// Name of the signal
        name: String,
        /// Linear gain: 1 is as it is written, 0 is silence
        #[arg(value_parser = linear)]
        linear: f64,
        /// Length of the way [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Moves the level of everything, before the limiter: 0 is silence, 1 as it is written
    #[command(after_help = "Example: aither fade 0 12")]
    Fade {
        /// Linear gain of the sum of all signals
        #[arg(value_parser = linear)]
        level: f64,
        /// Length of the way [default: 0.02]
        #[arg(value_parser = seconds)]
        seconds: Option<f64>,
    },
    /// Silences everything in 3 ms, whatever the engine is busy with; all runs on unheard until `fade 1`
    #[command(after_help = "Example: aither panic; aither unregister howl; aither fade 1 4")]
    Panic,
    /// Puts the listener elsewhere: what scripts read as `s.position`
    #[command(after_help = "Example: aither position 2 -0.5")]
    Position {
        /// To the right
        #[arg(value_parser = coordinate, allow_negative_numbers = true)]
        x: f64,
        /// To the front
        #[arg(value_parser = coordinate, allow_negative_numbers = true)]
        y: f64,
        /// Up [default: 0]
        #[arg(value_parser = coordinate, allow_negative_numbers = true)]
        z: Option<f64>,
    },
    /// Records what is played into a WAV file, until `record stop`
    #[command(after_help = "Example: aither record start set.wav --stems parts/; aither record stop")]
    Record {
        /// Begin or end
        #[arg(value_enum)]
        action: Deck,
        /// The file to begin; what is there already is not written over
        #[arg(required_if_eq("action", "start"))]
        file: Option<String>,
        /// Also a file for each signal, before the master, in this folder
        #[arg(long, value_name = "FOLDER")]
        stems: Option<String>,
    },
    /// Sets the tempo, until a script's `tempo` changes; the beat goes on from where it is
    #[command(after_help = "Example: aither tempo 128")]
    Tempo {
        /// Beats per minute
        #[arg(value_parser = bpm)]
        bpm: f64,
    },
    /// Brings back what a file was before its last edit; the file on disk stays as it is
    #[command(after_help = "Example: aither undo bass.rhai --state then")]
    Undo {
        /// The file; without it, the one that was edited last
        file: Option<String>,
        /// Whose state its helpers have: what runs now, or what they had then
        #[arg(long, value_enum, default_value_t = State::Running)]
        state: State,
    },
    /// Takes an undo back
    #[command(after_help = "Example: aither redo bass.rhai")]
    Redo {
        /// The file; without it, the one that was undone last
        file: Option<String>,
        /// Whose state its helpers have: what runs now, or what they had then
        #[arg(long, value_enum, default_value_t = State::Running)]
        state: State,
    },
    /// Takes the scripts again as they are on disk; what was stopped or unregistered by hand plays again
    #[command(after_help = "Example: aither reload bass.rhai")]
    Reload {
        /// The file; without it, all that are heard
        file: Option<String>,
    },
    /// Fades everything out and ends the engine
    #[command(after_help = "Example: aither quit")]
    Quit,
}

/// Whose state the helpers have that an undo brings back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Helpers that are still there go on from where they are.
    #[default]
    Running,
    /// Every helper goes on from where it was when its text was replaced.
    Then,
}

/// Whether a recording begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deck {
    /// It begins.
    Start,
    /// It ends.
    Stop,
}

/// One of several words with its arguments, as a line of text.
#[derive(Parser)]
#[command(name = "", no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
struct Line<Word: Subcommand> {
    #[command(subcommand)]
    word: Word,
}

/// Reads a line of text as the shell and the command line read it.
pub(super) fn parse<Word: Subcommand>(text: &str) -> Result<Word, String> {
    let words = shlex::split(text).ok_or_else(|| format!("`{text}` has a quotation mark without its partner"))?;
    let line = Line::try_parse_from(words).map_err(|error| error.render().to_string().trim_end().to_owned())?;
    Ok(line.word)
}

impl Instruction {
    /// Whether it takes a quantum boundary of its own, as a save does.
    pub fn is_transaction(&self) -> bool {
        match self {
            Instruction::Mute { .. }
            | Instruction::Unmute { .. }
            | Instruction::Gain { .. }
            | Instruction::Fade { .. }
            | Instruction::Panic
            | Instruction::Position { .. }
            | Instruction::Record { .. }
            | Instruction::Tempo { .. }
            | Instruction::Quit => false,
            Instruction::Solo { .. }
            | Instruction::Unsolo { .. }
            | Instruction::Stop { .. }
            | Instruction::Unregister { .. }
            | Instruction::Clear { .. }
            | Instruction::Undo { .. }
            | Instruction::Redo { .. }
            | Instruction::Reload { .. } => true,
        }
    }

    /// The same for an engine that may run in another folder.
    ///
    /// # Errors
    /// When there is no folder to begin from.
    pub fn from_here(self) -> std::io::Result<Instruction> {
        let whole = |path: String| Ok::<_, std::io::Error>(std::path::absolute(path)?.to_string_lossy().into_owned());
        match self {
            Instruction::Record { action, file, stems } => {
                let (file, stems) = (file.map(whole).transpose()?, stems.map(whole).transpose()?);
                Ok(Instruction::Record { action, file, stems })
            }
            other => Ok(other),
        }
    }

    /// Whether it asks for the state of then.
    pub fn wants_then(&self) -> bool {
        matches!(self, Instruction::Undo { state, .. } | Instruction::Redo { state, .. } if *state == State::Then)
    }
}

impl FromStr for Instruction {
    type Err = String;

    fn from_str(text: &str) -> Result<Instruction, String> {
        parse(text)
    }
}

impl Instruction {
    /// Its word and what follows it, options apart.
    fn words(&self) -> (&'static str, Vec<String>) {
        let named = |name: &String, numbers: &[Option<f64>]| {
            std::iter::once(name.clone()).chain(numbers.iter().flatten().map(f64::to_string)).collect()
        };
        let numbers = |numbers: &[Option<f64>]| numbers.iter().flatten().map(f64::to_string).collect();
        let file = |file: &Option<String>| file.iter().cloned().collect();
        match self {
            Instruction::Mute { name, seconds } => ("mute", named(name, &[*seconds])),
            Instruction::Unmute { name, seconds } => ("unmute", named(name, &[*seconds])),
            Instruction::Solo { name, seconds } => ("solo", named(name, &[*seconds])),
            Instruction::Unsolo { name: Some(name), seconds } => ("unsolo", named(name, &[*seconds])),
            Instruction::Unsolo { name: None, .. } => ("unsolo", Vec::new()),
            Instruction::Stop { name, seconds } => ("stop", named(name, &[*seconds])),
            Instruction::Unregister { name } => ("unregister", named(name, &[])),
            Instruction::Clear { seconds } => ("clear", numbers(&[*seconds])),
            Instruction::Gain { name, linear, seconds } => ("gain", named(name, &[Some(*linear), *seconds])),
            Instruction::Fade { level, seconds } => ("fade", numbers(&[Some(*level), *seconds])),
            Instruction::Panic => ("panic", Vec::new()),
            Instruction::Position { x, y, z } => ("position", numbers(&[Some(*x), Some(*y), *z])),
            Instruction::Record { action, file: of, .. } => {
                let action = if *action == Deck::Start { "start" } else { "stop" };
                ("record", std::iter::once(action.to_owned()).chain(of.clone()).collect())
            }
            Instruction::Tempo { bpm } => ("tempo", numbers(&[Some(*bpm)])),
            Instruction::Undo { file: of, .. } => ("undo", file(of)),
            Instruction::Redo { file: of, .. } => ("redo", file(of)),
            Instruction::Reload { file: of } => ("reload", file(of)),
            Instruction::Quit => ("quit", Vec::new()),
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, words) = self.words();
        let options = match self {
            Instruction::Record { stems: Some(folder), .. } => vec![format!("--stems={folder}")],
            _ if self.wants_then() => vec!["--state".to_owned(), "then".to_owned()],
            _ => Vec::new(),
        };
        let options = options.iter().map(String::as_str);
        let words = words.iter().map(String::as_str);
        // A name that begins like an option is one all the same.
        let dashes = !matches!(self, Instruction::Position { .. }) && words.clone().any(|word| word.starts_with('-'));
        let all = match dashes {
            true => std::iter::once(word).chain(options).chain(["--"]).chain(words).collect::<Vec<_>>(),
            false => std::iter::once(word).chain(words).chain(options).collect(),
        };
        // A word cannot hold a zero byte: it came as an argument or as text of a log.
        f.write_str(&shlex::try_join(all).map_err(|_| fmt::Error)?)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    number(text, 0.0..=3600.0, "a length in seconds")
}

fn linear(text: &str) -> Result<f64, String> {
    number(text, 0.0..=crate::engine::Command::MOST_GAIN, "a gain")
}

fn coordinate(text: &str) -> Result<f64, String> {
    number(text, -1e6..=1e6, "a coordinate")
}

fn bpm(text: &str) -> Result<f64, String> {
    number(text, TEMPI, "a tempo in beats per minute")
}

pub(super) fn number(text: &str, range: RangeInclusive<f64>, what: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().map_err(|_| format!("`{text}` is no number"))?;
    let (least, most) = (range.start(), range.end());
    if range.contains(&number) { Ok(number) } else { Err(format!("{number} is not {what}: {least} to {most}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_parsed_to_the_same() {
        let name = |name: &str| name.to_owned();
        let all = [
            Instruction::Mute { name: name("bass"), seconds: None },
            Instruction::Unmute { name: name("two words"), seconds: Some(0.25) },
            Instruction::Gain { name: name("it's \"odd\""), linear: 0.1, seconds: Some(2.0) },
            Instruction::Solo { name: name("lead"), seconds: Some(1.5) },
            Instruction::Unsolo { name: None, seconds: None },
            Instruction::Unsolo { name: Some(name("lead")), seconds: Some(0.0) },
            Instruction::Stop { name: name("-"), seconds: Some(8.0) },
            Instruction::Stop { name: name("-1"), seconds: None },
            Instruction::Clear { seconds: None },
            Instruction::Clear { seconds: Some(10.0) },
            Instruction::Fade { level: 0.0, seconds: Some(12.0) },
            Instruction::Panic,
            Instruction::Position { x: -2.0, y: 0.5, z: None },
            Instruction::Position { x: 2.0, y: -0.5, z: Some(-1e-7) },
            Instruction::Record { action: Deck::Start, file: Some(name("/a b/set.wav")), stems: Some(name("/parts")) },
            Instruction::Record { action: Deck::Start, file: Some(name("-.wav")), stems: None },
            Instruction::Record { action: Deck::Stop, file: None, stems: None },
            Instruction::Record { action: Deck::Stop, file: Some(name("x.wav")), stems: None },
            Instruction::Reload { file: None },
            Instruction::Reload { file: Some(name("--state")) },
            Instruction::Tempo { bpm: 128.3 },
            Instruction::Unregister { name: name("--help") },
            Instruction::Undo { file: None, state: State::Running },
            Instruction::Undo { file: Some(name("a b.rhai")), state: State::Then },
            Instruction::Redo { file: Some(name("-x.rhai")), state: State::Then },
            Instruction::Quit,
        ];
        for instruction in all {
            assert_eq!(instruction.to_string().parse(), Ok(instruction));
        }
        for wrong in [
            "gain bass NaN",
            "fade -1",
            "fade 1001",
            "position 1",
            "position 1 inf",
            "stop",
            "record",
            "record start",
            "panic now",
            "clear -1",
        ] {
            assert!(wrong.parse::<Instruction>().is_err(), "{wrong}");
        }
        assert!("mute 'bass".parse::<Instruction>().is_err());
    }
}
