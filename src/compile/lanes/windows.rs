//! Finds what a program reads and writes one slot further in each frame: a quantum that it is lent, and of a ring an echo whose time does not move. It copies nothing.

use std::collections::HashMap;

use super::routine::{Cell, Code, Operand, Routine, Step, Term, Window};
use crate::ir::call::QUANTUM;
use crate::ir::{Binary, Block, Bound, MemoryId, Op, Owner, Program, Source, Type, ValueId};

/// How many frames what is read of one ring can be apart to be shown by one window.
const APART: i64 = 16;

/// The most frames that a window shows.
pub const LONGEST: usize = QUANTUM + APART as usize;

/// Windows, and the accesses that are some: of which, and how many frames ahead.
pub type Found = (Vec<Window>, HashMap<ValueId, (u32, u32)>);

/// The accesses of a straight program that are windows. Of a memory either all are or none; rings have some where they are asked for.
pub fn find(program: &Program, block: &Block, cells: &[Cell], rings: bool) -> Found {
    let finder = Finder { program, block, cells };
    let (mut windows, mut accesses) = Found::default();
    for memory in (0..program.memories.len()).map(MemoryId::new) {
        let found = finder.quantum(memory).or_else(|| if rings { finder.ring(memory) } else { None });
        let mut found = found.unwrap_or_default();
        // The oldest first, in whose window what is a little newer is found.
        found.sort_by_key(|(_, window)| far(window));
        for (value, window) in found {
            let older = windows.iter().position(|older: &Window| apart(older, &window).is_some());
            let number = older.unwrap_or(windows.len());
            let ahead = older.and_then(|older| apart(&windows[older], &window)).unwrap_or_default();
            match windows.get_mut(number) {
                Some(older) => older.more = older.more.max(ahead),
                None => windows.push(window),
            }
            accesses.insert(value, (number as u32, ahead));
        }
    }
    (windows, accesses)
}

/// How far ahead of its count a window begins, but for numbers of instances.
fn far(window: &Window) -> i64 {
    window.terms.iter().map(ahead).fold(0, i64::wrapping_add)
}

/// What a number of the code adds.
fn ahead((term, taken): &(Term, bool)) -> i64 {
    match term {
        Term::Literal(bits) if *taken => (*bits as i64).wrapping_neg(),
        Term::Literal(bits) => *bits as i64,
        Term::Constant(_) => 0,
    }
}

/// How many frames what is read in one window is ahead of what is read in another one, if one can show both.
fn apart(older: &Window, newer: &Window) -> Option<u32> {
    let others = |window: &Window| {
        let others = window.terms.iter().filter(|(term, _)| matches!(term, Term::Constant(_)));
        others.copied().collect::<Vec<_>>()
    };
    let read = !older.written && !newer.written && older.head.is_some();
    let alike = (older.ring, older.head) == (newer.ring, newer.head) && read && others(older) == others(newer);
    let ahead = far(newer).checked_sub(far(older)).filter(|ahead| (0..=APART).contains(ahead));
    ahead.filter(|_| alike).map(|ahead| ahead as u32)
}

struct Finder<'p> {
    program: &'p Program,
    block: &'p Block,
    cells: &'p [Cell],
}

