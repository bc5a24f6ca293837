//! What goes on when an edit gives a helper another size, more channels, or an oscillator another wave: beside a set that had the new program all along, bit for bit.

use std::collections::BTreeSet;

use aither::ir::call::QUANTUM;
use aither::memory::Key;
use aither::session::{Notice, Settings};
use proptest::prelude::*;

use super::{Set, helpers, same, signal};
use crate::heap::no_heap;

/// A signal `x` of an expression, which gives way at once.
fn x(expression: &str) -> String {
    format!("register(\"x\", ({expression}) * 0.2, #{{fade: 0}});")
}

/// Plays `old` for so many quanta and then `new`; beside it, `new` all along. Gives both sounds from the edit on, and what the
/// report says of each helper that was not just kept.
fn edited(old: &str, new: &str, quanta: usize, more: usize) -> (Vec<Vec<f64>>, Vec<Vec<f64>>, Vec<String>) {
    let (mut set, mut reference) = (Set::of(&[("x.rhai", old)]), Set::of(&[("x.rhai", new)]));
    set.play(quanta * QUANTUM);
    reference.play(quanta * QUANTUM);
    let report = set.saves(&[("x.rhai", Some(new))]);
    let said = signal(&report, "x").helpers.iter().filter(|helper| helper.status != "kept");
    let said = said.map(|helper| format!("{} {}: {}", helper.key, helper.status, helper.reason)).collect();
    (set.play(more * QUANTUM), reference.play(more * QUANTUM), said)
}

/// The edit is heard as if the new program had run all along, from its first frame on.
#[track_caller]
fn seamless(old: &str, new: &str, expected: &[&str]) {
    let (sound, reference, said) = edited(&x(old), &x(new), 500, 700);
    assert_eq!(said, expected, "{old} became {new}");
    assert!(sound[0].iter().any(|sample| *sample != 0.0), "{new} is silent");
    same(&sound, &reference);
}

#[test]
fn a_longer_and_a_shorter_delay_go_on_where_they_are() {
    let kept = "x_delay_0 carried: 0.2 s of 1 s kept";
    seamless("noise().delay(0.2, 0.15)", "noise().delay(1, 0.15)", &[kept]);
    seamless("noise().delay(1, 0.15)", "noise().delay(0.2, 0.15)", &[kept]);
    seamless("noise().delay(0.2, osc(3) * 0.1 + 0.1)", "noise().delay(1, osc(3) * 0.1 + 0.1)", &[kept]);
    let kept = "x_feedback_0 carried: 0.2 s of 1 s kept";
    seamless("noise().feedback(0.2, 0.15, 0.7)", "noise().feedback(1, 0.15, 0.7)", &[kept]);
    seamless("noise().feedback(1, 0.15, 0.7)", "noise().feedback(0.2, 0.15, 0.7)", &[kept]);
}

#[test]
fn with_more_and_fewer_voices_the_first_ones_go_on() {
    let keys = |voices: usize| {
        let voice = "|f, g| (saw(f) + noise() * 0.1).lpf(f * 3, 0.5) * slew(g, 0.02)";
        // Three notes that are held over the edit, and then one more: it takes the fourth voice, whatever their number.
        format!("poly({voices}, [220, 277, |s| if s.frame < 40000 {{ 330 }} else {{ 440 }}], {voice})")
    };
    for (old, new) in [(4, 6), (6, 4)] {
        let (sound, reference, mut said) = edited(&x(&keys(old)), &x(&keys(new)), 500, 700);
        assert!(sound[0].iter().any(|sample| sample.abs() > 0.1));
        same(&sound, &reference);
        let mut expected = vec![format!("x_poly_0 carried: {new} channels instead of {old}")];
        let kinds = ["lpf", "noise", "saw", "slew", "voice"];
        let gone = "freed: not in the program any more";
        expected.extend(kinds.iter().flat_map(|kind| (old..new).map(move |n| format!("x_{kind}_{n} new: "))));
        expected.extend(kinds.iter().flat_map(|kind| (new..old).map(move |n| format!("x_{kind}_{n} {gone}"))));
        expected.sort();
        said.sort();
        assert_eq!(said, expected);
    }
}

