//! The system's own events, put into few words. It reads no file and decides nothing.

use std::path::Path;
use std::time::{Instant, SystemTime};

use crossbeam_channel::Sender;
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::folder::Place;

/// What one event means for the scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    /// A script was written to, and more may follow.
    Written(String),
    /// A script stands complete: its writer closed it, or it was moved to its place.
    Finished(String),
    /// Something else changed, or events were lost.
    Look,
    /// The root itself was moved or deleted: its events have ended.
    Root,
    /// The system can watch no more folders, for this reason.
    Limit(String),
}

/// A sign with the time at which it came.
#[derive(Debug, Clone)]
pub(super) struct Stamped {
    pub(super) sign: Sign,
    pub(super) at: Instant,
    /// The same moment by the clock that files are stamped with.
    pub(super) wall: SystemTime,
}

/// Why there are no events.
#[derive(Debug)]
pub(super) enum NoEvents {
    /// The place is not there at this moment.
    Missing,
    /// The system refuses, for this reason.
    Refused(String),
}

/// Sends signs while it lives.
#[derive(Debug)]
pub(super) struct Events {
    _watcher: RecommendedWatcher,
}

impl Events {
    /// Asks the system for the events of a place.
    pub(super) fn of(place: &Place, signs: Sender<Stamped>) -> Result<Self, NoEvents> {
        let mode = if place.only.is_some() { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
        let folder = place.folder.clone();
        let place = place.clone();
        // The handler does next to nothing: a slow one makes the system's queue run over.
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let (at, wall) = (Instant::now(), SystemTime::now());
            let mut send = |sign| drop(signs.send(Stamped { sign, at, wall }));
            match event {
                Ok(event) => read_event(&place, &event, &mut send),
                Err(error) if limit(&error) => send(Sign::Limit(reason(&error))),
                Err(_) => send(Sign::Look),
            }
        })
        .map_err(refused)?;
        watcher.watch(&folder, mode).map_err(refused)?;
        Ok(Self { _watcher: watcher })
    }
}

fn read_event(place: &Place, event: &Event, send: &mut impl FnMut(Sign)) {
    if event.need_rescan() {
        return send(Sign::Look);
    }
    for path in &event.paths {
        if let Some(sign) = read_path(place, event.kind, path) {
            send(sign);
        }
    }
}

fn read_path(place: &Place, kind: EventKind, path: &Path) -> Option<Sign> {
    let below = place.below(path)?;
    if below.is_empty() {
        let ended = matches!(kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
        return ended.then_some(Sign::Root);
    }
    let script = place.counts(&below);
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => script.then_some(Sign::Finished(below)),
        // Opening and reading are what a look itself does.
        EventKind::Access(_) => None,
        // A folder that moves sends one event for all that is in it.
        EventKind::Modify(ModifyKind::Name(_)) if script => Some(Sign::Finished(below)),
        EventKind::Modify(ModifyKind::Name(_)) => Some(Sign::Look),
        EventKind::Create(CreateKind::Folder) => Some(Sign::Look),
        EventKind::Remove(RemoveKind::File) => script.then_some(Sign::Look),
        EventKind::Remove(_) => Some(Sign::Look),
        // Permissions, and what editors do after closing: the content is the same, whether it can be read may not be.
        EventKind::Modify(ModifyKind::Metadata(_)) => script.then_some(Sign::Look),
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Any => script.then_some(Sign::Written(below)),
        EventKind::Other => None,
    }
}

fn refused(error: notify::Error) -> NoEvents {
    let missing = match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(io) => io.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    };
    if missing { NoEvents::Missing } else { NoEvents::Refused(reason(&error)) }
}

fn limit(error: &notify::Error) -> bool {
    matches!(error.kind, ErrorKind::MaxFilesWatch)
}

fn reason(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::MaxFilesWatch => "the system's limit of watched folders is reached".into(),
        ErrorKind::Io(io) => format!("the system watches no more folders ({io})"),
        _ => format!("the system does not watch this folder ({error})"),
    }
}
