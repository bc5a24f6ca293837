//! One program as one Cranelift function: what is loaded before the frames, the loop over them, the blocks of a frame. It chooses no flags and places no code.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{self, AliasRegionData, BlockArg, InstBuilder, MemFlagsData, SigRef, Value};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::cells::{self, Cell};
use crate::ir::call::{Call, QUANTUM, Span};
use crate::ir::dominance::Dominance;
use crate::ir::{BlockId, Bound, End, Inst, MemoryId, Op, Program, Type, ValueId};

/// Bytes of a slot.
const SLOT: i32 = 8;

/// Instructions up to which what is lent is read once before the frames: beyond, there are no registers to hold it, and
/// spilling it costs as much as reading it again.
const HOISTED: usize = 100;

/// How to multiply and add with one rounding.
#[derive(Clone, Copy, Debug)]
pub enum Fuse {
    /// The processor does it.
    Instruction,
    /// The function at this address does it.
    Call(usize),
}

/// Writes a valid program into an empty function that takes the address of a [`Call`].
pub fn translate(program: &Program, builder: &mut FunctionBuilder<'_>, fuse: Fuse, fused: ir::Signature) {
    let dominance = Dominance::new(program);
    let fuse = match fuse {
        Fuse::Instruction => None,
        Fuse::Call(address) => Some((builder.import_signature(fused), address as i64)),
    };
    let mut translator = Translator::new(program, builder, fuse);
    translator.arrive(dominance.order());
    for &block in dominance.order() {
        translator.block(block);
    }
    translator.leave();
    builder.seal_all_blocks();
}

/// How memory is accessed: it never traps, and is aligned.
struct Flags {
    /// What nothing writes during a call: it may be read once, before the frames.
    lent: MemFlagsData,
    /// Memories.
    slots: MemFlagsData,
    /// Samples, which lie in no memory of a program.
    output: MemFlagsData,
    /// Counters, which lie in no memory of a program either.
    faults: MemFlagsData,
}

impl Flags {
    fn new(builder: &mut FunctionBuilder<'_>, hoisted: bool) -> Flags {
        let lent = MemFlagsData::trusted().with_readonly();
        let mut region = |user_id, description: &'static str| {
            let data = AliasRegionData { user_id, description: description.into() };
            let region = builder.func.dfg.alias_regions.insert(data);
            MemFlagsData::trusted().with_alias_region(Some(region))
        };
        Flags {
            lent: if hoisted { lent.with_can_move() } else { lent },
            slots: region(0, "slots"),
            output: region(1, "output"),
            faults: region(2, "faults"),
        }
    }
}

/// Values that hold for the whole call, and the loop over its frames.
struct Frames {
    constants: Value,
    spans: Value,
    output: Value,
    faults: Value,
    position: Value,
    beats: Value,
    call: Value,
    first: Value,
    count: Value,
    /// Frames done; the parameter of `next`.
    number: Value,
    next: ir::Block,
    done: ir::Block,
}

struct Translator<'p, 'a, 'f> {
    program: &'p Program,
    builder: &'a mut FunctionBuilder<'f>,
    flags: Flags,
    frames: Frames,
    /// Signature and address of the function that fuses.
    fuse: Option<(SigRef, i64)>,
    /// Slots that live in registers between the first frame and the last.
    kept: BTreeMap<(MemoryId, u32), (Cell, Variable)>,
    values: Vec<Value>,
    blocks: Vec<ir::Block>,
}

/// How a type stands in a register.
fn register(ty: Type) -> ir::Type {
    match ty {
        Type::Real => F64,
        Type::Int => I64,
        Type::Bool => I8,
    }
}

/// How a type stands in memory.
fn slot(ty: Type) -> ir::Type {
    match ty {
        Type::Real => F64,
        Type::Int | Type::Bool => I64,
    }
}

