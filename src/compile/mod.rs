//! From programs to something that renders them: machine code by shape where the processor allows, else the oracle. It knows no scripts, and binds no memory.

pub mod alone;
mod arithmetic;
mod cache;
mod cells;
pub mod code;
pub mod cranelift;
pub mod effort;
pub mod lanes;
mod machine;
mod oracle;
mod pages;
mod translate;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cache::Cache;
pub use cache::Counts;
use code::{Arena, Code, Occupancy, Refusal};
use cranelift::{Generator, Unable};
use effort::Effort;
pub use machine::Machine;
pub use oracle::Oracle;

use crate::ir::call::Run;
use crate::ir::{Program, ShapeKey, Violation, verify};

/// Pieces of machine code that are kept although nobody uses them.
const IDLE: usize = 256;

/// What executes programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackEnd {
    /// Machine code where there is any, else the oracle.
    #[default]
    Auto,
    /// The interpreter: slow, and everywhere.
    Oracle,
    /// Machine code by Cranelift.
    Cranelift,
}

impl fmt::Display for BackEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackEnd::Auto => "auto",
            BackEnd::Oracle => "oracle",
            BackEnd::Cranelift => "cranelift",
        })
    }
}

impl FromStr for BackEnd {
    type Err = String;

    fn from_str(name: &str) -> Result<BackEnd, String> {
        let all = [BackEnd::Auto, BackEnd::Oracle, BackEnd::Cranelift];
        let found = all.into_iter().find(|back_end| back_end.to_string() == name);
        found.ok_or_else(|| format!("no back end `{name}`; there are auto, oracle and cranelift"))
    }
}

/// Why a program cannot be rendered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No machine code of it, or none on this processor.
    #[error(transparent)]
    Unable(#[from] Unable),
    /// No place for machine code.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is no program; only debug builds look.
    #[error("not a program (a mistake in the engine): {}", list(.0))]
    Invalid(Vec<Violation>),
}

/// The first few violations.
fn list(violations: &[Violation]) -> String {
    let first = violations.iter().take(4).map(Violation::to_string).collect::<Vec<_>>();
    first.join("; ")
}

/// What compiling has cost, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Pieces of machine code, idle ones included.
    pub functions: usize,
    /// Pieces that nobody uses.
    pub idle: usize,
    /// Bytes of the pages of those pieces: they come back when somebody needs them.
    pub idle_room: usize,
    /// Bytes of machine code, padding excluded.
    pub code_bytes: usize,
    /// How full the memory for code is.
    pub memory: Occupancy,
    /// How often a shape was known, was not, and pieces were dropped.
    pub counts: Counts,
    /// Time spent making machine code.
    pub generation: Duration,
}

/// Compiles programs. Control thread.
pub struct Compiler {
    native: Option<Native>,
}

/// What machine code needs.
struct Native {
    generator: Generator,
    arena: Arena,
    cache: Cache,
    generation: Duration,
}

impl Compiler {
    /// Reserves `code_capacity` bytes for machine code.
    ///
    /// # Errors
    /// The memory is refused, or [`BackEnd::Cranelift`] is asked for where the processor has no machine code.
    pub fn new(back_end: BackEnd, code_capacity: usize) -> Result<Compiler, Error> {
        let generator = match (back_end, Generator::new()) {
            (BackEnd::Oracle, _) | (BackEnd::Auto, Err(Unable::Processor(_))) => return Ok(Compiler { native: None }),
            (_, generator) => generator?,
        };
        let arena = Arena::new(code_capacity)?;
        let native = Native { generator, arena, cache: Cache::new(IDLE), generation: Duration::ZERO };
        Ok(Compiler { native: Some(native) })
    }

    /// What executes: never [`BackEnd::Auto`].
    pub fn back_end(&self) -> BackEnd {
        if self.native.is_some() { BackEnd::Cranelift } else { BackEnd::Oracle }
    }

    /// Something that renders a valid program. Call it with denormals flushed, as on the audio thread.
    ///
    /// # Errors
    /// The code memory is full although all idle pieces were dropped, or the program is too large.
    pub fn compile(&mut self, program: &Arc<Program>) -> Result<Box<dyn Run>, Error> {
        if cfg!(debug_assertions) {
            let violations = verify(program);
            if !violations.is_empty() {
                return Err(Error::Invalid(violations));
            }
        }
        match &mut self.native {
            Some(native) => {
                let code = native.code(program)?;
                // SAFETY: the generator has made it.
                Ok(Box::new(unsafe { Machine::new(code) }))
            }
            None => Ok(Box::new(Oracle::new(Arc::clone(program)))),
        }
    }

    /// The shape of a program and the bytes of the pages that its machine code takes or would take; programs of one shape
    /// share it. `None` where no machine code is made.
    pub fn room(&mut self, program: &Program) -> Option<(ShapeKey, usize)> {
        let native = self.native.as_mut()?;
        let shape = ShapeKey::of(program);
        let bytes = match native.cache.room(shape) {
            Some(bytes) => bytes,
            None => native.arena.room(native.generator.generate(program, Effort::of(program)).ok()?.len()),
        };
        Some((shape, bytes))
    }

    /// Drops machine code that nobody uses and what is kept to make more, and says how many bytes of pages came back.
    pub fn trim(&mut self) -> usize {
        let Some(native) = &mut self.native else { return 0 };
        native.generator.trim();
        let before = native.arena.occupancy().used;
        while native.cache.evict() {}
        before - native.arena.occupancy().used
    }

    /// Drops machine code that nobody uses, that which was not used longest first, until no more than `bytes` of pages are taken.
    /// Says how many pieces went and how many bytes came back.
    pub fn trim_to(&mut self, bytes: usize) -> (usize, usize) {
        let Some(native) = &mut self.native else { return (0, 0) };
        let before = native.arena.occupancy().used;
        let mut pieces = 0;
        while native.arena.occupancy().used > bytes && native.cache.evict() {
            pieces += 1;
        }
        (pieces, before - native.arena.occupancy().used)
    }

    /// What compiling has cost, and what it holds.
    pub fn statistics(&self) -> Statistics {
        let Some(native) = &self.native else { return Statistics::default() };
        Statistics {
            functions: native.cache.pieces(),
            idle: native.cache.idle_pieces(),
            idle_room: native.cache.idle_room(),
            code_bytes: native.cache.bytes(),
            memory: native.arena.occupancy(),
            counts: native.cache.counts(),
            generation: native.generation,
        }
    }
}

impl Native {
    fn code(&mut self, program: &Program) -> Result<Arc<Code>, Error> {
        let shape = ShapeKey::of(program);
        if let Some(code) = self.cache.find(shape) {
            return Ok(code);
        }
        let start = Instant::now();
        let bytes = self.generator.generate(program, Effort::of(program));
        self.generation += start.elapsed();
        let bytes = bytes?;
        let code = loop {
            match self.arena.place(&bytes) {
                Err(Refusal::Full { .. }) if self.cache.evict() => {}
                placed => break placed?,
            }
        };
        self.cache.keep(shape, &code);
        Ok(code)
    }
}
