//! Which helper goes on as which when a signal is edited, kind of edit by kind of edit. What an edit sounds like stands in `session`.

use aither::ir::call::QUANTUM;
use aither::session::report::Status;

use crate::played::lowered;
use crate::session::{Set, bits, error, helpers, signal, statuses};

/// The helpers of signal `x` after an edit, as `key status`, without what was freed.
fn after(old: &str, new: &str) -> Vec<String> {
    let mut set = Set::of(&[("x.rhai", old)]);
    set.play(2 * QUANTUM);
    let report = set.saves(&[("x.rhai", Some(new))]);
    let helpers = helpers(&report, "x").into_iter().filter(|(_, status)| *status != "freed");
    helpers.map(|(key, status)| format!("{} {status}", key.trim_start_matches("x_"))).collect()
}

#[track_caller]
fn edit(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(after(old, new), expected, "{old}\n  became\n{new}");
}

/// A signal `x` of an expression.
fn x(expression: &str) -> String {
    format!("register(\"x\", ({expression}) * 0.01);")
}

#[track_caller]
fn expression(old: &str, new: &str, expected: &[&str]) {
    edit(&x(old), &x(new), expected);
}

#[test]
fn a_helper_that_is_inserted_is_new_and_moves_nobody() {
    let old = "osc(440) + osc(550)";
    expression(old, "osc(100) + osc(440) + osc(550)", &["osc_2 new", "osc_0 kept", "osc_1 kept"]);
    expression(old, "osc(440) + osc(100) + osc(550)", &["osc_0 kept", "osc_2 new", "osc_1 kept"]);
    expression(old, "osc(440) + osc(550) + osc(100)", &["osc_0 kept", "osc_1 kept", "osc_2 new"]);
    let old = "osc(440).lowpass(800).lowpass(400)";
    for (new, order) in [
        ("osc(440).lowpass(900).lowpass(800).lowpass(400)", ["lowpass_2 new", "lowpass_0 kept", "lowpass_1 kept"]),
        ("osc(440).lowpass(800).lowpass(600).lowpass(400)", ["lowpass_0 kept", "lowpass_2 new", "lowpass_1 kept"]),
        ("osc(440).lowpass(800).lowpass(400).lowpass(200)", ["lowpass_0 kept", "lowpass_1 kept", "lowpass_2 new"]),
    ] {
        expression(old, new, &["osc_0 kept", order[0], order[1], order[2]]);
    }
}

#[test]
fn a_helper_that_is_deleted_moves_nobody_and_its_index_is_free() {
    let old = "osc(330) + osc(440) + osc(550)";
    expression(old, "osc(330) + osc(550)", &["osc_0 kept", "osc_2 kept"]);
    expression(old, "osc(440) + osc(550)", &["osc_1 kept", "osc_2 kept"]);
    expression(
        "saw(55).lowpass(800).lowpass(600).lowpass(400)",
        "saw(55).lowpass(800).lowpass(400)",
        &["saw_0 kept", "lowpass_0 kept", "lowpass_2 kept"],
    );
    expression(
        "saw(55).lowpass(800).lowpass(600).lowpass(400)",
        "saw(55).lowpass(600).lowpass(400)",
        &["saw_0 kept", "lowpass_1 kept", "lowpass_2 kept"],
    );
}

#[test]
fn a_helper_that_is_duplicated_stays_and_the_copy_is_new() {
    expression("osc(440) + saw(55)", "osc(440) + osc(440) + saw(55)", &["osc_0 kept", "osc_1 new", "saw_0 kept"]);
    let old = "saw(55).lowpass(800) + saw(110).lowpass(400)";
    let new = "saw(55).lowpass(800) + saw(55).lowpass(800) + saw(110).lowpass(400)";
    let expected = ["saw_0 kept", "lowpass_0 kept", "saw_2 new", "lowpass_2 new", "saw_1 kept", "lowpass_1 kept"];
    expression(old, new, &expected);
}

#[test]
fn helpers_that_change_places_take_their_memory_along() {
    expression("osc(440) + osc(550)", "osc(550) + osc(440)", &["osc_1 kept", "osc_0 kept"]);
    let old = "saw(55).lowpass(800) + saw(110).lowpass(400)";
    let new = "saw(110).lowpass(400) + saw(55).lowpass(800)";
    expression(old, new, &["saw_1 kept", "lowpass_1 kept", "saw_0 kept", "lowpass_0 kept"]);
    let (old, new) =
        ("saw(55).lowpass(800).lowpass(600).lowpass(400)", "saw(55).lowpass(800).lowpass(400).lowpass(600)");
    expression(old, new, &["saw_0 kept", "lowpass_0 kept", "lowpass_2 kept", "lowpass_1 kept"]);
    expression(
        "noise().lowpass(100) + noise().highpass(200)",
        "noise().highpass(200) + noise().lowpass(100)",
        &["noise_1 kept", "highpass_0 kept", "noise_0 kept", "lowpass_0 kept"],
    );
}

