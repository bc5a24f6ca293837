//! The walk over a signal's graph: depth first, arguments left to right, every node once. Its stack is its own, so depth costs no recursion.

use std::rc::Rc;

use super::super::graph::{Closure, Operand, Signal, What};
use super::channels::{self, Mismatch};
use super::closure::signals_of;
use super::{Context, Error};
use crate::helpers::{Given, Helper, Kind};
use crate::ir::{F, Place};

/// What is to be done next.
enum Work<'e> {
    /// Makes the channels of an operand, and puts them on the pile.
    Operand(&'e Operand, Place),
    /// Makes the channels of a node, and remembers them.
    Need(Signal),
    /// Puts the channels of a node on the pile.
    Take(Signal),
    /// Puts what a closure gives on the pile.
    Closure(&'e Closure),
    /// Makes an array of channels from the newest on the pile.
    Gather(usize, Place),
    /// Does what a node does with the newest on the pile.
    Finish(Signal),
}

impl<'b> Context<'b> {
    /// The channels of an operand and of everything that it needs.
    pub(super) fn signal(&self, root: &'b Operand) -> Result<Vec<F<'b>>, Error> {
        let mut work = vec![Work::Operand(root, self.registration.place)];
        let mut pile: Vec<Vec<F<'b>>> = Vec::new();
        while let Some(next) = work.pop() {
            match next {
                Work::Operand(operand, place) => self.operand(operand, place, &mut work, &mut pile),
                Work::Need(signal) => self.need(signal, &mut work),
                Work::Take(signal) => pile.push(self.signals.borrow()[&signal].to_vec()),
                Work::Closure(closure) => pile.push(self.closure(closure, None)?),
                Work::Gather(count, place) => {
                    let parts = pile.split_off(pile.len() - count);
                    pile.push(gather(parts, place)?);
                }
                Work::Finish(signal) => {
                    let channels = self.finish(signal, &mut pile)?;
                    self.room(self.evaluation.graph.node(signal).place)?;
                    self.signals.borrow_mut().insert(signal, Rc::from(channels));
                }
            }
        }
        Ok(pile.pop().expect("the root is on the pile"))
    }

    fn operand(&self, operand: &'b Operand, place: Place, work: &mut Vec<Work<'b>>, pile: &mut Vec<Vec<F<'b>>>) {
        match operand {
            Operand::Number(number) => pile.push(vec![self.builder.number(*number)]),
            Operand::Signal(signal) => work.extend([Work::Take(*signal), Work::Need(*signal)]),
            Operand::Closure(closure) => {
                work.push(Work::Closure(closure));
                work.extend(captured(closure));
            }
            Operand::Channels(parts) => {
                work.push(Work::Gather(parts.len(), place));
                work.extend(parts.iter().rev().map(|part| Work::Operand(part, place)));
            }
            Operand::Word(_) => unreachable!("words are given for arguments that are no values"),
        }
    }

    /// Plans a node that has no channels yet.
    fn need(&self, signal: Signal, work: &mut Vec<Work<'b>>) {
        if self.signals.borrow().contains_key(&signal) {
            return;
        }
        let node = self.evaluation.graph.node(signal);
        work.push(Work::Finish(signal));
        let operand = |operand: &'b Operand| Work::Operand(operand, node.place);
        match &node.what {
            What::Helper(helper, operands) => {
                let values = operands.iter().enumerate().filter(|(index, _)| takes_value(helper, *index));
                work.extend(values.rev().map(|(_, given)| operand(given)));
            }
            What::Math(_, operands) | What::Mix(operands) => work.extend(operands.iter().rev().map(operand)),
            What::Operator(_, operands) => work.extend(operands.iter().rev().map(operand)),
            What::Negate(given) | What::Sum(given) => work.push(operand(given)),
            What::Apply(closure, given) => {
                work.extend(captured(closure));
                work.push(operand(given));
            }
        }
    }

    /// The channels of a node whose operands are on the pile.
    fn finish(&self, signal: Signal, pile: &mut Vec<Vec<F<'b>>>) -> Result<Vec<F<'b>>, Error> {
        let node = self.evaluation.graph.node(signal);
        let place = node.place;
        let mut newest = |count: usize| pile.split_off(pile.len() - count);
        match &node.what {
            What::Helper(helper, operands) => {
                let count = (0..operands.len()).filter(|&index| takes_value(helper, index)).count();
                let mut values = newest(count).into_iter();
                let given = operands.iter().enumerate().map(|(index, operand)| {
                    if !takes_value(helper, index) {
                        return known(helper, index, operand, place);
                    }
                    Ok(Given::Channels(values.next().expect("counted above")))
                });
                let given = given.collect::<Result<Vec<_>, _>>()?;
                self.expand(helper, &given, node.label.as_deref(), place)
            }
            What::Math(math, operands) => {
                let channels = channels::mathematics(*math, &newest(operands.len()));
                channels.map_err(|mismatch| mismatch.of(math.name(), place))
            }
            What::Operator(operator, _) => {
                let channels = channels::each(&newest(2), |pair| channels::operator(*operator, pair[0], pair[1]));
                channels.map_err(|mismatch| mismatch.of(operator.symbol(), place))
            }
            What::Negate(_) => Ok(newest(1).remove(0).into_iter().map(|channel| -channel).collect()),
            What::Mix(operands) => Ok(channels::mix(&newest(operands.len()))),
            What::Sum(_) => Ok(vec![channels::sum(self.builder, &newest(1).remove(0))]),
            What::Apply(closure, _) => {
                let input = newest(1).remove(0);
                self.closure(closure, Some(input))
            }
        }
    }
}

impl Mismatch {
    /// The error, for an operator or a function.
    pub(super) fn of(self, name: &str, place: Place) -> Error {
        let (a, b) = self.widths;
        let message = format!("`{name}` has {a} channels on one side and {b} on another");
        Error::at(place, message).help("one channel goes with any number; otherwise both need the same number")
    }
}

/// The signals that a closure captured, which must be there before it.
fn captured<'e>(closure: &Closure) -> Vec<Work<'e>> {
    let mut signals = Vec::new();
    closure.pointer.curry().iter().for_each(|value| signals_of(value, &mut signals));
    signals.into_iter().rev().map(Work::Need).collect()
}

fn takes_value(helper: &Helper, index: usize) -> bool {
    helper.arguments.get(index).is_none_or(|argument| argument.kind.is_value())
}

/// What is given for an argument that is an array or a word.
fn known<'b>(helper: &'static Helper, index: usize, operand: &Operand, place: Place) -> Result<Given<'b>, Error> {
    let number = |operand: &Operand| match operand {
        Operand::Number(number) => Some(*number),
        _ => None,
    };
    let row = |operand: &Operand| match operand {
        Operand::Channels(parts) => parts.iter().map(number).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let given = match operand {
        Operand::Word(word) => Some(Given::Word(word.clone())),
        Operand::Channels(parts) => match row(operand) {
            Some(numbers) => Some(Given::Numbers(numbers)),
            None => parts.iter().map(row).collect::<Option<_>>().map(Given::Rows),
        },
        _ => None,
    };
    given.ok_or_else(|| not_known(helper, index, place))
}

/// Something else stands where an array or a word must.
pub(super) fn not_known(helper: &'static Helper, index: usize, place: Place) -> Error {
    let argument = &helper.arguments[index];
    let wanted = match argument.kind {
        Kind::Rows => "an array of arrays of known numbers",
        Kind::Choice(_) => "a word in quotation marks",
        _ => "an array of known numbers",
    };
    let named = if argument.sets.is_empty() { "" } else { ", or the name of one" };
    Error::at(place, format!("{}: {} must be {wanted}{named}", helper.name, argument.name)).help(helper.signature())
}

fn gather<'b>(parts: Vec<Vec<F<'b>>>, place: Place) -> Result<Vec<F<'b>>, Error> {
    if let Some((index, part)) = parts.iter().enumerate().find(|(_, part)| part.len() != 1) {
        let message = format!("channel {index} of this array has {} channels itself", part.len());
        return Err(Error::at(place, message).help("add them up with sum(x), or mix the signals instead"));
    }
    Ok(parts.into_iter().flatten().collect())
}
