//! From programs to something that renders them: machine code by shape where the processor allows, else the oracle. It knows no scripts, and binds no memory.

pub mod alone;
mod arithmetic;
mod cache;
mod cells;
pub mod code;
pub mod cranelift;
mod echoes;
pub mod effort;
mod in_time;
pub mod lanes;
mod machine;
mod made;
mod native;
mod oracle;
mod pages;
mod reserve;
mod spans;
mod stages;
mod translate;
pub mod voices;
mod woven;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

pub use cache::Counts;
use code::{Arena, Refusal};
use cranelift::{Generator, Unable};
use lanes::{Tables, Width};
pub use machine::Machine;
use native::Native;
pub use oracle::Oracle;
pub use reserve::Occupancy;

use crate::ir::call::{Run, RunMany};
use crate::ir::{Program, ShapeKey, Violation, verify};

/// What executes programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackEnd {
    /// Machine code where there is any, else the oracle.
    #[default]
    Auto,
    /// The interpreter: slow, and everywhere.
    Oracle,
    /// Machine code by Cranelift, one number at a time.
    Cranelift,
    /// The same, and vectors of two numbers where they are faster: every processor has those.
    Simd128,
    /// The same, and vectors of four numbers where they are faster.
    Avx2,
    /// The same, and vectors of eight numbers where they are faster.
    Avx512,
}

impl BackEnd {
    /// All of them, [`BackEnd::Auto`] first.
    pub const ALL: [BackEnd; 6] =
        [BackEnd::Auto, BackEnd::Oracle, BackEnd::Cranelift, BackEnd::Simd128, BackEnd::Avx2, BackEnd::Avx512];

    /// Those that this processor has.
    pub fn here() -> Vec<BackEnd> {
        let has = |back_end: &BackEnd| Compiler::new(*back_end, 0).is_ok();
        BackEnd::ALL.into_iter().filter(has).collect()
    }

    /// The vectors that it forces.
    fn width(self) -> Option<Width> {
        match self {
            BackEnd::Simd128 => Some(Width::Two),
            BackEnd::Avx2 => Some(Width::Four),
            BackEnd::Avx512 => Some(Width::Eight),
            BackEnd::Auto | BackEnd::Oracle | BackEnd::Cranelift => None,
        }
    }
}

impl fmt::Display for BackEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackEnd::Auto => "auto",
            BackEnd::Oracle => "oracle",
            BackEnd::Cranelift => "cranelift",
            BackEnd::Simd128 => "simd128",
            BackEnd::Avx2 => "avx2",
            BackEnd::Avx512 => "avx512",
        })
    }
}

impl FromStr for BackEnd {
    type Err = String;

    fn from_str(name: &str) -> Result<BackEnd, String> {
        let found = BackEnd::ALL.into_iter().find(|back_end| back_end.to_string() == name);
        let names = BackEnd::ALL.map(|back_end| back_end.to_string()).join(", ");
        found.ok_or_else(|| format!("no back end `{name}`; there are {names}"))
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
    /// No vector code.
    #[error(transparent)]
    Vectors(#[from] lanes::Unable),
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
    /// How full the memory for tables of vectors is.
    pub tables: Occupancy,
    /// How often a shape was known, was not, and pieces were dropped.
    pub counts: Counts,
    /// Time spent making machine code.
    pub generation: Duration,
}

/// Compiles programs. Control thread.
pub struct Compiler {
    native: Option<Native>,
}

impl Compiler {
    /// Reserves `code_capacity` bytes for machine code, and half as many for the tables of vector code.
    ///
    /// # Errors
    /// The memory is refused, or a back end is asked for that the processor does not have.
    pub fn new(back_end: BackEnd, code_capacity: usize) -> Result<Compiler, Error> {
        Compiler::reserve(back_end, code_capacity, code_capacity / 2)
    }

    /// Reserves so many bytes for machine code, and so many for the tables of vector code; where those are full, programs
    /// render one number at a time, to the same bits.
    ///
    /// # Errors
    /// As for [`Compiler::new`].
    pub fn reserve(back_end: BackEnd, code_capacity: usize, table_capacity: usize) -> Result<Compiler, Error> {
        let generator = match (back_end, Generator::new()) {
            (BackEnd::Oracle, _) | (BackEnd::Auto, Err(Unable::Processor(_))) => return Ok(Compiler { native: None }),
            (_, generator) => generator?,
        };
        let widths = lanes::widths();
        let width = match (back_end, back_end.width()) {
            (BackEnd::Auto, _) => widths.first().copied(),
            (_, Some(width)) if !widths.contains(&width) => {
                return Err(Unable::Processor(format!("it has no {back_end}")).into());
            }
            (_, width) => width,
        };
        let tables = Tables::reserve(table_capacity);
        let tables = tables.map_err(|error| Refusal::System(error.to_string()))?;
        Ok(Compiler { native: Some(Native::new(generator, Arena::new(code_capacity)?, tables, width)) })
    }

    /// What executes: never [`BackEnd::Auto`].
    pub fn back_end(&self) -> BackEnd {
        match self.native.as_ref().map(|native| native.width) {
            None => BackEnd::Oracle,
            Some(None) => BackEnd::Cranelift,
            Some(Some(Width::Two)) => BackEnd::Simd128,
            Some(Some(Width::Four)) => BackEnd::Avx2,
            Some(Some(Width::Eight)) => BackEnd::Avx512,
        }
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
            Some(native) => native.run(program),
            None => Ok(Box::new(Oracle::new(Arc::clone(program)))),
        }
    }

    /// The shape of a program and the bytes of the pages that its machine code takes or would take; programs of one shape
    /// share it. `None` where no machine code is made.
    pub fn room(&mut self, program: &Program) -> Option<(ShapeKey, usize)> {
        let native = self.native.as_mut()?;
        Some((ShapeKey::of(program), native.room(program)?))
    }

    /// Something that renders these valid programs of one shape at once, if that is worth while.
    ///
    /// # Errors
    /// As for [`Compiler::compile`].
    pub fn compile_many(&mut self, programs: &[&Program]) -> Result<Option<Box<dyn RunMany>>, Error> {
        let share = programs.iter().all(|program| lanes::can_share(program));
        match self.native.as_mut() {
            Some(native) if share => native.many(programs),
            _ => Ok(None),
        }
    }

    /// Drops machine code that nobody uses and what is kept to make more, and says how many bytes of pages came back.
    pub fn trim(&mut self) -> usize {
        let Some(native) = &mut self.native else { return 0 };
        native.trim();
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
            tables: native.tables.occupancy(),
            counts: native.cache.counts(),
            generation: native.generation,
        }
    }
}
