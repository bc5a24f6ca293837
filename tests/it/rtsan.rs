//! The audio side is watched while every script that comes with the engine is played, edited, muted and removed.
//!
//! The counting heap watches always, RealtimeSanitizer where the tests are built with it (`./check --full`). What the
//! scripts sound like is not judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aither::device::{self, Source};
use aither::session::report::Status;
use aither::session::{Instruction, Notice, Performance, Settings, Trial, performance::Player};
use aither::watch::{self, Change, What};

use crate::heap::no_heap;
use crate::rig::{Rig, Wiring};

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
        Played::with(script, Settings { helper_memory: 16 << 20, ..Settings::default() })
    }

    fn with(script: &Path, settings: Settings) -> Played {
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
    let folders = ["scripts/set", "scripts/pieces"];
    folders.into_iter().flat_map(scripts).for_each(|script| live_through(&script));
}

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_from_the_patches() {
    scripts("benches/patches").iter().for_each(|script| live_through(script));
}

/// Texts of one signal, each of which makes the audio side do something that scripts alone rarely do.
const TURNS: [&str; 8] = [
    "noise().delay(2, 1.5) * 0.1",
    // Longer: rings are copied in slices. Wider: channel by channel.
    "noise().delay(4, 1.5) * 0.1",
    "noise().delay(4, [1.5, 0.5]) * 0.1",
    "f(memory(100000))",
    // A room that is larger is copied at the boundary.
    "f(memory(120000))",
    // NaN from the second second on, and its cure.
    "g(memory(4))",
    "h(memory(4))",
    "osc(220) * 0.1",
];

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_from_what_is_resized_remembered_poisoned_and_cured() {
    let text = |expression: &str| {
        format!(
            "fn f(m) {{ |s| {{ m[s.frame % 100000] = s.t; m[0] * 0.0 }} }}\n\
             fn g(m) {{ |s| {{ m[0] += s.t / 0.0 - s.t / 0.0; m[0] }} }}\n\
             fn h(m) {{ |s| {{ m[0] += 0.25; m[0] * 0.0 }} }}\n\
             register(\"turns\", {expression});\n"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("turns.rhai");
    fs::write(&script, text(TURNS[0])).unwrap();
    let settings = Settings { helper_memory: 64 << 20, real_time: true, trial: Trial::Off, ..Settings::default() };
    let mut played = Played::with(&script, settings);
    played.play(SECOND / 4);
    for turn in &TURNS[1..] {
        assert!(played.save(What::Text(text(turn))).contains(&Status::Changed), "{turn}");
        played.play(SECOND / 4);
    }
    played.performance.obey(&"undo --state then".parse().unwrap()).unwrap();
    played.play(SECOND / 4);
    assert!(played.save(What::Removed).contains(&Status::Parked));
    played.play(SECOND / 4);
    assert!(played.save(What::Text(text(TURNS[0]))).contains(&Status::Resumed));
    played.play(SECOND / 4);
}

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_from_a_player_that_goes_from_one_clock_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("tone.rhai");
    fs::write(&script, "register(\"tone\", osc(220) * 0.1);").unwrap();
    let Played { mut performance, player, path, .. } = Played::start(&script);
    let mut source: Box<dyn Source> = Box::new(player);
    for hz in [330, 440, 550] {
        let settings = device::Settings { device: Some("no such device".to_owned()), ..device::Settings::default() };
        let plan = device::Plan { rate: 48_000, channels: 2 };
        let playback = device::start(settings, plan, source, crossbeam_channel::bounded(16).0).unwrap();
        let text = format!("register(\"tone\", osc({hz}) * 0.1);");
        let saved = performance.save(vec![Change { path: path.clone(), what: What::Text(text) }]);
        assert!(saved.report.ok());
        let patience = Instant::now() + Duration::from_secs(60);
        let on_air = |notice: &Notice| matches!(notice, Notice::OnAir { ticket, .. } if Some(*ticket) == saved.ticket);
        while !performance.tick().iter().any(on_air) {
            assert!(Instant::now() < patience, "it never came on air");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(playback.counters().read().panics, 0);
        source = playback.stop().expect("the player comes home");
    }
}

/// Says to the player below, by its presence, that it is one.
const PLAYER: &str = "AITHER_RTSAN_PLAYER";
/// The test that is also the player.
const PLAYER_TEST: &str = "rtsan::rtsan_and_the_counting_heap_hear_nothing_while_devices_are_lost_and_come_back";

/// Plays a set that is edited all the time, on whatever device there is, until it is asked to end.
fn play_on_devices() -> ! {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("set.rhai");
    let text = |hz: u32| format!("register(\"tone\", saw({hz}).lpf(900, 0.5).delay(0.5, 0.25).gain(0.1));");
    fs::write(&script, text(100)).unwrap();
    let Played { mut performance, player, path, .. } =
        Played::with(&script, Settings { real_time: true, trial: Trial::Off, ..Settings::default() });
    let settings = device::Settings::default();
    let plan = device::probe(&settings);
    let (tell, told) = crossbeam_channel::unbounded();
    let (asked, ask) = crossbeam_channel::bounded(1);
    ctrlc::set_handler(move || asked.try_send(()).unwrap_or_default()).unwrap();
    let playback = device::start(settings, plan, Box::new(player), tell).unwrap();
    let mut saves = 0;
    while ask.try_recv().is_err() {
        saves += 1;
        let change = Change { path: path.clone(), what: What::Text(text(100 + saves % 100)) };
        assert!(performance.save(vec![change]).report.ok());
        performance.tick();
        told.try_iter().for_each(|event| println!("\nplayer: {event}"));
        std::thread::sleep(Duration::from_millis(20));
    }
    let counters = playback.counters().clone();
    assert!(playback.stop().is_some(), "the source comes home");
    let counts = counters.read();
    println!("\nplayer: {} heap calls, {} panics", aither::heap::calls_on_audio_thread(), counts.panics);
    std::process::exit(0);
}

#[test]
fn rtsan_and_the_counting_heap_hear_nothing_while_devices_are_lost_and_come_back() {
    if std::env::var_os(PLAYER).is_some() {
        play_on_devices();
    }
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut player = Command::new(std::env::current_exe().unwrap());
    player.args([PLAYER_TEST, "--exact", "--nocapture"]).env(PLAYER, "");
    let mut playing = rig.play(player);
    playing.wait_for("player: sound device:");
    // It breaks and is opened again; it is pulled out and put back.
    rig.kill();
    playing.wait_for("sound device lost");
    playing.wait_for("player: sound device:");
    rig.unplug();
    playing.wait_for("no sound device");
    rig.plug();
    playing.wait_for("player: sound device:");
    let ended = playing.terminate();
    let said = playing.said().join("\n");
    assert!(ended.success() && !said.contains("RealtimeSanitizer"), "{ended}\n{said}");
    assert!(said.contains("player: 0 heap calls, 0 panics"), "{said}");
}

/// Without this, a sanitizer that was not linked would look like an audio thread without faults.
#[cfg(feature = "rtsan")]
#[test]
fn rtsan_is_awake() {
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
