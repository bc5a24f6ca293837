//! Shapes and the code that is shared by them: numbers do not matter, structure does, and what is known is not made again.

use std::sync::Arc;

use aither::compile::{BackEnd, Compiler, Counts, Error};
use aither::diagnostic::{Amount, Size};
use aither::dsp::float::Float;
use aither::ir::{
    BlockId, Bound, Builder, ConstantId, End, F, FaultId, MemoryId, Op, Place, Program, ShapeKey, Source, Type, ValueId,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::lent::Lent;
use crate::random::{self, Flavour};

/// What may differ in a program of one shape.
#[derive(Clone)]
struct Numbers {
    gain: f64,
    flag: bool,
    line: u32,
    table: Vec<f64>,
    helper: &'static str,
    message: &'static str,
    start: u32,
}

fn numbers() -> Numbers {
    let table = vec![1.0, 2.0];
    Numbers { gain: 0.5, flag: true, line: 16, table, helper: "delay", message: "too loud", start: 1 }
}

/// Structure is chosen by `terms`.
fn program(numbers: &Numbers, terms: usize) -> Program {
    let builder = Builder::new(10_000);
    let place = Place { file: 0, line: numbers.start, column: 7 };
    let instance = builder.instance(numbers.helper, 1, place);
    let (cells, at) = builder.claim_cell(instance);
    let line = builder.claim_line(instance, numbers.line, 1, at);
    let table = builder.table(&numbers.table);
    let fault = builder.fault_site(place, numbers.message.into());
    let head = builder.int(builder.load(Type::Int, cells, at));
    builder.store(cells, at, (head + builder.int(builder.literal(Type::Int, 1))).id());
    let gain = builder.number(numbers.gain);
    let flag = builder.bool(builder.constant(Type::Bool, Source::Bits(u64::from(numbers.flag))));
    let read = builder.real(builder.load_at(Type::Real, table, head.id(), Bound::Clamp));
    builder.store_at(line, head.id(), Bound::Wrap, read.id());
    let back = builder.real(builder.load_at(Type::Real, line, head.id(), Bound::Wrap));
    builder.fault(fault);
    let mut sum = Float::select(flag, back * gain, read);
    for _ in 0..terms {
        sum = sum + gain;
    }
    builder.finish(&[sum])
}

fn key(numbers: &Numbers) -> ShapeKey {
    ShapeKey::of(&program(numbers, 1))
}

#[test]
fn numbers_lengths_and_texts_are_no_part_of_the_shape() {
    let shape = key(&numbers());
    let others = [
        Numbers { gain: -1e9, ..numbers() },
        Numbers { flag: false, ..numbers() },
        Numbers { line: 4096, ..numbers() },
        Numbers { table: vec![0.0; 100], ..numbers() },
        Numbers { helper: "echo", ..numbers() },
        Numbers { message: "too quiet", ..numbers() },
        Numbers { start: 99, ..numbers() },
    ];
    for other in others {
        assert_eq!(key(&other), shape);
    }
}

#[test]
fn structure_and_literals_are_the_shape() {
    let build = |formula: &dyn for<'b> Fn(F<'b>) -> F<'b>| {
        let builder = Builder::new(100);
        let x = builder.real(builder.position(0));
        ShapeKey::of(&builder.finish(&[formula(x)]))
    };
    let shapes = [
        build(&|x| x + 1.0),
        build(&|x| x + 2.0),
        build(&|x| x - 1.0),
        build(&|x| x.lit(1.0) - x),
        build(&|x| x.mul_add(x, x)),
        build(&|x| Float::select(x.lt(x), x, x)),
        build(&|x| x.abs()),
        build(&|x| -x),
        ShapeKey::of(&program(&numbers(), 0)),
        ShapeKey::of(&program(&numbers(), 1)),
    ];
    for (index, shape) in shapes.iter().enumerate() {
        assert!(!shapes[..index].contains(shape), "shape {index}");
    }
}

