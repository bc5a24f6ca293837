//! Programs that are known to rest are not run. That nobody hears it stands in `session/sleep.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aither::ir::call::QUANTUM;
use aither::ir::rest::Rest;
use aither::ir::{Builder, Type};

use super::stage::*;

const QUANTA: usize = 1000;

/// How many quanta a program is run that gives a number, and that may sleep or not.
fn run(number: f64, may_sleep: bool) -> usize {
    let builder = Builder::new(10);
    let program = builder.finish(&[builder.real(builder.literal(Type::Real, number.to_bits()))]);
    let frames = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&frames);
    let each = move |frame: &Frame| {
        counted.fetch_add(1, Ordering::Relaxed);
        frame.put(0, number);
    };
    let mut machine = machine(each, &[], Vec::new(), 1);
    if may_sleep {
        // SAFETY: the machine gives what the program gives, and neither has memory.
        unsafe { machine.may_sleep(Rest::of(&Arc::new(program))) };
    }
    let mut stage = Stage::new(1);
    stage.start(machine);
    assert!(stage.mono(QUANTA).iter().all(|sample| *sample == number));
    frames.load(Ordering::Relaxed) / QUANTUM
}

#[test]
fn who_is_known_to_rest_is_not_run() {
    assert_eq!(run(0.25, true), QUANTA, "who sounds");
    assert_eq!(run(0.0, false), QUANTA, "whoever is never looked at");
    assert_eq!(run(0.0, true), 1, "after its first silent quantum");
}
