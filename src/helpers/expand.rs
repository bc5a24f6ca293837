//! Puts a helper into a program: clamps its arguments, opens one site per channel, and runs its kernel. It knows no script.

use thiserror::Error;

use super::{Argument, Helper, Kernel, Kind, Site};
use crate::dsp::float::Float;
use crate::ir::structure::Call;
use crate::ir::{Builder, F, InstanceId, Place};

/// What a script gives for one argument.
#[derive(Clone)]
pub enum Given<'b> {
    /// One value per channel, at least one.
    Channels(Vec<F<'b>>),
    /// Numbers for an argument that is an array of numbers.
    Numbers(Vec<f64>),
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
    let mut numbers = Vec::new();
    for (index, argument) in helper.arguments.iter().enumerate() {
        let given = given.get(index).unwrap_or(&Given::Default);
        match (argument.kind, given) {
            (Kind::Numbers, Given::Numbers(list)) if !list.is_empty() => numbers.push(list.clone()),
            (Kind::Numbers, _) => return Err(wrong(helper, argument, index, "an array of numbers, at least one")),
            (_, Given::Numbers(_)) => return Err(wrong(helper, argument, index, "a number or a signal")),
            (_, Given::Default) => values.push((index, vec![default(builder, helper, argument, index)?])),
            (_, Given::Channels(channels)) => {
                let kept = channels.iter().map(|&value| keep(builder, argument, value, index, &mut warnings));
                let kept = kept.collect::<Option<Vec<_>>>();
                let constant = "a number that is known when the script loads";
                values.push((index, kept.ok_or_else(|| wrong(helper, argument, index, constant))?));
            }
        }
    }
    let (channels, instance) = build(builder, rate, helper, &values, numbers, place)?;
    Ok(Expanded { channels, instance, warnings })
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
        let clamped = value.min(value.lit(high)).max(value.lit(low));
        let finite = value.abs().le(value.lit(f64::MAX));
        return (argument.kind == Kind::Number).then(|| F::select(finite, clamped, value.lit(argument.fallback())));
    };
    let sign = argument.unit.sign();
    let space = if sign.is_empty() { "" } else { " " };
    let kept = if number.is_finite() { number.clamp(low, high) } else { argument.fallback() };
    if kept == number {
        return Some(value);
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
    Some(builder.number(kept))
}

fn build<'b>(
    builder: &'b Builder,
    rate: f64,
    helper: &'static Helper,
    values: &[(usize, Vec<F<'b>>)],
    numbers: Vec<Vec<f64>>,
    place: Place,
) -> Result<(Vec<F<'b>>, Option<InstanceId>), Refused> {
    let wide = matches!(helper.kernel, Kernel::Wide2(_));
    let alike = if wide { &values[1..] } else { values };
    let width = values.iter().map(|(_, channels)| channels.len()).max().unwrap_or(1);
    let wanted = if wide { 1 } else { width };
    let fits = |channels: &[F<'_>]| channels.len() == 1 || channels.len() == wanted;
    if let Some((index, channels)) = alike.iter().find(|(_, channels)| !fits(channels)) {
        let (given, argument) = (channels.len(), helper.arguments[*index].name);
        return Err(Refused::Width { name: helper.name, argument, index: *index, given, wanted });
    }
    let width = if wide { values[0].1.len() } else { width };
    let instance = builder.instance(helper.name, width as u32, place);
    let first = builder.values();
    let site = Site::new(builder, instance, rate, numbers.clone());
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

fn kernel<'b>(site: &Site<'b>, helper: &'static Helper, values: &[(usize, Vec<F<'b>>)], width: usize) -> Vec<F<'b>> {
    let channels = (0..width).map(|channel| {
        let argument = |n: usize| {
            let channels = &values[n].1;
            channels[if channels.len() == 1 { 0 } else { channel }]
        };
        match helper.kernel {
            Kernel::Each0(kernel) => vec![kernel(site)],
            Kernel::Each1(kernel) => vec![kernel(site, [argument(0)])],
            Kernel::Each2(kernel) => vec![kernel(site, [argument(0), argument(1)])],
            Kernel::Each3(kernel) => vec![kernel(site, [argument(0), argument(1), argument(2)])],
            Kernel::Each4(kernel) => vec![kernel(site, [argument(0), argument(1), argument(2), argument(3)])],
            Kernel::Wide2(kernel) if channel == 0 => kernel(site, &values[0].1, [values[1].1[0]]),
            Kernel::Wide2(_) => Vec::new(),
        }
    });
    channels.flatten().collect()
}
