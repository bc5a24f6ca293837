//! Rings that a program walks through slot by slot, as echoes do: they are lent to its code as a quantum that lies straight. It makes no code.
//!
//! Where an index only follows a cell that counts round, the slots of a quantum are known before its first frame. The program then
//! needs neither the index nor the tests of it, and what it reads was written long before, so nothing of a frame waits for
//! the frame before. What the rewriting takes for granted is asked before each run, and where it does not hold the program
//! runs as it was written.

mod follow;
mod lend;
mod open;
mod round;
mod run;
mod stretch;

pub use open::open;
pub use run::Echoes;
