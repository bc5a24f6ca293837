//! A set that is logged while it is played, and the log replayed by the program: the same samples, bit for bit.

use std::path::{Path, PathBuf};
use std::process::Command;

use aither::engine::Tap;
use aither::ir::call::QUANTUM;
use aither::session::log::{self, Entry, Header, Verdict, Writer};
use aither::session::performance::{Performance, Player};
use aither::session::{Instruction, Notice, Settings};
use tempfile::TempDir;

use super::{File, changes, patient};

/// A performance in real time, without the time: it waits for nobody, and slices what a device could not wait for.
pub struct Played {
    pub performance: Performance,
    player: Player,
    writer: Writer,
    folder: TempDir,
    /// What the master gave, interleaved.
    pub heard: Vec<f32>,
}

impl Played {
    pub fn start(settings: Settings, files: &[File]) -> Played {
        let settings = Settings { real_time: true, max_signals: 16, ..settings };
        let folder = tempfile::tempdir().unwrap();
        let (mut performance, player) = Performance::new(&settings, folder.path()).unwrap();
        let mut writer = Writer::create(&folder.path().join("set.log"), Header::new(48_000, 2)).unwrap();
        let begun = performance.begin(changes(files), None);
        writer.expect(begun.ticket.unwrap(), begun.entries);
        Played { performance, player, writer, folder, heard: Vec::new() }
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path().join("set.log")
    }

