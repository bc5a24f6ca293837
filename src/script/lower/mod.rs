//! From a signal of a script to its program: walks the graph and interprets closures, computing what is known and emitting what is not. It runs no script and renders nothing.

mod calls;
mod channels;
mod closure;
mod expression;
mod loops;
mod members;
mod memory;
mod numbers;
mod operators;
mod path;
mod rounds;
mod sandbox;
mod shape;
mod statement;
mod switch;
mod value;
mod walk;
mod words;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use rhai::{Engine, ScriptFuncDef};

use super::code::Function;
use super::graph::{Memory, Signal};
use super::{Error, Evaluation, Registration, Warning};
use value::Block;

use crate::dsp::denormals::Flush;
use crate::ir::{Builder, F, Place, Program, prune};

/// Instructions of one signal's program, at most.
pub const MAX_OPERATIONS: usize = 250_000;

/// A signal's program.
#[derive(Debug)]
pub struct Lowered {
    /// What one frame computes.
    pub program: Program,
    /// What the performer should know.
    pub warnings: Vec<Warning>,
}

/// Lowers one signal to its program, for `rate` frames per second. Control thread.
///
/// # Errors
/// What of the signal cannot be compiled, with its place.
pub fn lower(evaluation: &Evaluation, registration: &Registration, rate: f64) -> Result<Lowered, Error> {
    // What is computed here must be what a frame would compute.
    let _flush = Flush::on();
    let builder = Builder::new(MAX_OPERATIONS);
    let context = Context {
        builder: &builder,
        evaluation,
        registration,
        rate,
        warnings: RefCell::default(),
        functions: RefCell::default(),
        signals: RefCell::default(),
        blocks: RefCell::default(),
        wrong: RefCell::default(),
        engine: OnceCell::new(),
        steps: Cell::new(0),
    };
    let channels = context.signal(&registration.signal)?;
    context.room(registration.place)?;
    if let Some(wrong) = context.wrong.take() {
        return Err(wrong);
    }
    let mut program = builder.finish(&channels);
    prune(&mut program);
    unique(&program)?;
    Ok(Lowered { program, warnings: context.warnings.into_inner() })
}

/// Two helpers of one kind with one label could not be told apart.
fn unique(program: &Program) -> Result<(), Error> {
    let mut known = HashMap::new();
    for instance in &program.instances {
        let Some(label) = &instance.label else { continue };
        if let Some(place) = known.insert((instance.helper, label), instance.place) {
            let message = format!("two `{}` of one signal have the label \"{label}\"", instance.helper);
            let error = Error::at(instance.place, message).also(place, "the other one");
            return Err(error.help("give each a label of its own"));
        }
    }
    Ok(())
}

/// What is the same for the whole signal.
struct Context<'b> {
    builder: &'b Builder,
    evaluation: &'b Evaluation,
    registration: &'b Registration,
    rate: f64,
    warnings: RefCell<Vec<Warning>>,
    /// Functions that have been read, by the address of their definition.
    functions: RefCell<HashMap<*const ScriptFuncDef, Rc<Function>>>,
    /// Channels of the nodes that have been lowered.
    signals: RefCell<HashMap<Signal, Rc<[F<'b>]>>>,
    /// Blocks of slots that the signal uses.
    blocks: RefCell<HashMap<Memory, Block>>,
    /// What was found wrong where nothing could be refused.
    wrong: RefCell<Option<Error>>,
    /// Rhai, for calls on known values.
    engine: OnceCell<Engine>,
    /// Steps of interpretation taken so far.
    steps: Cell<usize>,
}

impl<'b> Context<'b> {
    /// An error once the program has outgrown its limit.
    fn room(&self, place: Place) -> Result<(), Error> {
        if !self.builder.is_full() {
            return Ok(());
        }
        let name = &self.registration.name;
        let message = format!("the signal `{name}` needs more than {MAX_OPERATIONS} operations per frame");
        let help = "split it into several signals, or let a loop whose number of rounds is computed do the work";
        Err(Error::at(place, message).help(help).also(self.registration.place, "registered here"))
    }

    fn warn(&self, place: Place, message: String, help: Option<String>) {
        let warning = Warning { note: false, place, message, help };
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// The name of the helper call's warnings and errors comes from the table: its signature.
    fn expand(
        &self,
        helper: &'static crate::helpers::Helper,
        given: &[crate::helpers::Given<'b>],
        label: Option<&str>,
        place: Place,
    ) -> Result<Vec<F<'b>>, Error> {
        let expanded = crate::helpers::expand(self.builder, self.rate, helper, given, place);
        let expanded = expanded.map_err(|refused| Error::at(place, refused.to_string()).help(helper.signature()))?;
        if let (Some(instance), Some(label)) = (expanded.instance, label) {
            self.builder.name(instance, label);
        }
        for (_, text) in expanded.warnings {
            self.warn(place, format!("{}: {text}", helper.name), Some(helper.signature()));
        }
        Ok(expanded.channels)
    }
}
