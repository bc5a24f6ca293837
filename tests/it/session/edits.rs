//! What an edit of one file leaves alone and what it changes.

use aither::session::report::Status;

use super::{Set, bits, error, file, helpers, same, signal, statuses, steepest};

/// Phases, filter memories, a tail, the sandbox, stereo.
const RICH: &str = "let beat = phasor(3);
register(\"lead\", saw(110).lpf(400 + beat * 900, 0.6).delay(0.3, 0.11).gain(0.3));
register(\"wide\", [osc(220), osc(331)].lowpass(900).gain(0.2));
register(\"own\", |s| { s.state[0] = (s.state[0] + 55.0 / s.sr) % 1.0; (s.state[0] - 0.5) * 0.1 });
register(\"air\", noise().highpass(2000).gain(0.05));
";

#[test]
fn a_save_that_only_moves_lines_is_not_heard() {
    let mut still = Set::of(&[("a.rhai", RICH)]);
    let mut edited = Set::of(&[("a.rhai", RICH)]);
    let moved = format!("// A new first line.\n\n{}", RICH.replace("register(", "  register( /* here */ "));
    let before = edited.play(4800);
    same(&still.play(4800), &before);
    let report = edited.saves(&[("a.rhai", Some(&moved))]);
    assert!(statuses(&report).iter().all(|(_, status)| *status == Status::Untouched), "{:?}", statuses(&report));
    assert_eq!(statuses(&report).len(), 4);
    same(&still.play(9600), &edited.play(9600));
}

#[test]
fn an_edit_of_one_signal_leaves_the_others_alone_bit_for_bit() {
    let mut still = Set::of(&[("a.rhai", RICH)]);
    let mut edited = Set::of(&[("a.rhai", RICH)]);
    still.stems(50);
    edited.stems(50);
    let edits = [
        ("lead", RICH.replace("saw(110)", "tri(165)")),
        ("lead", RICH.replace("let beat", "register(\"more\", osc(500).gain(0.1));\nlet beat").replace("0.6", "0.2")),
        ("lead", RICH.lines().filter(|line| !line.contains("lead")).collect::<Vec<_>>().join("\n")),
    ];
    for (changed, text) in edits {
        edited.saves(&[("a.rhai", Some(&text))]);
        let (wanted, found) = (still.stems(40), edited.stems(40));
        for (name, wanted) in wanted.iter().filter(|(name, _)| *name != changed) {
            assert!(bits(wanted) == bits(&found[name]), "`{name}` heard of the edit of `{changed}`");
        }
    }
}

#[test]
fn a_changed_number_keeps_every_helper_and_makes_no_code() {
    let mut set = Set::of(&[("a.rhai", RICH)]);
    set.play(4800);
    let misses = set.performance.compiler().statistics().counts.misses;
    let pool = set.performance.pool();
    let report = set.saves(&[("a.rhai", Some(&RICH.replace("saw(110)", "saw(112)").replace("331", "332")))]);
    assert_eq!(
        statuses(&report),
        [("lead", Status::Changed), ("wide", Status::Changed), ("own", Status::Untouched), ("air", Status::Untouched)]
    );
    let kept = report.files[0].signals.iter().flat_map(|signal| &signal.helpers);
    assert!(kept.clone().count() >= 6 && kept.clone().all(|helper| helper.status == "kept"), "{:?}", report.json());
    assert_eq!(set.performance.compiler().statistics().counts.misses, misses);
    assert_eq!((set.performance.pool().used, set.performance.pool().claims), (pool.used, pool.claims));
}

#[test]
fn a_changed_number_carries_phases_on_and_joins_without_a_step() {
    let text = |freq: f64, level: f64| format!("register(\"a\", osc({freq}).gain({level}));");
    let mut set = Set::of(&[("a.rhai", &text(220.0, 0.4))]);
    let mut sound = set.play(3840).remove(0);
    for (freq, level) in [(220.0, 0.2), (330.0, 0.4), (110.0, 0.4)] {
        set.saves(&[("a.rhai", Some(&text(freq, level)))]);
        sound.extend(set.play(3840).remove(0));
    }
    // The steepest of the sines, and what a fade of 20 ms adds.
    let natural = std::f64::consts::TAU * 330.0 / 48_000.0 * 0.4;
    assert!(steepest(&sound) < natural + 0.8 / 960.0, "{}", steepest(&sound));
}

#[test]
fn helpers_are_reported_under_their_keys() {
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", "register(\"kick 2\", mix(osc(50), osc(51)).lpf(90, 0.2));")]);
    assert_eq!(helpers(&report, "kick 2"), [("kick 2_osc_0", "new"), ("kick 2_osc_1", "new"), ("kick 2_lpf_0", "new")]);
    let report = set.saves(&[("a.rhai", Some("register(\"kick 2\", osc(50).lpf(90, 0.2).delay(0.5, 0.2));"))]);
    assert_eq!(
        helpers(&report, "kick 2"),
        [("kick 2_osc_0", "kept"), ("kick 2_lpf_0", "kept"), ("kick 2_delay_0", "new"), ("kick 2_osc_1", "freed")]
    );
    assert_eq!(signal(&report, "kick 2").status, Status::Changed);
}

#[test]
fn unregister_gives_the_memory_back_in_the_report_of_that_very_edit() {
    let mut set = Set::of(&[("a.rhai", "register(\"a\", osc(1).delay(1.0, 0.5));\nregister(\"b\", osc(2));")]);
    set.play(640);
    let before = set.performance.pool();
    let report = set.saves(&[("a.rhai", Some("unregister(\"a\");\nregister(\"b\", osc(2));"))]);
    assert_eq!(statuses(&report), [("a", Status::Removed), ("b", Status::Untouched)]);
    assert_eq!(helpers(&report, "a"), [("a_osc_0", "freed"), ("a_delay_0", "freed")]);
    assert_eq!((before.keys, report.pool.keys), (3, 1));
    assert!(before.used > 48_000 && report.pool.used < 10, "{} {}", before.used, report.pool.used);
    assert_eq!(report.pool.releases, before.releases + 2);
}

#[test]
fn what_is_unregistered_and_registered_in_one_file_starts_like_a_cold_engine() {
    let text = "register(\"a\", mix(saw(110).delay(0.2, 0.05), noise().lpf(900, 0.7)).gain(0.3), #{fade: 0});";
    let mut cold = Set::of(&[("a.rhai", text)]);
    let mut warm = Set::of(&[("a.rhai", text)]);
    warm.play(6400);
    let report = warm.saves(&[("a.rhai", Some(&format!("unregister(\"a\");\n{text}")))]);
    assert_eq!(statuses(&report), [("a", Status::Changed)]);
    assert!(helpers(&report, "a").iter().all(|(_, status)| *status == "new"), "{:?}", helpers(&report, "a"));
    same(&cold.play(6400), &warm.play(6400));
}

#[test]
fn a_line_that_comes_back_brings_its_state() {
    let line = "register(\"count\", |s| { s.state[0] += 1.0; s.state[0] * 1e-6 }, #{fade: 0});";
    let with_helper = format!("{line}\nregister(\"tone\", osc(100).gain(0.1));");
    let mut set = Set::of(&[("a.rhai", &with_helper)]);
    set.play(6400);
    let keys = set.performance.pool().keys;
    let report = set.saves(&[("a.rhai", Some("// nothing"))]);
    assert_eq!(statuses(&report), [("count", Status::Parked), ("tone", Status::Parked)]);
    assert_eq!(report.pool.keys, keys, "a parked signal keeps its memory");
    let silent = set.play(9600).remove(0);
    assert!(silent[1100..].iter().all(|sample| *sample == 0.0), "a parked signal is silent after its fade");
    let report = set.saves(&[("a.rhai", Some(&with_helper))]);
    assert_eq!(statuses(&report), [("count", Status::Resumed), ("tone", Status::Resumed)]);
    assert_eq!(helpers(&report, "tone"), [("tone_osc_0", "kept")]);
    let count = set.stems(1)["count"][0] * 1e6;
    assert!((6401.0..=6401.0 + 1024.0).contains(&count.round()), "it counts on from {count}");
}

#[test]
fn a_signal_under_another_name_is_another_signal() {
    let [old, new] = ["old", "new"].map(|name| format!("register(\"{name}\", osc(100).gain(0.1));"));
    let mut set = Set::of(&[("a.rhai", &old)]);
    set.play(6400);
    let report = set.saves(&[("a.rhai", Some(&new))]);
    assert_eq!(statuses(&report), [("old", Status::Parked), ("new", Status::New)]);
    assert_eq!(helpers(&report, "new"), [("new_osc_0", "new")]);
    let report = set.saves(&[("a.rhai", Some(&old))]);
    assert_eq!(statuses(&report), [("new", Status::Parked), ("old", Status::Resumed)]);
    assert_eq!(helpers(&report, "old"), [("old_osc_0", "kept")]);
}

#[test]
fn a_line_that_comes_back_while_it_fades_goes_on_without_a_step() {
    let line = "register(\"tone\", osc(100).gain(0.4), #{fade_out: 1.0});";
    let mut set = Set::of(&[("a.rhai", line)]);
    let mut sound = set.play(4800).remove(0);
    for text in ["// gone", line, "// gone", line] {
        set.saves(&[("a.rhai", Some(text))]);
        sound.extend(set.play(4800).remove(0));
    }
    let natural = std::f64::consts::TAU * 100.0 / 48_000.0 * 0.4;
    assert!(steepest(&sound) < natural + 0.8 / 960.0, "{}", steepest(&sound));
}

#[test]
fn a_parked_signal_never_takes_the_place_of_another_one() {
    let [a, b] = ["register(\"a\", osc(100).gain(0.2));", "register(\"b\", osc(333).gain(0.2));"];
    let mut set = Set::of(&[("a.rhai", a)]);
    set.play(3200);
    for text in ["// a is parked", b, "// b is parked and fades out"] {
        set.saves(&[("a.rhai", Some(text))]);
        set.play(if text == b { 3200 } else { 1600 });
    }
    set.saves(&[("a.rhai", Some(b))]);
    set.play(1600);
    // `b` leaves the place that once was `a`'s, and `a` returns: both are heard.
    set.saves(&[("a.rhai", Some("// gone"))]);
    let report = set.saves(&[("a.rhai", Some(&format!("{a}\n{b}")))]);
    assert_eq!(statuses(&report), [("a", Status::Resumed), ("b", Status::Resumed)]);
    let stems = set.stems(40);
    assert!(stems["a"].iter().any(|sample| sample.abs() > 0.1) && stems["b"].iter().any(|sample| sample.abs() > 0.1));
}

#[test]
fn the_memory_of_a_signal_that_still_fades_is_not_given_to_another_one() {
    let line = "register(\"a\", osc(100).delay(0.5, 0.2).gain(0.4), #{fade_out: 2.0});";
    let mut alone = Set::of(&[("a.rhai", line)]);
    let mut set = Set::of(&[("a.rhai", line)]);
    for set in [&mut alone, &mut set] {
        set.play(24_000);
        set.saves(&[("a.rhai", Some("// gone"))]);
        set.play(640);
        set.saves(&[("a.rhai", Some("unregister(\"a\");"))]);
        set.play(640);
    }
    // Another one of the same shape would be given the same blocks.
    set.saves(&[("b.rhai", Some(&line.replace("\"a\"", "\"b\"").replace("gain(0.4)", "gain(0)")))]);
    same(&alone.play(9600), &set.play(9600));
}

#[test]
fn unregister_of_an_unknown_name_is_a_note_and_of_another_files_an_error() {
    let mut set = Set::of(&[("a.rhai", "register(\"bass\", osc(55));"), ("b.rhai", "register(\"lead\", osc(440));")]);
    let report = set.saves(&[("b.rhai", Some("unregister(\"nobody\");\nregister(\"lead\", osc(440));"))]);
    let notes = file(&report, "b.rhai").warnings.iter().map(|note| note.plain(|_| None)).collect::<String>();
    assert_eq!(notes.trim_end(), "note: there is no signal `nobody` to unregister\n--> b.rhai:1:1");
    let report = set.save(&[("b.rhai", Some("unregister(\"bass\");"))]);
    assert_eq!(
        error(&report, "b.rhai"),
        "error: the signal `bass` belongs to `a.rhai`, which registers it\n--> b.rhai:1:1\n::: a.rhai:1:1\n \
         = note: registered here\n = help: give it another name, or take it out of the other file first"
    );
}

#[test]
fn a_parked_signal_can_be_unregistered_by_any_file() {
    let mut set = Set::of(&[("a.rhai", "register(\"a\", osc(1));"), ("b.rhai", "// empty")]);
    set.saves(&[("a.rhai", None)]);
    set.play(1600);
    let report = set.saves(&[("b.rhai", Some("unregister(\"a\");"))]);
    assert_eq!(file(&report, "b.rhai").signals[0].status, Status::Removed);
    assert_eq!(report.pool.keys, 0);
}
