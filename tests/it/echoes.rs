//! Rings that a program walks through slot by slot, and what it asks of its beginning: whatever is taken out of its code, it gives the
//! oracle's bits and leaves behind what the oracle leaves.

use std::sync::Arc;

use aither::compile::{BackEnd, Compiler};
use aither::dsp::denormals::Flush;
use aither::ir::call::QUANTUM;
use aither::ir::{Owner, Program, Way, verify};

use crate::lent::{Lent, same};
use crate::played::lowered;

/// The program of a script that registers one signal.
pub fn program(text: &str) -> Arc<Program> {
    let lowered = lowered(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let program = Arc::new(lowered.program);
    assert_eq!(verify(&program), []);
    program
}

/// How many pieces of code are made of a program: two where something was taken out of it.
fn pieces(program: &Arc<Program>) -> usize {
    let mut compiler = Compiler::new(BackEnd::Cranelift, 8 << 20).unwrap();
    let _code = compiler.compile(program).unwrap();
    compiler.statistics().functions
}

/// Compares every back end with the oracle: samples, memories and faults, from memory as `prepare` leaves it.
pub fn compare(program: &Arc<Program>, frames: usize, prepare: impl Fn(&mut Lent), what: &str) {
    let _flush = Flush::on();
    let render = |back_end: BackEnd, splits: &[usize], sink: Option<usize>| {
        let mut compiler = Compiler::new(back_end, 8 << 20).unwrap();
        let mut run = compiler.compile(program).unwrap();
        let mut lent = Lent::new(program);
        prepare(&mut lent);
        let mut elsewhere = match sink {
            Some(len) => lent.memories.iter().map(|memory| vec![0; memory.len().clamp(1, len)]).collect(),
            None => Vec::new(),
        };
        let (mut samples, mut splits, mut done) = (Vec::new(), splits.iter().cycle(), 0);
        while done < frames {
            // No run reaches into the next quantum, as the engine has it, but for those that say so.
            let count = *splits.next().unwrap();
            samples.push(lent.redirected(run.as_mut(), count, &mut elsewhere));
            done += count;
        }
        (samples, lent.memories, lent.faults, elsewhere)
    };
    for sink in [None, Some(1), Some(100), Some(1 << 20)] {
        for splits in [&[QUANTUM][..], &[17, 47], &[50]] {
            let wanted = render(BackEnd::Oracle, splits, sink);
            for back_end in BackEnd::here() {
                let found = render(back_end, splits, sink);
                let alike =
                    |(one, other): (&Vec<f64>, &Vec<f64>)| one.iter().zip(other).all(|(one, other)| same(*one, *other));
                let heard = wanted.0.iter().zip(&found.0).all(alike);
                assert!(heard, "{what} on {back_end}, splits {splits:?}, sink {sink:?}: other samples");
                assert!(wanted.1 == found.1, "{what} on {back_end}, splits {splits:?}, sink {sink:?}: other memory");
                assert_eq!(wanted.2, found.2, "{what} on {back_end}, splits {splits:?}, sink {sink:?}: other faults");
                assert!(wanted.3 == found.3, "{what} on {back_end}, splits {splits:?}, sink {sink:?}: other writes");
            }
        }
    }
}

/// A comb whose head moves on and whose line is read and written as these words say.
fn comb(len: usize, next: &str, read: &str, write: &str) -> String {
    format!(
        "fn comb(x) {{ let line = memory({len}); let own = memory(2);
           pipe(x, |x| {{ let head = own[0]; {read} own[1] = out * 0.8 + own[1] * 0.2; {write} own[0] = {next}; out }}) }}
         register(\"comb\", comb(noise() * 0.5));"
    )
}

const READ: &str = "let out = line[head];";
const WRITE: &str = "line[head] = x + own[1] * 0.84;";

#[test]
fn a_ring_that_is_walked_through_slot_by_slot_is_taken_out_however_its_head_is_written() {
    for (len, next) in [
        (64, "if head + 1 >= 64 { 0 } else { head + 1 }"),
        (65, "(head + 1) % 65"),
        (100, "if head == 99 { 0 } else { head + 1 }"),
        (100, "if head < 79 { head + 1 } else { 0 }"),
        (1139, "{ let h = head + 1; if h == 1139 { h = 0; } h }"),
        (300, "min(head + 1, 300) % 300"),
    ] {
        let program = program(&comb(len, next, READ, WRITE));
        assert_eq!(pieces(&program), 2, "{len} slots, {next}");
        compare(&program, 1500, |_| {}, next);
    }
}

