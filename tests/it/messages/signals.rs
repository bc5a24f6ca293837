//! Messages about signals and about scripts that stop.

use super::check;

#[test]
fn decisions_on_a_signal() {
    check(
        "if osc(1) { 1 }",
        r#"
error: `if`, `while`, `&&` and `||` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:4
  |
1 | if osc(1) { 1 }
  |    ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
    check(
        "let a = osc(1) && true;",
        r#"
error: `if`, `while`, `&&` and `||` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:9
  |
1 | let a = osc(1) && true;
  |         ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
    check(
        "let a = false || osc(1);",
        r#"
error: `if`, `while`, `&&` and `||` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:18
  |
1 | let a = false || osc(1);
  |                  ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
    check(
        "let a = !osc(1);",
        r#"
error: `!` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:9
  |
1 | let a = !osc(1);
  |         ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
    check(
        "let a = osc(1) in [osc(1)];",
        r#"
error: `in` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:16
  |
1 | let a = osc(1) in [osc(1)];
  |                ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
    check(
        "switch osc(1) { 1 => 2, _ => 3 }",
        r#"
error: `switch` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:8
  |
1 | switch osc(1) { 1 => 2, _ => 3 }
  |        ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
    check(
        "while osc(1) > 0 { }",
        r#"
error: `if`, `while`, `&&` and `||` cannot decide on a signal: it has no value while the script loads
 --> a.rhai:1:14
  |
1 | while osc(1) > 0 { }
  |              ^
  |
  = help: select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too
"#,
    );
}

#[test]
fn options_and_names_of_signals() {
    check(
        r#"register("a", 1, #{fade_inn: 3});"#,
        r#"
error: `register` has no option `fade_inn`
 --> a.rhai:1:1
  |
1 | register("a", 1, #{fade_inn: 3});
  | ^
  |
  = help: did you mean `fade_in`?
"#,
    );
    check(
        r#"register("a", 1, #{volume: 3});"#,
        r#"
error: `register` has no option `volume`
 --> a.rhai:1:1
  |
1 | register("a", 1, #{volume: 3});
  | ^
  |
  = help: options are fade_in, fade and fade_out, in seconds
"#,
    );
    check(
        r#"register("a", 1, #{fade: -3});"#,
        r#"
error: fade is a number of seconds from 0 to 600, not -3
 --> a.rhai:1:1
  |
1 | register("a", 1, #{fade: -3});
  | ^
  |
  = help: #{fade: 0.5}
"#,
    );
    check(
        r#"register("a", 1, #{fade: osc(1)});"#,
        r#"
error: fade is a number of seconds from 0 to 600, not a signal
 --> a.rhai:1:1
  |
1 | register("a", 1, #{fade: osc(1)});
  | ^
  |
  = help: #{fade: 0.5}
"#,
    );
    check(
        "register(\"a\", 1);\nregister(\"a\", 2);",
        r#"
error: the signal `a` is registered twice
 --> a.rhai:2:1
  |
2 | register("a", 2);
  | ^
  |
 ::: a.rhai:1:1
  |
1 | register("a", 1);
  | - registered here first
  |
  = help: give one of them another name, or add them up with mix(a, b)
"#,
    );
    check(
        r#"register("", 1);"#,
        r#"
error: a signal needs a name; this one is empty
 --> a.rhai:1:1
  |
1 | register("", 1);
  | ^
  |
  = help: register("bass", saw(55))
"#,
    );
    check(
        r#"unregister("nope");"#,
        r#"
note: there is no signal `nope` to unregister
 --> a.rhai:1:1
  |
1 | unregister("nope");
  | ^
"#,
    );
    check(
        "fn osc(x) { x }\nregister(\"a\", osc(3));",
        r#"
warning: the function `osc` of this script hides the built-in one
 --> a.rhai:1:11
  |
1 | fn osc(x) { x }
  |           ^
  |
  = help: give it another name if that is not meant
"#,
    );
}

#[test]
fn scripts_that_stop() {
    check(
        r#"throw "my own words";"#,
        r#"
error: the script stopped itself: my own words
 --> a.rhai:1:1
  |
1 | throw "my own words";
  | ^
"#,
    );
    check(
        "fn f(x) { f(x + 1) }\nf(1);",
        r#"
error: functions call each other too deep
 --> a.rhai:2:1
  |
2 | f(1);
  | ^
  |
  = help: a function that calls itself without end?
"#,
    );
    check(
        "loop { }",
        r#"
error: the script does not come to an end while it loads
 --> a.rhai:1:6
  |
1 | loop { }
  |      ^
  |
  = help: a loop without end? Per-sample work belongs into a closure |s| ...
"#,
    );
    check(
        r#"let a = "x"; loop { a += a; }"#,
        r#"
error: an array, a map or a text grows too large
 --> a.rhai:1:23
  |
1 | let a = "x"; loop { a += a; }
  |                       ^
  |
  = help: 65536 elements are the most, and 1048576 letters
"#,
    );
    check(
        r#"eval("1");"#,
        r#"
error: `eval` is not part of the language
 --> a.rhai:1:1
  |
1 | eval("1");
  | ^
  |
  = help: what it runs has no place in any file: write it out, or import it
"#,
    );
    check(
        "exit();",
        r#"
error: `exit` is not part of the language
 --> a.rhai:1:1
  |
1 | exit();
  | ^
  |
  = help: `return;` ends a script early
"#,
    );
    check(
        r#"import "nope" as n;"#,
        r#"
error: there is no script `nope` to import
 --> a.rhai:1:8
  |
1 | import "nope" as n;
  |        ^
  |
  = help: a file `nope.rhai` in the folder of scripts
"#,
    );
}
