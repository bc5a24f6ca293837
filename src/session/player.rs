//! The audio half of a performance, as whoever makes its sound holds it. It decides nothing.

use crate::dsp::denormals::Flush;
use crate::engine::{Renderer, Tap};
use crate::memory::bounds;

/// The audio half of a performance: whoever holds it makes its sound.
pub struct Player {
    renderer: Renderer,
}

impl Player {
    /// Whoever holds it has the renderer. Control thread.
    pub(super) fn new(renderer: Renderer) -> Player {
        Player { renderer }
    }

    /// Whether long copies are made at once, as where nobody waits for a quantum, or in slices. Control thread.
    pub(super) fn hurry(&mut self, hurry: bool) {
        self.renderer.set_slice(if hurry { usize::MAX } else { bounds::SLICE });
    }

    /// The next quantum of the master: channel after channel, 64 frames each. Audio thread.
    pub fn quantum(&mut self) -> &[f64] {
        self.renderer.render_quantum()
    }

    /// As [`Player::quantum`], for whoever keeps the processor in its mode for many quanta. Audio thread.
    pub fn quantum_flushed(&mut self, flush: &Flush) -> &[f64] {
        self.renderer.render_flushed(flush, &mut ())
    }

    /// Number of the first frame of the next quantum.
    pub fn frame(&self) -> u64 {
        self.renderer.frame()
    }

    /// As [`Player::quantum`], for somebody who listens to single signals.
    pub fn quantum_tapped(&mut self, tap: &mut impl Tap) -> &[f64] {
        self.renderer.render_tapped(tap)
    }

    /// Channels of the master.
    pub fn channels(&self) -> usize {
        self.renderer.channels()
    }
}

impl crate::device::Source for Player {
    fn render(&mut self, out: &mut [f32], channels: usize) {
        self.renderer.render(out, channels);
    }

    fn is_under_way(&self) -> bool {
        self.renderer.frame() > 0
    }
}