impl Finder<'_> {
    /// What is read of a quantum that lies elsewhere for each instance, or what is written of it.
    fn quantum(&self, memory: MemoryId) -> Option<Vec<(ValueId, Window)>> {
        let mut windows = Vec::new();
        for &value in &self.block.body {
            let inst = self.program.inst(value);
            let (index, written, ty) = match inst.op {
                Op::LoadAt(other, index, Bound::Quantum) if other == memory => (index, false, inst.ty),
                Op::StoreAt(other, index, Bound::Quantum, x) if other == memory => {
                    (index, true, self.program.inst(x).ty)
                }
                op if op.memory() == Some(memory) => return None,
                _ => continue,
            };
            if self.program.inst(index).op != Op::Frame || ty == Some(Type::Bool) {
                return None;
            }
            windows.push((
                value,
                Window { ring: memory, head: None, counts: false, terms: Vec::new(), written, more: 0, place_of: None },
            ));
        }
        let alone = windows.len() == 1 || windows.iter().all(|(_, window)| !window.written);
        (alone && self.program.memories[memory.index()].owner != Owner::Feed).then_some(windows)
    }

    fn ring(&self, memory: MemoryId) -> Option<Vec<(ValueId, Window)>> {
        let (mut windows, mut writes) = (Vec::new(), 0);
        for &value in &self.block.body {
            let inst = self.program.inst(value);
            let (index, written, ty) = match inst.op {
                Op::LoadAt(other, index, Bound::Wrap) if other == memory => (index, false, inst.ty),
                Op::StoreAt(other, index, Bound::Wrap, x) if other == memory => (index, true, self.program.inst(x).ty),
                op if op.memory() == Some(memory) => return None,
                _ => continue,
            };
            let mut terms = Vec::new();
            let head = self.head(index, &mut terms)?;
            writes += usize::from(written);
            if ty == Some(Type::Bool) || written && !terms.is_empty() {
                return None;
            }
            windows.push((
                value,
                Window { ring: memory, head: Some(head), counts: false, terms, written, more: 0, place_of: None },
            ));
        }
        let first = windows.first()?.1.head;
        (writes == 1 && windows.iter().all(|(_, window)| window.head == first)).then_some(windows)
    }

    /// The cell whose count an index follows, and what is added to it.
    fn head(&self, index: ValueId, terms: &mut Vec<(Term, bool)>) -> Option<(MemoryId, u32)> {
        match self.program.inst(index).op {
            Op::Load(memory, at) => self.count(memory, at, index),
            Op::Binary(Binary::IntAdd, x, y) => match (self.term(x), self.term(y)) {
                (None, Some(term)) => self.and(x, (term, false), terms),
                (Some(term), None) => self.and(y, (term, false), terms),
                _ => None,
            },
            Op::Binary(Binary::IntSub, x, y) => self.and(x, (self.term(y)?, true), terms),
            _ => None,
        }
    }

    fn and(&self, index: ValueId, term: (Term, bool), terms: &mut Vec<(Term, bool)>) -> Option<(MemoryId, u32)> {
        terms.push(term);
        self.head(index, terms)
    }

    fn term(&self, value: ValueId) -> Option<Term> {
        match self.program.inst(value).op {
            Op::Literal(bits) => Some(Term::Literal(bits)),
            Op::Constant(constant) => Some(Term::Constant(constant)),
            _ => None,
        }
    }

    /// A cell that is read here before it grows by one, which it does once in a frame.
    fn count(&self, memory: MemoryId, at: u32, read: ValueId) -> Option<(MemoryId, u32)> {
        let place = |wanted: ValueId| self.block.body.iter().position(|value| *value == wanted);
        let stores = self.block.body.iter().filter_map(|value| match self.program.inst(*value).op {
            Op::Store(other, there, x) if (other, there) == (memory, at) => Some((*value, x)),
            _ => None,
        });
        let [(store, stored)] = stores.collect::<Vec<_>>()[..] else { return None };
        let Op::Binary(Binary::IntAdd, x, y) = self.program.inst(stored).op else { return None };
        let is_count =
            |value: ValueId| self.program.inst(value).op == Op::Load(memory, at) && place(value) < place(store);
        let is_one = |value: ValueId| self.program.inst(value).op == Op::Literal(1);
        let grows = is_count(x) && is_one(y) || is_count(y) && is_one(x);
        if !grows || place(read) > place(store) {
            return None;
        }
        self.cells.iter().any(|cell| (cell.memory, cell.at) == (memory, at)).then_some((memory, at))
    }
}

/// Lets what is written take the place of what is read, so that both need the first cache once: of each window that is written a
/// window that is read, as long as there are some.
pub fn share(routine: &mut Routine) {
    let free = (0..).zip(&routine.windows).filter(|(_, window)| !window.written);
    let free = free.map(|(number, _)| Some(number)).collect::<Vec<_>>();
    let written = routine.windows.iter_mut().filter(|window| window.written);
    written.zip(free).for_each(|(window, read)| window.place_of = read);
    write_behind(routine);
}

/// What is written in the place of what is read is written behind whoever reads that.
pub fn write_behind(routine: &mut Routine) {
    for (number, window) in (0..).zip(&routine.windows) {
        let lay = routine.steps.iter().position(|step| step.code == Code::Lay(number));
        if let (Some(read), Some(lay)) = (window.place_of, lay) {
            let last = readers(&routine.steps, read).last().unwrap_or(lay);
            routine.steps[lay..=last.max(lay)].rotate_left(1);
        }
    }
}

/// The steps that ask for what a window shows in the frame itself, in their order.
pub fn readers(steps: &[Step], window: u32) -> impl Iterator<Item = usize> {
    let shown = Operand::Window(window, 0);
    let moved = steps.iter().filter(|step| step.code == Code::Move && step.from[0] == Some(shown));
    let moved = moved.filter_map(|step| step.to).collect::<Vec<_>>();
    let reads = move |step: &Step| {
        step.operands().any(|operand| operand == shown) || step.values().any(|value| moved.contains(&value))
    };
    steps.iter().enumerate().filter(move |(_, step)| reads(step)).map(|(number, _)| number)
}

