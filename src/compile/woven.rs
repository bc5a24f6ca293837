//! Runs a program whose frames are woven into vectors: as many of them as fill vectors, and those that are left by reading it. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::sync::Arc;

use super::lanes::{Ahead, Full, Kernel, Tables, Weight};
use super::oracle::Oracle;
use crate::ir::call::{Call, Run};
use crate::ir::{Program, Way};

/// A program of which a part waits for the frame before.
pub struct Woven {
    vectors: Ahead,
    /// Renders what fills no vector. A quantum fills vectors, so only whoever asks for less hears of it.
    left: Oracle,
    code_bytes: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

impl Woven {
    /// What runs a program of the shape that the code was made for. Control thread.
    ///
    /// # Errors
    /// There is no room for the tables of the code.
    pub fn new(kernel: &Arc<Kernel>, program: &Arc<Program>, room: &Tables) -> Result<Woven, Full> {
        let weight = Weight::of([1, program.insts.len()]);
        let vectors = Ahead::whole(Arc::clone(kernel), room)?;
        Ok(Woven { vectors, left: Oracle::new(Arc::clone(program)), code_bytes: kernel.code_bytes(), weight })
    }
}

impl Run for Woven {
    unsafe fn run(&mut self, call: &Call) {
        let left = call.frames % self.vectors.lanes() as u64;
        let whole = call.frames - left;
        // SAFETY: passed on from the caller; what is left begins where the vectors end.
        unsafe {
            if whole > 0 {
                self.vectors.run(&Call { frames: whole, ..*call }, call.output);
            }
            if left > 0 {
                let (output, beats) = (call.output.add(whole as usize), call.beats.add(whole as usize));
                self.left.run(&Call { frame: call.frame + whole, frames: left, output, beats, ..*call });
            }
        }
    }

    fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    fn way(&self) -> Way {
        self.vectors.way()
    }
}
