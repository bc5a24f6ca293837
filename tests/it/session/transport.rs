//! The tempo over saves, commands, undo and replay: one beat for all signals, which never jumps.

use aither::device::Source;
use aither::session::report::Status;
use proptest::prelude::*;

use super::logged::{Played, assert_same};
use super::{Set, bits, error, small, statuses};

/// A signal that is the beat itself, far below the limiter's knee.
const BEAT: &str = "register(\"beat\", |s| s.beat / 1000);";

/// What a signal gives, one channel of it.
fn stem(set: &mut Set, name: &str, frames: usize) -> Vec<f64> {
    let stems = set.stems(frames.div_ceil(64));
    super::side(&stems[name], 0)[..frames].to_vec()
}

#[test]
fn without_a_word_the_tempo_is_120() {
    let mut set = Set::of(&[("a.rhai", "register(\"a\", |s| [s.beat / 1000, s.tempo / 1000]);")]);
    let sound = set.play(48_000);
    assert_eq!((sound[0][0], sound[0][24_000], sound[1][0]), (0.0, 0.001, 0.12));
}

#[test]
fn a_tempo_that_changes_moves_no_beat() {
    let mut set = Set::of(&[("a.rhai", BEAT), ("t.rhai", "tempo(60);")]);
    let mut all = stem(&mut set, "beat", 12_800);
    set.saves(&[("t.rhai", Some("tempo(137.3);"))]);
    all.extend(stem(&mut set, "beat", 12_800));
    set.tell("tempo 240").unwrap();
    all.extend(stem(&mut set, "beat", 12_800));
    // The line is another one, so it holds again.
    set.saves(&[("t.rhai", Some("tempo(30);"))]);
    all.extend(stem(&mut set, "beat", 12_800));
    let mut beat = 0.0;
    for (frame, sample) in all.iter().enumerate() {
        assert!((sample * 1000.0 - beat).abs() < 1e-9, "frame {frame}: {} for {beat}", sample * 1000.0);
        beat += [60.0, 137.3, 240.0, 30.0][frame / 12_800] / (60.0 * 48_000.0);
    }
}

#[test]
fn what_was_set_by_hand_holds_until_the_line_changes_and_what_a_line_set_until_another_comes() {
    let mut set = Set::of(&[("t.rhai", "tempo(90);"), ("a.rhai", BEAT)]);
    let tempo = |set: &Set| set.performance.transport().0;
    set.tell("tempo 128").unwrap();
    set.saves(&[("t.rhai", Some("// quiet now\ntempo(90);")), ("a.rhai", Some("register(\"b\", osc(2));"))]);
    assert_eq!(tempo(&set), 128.0);
    set.saves(&[("t.rhai", Some("tempo(91);"))]);
    assert_eq!(tempo(&set), 91.0);
    set.saves(&[("t.rhai", Some("let nothing = 1;"))]);
    assert_eq!(tempo(&set), 91.0);
    set.saves(&[("t.rhai", None), ("u.rhai", Some("tempo(70); tempo(70.0);"))]);
    assert_eq!(tempo(&set), 70.0);
    set.tell("undo u.rhai").unwrap();
    assert_eq!(tempo(&set), 70.0, "the line is gone, the tempo stays");
    set.tell("redo u.rhai").unwrap();
    set.saves(&[("u.rhai", Some("tempo(80);"))]);
    set.tell("undo").unwrap();
    assert_eq!(tempo(&set), 70.0);
    assert_eq!(set.performance.stats().tempo, 70.0);
}

#[test]
fn two_places_that_want_another_tempo_each_are_both_named() {
    let mut set = Set::of(&[("a.rhai", "tempo(90);\nregister(\"a\", osc(2));")]);
    let report = set.save(&[("b.rhai", Some("let x = 1;\n  tempo(100);"))]);
    let wanted = "\
error: the tempo cannot be 100: `a.rhai` sets it to 90
--> b.rhai:2:3
::: a.rhai:1:1
 = note: set here
 = help: there is one tempo for all signals: take one of the two lines out";
    assert_eq!(error(&report, "b.rhai"), wanted);
    assert_eq!(set.performance.transport().0, 90.0);
    // Both in one save may change their minds together.
    set.saves(&[("a.rhai", Some("tempo(100);")), ("b.rhai", Some("tempo(100);"))]);
    let report = set.save(&[("c.rhai", Some("tempo(60);\nif true { tempo(61) }"))]);
    let wanted = "\
error: the tempo cannot be 61 and 60
--> c.rhai:2:11
::: c.rhai:1:1
 = note: set here first
 = help: there is one tempo for all signals: keep one of the two";
    assert_eq!(error(&report, "c.rhai"), wanted);
    // At the start each file stands alone: the first one in the order of paths is heard.
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", "tempo(90);"), ("b.rhai", "tempo(91);")]);
    assert!(error(&report, "b.rhai").contains("`a.rhai` sets it to 90"));
}