#[test]
fn numbers_change_nothing_of_who_is_who() {
    let kept = ["saw_0 kept", "lowpass_0 kept", "saw_1 kept", "lowpass_1 kept"];
    let old = "saw(55).lowpass(800) + saw(110).lowpass(400)";
    for new in [
        "saw(56).lowpass(800) + saw(110).lowpass(400)",
        "saw(55).lowpass(801) + saw(110).lowpass(400)",
        "saw(55).lowpass(400) + saw(110).lowpass(800)",
        "saw(56).lowpass(801) + saw(111).lowpass(401)",
        "saw(55).lowpass(800) * 0.5 + saw(110).lowpass(400) * 0.25",
    ] {
        expression(old, new, &kept);
    }
    expression("osc(220) + osc(275)", "osc(221) + osc(276)", &["osc_0 kept", "osc_1 kept"]);
}

#[test]
fn what_is_wrapped_or_unwrapped_stays() {
    let (plain, gained) = ("saw(55).lowpass(800) + osc(3)", "(saw(55).gain(0.5).lowpass(800) + osc(3)).gain(0.5)");
    expression(plain, gained, &["saw_0 kept", "lowpass_0 kept", "osc_0 kept"]);
    expression(gained, plain, &["saw_0 kept", "lowpass_0 kept", "osc_0 kept"]);
    let (plain, delayed) = ("osc(440) + osc(550)", "osc(440) + osc(550).lowpass(900)");
    expression(plain, delayed, &["osc_0 kept", "osc_1 kept", "lowpass_0 new"]);
    expression(delayed, plain, &["osc_0 kept", "osc_1 kept"]);
    let (plain, around) = ("saw(55).lowpass(800).lowpass(600)", "lowpass(saw(55).lowpass(800).lowpass(600), 300)");
    expression(plain, around, &["saw_0 kept", "lowpass_0 kept", "lowpass_1 kept", "lowpass_2 new"]);
}

#[test]
fn what_becomes_another_helper_moves_nobody() {
    let old = "saw(55).lowpass(800).lowpass(600).lowpass(400)";
    let new = "saw(55).lowpass(800).highpass(600).lowpass(400)";
    expression(old, new, &["saw_0 kept", "lowpass_0 kept", "highpass_0 new", "lowpass_2 kept"]);
    expression(
        old,
        "osc(55).lowpass(800).lowpass(600).lowpass(400)",
        &["osc_0 carried", "lowpass_0 kept", "lowpass_1 kept", "lowpass_2 kept"],
    );
}

#[test]
fn names_functions_and_closures_leave_no_trace() {
    let old = x("saw(55).lowpass(800) + saw(110).lowpass(400)");
    let same = [
        "let a = saw(55).lowpass(800);\nlet b = saw(110).lowpass(400);\nregister(\"x\", (a + b) * 0.01);",
        "fn v(f, c) { saw(f).lowpass(c) }\nregister(\"x\", (v(55, 800) + v(110, 400)) * 0.01);",
        "fn low() { saw(55).lowpass(800) }\n\n\nregister(\"x\", (low() + saw(110).lowpass(400)) * 0.01);",
        "let x = pipe(saw(55), |x| lowpass(x, 800));\nregister(\"x\", (x + saw(110).lowpass(400)) * 0.01);",
    ];
    for new in same {
        let mut set = Set::of(&[("x.rhai", &*old)]);
        let report = set.saves(&[("x.rhai", Some(new))]);
        let kept = ["x_saw_0", "x_lowpass_0", "x_saw_1", "x_lowpass_1"].map(|key| (key, "kept"));
        assert_eq!(helpers(&report, "x"), kept, "{new}");
    }
    let closure = "register(\"x\", |s| (lowpass(saw(55), 800) + lowpass(saw(110), 400)) * 0.01);";
    edit(&old, closure, &["saw_0 kept", "lowpass_0 kept", "saw_1 kept", "lowpass_1 kept"]);
    let named = "fn low() { osc(1) }\nregister(\"x\", |s| { let b = lowpass(saw(110), 400); (lowpass(saw(55), 800) + b) * 0.01 });";
    edit(closure, named, &["saw_1 kept", "lowpass_1 kept", "saw_0 kept", "lowpass_0 kept"]);
}

