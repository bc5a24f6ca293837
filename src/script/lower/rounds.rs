//! Loops whose number of rounds is only known in the frame: real loops of the program, with a limit on their rounds. Nothing is written out here.

use super::closure::{FUEL, MAX_ROUNDS};
use super::expression::Truth;
use super::loops::{Course, Kind, or_gone, take};
use super::path::{Lowering, Path, Run, Stop, Way};
use super::shape::Shape;
use super::value::{Number, Val};
use crate::dsp::float::Int;
use crate::ir::{B, End, Type};

impl<'b> Lowering<'_, 'b> {
    /// A loop of the program. All ways out of it are added to the loop's exits; there is no other.
    ///
    /// Which variables a round changes is found by trying: every trial makes room for what the one before changed,
    /// until nothing new changes.
    pub fn unknown_loop(&mut self, course: &Course<'_, 'b>, base: usize) -> Run<()> {
        self.path.slots.flush(self.builder);
        self.path.slots.forget();
        let entry = self.path.cells[..base].to_vec();
        let mut shapes = entry.iter().cloned().map(Shape::Same).collect::<Vec<_>>();
        shapes[FUEL] = Shape::Leaf(Type::Int);
        self.unknown_rounds += 1;
        loop {
            let (_, done) = self.attempt(|lowering| lowering.trial(course, &entry, &mut shapes))?;
            if done {
                break;
            }
        }
        self.unknown_rounds -= 1;
        Err(Stop::Gone)
    }

    /// One trial; says whether it stands.
    fn trial(&mut self, course: &Course<'_, 'b>, entry: &[Val<'b>], shapes: &mut [Shape<'b>]) -> Run<((), bool)> {
        let (head, _) = self.builder.block(&[]);
        let start = shapes.iter().map(|shape| shape.receive(self.builder, head)).collect::<Vec<_>>();
        let mut given = Vec::new();
        shapes.iter().zip(entry).for_each(|(shape, value)| shape.give(self.builder, value, &mut given));
        self.builder.end(End::Jump(head, given));
        self.builder.enter(head);
        self.path = Path { cells: start.clone(), ..Path::default() };
        if or_gone(self.unknown_round(course, start.len()))?.is_none() {
            // No way leads back: the loop is left in its first round.
            return Ok(((), true));
        }
        let ends = &self.path.cells;
        let rows = shapes.iter_mut().zip(start.iter().zip(ends));
        if rows.fold(false, |changed, (shape, (start, end))| shape.widen(start, end) | changed) {
            return Ok(((), false));
        }
        self.path.slots.flush(self.builder);
        let mut given = Vec::new();
        shapes.iter().zip(&self.path.cells).for_each(|(shape, value)| shape.give(self.builder, value, &mut given));
        self.builder.end(End::Jump(head, given));
        Ok(((), true))
    }

    /// One round, from its test to where the next one starts.
    fn unknown_round(&mut self, course: &Course<'_, 'b>, base: usize) -> Run<()> {
        self.step(course.place)?;
        match self.test(course)? {
            Truth::Known(true) => {}
            Truth::Known(false) => {
                self.leave_here(Val::unit());
                return Err(Stop::Gone);
            }
            Truth::Computed(more) => self.leave_unless(more, |_| Val::unit()),
        }
        self.burn(course);
        if let Kind::Do(condition, holds) = course.kind {
            let mut ways = Vec::new();
            let body = |lowering: &mut Self| {
                lowering.block(course.body)?;
                match lowering.condition(condition)? {
                    Truth::Known(known) if known == holds => {}
                    Truth::Known(_) => {
                        lowering.leave_here(Val::unit());
                        return Err(Stop::Gone);
                    }
                    Truth::Computed(truth) => {
                        let more = if holds { truth } else { !truth };
                        lowering.leave_unless(more, |_| Val::unit());
                    }
                }
                Ok(Val::unit())
            };
            self.arm(&mut ways, body)?;
            ways.extend(take(&mut self.exits().continues));
            ways.iter_mut().for_each(|way: &mut Way<'b>| way.value = Val::unit());
            self.meet(ways, base)?;
        } else {
            let names = self.bound_names(course);
            self.round(course, base, names)?;
        }
        self.advance(course)?;
        self.path.cells.truncate(base);
        Ok(())
    }

    /// Counts a round; when there have been too many, the loop is left with what it has.
    fn burn(&mut self, course: &Course<'_, 'b>) {
        let left = match self.path.cells[FUEL].number() {
            Some(Number::Int(left)) => left,
            _ => unreachable!("a loop carries its rounds as an integer"),
        };
        let message =
            format!("the loops of this closure took more than {MAX_ROUNDS} rounds in one frame; they were cut short");
        let site = self.builder.fault_site(course.place, message);
        self.leave_unless(left.lit(0).lt(left), |lowering| {
            lowering.builder.fault(site);
            Val::Whatever
        });
        self.path.cells[FUEL] = Val::Int(left - left.lit(1));
    }

    /// Leaves the loop here.
    fn leave_here(&mut self, value: Val<'b>) {
        let way = self.leave(value);
        self.exits().breaks.push(way);
    }

    /// Leaves the loop where a condition does not hold, after doing something.
    fn leave_unless(&mut self, more: B<'b>, last: impl FnOnce(&mut Self) -> Val<'b>) {
        let (on, _) = self.builder.block(&[]);
        let (out, _) = self.builder.block(&[]);
        self.builder.end(End::Branch(more.id(), (on, Vec::new()), (out, Vec::new())));
        let path = self.path.clone();
        self.builder.enter(out);
        let value = last(self);
        self.leave_here(value);
        self.path = path;
        self.builder.enter(on);
    }
}
