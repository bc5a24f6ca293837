//! What is heard by nobody, because it was tried first: samples that are none, samples that are too large, and what costs too much.

use std::process::Command;

use aither::session::report::Status;
use aither::session::{Settings, Trial};

use super::{Set, error, same, small, statuses};

const GOOD: &str = "register(\"good\", saw(110).lpf(900, 0.5).delay(0.2, 0.05).gain(0.3));";

/// A closure that gives 0.1 and, at one frame, something else.
fn bad_at(frame: u32, what: &str) -> String {
    format!("// first\nregister(\"bad\", |s| if s.frame == {frame} {{ {what} }} else {{ 0.1 }});")
}

fn tried(trial: Trial) -> Set {
    Set::with(&Settings { trial, ..small() })
}

#[test]
fn a_program_that_gives_no_number_is_refused_with_the_sample_its_frame_and_its_place() {
    let mut still = Set::of(&[("good.rhai", GOOD)]);
    let mut set = Set::of(&[("good.rhai", GOOD)]);
    same(&still.play(640), &set.play(640));
    let before = set.performance.pool();
    for (what, sample) in [("0.0 / (s.t - s.t)", "NaN"), ("1.0 / (s.t - s.t)", "inf"), ("-1.0 / (s.t - s.t)", "-inf")] {
        let text = format!("{}\nregister(\"more\", osc(3).delay(0.5, 0.2));", bad_at(96, what));
        let report = set.save(&[("bad.rhai", Some(&text))]);
        assert_eq!(
            error(&report, "bad.rhai"),
            format!(
                "error: the signal `bad` gives {sample} at frame 96 (2.0 ms), which is no number\n--> bad.rhai:2:1\n \
                 = help: a division by zero, or feedback of 1 and more? --no-trial plays it until then"
            )
        );
    }
    let after = set.performance.pool();
    assert_eq!((after.used, after.keys, after.claims), (before.used, before.keys, before.claims));
    same(&still.play(3200), &set.play(3200));
    let report = set.saves(&[("bad.rhai", Some(&bad_at(96, "0.2")))]);
    assert_eq!(statuses(&report), [("bad", Status::New)]);
}

#[test]
fn a_program_that_is_too_loud_is_refused() {
    let mut set = Set::of(&[("good.rhai", GOOD)]);
    let report = set.save(&[("bad.rhai", Some(&bad_at(0, "-1000.5")))]);
    assert_eq!(
        error(&report, "bad.rhai"),
        "error: the signal `bad` gives -1000.5 at frame 0 (0.0 ms); ±1000 is the most\n--> bad.rhai:2:1\n \
         = help: turn it down with `gain`, or bound it with `clamp` or `tanh`; --no-trial plays it nevertheless"
    );
    let report = set.save(&[("bad.rhai", Some("register(\"wide\", [osc(1), osc(1) * 0 + 1e30]);"))]);
    assert!(error(&report, "bad.rhai").contains("gives 1e30 in channel 1 at frame 0 (0.0 ms);"));
    set.saves(&[("bad.rhai", Some(&bad_at(0, "1000")))]);
}

#[test]
fn a_trial_lasts_2048_frames() {
    let nothing = "0.0 / (s.t - s.t)";
    assert!(!Set::new().save(&[("a.rhai", Some(&bad_at(2047, nothing)))]).ok());
    assert!(Set::new().save(&[("a.rhai", Some(&bad_at(2048, nothing)))]).ok());
    assert!(tried(Trial::Off).save(&[("a.rhai", Some(&bad_at(0, nothing)))]).ok());
}

#[test]
fn a_trial_moves_nothing_that_is_heard() {
    let edits = [
        "let m = memory(8);\nregister(\"own\", |s| { s.state[3] += 1; m[s.state[3] % 8] += 0.001; m[2] + s.state[3] * 1e-6 });",
        "register(\"air\", noise().highpass(2000).delay(0.1, 0.03).gain(0.1));",
        "register(\"air\", noise().highpass(2500).delay(0.1, 0.02).gain(0.1));\nregister(\"low\", saw(55).lpf(300, 0.5));",
        "register(\"low\", [saw(55), tri(57)].lpf(400, 0.5), #{fade_in: 0.01});",
    ];
    let play = |trial| {
        let mut set = tried(trial);
        let mut sound = Vec::new();
        for text in edits.iter().chain(&edits) {
            set.saves(&[("a.rhai", Some(text)), ("b.rhai", Some(GOOD))]);
            sound.push(set.play(2560));
        }
        sound
    };
    for (tried, untried) in play(Trial::Sound).iter().zip(&play(Trial::Off)) {
        same(tried, untried);
    }
}

/// A hundred thousand sines a frame: no machine does that in time.
fn slow(name: &str) -> String {
    let line = "let n = 9000 + s.state[0]; let i = 0; while i < n { x += sin(x + i); i += 1; }";
    let closure = format!("|s| {{ let x = s.t; {line} x * 1e-9 }}");
    let voices = vec![closure; 12].join(", ");
    format!("register(\"{name}\", mix({voices}));")
}

#[test]
fn what_the_machine_cannot_play_in_time_is_refused_where_that_is_asked() {
    let mut set = tried(Trial::Cost);
    assert!(set.start(&[("good.rhai", GOOD)]).ok(), "a small signal is no load");
    let report = set.save(&[("slow.rhai", Some(&format!("register(\"ok\", osc(3));\n{}", slow("pad"))))]);
    let told = error(&report, "slow.rhai");
    assert!(told.starts_with("error: `pad` costs ") && told.contains("--> slow.rhai:2:1"), "{told}");
    assert!(told.contains(" ms of the 1.33 ms that a block of 64 frames lasts\n"), "{told}");
    assert!(told.contains("help: make it simpler, "), "{told}");
    assert_eq!(set.performance.playing().count(), 1);
    set.saves(&[("slow.rhai", Some("register(\"ok\", osc(3));"))]);
    assert!(tried(Trial::Sound).save(&[("slow.rhai", Some(&slow("pad")))]).ok());
}

#[test]
fn no_trial_plays_what_a_trial_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("bad.rhai");
    std::fs::write(&script, bad_at(100, "1e9")).unwrap();
    let check = |more: &[&str]| {
        let mut aither = Command::new(env!("CARGO_BIN_EXE_aither"));
        let output = aither.arg("check").arg(&script).args(more).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = check(&[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("the signal `bad` gives 1000000000.0 at frame 100 (2.1 ms)"), "{told}");
    assert_eq!(check(&["--no-trial"]).0, Some(0));
}
