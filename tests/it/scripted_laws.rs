//! Laws that every helper keeps as scripts call it, read off the table: nested, by `let`, in closures. No helper is named here.

use std::fmt::Write;

use aither::helpers::{Argument, HELPERS, Helper, Kind};

use crate::lent::same;
use crate::played::lowered;
use crate::stand::play;

/// What a script gives for an argument: something that moves through the range wherever it may, with state of its own.
fn written(argument: &Argument, index: usize) -> String {
    let (low, high) = (argument.range.start().max(-2000.0), argument.range.end().min(2000.0));
    let number = |part: f64| low + (high - low) * part;
    match argument.kind {
        Kind::Signal => format!("saw({})", 110.0 + 70.0 * index as f64),
        Kind::Number => {
            let (middle, swing) = (number(0.4), (high - low) * 0.2);
            format!("({middle:?} + osc({:?}) * {swing:?})", 3.0 + index as f64)
        }
        Kind::Constant => format!("{:?}", number(0.0).max(0.2_f64.min(high))),
        Kind::Choice(words) => format!("\"{}\"", words[0]),
        Kind::Numbers | Kind::Rows => match argument.sets.first() {
            Some(set) => format!("\"{}\"", set.name),
            None => format!("[{:?}, {:?}, {:?}]", number(0.5), number(0.25).max(1e-3_f64.min(high)), number(0.75)),
        },
    }
}

fn arguments(helper: &Helper) -> Vec<String> {
    helper.arguments.iter().enumerate().map(|(index, argument)| written(argument, index)).collect()
}

/// The same call, written in several ways.
fn ways(helper: &Helper) -> Vec<(&'static str, String)> {
    let (name, given) = (helper.name, arguments(helper));
    let nested = format!("{name}({})", given.join(", "));
    let mut lets = String::new();
    for (index, argument) in given.iter().enumerate() {
        writeln!(lets, "let a{index} = {argument};").unwrap();
    }
    let names = (0..given.len()).map(|index| format!("a{index}")).collect::<Vec<_>>();
    let bound = format!("{name}({})", names.join(", "));
    let parameters = names.join(", ");
    let mut ways = vec![
        ("nested", format!("register(\"x\", {nested});")),
        ("by let", format!("{lets}let y = {bound};\nregister(\"x\", y);")),
        ("in a function", format!("fn own({parameters}) {{ {bound} }}\nregister(\"x\", own({}));", given.join(", "))),
        ("in a closure", format!("register(\"x\", |s| {nested});")),
        ("in a closure, by let", format!("register(\"x\", |s| {{\n{lets}let y = {bound};\ny }});")),
    ];
    if let [first, rest @ ..] = names.as_slice() {
        ways.push(("as a method", format!("{lets}register(\"x\", {first}.{name}({}));", rest.join(", "))));
    }
    ways
}

#[test]
fn a_call_sounds_the_same_nested_and_by_let_in_functions_and_in_closures() {
    let mut wrong = String::new();
    for helper in HELPERS {
        let rendered = ways(helper).into_iter().map(|(way, text)| match lowered(&text) {
            Ok(lowered) => (way, play(&lowered.program, 1500)),
            Err(error) => panic!("{} {way}: {error:?}\n{text}", helper.name),
        });
        let rendered = rendered.collect::<Vec<_>>();
        let (_, wanted) = &rendered[0];
        for (way, found) in &rendered[1..] {
            let equal = found.len() == wanted.len()
                && found.iter().flatten().zip(wanted.iter().flatten()).all(|(found, wanted)| same(*found, *wanted));
            if !equal {
                writeln!(wrong, "{} {way} is not what it is nested", helper.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
