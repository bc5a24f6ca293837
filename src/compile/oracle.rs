//! Executes a program by reading it, instruction by instruction: what every back end must equal, and what plays where there is none. It is not made to be fast.

use std::sync::Arc;

use crate::ir::call::{Call, QUANTUM, Run, Span};
use crate::ir::{BlockId, End, MemoryId, Op, Program, Type, ValueId, Way, eval};

/// A program and room for its values.
pub struct Oracle {
    program: Arc<Program>,
    /// The 64 bits of each value.
    values: Vec<u64>,
    /// What a way gives, before it becomes parameters: they change all at once.
    given: Vec<u64>,
}

impl Oracle {
    /// Makes room for the values of a valid program. Control thread.
    pub fn new(program: Arc<Program>) -> Oracle {
        let most = program.blocks.iter().map(|block| block.parameters.len()).max().unwrap_or(0);
        Oracle { values: vec![0; program.insts.len()], given: vec![0; most], program }
    }

    fn get(&self, value: ValueId) -> u64 {
        self.values[value.index()]
    }

    /// Renders the frame `number` frames after the first.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn frame(&mut self, program: &Program, call: &Call, number: usize) {
        let mut block = BlockId::new(0);
        loop {
            let current = &program.blocks[block.index()];
            for &value in &current.body {
                let inst = program.inst(value);
                // SAFETY: the caller of `run` promises what `compute` asks for.
                self.values[value.index()] = unsafe { self.compute(call, number, inst.op, inst.ty) };
            }
            match &current.end {
                Some(End::Jump(to, arguments)) => block = self.go(program, *to, arguments),
                Some(End::Branch(condition, yes, no)) => {
                    let (to, arguments) = if self.get(*condition) != 0 { yes } else { no };
                    block = self.go(program, *to, arguments);
                }
                Some(End::Return(channels)) => {
                    for (channel, &value) in channels.iter().enumerate() {
                        let sample = f64::from_bits(self.get(value));
                        // SAFETY: the output has QUANTUM frames for each channel.
                        unsafe { call.output.add(channel * QUANTUM + number).write(sample) };
                    }
                    return;
                }
                None => return,
            }
        }
    }

    fn go(&mut self, program: &Program, to: BlockId, arguments: &[ValueId]) -> BlockId {
        for (given, argument) in self.given.iter_mut().zip(arguments) {
            *given = self.values[argument.index()];
        }
        let parameters = &program.blocks[to.index()].parameters;
        for (parameter, given) in parameters.iter().zip(&self.given) {
            self.values[parameter.index()] = *given;
        }
        to
    }

    /// The 64 bits that an operation gives; 0 for statements.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn compute(&self, call: &Call, number: usize, op: Op, ty: Option<Type>) -> u64 {
        // A Bool in memory is true unless it is 0, whatever else was written there.
        let read = |bits: u64| if ty == Some(Type::Bool) { eval::truth(bits != 0) } else { bits };
        match op {
            Op::Parameter => 0,
            Op::Literal(bits) => bits,
            // SAFETY: there is a row for each constant.
            Op::Constant(constant) => unsafe { *call.constants.add(constant.index()) },
            Op::Unary(op, x) => eval::unary(op, self.get(x)),
            Op::Binary(op, x, y) => eval::binary(op, self.get(x), self.get(y)),
            Op::Fma(x, y, z) => eval::fma(self.get(x), self.get(y), self.get(z)),
            Op::Select(condition, yes, no) => self.get(if self.get(condition) != 0 { yes } else { no }),
            // SAFETY: fixed places lie inside their memory.
            Op::Load(memory, at) => read(unsafe { *span(call, memory).base.add(at as usize) }),
            Op::LoadAt(memory, index, bound) => {
                // SAFETY: the bound keeps the place inside the memory.
                let span = unsafe { span(call, memory) };
                read(unsafe { *span.base.add(eval::place(bound, self.get(index), span.last)) })
            }
            Op::Store(memory, at, x) => {
                // SAFETY: fixed places lie inside their memory.
                unsafe { *span(call, memory).base.add(at as usize) = self.get(x) };
                0
            }
            Op::StoreAt(memory, index, bound, x) => {
                // SAFETY: the bound keeps the place inside the memory.
                let span = unsafe { span(call, memory) };
                unsafe { *span.write_base.add(eval::place(bound, self.get(index), span.write_last)) = self.get(x) };
                0
            }
            Op::Frame => call.frame.wrapping_add(number as u64),
            // SAFETY: a position has three coordinates.
            Op::Position(axis) => unsafe { (*call.position.add(axis as usize)).to_bits() },
            // SAFETY: the position of the frame before the first stands in front of all others.
            Op::Beat(ago) => unsafe { (*call.beats.add(number + 1 - usize::from(ago))).to_bits() },
            Op::Tempo => call.tempo.to_bits(),
            Op::Fault(fault) => {
                // SAFETY: there is a counter for each fault.
                unsafe { *call.faults.add(fault.index()) += 1 };
                0
            }
        }
    }
}

/// Where a memory lies.
///
/// # Safety
/// The memory is one of the program's.
unsafe fn span(call: &Call, memory: MemoryId) -> Span {
    // SAFETY: there is a span for each memory.
    unsafe { *call.spans.add(memory.index()) }
}

impl Run for Oracle {
    unsafe fn run(&mut self, call: &Call) {
        let program = Arc::clone(&self.program);
        for number in 0..call.frames as usize {
            // SAFETY: passed on from the caller.
            unsafe { self.frame(&program, call, number) };
        }
    }

    fn code_bytes(&self) -> usize {
        0
    }

    fn way(&self) -> Way {
        Way::Oracle
    }
}
