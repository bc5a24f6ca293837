//! Undo and redo: earlier texts live, with the state that runs or the state they had, and what is unregistered by hand.

use aither::session::Settings;
use aither::session::report::{Report, Status};

use super::{Set, bits, file, helpers, same, statuses, steepest};

const ONE: &str = "register(\"a\", osc(220).lowpass(900).delay(0.2, 0.1).gain(0.2)); register(\"b\", osc(3) * 0.1);";

fn undo(set: &mut Set, words: &str) -> Report {
    let report = set.tell(words).unwrap().unwrap();
    assert!(report.ok(), "{}", report.json().join("\n"));
    report
}

/// The second text has another number, one helper more and one signal less.
fn two() -> String {
    "register(\"a\", osc(330).lowpass(900).delay(0.2, 0.1).tremolo(4, 0.5).gain(0.2));".to_owned()
}

#[test]
fn an_undo_brings_the_text_back_and_the_state_runs_on() {
    let mut set = Set::of(&[("x.rhai", ONE)]);
    set.play(6400);
    set.saves(&[("x.rhai", Some(&two()))]);
    set.play(6400);
    let report = undo(&mut set, "undo");
    assert_eq!(statuses(&report), [("a", Status::Changed), ("b", Status::Resumed)]);
    let kept = ["a_osc_0", "a_lowpass_0", "a_delay_0"].map(|key| (key, "kept"));
    assert_eq!(helpers(&report, "a"), [&kept[..], &[("a_tremolo_0", "freed")]].concat());
    set.play(6400);
    let report = undo(&mut set, "redo x.rhai");
    assert_eq!(statuses(&report), [("b", Status::Parked), ("a", Status::Changed)]);
    set.play(6400);
    assert_eq!(set.tell("redo").unwrap_err(), "there is nothing to redo");
    undo(&mut set, "undo x.rhai");
    set.play(640);
    assert_eq!(
        set.tell("undo x.rhai").unwrap_err(),
        "there is nothing to undo in `x.rhai`: no earlier text of it is kept"
    );
    // The file that was undone is not edited by that: the next save of its own is heard.
    let report = set.saves(&[("x.rhai", Some(&two()))]);
    assert_eq!(statuses(&report), [("b", Status::Parked), ("a", Status::Changed)]);
}

#[test]
fn with_the_state_of_then_the_sound_is_what_it_would_have_been_without_the_edit() {
    let mut still = Set::of(&[("x.rhai", ONE)]);
    let mut edited = Set::of(&[("x.rhai", ONE)]);
    same(&still.play(6400), &edited.play(6400));
    edited.saves(&[("x.rhai", Some(&two()))]);
    edited.play(64 * 77);
    let report = undo(&mut edited, "undo x.rhai --state then");
    assert_eq!(statuses(&report), [("a", Status::Changed), ("b", Status::Resumed)]);
    assert_eq!(helpers(&report, "a")[0], ("a_osc_0", "carried"));
    let (wanted, found) = (still.stems(200), edited.stems(200));
    // After the fade of 20 ms from the newer text, each sample is the one that followed the last one heard of the older.
    for name in ["a", "b"] {
        assert_eq!(bits(&wanted[name][2 * 1024..]), bits(&found[name][2 * 1024..]), "{name}");
    }
    // And so once more, forth, into the state that was left by the undo.
    undo(&mut edited, "redo --state then");
    let joined = edited.play(6400);
    assert!(steepest(&joined[0]) < 0.05, "{}", steepest(&joined[0]));
}

#[test]
fn the_state_of_then_goes_with_the_signals_of_an_import() {
    let user = "import \"lib\" as lib; register(\"u\", lib::tone(osc(2)).gain(0.3));";
    let lib = |hz: u32| format!("fn tone(lfo) {{ osc({hz} + lfo * 30).lowpass(700) }}");
    let files = |hz: u32| [("lib.rhai".to_owned(), lib(hz)), ("u.rhai".to_owned(), user.to_owned())];
    let start = |files: &[(String, String)]| {
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>();
        Set::of(&files)
    };
    let (mut still, mut edited) = (start(&files(200)), start(&files(200)));
    still.play(6400);
    edited.play(6400);
    edited.saves(&[("lib.rhai", Some(&lib(500)))]);
    edited.play(6400);
    undo(&mut edited, "undo lib.rhai --state then");
    let (wanted, found) = (still.stems(100), edited.stems(100));
    assert_eq!(bits(&wanted["u"][2 * 1024..]), bits(&found["u"][2 * 1024..]));
}

