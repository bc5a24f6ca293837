//! The words that build signals: every helper, `pipe`, `mix` and `sum`. They add nodes to the graph and compute nothing.

use std::any::TypeId;

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, NativeCallContext};

use super::engine::{Shared, node, place, thrown};
use super::explain::friendly;
use super::graph::{Closure, Memory, Operand, Signal, What};
use super::register::MAX_NAME;
use super::{Error, Warning, ast, operators, pitch, rewrite};
use crate::dsp::math::Math;
use crate::helpers::language::word;
use crate::helpers::{HELPERS, Helper, find};
use crate::ir::Place;

/// Rhai's native functions take `Dynamic` in at most this many arguments.
const MOST_ARGUMENTS: usize = 16;

/// Slots of one block of `memory`: a minute and more at any rate.
pub(super) const MOST_SLOTS: u32 = 1 << 24;

/// The type of what native functions return.
pub(super) type Answer<T> = Result<T, Box<EvalAltResult>>;

pub(super) fn teach(engine: &mut Engine, run: &Shared) {
    for helper in HELPERS {
        for name in std::iter::once(&helper.name).chain(helper.aliases) {
            teach_helper(engine, run, name, helper);
        }
    }
    for count in 1..=MOST_ARGUMENTS {
        let shared = run.clone();
        native(engine, "mix", count, move |ctx, args| {
            let operands = operands(&shared, &ctx, args)?;
            Ok(node(&shared, &ctx, What::Mix(operands)))
        });
        let shared = run.clone();
        native(engine, "pipe", count, move |ctx, args| pipe(&shared, &ctx, args));
    }
    let shared = run.clone();
    native(engine, rewrite::MIX, 1, move |ctx, args| {
        let operands = operands(&shared, &ctx, &mut all(args).iter_mut().collect::<Vec<_>>())?;
        Ok(node(&shared, &ctx, What::Mix(operands)))
    });
    let shared = run.clone();
    native(engine, rewrite::PIPE, 1, move |ctx, args| {
        pipe(&shared, &ctx, &mut all(args).iter_mut().collect::<Vec<_>>())
    });
    let shared = run.clone();
    native(engine, "memory", 1, move |ctx, args| {
        let place = place(&shared, &ctx);
        let slots = slots(args[0], place).map_err(|error| thrown(error, ctx.call_position()))?;
        Ok(shared.borrow_mut().graph.reserve(slots, place))
    });
    let shared = run.clone();
    native(engine, "label", 2, move |ctx, args| {
        let place = place(&shared, &ctx);
        label(&shared, args[0], args[1], place).map_err(|error| thrown(error, ctx.call_position()))
    });
    native(engine, rewrite::TURN, 2, |_, args| Ok(of_this_turn(args[0], args[1])));
    let shared = run.clone();
    native(engine, "sum", 1, move |ctx, args| {
        let mut operands = operands(&shared, &ctx, args)?;
        Ok(node(&shared, &ctx, What::Sum(operands.remove(0))))
    });
    operators::teach(engine, run);
    pitch::teach(engine, run);
}

/// The number of slots that `memory` is asked for.
fn slots(wanted: &Dynamic, place: Place) -> Result<u32, Error> {
    let number = wanted.as_float().ok().or_else(|| wanted.as_int().ok().map(|int| int as f64));
    match number {
        Some(slots) if slots.fract() == 0.0 && (1.0..=f64::from(MOST_SLOTS)).contains(&slots) => Ok(slots as u32),
        _ => {
            let message = format!("`memory` takes a whole number of slots from 1 to {MOST_SLOTS}, not {wanted}");
            Err(Error::at(place, message).help("let m = memory(48000); |s| m[0]"))
        }
    }
}

