//! Words to a running engine, as `aither mute` and its like say them and as hostile peers do. What the words do to the sound
//! is tested elsewhere.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::live::{RULER, SINE, Scripts, aither, assert_same, from_first_frame, offline, on_air, tone};
use crate::rig::{PATIENCE, Playing, RATE, Rig, Wiring, signal, until};

/// Where the sockets of a test are.
pub struct Runtime(tempfile::TempDir);

impl Runtime {
    pub fn new() -> Runtime {
        Runtime(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("aither")
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.sock"))
    }

    /// A set that plays without a device.
    pub fn play(&self, scripts: &Scripts, words: &[&str]) -> Playing {
        let mut command = scripts.run(words);
        command.env("XDG_RUNTIME_DIR", self.0.path()).env("ALSA_CONFIG_PATH", "/dev/null").env_remove("AITHER_NAME");
        let mut playing = Playing::start(command);
        playing.wait_for("no sound device");
        playing
    }

    /// How a command ends, what it prints, and what it complains about.
    fn tell(&self, words: &[&str]) -> (i32, String, String) {
        tell(self.0.path(), words)
    }

    /// What a command that succeeds prints.
    pub fn done(&self, words: &[&str]) -> String {
        let (code, out, err) = self.tell(words);
        assert_eq!((code, err.as_str()), (0, ""), "{words:?}: {out}");
        out
    }

    /// Why a command is refused.
    pub fn refused(&self, words: &[&str]) -> String {
        let (code, out, err) = self.tell(words);
        assert_eq!((code, out.as_str()), (1, ""), "{words:?}: {err}");
        err
    }
}

impl Runtime {
    /// A command that speaks to an engine of this test.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = aither(words);
        command.env("XDG_RUNTIME_DIR", self.0.path()).env_remove("AITHER_NAME");
        command
    }
}

fn tell(runtime: &Path, words: &[&str]) -> (i32, String, String) {
    let output = aither(words).env("XDG_RUNTIME_DIR", runtime).env_remove("AITHER_NAME").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

pub fn read(text: &str) -> Value {
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What a list says of its signals: name, muted, gain.
fn levels(list: &str) -> Vec<(String, bool, f64)> {
    let signals = read(list)["signals"].clone();
    let level = |signal: &Value| {
        let name = signal["name"].as_str().unwrap().to_owned();
        (name, signal["muted"].as_bool().unwrap(), signal["gain"].as_f64().unwrap())
    };
    signals.as_array().unwrap().iter().map(level).collect()
}

#[test]
fn words_are_carried_out_and_answered() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE, ("tone.rhai", &tone(1000))]);
    let mut playing = runtime.play(&scripts, &[]);
    let list = runtime.done(&["list"]);
    let begins = |line: &str, name: &str| line.starts_with(&format!("{name}  {name}.rhai  2 channels"));
    assert!(list.lines().zip(["sine", "tone"]).all(|(line, name)| begins(line, name)), "{list}");
    let signal = |name: &str, muted: bool, gain: f64| json!({"name": name, "file": format!("{name}.rhai"), "channels": 2, "muted": muted, "gain": gain, "parked": false});
    assert_eq!(runtime.done(&["mute", "sine", "0.1"]), "mute sine 0.1\n");
    assert_eq!(read(&runtime.done(&["gain", "tone", "0.5", "--json"])), json!({"ok": true, "text": "gain tone 0.5\n"}));
    assert_eq!(runtime.done(&["tempo", "140"]), "tempo 140\n");
    assert!(runtime.done(&["list"]).contains("\n140 bpm, beat "));
    let mut listed = read(&runtime.done(&["list", "--json"]));
    assert!(listed["tempo"] == 140.0 && listed["beat"].as_f64().is_some_and(|beat| beat > 0.0), "{listed}");
    for signal in listed["signals"].as_array_mut().unwrap() {
        let signal = signal.as_object_mut().unwrap();
        signal.retain(|field, _| !["share", "worst_us", "worst_share"].contains(&field.as_str()));
    }
    assert_eq!(
        (&listed["ok"], &listed["signals"]),
        (&true.into(), &json!([signal("sine", true, 1.0), signal("tone", false, 0.5)]))
    );
    runtime.done(&["unmute", "sine"]);
    assert_eq!(
        levels(&runtime.done(&["list", "--json"])),
        [("sine".to_owned(), false, 1.0), ("tone".to_owned(), false, 0.5)]
    );

    assert_eq!(runtime.refused(&["mute", "sien"]), "aither: there is no signal `sien`; did you mean `sine`?\n");
    let (code, out, err) = runtime.tell(&["mute", "sien", "--json"]);
    assert_eq!((code, &read(&out)["ok"]), (1, &false.into()), "{err}");
    assert!(runtime.refused(&["undo"]).contains("undo"), "nothing was edited yet");
    for words in [
        &["mute"][..],
        &["mute", "sine", "long"],
        &["gain", "sine"],
        &["list", "all"],
        &["list", "--name", "a/b"],
        &["tempo", "0"],
    ] {
        assert_eq!(runtime.tell(words).0, 2, "{words:?}");
    }

    scripts.replace("tone.rhai", &tone(1500));
    on_air(&mut playing);
    let undone = runtime.done(&["undo"]);
    assert!(undone.starts_with("tone.rhai\n  changed    tone") && undone.contains("on air at frame"), "{undone}");
    let redone = read(&runtime.done(&["redo", "tone.rhai", "--json"]));
    let report = &redone["reports"][0];
    assert_eq!(
        (&redone["ok"], &report["file"], &report["signals"][0]["status"]),
        (&true.into(), &"tone.rhai".into(), &"changed".into())
    );
    assert!(report["frame"].as_u64().is_some(), "{report}");
    assert!(runtime.refused(&["redo"]).contains("redo"));
    assert!(runtime.done(&["unregister", "tone"]).contains("removed    tone"));
    assert_eq!(levels(&runtime.done(&["list", "--json"])), [("sine".to_owned(), false, 1.0)]);

    assert_eq!(runtime.done(&["quit"]), "everything fades out\n");
    assert!(!runtime.socket("aither").exists(), "who waited for the end finds the name free");
    playing.wait_for("bye");
    assert!(playing.ended().success());
    assert_eq!(runtime.refused(&["list"]), "aither: no engine named `aither` runs; `aither run` starts one\n");
}

