//! A heap that counts, and sections of code that must not call it. It passes every call on to the system and changes nothing about what is allocated.
//!
//! [`Counting`] is installed by whoever makes a program of this library: `main.rs` and the tests. What the audio thread does stands in a
//! [`Section`], and each call of the heap inside one is counted; where the allocator is [`strict`](Counting::strict), the end of the section panics.
//! Programs say with [`keep_little`] that what is free is not to be kept for later.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

static LIVE_BLOCKS: AtomicUsize = AtomicUsize::new(0);
static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static FREES: AtomicU64 = AtomicU64::new(0);
static MOVES: AtomicU64 = AtomicU64::new(0);
static ON_AUDIO_THREAD: AtomicU64 = AtomicU64::new(0);

thread_local! {
    // Neither lazily made nor dropped, so counting never allocates.
    static HERE: Cell<Here> = const { Cell::new(Here { calls: Calls::NONE, bytes: 0, sections: 0, lifted: 0, strays: Calls::NONE, strict: false }) };
}

/// What is known of one thread.
#[derive(Clone, Copy)]
struct Here {
    calls: Calls,
    /// Bytes that it has asked for and not given back.
    bytes: i64,
    /// How many sections stand around what runs now.
    sections: u32,
    /// How often the ban was lifted around what runs now.
    lifted: u32,
    /// The calls inside the sections so far.
    strays: Calls,
    /// Whether the allocator that saw them is strict.
    strict: bool,
}

/// Calls of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// Blocks that were asked for.
    pub allocations: u64,
    /// Blocks that were given back.
    pub frees: u64,
    /// Blocks that were made larger or smaller.
    pub moves: u64,
}

impl Calls {
    const NONE: Calls = Calls { allocations: 0, frees: 0, moves: 0 };
    const ALLOCATION: Calls = Calls { allocations: 1, ..Calls::NONE };
    const FREE: Calls = Calls { frees: 1, ..Calls::NONE };
    const MOVE: Calls = Calls { moves: 1, ..Calls::NONE };

    /// The calls since `before`.
    pub fn since(self, before: Calls) -> Calls {
        Calls {
            allocations: self.allocations - before.allocations,
            frees: self.frees - before.frees,
            moves: self.moves - before.moves,
        }
    }

    fn and(self, more: Calls) -> Calls {
        Calls {
            allocations: self.allocations + more.allocations,
            frees: self.frees + more.frees,
            moves: self.moves + more.moves,
        }
    }

    fn count(self) -> u64 {
        self.allocations + self.frees + self.moves
    }
}

/// What is allocated now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Blocks that are not freed.
    pub blocks: usize,
    /// Their bytes, as they were asked for.
    pub bytes: usize,
}

/// The system's allocator, counted. To be installed as the global one.
pub struct Counting {
    strict: bool,
}

impl Counting {
    /// Counts.
    #[allow(clippy::new_without_default, reason = "a static is made with it, and nothing else")]
    pub const fn new() -> Counting {
        Counting { strict: false }
    }

    /// Counts, and lets a [`Section`] panic at its end when there was a call inside it. For tests.
    pub const fn strict() -> Counting {
        Counting { strict: true }
    }

    fn note(&self, call: Calls) {
        let mut here = HERE.get();
        here.calls = here.calls.and(call);
        // A panic makes its message and its payload on the heap; what catches it is judged by itself.
        if here.sections > 0 && here.lifted == 0 && !std::thread::panicking() {
            here.strays = here.strays.and(call);
            here.strict = self.strict;
            ON_AUDIO_THREAD.fetch_add(1, Relaxed);
        }
        HERE.set(here);
    }
}

// SAFETY: everything is passed on to the system's allocator, and counting calls no allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(Calls::ALLOCATION);
        // SAFETY: passed on as it came.
        let address = unsafe { System.alloc(layout) };
        born(address, layout);
        address
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.note(Calls::ALLOCATION);
        // SAFETY: passed on as it came.
        let address = unsafe { System.alloc_zeroed(layout) };
        born(address, layout);
        address
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        self.note(Calls::FREE);
        FREES.fetch_add(1, Relaxed);
        LIVE_BLOCKS.fetch_sub(1, Relaxed);
        LIVE_BYTES.fetch_sub(layout.size(), Relaxed);
        hold(-(layout.size() as i64));
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(address, layout) }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.note(Calls::MOVE);
        // SAFETY: passed on as it came.
        let moved = unsafe { System.realloc(address, layout, size) };
        if !moved.is_null() {
            MOVES.fetch_add(1, Relaxed);
            // Wraps where it shrinks, as the sum does.
            LIVE_BYTES.fetch_add(size.wrapping_sub(layout.size()), Relaxed);
            hold(size as i64 - layout.size() as i64);
        }
        moved
    }
}

