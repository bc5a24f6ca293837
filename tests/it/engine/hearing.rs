//! Programs that hear each other, told by hand who plays where.

use aither::engine::{Change, Ear, Install, Machine, SlotId, Voice};
use aither::ir::call::{QUANTUM, SILENCE, Span};

use super::stage::*;

/// Gives what it hears, and what its cell holds.
fn listener(memory: &Memory) -> Box<Machine> {
    let run = |frame: &Frame| {
        let heard = frame.span(1);
        // SAFETY: whatever it hears is a quantum long.
        let heard = f64::from_bits(unsafe { *heard.base.add((frame.number() & heard.last) as usize) });
        frame.put(0, heard + frame.cell(0).get());
    };
    let silence = (Span::heard(SILENCE.as_ptr()), memory.0.clone());
    hearing(run, &[], vec![memory.span(0, 1), silence], 1, 1)
}

/// The listener hears whoever has a slot now.
fn hear(stage: &Stage, listener: SlotId, slot: SlotId) -> Change {
    let voice = Voice::Tenant(stage.control.tenant(slot));
    Change::Hear { slot: listener, ears: vec![Ear { memory: 1, channel: 0, channels: 1, voice }] }
}

#[test]
fn who_has_the_place_of_somebody_who_was_heard_is_a_stranger() {
    let (mut stage, memory) = (Stage::new(1), Memory::new());
    let ear = stage.start(listener(&memory));
    let first = stage.start(level(&[0.125]));
    let change = hear(&stage, ear, first);
    stage.send(vec![change]);
    assert_eq!(stage.mono(1), vec![0.25; QUANTUM], "it is heard in the same quantum, although it was added later");
    stage.remove(first, 0);
    assert_eq!(stage.mono(1), vec![0.0; QUANTUM]);
    stage.control.collect();
    assert_eq!(stage.control.claim(), Some(first));
    stage.send(vec![Change::Install(Install::new(first, level(&[0.0625])))]);
    assert_eq!(stage.mono(1), vec![0.0625; QUANTUM]);
    let change = hear(&stage, ear, first);
    stage.send(vec![change]);
    assert_eq!(stage.mono(1), vec![0.125; QUANTUM]);
}

#[test]
fn who_was_not_told_whom_he_hears_keeps_his_memory() {
    let (mut stage, memory) = (Stage::new(1), Memory::new());
    // SAFETY: nothing renders.
    unsafe { *memory.0.at(0) = 0.25_f64.to_bits() };
    stage.start(listener(&memory));
    assert_eq!(stage.mono(2), vec![0.25; 2 * QUANTUM]);
}

#[test]
fn two_that_hear_each_other_are_a_quantum_apart_whatever_else_hears_them() {
    let (mut stage, memory) = (Stage::new(1), [Memory::new(), Memory::new(), Memory::new()]);
    let third = stage.start(listener(&memory[2]));
    let [one, other] = [0, 1].map(|number| {
        // SAFETY: it does not render yet.
        unsafe { *memory[number].0.at(0) = 0.0009765625_f64.to_bits() };
        stage.start(listener(&memory[number]))
    });
    let changes = vec![hear(&stage, one, other), hear(&stage, other, one), hear(&stage, third, other)];
    stage.send(changes);
    // In each quantum both add one unit; what the third gives is what the other one gives.
    let mut given = 0.0;
    for quantum in 0..8 {
        let one = given + 1.0;
        given = one + 1.0;
        let sum = (one + given + given) * 0.0009765625;
        assert_eq!(stage.mono(1), vec![sum; QUANTUM], "quantum {quantum}");
    }
}
