//! Named pipes, on Windows: the system gives them to their owner only and takes them away when the engine ends. Nothing is read from or written to them here.

use std::io::ErrorKind;

use interprocess::ConnectWaitMode;
use interprocess::local_socket::{
    ConnectOptions, GenericNamespaced, Listener, ListenerNonblockingMode, ListenerOptions, Stream, ToNsName,
};

use super::place::{EngineName, Unusable};

/// The pipe of an engine that listens.
pub struct Seat;

/// Listens under a name. What is accepted does not block.
pub fn listen(name: &EngineName) -> Result<(Listener, Seat), Unusable> {
    let pipe = pipe(name);
    let address = pipe.as_str().to_ns_name::<GenericNamespaced>().map_err(Unusable::system(&pipe))?;
    let options = ListenerOptions::new().nonblocking(ListenerNonblockingMode::Both);
    match options.name(address).create_sync() {
        Ok(listener) => Ok((listener, Seat)),
        Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
            Err(Unusable::Taken(name.clone()))
        }
        Err(error) => Err(Unusable::system(pipe)(error)),
    }
}

/// Reaches the engine of a name; `None` when none runs. The stream does not block.
pub fn connect(name: &EngineName) -> Result<Option<Stream>, Unusable> {
    let pipe = pipe(name);
    let address = pipe.as_str().to_ns_name::<GenericNamespaced>().map_err(Unusable::system(&pipe))?;
    let options = ConnectOptions::new().name(address).wait_mode(ConnectWaitMode::Timeout(super::line::PATIENCE));
    match options.nonblocking_stream(true).connect_sync() {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unusable::system(pipe)(error)),
    }
}

/// Pipes cannot be asked for by their beginning.
pub fn names() -> Vec<String> {
    Vec::new()
}

fn pipe(name: &EngineName) -> String {
    let user = std::env::var("USERNAME").unwrap_or_default();
    format!("aither-{user}-{name}")
}
