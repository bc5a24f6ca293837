//! Programs of which a part waits for the frame before: woven into vectors of frames they give the oracle's bits and leave behind what the oracle leaves.

use std::sync::Arc;

use aither::compile::code::Arena;
use aither::compile::lanes::{Ahead, Draft, Make, Tables, Width, widths};
use aither::compile::voices::Stateless;
use aither::compile::{BackEnd, Compiler};
use aither::dsp::denormals::Flush;
use aither::ir::call::Run;
use aither::ir::{Program, Type, Way, straighten};

use crate::echoes::{compare, program};
use crate::lent::{Lent, same};
use crate::programs::{lent, oracle};
use crate::random::{self, Flavour};
use crate::stand::Dice;

/// How wide back ends render a program.
fn ways(text: &str) -> Vec<Way> {
    let program = program(text);
    let wide = BackEnd::here().into_iter().filter(|one| matches!(one, BackEnd::Avx2 | BackEnd::Avx512));
    wide.map(|back_end| Compiler::new(back_end, 8 << 20).unwrap().compile(&program).unwrap().way()).collect()
}

/// A program woven into vectors, if it can be, whether that is worth while or not.
fn woven(program: &Program, width: Width) -> Option<Stateless> {
    let straight = straighten(program);
    let draft = Draft::of(straight.as_ref().unwrap_or(program), Make::woven(width));
    let draft = draft.unwrap_or_else(|error| panic!("{error}\n{program}"))?;
    let arena = Arena::new(1 << 20).expect("memory for code");
    let kernel = draft.place(&arena).expect("room for code");
    let tables = Tables::reserve(1 << 20).expect("room for tables");
    Some(Stateless(Ahead::whole(kernel, &tables).expect("room for tables"), 0))
}

/// Holds vectors of frames against the oracle: samples, and what is left behind.
fn hold(program: &Arc<Program>, types: &[Type], start: &Lent, mut run: Stateless, what: &str) {
    let (mut left, mut right) = (start.clone(), start.clone());
    for frames in [8, 64, 24, 64, 40, 64] {
        let (wanted, found) = (left.run(oracle(program).as_mut(), frames), right.run(&mut run, frames));
        assert!(
            wanted.iter().zip(&found).all(|(wanted, found)| same(*wanted, *found)),
            "{what}: other samples\n{program}"
        );
        for (index, (wanted, found)) in left.memories.iter().zip(&right.memories).enumerate() {
            for (slot, (&wanted, &found)) in wanted.iter().zip(found).enumerate() {
                let real = types.get(index).is_none_or(|ty| *ty == Type::Real);
                let nan = real && same(f64::from_bits(wanted), f64::from_bits(found));
                assert!(wanted == found || nan, "{what}, m{index}[{slot}]: {wanted:#x} and {found:#x}\n{program}");
            }
        }
    }
}

/// Weaves a program and asks how many recursions it has; and compares all back ends with the oracle, whatever they make of it.
fn check(text: &str, wanted: usize) {
    let _flush = Flush::on();
    let program = program(text);
    for width in widths().into_iter().filter(|width| *width != Width::Two) {
        let run = woven(&program, width).unwrap_or_else(|| panic!("{text} is not woven in"));
        let way = run.way();
        assert!(matches!(way, Way::Woven { recursions, .. } if recursions == wanted), "{wanted} of {text}: {way}");
        hold(&program, &[], &Lent::new(&program), run, text);
    }
    compare(&program, 1000, |_| {}, text);
}