#[test]
fn what_is_older_than_was_kept_is_silence() {
    let (new, at, tap) = (x("noise().delay(1, 0.9)"), 1000 * QUANTUM, 43_200);
    let (sound, reference, _) = edited(&x("noise().delay(0.2, 0.1)"), &new, at / QUANTUM, 1000);
    // A ring holds a power of two of samples, more than 0.2 s of them.
    let oldest = at - 16_384;
    let heard = oldest + tap - at;
    assert!(sound[0][..heard].iter().all(|sample| *sample == 0.0));
    same(&[sound[0][heard..].to_vec()], &[reference[0][heard..].to_vec()]);
    assert!(sound[0][heard..heard + 64].iter().any(|sample| *sample != 0.0));
}

#[test]
fn a_fade_joins_the_two_and_then_the_new_one_is_alone() {
    let text = |max: f64| format!("register(\"x\", noise().feedback({max}, 0.15, 0.7) * 0.2);");
    let (sound, reference, _) = edited(&text(0.2), &text(1.0), 500, 300);
    // Both are the same, so that nothing is heard of the fade either.
    same(&sound, &reference);
    let text = |max: f64, gain: f64| format!("register(\"x\", noise().delay({max}, 0.15) * {gain});");
    let (sound, reference, _) = edited(&text(0.2, 0.1), &text(1.0, 0.4), 500, 300);
    assert!(sound[0][..960] != reference[0][..960]);
    same(&[sound[0][960..].to_vec()], &[reference[0][960..].to_vec()]);
}

#[test]
fn one_channel_becomes_two_and_two_become_one() {
    let wide = |key: &str| format!("x_{key}_0 carried: 2 channels instead of 1");
    let narrow = |key: &str| format!("x_{key}_0 carried: 1 channel instead of 2");
    for (old, new, key) in [
        ("osc(220)", "osc([220, 220])", "osc"),
        ("noise().lowpass(800)", "noise().lowpass([800, 800])", "lowpass"),
        ("noise().lpf(800, 0.9)", "noise().lpf([800, 800], 0.9)", "lpf"),
        ("noise().delay(0.2, 0.1)", "noise().delay(0.2, [0.1, 0.05])", "delay"),
        ("noise().feedback(0.2, 0.1, 0.6)", "noise().feedback(0.2, 0.1, [0.6, 0.6])", "feedback"),
    ] {
        seamless(old, new, &[&wide(key)]);
        seamless(new, old, &[&narrow(key)]);
    }
    let both = "x_delay_0 carried: 2 channels instead of 1, 0.2 s of 1 s kept";
    seamless("noise().delay(0.2, 0.1)", "noise().delay(1, [0.1, 0.15])", &[both]);
}

#[test]
fn one_channel_is_heard_on_in_all_and_a_channel_without_an_old_one_begins_at_rest() {
    let settings = || Settings { channels: 3, helper_memory: 4 << 20, max_signals: 8, ..Settings::default() };
    let play = |texts: &[&str]| {
        let mut set = Set::with(&settings());
        for text in texts {
            let report = set.save(&[("x.rhai", Some(&x(text)))]);
            assert!(report.ok(), "{:?}", report.json());
            set.play(100 * QUANTUM);
        }
        set.play(10 * QUANTUM)
    };
    let three = play(&["osc(200)", "osc([200, 200, 200])"]);
    same(&three, &play(&["osc(200)", "osc(200)"]));
    let three = play(&["osc([200, 300])", "osc([200, 300, 400])"]);
    let all_along = play(&["osc([200, 300, 400])", "osc([200, 300, 400])"]);
    same(&three[..2], &all_along[..2]);
    // 100 quanta later than the others.
    let late = play(&["0.0", "osc([200, 300, 400])"]);
    same(&three[2..], &late[2..]);
    let fewer = play(&["osc([200, 300, 400])", "osc([200, 300])"]);
    same(&fewer[..2], &all_along[..2]);
}

