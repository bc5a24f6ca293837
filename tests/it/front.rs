//! What scripts may say where Rhai alone would answer otherwise: turns of a `for`, whole floats, many arguments, memories. It looks at sound and messages only.

use crate::session::Set;

/// The first sample of the first channel.
fn first(script: &str) -> f64 {
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", script)]);
    assert!(report.ok(), "{script}\n{:?}", report.files[0].errors);
    set.play(64)[0][0]
}

/// What is wrong with a script.
fn refused(script: &str) -> String {
    let report = Set::new().start(&[("a.rhai", script)]);
    report.files[0].errors.iter().map(|error| error.plain(|_| Some(script))).collect()
}

#[test]
fn a_closure_made_in_a_for_keeps_the_values_of_its_turn() {
    assert_eq!(first("let v = []; for i in 1..4 { v.push(|s| i * 0.01); } register(\"a\", sum(v));"), 0.06);
    assert_eq!(
        first("let v = []; for (x, n) in [0.1, 0.2] { v.push(|s| x + n * 0.05); } register(\"a\", sum(v));"),
        0.1 + (0.2 + 0.05)
    );
    // A variable of the script is taken when the closure is handed over.
    assert_eq!(first("let x = 1; let f = |s| x; x = 0.25; register(\"a\", f);"), 0.25);
    assert_eq!(
        first("fn made() { let v = []; for i in 0..2 { v += |s| i * 0.1; } v } register(\"a\", sum(made()));"),
        0.1
    );
}

#[test]
fn a_whole_number_written_as_a_float_is_an_index_and_a_bound() {
    assert_eq!(first("let a = [0.1, 0.2, 0.3]; register(\"a\", a[4 / 2]);"), 0.3);
    assert_eq!(
        first("let a = [[0.1], [0.2]]; let x = 0.0; for i in 0..4 / 2 { x += a[1.0][0.0]; } register(\"a\", x);"),
        0.4
    );
    assert!(refused("let a = [1]; register(\"a\", a[0.5]);").contains("--> a.rhai:1:"));
}

#[test]
fn calls_may_have_any_number_of_arguments() {
    let many = |word: &str, each: &str| format!("register(\"a\", {word}({}));", vec![each; 40].join(", "));
    assert!((first(&many("mix", "0.01")) - 0.4).abs() < 1e-12);
    let stages = vec!["|x| x + 0.01"; 40].join(", ");
    assert!((first(&format!("register(\"a\", pipe(0.0, {stages}));")) - 0.4).abs() < 1e-12);
}

#[test]
fn a_switch_on_a_signal_is_refused_and_any_other_is_not() {
    let message = refused("let x = osc(1);\nswitch x { 1 => 2, _ => 3 }");
    assert!(message.contains("`switch` cannot decide on a signal") && message.contains("a.rhai:2:"), "{message}");
    assert_eq!(
        first("let x = 2; register(\"a\", switch x { 1 => 0.1, 2 if x > 1 => 0.2, 3..9 => 0.3, _ => 0.4 });"),
        0.2
    );
}

#[test]
fn memories_in_arrays_and_maps_are_written_where_they_are() {
    let script =
        "let m = [memory(2), memory(2)]; register(\"a\", |s| { m[1][0] += 0.25; m[1][1] = m[0][0]; m[1][0] });";
    assert_eq!(first(script), 0.25);
    let script = "let m = #{ a: [memory(1)] }; register(\"a\", |s| { m.a[0][0] = 0.5; m.a[0][0] });";
    assert_eq!(first(script), 0.5);
    assert!(refused("let m = [1, 2]; register(\"a\", |s| { m[0] = 3; 0 });").contains("captured from outside"));
}

#[test]
fn a_memory_counts_on_over_edits_and_goes_with_its_signal() {
    let counter = |step: &str| format!("let m = memory(2);\nregister(\"a\", |s| {{ m[1] += {step}; m[1] }});");
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", &counter("0.0001"))]);
    assert_eq!(report.files[0].signals[0].helpers[0].key, "a_memory_0");
    assert_eq!((report.pool.used, report.pool.keys), (2, 1));
    let before = *set.play(128)[0].last().expect("samples");
    let report = set.save(&[("a.rhai", Some(&counter("0.00005")))]);
    assert_eq!(report.files[0].signals[0].helpers[0].status, "kept");
    let after = set.play(4096);
    let last = *after[0].last().expect("samples");
    assert!((before - 0.0128).abs() < 1e-12, "{before}");
    assert!((last - (0.0128 + 4096.0 * 0.00005)).abs() < 1e-12, "{last}");
    let report = set.save(&[("a.rhai", Some("unregister(\"a\");"))]);
    assert_eq!((report.pool.used, report.pool.keys), (0, 0));
}

#[test]
fn a_memory_belongs_to_one_signal_and_has_its_length() {
    let shared = "let m = memory(4);\nregister(\"a\", |s| m[0]);\nregister(\"b\", |s| m[1]);";
    let message = refused(shared);
    assert!(message.contains("used by two signals, `a` and `b`") && message.contains("a.rhai:1:"), "{message}");
    assert!(refused("let m = memory(4); register(\"a\", |s| m[4]);").contains("slot 4 does not exist"));
    assert!(refused("let m = memory(0); register(\"a\", |s| m[0]);").contains("whole number of slots from 1"));
    // A long one, reached by computed places: an echo of 1000 frames, written by hand.
    let echo = "let m = memory(1000);\nregister(\"a\", |s| { let at = s.frame % 1000; let y = m[at]; m[at] = s.frame * 0.0001; y });";
    let mut set = Set::new();
    assert!(set.start(&[("a.rhai", echo)]).ok());
    let played = set.play(2048);
    assert_eq!(played[0][999], 0.0);
    assert_eq!(played[0][1500], 500.0 * 0.0001);
}

#[test]
fn a_function_of_the_script_with_memory_is_a_helper_like_any_other() {
    let script = "fn last(x) { let m = memory(1); pipe(x, |x| { let y = m[0]; m[0] = x; y }) }\n\
                  register(\"a\", last(last(|s| s.frame * 0.001)));";
    let mut set = Set::new();
    let report = set.start(&[("a.rhai", script)]);
    assert!(report.ok(), "{:?}", report.files[0].errors);
    assert_eq!(report.files[0].signals[0].helpers.len(), 2);
    assert_eq!(set.play(64)[0][10], 8.0 * 0.001);
}

#[test]
fn what_a_script_printed_before_it_failed_is_told() {
    let report = Set::new().start(&[("a.rhai", "print(\"here\");\nregister(\"a\", ocs(1));")]);
    let file = &report.files[0];
    assert!(!file.ok && file.errors.len() == 1);
    assert!(file.warnings.iter().any(|note| note.message == "print: here"), "{:?}", file.warnings);
}

#[test]
fn a_function_that_two_signals_call_is_wrong_once() {
    let script = "fn f(x) { x + nothing }\nregister(\"a\", |s| f(s.t));\nregister(\"b\", |s| f(s.t));";
    let report = Set::new().start(&[("a.rhai", script)]);
    let errors = &report.files[0].errors;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0].line, errors[0].column), (1, 15));
}
