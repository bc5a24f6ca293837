//! The heap of the test binary counts, and panics where the audio side calls it. It changes nothing about what is allocated.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aither::heap::{self, Counting, Section};

/// Stands over every test that renders.
#[global_allocator]
static HEAP: Counting = Counting::strict();

/// Runs `section` and fails if it called the heap on this thread.
pub fn no_heap<T>(section: impl FnOnce() -> T) -> T {
    let _section = Section::begin();
    section()
}

/// Blocks that this thread has allocated and not freed; what it frees for others counts as well, so compare on one thread.
pub fn live_blocks() -> i64 {
    let calls = heap::calls_of_this_thread();
    calls.allocations as i64 - calls.frees as i64
}

/// Blocks that all threads have allocated and not freed; for a test that runs alone in its process.
pub fn live_blocks_of_all() -> i64 {
    heap::live().expect("the heap is counted").blocks as i64
}

fn allocates() {
    drop(black_box(Box::new(1)));
}

/// What a section panics with.
fn complaint(work: impl FnOnce()) -> String {
    let section = AssertUnwindSafe(|| no_heap(work));
    *catch_unwind(section).expect_err("the section did not fail").downcast::<String>().unwrap()
}

#[test]
fn the_heap_is_counted() {
    let before = live_blocks();
    let kept = no_heap(|| 1) + 1;
    let block = black_box(Box::new(kept));
    assert_eq!(live_blocks(), before + 1);
    drop(block);
    assert_eq!(live_blocks(), before);
    let large = black_box(vec![0_u8; 1 << 26]);
    assert!(heap::live().is_some_and(|live| live.blocks > 0 && live.bytes >= large.len()));
}

#[test]
fn what_more_threads_allocate_than_have_books_of_their_own_is_counted_when_they_are_gone() {
    const EACH: usize = 1 << 24;
    let threads = (0..100).map(|_| std::thread::spawn(|| black_box(vec![0_u8; EACH])));
    let kept = threads.map(|thread| thread.join().unwrap()).collect::<Vec<_>>();
    assert!(heap::live().is_some_and(|live| live.bytes >= kept.len() * EACH));
    drop(kept);
    // What one thread frees for others is not counted twice: below 0 it would be more than any memory.
    assert!(heap::live().is_some_and(|live| live.bytes < 1 << 40 && live.blocks < 1 << 32));
}

#[test]
fn a_section_that_calls_the_heap_fails_and_says_how_often() {
    let found = "heap calls where none may be: ";
    assert_eq!(complaint(allocates), format!("{found}1 allocations, 1 frees, 0 moves"));
    let mut list: Vec<u8> = black_box(Vec::with_capacity(1));
    assert_eq!(complaint(move || list.reserve(1000)), format!("{found}0 allocations, 1 frees, 1 moves"));
    // The inner of two sections leaves it to the outer one.
    let nested = || {
        no_heap(allocates);
        allocates();
    };
    assert_eq!(complaint(nested), format!("{found}2 allocations, 2 frees, 0 moves"));
    no_heap(|| ());
}

#[test]
fn what_calls_the_heap_with_leave_is_no_fault_and_the_leave_ends_with_it() {
    let before = heap::calls_of_this_thread();
    no_heap(|| heap::allowed(allocates));
    assert_eq!(heap::calls_of_this_thread().since(before).allocations, 1);
    assert!(catch_unwind(|| no_heap(|| heap::allowed(|| panic!("with leave")))).is_err());
    complaint(|| {
        heap::allowed(allocates);
        allocates();
    });
}

#[test]
fn a_panic_that_is_caught_in_a_section_is_no_fault_but_dropping_what_it_threw_is() {
    let thrown = no_heap(|| catch_unwind(|| panic!("a message of {} words", black_box(4)))).expect_err("it panicked");
    let faults = complaint(move || drop(thrown));
    assert_eq!(faults, "heap calls where none may be: 0 allocations, 2 frees, 0 moves");
}

#[test]
fn what_the_audio_thread_should_not_have_done_is_counted() {
    let before = heap::calls_on_audio_thread();
    complaint(allocates);
    assert!(heap::calls_on_audio_thread() >= before + 2);
}
