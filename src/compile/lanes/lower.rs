//! From a program to a routine. What has branches, or asks for what is not the same in all lanes, has none.

mod memory;

use std::collections::HashMap;

use super::routine::{Along, Cell, Code, Field, Growth, Number, Operand, Relation, Routine, Step, Virtual, Width};
use crate::compile::cells;
use crate::ir::{Binary, ConstantId, End, MemoryId, Op, Owner, Program, Type, Unary, ValueId};

/// Beyond so many instructions registers are too few, and making the code takes too long.
const LONGEST: usize = 4_000;

/// Lanes without an instance need as much memory as the furthest fixed place in a ring; further ones are for single instances.
const FURTHEST: u32 = 4_096;

/// All ones: true.
const TRUE: u64 = !0;

/// The routine of a valid program, if it is one straight run of instructions that vectors have.
///
/// Along time it has one if nothing that a frame needs was left by the frame before, but for counts that grow by the same in
/// every frame.
pub fn lower(program: &Program, width: Width, along: Along) -> Option<Routine> {
    let [block] = program.blocks.as_slice() else { return None };
    let Some(End::Return(channels)) = &block.end else { return None };
    if block.body.len() > LONGEST || !block.body.iter().all(|&value| has(program.inst(value).op)) {
        return None;
    }
    let mut lowerer = Lowerer::new(program, &block.body, width, along);
    for &value in &block.body {
        if along == Along::Time && !lowerer.is_known_ahead(value) {
            return None;
        }
        lowerer.value(value);
    }
    for (channel, &value) in channels.iter().enumerate() {
        let sample = lowerer.of(value);
        let sample = lowerer.held(sample);
        lowerer.push(Code::Give(channel as u32), None, &[sample]);
    }
    let mut routine = lowerer.routine;
    sweep(&mut routine);
    (routine.furthest <= FURTHEST).then_some(routine)
}

/// Leaves out steps whose values nobody needs.
fn sweep(routine: &mut Routine) {
    let mut needed = vec![false; routine.values as usize];
    let mut kept = Vec::with_capacity(routine.steps.len());
    for step in routine.steps.drain(..).rev() {
        if step.to.is_some_and(|value| !needed[value as usize]) {
            continue;
        }
        for operand in step.operands() {
            if let Operand::Value(value) = operand {
                needed[value as usize] = true;
            }
        }
        kept.push(step);
    }
    kept.reverse();
    routine.steps = kept;
}

/// Whether vectors have an operation.
fn has(op: Op) -> bool {
    match op {
        Op::Binary(Binary::IntDiv | Binary::IntRem, ..) => false,
        Op::Position(_) | Op::Beat(_) | Op::Tempo | Op::Fault(_) | Op::Parameter => false,
        _ => true,
    }
}

struct Lowerer<'p> {
    program: &'p Program,
    routine: Routine,
    values: Vec<Option<Operand>>,
    literals: HashMap<u64, u32>,
    numbers: HashMap<(ConstantId, bool), u32>,
    rings: HashMap<MemoryId, u32>,
    /// Slots that lie side by side, and what was stored to them last.
    cells: HashMap<(MemoryId, u32), (u32, Option<Operand>)>,
}

impl<'p> Lowerer<'p> {
    fn new(program: &'p Program, body: &[ValueId], width: Width, along: Along) -> Lowerer<'p> {
        let kept = cells::fixed(program);
        let list = kept.iter().map(|(&(memory, at), cell)| Cell { memory, at, ty: cell.ty, stored: cell.stored });
        let routine = Routine {
            width,
            along,
            steps: Vec::with_capacity(body.len()),
            values: 0,
            literals: Vec::new(),
            constants: Vec::new(),
            cells: list.collect(),
            rings: Vec::new(),
            furthest: 0,
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
            rings: HashMap::new(),
            cells: kept.keys().zip(0..).map(|(&slot, number)| (slot, (number, None))).collect(),
        }
    }

    fn push(&mut self, code: Code, to: Option<Virtual>, from: &[Operand]) {
        let mut operands = [None; 3];
        operands.iter_mut().zip(from).for_each(|(to, from)| *to = Some(*from));
        self.routine.steps.push(Step { code, to, from: operands });
    }

    /// A new value.
    fn make(&mut self, code: Code, from: &[Operand]) -> Operand {
        let to = self.routine.values;
        self.routine.values += 1;
        let mut from = from.to_vec();
        if code.commutes() && !matches!(from[0], Operand::Value(_)) {
            from.swap(0, 1);
        }
        // All operands but one are in registers; of three, whichever it is.
        let spare = match code {
            Code::Fma => from.iter().rposition(|operand| !matches!(operand, Operand::Value(_))),
            _ => code.memory_operand(self.routine.width),
        };
        for (place, operand) in from.iter_mut().enumerate() {
            if Some(place) != spare {
                *operand = self.held(*operand);
            }
        }
        self.push(code, Some(to), &from);
        Operand::Value(to)
    }

    /// An operand as a value.
    fn held(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Value(_) => operand,
            _ => self.make(Code::Move, &[operand]),
        }
    }

