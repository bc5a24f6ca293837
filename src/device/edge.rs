//! What stands between a source and one device: the seat that the source sits on, a fade where it is heard from its middle on, and a resampler where the device plays another rate. It opens no device.

use super::pull::{Counters, Puller};
use super::resample::Resampler;
use super::seat::Seat;
use super::{Error, Plan, Source};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The audio side of one device.
pub struct Edge {
    puller: Puller,
    resampler: Option<Resampler>,
    /// Frames per second of the device.
    rate: u32,
}

impl Edge {
    /// The edge of a device that plays `rate` frames per second, with nobody on its seat. Control thread.
    ///
    /// # Errors
    /// [`Error::Rate`], when the plan's rate cannot become the device's in time; `name` is the device's.
    pub(super) fn new(
        name: &str,
        rate: u32,
        plan: Plan,
        seat: Arc<Seat>,
        counters: Arc<Counters>,
    ) -> Result<Edge, Error> {
        let resampler = match rate == plan.rate {
            true => None,
            false => {
                let odd = || Error::Rate { name: name.to_owned(), rate, engine: plan.rate };
                Some(Resampler::new(plan.rate, rate, usize::from(plan.channels)).ok_or_else(odd)?)
            }
        };
        Ok(Edge { puller: Puller::new(seat, counters, plan), resampler, rate })
    }

    /// The edge of a device that is not there: a source for whoever wants to hear what a device of that rate would. Control
    /// thread.
    ///
    /// # Errors
    /// As a device's.
    pub fn of(source: Box<dyn Source>, rate: u32, plan: Plan) -> Result<Edge, Error> {
        let seat = Arc::new(Seat::new());
        seat.sit(Box::new(source));
        Edge::new("nobody", rate, plan, seat, Arc::default())
    }

    /// Hands the source back; `None` where nobody sits. Control thread.
    pub fn home(self) -> Option<Box<dyn Source>> {
        self.puller.seat.call_home(Duration::ZERO).map(|player| *player)
    }

    /// Channels of the source, and of what comes out here.
    pub fn channels(&self) -> usize {
        self.puller.channels
    }

    /// Frames per second of the device.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// How much later than without a resampler a sample is heard, at most.
    pub fn delay(&self) -> Duration {
        self.resampler.as_ref().map_or(Duration::ZERO, Resampler::delay)
    }

    /// What is counted of it.
    #[cfg(feature = "device")]
    pub(super) fn counters(&self) -> &Arc<Counters> {
        &self.puller.counters
    }

    /// Fills `out`, interleaved, at the device's rate. Audio thread.
    pub fn pull(&mut self, out: &mut [f32]) {
        match &mut self.resampler {
            None => self.puller.pull(out),
            Some(resampler) => resampler.fill(out, |heard| self.puller.pull(heard)),
        }
    }

    /// Notes how much of its time a block of so many frames of the device took, if the source was in it. Audio thread.
    pub(super) fn time(&mut self, frames: usize, begun: Instant) {
        self.puller.time(frames as u64, self.rate, begun);
    }
}
