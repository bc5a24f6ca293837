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

/// Compares all back ends with the oracle, and counts the parts that those with wide vectors have side by side.
fn check(text: &str, wanted: usize) {
    let program = program(&format!("register(\"apart\", {text});"));
    for back_end in BackEnd::here().into_iter().filter(|one| matches!(one, BackEnd::Avx2 | BackEnd::Avx512)) {
        let mut compiler = Compiler::new(back_end, 8 << 20).unwrap();
        let way = compiler.compile(&program).unwrap().way();
        assert_eq!(side_by_side(&way), wanted, "{text} on {back_end}: {way}");
    }
    compare(&program, 1000, |_| {}, text);
}

/// So many channels, each what this makes of a frequency.
fn channels(count: usize, each: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(|number| each(300 + 100 * number)).collect()
}

fn low(hertz: usize) -> String {
    format!("noise().lpf({hertz}, 0.7)")
}

fn list(channels: &[String]) -> String {
    format!("[{}]", channels.join(", "))
}

#[test]
fn equal_parts_that_give_channels_of_their_own_go_side_by_side() {
    for count in [8, 9, 16, 17, 33] {
        check(&list(&channels(count, low)), count);
    }
    check(&list(&channels(7, low)), 0);
}

#[test]
fn what_is_not_equal_stays_where_it_is_and_gives_its_own_channels() {
    let others = ["noise().hpf(90, 0.7)", "0.25", "noise().slew(3)"].map(str::to_owned);
    let equal = channels(9, low);
    check(&list(&[&equal[..], &others].concat()), 9);
    check(&list(&[&others, &equal[..]].concat()), 9);
    // Two kinds of eight each.
    let slow = channels(8, |number| format!("noise().slew({number})"));
    check(&list(&[&slow, &equal[..8]].concat()), 16);
}

#[test]
fn a_part_may_give_several_channels_and_one_that_is_heard_by_another_is_none() {
    let made = (0..8).map(|i| format!("let f{i} = {};", low(300 + 100 * i))).collect::<String>();
    let twice = (0..8).map(|i| format!("f{i}, f{i}")).collect::<Vec<_>>();
    check(&format!("{{ {made} {} }}", list(&twice)), 8);
    let joined = (1..8).map(|i| format!("let f{i} = (noise() + f{}).lpf({}, 0.7);", i - 1, 300 + 100 * i));
    let joined = joined.collect::<String>();
    check(&format!("{{ let f0 = noise().lpf(200, 0.7); {joined} [f0, f1, f2, f3, f4, f5, f6, f7] }}"), 0);
}

#[test]
fn damped_combs_of_a_reverb_go_side_by_side_between_its_stages() {
    let comb = |length: usize| {
        format!(
            "pipe(dry, |x| {{ let line = memory({length}); let own = memory(2); let head = own[0]; let out = line[head];
               own[1] = out * 0.8 + own[1] * 0.2; line[head] = x + own[1] * 0.84;
               own[0] = if head + 1 >= {length} {{ 0 }} else {{ head + 1 }}; out }})"
        )
    };
    for count in [8, 11, 16] {
        let combs = (0..count).map(|number| comb(70 + 13 * number)).collect::<Vec<_>>();
        check(&format!("{{ let dry = noise() * osc(2); {} }}", combs.join(" + ")), count);
        // Where each is a channel, it writes its ring itself.
        check(&format!("{{ let dry = noise() * osc(2); [{}] }}", combs.join(", ")), count);
    }
}
