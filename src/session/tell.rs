//! `aither mute`, `aither list` and the other words to a running engine: asked over its socket, the answer printed. The engine does the rest.

use std::time::{Duration, Instant};

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};

use super::again::{Watch, watch};
use super::socket::{Answer, EngineName, Request, ask};
use super::stats;
use super::view::picture::{self, Way};
use super::{Failed, show};

/// A word to a running engine.
pub struct Tell {
    request: Request,
    to: To,
    /// For those that can be asked again and again.
    watch: Option<Watch>,
    /// How a waveform is drawn.
    way: Way,
}

/// The requests that can be asked again and again, and how many seconds lie between where nothing else is said.
const WATCHED: [(&str, &str); 3] = [("stats", "1"), ("scope", "0.1"), ("spectrum", "0.1")];
/// The request whose answer can be drawn in two ways.
const DRAWN: &str = "scope";

/// How a waveform is drawn.
#[derive(Args)]
struct Drawn {
    /// Draw the first channel against the second one
    #[arg(long)]
    xy: bool,
}

/// Whom it is for, and how the answer is printed.
#[derive(Args)]
struct To {
    /// The engine's name
    #[arg(long = "name", id = "engine", value_name = "NAME", default_value_t, env = "AITHER_NAME")]
    engine: EngineName,
    /// Print the answer as a line of JSON
    #[arg(long)]
    json: bool,
}

/// Every request is a command, and each takes the same options.
impl Subcommand for Tell {
    fn augment_subcommands(command: Command) -> Command {
        let requests = Request::augment_subcommands(Command::new("requests"));
        let words = requests.get_subcommands().cloned().map(|word| {
            let about = word.get_about().cloned().unwrap_or_default();
            let watched = WATCHED.iter().find(|(name, _)| *name == word.get_name());
            let word = match watched {
                Some((_, every)) => Watch::augment_args(word).mut_arg("interval", |arg| arg.default_value(*every)),
                None => word,
            };
            // What is said of the options would take the place of what is said of the word.
            To::augment_args(if word.get_name() == DRAWN { Drawn::augment_args(word) } else { word }).about(about)
        });
        command.subcommands(words)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Tell::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Request::has_subcommand(name)
    }
}

impl FromArgMatches for Tell {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Tell, Error> {
        let request = Request::from_arg_matches(matches)?;
        let (word, options) = matches.subcommand().expect("a request is a subcommand");
        let watched = WATCHED.iter().any(|(name, _)| *name == word);
        let watch = watched.then(|| Watch::from_arg_matches(options)).transpose()?;
        let figure = word == DRAWN && Drawn::from_arg_matches(options)?.xy;
        let way = if figure { Way::Figure } else { Way::Time };
        Ok(Tell { request, to: To::from_arg_matches(options)?, watch, way })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Tell::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Asks, and prints what the engine says.
///
/// # Errors
/// When there is no engine, or it refuses.
pub fn run(tell: &Tell) -> Result<(), Failed> {
    if let Some(Watch { watch: true, interval }) = tell.watch {
        let interval = Duration::from_secs_f64(interval);
        let mut before = None;
        return watch(&tell.to.engine, &tell.request, interval, tell.to.json, |answer| {
            let Some(figures) = &answer.stats else { return text(answer, tell.way) };
            let former = before.replace((figures.clone(), Instant::now()));
            let former = former.as_ref().map(|(figures, at)| (&**figures, at.elapsed().as_secs_f64()));
            stats::text(figures, former)
        });
    }
    let request = match &tell.request {
        Request::Instruction(instruction) => Request::Instruction(instruction.clone().from_here()?),
        other => other.clone(),
    };
    let answer = ask(&tell.to.engine, &request)?;
    if tell.to.json {
        show::line(answer.line());
    } else {
        show::text(&text(&answer, tell.way));
    }
    if answer.ok {
        return Ok(());
    }
    let error = answer.error.unwrap_or_else(|| "it was refused".to_owned());
    let help = answer.help.map_or(String::new(), |help| format!("; {help}"));
    Err(Failed::Because(anyhow::anyhow!("{error}{help}")))
}

/// An answer for people, with its picture where it has one.
fn text(answer: &Answer, way: Way) -> String {
    let mut text = picture::text(answer, way).unwrap_or_default();
    text += &answer.text;
    text
}
