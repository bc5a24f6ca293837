//! One signal's work for one frame, as data: typed SSA values in blocks, with all memory named and all numbers in a table. It runs nothing.
//!
//! A [`Program`] describes a single frame; whoever executes it repeats it for every frame of a quantum.
//! Numbers of the script are [`Constant`]s, so two programs that differ only in numbers have one [shape](ShapeKey).

use std::collections::HashMap;

pub mod build;
pub mod call;
mod certain;
mod claim;
pub mod dominance;
pub mod entity;
pub mod eval;
mod hash;
pub mod hear;
mod later;
mod local;
mod place;
pub mod print;
pub mod prune;
pub mod rest;
pub mod shape;
pub mod straighten;
pub mod structure;
mod users;
pub mod value;
pub mod verify;
pub mod walk;
pub mod way;

pub use build::Builder;
pub use entity::{BlockId, ConstantId, FaultId, InstanceId, MemoryId, ValueId};
pub use hear::{Heard, Whom};
pub use later::{Later, later};
pub use place::Place;
pub use prune::prune;
pub use shape::ShapeKey;
pub use straighten::straighten;
pub use structure::Structure;
pub use value::{B, F, I};
pub use verify::{Violation, verify};
pub use way::Way;

/// The type of a value: every value is 64 bits wide in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// An IEEE 754 binary64 number.
    Real,
    /// A 64-bit two's complement integer.
    Int,
    /// True or false; 1 or 0 in memory.
    Bool,
}

/// Operations on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// Real: the sign flipped.
    Neg,
    /// Real: the magnitude.
    Abs,
    /// Real: the correctly rounded square root.
    Sqrt,
    /// Real: the largest integer not above.
    Floor,
    /// Real: the smallest integer not below.
    Ceil,
    /// Real: toward zero.
    Trunc,
    /// Real: to the nearest integer, halves to even.
    Nearest,
    /// Bool: the opposite.
    Not,
    /// Real to Int: the same 64 bits.
    ToBits,
    /// Int to Real: the same 64 bits.
    FromBits,
    /// Real to Int: toward zero, saturating, NaN gives 0.
    ToInt,
    /// Int to Real: rounded to nearest even.
    ToReal,
    /// Bool to Int: 0 or 1.
    Ordinal,
}

/// Operations on two values of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// Real sum.
    Add,
    /// Real difference.
    Sub,
    /// Real product.
    Mul,
    /// Real quotient.
    Div,
    /// The left Real where it is less, else the right.
    Min,
    /// The left Real where it is greater, else the right.
    Max,
    /// Real `<`.
    Lt,
    /// Real `<=`.
    Le,
    /// Real `==`.
    Eq,
    /// Int sum, wrapping.
    IntAdd,
    /// Int difference, wrapping.
    IntSub,
    /// Int product, wrapping.
    IntMul,
    /// Int quotient toward zero; a divisor of 0 counts as 1, and the one overflow wraps.
    IntDiv,
    /// Int remainder with the sign of the dividend; a divisor of 0 counts as 1.
    IntRem,
    /// Int bits in both.
    IntAnd,
    /// Int bits in either.
    IntOr,
    /// Int bits in one only.
    IntXor,
    /// Int shifted left by the right value modulo 64.
    IntShl,
    /// Int shifted right by the right value modulo 64, filled with zeros.
    IntShr,
    /// Int shifted right by the right value modulo 64, filled with the sign.
    IntSar,
    /// Int `<`, signed.
    IntLt,
    /// Int `<=`, signed.
    IntLe,
    /// Int `==`.
    IntEq,
    /// Bool and.
    And,
    /// Bool or.
    Or,
    /// Bool exclusive or.
    Xor,
}

/// How an index that is not known before the frame is kept inside its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Below 0 is 0, beyond the end is the last slot. For any length of at least 1.
    Clamp,
    /// Modulo the length, which is a power of two. For rings.
    Wrap,
    /// Modulo [`QUANTUM`](call::QUANTUM), which is the length. For what is made or heard quantum by quantum.
    Quantum,
}

/// What computes a value, or what a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A parameter of the block it stands in.
    Parameter,
    /// A number that is part of the code.
    Literal(u64),
    /// A number from the table of constants.
    Constant(ConstantId),
    /// One operand.
    Unary(Unary, ValueId),
    /// Two operands.
    Binary(Binary, ValueId, ValueId),
    /// First times second plus third, rounded once.
    Fma(ValueId, ValueId, ValueId),
    /// The second where the first holds, else the third. Both are computed.
    Select(ValueId, ValueId, ValueId),
    /// Reads the slot at a fixed place.
    Load(MemoryId, u32),
    /// Reads the slot at a computed place.
    LoadAt(MemoryId, ValueId, Bound),
    /// Writes the slot at a fixed place.
    Store(MemoryId, u32, ValueId),
    /// Writes the third value to the slot at a computed place.
    StoreAt(MemoryId, ValueId, Bound, ValueId),
    /// The number of this frame since the engine started, as Int.
    Frame,
    /// A coordinate (0 to 2) of the listener, as Real.
    Position(u8),
    /// Beats since the beginning, as Real: of this frame (0) or of the frame before (1), which was below 0 before the first one.
    Beat(u8),
    /// Beats per minute, as Real.
    Tempo,
    /// Counts one occurrence of something that the performer should hear of.
    Fault(FaultId),
}

/// One value or statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// The type of the value; `None` for statements.
    pub ty: Option<Type>,
}

/// Where a block goes when it is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// On to another block, with its parameters.
    Jump(BlockId, Vec<ValueId>),
    /// To the first block where the Bool holds, else to the second.
    Branch(ValueId, (BlockId, Vec<ValueId>), (BlockId, Vec<ValueId>)),
    /// The frame is done; one Real per channel.
    Return(Vec<ValueId>),
}

