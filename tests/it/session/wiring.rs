//! Signals that hear each other: the same samples in the same quantum, one quantum late in a cycle, through every edit.

use aither::compile::BackEnd;
use aither::ir::call::QUANTUM;
use aither::session::Settings;

use super::logged::{Played, assert_same};
use super::{File, Set, bits, error, file, patient, side, small, statuses, steepest};

/// What each signal gives, with the other back end too.
fn stems(files: &[(&str, &str)], quanta: usize) -> std::collections::BTreeMap<String, Vec<f64>> {
    let play = |back_end| {
        let mut set = Set::with(&Settings { back_end, ..small() });
        let report = set.start(files);
        assert!(report.ok(), "{}", report.json().join("\n"));
        set.stems(quanta)
    };
    let (native, oracle) = (play(BackEnd::Auto), play(BackEnd::Oracle));
    for (name, stem) in &native {
        assert!(bits(stem) == bits(&oracle[name]), "`{name}` is another one with the oracle");
    }
    native
}

/// What the notes of a file say.
fn notes(report: &aither::session::Report, path: &str) -> Vec<String> {
    file(report, path).warnings.iter().map(|note| note.plain(|_| None).trim_end().to_owned()).collect()
}

const KICK: &str = "register(\"kick\", osc([50, 51]) * decay(phasor(7), 8) * 0.3);";

#[test]
fn what_is_heard_is_what_is_given_in_the_same_frame_wherever_it_is_registered() {
    let readers = [
        "register(\"ear\", signal(\"kick\"));",
        "register(\"ear\", |s| signal(\"kick\"));",
        "fn other(name) { signal(name) } register(\"ear\", other(\"ki\" + \"ck\"));",
        "register(\"ear\", |s| { let x = signal(\"kick\"); if s.t >= 0.0 { x } else { [0.0, 0.0] } });",
        "let k = signal(\"kick\"); register(\"ear\", |s| [k[0], k[1]]);",
    ];
    for reader in readers {
        let (before, after) = (format!("{reader}\n{KICK}"), format!("{KICK}\n{reader}"));
        for files in [
            vec![("a.rhai", before.as_str())],
            vec![("a.rhai", after.as_str())],
            vec![("a.rhai", reader), ("b.rhai", KICK)],
            vec![("b.rhai", reader), ("a.rhai", KICK)],
        ] {
            let stems = stems(&files, 40);
            assert!(stems["kick"].iter().any(|sample| *sample != 0.0));
            assert!(side(&stems["kick"], 0) != side(&stems["kick"], 1), "it has two channels");
            assert!(bits(&stems["ear"]) == bits(&stems["kick"]), "{reader}");
        }
    }
}

#[test]
fn twice_a_signal_is_itself_and_itself() {
    let mut set = Set::of(&[("a.rhai", "register(\"a\", saw(110).gain(0.1)); register(\"b\", signal(\"a\"));")]);
    let twice = set.play(6400);
    let mut set = Set::of(&[("a.rhai", "register(\"a\", saw(110).gain(0.1));")]);
    let once = set.play(6400);
    let doubled = once.iter().map(|channel| channel.iter().map(|sample| sample + sample).collect()).collect::<Vec<_>>();
    super::same(&twice, &doubled);
}

#[test]
fn a_chain_is_heard_through_in_one_frame_in_whatever_order_it_is_registered() {
    let parts = [
        "register(\"a\", impulse(300) * 0.5);",
        "register(\"b\", signal(\"a\") * 0.5);",
        "register(\"c\", signal(\"b\") * 0.5 + signal(\"a\"));",
        "register(\"d\", signal(\"c\") - signal(\"a\"));",
    ];
    for turn in 0..24 {
        let mut rest = parts.to_vec();
        let order = [turn % 4, turn / 4 % 3, turn / 12, 0].map(|place| rest.remove(place));
        let text = order.join("\n");
        let stems = stems(&[("a.rhai", &text)], 10);
        for (frame, tick) in stems["a"].iter().enumerate() {
            assert_eq!([stems["b"][frame], stems["d"][frame]], [tick * 0.5, tick * 0.25], "{text}");
        }
    }
}