    pub fn play(&mut self, quanta: usize) {
        for _ in 0..quanta {
            let block = self.player.quantum();
            let (left, right) = block.split_at(QUANTUM);
            self.heard.extend(left.iter().zip(right).flat_map(|(left, right)| [*left as f32, *right as f32]));
            for notice in self.performance.tick() {
                match notice {
                    Notice::OnAir { ticket, frame, .. } => self.writer.on_air(ticket, frame),
                    Notice::Silenced { frame } => {
                        let (words, verdict) = (Instruction::Panic.to_string(), Some(Verdict::Taken));
                        self.writer.write(frame, &[Entry::Command { words, verdict }]);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Plays until everything has its frame in the log.
    pub fn write_up(&mut self) {
        while !self.writer.is_complete() {
            self.play(1);
        }
    }

    /// Whether everything has its frame in the log.
    pub fn is_written(&self) -> bool {
        self.writer.is_complete()
    }

    pub fn save(&mut self, files: &[File]) -> bool {
        self.write_up();
        self.expect_save(files)
    }

    /// Sends a save and waits for nothing.
    pub fn expect_save(&mut self, files: &[File]) -> bool {
        let saved = self.performance.save(changes(files));
        self.writer.expect(saved.ticket.unwrap(), saved.entries);
        saved.report.ok()
    }

    pub fn tell(&mut self, words: &str) -> bool {
        self.write_up();
        let instruction: Instruction = words.parse().unwrap();
        let Ok(obeyed) = self.performance.obey(&instruction) else { return false };
        self.writer.expect(obeyed.ticket.unwrap(), obeyed.entries);
        obeyed.report.is_none_or(|report| report.ok())
    }

    /// Ends the log, and replays it.
    pub fn replayed(&mut self, words: &[&str]) -> Vec<f32> {
        self.write_up();
        let frames = self.heard.len() as u64 / 2;
        self.writer.write(frames, &[Entry::End]);
        replay(&self.log(), words).0
    }
}

/// The program, with these words.
fn aither(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    command.args(words);
    command
}

/// What the program makes of a log, and what it says.
pub fn replay(log: &Path, words: &[&str]) -> (Vec<f32>, String, String) {
    let wav = log.with_extension("wav");
    let output = aither(&["replay"]).arg(log).arg("-o").arg(&wav).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (samples(&wav), text(&output.stdout), text(&output.stderr))
}

fn samples(wav: &Path) -> Vec<f32> {
    hound::WavReader::open(wav).unwrap().into_samples::<f32>().map(Result::unwrap).collect()
}

pub fn assert_same(heard: &[f32], replayed: &[f32]) {
    let differs = heard.iter().zip(replayed).position(|(one, other)| one.to_bits() != other.to_bits());
    assert!(differs.is_none(), "sample {:?} differs", differs.map(|at| at / 2));
    assert_eq!(heard.len(), replayed.len());
}

const PAD: &str = "register(\"pad\", [osc(110), osc(111)].lowpass(500).delay(0.4, 0.3).gain(0.2));";

#[test]
fn a_set_and_its_replay_are_the_same_bits() {
    let long = PAD.replace("0.4, 0.3", "2.5, 0.3");
    let mut played = Played::start(Settings::default(), &[("pad.rhai", Some(PAD)), ("bad.rhai", Some("register("))]);
    played.play(100);
    assert!(!played.save(&[("pad.rhai", Some("register(\"pad\", 1"))]));
    played.play(3);
    // The line grows in slices, so this one takes effect some quanta after it was sent.
    assert!(played.save(&[("pad.rhai", Some(&long)), ("new.rhai", Some("register(\"n\", noise() * 0.1);"))]));
    assert!(played.tell("mute n 0.3"));
    played.play(70);
    assert!(played.save(&[("pad.rhai", Some(&long.replace("osc(110)", "saw(110)")))]));
    assert!(played.save(&[("new.rhai", None), ("lib.rhai", Some("fn f() { 7 }"))]));
    assert!(played.save(&[("bad.rhai", Some("import \"lib\" as l; register(\"b\", osc(l::f() * 20) * 0.1);"))]));
    played.play(50);
    assert!(played.save(&[("lib.rhai", Some("fn f() { 9 }"))]));
    played.play(30);
    assert!(played.tell("undo"));
    assert!(!played.performance.snapshots().are_complete(), "two rings of 2.5 s are copied in slices");
    while !played.performance.snapshots().are_complete() {
        played.play(1);
    }
    assert!(played.tell("undo pad.rhai --state then"));
    assert!(played.tell("gain b 1.5 0.01"));
    assert!(played.tell("redo pad.rhai"));
    assert!(!played.tell("redo nothing.rhai"));
    played.play(60);
    assert!(played.tell("unregister pad"));
    played.play(10);
    assert!(played.save(&[("pad.rhai", Some(PAD))]));
    played.play(200);
    assert!(played.tell("quit"));
    played.play(40);
    let replayed = played.replayed(&["--stems", played.folder.path().join("stems").to_str().unwrap()]);
    assert_same(&played.heard, &replayed);
    // A part of it, through other files.
    let (part, ..) = replay(&played.log(), &["--from", "0.1", "--to", "0.25", "--no-trial"]);
    assert_same(&played.heard[9600..24_000], &part);
    // Each signal's file is as long as the set; where nothing is limited they add up to it.
    let stems = ["pad", "n", "b"].map(|name| samples(&played.folder.path().join("stems").join(format!("{name}.wav"))));
    assert!(stems.iter().all(|stem| stem.len() == replayed.len()));
    for at in (0..6400).chain(30_000..60_000) {
        let sum: f32 = stems.iter().map(|stem| stem[at]).sum();
        assert!(sum.abs() > 0.49 || (sum - replayed[at]).abs() < 1e-6, "{at}: {sum} {}", replayed[at]);
    }
}

#[test]
fn what_is_remembered_in_slices_is_what_was_there_at_the_boundary() {
    // The ring reaches back as far as it is long, but for a quantum, so what is written during the slices would be missed.
    let text = |hz: u32| format!("register(\"a\", osc({hz}).delay(2.729, 2.729).gain(0.2));");
    let mut played = Played::start(Settings::default(), &[("a.rhai", Some(&text(300)))]);
    played.play(2100);
    assert!(played.save(&[("a.rhai", Some(&text(400)))]));
    played.write_up();
    assert!(!played.performance.snapshots().are_complete());
    played.play(100);
    assert!(played.tell("undo --state then"));
    played.play(300);
    let replayed = played.replayed(&[]);
    assert_same(&played.heard, &replayed);
    assert!(played.heard.iter().rev().take(9600).any(|sample| sample.abs() > 0.15));
}

#[test]
fn what_memory_decided_is_in_the_log_and_a_replay_obeys() {
    // Room for three delays of half a second, not for four.
    let settings = Settings { helper_memory: 8 * 110_000, thresholds: patient(), ..Settings::default() };
    let line = |name: &str| format!("register(\"{name}\", osc(300).delay(0.5, 0.2) * 0.1);");
    let mut played = Played::start(settings, &[("a.rhai", Some(&line("a"))), ("b.rhai", Some(&line("b")))]);
    played.play(60);
    for file in ["a.rhai", "b.rhai"] {
        assert!(played.save(&[(file, Some("// parked"))]));
        played.play(60);
    }
    assert!(played.save(&[("c.rhai", Some(&line("c"))), ("d.rhai", Some(&line("d")))]));
    played.play(60);
    let log = log::read(&std::fs::read(played.log()).unwrap()).unwrap();
    let ruled = |entry: &(usize, u64, Entry)| match &entry.2 {
        Entry::Ruled(_, name) => Some(name.clone()),
        _ => None,
    };
    assert_eq!(log.entries.iter().filter_map(ruled).collect::<Vec<_>>(), ["a"]);
    // The one begins anew, the other goes on; a replay with all the memory in the world does the same.
    assert!(played.save(&[("a.rhai", Some(&line("a"))), ("c.rhai", None), ("d.rhai", None)]));
    played.play(100);
    let replayed = played.replayed(&["--helper-memory", "64MiB"]);
    assert_same(&played.heard, &replayed);
}

#[test]
fn what_was_refused_for_its_cost_is_refused_again_and_what_went_along_goes_along() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("by.log");
    let mut writer = Writer::create(&log, Header::new(48_000, 2)).unwrap();
    let edit = |file: &str, text: &str, verdict| Entry::Edit { file: file.into(), text: Some(text.into()), verdict };
    let refused = Some(Verdict::Refused("it costs too much".to_owned()));
    writer.write(0, &[edit("a.rhai", "register(\"a\", |s| 0.25);", Some(Verdict::Taken))]);
    writer.write(6400, &[edit("a.rhai", "register(\"a\", |s| 0.125);", refused.clone())]);
    writer.write(12_800, &[edit("b.rhai", "register(\"b\", |s| 0.0625);", Some(Verdict::Taken))]);
    writer.write(19_200, &[Entry::End]);
    let (replayed, told, notes) = replay(&log, &["--report", "json"]);
    assert_eq!([replayed[2 * 10_000], replayed[2 * 19_000]], [0.25, 0.3125]);
    let told = told.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect::<Vec<_>>();
    let frames = told.iter().map(|line| (line["frame"].as_u64(), line["ok"].as_bool())).collect::<Vec<_>>();
    assert_eq!(frames, [(Some(0), Some(true)), (Some(6400), Some(false)), (Some(12_800), Some(true))]);
    assert!(notes.contains("was refused when it was played: it costs too much"), "{notes}");
}

#[test]
fn a_log_by_hand_is_a_set() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("hand.log");
    let text = "{\"aither\":1,\"rate\":48000,\"channels\":1}\n\
        {\"frame\":0,\"file\":\"a.rhai\",\"text\":\"register(\\\"a\\\", |s| 0.25);\"}\n\
        {\"frame\":0,\"file\":\"broken.rhai\",\"text\":\"register(\"}\n\
        {\"frame\":100,\"command\":\"mute a 0\"}\n\
        {\"frame\":500,\"file\":\"a.rhai\",\"text\":\"register(\\\"a\\\", |s| 0.5, #{fade: 0});\"}\n\
        {\"frame\":500,\"file\":\"b.rhai\",\"text\":\"register(\"}\n\
        {\"frame\":1000,\"command\":\"unmute a 0\"}\n\
        {\"frame\":2000,\"command\":\"undo\"}\n\
        {\"frame\":3000,\"file\":\"a.rhai\",\"removed\":true}\n\
        {\"frame\":4800,\"fi";
    std::fs::write(&log, text).unwrap();
    let (replayed, told, notes) = replay(&log, &["--report", "json"]);
    assert!(notes.contains("line 10 is cut off"), "{notes}");
    assert!(notes.contains("line 8: undo: there is nothing to undo"), "{notes}");
    assert_eq!(replayed.len(), 3000 + 96_000, "two seconds after the last entry");
    // At start each file stands alone; a save is taken as a whole or not at all; entries wait for their boundary.
    assert_eq!((replayed[127], replayed[128], replayed[1023], replayed[1024]), (0.25, 0.0, 0.0, 0.25));
    assert_eq!((replayed[3007], replayed[3008 + 960]), (0.25, 0.0));
    assert_eq!(told.lines().count(), 5);
    // Words that nobody understands are left out, like edits that are refused.
    std::fs::write(&log, text.replace("\"mute a 0\"", "\"sing a\"")).unwrap();
    let (replayed, _, notes) = replay(&log, &[]);
    assert!(notes.contains("line 4: `sing a` is left out: error: unrecognized subcommand 'sing'"), "{notes}");
    assert_eq!(replayed[128], 0.25);
}

#[test]
fn a_file_that_is_only_imported_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lib.rhai"), "fn f() { 0.25 }").unwrap();
    let script = folder.path().join("a.rhai");
    let text = "import \"lib\" as l; let x = l::f(); register(\"a\", |s| x);";
    let settings = Settings { real_time: true, max_signals: 4, ..Settings::default() };
    let (mut performance, mut player) = Performance::new(&settings, &script).unwrap();
    let begun = performance.begin(changes(&[("a.rhai", Some(text))]), None);
    assert!(begun.report.ok(), "{:?}", begun.report.json());
    let log = folder.path().join("set.log");
    let mut writer = Writer::create(&log, Header::new(48_000, 2)).unwrap();
    writer.write(0, &begun.entries);
    writer.write(640, &[Entry::End]);
    assert_eq!(player.quantum_tapped(&mut Deaf)[0], 0.25);
    std::fs::remove_file(folder.path().join("lib.rhai")).unwrap();
    assert_eq!(replay(&log, &[]).0, vec![0.25; 1280]);
}

struct Deaf;

impl Tap for Deaf {
    fn hear(&mut self, _: aither::engine::SlotId, _: &[f64], _: &[f64; QUANTUM]) {}
}
