//! Random programs: the oracle and the machine code give the same bits, whatever the frames are split into.

use std::sync::Arc;

use aither::compile::code::Arena;
use aither::compile::cranelift::Generator;
use aither::compile::effort::Effort;
use aither::compile::{Machine, Oracle};
use aither::dsp::denormals::Flush;
use aither::ir::call::{QUANTUM, Run};
use aither::ir::{Binary, Builder, Place, Program, Type, ValueId, eval, prune, verify};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult};

use crate::lent::{Lent, same};
use crate::random::{self, Flavour};

pub fn oracle(program: &Arc<Program>) -> Box<dyn Run> {
    Box::new(Oracle::new(Arc::clone(program)))
}

/// Machine code made with an effort, fusing by instruction or by call.
fn machine(program: &Arc<Program>, effort: Effort, call: bool) -> Box<dyn Run> {
    let generator = Generator::new().expect("machine code on this processor");
    let mut generator = if call { generator.without_fused_instruction() } else { generator };
    let code = generator.generate(program, effort).unwrap_or_else(|error| panic!("{error}\n{program}"));
    let arena = Arena::new(1 << 20).expect("memory for code");
    let code = arena.place(&code).expect("room for code");
    // SAFETY: the generator has made the code.
    Box::new(unsafe { Machine::new(code) })
}

/// Memory that has seen something: every slot a number of its own.
pub fn lent(program: &Program, types: &[Type], tape: &[u32]) -> Lent {
    let mut lent = Lent::new(program);
    let reals = [&random::REALS[..], &random::SUBNORMALS].concat();
    let mut numbers = tape.iter().rev().cycle();
    for (index, (memory, ty)) in lent.memories.iter_mut().zip(types).enumerate() {
        if program.memories[index].len == 3 {
            continue;
        }
        for slot in memory {
            let number = numbers.next().map_or(0, |&number| number as usize);
            *slot = match ty {
                Type::Real => reals[number % reals.len()].to_bits(),
                Type::Int => random::INTS[number % random::INTS.len()] as u64,
                Type::Bool => number as u64 % 2,
            };
        }
    }
    lent
}

/// Runs both over the same memory and compares samples, memories and counts of faults.
fn compare(program: &Arc<Program>, types: &[Type], lent: &Lent, way: Way) -> TestCaseResult {
    let (mut left, mut right) = (lent.clone(), lent.clone());
    let (mut oracle, mut machine) = (oracle(program), machine(program, way.effort, way.call));
    for &frames in &way.splits {
        let rows = if way.elsewhere { program.memories.len() } else { 0 };
        let [mut there, mut here] = [(); 2].map(|()| vec![vec![0; 2]; rows]);
        let wanted = left.redirected(oracle.as_mut(), frames, &mut there);
        let found = right.redirected(machine.as_mut(), frames, &mut here);
        for (index, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
            let place = format!("channel {}, frame {} of {frames}", index / frames, index % frames);
            prop_assert!(same(*wanted, *found), "{place}: {wanted:?} and {found:?}\n{program}");
        }
        prop_assert_eq!(&left.faults, &right.faults, "faults\n{}", program);
        let (left, right) = (left.memories.iter().chain(&there), right.memories.iter().chain(&here));
        for (index, (wanted, found)) in left.zip(right).enumerate() {
            for (slot, (&wanted, &found)) in wanted.iter().zip(found).enumerate() {
                let nan =
                    types[index % types.len()] == Type::Real && same(f64::from_bits(wanted), f64::from_bits(found));
                prop_assert!(wanted == found || nan, "m{index}[{slot}]: {wanted:#x} and {found:#x}\n{program}");
            }
        }
    }
    Ok(())
}

fn check(tape: &[u32], flavour: Flavour, way: Way) -> TestCaseResult {
    let (program, types) = random::program(tape, flavour);
    let broken = verify(&program);
    prop_assert!(broken.is_empty(), "{broken:?}\n{program}");
    let program = Arc::new(program);
    compare(&program, &types, &lent(&program, &types, tape), way)
}

/// How code is made and called.
#[derive(Clone, Debug)]
struct Way {
    effort: Effort,
    call: bool,
    /// Whether stores at computed places go elsewhere, as those of a program that fades out.
    elsewhere: bool,
    splits: Vec<usize>,
}

fn ways() -> impl Strategy<Value = Way> {
    let efforts = prop_oneof![Just(Effort::Full), Just(Effort::Plain), Just(Effort::Quick)];
    let splits = vec(1..=QUANTUM, 1..4);
    (efforts, any::<bool>(), any::<bool>(), splits).prop_map(|(effort, call, elsewhere, splits)| Way {
        effort,
        call,
        elsewhere,
        splits,
    })
}

