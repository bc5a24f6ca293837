//! Memory over many edits: everything that a set took is given back, and a full pool refuses without harm.

use std::process::Command;

use aither::session::Settings;
use aither::session::report::Status;

use super::{Set, error, helpers, patient, statuses};
use crate::heap;

const LINES: [&str; 8] = [
    "register(\"a\", saw(110 + N).lpf(900, 0.5).gain(0.2));",
    "register(\"a\", saw(110).delay(0.4, 0.13).gain(0.2), #{fade: 0.001});",
    "register(\"b\", [osc(N), osc(221)].lowpass(900));",
    "register(\"b\", |s| { s.state[0] += N; sin(s.state[0]) });",
    "register(\"c N\", noise().highpass(2000).gain(0.05));",
    "register(\"d\", mix(osc(N), phasor(3)), #{fade_out: 0.5});",
    "unregister(\"a\");",
    "oscc(N);",
];

/// Numbers that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What is taken at one moment.
#[derive(Debug, PartialEq)]
struct Taken {
    blocks: i64,
    used: usize,
    keys: usize,
    code: usize,
    free_runs: usize,
    programs: usize,
}

/// Three hundred edits, then everything is unregistered and gone.
fn play_a_set(set: &mut Set) -> Taken {
    let mut dice = Dice(7);
    let mut names = std::collections::BTreeSet::from(["a", "b", "d"].map(str::to_owned));
    for _ in 0..300 {
        let number = dice.below(9).to_string();
        let file = ["one.rhai", "two.rhai", "lib/three.rhai"][dice.below(3) as usize];
        let text = (0..dice.below(4)).map(|_| LINES[dice.below(8) as usize].replace('N', &number)).collect::<Vec<_>>();
        names.insert(format!("c {number}"));
        set.save(&[(file, Some(&text.join("\n")))]);
        set.play(64 * dice.below(40) as usize);
    }
    let gone = names.iter().map(|name| format!("unregister(\"{name}\");")).collect::<String>();
    set.saves(&[("one.rhai", Some(&gone)), ("two.rhai", None), ("lib/three.rhai", None)]);
    set.play(48_000);
    set.saves(&[("one.rhai", None)]);
    set.play(640);
    let statistics = set.performance.compiler().statistics();
    let pool = set.performance.helper_pool();
    Taken {
        blocks: heap::live_blocks_of_all(),
        used: pool.counters().used + pool.counters().quarantined,
        keys: pool.counters().keys,
        code: statistics.code_bytes,
        free_runs: pool.free_runs(),
        programs: set.performance.program_memory().counters().used,
    }
}

#[test]
fn memory_is_back_at_its_baseline_after_hundreds_of_edits() {
    const ALONE: &str = "AITHER_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        // Blocks are counted over all threads, so no other test may run beside this one.
        let this = std::env::current_exe().unwrap();
        let name = "session::memory::memory_is_back_at_its_baseline_after_hundreds_of_edits";
        let output = Command::new(this).args(["--exact", name]).env(ALONE, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let mut set = Set::new();
    // The first round fills the caches and lets the tables reach their sizes.
    let first = play_a_set(&mut set);
    assert_eq!((first.used, first.keys, first.free_runs, first.programs), (0, 0, 1, 0));
    let baseline = play_a_set(&mut set);
    for _ in 0..2 {
        let after = play_a_set(&mut set);
        // A channel makes its list of waiters when somebody first has to wait, which is a matter of timing. One block lost
        // in every edit would be three hundred.
        assert!((after.blocks - baseline.blocks).abs() < 20, "{after:?} after {baseline:?}");
        assert_eq!(Taken { blocks: baseline.blocks, ..after }, baseline);
    }
}

fn tiny(helper_memory: usize, max_signals: usize) -> Set {
    Set::with(&Settings { helper_memory, max_signals, ..Settings::default() })
}

#[test]
fn a_full_pool_refuses_with_figures_and_the_old_sound_goes_on() {
    let mut set = tiny(80_000, 8);
    assert!(set.start(&[("a.rhai", "register(\"a\", osc(100).gain(0.3));")]).ok());
    let report = set.save(&[("b.rhai", Some("register(\"b\", osc(1).delay(1.0, 0.5));"))]);
    let error = error(&report, "b.rhai");
    assert!(error.contains("helper memory is full: `b_delay_0` needs"), "{error}");
    assert!(error.contains(" of 78.1 KiB are in use; start with --helper-memory 1MiB\n--> b.rhai:1:1"), "{error}");
    assert_eq!(report.pool.keys, 1);
    assert!(set.play(640)[0].iter().any(|sample| sample.abs() > 0.1));
}

#[test]
fn no_memory_at_all_still_plays_what_needs_none() {
    let mut set = tiny(0, 1);
    let report = set.start(&[("a.rhai", "register(\"a\", osc(100));"), ("b.rhai", "register(\"b\", |s| s.t);")]);
    assert!(error(&report, "a.rhai").contains("helper memory is full"), "{}", error(&report, "a.rhai"));
    assert!(set.play(640)[0].iter().any(|sample| *sample != 0.0));
    let report = set.save(&[("c.rhai", Some("register(\"c\", 0.1);"))]);
    assert!(error(&report, "c.rhai").contains("1 of 1 signals are in use"), "{}", error(&report, "c.rhai"));
    let mut set = tiny(0, 0);
    let report = set.start(&[("a.rhai", "register(\"a\", 0.1);")]);
    assert!(error(&report, "a.rhai").contains("--max-signals"), "{}", error(&report, "a.rhai"));
    assert!(set.play(640)[0].iter().all(|sample| *sample == 0.0));
}

#[test]
fn parked_signals_give_way_when_memory_is_short_the_longest_parked_first() {
    let voice = |name: &str| format!("register(\"{name}\", osc(100).delay(0.05, 0.01).gain(0.1));");
    // Room for three of them.
    let settings =
        Settings { helper_memory: 3 * 4100 * 8, max_signals: 8, thresholds: patient(), ..Settings::default() };
    let mut set = Set::with(&settings);
    for name in ["a", "b", "c"] {
        set.saves(&[("one.rhai", Some(&voice(name)))]);
        set.play(3200);
    }
    let report = set.saves(&[("one.rhai", Some(&voice("d")))]);
    assert_eq!(statuses(&report), [("c", Status::Parked), ("a", Status::Removed), ("d", Status::New)]);
    assert_eq!(helpers(&report, "a"), [("a_osc_0", "freed"), ("a_delay_0", "freed")]);
    set.play(3200);
    let report = set.saves(&[("one.rhai", Some(&voice("b")))]);
    assert_eq!(statuses(&report), [("d", Status::Parked), ("b", Status::Resumed)], "`b` is still there");
}

#[test]
fn thousands_of_names_exhaust_nothing() {
    let mut set = tiny(1 << 20, 8);
    for number in 0..2000 {
        set.saves(&[("one.rhai", Some(&format!("register(\"n{number}\", osc(100).gain(0.1), #{{fade_out: 0}});")))]);
        set.play(128);
    }
    assert_eq!(set.performance.playing().count(), 1);
}
