//! Reports, word for word: for people with colours and without, and as JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use aither::session::Settings;
use aither::session::report::{Report, Times};

use super::{Set, file, helpers, signal, small, statuses};

const FIRST: &str = "register(\"bass\", saw(55).lpf(400, 0.5).delay(0.2, 0.1).gain(0.2));
register(\"a longer name\", osc(3));
register(\"plain\", 0.1);
register(\"air\", noise().lowpass(900).highpass(100));
";
const SECOND: &str = "register(\"bass\", saw(55).delay(0.4, 0.1).hpf(40, 0.5).gain(0.2));
register(\"a longer name\", osc(3));
register(\"new\", osc(4).lpf(100, 0.2));
unregister(\"air\");
";

/// Without what differs from run to run.
fn timeless(mut report: Report) -> Report {
    let ms = Duration::from_millis;
    report.times =
        Times { evaluate: ms(1), lower: ms(2), compile: ms(30), trial: Duration::from_micros(250), generated: 1 };
    report.frame = Some(6400);
    report
}

fn saved() -> Report {
    let mut set = Set::of(&[("sub/a.rhai", FIRST), ("b.rhai", "register(\"b\", osc(1));")]);
    set.play(6400);
    timeless(set.save(&[("sub/a.rhai", Some(SECOND)), ("b.rhai", None)]))
}

#[test]
fn a_report_for_people_without_colours() {
    let wanted = "\
b.rhai
  parked     b  1 kept
sub/a.rhai
  removed    air            3 freed: unregistered
  parked     plain
  changed    bass           1 kept, 1 carried, 1 new, 1 freed; 0.20 s of tail
      carried  bass_delay_0  0.2 s of 0.4 s kept
      new      bass_hpf_0
      freed    bass_lpf_0    not in the program any more
  untouched  a longer name  1 kept
  new        new            2 new
  evaluate 1.0 ms, lower 2.0 ms, compile 30.0 ms (1 function), trial 0.2 ms
  helper memory 16393 → 32777 of 524288 slots, 8 → 7 keys  on air at frame 6400
";
    assert_eq!(saved().plain(), wanted);
}

#[test]
fn a_report_for_people_with_colours() {
    let text = saved().text();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("\u{1b}[1mb.rhai\u{1b}[0m"));
    assert_eq!(lines.next(), Some("  \u{1b}[34mparked    \u{1b}[0m b  \u{1b}[2m1 kept\u{1b}[0m"));
    let colours = [("changed   ", 33), ("untouched ", 2), ("new       ", 32), ("removed   ", 34)];
    for (word, colour) in colours {
        assert!(text.contains(&format!("  \u{1b}[{colour}m{word}\u{1b}[0m ")), "{word}: {text:?}");
    }
}

#[test]
fn a_refused_save_names_its_signals() {
    let mut set = Set::of(&[("a.rhai", FIRST), ("b.rhai", "register(\"b\", osc(1));")]);
    let before = set.performance.pool();
    let wrong = "register(\"bass\", saw(50));\nregister(\"bad\", osc(1) * 1e9 + 1e9);\nunregister(\"air\");";
    let report = timeless(set.save(&[("a.rhai", Some(wrong)), ("b.rhai", Some("register(\"b\", osc(2));"))]));
    let wanted = format!(
        "a.rhai  refused, the old sound goes on\n  refused    bass\n  refused    bad\n\
         b.rhai  refused, the old sound goes on\n  refused    b\n  \
         evaluate 1.0 ms, lower 2.0 ms, compile 30.0 ms (1 function), trial 0.2 ms\n  \
         helper memory {0} of 524288 slots, {1} keys\n",
        before.used, before.keys
    );
    assert_eq!(report.plain(), wanted);
    // What cannot be lowered is known by name, and what is no script is not.
    let report = set.save(&[("a.rhai", Some("register(\"bass\", saw(50));\nregister(\"x\", |s| print(s.t));"))]);
    assert_eq!(statuses(&report).iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["bass", "x"]);
    let report = set.save(&[("a.rhai", Some("register(\"bass\", saw(50)"))]);
    assert!(file(&report, "a.rhai").signals.is_empty());
}

#[test]
fn a_report_as_json_has_the_fields_that_are_promised() {
    let report = saved();
    let lines = report.json();
    assert_eq!(lines.len(), 2);
    let line: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    let fields = line.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    let wanted = ["file", "frame", "memory", "ok", "pool", "pool_before", "signals", "swap", "times_ms", "undo"];
    assert_eq!(fields, wanted);
    assert_eq!(line["undo"]["capacity"], 2 << 20);
    assert_eq!((&line["file"], &line["frame"], &line["ok"]), (&"sub/a.rhai".into(), &6400.into(), &true.into()));
    let fields = line["pool"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(fields, ["capacity", "claims", "high_water", "keys", "releases", "used"]);
    assert_eq!(line["pool_before"], serde_json::json!({"used": 16393, "keys": 8}));
    assert_eq!(line["times_ms"], serde_json::json!({"evaluate": 1.0, "lower": 2.0, "compile": 30.0, "trial": 0.25}));
    let bass = &line["signals"][2];
    assert_eq!((&bass["name"], &bass["status"]), (&"bass".into(), &"changed".into()));
    assert_eq!(bass["helpers"][0], serde_json::json!({"key": "bass_saw_0", "status": "kept"}));
    let mut set = Set::with(&Settings { ..small() });
    let report = set.save(&[("a.rhai", Some("register(\"x\", oscc(1));"))]);
    let line: serde_json::Value = serde_json::from_str(&report.json()[0]).unwrap();
    assert_eq!(line["ok"], false);
    let fields = line["errors"][0].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(fields, ["column", "file", "help", "line", "message"]);
}

#[test]
fn no_key_is_listed_twice() {
    let line = |a: &str, b: &str| format!("register(\"a\", mix({a}, {b}));");
    let mut set = Set::of(&[("a.rhai", &line("osc(100).label(\"x\")", "osc(200).label(\"y\")"))]);
    set.play(640);
    let report = set.saves(&[("a.rhai", Some(&line("osc(300).label(\"z\")", "osc(200).label(\"y\")")))]);
    assert_eq!(helpers(&report, "a"), [("a_osc_0", "new"), ("a_osc_1", "kept")]);
    assert_eq!(signal(&report, "a").helpers[0].reason, "another one than the one of that name before");
    let doubtful = |line: &str| format!("register(\"a\", {line});");
    let mut set = Set::of(&[("a.rhai", &doubtful("lowpass(noise(), 100) + lowpass(highpass(noise(), 10), 200)"))]);
    set.play(640);
    let new = doubtful("lowpass(osc(3), 50) + lowpass(osc(4) * osc(5), 60) + lowpass(tri(6), osc(7))");
    let report = set.saves(&[("a.rhai", Some(&new))]);
    let keys = helpers(&report, "a").into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>();
    assert_eq!(keys.len(), helpers(&report, "a").len(), "{:?}", helpers(&report, "a"));
    let reset = signal(&report, "a").helpers.iter().filter(|helper| helper.status == "reset").collect::<Vec<_>>();
    assert_eq!(reset.len(), 2);
    assert!(reset[0].reason.starts_with("in doubt: it could be a_lowpass_0, a_lowpass_1"), "{}", reset[0].reason);
}
