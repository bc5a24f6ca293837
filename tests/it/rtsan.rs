//! The audio side is watched while every script that comes with the engine is played, edited, muted and removed.
//!
//! The counting heap watches always, RealtimeSanitizer where the tests are built with it (`./check --full`). What the
//! scripts sound like is not judged.

use std::fs;
use std::path::{Path, PathBuf};

use aither::device::Source;
use aither::session::report::Status;
use aither::session::{Instruction, Performance, Settings, performance::Player};
use aither::watch::{self, Change, What};

use crate::heap::no_heap;

/// Quanta of a second at 48 kHz.
const SECOND: usize = 750;
/// Quanta between two edits: their fades of 15 quanta meet.
const SHORTLY: usize = 7;
/// Edits of a number that must have been heard.
const EDITS: usize = 5;
/// Lengths of device buffers, so that quanta are given out in parts.
const BUFFERS: [usize; 4] = [1, 64, 100, 257];

/// Where the scripts are.
fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut scripts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "rhai"));
    scripts.sort();
    assert!(scripts.len() >= 5, "{}: only {} scripts", folder.display(), scripts.len());
    scripts
}

/// A script that is played.
struct Played {
    performance: Performance,
    player: Player,
    path: String,
    buffer: Vec<f32>,
}

impl Played {
    fn start(script: &Path) -> Played {
        let settings = Settings { helper_memory: 16 << 20, ..Settings::default() };
        let (mut performance, player) = Performance::new(&settings, script).unwrap();
        let scripts = watch::scan(script).unwrap();
        let path = scripts[0].path.clone();
        let report = performance.start(scripts);
        assert!(report.ok(), "{}: {:?}", script.display(), report.files[0].errors);
        Played { performance, player, path, buffer: vec![0.0; 2 * 257] }
    }

    /// Renders, by quanta and by buffers of a device; what came home is freed in between.
    fn play(&mut self, quanta: usize) {
        let Played { performance, player, buffer, .. } = self;
        for turn in 0..quanta {
            let buffer = &mut buffer[..2 * BUFFERS[turn % BUFFERS.len()]];
            no_heap(|| {
                player.render(buffer, 2);
                player.quantum();
            });
            performance.tick();
        }
    }

    /// Saves the script's file. Gives what became of its signals; nothing where it was refused.
    fn save(&mut self, what: What) -> Vec<Status> {
        let change = Change { path: self.path.clone(), what };
        let report = self.performance.save(vec![change]).report;
        let files = report.files.iter().filter(|file| file.ok);
        files.flat_map(|file| file.signals.iter().map(|signal| signal.status)).collect()
    }

    fn names(&self) -> Vec<String> {
        self.performance.playing().map(|(name, ..)| name.to_owned()).collect()
    }
}

/// The script with each of its numbers in turn a little larger. Some of these texts may be refused.
fn turned_knobs(text: &str) -> impl Iterator<Item = String> {
    let digit = |place: usize| text[place..].starts_with(|letter: char| letter.is_ascii_digit());
    let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.' || letter == '"';
    let starts = (0..text.len())
        .filter(move |place| text.is_char_boundary(*place) && digit(*place) && !text[..*place].ends_with(word));
    starts.filter_map(|start| {
        let number = text[start..].split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?;
        let louder = 1.01 * number.parse::<f64>().ok()?;
        Some(format!("{}{louder:?}{}", &text[..start], &text[start + number.len()..]))
    })
}

/// A second of a script in which everything happens that can happen to it.
fn live_through(script: &Path) {
    let text = fs::read_to_string(script).unwrap();
    let mut played = Played::start(script);
    let names = played.names();
    assert!(!names.is_empty(), "{}: no signals", script.display());
    played.play(SECOND / 4);
    for on in [true, false] {
        for name in &names {
            let name = name.clone();
            let instruction = if on {
                Instruction::Mute { name, seconds: None }
            } else {
                Instruction::Unmute { name, seconds: None }
            };
            played.performance.obey(&instruction).unwrap();
        }
        played.play(20);
    }
    let mut heard = 0;
    for text in turned_knobs(&text) {
        heard += usize::from(played.save(What::Text(text)).contains(&Status::Changed));
        played.play(SHORTLY);
        if heard == EDITS {
            break;
        }
    }
    assert!(heard > 0, "{}: no edit was heard", script.display());
    let more = format!("{text}\nregister(\"one more\", osc(330) * 0.1, #{{ fade_in: 0.05 }});\n");
    assert!(played.save(What::Text(more)).contains(&Status::New), "{}", script.display());
    played.play(SHORTLY);
    assert!(played.save(What::Removed).contains(&Status::Parked), "{}", script.display());
    played.play(SHORTLY);
    assert!(played.save(What::Text(text)).contains(&Status::Resumed), "{}", script.display());
    played.play(SECOND / 2);
    let last_words: String = names.iter().map(|name| format!("unregister({name:?});\n")).collect();
    assert!(played.save(What::Text(last_words)).contains(&Status::Removed), "{}", script.display());
    played.play(30);
    played.performance.hush(0.02).expect("a player");
    played.play(30);
    assert!(played.player.frame() >= 64 * SECOND as u64);
    assert_eq!(played.names(), [""; 0]);
}

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_from_the_examples() {
    scripts("examples/scripts").iter().for_each(|script| live_through(script));
}

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_from_the_pieces() {
    scripts("scripts").iter().for_each(|script| live_through(script));
}

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_from_the_patches() {
    scripts("benches/patches").iter().for_each(|script| live_through(script));
}

/// Without this, a sanitizer that was not linked would look like an audio thread without faults.
#[cfg(feature = "rtsan")]
#[test]
fn rtsan_is_awake() {
    use std::process::Command;

    const SLEEPER: &str = "AITHER_RTSAN_FAULT";

    #[rtsan_standalone::nonblocking]
    fn fault() -> Vec<u8> {
        std::hint::black_box(Vec::with_capacity(1000))
    }

    if std::env::var_os(SLEEPER).is_some() {
        fault();
        return;
    }
    if std::env::var_os("RTSAN_ENABLE").is_none() {
        return eprintln!("RealtimeSanitizer is not switched on; `./check --full` does");
    }
    let mut sleeper = Command::new(std::env::current_exe().unwrap());
    let ended = sleeper.args(["rtsan::rtsan_is_awake", "--exact", "--nocapture"]).env(SLEEPER, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("RealtimeSanitizer"), "it slept through an allocation:\n{said}");
}