/// A signal of a memory `own` that is computed from `x`, which needs nothing of the frame before, and enough beside it to be worth
/// while.
fn state(body: &str) -> String {
    format!(
        "fn woven(x) {{ let own = memory(24); pipe(x, |x| {{ {body} }}) }}
         register(\"woven\", woven(noise() * (osc(300) + osc(7.3)) + osc(0.5)) * osc(5) * (1 + osc(90)));"
    )
}

#[test]
fn a_number_that_waits_for_the_frame_before_is_woven_in() {
    check(&state("own[0] = own[0] * 0.9 + x * 0.1; own[0]"), 1);
    // What is read before it is written, and what is read behind.
    check(&state("let old = own[0]; own[0] = old * -0.7 + x; old + own[0] * 0.5"), 1);
    // Only the last number that is stored stays.
    check(&state("own[0] = own[0] * 0.5; own[0] = own[0] + x; own[0]"), 1);
    // One frame later, without a way back.
    check(&state("let old = own[0]; own[0] = x; x - old"), 1);
    check(&state("let old = own[0]; let older = own[1]; own[1] = old; own[0] = x; x - older"), 2);
}

#[test]
fn numbers_that_wait_for_each_other_are_one_recursion() {
    check(&state("let a = own[0]; let b = own[1]; own[0] = a * 0.9 - b * 0.3 + x; own[1] = a * 0.3 + b * 0.9; b"), 1);
    // And others that are given what those give are another one.
    check(
        &state(
            "own[0] = own[0] * 0.9 + x; let y = own[0] * own[0]; own[1] = own[1] * 0.8 + y * 0.2;
             own[2] = max(own[2] * 0.999, abs(y)); own[1] * own[2]",
        ),
        3,
    );
}

#[test]
fn counts_and_truths_wait_as_well_as_reals() {
    let pulse = "|s| { s.state[0] = if s.frame % 100 == 0 { 1.0 } else { s.state[0] * 0.99 }; s.state[0] }";
    check(
        &format!("let pulse = {pulse}; register(\"woven\", noise() * pulse * (osc(300) + osc(7.3)) * (1 + osc(90)));"),
        1,
    );
    // A count that something stops, and one that goes up and down.
    check(&state("own[0] = if x > 0.4 { 0 } else { own[0] + 1 }; x / (1 + own[0])"), 1);
    check(
        &state(
            "own[1] = if own[0] > 1 { -1.0 } else if own[0] < -1 { 1.0 } else { own[1] };
             own[0] = own[0] + abs(x) * 0.1 * (own[1] + 0.5); own[0]",
        ),
        1,
    );
    check(&state("own[0] = 1 - own[0]; if own[0] > 0 { x } else { -x }"), 1);
}

#[test]
fn equal_recursions_go_side_by_side_however_many_there_are() {
    for count in 1..=18 {
        let low = |n: usize| format!("own[{n}] = own[{n}] * 0.{} + x * osc({});", 10 + n, 100 + n);
        let (all, sum) = (0..count).map(|n| (low(n), format!(" + own[{n}] * {n}"))).unzip::<_, _, String, String>();
        check(&state(&format!("{all} x{sum}")), count);
    }
}

#[test]
fn equal_recursions_of_which_one_needs_another_go_one_after_the_other_and_many_of_them_frame_by_frame() {
    let low = |n: usize| format!("own[{n}] = own[{n}] * 0.{} + y * 0.3; y = y * 0.5 + own[{n}];", 50 + n);
    let row = |count: usize| state(&format!("let y = x; {} y", (0..count).map(low).collect::<String>()));
    check(&row(2), 2);
    // In a vector each waits until the one before it is done with all frames.
    assert!(ways(&row(11)).iter().all(|way| matches!(way, Way::Stages { .. })));
    compare(&program(&row(11)), 500, |_| {}, "eleven in a row");
}

#[test]
fn what_recursions_are_given_may_be_the_same_for_all_and_some_are_unlike_others() {
    let all = (0..9).map(|n| format!("own[{n}] = own[{n}] * 0.9 + x;")).collect::<String>();
    let others = (9..13).map(|n| format!("own[{n}] = (own[{n}] + x) * 0.{n};")).collect::<String>();
    let sum = (0..13).map(|n| format!(" - own[{n}]")).collect::<String>();
    check(&state(&format!("{all} {others} x{sum}")), 13);
}

#[test]
fn helpers_with_state_are_woven_in() {
    for (helpers, wanted) in [("lpf(900, 0.7)", 1), ("lpf(900, 0.7).hpf(90, 0.7)", 2), ("slew(3)", 1)] {
        let text =
            format!("register(\"woven\", (noise() * (osc(300) + osc(7.3))).{helpers} * osc(5) * (1 + osc(90)));");
        check(&text, wanted);
    }
}

#[test]
fn rings_are_read_before_they_are_written_where_one_slot_is_both() {
    // What is written waits for nothing, and what was read there is asked for later than that.
    let echo = |len: usize| {
        format!(
            "let line{len} = memory({len}); let own{len} = memory(1); let head{len} = own{len}[0]; let old{len} = line{len}[head{len}];
             line{len}[head{len}] = x * 0.9; own{len}[0] = if head{len} + 1 >= {len} {{ 0 }} else {{ head{len} + 1 }};"
        )
    };
    let lengths = (0..40).map(|n| 70 + 3 * n).collect::<Vec<_>>();
    let (all, sum) =
        lengths.iter().map(|len| (echo(*len), format!(" + old{len} * old{len}"))).unzip::<_, _, String, String>();
    let all = format!("{all} own[0] = own[0] * 0.5 + x; own[0]{sum}");
    let text = format!(
        "fn woven(x) {{ let own = memory(1); pipe(x, |x| {{ {all} }}) }} register(\"woven\", woven(noise() * osc(3)));"
    );
    compare(&program(&text), 700, |_| {}, "forty echoes");
}

#[test]
fn damped_combs_of_a_reverb_are_turned_where_they_are_read() {
    let comb = |length: usize| {
        format!(
            "pipe(dry, |x| {{ let line = memory({length}); let own = memory(2); let head = own[0]; let out = line[head];
               own[1] = out * 0.8 + own[1] * 0.2; line[head] = x + own[1] * 0.84;
               own[0] = if head + 1 >= {length} {{ 0 }} else {{ head + 1 }}; out }})"
        )
    };
    for count in [8, 11, 16] {
        let combs = (0..count).map(|number| comb(70 + 13 * number)).collect::<Vec<_>>();
        let dry = "let dry = noise() * osc(2) * osc(3) * osc(5) * osc(7) * osc(11);";
        for sum in [combs.join(" + "), format!("[{}]", combs.join(", "))] {
            let text = format!("{dry} register(\"woven\", {sum});");
            for way in ways(&text) {
                assert!(
                    matches!(way, Way::Woven { recursions, .. } if recursions == count),
                    "{count} of {text}: {way}"
                );
            }
            compare(&program(&text), 1000, |_| {}, &text);
        }
    }
}

#[test]
fn what_waits_and_reads_at_a_computed_place_is_not_woven_in() {
    let text = state("own[to_int(abs(own[0] + x) * 2) % 4] = x; own[0]");
    assert!(ways(&text).iter().all(|way| !matches!(way, Way::Woven { .. })));
    compare(&program(&text), 500, |_| {}, &text);
}

#[test]
fn random_programs_are_the_oracles_wherever_they_can_be_woven() {
    let _flush = Flush::on();
    let (mut dice, mut found) = (Dice::new(14), 0);
    for _ in 0..1500 {
        let tape = (0..dice.below(150)).map(|_| (dice.unit() * f64::from(u32::MAX)) as u32).collect::<Vec<_>>();
        let (program, types) = random::program(&tape, Flavour { flushed: true, computed: false, straight: true });
        let program = Arc::new(program);
        for width in widths().into_iter().filter(|width| *width != Width::Two) {
            let Some(run) = woven(&program, width) else { continue };
            found += 1;
            hold(&program, &types, &lent(&program, &types, &tape), run, "random");
        }
    }
    assert!(found > 300 || widths().iter().all(|width| *width == Width::Two), "{found} were woven");
}
