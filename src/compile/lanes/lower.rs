//! From a program to a routine. What has branches, or asks for what is not the same in all lanes, has none.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::heads;
use super::routine::{Along, Cell, Code, Field, Growth, Number, Operand, Routine, Step, Virtual, Width};
use super::windows;
use crate::compile::cells;
use crate::ir::{Binary, Bound, ConstantId, End, MemoryId, Op, Owner, Program, Type, ValueId};

/// Beyond so many instructions registers are too few, and making the code takes too long.
const LONGEST: usize = 4_000;

/// Lanes without an instance need as much memory as the furthest fixed place in a ring; further ones are for single instances.
const FURTHEST: u32 = 4_096;

/// All ones: true.
pub(super) const TRUE: u64 = !0;

/// The routine of a valid program, if it is one straight run of instructions that vectors have.
///
/// Along time it has one if nothing that a frame needs was left by the frame before, but for counts that grow by the same in
/// every frame.
///
/// With `rings` those that are read and written one slot further in each frame are lent as windows; whoever runs the routine
/// knows that no slot is written in a quantum before it is read.
pub fn lower(program: &Program, width: Width, along: Along, rings: bool) -> Option<Routine> {
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(channels)) = &block.end else { return None };
    if block.body.len() > LONGEST || !block.body.iter().all(|&value| has(program.inst(value).op)) {
        return None;
    }
    let mut lowerer = Lowerer::new(program, &block.body, width, along, cells::fixed(program));
    // Two lanes are as soon read one by one.
    if along == Along::Instances && (rings || width != Width::Two) {
        (lowerer.routine.windows, lowerer.windows) = windows::find(program, block, &lowerer.routine.cells, rings);
    }
    for &value in &block.body {
        if along == Along::Time && !lowerer.is_known_ahead(value) {
            return None;
        }
        lowerer.value(value);
    }
    let mut routine = lowerer.finish(channels)?;
    heads::leave_to_windows(&mut routine);
    windows::share(&mut routine);
    Some(routine)
}

/// Leaves out steps whose values nobody needs.
fn sweep(routine: &mut Routine) {
    let mut needed = vec![false; routine.values as usize];
    let mut kept = Vec::with_capacity(routine.steps.len());
    let mut stored = vec![false; routine.held()];
    for step in routine.steps.drain(..).rev() {
        // What is kept in the same place later.
        if let Code::Keep(cell) = step.code
            && std::mem::replace(&mut stored[cell as usize], true)
        {
            continue;
        }
        if step.to.is_some_and(|value| !needed[value as usize]) {
            continue;
        }
        step.values().for_each(|value| needed[value as usize] = true);
        kept.push(step);
    }
    kept.reverse();
    routine.steps = kept;
}

/// What is kept is kept as soon as nobody reads what was there: until then it takes a register.
fn keep_early(routine: &mut Routine) {
    let mut latest = vec![0; routine.held()];
    let mut made = vec![0; routine.values as usize];
    let mut order = Vec::with_capacity(routine.steps.len());
    for (number, step) in routine.steps.iter().enumerate() {
        if let Some(to) = step.to {
            made[to as usize] = number;
        }
        for operand in step.operands() {
            if let Operand::Cell(cell) = operand {
                latest[cell as usize] = number;
            }
        }
        let mut place = number;
        if let (Code::Keep(cell), Some(Operand::Value(value))) = (step.code, step.from[0]) {
            place = latest[cell as usize].max(made[value as usize]);
            latest[cell as usize] = number;
        }
        order.push((place, number));
    }
    order.sort_unstable();
    routine.steps = order.into_iter().map(|(_, number)| routine.steps[number]).collect();
}

/// The memory that a statement stores to.
fn written(op: Op) -> Option<MemoryId> {
    match op {
        Op::Store(memory, ..) | Op::StoreAt(memory, ..) => Some(memory),
        _ => None,
    }
}