#[test]
fn a_loop_of_equal_helpers_grows_and_shrinks_at_its_end() {
    let voices = |count: usize| {
        format!("let all = 0;\nfor i in 0..{count} {{ all += osc(100); }}\nregister(\"x\", all * 0.01);")
    };
    edit(&voices(3), &voices(4), &["osc_0 kept", "osc_1 kept", "osc_2 kept", "osc_3 new"]);
    edit(&voices(3), &voices(2), &["osc_0 kept", "osc_1 kept"]);
    let out = "let all = 0;\nfor i in 0..2 { all += osc(100); }\nregister(\"x\", (all + osc(100)) * 0.01);";
    edit(&voices(3), out, &["osc_0 kept", "osc_1 kept", "osc_2 kept"]);
    edit(out, &voices(3), &["osc_0 kept", "osc_1 kept", "osc_2 kept"]);
    let closure = |count: usize| {
        format!(
            "register(\"x\", |s| {{ let all = 0.0; for i in 0..{count} {{ all += osc(100 * (i + 1)); }} all * 0.01 }});"
        )
    };
    edit(&closure(2), &closure(3), &["osc_0 kept", "osc_1 kept", "osc_2 new"]);
}

#[test]
fn blocks_of_memory_are_told_apart_by_what_is_written_to_them() {
    let last = "fn last(x) { let m = memory(1); pipe(x, |x| { let y = m[0]; m[0] = x; y }) }\n";
    let old = format!("{last}{}", x("last(osc(440)) + last(saw(55))"));
    let new = format!("{last}{}", x("last(tri(3)) + last(saw(55)) + last(osc(440))"));
    let told = after(&old, &new);
    let memory = told.iter().filter(|told| told.contains("memory")).collect::<Vec<_>>();
    assert_eq!(memory, ["memory_2 new", "memory_1 kept", "memory_0 kept"]);
}

#[test]
fn blocks_in_a_chain_are_told_apart_by_their_own_numbers() {
    let dark = "fn dark(x, k) { let m = memory(1); pipe(x, |x| { m[0] += k * (x - m[0]); m[0] }) }\n";
    let told = |old: &str, new: &str| {
        let told = after(&format!("{dark}{}", x(old)), &format!("{dark}{}", x(new)));
        told.into_iter().filter(|told| told.contains("memory")).collect::<Vec<_>>()
    };
    let (one, both) = ("dark(osc(440), 0.1)", "dark(dark(osc(440), 0.1), 0.2)");
    assert_eq!(told(one, both), ["memory_0 kept", "memory_1 new"]);
    assert_eq!(told(one, "dark(dark(osc(440), 0.2), 0.1)"), ["memory_1 new", "memory_0 kept"]);
    assert_eq!(told(both, one), ["memory_0 kept"]);
    assert_eq!(told(both, "dark(osc(440), 0.2)"), ["memory_1 kept"]);
    assert_eq!(told(both, "dark(gain(osc(440), 0.5), 0.2)"), ["memory_1 kept"]);
    assert_eq!(told(both, "dark(dark(osc(440), 0.3), 0.2)"), ["memory_0 kept", "memory_1 kept"]);
    assert_eq!(told(both, "dark(dark(osc(440), 0.1), 0.3)"), ["memory_0 kept", "memory_1 kept"]);
    // What feeds a block is known by what becomes of it behind the block.
    let [low, plain] = ["lowpass(dark(osc(440), 0.1), 900)", "dark(osc(440), 0.1)"];
    let script = |text: String| format!("{dark}{}", x(&text));
    assert_eq!(
        after(&script(format!("[{low}, {low}]")), &script(format!("[{plain}, {low}]"))),
        ["osc_1 kept", "memory_1 kept", "osc_0 kept", "memory_0 kept", "lowpass_0 kept"]
    );
}

#[test]
fn arithmetic_on_the_way_tells_equal_helpers_apart() {
    let old = "[noise().lowpass(900), noise()]";
    expression(old, "[noise() * 0.5, noise()]", &["noise_0 kept", "noise_1 kept"]);
    let old = "[noise() * 0.5, noise()]";
    expression(old, "[noise(), noise() * 0.5]", &["noise_1 kept", "noise_0 kept"]);
    expression(old, "[noise() * 0.25, noise()]", &["noise_0 kept", "noise_1 kept"]);
    expression("noise() + osc(3) + noise()", "noise() + noise()", &["noise_0 kept", "noise_1 kept"]);
    let (old, new) = ("[osc(3), noise()].lowpass(900)", "[noise(), noise()].lowpass(900)");
    expression(old, new, &["noise_1 new", "noise_0 kept", "lowpass_0 kept"]);
}

