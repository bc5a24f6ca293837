//! A private PulseAudio server whose sink and whose life end at will: what a desktop does to a set. Skips, and says so,
//! where PulseAudio or its ALSA plugin is not installed; reads and writes nothing of the machine's own server.

use crate::device::{assert_rising, numbers, player};
use crate::rig::{Playing, RATE, alsa_defaults, frames, signal, skip, until};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where distributions keep the plugin that leads from ALSA to PulseAudio.
const PLUGINS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/alsa-lib",
    "/usr/lib/aarch64-linux-gnu/alsa-lib",
    "/usr/lib64/alsa-lib",
    "/usr/lib/alsa-lib",
];
/// The sink; without `norewinds` it renders two seconds at a time.
const SINK: [&str; 6] =
    ["module-null-sink", "sink_name=rig", "rate=48000", "channels=2", "format=float32le", "norewinds=1"];

/// A server with one sink, and whoever writes down what the sink plays.
pub struct Pulse {
    folder: tempfile::TempDir,
    server: Child,
    listener: Option<Child>,
    takes: Vec<PathBuf>,
}

impl Pulse {
    /// A server that runs with its sink plugged in; `None`, with a message, where something is missing.
    pub fn new() -> Option<Self> {
        let installed = |program: &str| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
        let programs = ["pulseaudio", "pactl", "parec"].into_iter().all(installed);
        let plugin = PLUGINS.iter().any(|folder| Path::new(folder).join("libasound_module_pcm_pulse.so").exists());
        if !cfg!(feature = "device") || !programs || !plugin {
            skip("needs pulseaudio, pulseaudio-utils, libasound2-plugins and the feature `device`");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for the server");
        let pulse = |line: &str| format!("{}pcm.!default {{ type pulse }}\n{line}", alsa_defaults());
        fs::write(folder.path().join("asound.conf"), pulse("ctl.!default { type pulse }\n")).expect("its ALSA device");
        fs::write(folder.path().join("client.conf"), "autospawn = no\n").expect("its clients' settings");
        let socket = folder.path().join("socket");
        let script = format!(
            "load-module module-native-protocol-unix socket={} auth-anonymous=1\nload-module {}\nset-default-sink rig\n",
            socket.display(),
            SINK.join(" ")
        );
        fs::write(folder.path().join("server.pa"), script).expect("the server's script");
        let server = serve(folder.path());
        let mut pulse = Self { folder, server, listener: None, takes: Vec::new() };
        pulse.listen();
        Some(pulse)
    }

    /// Tells any program to use this server and no other.
    pub fn lend(&self, command: &mut Command) {
        lend(self.folder.path(), command);
    }

    fn control(&self, words: &[&str]) {
        assert!(control(self.folder.path(), words), "pactl {words:?}");
    }

    /// The sink goes.
    pub fn unplug(&mut self) {
        self.control(&["unload-module", "module-null-sink"]);
        self.deafen();
    }

    /// The sink returns.
    pub fn plug(&mut self) {
        self.control(&[&["load-module"], &SINK[..]].concat());
        self.control(&["set-default-sink", "rig"]);
        self.listen();
    }

    /// The server dies.
    pub fn kill(&mut self) {
        self.server.kill().expect("a server that runs");
        self.server.wait().expect("a server that ran");
        self.deafen();
    }

    /// The server returns.
    pub fn start(&mut self) {
        fs::remove_file(self.folder.path().join("socket")).ok();
        self.server = serve(self.folder.path());
        self.listen();
    }

    fn listen(&mut self) {
        let take = self.folder.path().join(format!("take-{}.raw", self.takes.len()));
        let mut command = Command::new("parec");
        command.args(["--raw", "--latency-msec=20", "--device=rig.monitor", "--format=float32le", "--channels=2"]);
        command.arg(format!("--rate={RATE}")).stdout(File::create(&take).expect("a take")).stderr(Stdio::null());
        self.lend(&mut command);
        self.listener = Some(command.spawn().expect("parec"));
        self.takes.push(take);
    }

    fn deafen(&mut self) {
        if let Some(mut listener) = self.listener.take() {
            listener.kill().ok();
            listener.wait().ok();
        }
    }

    /// Waits until the newest take holds another half second of the player.
    fn listen_on(&self) {
        let take = self.takes.last().expect("a take");
        let sounding = || numbers(&frames(&fs::read(take).expect("a take"))).len();
        let enough = sounding() + RATE as usize / 2;
        until("the sink to play", || (sounding() >= enough).then_some(()));
    }

    /// Waits until the newest take holds so many frames that are not silence.
    pub fn listen_until(&self, count: usize) {
        until("the sink to play", || {
            let take = self.frames().pop().expect("a take");
            (take.iter().filter(|frame| **frame != [0.0; 2]).count() >= count).then_some(())
        });
    }

    /// What was heard, take by take.
    pub fn frames(&self) -> Vec<Vec<[f32; 2]>> {
        self.takes.iter().map(|take| frames(&fs::read(take).expect("a take"))).collect()
    }

    fn takes(&self) -> Vec<Vec<u64>> {
        self.frames().iter().map(|take| numbers(take)).collect()
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.deafen();
        signal(self.server.id() as i32, libc::SIGCONT);
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

fn lend(folder: &Path, command: &mut Command) {
    for (name, file) in [
        ("XDG_RUNTIME_DIR", ""),
        ("PULSE_RUNTIME_PATH", "runtime"),
        ("PULSE_STATE_PATH", "state"),
        ("PULSE_COOKIE", "cookie"),
        ("PULSE_CLIENTCONFIG", "client.conf"),
        ("ALSA_CONFIG_PATH", "asound.conf"),
    ] {
        command.env(name, folder.join(file));
    }
    command.env("PULSE_SERVER", format!("unix:{}", folder.join("socket").display()));
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY").env_remove("PULSE_SINK");
}

fn control(folder: &Path, words: &[&str]) -> bool {
    let mut command = Command::new("pactl");
    lend(folder, &mut command);
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn serve(folder: &Path) -> Child {
    let mut command = Command::new("pulseaudio");
    lend(folder, &mut command);
    // Its own clients' variable would make it refuse to run.
    command.env_remove("PULSE_SERVER").env("HOME", folder).env("DISABLE_RTKIT", "1");
    command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no"]);
    command.args(["--high-priority=no", "--disable-shm=no", "--log-level=error", "-F"]).arg(folder.join("server.pa"));
    let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("pulseaudio");
    until("the sound server", || control(folder, &["info"]).then_some(()));
    server
}

fn play(pulse: &Pulse) -> Playing {
    let mut command = player("");
    pulse.lend(&mut command);
    Playing::start(command)
}

#[test]
fn a_sink_that_is_removed_and_comes_back_is_used_again() {
    let Some(mut pulse) = Pulse::new() else { return };
    let mut player = play(&pulse);
    player.wait_for("sound device:");
    pulse.listen_on();
    pulse.unplug();
    player.wait_for("sound device lost");
    player.wait_for("no sound device");
    pulse.plug();
    player.wait_for("sound device:");
    pulse.listen_on();
    assert!(player.terminate().success());
    assert_rising(&pulse.takes().concat());
}

#[test]
fn a_sound_server_that_dies_and_comes_back_is_used_again() {
    let Some(mut pulse) = Pulse::new() else { return };
    let mut player = play(&pulse);
    player.wait_for("sound device:");
    pulse.listen_on();
    pulse.kill();
    player.wait_for("sound device lost");
    player.wait_for("no sound device");
    pulse.start();
    player.wait_for("sound device:");
    pulse.listen_on();
    assert!(player.terminate().success());
    assert_rising(&pulse.takes().concat());
}

#[test]
fn a_sound_server_that_hangs_does_not_stop_the_time() {
    let Some(pulse) = Pulse::new() else { return };
    let mut player = play(&pulse);
    player.wait_for("sound device:");
    pulse.listen_on();
    let before = pulse.takes().concat().pop().expect("a frame");
    signal(pulse.server.id() as i32, libc::SIGSTOP);
    assert!(player.wait_for("sound device lost").contains("it asks for no more sound"));
    std::thread::sleep(std::time::Duration::from_secs(1));
    signal(pulse.server.id() as i32, libc::SIGCONT);
    player.wait_for("sound device:");
    pulse.listen_on();
    assert!(player.terminate().success());
    let played = pulse.takes().concat();
    assert_rising(&played);
    assert!(played[played.len() - 1] > before + u64::from(RATE));
}