/// What is added to a slot to which this value is stored, if that is the same in each frame.
pub(super) fn growth(program: &Program, (memory, at): (MemoryId, u32), stored: ValueId) -> Option<Growth> {
    let Op::Binary(Binary::IntAdd, x, y) = program.inst(stored).op else { return None };
    let is_before = |value: ValueId| program.inst(value).op == Op::Load(memory, at);
    let more = if is_before(x) {
        y
    } else if is_before(y) {
        x
    } else {
        return None;
    };
    match program.inst(more).op {
        Op::Literal(bits) => Some(Growth::Literal(bits)),
        Op::Constant(constant) => Some(Growth::Constant(constant)),
        _ => None,
    }
}

/// Whether vectors have an operation.
pub fn has(op: Op) -> bool {
    !matches!(op, Op::Position(_) | Op::Beat(_) | Op::Tempo | Op::Fault(_) | Op::Parameter)
}

pub(super) struct Lowerer<'p> {
    pub(super) program: &'p Program,
    pub(super) routine: Routine,
    pub(super) values: Vec<Option<Operand>>,
    literals: HashMap<u64, u32>,
    numbers: HashMap<(ConstantId, bool), u32>,
    /// Of values with the other sign those that they were made of.
    pub(super) negated: HashMap<Operand, Operand>,
    /// What there is already.
    made: HashMap<(Code, Vec<Operand>), Operand>,
    pub(super) rings: HashMap<MemoryId, u32>,
    /// Memories that something is stored to.
    written: HashSet<MemoryId>,
    /// Accesses that are windows: of which, and how many frames ahead.
    windows: HashMap<ValueId, (u32, u32)>,
    /// Slots that lie side by side, and what was stored to them last.
    pub(super) cells: HashMap<(MemoryId, u32), (u32, Option<Operand>)>,
    /// Whether one frame is lowered after the other, although lanes are frames.
    pub(super) in_turn: bool,
}

/// Slots that are only named at their fixed places.
pub(super) type Kept = BTreeMap<(MemoryId, u32), cells::Cell>;

impl<'p> Lowerer<'p> {
    /// Whose cells are `kept`.
    pub(super) fn new(program: &'p Program, body: &[ValueId], width: Width, along: Along, kept: Kept) -> Lowerer<'p> {
        let list = kept.iter().map(|(&(memory, at), cell)| Cell { memory, at, ty: cell.ty, stored: cell.stored });
        let routine = Routine {
            width,
            along,
            steps: Vec::with_capacity(body.len()),
            values: 0,
            literals: Vec::new(),
            constants: Vec::new(),
            cells: list.collect(),
            turned: Vec::new(),
            carried: 0,
            recursions: 0,
            mixed: Vec::new(),
            rings: Vec::new(),
            feeds: Vec::new(),
            furthest: 0,
            windows: Vec::new(),
            growth: vec![Growth::None; kept.len()],
            channels: program.channels,
            counts: false,
        };
        Lowerer {
            program,
            routine,
            values: vec![None; program.insts.len()],
            literals: HashMap::new(),
            numbers: HashMap::new(),
            negated: HashMap::new(),
            made: HashMap::new(),
            rings: HashMap::new(),
            written: body.iter().filter_map(|&value| written(program.inst(value).op)).collect(),
            windows: HashMap::new(),
            cells: kept.keys().zip(0..).map(|(&slot, number)| (slot, (number, None))).collect(),
            in_turn: false,
        }
    }

    /// The routine, once all is lowered that these channels need.
    pub(super) fn finish(mut self, channels: &[ValueId]) -> Option<Routine> {
        for (channel, &value) in channels.iter().enumerate() {
            let sample = self.of(value);
            let sample = self.held(sample);
            self.push(Code::Give(channel as u32), None, &[sample]);
        }
        let mut routine = self.routine;
        sweep(&mut routine);
        keep_early(&mut routine);
        routine.counts = routine.steps.iter().any(|step| step.operands().any(|operand| operand == Operand::Frame));
        (routine.furthest <= FURTHEST).then_some(routine)
    }

    pub(super) fn push(&mut self, code: Code, to: Option<Virtual>, from: &[Operand]) {
        let mut operands = [None; 3];
        operands.iter_mut().zip(from).for_each(|(to, from)| *to = Some(*from));
        self.routine.steps.push(Step { code, to, from: operands });
    }

    /// A value: a new one, if there is none that is made like it.
    pub(super) fn make(&mut self, code: Code, from: &[Operand]) -> Operand {
        let mut from = from.to_vec();
        if code.commutes() && !matches!(from[0], Operand::Value(_)) {
            from.swap(0, 1);
        }
        // All operands but one are in registers; of three, whichever it is.
        let spare = match code {
            code if code.is_fused() => from.iter().rposition(|operand| !matches!(operand, Operand::Value(_))),
            _ => code.memory_operand(self.routine.width),
        };
        for (place, operand) in from.iter_mut().enumerate() {
            if Some(place) != spare {
                *operand = self.held(*operand);
            }
        }
        let known = (code, from);
        // What lies in a ring may have been written meanwhile.
        if let (Some(value), true) = (self.made.get(&known), code != Code::Fetch) {
            return *value;
        }
        let value = Operand::Value(self.routine.values);
        self.push(code, Some(self.routine.values), &known.1);
        self.routine.values += 1;
        self.made.insert(known, value);
        value
    }

    /// An operand as a value.
    pub(super) fn held(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Value(_) => operand,
            _ => self.make(Code::Move, &[operand]),
        }
    }

