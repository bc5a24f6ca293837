//! Calls: which function a name means, and how it is put in the place of its call. What built-in words do stands in `words`.

use std::rc::Rc;

use super::super::ast;
use super::super::code::{Call, Expression};
use super::super::explain::signature_of;
use super::super::imports::candidates;
use super::path::{Frame, Lowering, Run, Stop, Variable, refuse};
use super::value::{Capture, Found, Pointer, Standing, Val};
use super::{Context, Error};
use crate::ir::Place;

/// How deep functions may call each other.
const MAX_CALLS: usize = 64;

impl Context<'_> {
    /// The definition of a function or closure. Closures may come from any file, and have names that tell.
    pub(super) fn definition(&self, name: &str, count: usize, file: u16) -> Option<Found> {
        let files = &self.evaluation.functions.files;
        let key = (name.into(), count);
        let anywhere =
            || (0..files.len()).find(|&file| name.starts_with("anon$") && files[file].definitions.contains_key(&key));
        let here = files.get(usize::from(file)).is_some_and(|functions| functions.definitions.contains_key(&key));
        let file = if here { usize::from(file) } else { anywhere()? };
        let definition = &files[file].definitions[&key];
        let mut read = self.functions.borrow_mut();
        let function =
            read.entry(Rc::as_ptr(definition)).or_insert_with(|| Rc::new(ast::function(definition, file as u16)));
        Some((function.clone(), file as u16))
    }

    /// The file that an alias of a file means.
    pub(super) fn module(&self, alias: &str, file: u16) -> Option<u16> {
        let path = self.evaluation.functions.files.get(usize::from(file))?.modules.get(alias)?;
        let importer = self.evaluation.files.get(usize::from(file)).map(String::as_str);
        let names = candidates(importer, path);
        let known = |name: &String| self.evaluation.files.iter().position(|file| file == name);
        names.iter().find_map(known).map(|file| file as u16)
    }

    /// How many arguments functions of this name take in a file.
    fn counts(&self, name: &str, file: u16) -> Vec<usize> {
        let functions = self.evaluation.functions.files.get(usize::from(file));
        let keys = functions.into_iter().flat_map(|functions| functions.definitions.keys());
        let mut counts = keys.filter(|(defined, _)| defined == name).map(|(_, count)| *count).collect::<Vec<_>>();
        counts.sort_unstable();
        counts
    }
}

