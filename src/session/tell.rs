//! `aither mute`, `aither list` and the other words to a running engine: asked over its socket, the answer printed. The engine does the rest.

use std::time::Duration;

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};

use super::Failed;
use super::show;
use super::socket::{EngineName, Request, ask};
use super::stats::{Watch, watch};

/// A word to a running engine.
pub struct Tell {
    request: Request,
    to: To,
    /// For those that can be asked again and again.
    watch: Option<Watch>,
}

/// The request that can be.
const WATCHED: &str = "stats";

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
            let word = if word.get_name() == WATCHED { Watch::augment_args(word) } else { word };
            To::augment_args(word)
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
        let watch = (word == WATCHED).then(|| Watch::from_arg_matches(options)).transpose()?;
        Ok(Tell { request, to: To::from_arg_matches(options)?, watch })
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
        return watch(&tell.to.engine, Duration::from_secs_f64(interval), tell.to.json);
    }
    let request = match &tell.request {
        Request::Instruction(instruction) => Request::Instruction(instruction.clone().from_here()?),
        other => other.clone(),
    };
    let answer = ask(&tell.to.engine, &request)?;
    if tell.to.json {
        show::line(answer.line());
    } else {
        show::text(&answer.text);
    }
    if answer.ok {
        return Ok(());
    }
    let error = answer.error.unwrap_or_else(|| "it was refused".to_owned());
    let help = answer.help.map_or(String::new(), |help| format!("; {help}"));
    Err(Failed::Because(anyhow::anyhow!("{error}{help}")))
}
