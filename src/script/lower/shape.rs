//! What becomes of a variable where ways meet: the same value, a parameter of the block, or nothing that can be used. It emits no branches.

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::ImmutableString;

use super::value::{Number, Val, truth};
use crate::ir::{BlockId, Builder, Type, ValueId};

/// The form in which a value passes a place where ways meet.
pub(super) enum Shape<'b> {
    /// The same on all ways: nothing is passed.
    Same(Val<'b>),
    /// A parameter.
    Leaf(Type),
    /// Each item by itself.
    Array(Vec<Shape<'b>>),
    /// Each field by itself.
    Map(BTreeMap<ImmutableString, Shape<'b>>),
    /// Of two kinds: it cannot be used any more.
    Torn(Rc<str>),
}

impl<'b> Shape<'b> {
    /// The form in which a value passes together with those of other ways.
    pub fn include(&mut self, other: &Val<'b>) {
        match self {
            Shape::Same(value) if value.same(other) => {}
            Shape::Same(value) => *self = Shape::of_two(value, other),
            Shape::Torn(_) => {}
            _ if matches!(other, Val::Whatever) => {}
            Shape::Leaf(ty) => {
                let kind = if *ty == Type::Bool { "true or false" } else { "a number" };
                *self = leaf(Some(*ty), scalar(other), kind, other);
            }
            Shape::Array(shapes) => match other {
                Val::Array(items) if items.len() == shapes.len() => {
                    shapes.iter_mut().zip(items.iter()).for_each(|(shape, item)| shape.include(item));
                }
                _ => *self = torn("an array", other),
            },
            Shape::Map(shapes) => match other {
                Val::Map(fields) if fields.keys().eq(shapes.keys()) => {
                    shapes.values_mut().zip(fields.values()).for_each(|(shape, field)| shape.include(field));
                }
                _ => *self = torn("a map", other),
            },
        }
    }

    /// Makes room for the value that a loop's round ends with, where it differs from the one it started with.
    /// Says whether anything changed.
    pub fn widen(&mut self, start: &Val<'b>, end: &Val<'b>) -> bool {
        if start.same(end) {
            return false;
        }
        match (&mut *self, start, end) {
            (Shape::Torn(_), ..) => false,
            (Shape::Leaf(ty), ..) => {
                let before = *ty;
                self.include(end);
                !matches!(self, Shape::Leaf(ty) if *ty == before)
            }
            (Shape::Array(shapes), Val::Array(from), Val::Array(to)) if from.len() == to.len() => {
                let rows = shapes.iter_mut().zip(from.iter().zip(to.iter()));
                rows.fold(false, |changed, (shape, (from, to))| shape.widen(from, to) | changed)
            }
            (Shape::Map(shapes), Val::Map(from), Val::Map(to)) if from.keys().eq(to.keys()) => {
                let rows = shapes.values_mut().zip(from.values().zip(to.values()));
                rows.fold(false, |changed, (shape, (from, to))| shape.widen(from, to) | changed)
            }
            (Shape::Same(value), ..) => {
                *self = Shape::of_two(value, end);
                true
            }
            _ => {
                *self = torn(start.kind(), end);
                true
            }
        }
    }

    fn of_two(a: &Val<'b>, b: &Val<'b>) -> Shape<'b> {
        match (a, b) {
            _ if a.same(b) => Shape::Same(a.clone()),
            (Val::Whatever, value) | (value, Val::Whatever) => Shape::loose(value),
            (Val::Torn(why), _) | (_, Val::Torn(why)) => Shape::Torn(why.clone()),
            (Val::Array(a), Val::Array(b)) if a.len() == b.len() => {
                Shape::Array(a.iter().zip(b.iter()).map(|(a, b)| Shape::of_two(a, b)).collect())
            }
            (Val::Array(_), Val::Array(_)) => {
                Shape::Torn("an array of one length on one way and of another length on the other".into())
            }
            (Val::Map(a), Val::Map(b)) if a.keys().eq(b.keys()) => {
                let fields = a.iter().zip(b.values());
                Shape::Map(fields.map(|((name, a), b)| (name.clone(), Shape::of_two(a, b))).collect())
            }
            _ => leaf(scalar(a), scalar(b), a.kind(), b),
        }
    }

    /// The form of a value that may not be known on every way.
    fn loose(value: &Val<'b>) -> Shape<'b> {
        match value {
            Val::Real(_) => Shape::Leaf(Type::Real),
            Val::Int(_) => Shape::Leaf(Type::Int),
            Val::Bool(_) => Shape::Leaf(Type::Bool),
            Val::Array(items) => Shape::Array(items.iter().map(Shape::loose).collect()),
            Val::Map(fields) => {
                Shape::Map(fields.iter().map(|(name, field)| (name.clone(), Shape::loose(field))).collect())
            }
            other => Shape::Same(other.clone()),
        }
    }

    /// The value in a block: its parameters are added in order.
    pub fn receive(&self, builder: &'b Builder, block: BlockId) -> Val<'b> {
        match self {
            Shape::Same(value) => value.clone(),
            Shape::Leaf(ty) => {
                let value = builder.parameter(block, *ty);
                match ty {
                    Type::Real => Val::Real(builder.real(value)),
                    Type::Int => Val::Int(builder.int(value)),
                    Type::Bool => Val::Bool(builder.bool(value)),
                }
            }
            Shape::Array(shapes) => Val::array(shapes.iter().map(|shape| shape.receive(builder, block)).collect()),
            Shape::Map(shapes) => {
                let fields = shapes.iter().map(|(name, shape)| (name.clone(), shape.receive(builder, block)));
                Val::Map(Rc::new(fields.collect()))
            }
            Shape::Torn(why) => Val::Torn(why.clone()),
        }
    }

    /// What a way gives for the parameters, in the same order.
    pub fn give(&self, builder: &'b Builder, value: &Val<'b>, out: &mut Vec<ValueId>) {
        match (self, value) {
            (Shape::Leaf(ty), value) => out.push(given(builder, *ty, value)),
            (Shape::Array(shapes), Val::Array(items)) => {
                shapes.iter().zip(items.iter()).for_each(|(shape, item)| shape.give(builder, item, out));
            }
            (Shape::Array(shapes), _) => shapes.iter().for_each(|shape| shape.give(builder, &Val::Whatever, out)),
            (Shape::Map(shapes), Val::Map(fields)) => {
                shapes.values().zip(fields.values()).for_each(|(shape, field)| shape.give(builder, field, out));
            }
            (Shape::Map(shapes), _) => shapes.values().for_each(|shape| shape.give(builder, &Val::Whatever, out)),
            (Shape::Same(_) | Shape::Torn(_), _) => {}
        }
    }
}

fn given<'b>(builder: &'b Builder, ty: Type, value: &Val<'b>) -> ValueId {
    match (ty, value, value.number()) {
        (Type::Real, _, Some(number)) => number.real(builder).id(),
        (Type::Int, _, Some(number)) => number.int(builder).id(),
        (_, Val::Bool(value), _) => value.id(),
        (Type::Bool, Val::Known(value), _) => truth(builder, value.as_bool() == Ok(true)).id(),
        // A loop that was cut short has no value: zero is as good as any.
        _ => builder.literal(ty, 0),
    }
}

/// The type of a single value.
fn scalar(value: &Val<'_>) -> Option<Type> {
    match value {
        Val::Bool(_) => Some(Type::Bool),
        Val::Known(known) if known.is_bool() => Some(Type::Bool),
        other => other.number().map(|number| if number.is_whole() { Type::Int } else { Type::Real }),
    }
}

fn leaf<'b>(a: Option<Type>, b: Option<Type>, kind: &str, other: &Val<'b>) -> Shape<'b> {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Shape::Leaf(a),
        (Some(Type::Int | Type::Real), Some(Type::Int | Type::Real)) => Shape::Leaf(Type::Real),
        _ => torn(kind, other),
    }
}

