//! All integration tests, in one binary.

mod setup;
mod watch;