#[test]
fn a_room_keeps_what_both_sizes_hold_on_either_side_of_what_is_small() {
    // It fills all of the room it has, with numbers that come from nowhere else, then stops and reads.
    let text = |slots: usize| {
        format!(
            "let m = memory({slots}).label(\"m\");
            register(\"x\", |s| {{
                if s.state[0] < 4096.0 {{ m[s.state[0] % {slots}.0] = s.state[0] * 0.0001; }}
                s.state[0] += 1.0;
                if s.state[0] < 5000.0 {{ 0.0 }} else {{ m[(s.state[0] - 5000.0) % {slots}.0] }}
            }}, #{{fade: 0}});"
        )
    };
    for (old, new) in [(100_usize, 200_usize), (200, 100), (200, 300), (300, 200), (1000, 4000), (4000, 300)] {
        let mut set = Set::of(&[("x.rhai", &text(old))]);
        set.play(78 * QUANTUM);
        let report = set.saves(&[("x.rhai", Some(&text(new)))]);
        let said = &signal(&report, "x").helpers[0];
        let both = (old.min(new), old.max(new));
        assert_eq!((said.status, &*said.reason), ("carried", &*format!("{} of {} slots kept", both.0, both.1)));
        let sound = set.play(64 * QUANTUM).remove(0);
        // From frame 4999 on it reads slot 0 and what follows.
        for (slot, sample) in sound[7..][..new].iter().enumerate() {
            let last = (0..4096).rev().find(|frame| frame % old == slot).filter(|_| slot < old);
            assert_eq!(*sample, last.map_or(0.0, |frame| frame as f64 * 0.0001), "slot {slot} of {new}, {old} before");
        }
    }
}

#[test]
fn an_oscillator_of_another_kind_goes_on_with_the_phase() {
    let said = |old: &str, new: &str| {
        [format!("x_{new}_0 carried: phase of x_{old}_0"), format!("x_{old}_0 freed: its phase goes on in x_{new}_0")]
    };
    let seamless = |old: &str, new: &str, kinds: [&str; 2]| {
        let said = said(kinds[0], kinds[1]);
        seamless(old, new, &said.each_ref().map(String::as_str));
    };
    seamless("osc(220)", "saw(220)", ["osc", "saw"]);
    seamless("saw(220)", "osc(220)", ["saw", "osc"]);
    seamless("tri(220) * 0.5", "square(220) * 0.5", ["tri", "square"]);
    seamless("pulse(110, 0.3)", "phasor(110)", ["pulse", "phasor"]);
    seamless("phasor(2)", "wave(2, [1, 2, 3])", ["phasor", "wave"]);
    seamless("osc(7)", "impulse(7)", ["osc", "impulse"]);
    seamless("impulse(7)", "saw(7)", ["impulse", "saw"]);
    seamless("osc([220, 330])", "saw([220, 330])", ["osc", "saw"]);
    seamless("osc(220).label(\"a\")", "saw(220).label(\"a\")", ["osc", "saw"]);
    seamless("saw(osc(3) * 9 + 100)", "tri(osc(3) * 9 + 100)", ["saw", "tri"]);
}

#[test]
fn an_oscillator_that_is_modulated_or_restarted_from_now_on_goes_on_with_its_phase() {
    let said = ["x_saw_0 carried: its phase goes on"];
    let (modulated, restarted) = ("saw(220, |s| s.t * 0.0)", "saw(220, 0, |s| s.t * 0.0 - 1.0)");
    seamless("saw(220)", modulated, &said);
    seamless("saw(220)", restarted, &said);
    seamless(modulated, "saw(220)", &said);
}

#[test]
fn an_oscillator_of_another_kind_is_found_by_its_place_and_never_guessed() {
    let said = |old: &str, new: &str| {
        let (_, _, said) = edited(&x(old), &x(new), 10, 1);
        said.into_iter().filter(|line| !line.contains(" freed")).collect::<Vec<_>>()
    };
    let old = "osc(110).lowpass(300) + osc(220).highpass(900)";
    assert_eq!(said(old, "osc(110).lowpass(300) + saw(220).highpass(900)"), ["x_saw_0 carried: phase of x_osc_1"]);
    assert_eq!(said(old, "tri(111).lowpass(300) + osc(220).highpass(900)"), ["x_tri_0 carried: phase of x_osc_0"]);
    assert_eq!(
        said(old, "saw(220).highpass(900) + tri(110).lowpass(300)"),
        ["x_saw_0 carried: phase of x_osc_1", "x_tri_0 carried: phase of x_osc_0"]
    );
    // The place goes before the order.
    assert_eq!(
        said("osc(440).lowpass(500)", "saw(wave(3, [55, 66])).lowpass(500)"),
        ["x_saw_0 carried: phase of x_osc_0", "x_wave_0 new: "]
            .map(str::to_owned)
            .iter()
            .rev()
            .cloned()
            .collect::<Vec<_>>()
    );
    // Their own kind goes before all others.
    assert_eq!(said("osc(440) + saw(55)", "saw(55) + tri(440)"), ["x_tri_0 carried: phase of x_osc_0"]);
    assert!(said("osc(440)", "saw(440) + osc(440)")[0].starts_with("x_saw_0 new"));
    // Another label is another helper.
    let (_, _, said) = edited(&x("osc(3).label(\"a\")"), &x("saw(3).label(\"b\")"), 10, 1);
    assert_eq!(said, ["x_saw_0 new: ", "x_osc_0 freed: not in the program any more"]);
}

