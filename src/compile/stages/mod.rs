//! Programs of which only a part waits for the frame before: what comes before that part and behind it runs several frames at once. It makes no code.

mod cut;
mod run;

pub use cut::{Cut, cut};
pub use run::Stages;
