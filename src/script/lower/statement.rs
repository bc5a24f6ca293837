//! Statements: blocks, names, assignments, branches and ways out. Loops and `switch` stand in files of their own.

use super::super::code::{Action, Choice, Expression, Statement, Term};
use super::expression::Truth;
use super::path::{Lowering, Run, Stop, refuse};
use super::value::{Standing, Val};
use crate::ir::Place;

impl<'b> Lowering<'_, 'b> {
    /// Statements in order, with names of their own; the value of the last one.
    pub fn block(&mut self, body: &[Statement]) -> Run<Val<'b>> {
        self.scoped(|lowering| {
            let mut value = Val::unit();
            for statement in body {
                value = lowering.statement(statement)?;
            }
            Ok(value)
        })
    }

    fn statement(&mut self, statement: &Statement) -> Run<Val<'b>> {
        let place = statement.place;
        self.step(place)?;
        match &statement.action {
            Action::Nothing => Ok(Val::unit()),
            Action::Value(expression) => self.expression(expression),
            Action::Let { name, value, constant } => {
                let value = self.expression(value)?;
                let standing = if *constant { Standing::Constant } else { Standing::Free };
                self.declare(name.clone(), value, standing);
                Ok(Val::unit())
            }
            Action::Assign { operator, target, value } => self.assign(*operator, target, value),
            Action::If(choice) => self.choice(choice, place),
            Action::Switch(switch) => self.deeper(place, |lowering| lowering.switch(switch, place)),
            Action::Loop(rounds) => self.deeper(place, |lowering| lowering.rounds(rounds, place)),
            Action::Block(body) => self.deeper(place, |lowering| lowering.block(body)),
            Action::Break(value) => self.leave_loop(value.as_ref(), true),
            Action::Continue => self.leave_loop(None, false),
            Action::Return(value) => {
                let value = value.as_ref().map_or(Ok(Val::unit()), |value| self.expression(value))?;
                let way = self.leave(value);
                self.frame().returns.push(way);
                Err(Stop::Gone)
            }
            Action::Refused(what) => self.refused(what, place),
        }
    }

    fn choice(&mut self, choice: &Choice, place: Place) -> Run<Val<'b>> {
        self.deeper(place, |lowering| match lowering.condition(&choice.condition)? {
            Truth::Known(true) => lowering.block(&choice.yes),
            Truth::Known(false) => lowering.block(&choice.no),
            Truth::Computed(condition) => lowering.branch(
                condition,
                |lowering| lowering.block(&choice.yes),
                |lowering| lowering.block(&choice.no),
            ),
        })
    }

    fn leave_loop(&mut self, value: Option<&Expression>, whole: bool) -> Run<Val<'b>> {
        let value = value.map_or(Ok(Val::unit()), |value| self.expression(value))?;
        let way = self.leave(value);
        let exits = self.frame().loops.last_mut().expect("Rhai refuses `break` outside of loops");
        if whole { &mut exits.breaks } else { &mut exits.continues }.push(way);
        Err(Stop::Gone)
    }

    /// `target = value` and `target += value`. The value is computed first.
    fn assign(&mut self, operator: Option<&'static str>, target: &Expression, value: &Expression) -> Run<Val<'b>> {
        let new = self.expression(value)?;
        match &target.term {
            Term::Name(name) => {
                let cell = self.changeable(name, target.place)?;
                let new = match operator {
                    None => new,
                    Some(operator) => {
                        let new = self.usable(new, value.place)?;
                        let old = self.path.cells[cell].clone();
                        let old = self.usable(old, target.place)?;
                        self.operator(operator, vec![old, new], value.place)?
                    }
                };
                self.path.cells[cell] = new;
            }
            Term::Chain(root, links) => {
                let new = self.usable(new, value.place)?;
                self.assign_member(operator, root, links, new)?;
            }
            Term::Refused(what) => return self.refused(what, target.place),
            _ => return refuse(target.place, "this cannot be assigned to", "assign to a variable or to s.state[0]"),
        }
        Ok(Val::unit())
    }

    /// The variable of a name that may change.
    pub fn changeable(&self, name: &str, place: Place) -> Run<usize> {
        let Some(variable) = self.scope.iter().rev().find(|variable| variable.name == name) else {
            let message = format!("`{name}` is no variable of this closure, so it cannot be assigned to");
            return refuse(place, message, "keep what must last from frame to frame in s.state[0]");
        };
        match variable.standing {
            Standing::Free => Ok(variable.cell),
            Standing::Constant => {
                refuse(place, format!("`{name}` is a constant"), format!("make it a variable: let {name} = …"))
            }
            Standing::Captured => {
                let message = format!("`{name}` is captured from outside of the closure and cannot be changed in it");
                let help = "what must last from frame to frame belongs into s.state[0] (or into memory(n)); for one \
                            frame, copy it first with `let`";
                refuse(place, message, help)
            }
        }
    }
}
