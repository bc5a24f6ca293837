//! Messages to people, letter by letter, and the names that are suggested.

use aither::diagnostic::{Diagnostic, Range, Severity, nearest};

fn check(diagnostic: Diagnostic, source: &str, expected: &str) {
    let found = diagnostic.plain(|_| Some(source));
    assert_eq!(found.trim_end(), expected.trim_matches('\n'), "\n{found}\n");
}

#[test]
fn a_message_shows_the_place_the_line_a_mark_and_the_remedy() {
    let source = "let beat = phasor(2);\nregister(\"lead\", oscc(440));\n";
    let diagnostic = Diagnostic::error("lead.rhai", 2, 18, "there is no helper `oscc`").length(4);
    check(
        diagnostic.help("did you mean `osc`? osc(freq = 440 Hz)"),
        source,
        r#"
error: there is no helper `oscc`
 --> lead.rhai:2:18
  |
2 | register("lead", oscc(440));
  |                  ^^^^
  |
  = help: did you mean `osc`? osc(freq = 440 Hz)
"#,
    );
}

#[test]
fn every_severity_has_its_word() {
    let source = "x\n";
    check(
        Diagnostic::new(Severity::Warning, "a.rhai", 1, 1, "odd"),
        source,
        "
warning: odd
 --> a.rhai:1:1
  |
1 | x
  | ^
",
    );
    check(
        Diagnostic::new(Severity::Note, "a.rhai", 1, 1, "by the way"),
        source,
        "
note: by the way
 --> a.rhai:1:1
  |
1 | x
  | ^
",
    );
}

#[test]
fn other_places_follow_with_their_labels() {
    let diagnostic = Diagnostic::error("b.rhai", 1, 10, "two files register `bass`").length(6);
    let diagnostic = diagnostic.also("a.rhai", 2, 10, "also registered here");
    check(
        diagnostic,
        "register(\"bass\", saw(55));\nregister(\"bass\", tri(55));",
        r#"
error: two files register `bass`
 --> b.rhai:1:10
  |
1 | register("bass", saw(55));
  |          ^^^^^^
  |
 ::: a.rhai:2:10
  |
2 | register("bass", tri(55));
  |          - also registered here
"#,
    );
}

#[test]
fn without_a_line_or_a_text_the_place_is_still_named() {
    let diagnostic = Diagnostic::error("a.rhai", 0, 0, "it is not UTF-8 text").help("save it as UTF-8");
    check(
        diagnostic,
        "",
        "
error: it is not UTF-8 text
--> a.rhai
 = help: save it as UTF-8
",
    );
    let diagnostic = Diagnostic::error("a.rhai", 7, 3, "unknown").also("b.rhai", 1, 1, "see here");
    check(
        diagnostic,
        "short\nfile",
        "
error: unknown
 --> a.rhai:7:3
  |
 ::: b.rhai:1:1
  |
1 | short
  | - see here
",
    );
    check(
        Diagnostic::error("", 0, 0, "no sound device"),
        "",
        "
error: no sound device
",
    );
}

#[test]
fn columns_count_characters_and_tabs_are_one() {
    check(
        Diagnostic::error("a.rhai", 1, 16, "wide").length(3),
        "let ü = \"日本\" + osc;",
        r#"
error: wide
 --> a.rhai:1:16
  |
1 | let ü = "日本" + osc;
  |                  ^^^
"#,
    );
    check(
        Diagnostic::error("a.rhai", 1, 3, "tabs").length(3),
        "\t\tosc();",
        "
error: tabs
 --> a.rhai:1:3
  |
1 |         osc();
  |         ^^^
",
    );
}

#[test]
fn a_column_outside_the_line_is_its_end_and_an_unknown_one_is_the_whole_line() {
    check(
        Diagnostic::error("a.rhai", 1, 99, "unfinished").length(9),
        "let x =\r\n",
        "
error: unfinished
 --> a.rhai:1:8
  |
1 | let x =
  |        ^
",
    );
    check(
        Diagnostic::error("a.rhai", 1, 0, "this line"),
        "  let x = 1;  ",
        "
error: this line
 --> a.rhai:1:3
  |
1 |   let x = 1;  
  |   ^^^^^^^^^^
",
    );
    check(
        Diagnostic::error("a.rhai", 2, 1, "empty"),
        "\n\n",
        "
error: empty
 --> a.rhai:2:1
  |
2 |
  | ^
",
    );
    check(
        Diagnostic::error("a.rhai", 2, 1, "end"),
        "let x = (\n",
        "
error: end
 --> a.rhai:2:1
  |
2 |
  | ^
",
    );
}

