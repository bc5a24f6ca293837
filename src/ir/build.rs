//! Makes a program, one value after the other, folding what is known. It decides nothing about order or memory layout beyond what it is told.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::certain;
use super::structure::Made;
use super::value::{B, F, I};
use super::{
    Binary, Block, BlockId, Constant, ConstantId, End, Inst, InstanceId, MemoryId, Op, Program, Source, Type, Unary,
    ValueId, eval,
};

/// A program under construction, and the block that grows.
///
/// All methods take `&self`, so that values can carry a reference and be written as formulas.
pub struct Builder {
    pub(super) program: RefCell<Program>,
    current: Cell<BlockId>,
    pub(super) index: RefCell<Index>,
    limit: usize,
    overflow: Cell<bool>,
}

/// What is looked up while building.
#[derive(Clone, Default)]
pub(super) struct Index {
    /// Pure operations already made in the current block: asking again gives the same value.
    seen: HashMap<(Op, Type), ValueId>,
    /// Where the small state of an instance is.
    pub cells: HashMap<InstanceId, MemoryId>,
    /// The calls that made instances with state.
    pub calls: Vec<Made>,
    /// The helpers that values come from.
    pub givers: HashMap<ValueId, Option<InstanceId>>,
    /// Where the sandbox is, if it is used.
    pub sandbox: Option<MemoryId>,
}

/// A place to come back to, from [`Builder::mark`].
#[derive(Clone)]
pub struct Mark {
    program: Program,
    current: BlockId,
    index: Index,
}

impl Builder {
    /// An empty program with an open first block. `limit` is the number of instructions beyond which
    /// [`Builder::is_full`] says so; whoever builds must then stop.
    pub fn new(limit: usize) -> Builder {
        let program = Program { blocks: vec![Block::default()], ..Program::default() };
        Builder {
            program: RefCell::new(program),
            current: Cell::new(BlockId::new(0)),
            index: RefCell::default(),
            limit,
            overflow: Cell::new(false),
        }
    }

    /// Whether the program has outgrown its limit.
    pub fn is_full(&self) -> bool {
        self.overflow.get()
    }

