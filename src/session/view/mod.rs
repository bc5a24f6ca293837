//! What a terminal shows of a running set. It only shows and asks: whatever is done is done by the engine's grammar of words.

pub mod picture;
