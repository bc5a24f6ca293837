//! Parts of values: `s.…`, fields, indexes and methods, read and written. Calls that change nothing stand in `words`.

use std::rc::Rc;

use rhai::ImmutableString;

use super::super::code::{Expression, Link, Step, Term};
use super::path::{Lowering, Run, refuse};
use super::shape::either;
use super::value::{Number, Val};
use crate::diagnostic::nearest;
use crate::dsp::float::Int;
use crate::ir::call::SLOTS_PER_SIGNAL;
use crate::ir::{I, Place, Type};

/// The fields of `s`.
const WORLD: &[&str] = &["t", "dt", "sr", "frame", "beat", "tempo", "name", "position", "state"];

/// Longest array of computed values that is searched by selects when it is read at a computed place.
const FEW: usize = 8;

/// A step of a chain whose operands are known.
pub(super) struct Part<'a, 'b> {
    what: What<'a, 'b>,
    safe: bool,
    place: Place,
}

enum What<'a, 'b> {
    Field(&'a ImmutableString),
    /// The index, and whether it is written down.
    Index(Val<'b>, bool),
    Method(&'a ImmutableString, Vec<Val<'b>>),
}

/// Whether a step only reads, so that it may be computed although it is not needed.
pub(super) fn only_reads(link: &Link) -> bool {
    match &link.step {
        Step::Field(_) => true,
        Step::Index(index) => is_literal(index),
        Step::Method(_) => false,
    }
}

fn is_literal(index: &Expression) -> bool {
    match &index.term {
        Term::Value(_) => true,
        Term::Call(call) => call.operator && call.arguments.len() == 1 && is_literal(&call.arguments[0]),
        _ => false,
    }
}

impl<'b> Lowering<'_, 'b> {
    /// A value, then its parts.
    pub fn chain(&mut self, root: &Expression, links: &[Link]) -> Run<Val<'b>> {
        let mut value = self.used(root)?;
        let parts = self.parts(links)?;
        // While only parts were taken, a method that changes its object changes the variable.
        let mut variable = match &root.term {
            Term::Name(name) => Some(name),
            _ => None,
        };
        for (index, part) in parts.iter().enumerate() {
            if part.safe && matches!(&value, Val::Known(known) if known.is_unit()) {
                return Ok(value);
            }
            value = match &part.what {
                What::Method(name, arguments) => {
                    let changed = self.changing_method(&value, name, arguments, part.place)?;
                    match changed {
                        Some((object, result)) => {
                            if let Some(name) = variable {
                                self.replace(name, &parts[..index], object, root.place)?;
                            }
                            variable = None;
                            result
                        }
                        None => {
                            variable = None;
                            self.method(value, name, arguments, part.place)?
                        }
                    }
                }
                _ => self.part(&value, part)?,
            };
        }
        self.usable(value, root.place)
    }

