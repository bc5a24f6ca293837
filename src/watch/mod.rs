//! Which scripts changed, once per save. It never runs a script, and never says that a file changed when its text did not.
//!
//! The system's events only say *when* to look; what is on disk decides. A look reads every script and compares its
//! content hash with what was reported last, so a touched file or a save of the same text is no change, and several
//! files saved together are one [`Batch`]. Text that somebody is still writing is held back until it stands still.

mod folder;
mod follow;
mod identity;
mod native;
mod settle;

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::Sender;

use folder::Place;

/// The largest script that is read, in bytes; a larger one is reported as unreadable.
pub const LARGEST_SCRIPT: u64 = 16 << 20;

/// What became of one script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Its whole new text.
    Text(String),
    /// The file is gone.
    Removed,
    /// The file is there and cannot be read as a script, for this reason; what was read before still stands.
    Unreadable(String),
}

/// One script that is not as it was reported last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path below the root with forward slashes; for a root that is a file, the file's name.
    /// A sub-folder that cannot be listed is told of as if it were an unreadable script.
    pub path: String,
    /// What became of it.
    pub what: What,
}

/// The scripts that changed in one save.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The changes, sorted by path; never empty.
    pub changes: Vec<Change>,
    /// When the first sign of this save was seen.
    pub at: Instant,
}

/// Something about the watching itself that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The system sends no events, for this reason; the scripts are looked at four times a second instead.
    Polling(String),
    /// The root is not there; everything stays as it was until it returns.
    Gone(PathBuf),
    /// The root is there again and is watched.
    Back(PathBuf),
    /// The root cannot be listed, for this reason; its scripts stay as they were.
    Blind(PathBuf, String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Polling(reason) => write!(f, "{reason}; looking at the scripts every 250 ms instead"),
            Self::Gone(root) => {
                write!(f, "{} is gone; everything plays on, and it is picked up when it returns", root.display())
            }
            Self::Back(root) => write!(f, "{} is back and is watched again", root.display()),
            Self::Blind(folder, reason) => {
                write!(f, "cannot list {}: {reason}; its scripts stay as they were", folder.display())
            }
        }
    }
}

/// What a [`Watcher`] sends.
#[derive(Debug, Clone)]
pub enum News {
    /// Scripts changed.
    Changed(Batch),
    /// Something about the watching itself.
    Note(Note),
}

/// Why watching or reading could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is at that path.
    #[error("there is no file or folder {}", .0.display())]
    Missing(PathBuf),
    /// The path is neither a file nor a folder.
    #[error("{} is neither a file nor a folder", .0.display())]
    Neither(PathBuf),
    /// The system refused.
    #[error("cannot read {}: {}", .0.display(), .1)]
    Refused(PathBuf, String),
    /// A file is not among the scripts of a root.
    #[error("{} is no script of {}", .0.display(), .1.display())]
    Outside(PathBuf, PathBuf),
    /// The watching thread could not be started.
    #[error("cannot start watching: {0}")]
    Thread(#[source] std::io::Error),
}

/// How a [`Watcher`] looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Look at the scripts every 250 ms and ask the system for no events.
    pub polling: bool,
}

/// Reads every script below `root`, or `root` itself where it is a file; sorted by path, and never [`What::Removed`].
///
/// # Errors
/// Where nothing is at `root`, or it cannot be listed. A single script that cannot be read is [`What::Unreadable`].
pub fn scan(root: &Path) -> Result<Vec<Change>, Error> {
    let place = Place::of(root)?;
    let refused = |reason| Error::Refused(root.to_owned(), reason);
    let listing = place.list().map_err(|error| refused(error.to_string()))?;
    if let Some(reason) = listing.no_root() {
        return Err(refused(reason.clone()));
    }
    let all = place.read_all(&listing);
    Ok(all.into_iter().map(|(path, (what, _))| Change { path, what }).collect())
}

/// As [`scan`], with a text for one `file` that is not saved yet. The file need not be there, nor the root where it is that file.
///
/// # Errors
/// As [`scan`], and where the file would be no script of the root.
pub fn scan_with(root: &Path, file: &Path, text: String) -> Result<Vec<Change>, Error> {
    let outside = || Error::Outside(file.to_owned(), root.to_owned());
    let absolute = |path: &Path| std::path::absolute(path).map_err(|_| outside());
    let whole = absolute(file)?;
    let unsaved = |path: String| Change { path, what: What::Text(text) };
    if whole == absolute(root)? && !root.exists() {
        let name = whole.file_name().ok_or_else(outside)?;
        return Ok(vec![unsaved(name.to_string_lossy().into_owned())]);
    }
    let place = Place::of(root)?;
    let path = place.below(&whole).filter(|path| place.counts(path)).ok_or_else(outside)?;
    let mut changes = scan(root)?;
    changes.retain(|change| change.path != path);
    changes.push(unsaved(path));
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// The folder that paths of scripts are below: the root, or the folder of a root that is no folder. Absolute.
pub fn folder(root: &Path) -> PathBuf {
    let whole = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    if whole.is_dir() { whole } else { whole.parent().map_or(whole.clone(), Path::to_owned) }
}

/// Watches one root on a thread of its own, from [`Watcher::start`] until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Begins to watch `root`, a folder with its sub-folders or a single file, and sends what differs from `heard`.
    ///
    /// `heard` is what the receiver knows already, usually from [`scan`]; whatever changed since then is sent first, so
    /// nothing falls between the two. The thread also ends when the receiver of `news` is gone.
    ///
    /// # Errors
    /// Where nothing is at `root`. A system that sends no events is no error: see [`Note::Polling`].
    pub fn start(root: &Path, heard: &[Change], settings: Settings, news: Sender<News>) -> Result<Self, Error> {
        let place = Place::of(root)?;
        let (stop, stopped) = crossbeam_channel::bounded(0);
        let follower = follow::Follower::new(place, heard, settings, news, stopped);
        let thread =
            std::thread::Builder::new().name("watch".into()).spawn(move || follower.run()).map_err(Error::Thread)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // The thread ends when its end of this channel hears that nobody is left.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