impl<'b> Lowering<'_, 'b> {
    /// A call of a function or an operator.
    pub fn call(&mut self, call: &Call, place: Place) -> Run<Val<'b>> {
        if !call.path.is_empty() {
            return self.call_module(call, place);
        }
        if call.operator && call.name == "contains" {
            return self.contained(call, place);
        }
        let arguments = self.arguments(&call.arguments)?;
        if call.operator {
            return self.operator(&call.name, arguments, place);
        }
        self.call_named(&call.name, arguments, place)
    }

    pub fn arguments(&mut self, list: &[Expression]) -> Run<Vec<Val<'b>>> {
        list.iter().map(|argument| self.used(argument)).collect()
    }

    /// `x in y`, which Rhai writes with the sides exchanged but means in this order.
    fn contained(&mut self, call: &Call, place: Place) -> Run<Val<'b>> {
        let mut arguments = self.arguments(&call.arguments)?;
        let item = arguments.pop().expect("two sides");
        let group = arguments.pop().expect("two sides");
        self.contains(&group, &item, place)
    }

    /// A call of a function of this file, or a word.
    pub fn call_named(&mut self, name: &str, mut arguments: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        if name == "call" && matches!(arguments.first(), Some(Val::Function(_))) {
            let Val::Function(pointer) = arguments.remove(0) else { unreachable!("matched above") };
            return self.call_pointer(&pointer, arguments, place);
        }
        if let Some(found) = self.context.definition(name, arguments.len(), self.file) {
            return self.inline(found, free(arguments).collect(), place);
        }
        match self.word(name, arguments, place)? {
            Some(value) => Ok(value),
            None => Err(self.unknown_function(name, place).into()),
        }
    }

    fn call_module(&mut self, call: &Call, place: Place) -> Run<Val<'b>> {
        let alias = &call.path[0];
        let Some(file) = self.context.module(alias, self.file).filter(|_| call.path.len() == 1) else {
            let message = format!("there is no module `{}` in a closure", join(call));
            return refuse(place, message, "import it at the top of the file: import \"file\" as name;");
        };
        let arguments = self.arguments(&call.arguments)?;
        let functions = &self.context.evaluation.functions;
        match self.context.definition(&call.name, arguments.len(), file) {
            Some(found) => self.inline(found, free(arguments).collect(), place),
            None => {
                let counts = self.context.counts(&call.name, file);
                let message = match counts.is_empty() {
                    true => format!("there is no function `{}` in `{alias}`", call.name),
                    false => wrong_count(&call.name, &counts, arguments.len()),
                };
                Err(Error { help: functions.told(&call.name), ..Error::at(place, message) }.into())
            }
        }
    }

    /// Calls a function that is a value.
    pub fn call_pointer(&mut self, pointer: &Rc<Pointer<'b>>, arguments: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        let count = pointer.captures.len() + arguments.len();
        let given = arguments.len();
        if let Some(found) = self.context.definition(&pointer.name, count, pointer.file) {
            let bound = pointer.captures.iter().cloned().chain(free(arguments));
            return self.inline(found, bound.collect(), place);
        }
        if !pointer.name.starts_with("anon$") && pointer.captures.is_empty() {
            return self.call_named(&pointer.name, arguments, place);
        }
        let counts = (0..16).filter(|&count| {
            self.context.definition(&pointer.name, pointer.captures.len() + count, pointer.file).is_some()
        });
        let message = wrong_count("this closure", &counts.collect::<Vec<_>>(), given);
        refuse(place, message.replace('`', ""), "the names between | and | are what it takes")
    }

    /// Puts a function's body in the place of its call.
    fn inline(&mut self, found: Found, bound: Vec<Capture<'b>>, place: Place) -> Run<Val<'b>> {
        let (function, file) = found;
        if self.frames.len() > MAX_CALLS {
            let message = format!("functions call each other more than {MAX_CALLS} deep");
            let help = "a function that calls itself must come to an end that is known when the script loads";
            return refuse(place, message, help);
        }
        self.step(place)?;
        let outer = (std::mem::take(&mut self.scope), std::mem::replace(&mut self.file, file));
        let (cells, made) = (self.path.cells.len(), self.functions_made);
        for (name, bound) in function.parameters.iter().zip(bound) {
            match bound {
                Capture::Cell(cell, standing) => self.scope.push(Variable { name: name.clone(), cell, standing }),
                Capture::Copy(value, standing) => self.declare(name.clone(), value, standing),
            }
        }
        self.frames.push(Frame::default());
        let result = self.deeper(place, |lowering| lowering.block(&function.body));
        let frame = self.frames.pop().expect("pushed above");
        (self.scope, self.file) = outer;
        let result = self.returned(result, frame, cells);
        if result.is_ok() && made == self.functions_made {
            self.path.cells.truncate(cells);
        }
        result
    }

    /// Where all ways out of a function meet.
    fn returned(&mut self, result: Run<Val<'b>>, frame: Frame<'b>, cells: usize) -> Run<Val<'b>> {
        if frame.returns.is_empty() {
            return result;
        }
        let mut ways = frame.returns;
        match result {
            Ok(value) => {
                let way = self.leave(value);
                ways.push(way);
            }
            Err(Stop::Gone) => {}
            Err(error) => return Err(error),
        }
        self.meet(ways, cells)
    }

    /// The error for a name that is no function.
    pub fn unknown_function(&self, name: &str, place: Place) -> Error {
        if let Some(signature) = signature_of(name) {
            return Error::at(place, format!("`{name}` cannot be called like this in a closure")).help(signature);
        }
        let counts = self.context.counts(name, self.file);
        if !counts.is_empty() {
            let error = Error::at(place, format!("the function `{name}` takes {} arguments", listed(&counts)));
            return Error { help: self.context.evaluation.functions.told(name), ..error };
        }
        if self.scope.iter().any(|variable| variable.name == name) {
            return Error::at(place, format!("`{name}` is a variable, not a function"))
                .help(format!("a closure in a variable is called with {name}.call(x)"));
        }
        let error = Error::at(place, format!("there is no function `{name}`"));
        match self.context.suggestion(name) {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

/// Arguments, which the function may change without anyone hearing of it.
fn free<'b>(arguments: Vec<Val<'b>>) -> impl Iterator<Item = Capture<'b>> {
    arguments.into_iter().map(|value| Capture::Copy(value, Standing::Free))
}

fn join(call: &Call) -> String {
    call.path.iter().map(|part| part.as_str()).collect::<Vec<_>>().join("::")
}

fn listed(counts: &[usize]) -> String {
    counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

fn wrong_count(name: &str, counts: &[usize], given: usize) -> String {
    let plural = if counts == [1] { "" } else { "s" };
    format!("`{name}` takes {} argument{plural}, not {given}", listed(counts))
}
