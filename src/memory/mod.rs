//! All memory that outlives a quantum: reserved at start, handed out by name, counted. It renders nothing and grows never.

pub mod arena;
pub mod bounds;
pub mod carry;
pub mod compaction;
pub mod copies;
pub mod counters;
pub mod health;
pub mod holding;
pub mod identity;
pub mod key;
pub mod leak;
mod matching;
pub mod pool;
pub mod programs;
pub mod runs;
pub mod sandbox;

pub use arena::{Arena, Extent, Lacking};
pub use carry::{Content, carry};
pub use copies::Copies;
pub use counters::Counters;
pub use identity::{Alignment, Fate, Held, Verdict, align, seed};
pub use key::Key;
pub use pool::{Block, Layout, Moves, Pool, Refusal};
pub use programs::Programs;
pub use sandbox::Sandboxes;