#[test]
fn channels_move_no_memory_of_others() {
    let old = "osc([220, 221]) + osc([330, 331])";
    expression(old, "osc([440, 441]) + osc([220, 221]) + osc([330, 331])", &["osc_2 new", "osc_0 kept", "osc_1 kept"]);
    expression("osc(220) + osc(330)", "osc(330) + osc([220, 221])", &["osc_1 kept", "osc_0 carried"]);
}

#[test]
fn a_label_goes_before_everything_else() {
    let old = "osc(440).label(\"a\") + osc(550).label(\"b\")";
    expression(old, "osc(440).label(\"b\") + osc(550).label(\"a\")", &["osc_1 kept", "osc_0 kept"]);
    expression(
        old,
        "label(osc(9), \"b\").lowpass(3) * label(osc(550), \"c\")",
        &["osc_1 kept", "lowpass_0 new", "osc_0 new"],
    );
    edit(
        "register(\"x\", |s| osc(440).label(\"a\") * 0.01);",
        "register(\"x\", |s| { let y = label(osc(3), \"b\"); (y + label(osc(4), \"a\")) * 0.01 });",
        &["osc_1 new", "osc_0 kept"],
    );
    edit(
        "let m = memory(2).label(\"m\"); register(\"x\", |s| { m[0] += 0.01; m[0] % 0.1 });",
        "let n = memory(2); let m = memory(2).label(\"m\"); register(\"x\", |s| { n[0] += 0.01; m[1] = n[0]; m[0] });",
        &["memory_1 new", "memory_0 kept"],
    );
}

#[test]
fn a_label_that_comes_or_goes_changes_nothing() {
    let texts = [x("osc(440) + osc(550)"), x("osc(440).label(\"a\") + osc(550)")];
    for (old, new) in [(&texts[0], &texts[1]), (&texts[1], &texts[0])] {
        let mut set = Set::of(&[("x.rhai", old)]);
        let report = set.saves(&[("x.rhai", Some(new))]);
        assert_eq!(statuses(&report), [("x", Status::Untouched)], "{old} became {new}");
    }
    expression(
        "osc(440) + osc(550)",
        "osc(3).label(\"a\") + osc(440).label(\"b\") + osc(550)",
        &["osc_2 new", "osc_0 kept", "osc_1 kept"],
    );
}

#[test]
fn labels_that_say_nothing_are_refused() {
    for (text, expected) in [
        (
            "register(\"x\", osc(1).label(\"a\") +\n    osc(2).label(\"a\"));",
            "error: two `osc` of one signal have the label \"a\"\n--> x.rhai:2:5",
        ),
        (
            "register(\"x\", (osc(1) + osc(2)).label(\"a\"));",
            "error: `label` takes a helper and a text\n--> x.rhai:1:33",
        ),
        ("register(\"x\", osc(1).label(2));", "error: `label` takes a helper and a text\n--> x.rhai:1:22"),
        ("register(\"x\", |s| label(s.t, \"a\"));", "error: `label` takes a helper and a text\n--> x.rhai:1:19"),
        (
            "register(\"x\", osc(1).label(\"a\").label(\"b\"));",
            "error: this helper has the label \"a\" already\n--> x.rhai:1:33",
        ),
    ] {
        let said = error(&Set::new().start(&[("x.rhai", text)]), "x.rhai");
        assert!(said.starts_with(expected), "{said}");
        assert!(said.contains("help: "), "{said}");
    }
}

#[test]
fn doubt_is_fresh_and_says_what_it_could_have_been() {
    let mut set = Set::of(&[("x.rhai", &*x("lowpass(noise(), 100) + lowpass(highpass(noise(), 10), 200)"))]);
    let new = x("lowpass(osc(3), 50) + lowpass(osc(4) * osc(5), 60) + lowpass(tri(6), osc(7))");
    let report = set.saves(&[("x.rhai", Some(&*new))]);
    let new = signal(&report, "x").helpers.iter().filter(|helper| helper.key.contains("lowpass")).collect::<Vec<_>>();
    let told = new.iter().map(|helper| (helper.status, helper.reason.as_str())).collect::<Vec<_>>();
    let doubt = "in doubt: it could be x_lowpass_0, x_lowpass_1; a label tells";
    // Two of them have the keys of those that they could have been, which begin afresh.
    assert_eq!(told, [("reset", doubt), ("reset", doubt), ("new", doubt)]);
}

