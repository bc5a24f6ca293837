//! Recordings while a set plays: the samples that a replay gives, whole files whatever happens, and no wait for the disk.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use aither::engine::Tap;
use aither::ir::call::QUANTUM;
use aither::session::{Performance, Settings};

use crate::console::Runtime;
use crate::live::{SINE, Scripts, aither, on_air, tone};
use crate::rig::{Playing, signal, until};

/// A voice with a tail, and one that others hear of nothing.
const VOICE: &str = "register(\"voice\", osc(220).delay(0.2, 0.1).gain(0.2));";

fn samples(path: &Path) -> Vec<f32> {
    let reader = hound::WavReader::open(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (48_000, 2));
    reader.into_samples().map(Result::unwrap).collect()
}

/// A set that is logged, and where it is recorded.
struct Studio {
    runtime: Runtime,
    scripts: Scripts,
    folder: tempfile::TempDir,
    playing: Playing,
}

impl Studio {
    fn open(words: &[&str]) -> Studio {
        let (runtime, scripts, folder) =
            (Runtime::new(), Scripts::new(&[SINE, ("voice.rhai", VOICE)]), tempfile::tempdir().unwrap());
        let log = folder.path().join("set.log");
        let playing = runtime.play(&scripts, &[&["--log", log.to_str().unwrap()], words].concat());
        Studio { runtime, scripts, folder, playing }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Says a word in the studio's folder.
    fn say(&self, words: &[&str]) -> (bool, String) {
        let output = self.runtime.command(words).current_dir(self.folder.path()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    fn done(&self, words: &[&str]) -> String {
        let (done, text) = self.say(words);
        assert!(done, "{words:?}: {text}");
        text
    }

    fn refused(&self, words: &[&str]) -> String {
        let (done, text) = self.say(words);
        assert!(!done, "{words:?}: {text}");
        text
    }

    /// The frame of the line of the log that contains a word.
    fn frame(&self, word: &str) -> usize {
        let log = fs::read_to_string(self.path("set.log")).unwrap();
        let line = log.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("no {word} in {log}"));
        serde_json::from_str::<serde_json::Value>(line).unwrap()["frame"].as_u64().unwrap() as usize
    }

    /// What a replay of the log makes.
    fn replay(&self) -> Vec<f32> {
        let mut replay = aither(&["replay", "set.log", "-o", "again.wav", "--stems", "again"]);
        assert!(replay.current_dir(self.folder.path()).output().unwrap().status.success());
        samples(&self.path("again.wav"))
    }

    /// Waits until a file has so many bytes.
    fn grown(&self, name: &str, bytes: u64) {
        let path = self.path(name);
        until("the file to grow", || (fs::metadata(&path).ok()?.len() > bytes).then_some(()));
    }
}

fn assert_part(part: &[f32], whole: &[f32], from: usize) {
    let whole = &whole[2 * from..];
    assert!(part.len() > 9_600 && part.len() <= whole.len(), "{} of {}", part.len(), whole.len());
    let differs = part.iter().zip(whole).position(|(one, other)| one != other);
    assert!(differs.is_none(), "sample {:?} differs", differs.map(|at| at / 2));
}

#[test]
fn what_is_recorded_is_what_a_replay_gives_the_master_and_every_signal() {
    let mut studio = Studio::open(&[]);
    let begun = studio.done(&["record", "start", "set.wav", "--stems", "parts"]);
    let frame = studio.frame("record start");
    assert_eq!(begun, format!("recording into {} from frame {frame} on\n", studio.name("set.wav")));
    studio.grown("set.wav", 50_000);
    studio.scripts.overwrite("late.rhai", &tone(440).replace("\"tone\"", "\"late\""));
    on_air(&mut studio.playing);
    studio.done(&["mute", "sine"]);
    studio.scripts.overwrite("voice.rhai", &VOICE.replace("220", "330"));
    on_air(&mut studio.playing);
    studio.grown("parts/late.wav", 100_000);
    studio.done(&["unregister", "late"]);
    studio.grown("set.wav", 400_000);
    let ended = studio.done(&["record", "stop"]);
    let length = studio.frame("record stop") - frame;
    assert_eq!(ended, format!("{}: {:.3} s\n", studio.name("set.wav"), length as f64 / 48_000.0));
    // Another one, into another file.
    studio.done(&["record", "start", "more.wav"]);
    studio.grown("more.wav", 50_000);
    assert!(studio.playing.terminate().success());

    let whole = studio.replay();
    let master = samples(&studio.path("set.wav"));
    assert_eq!(master.len(), 2 * length);
    assert_part(&master, &whole, frame);
    for name in ["sine", "voice", "late"] {
        let stem = samples(&studio.path(&format!("parts/{name}.wav")));
        assert_eq!(stem.len(), master.len(), "{name}");
        assert_part(&stem, &samples(&studio.path(&format!("again/{name}.wav"))), frame);
        assert!(stem.iter().any(|sample| *sample != 0.0), "{name}");
    }
    assert_eq!(fs::read_dir(studio.path("parts")).unwrap().count(), 3);
    // What still ran at the end is complete.
    let more = samples(&studio.path("more.wav"));
    assert_part(&more, &[whole, vec![0.0; 9_600]].concat(), studio.frame("more.wav"));
    assert_eq!(more.last(), Some(&0.0), "with the fade at the end");
}

#[test]
fn a_recording_that_is_killed_is_a_whole_file() {
    let studio = Studio::open(&[]);
    studio.done(&["record", "start", "set.wav", "--stems", "parts"]);
    studio.grown("set.wav", 200_000);
    studio.grown("parts/voice.wav", 200_000);
    signal(studio.playing.pid(), libc::SIGKILL);
    let frame = studio.frame("record start");
    until("the end", || studio.runtime.command(&["list"]).output().ok().filter(|output| !output.status.success()));
    let whole = studio.replay();
    for (part, all) in [("set.wav", "again.wav"), ("parts/voice.wav", "again/voice.wav")] {
        let part = samples(&studio.path(part));
        assert_part(&part[..part.len().min(whole.len() - 2 * frame)], &samples(&studio.path(all)), frame);
    }
}

/// A program whose files end where they have so many bytes, as on a full disk.
fn limited(mut command: Command, bytes: u64) -> Command {
    let limit = move || {
        let most = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
        // SAFETY: both change the limits and signals of a process that is about to begin, and touch no memory of ours.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            libc::setrlimit(libc::RLIMIT_FSIZE, &most);
        }
        Ok(())
    };
    // SAFETY: it calls only what may be called between fork and exec.
    unsafe { command.pre_exec(limit) };
    command
}

#[test]
fn a_full_disk_ends_the_log_and_nothing_else_and_what_is_there_can_go_on() {
    let (runtime, scripts, folder) = (Runtime::new(), Scripts::new(&[SINE]), tempfile::tempdir().unwrap());
    let log = folder.path().join("set.log");
    let mut command = scripts.run(&["--log", log.to_str().unwrap()]);
    command.env("XDG_RUNTIME_DIR", runtime.path()).env("ALSA_CONFIG_PATH", "/dev/null").env_remove("AITHER_NAME");
    let mut playing = Playing::start(limited(command, 2_000));
    playing.wait_for("no sound device");
    runtime.done(&["gain", "sine", "0.5"]);
    scripts.overwrite("tone.rhai", &format!("{} // {}", tone(440), "long ".repeat(600)));
    let why = playing.wait_for("the log cannot be written");
    assert!(why.contains("File too large") && why.ends_with("; the music goes on without"), "{why}");
    assert!(runtime.done(&["list"]).contains("tone"));
    runtime.done(&["mute", "sine"]);
    assert!(playing.terminate().success());
    assert_eq!(fs::metadata(&log).unwrap().len(), 2_000, "a line that is torn");
    assert_eq!(playing.said().iter().filter(|line| line.contains("cannot be written")).count(), 1);

    let mut playing = runtime.play(&scripts, &["--resume", log.to_str().unwrap()]);
    assert!(playing.said().iter().any(|line| line.contains("is cut off; everything before it is taken up")));
    until("what is on the disk", || runtime.done(&["list"]).contains("tone").then_some(()));
    assert!(runtime.done(&["list"]).lines().any(|line| line.starts_with("sine") && line.contains("0.5")));
    assert!(playing.terminate().success());
}

#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    let (runtime, scripts, folder) =
        (Runtime::new(), Scripts::new(&[SINE, ("voice.rhai", VOICE)]), tempfile::tempdir().unwrap());
    let mut command = scripts.run(&["--log", folder.path().join("set.log").to_str().unwrap()]);
    command.env("XDG_RUNTIME_DIR", runtime.path()).env("ALSA_CONFIG_PATH", "/dev/null").env_remove("AITHER_NAME");
    let playing = Playing::start(limited(command, 100_001));
    let mut studio = Studio { runtime, scripts, folder, playing };
    studio.playing.wait_for("no sound device");
    // The disk takes a part of a recording, and then of another one: what each has is what was played meanwhile.
    let parts = ["set.wav", "more.wav"].map(|name| {
        let told = studio.done(&["record", "start", name]);
        assert!(told.starts_with("recording into"), "{told}");
        let why = studio.playing.wait_for("broke off after");
        assert!(why.contains(name) && why.contains("what the disk took is a whole file"), "{why}");
        let bytes = fs::metadata(studio.path(name)).unwrap().len();
        let part = samples(&studio.path(name));
        let length = part.len() as u64;
        assert!(bytes <= 100_001 && length * 4 + 68 == bytes && length > 20_000, "{bytes} {length}");
        assert!(studio.refused(&["record", "stop"]).contains("nothing is being recorded"));
        (part, studio.frame(name))
    });
    assert!(studio.playing.terminate().success());
    let whole = studio.replay();
    parts.iter().for_each(|(part, frame)| assert_part(part, &whole, *frame));
}

