//! The project's own sound device: private, thrown away after the test, and made to fail at will. Needs nothing but ALSA;
//! reads and writes no setting of the machine's user.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Says to the reader, by its presence, that it is one, and where its takes go.
const TAKES: &str = "AITHER_RIG_TAKES";
/// Says to the reader how many frames it takes in a second.
const PACE: &str = "AITHER_RIG_PACE";
/// Frames per second of the device.
pub const RATE: u32 = 48_000;
/// Frames in which a source comes up that a device hears from its middle on.
pub const RISE: usize = RATE as usize / 200;
/// How long anything may take that should happen at once; long, because test machines are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Bytes of one frame: two channels of 32 bits.
const FRAME: usize = 8;

/// Repeats `look` until it finds something; panics with `what` after `PATIENCE`.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "gave up waiting for {what}");
        sleep(LOOK);
    }
}

/// Says that a test is skipped, past the test harness, which keeps to itself what a passing test prints.
pub fn skip(why: &str) {
    writeln!(std::io::stderr(), "skipped {}: {why}", std::thread::current().name().unwrap_or("a test")).ok();
}

/// What sits between the program and the device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// Any rate, format and channel count is converted to what the device takes, as on a desktop.
    Plug,
    /// The program has to write integers.
    Integers,
    /// The device takes everything at once.
    Clockless,
}

/// A private ALSA device: a pipe into a reader that takes 48 000 stereo frames per second and keeps them.
/// Each opening of the device is one take.
pub struct Rig {
    folder: tempfile::TempDir,
    wiring: Cell<Wiring>,
    rate: Cell<u32>,
}

impl Rig {
    /// A device that is plugged in; `None`, with a message, where the program has no sound devices.
    pub fn new(wiring: Wiring) -> Option<Self> {
        if !cfg!(feature = "device") {
            skip("built without the feature `device`");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for the rig");
        fs::create_dir(folder.path().join("takes")).expect("a folder for the takes");
        let rig = Self { folder, wiring: Cell::new(wiring), rate: Cell::new(RATE) };
        rig.plug();
        Some(rig)
    }

    /// Starts a program that plays on this device and no other.
    pub fn play(&self, mut command: Command) -> Playing {
        command.env("ALSA_CONFIG_PATH", self.config()).env("XDG_RUNTIME_DIR", self.folder.path());
        command.env_remove("PULSE_SERVER").env_remove("DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS");
        Playing::start(command)
    }

    /// What the programs on this device have for their sockets.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The next opening finds another device, of another rate.
    pub fn turn_into(&self, wiring: Wiring, rate: u32) {
        self.wiring.set(wiring);
        self.rate.set(rate);
        self.plug();
    }

    /// The device is there from now on.
    pub fn plug(&self) {
        let rate = self.rate.get();
        let reader = std::env::current_exe().expect("the test's own path");
        let takes = self.takes_folder();
        let pipe = format!(
            "|{TAKES}='{}' {PACE}={rate} exec '{}' {READER} --exact --nocapture >/dev/null 2>&1",
            takes.display(),
            reader.display()
        );
        let raw =
            format!("pcm.rig_raw {{ type file slave.pcm {{ type null }} file \"{pipe}\" format raw perm 384 }}\n");
        let device = match self.wiring.get() {
            Wiring::Plug => format!("type plug slave {{ pcm rig_raw format FLOAT_LE rate {rate} channels 2 }}"),
            Wiring::Integers => "type lfloat slave { pcm rig_raw format FLOAT_LE }".to_owned(),
            Wiring::Clockless => "type null".to_owned(),
        };
        let hint = "hint { show on description \"Private rig\" }";
        let trap = "pcm.null { type null hint { show on description \"Discard\" } }\n";
        self.configure(&format!("{raw}{trap}pcm.!default {{ {device} {hint} }}\n"));
    }

    /// The device goes, and there is none until `plug`.
    pub fn unplug(&self) {
        self.configure("");
        if !self.readers().is_empty() {
            self.kill();
        }
    }

    /// The device breaks; the next opening finds a whole one.
    pub fn kill(&self) {
        let pid = self.signal(libc::SIGKILL);
        fs::remove_file(pid).expect("a dead reader's pid file");
    }

    /// The device hangs: it takes nothing and says nothing. Gives the name by which to `resume` it.
    pub fn hang(&self) -> PathBuf {
        self.signal(libc::SIGSTOP)
    }

    /// A device that hung goes on.
    pub fn resume(&self, hung: &Path) {
        signal(pid_in(hung).expect("the reader that hung"), libc::SIGCONT);
    }

    /// What was played, one list of frames per opening of the device. Waits for devices that are still being closed.
    pub fn takes(&self) -> Vec<Vec<[f32; 2]>> {
        until("the readers to end", || self.readers().is_empty().then_some(()));
        self.files("raw").iter().map(|take| frames(&fs::read(take).expect("a take"))).collect()
    }

    /// What the newest opening of the device has taken so far.
    pub fn now(&self) -> Vec<[f32; 2]> {
        self.files("raw").last().map_or_else(Vec::new, |take| frames(&fs::read(take).expect("a take")))
    }

    /// Frames that the device has taken since the rig was made.
    pub fn taken(&self) -> usize {
        self.files("raw")
            .iter()
            .filter_map(|take| fs::metadata(take).ok())
            .map(|take| take.len() as usize / FRAME)
            .sum()
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("asound.conf")
    }

    fn takes_folder(&self) -> PathBuf {
        self.folder.path().join("takes")
    }

    /// Replaces the configuration in one step, so that nobody ever reads half of it.
    fn configure(&self, devices: &str) {
        let fresh = self.folder.path().join("asound.new");
        fs::write(&fresh, alsa_defaults() + devices)
            .and_then(|()| fs::rename(fresh, self.config()))
            .expect("the rig's configuration");
    }

    fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.takes_folder()).expect("the takes");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("a take").path()).collect();
        files.retain(|file| file.extension() == Some(OsStr::new(extension)));
        files.sort();
        files
    }

    /// The pid files of readers that have not ended.
    fn readers(&self) -> Vec<PathBuf> {
        self.files("pid")
    }

    /// Sends a signal to the newest reader.
    fn signal(&self, number: i32) -> PathBuf {
        let (file, pid) = until("a reader", || {
            let newest = self.readers().pop()?;
            Some((newest.clone(), pid_in(&newest)?))
        });
        signal(pid, number);
        file
    }
}

