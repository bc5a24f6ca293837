//! Takes a program apart where its voices were found: what runs before them, they themselves, and the rest. It finds none.

use std::collections::HashMap;

use super::split::{Group, Member, Parts, Split, Start};
use super::sums::Sum;
use super::units::is_free;
use crate::ir::call::QUANTUM;
use crate::ir::{Block, Bound, End, Inst, Memory, MemoryId, Op, Owner, Program, ShapeKey, Type, ValueId, prune};

impl Parts<'_> {
    /// What runs before the voices.
    fn before(&self) -> Option<Program> {
        if self.feeds.is_empty() {
            return None;
        }
        Some(self.writing(|value| self.shared[value.index()], self.feeds.iter().copied()))
    }

    /// What computes the values that are kept, and gives no channel: it writes a quantum of each of some to its last memories.
    pub(super) fn writing(&self, keeps: impl Fn(ValueId) -> bool, written: impl Iterator<Item = ValueId>) -> Program {
        let mut program = Program { channels: 0, ..self.program.clone() };
        let frame = ValueId::new(program.insts.len());
        program.insts.push(FRAME);
        let mut body = vec![frame];
        let kept = |value: &&ValueId| is_free(self.program.inst(**value).op) || keeps(**value);
        body.extend(self.block.body.iter().filter(kept));
        for value in written {
            let memory = MemoryId::new(program.memories.len());
            program.memories.push(QUANTUM_OF_SAMPLES);
            program.insts.push(Inst { op: Op::StoreAt(memory, frame, Bound::Quantum, value), ty: None });
            body.push(ValueId::new(program.insts.len() - 1));
        }
        program.blocks = vec![Block { body, end: Some(End::Return(Vec::new())), ..Block::default() }];
        prune(&mut program);
        program
    }

    /// All pieces.
    pub(super) fn cut(self, sums: Vec<Sum>) -> Split {
        let exits = self.exits(&sums);
        let before = self.before();
        let mut rest = self.program.clone();
        let frame = ValueId::new(rest.insts.len());
        rest.insts.push(FRAME);
        let fed = Memory { owner: Owner::Feed, ..QUANTUM_OF_SAMPLES };
        let mut gone = self.shared.clone();
        for feed in &self.feeds {
            gone[feed.index()] = false;
            rest.insts[feed.index()].op = Op::LoadAt(MemoryId::new(rest.memories.len()), frame, Bound::Quantum);
            rest.memories.push(fed);
        }
        let mut groups: Vec<Group> = Vec::new();
        let mut firsts: HashMap<u32, usize> = HashMap::new();
        let mut read = Vec::new();
        for sum in &sums {
            let first = self.part(sum.terms[0]);
            let start = start(self.program, sum);
            let number = *firsts.entry(first).or_insert_with(|| {
                let voices = sum.terms.iter().filter_map(|term| {
                    let part = self.part(*term);
                    self.voice(part, exits.get(&part)?.as_ref()?)
                });
                let (mut programs, members): (Vec<_>, Vec<_>) = voices.unzip();
                let mut voice = programs.swap_remove(0);
                tell_apart(&mut voice, &members);
                let shape = ShapeKey::of(&voice);
                let buffer = rest.memories.len();
                rest.memories.extend(std::iter::repeat_n(fed, voice.channels as usize));
                groups.push(Group { voice, shape, members, sums: Vec::new(), buffer });
                groups.len() - 1
            });
            for part in sum.terms.iter().map(|term| self.part(*term)) {
                self.bodies[&part].iter().for_each(|value| gone[value.index()] = true);
            }
            let group = &mut groups[number];
            let buffer = MemoryId::new(group.buffer + group.sums.len());
            group.sums.push(start);
            sum.adds.iter().for_each(|add| gone[add.index()] = true);
            if let Some(last) = sum.adds.last() {
                read.push((*last, buffer));
            }
        }
        for (value, buffer) in read {
            gone[value.index()] = false;
            rest.insts[value.index()].op = Op::LoadAt(buffer, frame, Bound::Quantum);
        }
        let body = &mut rest.blocks[0].body;
        body.retain(|value| !gone[value.index()]);
        body.insert(0, frame);
        prune(&mut rest);
        Split { before, feeds: self.feeds.len(), groups, rest, given: Vec::new() }
    }
}

/// The number of the frame.
pub(super) const FRAME: Inst = Inst { op: Op::Frame, ty: Some(Type::Int) };

/// What is written of each frame of a quantum.
const QUANTUM_OF_SAMPLES: Memory = Memory { owner: Owner::Scratch, len: QUANTUM as u32 };

/// What a sum begins with. A first term that is a voice's is a term like the others.
fn start(program: &Program, sum: &Sum) -> Start {
    match sum.base.map(|base| program.inst(base).op) {
        Some(Op::Literal(bits)) => Start::Literal(bits),
        Some(Op::Constant(constant)) => Start::Constant(constant),
        _ => Start::Nothing,
    }
}

/// Of what voices are fed only that is a feed which is the same for all; the rest lies in another place for each.
pub(super) fn tell_apart(voice: &mut Program, members: &[Member]) {
    for (number, memory) in voice.memories.iter_mut().enumerate() {
        let of = |member: &Member| member.memories[number];
        if memory.owner == Owner::Feed && members.iter().any(|member| of(member) != of(&members[0])) {
            memory.owner = Owner::Scratch;
        }
    }
}