#[test]
fn a_cycle_costs_exactly_one_quantum_whatever_its_length() {
    let stems = stems(
        &[(
            "a.rhai",
            "register(\"a\", impulse(600) * 0.25 + signal(\"b\") * 0.5);\n\
             register(\"b\", signal(\"c\") * 0.5);\n\
             register(\"c\", signal(\"a\") * 0.5);\n\
             register(\"self\", impulse(600) * 0.25 + signal(\"self\") * 0.125);",
        )],
        40,
    );
    let sides = |name: &str| side(&stems[name], 0);
    let (a, b, c) = (sides("a"), sides("b"), sides("c"));
    for frame in 0..a.len() {
        let tick = if frame % 80 == 0 { 0.25 } else { 0.0 };
        let before = |sound: &[f64]| frame.checked_sub(QUANTUM).map_or(0.0, |frame| sound[frame]);
        assert_eq!(a[frame], tick + b[frame] * 0.5, "frame {frame}");
        assert_eq!(b[frame], before(&c) * 0.5, "frame {frame}");
        assert_eq!(c[frame], a[frame] * 0.5, "frame {frame}");
    }
    assert!(bits(&sides("self")) == bits(&a));
    assert!(a.iter().any(|sample| *sample != 0.0 && sample.abs() < 0.01), "it went round and round");
}

#[test]
fn a_signal_is_heard_before_its_mute_its_gain_and_its_fade_at_the_start() {
    let text = format!("{}\nregister(\"ear\", signal(\"kick\"));", KICK.replace(");", ", #{fade_in: 0.5});"));
    let mut set = Set::of(&[("a.rhai", &text)]);
    let mut heard = set.stems(100).remove("ear").unwrap();
    for words in ["mute kick", "gain kick 0.1", "unmute kick 0.2"] {
        set.tell(words).unwrap();
        heard.extend(set.stems(50).remove("ear").unwrap());
    }
    let plain = stems(&[("a.rhai", KICK)], 250);
    assert!(bits(&heard) == bits(&plain["kick"]));
}

#[test]
fn who_is_edited_is_heard_as_the_edit_joins_it_and_nobody_who_hears_makes_a_step() {
    let ear = ("b.rhai", "register(\"ear\", signal(\"a\"));");
    let text =
        |number: usize| format!("register(\"a\", osc({}) * 0.{}, #{{fade: 0.03}});", 100 + 10 * number, 1 + number % 3);
    for first in [true, false] {
        let mut set = match first {
            true => Set::of(&[("a.rhai", &text(0)), ear]),
            false => Set::of(&[("c.rhai", &text(0)), ear]),
        };
        let name = if first { "a.rhai" } else { "c.rhai" };
        let mut heard = Vec::new();
        let mut listen = |set: &mut Set, quanta: usize| {
            let stems = set.stems(quanta);
            assert!(bits(&stems["a"]) == bits(&stems["ear"]));
            heard.extend(side(&stems["ear"], 0));
        };
        listen(&mut set, 10);
        for number in 1..20 {
            let report = set.saves(&[(name, Some(&text(number)))]);
            assert_eq!(report.files.len(), 1, "who hears is not touched");
            // Some of them meet the fade of the one before.
            listen(&mut set, [30, 3, 7][number % 3]);
        }
        assert!(steepest(&heard) < 0.3 * 290.0 * std::f64::consts::TAU / 48_000.0 * 1.5, "{}", steepest(&heard));
    }
}

#[test]
fn who_hears_is_edited_without_a_step_even_where_it_hears_itself() {
    for ear in ["signal(\"a\")", "signal(\"late\")", "osc(90) * 0.1 + signal(\"ear\")"] {
        let text = |number: usize| format!("register(\"ear\", ({ear}) * 0.{}, #{{fade: 0.05}});", 3 + number % 3);
        let a = ("b.rhai", "register(\"a\", osc(100) * 0.3);");
        let mut set = Set::of(&[
            ("a.rhai", &text(0)),
            a,
            ("c.rhai", "register(\"late\", signal(\"a\") + signal(\"ear\") * 0.2);"),
        ]);
        let mut heard = side(&set.stems(20)["ear"], 0);
        for number in 1..20 {
            set.saves(&[("a.rhai", Some(&text(number)))]);
            heard.extend(side(&set.stems([60, 11, 25][number % 3])["ear"], 0));
        }
        assert!(heard.iter().any(|sample| sample.abs() > 0.02));
        assert!(steepest(&heard) < 0.006, "{ear}: {}", steepest(&heard));
    }
}

