//! All integration tests, in one binary.

mod watch;
