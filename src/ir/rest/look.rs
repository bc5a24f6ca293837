//! One run of a program over what is known of all frames of a span. It writes to no memory of the program.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::moving::{Kind, Moving};
use super::plan::Plan;
use super::value::Value;
use super::{Ahead, Desk, Look, PASSES, Rest};
use crate::ir::call::{Call, Span};
use crate::ir::{Binary, BlockId, End, Inst, MemoryId, Op, Program, Type, ValueId, eval};

/// Whether a program rests; see [`Rest::look`].
///
/// # Safety
/// As there.
pub unsafe fn look(rest: &mut Rest, desk: &mut Desk, call: &Call, ahead: Ahead) -> Look {
    // SAFETY: passed on from the caller.
    let look = unsafe { passes(rest, desk, call, ahead) };
    if look == Look::Stirs {
        // What was found may have been the reason.
        rest.moving.iter_mut().for_each(|moving| moving.growth = 0);
    }
    look
}

/// Runs it until what is assumed is what is found.
///
/// # Safety
/// As for [`look`].
unsafe fn passes(rest: &mut Rest, desk: &mut Desk, call: &Call, ahead: Ahead) -> Look {
    let Rest { program, plan, moving } = rest;
    let whole = desk.fuel == Desk::FUEL;
    for pass in 0..PASSES {
        for moving in moving.iter_mut() {
            // What was found of derived slots in a pass holds in the next one.
            if pass == 0 || moving.kind == Kind::Count {
                // SAFETY: there is a span for each memory, and fixed places lie inside it.
                let bits = unsafe { *span(call, moving.memory).base.add(moving.at as usize) };
                if !moving.assume(bits, ahead.frames) {
                    return Look::Stirs;
                }
            }
            (moving.now, moving.stores) = (moving.assumed, 0);
        }
        let mut walk = Walk { program, plan, moving, desk, call, ahead, changed: false };
        // SAFETY: passed on from the caller.
        let kept = unsafe { walk.frame() };
        match (kept, walk.changed) {
            (Some(true), false) => return Look::Rests,
            (Some(_), true) => {}
            (Some(false), false) => return Look::Stirs,
            // A program that takes more than there ever is turns in circles.
            (None, _) => return if whole { Look::Stirs } else { Look::Later },
        }
    }
    Look::Stirs
}

/// Where a memory lies.
///
/// # Safety
/// The memory is one of the program's.
unsafe fn span(call: &Call, memory: MemoryId) -> Span {
    // SAFETY: there is a span for each memory.
    unsafe { *call.spans.add(memory.index()) }
}

struct Walk<'a> {
    program: &'a Program,
    plan: &'a Plan,
    moving: &'a mut [Moving],
    desk: &'a mut Desk,
    call: &'a Call,
    ahead: Ahead,
    /// Whether a slot was found to move otherwise than it was taken to.
    changed: bool,
}

