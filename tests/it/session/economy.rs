//! What is given up when memory is nearly full: who goes first, who stays, what is said of it, and that a replay is told.

use aither::memory::health::{Levels, Thresholds};
use aither::session::log::{self, Entry};
use aither::session::report::Status;
use aither::session::{Report, Settings};

use super::logged::{Played, assert_same};
use super::{Set, helpers, small, statuses};

/// A signal of 4101 slots: a phase, a line of 4096, and what it is written by.
fn voice(name: &str, hz: u32) -> String {
    format!("register(\"{name}\", osc({hz}).delay(0.05, 0.01) * 0.1);")
}

/// Slots of a voice.
const VOICE: usize = 4098;

/// So many voices fit into the pool.
fn room(voices: usize) -> Settings {
    Settings { helper_memory: 8 * voices * VOICE, ..small() }
}

/// One voice after the other, each in place of the one before.
fn one_after_the_other(set: &mut Set, names: &[&str]) -> Vec<Report> {
    let turn = |(hz, name): (usize, &&str)| {
        let report = set.saves(&[("a.rhai", Some(&voice(name, 100 + hz as u32)))]);
        set.play(3200);
        report
    };
    names.iter().enumerate().map(turn).collect()
}

#[test]
fn above_its_level_a_pool_gives_up_what_has_been_parked_longest_until_it_is_below() {
    let mut set = Set::with(&room(10));
    let reports = one_after_the_other(&mut set, &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
    // Eight of ten are below 85 %, nine are not.
    assert!(reports[..8].iter().all(|report| report.economy.is_nothing()));
    assert_eq!(statuses(&reports[8]), [("a", Status::Removed), ("h", Status::Parked), ("i", Status::New)]);
    assert_eq!(helpers(&reports[8], "a"), [("a_osc_0", "freed"), ("a_delay_0", "freed")]);
    assert_eq!(reports[8].economy.signals, ["a"]);
    assert!(reports[8].plain().contains("\n  memory was short: 1 parked signal gave back 4098 slots of 2 helpers\n"));
    let line: serde_json::Value = serde_json::from_str(&reports[8].json()[0]).unwrap();
    let told = serde_json::json!({"signals": ["a"], "keys": 2, "slots": 4098, "pieces": 0, "code_bytes": 0});
    assert_eq!(line["economy"], told);
    assert!(!reports[7].json()[0].contains("economy"));
    assert_eq!(reports[9].economy.signals, ["b"]);
    assert_eq!(set.performance.pool().used, 8 * VOICE);
    // What comes back is not given up, although it was parked longest.
    let report = set.saves(&[("b.rhai", Some(&(voice("c", 102) + voice("k", 7).as_str())))]);
    assert_eq!(statuses(&report)[1..], [("c", Status::Resumed), ("k", Status::New)]);
    assert_eq!(report.economy.signals, ["d"]);
}

#[test]
fn a_signal_that_still_fades_out_is_not_given_up() {
    let mut set = Set::with(&room(3));
    set.saves(&[("a.rhai", Some(&voice("a", 100).replace(");", ", #{fade_out: 1});")))]);
    set.saves(&[("b.rhai", Some(&voice("b", 100)))]);
    set.play(6400);
    set.saves(&[("a.rhai", None)]);
    let report = set.saves(&[("c.rhai", Some(&voice("c", 100)))]);
    assert!(report.economy.is_nothing(), "it is full, and nobody can go");
    set.play(64_000);
    let report = set.saves(&[("c.rhai", Some(&voice("c", 101)))]);
    assert_eq!(report.economy.signals, ["a"], "it is silent now");
}

#[test]
fn the_room_for_signals_is_a_reserve_too_and_levels_can_be_set() {
    let text = |number: usize| format!("register(\"n{number}\", |s| 0.1);");
    let play = |economise: f64| {
        let pressure = Levels { economise, ..Levels::default() };
        let thresholds = Thresholds { pressure, ..Thresholds::default() };
        let mut set = Set::with(&Settings { max_signals: 10, thresholds, ..small() });
        let turns = (0..10).map(|number| {
            let report = set.saves(&[("a.rhai", Some(&text(number)))]);
            set.play(3200);
            report.economy.signals.len()
        });
        turns.collect::<Vec<_>>()
    };
    assert_eq!(play(0.85), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    assert_eq!(play(0.5), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
}

#[test]
fn code_that_nobody_uses_goes_when_its_memory_is_nearly_full_and_no_more_of_it_than_must() {
    // Twenty pages; every piece takes one at least.
    let mut set = Set::with(&Settings { code_memory: 20 * 4096, max_signals: 64, ..small() });
    let chain =
        |length: usize| format!("register(\"a\", osc(100){}, #{{fade: 0}});", ".gain(0.9).lowpass(900)".repeat(length));
    let mut freed = 0;
    for length in 1..40 {
        let report = set.saves(&[("a.rhai", Some(&chain(length)))]);
        set.play(128);
        freed += report.economy.pieces;
        if report.economy.pieces > 0 {
            assert!(report.plain().contains("of code that nobody used went"), "{}", report.plain());
        }
        let statistics = set.performance.compiler().statistics();
        assert!(statistics.memory.used <= 17 * 4096 || statistics.idle == 0);
        // What the signal that plays needs is fewer.
        assert!(length < 6 || statistics.functions > 4, "not everything goes: {statistics:?}");
    }
    assert!(freed > 10 || set.performance.compiler().statistics().functions == 0);
}

#[test]
fn a_replay_in_a_small_pool_gives_up_nothing_of_its_own_accord() {
    let mut played = Played::start(Settings::default(), &[("a.rhai", Some(&voice("a", 100)))]);
    played.play(30);
    for (hz, name) in ["b", "c", "d", "e", "f"].into_iter().enumerate() {
        assert!(played.save(&[("a.rhai", Some(&voice(name, 110 + hz as u32)))]));
        played.play(50);
    }
    assert!(played.save(&[("a.rhai", Some(&voice("a", 100)))]));
    played.play(50);
    let memory = (8 * 6 * VOICE).to_string();
    let replayed = played.replayed(&["--helper-memory", &memory]);
    assert_same(&played.heard, &replayed);
}

#[test]
fn what_was_given_up_is_in_the_log_and_a_replay_with_all_the_memory_there_is_obeys() {
    let settings = Settings { helper_memory: 8 * 6 * VOICE, ..Settings::default() };
    let mut played = Played::start(settings, &[("a.rhai", Some(&voice("a", 100)))]);
    played.play(30);
    for (hz, name) in ["b", "c", "d", "e", "f"].into_iter().enumerate() {
        assert!(played.save(&[("a.rhai", Some(&voice(name, 110 + hz as u32)))]));
        played.play(50);
    }
    // `a` was given up and begins anew, with a noise in the gap of its line; `d` was not, and goes on.
    assert!(played.save(&[("a.rhai", Some(&(voice("a", 100) + voice("d", 112).as_str())))]));
    played.play(50);
    played.write_up();
    let log = log::read(&std::fs::read(played.log()).unwrap()).unwrap();
    let ruled = |entry: &(usize, u64, Entry)| match &entry.2 {
        Entry::Ruled(_, name) => Some(name.clone()),
        _ => None,
    };
    let ruled = log.entries.iter().filter_map(ruled).collect::<Vec<_>>();
    assert_eq!(ruled, ["a", "b"]);
    for memory in ["64MiB", "197000"] {
        let replayed = played.replayed(&["--helper-memory", memory]);
        assert_same(&played.heard, &replayed);
    }
}