    pub(super) fn literal(&mut self, bits: u64) -> Operand {
        let list = &mut self.routine.literals;
        let number = *self.literals.entry(bits).or_insert_with(|| {
            list.push(bits);
            list.len() as u32 - 1
        });
        Operand::Literal(number)
    }

    fn number(&mut self, number: Number) -> Operand {
        let list = &mut self.routine.constants;
        let index = *self.numbers.entry((number.constant, number.scaled)).or_insert_with(|| {
            list.push(number);
            list.len() as u32 - 1
        });
        Operand::Constant(index)
    }

    /// Whether a value or statement of a vector along time can be computed for several frames at once.
    pub(super) fn is_known_ahead(&self, id: ValueId) -> bool {
        match self.program.inst(id).op {
            Op::StoreAt(_, index, bound, _) => bound == Bound::Quantum && self.is_written_ahead(index),
            Op::Store(memory, at, x) => {
                let first = matches!(self.cells.get(&(memory, at)), Some((_, None)));
                first && growth(self.program, (memory, at), x).is_some()
            }
            // A slot that is read and written at computed places is not known.
            Op::Load(memory, at) => self.cells.contains_key(&(memory, at)),
            Op::LoadAt(memory, ..) => !self.written.contains(&memory),
            _ => true,
        }
    }

    pub(super) fn of(&self, value: ValueId) -> Operand {
        self.values[value.index()].expect("a valid program makes values before it uses them")
    }

