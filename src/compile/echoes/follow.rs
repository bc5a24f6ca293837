//! Computes what depends on one cell and on numbers, for any value of the cell. It knows no frames.

use std::collections::HashMap;

use crate::ir::eval;
use crate::ir::{Op, Program, Source, ValueId};

/// Operations from a cell to what depends on it, one after the other, beyond which nobody looks.
const DEEP: usize = 64;

/// Operations on the way to all that is asked for.
const MOST: usize = 1024;

/// Values that depend on one cell.
pub struct Follow<'p> {
    program: &'p Program,
    /// What loads the cell.
    load: Op,
    steps: Vec<Op>,
    places: HashMap<ValueId, usize>,
    values: Vec<u64>,
}

impl<'p> Follow<'p> {
    /// Follows the cell that this operation loads.
    pub fn new(program: &'p Program, load: Op) -> Follow<'p> {
        Follow { program, load, steps: Vec::new(), places: HashMap::new(), values: Vec::new() }
    }

    /// Where a value is found after [`Follow::at`]; none if it depends on something else, or from too far.
    pub fn place(&mut self, value: ValueId) -> Option<usize> {
        self.place_within(value, DEEP)
    }

    fn place_within(&mut self, value: ValueId, depth: usize) -> Option<usize> {
        if let Some(place) = self.places.get(&value) {
            return Some(*place);
        }
        let op = match self.program.inst(value).op {
            op if op == self.load => Op::Parameter,
            Op::Constant(constant) => match self.program.constants[constant.index()].source {
                Source::Bits(bits) => Op::Literal(bits),
                Source::Seed(..) => return None,
            },
            op @ (Op::Literal(_) | Op::Unary(..) | Op::Binary(..) | Op::Fma(..) | Op::Select(..)) => {
                for operand in op.operands() {
                    self.place_within(operand, depth.checked_sub(1)?)?;
                }
                op.renamed(|operand| ValueId::new(self.places[&operand]))
            }
            _ => return None,
        };
        if self.steps.len() == MOST {
            return None;
        }
        let place = self.steps.len();
        self.steps.push(op);
        self.values.push(0);
        self.places.insert(value, place);
        Some(place)
    }

    /// How many operations one value of the cell takes.
    pub fn cost(&self) -> usize {
        self.steps.len()
    }

    /// Computes all that was asked for, where the cell holds these bits. With denormals flushed, as on the audio thread.
    pub fn at(&mut self, cell: u64) -> &[u64] {
        for (place, op) in self.steps.iter().enumerate() {
            let of = |value: ValueId| self.values[value.index()];
            self.values[place] = match *op {
                Op::Literal(bits) => bits,
                Op::Unary(op, x) => eval::unary(op, of(x)),
                Op::Binary(op, x, y) => eval::binary(op, of(x), of(y)),
                Op::Fma(x, y, z) => eval::fma(of(x), of(y), of(z)),
                Op::Select(condition, yes, no) => of(if of(condition) != 0 { yes } else { no }),
                // The cell; nothing else was let in.
                _ => cell,
            };
        }
        &self.values
    }
}
