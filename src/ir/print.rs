//! A program as text for people and for tests: complete, and the same for equal programs. Nothing reads it back.

use std::fmt::{self, Display, Formatter, Write};

use super::{
    Binary, Block, BlockId, Bound, Constant, ConstantId, End, FaultId, Heard, Instance, InstanceId, Line, Memory,
    MemoryId, Op, Owner, Place, Program, Source, Type, Unary, ValueId, Whom,
};

/// Numbers of a table that are shown.
const SHOWN: usize = 8;

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} channels", self.channels)?;
        for (index, constant) in self.constants.iter().enumerate() {
            writeln!(f, "{}: {constant}", ConstantId::new(index))?;
        }
        for (index, memory) in self.memories.iter().enumerate() {
            writeln!(f, "{}: {memory}", MemoryId::new(index))?;
        }
        for (index, numbers) in self.tables.iter().enumerate() {
            write!(f, "table {index}:")?;
            for number in numbers.iter().take(SHOWN) {
                write!(f, " {number:?}")?;
            }
            f.write_str(if numbers.len() > SHOWN { " …\n" } else { "\n" })?;
        }
        for (index, heard) in self.heard.iter().enumerate() {
            writeln!(f, "heard {index}: {heard}")?;
        }
        for (index, instance) in self.instances.iter().enumerate() {
            writeln!(f, "{}: {instance}", InstanceId::new(index))?;
        }
        for (index, site) in self.faults.iter().enumerate() {
            writeln!(f, "{}: {:?} at {}", FaultId::new(index), site.message, site.place)?;
        }
        for (index, block) in self.blocks.iter().enumerate() {
            self.block(f, BlockId::new(index), block)?;
        }
        Ok(())
    }
}

impl Program {
    fn block(&self, f: &mut Formatter<'_>, id: BlockId, block: &Block) -> fmt::Result {
        write!(f, "{id}")?;
        for (index, &parameter) in block.parameters.iter().enumerate() {
            f.write_str(if index == 0 { "(" } else { ", " })?;
            write!(f, "{parameter}{}", self.colon(parameter))?;
        }
        f.write_str(if block.parameters.is_empty() { ":\n" } else { "):\n" })?;
        for &value in &block.body {
            self.line(f, value)?;
        }
        match &block.end {
            Some(end) => writeln!(f, "    {end}"),
            None => f.write_str("    open\n"),
        }
    }

    fn line(&self, f: &mut Formatter<'_>, value: ValueId) -> fmt::Result {
        f.write_str("    ")?;
        let Some(inst) = self.insts.get(value.index()) else { return writeln!(f, "{value} = nothing") };
        if let Some(ty) = inst.ty {
            write!(f, "{value}: {ty} = ")?;
            if let Op::Literal(bits) = inst.op {
                return writeln!(f, "{}", Number(ty, bits));
            }
        }
        writeln!(f, "{}", inst.op)
    }

    fn colon(&self, value: ValueId) -> String {
        let ty = self.insts.get(value.index()).and_then(|inst| inst.ty);
        ty.map_or_else(String::new, |ty| format!(": {ty}"))
    }
}

/// 64 bits of a type.
struct Number(Type, u64);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Number(ty, bits) = *self;
        match ty {
            Type::Real if f64::from_bits(bits).is_nan() => write!(f, "nan {bits:#018x}"),
            // The short form compares, which would depend on the processor's mode.
            Type::Real if f64::from_bits(bits).is_subnormal() => write!(f, "{:e}", f64::from_bits(bits)),
            Type::Real => write!(f, "{:?}", f64::from_bits(bits)),
            Type::Int => write!(f, "{}", bits as i64),
            Type::Bool => write!(f, "{}", bits != 0),
        }
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Real => "real",
            Type::Int => "int",
            Type::Bool => "bool",
        })
    }
}

impl Display for Constant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.source {
            Source::Bits(bits) => write!(f, "{} = {}", self.ty, Number(self.ty, bits)),
            Source::Seed(instance, number) => write!(f, "{} = seed {number} of {instance}", self.ty),
        }
    }
}