    fn parts<'a>(&mut self, links: &'a [Link]) -> Run<Vec<Part<'a, 'b>>> {
        let mut parts = Vec::with_capacity(links.len());
        for link in links {
            let what = match &link.step {
                Step::Field(name) => What::Field(name),
                Step::Index(index) => What::Index(self.used(index)?, is_literal(index)),
                Step::Method(call) => What::Method(&call.name, self.arguments(&call.arguments)?),
            };
            parts.push(Part { what, safe: link.safe, place: link.place });
        }
        Ok(parts)
    }

    /// Puts a changed object back into the variable that it came from.
    fn replace(&mut self, name: &str, parts: &[Part<'_, 'b>], object: Val<'b>, place: Place) -> Run<()> {
        let cell = self.changeable(name, place)?;
        let whole = self.path.cells[cell].clone();
        self.path.cells[cell] = self.written(whole, parts, object)?;
        Ok(())
    }

    /// `root.part[index] = value`, or with an operator.
    pub fn assign_member(
        &mut self,
        operator: Option<&'static str>,
        root: &Expression,
        links: &[Link],
        new: Val<'b>,
    ) -> Run<()> {
        let whole = self.used(root)?;
        let parts = self.parts(links)?;
        let new = match operator {
            None => new,
            Some(operator) => {
                let mut old = whole.clone();
                for part in &parts {
                    old = self.part(&old, part)?;
                }
                let place = parts.last().map_or(root.place, |part| part.place);
                self.operator(operator, vec![old, new], place)?
            }
        };
        if matches!(whole, Val::World | Val::Sandbox | Val::Memory(_) | Val::Listener) {
            return self.written(whole, &parts, new).map(|_| ());
        }
        let Term::Name(name) = &root.term else {
            return refuse(root.place, "this cannot be assigned to", "assign to a part of a variable");
        };
        let cell = self.changeable(name, root.place)?;
        self.path.cells[cell] = self.written(whole, &parts, new)?;
        Ok(())
    }

    /// A value with one of its parts replaced.
    fn written(&mut self, whole: Val<'b>, parts: &[Part<'_, 'b>], new: Val<'b>) -> Run<Val<'b>> {
        let Some((part, rest)) = parts.split_first() else { return Ok(new) };
        match (&whole, &part.what) {
            (Val::World, What::Field(name)) if *name == "state" && !rest.is_empty() => {
                self.written(Val::Sandbox, rest, new)?;
                Ok(whole)
            }
            (Val::Sandbox, What::Index(index, _)) if rest.is_empty() => {
                self.write_slot(index, &new, part.place)?;
                Ok(whole)
            }
            (Val::Memory(block), What::Index(index, _)) if rest.is_empty() => {
                self.write_block(*block, index, &new, part.place)?;
                Ok(whole)
            }
            (Val::Array(items), What::Index(index, literal)) => {
                let items = items.clone();
                self.write_item(&items, index, *literal, part.place, rest, new)
            }
            (Val::Map(fields), What::Field(_) | What::Index(..)) => {
                let name = self.key(&part.what, part.place)?;
                let old = fields.get(&name).cloned().unwrap_or_else(Val::unit);
                let mut fields = (**fields).clone();
                fields.insert(name, self.written(old, rest, new)?);
                Ok(Val::Map(Rc::new(fields)))
            }
            (Val::World | Val::Listener, _) => {
                refuse(part.place, "this part of the world can only be read", "s.state[0] can be written")
            }
            (other, _) => {
                refuse(part.place, format!("{} has no parts to assign to", other.kind()), "use an array or a map")
            }
        }
    }

    fn write_item(
        &mut self,
        items: &Rc<Vec<Val<'b>>>,
        index: &Val<'b>,
        literal: bool,
        place: Place,
        rest: &[Part<'_, 'b>],
        new: Val<'b>,
    ) -> Run<Val<'b>> {
        let mut changed = (**items).clone();
        match self.index(index, items.len(), literal, place)? {
            Ok(known) => changed[known] = self.written(items[known].clone(), rest, new)?,
            Err(computed) => {
                let index = self.clamped(computed, items.len());
                for (number, item) in changed.iter_mut().enumerate() {
                    let here = index.same(index.lit(number as i64));
                    let with = self.written(item.clone(), rest, new.clone())?;
                    let Some(value) = either(self.builder, here, &with, item) else {
                        let message = format!(
                            "this array holds {} where {} is written at a computed place",
                            item.kind(),
                            with.kind()
                        );
                        return refuse(place, message, "keep one kind of value in an array that is indexed like this");
                    };
                    *item = value;
                }
            }
        }
        Ok(Val::array(changed))
    }

    /// A part of a value.
    fn part(&mut self, value: &Val<'b>, part: &Part<'_, 'b>) -> Run<Val<'b>> {
        let place = part.place;
        match (value, &part.what) {
            (Val::World, What::Field(name)) => self.world(name, place),
            (Val::Listener, What::Field(name)) => {
                match ["x", "y", "z"].iter().position(|axis| axis == &name.as_str()) {
                    Some(axis) => Ok(Val::Real(self.builder.real(self.builder.position(axis as u8)))),
                    None => refuse(
                        place,
                        format!("`s.position` has no `{name}`"),
                        "s.position.x, s.position.y, s.position.z",
                    ),
                }
            }
            (Val::Sandbox, What::Index(index, _)) => self.read_slot(index, place),
            (Val::Memory(block), What::Index(index, _)) => self.read_block(*block, index, place),
            (Val::Array(items), What::Index(index, literal)) => {
                let items = items.clone();
                self.item(&items, index, *literal, place)
            }
            (Val::Array(_) | Val::Sandbox | Val::Memory(_), What::Field(name)) if *name == "len" => {
                self.method(value.clone(), name, &[], place)
            }
            (Val::Map(fields), What::Field(_) | What::Index(..)) => {
                let name = self.key(&part.what, place)?;
                Ok(fields.get(&name).cloned().unwrap_or_else(Val::unit))
            }
            (Val::Torn(why), _) => refuse(place, format!("this is {why}"), "give it one kind of value on every way"),
            (_, What::Field(name)) => {
                refuse(place, format!("{} has no `.{name}`", value.kind()), "maps have fields: #{a: 1}.a")
            }
            (_, What::Index(..)) => {
                refuse(place, format!("{} cannot be indexed", value.kind()), "arrays can: [1, 2, 3][0]")
            }
            (_, What::Method(..)) => unreachable!("methods are called in `chain`"),
        }
    }

    /// What `s` knows of the world.
    fn world(&mut self, name: &str, place: Place) -> Run<Val<'b>> {
        let rate = self.context.rate;
        let frame = || self.builder.int(self.builder.frame());
        Ok(match name {
            "t" => {
                let seconds = self.builder.literal(Type::Real, rate.to_bits());
                Val::Real(frame().to_real() / self.builder.real(seconds))
            }
            "frame" => Val::Int(frame()),
            "beat" => Val::Real(self.builder.real(self.builder.beat(0))),
            "tempo" => Val::Real(self.builder.real(self.builder.tempo())),
            "sr" => Val::Known(rate.into()),
            "dt" => Val::Known((1.0 / rate).into()),
            "name" => Val::Known(self.context.registration.name.clone().into()),
            "position" => Val::Listener,
            "state" => Val::Sandbox,
            other => {
                let help = match nearest(other, WORLD.to_vec()) {
                    Some(near) => format!("did you mean `s.{near}`?"),
                    None => format!("it has s.{}", WORLD.join(", s.")),
                };
                return refuse(place, format!("`s` has no `{other}`"), help);
            }
        })
    }

    /// The name of a map's field.
    fn key(&self, what: &What<'_, 'b>, place: Place) -> Run<ImmutableString> {
        match what {
            What::Field(name) => Ok((*name).clone()),
            What::Index(Val::Known(value), _) if value.is_string() => {
                Ok(value.clone().into_immutable_string().expect("it is a text"))
            }
            _ => refuse(place, "a map is indexed with a text that is known when the script loads", "#{a: 1}[\"a\"]"),
        }
    }

    /// An item of an array.
    pub fn item(&mut self, items: &Rc<Vec<Val<'b>>>, index: &Val<'b>, literal: bool, place: Place) -> Run<Val<'b>> {
        let computed = match self.index(index, items.len(), literal, place)? {
            Ok(known) => return Ok(items[known].clone()),
            Err(computed) => computed,
        };
        let numbers = items.iter().map(|item| match item {
            Val::Known(_) => item.number().and_then(Number::known),
            _ => None,
        });
        if let Some(numbers) = numbers.collect::<Option<Vec<_>>>()
            && items.len() > FEW
        {
            let table = self.builder.table(&numbers);
            let value = self.builder.load_at(Type::Real, table, computed.id(), crate::ir::Bound::Clamp);
            let value = self.builder.real(value);
            let whole = items.iter().all(|item| item.number().is_some_and(Number::is_whole));
            return Ok(if whole { Val::Int(value.to_int()) } else { Val::Real(value) });
        }
        self.search(items, computed, place)
    }

    /// An item of an array at a computed place, found by comparing.
    fn search(&mut self, items: &Rc<Vec<Val<'b>>>, computed: I<'b>, place: Place) -> Run<Val<'b>> {
        let index = self.clamped(computed, items.len());
        let mut found = items[0].clone();
        for (number, item) in items.iter().enumerate().skip(1) {
            let here = index.same(index.lit(number as i64));
            found = match either(self.builder, here, item, &found) {
                Some(value) => value,
                None => {
                    let message = format!(
                        "this array holds {} and {}, so it cannot be read at a computed place",
                        found.kind(),
                        item.kind()
                    );
                    return refuse(place, message, "keep one kind of value in an array that is indexed like this");
                }
            };
        }
        Ok(found)
    }

    /// An index of an array: known and inside, or computed.
    fn index(&self, index: &Val<'b>, len: usize, literal: bool, place: Place) -> Run<Result<usize, I<'b>>> {
        let Some(number) = index.number() else {
            return refuse(place, format!("an array is indexed with a number, not {}", index.kind()), "[1, 2, 3][0]");
        };
        if len == 0 {
            return refuse(place, "this array is empty", "an array needs an item to read or write");
        }
        let Some(known) = number.known() else { return Ok(Err(number.int(self.builder))) };
        let whole = known as i64;
        if !literal {
            return Ok(Ok(whole.clamp(0, len as i64 - 1) as usize));
        }
        // As everywhere in Rhai, −1 is the last item.
        let from_start = if whole < 0 { whole + len as i64 } else { whole };
        match usize::try_from(from_start) {
            Ok(inside) if inside < len => Ok(Ok(inside)),
            _ => refuse(
                place,
                format!("there is no item {whole} in an array of {len}"),
                format!("items are 0 to {}", len - 1),
            ),
        }
    }

    fn clamped(&self, index: I<'b>, len: usize) -> I<'b> {
        let (first, last) = (index.lit(0), index.lit(len as i64 - 1));
        let index = I::select(index.lt(first), first, index);
        I::select(last.lt(index), last, index)
    }

    /// The length of something with items.
    pub fn length(&self, value: &Val<'b>) -> Option<usize> {
        match value {
            Val::Array(items) => Some(items.len()),
            Val::Map(fields) => Some(fields.len()),
            Val::Sandbox => Some(SLOTS_PER_SIGNAL),
            Val::Memory(block) => Some(block.slots as usize),
            _ => None,
        }
    }
}
