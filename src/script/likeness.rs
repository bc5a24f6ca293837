//! What the expression of a signal says, as one number: those that say the same at the same places lower to equal programs. It reads no functions.

use std::collections::HashMap;

use blake3::Hasher;

use super::graph::{Graph, Operand, Signal, What};
use super::{Evaluation, Registration};
use crate::ir::Place;

/// Of an expression without functions of the script and without other signals: what it lowers to depends on nothing else, and
/// on the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Likeness([u8; 32]);

impl Likeness {
    /// What a registration says; nothing where it hands over a function, or hears somebody.
    pub fn of(evaluation: &Evaluation, registration: &Registration) -> Option<Likeness> {
        let Registration { name, master, signal, place, .. } = registration;
        let mut said =
            Said { graph: &evaluation.graph, hasher: Hasher::new(), names: HashMap::new(), open: Vec::new() };
        said.text(name);
        said.number(u64::from(*master));
        said.place(*place);
        // Places name files by number.
        said.number(evaluation.files.len() as u64);
        evaluation.files.iter().for_each(|file| said.text(file));
        said.operand(signal)?;
        let mut next = 0;
        while let Some(node) = said.open.get(next).copied() {
            said.node(node)?;
            next += 1;
        }
        Some(Likeness(*said.hasher.finalize().as_bytes()))
    }
}

/// Everything that was said so far.
struct Said<'g> {
    graph: &'g Graph,
    hasher: Hasher,
    /// Nodes by the order in which they are named.
    names: HashMap<Signal, u64>,
    /// In that order.
    open: Vec<Signal>,
}

impl Said<'_> {
    fn number(&mut self, number: u64) {
        self.hasher.update(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.hasher.update(text.as_bytes());
    }

    fn place(&mut self, Place { file, line, column }: Place) {
        self.number(u64::from(file));
        self.number(u64::from(line) << 32 | u64::from(column));
    }

    fn node(&mut self, signal: Signal) -> Option<()> {
        let node = self.graph.node(signal);
        self.place(node.place);
        self.number(u64::from(node.label.is_some()));
        self.text(node.label.as_deref().unwrap_or_default());
        match &node.what {
            What::Helper(helper, operands) => {
                self.number(1);
                self.text(helper.name);
                self.operands(operands)
            }
            What::Math(math, operands) => {
                self.number(2);
                self.text(math.name());
                self.operands(operands)
            }
            What::Operator(operator, operands) => {
                self.number(3);
                self.text(operator.symbol());
                self.operands(operands)
            }
            What::Negate(operand) => {
                self.number(4);
                self.operand(operand)
            }
            What::Mix(operands) => {
                self.number(5);
                self.operands(operands)
            }
            What::Sum(operand) => {
                self.number(6);
                self.operand(operand)
            }
            What::Apply(..) | What::Heard(_) | What::Poly(_) => None,
        }
    }

    fn operands(&mut self, operands: &[Operand]) -> Option<()> {
        self.number(operands.len() as u64);
        operands.iter().try_for_each(|operand| self.operand(operand))
    }

    fn operand(&mut self, operand: &Operand) -> Option<()> {
        match operand {
            Operand::Number(number) => {
                self.number(1);
                self.number(number.to_bits());
            }
            Operand::Signal(signal) => {
                let open = &mut self.open;
                let name = *self.names.entry(*signal).or_insert_with(|| {
                    open.push(*signal);
                    open.len() as u64
                });
                self.number(2);
                self.number(name);
            }
            Operand::Channels(channels) => {
                self.number(3);
                return self.operands(channels);
            }
            Operand::Word(word) => {
                self.number(4);
                self.text(word);
            }
            Operand::Closure(_) => return None,
        }
        Some(())
    }
}
