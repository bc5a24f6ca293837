//! Loops whose rounds can be told now: they are written out, one by one. As soon as a round depends on the frame, `rounds` takes over.

use std::mem;
use std::rc::Rc;

use rhai::ImmutableString;

use super::super::code::{Expression, Loop, Rounds, Statement};
use super::closure::MAX_ROUNDS;
use super::expression::Truth;
use super::path::{Exits, Lowering, Path, Run, Stop, Way, refuse};
use super::value::{Range, Standing, Val};
use crate::ir::Place;
use crate::ir::build::Mark;

/// Rounds that are written out although one of them may leave the loop.
const MAX_WRITTEN: usize = 64;

/// A loop, ready to go.
pub(super) struct Course<'a, 'b> {
    pub kind: Kind<'a, 'b>,
    pub body: &'a [Statement],
    pub leaves: bool,
    pub place: Place,
}

/// How a loop's rounds are counted.
pub(super) enum Kind<'a, 'b> {
    While(Option<&'a Expression>),
    Do(&'a Expression, bool),
    Count(Counting<'a, 'b>),
    Each(Names<'a>, Rc<Vec<Val<'b>>>),
}

/// A count through a range.
pub(super) struct Counting<'a, 'b> {
    pub names: Names<'a>,
    pub range: Rc<Range<'b>>,
    /// Variables without a name: where the count is, and the number of the round.
    pub at: usize,
    pub number: usize,
}

/// The names that a `for` gives.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub item: &'a ImmutableString,
    pub number: Option<&'a ImmutableString>,
}

/// A place to come back to.
struct Bookmark<'b> {
    mark: Mark,
    path: Path<'b>,
    returns: usize,
    breaks: usize,
    warnings: usize,
}