/// Whether no slot of this program's rings is written in a quantum before a window reads it.
pub fn are_apart(routine: &Routine, program: &Program) -> bool {
    // What is lent as a quantum is apart already.
    routine.windows.iter().filter(|window| !window.written && window.head.is_some()).all(|window| {
        let ahead = window.terms.iter().try_fold(0_u64, |sum, (term, taken)| {
            let bits = match term {
                Term::Literal(bits) => *bits,
                Term::Constant(constant) => match program.constants[constant.index()].source {
                    Source::Bits(bits) => bits,
                    Source::Seed(..) => return None,
                },
            };
            Some(if *taken { sum.wrapping_sub(bits) } else { sum.wrapping_add(bits) })
        });
        let last = u64::from(program.memories[window.ring.index()].len) - 1;
        ahead.is_some_and(|ahead| ahead.wrapping_neg() & last >= window.frames() as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::super::allocate::{Registers, allocate, registers};
    use super::super::check::check;
    use super::super::lower::lower;
    use super::super::routine::{Along, Operand, Width};
    use super::super::schedule::{Pace, schedule};
    use super::super::team::together;
    use super::*;
    use crate::ir::{Bound, Builder, Place, Type};

    #[test]
    fn what_is_read_a_few_frames_apart_is_one_window() {
        let builder = Builder::new(1 << 12);
        let instance = builder.instance("line", 1, Place::default());
        let (head, at) = builder.claim_cell(instance);
        let ring = builder.claim_room(instance, 1024, false);
        let next = builder.int(builder.load(Type::Int, head, at));
        let read = |behind: u64| {
            let index = next - builder.int(builder.literal(Type::Int, behind));
            builder.real(builder.load_at(Type::Real, ring, index.id(), Bound::Wrap))
        };
        let taps = [101, 100, 300, 116].map(read);
        let sum = taps.into_iter().reduce(|sum, tap| sum + tap).expect("four");
        builder.store_at(ring, next.id(), Bound::Wrap, sum.id());
        builder.store(head, at, (next + builder.int(builder.literal(Type::Int, 1))).id());
        let program = builder.finish(&[sum]);
        let routine = lower(&program, Width::Four, Along::Instances, true).expect("straight");
        let shown = routine.windows.iter().map(|window| (window.written, window.more)).collect::<Vec<_>>();
        assert_eq!(shown, [(false, 0), (false, 16), (true, 0)]);
        let read = routine.steps.iter().flat_map(|step| step.operands()).filter_map(|operand| match operand {
            Operand::Window(window, ahead) => Some((window, ahead)),
            _ => None,
        });
        let mut read = read.collect::<Vec<_>>();
        read.sort_unstable();
        assert_eq!(read, [(0, 0), (1, 0), (1, 15), (1, 16)]);
    }

    #[test]
    fn what_is_written_takes_the_place_of_what_is_read_behind_all_who_read_it() {
        let builder = Builder::new(1 << 12);
        let instance = builder.instance("line", 1, Place::default());
        let (head, at) = builder.claim_cell(instance);
        let ring = builder.claim_room(instance, 1024, false);
        let next = builder.int(builder.load(Type::Int, head, at));
        let index = next - builder.int(builder.literal(Type::Int, 100));
        let read = builder.real(builder.load_at(Type::Real, ring, index.id(), Bound::Wrap));
        // What is read is used behind the place where it is written over, and given.
        builder.store_at(ring, next.id(), Bound::Wrap, builder.number(0.5).id());
        let more = (0..4).fold(read, |sum, _| sum * sum + read);
        builder.store(head, at, (next + builder.int(builder.literal(Type::Int, 1))).id());
        let program = builder.finish(&[more, read]);
        let routine = lower(&program, Width::Four, Along::Instances, true).expect("straight");
        let places = routine.windows.iter().map(|window| (window.written, window.place_of)).collect::<Vec<_>>();
        assert_eq!(places, [(false, None), (true, Some(0))]);
        assert_eq!((routine.window_at(1), routine.tables()[3]), (0, QUANTUM * Width::Four.lanes()));
        let groups = [true, false].map(|by_turns| together(&routine, 2, by_turns));
        let ordered = groups.clone().map(|routine| schedule(&routine, 12, false, Pace::Early));
        for (routine, groups) in [(&routine, 1)].into_iter().chain(groups.iter().chain(&ordered).map(|both| (both, 2)))
        {
            for group in 0..groups {
                let is_lay = |step: &Step| step.code == Code::Lay(2 * group + 1);
                let lay = routine.steps.iter().position(is_lay).expect("it is written");
                let read = readers(&routine.steps, 2 * group).collect::<Vec<_>>();
                assert!(read.len() > 5 && read.iter().all(|read| *read < lay), "{lay} {read:?}");
                assert_eq!(routine.windows[2 * group as usize + 1].place_of, Some(2 * group));
            }
        }
        // Who asks too late is found.
        let given = Registers { free: registers(Width::Four), cells: 0, literals: Vec::new() };
        let mut late = routine.clone();
        let lay = late.steps.iter().position(|step| step.code == Code::Lay(1)).expect("it is written");
        assert_eq!(check(&late, &given, &allocate(&late, &given)), None);
        let stored = late.steps[lay].values().next();
        let made = late.steps.iter().position(|step| step.to == stored).expect("what is written is made");
        late.steps[made + 1..=lay].rotate_right(1);
        let mistake = check(&late, &given, &allocate(&late, &given)).expect("it is too late");
        assert!(mistake.contains("Window(0, 0)"), "{mistake}");
    }
}
