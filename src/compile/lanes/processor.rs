//! How long a body takes that goes round and round: a model of a processor that runs ahead. It makes no code, and measures nothing.
//!
//! Its numbers are about those of a Zen 5 (Fog, Instruction tables); how far it sees, and how long what was stored takes until it can be
//! read, were measured on one that shares its core. They need not be right but say which of two bodies is the faster one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::allocate::{Action, Place};
use super::encode::Body;
use super::routine::{Code, Operand, Width};

/// Instructions that enter in a cycle, that are underway, and that wait for their operands, at most.
const ENTER: u32 = 8;
const UNDERWAY: usize = 224;
const WAITING: usize = 48;

/// Vectors that are read in a cycle, and cycles until one is there, or until what was stored can be read.
const READS: u8 = 2;
const READ: u32 = 7;
const THROUGH: u32 = 12;

/// Operations that begin in a cycle, and those of them that multiply, or that add.
pub const ALL: u8 = 4;
pub const SOME: u8 = 2;

/// Instructions that lead to the next body.
const LOOP: u32 = 5;

/// Actions that are followed, in so many bodies at least, and bodies before them that only run up.
const FOLLOWED: usize = 400;
const LEAST: usize = 2;
const RUN_UP: usize = 1;

/// Which part of a processor does an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of all that multiply.
    Multiplier,
    /// Of all that add.
    Adder,
    /// Any one.
    Any,
    /// None: a register gets another name, or memory is written.
    None,
}

/// What a step takes.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Instructions.
    pub count: u32,
    /// Where the last one of them is done.
    pub part: Part,
    /// Cycles until its value is there.
    pub latency: u32,
}

impl Cost {
    /// Of a step of this kind.
    pub fn of(code: Code, width: Width) -> Cost {
        use Code::*;
        let lanes = width.lanes() as u32;
        let (count, part, latency) = match code {
            Fma | Fms => (1, Part::Multiplier, 4),
            Mul | IntMul | HalfMul => (1, Part::Multiplier, 3),
            Div => (1, Part::Multiplier, 13),
            Sqrt => (1, Part::Multiplier, 20),
            Add | Sub | Round(_) | ToReal => (1, Part::Adder, 3),
            ToInt if width == Width::Eight => (1, Part::Adder, 3),
            // Lane by lane, by way of memory.
            ToInt => (2 * lanes + 2, Part::Any, READ + THROUGH),
            // As good as always all numbers are small.
            IntDiv | IntRem => (8, Part::Any, 4),
            Fetch => (3 * lanes, Part::Any, 2 * READ + THROUGH),
            Put => (3 * lanes, Part::Any, 1),
            // By way of a mask.
            Compare(_) | IntCompare(_) | Blend if width == Width::Eight => (2, Part::Any, 4),
            Compare(_) | IntCompare(_) | Blend | Pairs(_) | Pick(_) => (1, Part::Any, 2),
            Move | Keep(_) | Lay(_) | Give(_) => (1, Part::None, 0),
            Feed(_) => (2, Part::None, 0),
            Min | Max | Shl | Shr | Sar | ShlBy(_) | ShrBy(_) | SarBy(_) => (1, Part::Adder, 1),
            Even | Odd | And | Or | Xor | IntAdd | IntSub => (1, Part::Any, 1),
        };
        Cost { count, part, latency }
    }
}

/// How long a body takes as the processor goes through it again and again, in so many `shares` of a cycle; between a frame of a team
/// and its next one stand so many `others`.
pub fn time(body: &Body, accumulates: bool, others: usize, shares: u64) -> u64 {
    let followed = (FOLLOWED / body.allocation.actions.len().max(1)).clamp(LEAST, FOLLOWED / 20) + others;
    let mut run = Run::new(body, accumulates, RUN_UP + followed);
    let mut begins = 0;
    for round in 0..RUN_UP + followed {
        if round == RUN_UP {
            begins = run.ends();
        }
        for action in &body.allocation.actions {
            run.action(action, round, round.saturating_sub(others));
        }
        for _ in 0..LOOP {
            let at = run.enter();
            run.leave(at);
        }
    }
    u64::from(run.ends() - begins) * shares / followed as u64
}

/// What is taken of a cycle.
#[derive(Clone, Copy, Default)]
struct Cycle {
    reads: u8,
    all: u8,
    multipliers: u8,
    adders: u8,
}

struct Run<'b> {
    body: &'b Body,
    accumulates: bool,
    cycles: Vec<Cycle>,
    /// In all cycles before this one as much is read as can be.
    unread: u32,
    /// The present cycle, and how many instructions entered in it.
    now: u32,
    entered: u32,
    /// When those begin that wait.
    begins: BinaryHeap<Reverse<u32>>,
    /// When each instruction has left; they leave in order.
    done: Vec<u32>,
    /// When what is in each register, or on the stack, is there.
    registers: [u32; 32],
    slots: Vec<u32>,
    /// When what a body keeps in each cell can be read, body after body.
    cells: Vec<Vec<u32>>,
}

