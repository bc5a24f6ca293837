//! `aither stats --watch` and its like: the same request to a running engine, again and again until it ends or nobody reads on. It asks; it counts nothing.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

use clap::Args;

use super::Failed;
use super::socket::{Answer, EngineName, Request, Silence, ask};

/// Whether something is asked for once or again and again.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct Watch {
    /// Ask again and again, until Ctrl-C or the end of the engine
    #[arg(long)]
    pub watch: bool,
    /// Time between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = interval, requires = "watch")]
    pub interval: f64,
}

fn interval(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "seconds from 0.1 to 3600".to_owned())
}

/// Shows what an engine answers until it ends, in the words of `text`: on a terminal in one place, elsewhere block after block.
/// Whoever reads may leave at any time.
///
/// # Errors
/// When there is no engine to begin with, or it refuses.
pub fn watch(
    name: &EngineName,
    request: &Request,
    interval: Duration,
    json: bool,
    mut text: impl FnMut(&Answer) -> String,
) -> Result<(), Failed> {
    let mut out = stdout();
    let in_place = out.is_terminal() && !json;
    let mut first = true;
    loop {
        let begun = Instant::now();
        let answer = match ask(name, request) {
            Err(Silence::Gone(_) | Silence::Nobody { .. }) if !first => return ended(name, json),
            answer => answer?,
        };
        if !answer.ok && first {
            let why = answer.error.unwrap_or_else(|| "it says nothing of itself".to_owned());
            return Err(anyhow::anyhow!("{why}").into());
        }
        // Later that it has too many others to answer, is about to end, or has lost a signal: the next look tells.
        if answer.ok {
            let block = match (json, in_place) {
                (true, _) => answer.line() + "\n",
                (false, true) => redrawn(&text(&answer), first),
                (false, false) => text(&answer) + "\n",
            };
            if let Err(error) = out.write_all(block.as_bytes()).and_then(|()| out.flush()) {
                return written(Err(error));
            }
            first = false;
        }
        std::thread::sleep(interval.saturating_sub(begun.elapsed()));
    }
}

/// Says that there is nothing more to watch; where the figures are JSON, standard output is theirs alone.
fn ended(name: &EngineName, json: bool) -> Result<(), Failed> {
    let line = format!("the engine `{name}` has ended\n");
    written(if json { stderr().write_all(line.as_bytes()) } else { stdout().write_all(line.as_bytes()) })
}

/// A text over the one that stands there: line by line, without a blank screen between.
fn redrawn(text: &str, first: bool) -> String {
    let clear = if first { "\x1b[2J" } else { "" };
    format!("{clear}\x1b[H{}\x1b[J", text.replace('\n', "\x1b[K\n"))
}

/// A reader who has left is no fault.
fn written(result: std::io::Result<()>) -> Result<(), Failed> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_drawn_over_the_one_before() {
        assert_eq!(redrawn("a\nb\n", true), "\x1b[2J\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
        assert_eq!(redrawn("a\n", false), "\x1b[Ha\x1b[K\n\x1b[J");
    }

    #[test]
    fn a_reader_who_leaves_is_no_fault() {
        assert!(written(Err(ErrorKind::BrokenPipe.into())).is_ok());
        assert!(written(Err(ErrorKind::StorageFull.into())).is_err());
    }

    #[test]
    fn an_interval_is_no_rush_and_no_eternity() {
        assert_eq!(interval("0.1"), Ok(0.1));
        for wrong in ["0", "-1", "4000", "x", "NaN"] {
            assert_eq!(interval(wrong), Err("seconds from 0.1 to 3600".to_owned()));
        }
    }
}
