//! One program's frame as straight vector code on values without number of registers, and what it needs of memory. It knows no processor's registers.

use crate::ir::call::QUANTUM;
use crate::ir::{ConstantId, MemoryId, Type};

/// How many instances one vector holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// 128 bits, as every processor has them.
    Two,
    /// AVX2 with FMA.
    Four,
    /// AVX-512 F and DQ.
    Eight,
}

impl Width {
    /// Instances in a vector.
    pub fn lanes(self) -> usize {
        match self {
            Width::Two => 2,
            Width::Four => 4,
            Width::Eight => 8,
        }
    }

    /// Bytes of a vector.
    pub fn bytes(self) -> usize {
        self.lanes() * size_of::<u64>()
    }
}

/// A value of a routine, one number in each lane.
pub type Virtual = u32;

/// Where an operand comes from: a value, or memory that no instruction of the routine writes while it can be read so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// What an instruction gave.
    Value(Virtual),
    /// A number of the code, by index into [`Routine::literals`].
    Literal(u32),
    /// A number of each instance, by index into [`Routine::constants`], and behind those into [`Routine::mixed`].
    Constant(u32),
    /// A slot of small state, by index into [`Routine::cells`], and behind those into [`Routine::turned`].
    Cell(u32),
    /// An address or a length of a long memory, by index into [`Routine::rings`].
    Ring(u32, Field),
    /// A sample of a window, by index into [`Routine::windows`], and how many frames ahead it is.
    Window(u32, u32),
    /// What all lanes are fed in this frame, by index into [`Routine::feeds`]. It is moved, and nothing else.
    Feed(u32),
    /// The number of the frame.
    Frame,
}

impl Operand {
    /// Whether it is the same in memory until the steps of a frame end.
    pub fn stays(&self) -> bool {
        matches!(self, Operand::Literal(_) | Operand::Constant(_) | Operand::Window(..))
    }
}

/// What is known of a long memory in each lane, in the order in which it lies in the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Address of the first slot for reading.
    Base,
    /// Index of the last slot for reading.
    Last,
    /// Address of the first slot for writing.
    WriteBase,
    /// Index of the last slot for writing.
    WriteLast,
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = 4;
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
}

/// What a vector instruction does. A truth is a lane full of ones, an untruth one of zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    And,
    Or,
    Xor,
    IntAdd,
    IntSub,
    IntMul,
    /// The product of the low halves of both, without sign. Of four lanes only.
    HalfMul,
    /// Quotients and remainders; the third operand is what they are where both others are below 2⁵¹ in all lanes.
    IntDiv,
    IntRem,
    /// Shifts by the second operand, below 64.
    Shl,
    Shr,
    Sar,
    ShlBy(u8),
    ShrBy(u8),
    SarBy(u8),
    Compare(Relation),
    IntCompare(Relation),
    /// First times second plus third.
    Fma,
    /// First times second minus third. Vectors of two have none.
    Fms,
    /// The second where the first is true, else the third.
    Blend,
    Sqrt,
    /// To an integer near, by the processor's number of the direction.
    Round(u8),
    /// To an integer toward zero; what is out of range becomes the least integer.
    ToInt,
    ToReal,
    /// The operand as it is.
    Move,
    /// The even lanes of both operands by turns; or the odd ones.
    Even,
    Odd,
    /// Pairs of lanes of both operands, by the processor's number of the choice.
    Pairs(u8),
    /// This lane becomes the first one; the others hold anything. Of eight lanes both operands are the same.
    Pick(u8),
    /// What lies at the addresses.
    Fetch,
    /// Writes the second operand to the addresses.
    Put,
    /// Writes to a slot of small state.
    Keep(u32),
    /// Writes a sample of a window.
    Lay(u32),
    /// Writes what each frame gives to a feed. Along time only.
    Feed(u32),
    /// Gives a sample of a channel.
    Give(u32),
}

impl Code {
    /// Whether the operands may change places.
    pub fn commutes(self) -> bool {
        use Code::*;
        matches!(self, Add | Mul | And | Or | Xor | IntAdd | IntMul | HalfMul)
            || matches!(self, Compare(Relation::Equal) | IntCompare(Relation::Equal))
    }

    /// Whether three operands become one, in the register of one of them; any one of the three can be read from memory.
    pub fn is_fused(self) -> bool {
        matches!(self, Code::Fma | Code::Fms)
    }

    /// Which operand an instruction can read from memory, if any.
    pub fn memory_operand(self, width: Width) -> Option<usize> {
        use Code::*;
        match self {
            // Whoever makes that code loads what it needs.
            _ if width == Width::Two && self != Move => None,
            ToInt if width == Width::Four => None,
            // It asks whether the second is greater.
            IntCompare(Relation::Less) | Pick(_) if width == Width::Four => Some(0),
            ShlBy(_) | ShrBy(_) | SarBy(_) if width == Width::Four => None,
            Sqrt | Round(_) | ToReal | ToInt | Move | ShlBy(_) | ShrBy(_) | SarBy(_) => Some(0),
            IntDiv | IntRem | Fetch | Put | Keep(_) | Lay(_) | Feed(_) | Give(_) => None,
            Blend => Some(1),
            // Any one of the three; whoever allocates chooses the form.
            Fma | Fms => Some(2),
            _ => Some(1),
        }
    }
}

