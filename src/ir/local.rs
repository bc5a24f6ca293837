//! What is written to a block of slots, as that block knows it: its own slots, numbers, and signals from elsewhere. It reads no program.

use super::InstanceId;
use super::hash::mix;
use super::structure::SIGNAL;

/// A value on its way to a block.
///
/// Only what depends on the block's own slots belongs to it; what was computed before counts as a signal, whatever it is.
/// Where a value depends on several blocks it is on its way to the youngest: a block is made after what feeds it.
#[derive(Clone, Copy, Default)]
pub(super) struct Local {
    /// The block, counted from 1; 0 where it depends on none.
    block: usize,
    /// What is computed, numbers included.
    pub own: u64,
    /// The sub-expressions of the signals; 0 where there are none.
    pub fed: u64,
}

impl Local {
    /// A number.
    pub fn number(own: u64) -> Local {
        Local { own, ..Local::default() }
    }

    /// A signal, by its sub-expression.
    pub fn signal(exact: u64) -> Local {
        Local { block: 0, own: SIGNAL, fed: exact }
    }

    /// What an operation gives that may read a block and has these operands, each with its sub-expression; `exact` is its own.
    pub fn of(operation: u64, block: Option<InstanceId>, operands: &[(Local, u64)], exact: u64) -> Local {
        let read = block.map_or(0, |block| block.index() + 1);
        let block = operands.iter().map(|(operand, _)| operand.block).fold(read, usize::max);
        if block == 0 {
            return Local::signal(exact);
        }
        let (mut own, mut fed) = (operation, 0_u64);
        for (operand, exact) in operands {
            let operand = operand.seen_by(block, *exact);
            own = mix(&[own, operand.own]);
            fed = fed.wrapping_add(operand.fed);
        }
        Local { block, own, fed }
    }

    /// What it is to the block in which it is stored.
    pub fn stored(self, block: InstanceId, exact: u64) -> Local {
        self.seen_by(block.index() + 1, exact)
    }

    fn seen_by(self, block: usize, exact: u64) -> Local {
        let is_number = self.block == 0 && self.fed == 0;
        if self.block == block || is_number { self } else { Local::signal(exact) }
    }
}
