//! The null clock: pulls the source in real time when no device does. Makes no sound and never hurries after a pause.

use super::edge::Edge;
use super::pull::Counters;
use super::seat::{Player, Seat};
use super::{FRAMES, Plan};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time that the clock makes up for; what it is further behind, after a suspended machine say, is dropped.
const CATCH_UP: Duration = Duration::from_millis(1_000);

/// A thread that pulls a source by absolute deadlines, so the average rate is exact.
pub(super) struct NullClock {
    seat: Arc<Seat>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl NullClock {
    /// Starts to pull `player` as if it had done so since `since`. Control thread.
    ///
    /// # Errors
    /// Hands the player back when the system gives no thread.
    pub(super) fn start(
        player: Player,
        since: Instant,
        plan: Plan,
        counters: Arc<Counters>,
    ) -> Result<Self, Option<Player>> {
        let (seat, over) = (Arc::new(Seat::new()), Arc::new(AtomicBool::new(false)));
        seat.sit(player);
        let Ok(mut edge) = Edge::new("the null clock", plan.rate, plan, Arc::clone(&seat), counters) else {
            return Err(seat.call_home(Duration::ZERO));
        };
        let ended = Arc::clone(&over);
        let spawned =
            std::thread::Builder::new().name("aither-null-clock".into()).spawn(move || tick(&mut edge, &ended, since));
        match spawned {
            Ok(thread) => Ok(Self { seat, over, thread }),
            Err(_) => Err(seat.call_home(Duration::ZERO)),
        }
    }

    /// Ends the clock and hands the source back. Control thread.
    ///
    /// # Errors
    /// The seat to look at later, when the source hangs in `render`.
    pub(super) fn stop(self, patience: Duration) -> Result<Player, Arc<Seat>> {
        let player = self.seat.call_home(patience);
        self.over.store(true, Ordering::Release);
        self.thread.thread().unpark();
        player.ok_or(self.seat)
    }
}

/// Pulls block after block until it is `over`.
fn tick(edge: &mut Edge, over: &AtomicBool, since: Instant) {
    let mut block = vec![0.0; FRAMES as usize * edge.channels()];
    let mut start = since;
    let mut frames = 0_u64;
    while !over.load(Ordering::Acquire) {
        let begun = Instant::now();
        edge.pull(&mut block);
        edge.time(FRAMES as usize, begun);
        frames += u64::from(FRAMES);
        let rate = u128::from(edge.rate());
        let due = start + Duration::from_nanos((u128::from(frames) * 1_000_000_000 / rate) as u64);
        let now = Instant::now();
        if now > due + CATCH_UP {
            (start, frames) = (now, 0);
        }
        while !over.load(Ordering::Acquire) {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::park_timeout(left);
        }
    }
}
