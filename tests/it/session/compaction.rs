//! A pool in pieces: parked signals are moved together, and nobody hears of it.

use aither::session::{Settings, Trial};

use super::{Set, helpers, patient, same, small, statuses};
use aither::session::report::Status;

/// What is parked, moved and brought back: a tail, a phase, a noise, cells of the performer's own.
const PAD: &str = "let m = memory(5);
register(\"pad\", mix(osc(110).feedback(0.07, 0.03, 0.7), noise().lowpass(900) * 0.2, |s| { m[3] = (m[3] + 0.001) % 1.0; \
                   s.state[7] += 1.0; m[3] * 0.1 }).gain(0.3));";

fn line(name: &str, seconds: f64) -> String {
    format!("register(\"{name}\", osc(200).delay({seconds:?}, 0.01) * 0.1);")
}

/// Two holes with the parked pad between them, then a line that fits into neither. Gives the set and what was heard.
fn play(helper_memory: usize, gone: bool) -> (Set, Vec<Vec<f64>>) {
    let mut set = Set::with(&Settings { helper_memory, trial: Trial::Off, thresholds: patient(), ..small() });
    let mut heard = vec![Vec::new(); 2];
    let mut play = |set: &mut Set, quanta: usize| {
        let sound = set.play(64 * quanta);
        heard.iter_mut().zip(sound).for_each(|(heard, sound)| heard.extend(sound));
    };
    let before = line("before", 0.1);
    set.saves(&[("a.rhai", Some(&before))]);
    set.saves(&[("pad.rhai", Some(PAD)), ("z.rhai", Some(&line("after", 0.1)))]);
    play(&mut set, 150);
    set.saves(&[("pad.rhai", None)]);
    play(&mut set, 40);
    set.saves(&[("a.rhai", Some("unregister(\"before\");")), ("z.rhai", Some("unregister(\"after\");"))]);
    play(&mut set, 40);
    let report = set.saves(&[("c.rhai", Some(&line("long", 0.3)))]);
    assert_eq!(report.plain().contains("slots of parked signals together"), gone, "{}", report.plain());
    assert_eq!(report.json()[0].contains("\"compactions\":1"), gone);
    assert_eq!(statuses(&report), [("long", Status::New)], "nobody gave way");
    play(&mut set, 100);
    let report = set.saves(&[("pad.rhai", Some(PAD))]);
    assert_eq!(statuses(&report), [("pad", Status::Resumed)]);
    play(&mut set, 200);
    (set, heard)
}

/// Slots that a line of a tenth of a second, the pad, and another such line take, and a few that are never used.
const TIGHT: usize = 8 * (2 * 8196 + 4096 + 64);

#[test]
fn a_parked_signal_that_was_moved_resumes_as_if_it_had_stayed() {
    let ((roomy, expected), (tight, found)) = (play(4 << 20, false), play(TIGHT, true));
    same(&expected, &found);
    let moves = [&roomy, &tight].map(|set| set.performance.helper_pool().moves());
    let [free, moved] = [roomy, tight].map(|set| set.performance.helper_pool().counters());
    assert_eq!((moves[0].compactions, moves[0].slots, moves[1].compactions), (0, 0, 1));
    assert!(moves[1].slots > 4096 && moved.refusals == 0, "{moves:?}");
    assert_eq!(
        (free.used, free.keys, free.claims, free.releases),
        (moved.used, moved.keys, moved.claims, moved.releases)
    );
    assert!(expected[0][64 * 330..].iter().any(|sample| sample.abs() > 0.05), "it is heard");
}

#[test]
fn a_signal_that_was_poisoned_parked_and_moved_is_cured_where_it_lies_now() {
    let pad = |last: &str| {
        format!(
            "let m = memory(5);\nregister(\"pad\", mix(osc(110).feedback(0.07, 0.03, 0.7), \
             |s| {{ m[3] += if s.frame == 5000 {{ {last} }} else {{ 0.0 }}; m[3] }}).gain(0.3));"
        )
    };
    let settings = Settings { helper_memory: TIGHT, trial: Trial::Off, thresholds: patient(), ..small() };
    let mut set = Set::with(&settings);
    set.saves(&[("a.rhai", Some(&line("before", 0.1)))]);
    set.saves(&[("pad.rhai", Some(&pad("0.0 / (s.t - s.t)"))), ("z.rhai", Some(&line("after", 0.1)))]);
    set.play(9600);
    set.saves(&[("pad.rhai", None)]);
    set.play(2560);
    set.saves(&[("a.rhai", Some("unregister(\"before\");")), ("z.rhai", Some("unregister(\"after\");"))]);
    set.play(2560);
    let report = set.saves(&[("c.rhai", Some(&line("long", 0.3)))]);
    assert!(report.plain().contains("slots of parked signals together"), "{}", report.plain());
    set.play(6400);
    let report = set.saves(&[("pad.rhai", Some(&pad("0.0")))]);
    let helpers = helpers(&report, "pad");
    assert!(helpers.contains(&("pad_memory_0", "reset")) && helpers.contains(&("pad_osc_0", "kept")), "{helpers:?}");
    set.play(2560);
    assert!(set.stems(20)["pad"].iter().any(|sample| sample.abs() > 0.02), "it sounds again");
}

#[test]
fn a_refused_save_may_have_moved_what_is_parked_and_nobody_hears_of_it() {
    let play = |helper_memory: usize| {
        let mut set = Set::with(&Settings { helper_memory, thresholds: patient(), ..small() });
        set.saves(&[("a.rhai", Some(&line("before", 0.1)))]);
        set.saves(&[("pad.rhai", Some(PAD)), ("z.rhai", Some(&line("after", 0.1)))]);
        set.play(6400);
        set.saves(&[("pad.rhai", None)]);
        set.saves(&[("a.rhai", Some("unregister(\"before\");")), ("z.rhai", Some("unregister(\"after\");"))]);
        set.play(6400);
        let bad = line("long", 0.3) + "\nregister(\"bad\", |s| 1.0 / (s.t - s.t));";
        assert!(!set.save(&[("c.rhai", Some(&bad))]).ok());
        let pool = set.performance.helper_pool();
        let (compactions, used) = (pool.moves().compactions, pool.counters().used);
        set.saves(&[("pad.rhai", Some(PAD))]);
        (set.play(12_800), compactions, used)
    };
    let ((expected, none, used), (found, once, still)) = (play(4 << 20), play(TIGHT));
    assert_eq!((none, once, used), (0, 1, still));
    same(&expected, &found);
}
