//! Closures as programs: sample by sample what Rhai's own interpreter makes of them. Rulings that differ from Rhai stand in `rulings`.

use crate::played::{interpreted, lowered, render};

const FRAMES: usize = 300;

fn compare(name: &str, text: &str) {
    let lowered = lowered(text).unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
    let rendered = render(lowered.program, FRAMES);
    let wanted = interpreted(text, FRAMES);
    for (frame, (found, wanted)) in rendered.frames.iter().zip(&wanted).enumerate() {
        let same =
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| a == b || a.is_nan() && b.is_nan());
        assert!(same, "{name}: frame {frame} is {found:?}, not {wanted:?}\n{text}\n{}", rendered.program);
    }
    assert!(rendered.faults.iter().all(|&count| count == 0), "{name}: faults {:?}", rendered.faults);
}

fn compare_all(table: &[(&str, &str)]) {
    table.iter().for_each(|(name, text)| compare(name, text));
}

/// A script of one closure.
macro_rules! closures {
    ($($test:ident { $($name:literal: $body:literal,)* })*) => {$(
        #[test]
        fn $test() {
            compare_all(&[$(($name, concat!("register(\"x\", |s| { ", $body, " });")),)*]);
        }
    )*};
}

closures! {
    arithmetic_is_rhais {
        "time": "s.t * 3.0 - s.dt + s.sr / 1000.0",
        "frame is an int": "s.frame * 3 - s.frame / 7 + s.frame % 5",
        "mixed": "let a = s.frame; let b = a * 0.5; b + a - 2 * b * a",
        "power": "(s.t + 1.5) ** 2.5 + 2 ** 3",
        "remainder keeps the sign": "(s.frame - 150.0) % 7.5 + (s.frame - 150) % 7",
        "negative": "-(s.t * 2.0) + -3 - (-s.frame)",
        "bits": "((s.frame & 7) | 16) ^ (s.frame << 2) ^ (s.frame >> 1)",
        "sine": "sin(TAU * 220 * s.t) * 0.5",
        "functions": "sqrt(abs(cos(s.t * 9.0))) + tanh(s.t) + floor(s.t * 1000.0) + max(s.t, 0.002) + clamp(s.t, 0.001, 0.004)",
        "functions of ints": "sqrt(s.frame) + pow(2, s.frame % 4) + abs(3 - s.frame) + min(s.frame, 5)",
        "methods": "(s.t - 0.003).abs().sqrt().max(0.01)",
        "truth": "s.frame % 3 == 0",
        "comparisons": "let x = s.frame % 4; [x < 2, x <= 2, x > 2, x >= 2, x == 2, x != 2, 1.5 < x, x == 1.0]",
        "comparisons that nearly hold":
            "let x = (s.frame + 1) * 1e-30; [0.0 >= x, x <= 0.0, 0.0 < x, x == 0.0, s.t + 0.1 + 0.2 == s.t + 0.3, x != 2 * x]",
        "logic": "let x = s.frame; (x > 10 && x < 100) || !(x > 50) && x % 2 == 0",
        "constants": "TAU * s.t + PI - E + SR / 1000.0",
        "conversions": "let x = s.t * 1000.0; to_int(x) + to_float(s.frame) * 0.5 + x.to_int() % 3",
        "known division": "(1 / 2) + 130 / 60 + s.t",
        "compound": "let x = s.t; x += 2; x *= 3.0; x -= 1; x /= 7; x %= 0.5; x **= 2; x",
        "compound ints": "let x = s.frame; x += 2; x *= 3; x -= 1; x %= 50; x &= 31; x |= 2; x ^= 5; x <<= 1; x >>= 2; x",
    }

    branches_are_rhais {
        "if": "let x = 0.0; if s.frame > 100 { x = 1.0; } x",
        "if else as value": "let y = if s.frame % 2 == 0 { 1.0 } else { -1.0 }; y * 0.5",
        "chain": "if s.frame < 50 { 0.1 } else if s.frame < 100 { 0.2 } else if s.frame < 150 { 0.3 } else { 0.4 }",
        "int becomes float": "let x = 1; if s.frame % 3 == 0 { x = 0.5 } x * 3",
        "nested": "let x = 0; if s.frame > 10 { x += 1; if s.frame > 20 { x += 2; } else { x -= 1; } x *= 3 } x",
        "early return": "if s.frame < 20 { return 0.25; } let y = s.t; if s.frame > 200 { return y; } y * 2.0",
        "return in both": "if s.frame % 2 == 0 { return 1; } else { return 2.5; }",
        "known condition": "let mode = 2; if mode == 2 { s.t } else { no_such_function(1) }",
        "known text": "let wave = \"saw\"; if wave == \"saw\" { s.t * 2.0 } else { s.t }",
        "block value": "let x = { let y = s.t; y * 2.0 }; x + 1.0",
        "shadowing": "let x = s.t; { let x = 5; x + 1 } let x = x * 2; x",
        "short circuit": "let n = 0; let f = || { n += 1; n > 0 }; let a = s.frame > 10 && f.call(); let b = s.frame > 20 || f.call(); n + (if a { 10 } else { 0 }) + (if b { 100 } else { 0 })",
        "arrays meet": "let a = [1.0, 2.0]; if s.frame % 2 == 0 { a[1] = s.t; } else { a[0] = 5; } a",
        "unused arms differ": "if s.frame > 5 { 1 } else { \"text\" }; s.t",
        "switch": "switch s.frame % 5 { 0 => 0.5, 1 | 2 => s.t, 3 if s.frame > 100 => 9.0, _ => -1.0 }",
        "switch ranges": "switch s.frame { 0..50 => 1, 50..=99 => 2, 100..200 if s.frame % 2 == 0 => 3, _ => 4 }",
        "switch statement": "let x = 0; switch s.frame % 3 { 0 => { x = 1; } 1 => { x = 2.5; } _ => () } x",
        "switch without default": "let y = 7; switch s.frame % 4 { 2 => y = s.t, 3 => { y += 1 } } y",
        "switch on text": "let m = \"b\"; switch m { \"a\" => 1.0, \"b\" => s.t, _ => 0.0 }",
        "switch on bool": "switch s.frame > 50 { true => 1.0, false => s.t }",
        "in": "let x = s.frame % 10; (if x in 2..5 { 1 } else { 0 }) + (if x in [7, 9] { 10 } else { 0 }) + (if x !in 0..=3 { 100 } else { 0 })",
    }

    loops_are_rhais {
        "for": "let x = 0.0; for i in 0..10 { x += i * s.t; } x",
        "for inclusive": "let x = 0; for i in 1..=5 { x += i * s.frame; } x",
        "for steps": "let x = 0.0; for i in range(0, 20, 3) { x = x * 0.5 + i + s.t; } x",
        "for down": "let x = 0.0; for i in range(10, 0, -2) { x = x * 0.5 + i + s.t; } x",
        "for floats": "let x = 0.0; for f in range(0.0, 1.0, 0.25) { x += f * s.t; } x",
        "for array": "let x = 0.0; for (v, i) in [0.5, s.t, 2.0] { x += v * i; } x",
        "for with counter": "let x = 0; for (v, i) in 5..9 { x += v * i + s.frame; } x",
        "for computed": "let x = 0; for i in 0..(s.frame % 7) { x += i * i; } x",
        "for computed start": "let x = 0.0; for i in (s.frame % 5)..=8 { x += i * 0.5; } x",
        "nested computed": "let x = 0; for i in 0..(s.frame % 4) { for j in 0..(i + 2) { x += i * 10 + j; } } x",
        "nested known": "let x = 0.0; for i in 0..4 { for j in 0..3 { x += i * j * s.t; } } x",
        "while": "let n = s.frame; let k = 0; while n > 1 { n = if n % 2 == 0 { n >> 1 } else { 3 * n + 1 }; k += 1; } k",
        "while known": "let i = 0; let x = 0.0; while i < 8 { x += s.t * i; i += 1; } x",
        "loop break value": "let n = s.frame; let k = 0; let r = loop { if n < 3 { break k * 0.5; } n -= 3; k += 1; }; r + n",
        "continue": "let x = 0; for i in 0..12 { if (i + s.frame) % 3 == 0 { continue; } x += i; } x",
        "continue computed": "let x = 0; let i = 0; while i < s.frame % 9 { i += 1; if i % 2 == 0 { continue; } x += i; } x",
        "break computed": "let x = 0.0; for i in 0..20 { if x > s.t * 500.0 { break; } x += 0.3; } x",
        "break far": "let x = 0; for i in 0..200 { if i * i > s.frame { break; } x = i; } x",
        "return in loop": "for i in 0..200 { if i * i > s.frame { return i; } } -1",
        "do while": "let x = s.frame; let k = 0; do { x -= 7; k += 1; } while x > 0; k + x",
        "do until": "let x = s.frame; let k = 0; do { x -= 7; k += 1; } until x <= 0; k + x",
        "do continue skips the test": "let k = 0; let x = s.frame % 5; do { k += 1; if k < 3 { continue; } x -= 1; } while x > 0; k * 10 + x",
        "do known": "let k = 0; let x = 0.0; do { x += s.t; k += 1; } while k < 4; x",
        "loop known": "let k = 0; loop { k += 1; if k == 5 { break; } } k + s.t",
        "arrays in loops": "let a = [0.0, 0.0, 0.0]; let i = 0; while i < s.frame % 6 { a[i % 3] += i * 0.5; i += 1; } a",
        "types widen in loops": "let x = 1; let i = 0; while i < s.frame % 5 { x = x * 0.5 + i; i += 1; } x",
        "mandelbrot": "let x = 0.0; let y = 0.0; let n = 0; let c = s.frame / 150.0 - 1.5; while x * x + y * y < 4.0 && n < 100 { let t = x * x - y * y + c; y = 2.0 * x * y + 0.1; x = t; n += 1; } n",
    }

    arrays_and_maps_are_rhais {
        "channels": "[sin(TAU * 220 * s.t), sin(TAU * 221 * s.t)]",
        "literal index": "let a = [s.t, 2.0, 3.0]; a[0] + a[-1] * a[1]",
        "computed index": "let a = [1.0, 0.5, s.t, 4.0]; a[s.frame % 4]",
        "long table": "let a = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]; a[s.frame % 10] * 0.5",
        "write": "let a = [0, 0, 0]; a[1] = s.t; a[2] += 2; a",
        "computed write": "let a = [0, 0, 0, 0]; a[s.frame % 4] = s.t; a[(s.frame + 1) % 4] += 2; a",
        "nested": "let a = [[1, 2], [3, s.t]]; a[1][0] += a[1][1]; a[s.frame % 2][1] + a[1][0]",
        "nested write": "let a = [[1, 2], [3, 4]]; a[s.frame % 2][1] = s.t; [a[0][1], a[1][0], a[1][1]]",
        "length and push": "let a = []; for i in 0..5 { a.push(i * s.t); } a.push(1.0); a[a.len() - 2] + a.len",
        "pop and reverse": "let a = [1.0, s.t, 3.0]; let last = a.pop(); a.reverse(); a.insert(1, 9.0); a[0] + a[1] * last",
        "value semantics": "let a = [1.0, 2.0]; let b = a; b[0] = s.t; a[0] + b[0]",
        "map": "let m = #{f: 2.0, deep: #{x: s.t}}; m.f += 1; m.deep.x *= m[\"f\"]; m.extra = 4; m.deep.x + m.f + m.extra",
        "maps meet": "let m = #{a: 1, b: 2.0}; if s.frame > 9 { m.a = s.t; } m.a + m.b",
        "missing field": "let m = #{a: s.t}; (m.b ?? 5.0) + (m?.a ?? 3.0)",
        "concatenate": "let a = [1, 2] + [3]; a += 4; a[s.frame % 4] + a.len()",
        "map and reduce": "let a = [1.0, 2.0, 3.0].map(|x| x * s.t); a.reduce(|sum, x| sum + x, 0.0)",
        "strings": "let n = `voice ${1 + 1}`; n.len() + s.name.len() + s.t",
    }

    functions_are_rhais {
        "closure call": "let f = |x| x * 2.0; f.call(s.t) + call(f, 3)",
        "closure captures": "let k = s.t; let f = |x| x + k; f.call(1.0)",
        "closure mutates": "let n = 0; let f = |x| { n += x; n }; f.call(s.t); f.call(2); n",
        "closures in closures": "let k = 2; let f = |x| { let g = |y| y * k + x; g.call(s.t) }; f.call(1)",
        "closure in array": "let fs = [|x| x + 1, |x| x * 2]; fs[0].call(s.t) + fs[1].call(s.t)",
        "shared": "let n = 0; let inc = || n += 1; let get = || n; inc.call(); if s.frame % 2 == 0 { inc.call(); } get.call() + n",
    }

    the_sandbox_is_rhais {
        "counter": "s.state[0] += 1; s.state[0]",
        "chaos": "if s.state[0] == 0.0 { s.state[0] = 0.5; } s.state[2] += 1.0; if s.state[2] >= 20.0 { s.state[2] = 0.0; s.state[0] = 3.59 * s.state[0] * (1.0 - s.state[0]); } let freq = 200 + s.state[0] * 400; s.state[1] = (s.state[1] + freq / s.sr) % 1.0; sin(s.state[1] * TAU) * 0.3",
        "branches": "if s.frame % 3 == 0 { s.state[1] = s.t; } else { s.state[2] += 1; } if s.state[2] > 50 { s.state[2] = 0; return s.state[1]; } s.state[1] + s.state[2]",
        "computed index": "let i = s.frame % 16; s.state[i] += s.t; s.state[(i + 5) % 16] + s.state[3]",
        "float index": "let i = s.frame % 16 / 1.0; s.state[i] = i; s.state[i] + s.state[2.0]",
        "loops": "for i in 0..8 { s.state[i] = s.state[i] * 0.9 + i; } let x = 0.0; for i in 0..8 { x += s.state[i]; } x",
        "computed loops": "let i = 0; while i < s.frame % 9 { s.state[i] += 1; s.state[20] += i; i += 1; } s.state[20] + s.state[3]",
        "written before a loop": "s.state[0] = s.t; let x = 0.0; for i in 0..(s.frame % 4) { x += s.state[0]; s.state[0] += 0.5; } x + s.state[0]",
        "alias": "let st = s.state; st[0] += 1; let w = s; w.state[1] += st[0]; st[1]",
    }
}

