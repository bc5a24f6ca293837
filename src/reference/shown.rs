//! The call by which the reference shows a helper: what stands for its arguments, and its program. It measures nothing.

use crate::compile::{Compiler, alone};
use crate::helpers::{Argument, Given, Helper, Kind, Unit, expand};
use crate::ir::{Bound, Builder, F, Place, Program, Type, prune};

/// Frames per second of everything that the reference shows.
pub const RATE: f64 = 48_000.0;

/// The name and the number of an argument that several calls differ in.
pub type Varied = (&'static str, f64);

/// What is given for one argument.
#[derive(Clone, Debug)]
pub enum Fed {
    /// A number that is known when the program is made.
    Known(f64),
    /// A signal: its samples, the last of which stays.
    Moving(Vec<f64>),
    /// An array.
    Row(Vec<f64>),
    /// What is taken when nothing is given, or the first of several words.
    First,
}

/// What the reference gives for an argument that takes a value, where it has a choice: the numbers that its declaration
/// shows, else its default, else one that fits its unit.
pub fn numbers(argument: &Argument) -> Vec<f64> {
    let (low, high) = (*argument.range.start(), *argument.range.end());
    let usual: f64 = match argument.unit {
        Unit::Hertz => 1000.0,
        Unit::Seconds if argument.kind == Kind::Constant => 1.0,
        Unit::Seconds => 0.1,
        Unit::Ratio | Unit::Turns => 0.5,
        Unit::NepersPerCycle => 5.0,
        Unit::Decibels => -20.0,
        Unit::Sample | Unit::Gain | Unit::Beats | Unit::Cents | Unit::Plain => 1.0,
    };
    match (argument.shown, argument.default) {
        ([], Some(default)) => vec![default],
        ([], None) => vec![usual.clamp(low, high)],
        (shown, _) => shown.to_vec(),
    }
}

/// Calls of a helper with `input` for each argument that is sound: one for each number that the reference shows of the first
/// argument that it shows several of, with that argument's name and number.
pub fn calls(helper: &Helper, input: &[f64]) -> Vec<(Option<Varied>, Vec<Fed>)> {
    let several = |argument: &&Argument| argument.kind.is_value() && numbers(argument).len() > 1;
    let varied = helper.arguments.iter().find(several);
    let fed = |number: Option<f64>| {
        let each = helper.arguments.iter().map(|argument| match argument.kind {
            Kind::Signal => Fed::Moving(input.to_vec()),
            Kind::Number | Kind::Constant => {
                let here = number.filter(|_| varied.is_some_and(|varied| varied.name == argument.name));
                Fed::Known(here.unwrap_or_else(|| numbers(argument)[0]))
            }
            Kind::Numbers | Kind::Rows if argument.sets.is_empty() => Fed::Row(row(argument)),
            Kind::Numbers | Kind::Rows | Kind::Choice(_) => Fed::First,
        });
        each.collect()
    };
    match varied {
        Some(varied) => {
            numbers(varied).into_iter().map(|number| (Some((varied.name, number)), fed(Some(number)))).collect()
        }
        None => vec![(None, fed(None))],
    }
}

/// An array for an argument that has no names for any.
fn row(argument: &Argument) -> Vec<f64> {
    let usual: &[f64] = match argument.unit {
        Unit::Hertz => &[400.0, 1000.0, 2300.0],
        Unit::Seconds => &[0.6, 0.4, 0.2],
        Unit::Ratio | Unit::Gain => &[1.0, 0.5, 0.25],
        _ => &[0.0, 1.0, 0.5, -0.5],
    };
    let row = if argument.shown.is_empty() { usual } else { argument.shown };
    row.iter().map(|number| number.clamp(*argument.range.start(), *argument.range.end())).collect()
}

/// The program of a call.
pub fn program(helper: &'static Helper, rate: f64, fed: &[Fed]) -> Program {
    let builder = Builder::new(1 << 22);
    let moving = |samples: &[f64]| -> F<'_> {
        builder.real(builder.load_at(Type::Real, builder.table(samples), builder.frame(), Bound::Clamp))
    };
    let given = fed.iter().zip(helper.arguments).map(|(fed, argument)| match fed {
        Fed::Known(number) => Given::Channels(vec![builder.number(*number)]),
        Fed::Moving(samples) => Given::Channels(vec![moving(samples)]),
        Fed::Row(numbers) => Given::Numbers(numbers.clone()),
        Fed::First => match argument.words().first() {
            Some(word) if argument.default.is_none() => Given::Word((*word).to_owned()),
            _ => Given::Default,
        },
    });
    let given = given.collect::<Vec<_>>();
    let expanded = expand(&builder, rate, helper, &given, Place::default());
    // A test calls every helper like this.
    let expanded = expanded.unwrap_or_else(|refused| panic!("the reference cannot call {}: {refused}", helper.name));
    let mut program = builder.finish(&expanded.channels);
    prune(&mut program);
    program
}

/// The first frames of a call, channel by channel.
pub fn render(compiler: &mut Compiler, helper: &'static Helper, fed: &[Fed], frames: usize) -> Vec<Vec<f64>> {
    let sound = alone::render(compiler, program(helper, RATE, fed), RATE, frames);
    sound.unwrap_or_else(|error| panic!("the reference cannot render {}: {error}", helper.name))
}
