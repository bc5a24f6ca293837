//! Messages about values: wrong kinds, out of range, channels that do not fit, what closures cannot do.

use super::check;

#[test]
fn values_of_the_wrong_kind() {
    check(
        r#"register("a", osc("x"));"#,
        r#"
error: a text is no signal
 --> a.rhai:1:15
  |
1 | register("a", osc("x"));
  |               ^
  |
  = help: a signal is a number, what a helper gives, a closure `|s| ...`, or an array of them
"#,
    );
    check(
        r#"register("a", osc(#{a: 1}));"#,
        r#"
error: a map is no signal
 --> a.rhai:1:15
  |
1 | register("a", osc(#{a: 1}));
  |               ^
  |
  = help: a signal is a number, what a helper gives, a closure `|s| ...`, or an array of them
"#,
    );
    check(
        r#"register("a", osc(true));"#,
        r#"
error: true or false is no signal
 --> a.rhai:1:15
  |
1 | register("a", osc(true));
  |               ^
  |
  = help: a signal is a number, what a helper gives, a closure `|s| ...`, or an array of them
"#,
    );
    check(
        r#"register("a", []);"#,
        r#"
error: an empty array has no channels
 --> a.rhai:1:1
  |
1 | register("a", []);
  | ^
"#,
    );
    check(
        r#"register("a", pipe(osc(1), 5));"#,
        r#"
error: argument 2 of `pipe` is not a function of one signal
 --> a.rhai:1:15
  |
1 | register("a", pipe(osc(1), 5));
  |               ^
  |
  = help: pipe(osc(440), |x| lowpass(x, 800), |x| gain(x, 0.4))
"#,
    );
    check(
        r#"register("a", |s| "x");"#,
        r#"
error: this closure gives a text, not a number
 --> a.rhai:1:19
  |
1 | register("a", |s| "x");
  |                   ^
  |
  = help: a closure gives a number, or an array with one for each channel
"#,
    );
    check(
        "register(5, osc(1));",
        r#"
error: a signal's name is a text, not a whole number
 --> a.rhai:1:1
  |
1 | register(5, osc(1));
  | ^
  |
  = help: register("bass", saw(55))
"#,
    );
    check(
        r#"register("a", osc(1).delay(osc(2), 1.0));"#,
        r#"
error: delay: max must be a number that is known when the script loads
 --> a.rhai:1:22
  |
1 | register("a", osc(1).delay(osc(2), 1.0));
  |                      ^
  |
  = help: delay(input, max s, time s)
"#,
    );
    check(
        r#"let x = "a" - 1;"#,
        r#"
error: `-` does not work on a text and a whole number
 --> a.rhai:1:13
  |
1 | let x = "a" - 1;
  |             ^
"#,
    );
    check(
        "let a = [1, 2]; a[7];",
        r#"
error: there is no element 7: the array has 2
 --> a.rhai:1:19
  |
1 | let a = [1, 2]; a[7];
  |                   ^
  |
  = help: the first one is [0]
"#,
    );
    check(
        "let a = osc(1); a[0];",
        r#"
error: a signal has no elements
 --> a.rhai:1:18
  |
1 | let a = osc(1); a[0];
  |                  ^
  |
  = help: an array has: let a = [1, 2]; a[0]
"#,
    );
    check(
        "for x in 5 { }",
        r#"
error: `for` goes over ranges and arrays only
 --> a.rhai:1:10
  |
1 | for x in 5 { }
  |          ^
  |
  = help: for i in 0..4 { ... }
"#,
    );
    check(
        r#"register("a", [1, 2] * 3);"#,
        r#"
error: `*` does not work on arrays of plain numbers
 --> a.rhai:1:22
  |
1 | register("a", [1, 2] * 3);
  |                      ^
  |
  = help: work on its elements, or make it a signal first
"#,
    );
}

#[test]
fn constants_out_of_range() {
    check(
        r#"register("a", osc(1).lpf(-200, 3));"#,
        r#"
warning: lpf: cutoff = -200 Hz is outside 0 to 20000 Hz; 0 Hz is taken
 --> a.rhai:1:22
  |
1 | register("a", osc(1).lpf(-200, 3));
  |                      ^
  |
  = help: lpf(input, cutoff Hz, res)
warning: lpf: res = 3 is outside 0 to 1; 1 is taken
 --> a.rhai:1:22
  |
1 | register("a", osc(1).lpf(-200, 3));
  |                      ^
  |
  = help: lpf(input, cutoff Hz, res)
"#,
    );
    check(
        r#"register("a", osc(0.0 / 0.0));"#,
        r#"
warning: osc: freq is not a number; 0 Hz is taken
 --> a.rhai:1:15
  |
1 | register("a", osc(0.0 / 0.0));
  |               ^
  |
  = help: osc(freq Hz, phase = 0 turns, sync = 0)
"#,
    );
    check(
        "register(\"a\", osc(1)\n  .gain(1.0 / 0.0));",
        r#"
warning: gain: amount is infinite; 0 is taken
 --> a.rhai:2:4
  |
2 |   .gain(1.0 / 0.0));
  |    ^
  |
  = help: gain(input, amount)
"#,
    );
}

#[test]
fn channels_that_do_not_fit() {
    check(
        r#"register("a", [osc(1), osc(2)] + [osc(1), osc(2), osc(3)]);"#,
        r#"
error: `+` has 2 channels on one side and 3 on another
 --> a.rhai:1:32
  |
1 | register("a", [osc(1), osc(2)] + [osc(1), osc(2), osc(3)]);
  |                                ^
  |
  = help: one channel goes with any number; otherwise both need the same number
"#,
    );
    check(
        r#"register("a", lowpass([osc(1), osc(2)], [100, 200, 300]));"#,
        r#"
error: lowpass: input has 2 channels where another argument has 3
 --> a.rhai:1:15
  |
1 | register("a", lowpass([osc(1), osc(2)], [100, 200, 300]));
  |               ^
  |
  = help: lowpass(input, cutoff Hz)
"#,
    );
}

#[test]
fn what_cannot_be_compiled() {
    check(
        r#"register("a", |s| { print("x"); 1.0 });"#,
        r#"
error: `print` cannot be used in a closure, which runs for every sample
 --> a.rhai:1:21
  |
1 | register("a", |s| { print("x"); 1.0 });
  |                     ^
  |
  = help: call it outside of the closure
"#,
    );
    check(
        r#"register("a", |s| { try { 1.0 } catch { 2.0 } });"#,
        r#"
error: `try` cannot be used in a closure, which runs for every sample
 --> a.rhai:1:21
  |
1 | register("a", |s| { try { 1.0 } catch { 2.0 } });
  |                     ^
  |
  = help: nothing fails while a signal sounds: use `if`
"#,
    );
    check(
        r#"register("a", |s| { register("b", osc(1)); 1.0 });"#,
        r#"
error: `register` cannot be used in a closure, which runs for every sample
 --> a.rhai:1:21
  |
1 | register("a", |s| { register("b", osc(1)); 1.0 });
  |                     ^
  |
  = help: call it outside of the closure
"#,
    );
    check(
        r#"register("a", |s| s.state[128]);"#,
        r#"
error: `s.state[128]` does not exist: every signal has 128 slots
 --> a.rhai:1:26
  |
1 | register("a", |s| s.state[128]);
  |                          ^
  |
  = help: use s.state[0] to s.state[127] (SLOTS_PER_SIGNAL = 128)
"#,
    );
    check(
        r#"let x = 1; register("a", |s| { x = 2; 1.0 });"#,
        r#"
error: `x` is captured from outside of the closure and cannot be changed in it
 --> a.rhai:1:32
  |
1 | let x = 1; register("a", |s| { x = 2; 1.0 });
  |                                ^
  |
  = help: what must last from frame to frame belongs into s.state[0] (or into memory(n)); for one frame, copy it first with `let`
"#,
    );
    check(
        "fn f(x) { f(x) }\nregister(\"a\", |s| f(1.0));",
        r#"
error: functions call each other more than 64 deep
 --> a.rhai:1:11
  |
1 | fn f(x) { f(x) }
  |           ^
  |
  = help: a function that calls itself must come to an end that is known when the script loads
"#,
    );
}
