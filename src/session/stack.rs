//! A thread with room for deep scripts. It does nothing but wait for it.

/// Address space of the stack; pages are taken only when they are used.
const STACK: usize = 256 << 20;

/// Runs work on a thread whose stack no script can overflow within its limits, and gives its result.
///
/// # Panics
/// When the work panics, or the system gives no thread.
pub fn roomy<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("aither-control".into()).stack_size(STACK);
        let thread = builder.spawn_scoped(scope, work).expect("the system gives a thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