/// The lines of the system's ALSA configuration that a private one needs: without them a period is a single frame. All
/// else of the machine's settings must not leak in.
pub fn alsa_defaults() -> String {
    let system = fs::read_to_string("/usr/share/alsa/alsa.conf").unwrap_or_default();
    let lines = system.lines().filter(|line| line.starts_with("defaults."));
    let lines = lines.flat_map(|line| [line, "\n"]).collect::<String>();
    format!("defaults.pcm.minperiodtime 5000\n{lines}")
}

impl Drop for Rig {
    fn drop(&mut self) {
        for pid in self.readers().iter().filter_map(|file| pid_in(file)) {
            // SAFETY: touches no memory; a reader that a failed test left hanging goes on and finds its input at an end.
            unsafe { libc::kill(pid, libc::SIGCONT) };
        }
    }
}

fn pid_in(file: &Path) -> Option<i32> {
    fs::read_to_string(file).ok()?.trim_end_matches('\n').parse().ok()
}

/// Sends a signal to a process that the test started.
pub fn signal(pid: i32, number: i32) {
    // SAFETY: `kill` touches no memory; the pid is a process that the test started.
    let sent = unsafe { libc::kill(pid, number) };
    assert_eq!(sent, 0, "signal {number} to process {pid}");
}

/// Frames from the bytes that a reader keeps.
pub fn frames(bytes: &[u8]) -> Vec<[f32; 2]> {
    let sample = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
    bytes.chunks_exact(FRAME).map(|frame| [sample(&frame[..4]), sample(&frame[4..])]).collect()
}

/// A line, and which output it came from.
type Line = (usize, String);

/// A program that plays on a rig; it dies with this value.
pub struct Playing {
    child: Child,
    lines: Arc<Mutex<Vec<Line>>>,
    /// How many of all lines are past, for each output: which of two outputs spoke first nobody can tell.
    heard: [usize; 2],
}

impl Playing {
    /// Starts the program and listens to what it says on both outputs.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program under test");
        let lines = Arc::<Mutex<Vec<Line>>>::default();
        listen(0, child.stdout.take().expect("its output"), Arc::clone(&lines));
        listen(1, child.stderr.take().expect("its errors"), Arc::clone(&lines));
        Self { child, lines, heard: [0; 2] }
    }

    /// Waits for a line that contains `part`, after the line of the same output that was last waited for.
    pub fn wait_for(&mut self, part: &str) -> String {
        let begun = Instant::now();
        loop {
            // Looked at before the lines: a program may end between its last words and their being heard.
            let closed = Arc::strong_count(&self.lines) == 1;
            let lines = self.lines.lock().expect("the lines").clone();
            let fresh = |(nth, (output, line)): &(usize, &Line)| *nth >= self.heard[*output] && line.contains(part);
            if let Some((nth, (output, line))) = lines.iter().enumerate().find(fresh) {
                self.heard[*output] = nth + 1;
                return line.clone();
            }
            let ended = self.child.try_wait().expect("the program's state");
            if (closed && ended.is_some()) || begun.elapsed() > PATIENCE {
                panic!("no line with {part:?} ({ended:?}); it said:\n{}", self.said().join("\n"));
            }
            sleep(LOOK);
        }
    }

    /// All lines so far, of both outputs.
    pub fn said(&self) -> Vec<String> {
        self.lines.lock().expect("the lines").iter().map(|(_, line)| line.clone()).collect()
    }

    /// The program's process.
    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// Asks the program to end, as Ctrl-C or a service would, and waits for it.
    pub fn terminate(&mut self) -> ExitStatus {
        signal(self.pid(), libc::SIGTERM);
        self.ended()
    }

    /// Waits until the program has ended and all that it said was heard.
    pub fn ended(&mut self) -> ExitStatus {
        let lines = Arc::clone(&self.lines);
        let child = &mut self.child;
        let status = until("the program to end", || child.try_wait().expect("the program's state"));
        // Each listener holds the lines until its end of the output is closed.
        until("its last words", || (Arc::strong_count(&lines) == 2).then_some(()));
        status
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn listen(nth: usize, output: impl Read + Send + 'static, lines: Arc<Mutex<Vec<Line>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            lines.lock().expect("the lines").push((nth, String::from_utf8_lossy(&line).into_owned()));
        }
    });
}

