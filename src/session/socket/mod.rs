//! The control socket: how other programs of the same user talk to a running engine. It carries requests and answers, and decides nothing.
//!
//! A request is one line of JSON, `{"aither":1,"command":"mute bass 0.5"}`, and so is its answer, `{"ok":true,"text":"…"}`
//! or `{"ok":false,"error":"…","help":"…"}`. [`message`] says what they hold.

mod client;
mod line;
pub mod message;
mod place;
mod server;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "pipes.rs"]
mod system;

pub use client::{Silence, ask};
pub use message::{Answer, Request};
pub use place::{EngineName, Unusable};
pub use server::{Asked, AtOnce, Reply, Server};
pub use system::names;
