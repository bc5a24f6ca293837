//! Messages about how a script is written: what cannot be parsed, names that are not there, wrong counts.

use super::check;

#[test]
fn what_the_parser_cannot_read() {
    check(
        "let x = osc(440;",
        r#"
error: a `,` or a `)` is missing before this
 --> a.rhai:1:16
  |
1 | let x = osc(440;
  |                ^
"#,
    );
    check(
        r#"register("a", osc(440)"#,
        r#"
error: a `)` is missing here
 --> a.rhai:1:23
  |
1 | register("a", osc(440)
  |                       ^
"#,
    );
    check(
        "let x = 5\nlet y = 6;",
        r#"
error: a `;` is missing before this
 --> a.rhai:2:1
  |
2 | let y = 6;
  | ^
  |
  = help: a statement ends with `;`
"#,
    );
    check(
        r#"register("a, osc(440));"#,
        r#"
error: this text is not closed
 --> a.rhai:1:10
  |
1 | register("a, osc(440));
  |          ^
  |
  = help: a text ends with the quotation mark that it starts with
"#,
    );
    check(
        "let a = [1, 2;",
        r#"
error: a `,` or a `]` is missing before this
 --> a.rhai:1:14
  |
1 | let a = [1, 2;
  |              ^
"#,
    );
    check(
        "let x = ;",
        r#"
error: a value is missing before this
 --> a.rhai:1:9
  |
1 | let x = ;
  |         ^
"#,
    );
    check(
        "let = 4;",
        r#"
error: a name is missing here
 --> a.rhai:1:5
  |
1 | let = 4;
  |     ^
"#,
    );
    check(
        "let spawn = 1;",
        r#"
error: `spawn` is a reserved word
 --> a.rhai:1:5
  |
1 | let spawn = 1;
  |     ^
  |
  = help: use another name
"#,
    );
    check(
        "const A = 1; A = 2;",
        r#"
error: `A` is a constant and cannot change
 --> a.rhai:1:14
  |
1 | const A = 1; A = 2;
  |              ^
  |
  = help: let A = ...; makes a variable
"#,
    );
    check(
        "fn f(x) { x }\nfn f(y) { y }",
        r#"
error: the function `f` is defined twice
 --> a.rhai:2:1
  |
2 | fn f(y) { y }
  | ^
  |
  = help: give one of them another name
"#,
    );
    check(
        "break;",
        r#"
error: `break` and `continue` belong into loops
 --> a.rhai:1:1
  |
1 | break;
  | ^
"#,
    );
    check(
        "if 1 { 2 }",
        r#"
error: true or false is wanted here, not a number
 --> a.rhai:1:4
  |
1 | if 1 { 2 }
  |    ^
"#,
    );
    check(
        "let x = 1 @ 2;",
        r#"
error: there is no operator `@`
 --> a.rhai:1:11
  |
1 | let x = 1 @ 2;
  |           ^
"#,
    );
    check(
        "osc(1) = 5;",
        r#"
error: only a variable, or a part of one, can be assigned to
 --> a.rhai:1:1
  |
1 | osc(1) = 5;
  | ^
"#,
    );
}

#[test]
fn names_that_are_not_there() {
    check(
        r#"register("a", oscc(440));"#,
        r#"
error: there is no function `oscc`
 --> a.rhai:1:15
  |
1 | register("a", oscc(440));
  |               ^
  |
  = help: did you mean `osc`? osc(freq Hz, phase = 0 turns, sync = 0)
"#,
    );
    check(
        r#"register("a", osc(440).lpff(200, 0.5));"#,
        r#"
error: there is no function `lpff`
 --> a.rhai:1:24
  |
1 | register("a", osc(440).lpff(200, 0.5));
  |                        ^
  |
  = help: did you mean `lpf`? lpf(input, cutoff Hz, res)
"#,
    );
    check(
        r#"register("a", osc(freqq));"#,
        r#"
error: there is no variable `freqq`
 --> a.rhai:1:19
  |
1 | register("a", osc(freqq));
  |                   ^
  |
  = help: let freqq = ...; gives it a value
"#,
    );
    check(
        "let freq = 3;\nfn voice() { osc(freq) }\nregister(\"a\", voice());",
        r#"
error: there is no variable `freq`
 --> a.rhai:2:18
  |
2 | fn voice() { osc(freq) }
  |                  ^
  |
  = help: functions see only their arguments and constants
"#,
    );
    check(
        r#"register("a", osc(440) + saw);"#,
        r#"
error: there is no variable `saw`
 --> a.rhai:1:26
  |
1 | register("a", osc(440) + saw);
  |                          ^
  |
  = help: to call it: saw(freq Hz, phase = 0 turns, sync = 0)
"#,
    );
    check(
        r#"register("a", |s| sine(s.t));"#,
        r#"
error: there is no function `sine`
 --> a.rhai:1:19
  |
1 | register("a", |s| sine(s.t));
  |                   ^
  |
  = help: did you mean `sin`? sin(x)
"#,
    );
    check(
        r#"register("a", |s| s.stat[1]);"#,
        r#"
error: `s` has no `stat`
 --> a.rhai:1:21
  |
1 | register("a", |s| s.stat[1]);
  |                     ^
  |
  = help: did you mean `s.state`?
"#,
    );
    check(
        "let m = #{a: 1}; let b = m.b.c;",
        r#"
error: what stands before `.c` is nothing
 --> a.rhai:1:30
  |
1 | let m = #{a: 1}; let b = m.b.c;
  |                              ^
"#,
    );
    check(
        "voices::lead(3);",
        r#"
error: nothing is imported as `voices`
 --> a.rhai:1:1
  |
1 | voices::lead(3);
  | ^
  |
  = help: import "file" as voices;
"#,
    );
    check(
        "let a = osc(1); a.lpf;",
        r#"
error: a signal has no `lpf`
 --> a.rhai:1:19
  |
1 | let a = osc(1); a.lpf;
  |                   ^
  |
  = help: to call it, write brackets: lpf(input, cutoff Hz, res)
"#,
    );
}

#[test]
fn too_few_and_too_many_arguments() {
    check(
        r#"register("a", lowpass(osc(1)));"#,
        r#"
error: `lowpass` takes 2 arguments, not 1
 --> a.rhai:1:15
  |
1 | register("a", lowpass(osc(1)));
  |               ^
  |
  = help: lowpass(input, cutoff Hz)
"#,
    );
    check(
        r#"register("a", lowpass(osc(1), 2, 3, 4, 5, 6, 7, 8));"#,
        r#"
error: `lowpass` takes 2 arguments, not 8
 --> a.rhai:1:15
  |
1 | register("a", lowpass(osc(1), 2, 3, 4, 5, 6, 7, 8));
  |               ^
  |
  = help: lowpass(input, cutoff Hz)
"#,
    );
    check(
        r#"register("a", |s| lowpass(s.t));"#,
        r#"
error: `lowpass` takes 2 arguments, not 1
 --> a.rhai:1:19
  |
1 | register("a", |s| lowpass(s.t));
  |                   ^
  |
  = help: lowpass(input, cutoff Hz)
"#,
    );
    check(
        "fn f(x) { x }\nf(1, 2);",
        r#"
error: the function `f` takes 1 argument, not 2
 --> a.rhai:2:1
  |
2 | f(1, 2);
  | ^
  |
  = help: f(x)
"#,
    );
    check(
        r#"register("a");"#,
        r#"
error: `register` cannot be called with (a text)
 --> a.rhai:1:1
  |
1 | register("a");
  | ^
  |
  = help: register(name, signal, #{fade_in: 0.0, fade: 0.02, fade_out: 0.02})
"#,
    );
}

#[test]
fn what_poly_does_not_take() {
    let use_it = "poly(8, freq, gate, |freq, gate| osc(freq) * slew(gate, 0.3))";
    let whole = "`poly` takes a whole number of voices from 1 to 64 that is known";
    let told = |script: &str, column: usize, message: &str, help: &str| {
        let caret = " ".repeat(column - 1) + "^";
        check(
            script,
            &format!("error: {message}\n --> a.rhai:1:{column}\n  |\n1 | {script}\n  | {caret}\n  |\n  = help: {help}"),
        );
    };
    told("register(\"a\", poly(65, 220, 1, |f, g| osc(f)));", 15, whole, use_it);
    told("register(\"a\", poly(osc(1), 220, 1, |f, g| osc(f)));", 15, whole, use_it);
    told("register(\"a\", |s| poly(s.t, 220, 1, |f, g| osc(f)));", 19, whole, use_it);
    let no_voice = "the last argument of `poly` is no function of frequency and gate";
    told("register(\"a\", poly(4, 220, 1, osc(440)));", 15, no_voice, use_it);
    let names = "the names between | and | are what it takes";
    told("register(\"a\", poly(4, 220, 1, |f| osc(f)));", 15, "this closure takes 1 argument, not 2", names);
    let widths = "one channel goes with any number; otherwise both need the same number";
    let message = "`poly` has 2 channels on one side and 3 on another";
    told("register(\"a\", poly(4, [1, 2], [1, 0, 1], |f, g| osc(f)));", 15, message, widths);
    check(
        "register(\"a\", poly(2, [110, 220, 330], |f, g| osc(f) * g * 0.1));",
        r#"
warning: 3 notes at a time are more than 2 voices can play: the last ones are heard
 --> a.rhai:1:15
  |
1 | register("a", poly(2, [110, 220, 330], |f, g| osc(f) * g * 0.1));
  |               ^
  |
  = help: poly(3, …)
"#,
    );
}
