//! What the two threads share: atomics, counted references and rings of one writer and one reader. Which protocol they carry stands elsewhere.
//!
//! With the feature `loom` all of it is loom's, or made of loom's, so that the protocol can be run under every order of
//! events that the memory model allows (`tests/loom.rs`). Both rings promise the same: what was written before `push` is
//! seen after the `pop` that gives it, and neither waits.

#[cfg(feature = "loom")]
pub(super) use modelled::*;
#[cfg(not(feature = "loom"))]
pub(super) use real::*;

#[cfg(not(feature = "loom"))]
mod real {
    pub use std::sync::Arc;
    pub use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

    use ringbuf::traits::{Consumer, Observer, Producer, Split};
    use ringbuf::{HeapCons, HeapProd, HeapRb};

    /// The writer's end of a ring.
    pub struct Sender<T>(HeapProd<T>);

    /// The reader's end of a ring.
    pub struct Receiver<T>(HeapCons<T>);

    /// Reserves a ring for so many, at least 1; each place has held `something` once, so that no page is missing later.
    /// Control thread.
    pub fn ring<T>(capacity: usize, something: impl Fn() -> T) -> (Sender<T>, Receiver<T>) {
        let (mut sender, mut receiver) = HeapRb::new(capacity.max(1)).split();
        while sender.try_push(something()).is_ok() {}
        while receiver.try_pop().is_some() {}
        (Sender(sender), Receiver(receiver))
    }

    impl<T> Sender<T> {
        /// Puts something in, or gives it back where there is no room. Any thread, never waits.
        pub fn push(&mut self, one: T) -> Result<(), T> {
            self.0.try_push(one)
        }

        /// Whether there is no room.
        pub fn is_full(&self) -> bool {
            self.0.is_full()
        }
    }

    impl<T> Receiver<T> {
        /// Takes the oldest out. Any thread, never waits.
        pub fn pop(&mut self) -> Option<T> {
            self.0.try_pop()
        }

        /// Whether nothing is there. What the writer did before it put something in is seen after a `false`.
        pub fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
    }
}

#[cfg(feature = "loom")]
mod modelled {
    pub use loom::sync::Arc;
    pub use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};

    use loom::cell::UnsafeCell;
    use loom::sync::atomic::AtomicUsize;

    struct Ring<T> {
        places: Box<[UnsafeCell<Option<T>>]>,
        /// How many were ever put in.
        written: AtomicUsize,
        /// How many were ever taken out.
        read: AtomicUsize,
    }

    // SAFETY: the one writer touches a place only before it counts it as written, the one reader only until it counts it as
    // read; loom sees to it.
    unsafe impl<T: Send> Sync for Ring<T> {}

    /// The writer's end of a ring.
    pub struct Sender<T>(Arc<Ring<T>>);

    /// The reader's end of a ring.
    pub struct Receiver<T>(Arc<Ring<T>>);

    /// Reserves a ring for so many, at least 1. Models have no pages.
    pub fn ring<T>(capacity: usize, _: impl Fn() -> T) -> (Sender<T>, Receiver<T>) {
        let places = (0..capacity.max(1)).map(|_| UnsafeCell::new(None)).collect();
        let ring = Arc::new(Ring { places, written: AtomicUsize::new(0), read: AtomicUsize::new(0) });
        (Sender(Arc::clone(&ring)), Receiver(ring))
    }

    impl<T> Sender<T> {
        /// Puts something in, or gives it back where there is no room.
        pub fn push(&mut self, one: T) -> Result<(), T> {
            if self.is_full() {
                return Err(one);
            }
            let Ring { places, written, .. } = &*self.0;
            let at = written.load(Ordering::Relaxed);
            // SAFETY: the reader looks here only after the store below.
            places[at % places.len()].with_mut(|place| unsafe { *place = Some(one) });
            written.store(at + 1, Ordering::Release);
            Ok(())
        }

        /// Whether there is no room.
        pub fn is_full(&self) -> bool {
            let Ring { places, written, read } = &*self.0;
            written.load(Ordering::Relaxed) - read.load(Ordering::Acquire) == places.len()
        }
    }

    impl<T> Receiver<T> {
        /// Takes the oldest out.
        pub fn pop(&mut self) -> Option<T> {
            let Ring { places, written, read } = &*self.0;
            let at = read.load(Ordering::Relaxed);
            if written.load(Ordering::Acquire) == at {
                return None;
            }
            // SAFETY: the writer comes back here only after the store below.
            let one = places[at % places.len()].with_mut(|place| unsafe { (*place).take() });
            read.store(at + 1, Ordering::Release);
            one
        }

        /// Whether nothing is there. What the writer did before it put something in is seen after a `false`.
        pub fn is_empty(&self) -> bool {
            let Ring { written, read, .. } = &*self.0;
            written.load(Ordering::Acquire) == read.load(Ordering::Relaxed)
        }
    }
}
