//! What an expression of a closure stands for while it is lowered: known now, or computed in every frame. It decides nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::{Dynamic, ImmutableString};

use super::super::code::Function;
use crate::ir::{B, Builder, F, I, MemoryId, Source, Type};

/// Something that a closure computes with.
#[derive(Clone)]
pub(super) enum Val<'b> {
    /// A number, truth, text or nothing that is known while the closure is lowered.
    Known(Dynamic),
    /// A float of every frame.
    Real(F<'b>),
    /// An integer of every frame.
    Int(I<'b>),
    /// A truth of every frame.
    Bool(B<'b>),
    /// An array of fixed length.
    Array(Rc<Vec<Val<'b>>>),
    /// A map of fixed shape.
    Map(Rc<BTreeMap<ImmutableString, Val<'b>>>),
    /// What `for` counts through.
    Range(Rc<Range<'b>>),
    /// A function with what it captured.
    Function(Rc<Pointer<'b>>),
    /// `s`
    World,
    /// `s.state`
    Sandbox,
    /// A block of slots.
    Memory(Block),
    /// `s.position`
    Listener,
    /// Of two kinds on two ways, so that nobody can use it; says why.
    Torn(Rc<str>),
    /// Anything: the value of a loop that was cut short.
    Whatever,
}

/// A block of slots in the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it is.
    pub memory: MemoryId,
    /// How many f64.
    pub slots: u32,
    /// Whether slots may be named by number: a long memory is only reached by computed places, which a program that
    /// fades out does not write.
    pub small: bool,
}

/// Integers from one to another.
pub(super) struct Range<'b> {
    /// The first.
    pub from: Val<'b>,
    /// The last, or the one after it.
    pub to: Val<'b>,
    /// Whether `to` belongs to it.
    pub inclusive: bool,
    /// From one to the next; not 0.
    pub step: i64,
}

/// A function and what it captured.
pub(super) struct Pointer<'b> {
    /// Its name in its file.
    pub name: ImmutableString,
    /// The file that it is looked up in first.
    pub file: u16,
    /// What comes before the arguments of a call.
    pub captures: Vec<Capture<'b>>,
}

/// Something that a function captured.
#[derive(Clone)]
pub(super) enum Capture<'b> {
    /// A variable of the function around it, which both can change if it may.
    Cell(usize, Standing),
    /// A copy, taken when the function was handed over or called.
    Copy(Val<'b>, Standing),
}

/// Whether a variable may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may.
    Free,
    /// It was made with `const`.
    Constant,
    /// It was captured when the closure was handed over, so a change would be lost with the frame.
    Captured,
}

/// A number, known or not, whole or not.
#[derive(Clone, Copy)]
pub(super) enum Number<'b> {
    Whole(i64),
    Float(f64),
    Int(I<'b>),
    Real(F<'b>),
}

/// A definition that a call leads to, and the file that it is in.
pub(super) type Found = (Rc<Function>, u16);

impl<'b> Val<'b> {
    pub fn unit() -> Val<'b> {
        Val::Known(Dynamic::UNIT)
    }

    pub fn array(items: Vec<Val<'b>>) -> Val<'b> {
        Val::Array(Rc::new(items))
    }

    /// As a number; truths count as 0 and 1 only where `of_truth` says so.
    pub fn number(&self) -> Option<Number<'b>> {
        match self {
            Val::Known(value) => {
                let whole = value.as_int().ok().map(Number::Whole);
                whole.or_else(|| value.as_float().ok().map(Number::Float))
            }
            Val::Real(value) => Some(Number::Real(*value)),
            Val::Int(value) => Some(Number::Int(*value)),
            _ => None,
        }
    }

    /// As a number of a signal, where comparisons are 0 or 1.
    pub fn sample(&self) -> Option<Number<'b>> {
        match self {
            Val::Bool(value) => Some(Number::Real(value.to_real())),
            Val::Known(value) if value.is_bool() => {
                Some(Number::Float(f64::from(u8::from(value.as_bool() == Ok(true)))))
            }
            other => other.number(),
        }
    }

    /// Whether it is known as a whole, without any value of a frame.
    pub fn is_known(&self) -> bool {
        match self {
            Val::Known(_) => true,
            Val::Array(items) => items.iter().all(Val::is_known),
            Val::Map(fields) => fields.values().all(Val::is_known),
            Val::Range(range) => range.from.is_known() && range.to.is_known(),
            _ => false,
        }
    }

    /// What a person would call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Val::Known(value) if value.is_unit() => "nothing",
            Val::Known(value) if value.is_bool() => "true or false",
            Val::Known(value) if value.is_string() || value.is_char() => "a text",
            Val::Known(_) | Val::Real(_) | Val::Int(_) => "a number",
            Val::Bool(_) => "true or false",
            Val::Array(_) => "an array",
            Val::Map(_) => "a map",
            Val::Range(_) => "a range",
            Val::Function(_) => "a function",
            Val::World => "the state of the world",
            Val::Sandbox => "the sandbox",
            Val::Memory(_) => "a memory",
            Val::Listener => "the listener",
            Val::Torn(_) => "a value of two kinds",
            Val::Whatever => "nothing",
        }
    }

    /// Whether both are the same value in every frame, as far as can be seen.
    pub fn same(&self, other: &Val<'b>) -> bool {
        match (self, other) {
            (Val::Known(a), Val::Known(b)) => same_known(a, b),
            (Val::Real(a), Val::Real(b)) => a.id() == b.id(),
            (Val::Int(a), Val::Int(b)) => a.id() == b.id(),
            (Val::Bool(a), Val::Bool(b)) => a.id() == b.id(),
            (Val::Array(a), Val::Array(b)) => {
                Rc::ptr_eq(a, b) || a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same(b))
            }
            (Val::Map(a), Val::Map(b)) => {
                Rc::ptr_eq(a, b)
                    || a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && a.same(b))
            }
            (Val::Range(a), Val::Range(b)) => Rc::ptr_eq(a, b),
            (Val::Function(a), Val::Function(b)) => Rc::ptr_eq(a, b),
            (Val::Memory(a), Val::Memory(b)) => a == b,
            (Val::World, Val::World) | (Val::Sandbox, Val::Sandbox) | (Val::Listener, Val::Listener) => true,
            (Val::Whatever, Val::Whatever) | (Val::Torn(_), Val::Torn(_)) => true,
            _ => false,
        }
    }
}

