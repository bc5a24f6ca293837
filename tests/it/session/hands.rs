//! What a performer does by hand: solo, stop, clear, reload, the level of everything, panic, the listener's place. How words are said is tested elsewhere.

use aither::ir::call::QUANTUM;
use aither::session::Notice;
use aither::session::report::{Report, Status};

use super::logged::{Played, assert_same};
use super::{Set, bits, file, helpers, same, side, signal, small, statuses, steepest};

/// Three voices with phases, filters, a tail and code of their own, far below the limiter's knee.
const BASS: &str = "register(\"bass\", saw(55).lowpass(300).gain(0.1));";
const LEAD: &str = "register(\"lead\", osc(330).tremolo(3, 0.5).delay(0.3, 0.11).gain(0.1));";
const OWN: &str = "register(\"own\", |s| { s.state[0] = (s.state[0] + 70.0 / s.sr) % 1.0; 0.1 * (s.state[0] - 0.5) });";

fn trio() -> Set {
    Set::of(&[("bass.rhai", BASS), ("lead.rhai", LEAD), ("own.rhai", OWN)])
}

fn report(set: &mut Set, words: &str) -> Report {
    let report = set.tell(words).unwrap().unwrap();
    assert!(report.ok(), "{}", report.json().join("\n"));
    report
}

/// Who is heard at the end of so many quanta.
fn audible(set: &mut Set) -> Vec<String> {
    let stems = set.stems(20);
    let sounds = |stem: &[f64]| stem[stem.len() - 4 * QUANTUM..].iter().any(|sample| *sample != 0.0);
    stems.into_iter().filter(|(_, stem)| sounds(stem)).map(|(name, _)| name).collect()
}

#[test]
fn a_solo_silences_the_others_in_a_line_and_their_state_runs_on() {
    let (mut still, mut set) = (trio(), trio());
    still.stems(50);
    set.stems(50);
    set.tell("solo lead 0.1").unwrap();
    let (wanted, found) = (still.stems(100), set.stems(100));
    assert!(bits(&wanted["lead"]) == bits(&found["lead"]));
    for name in ["bass", "own"] {
        for (frame, (own, whole)) in side(&found[name], 0).iter().zip(side(&wanted[name], 0)).enumerate() {
            let level = (1.0 - (frame as f64 + 1.0) / 4800.0).max(0.0);
            assert!((own - level * whole).abs() < 1e-12, "{name} at {frame}");
        }
    }
    // Two are soloed; one of them is taken back, then the other, and every signal is where it would be without.
    set.tell("solo own").unwrap();
    assert_eq!((audible(&mut set), still.stems(20).len()), (vec!["lead".to_owned(), "own".to_owned()], 3));
    set.tell("unsolo lead").unwrap();
    assert_eq!((audible(&mut set), still.stems(20).len()), (vec!["own".to_owned()], 3));
    set.tell("unsolo").unwrap();
    assert_eq!(
        (audible(&mut set), still.stems(20).len()),
        (vec!["bass".to_owned(), "lead".to_owned(), "own".to_owned()], 3)
    );
    let (wanted, found) = (still.stems(20), set.stems(20));
    assert!(wanted.iter().all(|(name, stem)| bits(stem) == bits(&found[name])));
}

#[test]
fn a_solo_holds_over_edits_and_ends_with_its_signal() {
    let mut set = trio();
    set.stems(200);
    set.tell("solo lead").unwrap();
    set.saves(&[("lead.rhai", Some(&LEAD.replace("330", "440"))), ("bass.rhai", Some(&BASS.replace("55", "110")))]);
    assert_eq!(audible(&mut set), ["lead"]);
    set.saves(&[("new.rhai", Some("register(\"new\", osc(100) * 0.1);"))]);
    assert_eq!(audible(&mut set), ["lead"], "who comes while others are soloed is silent");
    // A mute that is taken back is not heard before the solo is.
    for words in ["mute bass", "unmute bass", "mute own"] {
        set.tell(words).unwrap();
        assert_eq!(audible(&mut set), ["lead"], "{words}");
    }
    set.saves(&[("lead.rhai", Some("// gone"))]);
    assert_eq!(audible(&mut set), ["bass", "new"], "the last one that was soloed is gone");
    set.saves(&[("lead.rhai", Some(LEAD))]);
    assert_eq!(audible(&mut set), ["bass", "lead", "new"]);
    for (solo, away) in [("solo lead", "stop lead"), ("solo bass", "unregister bass")] {
        set.tell(solo).unwrap();
        set.stems(20);
        set.tell(away).unwrap();
        assert!(audible(&mut set).contains(&"new".to_owned()), "{away}");
    }
}

