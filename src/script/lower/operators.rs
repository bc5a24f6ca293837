//! Operators on values: numbers known or not, truths, ranges, and arrays channel by channel. `/` and `**` always give floats.

use std::rc::Rc;

use super::path::{Lowering, Run, refuse};
use super::value::{Number, Range, Val, truth};
use super::{Error, channels};
use crate::dsp::float::{Float, Int};
use crate::dsp::math;
use crate::ir::{B, Binary, I, Place};

impl<'b> Lowering<'_, 'b> {
    /// An operator on its operands.
    pub fn operator(&mut self, name: &str, mut operands: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        if let [operand] = &operands[..] {
            return self.prefix(name, operand, place);
        }
        let right = operands.pop().expect("two operands");
        let left = operands.pop().expect("two operands");
        self.binary(name, left, right, place)
    }

    fn prefix(&mut self, name: &str, operand: &Val<'b>, place: Place) -> Run<Val<'b>> {
        match (name, operand) {
            ("!", Val::Bool(value)) => Ok(Val::Bool(!*value)),
            ("!", Val::Known(value)) if value.is_bool() => Ok(Val::Known((value.as_bool() != Ok(true)).into())),
            ("+" | "-", Val::Array(items)) => {
                let items = items.iter().map(|item| self.prefix(name, item, place)).collect::<Run<Vec<_>>>();
                Ok(Val::array(items?))
            }
            ("+", _) if operand.number().is_some() => Ok(operand.clone()),
            ("-", _) => match operand.number() {
                Some(Number::Whole(value)) => whole_or(value.checked_neg(), place),
                Some(Number::Float(value)) => Ok(Val::Known((-value).into())),
                Some(Number::Int(value)) => Ok(Val::Int(value.lit(0) - value)),
                Some(Number::Real(value)) => Ok(Val::Real(-value)),
                None => self.unfit(name, &[operand], place),
            },
            _ => self.unfit(name, &[operand], place),
        }
    }

    /// An operator between two values.
    pub fn binary(&mut self, name: &str, left: Val<'b>, right: Val<'b>, place: Place) -> Run<Val<'b>> {
        if name == ".." || name == "..=" {
            return self.range(left, right, name == "..=", place);
        }
        if matches!(left, Val::Array(_)) || matches!(right, Val::Array(_)) {
            return self.arrays(name, left, right, place);
        }
        if let (Some(x), Some(y)) = (left.number(), right.number()) {
            return self.numbers(name, x, y, place);
        }
        if let (Some(x), Some(y)) = (self.as_truth(&left), self.as_truth(&right)) {
            return self.truths(name, (x, &left), (y, &right), place);
        }
        if matches!((&left, &right), (Val::Whatever, _) | (_, Val::Whatever)) {
            return Ok(Val::Whatever);
        }
        if left.is_known()
            && right.is_known()
            && let Some(value) = self.delegate(name, &[left.clone(), right.clone()], true)
        {
            return Ok(value);
        }
        match name {
            "==" => Ok(Val::Known(left.same(&right).into())),
            "!=" => Ok(Val::Known((!left.same(&right)).into())),
            _ => self.unfit(name, &[&left, &right], place),
        }
    }

    fn numbers(&mut self, name: &str, x: Number<'b>, y: Number<'b>, place: Place) -> Run<Val<'b>> {
        if let (Number::Whole(a), Number::Whole(b)) = (x, y)
            && let Some(value) = self.known_whole(name, a, b, place)
        {
            return value;
        }
        if let (Some(a), Some(b)) = (x.known(), y.known())
            && let Some(value) = known_floats(name, a, b)
        {
            return Ok(value);
        }
        if x.is_whole() && y.is_whole() {
            let (a, b) = (x.int(self.builder), y.int(self.builder));
            if let Some(value) = self.whole(name, a, b) {
                return Ok(value);
            }
        }
        let (a, b) = (x.real(self.builder), y.real(self.builder));
        Ok(match name {
            "+" => Val::Real(a + b),
            "-" => Val::Real(a - b),
            "*" => Val::Real(a * b),
            "/" => Val::Real(a / b),
            "%" => Val::Real(channels::remainder(a, b)),
            "**" => Val::Real(math::pow(a, b)),
            "<" => Val::Bool(a.lt(b)),
            "<=" => Val::Bool(a.le(b)),
            ">" => Val::Bool(a.gt(b)),
            ">=" => Val::Bool(a.ge(b)),
            "==" => Val::Bool(a.same(b)),
            "!=" => Val::Bool(!a.same(b)),
            _ => return refuse(place, format!("`{name}` works on whole numbers"), "make it one with to_int(x)"),
        })
    }

    /// Whole numbers that are known. `None` where the operator gives a float.
    fn known_whole(&self, name: &str, a: i64, b: i64, place: Place) -> Option<Run<Val<'b>>> {
        let shift = |by: i64| u32::try_from(by).ok().filter(|by| *by < 64);
        let checked = match name {
            "+" => a.checked_add(b),
            "-" => a.checked_sub(b),
            "*" => a.checked_mul(b),
            "%" if b == 0 => {
                return Some(refuse(
                    place,
                    "the remainder of a division by zero does not exist",
                    "divide by something else",
                ));
            }
            "%" => Some(a.wrapping_rem(b)),
            "&" => Some(a & b),
            "|" => Some(a | b),
            "^" => Some(a ^ b),
            "<<" => shift(b).map(|by| a << by),
            ">>" => shift(b).map(|by| a >> by),
            "<" => return Some(Ok(Val::Known((a < b).into()))),
            "<=" => return Some(Ok(Val::Known((a <= b).into()))),
            ">" => return Some(Ok(Val::Known((a > b).into()))),
            ">=" => return Some(Ok(Val::Known((a >= b).into()))),
            "==" => return Some(Ok(Val::Known((a == b).into()))),
            "!=" => return Some(Ok(Val::Known((a != b).into()))),
            _ => return None,
        };
        Some(whole_or(checked, place))
    }

    /// Whole numbers of every frame; they wrap. `None` where the operator gives a float.
    fn whole(&self, name: &str, a: I<'b>, b: I<'b>) -> Option<Val<'b>> {
        let shifted = |op| Val::Int(self.builder.int(self.builder.binary(op, a.id(), b.id())));
        Some(match name {
            "+" => Val::Int(a + b),
            "-" => Val::Int(a - b),
            "*" => Val::Int(a * b),
            "%" => Val::Int(a.remainder(b)),
            "&" => Val::Int(a & b),
            "|" => Val::Int(a | b),
            "^" => Val::Int(a ^ b),
            "<<" => shifted(Binary::IntShl),
            ">>" => shifted(Binary::IntSar),
            "<" => Val::Bool(a.lt(b)),
            "<=" => Val::Bool(a.le(b)),
            ">" => Val::Bool(b.lt(a)),
            ">=" => Val::Bool(b.le(a)),
            "==" => Val::Bool(a.same(b)),
            "!=" => Val::Bool(!a.same(b)),
            _ => return None,
        })
    }

    fn as_truth(&self, value: &Val<'b>) -> Option<B<'b>> {
        match value {
            Val::Bool(value) => Some(*value),
            Val::Known(value) if value.is_bool() => Some(truth(self.builder, value.as_bool() == Ok(true))),
            _ => None,
        }
    }

    fn truths(&mut self, name: &str, x: (B<'b>, &Val<'b>), y: (B<'b>, &Val<'b>), place: Place) -> Run<Val<'b>> {
        let (a, b) = (x.0, y.0);
        let differ = || self.builder.bool(self.builder.binary(Binary::Xor, a.id(), b.id()));
        let value = match name {
            "==" => !differ(),
            "!=" | "^" => differ(),
            "&" => a & b,
            "|" => a | b,
            _ => return self.unfit(name, &[x.1, y.1], place),
        };
        Ok(value.known().map_or(Val::Bool(value), |known| Val::Known(known.into())))
    }

    /// Arrays: of plain numbers as in Rhai, otherwise channel by channel.
    fn arrays(&mut self, name: &str, left: Val<'b>, right: Val<'b>, place: Place) -> Run<Val<'b>> {
        if left.is_known() && right.is_known() {
            return match (name, &left, &right) {
                ("+", Val::Array(a), Val::Array(b)) => Ok(Val::array(a.iter().chain(b.iter()).cloned().collect())),
                ("==", ..) => Ok(Val::Known(equal(&left, &right).into())),
                ("!=", ..) => Ok(Val::Known((!equal(&left, &right)).into())),
                ("+", Val::Array(a), _) => Ok(Val::array(a.iter().chain([&right]).cloned().collect())),
                _ => {
                    let message = format!("`{name}` does not work on arrays of plain numbers");
                    refuse(place, message, "work on its elements, one by one")
                }
            };
        }
        let width = |value: &Val<'b>| match value {
            Val::Array(items) if items.len() != 1 => Some(items.len()),
            _ => None,
        };
        if let (Some(a), Some(b)) = (width(&left), width(&right))
            && a != b
        {
            return Err(channels::Mismatch { widths: (a, b) }.of(name, place).into());
        }
        let at = |value: &Val<'b>, n: usize| match value {
            Val::Array(items) if items.len() == 1 => items[0].clone(),
            Val::Array(items) => items[n].clone(),
            single => single.clone(),
        };
        let count = width(&left).or(width(&right)).unwrap_or(1);
        let items = (0..count).map(|n| self.binary(name, at(&left, n), at(&right, n), place));
        Ok(Val::array(items.collect::<Run<_>>()?))
    }

    fn range(&mut self, from: Val<'b>, to: Val<'b>, inclusive: bool, place: Place) -> Run<Val<'b>> {
        let (from, to) = (self.bound(&from, place)?, self.bound(&to, place)?);
        Ok(Val::Range(Rc::new(Range { from, to, inclusive, step: 1 })))
    }

    /// A bound of a range: whole, or a float that stands for a whole number.
    pub fn bound(&self, value: &Val<'b>, place: Place) -> Run<Val<'b>> {
        let wrong = |what: String| {
            refuse(place, format!("a range counts in whole numbers, not to {what}"), "make it whole: to_int(x)")
        };
        match value.number() {
            Some(Number::Whole(_) | Number::Int(_)) => Ok(value.clone()),
            Some(Number::Real(real)) => Ok(Val::Int(real.to_int())),
            Some(Number::Float(float)) => match Number::Float(float).integral() {
                Some(whole) => Ok(Val::Known(whole.into())),
                None => wrong(float.to_string()),
            },
            None => wrong(value.kind().to_owned()),
        }
    }

    /// Whether a group holds a value: `in`.
    pub fn contains(&mut self, group: &Val<'b>, item: &Val<'b>, place: Place) -> Run<Val<'b>> {
        match group {
            Val::Range(range) => {
                let range = range.clone();
                let last = if range.inclusive { "<=" } else { "<" };
                let above = self.binary(">=", item.clone(), range.from.clone(), place)?;
                let below = self.binary(last, item.clone(), range.to.clone(), place)?;
                self.binary("&", above, below, place)
            }
            Val::Array(items) => {
                let mut found = Val::Known(false.into());
                for candidate in items.iter() {
                    let same = self.binary("==", item.clone(), candidate.clone(), place)?;
                    found = self.binary("|", found, same, place)?;
                }
                Ok(found)
            }
            Val::Map(fields) => match item {
                Val::Known(name) if name.is_string() => {
                    Ok(Val::Known(fields.contains_key(name.to_string().as_str()).into()))
                }
                _ => self.unfit("in", &[item, group], place),
            },
            _ => match self.delegate("contains", &[group.clone(), item.clone()], false) {
                Some(value) => Ok(value),
                None => self.unfit("in", &[item, group], place),
            },
        }
    }

    fn unfit<T>(&self, name: &str, operands: &[&Val<'b>], place: Place) -> Run<T> {
        if let Some(Val::Torn(why)) = operands.iter().find(|operand| matches!(operand, Val::Torn(_))) {
            return refuse(place, format!("this is {why}"), "give it one kind of value on every way");
        }
        let kinds = operands.iter().map(|operand| operand.kind()).collect::<Vec<_>>().join(" and ");
        Err(Error::at(place, format!("`{name}` does not work on {kinds}")).into())
    }
}

