//! What a terminal shows of a running set. It asks the engine in its own grammar of words and never reaches past it: whoever plays does not know that somebody looks.
//!
//! [`model`] is what is known, [`draw`] makes a frame of it, [`keys`] makes words of keys, [`screen`] has the terminal.

pub mod draw;
pub mod keys;
pub mod model;
mod pane;
pub mod picture;
pub mod prompt;
pub mod screen;

pub use super::show::Said;
pub use screen::{Link, View};
