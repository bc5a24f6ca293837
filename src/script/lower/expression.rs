//! Expressions: what is known is computed, what is not becomes part of the program. Operators, calls and members stand in files of their own.

use std::rc::Rc;

use rhai::{Dynamic, ImmutableString};

use super::super::code::{Expression, Term};
use super::path::{Lowering, Run, refuse};
use super::value::{Capture, Pointer, Standing, Val};
use super::{Context, Error};
use crate::diagnostic::nearest;
use crate::dsp::math::Math;
use crate::ir::{B, Place};

/// A condition.
pub(super) enum Truth<'b> {
    /// Known now.
    Known(bool),
    /// Known in every frame.
    Computed(B<'b>),
}

impl Context<'_> {
    /// A constant that every script can read.
    fn constant(&self, name: &str) -> Option<f64> {
        match name {
            "TAU" => Some(std::f64::consts::TAU),
            "PI" => Some(std::f64::consts::PI),
            "E" => Some(std::f64::consts::E),
            "SR" => Some(self.rate),
            _ => None,
        }
    }

    /// The word that was probably meant.
    pub(super) fn suggestion(&self, name: &str) -> Option<String> {
        super::super::explain::suggestion(name, &self.evaluation.functions)
    }
}

impl<'b> Lowering<'_, 'b> {
    /// The value of an expression that is used for something.
    pub fn used(&mut self, expression: &Expression) -> Run<Val<'b>> {
        let value = self.expression(expression)?;
        self.usable(value, expression.place)
    }

    /// Refuses a value that is of two kinds on two ways.
    pub fn usable(&self, value: Val<'b>, place: Place) -> Run<Val<'b>> {
        match value {
            Val::Torn(why) => refuse(place, format!("this is {why}"), "give it one kind of value on every way"),
            value => Ok(value),
        }
    }

    /// The value of an expression.
    pub fn expression(&mut self, expression: &Expression) -> Run<Val<'b>> {
        let place = expression.place;
        self.step(place)?;
        self.deeper(place, |lowering| match &expression.term {
            Term::Value(value) => Ok(lowering.value(value)),
            Term::Name(name) => lowering.name(name, place),
            Term::Call(call) => lowering.call(call, place),
            Term::Chain(root, links) => lowering.chain(root, links),
            Term::All(parts) => lowering.all(parts, true),
            Term::Any(parts) => lowering.all(parts, false),
            other => lowering.rare(other, place),
        })
    }

    /// The terms that are met less often.
    fn rare(&mut self, term: &Term, place: Place) -> Run<Val<'b>> {
        match term {
            Term::Array(items) => Ok(Val::array(self.arguments(items)?)),
            Term::Map(fields) => {
                let mut map = std::collections::BTreeMap::new();
                for (name, value) in fields {
                    map.insert(name.clone(), self.used(value)?);
                }
                Ok(Val::Map(Rc::new(map)))
            }
            Term::Text(parts) => self.text(parts, place),
            Term::Of(path, name) => self.constant_of(path, name, place),
            Term::Else(parts) => self.first_something(parts),
            Term::Block(body) => self.scoped(|lowering| lowering.block(body)),
            Term::Closure(name, captures) => self.function_value(name, captures, place),
            Term::Refused(what) => self.refused(what, place),
            _ => unreachable!("handled by `expression`"),
        }
    }

    /// What closures cannot do.
    pub fn refused<T>(&self, what: &str, place: Place) -> Run<T> {
        let help = match what {
            "`try`" | "`throw`" => "nothing fails while a signal sounds: use `if`",
            "`import`" => "import at the top of the file",
            "`this`" => "give the value as an argument: f(x) instead of x.f()",
            _ => "compute it outside of the closure",
        };
        refuse(place, format!("{what} cannot be used in a closure, which runs for every sample"), help)
    }

    fn name(&mut self, name: &ImmutableString, place: Place) -> Run<Val<'b>> {
        if let Some(variable) = self.scope.iter().rev().find(|variable| variable.name == *name) {
            let value = self.path.cells[variable.cell].clone();
            if let Val::Torn(why) = &value {
                let message = format!("`{name}` is {why}");
                return refuse(place, message, "give it one kind of value on every way");
            }
            return Ok(value);
        }
        if let Some(constant) = self.context.constant(name) {
            return Ok(Val::Known(constant.into()));
        }
        let error = Error::at(place, format!("there is no variable `{name}`"));
        let near = nearest(name, self.scope.iter().map(|variable| variable.name.as_str()).collect::<Vec<_>>());
        Err(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("functions see only their arguments and constants: give it as an argument"),
        }
        .into())
    }

    fn constant_of(&mut self, path: &[ImmutableString], name: &ImmutableString, place: Place) -> Run<Val<'b>> {
        let file = match path {
            [alias] if alias == "global" => Some(self.file),
            [alias] => self.context.module(alias, self.file),
            _ => None,
        };
        let functions = file.and_then(|file| self.context.evaluation.functions.files.get(usize::from(file)));
        match functions.and_then(|functions| functions.constants.get(name)) {
            Some(value) => Ok(self.value(value)),
            None => {
                let path = path.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("::");
                let message = format!("there is no constant `{path}::{name}` that a closure can read");
                refuse(place, message, "read it outside of the closure, which then captures it: let k = file::K;")
            }
        }
    }

    fn text(&mut self, parts: &[Expression], place: Place) -> Run<Val<'b>> {
        let mut text = String::new();
        for part in parts {
            match self.used(part)? {
                Val::Known(value) => text.push_str(&value.to_string()),
                _ => {
                    let message = "a text cannot be built for every sample";
                    return refuse(place, message, "texts in closures must be known when the script loads");
                }
            }
        }
        Ok(Val::Known(text.into()))
    }

    fn first_something(&mut self, parts: &[Expression]) -> Run<Val<'b>> {
        let mut value = Val::unit();
        for part in parts {
            value = self.used(part)?;
            if !matches!(&value, Val::Known(known) if known.is_unit()) {
                break;
            }
        }
        Ok(value)
    }

    /// A closure inside a closure: it shares the variables that it captures.
    fn function_value(&mut self, name: &ImmutableString, captures: &[ImmutableString], place: Place) -> Run<Val<'b>> {
        let mut cells = Vec::with_capacity(captures.len());
        for captured in captures {
            match self.scope.iter().rev().find(|variable| variable.name == *captured) {
                Some(variable) => cells.push(Capture::Cell(variable.cell, variable.standing)),
                None => {
                    let value = self.name(captured, place)?;
                    cells.push(Capture::Copy(value, Standing::Captured));
                }
            }
        }
        self.functions_made += usize::from(!cells.is_empty());
        Ok(Val::Function(Rc::new(Pointer { name: name.clone(), file: self.file, captures: cells })))
    }

    /// A value as a condition.
    pub fn truth(&self, value: &Val<'b>, place: Place) -> Run<Truth<'b>> {
        match value {
            Val::Known(known) if known.is_bool() => Ok(Truth::Known(known.as_bool() == Ok(true))),
            Val::Bool(value) => Ok(value.known().map_or(Truth::Computed(*value), Truth::Known)),
            Val::Whatever => Ok(Truth::Known(false)),
            Val::Array(_) => {
                let help = "conditions work on one channel: take one with x[0], or use select(condition, yes, no)";
                refuse(place, "a condition is true or false, not an array of channels", help)
            }
            other => {
                let message = format!("a condition is true or false, not {}", other.kind());
                refuse(place, message, "compare the value: x > 0.0")
            }
        }
    }

    /// The truth of an expression.
    pub fn condition(&mut self, expression: &Expression) -> Run<Truth<'b>> {
        let value = self.used(expression)?;
        self.truth(&value, expression.place)
    }

    /// `&&` where all must hold, else `||`.
    fn all(&mut self, parts: &[Expression], and: bool) -> Run<Val<'b>> {
        let (first, rest) = parts.split_first().expect("a logical operator has sides");
        let so_far = self.condition(first)?;
        if rest.is_empty() {
            return Ok(match so_far {
                Truth::Known(known) => Val::Known(known.into()),
                Truth::Computed(value) => Val::Bool(value),
            });
        }
        match so_far {
            Truth::Known(known) if known == and => self.all(rest, and),
            Truth::Known(known) => Ok(Val::Known(known.into())),
            Truth::Computed(left) if rest.iter().all(|part| self.harmless(part)) => Ok(match self.all(rest, and)? {
                Val::Bool(right) => Val::Bool(if and { left & right } else { left | right }),
                Val::Known(right) if right.as_bool() == Ok(and) => Val::Bool(left),
                known => known,
            }),
            Truth::Computed(left) => {
                let decided = |_: &mut Self| Ok(Val::Known(Dynamic::from(!and)));
                match and {
                    true => self.branch(left, |lowering| lowering.all(rest, and), decided),
                    false => self.branch(left, decided, |lowering| lowering.all(rest, and)),
                }
            }
        }
    }

    /// Whether an expression changes nothing and cannot fail, so that it may be computed although it is not needed.
    pub fn harmless(&self, expression: &Expression) -> bool {
        match &expression.term {
            Term::Value(_) | Term::Name(_) => true,
            Term::Call(call) => {
                let pure = call.operator && call.name != "contains"
                    || Math::named(&call.name).is_some()
                        && self.context.definition(&call.name, call.arguments.len(), self.file).is_none();
                pure && call.path.is_empty() && call.arguments.iter().all(|argument| self.harmless(argument))
            }
            Term::All(parts) | Term::Any(parts) => parts.iter().all(|part| self.harmless(part)),
            Term::Chain(root, links) => self.harmless(root) && links.iter().all(super::members::only_reads),
            _ => false,
        }
    }
}
