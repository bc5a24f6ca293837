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
    /// Sets the tempo, until a script's `tempo` changes; the beat goes on from where it is
    #[command(after_help = "Example: aither tempo 128")]
    Tempo {
        /// Beats per minute
        #[arg(value_parser = bpm)]
        bpm: f64,
    },
    /// Stops a signal and gives its memory back, until its line in the script changes
    #[command(after_help = "Example: aither unregister old-idea")]
    Unregister {
        /// Name of the signal
        name: String,
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

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        let file_of = |file: &Option<String>, state: &State| {
            let then = (*state == State::Then).then(|| ["--state", "then"].map(str::to_owned));
            file.iter().cloned().chain(then.into_iter().flatten()).collect::<Vec<_>>()
        };
        let word = match self {
            Instruction::Mute { name, seconds } | Instruction::Unmute { name, seconds } => {
                words.push(name.clone());
                words.extend(seconds.map(|seconds| seconds.to_string()));
                if matches!(self, Instruction::Mute { .. }) { "mute" } else { "unmute" }
            }
            Instruction::Gain { name, linear, seconds } => {
                words.extend([name.clone(), linear.to_string()]);
                words.extend(seconds.map(|seconds| seconds.to_string()));
                "gain"
            }
            Instruction::Tempo { bpm } => {
                words.push(bpm.to_string());
                "tempo"
            }
            Instruction::Unregister { name } => {
                words.push(name.clone());
                "unregister"
            }
            Instruction::Undo { file, state } => {
                words.extend(file_of(file, state));
                "undo"
            }
            Instruction::Redo { file, state } => {
                words.extend(file_of(file, state));
                "redo"
            }
            Instruction::Quit => "quit",
        };
        // A name that begins like an option is one all the same.
        let dashes = words.iter().any(|word| word.starts_with('-') && word != "--state");
        let options = words.iter().position(|word| word == "--state").map_or(Vec::new(), |at| words.split_off(at));
        let all = match dashes {
            true => [vec![word.to_owned()], options, vec!["--".to_owned()], words].concat(),
            false => [vec![word.to_owned()], words, options].concat(),
        };
        // A word cannot hold a zero byte: it came as an argument or as text of a log.
        f.write_str(&shlex::try_join(all.iter().map(String::as_str)).map_err(|_| fmt::Error)?)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    number(text, 0.0..=3600.0, "a length in seconds")
}

fn linear(text: &str) -> Result<f64, String> {
    number(text, 0.0..=crate::engine::Command::MOST_GAIN, "a gain")
}

fn bpm(text: &str) -> Result<f64, String> {
    number(text, TEMPI, "a tempo in beats per minute")
}

fn number(text: &str, range: RangeInclusive<f64>, what: &str) -> Result<f64, String> {
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
        assert!("gain bass NaN".parse::<Instruction>().is_err());
        assert!("mute 'bass".parse::<Instruction>().is_err());
    }
}