#[test]
fn who_leaves_is_heard_until_he_is_silent_and_who_comes_back_comes_up() {
    let (text, ear) =
        ("register(\"a\", osc(100) * 0.3, #{fade_out: 0.1});", ("b.rhai", "register(\"ear\", signal(\"a\"));"));
    let mut set = Set::of(&[("a.rhai", text), ear]);
    let mut heard = side(&set.stems(20)["ear"], 0);
    let mut listen = |set: &mut Set, quanta: usize| {
        let mut stems = set.stems(quanta);
        heard.extend(side(&stems["ear"], 0));
        stems.remove("ear").unwrap()
    };
    let report = set.saves(&[("a.rhai", Some(""))]);
    let missing = "note: there is no signal `a`: `ear` hears silence until it is registered\n--> b.rhai:1:17";
    assert_eq!(notes(&report, "a.rhai"), [missing]);
    let leaving = listen(&mut set, 75);
    let loud = |stem: &[f64]| stem.iter().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
    assert!(loud(&leaving[..1280]) > 0.25 && loud(&leaving[9600 - 1280..9600]) < 0.06, "it goes");
    assert_eq!(loud(&listen(&mut set, 5)), 0.0, "and is gone");
    set.saves(&[("a.rhai", Some(text))]);
    assert!(loud(&listen(&mut set, 40)) > 0.29);
    set.saves(&[("a.rhai", Some(&format!("unregister(\"a\");\n// {text}")))]);
    assert!(loud(&listen(&mut set, 40)) > 0.25);
    listen(&mut set, 80);
    set.saves(&[("a.rhai", Some(text)), ("c.rhai", Some("register(\"stranger\", |s| 0.9);"))]);
    assert!(loud(&listen(&mut set, 40)) < 0.31, "nobody else is heard in its place");
    assert!(steepest(&heard) < 0.006, "{}", steepest(&heard));
}

#[test]
fn who_gets_other_channels_draws_along_who_hears_him() {
    let text = |voice: &str| format!("register(\"a\", osc({voice}) * 0.3);");
    let ears = "register(\"ear\", signal(\"a\"));\nregister(\"far\", signal(\"ear\") * 0.5);\nregister(\"other\", osc(50) * 0.1);";
    let mut set = Set::of(&[("a.rhai", &text("100")), ("b.rhai", ears)]);
    let mut heard = side(&set.stems(20)["far"], 0);
    let report = set.saves(&[("a.rhai", Some(&text("[100, 120]")))]);
    use aither::session::report::Status::{Changed, Untouched};
    assert_eq!(statuses(&report), [("a", Changed), ("ear", Changed), ("far", Changed), ("other", Untouched)]);
    let stems = set.stems(60);
    heard.extend(side(&stems["far"], 0));
    let late = |stem: &[f64]| bits(&stem[40 * 2 * QUANTUM..]);
    assert!(late(&stems["a"]) == late(&stems["ear"]), "two channels are heard");
    set.saves(&[("a.rhai", Some(&text("100")))]);
    let stems = set.stems(60);
    heard.extend(side(&stems["far"], 0));
    assert!(late(&stems["a"]) == late(&stems["ear"]));
    assert!(steepest(&heard) < 0.006, "{}", steepest(&heard));
}

#[test]
fn who_cannot_follow_goes_on_as_he_was() {
    let text = |voice: &str| format!("register(\"a\", osc({voice}) * 0.3);");
    let mut set = Set::of(&[("a.rhai", &text("100")), ("b.rhai", "register(\"ear\", [signal(\"a\"), 0.0]);")]);
    set.play(640);
    let report = set.saves(&[("a.rhai", Some(&text("[100, 120]")))]);
    assert_eq!(report.files.len(), 1, "an array takes one channel in each place");
    let stems = set.stems(60);
    assert!(bits(&side(&stems["ear"], 0)[3200..]) == bits(&side(&stems["a"], 0)[3200..]), "the first one is heard on");
}

#[test]
fn channels_that_grow_with_each_round_are_refused() {
    let b = "register(\"b\", signal(\"a\"));";
    let mut set = Set::of(&[("a.rhai", &format!("register(\"a\", [osc(100), osc(110)]);\n{b}"))]);
    let wider = "register(\"a\", |s| { let y = [0.0]; y.append(signal(\"b\")); y });";
    let report = set.save(&[("a.rhai", Some(&format!("{wider}\n{b}")))]);
    assert!(!report.ok());
    let told = report.json().join("\n");
    assert!(told.contains("never come to an end: it hears "), "{told}");
}

#[test]
fn who_hears_nobody_hears_silence_and_is_told_of_once_until_his_file_is_saved() {
    let ear = "register(\"ear\", signal(\"kik\") + 0.25);";
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", ear), ("b.rhai", KICK)]);
    let note = "note: there is no signal `kik`: `ear` hears silence until it is registered\n--> a.rhai:1:17\n = help: did you mean `kick`?";
    assert_eq!(notes(&report, "a.rhai"), [note]);
    assert!(set.stems(3)["ear"].iter().all(|sample| *sample == 0.25));
    assert!(notes(&set.saves(&[("b.rhai", Some("register(\"kick\", osc(50) * 0.1);"))]), "b.rhai").is_empty());
    set.saves(&[("c.rhai", Some("register(\"kik\", impulse(100) * 0.5);"))]);
    assert_eq!(set.stems(3)["ear"][0], 0.75);
}

