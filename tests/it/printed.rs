//! Printed programs: what the builder makes of formulas, and what pruning leaves of them.

use aither::ir::{Bound, Builder, End, Owner, Place, Program, Type, prune, verify};

/// A delay whose taps are added up in a loop, with leftovers.
fn loop_over_a_line() -> Program {
    let builder = Builder::new(100);
    let place = Place { file: 1, line: 12, column: 5 };
    let instance = builder.instance("delay", 2, place);
    let (cells, at) = builder.claim_cell(instance);
    let line = builder.claim_line(instance, 5, 4, at);
    builder.table(&[0.25, -0.0, f64::INFINITY, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    builder.memory(Owner::Scratch, 2);
    builder.fault_site(place, "said \"no\"".into());
    let int = |value: i64| builder.int(builder.literal(Type::Int, value as u64));
    let head = builder.int(builder.load(Type::Int, cells, at));
    let unused = builder.number(-1.5) * builder.number(f64::NAN);
    assert!(unused.known().is_some_and(f64::is_nan));
    let (turn, given) = builder.block(&[Type::Int, Type::Real, Type::Bool]);
    let (body, after) = (builder.block(&[]).0, builder.block(&[]).0);
    let never = builder.block(&[]).0;
    let start = builder.real(builder.literal(Type::Real, 0));
    let truth = builder.literal(Type::Bool, 1);
    builder.end(End::Jump(turn, vec![int(0).id(), start.id(), truth]));

    builder.enter(turn);
    let (count, sum) = (builder.int(given[0]), builder.real(given[1]));
    let more = count.lt(int(3));
    builder.end(End::Branch(more.id(), (body, Vec::new()), (after, Vec::new())));

    builder.enter(body);
    let tap = builder.real(builder.load_at(Type::Real, line, (head - count).id(), Bound::Wrap));
    builder.load(Type::Real, cells, at);
    let sum_and_tap = sum + tap;
    builder.end(End::Jump(turn, vec![(count + int(1)).id(), sum_and_tap.id(), more.id()]));

    builder.enter(never);
    builder.store(cells, at, head.id());
    builder.end(End::Jump(after, Vec::new()));

    builder.enter(after);
    let gain = builder.number(0.5);
    let seed = builder.int(builder.claim_seed(instance));
    builder.store(cells, at, (head + seed).id());
    builder.finish(&[sum * gain, sum])
}

const TABLES: &str = "\
2 channels
k0: real = -1.5
k1: real = nan 0x7ff8000000000000
k2: real = nan 0x7ff8000000000000
k3: real = 0.5
k4: int = seed 0 of i0
m0: cells of i0, 1 slots
m1: line 0 of i0, 8 slots
m2: table 0, 9 slots
m3: scratch, 2 slots
table 0: 0.25 -0.0 inf 4.0 5.0 6.0 7.0 8.0 …
i0: delay, 2 channels, 1 cells, lines [8: 4 back, head 0], 1 seeds at 1:12:5
f0: \"said \\\"no\\\"\" at 1:12:5
";

const BUILT: &str = "\
b0:
    v0: int = load m0[0]
    v1: real = k0
    v2: real = k1
    v3: real = k2
    v7: real = 0.0
    v8: bool = true
    v9: int = 0
    jump b1(v9, v7, v8)
b1(v4: int, v5: real, v6: bool):
    v10: int = 3
    v11: bool = int_lt v4, v10
    branch v11, b2, b3
b2:
    v12: int = int_sub v0, v4
    v13: real = load m1[wrap v12]
    v14: real = load m0[0]
    v15: real = add v5, v13
    v16: int = 1
    v17: int = int_add v4, v16
    jump b1(v17, v15, v11)
b3:
    v19: real = k3
    v20: int = k4
    v21: int = int_add v0, v20
    store m0[0], v21
    v23: real = mul v5, v19
    return v23, v5
b4:
    store m0[0], v0
    jump b3
";

const PRUNED: &str = "\
b0:
    v0: int = load m0[0]
    v3: real = 0.0
    v4: int = 0
    jump b1(v4, v3)
b1(v1: int, v2: real):
    v5: int = 3
    v6: bool = int_lt v1, v5
    branch v6, b2, b3
b2:
    v7: int = int_sub v0, v1
    v8: real = load m1[wrap v7]
    v9: real = add v2, v8
    v10: int = 1
    v11: int = int_add v1, v10
    jump b1(v11, v9)
b3:
    v12: real = k3
    v13: int = k4
    v14: int = int_add v0, v13
    store m0[0], v14
    v16: real = mul v2, v12
    return v16, v2
";

#[test]
fn a_program_is_printed_with_all_that_belongs_to_it() {
    assert_eq!(loop_over_a_line().to_string(), [TABLES, BUILT].concat());
}

#[test]
fn pruning_leaves_what_is_heard_and_what_is_kept() {
    let mut program = loop_over_a_line();
    assert_eq!(verify(&program), []);
    prune(&mut program);
    assert_eq!(program.to_string(), [TABLES, PRUNED].concat());
}