/// Names a helper, so that edits find it again.
fn label(run: &Shared, named: &Dynamic, name: &Dynamic, place: Place) -> Result<Dynamic, Error> {
    let name = name.clone().into_immutable_string().map_err(|_| no_label(place))?;
    if name.len() > MAX_NAME {
        let message = format!("this label has {} bytes; {MAX_NAME} are the most", name.len());
        return Err(Error::at(place, message).help("osc(440).label(\"lead\")"));
    }
    let value = named.flatten_clone();
    let graph = &mut run.borrow_mut().graph;
    let known = if let Some(signal) = value.clone().try_cast::<Signal>() {
        graph.label(signal, &name)
    } else {
        value.try_cast::<Memory>().map(|memory| graph.label_memory(memory, &name))
    };
    match known {
        Some(known) if known == *name => Ok(named.clone()),
        Some(other) => Err(labelled(&other, place)),
        None => Err(no_label(place)),
    }
}

/// What is named is no helper, or the name is no text.
pub(super) fn no_label(place: Place) -> Error {
    Error::at(place, "`label` takes a helper and a text").help("osc(440).label(\"lead\")")
}

/// What is named has a name.
pub(super) fn labelled(label: &str, place: Place) -> Error {
    let message = format!("this helper has the label \"{label}\" already");
    Error::at(place, message).help("one helper has one label")
}

/// The arguments of a call with more of them than native functions take.
fn all(args: &mut [&mut Dynamic]) -> Array {
    std::mem::take(args[0]).try_cast::<Array>().unwrap_or_default()
}

fn teach_helper(engine: &mut Engine, run: &Shared, name: &str, helper: &'static Helper) {
    // Wrong counts are taken too, so that the message can show the signature instead of Rhai's list of types.
    for count in 0..=(helper.arguments.len() + 3).min(MOST_ARGUMENTS) {
        let run = run.clone();
        native(engine, name, count, move |ctx, args| {
            if count < helper.required() || count > helper.arguments.len() {
                let error = wrong_count(helper, count, place(&run, &ctx));
                return Err(thrown(error, ctx.call_position()));
            }
            let place = place(&run, &ctx);
            let given = helper.arguments.iter().zip(&*args).map(|(argument, given)| {
                let word = given.read_lock::<ImmutableString>().filter(|_| !argument.kind.is_value());
                word.map_or_else(|| operand((**given).clone(), place), |word| Ok(Operand::Word(word.to_string())))
            });
            let operands = given.collect::<Result<_, _>>().map_err(|error| thrown(error, ctx.call_position()))?;
            Ok(node(&run, &ctx, What::Helper(helper, operands)))
        });
    }
}

/// Too few or too many arguments for a helper.
pub(super) fn wrong_count(helper: &Helper, given: usize, place: Place) -> Error {
    let (least, most) = (helper.required(), helper.arguments.len());
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let plural = if wanted == "1" { "" } else { "s" };
    Error::at(place, format!("`{}` takes {wanted} argument{plural}, not {given}", helper.name)).help(helper.signature())
}

/// Registers a native function of `count` arguments of any type.
pub(super) fn native<T: Clone + 'static>(
    engine: &mut Engine,
    name: &str,
    count: usize,
    call: impl Fn(NativeCallContext<'_>, &mut [&mut Dynamic]) -> Answer<T> + 'static,
) {
    engine.register_raw_fn(name, vec![TypeId::of::<Dynamic>(); count], call);
}

fn pipe(run: &Shared, ctx: &NativeCallContext<'_>, args: &mut [&mut Dynamic]) -> Answer<Dynamic> {
    let mut operands = operands(run, ctx, args)?.into_iter();
    let mut current = operands.next().expect("pipe has at least one argument");
    for (index, stage) in operands.enumerate() {
        let Operand::Closure(closure) = stage else {
            let message = format!("argument {} of `pipe` is not a function of one signal", index + 2);
            let error =
                Error::at(place(run, ctx), message).help("pipe(osc(440), |x| lowpass(x, 800), |x| gain(x, 0.4))");
            return Err(thrown(error, ctx.call_position()));
        };
        current = Operand::Signal(node(run, ctx, What::Apply(closure, current)));
    }
    Ok(match current {
        Operand::Signal(signal) => Dynamic::from(signal),
        _ => std::mem::take(args[0]),
    })
}

