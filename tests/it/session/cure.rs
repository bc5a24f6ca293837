//! Signals that stop while they play, because they give a sample that is no number: what a corrected save finds of their memory.

use aither::session::report::Status;

use super::{Set, bits, file, helpers, signal, statuses};

const GOOD: &str = "register(\"good\", mix(saw(110).lpf(900, 0.5), noise().delay(0.2, 0.05)).gain(0.2));";
const NO_FADE: &str = "#{fade: 0}";
/// The frame of the bad sample, and the end of its quantum, up to which the program runs.
const BAD: usize = 5000;
const STOP: usize = 5056;

/// A value that is `usual`, and no number at one frame.
fn venom(usual: &str, what: &str) -> String {
    format!("|s| if s.frame == {BAD} {{ {what} / (s.t - s.t) }} else {{ {usual} }}")
}

/// A set of a good signal and this one, some time after the bad sample.
fn poisoned(line: &str) -> Set {
    let mut set = Set::of(&[("good.rhai", GOOD), ("odd.rhai", line)]);
    set.play(9600);
    set
}

#[test]
fn a_corrected_save_sounds_again_and_keeps_what_was_not_poisoned() {
    let mut still = Set::of(&[("good.rhai", GOOD)]);
    let line = |voice: &str| format!("register(\"odd\", [osc(100) * 0.2, {voice}], {NO_FADE});");
    let mut set =
        Set::of(&[("good.rhai", GOOD), ("odd.rhai", &line(&format!("lowpass({}, 800)", venom("0.1", "0.0"))))]);
    let (one, other) = (still.stems(150), set.stems(150));
    assert_eq!(bits(&one["good"]), bits(&other["good"]));
    let report = set.saves(&[("odd.rhai", Some(&line("lowpass(|s| 0.1, 800)")))]);
    assert_eq!(signal(&report, "odd").status, Status::Changed);
    assert_eq!(helpers(&report, "odd"), [("odd_osc_0", "kept"), ("odd_lowpass_0", "reset")]);
    let reason = &signal(&report, "odd").helpers[1].reason;
    assert_eq!(reason, "held a value that is no number, or beyond all bounds");
    assert!(file(&report, "odd.rhai").warnings.is_empty(), "the sandbox is not in use");
    let (one, other) = (still.stems(20), set.stems(20));
    assert_eq!(bits(&one["good"]), bits(&other["good"]));
    // The left channel goes on from where it stopped, the right one begins.
    let mut alone = Set::of(&[("odd.rhai", &line("lowpass(|s| 0.1, 800)"))]);
    let from_rest = alone.stems(STOP / 64)["odd"].clone();
    let goes_on = alone.stems(20);
    for quantum in 0..20 {
        let at = quantum * 128;
        assert_eq!(bits(&other["odd"][at..at + 64]), bits(&goes_on["odd"][at..at + 64]), "quantum {quantum}");
        assert_eq!(bits(&other["odd"][at + 64..at + 128]), bits(&from_rest[at + 64..at + 128]), "quantum {quantum}");
    }
}

#[test]
fn a_chain_that_infinity_ran_through_is_silent_no_longer_than_it_must_be() {
    let line = |source: &str| {
        format!(
            "register(\"odd\", mix(osc(50) * 0.1, pipe({source}, |x| lpf(x, 900, 0.5), |x| feedback(x, 0.1, 0.05, 0.5))));"
        )
    };
    let mut set = poisoned(&line(&venom("0.1", "1.0")));
    assert_eq!(set.stems(1)["odd"], vec![0.0; 128]);
    let report = set.saves(&[("odd.rhai", Some(&line("|s| 0.1")))]);
    assert_eq!(helpers(&report, "odd"), [("odd_osc_0", "kept"), ("odd_lpf_0", "reset"), ("odd_feedback_0", "reset")]);
    set.play(4800);
    assert!(set.stems(10)["odd"].iter().any(|sample| sample.abs() > 0.1), "it sounds again");
    let pool = set.performance.helper_pool().counters();
    assert_eq!(pool.quarantined, 0, "what was poisoned is free again");
}

#[test]
fn a_poisoned_sandbox_is_zero_again_and_said_so() {
    let line =
        |number: &str| format!("// here\nregister(\"odd\", |s| {{ s.state[9] += {number}; s.state[9] * 1e-6 }});");
    let mut set = poisoned(&line(&format!("(if s.frame == {BAD} {{ 0.0 / (s.t - s.t) }} else {{ 1.0 }})")));
    let report = set.saves(&[("odd.rhai", Some(&line("1.0")))]);
    let note = file(&report, "odd.rhai").warnings[0].plain(|_| None);
    let wanted = "note: `s.state` of `odd` is zero again: it held a value that is no number, or beyond all bounds\n--> odd.rhai:2:1";
    assert_eq!(note.trim_end(), wanted);
    set.play(1920);
    assert_eq!(set.stems(1)["odd"][0], 1921.0 * 1e-6);
}