#[test]
fn what_is_stopped_keeps_its_state_until_its_line_changes() {
    let mut set = trio();
    set.stems(50);
    let stopped = report(&mut set, "stop lead 0.1");
    assert_eq!(statuses(&stopped), [("lead", Status::Parked)]);
    assert!(helpers(&stopped, "lead").iter().all(|(_, status)| *status == "kept"), "{stopped:?}");
    let fade = side(&set.stems(80)["lead"], 0);
    assert!(fade[..4799].iter().any(|sample| sample.abs() > 0.01) && fade[4800..].iter().all(|sample| *sample == 0.0));
    assert_eq!(
        set.tell("mute lead").unwrap_err(),
        "the signal `lead` was stopped by hand: it plays again when its line changes, or after `reload`"
    );
    assert!(set.performance.list().iter().any(|signal| signal.name == "lead" && signal.stopped && signal.parked));
    // The same line again, with another one beside it.
    let saved = set.saves(&[("lead.rhai", Some(&format!("{LEAD}\nregister(\"more\", 0.01);")))]);
    assert_eq!((signal(&saved, "lead").status, signal(&saved, "more").status), (Status::Parked, Status::New));
    let note = file(&saved, "lead.rhai").warnings[0].plain(|_| None);
    let words = "`lead` was stopped by hand; it comes back when this line changes, or after `reload`";
    assert!(note.contains(words), "{note}");
    let saved = set.saves(&[("lead.rhai", Some(&LEAD.replace("330", "331")))]);
    assert_eq!(signal(&saved, "lead").status, Status::Resumed);
    assert_eq!(helpers(&saved, "lead")[0], ("lead_osc_0", "kept"));
    // Without a length the line's own holds.
    set.saves(&[("lead.rhai", Some(&LEAD.replace(".gain(0.1)", ".gain(0.1), #{fade_out: 0.5}")))]);
    set.stems(30);
    report(&mut set, "stop lead");
    assert!(side(&set.stems(300)["lead"], 0)[12_000..].iter().any(|sample| sample.abs() > 0.01));
}

#[test]
fn clear_gives_all_memory_back_and_reload_brings_all_back_afresh() {
    let mut set = trio();
    let before = set.performance.pool();
    let first = set.stems(50);
    report(&mut set, "stop bass");
    let cleared = report(&mut set, "clear 0.05");
    let names = ["bass", "lead", "own"].map(|name| (name, Status::Removed));
    assert_eq!(statuses(&cleared), names);
    assert_eq!((cleared.pool.used, cleared.pool.keys), (0, 0));
    assert!(side(&set.stems(60)["own"], 0)[2400..].iter().all(|sample| *sample == 0.0));
    assert!(audible(&mut set).is_empty());
    assert_eq!(
        set.tell("solo own").unwrap_err(),
        "the signal `own` was unregistered by hand: it plays again when its line changes, or after `reload`"
    );
    let saved = set.saves(&[("own.rhai", Some(OWN))]);
    assert_eq!(signal(&saved, "own").status, Status::Removed, "the line is the same");
    assert_eq!(statuses(&report(&mut set, "reload own.rhai")), [("own", Status::New)]);
    let back = report(&mut set, "reload");
    assert_eq!(statuses(&back), [("bass", Status::New), ("lead", Status::New), ("own", Status::Untouched)]);
    assert_eq!((back.pool.used, back.pool.keys), (before.used, before.keys));
    // Everything began anew, `own` a moment earlier.
    let again = set.stems(50);
    assert!(["bass", "lead", "own"].iter().all(|name| bits(&first[*name]) == bits(&again[*name])));
    set.tell("clear").unwrap();
    assert!(set.tell("clear").unwrap().is_none(), "there is nothing to clear, and that is no mistake");
}

