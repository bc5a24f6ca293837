//! What scripts mean where it is ours to say: graphs, helpers in closures, limits, and every refusal with its words and place. Closures as Rhai runs them stand in `closures`.

use aither::script::Error;

use crate::played::{RATE, Rendered, lowered, lowered_with, render};

fn play(text: &str, frames: usize) -> Rendered {
    let lowered = lowered(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    render(lowered.program, frames)
}

/// The rows of a script's first signal.
fn rows(text: &str, frames: usize) -> Vec<Vec<f64>> {
    play(text, frames).frames
}

fn refused(text: &str) -> Error {
    match lowered(text) {
        Err(error) => error,
        Ok(lowered) => panic!("not refused:\n{text}\n{}", lowered.program),
    }
}

/// A script, the place of its error as `line:column`, its message and its help.
fn refuses(text: &str, place: &str, message: &str, help: &str) {
    let error = refused(text);
    let found = format!("{}:{}", error.place.line, error.place.column);
    assert_eq!(
        (found.as_str(), error.message.as_str(), error.help.as_deref().unwrap_or("")),
        (place, message, help),
        "\n{text}"
    );
}

#[test]
fn operators_on_signals_are_per_channel_and_mono_goes_to_all() {
    let text = "let x = gain([0.5, -2.0], 1); register(\"x\", [(x * 2 + 1).sum(), (x > 0).sum(), abs(x).sum(), (-x).sum(), (7 % x).sum()]);";
    assert_eq!(rows(text, 1), [[-1.0, 1.0, 2.5, 1.5, 1.0]]);
    assert_eq!(rows("register(\"x\", gain([1, 2], 1) * gain([3, 4], 1) / 2);", 1), [[1.5, 4.0]]);
    assert_eq!(rows("register(\"x\", gain(0.5, 1) == 0.5);", 1), [[1.0]]);
}

#[test]
fn mix_adds_channel_by_channel_and_mono_to_all() {
    let text = "register(\"x\", mix(gain(1, 1), gain([10, 20], 1), gain([100, 200, 300], 1)));";
    assert_eq!(rows(text, 1), [[111.0, 221.0, 301.0]]);
    assert_eq!(rows("register(\"x\", sum(mix(gain([1, 2, 3], 1), 1)));", 1), [[9.0]]);
}

#[test]
fn a_shared_node_is_computed_once() {
    let text = "let a = sin(gain(0.5, 3)); let b = a; register(\"x\", |s| a * s.t + a + b);";
    let once = lowered(text).unwrap().program.operations();
    let twice = lowered("register(\"x\", |s| sin(s.t) + sin(s.t * 2.0));").unwrap().program.operations();
    assert!(once < twice, "{once} and {twice} operations");
}

#[test]
fn pipe_applies_functions_of_one_signal() {
    let text = "register(\"x\", pipe(gain([0.25, 0.75], 1), |x| gain(x, 2), |x| [x[1], x[0]], |x| x + 1));";
    assert_eq!(rows(text, 1), [[2.5, 1.5]]);
    let text = "register(\"x\", pipe(|s| s.frame, |x| if x > 1 { 0.5 } else { x }));";
    assert_eq!(rows(text, 3), [[0.0], [1.0], [0.5]]);
}

#[test]
fn closures_see_the_sandbox_in_the_order_of_evaluation() {
    let text = "register(\"x\", [|s| { s.state[0] += 1; s.state[0] }, gain(|s| { s.state[0] *= 10; s.state[0] }, 1), |s| s.state[0]]);";
    assert_eq!(rows(text, 2), [[1.0, 10.0, 10.0], [11.0, 110.0, 110.0]]);
}

#[test]
fn captured_signals_are_numbers_or_channels() {
    let text = "let a = gain(|s| s.frame, 2); let b = gain([1, 2], 1); register(\"x\", |s| [a + b[0], b[1] * a, (b * a)[1], b.len()]);";
    assert_eq!(rows(text, 2), [[1.0, 0.0, 0.0, 2.0], [3.0, 4.0, 4.0, 2.0]]);
    let text = "let a = gain(0.5, 1); let deep = #{list: [a, 3], f: |x| x * a}; register(\"x\", |s| if s.frame > 0 { deep.list[0] } else { deep.f.call(8) });";
    assert_eq!(rows(text, 2), [[4.0], [0.5]]);
}

#[test]
fn helpers_work_inside_closures() {
    assert_eq!(rows("register(\"x\", |s| gain(s.frame, 0.5) + (s.frame + 1).gain([1, 2])[1]);", 2), [[2.0], [4.5]]);
    assert_eq!(rows("register(\"x\", |s| mix(gain([1, 2], 1), s.frame));", 2), [[1.0, 2.0], [2.0, 3.0]]);
    assert_eq!(rows("register(\"x\", |s| pipe(s.frame, |x| gain(x, 3), |x| x + 1));", 2), [[1.0], [4.0]]);
    assert_eq!(rows("register(\"x\", |s| gain(|s| s.frame * 2, 1));", 2), [[0.0], [2.0]]);
    assert_eq!(
        rows(
            "let x = 0; for i in 0..3 { x += i; } register(\"x\", |s| { let y = 0; for i in 0..3 { y += gain(i, 2); } y });",
            1
        ),
        [[6.0]]
    );
}

#[test]
fn arithmetic_on_channels_is_per_channel_in_closures() {
    let text = "register(\"x\", |s| { let a = [s.frame, 2.0]; let b = a * 0.5 + [1, 10]; -b + sin(a * 0) });";
    assert_eq!(rows(text, 2), [[-1.0, -11.0], [-1.5, -11.0]]);
    assert_eq!(rows("register(\"x\", |s| [s.frame, 1] > 0);", 2), [[0.0, 1.0], [1.0, 1.0]]);
}

#[test]
fn computed_indexes_truncate_and_clamp() {
    let text =
        "register(\"x\", |s| { let a = [10, 20, 30]; let i = s.frame - 1.5; [a[i], a[i + 0.9], a[5 - 7], a[1.0]] });";
    assert_eq!(
        rows(text, 4),
        [[10.0, 10.0, 10.0, 20.0], [10.0, 10.0, 10.0, 20.0], [10.0, 20.0, 10.0, 20.0], [20.0, 30.0, 10.0, 20.0]]
    );
    assert_eq!(rows("register(\"x\", |s| { let x = 0; for i in 0.0..3.0 { x += i; } x });", 1), [[3.0]]);
    let rendered = play(
        "register(\"x\", |s| { s.state[127] = 7; s.state[0] = 3; [s.state[s.frame * 100], s.state[0 - s.frame]] });",
        3,
    );
    assert_eq!(rendered.frames, [[3.0, 3.0], [0.0, 3.0], [7.0, 3.0]]);
    assert_eq!(rendered.faults, [1, 2]);
    assert_eq!(
        rendered.program.faults[0].message,
        "an index of `s.state` was outside 0 to 127; the nearest slot was taken"
    );
}

#[test]
fn whole_numbers_never_trap_in_a_frame() {
    let text = "register(\"x\", |s| [7 % (s.frame - 1), 7 / (s.frame - 1), (9223372036854775807 + s.frame) % 10]);";
    let rows = rows(text, 2);
    assert_eq!(rows[0], [0.0, -7.0, 7.0]);
    assert_eq!(rows[1], [0.0, f64::INFINITY, -8.0]);
}

#[test]
fn cases_of_a_switch_compare_numbers_of_both_kinds() {
    let text = "register(\"x\", |s| { let k = 2.0; let y = switch k { 2 => 10, _ => 20 }; switch s.frame * 0.5 { 0 => 1, 0.5 => 2, 1..3 => y, _ => 4 } });";
    assert_eq!(rows(text, 8), [[1.0], [2.0], [10.0], [10.0], [10.0], [10.0], [4.0], [4.0]]);
}

#[test]
fn a_loop_without_end_is_cut_short_and_reported() {
    let rendered = play(
        "register(\"x\", |s| { let n = 0; while n >= 0 * s.frame { n += 1; } for i in 0..(s.frame + 1) { n += 100000; } n });",
        2,
    );
    assert_eq!(rendered.frames, [[10_000.0], [10_000.0]]);
    assert_eq!(rendered.faults.iter().sum::<u64>(), 4);
    let message = "the loops of this closure took more than 10000 rounds in one frame; they were cut short";
    assert_eq!((rendered.program.faults[0].message.as_str(), rendered.program.faults[0].place.line), (message, 1));
    let text =
        "register(\"x\", |s| { let n = 0; let v = loop { n += 1; if n < 0 * s.frame { break n * 2.0; } }; v + n });";
    assert_eq!(rows(text, 1), [[10_000.0]]);
}

#[test]
fn what_the_world_is() {
    let text =
        "register(\"x\", |s| [s.t, s.dt, s.sr, s.frame, s.name.len(), s.position.x, s.position.y, SR, s.state.len()]);";
    assert_eq!(rows(text, 2)[1], [1.0 / RATE, 1.0 / RATE, RATE, 1.0, 1.0, 0.25, -3.0, RATE, 128.0]);
}

const LIBRARY: &[(&str, &str)] = &[
    (
        "tools.rhai",
        "import \"deep/more\" as more; const K = 3; fn twice(x) { 2 * x } fn thrice(x) { more::add(twice(x), x) + global::K * 0 } fn f() { |s| twice(s.frame) + K0() } fn K0() { 0 }",
    ),
    ("deep/more.rhai", "fn add(a, b) { a + b } fn bad(x) {\n  x + nothing\n}"),
];

#[test]
fn functions_of_imported_files_are_called_in_closures() {
    let rows =
        |text: &str| render(lowered_with(text, LIBRARY).unwrap_or_else(|error| panic!("{error:?}")).program, 3).frames;
    assert_eq!(rows("import \"tools\" as t; register(\"x\", |s| t::thrice(s.frame) + t::K);"), [[3.0], [6.0], [9.0]]);
    assert_eq!(rows("import \"tools\" as t; register(\"x\", t::f());"), [[0.0], [2.0], [4.0]]);
    let error = lowered_with("import \"deep/more\" as m; register(\"x\", |s| m::bad(s.t));", LIBRARY).unwrap_err();
    assert_eq!((error.place.file, error.place.line, error.place.column), (1, 2, 7));
    assert_eq!(error.message, "there is no variable `nothing`");
}

#[test]
fn warnings_of_helpers_come_once_and_with_their_signature() {
    let lowered = lowered("register(\"x\", |s| { let y = 0;\n for i in 0..3 { y += gain(s.t, 5000); } y });").unwrap();
    let [warning] = &lowered.warnings[..] else { panic!("{:?}", lowered.warnings) };
    assert_eq!(warning.message, "gain: amount = 5000 is outside -1000 to 1000; 1000 is taken");
    assert_eq!(warning.help.as_deref(), Some("gain(input, amount)"));
    assert_eq!((warning.place.line, warning.place.column), (2, 23));
}

#[test]
fn lowering_twice_gives_the_same_program() {
    let text = "let a = gain(|s| s.t, 2); register(\"x\", |s| { let x = 0; for i in 0..(s.frame % 7) { x += a * i; } \
                s.state[s.frame % 3] += x; switch s.frame % 9 { 1 => 1, 2 => 2, 3 => 3.5, 4..7 => s.state[1], _ => x } });";
    let first = lowered(text).unwrap().program;
    for _ in 0..5 {
        assert_eq!(lowered(text).unwrap().program, first);
    }
}

#[test]
fn numbers_of_a_script_are_data_and_do_not_change_the_shape() {
    let shape = |text: &str| aither::ir::ShapeKey::of(&lowered(text).unwrap().program);
    let text =
        |a: &str, b: &str| format!("let k = {a}; register(\"x\", |s| sin(s.t * k * {b}) * 0.5 + gain(s.t, {b}));");
    assert_eq!(shape(&text("220.0", "1.5")), shape(&text("330.0", "2.5")));
    assert_ne!(shape(&text("220.0", "1.5")), shape(&text("220.0 + 1", "s.t")));
}

#[test]
fn deep_and_wide_graphs_take_neither_stack_nor_time() {
    let deep = "let x = gain(1, 1); for i in 0..60000 { x = x + 1; } register(\"x\", x);";
    assert_eq!(rows(deep, 1), [[60_001.0]]);
    let error = refused("let x = gain(|s| s.t, 1); for i in 0..100000 { x += x * i + i; } register(\"wide\", x);");
    assert_eq!(error.message, "the signal `wide` needs more than 250000 operations per frame");
    let help = "split it into several signals, or let a loop whose number of rounds is computed do the work";
    assert_eq!(error.help.as_deref(), Some(help));
}

/// A closure of one line, the column of its error, message and help.
fn closure_refuses(body: &str, column: usize, message: &str, help: &str) {
    refuses(&format!("register(\"x\", |s| {{\n{body}\n}});"), &format!("2:{column}"), message, help);
}

#[test]
fn what_cannot_be_compiled_is_refused_at_its_place() {
    let never = |what: &str| format!("{what} cannot be used in a closure, which runs for every sample");
    closure_refuses("print(s.t); 1", 1, &never("`print`"), "call it outside of the closure");
    closure_refuses("try { 1 } catch { 2 }", 1, &never("`try`"), "nothing fails while a signal sounds: use `if`");
    closure_refuses("throw 5;", 1, &never("`throw`"), "nothing fails while a signal sounds: use `if`");
    closure_refuses("register(\"y\", 1); 1", 1, &never("`register`"), "call it outside of the closure");
    closure_refuses(
        "let n = `v${s.t}`; 1",
        9,
        "a text cannot be built for every sample",
        "texts in closures must be known when the script loads",
    );
    closure_refuses("this.x", 1, &never("`this`"), "give the value as an argument: f(x) instead of x.f()");
    closure_refuses(
        "if s.t { 1 } else { 2 }",
        4,
        "a condition is true or false, not a number",
        "compare the value: x > 0.0",
    );
    closure_refuses("let x = 1; x.foo", 14, "a number has no `.foo`", "maps have fields: #{a: 1}.a");
    closure_refuses("s.fram", 3, "`s` has no `fram`", "did you mean `s.frame`?");
    closure_refuses("s.t = 5;", 3, "this part of the world can only be read", "s.state[0] can be written");
    closure_refuses(
        "let x = nothing + 1; x",
        9,
        "there is no variable `nothing`",
        "let nothing = ...; gives it a value",
    );
    closure_refuses(
        "9223372036854775807 + 1",
        21,
        "this whole number is too large",
        "write it as a float: 1.0 instead of 1",
    );
}

#[test]
fn values_of_two_kinds_are_refused_where_they_are_used() {
    let help = "give it one kind of value on every way";
    let message = "`x` is a text on one way and a number on the other";
    closure_refuses("let x = 1; if s.t > 1 { x = \"a\"; } x + 1", 36, message, help);
    let message = "`a` is an array of one length on one way and of another length on the other";
    closure_refuses("let a = [1]; if s.t > 1 { a.push(2); } a[0]", 40, message, help);
    let message = "`x` is a number on one way and nothing on the other";
    closure_refuses("let x = if s.t > 1 { 2 }; x", 27, message, help);
}

#[test]
fn results_that_are_no_numbers_are_refused_at_the_closure() {
    let wanted = "a closure gives a number, or an array with one for each channel";
    let help = "the value of a closure is that of its last statement";
    refuses("register(\"x\", |s| { let x = s.t; });", "1:19", "this closure gives no value", help);
    refuses("register(\"x\", |s| \"text\");", "1:19", "this closure gives a text, not a number", wanted);
    refuses(
        "register(\"x\", |s| []);",
        "1:19",
        "this closure gives an empty array",
        "an array needs a number for each channel",
    );
}

#[test]
fn captured_variables_and_constants_cannot_change() {
    let help = "what must last from frame to frame belongs into s.state[0] (or into memory(n)); for one frame, copy it \
                first with `let`";
    let message = "`n` is captured from outside of the closure and cannot be changed in it";
    refuses("let n = 0; register(\"x\", |s| { n += 1; n });", "1:32", message, help);
    refuses("let n = [0]; register(\"x\", |s| { n[0] = 1; n });", "1:34", message, help);
    refuses("let n = [0]; register(\"x\", |s| { n.push(1); n });", "1:34", message, help);
    assert_eq!(rows("let n = 4; register(\"x\", |s| { let n = n; n += 1; n });", 2), [[5.0], [5.0]]);
}

#[test]
fn the_sandbox_has_128_slots() {
    let help = "use s.state[0] to s.state[127] (SLOTS_PER_SIGNAL = 128)";
    closure_refuses("s.state[128]", 8, "`s.state[128]` does not exist: every signal has 128 slots", help);
    closure_refuses(
        "s.state[0] = 1; s.state[-1] += 1; 1",
        24,
        "`s.state[-1]` does not exist: every signal has 128 slots",
        help,
    );
    assert_eq!(rows("register(\"x\", |s| s.state[127]);", 1), [[0.0]]);
}

#[test]
fn calls_that_fit_nothing_are_refused_with_what_would() {
    closure_refuses("gian(s.t, 2)", 1, "there is no function `gian`", "did you mean `gain`? gain(input, amount)");
    closure_refuses("sin(1, 2)", 1, "`sin` takes 1 argument, not 2", "sin(x)");
    closure_refuses("gain(s.t)", 1, "`gain` takes 2 arguments, not 1", "gain(input, amount)");
    closure_refuses(
        "let f = |x| x; f.call(1, 2)",
        18,
        "this closure takes 1 argument, not 2",
        "the names between | and | are what it takes",
    );
    let text = "fn f(a, b) { a } register(\"x\", |s| f(1));";
    refuses(text, "1:36", "the function `f` takes 2 arguments", "f(a, b)");
    let message = "`gain` cannot be used in a loop whose number of rounds is not known";
    let help = "every round would need a memory of its own: loop over a known range";
    closure_refuses("let x = 0; for i in 0..s.frame { x += gain(s.t, 2); } x", 39, message, help);
    let message = "`*` has 2 channels on one side and 3 on another";
    let help = "one channel goes with any number; otherwise both need the same number";
    closure_refuses("[s.t, 1] * [1, 2, 3]", 10, message, help);
    refuses("register(\"x\", gain([1, 2], 1) * gain([1, 2, 3], 1));", "1:31", message, help);
}

#[test]
fn recursion_without_a_known_end_is_refused() {
    let help = "a function that calls itself must come to an end that is known when the script loads";
    let message = "functions call each other more than 64 deep";
    let text = "fn f(x) { if x > 100 { x } else { f(x + 1) } } register(\"x\", |s| f(s.frame));";
    refuses(text, "1:35", message, help);
    closure_refuses("loop { s.state[0] += 1; }", 1, "this loop never ends", "leave it with `break` or `return`");
    refuses(
        "register(\"x\", |s| { let i = 0; while i >= 0 { i = (i + 1) % 5; } });",
        "1:32",
        "this loop takes more than 10000 rounds in one sample",
        "does it ever end? leave it with `break` or `return`",
    );
}

#[test]
fn nesting_as_deep_as_rhai_parses_fits_on_a_small_stack() {
    let deep = |depth: usize| format!("{}s.t{}", "(1 + ".repeat(depth), ")".repeat(depth));
    let text = format!("register(\"x\", |s| {});", deep(100));
    assert_eq!(rows(&text, 1), [[100.0]]);
    let blocks = format!("{}1{}", "if s.t >= 0.0 { ".repeat(60), " } else { 0 }".repeat(60));
    assert_eq!(rows(&format!("register(\"x\", |s| {blocks});"), 1), [[1.0]]);
    let calls = "fn f(n, x) { if n > 0 { let y = [x * (1 + (2 - 1))]; f(n - 1, y[0]) + 1 } else { x } } register(\"x\", |s| f(60, s.t));";
    assert_eq!(rows(calls, 1), [[60.0]]);
    let nested = format!("{}g(n - 1, x){}", "(1 + ".repeat(22), ")".repeat(22));
    let text = format!("fn g(n, x) {{ if n > 0 {{ {nested} }} else {{ x }} }} register(\"x\", |s| g(60, s.t));");
    assert_eq!(refused(&text).message, "this nests too deep to be compiled");
}
