//! What is heard of all signals: a function of their sum that is tried, joined, parked and cured like any signal, before the limiter.

use aither::compile::BackEnd;
use aither::session::report::Status;
use aither::session::{Notice, Settings, Trial};

use super::logged::{Played, assert_same};
use super::{File, Set, bits, error, file, same, signal, small, steepest};

const TONES: (&str, &str) = ("a.rhai", "register(\"a\", osc([100, 150]) * 0.2);\nregister(\"b\", osc(130) * 0.2);");

fn plain(frames: usize) -> Vec<Vec<f64>> {
    Set::of(&[TONES]).play(frames)
}

#[test]
fn the_master_gets_the_sum_of_all_signals_and_its_channels_and_the_limiter_stays_behind_it() {
    let frames = 6400;
    let plain = plain(frames);
    let of = |text: &str| {
        let play = |back_end| {
            let mut set = Set::with(&Settings { back_end, ..small() });
            let report = set.start(&[TONES, ("m.rhai", text)]);
            assert!(report.ok(), "{}", report.json().join("\n"));
            // It comes up as an edit does.
            set.play(frames).into_iter().map(|channel| channel[1280..].to_vec()).collect::<Vec<_>>()
        };
        let native = play(BackEnd::Auto);
        same(&native, &play(BackEnd::Oracle));
        native
    };
    let each = |f: &dyn Fn(f64, f64) -> [f64; 2]| {
        let pairs = plain[0].iter().zip(&plain[1]).skip(1280).map(|(left, right)| f(*left, *right));
        let (left, right) = pairs.map(|pair| (pair[0], pair[1])).unzip::<f64, f64, Vec<f64>, Vec<f64>>();
        vec![left, right]
    };
    assert!(plain.iter().flatten().all(|sample| sample.abs() <= 0.5), "the limiter leaves the sum alone");
    same(&of("master(|x| x);"), &each(&|left, right| [left, right]));
    same(&of("master(|x| x * 0.5);"), &each(&|left, right| [left * 0.5, right * 0.5]));
    same(&of("master(|x| [x[1], x[0]]);"), &each(&|left, right| [right, left]));
    same(&of("master(|x| sum(x) * 0.5);"), &each(&|left, right| [(left + right) * 0.5; 2]));
    same(&of("master(|x| signal(\"b\"));"), &{
        let set = Set::of(&[("b.rhai", "register(\"b\", osc(130) * 0.2);")]).play(frames);
        set.into_iter().map(|channel| channel[1280..].to_vec()).collect::<Vec<_>>()
    });
    let loud = of("master(|x| x * 100);");
    let limited =
        |x: f64| if (x * 100.0).abs() <= 0.5 { x * 100.0 } else { (1.0 - 0.25 / (x * 100.0).abs()).copysign(x) };
    same(&loud, &each(&|left, right| [limited(left), limited(right)]));
}

#[test]
fn a_master_comes_changes_and_goes_without_a_step_and_its_state_goes_on() {
    let mut set = Set::of(&[TONES]);
    let mut heard = set.play(1280);
    let go_on = |set: &mut Set, heard: &mut Vec<Vec<f64>>, frames: usize| {
        let more = set.play(frames);
        heard.iter_mut().zip(more).for_each(|(heard, more)| heard.extend(more));
    };
    let text = |hz: u32| format!("master(|x| x.lowpass({hz}).lpf(2000, 0.2) * 0.9);");
    let report = set.saves(&[("m.rhai", Some(&text(3000)))]);
    assert_eq!(signal(&report, "master").status, Status::New);
    go_on(&mut set, &mut heard, 6400);
    let report = set.saves(&[("m.rhai", Some(&text(200)))]);
    let kept = signal(&report, "master").helpers.iter().map(|helper| (helper.key.as_str(), helper.status));
    assert_eq!(kept.collect::<Vec<_>>(), [("master_lowpass_0", "kept"), ("master_lpf_0", "kept")]);
    go_on(&mut set, &mut heard, 6400);
    let report = set.saves(&[("m.rhai", None)]);
    assert_eq!(signal(&report, "master").status, Status::Parked);
    go_on(&mut set, &mut heard, 640);
    let report = set.saves(&[("m.rhai", Some(&text(300)))]);
    assert_eq!(signal(&report, "master").status, Status::Resumed);
    go_on(&mut set, &mut heard, 6400);
    set.saves(&[("m.rhai", Some("unregister(\"master\");"))]);
    go_on(&mut set, &mut heard, 128);
    set.saves(&[("m.rhai", Some("master(|x| x * 0.25);"))]);
    go_on(&mut set, &mut heard, 6400);
    let quarter = Set::of(&[TONES]).play(heard[0].len());
    let last = heard[0].len() - 64;
    assert!(heard[0][last..].iter().zip(&quarter[0][last..]).all(|(sample, plain)| *sample == plain * 0.25));
    set.saves(&[("m.rhai", Some(""))]);
    go_on(&mut set, &mut heard, 3200);
    let plain = plain(heard[0].len());
    assert!(bits(&heard[0][last + 2000..]) == bits(&plain[0][last + 2000..]), "and then it is as if it had never been");
    // The steepest of the tones, and what twenty milliseconds add to it.
    for channel in &heard {
        assert!(steepest(channel) < 0.0125, "{}", steepest(channel));
    }
}