#[test]
fn a_reload_leaves_alone_what_plays_and_what_is_refused() {
    let (mut still, mut set) = (trio(), trio());
    let bad = "register(\"lead\", ocs(1));";
    assert!(!set.save(&[("lead.rhai", Some(bad))]).ok());
    set.tell("mute own").unwrap();
    still.tell("mute own").unwrap();
    same(&still.play(6400), &set.play(6400));
    let all = report(&mut set, "reload");
    assert_eq!(statuses(&all), [("bass", Status::Untouched), ("own", Status::Untouched)]);
    same(&still.play(6400), &set.play(6400));
    let refused = set.tell("reload lead.rhai").unwrap().unwrap();
    assert!(!refused.ok() && refused.json()[0].contains("ocs"), "{:?}", refused.json());
    assert!(set.performance.is_refused("lead.rhai") && !set.performance.is_refused("bass.rhai"));
    same(&still.play(6400), &set.play(6400));
    assert_eq!(set.tell("reload laed.rhai").unwrap_err(), "no file `laed.rhai` was heard; did you mean `lead.rhai`?");
    assert_eq!(set.tell("reload x").unwrap_err(), "no file `x` was heard");
}

#[test]
fn a_fade_moves_everything_in_a_straight_line() {
    let (mut still, mut set) = (trio(), trio());
    set.tell("fade 0.25 0.1").unwrap();
    let (whole, faded) = (still.play(6400), set.play(6400));
    for (frame, (whole, faded)) in whole[0].iter().zip(&faded[0]).enumerate() {
        let level = 1.0 - 0.75 * ((frame as f64 + 1.0) / 4800.0).min(1.0);
        assert!((faded - level * whole).abs() < 1e-12, "frame {frame}");
    }
    assert_eq!(set.performance.level(), 0.25);
    set.tell("fade 1 0").unwrap();
    same(&still.play(640), &set.play(640));
    assert_eq!(set.performance.level(), 1.0);
}

#[test]
fn a_panic_silences_within_five_milliseconds_and_without_a_step_and_all_runs_on() {
    let (mut still, mut set) = (trio(), trio());
    let before = set.play(6400);
    still.play(6400);
    set.performance.alarm().raise();
    let (whole, silenced) = (still.play(6400), set.play(6400));
    assert!(silenced[0][240..].iter().all(|sample| *sample == 0.0), "5 ms are 240 frames");
    let joined = [&before[0][..], &silenced[0]].concat();
    let usual = steepest(&whole[0]);
    assert!(steepest(&joined) < usual + 0.2 / 144.0, "{} against {usual}", steepest(&joined));
    assert_eq!(set.performance.level(), 0.0);
    // Saves are not heard either, until it is faded in, and then everything is where it would be.
    set.saves(&[("new.rhai", Some("register(\"new\", 0.01);"))]);
    still.saves(&[("new.rhai", Some("register(\"new\", 0.01);"))]);
    let unheard = set.play(6400);
    assert!(unheard[0].iter().all(|sample| *sample == 0.0));
    still.play(6400);
    set.tell("fade 1 0").unwrap();
    same(&still.play(6400), &set.play(6400));
    // As a word of a log it is the same.
    let mut told = trio();
    told.play(6400);
    told.tell("panic").unwrap();
    same(&silenced, &told.play(6400));
}

#[test]
fn every_panic_is_obeyed_and_told_however_many_there_were_and_whoever_is_late_to_read_of_them() {
    let mut set = trio();
    let told = |set: &mut Set| {
        let notices = set.performance.tick();
        notices.iter().filter(|notice| matches!(notice, Notice::Silenced { .. })).count()
    };
    for nth in 0..20 {
        set.play(640);
        set.performance.alarm().raise();
        set.player.quantum();
        assert_eq!(told(&mut set), 1, "panic {nth}");
        assert!(set.play(640)[0][240..].iter().all(|sample| *sample == 0.0), "panic {nth}");
        set.tell("fade 1 0").unwrap();
    }
    // There is room for eight that nobody read of. What is more waits, and is told as soon as they are read.
    set.play(640);
    for _ in 0..20 {
        set.performance.alarm().raise();
        set.player.quantum();
    }
    assert_eq!(told(&mut set), 8);
    set.player.quantum();
    assert_eq!(told(&mut set), 1);
    set.player.quantum();
    assert_eq!(told(&mut set), 0);
}

