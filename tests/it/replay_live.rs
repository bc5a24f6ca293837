//! Sets that are played on the private device, logged, and replayed from their logs: the same samples, bit for bit, however
//! the set ends. What a replay does with logs by hand is tested in `session`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::live::{RULER, SINE, Scripts, aither, assert_same, first_frame, from_first_frame, on_air};
use crate::rig::{Playing, RATE, Rig, Wiring, signal, until};

/// The name that commands find the set by.
const NAME: &str = "logged";
/// A voice with everything that can go on: a phase, filters, an echo, noise, code of its own.
const VOICE: &str = "let beat = phasor(3);
register(\"pluck\", mix(saw(110).lpf(300 + 900 * decay(beat, 9), 0.6), noise() * 0.1).feedback(0.4, 0.21, 0.5) * 0.1);
register(\"steps\", [osc(seq([220, 330, 275], 0.1)) * decay(beat(0.2, 0.6), 5) * 0.05, 0]);
register(\"own\", |s| { s.state[0] = (s.state[0] + 55.0 / s.sr) % 1.0; [0.1 * s.state[0], 0] });";

/// Code that gives no number after a tenth of a second.
const BAD: &str =
    "register(\"bad\", |s| { s.state[0] += 1.0; [if s.state[0] > 4800.0 { sqrt(-1.0) } else { 0.05 }, 0] });";

/// A set on a device, with its log.
struct Set {
    rig: Rig,
    scripts: Scripts,
    log: PathBuf,
    playing: Playing,
}

impl Set {
    fn start(files: &[(&str, &str)], words: &[&str]) -> Option<Set> {
        let rig = Rig::new(Wiring::Plug)?;
        let scripts = Scripts::new(files);
        let log = rig.folder().join("set.log");
        let logged = ["--log", log.to_str().expect("a plain path"), "--name", NAME];
        let mut playing = rig.play(scripts.run(&[&logged, words].concat()));
        playing.wait_for("sound device:");
        let mut set = Set { rig, scripts, log, playing };
        set.listen_for(0.3);
        Some(set)
    }

    /// Waits until the device has taken another `seconds`.
    fn listen_for(&mut self, seconds: f64) {
        let enough = self.rig.taken() + (seconds * f64::from(RATE)) as usize;
        until("the device to take more", || (self.rig.taken() >= enough).then_some(()));
    }

    /// Saves a file and waits until it is heard. Gives the frame.
    fn save(&mut self, file: &str, text: &str) -> u64 {
        self.scripts.replace(file, text);
        let frame = on_air(&mut self.playing);
        self.listen_for(0.15);
        frame
    }

    /// Says a word to the set.
    fn tell(&self, words: &[&str]) {
        let mut command = aither(words);
        command.args(["--name", NAME]).env("XDG_RUNTIME_DIR", self.rig.folder());
        assert!(command.stdout(Stdio::null()).status().expect("the program").success(), "{words:?}");
    }

    /// What the device took.
    fn taken(&self) -> Vec<[f32; 2]> {
        let takes = self.rig.takes();
        assert_eq!(takes.len(), 1, "{}", self.playing.said().join("\n"));
        takes[0].clone()
    }
}

/// What the program makes of a log, and what it says.
fn replay(log: &Path) -> (Vec<[f32; 2]>, String) {
    let wav = log.with_extension("wav");
    let output = aither(&["replay"]).arg(log).arg("-o").arg(&wav).output().expect("the program");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{said}");
    let samples =
        hound::WavReader::open(&wav).expect("a file").into_samples().map(Result::unwrap).collect::<Vec<f32>>();
    (samples.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect(), said)
}

/// Edits of all kinds, by files and by words.
fn play_on(set: &mut Set) {
    set.save("new.rhai", "register(\"new\", [osc(330) * 0.05, 0]);");
    set.save("voice.rhai", &VOICE.replace("saw(110)", "saw(165)"));
    set.tell(&["mute", "pluck", "0.1"]);
    set.tell(&["tempo", "187.3"]);
    set.listen_for(0.15);
    set.tell(&["gain", "new", "0.5"]);
    set.save("tempo.rhai", "tempo(93.5);");
    set.save("voice.rhai", &VOICE.replace("saw(110)", "tri(165).lowpass(2000)").replace("0.4, 0.21", "0.6, 0.21"));
    set.tell(&["unmute", "pluck"]);
    set.scripts.remove("new.rhai");
    on_air(&mut set.playing);
    set.listen_for(0.1);
    set.scripts.replace("voice.rhai", "register(\"pluck\", ocs(1));");
    set.playing.wait_for("refused, the old sound goes on");
    // Three saves in a row: two at once, and one while the fade of the first two still runs.
    set.scripts.replace("voice.rhai", VOICE);
    set.scripts.replace("new.rhai", "register(\"newer\", [osc(550).tremolo(4, 1) * 0.05, 0]);");
    on_air(&mut set.playing);
    set.scripts.overwrite("voice.rhai", &VOICE.replace("900 *", "800 *"));
    on_air(&mut set.playing);
    set.listen_for(0.1);
    set.tell(&["unregister", "newer"]);
    set.save("voice.rhai", &VOICE.replace("0.6)", "0.1)"));
    set.tell(&["undo"]);
    set.listen_for(0.1);
    set.tell(&["redo", "--state", "then"]);
    set.listen_for(0.1);
    // What gives no number only after its trial fades out, and a corrected save brings it back.
    set.scripts.replace("new.rhai", BAD);
    set.playing.wait_for("gave a sample that is no number");
    set.save("new.rhai", &BAD.replace("sqrt(-1.0)", "0.1"));
    // What is done by hand, all of it, each before the fade of the one before it is over.
    let all = ["solo pluck 0.05", "solo own", "unsolo pluck", "unsolo", "stop own 0.1", "fade 0.5 0.1", "position 1 2"];
    let more = ["panic", "fade 1 0.05", "reload", "clear 0.05", "reload voice.rhai"];
    for words in all.iter().chain(&more) {
        set.tell(&words.split(' ').collect::<Vec<_>>());
    }
    set.playing.wait_for("panic: silent from frame");
    set.listen_for(0.2);
}

fn assert_the_whole_set_is_replayed(buffer: &str) {
    let Some(mut set) = Set::start(&[SINE, ("voice.rhai", VOICE)], &["--buffer", buffer]) else { return };
    play_on(&mut set);
    assert!(set.playing.terminate().success());
    let taken = set.taken();
    let (replayed, said) = replay(&set.log);
    let heard = from_first_frame(&taken, &replayed);
    // The device is closed some time after the end; until then there is silence.
    let end = replayed.len().min(heard.len());
    assert!(end > 3 * RATE as usize / 2, "only {end} frames were heard");
    assert_same(&heard[..end], &replayed[..end]);
    assert!(heard[end..].iter().all(|frame| *frame == [0.0; 2]), "it sounds on after its end");
    assert_eq!(replayed.last(), Some(&[0.0; 2]), "the end is no fade: {said}");
}

#[test]
fn a_set_on_the_device_and_its_replay_are_the_same_bits() {
    assert_the_whole_set_is_replayed("512");
}

#[test]
fn the_size_of_the_device_s_buffer_is_no_part_of_a_set() {
    assert_the_whole_set_is_replayed("192");
}

#[test]
fn a_set_that_is_killed_is_replayed_up_to_its_last_moment() {
    let Some(mut set) = Set::start(&[RULER, ("voice.rhai", "register(\"a\", [osc(220) * 0.2, 0]);")], &[]) else {
        return;
    };
    set.save("voice.rhai", "register(\"a\", [saw(220).lowpass(900) * 0.2, 0]);");
    set.scripts.replace("voice.rhai", "register(\"a\", [tri(330).lowpass(700).delay(0.1, 0.02) * 0.2, 0]);");
    let last = on_air(&mut set.playing);
    // A moment after the report the device has taken the first frames of the edit.
    let heard = |set: &Set| {
        let taken = set.rig.now();
        let (start, frame) = first_frame(&taken);
        (taken.len() - start) as u64 + frame
    };
    until("the edit to be heard", || (heard(&set) > last + 480).then_some(()));
    signal(set.playing.pid(), libc::SIGKILL);
    set.playing.ended();
    let taken = set.taken();
    let (replayed, _) = replay(&set.log);
    let (start, frame) = first_frame(&taken);
    let taken = &taken[start..];
    assert!(frame + taken.len() as u64 > last, "the edit was heard");
    assert_same(taken, &replayed[frame as usize..]);

    // A log that ends within a line is replayed up to there.
    let text = fs::read_to_string(&set.log).expect("the log");
    let whole = text.trim_end().rfind('\n').expect("several lines");
    fs::write(&set.log, &text[..whole + 30]).expect("a shorter log");
    let (shorter, said) = replay(&set.log);
    let line = text.lines().count();
    assert!(said.contains(&format!("line {line} is cut off; everything before it is replayed")), "{said}");
    let part = last as usize - frame as usize;
    assert_same(&taken[..part], &shorter[frame as usize..]);
    let differs = |one: &[f32; 2], other: &[f32; 2]| one.map(f32::to_bits) != other.map(f32::to_bits);
    assert!(taken[part..].iter().zip(&shorter[last as usize..]).any(|(one, other)| differs(one, other)));
}
