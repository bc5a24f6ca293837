//! Puts a helper into a program: clamps its arguments, opens one site per channel, and runs its kernel. It knows no script.

use thiserror::Error;

use super::site::Known;
use super::{Argument, Helper, Kind, Site};
use crate::dsp::float::Float;
use crate::ir::structure::Call;
use crate::ir::{Builder, F, InstanceId, Place};

/// What a script gives for one argument.
#[derive(Clone)]
pub enum Given<'b> {
    /// One value per channel, at least one.
    Channels(Vec<F<'b>>),
    /// An array of numbers.
    Numbers(Vec<f64>),
    /// An array of arrays of numbers.
    Rows(Vec<Vec<f64>>),
    /// A word: one of a choice, or the name of an array.
    Word(String),
    /// Nothing: the default is taken.
    Default,
}

/// What a helper makes of its arguments.
pub struct Expanded<'b> {
    /// One value per channel.
    pub channels: Vec<F<'b>>,
    /// The instance that it made, unless it has no state.
    pub instance: Option<InstanceId>,
    /// What the performer should know of the arguments, with the index of the argument.
    pub warnings: Vec<(usize, String)>,
}

/// Why a call cannot be put into a program.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Refused {
    /// Too many or too few arguments.
    #[error("`{name}` takes {expected}, not {given}")]
    Count {
        /// The helper.
        name: &'static str,
        /// How many it takes, in words.
        expected: String,
        /// How many were given.
        given: usize,
    },
    /// A value of the wrong kind.
    #[error("{name}: {argument} must be {expected}")]
    Kind {
        /// The helper.
        name: &'static str,
        /// The argument.
        argument: &'static str,
        /// Index of the argument.
        index: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// A word that the argument does not know.
    #[error("{name}: {argument} \"{given}\" is unknown; {known}")]
    Word {
        /// The helper.
        name: &'static str,
        /// The argument.
        argument: &'static str,
        /// Index of the argument.
        index: usize,
        /// The word.
        given: String,
        /// What would work.
        known: String,
    },
    /// A row of an array that is too short or too long.
    #[error("{name}: a row of {argument} has {given} numbers; it takes {low} to {high}")]
    Columns {
        /// The helper.
        name: &'static str,
        /// The argument.
        argument: &'static str,
        /// Index of the argument.
        index: usize,
        /// How many the row has.
        given: usize,
        /// The fewest.
        low: usize,
        /// The most.
        high: usize,
    },
    /// Two arguments with channels of different number.
    #[error("{name}: {argument} has {given} channels where another argument has {wanted}")]
    Width {
        /// The helper.
        name: &'static str,
        /// The argument.
        argument: &'static str,
        /// Index of the argument.
        index: usize,
        /// Its channels.
        given: usize,
        /// The channels of the widest argument.
        wanted: usize,
    },
}

/// Puts one call of a helper into the program. `rate` in frames per second; missing trailing arguments are defaults.
pub fn expand<'b>(
    builder: &'b Builder,
    rate: f64,
    helper: &'static Helper,
    given: &[Given<'b>],
    place: Place,
) -> Result<Expanded<'b>, Refused> {
    count(helper, given)?;
    let mut warnings = Vec::new();
    let mut values = Vec::new();
    let mut known = Known::default();
    for (index, argument) in helper.arguments.iter().enumerate() {
        let given = given.get(index).unwrap_or(&Given::Default);
        match (argument.kind, given) {
            (Kind::Numbers | Kind::Rows, given) => {
                let mut rows = array(helper, argument, index, given)?;
                let numbers = rows.iter_mut().flatten();
                numbers.for_each(|number| *number = within(argument, *number, index, &mut warnings));
                known.arrays.push(rows);
            }
            (Kind::Choice(words), given) => known.choices.push(choice(helper, argument, index, words, given)?),
            (_, Given::Default) => values.push((index, vec![default(builder, helper, argument, index)?])),
            (_, Given::Channels(channels)) => {
                let kept = channels.iter().map(|&value| keep(builder, argument, value, index, &mut warnings));
                let kept = kept.collect::<Option<Vec<_>>>();
                let constant = "a number that is known when the script loads";
                values.push((index, kept.ok_or_else(|| wrong(helper, argument, index, constant))?));
            }
            _ => return Err(wrong(helper, argument, index, "a number or a signal")),
        }
    }
    let (channels, instance) = build(builder, rate, helper, &values, known, place)?;
    Ok(Expanded { channels, instance, warnings })
}

