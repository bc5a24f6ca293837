//! Scripts run the short way in tests: evaluated, lowered, rendered by the oracle; and the same closures run by Rhai itself. It compares nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use aither::compile::Oracle;
use aither::dsp::denormals::Flush;
use aither::dsp::math::{self, Math};
use aither::ir::{Program, verify};
use aither::script::lower::{Lowered, lower};
use aither::script::{Error, Request, Scripts, Sources};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};

use crate::lent::Lent;

/// The rate of all these tests, in frames per second.
pub const RATE: f64 = 48_000.0;

/// Files by path.
pub struct Files(pub &'static [(&'static str, &'static str)]);

impl Sources for Files {
    fn read(&self, path: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
    }
}

/// The program of the first signal that a script registers.
pub fn lowered(text: &str) -> Result<Lowered, Error> {
    lowered_with(text, &[])
}

/// The same, with files to import.
pub fn lowered_with(text: &str, files: &'static [(&'static str, &'static str)]) -> Result<Lowered, Error> {
    let evaluation =
        Scripts::new(RATE).evaluate("main.rhai", text, Rc::new(Files(files))).map_err(|failure| failure.error)?;
    let registration = evaluation.requests.iter().find_map(|request| match request {
        Request::Register(registration) => Some(registration),
        Request::Unregister { .. } | Request::Tempo { .. } => None,
    });
    lower(&evaluation, registration.expect("the script registers a signal"), RATE)
}

/// What rendering gave.
pub struct Rendered {
    /// One row per frame.
    pub frames: Vec<Vec<f64>>,
    /// How often each fault occurred.
    pub faults: Vec<u64>,
    pub program: Arc<Program>,
}

/// Renders a program from the state at rest.
pub fn render(program: Program, frames: usize) -> Rendered {
    let violations = verify(&program);
    assert!(violations.is_empty(), "{violations:?}\n{program}");
    let program = Arc::new(program);
    let mut lent = Lent::new(&program);
    let mut oracle = Oracle::new(Arc::clone(&program));
    let _flush = Flush::on();
    let frames = (0..frames).map(|_| lent.run(&mut oracle, 1)).collect();
    Rendered { frames, faults: lent.faults, program }
}

/// What the world is to Rhai.
#[derive(Clone)]
struct World {
    frame: i64,
    state: State,
}

#[derive(Clone)]
struct State(Rc<RefCell<Vec<f64>>>);

/// What Rhai's own interpreter makes of the first closure that a script registers.
pub fn interpreted(text: &str, frames: usize) -> Vec<Vec<f64>> {
    tried(text, frames).unwrap()
}

/// The same, where it may refuse to go on: it knows no largest integer that whatever is beyond becomes, as we do.
pub fn tried(text: &str, frames: usize) -> Result<Vec<Vec<f64>>, Box<EvalAltResult>> {
    let _flush = Flush::on();
    let closure = Rc::new(RefCell::new(None));
    let mut engine = engine();
    let found = closure.clone();
    engine.register_fn("register", move |_: &str, pointer: FnPtr| {
        found.borrow_mut().get_or_insert(pointer);
    });
    let ast = engine.compile(text).unwrap();
    engine.run_ast(&ast).unwrap();
    let closure: FnPtr = closure.borrow_mut().take().expect("the script registers a closure");
    let mut world = World { frame: 0, state: State(Rc::new(RefCell::new(vec![0.0; 128]))) };
    let mut rows = Vec::new();
    for frame in 0..frames {
        world.frame = frame as i64;
        let value = closure.call::<Dynamic>(&engine, &ast, (world.clone(),))?;
        rows.push(match value.clone().try_cast::<Array>() {
            Some(channels) => channels.iter().map(number).collect(),
            None => vec![number(&value)],
        });
    }
    Ok(rows)
}

fn number(value: &Dynamic) -> f64 {
    let truth = value.as_bool().map(|truth| f64::from(u8::from(truth)));
    truth.or(value.as_float()).or(value.as_int().map(|whole| whole as f64)).expect("a number")
}

/// Rhai with our numbers, and `s`.
fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_fast_operators(false);
    engine.set_max_expr_depths(256, 256);
    #[expect(deprecated, reason = "Rhai marks it as volatile; its version is pinned")]
    engine.on_var(|name, _, _| {
        let constants =
            [("TAU", std::f64::consts::TAU), ("PI", std::f64::consts::PI), ("E", std::f64::consts::E), ("SR", RATE)];
        Ok(constants.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    });
    engine.register_get("frame", |world: &mut World| world.frame);
    engine.register_get("t", |world: &mut World| world.frame as f64 / RATE);
    engine.register_get("sr", |_: &mut World| RATE);
    engine.register_get("dt", |_: &mut World| 1.0 / RATE);
    engine.register_get("name", |_: &mut World| "x".to_owned());
    engine.register_get("state", |world: &mut World| world.state.clone());
    engine.register_indexer_get(|state: &mut State, index: i64| state.0.borrow()[index.clamp(0, 127) as usize]);
    engine.register_indexer_get(|state: &mut State, index: f64| state.0.borrow()[index.clamp(0.0, 127.0) as usize]);
    let set = |state: &mut State, index: i64, value: Dynamic| {
        state.0.borrow_mut()[index.clamp(0, 127) as usize] = number(&value);
    };
    engine.register_indexer_set(set);
    engine.register_indexer_set(move |state: &mut State, index: f64, value: Dynamic| set(state, index as i64, value));
    formulas(&mut engine);
    engine
}

fn formulas(engine: &mut Engine) {
    type Formula = fn(f64, f64) -> f64;
    let formulas: [(&str, &str, Formula); 2] = [("/", "/=", |x, y| x / y), ("**", "**=", math::pow)];
    let kinds = [std::any::TypeId::of::<i64>(), std::any::TypeId::of::<f64>()];
    for (symbol, assigning, formula) in formulas {
        for left in kinds {
            for right in kinds {
                engine.register_raw_fn(
                    symbol,
                    [left, right],
                    move |_: NativeCallContext<'_>, args: &mut [&mut Dynamic]| {
                        Ok(formula(number(args[0]), number(args[1])))
                    },
                );
                let apply = move |_: NativeCallContext<'_>, args: &mut [&mut Dynamic]| {
                    *args[0] = formula(number(args[0]), number(args[1])).into();
                    Ok(())
                };
                engine.register_raw_fn(assigning, [left, right], apply);
            }
        }
    }
    // Rhai takes two numbers for equal if they nearly are and one is a float; ours compare exactly.
    type Comparison = fn(&f64, &f64) -> bool;
    let comparisons: [(&str, Comparison); 6] =
        [("<", f64::lt), ("<=", f64::le), (">", f64::gt), (">=", f64::ge), ("==", f64::eq), ("!=", f64::ne)];
    for (symbol, holds) in comparisons {
        for [left, right] in [[kinds[0], kinds[1]], [kinds[1], kinds[0]], [kinds[1], kinds[1]]] {
            let compare = move |_: NativeCallContext<'_>, args: &mut [&mut Dynamic]| {
                Ok(holds(&number(args[0]), &number(args[1])))
            };
            engine.register_raw_fn(symbol, [left, right], compare);
        }
    }
    for math in Math::ALL {
        let count = math.arity();
        // Every mixture of ints and floats, so that none of Rhai's own functions is nearer.
        for mixture in 0..1 << count {
            let types = (0..count).map(|n| kinds[mixture >> n & 1]).collect::<Vec<_>>();
            engine.register_raw_fn(math.name(), types, move |_: NativeCallContext<'_>, args: &mut [&mut Dynamic]| {
                Ok(math.apply(&args.iter().map(|arg| number(arg)).collect::<Vec<_>>()))
            });
        }
    }
}