impl<'b> Run<'b> {
    fn new(body: &'b Body, accumulates: bool, bodies: usize) -> Run<'b> {
        Run {
            body,
            accumulates,
            cycles: Vec::new(),
            unread: 0,
            now: 0,
            entered: 0,
            begins: BinaryHeap::new(),
            done: Vec::new(),
            registers: [0; 32],
            slots: vec![0; body.allocation.slots as usize],
            cells: vec![vec![0; body.routine.held()]; bodies + 1],
        }
    }

    /// When all has left.
    fn ends(&self) -> u32 {
        self.done.last().copied().unwrap_or_default()
    }

    /// An action of a body; cells were kept by the one `before`.
    fn action(&mut self, action: &Action, round: usize, before: usize) {
        match *action {
            Action::Later { .. } => {}
            Action::Spill { register, slot } => {
                self.enter();
                let there = self.registers[usize::from(register)];
                self.slots[slot as usize] = there + THROUGH;
                self.leave(there);
            }
            Action::Load { register, from, .. } => {
                let at = self.enter();
                let there = self.operand(from, at, before);
                // A whole register is copied.
                let copied = matches!(from, Place::Register(_)) && self.body.routine.width == Width::Eight;
                let there = if copied { self.work(there.max(at), Part::Any) + 1 } else { there };
                self.registers[usize::from(register)] = there;
                self.leave(there);
            }
            Action::Step { number, to, from } => {
                let code = self.body.routine.steps[number].code;
                if !self.body.given.is_there(code, to, from[0]) {
                    let there = self.step(code, from, round, before);
                    to.into_iter().for_each(|to| self.registers[usize::from(to)] = there);
                }
            }
        }
    }

    fn step(&mut self, code: Code, from: [Option<Place>; 3], round: usize, before: usize) -> u32 {
        let Cost { count, part, latency } = Cost::of(code, self.body.routine.width);
        for _ in 1..count {
            let at = self.enter();
            self.leave(at);
        }
        let at = self.enter();
        let operands = from.iter().flatten().map(|place| self.operand(*place, at, before)).max();
        let there = self.work(operands.unwrap_or_default().max(at), part) + latency;
        match code {
            Code::Keep(cell) if self.body.given.cells > 0 => {
                self.registers[usize::from(self.body.given.cell(cell))] = there;
            }
            Code::Keep(cell) => self.cells[round + 1][cell as usize] = there + THROUGH,
            Code::Give(_) if self.accumulates => {
                let at = self.enter();
                let sum = self.read(at);
                self.work(sum.max(there), Part::Adder);
                self.leave(there);
            }
            _ => {}
        }
        self.leave(there);
        there
    }

    /// When an operand is there of an instruction that entered then.
    fn operand(&mut self, place: Place, at: u32, before: usize) -> u32 {
        match place {
            Place::Register(register) => self.registers[usize::from(register)],
            Place::Slot(slot) => self.read(at).max(self.slots[slot as usize]),
            Place::Memory(Operand::Cell(cell)) if self.body.given.cells > 0 => {
                self.registers[usize::from(self.body.given.cell(cell))]
            }
            Place::Memory(Operand::Cell(cell)) => self.read(at).max(self.cells[before][cell as usize]),
            Place::Memory(_) => self.read(at),
        }
    }

    /// An instruction enters as soon as it can.
    fn enter(&mut self) -> u32 {
        let room = self.done.len().checked_sub(UNDERWAY).map_or(0, |oldest| self.done[oldest]);
        if self.entered == ENTER || room > self.now {
            self.now = room.max(self.now + 1);
            self.entered = 0;
        }
        while let Some(Reverse(begins)) = self.begins.peek().copied() {
            if begins > self.now {
                if self.begins.len() < WAITING {
                    break;
                }
                (self.now, self.entered) = (begins, 0);
            }
            self.begins.pop();
        }
        self.entered += 1;
        self.now
    }

    /// It leaves then at the earliest, behind all that entered before.
    fn leave(&mut self, at: u32) {
        let before = self.done.last().copied().unwrap_or_default();
        self.done.push(at.max(before));
    }

    /// When a vector is there that is read from then on.
    fn read(&mut self, from: u32) -> u32 {
        let at = self.take(from.max(self.unread), |cycle| cycle.reads < READS);
        self.cycles[at].reads += 1;
        while self.cycles.get(self.unread as usize).is_some_and(|cycle| cycle.reads == READS) {
            self.unread += 1;
        }
        at as u32 + READ
    }

    /// When an operation begins whose operands are there then.
    fn work(&mut self, from: u32, part: Part) -> u32 {
        let free = |cycle: &Cycle| {
            let some = match part {
                Part::Multiplier => cycle.multipliers,
                Part::Adder => cycle.adders,
                Part::Any | Part::None => 0,
            };
            cycle.all < ALL && some < SOME
        };
        if part == Part::None {
            return from;
        }
        let at = self.take(from, free);
        self.cycles[at].all += 1;
        self.cycles[at].multipliers += u8::from(part == Part::Multiplier);
        self.cycles[at].adders += u8::from(part == Part::Adder);
        self.begins.push(Reverse(at as u32));
        at as u32
    }

    /// The first cycle from then on that is free.
    fn take(&mut self, from: u32, free: impl Fn(&Cycle) -> bool) -> usize {
        let mut at = from as usize;
        while self.cycles.get(at).is_some_and(|cycle| !free(cycle)) {
            at += 1;
        }
        if at >= self.cycles.len() {
            self.cycles.resize(at + 1, Cycle::default());
        }
        at
    }
}
