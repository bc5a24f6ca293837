//! The shape of a program: what its machine code depends on, as one hash. Numbers, lengths and texts are no part of it.

use std::fmt;

use blake3::Hasher;

use super::{Bound, End, Op, Owner, Program, ValueId};

/// Names all programs that one piece of machine code serves.
///
/// In: blocks, operations, literals, fixed places in memory, numbers of constants, memories and faults.
/// Out: the bits of constants, the owners and lengths of memories, the contents of tables, instances, labels, places in
/// the script and what faults say; machine code must not hold any of these. Names of values do not matter either.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeKey([u8; 32]);

impl ShapeKey {
    /// The shape of a valid program.
    pub fn of(program: &Program) -> ShapeKey {
        let mut text = Text { hasher: Hasher::new(), buffer: Vec::with_capacity(CHUNK + 64) };
        let names = names(program);
        text.number(program.channels as usize);
        text.number(program.blocks.len());
        for block in &program.blocks {
            text.number(block.parameters.len());
            for &parameter in &block.parameters {
                text.kind(program, parameter);
            }
            text.number(block.body.len());
            for &value in &block.body {
                text.kind(program, value);
                // Where memory lies is no part of a shape, but that all who run side by side read the same is.
                if let Op::LoadAt(memory, ..) = program.inst(value).op
                    && program.memories.get(memory.index()).is_some_and(|memory| memory.owner == Owner::Feed)
                {
                    text.tag(FEED);
                }
                text.op(&program.inst(value).op, &names);
            }
            text.end(block.end.as_ref(), &names);
        }
        text.hasher.update(&text.buffer);
        ShapeKey(*text.hasher.finalize().as_bytes())
    }
}

impl fmt::Display for ShapeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ShapeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Numbers of values in the order in which they stand.
fn names(program: &Program) -> Vec<u32> {
    let mut names = vec![u32::MAX; program.insts.len()];
    let standing = program.blocks.iter().flat_map(|block| block.parameters.iter().chain(&block.body));
    for (number, value) in standing.enumerate() {
        names[value.index()] = number as u32;
    }
    names
}

/// Before an operation that reads a feed; no operation has this tag.
const FEED: u8 = u8::MAX;

/// Bytes hashed at once.
const CHUNK: usize = 1 << 16;

/// What is hashed: tags and little-endian numbers, each list led by its length.
struct Text {
    hasher: Hasher,
    buffer: Vec<u8>,
}

impl Text {
    fn tag(&mut self, tag: u8) {
        if self.buffer.len() >= CHUNK {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
        self.buffer.push(tag);
    }

    fn number(&mut self, number: usize) {
        self.buffer.extend_from_slice(&(number as u32).to_le_bytes());
    }

    fn value(&mut self, value: ValueId, names: &[u32]) {
        self.number(names[value.index()] as usize);
    }

    fn values(&mut self, values: &[ValueId], names: &[u32]) {
        self.number(values.len());
        values.iter().for_each(|&value| self.value(value, names));
    }

    fn kind(&mut self, program: &Program, value: ValueId) {
        self.tag(program.inst(value).ty.map_or(0, |ty| 1 + ty as u8));
    }

    fn bound(&mut self, bound: Bound) {
        self.tag(match bound {
            Bound::Clamp => 0,
            Bound::Wrap => 1,
            Bound::Quantum => 2,
        });
    }

    fn op(&mut self, op: &Op, names: &[u32]) {
        match *op {
            Op::Parameter => self.tag(0),
            Op::Literal(bits) => {
                self.tag(1);
                self.buffer.extend_from_slice(&bits.to_le_bytes());
            }
            Op::Constant(constant) => {
                self.tag(2);
                self.number(constant.index());
            }
            Op::Unary(unary, _) => {
                self.tag(3);
                self.tag(unary as u8);
            }
            Op::Binary(binary, ..) => {
                self.tag(4);
                self.tag(binary as u8);
            }
            Op::Fma(..) => self.tag(5),
            Op::Select(..) => self.tag(6),
            Op::Load(memory, at) => {
                self.tag(7);
                self.number(memory.index());
                self.number(at as usize);
            }
            Op::LoadAt(memory, _, bound) => {
                self.tag(8);
                self.number(memory.index());
                self.bound(bound);
            }
            Op::Store(memory, at, _) => {
                self.tag(9);
                self.number(memory.index());
                self.number(at as usize);
            }
            Op::StoreAt(memory, _, bound, _) => {
                self.tag(10);
                self.number(memory.index());
                self.bound(bound);
            }
            Op::Frame => self.tag(11),
            Op::Position(axis) => {
                self.tag(12);
                self.tag(axis);
            }
            Op::Beat(ago) => {
                self.tag(14);
                self.tag(ago);
            }
            Op::Tempo => self.tag(15),
            Op::Fault(fault) => {
                self.tag(13);
                self.number(fault.index());
            }
        }
        op.operands().for_each(|operand| self.value(operand, names));
    }

    fn end(&mut self, end: Option<&End>, names: &[u32]) {
        let Some(end) = end else { return self.tag(0) };
        self.tag(match end {
            End::Jump(..) => 1,
            End::Branch(..) => 2,
            End::Return(_) => 3,
        });
        self.values(end.operands(), names);
        for (block, arguments) in end.ways() {
            self.number(block.index());
            self.values(arguments, names);
        }
    }
}
