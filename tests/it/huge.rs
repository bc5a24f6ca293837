//! Programs of 200 000 instructions, on a thread with a small stack: everything that walks a program gets to its end.

use std::sync::Arc;
use std::thread;

use aither::compile::effort::Effort;
use aither::compile::{BackEnd, Compiler, Oracle};
use aither::ir::dominance::Dominance;
use aither::ir::{Builder, End, Program, ShapeKey, Type, prune, verify};

use crate::lent::{Lent, same};

/// One operation after the other, each on the result of the one before.
fn chain(count: usize) -> Program {
    let builder = Builder::new(usize::MAX);
    let step = builder.number(1e-3);
    let mut sum = builder.int(builder.frame()).to_real();
    for _ in 0..count {
        sum = sum + step;
    }
    builder.finish(&[sum])
}

/// All values first, then all uses.
fn crowd(count: usize) -> Program {
    let builder = Builder::new(usize::MAX);
    let frame = builder.int(builder.frame()).to_real();
    let all = (0..count).map(|number| frame + number as f64).collect::<Vec<_>>();
    builder.finish(&[all.into_iter().reduce(|sum, value| sum + value).unwrap()])
}

/// Branch after branch, some of which return early.
fn forks(count: usize) -> Program {
    let builder = Builder::new(usize::MAX);
    let mut x = builder.int(builder.frame()).to_real();
    for number in 0..count {
        let low = x.gt(builder.number(1e6 + number as f64));
        let (yes, no) = (builder.block(&[]).0, builder.block(&[]).0);
        let (join, given) = builder.block(&[Type::Real]);
        builder.end(End::Branch(low.id(), (yes, Vec::new()), (no, Vec::new())));
        builder.enter(yes);
        let other = x * 0.5;
        let returns = number % 3 == 0;
        builder.end(if returns { End::Return(vec![other.id()]) } else { End::Jump(join, vec![other.id()]) });
        builder.enter(no);
        builder.end(End::Jump(join, vec![(x + 1.0).id()]));
        builder.enter(join);
        x = builder.real(given[0]);
    }
    builder.finish(&[x])
}

/// Runs on a thread whose stack a walk by recursion would leave.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

#[test]
fn every_walk_of_a_program_is_without_recursion() {
    on_a_small_stack(|| {
        for mut program in [chain(200_000), crowd(100_000), forks(40_000)] {
            assert_eq!(verify(&program), []);
            let shape = ShapeKey::of(&program);
            let copy = program.clone();
            assert!(program.to_string().len() > 1_000_000);
            prune(&mut program);
            assert_eq!(verify(&program), []);
            assert_ne!(Dominance::new(&program).order().len(), 0);
            assert_ne!(Effort::of(&program), Effort::Full);
            assert_eq!((copy == program, ShapeKey::of(&program) == shape), (true, true), "nothing was to prune");
            let program = Arc::new(program);
            let mut lent = Lent::new(&program);
            assert_eq!(lent.run(&mut Oracle::new(Arc::clone(&program)), 2).len(), 2);
        }
    });
}

#[test]
fn a_large_program_becomes_code_that_gives_the_same_bits() {
    on_a_small_stack(|| {
        for (program, effort) in
            [(chain(60_000), Effort::Plain), (crowd(4_000), Effort::Quick), (forks(2_000), Effort::Full)]
        {
            assert_eq!(Effort::of(&program), effort);
            let program = Arc::new(program);
            let mut compiler = Compiler::new(BackEnd::Cranelift, 16 << 20).unwrap();
            let mut machine = compiler.compile(&program).unwrap();
            let (mut left, mut right) = (Lent::new(&program), Lent::new(&program));
            let wanted = left.run(&mut Oracle::new(Arc::clone(&program)), 5);
            let found = right.run(machine.as_mut(), 5);
            assert!(wanted.iter().zip(&found).all(|(wanted, found)| same(*wanted, *found)), "{wanted:?} {found:?}");
        }
    });
}