#[test]
fn every_word_shows_an_example() {
    let runtime = Runtime::new();
    for word in ["list", "stats", "mute", "unmute", "gain", "unregister", "undo", "redo", "quit"] {
        let help = runtime.done(&[word, "--help"]);
        assert!(help.contains(&format!("Example: aither {word}")) && help.contains("--name"), "{help}");
    }
}

#[test]
fn engines_are_told_apart_by_their_names() {
    let runtime = Runtime::new();
    let (left, right) = (Scripts::new(&[SINE]), Scripts::new(&[("tone.rhai", &tone(300))]));
    let mut playing = [runtime.play(&left, &["--name", "left"]), runtime.play(&right, &["--name", "right"])];
    assert!(runtime.done(&["list", "--name", "left"]).starts_with("sine"));
    assert!(runtime.done(&["list", "--name", "right"]).starts_with("tone"));
    assert_eq!(
        runtime.refused(&["list"]),
        "aither: no engine named `aither` runs; these do: left, right (--name left)\n"
    );
    let (code, _, err) = tell(runtime.0.path(), &["run", left.path().to_str().unwrap(), "--name", "left"]);
    let taken = "aither: an engine named `left` runs already; give this one another name: --name left-2\n";
    assert_eq!((code, err.as_str()), (1, taken));
    assert!(runtime.done(&["list", "--name", "left"]).starts_with("sine"), "it was not disturbed");
    runtime.done(&["quit", "--name", "right"]);
    assert!(playing[1].ended().success());
    assert!(playing[0].terminate().success());
    assert_eq!(fs::read_dir(runtime.folder()).unwrap().count(), 0, "nothing stays behind");
}

#[test]
fn a_second_engine_without_a_name_gets_one() {
    let runtime = Runtime::new();
    let (first, second) = (Scripts::new(&[SINE]), Scripts::new(&[("tone.rhai", &tone(300))]));
    let mut playing = [runtime.play(&first, &[]), runtime.play(&second, &[])];
    assert!(runtime.done(&["list"]).starts_with("sine"));
    assert!(runtime.done(&["list", "--name", "aither-2"]).starts_with("tone"));
    for playing in &mut playing {
        assert!(playing.terminate().success());
    }
}

#[test]
fn what_a_killed_engine_left_behind_is_replaced() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE]);
    let playing = runtime.play(&scripts, &[]);
    signal(playing.pid(), libc::SIGKILL);
    drop(playing);
    assert!(runtime.socket("aither").exists(), "it had no time to clear up");
    assert!(runtime.refused(&["list"]).contains("no engine named `aither` runs"));
    let mut playing = runtime.play(&scripts, &[]);
    assert!(runtime.done(&["list"]).starts_with("sine"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&runtime.folder()), mode(&runtime.socket("aither"))), (0o700, 0o600));
    assert!(playing.terminate().success());
}