#[test]
fn a_ring_is_left_in_its_place_where_a_quantum_of_it_is_not_known_before() {
    let round = "(head + 1) % 200";
    for (len, next, read, write, what) in [
        (63, "(head + 1) % 63", READ, WRITE, "a ring shorter than a quantum"),
        (200, "(head + 2) % 200", READ, WRITE, "steps of two"),
        (200, "if x > 0 { (head + 1) % 200 } else { head }", READ, WRITE, "steps that somebody decides"),
        (200, round, "let out = line[(head + 190) % 200];", WRITE, "an echo of ten frames"),
        (200, round, "line[head] = x; let out = line[head];", "", "a slot that was written in the same frame"),
        (200, round, READ, "line[head] = x; line[(head + 100) % 200] = x;", "two writes"),
        (200, round, READ, "line[head] = x; own[0] = head;", "a head that is written twice"),
        (200, round, "let out = line[head] + line[7];", WRITE, "a slot that stays"),
        (200, round, "let out = line[to_int(abs(x) * 100)];", WRITE, "a slot that the sound chooses"),
        (150, round, READ, WRITE, "a head that leaves the ring"),
    ] {
        let program = program(&comb(len, next, read, write));
        assert_eq!(pieces(&program), 1, "{what}");
        compare(&program, 1000, |_| {}, what);
    }
}

#[test]
fn taps_of_one_ring_follow_one_head() {
    let read = "let out = line[(head + 100) % 500] - line[(head + 436) % 500] + line[head] * 0.5;";
    let program = program(&comb(500, "(head + 1) % 500", read, WRITE));
    assert_eq!(pieces(&program), 2);
    compare(&program, 2000, |_| {}, "three taps");
    // The head is heard as well, so the program moves it on itself.
    let read = "let out = line[head] + head * 0.001;";
    let heard = self::program(&comb(500, "(head + 1) % 500", read, WRITE));
    assert_eq!(pieces(&heard), 2);
    compare(&heard, 2000, |_| {}, "a head that is heard");
}

/// The memory in which a comb keeps its head.
fn head(program: &Program) -> usize {
    let is_it = |memory: &aither::ir::Memory| matches!(memory.owner, Owner::Cells(_)) && memory.len == 2;
    program.memories.iter().position(is_it).expect("a comb keeps its head")
}

#[test]
fn a_head_that_somebody_else_moves_is_looked_for_where_it_is() {
    let _flush = Flush::on();
    let program = program(&comb(100, "if head + 1 >= 100 { 0 } else { head + 1 }", READ, WRITE));
    let render = |back_end: BackEnd| {
        let mut run = Compiler::new(back_end, 8 << 20).unwrap().compile(&program).unwrap();
        let mut lent = Lent::new(&program);
        // A count, none, and a count again; whatever comes after a run stays where it lies.
        let samples = [28.0, 51.0, 0.5, 51.0, 99.0].map(|held| {
            let samples = [QUANTUM, QUANTUM].map(|frames| lent.run(run.as_mut(), frames));
            lent.memories[head(&program)][0] = f64::to_bits(held);
            samples.concat().into_iter().map(f64::to_bits).collect::<Vec<_>>()
        });
        (samples, lent.memories)
    };
    let wanted = render(BackEnd::Oracle);
    BackEnd::here().into_iter().for_each(|back_end| assert!(render(back_end) == wanted, "{back_end}"));
}

#[test]
fn a_head_that_holds_no_count_is_walked_as_it_is_written() {
    let program = program(&comb(100, "if head + 1 >= 100 { 0 } else { head + 1 }", READ, WRITE));
    assert_eq!(pieces(&program), 2);
    for held in [99.0, 40.0, 99.5, 0.25, -0.0, -3.0, 1e300, f64::NAN, f64::INFINITY, 100.0, 4096.0] {
        let prepare = |lent: &mut Lent| {
            lent.memories[head(&program)][0] = f64::to_bits(held);
            for (number, slot) in lent.memories.iter_mut().filter(|memory| memory.len() == 100).flatten().enumerate() {
                *slot = (number as f64 * 0.01).to_bits();
            }
        };
        compare(&program, 640, prepare, &format!("a head of {held}"));
    }
}

#[test]
fn an_echo_of_a_helper_is_taken_out_where_its_time_stays() {
    for (text, stays, what) in [
        ("noise().delay(0.5, 0.01)", true, "an echo"),
        ("noise().delay(0.001, 0.001)", false, "an echo shorter than a quantum"),
        ("noise().delay(0.01, 479.5 / 48000)", true, "an echo between two frames"),
        ("noise().feedback(0.02, 0.02, 0.6) * osc(3)", true, "an echo of echoes"),
        ("mix(noise().delay(0.1, 0.01), noise().delay(0.1, 0.03)) * 0.5", true, "two of them"),
        ("noise().delay(0.05, 0.02 + 0.01 * osc(3))", false, "a time that moves"),
    ] {
        let program = program(&format!("register(\"echo\", {text});"));
        let widths = [BackEnd::Simd128, BackEnd::Avx2, BackEnd::Avx512];
        for back_end in BackEnd::here().into_iter().filter(|one| widths.contains(one)) {
            let way = Compiler::new(back_end, 8 << 20).unwrap().compile(&program).unwrap().way();
            assert_eq!(matches!(way, Way::Frames { .. }), stays, "{what} on {back_end}: {way}");
        }
        let lines = |lent: &mut Lent| {
            for (number, slot) in lent.memories.iter_mut().filter(|memory| memory.len() > 2).flatten().enumerate() {
                *slot = (number as f64 * 0.001).to_bits();
            }
        };
        compare(&program, 1300, lines, what);
        // Its head counts on for ever, from wherever it is.
        let head = |lent: &mut Lent| {
            let count = program.memories.iter().position(|memory| matches!(memory.owner, Owner::Cells(_)));
            lent.memories[count.unwrap()][0] = u64::MAX - 100;
        };
        compare(&program, 1300, head, &format!("{what}, with a late head"));
    }
}