/// A straight run of instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Block {
    /// Values that each way into the block gives.
    pub parameters: Vec<ValueId>,
    /// Values and statements in order, parameters excluded.
    pub body: Vec<ValueId>,
    /// Set when the block is complete.
    pub end: Option<End>,
}

/// A number in the table of constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    /// Its type.
    pub ty: Type,
    /// Where its 64 bits come from.
    pub source: Source,
}

/// Where a constant's bits come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Known when the program is made.
    Bits(u64),
    /// Drawn from the identity of an instance when the program is bound to its memory: key and number.
    Seed(InstanceId, u32),
}

/// A piece of memory that a program reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    /// Whose it is.
    pub owner: Owner,
    /// Slots of 64 bits.
    pub len: u32,
}

/// Whose memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The signal's sandbox, `s.state`.
    Sandbox,
    /// The small state of an instance: phases, filter memories, counts. All channels, one after the other.
    Cells(InstanceId),
    /// A long ring of an instance, by number.
    Line(InstanceId, u32),
    /// Numbers that are only read, by index into [`Program::tables`].
    Table(u32),
    /// Room for arrays of a closure; holds nothing from frame to frame.
    Scratch,
    /// A quantum of one channel of somebody that the program hears, by index into [`Program::heard`]: only read, at the number
    /// of the frame.
    Heard(u32, u32),
    /// A quantum of what another piece of the program gave: only read, at the number of the frame, by whatever runs of it side
    /// by side. Whole programs have none.
    Feed,
}

/// A helper with state, at one place in the signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The helper's name, the middle of its key.
    pub helper: &'static str,
    /// The name that the performer gave it, if any.
    pub label: Option<String>,
    /// How many channels it was expanded to; 1 where all channels share one state.
    pub channels: u32,
    /// Slots of small state, all channels together.
    pub cells: u32,
    /// Its long memories, all channels, one after the other.
    pub lines: Vec<Line>,
    /// The cells that are phases in turns, one for each channel; empty where it keeps none. Phases of different helpers
    /// mean the same.
    pub phases: Vec<u32>,
    /// Whether its slots are the performer's own, to be read and written anywhere: `memory(n)`. It has no others then.
    pub room: bool,
    /// How many seeds it draws from its identity.
    pub seeds: u32,
    /// What it is known by when the program is edited.
    pub structure: Structure,
    /// Where it is written.
    pub place: Place,
}

/// A long memory of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// How many slots; of a ring a power of two.
    pub slots: u32,
    /// How many frames back it was asked to reach; at most `slots`.
    pub reach: u32,
    /// Of a ring, the cell of its instance that counts what was ever written: sample n lies at n modulo `slots`.
    pub head: Option<u32>,
}

/// Something that can go wrong while the signal sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSite {
    /// Where it is written.
    pub place: Place,
    /// What to tell the performer.
    pub message: String,
}

/// One signal's work for one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// Every value and statement; a [`ValueId`] is an index.
    pub insts: Vec<Inst>,
    /// The first block is where a frame starts.
    pub blocks: Vec<Block>,
    /// The numbers that are data.
    pub constants: Vec<Constant>,
    /// The memories that instructions name.
    pub memories: Vec<Memory>,
    /// Contents of tables.
    pub tables: Vec<Vec<f64>>,
    /// Helpers with state, in order of evaluation.
    pub instances: Vec<Instance>,
    /// Whom the program hears.
    pub heard: Vec<Heard>,
    /// What faults say.
    pub faults: Vec<FaultSite>,
    /// How many Reals a frame returns.
    pub channels: u32,
}

impl Program {
    /// The instruction of a value.
    pub fn inst(&self, value: ValueId) -> &Inst {
        &self.insts[value.index()]
    }

    /// Whether it reads where the transport is.
    pub fn reads_beats(&self) -> bool {
        self.insts.iter().any(|inst| matches!(inst.op, Op::Beat(_)))
    }

    /// Whether both give the same samples from the same memory: equal but for the places they are written at, what their
    /// instances are known by, and labels that only one of them has.
    pub fn sounds_like(&self, other: &Program) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        let table = |table: &Vec<f64>| table.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        let bare = |instance: &Instance| Instance {
            label: None,
            place: Place::default(),
            structure: Structure::default(),
            ..instance.clone()
        };
        self.insts == other.insts
            && self.blocks == other.blocks
            && self.constants == other.constants
            && self.memories == other.memories
            && self.channels == other.channels
            && self.hears_as(other)
            && self.tables.iter().map(table).eq(other.tables.iter().map(table))
            && self.instances.iter().map(bare).eq(other.instances.iter().map(bare))
            && self.labels_agree(other)
            && self.faults.iter().map(|site| &site.message).eq(other.faults.iter().map(|site| &site.message))
    }

    /// Whether no label stands at one instance here and at another one there.
    fn labels_agree(&self, other: &Program) -> bool {
        let labelled = |program: &Program| {
            let places = program.instances.iter().enumerate();
            let label = |(place, one): (usize, &Instance)| Some(((one.helper, one.label.clone()?), place));
            places.filter_map(label).collect::<HashMap<_, _>>()
        };
        let (here, there) = (labelled(self), labelled(other));
        let renamed = |(one, other): (&Instance, &Instance)| {
            one.label.is_some() && other.label.is_some() && one.label != other.label
        };
        here.iter().all(|(name, place)| there.get(name).is_none_or(|other| other == place))
            && !self.instances.iter().zip(&other.instances).any(renamed)
    }

    /// How many instructions a frame takes when every block runs once.
    pub fn operations(&self) -> usize {
        self.blocks.iter().map(|block| block.body.len()).sum()
    }
}
