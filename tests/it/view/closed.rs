//! The view on a terminal that is closed under it without a word, as by a connection that breaks: the engine goes on without it.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::console::Runtime;
use crate::live::{SINE, Scripts, tone};
use crate::rig::until;

/// Both ends of a terminal of 80 columns and 24 rows: what a person sees, and what a program has. No other program that a test
/// starts gets one of them along, or the terminal would stay open.
fn terminal() -> (File, File) {
    let mut opened = File::options();
    opened.read(true).write(true).custom_flags(libc::O_NOCTTY);
    let person = opened.open("/dev/ptmx").expect("a terminal");
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let mut number: libc::c_int = 0;
    let fd = person.as_raw_fd();
    // SAFETY: all three take the terminal that was opened just now; two read or write the value that they are given.
    let done = unsafe {
        [libc::unlockpt(fd), libc::ioctl(fd, libc::TIOCSWINSZ, &size), libc::ioctl(fd, libc::TIOCGPTN, &mut number)]
    };
    assert_eq!(done, [0; 3]);
    (person, opened.open(format!("/dev/pts/{number}")).expect("its other end"))
}

/// A set that is killed with this value.
struct Set(Child);

impl Set {
    /// Whether a thread of it has the terminal.
    fn is_viewed(&self) -> bool {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.0.id())).expect("its threads");
        let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.into_iter().any(|name| name.starts_with("aither view"))
    }

    /// How long its threads were on a processor so far.
    fn worked(&self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).expect("its figures");
        // Behind the name: the 12th and 13th word, in hundredths of a second.
        let words = text.rsplit(')').next().expect("a name").split_whitespace().skip(11).take(2);
        Duration::from_millis(10 * words.map(|word| word.parse::<u64>().expect("a number")).sum::<u64>())
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_terminal_that_is_closed_takes_the_view_along_and_nothing_else() {
    let (runtime, scripts) = (Runtime::new(), Scripts::new(&[SINE]));
    let (mut person, program) = terminal();
    let end = || Stdio::from(program.try_clone().expect("the terminal"));
    let mut command = scripts.run(&[]);
    command.env("XDG_RUNTIME_DIR", runtime.path()).env("ALSA_CONFIG_PATH", "/dev/null").env("TERM", "xterm-256color");
    command.env_remove("AITHER_NAME").stdin(end()).stdout(end()).stderr(end());
    let mut set = Set(command.spawn().expect("a set"));
    drop((command, program));
    let (mut drawn, mut bytes) = (String::new(), [0; 4096]);
    while !drawn.contains("sine") {
        let some = person.read(&mut bytes).expect("a view");
        drawn += &String::from_utf8_lossy(&bytes[..some]);
    }
    assert!(set.is_viewed());

    // The terminal leads no session, so no signal says that it goes.
    drop(person);
    until("the end of the view", || (!set.is_viewed()).then_some(()));
    // Whoever read on of a terminal that is gone would have a processor for itself.
    let (begun, before) = (Instant::now(), set.worked());
    std::thread::sleep(Duration::from_secs(1));
    let (passed, worked) = (begun.elapsed(), set.worked() - before);
    assert!(worked < passed / 2, "{worked:?} of {passed:?}");
    // And it still takes saves and words, although what it says of them reaches nobody.
    scripts.overwrite("tone.rhai", &tone(440));
    until("the save", || runtime.done(&["list"]).contains("tone").then_some(()));
    runtime.done(&["mute", "tone"]);
    runtime.done(&["quit"]);
    assert!(set.0.wait().expect("an end").success());
}