#[test]
fn the_listener_s_place_is_what_scripts_read() {
    let mut set = Set::of(&[("a.rhai", "register(\"a\", |s| [s.position.x / 100, s.position.y / 100]);")]);
    set.tell("position 20 -1.5").unwrap();
    let sound = set.play(64);
    assert_eq!((sound[0][0], sound[1][0]), (0.2, -0.015));
}

#[test]
fn one_who_is_heard_of_all_cannot_be_heard_alone() {
    let mut set = Set::of(&[("m.rhai", "master(|x| x * 0.5);"), ("bass.rhai", BASS)]);
    assert_eq!(set.tell("solo master").unwrap_err(), "`master` is heard of all signals; solo one of those");
    set.tell("solo bass").unwrap();
    assert!(set.play(1280)[0][1000..].iter().any(|sample| *sample != 0.0), "it is heard through");
    assert_eq!(set.tell("unsolo bas").unwrap_err(), "there is no signal `bas`; did you mean `bass`?");
}

#[test]
fn everything_done_by_hand_is_in_the_log_and_its_replay_is_the_same_bits() {
    let files = [("bass.rhai", Some(BASS)), ("lead.rhai", Some(LEAD)), ("own.rhai", Some(OWN))];
    let mut played = Played::start(small(), &files);
    let words = [
        "solo lead 0.05",
        "mute bass",
        "unmute bass 0.1",
        "solo own",
        "unsolo lead 0",
        "gain own 2.5 0.2",
        "unsolo",
        "stop lead",
        "fade 0.3 0.1",
        "position 1 -2 0.5",
        "tempo 97.3",
        "reload lead.rhai",
        "panic",
        "fade 1 0.3",
        "unregister own",
        "solo bass",
        "clear 0.2",
        "reload",
        "stop bass 0.01",
        "unsolo",
        "undo",
        "reload",
    ];
    for (number, words) in words.iter().enumerate() {
        played.play(7 + number);
        assert!(played.tell(words), "{words}");
        if number % 5 == 4 {
            let text = LEAD.replace("330", &format!("{}", 200 + number)).replace("0.3, 0.11", "2.5, 0.11");
            assert!(played.save(&[("lead.rhai", Some(&text)), ("own.rhai", Some(&format!("{OWN} // {number}")))]));
        }
    }
    played.play(40);
    played.tell("quit");
    played.play(40);
    assert!(played.heard.iter().any(|sample| *sample != 0.0));
    let replayed = played.replayed(&[]);
    assert_same(&played.heard, &replayed);
}

#[test]
fn an_alarm_before_a_save_that_is_still_being_copied_is_replayed_at_its_frame() {
    let text = |seconds: f64| format!("register(\"a\", saw(70).delay({seconds}, 0.3).gain(0.2));");
    let mut played = Played::start(small(), &[("a.rhai", Some(&text(2.0)))]);
    played.play(400);
    // A line of two seconds is copied in eight slices: the alarm overtakes the save.
    played.expect_save(&[("a.rhai", Some(&text(3.0)))]);
    played.play(2);
    played.performance.alarm().raise();
    played.play(4);
    let tail = &played.heard[2 * (64 * 402 + 144)..];
    assert!(tail.iter().all(|sample| *sample == 0.0) && !played.is_written(), "it is silent before the save is heard");
    played.write_up();
    assert!(played.tell("fade 1 0.1"));
    played.play(200);
    assert!(played.heard.iter().rev().take(640).any(|sample| *sample != 0.0));
    let replayed = played.replayed(&[]);
    assert_same(&played.heard, &replayed);
}