    /// Ends the last block with the channels of the frame, and gives the program.
    pub fn finish(&self, channels: &[F<'_>]) -> Program {
        let values = channels.iter().map(|channel| channel.id()).collect::<Vec<_>>();
        self.program.borrow_mut().channels = values.len() as u32;
        self.end(End::Return(values));
        self.know();
        self.program.take()
    }

    // Blocks.

    /// A new block with typed parameters; it is not entered.
    pub fn block(&self, parameters: &[Type]) -> (BlockId, Vec<ValueId>) {
        let mut program = self.program.borrow_mut();
        let block = BlockId::new(program.blocks.len());
        let mut values = Vec::with_capacity(parameters.len());
        for &ty in parameters {
            values.push(ValueId::new(program.insts.len()));
            program.insts.push(Inst { op: Op::Parameter, ty: Some(ty) });
        }
        program.blocks.push(Block { parameters: values.clone(), ..Block::default() });
        (block, values)
    }

    /// Adds a parameter to a block that nothing jumps to yet.
    pub fn parameter(&self, block: BlockId, ty: Type) -> ValueId {
        let mut program = self.program.borrow_mut();
        let value = ValueId::new(program.insts.len());
        program.insts.push(Inst { op: Op::Parameter, ty: Some(ty) });
        program.blocks[block.index()].parameters.push(value);
        value
    }

    /// Goes on in another block.
    pub fn enter(&self, block: BlockId) {
        self.current.set(block);
        self.index.borrow_mut().seen.clear();
    }

    /// The block that grows.
    pub fn current(&self) -> BlockId {
        self.current.get()
    }

    /// Ends the block that grows, unless it has ended already.
    pub fn end(&self, end: End) {
        let mut program = self.program.borrow_mut();
        let block = &mut program.blocks[self.current.get().index()];
        if block.end.is_none() {
            block.end = Some(end);
        }
    }

    /// Remembers everything, so that a trial can be undone.
    pub fn mark(&self) -> Mark {
        let index = self.index.borrow().clone();
        Mark { program: self.program.borrow().clone(), current: self.current.get(), index }
    }

    /// Goes back to a mark. Values made since must not be used.
    pub fn rewind(&self, mark: Mark) {
        *self.program.borrow_mut() = mark.program;
        self.current.set(mark.current);
        *self.index.borrow_mut() = mark.index;
    }

    // Values.

    /// The type of a value; statements have none.
    pub fn type_of(&self, value: ValueId) -> Option<Type> {
        self.program.borrow().insts[value.index()].ty
    }

    /// The bits of a value that is known now.
    pub fn known(&self, value: ValueId) -> Option<u64> {
        let program = self.program.borrow();
        match program.insts[value.index()].op {
            Op::Literal(bits) => Some(bits),
            Op::Constant(id) => match program.constants[id.index()].source {
                Source::Bits(bits) => Some(bits),
                Source::Seed(..) => None,
            },
            _ => None,
        }
    }

    /// Whether a Real is certainly a number, and no infinite one, in every frame.
    pub fn is_finite(&self, value: ValueId) -> bool {
        certain::is_finite(&self.program.borrow(), value)
    }

    /// A number of the formula: part of the code.
    pub fn literal(&self, ty: Type, bits: u64) -> ValueId {
        self.pure(Op::Literal(eval::written(ty, bits)), ty)
    }

    /// A number of the script: data. Never merged with an equal one, so that the shape does not depend on values.
    pub fn constant(&self, ty: Type, source: Source) -> ValueId {
        let source = match source {
            Source::Bits(bits) => Source::Bits(eval::written(ty, bits)),
            Source::Seed(..) => source,
        };
        let id = {
            let mut program = self.program.borrow_mut();
            program.constants.push(Constant { ty, source });
            ConstantId::new(program.constants.len() - 1)
        };
        self.push(Op::Constant(id), Some(ty))
    }

    /// One operand.
    pub fn unary(&self, op: Unary, x: ValueId) -> ValueId {
        let (from, to) = eval::unary_type(op);
        debug_assert_eq!(self.type_of(x), Some(from), "{op:?}");
        match self.known(x) {
            Some(bits) => self.folded(&[x], to, eval::unary(op, bits)),
            None => self.pure(Op::Unary(op, x), to),
        }
    }

    /// Two operands.
    pub fn binary(&self, op: Binary, x: ValueId, y: ValueId) -> ValueId {
        let (from, to) = eval::binary_type(op);
        debug_assert_eq!((self.type_of(x), self.type_of(y)), (Some(from), Some(from)), "{op:?}");
        match (self.known(x), self.known(y)) {
            (Some(a), Some(b)) => self.folded(&[x, y], to, eval::binary(op, a, b)),
            _ => self.pure(Op::Binary(op, x, y), to),
        }
    }

    /// First times second plus third, rounded once.
    pub fn fma(&self, x: ValueId, y: ValueId, z: ValueId) -> ValueId {
        match (self.known(x), self.known(y), self.known(z)) {
            (Some(a), Some(b), Some(c)) => self.folded(&[x, y, z], Type::Real, eval::fma(a, b, c)),
            _ => self.pure(Op::Fma(x, y, z), Type::Real),
        }
    }

    /// The second where the first holds, else the third; both of one type.
    pub fn select(&self, condition: ValueId, yes: ValueId, no: ValueId) -> ValueId {
        let ty = self.type_of(yes).expect("a select chooses between values");
        debug_assert_eq!(self.type_of(condition), Some(Type::Bool));
        debug_assert_eq!(self.type_of(no), Some(ty));
        match (self.known(condition), self.known(yes), self.known(no)) {
            (Some(c), Some(a), Some(b)) => self.folded(&[condition, yes, no], ty, if c != 0 { a } else { b }),
            _ => self.pure(Op::Select(condition, yes, no), ty),
        }
    }

    /// The number of this frame.
    pub fn frame(&self) -> ValueId {
        self.pure(Op::Frame, Type::Int)
    }

    /// A coordinate of the listener.
    pub fn position(&self, axis: u8) -> ValueId {
        self.pure(Op::Position(axis), Type::Real)
    }

    /// Where the transport is, in beats: in this frame (0) or in the one before (1).
    pub fn beat(&self, ago: u8) -> ValueId {
        self.pure(Op::Beat(ago), Type::Real)
    }

    /// Beats per minute.
    pub fn tempo(&self) -> ValueId {
        self.pure(Op::Tempo, Type::Real)
    }

    // Formulas.

    /// A Real value as an operand of formulas.
    pub fn real(&self, id: ValueId) -> F<'_> {
        debug_assert_eq!(self.type_of(id), Some(Type::Real));
        F::new(self, id)
    }

    /// An Int value as an operand of formulas.
    pub fn int(&self, id: ValueId) -> I<'_> {
        debug_assert_eq!(self.type_of(id), Some(Type::Int));
        I::new(self, id)
    }

    /// A Bool value as an operand of formulas.
    pub fn bool(&self, id: ValueId) -> B<'_> {
        debug_assert_eq!(self.type_of(id), Some(Type::Bool));
        B::new(self, id)
    }

    /// A number of the script.
    pub fn number(&self, value: f64) -> F<'_> {
        F::new(self, self.constant(Type::Real, Source::Bits(value.to_bits())))
    }

    // Pushing.

    /// A value computed now. It is data if any operand was, else part of the code.
    fn folded(&self, operands: &[ValueId], ty: Type, bits: u64) -> ValueId {
        let data = operands.iter().any(|&x| matches!(self.program.borrow().insts[x.index()].op, Op::Constant(_)));
        if data { self.constant(ty, Source::Bits(bits)) } else { self.literal(ty, bits) }
    }

    fn pure(&self, op: Op, ty: Type) -> ValueId {
        if let Some(&value) = self.index.borrow().seen.get(&(op, ty)) {
            return value;
        }
        let value = self.push(op, Some(ty));
        self.index.borrow_mut().seen.insert((op, ty), value);
        value
    }

    pub(super) fn push(&self, op: Op, ty: Option<Type>) -> ValueId {
        let mut program = self.program.borrow_mut();
        let value = ValueId::new(program.insts.len());
        program.insts.push(Inst { op, ty });
        let block = self.current.get().index();
        program.blocks[block].body.push(value);
        if program.insts.len() > self.limit {
            self.overflow.set(true);
        }
        value
    }
}
