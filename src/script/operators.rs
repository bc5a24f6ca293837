//! Operators and mathematics on numbers, signals, closures and arrays. What holds no signal is computed at once, by the same formulas.

use std::any::TypeId;

use rhai::{Array, Dynamic, Engine, FnPtr, NativeCallContext};

use super::engine::{Shared, node, place, thrown};
use super::graph::{Operator, Signal, What};
use super::words::{Answer, native, operands};
use super::{Error, rewrite};
use crate::dsp::math::{self, Math};
use crate::ir::Place;

pub(super) fn teach(engine: &mut Engine, run: &Shared) {
    for operator in Operator::ALL {
        teach_operator(engine, run, operator);
    }
    teach_numbers(engine);
    teach_comparisons(engine);
    teach_unary(engine, run);
    for math in Math::ALL {
        teach_math(engine, run, math);
    }
    teach_refusals(engine, run);
}

/// What may stand on one side of an operator.
fn kinds() -> [TypeId; 5] {
    [TypeId::of::<Signal>(), TypeId::of::<FnPtr>(), TypeId::of::<Array>(), TypeId::of::<f64>(), TypeId::of::<i64>()]
}

fn is_number(kind: TypeId) -> bool {
    kind == TypeId::of::<f64>() || kind == TypeId::of::<i64>()
}

fn teach_operator(engine: &mut Engine, run: &Shared, operator: Operator) {
    for left in kinds() {
        for right in kinds() {
            if is_number(left) && is_number(right) {
                continue;
            }
            let shared = run.clone();
            let apply =
                move |ctx: NativeCallContext<'_>, args: &mut [&mut Dynamic]| binary(&shared, &ctx, operator, args);
            engine.register_raw_fn(operator.symbol(), [left, right], apply);
            if left == TypeId::of::<Array>() && operator == Operator::Add {
                let shared = run.clone();
                engine.register_raw_fn("+=", [left, right], move |ctx, args| append(&shared, &ctx, args));
            }
        }
    }
}

fn binary(run: &Shared, ctx: &NativeCallContext<'_>, operator: Operator, args: &mut [&mut Dynamic]) -> Answer<Dynamic> {
    let plain = |value: &Dynamic| value.is_array() && !sounds(value);
    if plain(args[0]) && (plain(args[1]) || is_number(args[1].type_id()))
        || plain(args[1]) && is_number(args[0].type_id())
    {
        return plain_arrays(run, ctx, operator, args);
    }
    let mut operands = operands(run, ctx, args)?;
    let right = operands.pop().expect("two operands");
    let left = operands.pop().expect("two operands");
    Ok(Dynamic::from(node(run, ctx, What::Operator(operator, [left, right]))))
}

/// What Rhai means by an operator on arrays that hold no signal.
fn plain_arrays(
    run: &Shared,
    ctx: &NativeCallContext<'_>,
    operator: Operator,
    args: &mut [&mut Dynamic],
) -> Answer<Dynamic> {
    let both = args[0].is_array() && args[1].is_array();
    match operator {
        Operator::Add if both => {
            let mut joined = args[0].clone().cast::<Array>();
            joined.extend(args[1].clone().cast::<Array>());
            Ok(Dynamic::from_array(joined))
        }
        Operator::Eq => Ok(Dynamic::from(equal(args[0], args[1]))),
        Operator::Ne => Ok(Dynamic::from(!equal(args[0], args[1]))),
        _ => {
            let message = format!("`{}` does not work on arrays of plain numbers", operator.symbol());
            let error = Error::at(place(run, ctx), message);
            Err(thrown(error.help("work on its elements, or make it a signal first"), ctx.call_position()))
        }
    }
}

fn equal(left: &Dynamic, right: &Dynamic) -> bool {
    if let (Some(left), Some(right)) = (left.read_lock::<Array>(), right.read_lock::<Array>()) {
        return left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| equal(left, right));
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left == right,
        (None, None) => left.type_id() == right.type_id() && left.to_string() == right.to_string(),
        _ => false,
    }
}

