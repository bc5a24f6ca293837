//! A machine that goes on as before: it sounds, and has nothing to tell. Whether somebody does something to it its slot knows.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::thread;

use super::{Machine, Moment};
use crate::engine::mix::Sums;
use crate::ir::call::QUANTUM;

impl Machine {
    /// Whether its latest quantum sounded and stood below what the mix takes, it hears nobody, and has nothing to tell.
    pub(in crate::engine) fn is_calm(&self) -> bool {
        let quiet = self.silent || !self.moderate || self.is_frozen();
        !quiet && self.ears.is_empty() && self.has_no_faults()
    }

    fn has_no_faults(&self) -> bool {
        self.faults.iter().all(|count| *count == 0)
    }

    /// Runs a quantum, calm until then, and adds it to sums as the mix does; others may hear it, too. An error is how the run went where
    /// it is not calm in it: nothing was added, and nobody has [judged](Machine::judge) it yet. Audio thread.
    pub(in crate::engine) fn go_on(
        &mut self,
        moment: &Moment<'_>,
        sums: &mut Sums<'_>,
        heard: bool,
    ) -> Result<(), thread::Result<()>> {
        let run = self.attempt(moment);
        if run.is_err() || !self.has_no_faults() || !sums.add_sound(&mut self.output, heard) {
            return Err(run);
        }
        self.hold.iter_mut().zip(self.output.iter()).for_each(|(hold, channel)| *hold = channel[QUANTUM - 1] + 0.0);
        Ok(())
    }

    /// The last sample of each channel.
    pub(in crate::engine) fn last(&self) -> &[f64] {
        &self.hold
    }
}
