//! A number on its way to another in a straight line, frame by frame. It never jumps unless the way is 0 frames long.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::ir::call::QUANTUM;

/// A weight or gain that moves linearly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    target: f64,
    step: f64,
    left: u32,
}

impl Ramp {
    /// A ramp that rests.
    pub const fn at(value: f64) -> Ramp {
        Ramp { target: value, step: 0.0, left: 0 }
    }

    /// A ramp from one value to another in so many frames.
    pub fn between(from: f64, to: f64, frames: u32) -> Ramp {
        let mut ramp = Ramp::at(from);
        ramp.go(to, frames);
        ramp
    }

    /// Goes on from the present value: the next frame makes the first step, the last of `frames` is exactly `target`. Audio thread.
    pub fn go(&mut self, target: f64, frames: u32) {
        let step = if frames == 0 { 0.0 } else { (target - self.value()) / f64::from(frames) };
        *self = Ramp { target, step, left: frames };
    }

    /// The value of the latest frame.
    pub fn value(&self) -> f64 {
        self.target - self.step * f64::from(self.left)
    }

    /// Whether it has arrived.
    pub fn is_still(&self) -> bool {
        self.left == 0
    }

    /// Whether it rests at this value.
    pub fn rests_at(&self, value: f64) -> bool {
        self.left == 0 && self.target == value
    }

    /// The value of the next frame. Audio thread.
    pub fn advance(&mut self) -> f64 {
        self.left = self.left.saturating_sub(1);
        self.value()
    }

    /// Lets a quantum go by. Audio thread.
    pub fn pass(&mut self) {
        self.left = self.left.saturating_sub(QUANTUM as u32);
    }

    /// The values of the next quantum, which does not go by. Audio thread.
    pub fn ahead(&self) -> [f64; QUANTUM] {
        let (mut values, mut ramp) = ([0.0; QUANTUM], *self);
        ramp.fill(&mut values);
        values
    }

    /// The values of the next quantum. Audio thread.
    pub fn fill(&mut self, values: &mut [f64; QUANTUM]) {
        if self.is_still() {
            values.fill(self.value());
        } else {
            values.fill_with(|| self.advance());
        }
    }

    /// Multiplies the values of the next quantum into `values`. Audio thread.
    pub fn scale(&mut self, values: &mut [f64; QUANTUM]) {
        if !self.rests_at(1.0) {
            let mut line = [0.0; QUANTUM];
            self.fill(&mut line);
            values.iter_mut().zip(&line).for_each(|(value, scale)| *value *= scale);
        }
    }
}
