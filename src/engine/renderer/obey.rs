//! What a single command does to a renderer. What a transaction does stands where it is applied.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::Renderer;
use crate::engine::command::Order;

impl Renderer {
    /// Does what it says, from this quantum on. Audio thread.
    pub(super) fn obey(&mut self, order: Order) {
        match order {
            Order::Gain { slot, linear, frames } => self.slots[slot.index()].set_gain(linear, frames),
            Order::Mute { slot, on, frames } => self.slots[slot.index()].set_mute(on, frames),
            Order::Master { linear, frames } => self.gain.go(linear, frames),
            Order::Position(position) => self.position = position,
            Order::Tempo(bpm) => self.change_tempo(bpm),
            Order::Record(recording) => self.tape.run(recording),
        }
    }
}
