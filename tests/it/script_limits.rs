//! What a script may ask for while it loads: every limit by its words, its place and what would work. Nothing makes the control side grow without bound.

use aither::session::Settings;

use super::session::{Set, error, file};

/// The one error of a script, after which what played before plays on.
fn refused(text: &str) -> String {
    refused_beside(text, &[])
}

fn refused_beside(text: &str, others: &[(&str, &str)]) -> String {
    let mut set = Set::of(&[("good.rhai", "register(\"good\", osc(200).gain(0.3));")]);
    let others = others.iter().map(|(path, text)| (*path, Some(*text)));
    let report = set.save(&others.chain([("bad.rhai", Some(text))]).collect::<Vec<_>>());
    assert!(!file(&report, "bad.rhai").ok, "it was taken");
    assert!(set.play(640)[0].iter().any(|sample| sample.abs() > 0.1), "what played before is silent");
    error(&report, "bad.rhai")
}

#[test]
fn operations_and_calls_are_limited_while_a_script_loads() {
    assert_eq!(
        refused("let x = 0;\nloop { x += 1; }"),
        "error: the script does not come to an end while it loads\n--> bad.rhai:2:13\n \
         = help: a loop without end? Per-sample work belongs into a closure |s| ..."
    );
    assert_eq!(
        refused("fn f(x) { f(x) }\nf(1);"),
        "error: functions call each other too deep\n--> bad.rhai:2:1\n = help: a function that calls itself without end?"
    );
}

#[test]
fn texts_arrays_and_maps_are_limited_while_a_script_loads() {
    for text in [
        "let a = \"x\"; loop { a += a; }",
        "let a = [1]; loop { a += a; }",
        "let a = []; a.pad(65537, 0);",
        "let m = #{}; for i in 0..65537 { m[`k${i}`] = i; } print(m.len());",
    ] {
        let error = refused(text);
        let (large, help) = (
            "error: an array, a map or a text grows too large\n--> bad.rhai:1:",
            "65536 elements are the most, and 1048576 letters",
        );
        assert!(error.starts_with(large) && error.ends_with(help), "{text}\n{error}");
    }
}

#[test]
fn the_heap_that_a_script_holds_is_limited_however_it_is_filled() {
    let large = "error: this script needs more than 256 MiB while it loads\n--> bad.rhai:1:";
    let help = "\n = help: a loop that fills arrays, maps or texts? What is computed for every sample belongs into a closure |s| ...";
    let long = "let s = \"\"; s.pad(1000000, \"y\"); let i = 0;";
    for fill in [
        "let m = #{}; loop { m[`k${i}`] = s + i; i += 1; }",
        "let m = []; m.pad(60000, \"\"); loop { m[i] = s + i; i += 1; }",
        "let m = [#{}]; loop { m[0][`k${i}`] = s + i; i += 1; }",
        "fn f(s) { s += \"x\"; |t| s } let m = #{}; loop { m[`k${i}`] = f(s + i); i += 1; }",
    ] {
        let error = refused(&format!("{long} {fill}"));
        assert!(error.starts_with(large) && error.ends_with(help), "{fill}\n{error}");
    }
}

#[test]
fn the_parts_of_signals_are_limited_however_they_are_made() {
    let excess = "error: this script builds more than 1048576 parts of signals\n--> bad.rhai:1:";
    let help = "\n = help: a loop that makes helpers and does not end? Signals of one file share this room: split it into several";
    for text in [
        "let x = osc(1); loop { x = x + 1; }",
        "loop { memory(1); }",
        "let a = []; a.pad(60000, osc(1)); loop { mix(a); }",
        "let a = []; a.pad(60000, 1.5); loop { osc(|s| a[0]); }",
        "let a = []; a.pad(20000, 1.5); for i in 0..1000 { register(`n${i}`, |s| a[0]); }",
    ] {
        let error = refused(text);
        assert!(error.starts_with(excess) && error.ends_with(help), "{text}\n{error}");
    }
    let mut set = Set::new();
    let chain = "let x = osc(1); for i in 0..100000 { x = -x; } register(\"good\", 0.1);";
    assert!(set.start(&[("chain.rhai", chain)]).ok());
}

#[test]
fn how_often_a_script_registers_is_limited() {
    assert_eq!(
        refused("loop {\n  unregister(\"a\"); }"),
        "error: this script registers and unregisters more than 65536 signals\n--> bad.rhai:2:3\n \
         = help: a loop that does not end? Split it into several files"
    );
}

#[test]
fn one_memory_and_one_label_are_limited() {
    let memory = refused("let m = memory(16777217);");
    assert!(
        memory.starts_with(
            "error: `memory` takes a whole number of slots from 1 to 16777216, not 16777217\n--> bad.rhai:1:9"
        ),
        "{memory}"
    );
    let label = refused("let s = \"x\"; s.pad(300, \"y\"); osc(1).label(s);");
    assert_eq!(
        label,
        "error: this label has 300 bytes; 256 are the most\n--> bad.rhai:1:38\n = help: osc(440).label(\"lead\")"
    );
}

#[test]
fn what_is_printed_is_limited_in_lines_and_letters() {
    let mut set = Set::new();
    let text = "let s = \"\"; s.pad(500000, \"é\"); print(s); for i in 0..100000 { print(i); } register(\"a\", 0.1);";
    let report = set.start(&[("a.rhai", text)]);
    assert!(report.ok(), "{:?}", file(&report, "a.rhai").errors);
    let notes = &file(&report, "a.rhai").warnings;
    assert_eq!(notes.len(), 1001);
    assert_eq!(notes[0].message, format!("print: {}…", "é".repeat(1000)));
    assert_eq!(
        (&*notes[999].message, &*notes[1000].message),
        ("print: 998", "print: … and more; 1000 lines are shown")
    );
}

#[test]
fn imports_are_limited() {
    let names = (0..300).map(|number| format!("lib/f{number}.rhai")).collect::<Vec<_>>();
    let others = names.iter().map(|name| (name.as_str(), "fn f() { 1 }")).collect::<Vec<_>>();
    let text = (0..300).map(|number| format!("import \"lib/f{number}\" as f{number};\n")).collect::<String>();
    let error = refused_beside(&text, &others);
    assert_eq!(
        error,
        "error: more than 256 files are imported\n--> bad.rhai:257:1\n = help: put functions that are used together into one file"
    );
}

#[test]
fn signals_of_a_file_are_limited_by_the_room_for_signals_and_operations_by_the_signal() {
    let mut set = Set::with(&Settings { max_signals: 3, ..super::session::small() });
    let report = set.start(&[("a.rhai", "for i in 0..4 { register(`n${i}`, 0.1); }")]);
    assert!(error(&report, "a.rhai").contains("3 of 3 signals"), "{}", error(&report, "a.rhai"));
    let sum = refused("let x = osc(1); for i in 0..100000 { x = x + osc(i % 100); } register(\"sum\", x * 0.0001);");
    assert!(
        sum.starts_with("error: the signal `sum` needs more than 250000 operations per frame\n--> bad.rhai:1:"),
        "{sum}"
    );
    assert!(sum.contains("split it into several signals"), "{sum}");
}
