//! Equal voices inside one program: found, run side by side, and added up as the program adds them. It knows no signals.

pub mod run;
pub mod split;
mod sums;

pub use run::{Choir, Source, Stateless, Voices};
pub use split::{Split, Start, split};