/// Enters a block in the books, if there is one.
fn born(address: *mut u8, layout: Layout) {
    if !address.is_null() {
        ALLOCATIONS.fetch_add(1, Relaxed);
        LIVE_BLOCKS.fetch_add(1, Relaxed);
        LIVE_BYTES.fetch_add(layout.size(), Relaxed);
        hold(layout.size() as i64);
    }
}

/// Enters bytes in the books of this thread.
fn hold(bytes: i64) {
    let here = HERE.get();
    HERE.set(Here { bytes: here.bytes + bytes, ..here });
}

/// What all threads have allocated and not freed; `None` where the allocator is not installed. Any thread.
pub fn live() -> Option<Live> {
    let blocks = || Live { blocks: LIVE_BLOCKS.load(Relaxed), bytes: LIVE_BYTES.load(Relaxed) };
    // Every program has allocated something before its first line.
    (ALLOCATIONS.load(Relaxed) > 0).then(blocks)
}

/// Calls of all threads since the start. Any thread.
pub fn calls() -> Calls {
    Calls { allocations: ALLOCATIONS.load(Relaxed), frees: FREES.load(Relaxed), moves: MOVES.load(Relaxed) }
}

/// Calls of this thread since it began. Any thread.
pub fn calls_of_this_thread() -> Calls {
    HERE.get().calls
}

/// Bytes that this thread has asked for and not given back; what it gives back for others counts as well, so compare on one
/// thread. Any thread.
pub fn bytes_of_this_thread() -> i64 {
    HERE.get().bytes
}

/// Calls inside sections since the start, on all threads; 0 is what there may be. Any thread.
pub fn calls_on_audio_thread() -> u64 {
    ON_AUDIO_THREAD.load(Relaxed)
}

/// Whether this thread is inside a section.
pub fn is_audio_thread() -> bool {
    HERE.get().sections > 0
}

/// Lets what is freed go back to the system as early for good as at the start of a process. To be called before anything is
/// played. Control thread.
///
/// glibc keeps the free end of a heap up to twice the largest block of pages of its own that was ever given back, so a
/// process would stay as large as the largest of its saves made it. Other allocators do not learn such a thing.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn keep_little() {
    use std::ffi::c_int;
    /// The bytes that a new process keeps at the end of a heap.
    const KEPT: c_int = 128 << 10;
    const M_TRIM_THRESHOLD: c_int = -1;
    unsafe extern "C" {
        fn mallopt(what: c_int, value: c_int) -> c_int;
    }
    // SAFETY: it has no preconditions. What it answers does not matter: a wish that is not granted changes nothing.
    unsafe { mallopt(M_TRIM_THRESHOLD, KEPT) };
}

/// Other allocators keep what they keep.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_little() {}

/// Work of the audio thread, for as long as it lives: calls of the heap are counted as faults. Sections may stand in each other.
///
/// What a panic itself allocates, its message and its payload, is none.
#[must_use = "the section ends where this is dropped"]
pub struct Section {
    /// It belongs to the thread that began it.
    _here: PhantomData<*const ()>,
}

impl Section {
    /// Begins here and now. Audio thread.
    pub fn begin() -> Section {
        let here = HERE.get();
        let strays = if here.sections == 0 { Calls::NONE } else { here.strays };
        HERE.set(Here { sections: here.sections + 1, strays, ..here });
        Section { _here: PhantomData }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        let here = HERE.get();
        HERE.set(Here { sections: here.sections - 1, ..here });
        let Calls { allocations, frees, moves } = here.strays;
        if here.sections == 1 && here.strict && here.strays.count() > 0 && !std::thread::panicking() {
            panic!("heap calls where none may be: {allocations} allocations, {frees} frees, {moves} moves");
        }
    }
}

/// Runs what may call the heap although it stands in a [`Section`]: a tap that writes files, say.
pub fn allowed<T>(work: impl FnOnce() -> T) -> T {
    struct Lifted;
    impl Drop for Lifted {
        fn drop(&mut self) {
            let here = HERE.get();
            HERE.set(Here { lifted: here.lifted - 1, ..here });
        }
    }
    let here = HERE.get();
    HERE.set(Here { lifted: here.lifted + 1, ..here });
    let _lifted = Lifted;
    work()
}