impl<'b> Lowering<'_, 'b> {
    /// A loop, and the value that it is left with.
    pub fn rounds(&mut self, rounds: &Loop, place: Place) -> Run<Val<'b>> {
        self.scoped(|lowering| {
            let course = lowering.course(rounds, place)?;
            let base = lowering.path.cells.len();
            lowering.frame().loops.push(Exits::default());
            let ended = lowering.written_out(&course, base);
            let mut ways = lowering.frame().loops.pop().expect("pushed above").breaks;
            lowering.arm(&mut ways, |_| ended.map(|()| Val::unit()))?;
            lowering.meet(ways, base)
        })
    }

    fn course<'a>(&mut self, rounds: &'a Loop, place: Place) -> Run<Course<'a, 'b>> {
        let kind = match &rounds.rounds {
            Rounds::While(condition) => Kind::While(condition.as_ref()),
            Rounds::Do(condition, holds) => Kind::Do(condition, *holds),
            Rounds::For(item, number, items) => {
                let names = Names { item, number: number.as_ref() };
                match self.used(items)? {
                    Val::Array(items) => Kind::Each(names, items),
                    Val::Range(range) => {
                        let at = self.new_cell(range.from.clone());
                        let number = self.new_cell(Val::Known(0.into()));
                        Kind::Count(Counting { names, range, at, number })
                    }
                    other => {
                        let message = format!("`for` goes through a range or an array, not {}", other.kind());
                        return refuse(items.place, message, "for i in 0..8 { … }");
                    }
                }
            }
        };
        Ok(Course { kind, body: &rounds.body, leaves: rounds.leaves, place })
    }

    /// Writes the rounds out. `Ok` where the loop comes to its end, gone where it does not.
    fn written_out(&mut self, course: &Course<'_, 'b>, base: usize) -> Run<()> {
        if let Kind::Each(names, items) = &course.kind {
            for (number, item) in items.iter().enumerate() {
                let number = Val::Known((number as i64).into());
                self.round(course, base, Some((*names, item.clone(), number)))?;
            }
            return Ok(());
        }
        if matches!(course.kind, Kind::While(None)) && !course.leaves {
            return refuse(course.place, "this loop never ends", "leave it with `break` or `return`");
        }
        // A loop that may turn out to be left by a computed way, or to be tested at its end, starts again then.
        let again = course.leaves || matches!(course.kind, Kind::Do(..)) || !self.tests_harmlessly(course);
        let bookmark = again.then(|| self.bookmark());
        for number in 0.. {
            self.step(course.place)?;
            let started = (self.frame().returns.len(), self.exits().breaks.len());
            let left = bookmark.as_ref().is_some_and(|bookmark| started != (bookmark.returns, bookmark.breaks));
            match self.test(course)? {
                Truth::Known(true) if number >= MAX_WRITTEN && left => break,
                Truth::Known(true) if number as i64 >= MAX_ROUNDS => {
                    let message = format!("this loop takes more than {MAX_ROUNDS} rounds in one sample");
                    return refuse(course.place, message, "does it ever end? leave it with `break` or `return`");
                }
                Truth::Known(true) => {}
                Truth::Known(false) => return Ok(()),
                Truth::Computed(_) => break,
            }
            if let Kind::Do(condition, holds) = course.kind {
                match self.do_round(course, base, condition)? {
                    Some(Truth::Known(known)) if known != holds => return Ok(()),
                    Some(Truth::Computed(_)) => break,
                    _ => {}
                }
            } else {
                let bound = self.bound_names(course);
                self.round(course, base, bound)?;
                self.advance(course)?;
            }
        }
        if let Some(bookmark) = bookmark {
            self.go_back(bookmark);
        }
        self.unknown_loop(course, base)
    }

    /// One round of `do`, and its test; none where `continue` skips it.
    fn do_round(&mut self, course: &Course<'_, 'b>, base: usize, condition: &Expression) -> Run<Option<Truth<'b>>> {
        let mut truth = None;
        let result = self.block(course.body).and_then(|_| {
            truth = Some(self.condition(condition)?);
            Ok(Val::unit())
        });
        let mut ways = Vec::new();
        self.arm(&mut ways, |_| result)?;
        if !self.exits().continues.is_empty() && !matches!(truth, None | Some(Truth::Known(_))) {
            return Ok(truth);
        }
        ways.append(&mut self.exits().continues);
        self.meet(ways, base)?;
        Ok(truth)
    }

    /// One round of any other loop: its body, and where the ways through it meet.
    pub fn round(
        &mut self,
        course: &Course<'_, 'b>,
        base: usize,
        names: Option<(Names<'_>, Val<'b>, Val<'b>)>,
    ) -> Run<()> {
        let mut ways = Vec::new();
        let body = |lowering: &mut Self| {
            lowering.scoped(|lowering| {
                if let Some((names, item, number)) = names {
                    if let Some(name) = names.number {
                        lowering.declare(name.clone(), number, Standing::Free);
                    }
                    lowering.declare(names.item.clone(), item, Standing::Free);
                }
                lowering.block(course.body)
            })
        };
        self.arm(&mut ways, body)?;
        ways.append(&mut self.exits().continues);
        ways.iter_mut().for_each(|way: &mut Way<'b>| way.value = Val::unit());
        self.meet(ways, base).map(|_| ())
    }

    /// The names of this round.
    pub fn bound_names<'a>(&self, course: &Course<'a, 'b>) -> Option<(Names<'a>, Val<'b>, Val<'b>)> {
        match &course.kind {
            Kind::Count(counting) => {
                let cells = &self.path.cells;
                Some((counting.names, cells[counting.at].clone(), cells[counting.number].clone()))
            }
            _ => None,
        }
    }

    /// Whether another round starts.
    pub fn test(&mut self, course: &Course<'_, 'b>) -> Run<Truth<'b>> {
        match &course.kind {
            Kind::While(Some(condition)) => self.condition(condition),
            Kind::While(None) | Kind::Do(..) | Kind::Each(..) => Ok(Truth::Known(true)),
            Kind::Count(counting) => {
                let at = self.path.cells[counting.at].clone();
                let range = counting.range.clone();
                let operator = match (range.step > 0, range.inclusive) {
                    (true, false) => "<",
                    (true, true) => "<=",
                    (false, false) => ">",
                    (false, true) => ">=",
                };
                let more = self.binary(operator, at, range.to.clone(), course.place)?;
                self.truth(&more, course.place)
            }
        }
    }

    /// Goes on to the next number of a count.
    pub fn advance(&mut self, course: &Course<'_, 'b>) -> Run<()> {
        if let Kind::Count(counting) = &course.kind {
            for (cell, step) in [(counting.at, counting.range.step), (counting.number, 1)] {
                let next = self.binary("+", self.path.cells[cell].clone(), Val::Known(step.into()), course.place)?;
                self.path.cells[cell] = next;
            }
        }
        Ok(())
    }

    fn tests_harmlessly(&self, course: &Course<'_, 'b>) -> bool {
        match &course.kind {
            Kind::While(Some(condition)) => self.harmless(condition),
            _ => true,
        }
    }

    /// The ways out of the innermost loop.
    pub fn exits(&mut self) -> &mut Exits<'b> {
        self.frame().loops.last_mut().expect("a loop is being lowered")
    }

    fn bookmark(&mut self) -> Bookmark<'b> {
        Bookmark {
            mark: self.builder.mark(),
            path: self.path.clone(),
            returns: self.frame().returns.len(),
            breaks: self.exits().breaks.len(),
            warnings: self.context.warnings.borrow().len(),
        }
    }

    fn go_back(&mut self, bookmark: Bookmark<'b>) {
        self.builder.rewind(bookmark.mark);
        self.path = bookmark.path;
        self.frame().returns.truncate(bookmark.returns);
        let exits = self.exits();
        exits.breaks.truncate(bookmark.breaks);
        exits.continues.clear();
        self.context.warnings.borrow_mut().truncate(bookmark.warnings);
    }

    /// Tries something and takes it back.
    pub fn attempt<T>(&mut self, run: impl FnOnce(&mut Self) -> Run<(T, bool)>) -> Run<(T, bool)> {
        let bookmark = self.bookmark();
        let result = run(self)?;
        if !result.1 {
            self.go_back(bookmark);
        }
        Ok(result)
    }
}

/// `Ok` on a way that is gone, so that others can go on.
pub(super) fn or_gone<T>(result: Run<T>) -> Run<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Stop::Gone) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes everything out of a list.
pub(super) fn take<T>(list: &mut Vec<T>) -> Vec<T> {
    mem::take(list)
}