/// `array += x`: per channel where the array holds a signal, else Rhai's append.
fn append(run: &Shared, ctx: &NativeCallContext<'_>, args: &mut [&mut Dynamic]) -> Answer<()> {
    if sounds(args[0]) {
        let sum = binary(run, ctx, Operator::Add, args)?;
        *args[0] = sum;
        return Ok(());
    }
    let added = std::mem::take(args[1]);
    let mut array = args[0].write_lock::<Array>().expect("registered for arrays only");
    match added.is_array() {
        true => array.extend(added.cast::<Array>()),
        false => array.push(added),
    }
    Ok(())
}

/// Whether a value is or holds a signal or a closure.
fn sounds(value: &Dynamic) -> bool {
    if let Some(array) = value.read_lock::<Array>() {
        return array.iter().any(sounds);
    }
    value.is::<Signal>() || value.is::<FnPtr>()
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|int| int as f64))
}

/// Comparisons of numbers are exact: Rhai's own allow a tolerance where one of them is a float.
fn teach_comparisons(engine: &mut Engine) {
    type Compare = fn(&f64, &f64) -> bool;
    let comparisons: [(&str, Compare); 6] =
        [("<", f64::lt), ("<=", f64::le), (">", f64::gt), (">=", f64::ge), ("==", f64::eq), ("!=", f64::ne)];
    let (int, float) = (TypeId::of::<i64>(), TypeId::of::<f64>());
    for (symbol, compare) in comparisons {
        for kinds in [[int, float], [float, int], [float, float]] {
            engine.register_raw_fn(symbol, kinds, move |_, args| {
                Ok(compare(&number(args[0]).expect("a number"), &number(args[1]).expect("a number")))
            });
        }
    }
}

/// `/` and `**` between numbers give floats, by the formulas that signals use.
fn teach_numbers(engine: &mut Engine) {
    type Formula = fn(f64, f64) -> f64;
    let formulas: [(&str, &str, Formula); 2] = [("/", "/=", |x, y| x / y), ("**", "**=", math::pow)];
    let numbers = [TypeId::of::<i64>(), TypeId::of::<f64>()];
    for (symbol, assigning, formula) in formulas {
        for left in numbers {
            for right in numbers {
                engine.register_raw_fn(symbol, [left, right], move |_, args| Ok(both(args, formula)));
                engine.register_raw_fn(assigning, [left, right], move |_, args| {
                    *args[0] = Dynamic::from(both(args, formula));
                    Ok(())
                });
            }
        }
    }
}

fn both(args: &[&mut Dynamic], formula: fn(f64, f64) -> f64) -> f64 {
    formula(number(args[0]).expect("a number"), number(args[1]).expect("a number"))
}

fn teach_unary(engine: &mut Engine, run: &Shared) {
    for kind in [TypeId::of::<Signal>(), TypeId::of::<FnPtr>(), TypeId::of::<Array>()] {
        let shared = run.clone();
        engine.register_raw_fn("-", [kind], move |ctx, args| {
            let operand = operands(&shared, &ctx, args)?.remove(0);
            Ok(node(&shared, &ctx, What::Negate(operand)))
        });
        engine.register_raw_fn("+", [kind], |_, args| Ok(args[0].clone()));
    }
}

fn teach_math(engine: &mut Engine, run: &Shared, math: Math) {
    let shared = run.clone();
    let apply = move |ctx: NativeCallContext<'_>, args: &mut [&mut Dynamic]| mathematics(&shared, &ctx, math, args);
    native(engine, math.name(), math.arity(), apply.clone());
    // Rhai's own functions on numbers are more exact matches than ours on anything, so ours stand on numbers too.
    let numbers = [TypeId::of::<i64>(), TypeId::of::<f64>()];
    match math.arity() {
        1 => {
            for kind in numbers {
                engine.register_raw_fn(math.name(), [kind], apply.clone());
            }
        }
        2 => {
            for left in numbers {
                for right in numbers {
                    engine.register_raw_fn(math.name(), [left, right], apply.clone());
                }
            }
        }
        _ => {}
    }
}

