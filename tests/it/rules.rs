//! The rules of a program, each broken once: the verifier says which, and where.

use aither::ir::{
    Binary, BlockId, Bound, Builder, Constant, ConstantId, End, FaultId, Inst, MemoryId, Op, Owner, Place, Program,
    Source, Type, Unary, ValueId, verify,
};

fn v(index: usize) -> ValueId {
    ValueId::new(index)
}

fn b(index: usize) -> BlockId {
    BlockId::new(index)
}

/// A program with one of everything.
fn whole() -> Program {
    let builder = Builder::new(100);
    let place = Place { file: 0, line: 1, column: 1 };
    let instance = builder.instance("osc", 1, place);
    let (cells, at) = builder.claim_cell(instance);
    let line = builder.claim_line(instance, 8, 5, at);
    let table = builder.table(&[1.0, 2.0, 3.0]);
    builder.sandbox(4);
    let fault = builder.fault_site(place, "too loud".into());
    let x = builder.number(0.5);
    let seed = builder.int(builder.claim_seed(instance));
    let held = builder.real(builder.load(Type::Real, cells, at));
    let sum = held + x;
    builder.store(cells, at, sum.id());
    let read = builder.real(builder.load_at(Type::Real, table, seed.id(), Bound::Clamp));
    builder.store_at(line, seed.id(), Bound::Wrap, read.id());
    let loud = builder.bool(builder.binary(Binary::Lt, x.id(), sum.id()));
    let (yes, no) = (builder.block(&[]).0, builder.block(&[]).0);
    let (join, given) = builder.block(&[Type::Real]);
    builder.end(End::Branch(loud.id(), (yes, Vec::new()), (no, Vec::new())));
    builder.enter(yes);
    builder.fault(fault);
    let side = builder.real(builder.position(1));
    builder.end(End::Jump(join, vec![side.id()]));
    builder.enter(no);
    builder.end(End::Jump(join, vec![sum.id()]));
    builder.enter(join);
    builder.finish(&[builder.real(given[0])])
}

const WHOLE: &str = "\
1 channels
k0: real = 0.5
k1: int = seed 0 of i0
m0: cells of i0, 1 slots
m1: line 0 of i0, 8 slots
m2: table 0, 3 slots
m3: sandbox, 4 slots
table 0: 1.0 2.0 3.0
i0: osc, 1 channels, 1 cells, lines [8: 5 back, head 0], 1 seeds at 0:1:1
f0: \"too loud\" at 0:1:1
b0:
    v0: real = k0
    v1: int = k1
    v2: real = load m0[0]
    v3: real = add v2, v0
    store m0[0], v3
    v5: real = load m2[clamp v1]
    store m1[wrap v1], v5
    v7: bool = lt v0, v3
    branch v7, b1, b2
b1:
    fault f0
    v10: real = position 1
    jump b3(v10)
b2:
    jump b3(v3)
b3(v8: real):
    return v8
";

#[test]
fn the_program_whose_rules_are_broken_below_is_printed_like_this() {
    assert_eq!(whole().to_string(), WHOLE);
    assert_eq!(verify(&whole()), []);
}

/// Breaks the whole program and compares what the verifier says, one violation a line.
fn broken(expected: &str, harm: impl FnOnce(&mut Program)) {
    let mut program = whole();
    harm(&mut program);
    let found = verify(&program).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(found.join("\n"), expected, "{program}");
    // Printing takes whatever there is.
    assert!(!program.to_string().is_empty());
}

fn op(program: &mut Program, value: usize, op: Op) {
    program.insts[value].op = op;
}

#[test]
fn blocks_have_ends_and_the_first_has_no_parameters() {
    broken("program: there is no first block", |program| program.blocks.clear());
    broken("b2: the block has no end", |program| program.blocks[2].end = None);
    broken("b0: the first block has parameters", |program| {
        program.insts.push(Inst { op: Op::Parameter, ty: Some(Type::Real) });
        program.blocks[0].parameters.push(v(11));
    });
}

#[test]
fn what_is_named_exists() {
    broken("b2: v99 does not exist", |program| program.blocks[2].body.push(v(99)));
    broken("v3: v99 stands in no block\nv3: v99 stands in no block", |program| {
        op(program, 3, Op::Binary(Binary::Add, v(99), v(99)));
    });
    broken("v0: k9 does not exist", |program| op(program, 0, Op::Constant(ConstantId::new(9))));
    broken("v2: m9 does not exist", |program| op(program, 2, Op::Load(MemoryId::new(9), 0)));
    broken("v9: f9 does not exist", |program| op(program, 9, Op::Fault(FaultId::new(9))));
    broken("v10: there are three axes", |program| op(program, 10, Op::Position(3)));
    broken("v10: beats are known of this frame and of the one before", |program| op(program, 10, Op::Beat(2)));
    broken("b2: b9 does not exist", |program| program.blocks[2].end = Some(End::Jump(b(9), Vec::new())));
    broken("m2: its owner does not exist", |program| program.memories[2].owner = Owner::Table(1));
    broken("m1: its owner does not exist", |program| program.instances[0].lines.clear());
}

