//! Ways through a closure: where they part, where they meet, and what each has made of the variables. It knows no syntax.

use std::mem;

use super::sandbox::Slots;
use super::shape::Shape;
use super::value::{Standing, Val};
use super::{Context, Error};
use crate::ir::{B, BlockId, Builder, End, Place};
use rhai::ImmutableString;

/// Steps of lowering that one signal may take, so that a loop that ends for no reason is found.
const MAX_STEPS: usize = 2_000_000;
/// How deep expressions and calls may nest, all functions together: about 1.4 KiB of stack each.
const MAX_DEPTH: usize = 1_000;

/// Why lowering does not go on where it is.
pub(super) enum Stop {
    /// The script is wrong.
    Error(Box<Error>),
    /// This way has left: by `return`, `break` or `continue`.
    Gone,
}

/// What lowering gives, unless it stops.
pub(super) type Run<T> = Result<T, Stop>;

/// An error with what would work.
pub(super) fn refuse<T>(place: Place, message: impl Into<String>, help: impl Into<String>) -> Run<T> {
    Err(Error::at(place, message).help(help).into())
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(Box::new(error))
    }
}

/// What one way has made of everything that changes.
#[derive(Clone, Default)]
pub(super) struct Path<'b> {
    /// Every variable's value.
    pub cells: Vec<Val<'b>>,
    /// What is known of the sandbox.
    pub slots: Slots<'b>,
}

/// A way that waits to meet others.
pub(super) struct Way<'b> {
    /// Its last block, still open.
    pub block: BlockId,
    /// What it made of everything.
    pub path: Path<'b>,
    /// The value that it brings.
    pub value: Val<'b>,
}

/// A name in scope.
#[derive(Clone)]
pub(super) struct Variable {
    /// The name.
    pub name: ImmutableString,
    /// Its value is [`Path::cells`] at this index.
    pub cell: usize,
    /// Whether it may change.
    pub standing: Standing,
}

/// A function that is being lowered.
#[derive(Default)]
pub(super) struct Frame<'b> {
    /// Ways that returned.
    pub returns: Vec<Way<'b>>,
    /// The loops around the place where it is, the innermost last.
    pub loops: Vec<Exits<'b>>,
}

/// Ways that left the round of a loop.
#[derive(Default)]
pub(super) struct Exits<'b> {
    /// Those that left the loop.
    pub breaks: Vec<Way<'b>>,
    /// Those that went on to the next round.
    pub continues: Vec<Way<'b>>,
}

/// Lowers the calls of one closure into the program.
pub(super) struct Lowering<'c, 'b> {
    pub context: &'c Context<'b>,
    pub builder: &'b Builder,
    pub path: Path<'b>,
    pub scope: Vec<Variable>,
    pub frames: Vec<Frame<'b>>,
    /// The file of the function that is being lowered.
    pub file: u16,
    /// How many loops of unknown count are around the place where it is.
    pub unknown_rounds: usize,
    /// Functions that captured variables, so far.
    pub functions_made: usize,
    pub depth: usize,
}