fn mathematics(run: &Shared, ctx: &NativeCallContext<'_>, math: Math, args: &mut [&mut Dynamic]) -> Answer<Dynamic> {
    let numbers = args.iter().map(|arg| number(arg)).collect::<Option<Vec<_>>>();
    if let Some(numbers) = numbers {
        let _flushed = crate::dsp::denormals::Flush::on();
        return Ok(Dynamic::from(math.apply(&numbers)));
    }
    if let [array] = args
        && let Some(array) = array.read_lock::<Array>()
        && let Some(numbers) = array.iter().map(number).collect::<Option<Vec<_>>>()
    {
        // Numbers stay numbers, so that they can be a table.
        let _flushed = crate::dsp::denormals::Flush::on();
        return Ok(Dynamic::from_array(numbers.into_iter().map(|number| math.apply(&[number]).into()).collect()));
    }
    let operands = operands(run, ctx, args)?;
    Ok(Dynamic::from(node(run, ctx, What::Math(math, operands))))
}

/// What Rhai would answer silently and wrongly.
fn teach_refusals(engine: &mut Engine, run: &Shared) {
    let shared = run.clone();
    native(engine, rewrite::SWITCH, 1, move |ctx, args| {
        if sounds(args[0]) {
            return Err(thrown(undecided(place(&shared, &ctx), "`switch`"), ctx.call_position()));
        }
        Ok(args[0].clone())
    });
    native(engine, rewrite::INDEX, 1, |_, args| {
        // A whole number written as a float is as good as an int.
        let whole = args[0].as_float().ok().filter(|index| index.trunc() == *index && index.abs() < 1e15);
        Ok(whole.map_or_else(|| args[0].clone(), |index| Dynamic::from(index as i64)))
    });
    let shared = run.clone();
    engine.register_raw_fn("!", [TypeId::of::<Signal>()], move |ctx, _| -> Answer<Dynamic> {
        Err(thrown(undecided(place(&shared, &ctx), "`!`"), ctx.call_position()))
    });
    for element in [TypeId::of::<Signal>(), TypeId::of::<FnPtr>()] {
        let shared = run.clone();
        engine.register_raw_fn("contains", [TypeId::of::<Array>(), element], move |ctx, _| -> Answer<Dynamic> {
            Err(thrown(undecided(place(&shared, &ctx), "`in`"), ctx.call_position()))
        });
    }
    for bounds in [[true, false], [false, true], [true, true]] {
        let kind = |float: bool| if float { TypeId::of::<f64>() } else { TypeId::of::<i64>() };
        for (symbol, inclusive) in [("..", false), ("..=", true)] {
            let shared = run.clone();
            let kinds = [kind(bounds[0]), kind(bounds[1])];
            engine.register_raw_fn(symbol, kinds, move |ctx, args| range(&shared, &ctx, args, inclusive));
        }
    }
}

/// A signal where a script wants to decide something while it loads.
pub(super) fn undecided(at: Place, what: &str) -> Error {
    let error = Error::at(at, format!("{what} cannot decide on a signal: it has no value while the script loads"));
    error
        .help("select(condition, yes, no) chooses in every sample; inside a closure |s| ... `if` and `switch` work too")
}

/// A range whose bounds are whole numbers written as floats.
fn range(run: &Shared, ctx: &NativeCallContext<'_>, args: &mut [&mut Dynamic], inclusive: bool) -> Answer<Dynamic> {
    let bound = |value: &Dynamic| number(value).filter(|number| number.fract() == 0.0).map(|number| number as i64);
    match (bound(args[0]), bound(args[1])) {
        (Some(start), Some(end)) if inclusive => Ok(Dynamic::from(start..=end)),
        (Some(start), Some(end)) => Ok(Dynamic::from(start..end)),
        _ => {
            let message =
                format!("a range goes from whole number to whole number, not from {} to {}", args[0], args[1]);
            Err(thrown(Error::at(place(run, ctx), message).help("round(x) or floor(x)"), ctx.call_position()))
        }
    }
}