#[test]
fn a_folder_that_others_can_write_to_is_not_used() {
    let runtime = Runtime::new();
    fs::create_dir(runtime.folder()).unwrap();
    fs::set_permissions(runtime.folder(), Permissions::from_mode(0o777)).unwrap();
    let _somebody = UnixListener::bind(runtime.socket("aither")).unwrap();
    let scripts = Scripts::new(&[SINE]);
    let mut command = scripts.run(&[]);
    command.env("XDG_RUNTIME_DIR", runtime.0.path()).env("ALSA_CONFIG_PATH", "/dev/null");
    let mut playing = Playing::start(command);
    let note = playing.wait_for("commands cannot reach this engine");
    assert!(note.ends_with("is not private: others can write to it"), "{note}");
    playing.wait_for("no sound device");
    assert!(playing.terminate().success());
    assert!(runtime.refused(&["list"]).ends_with("is not private: others can write to it\n"));
    // A link to a folder of one's own is no folder of one's own.
    fs::remove_dir_all(runtime.folder()).unwrap();
    fs::create_dir(runtime.0.path().join("real")).unwrap();
    std::os::unix::fs::symlink(runtime.0.path().join("real"), runtime.folder()).unwrap();
    assert!(runtime.refused(&["list"]).ends_with("is not private: it is no folder\n"));
}

/// The one line that comes back, if one does before the connection is closed.
fn answer(stream: UnixStream) -> Option<Value> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok();
    (!line.is_empty()).then(|| read(&line))
}

/// The same for a connection that says something.
fn say(socket: &Path, bytes: &[u8]) -> Option<Value> {
    let mut stream = UnixStream::connect(socket).unwrap();
    // A peer that is refused may be gone before it has said all.
    stream.write_all(bytes).ok();
    answer(stream)
}

fn error(answer: Option<Value>) -> String {
    let answer = answer.expect("an answer");
    assert_eq!(answer["ok"], false, "{answer}");
    answer["error"].as_str().unwrap().to_owned()
}

#[test]
fn hostile_peers_are_refused_and_heard_nowhere() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let files = [SINE, RULER];
    let scripts = Scripts::new(&files);
    let mut playing = rig.play(scripts.run(&["--name", "stage"]));
    playing.wait_for("sound device:");
    until("the device to take something", || (rig.taken() > 4_800).then_some(()));
    let socket = rig.folder().join("aither/stage.sock");
    let list = "{\"aither\":1,\"command\":\"list\"}\n";

    assert!(error(say(&socket, b"\n")).contains("a request is a line like"));
    assert!(error(say(&socket, b"{\"aither\":1,\"command\":\"dance\"}\n")).contains("dance"));
    assert!(error(say(&socket, b"{\"aither\":9,\"command\":\"list\"}\n")).contains("version 1"));
    assert_eq!(error(say(&socket, b"\xff\xfe\n")), "a line is no UTF-8");
    assert_eq!(error(say(&socket, &[b' '; 70_000])), "a line is longer than 65536 bytes");
    assert!(error(say(&socket, &[vec![b'['; 60_000], vec![b'\n']].concat())).contains("a request is a line like"));
    // A line of just the right length, and two in one breath.
    let padded = format!("{}{list}", " ".repeat(65_537 - list.len()));
    assert_eq!(say(&socket, padded.as_bytes()).unwrap()["ok"], true);
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(list.repeat(2).as_bytes()).unwrap();
    let answers = BufReader::new(&stream).lines().take(2).map(|line| read(&(line.unwrap() + "\n"))["ok"].clone());
    assert_eq!(answers.collect::<Vec<_>>(), [true, true]);

    let begun = Instant::now();
    assert!(error(say(&socket, b"{\"aither\":1,")).contains("no whole line came within 2s"));
    assert!(begun.elapsed() >= Duration::from_secs(2));

    // Most of a crowd is sent away at once, the rest when it has said nothing for too long.
    let crowd = (0..200).map(|_| UnixStream::connect(&socket).unwrap()).collect::<Vec<_>>();
    let whys = crowd.into_iter().map(|stream| error(answer(stream))).collect::<Vec<_>>();
    let away = whys.iter().filter(|why| why.contains("32 others are connected")).count();
    let late = whys.iter().filter(|why| why.contains("no whole line came")).count();
    assert!(away >= 100 && late >= 32 && away + late == 200, "{away} were sent away, {late} had their time");
    // Peers that ask and never listen.
    let deaf = (0..8).map(|_| {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_nonblocking(true).unwrap();
        while stream.write(list.as_bytes()).is_ok() {}
        stream
    });
    let deaf = deaf.collect::<Vec<_>>();
    assert_eq!(say(&socket, list.as_bytes()).unwrap()["signals"].as_array().unwrap().len(), 2);
    let heard = rig.taken();
    let begun = Instant::now();
    assert!(playing.terminate().success());
    assert!(begun.elapsed() < Duration::from_secs(3), "deaf peers hold nobody up");
    drop(deaf);
    let played = from_first_frame(&rig.takes()[0][..heard], &offline(&files, &[], RATE as usize)).to_vec();
    assert_same(&played, &offline(&files, &[], played.len()));
    assert!(!playing.said().join("\n").contains("panicked"));
}
