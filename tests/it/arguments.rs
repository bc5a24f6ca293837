//! Arguments that are arrays, words, or all channels at once, and how a helper gets them. The helpers here are the tests' own.

use aither::compile::BackEnd;
use aither::dsp::float::Float;
use aither::helpers::{Argument, Family, Given, Helper, Kernel, Set, Site, Unit, expand};
use aither::ir::call::QUANTUM;
use aither::ir::{Builder, F, Place};

use crate::stand::{Fed, Stand, helper, program};

/// Gives what it was given: one channel for each known argument, and its input turned around.
static ECHO: Helper = Helper {
    name: "echo",
    aliases: &[],
    family: Family::Shape,
    arguments: &[
        Argument::signal("input", "sound"),
        Argument::choice("shape", &["round", "edged"], "its form"),
        Argument::number("factor", Unit::Gain, 0.0..=2.0, "how loud"),
        Argument::rows("rows", Unit::Plain, "numbers").within(0.0..=10.0).columns(1..=3).sets(&[
            Set { name: "pair", rows: || vec![vec![1.0, 2.0], vec![3.0]] },
            Set { name: "one", rows: || vec![vec![4.0]] },
        ]),
        Argument::choice("mode", &["a", "b", "c"], "its way").or(2.0),
    ],
    about: "Gives what it was given.",
    example: "echo(1)",
    claims: &[],
    references: &[],
    kernel: Kernel::Wide2(echo),
}
.checked();

fn echo<'b>(site: &Site<'b>, input: &[F<'b>], [factor]: [F<'b>; 1]) -> Vec<F<'b>> {
    let mut channels = input.iter().rev().map(|&channel| channel * factor).collect::<Vec<_>>();
    channels.push(factor.lit(site.choice(0) as f64));
    channels.push(factor.lit(site.choice(1) as f64));
    let first = site.numbers(0).iter().fold(factor.lit(0.0), |sum, &number| sum * 10.0 + number);
    channels.push(first);
    channels.push(factor.lit(site.rows(0).len() as f64));
    channels
}

fn render(fed: &[Fed]) -> Vec<f64> {
    let channels = Stand::new(&program(&ECHO, 48_000.0, fed), BackEnd::Auto).render(1, &[QUANTUM]);
    channels.into_iter().map(|channel| channel[0]).collect()
}

fn word(word: &str) -> Fed {
    Fed::Word(word.to_owned())
}

/// What a call says that is refused, or that is warned of.
fn said(given: &[Given<'_>], builder: &Builder) -> String {
    match expand(builder, 48_000.0, &ECHO, given, Place::default()) {
        Err(refused) => refused.to_string(),
        Ok(expanded) => expanded.warnings.into_iter().map(|(index, text)| format!("{index}: {text}")).collect(),
    }
}

#[test]
fn a_kernel_sees_all_channels_and_gives_as_many_as_it_likes() {
    let stereo = Fed::Channels(vec![vec![0.25], vec![0.5]]);
    let fed = [stereo, word("edged"), Fed::Number(2.0), word("pair"), word("b")];
    assert_eq!(render(&fed), [1.0, 0.5, 1.0, 1.0, 12.0, 2.0]);
}

#[test]
fn an_array_is_given_by_name_as_rows_or_as_one_row() {
    let with = |rows: Fed| render(&[Fed::Number(0.0), word("round"), Fed::Number(1.0), rows])[2..].to_vec();
    assert_eq!(with(word("one")), [2.0, 4.0, 1.0]);
    assert_eq!(with(Fed::Numbers(vec![5.0, 6.0])), [2.0, 56.0, 1.0]);
    assert_eq!(with(Fed::Rows(vec![vec![7.0], vec![8.0, 9.0]])), [2.0, 7.0, 2.0]);
    // What is out of range is kept in it.
    assert_eq!(with(Fed::Numbers(vec![50.0])), [2.0, 10.0, 1.0]);
}

#[test]
fn words_that_nobody_knows_are_refused_with_those_that_work() {
    let builder = Builder::new(1000);
    let one = || Given::Channels(vec![builder.number(1.0)]);
    let word = |word: &str| Given::Word(word.to_owned());
    let told = |given: &[Given<'_>]| said(given, &builder);
    assert_eq!(
        told(&[one(), word("rund"), one(), word("pair")]),
        "echo: shape \"rund\" is unknown; it may be \"round\", \"edged\""
    );
    assert_eq!(
        told(&[one(), word("round"), one(), word("three")]),
        "echo: rows \"three\" is unknown; it may be \"pair\", \"one\""
    );
    assert_eq!(told(&[one(), one(), one(), word("pair")]), "echo: shape must be a word in quotation marks");
    assert_eq!(
        told(&[one(), word("round"), one(), Given::Rows(vec![vec![]])]),
        "echo: rows must be an array of arrays of numbers, at least one in each"
    );
    assert_eq!(
        told(&[one(), word("round"), one(), Given::Rows(vec![vec![1.0], vec![1.0; 4]])]),
        "echo: a row of rows has 4 numbers; it takes 1 to 3"
    );
    assert_eq!(
        told(&[one(), word("round"), one(), Given::Numbers(vec![1.0, -4.0])]),
        "3: rows = -4 is outside 0 to 10; 0 is taken"
    );
    assert_eq!(
        told(&[one(), word("round"), one(), Given::Numbers(vec![1.0, f64::NAN])]),
        "3: rows is not a number; 0 is taken"
    );
    assert_eq!(told(&[one(), word("round"), word("pair"), one()]), "echo: factor must be a number or a signal");
}

#[test]
fn of_a_second_sound_a_helper_of_all_channels_hears_the_mean() {
    let (sound, key) = (vec![vec![0.5, -0.25], vec![0.125, 1.0]], vec![vec![0.5, 1.0], vec![0.25, 0.5]]);
    let mean = vec![0.375, 0.75];
    let play = |key: Fed| {
        let fed = [Fed::Channels(sound.clone()), key, Fed::Number(-40.0), Fed::Number(4.0)];
        Stand::new(&program(helper("sidechain"), 48_000.0, &fed), BackEnd::Auto).render(2000, &[QUANTUM])
    };
    assert_eq!(play(Fed::Channels(key)), play(Fed::Signal(mean)));
}

#[test]
fn a_signature_shows_arrays_and_words() {
    assert_eq!(ECHO.signature(), "echo(input, shape, factor, rows [[...]], mode = \"c\")");
}
