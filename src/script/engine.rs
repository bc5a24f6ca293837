//! Runs scripts with Rhai, within limits, and gathers what they ask for. It compiles nothing and keeps nothing between runs.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rhai::module_resolvers::DummyModuleResolver;
use rhai::{AST, Engine, EvalAltResult, NativeCallContext, OptimizationLevel, Position, Scope};

use super::explain::{BANNED, banned, explain};
use super::graph::{Graph, Memory, Signal, What};
use super::imports::{Imports, Sources};
use super::rewrite::Rewriter;
use super::{Error, Evaluation, Functions, Library, Request, Warning, register, wiring, words};
use crate::heap;
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

/// Files that a script may import, directly or not.
pub(super) const MAX_IMPORTS: usize = 256;
/// Parts of signal expressions that a script may build: helpers, what is given to them, what closures have captured.
const MAX_PARTS: usize = 1 << 20;
/// How often a script may say `register` or `unregister`.
const MAX_REQUESTS: usize = 1 << 16;
/// Bytes of the heap that a script may hold while it loads, whatever it holds there: Rhai does not look at all of it.
const MAX_HEAP: i64 = 256 << 20;
/// Lines that a script may print.
const MAX_LINES: usize = 1000;
/// Letters of one of them that are shown.
const MAX_LINE: usize = 1000;

/// What is gathered while one script runs.
#[derive(Default)]
pub(super) struct Run {
    pub graph: Graph,
    pub requests: Vec<Request>,
    /// The names that are registered after these requests: where, and whether that is the master.
    pub registered: HashMap<String, (Place, bool)>,
    pub warnings: Vec<Warning>,
    pub files: Vec<String>,
    pub functions: Library,
    /// Bytes of the heap that the thread of scripts had when this run began.
    pub heap: i64,
    /// How many lines were printed.
    pub printed: usize,
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
        engine.set_max_modules(MAX_IMPORTS);
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
        limit(&mut engine, &start, &run);
        forbid(&mut engine, &run);
        provide_constants(&mut engine, rate);
        words::teach(&mut engine, &run);
        register::teach(&mut engine, &run);
        wiring::teach(&mut engine, &run);
        let rewriter = Rc::new(Rewriter::new(&engine));
        Scripts { engine, rewriter, run, imports, start }
    }

    /// Runs one script. `path` is relative to the folder of scripts, `sources` reads what it imports.
    ///
    /// # Errors
    /// What is wrong with the script, with its place. Nothing of a failed script is kept.
    pub fn evaluate(&mut self, path: &str, text: &str, sources: Rc<dyn Sources>) -> Result<Evaluation, Box<Failure>> {
        *self.run.borrow_mut() =
            Run { files: vec![path.to_owned()], heap: heap::bytes_of_this_thread(), ..Run::default() };
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
        let own = crate::helpers::own::read(text);
        self.run.borrow_mut().functions.files.push(Functions { own, ..Functions::of(&ast) });
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
    /// What a script has asked too much of. The place is for whoever knows it.
    fn excess(&self) -> Option<Error> {
        if self.graph.weight() > MAX_PARTS {
            let message = format!("this script builds more than {MAX_PARTS} parts of signals");
            let help = "a loop that makes helpers and does not end? Signals of one file share this room: split it into several";
            return Some(Error::at(Place::default(), message).help(help));
        }
        if heap::bytes_of_this_thread() - self.heap > MAX_HEAP {
            let message = format!("this script needs more than {} MiB while it loads", MAX_HEAP >> 20);
            let help = "a loop that fills arrays, maps or texts? What is computed for every sample belongs into a closure |s| ...";
            return Some(Error::at(Place::default(), message).help(help));
        }
        let message = || format!("this script registers and unregisters more than {MAX_REQUESTS} signals");
        let error =
            || Error::at(Place::default(), message()).help("a loop that does not end? Split it into several files");
        (self.requests.len() > MAX_REQUESTS).then(error)
    }

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

/// Keeps what a script prints. One that prints in a loop must not fill the memory; the first lines tell enough.
fn note(run: &Shared, text: &str, position: Position) {
    let mut run = run.borrow_mut();
    let lines = run.printed;
    if lines > MAX_LINES {
        return;
    }
    run.printed += 1;
    let message = match text.char_indices().nth(MAX_LINE) {
        _ if lines == MAX_LINES => format!("print: … and more; {MAX_LINES} lines are shown"),
        Some((end, _)) => format!("print: {}…", &text[..end]),
        None => format!("print: {text}"),
    };
    let place = run.place(None, position);
    run.warnings.push(Warning { note: true, place, message, help: None });
}

/// Stops a script that takes too long, because an operation on large arrays takes long and counting operations alone would
/// let it run for hours, and one that asks for too much.
fn limit(engine: &mut Engine, start: &Rc<Cell<Instant>>, run: &Shared) {
    let (start, run) = (start.clone(), run.clone());
    engine.on_progress(move |operations| {
        if let Some(excess) = run.try_borrow().ok().and_then(|run| run.excess()) {
            return Some(rhai::Dynamic::from(excess));
        }
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
