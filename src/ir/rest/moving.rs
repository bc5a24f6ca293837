//! A slot that may hold something else in each frame although its program rests. It reads and writes nothing by itself.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::value::Value;
use crate::ir::{MemoryId, Type};

/// A slot that is only named at its fixed place, as one type, and its part in the span that is looked at.
#[derive(Clone, Copy)]
pub struct Moving {
    pub memory: MemoryId,
    pub at: u32,
    pub ty: Type,
    pub kind: Kind,
    /// What it holds when a frame of the span begins.
    pub assumed: Value,
    /// Of a count, what is added in each frame, as the slot's type; 0 where it stays.
    pub growth: u64,
    /// What it holds at this point of the frame.
    pub now: Value,
    /// How often it was written in this frame.
    pub stores: u32,
}

/// How a slot moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is written from itself: it is added to, or it stays.
    Count,
    /// It is written anew from others, in so many frames in a row.
    Derived(u32),
}

/// Whole numbers of smaller magnitude are added without rounding.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Moving {
    /// What it is taken to hold in a span of so many frames, if it holds `bits` now; `false` if that cannot be told.
    pub fn assume(&mut self, bits: u64, frames: u64) -> bool {
        let assumed = match self.growth {
            0 => Some(Value::stored(self.ty, bits)),
            growth => count(self.ty, bits, growth, frames),
        };
        self.assumed = assumed.unwrap_or(self.assumed);
        assumed.is_some()
    }

    /// Moves on by so many frames.
    ///
    /// # Safety
    /// `slot` is its slot, and nobody else's.
    pub unsafe fn pass(&self, slot: *mut u64, frames: u64) {
        if self.growth != 0 {
            // SAFETY: promised by the caller.
            unsafe { *slot = after(self.ty, *slot, self.growth, frames) };
        }
    }

    /// How many frames must be run until it holds what it would hold.
    pub fn level(&self) -> u64 {
        match self.kind {
            Kind::Derived(level) if !matches!(self.assumed, Value::Known(_)) => u64::from(level),
            _ => 0,
        }
    }
}

/// What a count holds after so many frames: as if it had been added up, because a Real is whole and stays where nothing is rounded.
fn after(ty: Type, bits: u64, growth: u64, frames: u64) -> u64 {
    match ty {
        Type::Real => (f64::from_bits(bits) + f64::from_bits(growth) * frames as f64).to_bits(),
        Type::Int | Type::Bool => bits.wrapping_add(growth.wrapping_mul(frames)),
    }
}

/// All that a count holds when one of so many frames begins, if that can be told; what it holds after them can then be told as well.
fn count(ty: Type, bits: u64, growth: u64, frames: u64) -> Option<Value> {
    match ty {
        Type::Real => {
            let (now, step) = (f64::from_bits(bits), f64::from_bits(growth));
            let way = step * frames as f64;
            let whole = now.trunc() == now && step.trunc() == step && now.abs() + way.abs() < EXACT;
            let last = now + (way - step);
            whole.then(|| Value::real(now.min(last), now.max(last)))
        }
        Type::Int => {
            let now = bits as i64;
            let last = i128::from(now) + i128::from(growth as i64) * i128::from(frames - 1);
            Some(match i64::try_from(last) {
                Ok(last) => Value::int(now.min(last), now.max(last)),
                // It goes round.
                Err(_) => Value::all(ty),
            })
        }
        Type::Bool => None,
    }
}