impl<'b> Lowering<'_, 'b> {
    /// The innermost function.
    pub fn frame(&mut self) -> &mut Frame<'b> {
        self.frames.last_mut().expect("a function is being lowered")
    }

    /// Adds a variable.
    pub fn declare(&mut self, name: ImmutableString, value: Val<'b>, standing: Standing) {
        let cell = self.new_cell(value);
        self.scope.push(Variable { name, cell, standing });
    }

    pub fn new_cell(&mut self, value: Val<'b>) -> usize {
        self.path.cells.push(value);
        self.path.cells.len() - 1
    }

    /// Counts a step, so that lowering always ends.
    pub fn step(&mut self, place: Place) -> Run<()> {
        self.context.steps.set(self.context.steps.get() + 1);
        if self.context.steps.get() > MAX_STEPS {
            let message = "this takes too long to compile";
            return refuse(
                place,
                message,
                "a loop that never ends? Rounds whose count is known are written out one by one",
            );
        }
        self.context.room(place)?;
        Ok(())
    }

    /// Runs one level deeper.
    pub fn deeper<T>(&mut self, place: Place, run: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.depth >= MAX_DEPTH {
            return refuse(place, "this nests too deep to be compiled", "give parts of it names with `let`");
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// Runs with names of its own, which end with it.
    pub fn scoped<T>(&mut self, run: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        let (names, cells, made) = (self.scope.len(), self.path.cells.len(), self.functions_made);
        let result = run(self);
        self.scope.truncate(names);
        // A function that captured one of the variables may live on.
        if result.is_ok() && made == self.functions_made {
            self.path.cells.truncate(cells);
        }
        result
    }

    /// Ends this way here, to meet others later.
    pub fn leave(&mut self, value: Val<'b>) -> Way<'b> {
        Way { block: self.builder.current(), path: mem::take(&mut self.path), value }
    }

    /// Goes on where a way left.
    pub fn resume(&mut self, way: Way<'b>) -> Val<'b> {
        self.builder.enter(way.block);
        self.path = way.path;
        way.value
    }

    /// Runs one of several ways; if it gets to its end, it is added to those that meet.
    pub fn arm(&mut self, ways: &mut Vec<Way<'b>>, run: impl FnOnce(&mut Self) -> Run<Val<'b>>) -> Run<()> {
        match run(self) {
            Ok(value) => {
                let way = self.leave(value);
                ways.push(way);
                Ok(())
            }
            Err(Stop::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Does one thing where the condition holds and another where it does not.
    pub fn branch(
        &mut self,
        condition: B<'b>,
        yes: impl FnOnce(&mut Self) -> Run<Val<'b>>,
        no: impl FnOnce(&mut Self) -> Run<Val<'b>>,
    ) -> Run<Val<'b>> {
        if let Some(known) = condition.known() {
            return if known { yes(self) } else { no(self) };
        }
        let base = self.path.cells.len();
        let (then, _) = self.builder.block(&[]);
        let (other, _) = self.builder.block(&[]);
        self.builder.end(End::Branch(condition.id(), (then, Vec::new()), (other, Vec::new())));
        let before = self.path.clone();
        let mut ways = Vec::with_capacity(2);
        self.builder.enter(then);
        self.arm(&mut ways, yes)?;
        self.path = before;
        self.builder.enter(other);
        self.arm(&mut ways, no)?;
        self.meet(ways, base)
    }

    /// Goes on where ways meet. `base` is the number of variables that all of them know.
    pub fn meet(&mut self, mut ways: Vec<Way<'b>>, base: usize) -> Run<Val<'b>> {
        match ways.len() {
            0 => return Err(Stop::Gone),
            1 => {
                let way = ways.remove(0);
                return Ok(self.resume(way));
            }
            _ => {}
        }
        // The value passes like one more variable.
        for way in &mut ways {
            way.path.cells.truncate(base);
            let value = mem::replace(&mut way.value, Val::unit());
            way.path.cells.push(value);
        }
        Slots::align(self.builder, &mut ways);
        let mut shapes = ways[0].path.cells.iter().cloned().map(Shape::Same).collect::<Vec<_>>();
        for way in &ways[1..] {
            shapes.iter_mut().zip(&way.path.cells).for_each(|(shape, cell)| shape.include(cell));
        }
        let (block, _) = self.builder.block(&[]);
        let cells = shapes.iter().map(|shape| shape.receive(self.builder, block)).collect();
        let slots = Slots::receive(self.builder, block, &ways);
        for way in &ways {
            self.builder.enter(way.block);
            let mut given = Vec::new();
            shapes.iter().zip(&way.path.cells).for_each(|(shape, cell)| shape.give(self.builder, cell, &mut given));
            slots.give(self.builder, &way.path.slots, &mut given);
            self.builder.end(End::Jump(block, given));
        }
        self.builder.enter(block);
        self.path = Path { cells, slots: slots.received() };
        Ok(self.path.cells.pop().expect("the value was added above"))
    }
}
