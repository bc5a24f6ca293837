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

    pub fn path(&self) -> &Path {
        self.0.path()
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
    let signal = |name: &str, muted: bool, gain: f64| json!({"name": name, "file": format!("{name}.rhai"), "channels": 2, "muted": muted, "gain": gain, "soloed": false, "parked": false, "stopped": false});
    assert_eq!(runtime.done(&["mute", "sine", "0.1"]), "mute sine 0.1\n");
    assert_eq!(read(&runtime.done(&["gain", "tone", "0.5", "--json"])), json!({"ok": true, "text": "gain tone 0.5\n"}));
    assert_eq!(runtime.done(&["tempo", "140"]), "tempo 140\n");
    assert!(runtime.done(&["list"]).contains("\n140 bpm, beat "));
    let mut listed = read(&runtime.done(&["list", "--json"]));
    assert!(listed["tempo"] == 140.0 && listed["beat"].as_f64().is_some_and(|beat| beat > 0.0), "{listed}");
    for signal in listed["signals"].as_array_mut().unwrap() {
        let signal = signal.as_object_mut().unwrap();
        signal.retain(|field, _| !["share", "worst_us", "worst_share", "peak"].contains(&field.as_str()));
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
    let words = "list stats scope spectrum mute unmute solo unsolo stop unregister gain fade clear panic undo redo tempo position record reload quit";
    for word in words.split(' ') {
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

#[test]
fn what_is_done_by_hand_is_answered_and_listed() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE, ("tone.rhai", &tone(1000))]);
    let mut playing = runtime.play(&scripts, &[]);
    let marks = |runtime: &Runtime| {
        let list = runtime.done(&["list"]);
        list.lines().map(|line| line.rsplit("  ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(runtime.done(&["solo", "tone", "0.1"]), "solo tone 0.1\n");
    assert_eq!(marks(&runtime)[1], "solo");
    assert_eq!(runtime.done(&["unsolo"]), "unsolo\n");
    assert_eq!(runtime.done(&["position", "-1", "2.5"]), "position -1 2.5\n");
    let stopped = runtime.done(&["stop", "tone"]);
    assert!(stopped.starts_with("tone.rhai\n  parked     tone") && stopped.contains("on air at frame"), "{stopped}");
    assert_eq!(marks(&runtime)[1], "stopped");
    let help = "it plays again when its line changes, or after `reload`";
    assert_eq!(runtime.refused(&["stop", "tone"]), format!("aither: the signal `tone` was stopped by hand: {help}\n"));
    assert_eq!(runtime.done(&["fade", "0.5", "0.1"]), "fade 0.5 0.1\n");
    until("the fade", || runtime.done(&["list"]).ends_with(", everything at level 0.5\n").then_some(()));
    assert_eq!(runtime.done(&["panic"]), "everything falls silent; `aither fade 1` lets it be heard again\n");
    playing.wait_for("panic: silent from frame");
    assert_eq!(read(&runtime.done(&["list", "--json"]))["level"], 0.0);
    // What is on disk and was not heard, what was refused, and what was stopped.
    scripts.overwrite("tone.rhai", "register(\"tone\", ocs(1));");
    playing.wait_for("refused, the old sound goes on");
    let refused = runtime.refused(&["reload", "tone.rhai"]);
    assert!(refused.starts_with("aither: tone.rhai:1: there is no function `ocs`"), "{refused}");
    scripts.overwrite("tone.rhai", &tone(1000));
    on_air(&mut playing);
    assert!(runtime.done(&["clear", "0.01"]).contains("removed    sine"));
    assert_eq!(runtime.done(&["list"]).lines().next(), Some("no signals"));
    let back = runtime.done(&["reload"]);
    assert!(back.contains("new        sine") && back.contains("new        tone"), "{back}");
    assert_eq!(
        runtime.refused(&["reload", "sin.rhai"]),
        "aither: no file `sin.rhai` was heard; did you mean `sine.rhai`?\n"
    );
    for (words, why) in [
        (&["fade", "-1"][..], "unexpected argument '-1'"),
        (&["fade", "1001"], "1001 is not a gain: 0 to 1000"),
        (&["clear", "3601"], "3601 is not a length in seconds: 0 to 3600"),
        (&["position", "1", "2000000"], "2000000 is not a coordinate: -1000000 to 1000000"),
        (&["tempo", "x"], "`x` is no number"),
        (&["record", "start"], "<FILE>"),
    ] {
        let (code, _, err) = runtime.tell(words);
        assert!(code == 2 && err.contains(why), "{words:?}: {err}");
    }
    assert!(playing.terminate().success());
}

#[test]
fn a_panic_waits_for_no_save() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE]);
    let log = scripts.path().with_extension("log");
    let mut playing = runtime.play(&scripts, &["--log", log.to_str().unwrap()]);
    // Scripts that are cut only after a long time each; commands wait until then.
    (0..8).for_each(|number| scripts.overwrite(&format!("endless{number}.rhai"), "loop { }"));
    let lines = |of: &str| fs::read_to_string(&log).unwrap().lines().filter(|line| line.contains(of)).count();
    std::thread::sleep(Duration::from_millis(100));
    runtime.done(&["panic"]);
    playing.wait_for("panic: silent from frame");
    until("the edit", || (lines("endless7.rhai") == 1).then_some(()));
    let text = fs::read_to_string(&log).unwrap();
    let place = |of: &str| text.find(of).unwrap_or_else(|| panic!("{of} in {text}"));
    assert!(place("\"panic\"") < place("endless7.rhai"), "{text}");
    assert!(playing.terminate().success());
    fs::remove_file(log).unwrap();
}

