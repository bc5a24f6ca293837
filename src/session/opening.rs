//! What an engine opens before it plays: its name, its log, the scripts that are there. It plays nothing.

use std::io::{IsTerminal, stdin, stdout};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use crossbeam_channel::{Receiver, never, unbounded};

use super::live::Live;
use super::log::{Header, Writer};
use super::performance::Saved;
use super::resume::{self, Opened};
use super::socket::{Answer, Asked, AtOnce, EngineName, Request, Server, Unusable};
use super::view::{Link, View};
use super::{Failed, Form, Instruction, Performance, Settings, show};
use crate::engine::Alarm;
use crate::watch::{self, Change};

/// How many engines get names of their own accord.
const MOST_ENGINES: usize = 64;

/// Listens under the name that is wanted, or else under the first that no other engine has. A panic is answered where it is
/// heard: it waits for no save.
pub(super) fn listen(name: Option<&EngineName>, alarm: &Alarm) -> Result<(Server, Receiver<Asked>), Unusable> {
    let at_once = at_once(alarm);
    if let Some(name) = name {
        return Server::start(name, at_once);
    }
    let mut number = 1;
    loop {
        let name = EngineName::nth(number);
        match Server::start(&name, at_once.clone()) {
            Err(Unusable::Taken(_)) if number < MOST_ENGINES => number += 1,
            Ok(listening) if number > 1 => {
                show::note(&format_args!("other engines run already; this one is `{name}` (--name {name})"));
                return Ok(listening);
            }
            listening => return listening,
        }
    }
}

/// What is answered where it is heard.
fn at_once(alarm: &Alarm) -> AtOnce {
    let alarm = alarm.clone();
    Arc::new(move |request| {
        let panic = *request == Request::Instruction(Instruction::Panic);
        panic.then(|| {
            alarm.raise();
            Answer::done("everything falls silent; `aither fade 1` lets it be heard again")
        })
    })
}

/// Shows the view where there is a terminal for it and lines were not asked for; and where it asks.
pub(super) fn view(live: &Live, alarm: &Alarm) -> (Option<View>, Receiver<Asked>) {
    let terminal = stdout().is_terminal() && stdin().is_terminal();
    // What cannot move its cursor says so.
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if live.plain || live.report == Form::Json || !terminal || dumb {
        return (None, never());
    }
    let (asks, asked) = unbounded();
    let set = live.path.file_name().unwrap_or(live.path.as_os_str());
    let title = format!("aither {}", set.display());
    match View::start(title, Link { at_once: at_once(alarm), asks }) {
        Ok(view) => (Some(view), asked),
        Err(why) => {
            show::note(&format_args!("the terminal cannot show a view: {why}"));
            (None, never())
        }
    }
}

/// A performance: a new one, or one that was cut off and goes on.
pub(super) fn perform(live: &Live, settings: &Settings) -> Result<Opened, Failed> {
    let heard = watch::scan(&live.path)?;
    if let Some(log) = &live.resume {
        return resume::resume(log, live.log.as_deref(), settings, &live.path);
    }
    let (performance, player) = Performance::new(settings, &live.path)?;
    Ok(Opened { performance, player, log: None, heard })
}

/// Begins a log; one that is there already is kept under another name.
pub(super) fn log(path: &Path, settings: &Settings) -> anyhow::Result<Writer> {
    keep_old(path)?;
    let header = Header::new(settings.rate, settings.channels);
    Writer::create(path, header).with_context(|| format!("cannot write the log {}", path.display()))
}

/// Gives a log that is there already another name.
pub(super) fn keep_old(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut old = path.as_os_str().to_owned();
    old.push(".old");
    std::fs::rename(path, &old).with_context(|| format!("cannot keep the log that is there, {}", path.display()))?;
    show::note(&format_args!("the log that was there is {} now", Path::new(&old).display()));
    Ok(())
}

/// Takes the scripts that are there, and says what became of them.
pub(super) fn begin(performance: &mut Performance, heard: Vec<Change>, log: &mut Option<Writer>, form: Form) {
    let Saved { mut report, ticket, entries, .. } = performance.begin(heard, None);
    if let (Some(log), Some(ticket)) = (log, ticket) {
        log.expect(ticket, entries);
    }
    show::diagnostics(&report, performance);
    // Nothing plays yet, so it comes on air with the first frame of all.
    report.frame = ticket.filter(|_| form == Form::Json).map(|_| 0);
    show::report(&report, form);
    if report.files.is_empty() {
        show::beside(form, "there are no scripts yet; save a .rhai file there and it plays");
    }
}
