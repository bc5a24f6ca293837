//! What the audio thread copies for a save, against what it may copy at most.

use std::collections::BTreeMap;

use aither::engine::Copied;
use aither::ir::Program;
use aither::ir::call::{QUANTUM, SLOTS_PER_SIGNAL};
use aither::memory::bounds::{REMEMBERED_ROOMS, ROOMS, SLICE, SMALL, at_once};
use aither::session::report::Status;
use aither::session::{Notice, Report, Settings, Trial};
use proptest::prelude::*;

use super::{Set, error, file, helpers, signal, small};

/// A set that copies in slices.
fn live(helper_memory: usize) -> Set {
    Set::with(&Settings {
        real_time: true,
        helper_memory,
        max_signals: 16,
        fade_memory: 4 << 20,
        undo_memory: 16 << 20,
        trial: Trial::Off,
        ..small()
    })
}

/// Slots of small state of what plays, by name.
fn small_state(set: &Set) -> BTreeMap<String, usize> {
    let slots = |program: &Program| program.instances.iter().map(|instance| instance.cells as usize).sum::<usize>();
    set.performance.programs().map(|(name, program)| (name.to_owned(), SLOTS_PER_SIGNAL + slots(program))).collect()
}

/// Rings of what plays.
fn rings(set: &Set) -> usize {
    let lines = set.performance.programs().flat_map(|(_, program)| &program.instances).flat_map(|one| &one.lines);
    lines.filter(|line| line.head.is_some()).count()
}

/// Saves a file and plays until it is on air. Says what was copied, and holds it against the bounds: those that are
/// documented, and what the programs hold themselves.
fn heard(set: &mut Set, text: &str) -> (Report, Copied) {
    set.performance.tick();
    let before = small_state(set);
    let saved = set.performance.save(super::changes(&[("x.rhai", Some(text))]));
    assert!(saved.report.ok(), "{:?}", saved.report.json());
    let after = small_state(set);
    let copied = (0..20_000).find_map(|_| {
        set.player.quantum();
        set.performance.tick().into_iter().find_map(|notice| match notice {
            Notice::OnAir { ticket, copied, .. } if Some(ticket) == saved.ticket => Some(copied),
            _ => None,
        })
    });
    let copied = copied.expect("it comes on air");
    let signals = saved.report.files.iter().flat_map(|file| &file.signals);
    let changed = signals.filter(|signal| matches!(signal.status, Status::Changed | Status::New | Status::Resumed));
    let changed = changed.map(|signal| signal.name.as_str()).collect::<Vec<_>>();
    assert!(copied.at_once <= at_once(changed.len(), before.len(), 1), "{copied:?}");
    let slots = |of: &BTreeMap<String, usize>| changed.iter().filter_map(|name| of.get(*name)).sum::<usize>();
    let held = before.values().sum::<usize>() + slots(&before) + slots(&after);
    assert!(copied.at_once <= held + ROOMS + REMEMBERED_ROOMS, "{copied:?}, of {held}");
    assert!(copied.slice <= SLICE + 2 * QUANTUM * rings(set), "{copied:?}");
    (saved.report, copied)
}

/// A signal with so many small memories of a size.
fn crowded(memories: usize, slots: usize) -> String {
    let names = (0..memories).map(|number| format!("let m{number} = memory({slots});\n")).collect::<String>();
    let reads = (0..memories).map(|number| format!("m{number}[0]")).collect::<Vec<_>>().join(" + ");
    format!("{names}register(\"x\", |s| {reads});")
}

#[test]
fn the_worst_small_state_is_copied_three_times_and_no_more() {
    let mut set = live(4 << 20);
    heard(&mut set, &crowded(127, 256));
    let (report, copied) = heard(&mut set, &crowded(127, 255));
    assert!(helpers(&report, "x").iter().all(|(_, status)| *status == "carried"));
    assert!(copied.at_once <= 3 * SMALL && copied.at_once > 3 * SMALL * 98 / 100, "{copied:?} of {}", 3 * SMALL);
}

