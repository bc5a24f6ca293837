//! Vector code: instances of one shape in the lanes of one register, several registers to a loop. It knows no signals and no voices.
//!
//! ```text
//! ir::Program ─ lower ─▶ Routine ┬ plan: together, schedule, allocate, check ─▶ Body ─ encode ─▶ bytes ─▶ Kernel ─▶ Bank
//!                                └ pairs (two lanes, by Cranelift) ─────────────────────────────┘
//! ```

pub mod ahead;
mod allocate;
mod arithmetic;
pub mod bank;
mod check;
mod encode;
mod heads;
mod kernel;
mod live;
mod loops;
mod lower;
mod often;
mod pair_steps;
mod pairs;
mod parts;
mod places;
mod plan;
mod processor;
mod recursions;
mod relay;
mod routine;
mod schedule;
mod single;
mod slots;
mod steps;
mod stretches;
mod table;
mod team;
mod transpose;
#[cfg(target_arch = "x86_64")]
mod turn;
mod views;
mod weave;
mod weight;
mod windows;
mod words;

use std::sync::Arc;

pub use ahead::Ahead;
pub use bank::{Bank, can_share};
pub use lower::has;
pub use parts::Parts;
pub use routine::{Along, Width};
pub use stretches::prefetch;
pub use table::{Full, Table, Tables, WIDEST};
pub use team::Groups;
pub use weave::is_worth_while;
pub use weight::{Weight, kept};

use super::code::{Arena, Code, Refusal};
use super::cranelift;
use crate::ir::Program;
use plan::Plan;
use routine::Routine;
use team::Team;

/// Why there is no vector code.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unable {
    /// The memory for code is full.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Cranelift makes none of it.
    #[error(transparent)]
    Narrow(#[from] cranelift::Unable),
    /// A mistake here.
    #[error("vector code could not be made (a mistake in the engine): {0}")]
    Mistake(String),
}

/// The vectors of the processor at hand, widest first.
pub fn widths() -> Vec<Width> {
    let mut widths = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if wide {
            widths.push(Width::Eight);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            widths.push(Width::Four);
        }
    }
    if cranelift::has_pairs() {
        widths.push(Width::Two);
    }
    widths
}

/// What vector code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Make {
    /// How wide a vector is.
    pub width: Width,
    /// What its lanes are.
    pub along: Along,
    /// Whether samples are added to what is there.
    pub accumulates: bool,
    /// Whether rings whose slots are known before the first frame are lent as windows.
    pub windows: bool,
    /// Whether what waits for the frame before is woven in; else there is none of it.
    pub woven: bool,
    /// For how many groups; of one instance along time there is one.
    pub groups: Groups,
}

impl Make {
    /// Several frames of one program at once.
    pub fn time(width: Width) -> Make {
        Make { width, along: Along::Time, accumulates: false, windows: false, woven: false, groups: Groups::Any }
    }

    /// Several frames of one program at once, but for what waits for the frame before.
    pub fn woven(width: Width) -> Make {
        Make { woven: true, ..Make::time(width) }
    }

    /// So many instances side by side.
    pub fn instances(width: Width, count: usize) -> Make {
        Make { along: Along::Instances, groups: Groups::of(count, width), ..Make::time(width) }
    }

    /// So many voices that are added up, the faster way first.
    pub fn voices(width: Width, count: usize) -> [Make; 2] {
        [Make { accumulates: true, ..Make::time(width) }, Make::instances(width, count)]
    }
}

/// Machine code of a routine that is not placed yet.
pub struct Draft {
    routine: Routine,
    team: Team,
    accumulates: bool,
    code: Vec<u8>,
}

impl Draft {
    /// The vector code of a valid program, if it has one.
    ///
    /// # Errors
    /// A mistake here.
    pub fn of(program: &Program, make: Make) -> Result<Option<Draft>, Unable> {
        let Make { width, along, accumulates, windows, woven, groups } = make;
        let routine = if woven { weave::weave(program, width) } else { lower::lower(program, width, along, windows) };
        let Some(mut routine) = routine else { return Ok(None) };
        if width == Width::Two {
            let code = cranelift::pairs(|builder, fuse| pairs::translate(&routine, accumulates, builder, fuse))?;
            return Ok(Some(Draft { routine, team: Team::ALONE, accumulates, code }));
        }
        let Plan { team, bodies } = plan::plan(&routine, groups, accumulates).map_err(Unable::Mistake)?;
        routine.carried = bodies.first().map_or(0, |body| body.routine.carried);
        let code = encode::encode(&bodies, team, accumulates).map_err(|error| Unable::Mistake(error.to_string()))?;
        Ok(Some(Draft { routine, team, accumulates, code }))
    }

    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.code.len()
    }

    /// Whether it is for this program: whether the windows that it has show nothing that is written in the same quantum.
    pub fn suits(&self, program: &Program) -> bool {
        windows::are_apart(&self.routine, program)
    }

    /// Puts the code where it can run.
    ///
    /// # Errors
    /// The memory for code is full.
    pub fn place(&self, arena: &Arena) -> Result<Arc<Kernel>, Refusal> {
        let code = arena.place(&self.code)?;
        // SAFETY: the encoder gives its code the signature of `Entry`, and it stays as long as `code` is held.
        let entry = unsafe { std::mem::transmute::<*const u8, kernel::Entry>(code.address()) };
        let weight = self.routine.weight();
        Ok(Arc::new(Kernel {
            weight,
            routine: self.routine.clone(),
            team: self.team,
            accumulates: self.accumulates,
            entry,
            code,
        }))
    }
}

/// Vector code in its place.
pub struct Kernel {
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
    routine: Routine,
    team: Team,
    accumulates: bool,
    entry: kernel::Entry,
    code: Arc<Code>,
}

impl Kernel {
    /// Bytes of machine code.
    pub fn code_bytes(&self) -> usize {
        self.code.bytes()
    }

    /// Whether it is for this program, as of [`Draft::suits`].
    pub fn suits(&self, program: &Program) -> bool {
        windows::are_apart(&self.routine, program)
    }

    /// Where it lies.
    pub(super) fn code(&self) -> &Arc<Code> {
        &self.code
    }
}
