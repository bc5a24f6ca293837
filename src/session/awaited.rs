//! Saves and commands whose first frame is waited for, so that what is told of them is complete. It waits for nobody.

use std::time::{Duration, Instant};

use super::socket::{Answer, Reply};
use super::{Form, Report, show};

/// How long a report waits for its first frame before it is shown without.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// A save or a command whose first frame is waited for.
pub(super) struct Awaited {
    pub ticket: Option<u64>,
    pub report: Report,
    /// What it began with.
    pub origin: &'static str,
    pub begun: Instant,
    pub handed_over: Instant,
    pub on_air: Option<Instant>,
    /// Who wants to know.
    pub reply: Option<Reply>,
}

impl Awaited {
    /// Shows the report as soon as it is complete, and says whether it was shown. A sample waits for so long in the `queue` of
    /// the device.
    pub fn told(&mut self, queue: Option<Duration>, form: Form) -> bool {
        let waiting = self.ticket.is_some() && self.on_air.is_none();
        if waiting && self.handed_over.elapsed() < PATIENCE {
            return false;
        }
        show::report(&self.report, form);
        if let Some(reply) = self.reply.take() {
            reply.send(Answer::reporting(&self.report));
        }
        if let Some(on_air) = self.on_air.filter(|_| self.report.ok()) {
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            let heard = queue.map_or(String::new(), |queue| format!(", heard within {:.1} ms more", ms(queue)));
            let took = format!(
                "  handed over {:.1} ms after the {}, first frame {:.1} ms later{heard}",
                ms(self.handed_over - self.begun),
                self.origin,
                ms(on_air - self.handed_over),
            );
            show::beside(form, took);
        }
        true
    }
}
