//! Equal voices inside one program: found, run side by side, and added up as the program adds them. It knows no signals.

mod apart;
mod cut;
pub mod run;
mod sets;
mod shared;
pub mod split;
mod sums;
pub mod units;

pub use apart::apart;
pub use run::{Choir, Source, Stateless, Voices};
pub use split::{Group, Member, Split, Start, split};
