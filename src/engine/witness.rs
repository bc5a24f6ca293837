//! Where the audio thread panicked, written down in memory that is there from the start, for the control thread to read. It prints nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::fmt::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use crate::heap;

/// Bytes of a line; what is longer is cut.
const LINE: usize = 240;
/// Lines that wait to be read; of what is more, the number is kept.
const LINES: usize = 8;

const BLANK: u8 = 0;
const WRITING: u8 = 1;
const WRITTEN: u8 = 2;

/// A line. Whoever takes it from blank to writing has it alone, and so has whoever finds it written.
struct Page {
    state: AtomicU8,
    length: AtomicUsize,
    text: [AtomicU8; LINE],
}

static PAGES: [Page; LINES] = [const {
    Page { state: AtomicU8::new(BLANK), length: AtomicUsize::new(0), text: [const { AtomicU8::new(0) }; LINE] }
}; LINES];
static MORE: AtomicU64 = AtomicU64::new(0);

/// From now on a panic on the audio thread is written down here and printed by nobody; all others are told as before.
/// Once, control thread.
#[allow(clippy::disallowed_methods, reason = "this half runs on the control thread")]
pub fn listen() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| if heap::is_audio_thread() { write_down(panic) } else { before(panic) }));
}

/// What was written down since it was last read: `src/file.rs:1:2: message`, and how many more there were. Control thread.
#[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "this half runs on the control thread")]
pub fn read() -> (Vec<String>, u64) {
    let mut lines = Vec::new();
    for page in &PAGES {
        if page.state.load(Ordering::Acquire) == WRITTEN {
            let bytes = &page.text[..page.length.load(Ordering::Relaxed)];
            let bytes = bytes.iter().map(|byte| byte.load(Ordering::Relaxed)).collect::<Vec<_>>();
            lines.push(String::from_utf8_lossy(&bytes).into_owned());
            page.state.store(BLANK, Ordering::Release);
        }
    }
    (lines, MORE.swap(0, Ordering::Relaxed))
}

/// Audio thread.
fn write_down(panic: &PanicHookInfo<'_>) {
    let blank =
        |page: &&Page| page.state.compare_exchange(BLANK, WRITING, Ordering::Acquire, Ordering::Relaxed).is_ok();
    let Some(page) = PAGES.iter().find(blank) else {
        MORE.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let mut pen = Pen { page, at: 0 };
    // A line that is full is no error worth telling.
    let _ = match panic.location() {
        Some(place) => write!(pen, "{place}: {}", panic.payload_as_str().unwrap_or("no message")),
        None => write!(pen, "{}", panic.payload_as_str().unwrap_or("no message")),
    };
    page.length.store(pen.at, Ordering::Relaxed);
    page.state.store(WRITTEN, Ordering::Release);
}

/// Writes into a line, as far as it reaches.
struct Pen<'a> {
    page: &'a Page,
    at: usize,
}

impl Write for Pen<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (cell, byte) in self.page.text[self.at..].iter().zip(text.bytes()) {
            cell.store(byte, Ordering::Relaxed);
            self.at += 1;
        }
        Ok(())
    }
}
