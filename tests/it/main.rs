//! All integration tests, in one binary.

mod diagnostic;
mod setup;
mod watch;