impl Walk<'_> {
    fn get(&self, value: ValueId) -> Value {
        self.desk.values[value.index()]
    }

    /// Runs a frame. Says whether everything stays and all channels are zero, as far as it was run; nothing if there was no time.
    ///
    /// # Safety
    /// As for [`Rest::look`].
    unsafe fn frame(&mut self) -> Option<bool> {
        let program = self.program;
        let mut block = BlockId::new(0);
        loop {
            let current = &program.blocks[block.index()];
            self.desk.fuel = self.desk.fuel.checked_sub(current.body.len() + 1)?;
            for &id in &current.body {
                // SAFETY: passed on from the caller.
                match unsafe { self.compute(*program.inst(id)) } {
                    Some(value) => self.desk.values[id.index()] = value,
                    None => return Some(false),
                }
            }
            let (to, given) = match current.end.as_ref()? {
                End::Jump(to, given) => (to, given),
                End::Branch(condition, yes, no) => match self.get(*condition) {
                    Value::Known(0) => (&no.0, &no.1),
                    Value::Known(_) => (&yes.0, &yes.1),
                    _ => return Some(false),
                },
                End::Return(channels) => {
                    self.settle();
                    return Some(channels.iter().all(|channel| self.get(*channel).is_zero()));
                }
            };
            for (place, value) in given.iter().enumerate() {
                self.desk.given[place] = self.get(*value);
            }
            for (place, parameter) in program.blocks[to.index()].parameters.iter().enumerate() {
                self.desk.values[parameter.index()] = self.desk.given[place];
            }
            block = *to;
        }
    }

    /// The frame is over: what was not written stays.
    fn settle(&mut self) {
        for moving in self.moving.iter_mut().filter(|moving| moving.stores == 0 && moving.growth != 0) {
            moving.growth = 0;
            self.changed = true;
        }
    }

    /// What an operation gives, 0 for statements; nothing if memory does not stay, or something is to be told.
    ///
    /// # Safety
    /// As for [`Rest::look`].
    unsafe fn compute(&mut self, inst: Inst) -> Option<Value> {
        let ty = inst.ty.unwrap_or(Type::Int);
        let (call, ahead) = (self.call, self.ahead);
        let value = match inst.op {
            Op::Parameter => Value::Known(0),
            Op::Literal(bits) => Value::stored(ty, bits),
            // SAFETY: there is a row for each constant.
            Op::Constant(constant) => Value::stored(ty, unsafe { *call.constants.add(constant.index()) }),
            Op::Unary(op, x) => Value::unary(op, self.get(x)),
            Op::Binary(op, x, y) => Value::binary(op, self.get(x), self.get(y)),
            Op::Fma(x, y, z) => Value::fma(self.get(x), self.get(y), self.get(z)),
            Op::Select(condition, yes, no) => Value::select(ty, self.get(condition), self.get(yes), self.get(no)),
            Op::Load(memory, at) => match self.find(memory, at) {
                Some(number) => self.moving[number].now,
                // SAFETY: fixed places lie inside their memory.
                None => Value::stored(ty, unsafe { *span(call, memory).base.add(at as usize) }),
            },
            Op::LoadAt(memory, index, bound) => match self.get(index) {
                // SAFETY: the bound keeps the place inside the memory.
                Value::Known(index) => Value::stored(ty, unsafe {
                    let span = span(call, memory);
                    *span.base.add(eval::place(bound, index, span.last))
                }),
                _ => match self.plan.tables[memory.index()] {
                    Some(known) if ty == Type::Real => known,
                    _ => Value::all(ty),
                },
            },
            Op::Store(memory, at, x) => {
                match self.find(memory, at) {
                    Some(number) => self.moved(number, x)?,
                    // SAFETY: fixed places lie inside their memory.
                    None => self.stays(unsafe { *span(call, memory).base.add(at as usize) }, x)?,
                }
                Value::Known(0)
            }
            Op::StoreAt(memory, index, bound, x) => {
                let Value::Known(index) = self.get(index) else { return None };
                // SAFETY: the bound keeps the place inside the memory.
                let span = unsafe { span(call, memory) };
                self.stays(unsafe { *span.write_base.add(eval::place(bound, index, span.write_last)) }, x)?;
                Value::Known(0)
            }
            Op::Frame => Value::int(call.frame as i64, call.frame.wrapping_add(ahead.frames - 1) as i64),
            Op::Beat(ago) => {
                // SAFETY: the position of the frame before the first stands in front of all others.
                let first = unsafe { *call.beats.add(1 - usize::from(ago)) };
                Value::real(first, ahead.beat)
            }
            Op::Tempo => Value::stored(ty, call.tempo.to_bits()),
            Op::Position(_) | Op::Fault(_) => return None,
        };
        Some(value)
    }

    /// The number of a slot that may move.
    fn find(&self, memory: MemoryId, at: u32) -> Option<usize> {
        self.moving.binary_search_by_key(&(memory, at), |moving| (moving.memory, moving.at)).ok()
    }

    /// A slot that holds `bits` must hold them on.
    fn stays(&self, bits: u64, stored: ValueId) -> Option<()> {
        matches!(self.get(stored), Value::Known(value) if value == bits).then_some(())
    }

    /// A slot that may move is written.
    fn moved(&mut self, number: usize, stored: ValueId) -> Option<()> {
        let value = self.get(stored);
        let more = self.increment(number, stored);
        let moving = &mut self.moving[number];
        moving.stores += 1;
        moving.now = value;
        if let Kind::Derived(_) = moving.kind {
            if !moving.assumed.holds(value) {
                moving.assumed = moving.assumed.or(moving.ty, value);
                self.changed = true;
            }
            return Some(());
        }
        let growth = match (more, value) {
            _ if moving.stores > 1 => return None,
            (Some(more), _) if more & !SIGN != 0 || moving.ty == Type::Int && more != 0 => more,
            (_, Value::Known(bits)) if moving.growth != 0 || moving.assumed == Value::Known(bits) => 0,
            _ => return None,
        };
        self.changed |= growth != moving.growth;
        moving.growth = growth;
        Some(())
    }

    /// What is added to a slot, if this value is its sum with something that is known.
    fn increment(&self, number: usize, stored: ValueId) -> Option<u64> {
        let Moving { memory, at, .. } = self.moving[number];
        let Op::Binary(Binary::IntAdd | Binary::Add, x, y) = self.chosen(stored) else { return None };
        let more = match (self.chosen(x), self.chosen(y)) {
            (op, _) if op == Op::Load(memory, at) => y,
            (_, op) if op == Op::Load(memory, at) => x,
            _ => return None,
        };
        match self.get(more) {
            Value::Known(bits) => Some(bits),
            _ => None,
        }
    }

    /// What makes a value, behind choices that are known.
    fn chosen(&self, mut value: ValueId) -> Op {
        loop {
            match self.program.inst(value).op {
                Op::Select(condition, yes, no) => match self.get(condition) {
                    Value::Known(known) => value = if known != 0 { yes } else { no },
                    _ => return Op::Select(condition, yes, no),
                },
                op => return op,
            }
        }
    }
}

/// The sign of a Real.
const SIGN: u64 = 1 << 63;
