//! Sockets in a private folder: made, checked, taken and left. Nothing is read from or written to them here.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use interprocess::ConnectWaitMode;
use interprocess::local_socket::{
    ConnectOptions, GenericFilePath, Listener, ListenerNonblockingMode, ListenerOptions, Stream, ToFsName,
};
use nix::unistd::Uid;

use super::place::{EngineName, Unusable};

/// How long another engine that is just starting or ending is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The socket of an engine that listens; it goes when this is dropped.
pub struct Seat {
    path: PathBuf,
    /// Device and number of the file, to tell it from another one in its place.
    identity: (u64, u64),
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Nobody replaces a socket that is listened to, unless it was deleted by hand.
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// Listens under a name. What is accepted does not block.
pub fn listen(name: &EngineName) -> Result<(Listener, Seat), Unusable> {
    let folder = folder();
    make(&folder)?;
    let path = socket(&folder, name);
    let system = || Unusable::system(&path);
    // Two engines that start at the same time must not both replace what a third one left behind.
    let _lock = lock(&folder)?;
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(system()(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(Unusable::NotPrivate { path, why: "it is no socket" });
        }
        Ok(_) => match connect_to(&path) {
            Err(error) if nobody(&error) => fs::remove_file(&path).map_err(system())?,
            _ => return Err(Unusable::Taken(name.clone())),
        },
    }
    let options = ListenerOptions::new().nonblocking(ListenerNonblockingMode::Both).reclaim_name(false);
    let address = path.as_path().to_fs_name::<GenericFilePath>().map_err(system())?;
    let listener = options.name(address).create_sync().map_err(system())?;
    fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(system())?;
    let identity = identity(&path).map_err(system())?;
    Ok((listener, Seat { path, identity }))
}

/// Reaches the engine of a name; `None` when none runs. The stream does not block.
pub fn connect(name: &EngineName) -> Result<Option<Stream>, Unusable> {
    let folder = folder();
    if !is_private(&folder)? {
        return Ok(None);
    }
    let path = socket(&folder, name);
    match connect_to(&path) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if nobody(&error) => Ok(None),
        Err(error) => Err(Unusable::system(path)(error)),
    }
}

/// The names of the engines that run, in order.
pub fn names() -> Vec<String> {
    let folder = folder();
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let Ok(file) = entry.file_name().into_string() else { continue };
        let Some(name) = file.strip_suffix(".sock") else { continue };
        if connect_to(&entry.path()).is_ok() {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names
}

/// The folder of this user's sockets.
fn folder() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    runtime.map_or_else(|| std::env::temp_dir().join(format!("aither-{}", user())), |path| path.join("aither"))
}

fn user() -> u32 {
    Uid::effective().as_raw()
}

fn socket(folder: &Path, name: &EngineName) -> PathBuf {
    folder.join(format!("{name}.sock"))
}

/// Makes the folder where it is not there.
fn make(folder: &Path) -> Result<(), Unusable> {
    let system = || Unusable::system(folder);
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(system()(error)),
        _ => {}
    }
    is_private(folder)?;
    // Nobody else needs to see who plays.
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(system())
}

/// Whether the folder is there.
///
/// # Errors
/// When it is there and somebody else could put a socket into it.
fn is_private(folder: &Path) -> Result<bool, Unusable> {
    let found = match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        found => found.map_err(Unusable::system(folder))?,
    };
    let why = if !found.is_dir() {
        "it is no folder"
    } else if found.uid() != user() {
        "it belongs to another user"
    } else if found.mode() & 0o022 != 0 {
        "others can write to it"
    } else {
        return Ok(true);
    };
    Err(Unusable::NotPrivate { path: folder.to_owned(), why })
}

/// Keeps other engines from looking for a place until it is dropped.
fn lock(folder: &Path) -> Result<File, Unusable> {
    let system = || Unusable::system(folder);
    let file = File::open(folder).map_err(system())?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => sleep(Duration::from_millis(5)),
            Err(TryLockError::WouldBlock) => return Err(system()(Error::other("it is locked by another program"))),
            Err(TryLockError::Error(error)) => return Err(system()(error)),
        }
    }
}

fn connect_to(path: &Path) -> std::io::Result<Stream> {
    let name = path.to_fs_name::<GenericFilePath>()?;
    let options = ConnectOptions::new().name(name).wait_mode(ConnectWaitMode::Timeout(PATIENCE));
    options.nonblocking_stream(true).connect_sync()
}

/// Whether nobody listens, as opposed to somebody who is busy or must not be reached.
fn nobody(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound)
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}
