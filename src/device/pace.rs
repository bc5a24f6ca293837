//! How fast a device in trouble may ask the source. Measures nothing by itself.

use super::health::ERRORS_FOR;
use std::time::{Duration, Instant};

/// Keeps a device that takes block after block and answers with errors from swallowing the music: while errors go on, the
/// source is asked no faster than real time.
#[derive(Default)]
pub(super) struct Pace {
    faults: u64,
    /// When the last error was seen, since when errors go on, and how much the source has played since.
    errors: Option<(Instant, Instant, Duration)>,
}

impl Pace {
    /// Whether the source may play a block of this length now, after so many errors in all. Audio thread.
    pub(super) fn allows(&mut self, faults: u64, now: Instant, block: Duration) -> bool {
        if faults != self.faults {
            self.faults = faults;
            let (_, since, played) = self.errors.unwrap_or((now, now, Duration::ZERO));
            self.errors = Some((now, since, played));
        }
        let Some((last, since, played)) = &mut self.errors else { return true };
        if now.duration_since(*last) > ERRORS_FOR {
            self.errors = None;
            return true;
        }
        // A healthy device fills its two blocks at once after an error.
        let early = *played > now.duration_since(*since) + 2 * block;
        if !early {
            *played += block;
        }
        !early
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Duration = Duration::from_millis(10);

    #[test]
    fn a_device_without_errors_may_ask_as_fast_as_it_likes() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert!((0..100).all(|_| pace.allows(0, now, BLOCK)));
    }

    #[test]
    fn while_errors_go_on_the_source_plays_in_real_time() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        // Ten times too fast, for a second, with an error each time.
        let calls = 0..1_000_u64;
        let played = calls.filter(|n| pace.allows(n + 1, start + Duration::from_millis(*n), BLOCK)).count();
        assert_eq!(played, 102, "a second of blocks, and those that a queue holds");
    }

    #[test]
    fn an_error_costs_a_device_that_keeps_time_nothing() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert!((0..100_u32).all(|n| pace.allows(u64::from(n / 20), start + n * BLOCK, BLOCK)));
    }
}