#[test]
fn another_user_cannot_speak_to_an_engine() {
    // SAFETY: asks who this process is.
    if unsafe { libc::geteuid() } != 0 {
        return;
    }
    let runtime = Runtime::new();
    let open = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    open(runtime.0.path());
    let scripts = Scripts::new(&[SINE]);
    let mut playing = runtime.play(&scripts, &[]);
    let socket = runtime.socket("aither");
    let as_nobody = |socket: PathBuf| {
        let attempt = move || {
            const NOBODY: libc::c_long = 65_534;
            // SAFETY: makes this thread, and no other, somebody else; it ends with the attempt.
            assert_eq!(unsafe { libc::syscall(libc::SYS_setresuid, NOBODY, NOBODY, NOBODY) }, 0);
            UnixStream::connect(socket).map(|_| ()).map_err(|error| error.kind())
        };
        std::thread::spawn(attempt).join().unwrap()
    };
    let denied = Err(std::io::ErrorKind::PermissionDenied);
    assert_eq!(as_nobody(socket.clone()), denied);
    // Even where somebody opened the folder.
    open(&runtime.folder());
    assert_eq!(as_nobody(socket.clone()), denied);
    assert!(UnixStream::connect(&socket).is_ok());
    assert!(playing.terminate().success());
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
    assert!(away > 0 && late >= 32 && away + late == 200, "{away} were sent away, {late} had their time");
    // Thousands that come and go, each with something to say or half of it.
    let nonsense: [&[u8]; 4] =
        [b"", b"{\"aither\":1,\"comm", b"\0\0\0\n\xff\n", b"{\"aither\":1,\"command\":\"gain x\"}\n"];
    for _ in 0..30 {
        let wave = (0..100).map(|_| UnixStream::connect(&socket).unwrap()).collect::<Vec<_>>();
        for (number, mut stream) in wave.into_iter().enumerate() {
            stream.write_all(nonsense[number % nonsense.len()]).ok();
        }
    }
    // Names of any length and kind, none of which is known.
    let long = "ä".repeat(30_000);
    for name in ["", "\\u0000", "\\u001b[2J", &long] {
        let said = format!("{{\"aither\":1,\"command\":\"mute '{name}'\"}}\n");
        let why = until("an answer", || {
            let why = error(say(&socket, said.as_bytes()));
            (!why.contains("others are connected")).then_some(why)
        });
        assert!(why.contains("there is no signal"), "{why}");
    }
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
    // Deaf peers hold nobody up: it ends while all of them still hold their ends.
    assert!(playing.terminate().success());
    drop(deaf);
    let played = from_first_frame(&rig.takes()[0][..heard], &offline(&files, &[], RATE as usize)).to_vec();
    assert_same(&played, &offline(&files, &[], played.len()));
    assert!(!playing.said().join("\n").contains("panicked"));
}