    fn literal(&mut self, bits: u64) -> Operand {
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
    fn is_known_ahead(&self, id: ValueId) -> bool {
        match self.program.inst(id).op {
            Op::StoreAt(..) => false,
            Op::Store(memory, at, x) => {
                let first = matches!(self.cells.get(&(memory, at)), Some((_, None)));
                first && self.growth(memory, at, x).is_some()
            }
            // A slot that is read and written at computed places is not known; one that is only read is a table.
            Op::Load(memory, at) => self.cells.contains_key(&(memory, at)),
            Op::LoadAt(memory, ..) => matches!(self.program.memories[memory.index()].owner, Owner::Table(_)),
            _ => true,
        }
    }

    /// What is added to a slot to which this value is stored, if that is the same in each frame.
    fn growth(&self, memory: MemoryId, at: u32, stored: ValueId) -> Option<Growth> {
        let Op::Binary(Binary::IntAdd, x, y) = self.program.inst(stored).op else { return None };
        let is_before = |value: ValueId| self.program.inst(value).op == Op::Load(memory, at);
        let more = if is_before(x) {
            y
        } else if is_before(y) {
            x
        } else {
            return None;
        };
        match self.program.inst(more).op {
            Op::Literal(bits) => Some(Growth::Literal(bits)),
            Op::Constant(constant) => Some(Growth::Constant(constant)),
            _ => None,
        }
    }

    fn of(&self, value: ValueId) -> Operand {
        self.values[value.index()].expect("a valid program makes values before it uses them")
    }

    fn value(&mut self, id: ValueId) {
        let inst = self.program.inst(id);
        let ty = inst.ty.unwrap_or(Type::Real);
        let result = match inst.op {
            Op::Literal(bits) => self.literal(if ty == Type::Bool && bits != 0 { TRUE } else { bits }),
            Op::Constant(constant) => self.number(Number { constant, ty, scaled: false }),
            Op::Unary(op, x) => self.unary(op, x),
            Op::Binary(op, x, y) => self.binary(op, self.of(x), self.of(y)),
            Op::Fma(x, y, z) => {
                let operands = [self.of(x), self.of(y), self.of(z)];
                self.make(Code::Fma, &operands)
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
            Op::LoadAt(memory, index, bound) => {
                let address = self.computed(memory, [Field::Base, Field::Last], index, bound);
                self.fetch(ty, address)
            }
            Op::Frame => {
                self.routine.counts = true;
                Operand::Frame
            }
            Op::Store(memory, at, x) => {
                let stored = self.of(x);
                let stored = self.held(stored);
                match self.cells.get_mut(&(memory, at)) {
                    Some((cell, latest)) => {
                        let cell = *cell;
                        *latest = Some(stored);
                        let stored =
                            if self.routine.along == Along::Time { self.ahead(cell, memory, at, x) } else { stored };
                        self.push(Code::Keep(cell), None, &[stored]);
                    }
                    None => {
                        let address = self.fixed(memory, at);
                        self.put(x, address, stored);
                    }
                }
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
        let growth = self.growth(memory, at, stored).unwrap_or(Growth::None);
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

    fn unary(&mut self, op: Unary, x: ValueId) -> Operand {
        let x = self.of(x);
        match op {
            Unary::Neg => {
                let sign = self.literal(1 << 63);
                self.make(Code::Xor, &[x, sign])
            }
            Unary::Abs => {
                let magnitude = self.literal(!(1 << 63));
                self.make(Code::And, &[x, magnitude])
            }
            Unary::Not => {
                let ones = self.literal(TRUE);
                self.make(Code::Xor, &[x, ones])
            }
            Unary::Sqrt => self.make(Code::Sqrt, &[x]),
            Unary::Nearest => self.make(Code::Round(0), &[x]),
            Unary::Floor => self.make(Code::Round(1), &[x]),
            Unary::Ceil => self.make(Code::Round(2), &[x]),
            Unary::Trunc => self.make(Code::Round(3), &[x]),
            Unary::ToBits | Unary::FromBits => x,
            Unary::ToInt => self.saturating(x),
            Unary::ToReal => self.make(Code::ToReal, &[x]),
            Unary::Ordinal => self.shift_right(x, 63),
        }
    }

    /// Toward zero; too much is the largest integer, and NaN is 0.
    fn saturating(&mut self, x: Operand) -> Operand {
        let x = self.held(x);
        let raw = self.make(Code::ToInt, &[x]);
        let limit = self.literal(9_223_372_036_854_775_808.0_f64.to_bits());
        let limit = self.held(limit);
        let above = self.make(Code::Compare(Relation::AtMost), &[limit, x]);
        let most = self.literal(i64::MAX as u64);
        let capped = self.make(Code::Blend, &[above, most, raw]);
        let number = self.make(Code::Compare(Relation::Equal), &[x, x]);
        self.make(Code::And, &[capped, number])
    }

    fn binary(&mut self, op: Binary, x: Operand, y: Operand) -> Operand {
        use Binary::*;
        let code = match op {
            Add => Code::Add,
            Sub => Code::Sub,
            Mul => Code::Mul,
            Div => Code::Div,
            Min => Code::Min,
            Max => Code::Max,
            Lt => Code::Compare(Relation::Less),
            Le => Code::Compare(Relation::AtMost),
            Eq => Code::Compare(Relation::Equal),
            IntAdd => Code::IntAdd,
            IntSub => Code::IntSub,
            IntMul => Code::IntMul,
            IntAnd | And => Code::And,
            IntOr | Or => Code::Or,
            IntXor | Xor => Code::Xor,
            IntLt => return self.less(x, y),
            IntLe => {
                let above = self.less(y, x);
                let ones = self.literal(TRUE);
                return self.make(Code::Xor, &[above, ones]);
            }
            IntEq => Code::IntCompare(Relation::Equal),
            IntShl | IntShr | IntSar => return self.shift(op, x, y),
            IntDiv | IntRem => unreachable!("has() says no"),
        };
        self.make(code, &[x, y])
    }

    fn less(&mut self, x: Operand, y: Operand) -> Operand {
        self.make(Code::IntCompare(Relation::Less), &[x, y])
    }

    fn shift_right(&mut self, x: Operand, by: u8) -> Operand {
        self.make(Code::ShrBy(by), &[x])
    }

    fn shift(&mut self, op: Binary, x: Operand, y: Operand) -> Operand {
        if let Operand::Literal(number) = y {
            let by = (self.routine.literals[number as usize] & 63) as u8;
            return match op {
                Binary::IntShl => self.make(Code::ShlBy(by), &[x]),
                Binary::IntShr => self.make(Code::ShrBy(by), &[x]),
                _ if self.routine.width == Width::Eight => self.make(Code::SarBy(by), &[x]),
                _ => {
                    let shifted = self.make(Code::ShrBy(by), &[x]);
                    let sign = self.literal((1 << 63) >> by);
                    self.extended(shifted, sign)
                }
            };
        }
        let below = self.literal(63);
        let by = self.make(Code::And, &[y, below]);
        match op {
            Binary::IntShl => self.make(Code::Shl, &[x, by]),
            Binary::IntShr => self.make(Code::Shr, &[x, by]),
            _ if self.routine.width == Width::Eight => self.make(Code::Sar, &[x, by]),
            _ => {
                let shifted = self.make(Code::Shr, &[x, by]);
                let sign = self.literal(1 << 63);
                let sign = self.make(Code::Shr, &[sign, by]);
                self.extended(shifted, sign)
            }
        }
    }

    /// A number that was shifted right with zeros, with its sign where these are; `sign` is where it came to lie.
    fn extended(&mut self, shifted: Operand, sign: Operand) -> Operand {
        let turned = self.make(Code::Xor, &[shifted, sign]);
        self.make(Code::IntSub, &[turned, sign])
    }

    // Memory in its place.
}