impl<'p, 'a, 'f> Translator<'p, 'a, 'f> {
    /// Opens the function: loads what is lent and prepares the loop.
    fn new(
        program: &'p Program,
        builder: &'a mut FunctionBuilder<'f>,
        fuse: Option<(SigRef, i64)>,
    ) -> Translator<'p, 'a, 'f> {
        let flags = Flags::new(builder, program.operations() <= HOISTED);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let call = builder.block_params(entry)[0];
        let mut field = |offset: usize| builder.ins().load(I64, flags.lent, call, offset as i32);
        let (constants, spans) = (field(offset_of!(Call, constants)), field(offset_of!(Call, spans)));
        let (output, faults) = (field(offset_of!(Call, output)), field(offset_of!(Call, faults)));
        let (position, first) = (field(offset_of!(Call, position)), field(offset_of!(Call, frame)));
        let (beats, count) = (field(offset_of!(Call, beats)), field(offset_of!(Call, frames)));
        let (next, done) = (builder.create_block(), builder.create_block());
        let number = builder.append_block_param(next, I64);
        let frames =
            Frames { constants, spans, output, faults, position, beats, call, first, count, number, next, done };
        let unset = Value::from_u32(u32::MAX - 1);
        let values = vec![unset; program.insts.len()];
        Translator { program, builder, flags, frames, fuse, kept: BTreeMap::new(), values, blocks: Vec::new() }
    }

    /// Loads the slots that stay in registers, makes the blocks, and starts the loop.
    fn arrive(&mut self, reachable: &[BlockId]) {
        for (key, cell) in cells::kept(self.program) {
            let ty = slot(cell.ty);
            let variable = self.builder.declare_var(ty);
            let (base, offset) = self.fixed(key.0, key.1);
            let held = self.builder.ins().load(ty, self.flags.slots, base, offset);
            self.builder.def_var(variable, held);
            self.kept.insert(key, (cell, variable));
        }
        let zero = self.builder.ins().iconst(I64, 0);
        self.builder.ins().jump(self.frames.next, &[BlockArg::Value(zero)]);
        self.blocks = vec![self.frames.done; self.program.blocks.len()];
        for &id in reachable {
            let block = self.builder.create_block();
            self.blocks[id.index()] = block;
            for &parameter in &self.program.blocks[id.index()].parameters {
                let ty = self.program.inst(parameter).ty.map_or(I64, register);
                self.values[parameter.index()] = self.builder.append_block_param(block, ty);
            }
        }
        self.builder.switch_to_block(self.frames.next);
        self.builder.ins().jump(self.blocks[0], &[]);
    }

    /// Writes the slots in registers back, and returns.
    fn leave(&mut self) {
        self.builder.switch_to_block(self.frames.done);
        for ((memory, at), (cell, variable)) in std::mem::take(&mut self.kept) {
            if cell.stored {
                let held = self.builder.use_var(variable);
                let (base, offset) = self.fixed(memory, at);
                self.builder.ins().store(self.flags.slots, held, base, offset);
            }
        }
        self.builder.ins().return_(&[]);
    }

    fn value(&self, value: ValueId) -> Value {
        self.values[value.index()]
    }

    fn block(&mut self, id: BlockId) {
        let block = &self.program.blocks[id.index()];
        self.builder.switch_to_block(self.blocks[id.index()]);
        let given = if let Some(End::Return(channels)) = &block.end { channels.as_slice() } else { &[] };
        for &value in &block.body {
            let inst = *self.program.inst(value);
            match inst.ty {
                Some(ty) => {
                    self.values[value.index()] = self.compute(inst, ty);
                    self.give(given, value);
                }
                None => self.state(inst.op),
            }
        }
        match &block.end {
            Some(End::Jump(to, arguments)) => {
                let arguments = self.arguments(arguments);
                self.builder.ins().jump(self.blocks[to.index()], &arguments);
            }
            Some(End::Branch(condition, (yes, with), (no, without))) => {
                let (with, without) = (self.arguments(with), self.arguments(without));
                let (yes, no) = (self.blocks[yes.index()], self.blocks[no.index()]);
                let condition = self.value(*condition);
                self.builder.ins().brif(condition, yes, &with, no, &without);
            }
            Some(End::Return(channels)) => {
                // What other blocks made.
                let others = channels.iter().filter(|value| !block.body.contains(value)).collect::<BTreeSet<_>>();
                others.into_iter().for_each(|value| self.give(channels, *value));
                self.finish();
            }
            None => unreachable!("a valid program has no open block"),
        }
    }

    fn arguments(&self, values: &[ValueId]) -> Vec<BlockArg> {
        values.iter().map(|&value| BlockArg::Value(self.value(value))).collect()
    }

    /// Writes a value to the channels that it is given to: where it is made, so that no register waits for the end of the frame.
    fn give(&mut self, channels: &[ValueId], given: ValueId) {
        for (channel, _) in channels.iter().enumerate().filter(|(_, value)| **value == given) {
            let bytes = self.builder.ins().ishl_imm_u(self.frames.number, 3);
            let address = self.builder.ins().iadd(self.frames.output, bytes);
            let offset = (channel * QUANTUM) as i32 * SLOT;
            self.builder.ins().store(self.flags.output, self.values[given.index()], address, offset);
        }
    }

    /// Goes on to the next frame.
    fn finish(&mut self) {
        let Frames { number, count, next, done, .. } = self.frames;
        let number = self.builder.ins().iadd_imm_s(number, 1);
        let more = self.builder.ins().icmp(IntCC::UnsignedLessThan, number, count);
        self.builder.ins().brif(more, next, &[BlockArg::Value(number)], done, &[]);
    }

    // Values.

    fn compute(&mut self, inst: Inst, ty: Type) -> Value {
        match inst.op {
            Op::Parameter => unreachable!("a valid program has no parameter in a body"),
            Op::Literal(bits) => self.literal(ty, bits),
            Op::Constant(constant) => {
                let offset = constant.index() as i32 * SLOT;
                self.lent(ty, self.frames.constants, offset)
            }
            Op::Unary(op, x) => super::arithmetic::unary(self.builder, op, self.values[x.index()]),
            Op::Binary(op, x, y) => {
                super::arithmetic::binary(self.builder, op, self.values[x.index()], self.values[y.index()])
            }
            Op::Fma(x, y, z) => self.fma([self.value(x), self.value(y), self.value(z)]),
            Op::Select(condition, yes, no) => {
                let (condition, yes, no) = (self.value(condition), self.value(yes), self.value(no));
                self.builder.ins().select(condition, yes, no)
            }
            Op::Load(memory, at) => {
                let held = match self.kept.get(&(memory, at)) {
                    Some(&(_, variable)) => self.builder.use_var(variable),
                    None => {
                        let (base, offset) = self.fixed(memory, at);
                        self.builder.ins().load(slot(ty), self.flags.slots, base, offset)
                    }
                };
                self.loaded(ty, held)
            }
            Op::LoadAt(memory, index, bound) => {
                let fields = [offset_of!(Span, base), offset_of!(Span, last)];
                let address = self.computed(memory, fields, index, bound);
                let held = self.builder.ins().load(slot(ty), self.flags.slots, address, 0);
                self.loaded(ty, held)
            }
            Op::Frame => self.builder.ins().iadd(self.frames.first, self.frames.number),
            Op::Position(axis) => self.lent(ty, self.frames.position, i32::from(axis) * SLOT),
            Op::Beat(ago) => {
                let bytes = self.builder.ins().ishl_imm_u(self.frames.number, 3);
                let address = self.builder.ins().iadd(self.frames.beats, bytes);
                self.lent(ty, address, (1 - i32::from(ago)) * SLOT)
            }
            Op::Tempo => self.lent(ty, self.frames.call, offset_of!(Call, tempo) as i32),
            Op::Store(..) | Op::StoreAt(..) | Op::Fault(_) => unreachable!("a statement gives no value"),
        }
    }

    fn literal(&mut self, ty: Type, bits: u64) -> Value {
        match ty {
            Type::Real => self.builder.ins().f64const(f64::from_bits(bits)),
            Type::Int | Type::Bool => self.builder.ins().iconst(register(ty), bits as i64),
        }
    }

    fn lent(&mut self, ty: Type, base: Value, offset: i32) -> Value {
        let held = self.builder.ins().load(slot(ty), self.flags.lent, base, offset);
        self.loaded(ty, held)
    }

    fn loaded(&mut self, ty: Type, held: Value) -> Value {
        match ty {
            Type::Real | Type::Int => held,
            Type::Bool => self.builder.ins().icmp_imm_u(IntCC::NotEqual, held, 0),
        }
    }

    fn fma(&mut self, operands: [Value; 3]) -> Value {
        let [x, y, z] = operands;
        let Some((signature, address)) = self.fuse else { return self.builder.ins().fma(x, y, z) };
        let function = self.builder.ins().iconst(I64, address);
        let call = self.builder.ins().call_indirect(signature, function, &operands);
        self.builder.inst_results(call)[0]
    }

    // Statements.

    fn state(&mut self, op: Op) {
        match op {
            Op::Store(memory, at, x) => {
                let held = self.storable(x);
                match self.kept.get(&(memory, at)) {
                    Some(&(_, variable)) => self.builder.def_var(variable, held),
                    None => {
                        let (base, offset) = self.fixed(memory, at);
                        self.builder.ins().store(self.flags.slots, held, base, offset);
                    }
                }
            }
            Op::StoreAt(memory, index, bound, x) => {
                let held = self.storable(x);
                let fields = [offset_of!(Span, write_base), offset_of!(Span, write_last)];
                let address = self.computed(memory, fields, index, bound);
                self.builder.ins().store(self.flags.slots, held, address, 0);
            }
            Op::Fault(fault) => {
                let offset = fault.index() as i32 * SLOT;
                let count = self.builder.ins().load(I64, self.flags.faults, self.frames.faults, offset);
                let count = self.builder.ins().iadd_imm_s(count, 1);
                self.builder.ins().store(self.flags.faults, count, self.frames.faults, offset);
            }
            _ => unreachable!("only statements give no value"),
        }
    }

    fn storable(&mut self, value: ValueId) -> Value {
        let held = self.value(value);
        match self.program.inst(value).ty {
            Some(Type::Bool) => self.builder.ins().uextend(I64, held),
            _ => held,
        }
    }

    // Addresses.

    fn span(&mut self, memory: MemoryId, field: usize) -> Value {
        let offset = memory.index() * size_of::<Span>() + field;
        self.lent(Type::Int, self.frames.spans, offset as i32)
    }

    fn fixed(&mut self, memory: MemoryId, at: u32) -> (Value, i32) {
        let base = self.span(memory, offset_of!(Span, base));
        match i32::try_from(u64::from(at) * SLOT as u64) {
            Ok(offset) => (base, offset),
            // Too far for an instruction's own offset.
            Err(_) => {
                let distance = self.builder.ins().iconst(I64, i64::from(at) * i64::from(SLOT));
                (self.builder.ins().iadd(base, distance), 0)
            }
        }
    }

    fn computed(&mut self, memory: MemoryId, [base, last]: [usize; 2], index: ValueId, bound: Bound) -> Value {
        let base = self.span(memory, base);
        let index = self.value(index);
        let inside = match bound {
            Bound::Clamp => {
                let last = self.span(memory, last);
                let zero = self.builder.ins().iconst(I64, 0);
                let above = self.builder.ins().smax(index, zero);
                self.builder.ins().smin(above, last)
            }
            Bound::Wrap => {
                let last = self.span(memory, last);
                self.builder.ins().band(index, last)
            }
            Bound::Quantum => self.builder.ins().band_imm_u(index, QUANTUM as i64 - 1),
        };
        let bytes = self.builder.ins().ishl_imm_u(inside, 3);
        self.builder.ins().iadd(base, bytes)
    }
}