#[test]
fn what_stopped_among_others_of_its_shape_keeps_its_memory_as_it_was() {
    let line = |bad: [f64; 3]| {
        let signal = |(number, bad): (usize, &f64)| {
            let count = format!("s.state[0] += 1.0; if s.state[0] == {bad:?} {{ 0.0 / (s.t - s.t) }}");
            format!("register(\"odd{number}\", |s| {{ {count} else {{ s.state[0] * 1e-6 }} }}, {NO_FADE});\n")
        };
        bad.iter().enumerate().map(signal).collect::<String>()
    };
    let mut set = Set::of(&[("odd.rhai", &line([BAD as f64, 1e9, 2e9]))]);
    set.play(9600);
    let report = set.saves(&[("odd.rhai", Some(&line([3e9, 1e9, 2e9])))]);
    assert!(report.ok() && file(&report, "odd.rhai").warnings.is_empty());
    let stems = set.stems(1);
    let first = |name: &str| stems[name][0];
    assert_eq!([first("odd0"), first("odd1")], [(STOP + 1) as f64 * 1e-6, 9601.0 * 1e-6]);
}

#[test]
fn feedback_that_was_on_its_way_to_infinity_is_reset_too() {
    let line = |amount: f64| {
        let step = format!("let i = s.frame % 64; m[i] = m[i] * {amount:?} + 1e-9; n[0] = m[i] * 1e-150; m[i]");
        format!("let m = memory(64); let n = memory(1);\nregister(\"odd\", |s| {{ {step} }});")
    };
    let mut set = Set::untried(&[("odd.rhai", &line(1e4))]);
    set.play(9600);
    let report = set.saves(&[("odd.rhai", Some(&line(0.5)))]);
    assert_eq!(helpers(&report, "odd"), [("odd_memory_0", "reset"), ("odd_memory_1", "reset")]);
    set.play(9600);
    assert!(set.stems(1)["odd"].iter().all(|sample| (0.0..1e-8).contains(sample)));
}

#[test]
fn a_phase_with_the_bits_of_a_nan_is_kept() {
    // At the end of the last quantum the phase is a little below half a turn: its upper bits are those of a NaN.
    let hz = 0.4999 * 48_000.0 / STOP as f64;
    let line = |voice: &str| format!("register(\"odd\", [osc({hz:?}), phasor({hz:?}), {voice}]);");
    let mut set = poisoned(&line(&venom("0.1", "0.0")));
    let report = set.saves(&[("odd.rhai", Some(&line("0.1")))]);
    assert_eq!(helpers(&report, "odd"), [("odd_osc_0", "kept"), ("odd_phasor_0", "kept")]);
}

#[test]
fn what_was_parked_while_it_was_poisoned_comes_back_well() {
    let line = format!("register(\"odd\", lowpass({}, 800) * 2);", venom("0.1", "0.0"));
    let mut set = poisoned(&line);
    set.saves(&[("odd.rhai", Some("// gone"))]);
    set.play(3200);
    let report = set.saves(&[("odd.rhai", Some(&line))]);
    assert_eq!(statuses(&report), [("odd", Status::Resumed)]);
    assert_eq!(helpers(&report, "odd"), [("odd_lowpass_0", "reset")]);
    set.play(1920);
    assert!((set.stems(1)["odd"][0] - 0.2).abs() < 1e-3, "it sounds again");
}

#[test]
fn a_save_that_does_not_correct_it_leaves_it_silent() {
    let line = format!("register(\"odd\", lowpass({}, 800));", venom("0.1", "0.0"));
    let mut set = poisoned(&line);
    let report = set.saves(&[("odd.rhai", Some(&format!("// another first line\n{line}")))]);
    assert_eq!(statuses(&report), [("odd", Status::Untouched)]);
    set.play(1920);
    assert!(set.stems(10)["odd"].iter().all(|sample| *sample == 0.0));
    let report = set.saves(&[("odd.rhai", Some("register(\"odd\", lowpass(|s| 0.1, 800));"))]);
    assert_eq!(helpers(&report, "odd"), [("odd_lowpass_0", "reset")], "it is still known to be poisoned");
}

#[test]
fn a_signal_that_never_stopped_keeps_all_it_has() {
    let line =
        |level: &str| format!("register(\"odd\", |s| {{ s.state[0] = 1e200; s.state[1] += {level}; s.state[1] }});");
    let mut set = poisoned(&line("1e-5"));
    let report = set.saves(&[("odd.rhai", Some(&line("2e-5")))]);
    assert!(file(&report, "odd.rhai").warnings.is_empty());
    assert!(set.stems(1)["odd"][0] > 0.09);
}