/// The rows of an argument that is an array, or of the one that its name stands for.
fn array(
    helper: &'static Helper,
    argument: &Argument,
    index: usize,
    given: &Given<'_>,
) -> Result<Vec<Vec<f64>>, Refused> {
    let rows = match given {
        Given::Numbers(row) => vec![row.clone()],
        Given::Rows(rows) if argument.kind == Kind::Rows => rows.clone(),
        Given::Word(word) => match argument.sets.iter().find(|set| set.name == word) {
            Some(set) => (set.rows)(),
            None => return Err(unknown(helper, argument, index, word)),
        },
        _ => Vec::new(),
    };
    if !rows.is_empty() && rows.iter().all(|row| !row.is_empty()) {
        let (low, high) = (*argument.columns.start(), *argument.columns.end());
        let odd_row = rows.iter().map(Vec::len).find(|given| !argument.columns.contains(given));
        let odd =
            |given: usize| Refused::Columns { name: helper.name, argument: argument.name, index, given, low, high };
        return odd_row.map_or(Ok(rows), |given| Err(odd(given)));
    }
    let expected = match argument.kind {
        Kind::Rows => "an array of arrays of numbers, at least one in each",
        _ => "an array of numbers, at least one",
    };
    Err(wrong(helper, argument, index, expected))
}

/// The index of a word.
fn choice(
    helper: &'static Helper,
    argument: &Argument,
    index: usize,
    words: &[&str],
    given: &Given<'_>,
) -> Result<usize, Refused> {
    match (given, argument.default) {
        (Given::Default, Some(default)) => Ok(default as usize),
        (Given::Word(word), _) => {
            words.iter().position(|known| known == word).ok_or_else(|| unknown(helper, argument, index, word))
        }
        _ => Err(wrong(helper, argument, index, "a word in quotation marks")),
    }
}

fn unknown(helper: &'static Helper, argument: &Argument, index: usize, word: &str) -> Refused {
    let words = argument.words().iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>();
    let known = match words.is_empty() {
        true => "it is an array of numbers".to_owned(),
        false => format!("it may be {}", words.join(", ")),
    };
    Refused::Word { name: helper.name, argument: argument.name, index, given: word.to_owned(), known }
}

fn count(helper: &'static Helper, given: &[Given<'_>]) -> Result<(), Refused> {
    let (required, all) = (helper.required(), helper.arguments.len());
    if (required..=all).contains(&given.len()) {
        return Ok(());
    }
    let expected = match (required, all) {
        (1, 1) => "1 argument".to_owned(),
        (required, all) if required == all => format!("{all} arguments"),
        (required, all) => format!("{required} to {all} arguments"),
    };
    Err(Refused::Count { name: helper.name, expected, given: given.len() })
}

fn wrong(helper: &'static Helper, argument: &Argument, index: usize, expected: &'static str) -> Refused {
    Refused::Kind { name: helper.name, argument: argument.name, index, expected }
}

fn default<'b>(
    builder: &'b Builder,
    helper: &'static Helper,
    argument: &Argument,
    index: usize,
) -> Result<F<'b>, Refused> {
    let default = argument.default.ok_or_else(|| wrong(helper, argument, index, "given"))?;
    Ok(builder.number(default))
}

/// Keeps a value in its range: at once with a warning where it is known, else in every frame.
/// `None` where a constant is wanted and the value is not known.
fn keep<'b>(
    builder: &'b Builder,
    argument: &Argument,
    value: F<'b>,
    index: usize,
    warnings: &mut Vec<(usize, String)>,
) -> Option<F<'b>> {
    if argument.kind == Kind::Signal {
        return Some(value);
    }
    let (low, high) = (*argument.range.start(), *argument.range.end());
    let Some(number) = value.known() else {
        if argument.kind != Kind::Number {
            return None;
        }
        let clamped = value.min(value.lit(high)).max(value.lit(low));
        if builder.is_finite(value.id()) {
            return Some(clamped);
        }
        let finite = value.abs().le(value.lit(f64::MAX));
        return Some(F::select(finite, clamped, value.lit(argument.fallback())));
    };
    let kept = within(argument, number, index, warnings);
    Some(if kept == number { value } else { builder.number(kept) })
}

