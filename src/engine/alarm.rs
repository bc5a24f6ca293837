//! The shortest way to silence: any thread raises it, and the audio thread obeys at its next quantum, before all messages. It knows no way back.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::sync::{Arc, AtomicBool, AtomicU8, Ordering};

/// How long the master takes to fall silent, in seconds.
pub const HUSH: f64 = 0.003;

/// Alarms that were obeyed and not read yet, at most: one more waits until somebody has read.
pub(super) const UNREAD: u8 = 8;

/// What is raised; all clones are one.
#[derive(Clone, Debug)]
pub struct Alarm(Arc<State>);

#[derive(Debug)]
struct State {
    raised: AtomicBool,
    /// How often it was obeyed since the control thread read of it.
    unread: AtomicU8,
}

impl Alarm {
    /// Nobody has raised it. Control thread.
    #[allow(clippy::disallowed_methods, reason = "made at start")]
    pub(super) fn calm() -> Alarm {
        Alarm(Arc::new(State { raised: AtomicBool::new(false), unread: AtomicU8::new(0) }))
    }

    /// Silences the master within [`HUSH`] of the next quantum, whatever the control thread is busy with. Any thread.
    pub fn raise(&self) {
        self.0.raised.store(true, Ordering::Release);
    }

    /// Whether somebody raised it and it was not obeyed. Any thread.
    #[inline]
    pub(super) fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::Acquire)
    }

    /// Whether it is to be obeyed now; then it is answered in this very quantum. Audio thread.
    pub(super) fn heed(&self) -> bool {
        // What was obeyed and is unread has silenced already, and nothing was sent since that could let sound in.
        let due = self.0.raised.load(Ordering::Acquire) && self.0.unread.load(Ordering::Acquire) < UNREAD;
        if due {
            self.0.raised.store(false, Ordering::Release);
            self.0.unread.fetch_add(1, Ordering::AcqRel);
        }
        due
    }

    /// The control thread has read that it was obeyed.
    pub(super) fn read(&self) {
        self.0.unread.fetch_sub(1, Ordering::AcqRel);
    }
}
