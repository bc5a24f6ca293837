//! Sets that are killed and go on from their logs: what is heard then is what one replay of the whole log gives, bit for bit,
//! and begins without a step.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aither::session::log::{Entry, Header, Verdict, Writer};
use aither::session::resume::{self as going_on, Opened};
use aither::session::{Notice, Settings};
use aither::watch::{Change, What};

use crate::live::{RULER, SINE, Scripts, aither, assert_same, first_frame, number, on_air};
use crate::rig::{Playing, RATE, RISE, Rig, Wiring, signal, until};

/// Everything that goes on: phases, a filter, an echo, noise, code of its own.
const VOICE: &str = "let beat = phasor(3);
register(\"pluck\", [mix(saw(110).lpf(300 + 900 * decay(beat, 9), 0.6), noise() * 0.1).feedback(0.4, 0.21, 0.5) * 0.1, 0]);
register(\"steps\", [osc(seq([220, 330, 275], 0.1)) * decay(beat(0.2, 0.6), 5) * 0.05, 0]);
register(\"own\", |s| { s.state[0] = (s.state[0] + 55.0 / s.sr) % 1.0; [0.1 * s.state[0], 0] });";

fn listen_for(rig: &Rig, seconds: f64) {
    let enough = rig.taken() + (seconds * f64::from(RATE)) as usize;
    until("the device to take more", || (rig.taken() >= enough).then_some(()));
}

fn log_of(rig: &Rig) -> PathBuf {
    rig.folder().join("set.log")
}

/// Plays a set with its log, edits it, and kills it.
fn cut_off(rig: &Rig, scripts: &Scripts) {
    let mut playing = rig.play(scripts.run(&["--log", log_of(rig).to_str().unwrap(), "--name", "cut"]));
    playing.wait_for("sound device:");
    listen_for(rig, 0.3);
    for voice in [VOICE.replace("saw(110)", "saw(165)"), VOICE.replace("900 *", "700 *")] {
        scripts.replace("voice.rhai", &voice);
        on_air(&mut playing);
        listen_for(rig, 0.2);
    }
    let mut command = aither(&["gain", "own", "0.5"]);
    command.args(["--name", "cut"]).env("XDG_RUNTIME_DIR", rig.folder());
    assert!(command.output().expect("the program").status.success());
    // Long enough for a line that says nothing but how far it was played.
    listen_for(rig, 1.5);
    signal(playing.pid(), libc::SIGKILL);
    playing.ended();
}

fn replay(log: &Path) -> Vec<[f32; 2]> {
    let wav = log.with_extension("wav");
    let output = aither(&["replay"]).arg(log).arg("-o").arg(&wav).output().expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let samples =
        hound::WavReader::open(&wav).expect("a file").into_samples().map(Result::unwrap).collect::<Vec<f32>>();
    samples.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect()
}

/// The frame of the last line of a log, and all of it.
fn last_line(log: &Path) -> (u64, String) {
    let text = fs::read_to_string(log).expect("the log");
    let line: serde_json::Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    (line["frame"].as_u64().expect("a frame"), text)
}

/// Panics unless a take is the set from a frame on that comes up in five milliseconds. Gives that frame.
fn assert_goes_on(take: &[[f32; 2]], set: &[[f32; 2]]) -> u64 {
    let (risen, frame) = first_frame(take);
    let first = frame as usize - RISE;
    for nth in 0..RISE {
        let wanted = set[first + nth].map(|sample| sample * ((nth + 1) as f32 / RISE as f32));
        assert_eq!(take[risen - RISE + nth], wanted, "frame {nth} of the way up");
    }
    let played = &take[risen..];
    let end = played.iter().rposition(|frame| *frame != [0.0; 2]).map_or(0, |last| last + 1);
    assert!(end > RATE as usize / 2, "only {end} frames");
    assert_same(&played[..end.min(set.len() - frame as usize)], &set[frame as usize..]);
    first as u64
}

fn resume(rig: &Rig, scripts: &Scripts, words: &[&str]) -> Playing {
    let log = log_of(rig);
    let mut playing = rig.play(scripts.run(&[&["--resume", log.to_str().unwrap()], words].concat()));
    playing.wait_for("of the set rebuilt in");
    playing
}

#[test]
fn a_set_that_was_killed_goes_on_as_if_it_had_not_been() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let scripts = Scripts::new(&[SINE, RULER, ("voice.rhai", VOICE)]);
    cut_off(&rig, &scripts);
    let log = log_of(&rig);
    let (cut, before) = last_line(&log);
    assert!(before.lines().last().unwrap().ends_with("\"played\":true}"), "{before}");
    // The last line is torn, as by a disk that was not fast enough; and one file is another one now.
    OpenOptions::new().append(true).open(&log).unwrap().write_all(b"{\"frame\":99999999,\"fi").unwrap();
    let edited = VOICE.replace("900 *", "700 *").replace("0.05", "0.04");
    scripts.replace("voice.rhai", &edited);

    let mut playing = resume(&rig, &scripts, &[]);
    playing.wait_for("sound device:");
    // A report waits a second for its first frame, a slow machine longer for its first device; the log knows the frame.
    let frame = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["frame"].as_u64();
    let edit = until("the edit in the log", || {
        let text = fs::read_to_string(&log).expect("the log");
        text.get(before.len()..)?.lines().filter(|line| line.contains("\"text\"")).find_map(frame)
    });
    listen_for(&rig, 1.0);
    assert!(playing.terminate().success());
    assert!(playing.said().iter().any(|line| line.contains("is cut off; everything before it is taken up")));
    let takes = rig.takes();
    assert_eq!(takes.len(), 2);

    // One log holds all of it, and a replay of it is what was heard before and after.
    let (_, after) = last_line(&log);
    assert!(after.starts_with(before.trim_end()), "the log goes on where it was");
    let saves = after[before.len()..].lines().filter(|line| line.contains("\"text\"")).collect::<Vec<_>>();
    assert_eq!(saves.len(), 1, "what was edited meanwhile is one save: {saves:?}");
    assert!(edit >= cut, "{edit} {cut}");
    let set = replay(&log);
    let (start, frame) = first_frame(&takes[0]);
    let heard = &takes[0][start..];
    assert_same(&heard[..(cut - frame) as usize], &set[frame as usize..]);
    let first = assert_goes_on(&takes[1], &set);
    assert!((cut..cut + 10 * u64::from(RATE)).contains(&first), "cut off at {cut}, went on at {first}");
    assert_eq!(number(&set[first as usize]), first);
}

#[test]
fn a_set_can_go_on_in_another_log_and_again_and_again() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let scripts = Scripts::new(&[SINE, RULER, ("voice.rhai", VOICE)]);
    cut_off(&rig, &scripts);
    let log = log_of(&rig);
    let kept = fs::read_to_string(&log).unwrap();
    let other = rig.folder().join("other.log");
    let mut playing = resume(&rig, &scripts, &["--log", other.to_str().unwrap()]);
    playing.wait_for("sound device:");
    listen_for(&rig, 1.2);
    signal(playing.pid(), libc::SIGKILL);
    playing.ended();
    assert_eq!(fs::read_to_string(&log).unwrap(), kept, "the old log is left alone");
    fs::copy(&other, &log).unwrap();
    // Its own log, whether that is said or not.
    let mut playing = resume(&rig, &scripts, &["--log", log.to_str().unwrap()]);
    playing.wait_for("sound device:");
    listen_for(&rig, 1.0);
    assert!(playing.terminate().success());
    let takes = rig.takes();
    assert_eq!(takes.len(), 3);
    let set = replay(&log);
    takes[1..].iter().for_each(|take| _ = assert_goes_on(take, &set));
}

#[test]
fn a_set_that_ended_or_no_log_at_all_is_refused_with_what_would_work() {
    let scripts = Scripts::new(&[SINE]);
    let log = scripts.path().join("set.log");
    let refused = |text: &str, words: &[&str]| {
        fs::write(&log, text).unwrap();
        let output = scripts.run(&[&["--resume", log.to_str().unwrap()], words].concat()).output().unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), text, "the log is left alone");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let header = "{\"aither\":1,\"rate\":48000,\"channels\":2}\n";
    let (code, said) = refused(&format!("{header}{{\"frame\":64,\"end\":true}}\n"), &[]);
    assert!(code == Some(1) && said.contains("came to its end by itself; `aither run` without --resume"), "{said}");
    let (code, said) = refused("something else\n", &[]);
    assert!(code == Some(1) && said.contains("this is no edit log"), "{said}");
    let (code, said) = refused(header, &["--rate", "44100"]);
    assert!(code == Some(2) && said.contains("--rate"), "{said}");
}

