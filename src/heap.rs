//! A heap that counts, and sections of code that must not call it. It passes every call on to the system and changes nothing about what is allocated.
//!
//! [`Counting`] is installed by whoever makes a program of this library: `main.rs` and the tests. What the audio thread does stands in a
//! [`Section`], and each call of the heap inside one is counted; where the allocator is [`strict`](Counting::strict), the end of the section panics.
//! Programs say with [`keep_little`] that what is free is not to be kept for later.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// The books of so many threads are their own; all later threads share the first page.
const PAGES: usize = 64;

/// What is counted: a page for each thread, because counters that threads share cost more than the heap itself.
static BOOKS: [Page; PAGES] = [const { Page::BLANK }; PAGES];
/// How many pages have an owner. A page stays with the thread that took it when that is gone.
static TAKEN: AtomicUsize = AtomicUsize::new(1);
static ON_AUDIO_THREAD: AtomicU64 = AtomicU64::new(0);

thread_local! {
    // Neither lazily made nor dropped, so counting never allocates.
    static HERE: Here = const { Here::NEW };
}

/// Calls since the start, and the bytes that are not given back, which wrap below 0 where others' are.
#[repr(align(128))]
struct Page {
    allocations: AtomicU64,
    frees: AtomicU64,
    moves: AtomicU64,
    bytes: AtomicU64,
}

impl Page {
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is a page of its own")]
    const BLANK: Page = Page {
        allocations: AtomicU64::new(0),
        frees: AtomicU64::new(0),
        moves: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
    };
}

/// What is known of one thread.
struct Here {
    /// The number of its page; none yet where it is [`PAGES`].
    page: Cell<usize>,
    calls: Cell<Calls>,
    /// Bytes that it has asked for and not given back.
    bytes: Cell<i64>,
    /// How many sections stand around what runs now.
    sections: Cell<u32>,
    /// How often the ban was lifted around what runs now.
    lifted: Cell<u32>,
    /// The calls inside the sections so far.
    strays: Cell<Calls>,
    /// Whether the allocator that saw them is strict.
    strict: Cell<bool>,
}

impl Here {
    #[allow(clippy::declare_interior_mutable_const, reason = "each thread has its own")]
    const NEW: Here = Here {
        page: Cell::new(PAGES),
        calls: Cell::new(Calls::NONE),
        bytes: Cell::new(0),
        sections: Cell::new(0),
        lifted: Cell::new(0),
        strays: Cell::new(Calls::NONE),
        strict: Cell::new(false),
    };

    /// Enters a call, and what it changes of the bytes that are held.
    fn enter(&self, call: Calls, bytes: i64) {
        self.bytes.set(self.bytes.get() + bytes);
        if self.page.get() == PAGES {
            let page = TAKEN.fetch_add(1, Relaxed);
            self.page.set(if page < PAGES { page } else { 0 });
        }
        let number = self.page.get();
        let page = &BOOKS[number];
        let add = |counter: &AtomicU64, more: u64| match number {
            0 => _ = counter.fetch_add(more, Relaxed),
            // Nobody else writes here.
            _ => counter.store(counter.load(Relaxed).wrapping_add(more), Relaxed),
        };
        match call {
            Calls::ALLOCATION => add(&page.allocations, 1),
            Calls::FREE => add(&page.frees, 1),
            _ => add(&page.moves, 1),
        }
        // Wraps where it shrinks, as the sum does.
        add(&page.bytes, bytes as u64);
    }
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
        HERE.with(|here| {
            here.calls.set(here.calls.get().and(call));
            // A panic makes its message and its payload on the heap; what catches it is judged by itself.
            if here.sections.get() > 0 && here.lifted.get() == 0 && !std::thread::panicking() {
                here.strays.set(here.strays.get().and(call));
                here.strict.set(self.strict);
                ON_AUDIO_THREAD.fetch_add(1, Relaxed);
            }
        });
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
        HERE.with(|here| here.enter(Calls::FREE, -(layout.size() as i64)));
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(address, layout) }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.note(Calls::MOVE);
        // SAFETY: passed on as it came.
        let moved = unsafe { System.realloc(address, layout, size) };
        if !moved.is_null() {
            HERE.with(|here| here.enter(Calls::MOVE, size as i64 - layout.size() as i64));
        }
        moved
    }
}

/// Enters a block in the books, if there is one.
fn born(address: *mut u8, layout: Layout) {
    if !address.is_null() {
        HERE.with(|here| here.enter(Calls::ALLOCATION, layout.size() as i64));
    }
}

/// The sum of one counter over all threads.
fn all(counter: impl Fn(&Page) -> &AtomicU64) -> u64 {
    BOOKS.iter().fold(0, |sum, page| sum.wrapping_add(counter(page).load(Relaxed)))
}

/// What all threads have allocated and not freed; `None` where the allocator is not installed. Any thread; exact where no other
/// one is at it.
pub fn live() -> Option<Live> {
    let Calls { allocations, frees, .. } = calls();
    let (blocks, bytes) = (allocations.saturating_sub(frees), all(|page| &page.bytes));
    // Every program has allocated something before its first line.
    (allocations > 0).then_some(Live { blocks: blocks as usize, bytes: bytes as usize })
}

/// Calls of all threads since the start. Any thread.
pub fn calls() -> Calls {
    // Frees first: what is freed meanwhile was allocated before.
    let frees = all(|page| &page.frees);
    Calls { allocations: all(|page| &page.allocations), frees, moves: all(|page| &page.moves) }
}

/// Calls of this thread since it began. Any thread.
pub fn calls_of_this_thread() -> Calls {
    HERE.with(|here| here.calls.get())
}

/// Bytes that this thread has asked for and not given back; what it gives back for others counts as well, so compare on one
/// thread. Any thread.
pub fn bytes_of_this_thread() -> i64 {
    HERE.with(|here| here.bytes.get())
}

/// Calls inside sections since the start, on all threads; 0 is what there may be. Any thread.
pub fn calls_on_audio_thread() -> u64 {
    ON_AUDIO_THREAD.load(Relaxed)
}

/// Whether this thread is inside a section.
pub fn is_audio_thread() -> bool {
    HERE.with(|here| here.sections.get() > 0)
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
        HERE.with(|here| {
            if here.sections.get() == 0 {
                here.strays.set(Calls::NONE);
            }
            here.sections.set(here.sections.get() + 1);
        });
        Section { _here: PhantomData }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        let (left, strict, strays) = HERE.with(|here| {
            here.sections.set(here.sections.get() - 1);
            (here.sections.get(), here.strict.get(), here.strays.get())
        });
        let Calls { allocations, frees, moves } = strays;
        if left == 0 && strict && strays.count() > 0 && !std::thread::panicking() {
            panic!("heap calls where none may be: {allocations} allocations, {frees} frees, {moves} moves");
        }
    }
}

/// Runs what may call the heap although it stands in a [`Section`]: a tap that writes files, say.
pub fn allowed<T>(work: impl FnOnce() -> T) -> T {
    struct Lifted;
    impl Drop for Lifted {
        fn drop(&mut self) {
            HERE.with(|here| here.lifted.set(here.lifted.get() - 1));
        }
    }
    HERE.with(|here| here.lifted.set(here.lifted.get() + 1));
    let _lifted = Lifted;
    work()
}
