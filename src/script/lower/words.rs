//! Built-in words in closures: helpers, mathematics, conversions, and the methods of arrays and maps. What nobody here knows is left to Rhai if all is known.

use std::rc::Rc;

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, Scope};

use super::channels;
use super::closure::of_channels;
use super::path::{Lowering, Run, refuse};
use super::value::{Number, Range, Val};
use super::walk::not_known;
use crate::dsp::math::Math;
use crate::helpers::language::word;
use crate::helpers::{Given, Helper, find};
use crate::ir::{F, Place};

/// Words that would do something besides giving a value.
const OUTSIDE: &[&str] =
    &["print", "debug", "register", "unregister", "tempo", "eval", "sleep", "timestamp", "exit", "rand"];

/// What a method that changes its object leaves: the object and the method's value.
type Changed<'b> = Option<(Val<'b>, Val<'b>)>;

impl<'b> Lowering<'_, 'b> {
    /// A call of a built-in word; `None` if nobody knows it.
    pub fn word(&mut self, name: &str, arguments: Vec<Val<'b>>, place: Place) -> Run<Option<Val<'b>>> {
        if OUTSIDE.contains(&name) {
            let message = format!("`{name}` cannot be used in a closure, which runs for every sample");
            return refuse(place, message, "call it outside of the closure");
        }
        if let Some(helper) = find(name) {
            return self.helper(helper, arguments, place).map(Some);
        }
        if let Some(math) = Math::named(name) {
            return self.mathematics(math, arguments, place).map(Some);
        }
        if let Some(value) = self.conversion(name, &arguments, place)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.pitch(name, &arguments, place)? {
            return Ok(Some(value));
        }
        match name {
            "mix" if !arguments.is_empty() => {
                let inputs = arguments.iter().map(|input| self.input(input, place)).collect::<Run<Vec<_>>>()?;
                Ok(Some(of_channels(channels::mix(&inputs))))
            }
            "sum" if arguments.len() == 1 => {
                let channels = self.input(&arguments[0], place)?;
                Ok(Some(Val::Real(channels::sum(self.builder, &channels))))
            }
            "label" if arguments.len() == 2 => self.label(&arguments[0], &arguments[1], place).map(Some),
            "memory" if arguments.len() == 1 => self.reserve(&arguments[0], place).map(Some),
            "pipe" if !arguments.is_empty() => self.pipe(arguments, place).map(Some),
            "range" if (1..=3).contains(&arguments.len()) => self.counted(&arguments, place).map(Some),
            _ if word(name).is_some() => refuse(
                place,
                format!("`{name}` cannot be used in a closure"),
                "call it outside of the closure, which then captures it",
            ),
            _ => {
                if let [object, rest @ ..] = &arguments[..]
                    && let Some(value) = self.reading_method(object, name, rest, place)?
                {
                    return Ok(Some(value));
                }
                Ok(self.delegate(name, &arguments, false))
            }
        }
    }

    /// A method that changes nothing.
    pub fn method(&mut self, object: Val<'b>, name: &str, arguments: &[Val<'b>], place: Place) -> Run<Val<'b>> {
        if let Val::Function(pointer) = &object
            && name == "call"
        {
            return self.call_pointer(pointer, arguments.to_vec(), place);
        }
        let count = arguments.len();
        if self.context.definition(name, count, self.file).is_some() {
            let message = format!("`{name}` is a function of the script, which a method call would give `this`");
            return refuse(place, message, format!("call it as {name}(x, …)"));
        }
        let mut all = vec![object];
        all.extend_from_slice(arguments);
        match self.word(name, all, place)? {
            Some(value) => Ok(value),
            None => Err(self.unknown_function(name, place).into()),
        }
    }

    /// A helper: an instance of its own for every place it is put in.
    fn helper(&mut self, helper: &'static Helper, arguments: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        let mut given = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            given.push(match helper.arguments.get(index) {
                Some(wanted) if !wanted.kind.is_value() => {
                    fixed_argument(argument).ok_or_else(|| not_known(helper, index, place))?
                }
                _ => Given::Channels(self.input(argument, place)?),
            });
        }
        self.once_per_frame(helper.name, place)?;
        Ok(of_channels(self.context.expand(helper, &given, None, place)?))
    }

    /// Refuses what claims memory where nobody knows how often.
    pub fn once_per_frame(&self, word: &str, place: Place) -> Run<()> {
        if self.unknown_rounds == 0 {
            return Ok(());
        }
        let message = format!("`{word}` cannot be used in a loop whose number of rounds is not known");
        refuse(place, message, "every round would need a memory of its own: loop over a known range")
    }

    /// A value as the channels of an argument.
    pub(super) fn input(&mut self, value: &Val<'b>, place: Place) -> Run<Vec<F<'b>>> {
        match value {
            Val::Function(pointer) => self.hand(&pointer.clone(), Val::World, place),
            Val::Array(items) if !items.is_empty() => {
                let items = items.clone();
                items.iter().map(|item| self.one(item, place)).collect()
            }
            single => Ok(vec![self.one(single, place)?]),
        }
    }

    fn one(&mut self, value: &Val<'b>, place: Place) -> Run<F<'b>> {
        match value.sample() {
            Some(number) => Ok(number.real(self.builder)),
            None => refuse(
                place,
                format!("{} is no signal", value.kind()),
                "a signal is a number, a helper's result, or an array of them",
            ),
        }
    }

    fn pipe(&mut self, arguments: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        let mut stages = arguments.into_iter();
        let mut value = stages.next().expect("it has at least one argument");
        for stage in stages {
            let Val::Function(pointer) = stage else {
                return refuse(
                    place,
                    format!("{} is no function of one signal", stage.kind()),
                    "pipe(x, |x| lowpass(x, 800))",
                );
            };
            value = self.call_pointer(&pointer, vec![value], place)?;
        }
        Ok(value)
    }

    /// `range(from, to)` and `range(from, to, step)`.
    fn counted(&mut self, arguments: &[Val<'b>], place: Place) -> Run<Val<'b>> {
        if let [Val::Range(range)] = arguments {
            return Ok(Val::Range(range.clone()));
        }
        let numbers = arguments.iter().map(known).collect::<Option<Vec<_>>>();
        let floats =
            arguments.iter().any(|argument| argument.number().is_some_and(|number| number.integral().is_none()));
        if let (Some(numbers), true, 3) = (numbers, floats, arguments.len()) {
            return self.float_steps(numbers[0], numbers[1], numbers[2], place);
        }
        let [from, to, step @ ..] = arguments else {
            return refuse(place, "`range` takes two or three numbers", "range(0, 10, 2)");
        };
        let step = match step.first() {
            None => 1,
            Some(step) => match step.number().and_then(Number::integral) {
                Some(step) if step != 0 => step,
                _ => {
                    let message = "the step of a range is a whole number, not 0, that is known when the script loads";
                    return refuse(place, message, "range(0, 10, 2)");
                }
            },
        };
        let (from, to) = (self.bound(from, place)?, self.bound(to, place)?);
        Ok(Val::Range(Rc::new(Range { from, to, inclusive: false, step })))
    }

    /// Floats in steps, as an array.
    fn float_steps(&mut self, from: f64, to: f64, step: f64, place: Place) -> Run<Val<'b>> {
        let onward = (from < to && step > 0.0) || (from > to && step < 0.0);
        let mut items = Vec::new();
        let mut at = from;
        while onward && (if step > 0.0 { at < to } else { at > to }) {
            self.step(place)?;
            items.push(Val::Known(at.into()));
            at += step;
        }
        Ok(Val::array(items))
    }

    /// Methods of arrays and maps that change them.
    pub fn changing_method(
        &mut self,
        object: &Val<'b>,
        name: &str,
        arguments: &[Val<'b>],
        place: Place,
    ) -> Run<Changed<'b>> {
        let Val::Array(items) = object else { return Ok(None) };
        let mut items = (**items).clone();
        let mut result = Val::unit();
        match (name, arguments) {
            ("push", [item]) => items.push(item.clone()),
            ("append", [Val::Array(more)]) => items.extend(more.iter().cloned()),
            ("pop", []) => result = items.pop().unwrap_or_else(Val::unit),
            ("shift", []) if !items.is_empty() => result = items.remove(0),
            ("clear", []) => items.clear(),
            ("reverse", []) => items.reverse(),
            ("insert", [at, item]) => {
                let at = self.fixed(at, items.len() + 1, place)?;
                items.insert(at, item.clone());
            }
            ("remove", [at]) if !items.is_empty() => {
                let at = self.fixed(at, items.len(), place)?;
                result = items.remove(at);
            }
            ("truncate", [len]) => {
                let len = self.fixed(len, items.len() + 1, place)?;
                items.truncate(len);
            }
            _ => return Ok(None),
        }
        Ok(Some((Val::array(items), result)))
    }

    /// A place in an array that must be known, because it changes the array's length.
    fn fixed(&self, at: &Val<'b>, len: usize, place: Place) -> Run<usize> {
        match at.number().and_then(Number::integral) {
            Some(at) => Ok(at.clamp(0, len as i64 - 1) as usize),
            None => refuse(
                place,
                "this place must be known when the script loads",
                "arrays in closures have a fixed length",
            ),
        }
    }

    /// Methods of arrays and maps that only read.
    fn reading_method(
        &mut self,
        object: &Val<'b>,
        name: &str,
        arguments: &[Val<'b>],
        place: Place,
    ) -> Run<Option<Val<'b>>> {
        let items = match object {
            Val::Array(items) => items.clone(),
            Val::Map(fields) if name == "values" => return Ok(Some(Val::array(fields.values().cloned().collect()))),
            Val::Map(fields) if name == "keys" => {
                return Ok(Some(Val::array(fields.keys().map(|name| Val::Known(name.clone().into())).collect())));
            }
            Val::Map(_) | Val::Sandbox | Val::Memory(_) | Val::Range(_) => Rc::new(Vec::new()),
            _ => return Ok(None),
        };
        Ok(Some(match (name, arguments) {
            ("len", []) => match self.length(object) {
                Some(len) => Val::Known((len as i64).into()),
                None => return Ok(None),
            },
            ("is_empty", []) => match self.length(object) {
                Some(len) => Val::Known((len == 0).into()),
                None => return Ok(None),
            },
            ("contains", [item]) => self.contains(object, item, place)?,
            ("get", [index]) if !items.is_empty() => self.item(&items, index, false, place)?,
            ("map", [Val::Function(pointer)]) => {
                let mapped = items.iter().map(|item| self.call_pointer(pointer, vec![item.clone()], place));
                Val::array(mapped.collect::<Run<_>>()?)
            }
            ("for_each", [Val::Function(pointer)]) => {
                for item in items.iter() {
                    self.call_pointer(pointer, vec![item.clone()], place)?;
                }
                Val::unit()
            }
            ("reduce", [Val::Function(pointer), first]) => {
                let mut sum = first.clone();
                for item in items.iter() {
                    sum = self.call_pointer(pointer, vec![sum, item.clone()], place)?;
                }
                sum
            }
            _ => return Ok(None),
        }))
    }

    /// A call that Rhai itself answers, where every argument is known.
    pub fn delegate(&self, name: &str, arguments: &[Val<'b>], operator: bool) -> Option<Val<'b>> {
        let arguments = arguments.iter().map(dynamic).collect::<Option<Vec<_>>>()?;
        let engine = self.context.engine.get_or_init(|| {
            let mut engine = Engine::new();
            engine.set_max_operations(100_000);
            engine.set_max_string_size(1 << 20);
            engine.set_max_array_size(1 << 20);
            engine
        });
        let mut scope = Scope::new();
        let names = (0..arguments.len()).map(|n| format!("a{n}")).collect::<Vec<_>>();
        for (name, argument) in names.iter().zip(arguments) {
            scope.push(name.as_str(), argument);
        }
        let text = if operator { names.join(name) } else { format!("{name}({})", names.join(", ")) };
        let value = engine.eval_expression_with_scope::<Dynamic>(&mut scope, &text).ok()?;
        Some(self.value(&value))
    }
}

/// An array or a word for an argument that is one.
fn fixed_argument<'b>(value: &Val<'_>) -> Option<Given<'b>> {
    match value {
        Val::Known(word) => word.read_lock::<ImmutableString>().map(|word| Given::Word(word.to_string())),
        Val::Array(items) => match items.iter().map(known).collect::<Option<Vec<_>>>() {
            Some(numbers) => Some(Given::Numbers(numbers)),
            None => {
                let row = |item: &Val<'_>| match item {
                    Val::Array(items) => items.iter().map(known).collect::<Option<Vec<_>>>(),
                    _ => None,
                };
                items.iter().map(row).collect::<Option<_>>().map(Given::Rows)
            }
        },
        _ => None,
    }
}

pub(super) fn known(value: &Val<'_>) -> Option<f64> {
    match value {
        Val::Known(_) => value.number().and_then(Number::known),
        _ => None,
    }
}

/// A value as Rhai has it, if it is known as a whole.
pub(super) fn dynamic(value: &Val<'_>) -> Option<Dynamic> {
    match value {
        Val::Known(value) => Some(value.clone()),
        Val::Array(items) => Some(Dynamic::from_array(items.iter().map(dynamic).collect::<Option<Array>>()?)),
        Val::Map(fields) => {
            let field = |(name, value): (&ImmutableString, &Val<'_>)| Some((name.as_str().into(), dynamic(value)?));
            Some(Dynamic::from_map(fields.iter().map(field).collect::<Option<Map>>()?))
        }
        _ => None,
    }
}
