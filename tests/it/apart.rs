//! Equal parts of a program that nothing joins: they go side by side, give the oracle's bits and leave behind what the oracle leaves.

use aither::compile::{BackEnd, Compiler};
use aither::ir::Way;

use crate::echoes::{compare, program};

/// How many parts go side by side where a program is rendered so.
fn side_by_side(way: &Way) -> usize {
    match way {
        Way::Instances { count, .. } => *count,
        Way::Pieces { voices, rest, .. } => voices.iter().map(side_by_side).sum::<usize>() + side_by_side(rest),
        Way::Stages { stages } => stages.iter().map(side_by_side).sum(),
        _ => 0,
    }
}

/// What waits for the frame before and is given nothing that does not.
const PARTS: &str = "
    fn wild(x, a) { let own = memory(1); pipe(x, |x| { own[0] = a * own[0] * (1 - own[0]) + 0.1 + x * 0.001; own[0] }) }
    fn tame(a) { let own = memory(1); pipe(0, |x| { own[0] = own[0] * a + 0.1; own[0] }) }
    fn odd(a) { let own = memory(1); pipe(0, |x| { own[0] = abs(own[0] - a) * 0.9; own[0] }) }";

/// Compares all back ends with the oracle, and counts the parts that those with wide vectors have side by side.
fn check(text: &str, wanted: usize) {
    let program = program(&format!("{PARTS} register(\"apart\", {text});"));
    for back_end in BackEnd::here().into_iter().filter(|one| matches!(one, BackEnd::Avx2 | BackEnd::Avx512)) {
        let mut compiler = Compiler::new(back_end, 8 << 20).unwrap();
        let way = compiler.compile(&program).unwrap().way();
        assert_eq!(side_by_side(&way), wanted, "{text} on {back_end}: {way}");
    }
    compare(&program, 1000, |_| {}, text);
}

/// So many channels, each what this makes of a number.
fn channels(count: usize, each: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(|number| each(100 + number)).collect()
}

fn wild(number: usize) -> String {
    format!("wild(0, 3.{number})")
}

fn list(channels: &[String]) -> String {
    format!("[{}]", channels.join(", "))
}

#[test]
fn equal_parts_that_give_channels_of_their_own_go_side_by_side() {
    for count in [8, 9, 16, 17, 33] {
        check(&list(&channels(count, wild)), count);
    }
    check(&list(&channels(7, wild)), 0);
}

#[test]
fn what_is_not_equal_stays_where_it_is_and_gives_its_own_channels() {
    let others = ["tame(0.5)", "0.25", "odd(0.7)"].map(str::to_owned);
    let equal = channels(9, wild);
    check(&list(&[&equal[..], &others].concat()), 9);
    check(&list(&[&others, &equal[..]].concat()), 9);
    // Two kinds of eight each.
    let other = channels(8, |number| format!("tame(0.{number})"));
    check(&list(&[&other, &equal[..8]].concat()), 16);
}

#[test]
fn a_part_may_give_several_channels_and_one_that_is_heard_by_another_is_none() {
    let made = (0..8).map(|i| format!("let f{i} = {};", wild(100 + i))).collect::<String>();
    let twice = (0..8).map(|i| format!("f{i}, f{i}")).collect::<Vec<_>>();
    check(&format!("{{ {made} {} }}", list(&twice)), 8);
    let joined = (1..8).map(|i| format!("let f{i} = wild(f{}, 3.{});", i - 1, 100 + i));
    let joined = joined.collect::<String>();
    check(&format!("{{ let f0 = wild(0, 3.1); {joined} [f0, f1, f2, f3, f4, f5, f6, f7] }}"), 0);
}
