//! A heap that counts, for the whole test binary. It changes nothing about what is allocated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

#[derive(Clone, Copy)]
struct Count {
    allocations: u64,
    frees: u64,
    moves: u64,
}

thread_local! {
    // Neither lazily made nor dropped, so counting never allocates.
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, frees: 0, moves: 0 }) };
}

/// Blocks that any thread has allocated and not freed.
static LIVE: AtomicI64 = AtomicI64::new(0);

fn count(change: impl FnOnce(&mut Count)) {
    let mut now = COUNT.get();
    change(&mut now);
    COUNT.set(now);
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(|count| count.allocations += 1);
        LIVE.fetch_add(1, Ordering::Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        count(|count| count.frees += 1);
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(address, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(|count| count.allocations += 1);
        LIVE.fetch_add(1, Ordering::Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(|count| count.moves += 1);
        // SAFETY: passed on as it came.
        unsafe { System.realloc(address, layout, size) }
    }
}

/// Runs `section` and fails if it called the heap on this thread.
pub fn no_heap<T>(section: impl FnOnce() -> T) -> T {
    let before = COUNT.get();
    let result = section();
    let after = COUNT.get();
    let calls = [after.allocations - before.allocations, after.frees - before.frees, after.moves - before.moves];
    assert!(
        calls == [0; 3],
        "heap calls where none may be: {} allocations, {} frees, {} moves",
        calls[0],
        calls[1],
        calls[2]
    );
    result
}

/// Blocks that this thread has allocated and not freed; what it frees for others counts as well, so compare on one thread.
pub fn live_blocks() -> i64 {
    let count = COUNT.get();
    count.allocations as i64 - count.frees as i64
}

/// Blocks that all threads have allocated and not freed; for a test that runs alone in its process.
pub fn live_blocks_of_all() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

#[test]
fn the_heap_is_counted() {
    let before = live_blocks();
    let kept = no_heap(|| 1) + 1;
    let block = std::hint::black_box(Box::new(kept));
    assert_eq!(live_blocks(), before + 1);
    drop(block);
    assert_eq!(live_blocks(), before);
}

#[test]
#[should_panic(expected = "heap calls where none may be: 1 allocations, 1 frees, 0 moves")]
fn a_section_that_calls_the_heap_fails_and_says_how_often() {
    no_heap(|| drop(std::hint::black_box(Box::new(1))));
}

#[test]
#[should_panic(expected = "0 allocations, 0 frees, 1 moves")]
fn a_section_that_grows_a_list_fails() {
    let mut list: Vec<u8> = std::hint::black_box(Vec::with_capacity(1));
    no_heap(|| list.reserve(1000));
}