impl Display for Memory {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.owner {
            Owner::Sandbox => f.write_str("sandbox")?,
            Owner::Cells(instance) => write!(f, "cells of {instance}")?,
            Owner::Line(instance, number) => write!(f, "line {number} of {instance}")?,
            Owner::Table(number) => write!(f, "table {number}")?,
            Owner::Scratch => f.write_str("scratch")?,
            Owner::Feed => f.write_str("feed")?,
            Owner::Heard(number, channel) => write!(f, "channel {channel} of heard {number}")?,
        }
        write!(f, ", {} slots", self.len)
    }
}

impl Display for Heard {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.whom {
            Whom::Signal(name) => write!(f, "{name:?}")?,
            Whom::Mix => f.write_str("the mix")?,
        }
        write!(f, ", {} channels at {}", self.channels, self.place)
    }
}

impl Display for Instance {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.helper)?;
        if let Some(label) = &self.label {
            write!(f, " {label:?}")?;
        }
        write!(f, ", {} channels, {} cells", self.channels, self.cells)?;
        f.write_str(", lines [")?;
        for (index, line) in self.lines.iter().enumerate() {
            write!(f, "{}{line}", if index == 0 { "" } else { ", " })?;
        }
        f.write_str("]")?;
        if !self.phases.is_empty() {
            write!(f, ", phases {:?}", self.phases)?;
        }
        f.write_str(if self.room { ", a room" } else { "" })?;
        write!(f, ", {} seeds at {}", self.seeds, self.place)
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.head {
            Some(head) => write!(f, "{}: {} back, head {head}", self.slots, self.reach),
            None => write!(f, "{}", self.slots),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bound::Clamp => "clamp",
            Bound::Wrap => "wrap",
            Bound::Quantum => "quantum",
        })
    }
}

/// The name of a variant in the words of the printed form: `IntAdd` is `int_add`.
fn words(f: &mut Formatter<'_>, variant: &dyn fmt::Debug) -> fmt::Result {
    for (index, letter) in format!("{variant:?}").char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            f.write_char('_')?;
        }
        f.write_char(letter.to_ascii_lowercase())?;
    }
    Ok(())
}

impl Display for Unary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        words(f, self)
    }
}

impl Display for Binary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        words(f, self)
    }
}

impl Display for Op {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Op::Parameter => f.write_str("parameter"),
            Op::Literal(bits) => write!(f, "{bits:#018x}"),
            Op::Constant(constant) => write!(f, "{constant}"),
            Op::Unary(op, x) => write!(f, "{op} {x}"),
            Op::Binary(op, x, y) => write!(f, "{op} {x}, {y}"),
            Op::Fma(x, y, z) => write!(f, "fma {x}, {y}, {z}"),
            Op::Select(x, y, z) => write!(f, "select {x}, {y}, {z}"),
            Op::Load(memory, at) => write!(f, "load {memory}[{at}]"),
            Op::LoadAt(memory, index, bound) => write!(f, "load {memory}[{bound} {index}]"),
            Op::Store(memory, at, x) => write!(f, "store {memory}[{at}], {x}"),
            Op::StoreAt(memory, index, bound, x) => write!(f, "store {memory}[{bound} {index}], {x}"),
            Op::Frame => f.write_str("frame"),
            Op::Position(axis) => write!(f, "position {axis}"),
            Op::Beat(0) => f.write_str("beat"),
            Op::Beat(ago) => write!(f, "beat -{ago}"),
            Op::Tempo => f.write_str("tempo"),
            Op::Fault(fault) => write!(f, "fault {fault}"),
        }
    }
}

fn list(f: &mut Formatter<'_>, values: &[ValueId]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write!(f, "{value}")?;
    }
    Ok(())
}

impl Display for End {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            End::Jump(..) => f.write_str("jump")?,
            End::Branch(condition, ..) => write!(f, "branch {condition},")?,
            End::Return(values) => {
                f.write_str("return ")?;
                return list(f, values);
            }
        }
        for (index, (block, arguments)) in self.ways().enumerate() {
            write!(f, "{}{block}", if index == 0 { " " } else { ", " })?;
            if !arguments.is_empty() {
                f.write_char('(')?;
                list(f, arguments)?;
                f.write_char(')')?;
            }
        }
        Ok(())
    }
}
