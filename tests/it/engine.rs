//! What the engine promises of swaps, fades, mix and limiter, with small programs written by hand.

mod buffers;
mod carry;
mod fades;
mod handover;
mod hearing;
mod panics;
mod poison;
mod rests;
mod section;
mod stage;