/// The test below in its other life: the program at the end of the device's pipe.
const READER: &str = "rig::the_reader_keeps_what_it_is_given_bit_for_bit";

#[test]
fn the_reader_keeps_what_it_is_given_bit_for_bit() {
    if let Some(folder) = std::env::var_os(TAKES) {
        return read_in_real_time(folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut reader = Command::new(std::env::current_exe().unwrap())
        .args([READER, "--exact", "--nocapture"])
        .env(TAKES, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let given: Vec<u8> = (0..20_000_u32).map(|n| n.wrapping_mul(0x9E37_79B9) >> 24).map(|n| n as u8).collect();
    reader.stdin.take().unwrap().write_all(&given).unwrap();
    assert!(reader.wait().unwrap().success());
    assert_eq!(fs::read(folder.path().join("take-000.raw")).unwrap(), given);
    assert!(!folder.path().join("take-000.pid").exists());
}

/// Takes what comes on standard input at the device's rate, and keeps it.
fn read_in_real_time(folder: OsString) {
    const BLOCK: usize = 128 * FRAME;
    let (mut take, pid) = next_take(Path::new(&folder));
    // Standard input of its own accord reads ahead, and a device does not.
    let mut input = File::from(std::io::stdin().as_fd().try_clone_to_owned().expect("the pipe"));
    shorten_queue(&mut input, &mut take);
    let mut block = [0; BLOCK];
    let rate = std::env::var(PACE).ok().and_then(|rate| rate.parse().ok()).unwrap_or(f64::from(RATE));
    let (mut begun, mut frames) = (None, 0);
    loop {
        let filled = fill(&mut input, &mut block);
        take.write_all(&block[..filled]).expect("the take");
        if filled < BLOCK {
            break;
        }
        frames += BLOCK / FRAME;
        let due = *begun.get_or_insert_with(Instant::now) + Duration::from_secs_f64(frames as f64 / rate);
        let now = Instant::now();
        // A device that waited for the program does not hurry afterwards.
        if now > due + Duration::from_millis(250) {
            (begun, frames) = (Some(now), 0);
        }
        sleep(due.saturating_duration_since(now));
    }
    fs::remove_file(pid).expect("the reader's pid file");
}

/// The first take that does not exist yet, and the file that names its reader.
fn next_take(folder: &Path) -> (File, PathBuf) {
    for nth in 0..1_000 {
        let name = folder.join(format!("take-{nth:03}.raw"));
        if let Ok(take) = OpenOptions::new().write(true).create_new(true).open(&name) {
            let pid = name.with_extension("pid");
            fs::write(&pid, format!("{}\n", std::process::id())).expect("the reader's pid file");
            return (take, pid);
        }
    }
    panic!("more takes than anybody makes");
}

/// Makes the pipe hold 512 frames, not 8192. It refuses while more is queued, which is then taken at once; when a busy
/// machine lets the program win that race again and again, a longer queue will do.
fn shorten_queue(input: &mut File, take: &mut File) {
    let mut queued = [0; 65_536];
    for length in [4_096, 8_192, 16_384, 32_768].into_iter().flat_map(|length| [length; 8]) {
        // SAFETY: changes the length of a pipe of this process and touches no memory.
        if unsafe { libc::fcntl(input.as_raw_fd(), libc::F_SETPIPE_SZ, length) } >= 0 {
            break;
        }
        let some = input.read(&mut queued).expect("sound");
        if some == 0 {
            break;
        }
        take.write_all(&queued[..some]).expect("the take");
    }
}

/// Reads until `block` is full or the input ends.
fn fill(input: &mut impl Read, block: &mut [u8]) -> usize {
    let mut filled = 0;
    while filled < block.len() {
        match input.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(some) => filled += some,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the pipe: {error}"),
        }
    }
    filled
}
