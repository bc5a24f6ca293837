//! The way of programs to the audio thread and home again.

use std::thread;

use aither::engine::{self, Change, Command, Copied, Event, Install, Join, Move, Settings, SlotId, Transaction};

use super::stage::*;
use crate::heap::{live_blocks, no_heap};

#[test]
fn a_removed_signal_fades_out_and_comes_home() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.25]));
    stage.mono(1);
    let first = stage.control.collect();
    assert_eq!((first.swaps.len(), first.settled.as_slice()), (1, &[1][..]));
    let ticket = stage.remove(slot, 100);
    let sound = stage.mono(1);
    assert_eq!(sound[49], 0.25 * (1.0 - 50.0 / 100.0));
    assert!(stage.control.collect().swaps.is_empty() && stage.control.is_leaving(slot));
    assert!(stage.mono(1)[36..].iter().all(|sample| *sample == 0.0));
    let home = stage.control.collect();
    assert_eq!((home.swaps.len(), home.swaps[0].machines().count()), (1, 1));
    assert_eq!((home.settled, home.freed), (vec![ticket], vec![slot]));
    assert!(!stage.control.is_leaving(slot));
    assert_eq!(stage.control.claim(), Some(slot), "the slot is free again");
    assert_eq!(stage.control.lent(), 0);
}

#[test]
fn memory_is_not_settled_while_an_earlier_program_of_its_slot_may_read_it() {
    let mut stage = Stage::new(1);
    let slots = [stage.start(level(&[0.1])), stage.start(level(&[0.1]))];
    stage.mono(1);
    stage.control.collect();
    let parked = stage.remove(slots[0], 640);
    let elsewhere = stage.remove(slots[1], 0);
    let unregistered = stage.remove(slots[0], 6400);
    stage.mono(1);
    let home = stage.control.collect();
    assert_eq!(home.swaps.len(), 2, "an envelope that waits for nobody comes home");
    assert_eq!(home.settled, [elsewhere]);
    stage.mono(100);
    assert_eq!(stage.control.collect().settled, [parked, unregistered]);
    assert!(!stage.control.is_leaving(slots[0]));
}

#[test]
fn no_more_envelopes_are_lent_than_can_come_home() {
    let mut stage = Stage::new(1);
    let slots: Vec<SlotId> = (0..8).map(|_| stage.start(level(&[0.01]))).collect();
    stage.mono(1);
    // Nobody collects: the way home is full now, and nothing more is lent.
    assert_eq!(stage.control.lent(), 8);
    let transaction = Transaction {
        changes: vec![Change::Remove { slot: slots[0], frames: 0 }],
        order: slots[1..].to_vec(),
        ..Transaction::default()
    };
    let unsent = stage.control.send(transaction).err().unwrap();
    assert_eq!(unsent.busy.to_string(), "the audio thread is busy: 8 transactions and 8 messages are still under way");
    assert_eq!(unsent.transaction.changes.len(), 1, "what was not sent comes back");
    stage.mono(10);
    assert_eq!(stage.control.collect().swaps.len(), 8);
    assert!(stage.control.send(unsent.transaction).is_ok());
    stage.mono(1);
    assert_eq!(stage.control.collect().settled.len(), 1);
}

#[test]
fn commands_beyond_what_can_be_answered_are_refused() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.1]));
    let sent = (0..100)
        .take_while(|_| stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 0.0 }).is_ok())
        .count();
    assert_eq!(sent, 8 + 16 - 1);
    stage.mono(1);
    assert!(stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 0.0 }).is_err(), "answers not read yet");
    assert_eq!(stage.events().len(), 24);
    assert!(stage.control.command(Command::Gain { slot, linear: 1.0, seconds: 0.0 }).is_ok());
}