#[test]
fn who_comes_later_is_in_phase_with_who_was_there_and_so_is_who_was_away() {
    let voices = |name: &str| {
        format!(
            "register(\"{name}\", [beat(0.75) * 0.1, every(1/3) * 0.1 + seq([0, 0.1, 0.2, 0.3, 0.25], 0.1, 0.6)], #{{fade: 0}});"
        )
    };
    let mut set = Set::of(&[("a.rhai", &voices("early")), ("t.rhai", "tempo(140);")]);
    set.play(64 * 333);
    set.saves(&[("b.rhai", Some(&voices("late"))), ("t.rhai", Some("tempo(97);"))]);
    for (words, both) in [("tempo 133", true), ("undo b.rhai", true), ("tempo 61.5", false), ("redo b.rhai", false)] {
        let stems = set.stems(201);
        assert!(stems["early"].iter().any(|sample| *sample != 0.0));
        assert_eq!(bits(&stems["early"]) == bits(&stems["late"]), both, "before {words}");
        set.tell(words).unwrap();
    }
    let stems = set.stems(400);
    let heard = |name: &str| bits(&stems[name][2 * 1024..]);
    assert!(heard("early") == heard("late"), "after the fade of what was away");
}

#[test]
fn the_length_of_a_devices_buffers_moves_no_beat() {
    let text = "tempo(137.3); register(\"a\", |s| [beat(0.3) * 0.2 + every(0.1, 0.6) * 0.1, s.beat / 1000 + s.tempo / 10000]);";
    let heard = |length: usize| {
        let mut set = Set::of(&[("a.rhai", text)]);
        let mut all = vec![0.0_f32; 2 * 64 * 300];
        for buffer in all.chunks_mut(2 * length) {
            set.player.render(buffer, 2);
        }
        all
    };
    let wanted = heard(64);
    for length in [1, 37, 441, 512, 2048] {
        assert_same(&wanted, &heard(length));
    }
}

#[test]
fn a_save_that_only_changes_the_tempo_touches_no_signal() {
    let mut set = Set::of(&[("a.rhai", "tempo(100); register(\"a\", osc(220).feedback(0.2, 0.1, 0.5) * 0.2);")]);
    let mut still = Set::of(&[("a.rhai", "register(\"a\", osc(220).feedback(0.2, 0.1, 0.5) * 0.2);")]);
    super::same(&set.play(6400), &still.play(6400));
    let report = set.saves(&[("a.rhai", Some("tempo(50); register(\"a\", osc(220).feedback(0.2, 0.1, 0.5) * 0.2);"))]);
    assert_eq!(statuses(&report), [("a", Status::Untouched)]);
    super::same(&set.play(6400), &still.play(6400));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_set_with_any_tempi_is_replayed_bit_for_bit(steps in prop::collection::vec((0..4_u8, 1.0..1000.0_f64, 1..90_usize), 1..9)) {
        let text = |bpm: f64| format!("tempo({bpm:?}); register(\"a\", [osc(seq([220, 330, 275], 0.3)) * decay(beat(0.5, 0.6), 5) * 0.3, every(0.1) * 0.2 + 0.0001 * s_beat()]); fn s_beat() {{ |s| s.beat }}");
        let mut played = Played::start(small(), &[("a.rhai", Some(&text(120.0)))]);
        for (what, bpm, quanta) in steps {
            played.play(quanta);
            match what {
                0 | 1 => assert!(played.tell(&format!("tempo {bpm}"))),
                2 => assert!(played.save(&[("a.rhai", Some(&text(bpm)))])),
                _ => { played.tell("undo"); }
            }
        }
        played.play(100);
        let replayed = played.replayed(&[]);
        assert_same(&played.heard, &replayed);
    }
}
