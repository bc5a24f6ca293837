//! Checks that a program is one: whoever executes it relies on this list and checks nothing itself. It repairs nothing.
//!
//! * There is a first block, it has no parameters, and every block has an end.
//! * All numbers of values, blocks, constants, memories, tables, instances, faults and axes are in range.
//! * A value stands in one block only, once: parameters in the list of parameters, all else in the body.
//! * Operands are values of the types that [`eval`] names; a statement gives no value, everything else gives one.
//! * Where a frame can go, a value is made before it is used, whichever way the frame came.
//! * A way into a block gives each of its parameters one value of its type; a branch asks a Bool.
//! * A return gives as many values as the program has channels, all Real.
//! * A Bool that is written down is 0 or 1; a seed is an Int and one of those that its instance counts.
//! * A fixed place lies inside its memory; a computed one is in a memory of at least one slot, and [`Bound::Wrap`] in one
//!   whose length is a power of two, [`Bound::Quantum`] in one of a quantum.
//! * Nothing stores to a table, nor to what is heard; what is read from either is Real. A table has the length of its
//!   contents, and what is heard is a quantum of a channel that there is.
//! * Cells and lines have the lengths that their instance counts; each owner but [`Owner::Scratch`] and
//!   [`Owner::Table`] has one memory.

use std::collections::HashSet;
use std::fmt;

use super::call::QUANTUM;
use super::dominance::Dominance;
use super::{BlockId, Bound, ConstantId, End, InstanceId, MemoryId, Op, Owner, Program, Source, Type, ValueId, eval};

/// A rule that a program breaks: always a mistake of whoever made the program, never of a performer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where it shows: `v3`, `b1`, `m0`, or `program`.
    pub at: String,
    /// Which rule, in the words of the list.
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.rule)
    }
}

/// All rules that a program breaks; none if it is valid.
///
/// Order of values is checked only in programs that break nothing else.
pub fn verify(program: &Program) -> Vec<Violation> {
    let mut verifier = Verifier { program, found: Vec::new(), home: vec![None; program.insts.len()] };
    verifier.memories();
    verifier.instances();
    verifier.constants();
    verifier.places();
    verifier.operations();
    verifier.ends();
    if verifier.found.is_empty() {
        verifier.order();
    }
    verifier.found
}

struct Verifier<'p> {
    program: &'p Program,
    found: Vec<Violation>,
    /// Block and place of each value that stands somewhere; parameters have place 0, the body follows.
    home: Vec<Option<(BlockId, u32)>>,
}