#[test]
fn two_masters_are_an_error_that_names_both() {
    let mut set = Set::of(&[TONES, ("m.rhai", "master(|x| x * 0.5);")]);
    let report = set.save(&[("n.rhai", Some("\nmaster(|x| x * 0.25);"))]);
    let said = error(&report, "n.rhai");
    assert!(said.starts_with("error: the master is set by `m.rhai` already\n--> n.rhai:2:1"), "{said}");
    assert!(said.contains("m.rhai:1:1"), "{said}");
    let report = set.save(&[("m.rhai", Some("master(|x| x);\nmaster(|x| x * 0.25);"))]);
    assert!(error(&report, "m.rhai").starts_with("error: the master is set twice\n--> m.rhai:2:1"));
    let report = set.save(&[("n.rhai", Some("register(\"master\", osc(100) * 0.1);"))]);
    assert!(error(&report, "n.rhai").contains("the signal `master` is registered by `m.rhai` already"));
    // It moves from one file to the other in one save, and its program goes on.
    let report = set.saves(&[("m.rhai", Some("")), ("n.rhai", Some("master(|x| x * 0.5);"))]);
    assert_eq!(signal(&report, "master").status, Status::Untouched);
    set.saves(&[("n.rhai", Some("register(\"master\", osc(100) * 0.1);"))]);
    let sound = set.play(6400);
    assert!(sound[0].iter().all(|sample| sample.abs() <= 0.5));
    set.saves(&[("n.rhai", Some("master(|x| osc(100) * 0.1);"))]);
    let alone = Set::of(&[("n.rhai", "register(\"a\", |s| sin(TAU * 100 * s.t) * 0.1);")]).play(64);
    assert_eq!(alone.len(), 2);
    let sound = set.play(6400);
    let peak = sound[0][3200..].iter().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
    assert!((peak - 0.1).abs() < 1e-3, "nothing but the master: {peak}");
}

#[test]
fn a_master_that_cannot_be_is_refused_with_its_reason() {
    let mut set = Set::of(&[TONES]);
    for (text, why) in [
        ("master(0.5);", "error: `master` takes a function of the sum of all signals\n--> m.rhai:1:1"),
        ("master(|x| x / 0.0);", "which is no number"),
        ("master(|x| x + 2000);", "±1000 is the most"),
        ("register(\"c\", |s| { master(|x| x); 0.0 });", "cannot be used in a closure"),
        ("master(|x| x, #{loud: 1});", "no option `loud`"),
    ] {
        let report = set.save(&[("m.rhai", Some(text))]);
        assert!(error(&report, "m.rhai").contains(why), "{text}: {}", error(&report, "m.rhai"));
    }
    same(&set.play(3200), &plain(3200));
}

