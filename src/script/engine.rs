//! Runs scripts with Rhai, within limits, and gathers what they ask for. It compiles nothing and keeps nothing between runs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rhai::module_resolvers::DummyModuleResolver;
use rhai::{AST, Engine, EvalAltResult, NativeCallContext, OptimizationLevel, Position, Scope};

use super::explain::{BANNED, banned, explain};
use super::graph::{Graph, Memory, Signal, What};
use super::imports::{Imports, Sources};
use super::rewrite::Rewriter;
use super::{Error, Evaluation, Functions, Library, Request, Warning, register, words};
use crate::ir::Place;

/// Operations that a script may take while it loads; about a second of work.
const MAX_OPERATIONS: u64 = 20_000_000;
/// How deep script functions may call each other while a script loads.
const MAX_CALLS: usize = 64;
/// How deep one expression may nest.
const MAX_DEPTH: usize = 256;
/// Bytes of one script.
const MAX_SCRIPT: usize = 2 << 20;
/// How long a script may take while it loads, whatever its operations cost.
const MAX_TIME: Duration = Duration::from_secs(10);
/// Elements of an array or a map while a script loads: Rhai counts them all whenever one changes.
pub(super) const MAX_ELEMENTS: usize = 1 << 16;
/// Bytes of a text while a script loads.
pub(super) const MAX_TEXT: usize = 1 << 20;

/// What is gathered while one script runs.
#[derive(Default)]
pub(super) struct Run {
    pub graph: Graph,
    pub requests: Vec<Request>,
    pub warnings: Vec<Warning>,
    pub files: Vec<String>,
    pub functions: Library,
    /// How many files are being imported right now, one inside the other.
    pub importing: Vec<u16>,
}

/// The run that native functions write to.
pub(super) type Shared = Rc<RefCell<Run>>;

/// A Rhai engine that knows Aither's words.
pub struct Scripts {
    engine: Engine,
    rewriter: Rc<Rewriter>,
    run: Shared,
    imports: Rc<RefCell<Imports>>,
    /// When the evaluation began that runs.
    start: Rc<Cell<Instant>>,
}

/// Why a script was refused.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong.
    pub error: Error,
    /// Paths of the files, by the file number of a [`Place`].
    pub files: Vec<String>,
    /// What was found odd before it failed.
    pub warnings: Vec<Warning>,
}

impl Scripts {
    /// An engine for signals at `rate` frames per second.
    pub fn new(rate: f64) -> Scripts {
        let run = Shared::default();
        let imports = Rc::new(RefCell::new(Imports::default()));
        let mut engine = Engine::new();
        engine.set_optimization_level(OptimizationLevel::None);
        engine.set_max_expr_depths(MAX_DEPTH, MAX_DEPTH);
        engine.set_max_call_levels(MAX_CALLS);
        engine.set_max_operations(MAX_OPERATIONS);
        engine.set_max_array_size(MAX_ELEMENTS);
        engine.set_max_map_size(MAX_ELEMENTS);
        engine.set_max_string_size(MAX_TEXT);
        engine.set_max_modules(256);
        // Nothing of a script outlives its run.
        engine.set_max_strings_interned(0);
        // Without this, Rhai divides two ints itself and never asks for the `/` that gives a float.
        engine.set_fast_operators(false);
        engine.set_module_resolver(DummyModuleResolver::new());
        engine.register_type_with_name::<Signal>("signal");
        engine.register_type_with_name::<Memory>("memory");
        let printed = run.clone();
        engine.on_print(move |text| note(&printed, text, Position::NONE));
        let printed = run.clone();
        engine.on_debug(move |text, _, position| note(&printed, text, position));
        let start = Rc::new(Cell::new(Instant::now()));
        limit_time(&mut engine, &start);
        forbid(&mut engine, &run);
        provide_constants(&mut engine, rate);
        words::teach(&mut engine, &run);
        register::teach(&mut engine, &run);
        let rewriter = Rc::new(Rewriter::new(&engine));
        Scripts { engine, rewriter, run, imports, start }
    }

    /// Runs one script. `path` is relative to the folder of scripts, `sources` reads what it imports.
    ///
    /// # Errors
    /// What is wrong with the script, with its place. Nothing of a failed script is kept.
    pub fn evaluate(&mut self, path: &str, text: &str, sources: Rc<dyn Sources>) -> Result<Evaluation, Box<Failure>> {
        *self.run.borrow_mut() = Run { files: vec![path.to_owned()], ..Run::default() };
        self.start.set(Instant::now());
        self.imports.borrow_mut().start(sources, self.run.clone(), self.rewriter.clone());
        self.engine.set_module_resolver(super::imports::Resolver(self.imports.clone()));
        let outcome = self.run_file(path, text);
        let run = self.run.take();
        self.imports.borrow_mut().finish();
        match outcome {
            Ok(()) => Ok(Evaluation {
                requests: run.requests,
                graph: run.graph,
                functions: run.functions,
                files: run.files,
                warnings: run.warnings,
            }),
            Err(error) => Err(Box::new(Failure { error, files: run.files, warnings: run.warnings })),
        }
    }

