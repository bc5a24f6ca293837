//! Scripts in, programs out: the only folder that knows Rhai. It knows no memory, no engine and no device.

mod ast;
mod code;
mod engine;
pub mod error;
mod explain;
pub mod graph;
mod imports;
pub mod likeness;
pub mod lower;
mod operators;
mod pitch;
mod register;
mod rewrite;
mod wiring;
mod words;

use std::collections::HashMap;

use rhai::{Dynamic, ImmutableString, ScriptFuncDef, Shared};

use crate::helpers::own::Own;
use crate::ir::Place;
pub use engine::{Failure, Scripts};
pub use error::{Error, Warning};
use graph::{Graph, Operand};
pub use imports::{Sources, candidates};
pub use wiring::MASTER;

/// What running one script gave.
#[derive(Debug)]
pub struct Evaluation {
    /// What `register`, `unregister` and `tempo` asked for, in order.
    pub requests: Vec<Request>,
    /// The nodes that the requests' signals name.
    pub graph: Graph,
    /// The functions that closures may call.
    pub functions: Library,
    /// Paths of the files, by the file number of a [`Place`]: the script itself first, then what it imports.
    pub files: Vec<String>,
    /// What the performer should know.
    pub warnings: Vec<Warning>,
}

/// One call of `register`, `unregister` or `tempo`.
#[derive(Debug)]
pub enum Request {
    /// Makes a signal sound, or changes one that does.
    Register(Registration),
    /// Stops a signal and gives its memory back.
    Unregister {
        /// Its name.
        name: String,
        /// Where it is written.
        place: Place,
    },
    /// Sets the tempo. There is one at most.
    Tempo {
        /// Beats per minute.
        bpm: f64,
        /// Where it is written, the first time.
        place: Place,
    },
}

/// One call of `register`.
#[derive(Debug)]
pub struct Registration {
    /// The signal's name.
    pub name: String,
    /// Whether it is no signal beside the others, but what is heard of their sum.
    pub master: bool,
    /// What it sounds like.
    pub signal: Operand,
    /// How it is joined to what sounds now.
    pub options: Options,
    /// Where it is written.
    pub place: Place,
}

/// Fades of a signal, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How long a new signal takes to come up.
    pub fade_in: f64,
    /// How long an edit joins old and new, and how long one takes to come back that was parked.
    pub fade: f64,
    /// How long it takes to go when its line is gone.
    pub fade_out: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options { fade_in: 0.0, fade: 0.02, fade_out: 0.02 }
    }
}

/// The script functions that one evaluation can reach. Closures are functions too: their captures come first.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// By file number: the script itself first, then what it imports.
    pub files: Vec<Functions>,
}

/// The functions of one file.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    /// Definitions by name and number of parameters.
    pub definitions: HashMap<(ImmutableString, usize), Shared<ScriptFuncDef>>,
    /// Paths of imported modules as they are written, by the alias they are imported as.
    pub modules: HashMap<ImmutableString, ImmutableString>,
    /// Constants at the top of the file whose values are written down.
    pub constants: HashMap<ImmutableString, Dynamic>,
    /// How the definitions are written and what is said above them.
    pub own: Vec<Own>,
}

impl Library {
    /// How functions of a name are called and what they do, as far as scripts say.
    pub(crate) fn told(&self, name: &str) -> Option<String> {
        let all = self.files.iter().flat_map(|file| &file.own).filter(|own| own.name == name);
        let told = all.map(Own::told).collect::<Vec<_>>();
        (!told.is_empty()).then(|| told.join(", or "))
    }

    /// The functions of a file that others can call, by name.
    pub(crate) fn public(&self, file: usize) -> impl Iterator<Item = &str> {
        let own = self.files.get(file).into_iter().flat_map(|file| &file.own);
        own.filter(|own| !own.private).map(|own| own.name.as_str())
    }
}