#[test]
fn a_master_that_gives_no_numbers_falls_back_to_the_sum_and_the_next_one_comes_up_from_it() {
    let settings = Settings { trial: Trial::Off, ..small() };
    let mut set = Set::with(&settings);
    assert!(set.start(&[TONES]).ok());
    let ill = "master(|x| pipe(x, |y| { let m = memory(1); m[0] += 1.0; if m[0] > 3200 { sqrt(-m[0]) } else { sum(y) * 0.3 } }));";
    set.saves(&[("m.rhai", Some(ill))]);
    let (mut heard, mut told) = (vec![Vec::new(); 2], Vec::new());
    let mut go_on = |set: &mut Set, quanta: usize| {
        for _ in 0..quanta {
            let quantum = set.player.quantum().to_vec();
            heard.iter_mut().zip(quantum.chunks(64)).for_each(|(heard, channel)| heard.extend(channel));
            told.extend(set.performance.tick().into_iter().filter_map(|notice| match notice {
                Notice::Diagnostic(diagnostic) => Some(diagnostic.plain(|_| None)),
                _ => None,
            }));
        }
    };
    go_on(&mut set, 100);
    set.saves(&[("m.rhai", Some("master(|x| x * 0.5);"))]);
    go_on(&mut set, 50);
    assert_eq!(told.len(), 1, "{told:?}");
    let wanted = "error: the signal `master` gave a sample that is no number at frame 3200; the sum is heard as it is";
    assert!(told[0].starts_with(wanted), "{told:?}");
    let plain = plain(9600);
    assert!(bits(&heard[0][4800..6400]) == bits(&plain[0][4800..6400]), "the sum is heard");
    assert!(heard[0][8000..].iter().zip(&plain[0][8000..]).all(|(sample, plain)| *sample == plain * 0.5));
    assert!(heard.iter().all(|channel| steepest(channel) < 0.0125));
}

#[test]
fn a_signal_hears_the_master_one_quantum_late_and_by_hand_it_is_turned_down() {
    let mut set = Set::new();
    let report = set.start(&[
        ("a.rhai", "register(\"tick\", impulse(300) * 0.25);\nregister(\"echo\", signal(\"master\") * 0.5);"),
        ("m.rhai", "master(|x| x);"),
    ]);
    let note =
        "note: `echo` hears `master` one quantum (64 frames) late, because that hears all signals\n--> a.rhai:2:18";
    assert_eq!(file(&report, "a.rhai").warnings[0].plain(|_| None).trim_end(), note);
    set.play(1280);
    let sound = set.play(3200);
    for frame in 64..3200 {
        let tick = if (1280 + frame) % 160 == 0 { 0.25 } else { 0.0 };
        assert_eq!(sound[0][frame], tick + 0.5 * sound[0][frame - 64], "frame {frame}");
    }
    set.tell("mute master").unwrap();
    set.play(1280);
    assert!(set.play(640)[0].iter().all(|sample| *sample == 0.0));
}

#[test]
fn a_set_with_a_master_is_replayed_bit_for_bit() {
    let edits: [&[File]; 6] = [
        &[("m.rhai", Some("master(|x| x.lpf(900, 0.3).delay(0.3, 0.1));"))],
        &[("m.rhai", Some("master(|x| x.lpf(500, 0.3).delay(0.6, 0.1) + signal(\"a\") * 0.1);"))],
        &[("a.rhai", Some("register(\"a\", osc([110, 111]) * 0.2 + signal(\"master\") * 0.1);"))],
        &[("m.rhai", None)],
        &[("m.rhai", Some("master(|x| x * 0.5, #{fade: 0.2});"))],
        &[("m.rhai", Some("unregister(\"master\");")), ("n.rhai", Some("register(\"n\", saw(55) * 0.1);"))],
    ];
    let mut set = Played::start(small(), &[("a.rhai", Some("register(\"a\", osc(110) * 0.2);"))]);
    for (number, edit) in edits.into_iter().enumerate() {
        assert!(set.save(edit));
        set.play([30, 4, 70][number % 3]);
    }
    for words in ["undo", "undo", "gain master 0.5 0.1", "redo"] {
        assert!(set.tell(words), "{words}");
        set.play(20);
    }
    let replayed = set.replayed(&[]);
    assert_same(&set.heard, &replayed);
}
