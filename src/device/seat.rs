//! The seat of the one who renders: a cell that a source is put in, lent from and called home from. Never waits on the
//! audio side.

use super::Source;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::time::{Duration, Instant};

/// A source behind a thin pointer, so that one atomic word can hold it.
pub(super) type Player = Box<Box<dyn Source>>;

/// How long the control side sleeps between two looks at a seat whose source is just rendering.
const LOOK_AGAIN: Duration = Duration::from_micros(200);

/// One stream's place for the source. Whoever takes the pointer out owns the source until it is put back, so at any
/// time at most one thread can render, and a seat that is empty means silence.
pub(super) struct Seat {
    player: AtomicPtr<Box<dyn Source>>,
    closed: AtomicBool,
}

impl Seat {
    /// A seat that nobody sits on yet.
    pub(super) fn new() -> Self {
        Self { player: AtomicPtr::new(ptr::null_mut()), closed: AtomicBool::new(false) }
    }

    /// Sits the source down; it is rendered from now on. Control thread, once per seat.
    pub(super) fn sit(&self, player: Player) {
        let before = self.player.swap(Box::into_raw(player), Ordering::AcqRel);
        debug_assert!(before.is_null(), "a seat holds one source");
    }

    /// Runs `work` on the source if it sits here; `None` means silence. `work` must not unwind. Audio thread.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut dyn Source) -> T) -> Option<T> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        let player = self.player.swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: a non-null pointer in the cell came from `Box::into_raw` in `sit`, and the swap made this thread its
        // only owner until the store below.
        let done = unsafe { player.as_mut() }.map(|source| work(source.as_mut()));
        if !player.is_null() {
            self.player.store(player, Ordering::Release);
        }
        done
    }

    /// Closes the seat for good and fetches the source, waiting at most `patience` for the block that is being rendered.
    /// Control thread.
    pub(super) fn call_home(&self, patience: Duration) -> Option<Player> {
        self.closed.store(true, Ordering::Release);
        let called = Instant::now();
        loop {
            let player = self.player.swap(ptr::null_mut(), Ordering::AcqRel);
            if !player.is_null() {
                // SAFETY: as in `lend`; the pointer left the cell for good, so the box owns it again.
                return Some(unsafe { Box::from_raw(player) });
            }
            if called.elapsed() >= patience {
                return None;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        drop(self.call_home(Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silence;

    impl Source for Silence {
        fn render(&mut self, _: &mut [f32], _: usize) {}

        fn is_under_way(&self) -> bool {
            false
        }
    }

    #[test]
    fn whoever_was_called_home_while_he_rendered_is_lent_no_more_and_comes_later() {
        let seat = Seat::new();
        assert!(seat.lend(|_| ()).is_none(), "nobody sits");
        seat.sit(Box::new(Box::new(Silence)));
        let called = seat.lend(|_| seat.call_home(Duration::ZERO).is_some());
        assert_eq!(called, Some(false), "he renders");
        assert!(seat.lend(|_| ()).is_none(), "he is wanted elsewhere");
        assert!(seat.call_home(Duration::ZERO).is_some());
        assert!(seat.call_home(Duration::ZERO).is_none(), "there is one of him");
    }
}