/// Operations that differ from one in a single detail.
fn neighbours(op: Op) -> Vec<Op> {
    let memory = |id: MemoryId| MemoryId::new(id.index() + 1);
    let other = |bound: Bound| if bound == Bound::Wrap { Bound::Clamp } else { Bound::Wrap };
    let of = |value: ValueId| ValueId::new(usize::from(value.index() == 0));
    let mut all = match op {
        Op::Parameter | Op::Frame => vec![Op::Position(0)],
        Op::Literal(bits) => vec![Op::Literal(bits ^ 1), Op::Literal(bits ^ (1 << 63))],
        Op::Constant(row) => vec![Op::Constant(ConstantId::new(row.index() + 1))],
        Op::Unary(kind, x) => {
            random::UNARY.iter().filter(|other| **other != kind).map(|&kind| Op::Unary(kind, x)).collect()
        }
        Op::Binary(kind, x, y) => {
            let kinds = random::BINARY.iter().filter(|other| **other != kind);
            kinds.map(|&kind| Op::Binary(kind, x, y)).collect()
        }
        Op::Fma(x, y, z) => vec![Op::Select(x, y, z)],
        Op::Select(x, y, z) => vec![Op::Fma(x, y, z)],
        Op::Load(id, at) => vec![Op::Load(id, at + 1), Op::Load(memory(id), at)],
        Op::LoadAt(id, x, bound) => vec![Op::LoadAt(id, x, other(bound)), Op::LoadAt(memory(id), x, bound)],
        Op::Store(id, at, x) => vec![Op::Store(id, at + 1, x), Op::Store(memory(id), at, x)],
        Op::StoreAt(id, x, bound, y) => {
            vec![Op::StoreAt(id, x, other(bound), y), Op::StoreAt(memory(id), x, bound, y)]
        }
        Op::Position(axis) => vec![Op::Position(axis + 1)],
        Op::Beat(ago) => vec![Op::Beat(1 - ago), Op::Tempo, Op::Position(ago)],
        Op::Tempo => vec![Op::Beat(0)],
        Op::Fault(id) => vec![Op::Fault(FaultId::new(id.index() + 1))],
    };
    for changed in op.operands().collect::<Vec<_>>() {
        all.push(op.renamed(|value| if value == changed { of(value) } else { value }));
    }
    all
}

