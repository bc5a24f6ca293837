//! What several terms of a sum need: it runs before them, and they are fed with it. It cuts nothing.

use std::collections::HashMap;

use super::sums::Sum;
use super::units::{Unit, is_free, unit};
use crate::compile::cells::Cell;
use crate::ir::{Block, MemoryId, Program, ValueId};

/// Operations that each term must have of its own: otherwise feeding it costs more than running it side by side saves.
const LEAST: usize = 8;

/// Nobody needs a value, or more than one term does.
const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

/// Follows values and memory back to what they need.
pub struct Needs<'p> {
    program: &'p Program,
    /// Everything that names a part of memory.
    touching: HashMap<Unit, Vec<ValueId>>,
    fixed: &'p std::collections::BTreeMap<(MemoryId, u32), Cell>,
}

impl<'p> Needs<'p> {
    /// Of a straight program.
    pub fn of(
        program: &'p Program,
        block: &Block,
        fixed: &'p std::collections::BTreeMap<(MemoryId, u32), Cell>,
    ) -> Needs<'p> {
        let mut touching: HashMap<Unit, Vec<ValueId>> = HashMap::new();
        for &value in &block.body {
            if let Some(unit) = unit(program, fixed, program.inst(value).op) {
                touching.entry(unit).or_default().push(value);
            }
        }
        Needs { program, touching, fixed }
    }

    /// What several terms of a sum need, and nothing where the terms have too little of their own, or what they share needs a
    /// sum itself.
    pub fn shared(&self, sum: &Sum, glue: &[bool]) -> Option<Vec<ValueId>> {
        let mut marks = vec![NOBODY; self.program.insts.len()];
        let mut open = Vec::new();
        for (number, term) in sum.terms.iter().enumerate() {
            open.push((*term, number as u32));
            while let Some((value, by)) = open.pop() {
                let op = self.program.inst(value).op;
                if glue[value.index()] || is_free(op) {
                    if by == SEVERAL && glue[value.index()] {
                        return None;
                    }
                    continue;
                }
                let mark = &mut marks[value.index()];
                let now = if *mark == NOBODY { by } else { SEVERAL };
                if *mark == by || *mark == SEVERAL {
                    continue;
                }
                *mark = now;
                open.extend(op.operands().map(|operand| (operand, now)));
                if let Some(unit) = unit(self.program, self.fixed, op) {
                    open.extend(self.touching[&unit].iter().map(|other| (*other, now)));
                }
            }
        }
        let mut own = vec![0; sum.terms.len()];
        let mut shared = Vec::new();
        for (value, &mark) in marks.iter().enumerate() {
            match mark {
                NOBODY => {}
                SEVERAL => shared.push(ValueId::new(value)),
                term => own[term as usize] += 1,
            }
        }
        own.iter().all(|own| *own >= LEAST).then_some(shared)
    }
}