#[test]
fn what_a_set_that_goes_on_is_asked_for_takes_effect_as_in_one_that_never_ended() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("set.log");
    let echo = |seconds: u32| format!("register(\"echo\", osc(220).delay({seconds}, 0.2).gain(0.2));");
    let mut writer = Writer::create(&log, Header::new(RATE, 2)).unwrap();
    let verdict = Some(Verdict::Taken);
    let first = Entry::Edit { file: "echo.rhai".to_owned(), text: Some(echo(4)), verdict: verdict.clone() };
    writer.write(0, &[first]);
    writer.write(6_400, &[Entry::Command { words: "record start set.wav".to_owned(), verdict }]);
    writer.write(12_800, &[Entry::Played]);
    drop(writer);
    let settings = Settings { real_time: true, ..Settings::default() };
    let opened = going_on::resume(&log, None, &settings, Path::new("")).unwrap();
    let Opened { mut performance, mut player, heard, .. } = opened;
    assert_eq!(player.frame(), 12_800);
    assert!(matches!(&heard[..], [Change { path, what: What::Text(text) }] if path == "echo.rhai" && *text == echo(4)));
    // Nobody records any more: whoever did is gone with his files.
    let mut reel = performance.reel().expect("a ring for recordings");
    player.quantum();
    assert!(reel.next_strip().is_none());
    // A save that changes nothing has its frame, and rings are copied in slices again.
    let mut save = |text: String| {
        let change = Change { path: "echo.rhai".to_owned(), what: What::Text(text) };
        let saved = performance.save(vec![change]);
        assert!(saved.report.ok());
        let ticket = saved.ticket.expect("a frame for each save");
        for quantum in 0..1_000_u32 {
            player.quantum();
            let on_air = |notice: &Notice| matches!(notice, Notice::OnAir { ticket: taken, .. } if *taken == ticket);
            if performance.tick().iter().any(on_air) {
                return quantum;
            }
        }
        panic!("it never came on air");
    };
    assert_eq!(save(echo(4)), 0);
    let quanta = save(echo(8));
    assert!((4_u32 * RATE / 16_384..40).contains(&quanta), "{quanta} quanta for a ring of four seconds");
}
