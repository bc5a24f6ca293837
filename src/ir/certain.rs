//! What is certain of a value in every frame, whatever memory holds and whatever the numbers of a script are. It makes no instructions.

use std::collections::{BTreeSet, HashMap};

use super::rest::value::Value;
use super::{Binary, Op, Program, Source, Type, ValueId};

/// Instructions that are looked at for one answer; what needs more of them is not certain.
const MOST: usize = 512;

/// Numbers of a script are no part of a shape, so no more is taken of them than that their magnitudes are at most this, and at least its
/// reciprocal where something is divided by them: what is asked of those that are larger stays in the code.
const LARGEST: f64 = 18_446_744_073_709_551_616.0;

/// Whether a Real is certainly a number, and no infinite one.
pub fn is_finite(program: &Program, value: ValueId) -> bool {
    match behind(program, value).and_then(|values| values.get(&value).copied()) {
        Some(Value::Known(bits)) => f64::from_bits(bits).is_finite(),
        Some(Value::Real(real)) => real.is_finite(),
        _ => false,
    }
}

/// What is known of a value and of all that it is made of, if that is not too much.
fn behind(program: &Program, value: ValueId) -> Option<HashMap<ValueId, Value>> {
    let mut open = vec![value];
    let mut needed = BTreeSet::new();
    while let Some(value) = open.pop() {
        if needed.insert(value) && needed.len() <= MOST && program.inst(value).op.computes() {
            open.extend(program.inst(value).op.operands());
        }
    }
    if needed.len() > MOST {
        return None;
    }
    // Whatever is made of others stands behind them.
    let mut values = HashMap::new();
    for value in needed {
        values.insert(value, of(program, value, &values));
    }
    Some(values)
}

fn of(program: &Program, value: ValueId, behind: &HashMap<ValueId, Value>) -> Value {
    let inst = program.inst(value);
    let ty = inst.ty.unwrap_or(Type::Int);
    let known =
        |value: ValueId| behind.get(&value).copied().unwrap_or(Value::all(program.inst(value).ty.unwrap_or(ty)));
    match inst.op {
        Op::Literal(bits) => Value::stored(ty, bits),
        Op::Constant(_) if magnitude(program, value).is_some_and(|size| size <= LARGEST) => {
            Value::real(-LARGEST, LARGEST)
        }
        Op::Unary(op, x) => Value::unary(op, known(x)),
        Op::Binary(Binary::Div, x, y) if magnitude(program, y).is_some_and(|size| size >= 1.0 / LARGEST) => {
            Value::binary(Binary::Mul, known(x), Value::real(-LARGEST, LARGEST))
        }
        Op::Binary(op, x, y) => Value::binary(op, known(x), known(y)),
        Op::Fma(x, y, z) => Value::fma(known(x), known(y), known(z)),
        Op::Select(condition, yes, no) => Value::select(ty, known(condition), known(yes), known(no)),
        _ => Value::all(ty),
    }
}

/// The magnitude of a number of the script, if it is a normal one or 0.
fn magnitude(program: &Program, value: ValueId) -> Option<f64> {
    let (Op::Constant(constant), Some(Type::Real)) = (program.inst(value).op, program.inst(value).ty) else {
        return None;
    };
    let Source::Bits(bits) = program.constants[constant.index()].source else { return None };
    let number = f64::from_bits(bits);
    (number == 0.0 || number.is_normal()).then_some(number.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::float::Float;
    use crate::dsp::phase;
    use crate::ir::{Builder, F, I, Place};

    /// Whether what a formula makes of an oscillator, of a number of the script and of a slot is certainly finite.
    fn certain(number: f64, formula: impl for<'b> Fn(F<'b>, F<'b>, F<'b>) -> F<'b>) -> bool {
        let builder = Builder::new(10_000);
        let instance = builder.instance("any", 1, Place::default());
        let (memory, at) = builder.claim_cell(instance);
        let turns = I::new(&builder, builder.load(Type::Int, memory, at));
        let slot = builder.real(builder.load(Type::Real, memory, at));
        let found = formula(phase::sine(turns), builder.number(number), slot);
        builder.is_finite(found.id())
    }

    #[test]
    fn what_is_made_of_oscillators_and_numbers_is_finite_and_what_memory_holds_may_be_anything() {
        assert!(certain(1000.0, |sine, _, _| sine));
        assert!(certain(1000.0, |sine, number, _| sine * number + number));
        assert!(certain(1000.0, |sine, number, _| sine / number));
        assert!(certain(1000.0, |sine, number, slot| slot.min(number).max(sine)));
        assert!(!certain(1000.0, |sine, _, slot| sine * slot));
        assert!(!certain(1000.0, |_, number, slot| number.min(slot)));
        assert!(!certain(1000.0, |sine, number, _| number / sine));
        assert!(!certain(1000.0, |sine, number, _| (sine * number).sqrt()));
    }

    #[test]
    fn numbers_count_for_no_more_than_that_they_are_not_absurd() {
        assert!(!certain(2.0, |sine, number, _| (0..20).fold(sine, |power, _| power * number)));
        assert!(!certain(1e20, |sine, number, _| sine * number));
        assert!(!certain(f64::INFINITY, |sine, number, _| sine * number));
        assert!(!certain(0.0, |sine, number, _| sine / number));
        assert!(!certain(1e-20, |sine, number, _| sine / number));
    }

    #[test]
    fn what_is_made_of_too_much_is_not_certain() {
        let long = |steps: usize| certain(1.0, |sine, _, _| (0..steps).fold(sine, |sum, _| (sum + sine) * 0.5));
        assert!(long(200) && !long(300));
    }
}