    pub(super) fn value(&mut self, id: ValueId) {
        let inst = self.program.inst(id);
        let ty = inst.ty.unwrap_or(Type::Real);
        let result = match inst.op {
            Op::Literal(bits) => self.literal(if ty == Type::Bool && bits != 0 { TRUE } else { bits }),
            Op::Constant(constant) => self.number(Number { constant, ty, scaled: false }),
            Op::Unary(op, x) => self.unary(op, x),
            Op::Binary(op, x, y) => self.binary(op, self.of(x), self.of(y)),
            Op::Fma(x, y, z) => {
                let operands = [self.of(x), self.of(y), self.of(z)];
                self.fused(operands)
            }
            Op::Select(condition, yes, no) => {
                let operands = [self.of(condition), self.of(yes), self.of(no)];
                self.make(Code::Blend, &operands)
            }
            Op::Load(memory, at) => match self.cells.get(&(memory, at)).copied() {
                Some((_, Some(stored))) => stored,
                // It may be written before its last use.
                Some((cell, None)) => self.make(Code::Move, &[Operand::Cell(cell)]),
                None => {
                    let address = self.fixed(memory, at);
                    self.fetch(ty, address)
                }
            },
            Op::LoadAt(..) if let Some((window, ahead)) = self.windows.get(&id) => Operand::Window(*window, *ahead),
            Op::LoadAt(memory, index, _) if self.is_feed(memory, index) => self.feed(memory, ty),
            Op::LoadAt(memory, index, bound) => {
                let address = self.computed(memory, [Field::Base, Field::Last], index, bound);
                self.fetch(ty, address)
            }
            Op::Frame => Operand::Frame,
            Op::Store(memory, at, x) => {
                let stored = self.of(x);
                let stored = self.held(stored);
                match self.cells.get_mut(&(memory, at)) {
                    Some((cell, latest)) => {
                        let cell = *cell;
                        *latest = Some(stored);
                        let climbs = self.routine.along == Along::Time && !self.in_turn;
                        let stored = if climbs { self.ahead(cell, memory, at, x) } else { stored };
                        self.push(Code::Keep(cell), None, &[stored]);
                    }
                    None => {
                        let address = self.fixed(memory, at);
                        self.put(x, address, stored);
                    }
                }
                return;
            }
            Op::StoreAt(memory, index, Bound::Quantum, x) if self.is_written_ahead(index) => {
                let stored = self.storable(x);
                let feed = self.fed(memory);
                self.push(Code::Feed(feed), None, &[stored]);
                return;
            }
            Op::StoreAt(_, _, _, x) if self.windows.contains_key(&id) => {
                let stored = self.of(x);
                let stored = self.held(stored);
                self.push(Code::Lay(self.windows[&id].0), None, &[stored]);
                return;
            }
            Op::StoreAt(memory, index, bound, x) => {
                let address = self.computed(memory, [Field::WriteBase, Field::WriteLast], index, bound);
                let stored = self.of(x);
                self.put(x, address, stored);
                return;
            }
            Op::Parameter | Op::Position(_) | Op::Beat(_) | Op::Tempo | Op::Fault(_) => unreachable!("has() says no"),
        };
        self.values[id.index()] = Some(result);
    }

    /// A count as it is as many frames later as there are lanes.
    fn ahead(&mut self, cell: u32, memory: MemoryId, at: u32, stored: ValueId) -> Operand {
        let growth = growth(self.program, (memory, at), stored).unwrap_or(Growth::None);
        self.routine.growth[cell as usize] = growth;
        let lanes = self.routine.width.lanes() as u64;
        let step = match growth {
            Growth::Constant(constant) => self.number(Number { constant, ty: Type::Int, scaled: true }),
            Growth::Literal(bits) => self.literal(bits.wrapping_mul(lanes)),
            Growth::None => self.literal(0),
        };
        let now = self.make(Code::Move, &[Operand::Cell(cell)]);
        self.make(Code::IntAdd, &[now, step])
    }

    /// Whether all instances read the same there.
    fn is_feed(&self, memory: MemoryId, index: ValueId) -> bool {
        self.program.memories[memory.index()].owner == Owner::Feed && self.program.inst(index).op == Op::Frame
    }

    /// Whether each lane writes the frame that it is.
    fn is_written_ahead(&self, index: ValueId) -> bool {
        self.routine.along == Along::Time && self.program.inst(index).op == Op::Frame
    }

    fn fed(&mut self, memory: MemoryId) -> u32 {
        let list = &mut self.routine.feeds;
        let number = list.iter().position(|known| *known == memory).unwrap_or_else(|| {
            list.push(memory);
            list.len() - 1
        });
        number as u32
    }

    fn feed(&mut self, memory: MemoryId, ty: Type) -> Operand {
        let number = self.fed(memory);
        let found = self.make(Code::Move, &[Operand::Feed(number)]);
        self.stands(ty, found)
    }
}
