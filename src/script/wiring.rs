//! The words that join signals: `signal` hears another one, `master` takes the sum of all. They only note it down.

use rhai::{Dynamic, Engine, Map, NativeCallContext};

use super::engine::{Shared, node, place, thrown};
use super::graph::{Operand, What};
use super::register::{self, Answer};
use super::words::{native, operand};
use super::{Error, Registration};
use crate::ir::{Place, Whom};

/// The name under which the master's program is known.
pub const MASTER: &str = "master";

pub(super) fn teach(engine: &mut Engine, run: &Shared) {
    let shared = run.clone();
    native(engine, "signal", 1, move |ctx, args| {
        let name = register::name_of(std::mem::take(args[0]), place(&shared, &ctx));
        let name = name.map_err(|error| thrown(error.help("signal(\"kick\")"), ctx.call_position()))?;
        Ok(node(&shared, &ctx, What::Heard(Whom::Signal(name))))
    });
    let shared = run.clone();
    engine.register_fn("master", move |ctx: NativeCallContext<'_>, function: Dynamic| -> Answer {
        master(&shared, &ctx, function, Map::new())
    });
    let shared = run.clone();
    let with_options = move |ctx: NativeCallContext<'_>, function: Dynamic, options: Map| -> Answer {
        master(&shared, &ctx, function, options)
    };
    engine.register_fn("master", with_options);
}

/// Registers what a function makes of the sum of all signals.
fn master(run: &Shared, ctx: &NativeCallContext<'_>, function: Dynamic, options: Map) -> Answer {
    let place = place(run, ctx);
    let done = operand(function, place).and_then(|function| {
        let Operand::Closure(closure) = function else { return Err(no_function(place)) };
        let options = register::options_of(options, place)?;
        let sum = Operand::Signal(node(run, ctx, What::Heard(Whom::Mix)));
        let signal = Operand::Signal(node(run, ctx, What::Apply(closure, sum)));
        register::note(run, Registration { name: MASTER.to_owned(), master: true, signal, options, place })
    });
    done.map_err(|error| thrown(error, ctx.call_position()))
}

fn no_function(place: Place) -> Error {
    Error::at(place, "`master` takes a function of the sum of all signals").help("master(|x| x.lowpass(8000))")
}