#[test]
fn files_that_start_together_know_each_other() {
    let report = Set::new().start(&[("a.rhai", "register(\"ear\", signal(\"kick\"));"), ("b.rhai", KICK)]);
    assert!(notes(&report, "a.rhai").is_empty());
    assert_eq!(report.files.len(), 2);
}

#[test]
fn a_cycle_is_reported_once_for_each_edit_that_is_about_it() {
    let cycle =
        "register(\"a\", signal(\"b\") * 0.5);\nregister(\"b\", signal(\"a\") * 0.5);\nregister(\"c\", signal(\"c\"));";
    let told = [
        "note: `a` hears `b` one quantum (64 frames) late, because `b` hears `a`\n--> a.rhai:1:15",
        "note: `c` hears itself one quantum (64 frames) late\n--> a.rhai:3:15",
    ];
    let mut set = Set::new();
    assert_eq!(notes(&set.start(&[("a.rhai", cycle)]), "a.rhai"), told);
    assert!(notes(&set.saves(&[("b.rhai", Some(KICK))]), "b.rhai").is_empty());
    assert_eq!(notes(&set.saves(&[("a.rhai", Some(&format!("{cycle}\n")))]), "a.rhai"), told);
    // News are told wherever they come from.
    set.saves(&[("a.rhai", Some("register(\"a\", signal(\"b\") * 0.5);"))]);
    let report = set.saves(&[("b.rhai", Some("register(\"b\", signal(\"d\"));\nregister(\"d\", signal(\"a\"));"))]);
    let told =
        "note: `b` hears `d` one quantum (64 frames) late, because `d` hears `a` and `a` hears `b`\n--> b.rhai:1:15";
    assert_eq!(notes(&report, "b.rhai"), [told]);
}

#[test]
fn a_trial_hears_silence_whoever_plays() {
    let mut set = Set::of(&[("a.rhai", "register(\"a\", |s| 0.5);")]);
    set.play(640);
    let report = set.save(&[("b.rhai", Some("register(\"b\", 0.1 / signal(\"a\"));"))]);
    assert!(error(&report, "b.rhai").contains("gives inf"), "{}", error(&report, "b.rhai"));
}

#[test]
fn who_fails_is_heard_until_he_is_silent() {
    let text = "register(\"a\", |s| if s.frame < 3200 { sin(TAU * 100 * s.t) * 0.3 } else { 0.0 / (s.t - s.t) });";
    let mut set = Set::untried(&[("a.rhai", text), ("b.rhai", "register(\"ear\", signal(\"a\"));")]);
    let stems = set.stems(100);
    let (a, ear) = (side(&stems["a"], 0), side(&stems["ear"], 0));
    assert!(a == ear && ear[3199] != 0.0);
    assert!(ear[3200 + 960..].iter().all(|sample| *sample == 0.0) && steepest(&ear) < 0.006);
}

#[test]
fn a_set_of_signals_that_hear_each_other_is_replayed_bit_for_bit() {
    let edits: [&[File]; 8] = [
        &[("b.rhai", Some("register(\"b\", mix(signal(\"a\"), signal(\"c\")).lpf(900, 0.3) * 0.4);"))],
        &[("c.rhai", Some("register(\"c\", signal(\"b\").delay(0.5, 0.01) * 0.5, #{fade: 0.2, fade_out: 0.3});"))],
        &[("a.rhai", Some("register(\"a\", osc([110, 111]) * 0.2, #{fade_out: 0.2});"))],
        &[("a.rhai", Some("")), ("d.rhai", Some("register(\"d\", signal(\"b\") - signal(\"d\") * 0.5);"))],
        &[("a.rhai", Some("register(\"a\", saw(55) * 0.2 + signal(\"d\") * 0.1);"))],
        &[("c.rhai", None)],
        &[("b.rhai", Some("unregister(\"b\");")), ("c.rhai", Some("register(\"c\", signal(\"a\"));"))],
        &[("b.rhai", Some("register(\"b\", signal(\"c\") + signal(\"b\") * 0.25);"))],
    ];
    for gaps in [[3, 40, 7], [20, 1, 90]] {
        let settings = Settings { thresholds: patient(), ..small() };
        let mut set = Played::start(settings, &[("a.rhai", Some("register(\"a\", osc(110) * 0.2);"))]);
        for (number, edit) in edits.into_iter().enumerate() {
            assert!(set.save(edit));
            set.play(gaps[number % 3]);
        }
        for words in ["undo", "redo", "undo --state then", "mute d", "gain c 0.5", "unregister a"] {
            assert!(set.tell(words), "{words}");
            set.play(gaps[0]);
        }
        let replayed = set.replayed(&[]);
        assert!(set.heard.iter().any(|sample| *sample != 0.0));
        assert_same(&set.heard, &replayed);
    }
}