fn torn<'b>(kind: &str, other: &Val<'b>) -> Shape<'b> {
    if let Val::Torn(why) = other {
        return Shape::Torn(why.clone());
    }
    Shape::Torn(match other.kind() {
        "a text" if kind == "a text" => "another text on each way".into(),
        "a function" if kind == "a function" => "another function on each way".into(),
        "an array" if kind == "an array" => "an array of another length on each way".into(),
        "a map" if kind == "a map" => "a map with other fields on each way".into(),
        other => format!("{kind} on one way and {other} on the other").into(),
    })
}

/// `yes` where the condition holds, else `no`, for values of one form; `None` where they are of two.
pub(super) fn either<'b>(
    builder: &'b Builder,
    condition: crate::ir::B<'b>,
    yes: &Val<'b>,
    no: &Val<'b>,
) -> Option<Val<'b>> {
    if yes.same(no) {
        return Some(yes.clone());
    }
    match (yes, no) {
        (Val::Array(yes), Val::Array(no)) if yes.len() == no.len() => {
            let items = yes.iter().zip(no.iter()).map(|(yes, no)| either(builder, condition, yes, no));
            Some(Val::array(items.collect::<Option<_>>()?))
        }
        (Val::Map(yes), Val::Map(no)) if yes.keys().eq(no.keys()) => {
            let fields = yes.iter().zip(no.values());
            let fields = fields.map(|((name, yes), no)| Some((name.clone(), either(builder, condition, yes, no)?)));
            Some(Val::Map(Rc::new(fields.collect::<Option<_>>()?)))
        }
        _ => {
            let ty = match (scalar(yes)?, scalar(no)?) {
                (a, b) if a == b => a,
                (Type::Bool, _) | (_, Type::Bool) => return None,
                _ => Type::Real,
            };
            let value = builder.select(condition.id(), given(builder, ty, yes), given(builder, ty, no));
            Some(match ty {
                Type::Real => Val::Real(builder.real(value)),
                Type::Int => Number::Int(builder.int(value)).into(),
                Type::Bool => Val::Bool(builder.bool(value)),
            })
        }
    }
}