fn same_known(a: &Dynamic, b: &Dynamic) -> bool {
    if a.type_id() != b.type_id() {
        return false;
    }
    match (a.as_float(), b.as_float()) {
        (Ok(a), Ok(b)) => a.to_bits() == b.to_bits(),
        _ => a.to_string() == b.to_string(),
    }
}

impl<'b> From<Number<'b>> for Val<'b> {
    fn from(number: Number<'b>) -> Val<'b> {
        match number {
            Number::Whole(value) => Val::Known(value.into()),
            Number::Float(value) => Val::Known(value.into()),
            Number::Int(value) => Val::Int(value),
            Number::Real(value) => Val::Real(value),
        }
    }
}

impl<'b> Number<'b> {
    /// As a float that is known now.
    pub fn known(self) -> Option<f64> {
        match self {
            Number::Whole(value) => Some(value as f64),
            Number::Float(value) => Some(value),
            _ => None,
        }
    }

    /// As a float of the program. What is known becomes data.
    pub fn real(self, builder: &'b Builder) -> F<'b> {
        match self {
            Number::Whole(value) => builder.number(value as f64),
            Number::Float(value) => builder.number(value),
            Number::Int(value) => value.to_real(),
            Number::Real(value) => value,
        }
    }

    /// As an integer of the program: toward zero. What is known becomes data.
    pub fn int(self, builder: &'b Builder) -> I<'b> {
        match self {
            Number::Whole(value) => whole(builder, value),
            Number::Float(value) => whole(builder, value as i64),
            Number::Int(value) => value,
            Number::Real(value) => value.to_int(),
        }
    }

    /// Whether it is a whole number by kind.
    pub fn is_whole(self) -> bool {
        matches!(self, Number::Whole(_) | Number::Int(_))
    }

    /// The whole number that it is, if it is known and has no fraction.
    pub fn integral(self) -> Option<i64> {
        match self {
            Number::Whole(value) => Some(value),
            // 2^53: beyond, floats are not told apart from their neighbours.
            Number::Float(value) if value.trunc() == value && value.abs() <= 9_007_199_254_740_992.0 => {
                Some(value as i64)
            }
            _ => None,
        }
    }
}

/// An integer of the script, as data.
pub(super) fn whole(builder: &Builder, value: i64) -> I<'_> {
    builder.int(builder.constant(Type::Int, Source::Bits(value as u64)))
}

/// A truth, as part of the code.
pub(super) fn truth(builder: &Builder, value: bool) -> B<'_> {
    builder.bool(builder.literal(Type::Bool, u64::from(value)))
}