    fn run_file(&self, path: &str, text: &str) -> Result<(), Error> {
        let ast = compile(&self.engine, path, text).map_err(|error| explain(&error, &self.run.borrow()))?;
        self.run.borrow_mut().functions.files.push(Functions::of(&ast));
        words::warn_of_shadowing(0, &self.run);
        let ast = self.rewriter.rewrite(ast);
        let ran = self.engine.run_ast_with_scope(&mut Scope::new(), &ast);
        ran.map_err(|error| explain(&error, &self.run.borrow()))
    }
}

/// Parses a file's text, within limits.
pub(super) fn compile(engine: &Engine, path: &str, text: &str) -> Result<AST, Box<EvalAltResult>> {
    if text.len() > MAX_SCRIPT {
        let message = format!("the script has {} bytes; {MAX_SCRIPT} are the most", text.len());
        let error = Error::at(Place::default(), message).help("split it into several files");
        return Err(thrown(error, Position::NONE));
    }
    let mut ast = engine.compile(text)?;
    ast.set_source(path);
    Ok(ast)
}

/// An error of ours as Rhai carries it.
pub(super) fn thrown(error: Error, position: Position) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(rhai::Dynamic::from(error), position).into()
}

impl Run {
    /// The number of a file, which must have been met.
    pub fn file(&self, source: Option<&str>) -> u16 {
        let known = source.and_then(|source| self.files.iter().position(|file| file == source));
        known.unwrap_or(0) as u16
    }

    /// A position of Rhai's in a file.
    pub fn place(&self, source: Option<&str>, position: Position) -> Place {
        let (line, column) = (position.line().unwrap_or(0) as u32, position.position().unwrap_or(0) as u32);
        Place { file: self.file(source), line, column }
    }
}

/// Where a native function is called.
pub(super) fn place(run: &Shared, ctx: &NativeCallContext<'_>) -> Place {
    run.borrow().place(ctx.call_source(), ctx.call_position())
}

/// Adds a node for a native call.
pub(super) fn node(run: &Shared, ctx: &NativeCallContext<'_>, what: What) -> Signal {
    let place = place(run, ctx);
    run.borrow_mut().graph.add(what, place)
}

fn note(run: &Shared, text: &str, position: Position) {
    let mut run = run.borrow_mut();
    // A script that prints in a loop must not fill the memory; the first lines tell enough.
    if run.warnings.len() < 1000 {
        let place = run.place(None, position);
        run.warnings.push(Warning { note: true, place, message: format!("print: {text}"), help: None });
    }
}

/// An operation on large arrays takes long, so counting operations alone would let a script run for hours.
fn limit_time(engine: &mut Engine, start: &Rc<Cell<Instant>>) {
    let start = start.clone();
    engine.on_progress(move |operations| {
        let late = operations % 256 == 0 && start.get().elapsed() > MAX_TIME;
        late.then_some(rhai::Dynamic::UNIT)
    });
}

/// Takes the words away that would break what Aither promises.
fn forbid(engine: &mut Engine, run: &Shared) {
    use std::any::TypeId;
    // The parser knows this one itself; the others are functions.
    engine.disable_symbol("eval");
    for word in BANNED {
        let kinds = [TypeId::of::<rhai::Dynamic>(), TypeId::of::<i64>(), TypeId::of::<f64>()];
        for arguments in std::iter::once(Vec::new()).chain(kinds.map(|kind| vec![kind])) {
            let run = run.clone();
            engine.register_raw_fn(word, arguments, move |ctx, _| -> Result<(), Box<EvalAltResult>> {
                Err(thrown(banned(word, place(&run, &ctx)), ctx.call_position()))
            });
        }
    }
}

/// Names that every script can read, also inside functions and as captures of closures. A variable of the script hides them.
#[expect(deprecated, reason = "Rhai marks the hook as volatile; its version is pinned")]
fn provide_constants(engine: &mut Engine, rate: f64) {
    use std::f64::consts;
    engine.on_var(move |name, index, context| {
        let value = match name {
            "TAU" => consts::TAU,
            "PI" => consts::PI,
            "E" => consts::E,
            "SR" => rate,
            _ => return Ok(None),
        };
        Ok((index == 0 && !context.scope().contains(name)).then(|| value.into()))
    });
}