/// A set that copies in slices, and the frame at which its save took effect.
fn sliced(old: &str, new: &str, before: usize, after: usize) -> (Vec<Vec<f64>>, u64) {
    let mut set = Set::with(&Settings { real_time: true, helper_memory: 128 << 20, ..Settings::default() });
    assert!(set.start(&[("x.rhai", old)]).ok());
    let mut sound = set.play(before * QUANTUM);
    set.performance.tick();
    let report = set.performance.save(super::changes(&[("x.rhai", Some(new))]));
    assert!(report.report.ok(), "{:?}", report.report.json());
    let mut on_air = None;
    for _ in 0..after {
        let block = no_heap(|| set.player.quantum()).to_vec();
        sound.iter_mut().zip(block.chunks(QUANTUM)).for_each(|(sound, block)| sound.extend(block));
        for notice in set.performance.tick() {
            if let Notice::OnAir { ticket, frame, .. } = notice
                && Some(ticket) == report.ticket
            {
                on_air = Some(frame);
            }
        }
    }
    (sound, on_air.expect("it came on air"))
}

#[test]
fn how_many_slices_it_took_is_not_heard() {
    // A minute at 48 kHz is 2^22 slots, half a minute half of that.
    for (old, new, least) in [
        ("noise().feedback(30, 0.15, 0.7)", "noise().feedback(60, 0.15, 0.7)", 100),
        ("noise().delay(3, 2.5)", "noise().delay(3, [2.5, 1.5])", 15),
        ("noise().delay(60, 0.1)", "noise().delay(2, 0.3)", 6),
    ] {
        let text = |expression: &str| format!("register(\"x\", ({expression}) * 0.2);");
        let (old, new) = (text(old), text(new));
        let (sound, on_air) = sliced(&old, &new, 2000, 2000);
        let waited = on_air as usize / QUANTUM - 2000;
        assert!((least..1500).contains(&waited), "{new}: {waited} quanta");

        let mut set = Set::with(&Settings { helper_memory: 128 << 20, ..Settings::default() });
        assert!(set.start(&[("x.rhai", &old)]).ok());
        let mut at_once = set.play(on_air as usize);
        set.saves(&[("x.rhai", Some(&new))]);
        let more = set.play(4000 * QUANTUM - on_air as usize);
        at_once.iter_mut().zip(more).for_each(|(sound, more)| sound.extend(more));
        same(&sound, &at_once);
    }
}

#[test]
fn the_old_block_is_held_back_until_nobody_reads_it_and_then_it_is_free() {
    let text = |max: f64| format!("register(\"x\", noise().delay({max}, 0.1) * 0.2);");
    let mut set = Set::of(&[("x.rhai", &text(0.2))]);
    set.play(64);
    let pool = |set: &Set| set.performance.helper_pool().counters();
    let before = pool(&set);
    let report = set.saves(&[("x.rhai", Some(&text(1.0)))]);
    assert_eq!(helpers(&report, "x"), [("x_noise_0", "kept"), ("x_delay_0", "carried")]);
    // A cell and a ring; the noise is a cell.
    let (old, new) = (16_385, 65_537);
    let after = pool(&set);
    assert_eq!((before.used, after.used, after.quarantined), (old + 1, new + 1, old));
    assert_eq!((after.keys, after.claims, after.releases), (2, before.claims + 1, 1));
    set.play(640);
    assert_eq!(pool(&set).quarantined, old, "the old program fades out on it");
    set.play(640);
    assert_eq!(pool(&set).quarantined, 0);
    let block = set.performance.helper_pool().get(&Key::new(&"x".into(), "delay", 0)).cloned();
    assert_eq!(block.map(|block| block.extent().len), Some(new));
}

