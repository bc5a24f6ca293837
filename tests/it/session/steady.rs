//! What a set holds while nothing changes, and what an edit costs until its fades are over.

use aither::ir::call::QUANTUM;

use super::Set;
use crate::heap::live_blocks;

/// Quanta of ten minutes at 48 kHz.
const TEN_MINUTES: usize = 600 * 48_000 / QUANTUM;
/// Quanta after which every fade is over.
const FADED: usize = 40;

const SET: &str = "register(\"bass\", saw(wave(0.5, [55, 73])).lpf(600, 0.6).feedback(0.4, 0.3, 0.4).gain(0.1));
register(\"air\", [noise(), noise()].bpf(900, 0.8).gain(0.1));
register(\"own\", |s| { s.state[0] = (s.state[0] + 110 / s.sr) % 1.0; s.state[0] * 0.1 });";

#[test]
fn ten_minutes_without_an_edit_hold_what_was_held_at_the_start() {
    let mut set = Set::of(&[("a.rhai", SET)]);
    let play = |set: &mut Set, quanta: usize| {
        for _ in 0..quanta {
            set.performance.tick_quietly();
            std::hint::black_box(set.player.quantum());
        }
    };
    play(&mut set, FADED);
    let held = |set: &Set| (set.performance.helper_pool().counters(), set.performance.fades(), live_blocks());
    let before = held(&set);
    play(&mut set, TEN_MINUTES);
    assert_eq!(held(&set), before);
}

#[test]
fn an_edit_needs_old_and_new_for_a_while_and_then_what_it_left() {
    let mut set = Set::of(&[("a.rhai", SET)]);
    set.play(FADED * QUANTUM);
    let used = |set: &Set| {
        let pool = set.performance.helper_pool().counters();
        (pool.used, pool.used + pool.quarantined, set.performance.fades().used)
    };
    let (before, ..) = used(&set);
    // Everything is another kind, so nothing goes on in its block.
    let other = SET.replace("lpf", "hpf").replace("feedback(0.4, 0.3, 0.4)", "delay(0.4, 0.3)");
    let mut texts = [other.as_str(), SET].into_iter().cycle();
    for turn in 0..12 {
        set.saves(&[("a.rhai", texts.next())]);
        let (now, with_old, copies) = used(&set);
        assert!(with_old <= before + now, "{with_old} slots while {before} become {now}");
        assert!(with_old > now && copies > 0, "the old sound fades out on memory of its own");
        set.play(FADED * QUANTUM);
        let (after, with_old, copies) = used(&set);
        assert_eq!((after, with_old, copies), (now, now, 0), "what faded out is given back");
        if turn % 2 == 1 {
            assert_eq!(after, before, "the way back costs nothing");
        }
    }
}