/// What native functions were given, as operands.
pub(super) fn operands(run: &Shared, ctx: &NativeCallContext<'_>, args: &mut [&mut Dynamic]) -> Answer<Vec<Operand>> {
    let place = place(run, ctx);
    let operands = args.iter().map(|arg| operand((**arg).clone(), place)).collect::<Result<Vec<_>, _>>();
    operands.map_err(|error| thrown(error, ctx.call_position()))
}

/// A script's value as an operand. Captures of closures are copied: a later change of the variable is not heard.
pub(super) fn operand(value: Dynamic, place: Place) -> Result<Operand, Error> {
    let value = value.flatten();
    if let Some(signal) = value.clone().try_cast::<Signal>() {
        return Ok(Operand::Signal(signal));
    }
    if let Ok(number) = value.as_float() {
        return Ok(Operand::Number(number));
    }
    if let Ok(number) = value.as_int() {
        return Ok(Operand::Number(number as f64));
    }
    if value.is::<FnPtr>() {
        let pointer = snapshot(value).cast::<FnPtr>();
        return Ok(Operand::Closure(Closure { pointer, place }));
    }
    let kind = match value.type_name() {
        "()" => "nothing at all".to_owned(),
        kind => friendly(kind),
    };
    match value.try_cast::<Array>() {
        Some(array) if array.is_empty() => Err(Error::at(place, "an empty array has no channels")),
        Some(array) => {
            let channels = array.into_iter().map(|channel| operand(channel, place));
            Ok(Operand::Channels(channels.collect::<Result<_, _>>()?))
        }
        None => {
            let error = Error::at(place, format!("{kind} is no signal"));
            Err(error.help("a signal is a number, what a helper gives, a closure `|s| ...`, or an array of them"))
        }
    }
}

/// A closure made in a `for`, with these captures as they are in this turn.
fn of_this_turn(closure: &Dynamic, captures: &Dynamic) -> Dynamic {
    let numbers = captures.read_lock::<Array>().map(|numbers| numbers.iter().filter_map(|n| n.as_int().ok()).collect());
    let numbers: Vec<i64> = numbers.unwrap_or_default();
    let Some(mut pointer) = closure.clone().try_cast::<FnPtr>() else { return closure.clone() };
    let values = pointer.iter_curry().cloned().enumerate();
    let values = values.map(|(n, value)| if numbers.contains(&(n as i64)) { value.flatten() } else { value });
    let values = values.collect::<Vec<_>>();
    pointer.set_curry(values);
    Dynamic::from(pointer)
}

/// A copy of a value in which nothing is shared with the script any more.
fn snapshot(value: Dynamic) -> Dynamic {
    let value = value.flatten();
    if value.is::<FnPtr>() {
        let mut pointer = value.cast::<FnPtr>();
        let captures = pointer.iter_curry().cloned().map(snapshot).collect::<Vec<_>>();
        pointer.set_curry(captures);
        return Dynamic::from(pointer);
    }
    if value.is_array() {
        return Dynamic::from_array(value.cast::<Array>().into_iter().map(snapshot).collect());
    }
    if value.is_map() {
        let map = value.cast::<rhai::Map>();
        return Dynamic::from_map(map.into_iter().map(|(key, value)| (key, snapshot(value))).collect());
    }
    value
}

/// Notes the functions of a file that hide a word of ours.
pub(super) fn warn_of_shadowing(file: u16, run: &Shared) {
    let ours = |name: &str| find(name).is_some() || Math::named(name).is_some() || word(name).is_some();
    let run = &mut *run.borrow_mut();
    let definitions = run.functions.files[usize::from(file)].definitions.iter();
    let hiding = definitions.filter(|((name, _), _)| ours(name));
    let mut hiding = hiding.map(|((name, _), definition)| (ast::place(definition, file), name)).collect::<Vec<_>>();
    hiding.sort_by_key(|(place, _)| (place.line, place.column));
    for (place, name) in hiding {
        let message = format!("the function `{name}` of this script hides the built-in one");
        let help = Some("give it another name if that is not meant".to_owned());
        run.warnings.push(Warning { note: false, place, message, help });
    }
}