#[test]
fn a_value_stands_in_one_place() {
    broken("v0: it stands twice", |program| program.blocks[3].body.push(v(0)));
    broken("v8: parameters stand before the body, all else in it\nv8: it stands twice", |program| {
        program.blocks[3].body.push(v(8));
    });
    broken("v4: v3 stands in no block\nv7: v3 stands in no block\nb2: v3 stands in no block", |program| {
        program.blocks[0].body.remove(3);
    });
}

#[test]
fn types_are_as_the_operations_say() {
    broken("v3: v1 is int, not real", |program| op(program, 3, Op::Binary(Binary::Add, v(1), v(0))));
    broken("v3: v4 is no value", |program| op(program, 3, Op::Binary(Binary::Add, v(4), v(0))));
    broken("v1: the operation gives another type", |program| op(program, 1, Op::Constant(ConstantId::new(0))));
    broken("v9: statements give no value, all else gives one\nv9: the operation gives another type", |program| {
        op(program, 9, Op::Frame);
    });
    broken("b0: v0 is real, not bool", |program| {
        program.blocks[0].end = Some(End::Branch(v(0), (b(1), Vec::new()), (b(2), Vec::new())));
    });
    broken("v3: v1 is int, not real\nv3: v7 is bool, not real", |program| {
        op(program, 3, Op::Fma(v(0), v(1), v(7)));
    });
    broken("v2: v0 is real, not bool\nv2: v1 is int, not real", |program| op(program, 2, Op::Select(v(0), v(0), v(1))));
    broken("v4: v4 is no value", |program| op(program, 4, Op::Store(MemoryId::new(0), 0, v(4))));
}

#[test]
fn ways_give_what_blocks_take() {
    broken("b2: it gives 0 values to b3, which takes 1", |program| {
        program.blocks[2].end = Some(End::Jump(b(3), Vec::new()));
    });
    broken("b2: v1 is int, not real", |program| program.blocks[2].end = Some(End::Jump(b(3), vec![v(1)])));
    broken("b3: it returns 1 values for 2 channels", |program| program.channels = 2);
    broken("b3: v1 is int, not real", |program| program.blocks[3].end = Some(End::Return(vec![v(1)])));
}

#[test]
fn values_are_made_before_they_are_used() {
    broken("v2: v3 is used where it may not have been made", |program| {
        op(program, 2, Op::Unary(Unary::Neg, v(3)));
    });
    broken("b3: v10 is used where it may not have been made", |program| {
        program.blocks[3].end = Some(End::Return(vec![v(10)]));
    });
    broken("b2: v10 is used where it may not have been made", |program| {
        program.blocks[2].end = Some(End::Jump(b(3), vec![v(10)]));
    });
}

#[test]
fn what_nobody_reaches_may_use_what_is_not_made() {
    let mut program = whole();
    program.blocks[0].end = Some(End::Jump(b(2), Vec::new()));
    program.blocks[1].end = Some(End::Jump(b(3), vec![v(8)]));
    assert_eq!(verify(&program), []);
}

#[test]
fn bools_are_0_or_1_and_seeds_are_counted() {
    broken("v7: a bool is 0 or 1", |program| op(program, 7, Op::Literal(2)));
    broken("k1: a seed is an int that its instance counts", |program| program.instances[0].seeds = 0);
    broken("k0: a bool is 0 or 1\nv0: the operation gives another type", |program| {
        program.constants[0] = Constant { ty: Type::Bool, source: Source::Bits(2) };
    });
}

#[test]
fn memory_is_kept_within() {
    broken("v2: place 1 is outside m0, of 1 slots", |program| op(program, 2, Op::Load(MemoryId::new(0), 1)));
    broken("v4: place 1 is outside m0, of 1 slots", |program| op(program, 4, Op::Store(MemoryId::new(0), 1, v(3))));
    broken("v5: v0 is real, not int", |program| op(program, 5, Op::LoadAt(MemoryId::new(2), v(0), Bound::Clamp)));
    broken("v5: wrap in m2, whose length is no power of two", |program| {
        op(program, 5, Op::LoadAt(MemoryId::new(2), v(1), Bound::Wrap));
    });
    broken("v5: m3 has no slot", |program| {
        program.memories[3].len = 0;
        op(program, 5, Op::LoadAt(MemoryId::new(3), v(1), Bound::Clamp));
    });
    broken("v6: a store to m2, which is only read", |program| {
        op(program, 6, Op::StoreAt(MemoryId::new(2), v(1), Bound::Clamp, v(5)));
    });
    broken("v4: a store to m2, which is only read", |program| op(program, 4, Op::Store(MemoryId::new(2), 0, v(3))));
    broken("v1: m2 holds reals", |program| op(program, 1, Op::Load(MemoryId::new(2), 0)));
    broken("m0: its length is 1, its owner says 2", |program| program.instances[0].cells = 2);
    broken("m1: its length is 8, its owner says 16", |program| program.instances[0].lines[0].slots = 16);
    broken("m2: its length is 3, its owner says 2", |program| {
        program.tables[0].pop();
    });
    broken("i0: a head or a phase is no cell of it", |program| program.instances[0].lines[0].head = Some(1));
    broken("i0: a head or a phase is no cell of it", |program| program.instances[0].phases.push(1));
    broken("m3: its owner has another memory", |program| program.memories[0].owner = Owner::Sandbox);
}