#[test]
fn a_survivor_sounds_on_bit_for_bit_wherever_it_went() {
    let old = "register(\"x\", [osc(440), saw(55).lowpass(800)]);";
    let new =
        "fn deep(f) { saw(f).lowpass(800) }\nlet first = osc(3) * 0;\nregister(\"x\", [osc(440).gain(0.5), deep(55)]);";
    let mut edited = Set::of(&[("x.rhai", old)]);
    let mut alone = Set::of(&[("x.rhai", old)]);
    edited.play(10 * QUANTUM);
    alone.play(10 * QUANTUM);
    edited.saves(&[("x.rhai", Some(new))]);
    // The fade is over after 15 quanta.
    edited.play(20 * QUANTUM);
    alone.play(20 * QUANTUM);
    let (edited, alone) = (&edited.stems(4)["x"], &alone.stems(4)["x"]);
    let channel = |samples: &[f64], channel: usize| {
        let quanta = samples.chunks(2 * QUANTUM);
        quanta.flat_map(|quantum| &quantum[channel * QUANTUM..][..QUANTUM]).copied().collect::<Vec<_>>()
    };
    let half = channel(alone, 0).iter().map(|sample| sample * 0.5).collect::<Vec<_>>();
    assert_eq!(bits(&channel(edited, 0)), bits(&half));
    assert_eq!(bits(&channel(edited, 1)), bits(&channel(alone, 1)));
}

#[test]
fn ten_thousand_helpers_are_ten_thousand_structures() {
    let text = "let all = 0;\nfor i in 0..10000 { all += phasor(1 + i); }\nregister(\"x\", all);";
    let program = lowered(text).unwrap().program;
    let mut known = program.instances.iter().map(|instance| instance.structure.exact).collect::<Vec<_>>();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), 10_000);
}

#[test]
fn another_label_is_another_helper_that_starts_at_rest() {
    let text = |label: &str| format!("register(\"x\", osc(441).label(\"{label}\"));");
    let (old, new) = (text("a"), text("b"));
    let mut edited = Set::of(&[("x.rhai", &*old)]);
    edited.play(10 * QUANTUM);
    let report = edited.saves(&[("x.rhai", Some(&*new))]);
    assert_eq!(helpers(&report, "x"), [("x_osc_0", "new")]);
    let mut fresh = Set::of(&[("x.rhai", &*new)]);
    // The fade is over after 15 quanta.
    edited.play(20 * QUANTUM);
    fresh.play(20 * QUANTUM);
    assert_eq!(bits(&edited.stems(4)["x"]), bits(&fresh.stems(4)["x"]));
}

#[test]
fn an_array_of_numbers_and_a_signal_as_argument_tell_helpers_apart() {
    let old = "wave(2, [1, 2, 3]) + wave(2, [4, 5, 6])";
    expression(old, "wave(2, [4, 5, 6]) + wave(2, [1, 2, 3])", &["wave_1 kept", "wave_0 kept"]);
    let old = "noise().lowpass(osc(3)) + noise().lowpass(osc(4))";
    let kept = ["noise_1 kept", "osc_1 kept", "lowpass_1 kept", "noise_0 kept", "osc_0 kept", "lowpass_0 kept"];
    expression(old, "noise().lowpass(osc(4)) + noise().lowpass(osc(3))", &kept);
    let old = "noise().lowpass(|s| s.t) + noise().lowpass(|s| s.t * s.t)";
    let new = "noise().lowpass(|s| s.t * s.t) + noise().lowpass(|s| s.t)";
    expression(old, new, &["noise_1 kept", "lowpass_1 kept", "noise_0 kept", "lowpass_0 kept"]);
}

#[test]
fn helpers_of_branches_stay_in_their_branch() {
    let closure = |yes: &str, no: &str| format!("register(\"x\", |s| if s.t < 1.0 {{ {yes} }} else {{ {no} }});");
    let old = closure("osc(440) * 0.1", "lowpass(saw(55), 300) * 0.1");
    let new = closure("lowpass(osc(440), 9) * 0.1", "lowpass(saw(55), 300) * 0.1");
    edit(&old, &new, &["osc_0 kept", "lowpass_1 new", "saw_0 kept", "lowpass_0 kept"]);
}