#[test]
fn states_that_do_not_fit_are_not_kept_and_the_text_comes_back_all_the_same() {
    let none = Settings { undo_memory: 0, max_signals: 8, ..Settings::default() };
    let mut set = Set::with(&none);
    assert!(set.start(&[("x.rhai", ONE)]).ok());
    set.play(640);
    set.saves(&[("x.rhai", Some(&two()))]);
    set.play(640);
    let refused = set.tell("undo x.rhai --state then").unwrap_err();
    assert!(refused.contains("--undo-memory"), "{refused}");
    undo(&mut set, "undo x.rhai");
    // With room for the small state only, the tail begins anew and the report says so.
    let small = Settings { undo_memory: 8 * 600, max_signals: 8, ..Settings::default() };
    let mut set = Set::with(&small);
    assert!(set.start(&[("x.rhai", ONE)]).ok());
    set.play(6400);
    set.saves(&[("x.rhai", Some(&two()))]);
    set.play(6400);
    let report = undo(&mut set, "undo --state then");
    let delay = file(&report, "x.rhai").signals[0].helpers.iter().find(|helper| helper.key == "a_delay_0").unwrap();
    assert_eq!(delay.reason, "as it was, but for a tail that was too long to be kept");
    assert_eq!(set.performance.snapshots().counters().capacity, 600);
}

#[test]
fn long_tails_and_rooms_come_back_as_they_were() {
    let text = |cutoff: u32| {
        format!(
            "let m = memory(3000);
            register(\"a\", [impulse(3).lowpass({cutoff}), noise()].feedback(1.2, 1.1, 0.9).gain(0.1));
            register(\"m\", |s| {{
                s.state[0] += 1.0;
                let i = s.state[0] % 3000;
                m[i] = m[i] * 0.9 + (i % 50) * 0.002;
                m[(i * 7) % 3000]
            }});"
        )
    };
    let (one, two) = (text(900), text(901));
    let mut still = Set::of(&[("x.rhai", &one)]);
    let mut edited = Set::of(&[("x.rhai", &one)]);
    still.play(64_000);
    edited.play(64_000);
    edited.saves(&[("x.rhai", Some(&two))]);
    edited.play(64_000);
    undo(&mut edited, "undo --state then");
    let (wanted, found) = (still.stems(1500), edited.stems(1500));
    for name in ["a", "m"] {
        assert!(wanted[name].iter().any(|sample| sample.abs() > 0.01));
        assert_eq!(bits(&wanted[name][2 * 1024..]), bits(&found[name][2 * 1024..]), "{name}");
    }
}

#[test]
fn what_was_poisoned_then_begins_at_rest() {
    let sick = "register(\"a\", osc(220).lpf(900, 0.2) + (|s| { s.state[0] += 1.0; if s.state[0] > 5000 { s.state[1] = 1.0 / 0.0; } s.state[1] }));";
    let mut set = Set::of(&[("x.rhai", sick)]);
    set.play(9600);
    assert_eq!(set.play(640)[0][639], 0.0, "it gave infinity and is silent");
    set.saves(&[("x.rhai", Some("register(\"a\", osc(220).lpf(900, 0.2));"))]);
    set.play(6400);
    undo(&mut set, "undo --state then");
    let sound = set.play(4800);
    assert!(sound[0][2000..].iter().any(|sample| sample.abs() > 0.5) && steepest(&sound[0]) < 0.05);
}

#[test]
fn an_undo_that_is_refused_changes_nothing() {
    let first = "register(\"a\", osc(220)); register(\"shared\", osc(5));";
    let mut set = Set::of(&[("x.rhai", first)]);
    set.play(640);
    set.saves(&[("x.rhai", Some("register(\"a\", osc(221));"))]);
    set.saves(&[("y.rhai", Some("register(\"shared\", osc(7));"))]);
    set.play(6400);
    let pool = set.performance.pool();
    let report = set.tell("undo x.rhai").unwrap().unwrap();
    assert!(!report.ok());
    let again = set.performance.pool();
    assert_eq!((again.used, again.keys, again.claims), (pool.used, pool.keys, pool.claims));
    // The file is not one that is tried again with the next save.
    let report = set.saves(&[("y.rhai", None)]);
    assert_eq!(report.files.len(), 1);
    set.play(640);
    undo(&mut set, "undo x.rhai");
}