#[test]
fn what_cannot_be_recorded_is_refused_in_words() {
    let studio = Studio::open(&[]);
    let words = "aither: nothing is being recorded; `aither record start FILE` begins\n";
    assert_eq!(studio.refused(&["record", "stop"]), words);
    fs::write(studio.path("old.wav"), "precious").unwrap();
    let there = studio.refused(&["record", "start", "old.wav"]);
    let old = studio.name("old.wav");
    assert_eq!(there, format!("aither: cannot record into {old}: the file is there already; take another name\n"));
    assert_eq!(fs::read_to_string(studio.path("old.wav")).unwrap(), "precious");
    assert!(studio.refused(&["record", "start", "no/such/folder.wav"]).contains("No such file or directory"));
    studio.done(&["record", "start", "new.wav"]);
    let twice = studio.refused(&["record", "start", "other.wav"]);
    assert_eq!(twice, format!("aither: {} is being recorded; `aither record stop` ends it\n", studio.name("new.wav")));
    assert!(!studio.path("other.wav").exists());
    let with = studio.refused(&["record", "stop", "new.wav"]);
    assert_eq!(with, "aither: `record stop` takes no file: there is one recording at a time\n");
    studio.done(&["record", "stop"]);
    let none = Studio::open(&["--record-memory", "0"]);
    let words = "aither: this engine has no room to record; start it with --record-memory 8MiB\n";
    assert_eq!(none.refused(&["record", "start", "set.wav"]), words);
}