/// Ends that differ from one in a single detail.
fn other_ends(end: &End) -> Vec<End> {
    let next = |block: BlockId| BlockId::new(block.index() + 1);
    let of = |value: ValueId| ValueId::new(usize::from(value.index() == 0));
    match end.clone() {
        End::Jump(to, given) => vec![End::Jump(next(to), given.clone()), End::Return(given)],
        End::Branch(condition, yes, no) => vec![
            End::Branch(of(condition), yes.clone(), no.clone()),
            End::Branch(condition, (next(yes.0), yes.1.clone()), no.clone()),
            End::Branch(condition, yes.clone(), (next(no.0), no.1.clone())),
            End::Branch(condition, yes, (no.0, no.1.into_iter().chain([condition]).collect())),
        ],
        End::Return(values) => {
            let changed = values.iter().map(|&value| of(value)).collect();
            vec![End::Return(changed), End::Return(values[1..].to_vec())]
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_detail_of_an_operation_and_of_an_end_is_part_of_the_shape(tape in vec(any::<u32>(), 0..200)) {
        let (mut program, _) = random::program(&tape, Flavour { flushed: false, computed: true, straight: false });
        let shape = ShapeKey::of(&program);
        for value in program.blocks.iter().flat_map(|block| block.body.clone()).collect::<Vec<_>>() {
            let op = program.insts[value.index()].op;
            for changed in neighbours(op) {
                program.insts[value.index()].op = changed;
                prop_assert_ne!(ShapeKey::of(&program), shape, "{} and {}", op, changed);
            }
            program.insts[value.index()].op = op;
        }
        for block in 0..program.blocks.len() {
            let end = program.blocks[block].end.clone();
            for changed in end.iter().flat_map(other_ends) {
                program.blocks[block].end = Some(changed);
                prop_assert_ne!(ShapeKey::of(&program), shape, "the end of block {}\n{}", block, program);
            }
            program.blocks[block].end = end;
        }
        prop_assert_eq!(ShapeKey::of(&program), shape);
    }
}

#[test]
fn values_that_stand_nowhere_do_not_matter() {
    let mut other = program(&numbers(), 1);
    let last = other.insts.len();
    other.insts.push(other.insts[0]);
    // The same place under another name.
    other.blocks[0].body[0] = ValueId::new(last);
    for inst in &mut other.insts {
        inst.op = inst.op.renamed(|value| if value.index() == 0 { ValueId::new(last) } else { value });
    }
    if let Some(End::Return(values)) = &other.blocks[0].end {
        assert!(values.iter().all(|value| value.index() != 0));
    }
    assert_eq!(ShapeKey::of(&other), key(&numbers()));
}

#[test]
fn one_piece_of_code_serves_all_numbers() {
    let mut compiler = Compiler::new(BackEnd::Cranelift, 1 << 20).unwrap();
    for gain in [0.5, 2.0, -3.0] {
        let table = vec![gain; 40];
        let program = Arc::new(program(&Numbers { gain, line: 4 << gain as u32, table, ..numbers() }, 1));
        let mut run = compiler.compile(&program).unwrap();
        let mut lent = Lent::new(&program);
        // The line gives back what was written: gain times gain, plus gain.
        assert_eq!(lent.run(run.as_mut(), 3), [gain * gain + gain; 3]);
        assert_eq!(lent.faults, [3]);
    }
    let statistics = compiler.statistics();
    assert_eq!(statistics.counts, Counts { hits: 2, misses: 1, evictions: 0 });
    assert_eq!((statistics.functions, statistics.idle), (1, 1));
}

#[test]
fn code_that_nobody_uses_is_kept_up_to_a_bound_and_the_oldest_goes_first() {
    let mut compiler = Compiler::new(BackEnd::Cranelift, 8 << 20).unwrap();
    let shape = |terms: usize| Arc::new(program(&numbers(), terms));
    let held = compiler.compile(&shape(0)).unwrap();
    for terms in 1..=300 {
        drop(compiler.compile(&shape(terms)).unwrap());
    }
    let statistics = compiler.statistics();
    assert_eq!(statistics.counts.misses, 301);
    assert!(statistics.idle <= 257 && statistics.functions == statistics.idle + 1, "{statistics:?}");
    assert_eq!(statistics.counts.evictions as usize, 301 - statistics.functions);
    drop(compiler.compile(&shape(300)).unwrap());
    drop(compiler.compile(&shape(0)).unwrap());
    assert_eq!(compiler.statistics().counts.hits, 2);
    drop(compiler.compile(&shape(1)).unwrap());
    assert_eq!(compiler.statistics().counts.misses, 302, "the oldest was kept");

    assert!(held.code_bytes() > 0);
    assert!(compiler.trim() > 0);
    let statistics = compiler.statistics();
    assert_eq!((statistics.functions, statistics.idle), (1, 0));
    drop(held);
    compiler.trim();
    assert_eq!(compiler.statistics().memory.used, 0);
}

#[test]
fn full_code_memory_drops_idle_code_first_and_then_says_how_much_is_missing() {
    let page = Compiler::new(BackEnd::Cranelift, 1).unwrap().statistics().memory.capacity;
    let mut compiler = Compiler::new(BackEnd::Cranelift, page).unwrap();
    let first = compiler.compile(&Arc::new(program(&numbers(), 0))).unwrap();
    let error = compiler.compile(&Arc::new(program(&numbers(), 1))).err().unwrap();
    let text = format!(
        "code memory is full: it needs {page}; {page} of {page} are in use; start with --code-memory {}",
        Size::of(2 * page),
        page = Amount(page as u64),
    );
    assert_eq!(error.to_string(), text);
    assert!(matches!(error, Error::Refused(_)));
    drop(first);
    assert!(compiler.compile(&Arc::new(program(&numbers(), 1))).is_ok());
    assert_eq!(compiler.statistics().counts.evictions, 1);
}

#[test]
fn back_ends_are_named_as_they_are_asked_for() {
    for name in ["auto", "oracle", "cranelift"] {
        assert_eq!(name.parse::<BackEnd>().unwrap().to_string(), name);
    }
    assert_eq!(
        "llvm".parse::<BackEnd>().unwrap_err(),
        "no back end `llvm`; there are auto, oracle, cranelift, simd128, avx2, avx512"
    );
    let compiler = Compiler::new(BackEnd::Oracle, 1).unwrap();
    assert_eq!((compiler.back_end(), compiler.statistics().memory.capacity), (BackEnd::Oracle, 0));
    assert_ne!(Compiler::new(BackEnd::Auto, 1).unwrap().back_end(), BackEnd::Auto);
}