/// Keeps a known number in its range, with a warning where it was outside.
fn within(argument: &Argument, number: f64, index: usize, warnings: &mut Vec<(usize, String)>) -> f64 {
    let (low, high) = (*argument.range.start(), *argument.range.end());
    let sign = argument.unit.sign();
    let space = if sign.is_empty() { "" } else { " " };
    let kept = if number.is_finite() { number.clamp(low, high) } else { argument.fallback() };
    if kept == number {
        return kept;
    }
    let name = argument.name;
    let message = if number.is_nan() {
        format!("{name} is not a number; {kept}{space}{sign} is taken")
    } else if number.is_infinite() {
        format!("{name} is infinite; {kept}{space}{sign} is taken")
    } else {
        format!("{name} = {number}{space}{sign} is outside {low} to {high}{space}{sign}; {kept}{space}{sign} is taken")
    };
    warnings.push((index, message));
    kept
}

fn build<'b>(
    builder: &'b Builder,
    rate: f64,
    helper: &'static Helper,
    values: &[(usize, Vec<F<'b>>)],
    known: Known,
    place: Place,
) -> Result<(Vec<F<'b>>, Option<InstanceId>), Refused> {
    let wide = helper.kernel.is_wide();
    let heard = if wide { heard(helper, values) } else { values.to_vec() };
    let values = &heard[..];
    let alike = if wide { &values[1..] } else { values };
    let widest = |values: &[(usize, Vec<F<'b>>)]| values.iter().map(|(_, channels)| channels.len()).max().unwrap_or(1);
    let wanted = if wide { 1 } else { widest(values) };
    let fits = |channels: &[F<'_>]| channels.len() == 1 || channels.len() == wanted;
    if let Some((index, channels)) = alike.iter().find(|(_, channels)| !fits(channels)) {
        let (given, argument) = (channels.len(), helper.arguments[*index].name);
        return Err(Refused::Width { name: helper.name, argument, index: *index, given, wanted });
    }
    let width = if wide { values[0].1.len() } else { wanted };
    // What sees all channels at once keeps one state for all of them, laid out as it likes.
    let bodies = if wide { 1 } else { width };
    let instance = builder.instance(helper.name, bodies as u32, place);
    let first = builder.values();
    let words = known.choices.iter().map(|&index| vec![index as f64]);
    let numbers = known.arrays.iter().flatten().cloned().chain(words).collect();
    let site = Site::new(builder, instance, rate, known);
    let channels = kernel(&site, helper, values, width);
    let id = |value: &F<'_>| value.id();
    let outputs = channels.iter().map(id).collect::<Vec<_>>();
    let instance = builder.has_state(instance).then_some(instance);
    outputs.iter().filter(|value| value.index() >= first).for_each(|&value| builder.gives(value, instance));
    if let Some(instance) = instance {
        let arguments = values.iter().map(|(_, channels)| channels.iter().map(id).collect()).collect();
        builder.called(Call { instance, first, arguments, numbers, outputs });
    }
    Ok((channels, instance))
}

/// The values of a helper that sees all channels of the first: of other sounds it hears the mean of their channels.
fn heard<'b>(helper: &'static Helper, values: &[(usize, Vec<F<'b>>)]) -> Vec<(usize, Vec<F<'b>>)> {
    let mean = |channels: &[F<'b>]| {
        let sum = channels[1..].iter().fold(channels[0], |sum, &channel| sum + channel);
        if channels.len() == 1 { sum } else { sum * (1.0 / channels.len() as f64) }
    };
    let each = values.iter().enumerate().map(|(place, (index, channels))| {
        let is_sound = place > 0 && helper.arguments[*index].kind == Kind::Signal;
        (*index, if is_sound { vec![mean(channels)] } else { channels.clone() })
    });
    each.collect()
}

fn kernel<'b>(site: &Site<'b>, helper: &'static Helper, values: &[(usize, Vec<F<'b>>)], width: usize) -> Vec<F<'b>> {
    if helper.kernel.is_wide() {
        return helper.kernel.build(site, &values.iter().map(|(_, channels)| &channels[..]).collect::<Vec<_>>());
    }
    let channels = (0..width).map(|channel| {
        let value = |channels: &Vec<F<'b>>| channels[if channels.len() == 1 { 0 } else { channel }];
        let row = values.iter().map(|(_, channels)| [value(channels)]).collect::<Vec<_>>();
        helper.kernel.build(site, &row.iter().map(|value| &value[..]).collect::<Vec<_>>())
    });
    channels.flatten().collect()
}