#[test]
fn thousands_of_swaps_call_no_heap_and_leave_nothing_behind() {
    let mut stage = Stage::new(2);
    let memory: Vec<Memory> = (0..4).map(|_| Memory::new()).collect();
    let slots: Vec<SlotId> = memory.iter().map(|memory| stage.start(echo(0.1, memory))).collect();
    let mut baseline = 0;
    for round in 0..4000_usize {
        let at = round % 4;
        let (join, moves) = memory[at].ghost(true);
        let install = Install::new(slots[at], echo(0.1, &memory[at])).join(join, [0, 50, 200][round % 3]).moves(moves);
        assert!(
            stage
                .control
                .send(Transaction {
                    changes: vec![Change::Install(install)],
                    order: slots.clone(),
                    ..Transaction::default()
                })
                .is_ok()
        );
        for _ in 0..1 + round % 5 {
            no_heap(|| stage.renderer.render_quantum().len());
        }
        assert!(stage.control.lent() <= 8);
        drop(stage.control.collect());
        while stage.control.poll().is_some() {}
        if round % 100 == 99 {
            (0..10).for_each(|_| _ = no_heap(|| stage.renderer.render_quantum().len()));
            drop(stage.control.collect());
            assert_eq!(stage.control.lent(), 0);
            if round == 99 {
                baseline = live_blocks();
            }
            assert_eq!(live_blocks(), baseline, "after {round} swaps");
        }
    }
}

#[test]
fn the_renderer_can_live_on_another_thread() {
    let (mut renderer, mut control) =
        engine::new(Settings { max_signals: 1, envelopes: 4, commands: 4, channels: 1, ..Settings::default() });
    let memory = Memory::new();
    let slot = control.claim().unwrap();
    let rounds = 2000;
    let audio = thread::spawn(move || {
        let mut sound = [0.0_f32; 441];
        let mut applied = 0;
        while applied < rounds {
            no_heap(|| renderer.render(&mut sound, 1));
            // The program tells its number.
            applied = (sound[440] * 10_000.0).round() as u32;
            thread::yield_now();
        }
        renderer
    });
    let mut told = Vec::new();
    for round in 1..=rounds {
        let program = level(&[f64::from(round) / 10_000.0]);
        let (join, moves) = if round % 2 == 0 { memory.ghost(false) } else { (Join::Stop, Vec::new()) };
        let install = Install::new(slot, program).join(join, round % 100).moves(moves);
        let mut transaction =
            Transaction { changes: vec![Change::Install(install)], order: vec![slot], ..Transaction::default() };
        while let Err(unsent) = control.send(transaction) {
            transaction = unsent.transaction;
            control.collect();
            told.extend(std::iter::from_fn(|| control.poll()));
            thread::yield_now();
        }
    }
    let renderer = audio.join().unwrap();
    told.extend(std::iter::from_fn(|| control.poll()));
    control.collect();
    let frames: Vec<(u64, u64)> = told
        .iter()
        .filter_map(|event| match event {
            Event::Applied { ticket, frame, .. } => Some((*ticket, *frame)),
            _ => None,
        })
        .collect();
    assert!(frames.iter().map(|(ticket, _)| *ticket).eq(1..=u64::from(rounds)), "every message is answered, in order");
    assert!(
        frames.windows(2).all(|pair| pair[0].1 <= pair[1].1)
            && frames.iter().all(|(_, frame)| frame.is_multiple_of(64))
    );
    assert!(renderer.frame() > 0);
}

#[test]
fn all_changes_of_a_transaction_take_effect_at_one_boundary_and_say_so() {
    let mut stage = Stage::new(2);
    let memory = Memory::new();
    let slots = [stage.start(level(&[0.1, 0.0])), stage.start(level(&[0.0, 0.1]))];
    let mut buffer = [0.0_f32; 2 * 100];
    stage.renderer.render(&mut buffer, 2);
    stage.control.collect();
    stage.events();
    // SAFETY: the arena lives to the end of the test.
    let moves = unsafe {
        memory.0.at(3).write(0.2_f64.to_bits());
        vec![Move::new(memory.0.at(3), memory.0.at(0), 1)]
    };
    let reader =
        machine(|frame| (frame.put(0, frame.cell(0).get()), frame.put(1, 0.0)).0, &[], vec![memory.span(0, 1)], 2);
    let ticket = stage.send(vec![
        Change::Install(Install::new(slots[0], reader).moves(moves)),
        Change::Install(Install::new(slots[1], level(&[0.0, 0.3]))),
    ]);
    stage.renderer.render(&mut buffer, 2);
    // 28 frames were left of the second quantum.
    assert_eq!((buffer[54], buffer[55]), (0.1, 0.1));
    assert_eq!((buffer[56], buffer[57]), (0.2, 0.3));
    assert_eq!(stage.events(), [Event::Applied { ticket, frame: 128, copied: Copied { at_once: 1, slice: 0 } }]);
    let home = stage.control.collect();
    assert_eq!((home.swaps[0].ticket(), home.swaps[0].frame(), home.swaps[0].machines().count()), (ticket, 128, 2));
}
