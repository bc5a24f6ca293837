//! Whether a path still means the same thing on disk. It opens no file.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// A folder as the disk knows it, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    place: on_disk::Place,
    // A new folder can be given the number of one that was just deleted.
    created: Option<SystemTime>,
}

impl Identity {
    /// The folder that `path` leads to now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        Ok(Self { place: on_disk::place(path, &metadata)?, created: metadata.created().ok() })
    }
}

/// What changes when a file is written, replaced or given other permissions, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// When the content was written, by the clock of the disk.
    pub(super) modified: Option<SystemTime>,
    length: u64,
    node: on_disk::Node,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { modified: metadata.modified().ok(), length: metadata.len(), node: on_disk::node(metadata) }
    }
}

#[cfg(unix)]
mod on_disk {
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    pub(super) type Place = (u64, u64);
    pub(super) type Node = (u64, i64, i64);

    pub(super) fn place(_path: &Path, metadata: &Metadata) -> io::Result<Place> {
        Ok((metadata.dev(), metadata.ino()))
    }

    pub(super) fn node(metadata: &Metadata) -> Node {
        (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
    }
}

#[cfg(not(unix))]
mod on_disk {
    use std::fs::Metadata;
    use std::io;
    use std::path::{Path, PathBuf};

    pub(super) type Place = PathBuf;
    pub(super) type Node = bool;

    pub(super) fn place(path: &Path, _metadata: &Metadata) -> io::Result<Place> {
        path.canonicalize()
    }

    pub(super) fn node(metadata: &Metadata) -> Node {
        metadata.permissions().readonly()
    }
}
