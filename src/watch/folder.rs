//! The scripts below a root: which files count, and what is in them. It remembers nothing between two looks.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::identity::{Identity, Stamp};
use super::{Error, LARGEST_SCRIPT, What};

/// A folder with everything below it, or one file in a folder.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Absolute path of the folder.
    pub(super) folder: PathBuf,
    /// The name of the one file that counts, where the root is a file.
    pub(super) only: Option<String>,
    /// `folder` without links, as some systems name it in their events.
    real: PathBuf,
}

/// What stands in a place, without a look into the files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The scripts.
    pub(super) files: BTreeMap<String, Stamp>,
    /// Folders that cannot be listed, and why; the empty path is the root.
    pub(super) blind: BTreeMap<String, String>,
    /// Whether symbolic links are among them: changes behind a link send no events.
    pub(super) linked: bool,
}

impl Listing {
    /// Why the root cannot be listed.
    pub(super) fn no_root(&self) -> Option<&String> {
        self.blind.get("")
    }

    /// Whether nothing can be said about a path, because a folder above it cannot be listed.
    pub(super) fn hides(&self, path: &str) -> bool {
        let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.blind.keys().any(|folder| folder.is_empty() || below(folder))
    }
}

impl Place {
    /// The place that a path given by a person means.
    pub(super) fn of(root: &Path) -> Result<Self, Error> {
        let refused = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::Missing(root.to_owned()),
            _ => Error::Refused(root.to_owned(), plain(&error)),
        };
        let metadata = fs::metadata(root).map_err(refused)?;
        let whole = std::path::absolute(root).map_err(refused)?;
        let (folder, only) = if metadata.is_dir() {
            (whole, None)
        } else {
            match (metadata.is_file(), whole.parent(), whole.file_name()) {
                (true, Some(folder), Some(name)) => (folder.to_owned(), Some(name.to_string_lossy().into_owned())),
                _ => return Err(Error::Neither(root.to_owned())),
            }
        };
        let real = folder.canonicalize().map_err(refused)?;
        Ok(Self { folder, only, real })
    }

    /// Finds out anew what the folder's path leads to.
    pub(super) fn follow_links(&mut self) {
        self.real = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
    }

    /// The path below the root that an event's path means: `None` where it lies outside or is hidden.
    pub(super) fn below(&self, event: &Path) -> Option<String> {
        let relative = event.strip_prefix(&self.folder).or_else(|_| event.strip_prefix(&self.real)).ok()?;
        let mut path = String::new();
        for part in relative.components() {
            let Component::Normal(name) = part else { return None };
            if hidden(name) && self.only.is_none() {
                return None;
            }
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(&name.to_string_lossy());
        }
        Some(path)
    }

    /// Whether a file of this path below the root is a script.
    pub(super) fn counts(&self, path: &str) -> bool {
        match &self.only {
            Some(name) => path == name,
            None => script(OsStr::new(path)),
        }
    }

    /// Lists the scripts. Links are followed, and every folder is listed once, whatever leads to it.
    ///
    /// # Errors
    /// Where the root itself is not there.
    pub(super) fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        if let Some(name) = &self.only {
            listing.linked = self.folder.join(name).is_symlink();
            match fs::metadata(self.folder.join(name)) {
                Ok(metadata) => drop(listing.files.insert(name.clone(), Stamp::of(&metadata))),
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => {}
                Err(refused) => drop(listing.blind.insert(String::new(), plain(&refused))),
            }
            return Ok(listing);
        }
        let mut seen = HashSet::from([Identity::of(&self.folder)?]);
        // Folders first and links to folders after all of them, so that a folder goes by its own name.
        let mut folders = VecDeque::from([String::new()]);
        let mut links = VecDeque::new();
        while let Some(folder) = folders.pop_front().or_else(|| links.pop_front()) {
            let known = !folder.is_empty() && !Identity::of(&self.folder.join(&folder)).is_ok_and(|id| seen.insert(id));
            if !known {
                self.list_one(&folder, &mut listing, &mut folders, &mut links);
            }
        }
        Ok(listing)
    }

    fn list_one(
        &self,
        folder: &str,
        listing: &mut Listing,
        folders: &mut VecDeque<String>,
        links: &mut VecDeque<String>,
    ) {
        let entries = match fs::read_dir(self.folder.join(folder)) {
            Ok(entries) => entries,
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return,
            Err(refused) => {
                listing.blind.insert(folder.to_owned(), plain(&refused));
                return;
            }
        };
        let mut inner = Vec::new();
        for entry in entries.flatten().filter(|entry| !hidden(&entry.file_name())) {
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let metadata = match fs::metadata(entry.path()) {
                Ok(metadata) => metadata,
                // A link to nothing counts as no file.
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => continue,
                Err(_) if !script(&entry.file_name()) => continue,
                Err(refused) => {
                    listing.blind.insert(folder.to_owned(), plain(&refused));
                    continue;
                }
            };
            let name = entry.file_name();
            let path =
                if folder.is_empty() { name.to_string_lossy().into() } else { format!("{folder}/{}", name.display()) };
            if metadata.is_dir() {
                inner.push((is_link, path));
            } else if script(&name) {
                listing.files.insert(path, Stamp::of(&metadata));
            } else {
                continue;
            }
            listing.linked |= is_link;
        }
        inner.sort();
        for (is_link, path) in inner {
            if is_link { &mut *links } else { &mut *folders }.push_back(path);
        }
    }

    /// Reads everything that a listing names, and gives each with its stamp; folders that cannot be listed are told of too.
    pub(super) fn read_all(&self, listing: &Listing) -> BTreeMap<String, (What, Option<Stamp>)> {
        let files = listing.files.iter().filter_map(|(path, stamp)| {
            let what = self.read(path)?;
            Some((path.clone(), (what, Some(stamp.clone()))))
        });
        let folders = listing.blind.iter().filter(|(folder, _)| !folder.is_empty()).map(|(folder, reason)| {
            let what = What::Unreadable(format!("this folder cannot be listed: {reason}"));
            (folder.clone(), (what, None))
        });
        files.chain(folders).collect()
    }

    /// Reads one script: never [`What::Removed`], and `None` where it is gone.
    fn read(&self, path: &str) -> Option<What> {
        let whole = self.folder.join(path);
        let metadata = match fs::metadata(&whole) {
            Ok(metadata) => metadata,
            // A name that is no text is listed with stand-ins, and then there is no such file.
            Err(_) if path.contains(char::REPLACEMENT_CHARACTER) => {
                return Some(What::Unreadable("its name is not UTF-8".into()));
            }
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => return None,
            Err(refused) => return Some(What::Unreadable(plain(&refused))),
        };
        if !metadata.is_file() {
            return Some(What::Unreadable("it is not a regular file".into()));
        }
        match read_text(&whole, &metadata) {
            Ok(what) => Some(what),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => None,
            Err(refused) => Some(What::Unreadable(plain(&refused))),
        }
    }
}

fn read_text(path: &Path, metadata: &Metadata) -> io::Result<What> {
    let too_large = || What::Unreadable(format!("it is larger than {} MiB", LARGEST_SCRIPT >> 20));
    if metadata.len() > LARGEST_SCRIPT {
        return Ok(too_large());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // It can grow while it is read.
    File::open(path)?.take(LARGEST_SCRIPT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_SCRIPT {
        return Ok(too_large());
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => What::Text(text),
        Err(other) => {
            let offset = other.utf8_error().valid_up_to();
            What::Unreadable(format!("it is not UTF-8 text: the first wrong byte is at offset {offset}"))
        }
    })
}

/// Whether a name is that of a script. Editors' backup files end otherwise (`x.rhai~`, `#x.rhai#`, `x.rhai.swp`, `4913`).
fn script(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rhai")
}

fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// A reason without the error number of the system.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission to read it is denied".into(),
        _ => error.to_string(),
    }
}
