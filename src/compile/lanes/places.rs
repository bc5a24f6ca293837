//! Where the small state of each instance lies, found once and kept as long as it lies there. It runs nothing.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::ops::Range;

use super::parts::stand;
use super::routine::Routine;
#[cfg(target_arch = "x86_64")]
use super::turn;
use crate::ir::Type;
use crate::ir::call::Span;

/// The slots of a bank's small state, in the order of its table: group after group, cell after cell, lane after lane.
pub struct Places {
    cells: usize,
    /// Those that are true or false, and those that are written.
    kinds: Box<[Kind]>,
    /// The numbers of those that are true or false.
    truths: Box<[usize]>,
    addresses: Box<[*mut u64]>,
    /// Where lanes without an instance have theirs.
    nowhere: Box<[u64; 1]>,
}

#[derive(Clone, Copy)]
struct Kind {
    ty: Type,
    stored: bool,
}

impl Places {
    /// Lists that are kept, by their lengths.
    pub fn lists(&self) -> [usize; 4] {
        [self.kinds.len(), self.truths.len(), self.addresses.len(), 1]
    }

    /// Room for so many lanes in all; nobody has a place yet. Control thread.
    pub fn new(routine: &Routine, lanes: usize) -> Places {
        Places::of(routine.cells.iter().map(|cell| Kind { ty: cell.ty, stored: cell.stored }), lanes)
    }

    /// The same for what a vector along time holds of recursions.
    pub fn turned(routine: &Routine) -> Places {
        Places::of(routine.turned.iter().map(|turned| Kind { ty: turned.ty, stored: true }), routine.width.lanes())
    }

    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    fn of(kinds: impl Iterator<Item = Kind>, lanes: usize) -> Places {
        let kinds = kinds.collect::<Box<[_]>>();
        let mut nowhere = Box::new([0]);
        let addresses = vec![nowhere.as_mut_ptr(); kinds.len() * lanes].into_boxed_slice();
        let truths = (0..kinds.len()).filter(|cell| kinds[*cell].ty == Type::Bool).collect();
        Places { cells: kinds.len(), kinds, truths, addresses, nowhere }
    }

    /// Where a cell of a group lies in one lane of `LANES`.
    fn address(&mut self, lanes: usize, instance: usize, cell: usize) -> &mut *mut u64 {
        &mut self.addresses[(instance / lanes * self.cells + cell) * lanes + instance % lanes]
    }

    /// From now on an instance has its cells in these slots of these spans. Audio thread.
    ///
    /// # Safety
    /// There is a span for each memory, and a slot lies inside it.
    pub unsafe fn find(&mut self, lanes: usize, instance: usize, cells: &[(u32, u32)], spans: *const Span) {
        for (cell, (memory, at)) in cells.iter().enumerate() {
            // SAFETY: promised by the caller.
            *self.address(lanes, instance, cell) = unsafe { (*spans.add(*memory as usize)).base.add(*at as usize) };
        }
    }

    /// From now on what is turned has its slots in these spans. Audio thread.
    ///
    /// # Safety
    /// As for [`Places::find`].
    pub unsafe fn turn(&mut self, routine: &Routine, spans: *const Span) {
        for (cell, turned) in routine.turned.iter().enumerate() {
            for (lane, (memory, at)) in turned.slots.iter().enumerate() {
                // SAFETY: promised by the caller.
                let address = unsafe { (*spans.add(memory.index())).base.add(*at as usize) };
                *self.address(routine.width.lanes(), lane, cell) = address;
            }
        }
    }

    /// From now on an instance has no cells. Audio thread.
    pub fn leave(&mut self, lanes: usize, instance: usize) {
        let nowhere = self.nowhere.as_mut_ptr();
        (0..self.cells).for_each(|cell| *self.address(lanes, instance, cell) = nowhere);
    }

    /// Brings the state of these groups side by side. Audio thread.
    ///
    /// # Safety
    /// All slots that were found are valid, and nobody else touches them meanwhile.
    pub unsafe fn gather<const LANES: usize>(&self, state: &mut [u64], groups: Range<usize>) {
        let all = groups.start * self.cells * LANES..groups.end * self.cells * LANES;
        let (vectors, addresses) = (&mut state[all.clone()], &self.addresses[all]);
        // SAFETY: promised by the caller; whoever has so many lanes has such vectors.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            match LANES {
                4 => turn::gather4(addresses, vectors),
                8 => turn::gather8(addresses, vectors),
                _ => {}
            }
        }
        if LANES == 2 || cfg!(not(target_arch = "x86_64")) {
            for (slot, address) in vectors.iter_mut().zip(addresses) {
                // SAFETY: as above.
                *slot = unsafe { **address };
            }
        }
        for truth in self.truths.iter() {
            for row in vectors.chunks_exact_mut(LANES).skip(*truth).step_by(self.cells) {
                row.iter_mut().for_each(|slot| *slot = stand(*slot, Type::Bool));
            }
        }
    }

    /// Brings the state of these groups back. Audio thread.
    ///
    /// # Safety
    /// As for [`Places::gather`].
    pub unsafe fn scatter<const LANES: usize>(&self, state: &[u64], groups: Range<usize>) {
        let (first, end) = (groups.start * self.cells * LANES, groups.end * self.cells * LANES);
        let addresses = self.addresses[first..end].chunks_exact(LANES);
        let rows = state[first..end].chunks_exact(LANES).zip(addresses).zip(self.kinds.iter().cycle());
        for ((row, addresses), kind) in rows {
            if !kind.stored {
                continue;
            }
            let kept = if kind.ty == Type::Bool { 1 } else { !0 };
            for (slot, address) in row.iter().zip(addresses) {
                // SAFETY: promised by the caller.
                unsafe { **address = *slot & kept };
            }
        }
    }
}
