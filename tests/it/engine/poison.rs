//! Programs that give no numbers, or count faults.

use aither::engine::{Event, Join, Machine, Settings};
use aither::ir::call::QUANTUM;

use super::stage::*;

fn poison(value: f64, frame: u64, venom: f64) -> Box<Machine> {
    let run = move |now: &Frame| now.put(0, if now.number() == frame { venom } else { now.constant(0) });
    machine(run, &[value], Vec::new(), 1)
}

#[test]
fn a_signal_that_gives_no_number_falls_silent_without_a_step_and_alone() {
    for venom in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for at in [0, 100, 127, 128] {
            let mut stage = Stage::new(1);
            let slot = stage.start(poison(0.25, at, venom));
            let sound = stage.mono(30);
            let from = at as usize / QUANTUM * QUANTUM;
            let start = usize::from(at == 0);
            assert!(sound[start.min(from)..from].iter().all(|sample| *sample == 0.25));
            assert!(largest_step(&sound[start..]) <= 0.25 / 960.0 + 1e-15, "a step of {}", largest_step(&sound));
            assert!(sound[from + 960..].iter().all(|sample| *sample == 0.0), "silent after 20 ms");
            let bad: Vec<Event> =
                stage.events().into_iter().filter(|event| !matches!(event, Event::Applied { .. })).collect();
            assert_eq!(bad, [Event::NonFinite { slot, frame: from as u64, samples: 1 }]);
            stage.replace(slot, level(&[0.125]), Join::Own, Vec::new(), 480);
            let sound = stage.mono(10);
            assert!(largest_step(&sound) < 0.13 / 480.0 && sound[479..].iter().all(|sample| *sample == 0.125));
            stage.control.collect();
            assert_eq!(stage.control.lent(), 0);
        }
    }
}

#[test]
fn a_poisoned_signal_changes_no_bit_of_the_others() {
    let mut stage = Stage::new(2);
    let memory = Memory::new();
    let run = |frame: &Frame| {
        frame.cell(0).set((frame.cell(0).get() + 0.01).fract());
        frame.put(0, 0.2 * frame.cell(0).get());
        frame.put(1, 0.0);
    };
    stage.start(machine(run, &[], vec![memory.span(0, 1)], 2));
    let bad = |frame: &Frame| {
        frame.put(0, 0.0);
        frame.put(1, if frame.number() >= 100 { f64::NAN } else { 1e300 });
    };
    stage.start(machine(bad, &[], Vec::new(), 2));
    let sound = stage.render(40);
    let mut alone = Stage::new(1);
    alone.start(machine(
        |frame| {
            frame.cell(0).set((frame.cell(0).get() + 0.01).fract());
            frame.put(0, 0.2 * frame.cell(0).get());
        },
        &[],
        vec![Memory::new().span(0, 1)],
        1,
    ));
    assert!(bits(&sound[0]) == bits(&alone.mono(40)));
    assert!(sound[1].iter().all(|sample| sample.abs() <= 1.0), "no sum is ever infinite");
}

#[test]
fn a_program_that_is_poisoned_while_it_fades_out_does_not_harm_its_successor() {
    let mut stage = Stage::new(1);
    let slot = stage.start(poison(0.25, 300, f64::NAN));
    let mut sound = stage.mono(2);
    stage.replace(slot, level(&[0.1]), Join::Own, Vec::new(), 960);
    sound.extend(stage.mono(20));
    assert!(largest_step(&sound) <= 0.16 / 960.0);
    assert_eq!(sound.last(), Some(&0.1));
    assert!(stage.events().iter().all(|event| matches!(event, Event::Applied { .. })));
}

#[test]
fn faults_are_counted_and_told_now_and_then_and_lost_events_are_counted() {
    let mut stage =
        Stage::with(Settings { channels: 1, events: 2, max_signals: 8, envelopes: 8, ..Settings::default() });
    // SAFETY: every program of these tests has one fault counter.
    let faulty = || machine(|frame| unsafe { frame.put(0, (*frame.call.faults += 1, 0.1).1) }, &[], Vec::new(), 1);
    let slots = [stage.start(faulty()), stage.start(faulty()), stage.start(faulty())];
    stage.mono(1);
    let events: Vec<Event> =
        stage.events().into_iter().filter(|event| !matches!(event, Event::Applied { .. })).collect();
    let told = |slot: usize, count, frame| Event::Fault { slot: slots[slot], index: 0, count, frame };
    assert_eq!(events, [told(0, 64, 64), told(1, 64, 64)], "the third finds no room");
    stage.mono(1);
    assert_eq!(stage.events(), [Event::Lost(1), told(2, 128, 128)], "and is told the next time, with all counts");
    stage.mono(63);
    assert_eq!(
        stage.events(),
        [told(0, 64 * 64, 65 * 64), told(1, 64 * 64, 65 * 64)],
        "not more often than every 64 quanta"
    );
}
