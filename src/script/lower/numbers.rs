//! Functions of numbers in closures: mathematics, conversions, names of notes. What is known is computed at once.

use super::super::pitch;
use super::channels;
use super::path::{Lowering, Run, refuse};
use super::value::{Number, Val};
use super::words::{dynamic, known};
use crate::dsp::float::Float;
use crate::dsp::math::Math;
use crate::ir::Place;

impl<'b> Lowering<'_, 'b> {
    /// A function of numbers; everywhere a float.
    pub(super) fn mathematics(&mut self, math: Math, arguments: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        if arguments.len() != math.arity() {
            let wanted = math.arity();
            let plural = if wanted == 1 { "" } else { "s" };
            let message = format!("`{}` takes {wanted} argument{plural}, not {}", math.name(), arguments.len());
            return refuse(place, message, format!("{}({})", math.name(), math.arguments().join(", ")));
        }
        if let [Val::Array(items)] = &arguments[..]
            && let Some(items) = items.iter().map(known).collect::<Option<Vec<_>>>()
        {
            return Ok(Val::array(items.into_iter().map(|item| Val::Known(math.apply(&[item]).into())).collect()));
        }
        if arguments.iter().any(|argument| matches!(argument, Val::Array(_) | Val::Function(_))) {
            let inputs = arguments.iter().map(|input| self.input(input, place)).collect::<Run<Vec<_>>>()?;
            let result = channels::mathematics(math, &inputs).map_err(|mismatch| mismatch.of(math.name(), place))?;
            return Ok(Val::array(result.into_iter().map(Val::Real).collect()));
        }
        let mut numbers = Vec::with_capacity(arguments.len());
        for argument in &arguments {
            match argument.sample() {
                Some(number) => numbers.push(number),
                None => {
                    let message = format!("`{}` does not work on {}", math.name(), argument.kind());
                    return refuse(place, message, format!("{}({})", math.name(), math.arguments().join(", ")));
                }
            }
        }
        if let Some(known) = numbers.iter().map(|number| number.known()).collect::<Option<Vec<_>>>() {
            return Ok(Val::Known(math.apply(&known).into()));
        }
        let numbers = numbers.into_iter().map(|number| number.real(self.builder)).collect::<Vec<_>>();
        Ok(Val::Real(math.apply(&numbers)))
    }

    pub(super) fn conversion(&mut self, name: &str, arguments: &[Val<'b>], place: Place) -> Run<Option<Val<'b>>> {
        let [argument] = arguments else { return Ok(None) };
        let Some(number) = argument.number() else { return Ok(None) };
        Ok(Some(match (name, number) {
            ("to_int", Number::Float(value)) => Val::Known((value as i64).into()),
            ("to_int", Number::Whole(_) | Number::Int(_)) => argument.clone(),
            ("to_int", Number::Real(value)) => Val::Int(value.to_int()),
            ("to_float", _) => match number.known() {
                Some(known) => Val::Known(known.into()),
                None => Val::Real(number.real(self.builder)),
            },
            ("int", _) => return self.mathematics(Math::Trunc, arguments.to_vec(), place).map(Some),
            ("ceiling", _) => return self.mathematics(Math::Ceil, arguments.to_vec(), place).map(Some),
            ("fraction", _) => return self.mathematics(Math::Fract, arguments.to_vec(), place).map(Some),
            ("is_nan", Number::Real(value)) => Val::Bool(!value.same(value)),
            ("is_finite", Number::Real(value)) => Val::Bool(value.abs().le(value.lit(f64::MAX))),
            ("is_zero", _) => return self.binary("==", argument.clone(), Val::Known(0.into()), place).map(Some),
            _ => return Ok(None),
        }))
    }

    /// A word of music; `None` if it is another one.
    pub(super) fn pitch(&mut self, name: &str, arguments: &[Val<'b>], place: Place) -> Run<Option<Val<'b>>> {
        if !pitch::WORDS.contains(&name) {
            return Ok(None);
        }
        if let Some(given) = arguments.iter().map(dynamic).collect::<Option<Vec<_>>>() {
            let value = pitch::value(name, &given, place)?;
            return Ok(Some(self.value(&value)));
        }
        match pitch::of_signal(name, arguments.len()) {
            Some(math) => self.mathematics(math, arguments.to_vec(), place).map(Some),
            None => Err(pitch::not_known(name, place).into()),
        }
    }
}