/// Whether two known values are equal, as numbers where they are numbers.
fn equal(left: &Val<'_>, right: &Val<'_>) -> bool {
    match (left, right) {
        (Val::Array(a), Val::Array(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b)),
        _ => match (left.number().and_then(Number::known), right.number().and_then(Number::known)) {
            (Some(a), Some(b)) => a == b,
            _ => left.same(right),
        },
    }
}

fn whole_or<'b>(value: Option<i64>, place: Place) -> Run<Val<'b>> {
    match value {
        Some(value) => Ok(Val::Known(value.into())),
        None => refuse(place, "this whole number is too large", "write it as a float: 1.0 instead of 1"),
    }
}

/// Floats that are known. `None` where the operator needs whole numbers.
fn known_floats<'b>(name: &str, a: f64, b: f64) -> Option<Val<'b>> {
    let number = match name {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "%" if b == 1.0 => math::fract(a),
        "%" => math::rem(a, b),
        "**" => math::pow(a, b),
        _ => {
            let truth = match name {
                "<" => a < b,
                "<=" => a <= b,
                ">" => a > b,
                ">=" => a >= b,
                "==" => a == b,
                "!=" => a != b,
                _ => return None,
            };
            return Some(Val::Known(truth.into()));
        }
    };
    Some(Val::Known(number.into()))
}
