//! The room for fades: what happens when it is short, and that it all comes back.

use aither::session::{Settings, Trial};

use super::{Set, file, same, small, steepest};

/// Slots that a sine's copy takes: its phase, one more, and the span of its memory.
const COPY: usize = 2 + 4;

fn with(slots: usize) -> Set {
    Set::with(&Settings { fade_memory: slots * 8, ..small() })
}

fn sine(name: &str, hz: f64, level: f64, fade: f64) -> String {
    format!("register(\"{name}\", osc({hz:?}).gain({level:?}), #{{fade: {fade:?}}});\n")
}

/// The steepest of a sine.
fn natural(hz: f64, level: f64) -> f64 {
    std::f64::consts::TAU * hz / 48_000.0 * level
}

#[test]
fn without_any_room_a_change_takes_five_milliseconds_and_makes_no_step() {
    let mut set = with(0);
    set.saves(&[("a.rhai", Some(&sine("a", 220.0, 0.4, 1.0)))]);
    let mut sound = set.play(3200).remove(0);
    for (hz, level) in [(330.0, 0.4), (220.0, 0.1), (330.0, 0.4)] {
        let report = set.saves(&[("a.rhai", Some(&format!("// here\n{}", sine("a", hz, level, 1.0))))]);
        let note = file(&report, "a.rhai").warnings[0].plain(|_| None);
        assert_eq!(
            note.trim_end(),
            "note: `a` is joined in 5 ms at most: fade memory is full: `a` needs 48 B (6 slots); 0 B of 0 B are in use; start \
             with --fade-memory 1KiB\n--> a.rhai:2:1\n = help: or write a shorter `fade`"
        );
        let fresh = set.play(3200).remove(0);
        // After five milliseconds the new program is alone: the quietest one is no louder than it should be.
        assert!(level > 0.1 || fresh[240..].iter().all(|sample| sample.abs() <= 0.1 + 1e-12));
        sound.extend(fresh);
    }
    let bound = natural(330.0, 0.4) + 2.0 * 0.4 / 240.0;
    assert!(steepest(&sound) < bound, "{} of {bound}", steepest(&sound));
    let room = set.performance.fades();
    assert_eq!((room.capacity, room.used, room.refusals), (0, 0, 3));
}

#[test]
fn a_shorter_fade_stays_as_short_and_none_needs_no_room() {
    let mut set = with(0);
    set.saves(&[("a.rhai", Some(&sine("a", 220.0, 0.4, 0.0)))]);
    set.play(640);
    let report = set.saves(&[("a.rhai", Some(&sine("a", 220.0, 0.1, 0.0)))]);
    assert!(file(&report, "a.rhai").warnings.is_empty(), "a cut needs no copy");
    assert!(set.play(640)[0].iter().all(|sample| sample.abs() <= 0.1));
    set.saves(&[("a.rhai", Some(&sine("a", 220.0, 0.05, 0.001)))]);
    assert!(set.play(640)[0][48..].iter().all(|sample| sample.abs() <= 0.05));
}

#[test]
fn room_is_taken_for_as_long_as_a_fade_lasts() {
    let mut set = with(3 * COPY);
    let text = |level: f64| ["a", "b", "c", "d"].map(|name| sine(name, 100.0, level, 0.1)).concat();
    set.saves(&[("a.rhai", Some(&text(0.1)))]);
    set.play(640);
    let report = set.saves(&[("a.rhai", Some(&text(0.2)))]);
    let notes = &file(&report, "a.rhai").warnings;
    assert_eq!(notes.len(), 1, "three find room: {notes:?}");
    assert!(notes[0].message.starts_with("`d` is joined"), "{notes:?}");
    assert_eq!(set.performance.fades().used, 3 * COPY);
    set.play(4736);
    set.play(128);
    assert_eq!(set.performance.fades().used, 0, "it is back when the fade is over");
    assert_eq!(set.performance.fades().high_water, 3 * COPY);
    let report = set.saves(&[("a.rhai", Some(&text(0.1)))]);
    assert_eq!(file(&report, "a.rhai").warnings.len(), 1, "and can be used again");
}

#[test]
fn a_refused_save_takes_no_room() {
    let mut set = with(100);
    set.saves(&[("a.rhai", Some(&sine("a", 100.0, 0.1, 0.1)))]);
    set.play(640);
    let text = format!("{}register(\"b\", osc(1) * 1e9 + 1e9);", sine("a", 100.0, 0.2, 0.1));
    assert!(!set.save(&[("a.rhai", Some(&text))]).ok());
    assert_eq!(set.performance.fades().used, 0);
    assert_eq!(set.performance.fades().high_water, COPY, "it had some for a while");
}

#[test]
fn fades_on_fades_share_the_room_and_the_sound_is_the_same_whatever_its_size() {
    let play = |fade_memory| {
        let mut set = Set::with(&Settings { fade_memory, trial: Trial::Off, ..small() });
        let mut sound = Vec::new();
        for turn in 0..12 {
            let level = 0.1 + 0.02 * f64::from(turn);
            set.saves(&[
                ("a.rhai", Some(&sine("a", 100.0 + level, level, 0.05))),
                ("b.rhai", Some(&sine("b", 70.0, level, 0.2))),
            ]);
            sound.push(set.play(640));
        }
        sound.push(set.play(19_200));
        assert_eq!(set.performance.fades().used, 0);
        (sound, set.performance.fades().high_water)
    };
    let ((one, most), (other, _)) = (play(4 << 20), play(4096));
    assert!(most <= 4096 / 8, "no more than it needs");
    one.iter().zip(&other).for_each(|(one, other)| same(one, other));
}