#[test]
fn more_small_state_than_is_copied_is_refused_and_the_old_sound_goes_on() {
    let mut set = live(4 << 20);
    heard(&mut set, "register(\"x\", |s| 0.25);");
    let report = set.save(&[("x.rhai", Some(&crowded(128, 256)))]);
    assert_eq!(
        error(&report, "x.rhai"),
        "error: the signal `x` has 32896 slots of small state; 32768 is the most\n--> x.rhai:129:1\n \
         = help: make several signals of it"
    );
    assert!(set.play(640)[0].iter().all(|sample| *sample == 0.25));
}

#[test]
fn rooms_go_on_as_far_as_one_save_reaches_and_what_is_more_begins_anew() {
    let text = |one: usize, other: usize| {
        format!("let a = memory({one});\nlet b = memory({other});\nregister(\"x\", |s| a[0] + b[0]);")
    };
    let mut set = live(256 << 20);
    heard(&mut set, &text(4_150_000, 300_000));
    let (report, copied) = heard(&mut set, &text(4_150_001, 300_001));
    assert_eq!(helpers(&report, "x"), [("x_memory_0", "carried"), ("x_memory_1", "reset")]);
    let reason = &signal(&report, "x").helpers[1].reason;
    assert_eq!(reason, "300000 slots are too many to be copied in one piece; 4194304 can be in one save");
    assert!(copied.at_once <= ROOMS && copied.at_once > ROOMS * 98 / 100, "{copied:?} of {ROOMS}");
    // The next save begins to count again.
    let (report, _) = heard(&mut set, &text(4_150_001, 300_002));
    assert_eq!(helpers(&report, "x"), [("x_memory_0", "kept"), ("x_memory_1", "carried")]);
}

#[test]
fn rooms_of_all_signals_of_a_save_share_one_bound() {
    let text = |slots: usize| {
        let signal = |name: &str| format!("let {name} = memory({slots});\nregister(\"{name}\", |s| {name}[0]);\n");
        signal("x") + signal("y").as_str()
    };
    let mut set = live(256 << 20);
    heard(&mut set, &text(2_500_000));
    let (report, copied) = heard(&mut set, &text(2_500_001));
    assert_eq!(helpers(&report, "x"), [("x_memory_0", "carried")]);
    assert_eq!(helpers(&report, "y"), [("y_memory_0", "reset")]);
    assert!(copied.at_once <= ROOMS, "{copied:?} of {ROOMS}");
}

#[test]
fn a_long_line_is_copied_in_slices_that_are_used_to_their_bound() {
    let mut set = live(64 << 20);
    heard(&mut set, "register(\"x\", noise().delay(8, 7));");
    let (report, copied) = heard(&mut set, "register(\"x\", noise().delay(12, 7));");
    assert!(file(&report, "x.rhai").warnings.is_empty());
    assert!(copied.slice >= SLICE && copied.slice <= SLICE + 2 * QUANTUM, "{copied:?}");
    assert!(copied.at_once < 1000, "{copied:?}");
}

/// An expression, of a number of channels and of a size.
fn expression() -> impl Strategy<Value = String> {
    let size = 1..40_u32;
    prop_oneof![
        size.clone().prop_map(|size| format!("osc({size}00)")),
        size.clone().prop_map(|size| format!("saw([{size}0, {size}1]).lpf(800, 0.5)")),
        size.clone().prop_map(|size| format!("noise().delay({}, 0.1)", f64::from(size) * 0.1)),
        size.clone().prop_map(|size| format!("noise().feedback({}, [0.1, 0.2], 0.5)", f64::from(size) * 0.1)),
        size.clone().prop_map(|size| format!("f(memory({size}))")),
        size.clone().prop_map(|size| format!("f(memory({size}0000))")),
        size.prop_map(|size| format!("lowpass(highpass(tri({size}00), 100), {size}000)")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_save_copies_more_than_its_bound(
        texts in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.8, expression()), 4), 2..8),
        quanta in prop::collection::vec(0..40_usize, 8),
    ) {
        let mut set = live(64 << 20);
        for (signals, quanta) in texts.iter().zip(quanta) {
            let mut text = "fn f(m) { |s| { m[s.frame % 1000] = s.t; m[0] } }\n".to_owned();
            for (number, expression) in signals.iter().enumerate() {
                if let Some(expression) = expression {
                    text += &format!("register(\"s{number}\", ({expression}) * 0.1);\n");
                }
            }
            heard(&mut set, &text);
            for _ in 0..quanta {
                set.player.quantum();
            }
        }
    }
}