impl Verifier<'_> {
    fn report(&mut self, at: impl fmt::Display, rule: impl Into<String>) {
        self.found.push(Violation { at: at.to_string(), rule: rule.into() });
    }

    fn demand(&mut self, holds: bool, at: impl fmt::Display, rule: impl FnOnce() -> String) {
        if !holds {
            self.report(at, rule());
        }
    }

    // Tables.

    fn memories(&mut self) {
        let mut owners = HashSet::new();
        for (index, memory) in self.program.memories.iter().enumerate() {
            let id = MemoryId::new(index);
            let expected = match memory.owner {
                Owner::Sandbox | Owner::Scratch => Some(memory.len),
                Owner::Feed => Some(QUANTUM as u32),
                Owner::Table(number) => self.program.tables.get(number as usize).map(|table| table.len() as u32),
                Owner::Heard(number, channel) => {
                    let heard = self.program.heard.get(number as usize);
                    heard.filter(|heard| channel < heard.channels).map(|_| QUANTUM as u32)
                }
                Owner::Cells(instance) => self.program.instances.get(instance.index()).map(|instance| instance.cells),
                Owner::Line(instance, number) => {
                    let instance = self.program.instances.get(instance.index());
                    instance.and_then(|instance| instance.lines.get(number as usize).map(|line| line.slots))
                }
            };
            match expected {
                None => self.report(id, "its owner does not exist"),
                Some(len) => {
                    self.demand(len == memory.len, id, || format!("its length is {}, its owner says {len}", memory.len))
                }
            }
            let shared = matches!(memory.owner, Owner::Scratch | Owner::Table(_) | Owner::Feed);
            let single = shared || owners.insert(memory.owner);
            self.demand(single, id, || "its owner has another memory".into());
        }
    }

    fn instances(&mut self) {
        for (index, instance) in self.program.instances.iter().enumerate() {
            let heads = instance.lines.iter().filter_map(|line| line.head);
            let holds = heads.chain(instance.phases.iter().copied()).all(|cell| cell < instance.cells);
            self.demand(holds, InstanceId::new(index), || "a head or a phase is no cell of it".into());
        }
    }

    fn constants(&mut self) {
        for (index, constant) in self.program.constants.iter().enumerate() {
            let id = ConstantId::new(index);
            match constant.source {
                Source::Bits(bits) => {
                    let holds = constant.ty != Type::Bool || bits <= 1;
                    self.demand(holds, id, || "a bool is 0 or 1".into());
                }
                Source::Seed(instance, number) => {
                    let counted = self.program.instances.get(instance.index()).map_or(0, |instance| instance.seeds);
                    let holds = constant.ty == Type::Int && number < counted;
                    self.demand(holds, id, || "a seed is an int that its instance counts".into());
                }
            }
        }
    }

    // Values.

    fn places(&mut self) {
        let program = self.program;
        self.demand(!program.blocks.is_empty(), "program", || "there is no first block".into());
        for (index, block) in program.blocks.iter().enumerate() {
            let id = BlockId::new(index);
            self.demand(index > 0 || block.parameters.is_empty(), id, || "the first block has parameters".into());
            self.demand(block.end.is_some(), id, || "the block has no end".into());
            for &value in &block.parameters {
                self.place(id, value, 0);
            }
            for (place, &value) in block.body.iter().enumerate() {
                self.place(id, value, place as u32 + 1);
            }
        }
    }

    fn place(&mut self, block: BlockId, value: ValueId, place: u32) {
        let Some(inst) = self.program.insts.get(value.index()) else {
            return self.report(block, format!("{value} does not exist"));
        };
        let parameter = inst.op == Op::Parameter;
        self.demand(parameter == (place == 0), value, || "parameters stand before the body, all else in it".into());
        self.demand(self.home[value.index()].is_none(), value, || "it stands twice".into());
        self.home[value.index()] = Some((block, place));
        let gives = inst.ty.is_some();
        self.demand(gives != inst.op.is_statement(), value, || "statements give no value, all else gives one".into());
    }

    /// The type of a value that may not exist.
    fn ty(&self, value: ValueId) -> Option<Type> {
        self.program.insts.get(value.index()).and_then(|inst| inst.ty)
    }

    fn expect(&mut self, at: impl fmt::Display, value: ValueId, ty: Type) {
        let found = self.ty(value);
        let stands = self.home.get(value.index()).is_some_and(Option::is_some);
        self.demand(stands, &at, || format!("{value} stands in no block"));
        self.demand(found == Some(ty) || !stands, &at, || match found {
            Some(found) => format!("{value} is {found}, not {ty}"),
            None => format!("{value} is no value"),
        });
    }

    fn operations(&mut self) {
        for block in &self.program.blocks {
            for &value in &block.body {
                if let Some(inst) = self.program.insts.get(value.index()) {
                    self.operation(value, inst.op, inst.ty);
                }
            }
        }
    }

    fn operation(&mut self, at: ValueId, op: Op, ty: Option<Type>) {
        let mut gives = ty;
        match op {
            Op::Parameter | Op::Load(..) | Op::LoadAt(..) => {}
            Op::Literal(bits) => self.demand(ty != Some(Type::Bool) || bits <= 1, at, || "a bool is 0 or 1".into()),
            Op::Constant(constant) => match self.program.constants.get(constant.index()) {
                Some(row) => gives = Some(row.ty),
                None => self.report(at, format!("{constant} does not exist")),
            },
            Op::Unary(op, x) => {
                let (from, to) = eval::unary_type(op);
                self.expect(at, x, from);
                gives = Some(to);
            }
            Op::Binary(op, x, y) => {
                let (from, to) = eval::binary_type(op);
                self.expect(at, x, from);
                self.expect(at, y, from);
                gives = Some(to);
            }
            Op::Fma(x, y, z) => {
                [x, y, z].into_iter().for_each(|operand| self.expect(at, operand, Type::Real));
                gives = Some(Type::Real);
            }
            Op::Select(condition, yes, no) => {
                self.expect(at, condition, Type::Bool);
                if let Some(ty) = ty {
                    self.expect(at, yes, ty);
                    self.expect(at, no, ty);
                }
            }
            Op::Store(_, _, x) | Op::StoreAt(_, _, _, x) => match self.ty(x) {
                Some(ty) => self.expect(at, x, ty),
                None => self.report(at, format!("{x} is no value")),
            },
            Op::Frame => gives = Some(Type::Int),
            Op::Position(axis) => {
                self.demand(axis < 3, at, || "there are three axes".into());
                gives = Some(Type::Real);
            }
            Op::Beat(ago) => {
                self.demand(ago < 2, at, || "beats are known of this frame and of the one before".into());
                gives = Some(Type::Real);
            }
            Op::Tempo => gives = Some(Type::Real),
            Op::Fault(fault) => {
                let exists = fault.index() < self.program.faults.len();
                self.demand(exists, at, || format!("{fault} does not exist"));
            }
        }
        self.demand(gives == ty, at, || "the operation gives another type".into());
        self.access(at, op, ty);
    }

    fn access(&mut self, at: ValueId, op: Op, ty: Option<Type>) {
        let (id, fixed, computed, stores) = match op {
            Op::Load(memory, place) => (memory, Some(place), None, false),
            Op::LoadAt(memory, index, bound) => (memory, None, Some((index, bound)), false),
            Op::Store(memory, place, _) => (memory, Some(place), None, true),
            Op::StoreAt(memory, index, bound, _) => (memory, None, Some((index, bound)), true),
            _ => return,
        };
        let Some(memory) = self.program.memories.get(id.index()) else {
            return self.report(at, format!("{id} does not exist"));
        };
        if let Some(place) = fixed {
            self.demand(place < memory.len, at, || format!("place {place} is outside {id}, of {} slots", memory.len));
        }
        if let Some((index, bound)) = computed {
            self.expect(at, index, Type::Int);
            self.demand(memory.len > 0, at, || format!("{id} has no slot"));
            let wraps = bound != Bound::Wrap || memory.len.is_power_of_two();
            self.demand(wraps, at, || format!("wrap in {id}, whose length is no power of two"));
            let fits = bound != Bound::Quantum || memory.len == QUANTUM as u32;
            self.demand(fits, at, || format!("frames of a quantum in {id}, which has {} slots", memory.len));
        }
        if let Owner::Table(_) | Owner::Heard(..) = memory.owner {
            self.demand(!stores, at, || format!("a store to {id}, which is only read"));
            self.demand(stores || ty == Some(Type::Real), at, || format!("{id} holds reals"));
        }
        if memory.owner == Owner::Feed {
            self.demand(!stores, at, || format!("a store to {id}, which is only read"));
        }
    }

    // Blocks.

    fn ends(&mut self) {
        let program = self.program;
        for (index, block) in program.blocks.iter().enumerate() {
            let id = BlockId::new(index);
            let Some(end) = &block.end else { continue };
            match end {
                End::Jump(..) => {}
                End::Branch(condition, ..) => self.expect(id, *condition, Type::Bool),
                End::Return(values) => {
                    let channels = program.channels as usize;
                    let rule = || format!("it returns {} values for {channels} channels", values.len());
                    self.demand(values.len() == channels, id, rule);
                    values.iter().for_each(|&value| self.expect(id, value, Type::Real));
                }
            }
            end.ways().for_each(|(to, arguments)| self.way(id, to, arguments));
        }
    }

    fn way(&mut self, from: BlockId, to: BlockId, arguments: &[ValueId]) {
        let Some(target) = self.program.blocks.get(to.index()) else {
            return self.report(from, format!("{to} does not exist"));
        };
        let (given, taken) = (arguments.len(), target.parameters.len());
        self.demand(given == taken, from, || format!("it gives {given} values to {to}, which takes {taken}"));
        for (&argument, &parameter) in arguments.iter().zip(&target.parameters) {
            if let Some(ty) = self.ty(parameter) {
                self.expect(from, argument, ty);
            }
        }
    }

    fn order(&mut self) {
        let program = self.program;
        let dominance = Dominance::new(program);
        for &id in dominance.order() {
            let block = &program.blocks[id.index()];
            for (place, &value) in block.body.iter().enumerate() {
                let here = (id, place as u32 + 1);
                program.inst(value).op.operands().for_each(|used| self.made(&dominance, value, used, here));
            }
            let here = (id, block.body.len() as u32 + 1);
            if let Some(end) = &block.end {
                let given = end.ways().flat_map(|(_, arguments)| arguments);
                end.operands().iter().chain(given).for_each(|&used| self.made(&dominance, id, used, here));
            }
        }
    }

    fn made(&mut self, dominance: &Dominance, at: impl fmt::Display, used: ValueId, here: (BlockId, u32)) {
        let Some((block, place)) = self.home[used.index()] else { return };
        let before = if block == here.0 {
            place < here.1
        } else {
            dominance.reaches(block) && dominance.dominates(block, here.0)
        };
        self.demand(before, at, || format!("{used} is used where it may not have been made"));
    }
}