#[test]
fn what_a_program_asks_of_its_beginning_is_decided_once_it_is_over() {
    for (text, what) in [
        ("if s.frame == 0 { s.state[0] = 0.5; } s.state[0] = s.state[0] * 0.999; s.state[0]", "the first frame"),
        ("if s.frame < 100 { s.state[0] += 0.01; } else { s.state[0] *= 0.99; } s.state[0]", "the first hundred"),
        ("if 77 <= s.frame { s.state[0] += 0.01; } s.state[0]", "from the 77th on"),
        ("if !(s.frame > 70) || s.state[0] > 2.0 { s.state[0] += 0.03; } s.state[0]", "or something else"),
        ("if s.frame != 3 && s.frame != 130 { s.state[0] += 0.01; } s.state[0]", "all but two"),
        (
            "let x = if s.frame == 64 { s.state[0] = 1.0; 2.0 } else { 0.5 }; s.state[0] += x; s.state[0]",
            "a number of it",
        ),
    ] {
        let program = program(&format!("register(\"early\", |s| {{ {text} }});"));
        assert_eq!(pieces(&program), 2, "{what}");
        compare(&program, 300, |_| {}, what);
    }
    let program = program("register(\"late\", |s| if s.frame % 50 == 0 { 1.0 } else { 0.0 });");
    assert_eq!(pieces(&program), 1);
}

#[test]
fn what_does_not_wait_for_the_frame_before_is_rendered_ahead() {
    for (text, what) in [
        ("(osc(220) * osc(3) + osc(331)).lpf(900, 0.7)", "sound before a filter"),
        ("fold(noise().lpf(900, 0.7) * 3.0, 2.0) * (0.5 + 0.5 * osc(2))", "a shaper behind one"),
        (
            "pipe((osc(220) + osc(331)).lpf(900, 0.7), |x| { let d = x * x; let e = d * d + d; e * (0.5 + osc(3)) - e / (1.0 + d) })",
            "both",
        ),
        (
            "|s| { let a = sin(s.frame * 0.01); s.state[0] = s.state[0] * 0.9 + a * a; let b = s.state[0]; b * b * b / (1.0 + b * b) - sin(b) }",
            "a closure",
        ),
        (
            "|s| { let a = sin(s.frame * 0.02) * sin(s.frame * 0.03); let late = a > 0.2; s.state[0] += if late { a } else { 0.1 }; let high = s.state[0] > 60.0; let b = s.state[0] * 0.01; let c = if high && late { b * b } else { b / (2.0 + b * b) }; sin(c) }",
            "truths that go on",
        ),
        ("[osc(220).lpf(900, 0.7) * osc(1) * osc(2), osc(220) * osc(5)]", "two channels, one of them known"),
        (
            "pipe(osc(220) * osc(3), |x| { let line = memory(400); let own = memory(2); let head = own[0]; let out = line[head]; line[head] = x * 0.5 + out * 0.25; own[0] = (head + 1) % 400; let y = out * out; sin(out) + y * y - y / (1 + y) })",
            "an echo",
        ),
        (
            "pipe(osc(220) * osc(3), |x| { let line = memory(400); let own = memory(2); let head = own[0]; let out = line[head]; own[1] = own[1] * 0.5 + out; line[head] = x * 0.5 + own[1] * 0.25; own[0] = (head + 1) % 400; let y = own[1] * out; sin(out) + y * y - y / (1 + y) })",
            "an echo that is filtered",
        ),
    ] {
        let program = program(&format!("register(\"staged\", {text});"));
        for back_end in BackEnd::here().into_iter().filter(|one| !matches!(one, BackEnd::Oracle | BackEnd::Cranelift)) {
            let mut compiler = Compiler::new(back_end, 8 << 20).unwrap();
            let way = compiler.compile(&program).unwrap().way();
            let ahead = |way: &Way| matches!(way, Way::Frames { .. } | Way::Woven { .. });
            let some = matches!(&way, Way::Stages { stages } if stages.iter().any(ahead)) || ahead(&way);
            assert!(some, "{what} on {back_end}: {way}");
        }
        compare(&program, 1000, |_| {}, what);
    }
}
