//! Files and the names they register: who owns what, and which files of a save stand together.

use aither::session::report::Status;

use super::{Set, error, file, statuses};

const BASS: &str = "register(\"bass\", saw(55).gain(0.2));";
const LEAD: &str = "register(\"lead\", osc(440).gain(0.2));";

fn names(set: &Set) -> Vec<&str> {
    set.performance.playing().map(|(name, ..)| name).collect()
}

#[test]
fn two_files_that_register_one_name_are_an_error_that_names_both() {
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", BASS), ("b.rhai", "\n\n  register(\"bass\", osc(1));")]);
    assert!(file(&report, "a.rhai").ok && !file(&report, "b.rhai").ok);
    assert_eq!(
        error(&report, "b.rhai"),
        "error: the signal `bass` is registered by `a.rhai` already\n--> b.rhai:3:3\n::: a.rhai:1:1\n \
         = note: registered here\n = help: give it another name, or take it out of the other file first"
    );
    assert_eq!(names(&set), ["bass"]);
    let report = set.save(&[("c.rhai", Some(LEAD)), ("d.rhai", Some(LEAD))]);
    assert!(error(&report, "d.rhai").contains("registered by `c.rhai`"), "{}", error(&report, "d.rhai"));
    assert!(!file(&report, "c.rhai").ok, "the files of one save stand together");
}

#[test]
fn a_signal_moves_to_another_file_in_one_save_and_plays_on() {
    let mut still = Set::of(&[("a.rhai", BASS)]);
    let mut set = Set::of(&[("a.rhai", BASS)]);
    still.play(3200);
    set.play(3200);
    let report = set.saves(&[("a.rhai", Some("// moved")), ("b.rhai", Some(&format!("// here\n{BASS}")))]);
    assert_eq!(statuses(&report), [("bass", Status::Untouched)]);
    super::same(&still.play(3200), &set.play(3200));
}

#[test]
fn a_signal_moves_to_another_file_in_two_saves_in_either_order() {
    let mut set = Set::of(&[("a.rhai", BASS)]);
    let report = set.save(&[("b.rhai", Some(BASS))]);
    assert!(!report.ok());
    let report = set.saves(&[("a.rhai", Some("// moved"))]);
    assert_eq!(file(&report, "b.rhai").signals[0].status, Status::Untouched, "a refused file is tried again");
    let report = set.saves(&[("b.rhai", Some("// moved back"))]);
    assert_eq!(statuses(&report), [("bass", Status::Parked)]);
    let report = set.saves(&[("a.rhai", Some(BASS))]);
    assert_eq!(statuses(&report), [("bass", Status::Resumed)]);
}

#[test]
fn two_files_exchange_their_signals_in_two_saves() {
    let mut set = Set::of(&[("a.rhai", BASS), ("b.rhai", LEAD)]);
    assert!(!set.save(&[("a.rhai", Some(LEAD))]).ok());
    let report = set.saves(&[("b.rhai", Some(BASS))]);
    assert_eq!(statuses(&report), [("lead", Status::Untouched), ("bass", Status::Untouched)]);
}

#[test]
fn a_refused_file_does_not_stand_in_the_way_of_a_later_save() {
    let mut set = Set::of(&[("c.rhai", BASS)]);
    assert!(!set.save(&[("a.rhai", Some(BASS))]).ok());
    // The name becomes free and is wanted by the save; the file that was refused earlier waits on.
    let report = set.saves(&[("c.rhai", Some("// gone")), ("b.rhai", Some(BASS))]);
    assert!(report.files.iter().all(|file| file.file != "a.rhai"), "{:?}", report.json());
    assert_eq!(names(&set), ["bass"]);
    assert!(!set.save(&[("a.rhai", Some("register("))]).ok());
    set.saves(&[("d.rhai", Some(LEAD))]);
    assert_eq!(names(&set), ["bass", "lead"]);
}

#[test]
fn the_files_of_one_save_stand_together() {
    let mut set = Set::of(&[("a.rhai", BASS)]);
    let mut still = Set::of(&[("a.rhai", BASS)]);
    let report =
        set.save(&[("a.rhai", Some("register(\"bass\", tri(70));")), ("b.rhai", Some("register(\"x\", osc("))]);
    assert_eq!(error(&report, "a.rhai"), "error: not taken, because `b.rhai` of the same save is refused\n--> a.rhai");
    assert!(!error(&report, "b.rhai").is_empty());
    super::same(&still.play(3200), &set.play(3200));
    let report = set.saves(&[("b.rhai", Some(LEAD))]);
    assert_eq!(statuses(&report), [("bass", Status::Changed), ("lead", Status::New)]);
}

#[test]
fn at_the_start_each_file_stands_alone() {
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", "register(\"x\", osc("), ("b.rhai", LEAD), ("sub/c.rhai", BASS)]);
    assert_eq!(report.files.iter().map(|file| file.ok).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(names(&set), ["bass", "lead"]);
}

#[test]
fn a_file_that_is_gone_takes_its_signals_with_it_and_brings_them_back() {
    let mut set = Set::of(&[("a.rhai", BASS), ("b.rhai", LEAD)]);
    let report = set.saves(&[("a.rhai", None)]);
    assert_eq!(statuses(&report), [("bass", Status::Parked)]);
    assert_eq!(names(&set), ["lead"]);
    let report = set.saves(&[("c.rhai", Some(BASS))]);
    assert_eq!(statuses(&report), [("bass", Status::Resumed)], "whichever file brings it back");
}

#[test]
fn a_refused_save_changes_no_figure_of_the_pool() {
    let mut set = Set::of(&[("a.rhai", BASS)]);
    let before = set.performance.pool();
    let text = "register(\"a\", osc(1).delay(1.0, 0.5));\nregister(\"bass\", saw(56));\nregister(\"b\", oscc(1));";
    assert!(!set.save(&[("b.rhai", Some(text))]).ok());
    let too_much = "register(\"a\", osc(1).delay(1.0, 0.5));\nregister(\"b\", osc(1).delay(60.0, 0.5));";
    assert!(!set.save(&[("b.rhai", Some(too_much))]).ok());
    let after = set.performance.pool();
    assert_eq!(
        (before.used, before.keys, before.claims, before.releases),
        (after.used, after.keys, after.claims, after.releases)
    );
}