#[test]
fn a_long_line_is_shown_around_the_mark() {
    let line = format!("{}oscc{}", "x + ".repeat(60), " + y".repeat(60));
    check(Diagnostic::error("a.rhai", 1, 241, "here").length(4), &line, "
error: here
 --> a.rhai:1:241
  |
1 | ... + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + oscc + y + y + y + y + y + y + y + y + y + y + y + y + y + y + y + ...
  |                                                                   ^^^^
");
    let line = format!("{}oscc{}", "é + ".repeat(1_000_000), " + y".repeat(1_500_000));
    check(
        Diagnostic::error("a.rhai", 1, 4_000_001, "here").length(4),
        &line,
        "
error: here
 --> a.rhai:1:4000001
  |
 ::: 
1 | …é + é + é + é + é + é + é + é + é + é + oscc + y + y + y + y + y + y + y + y + y + y + y + y + y + y…
  |                                          ^^^^
",
    );
    check(
        Diagnostic::error("a.rhai", 1, 1, "all").length(10_000_000),
        &line,
        "
error: all
 --> a.rhai:1:1
  |
 ::: 
1 | é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + é + …
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
",
    );
}

#[test]
fn control_characters_in_names_cannot_reach_the_terminal() {
    check(
        Diagnostic::error("a.rhai", 1, 1, "no signal `a\u{1b}[31m`"),
        "a\u{1b}[31mb",
        "
error: no signal `a␛[31m`
 --> a.rhai:1:1
  |
1 | a␛[31mb
  | ^
",
    );
}

#[test]
fn a_text_that_is_not_at_hand_leaves_the_place() {
    let diagnostic = Diagnostic::error("a.rhai", 7, 3, "unknown").also("b.rhai", 1, 1, "see here");
    assert_eq!(
        diagnostic.plain(|_| None).trim_end(),
        "error: unknown\n--> a.rhai:7:3\n::: b.rhai:1:1\n = note: see here"
    );
}

#[test]
fn as_json_it_has_five_fields() {
    let diagnostic = Diagnostic::error("a.rhai", 2, 18, "no `x`").length(4).also("b.rhai", 1, 1, "see");
    let expected = r#"{"file":"a.rhai","line":2,"column":18,"message":"no `x`","help":null}"#;
    assert_eq!(serde_json::to_string(&diagnostic).unwrap(), expected);
    let expected = r#"{"file":"a.rhai","line":2,"column":18,"message":"no `x`","help":"try `y`"}"#;
    assert_eq!(serde_json::to_string(&diagnostic.help("try `y`")).unwrap(), expected);
}

#[test]
fn a_range_holds_the_word_the_text_or_the_line_that_is_meant() {
    let text = "let a = 1;\n  beep(\"é🎵\", x_1) ;\r\nfoo\n";
    let range = |line, column, length| {
        let Range { start, end } = Range::of(text, line, column, length);
        ((start.line, start.character), (end.line, end.character))
    };
    assert_eq!(range(2, 3, 1), ((1, 2), (1, 6)), "a word");
    assert_eq!(range(2, 8, 1), ((1, 7), (1, 12)), "a text in quotation marks, whose second letter is two units");
    assert_eq!(range(2, 14, 1), ((1, 14), (1, 17)), "a word behind it: one unit later than its character");
    assert_eq!(range(2, 7, 1), ((1, 6), (1, 7)), "a sign");
    assert_eq!(range(2, 3, 2), ((1, 2), (1, 4)), "as many as are marked");
    assert_eq!(range(2, 0, 1), ((1, 2), (1, 20)), "what is written in a line, without its end");
    assert_eq!(range(3, 3, 9), ((2, 2), (2, 3)), "never beyond the end");
    assert_eq!(range(3, 4, 1), ((2, 3), (2, 3)), "behind the last letter");
    assert_eq!(range(0, 0, 1), ((0, 0), (0, 10)), "a file as a whole is its first line");
    assert_eq!(range(9, 5, 1), ((8, 0), (8, 0)), "a line that is not there");
}

#[test]
fn a_slip_finds_the_name_that_was_meant() {
    const NAMES: &[&str] = &[
        "osc", "saw", "tri", "square", "pulse", "phasor", "noise", "lowpass", "highpass", "lpf", "hpf", "bpf", "delay",
        "feedback", "tremolo", "chorus", "fade_in", "fade", "fade_out", "sin", "asin", "pi", "ln", "pan", "TAU", "E",
    ];
    for (slip, meant) in [
        ("oscc", Some("osc")),
        ("ocs", Some("osc")),
        ("OSC", Some("osc")),
        ("tau", Some("TAU")),
        ("swa", Some("saw")),
        ("corus", Some("chorus")),
        ("chrous", Some("chorus")),
        ("lowpas", Some("lowpass")),
        ("low", Some("lowpass")),
        ("higpass", Some("highpass")),
        ("oscillator", Some("osc")),
        ("feedbcak", Some("feedback")),
        ("fadein", Some("fade_in")),
        ("fadeout", Some("fade_out")),
        ("fad", Some("fade")),
        ("lnn", Some("ln")),
        // Nobody means these.
        ("hi", None),
        ("x", None),
        ("", None),
        ("granulator", None),
        ("reverb", None),
        ("phonograph", None),
        ("since_then_every_single_night", None),
        ("osc", None),
    ] {
        assert_eq!(nearest(slip, NAMES.iter().copied()), meant, "{slip}");
    }
    assert_eq!(nearest(&"o".repeat(10_000), NAMES.iter().copied()), None);
    assert_eq!(nearest("bat", ["cat", "bag"]), Some("bag"), "the first letter is rarely the slip");
}