/// Some hundred cases, or as many more as `PROPTEST_CASES` asks for.
pub fn config() -> Config {
    let default = Config::default();
    Config { cases: default.cases.max(300), failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn machine_code_equals_the_oracle(
        tape in vec(any::<u32>(), 0..300),
        way in ways(),
        computed in any::<bool>(),
    ) {
        check(&tape, Flavour { flushed: false, computed, straight: false }, way)?;
    }

    #[test]
    fn machine_code_equals_the_oracle_while_denormals_are_flushed(
        tape in vec(any::<u32>(), 0..300),
        way in ways(),
        computed in any::<bool>(),
    ) {
        let _flush = Flush::on();
        check(&tape, Flavour { flushed: true, computed, straight: false }, way)?;
    }

    #[test]
    fn pruning_changes_no_bit_and_breaks_no_rule(tape in vec(any::<u32>(), 0..300), computed in any::<bool>()) {
        let (program, types) = random::program(&tape, Flavour { flushed: false, computed, straight: false });
        let mut pruned = program.clone();
        prune(&mut pruned);
        let broken = verify(&pruned);
        prop_assert!(broken.is_empty(), "{broken:?}\n{program}\n{pruned}");
        prop_assert!(pruned.insts.len() <= program.insts.len());
        let again = { let mut again = pruned.clone(); prune(&mut again); again };
        prop_assert_eq!(&again, &pruned, "a pruned program has nothing to prune");
        let start = lent(&program, &types, &tape);
        let (mut left, mut right) = (start.clone(), start);
        let wanted = left.run(oracle(&Arc::new(program)).as_mut(), 9);
        let found = right.run(oracle(&Arc::new(pruned)).as_mut(), 9);
        prop_assert!(wanted.iter().zip(&found).all(|(wanted, found)| wanted.to_bits() == found.to_bits()));
        prop_assert_eq!(left.memories, right.memories);
        prop_assert_eq!(left.faults, right.faults);
    }
}

/// Every operation on two operands of each type, and the slots that they come from and go to.
pub fn operations(flushed: bool) -> Program {
    let builder = Builder::new(1000);
    let instance = builder.instance("operands", 1, Place::default());
    for _ in 0..6 {
        builder.claim_cell(instance);
    }
    let (operands, _) = builder.claim_cell(instance);
    let results = builder.claim_line(instance, 64, 63, 0);
    let operand = |ty: Type, at: u32| builder.load(ty, operands, 2 * ty as u32 + at);
    let mut place = 0;
    let mut keep = |value: ValueId| {
        builder.store(results, place, value);
        place += 1;
    };
    for op in random::UNARY {
        keep(builder.unary(op, operand(eval::unary_type(op).0, 0)));
    }
    for op in random::BINARY {
        let (ty, chooses) = (eval::binary_type(op).0, matches!(op, Binary::Min | Binary::Max));
        let one = builder.literal(Type::Real, 1f64.to_bits());
        let [x, y] = [0, 1].map(|at| match operand(ty, at) {
            operand if flushed && chooses => builder.binary(Binary::Mul, operand, one),
            operand => operand,
        });
        keep(builder.binary(op, x, y));
    }
    let [x, y] = [0, 1].map(|at| operand(Type::Real, at));
    keep(builder.fma(x, y, x));
    builder.finish(&[])
}

/// How many pairs of special numbers there are.
pub const PAIRS: usize = (random::REALS.len() + random::SUBNORMALS.len()).pow(2);

/// The operands of a pair: two Reals, two Ints, two Bools.
pub fn operands(pair: usize) -> [u64; 6] {
    let reals = [&random::REALS[..], &random::SUBNORMALS].concat();
    let (left, right) = (pair / reals.len(), pair % reals.len());
    let int = |index: usize| random::INTS[index % random::INTS.len()] as u64;
    [reals[left].to_bits(), reals[right].to_bits(), int(left), int(right), left as u64 % 2, right as u64 % 2]
}

fn every_pair(flushed: bool) {
    let program = Arc::new(operations(flushed));
    assert_eq!(verify(&program), []);
    for call in [false, true] {
        let (mut oracle, mut machine) = (oracle(&program), machine(&program, Effort::Full, call));
        for pair in 0..PAIRS {
            let operands = operands(pair);
            let mut results = [(); 2].map(|()| {
                let mut lent = Lent::new(&program);
                lent.memories[0][..6].copy_from_slice(&operands);
                lent
            });
            results[0].run(oracle.as_mut(), 1);
            results[1].run(machine.as_mut(), 1);
            let [wanted, found] = results.map(|lent| lent.memories[1].clone());
            for (place, (&wanted, &found)) in wanted.iter().zip(&found).enumerate() {
                let nan = same(f64::from_bits(wanted), f64::from_bits(found));
                assert!(wanted == found || nan, "m1[{place}] of {operands:x?}: {wanted:#x}, {found:#x}\n{program}");
            }
        }
    }
}

#[test]
fn every_operation_equals_the_oracle_on_every_pair_of_special_numbers() {
    every_pair(false);
    let _flush = Flush::on();
    every_pair(true);
}