/// One vector instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub code: Code,
    /// The value that it gives; none for what only writes.
    pub to: Option<Virtual>,
    /// Its operands, from the front.
    pub from: [Option<Operand>; 3],
}

impl Step {
    /// The operands.
    pub fn operands(&self) -> impl Iterator<Item = Operand> + '_ {
        self.from.iter().flatten().copied()
    }

    /// Those of them that are values.
    pub fn values(&self) -> impl Iterator<Item = Virtual> + '_ {
        self.operands().filter_map(|operand| match operand {
            Operand::Value(value) => Some(value),
            _ => None,
        })
    }
}

/// A slot of small state that lies beside those of the other instances while the routine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Whose memory.
    pub memory: MemoryId,
    /// Which slot of it.
    pub at: u32,
    /// What it holds.
    pub ty: Type,
    /// Whether it is written.
    pub stored: bool,
}

/// What is added to the count of a ring to find a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// An Int of the code.
    Literal(u64),
    /// An Int of each instance.
    Constant(ConstantId),
}

/// The slots that a routine reads or writes in a run, one further in each frame: they lie side by side while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Whose slots.
    pub ring: MemoryId,
    /// The slot of small state that counts them; none where they are a quantum, which has a slot for each frame.
    pub head: Option<(MemoryId, u32)>,
    /// Whether that slot is no cell of the routine: it goes on by one for each frame of a run.
    pub counts: bool,
    /// What is added to it, and what is taken away.
    pub terms: Vec<(Term, bool)>,
    /// Whether they are written.
    pub written: bool,
    /// How many more there are than frames in a quantum: what is read further ahead in each frame.
    pub more: u32,
    /// The number of a window that is read: what is written in a frame takes the place of what was read in it.
    pub place_of: Option<u32>,
}

impl Window {
    /// How many slots it shows.
    pub fn frames(&self) -> usize {
        QUANTUM + self.more as usize
    }
}

/// A number of each instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Which one of its program.
    pub constant: ConstantId,
    /// What it is.
    pub ty: Type,
    /// Whether it is taken once for each lane: what is added from frame to frame, where lanes are frames.
    pub scaled: bool,
}

/// A slot of small state of each of some equal recursions, one in each lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// What they hold.
    pub ty: Type,
    /// Where they are, lane after lane; the lanes behind them hold nothing.
    pub slots: Vec<(MemoryId, u32)>,
    /// How many other recursions these need, one after the other.
    pub level: u32,
}

/// A number of each of some equal recursions, one in each lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mixed {
    /// What they are.
    pub ty: Type,
    /// Which ones, lane after lane; the lanes behind them hold anything.
    pub constants: Vec<ConstantId>,
}

/// What the lanes of a vector are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Along {
    /// Instances.
    Instances,
    /// Frames of one instance, one after the other.
    Time,
}

/// What is added to a slot of small state in each frame, where it is known for all frames before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Nothing: the slot is only read.
    None,
    /// An Int of each instance.
    Constant(ConstantId),
    /// An Int of the code.
    Literal(u64),
}

/// A program as vector code.
#[derive(Clone, Debug)]
pub struct Routine {
    /// How wide a vector is.
    pub width: Width,
    /// What its lanes are.
    pub along: Along,
    /// In order.
    pub steps: Vec<Step>,
    /// How many values there are.
    pub values: u32,
    /// Numbers of the code.
    pub literals: Vec<u64>,
    /// Numbers of each instance that are used.
    pub constants: Vec<Number>,
    /// Slots that are gathered before the frames and spread again after them.
    pub cells: Vec<Cell>,
    /// Of vectors along time slots that wait for the frame before.
    pub turned: Vec<Turned>,
    /// Vectors behind those that are handed over from one vector of frames to the next.
    pub carried: usize,
    /// How many recursions these are of.
    pub recursions: usize,
    /// Of vectors along time numbers of what waits for the frame before.
    pub mixed: Vec<Mixed>,
    /// Memories that are read and written where they are.
    pub rings: Vec<MemoryId>,
    /// The furthest slot of a ring that is named at a fixed place.
    pub furthest: u32,
    /// Memories that are read, or along time written, at the number of the frame, the same for all instances.
    pub feeds: Vec<MemoryId>,
    /// What is read and written of rings whose slots are known before the first frame.
    pub windows: Vec<Window>,
    /// Of vectors along time how each cell grows.
    pub growth: Vec<Growth>,
    /// Samples in a frame.
    pub channels: u32,
    /// Whether it asks for the number of the frame.
    pub counts: bool,
}

impl Routine {
    /// Vectors of small state that its steps name.
    pub fn held(&self) -> usize {
        self.cells.len() + self.turned.len() + self.carried
    }

    /// Whether it needs nothing of what was before its frames, nor when they are.
    pub fn is_stateless(&self) -> bool {
        self.held() == 0 && !self.counts
    }

    /// Registers that no value lives in: instructions that take several need them.
    pub fn spares(&self, accumulates: bool) -> usize {
        let several = |step: &Step| matches!(step.code, Code::Fetch | Code::IntDiv | Code::IntRem);
        if self.steps.iter().any(several) { 2 } else { usize::from(accumulates) }
    }
}