#[test]
fn a_file_that_came_can_be_undone_and_one_that_went_comes_back() {
    let mut set = Set::of(&[("x.rhai", ONE)]);
    set.play(640);
    set.saves(&[("new.rhai", Some("register(\"n\", osc(5));"))]);
    set.play(640);
    assert_eq!(statuses(&undo(&mut set, "undo")), [("n", Status::Parked)]);
    set.play(640);
    set.saves(&[("x.rhai", None)]);
    set.play(6400);
    assert_eq!(set.performance.playing().count(), 0);
    let report = undo(&mut set, "undo");
    assert_eq!(statuses(&report), [("a", Status::Resumed), ("b", Status::Resumed)]);
}

#[test]
fn what_is_unregistered_by_hand_gives_its_memory_back_and_stays_away_until_its_line_changes() {
    let mut set = Set::of(&[("x.rhai", ONE)]);
    set.play(6400);
    let before = set.performance.pool();
    let report = set.tell("unregister a").unwrap().unwrap();
    assert_eq!(statuses(&report), [("a", Status::Removed)]);
    assert_eq!((before.keys - report.pool.keys, report.pool.releases - before.releases), (3, 3));
    let faded = set.play(9600);
    assert!(steepest(&faded[0][..2000]) < 0.05);
    assert_eq!(set.performance.playing().map(|(name, ..)| name).collect::<Vec<_>>(), ["b"]);
    let report = set.saves(&[("x.rhai", Some(&format!("{ONE}\n// a comment\nregister(\"c\", osc(9));")))]);
    assert_eq!(statuses(&report), [("a", Status::Removed), ("b", Status::Untouched), ("c", Status::New)]);
    assert!(file(&report, "x.rhai").warnings[0].message.contains("comes back when this line changes"));
    let report = set.saves(&[("x.rhai", Some(&ONE.replace("900", "901")))]);
    assert_eq!(statuses(&report), [("c", Status::Parked), ("a", Status::New), ("b", Status::Untouched)]);
    set.play(6400);
    assert_eq!(set.tell("unregister aa").unwrap_err(), "there is no signal `aa`");
    // A parked one, too.
    let keys = set.performance.pool().keys;
    set.tell("unregister c").unwrap();
    assert_eq!(set.performance.pool().keys, keys - 1);
    assert_eq!(set.tell("mute c").unwrap_err(), "there is no signal `c`");
}

#[test]
fn what_was_set_by_hand_holds_until_the_line_changes() {
    let mut set = Set::of(&[("x.rhai", "register(\"a\", |s| 0.25); register(\"b\", |s| 0.125);")]);
    set.play(640);
    set.tell("mute a").unwrap();
    set.tell("gain b 2 0.1").unwrap();
    assert_eq!(set.play(6400)[0][6399], 0.25);
    set.saves(&[("x.rhai", Some("register(\"a\", |s| 0.25); register(\"b\", |s| 0.125); register(\"c\", |s| 0);"))]);
    assert_eq!(set.play(6400)[0][6399], 0.25, "another line changed");
    set.saves(&[("x.rhai", Some("register(\"a\", |s| 0.0625); register(\"b\", |s| 0.125);"))]);
    let back = set.play(6400);
    assert_eq!(back[0][6399], 0.3125);
    assert!(steepest(&back[0]) < 0.001);
    // What an undo brings back with its state is the same line where it is written alike.
    set.tell("mute b").unwrap();
    set.play(6400);
    undo(&mut set, "undo --state then");
    assert_eq!(set.play(6400)[0][6399], 0.25);
    set.tell("unmute b").unwrap();
    assert_eq!(set.play(6400)[0][6399], 0.5);
}

#[test]
fn what_had_another_size_then_begins_at_rest_and_says_so() {
    let lib = |max: f64| format!("fn echo(x) {{ x.delay({max}, 0.1) }}");
    let user = |wave: &str| format!("import \"lib\" as l; register(\"u\", l::echo({wave}(220)).gain(0.2));");
    let mut set = Set::of(&[("lib.rhai", &lib(0.2)), ("u.rhai", &user("osc"))]);
    set.play(640);
    set.saves(&[("u.rhai", Some(&user("tri")))]);
    set.play(640);
    // The text of `u` that is brought back is another program by now.
    set.saves(&[("lib.rhai", Some(&lib(1.0)))]);
    set.play(640);
    let report = undo(&mut set, "undo u.rhai --state then");
    let said =
        |helper: &aither::session::report::HelperReport| format!("{} {}: {}", helper.key, helper.status, helper.reason);
    let said = file(&report, "u.rhai").signals[0].helpers.iter().map(said).collect::<Vec<_>>();
    assert_eq!(said[1], "u_delay_0 reset: now 65537 instead of 16385 slots", "{said:?}");
    assert!(said[0].starts_with("u_osc_0 carried"), "{said:?}");
}