#[test]
fn who_fades_out_when_a_recording_begins_has_a_stem_and_all_stems_add_up() {
    let slow = |name: &str, hertz: u32| format!("register(\"{name}\", osc({hertz}).gain(0.05), #{{fade_out: 30.0}});");
    let mut studio = Studio::open(&[]);
    studio.scripts.overwrite("voice.rhai", &[slow("gone", 220), slow("stopped", 330), slow("stays", 440)].concat());
    until("the signals", || studio.done(&["list"]).contains("stays").then_some(()));
    studio.done(&["unregister", "gone"]);
    studio.done(&["stop", "stopped"]);
    studio.done(&["record", "start", "set.wav", "--stems", "parts"]);
    studio.grown("set.wav", 100_000);
    studio.done(&["record", "stop"]);
    let master = samples(&studio.path("set.wav"));
    let mut sum = vec![0.0; master.len()];
    let mut names = Vec::new();
    for stem in fs::read_dir(studio.path("parts")).unwrap() {
        let stem = stem.unwrap();
        names.push(stem.file_name().into_string().unwrap());
        let samples = samples(&stem.path());
        assert!(samples.iter().any(|sample| *sample != 0.0), "{names:?}");
        sum.iter_mut().zip(&samples).for_each(|(sum, sample)| *sum += sample);
    }
    for name in ["gone.wav", "stopped.wav", "stays.wav"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    let apart = sum.iter().zip(&master).map(|(sum, master)| (sum - master).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-6, "{apart}: all of it is below 0.4, and the limiter is exact below a half");
    assert!(studio.playing.terminate().success());
}

struct Deaf;

impl Tap for Deaf {
    fn hear(&mut self, _: aither::engine::SlotId, _: &[f64], _: &[f64; QUANTUM]) {}
}

#[test]
fn a_disk_that_is_too_slow_loses_samples_of_the_recording_and_none_of_the_sound() {
    let play = |record: bool| {
        let folder = tempfile::tempdir().unwrap();
        let record_memory = 10 * size_of::<aither::engine::Strip>();
        let settings = Settings { real_time: true, max_signals: 4, record_memory, ..Settings::default() };
        let (mut performance, mut player) = Performance::new(&settings, folder.path()).unwrap();
        let text = aither::watch::What::Text(VOICE.to_owned());
        performance.start(vec![aither::watch::Change { path: "voice.rhai".to_owned(), what: text }]);
        let mut reel = performance.reel().unwrap();
        if record {
            performance.obey(&"record start x.wav --stems parts".parse().unwrap()).unwrap();
        }
        let (mut heard, mut strips) = (Vec::new(), Vec::new());
        for quantum in 0..200 {
            performance.tick_quietly();
            heard.extend_from_slice(player.quantum_tapped(&mut Deaf));
            if quantum % 20 == 19 {
                strips.extend(std::iter::from_fn(|| reel.next_strip()));
            }
        }
        (heard, strips)
    };
    let ((silent, none), (recorded, strips)) = (play(false), play(true));
    assert!(silent == recorded && none.is_empty());
    assert_eq!(strips.len(), 100, "as many as there is room for, ten times");
    // What is left has its frame, and says how many are gone.
    let master = strips.iter().filter(|strip| strip.of.is_none()).collect::<Vec<_>>();
    for strip in &master {
        let at = 2 * strip.frame as usize + strip.channel as usize * QUANTUM;
        assert!(strip.samples.iter().zip(&silent[at..]).all(|(one, other)| *one == *other as f32));
    }
    assert!(strips[0].lost == 0 && strips[10].lost > 0 && strips.windows(2).all(|two| two[0].lost <= two[1].lost));
}