#[test]
fn a_parked_signal_comes_back_with_a_longer_line_and_its_tail() {
    let text = |max: f64| x(&format!("noise().delay({max}, 0.15)"));
    let mut set = Set::of(&[("x.rhai", &text(0.2))]);
    set.play(100 * QUANTUM);
    set.saves(&[("x.rhai", Some("// gone"))]);
    set.play(200 * QUANTUM);
    let report = set.saves(&[("x.rhai", Some(&text(1.0)))]);
    assert_eq!(helpers(&report, "x")[1], ("x_delay_0", "carried"));
    let tail = set.play(10 * QUANTUM).remove(0);
    assert!(tail.iter().filter(|sample| **sample != 0.0).count() > 600, "it is heard from the first frame on");
}

#[test]
fn the_report_says_how_much_sound_goes_on() {
    let text = |max: f64| x(&format!("osc(220).delay({max}, 0.1)"));
    let mut set = Set::of(&[("x.rhai", &*text(0.2))]);
    let tails = |set: &mut Set, max: f64| {
        let report = set.saves(&[("x.rhai", Some(&text(max)))]);
        signal(&report, "x").helpers.iter().map(|helper| (helper.status, helper.tail)).collect::<Vec<_>>()
    };
    assert_eq!(tails(&mut set, 0.2), [("kept", None), ("kept", Some(0.2))]);
    assert_eq!(tails(&mut set, 1.0), [("kept", None), ("carried", Some(0.2))]);
    assert_eq!(tails(&mut set, 0.5), [("kept", None), ("carried", Some(0.5))]);
    let report = set.saves(&[("x.rhai", Some(&x("saw(220)")))]);
    let json = report.json().join("");
    assert!(!json.contains("tail"), "{json}");
    let said = r#"{"key":"x_saw_0","reason":"phase of x_osc_0","status":"carried"}"#;
    assert!(json.contains(said), "{json}");
}

/// What stands in every slot of the pool that is nobody's.
const GUARD: u64 = 0x7ff8_dead_beef_0001;

/// Slots that are nobody's: those in no block.
fn free(set: &Set) -> BTreeSet<usize> {
    let pool = set.performance.helper_pool();
    let mut free: BTreeSet<usize> = (0..pool.arena().slots()).collect();
    for key in pool.keys() {
        let extent = pool.get(&key).unwrap().extent();
        (extent.start..extent.end()).for_each(|slot| _ = free.remove(&slot));
    }
    free
}

/// An expression of a random size: a kind, how long, how many channels.
fn random_size() -> impl Strategy<Value = String> {
    (0..4_usize, 1..40_u32, 1..4_usize).prop_map(|(kind, size, channels)| {
        let wide = |number: f64| format!("{:?}", vec![number; channels]);
        let max = f64::from(size) / 1000.0;
        match kind {
            0 => format!("osc(100).delay({max}, {})", wide(max / 2.0)),
            1 => format!("osc(100).feedback({max}, {}, 0.5)", wide(max / 2.0)),
            2 => format!("osc(100).lowpass({}).delay({max}, 0.0)", wide(300.0)),
            _ => {
                let slots = size * 20;
                format!("osc({}) + memo({slots})", wide(100.0))
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn resizing_touches_nobody_elses_memory(sizes in prop::collection::vec((random_size(), 0..30_usize), 1..8)) {
        let memo = "fn memo(n) { let m = memory(n); pipe(0.0, |x| { m[0] += 1.0; m[0] * 0.001 + x }) }\n";
        let mut set = Set::with(&Settings { helper_memory: 1 << 19, max_signals: 4, ..Settings::default() });
        let mut nobodys = free(&set);
        for slot in &nobodys {
            // SAFETY: the slot is nobody's, and nothing renders.
            unsafe { *set.performance.helper_pool().arena().at(*slot) = GUARD };
        }
        for (size, quanta) in sizes {
            let report = set.save(&[("x.rhai", Some(&format!("{memo}register(\"x\", {size});")))]);
            prop_assert!(report.ok(), "{:?}", report.json());
            let now = free(&set);
            nobodys.retain(|slot| now.contains(slot));
            set.play(quanta * QUANTUM);
            for slot in &nobodys {
                // SAFETY: nothing renders.
                let found = unsafe { *set.performance.helper_pool().arena().at(*slot) };
                prop_assert_eq!(found, GUARD, "slot {} after {}", slot, size);
            }
        }
    }
}