#[test]
fn script_functions_and_captures_are_rhais() {
    compare_all(&[
        ("function", "fn twice(x) { x * 2.0 } register(\"x\", |s| twice(s.t) + twice(3));"),
        ("returns", "fn f(x) { if x > 0.002 { return 1.0; } x } register(\"x\", |s| f(s.t) + f(1));"),
        (
            "of the world",
            "fn phase(s, f) { s.state[0] = (s.state[0] + f / s.sr) % 1.0; s.state[0] } register(\"x\", |s| phase(s, 440) * 2 - 1);",
        ),
        ("recursion", "fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } } register(\"x\", |s| fact(5) * s.t);"),
        ("constants inside", "fn f(x) { sin(TAU * x) / PI } register(\"x\", |s| f(s.t));"),
        ("captured number", "let f = 220; register(\"x\", |s| sin(TAU * f * s.t));"),
        (
            "captured array",
            "let notes = [55, 110, 165, 220, 275, 330, 385, 440, 495]; register(\"x\", |s| notes[s.frame % 9] * 0.5);",
        ),
        ("captured map", "let m = #{a: 2, b: [1.5, 3.0]}; register(\"x\", |s| m.a * s.t + m.b[s.frame % 2]);"),
        ("captured closure", "let k = 3; let f = |x| x * k; register(\"x\", |s| f.call(s.t));"),
        ("made by a function", "fn make(k) { |s| s.t * k } register(\"x\", make(7));"),
        ("value semantics", "fn set(a) { a[0] = 5.0; a[0] } register(\"x\", |s| { let a = [s.t]; set(a) + a[0] });"),
        ("function pointer", "fn twice(x) { x * 2.0 } register(\"x\", |s| { let f = Fn(\"twice\"); f.call(s.t) });"),
    ]);
}
