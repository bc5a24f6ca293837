//! What a save leaves as it is: a signal that says what it said keeps its very program, and one that says anything else does not.

use std::sync::Arc;

use aither::ir::Program;

use super::Set;

fn program(set: &Set, name: &str) -> Arc<Program> {
    let found = set.performance.programs().find(|(known, _)| *known == name);
    Arc::clone(found.unwrap_or_else(|| panic!("`{name}` plays")).1)
}

/// Whether the program of `x` is the very same after the text has changed to another one.
fn keeps(before: &str, after: &str) -> bool {
    let mut set = Set::of(&[("x.rhai", before)]);
    let old = program(&set, "x");
    set.play(640);
    set.saves(&[("x.rhai", Some(after))]);
    Arc::ptr_eq(&old, &program(&set, "x"))
}

#[test]
fn a_signal_beside_one_that_is_edited_is_not_lowered_again() {
    let text = |hz: u32| {
        format!("register(\"x\", saw(110).lpf(900 + 90 * osc(3), 0.5).delay(0.3, 0.2));\nregister(\"y\", osc({hz}));")
    };
    let mut set = Set::of(&[("x.rhai", &text(220))]);
    let (x, y) = (program(&set, "x"), program(&set, "y"));
    for hz in [330, 220, 330] {
        set.play(640);
        set.saves(&[("x.rhai", Some(&text(hz)))]);
        assert!(Arc::ptr_eq(&x, &program(&set, "x")));
        assert!(!Arc::ptr_eq(&y, &program(&set, "y")));
    }
    // A save that fails in between, as a script or at one of its signals, changes nothing of that.
    for wrong in ["register(", "register(\"x\", saw(110).lpf(900 + 90 * osc(3), 0.5).delay(0.3, 0.2));\noscc(3);"] {
        set.play(640);
        assert!(!set.save(&[("x.rhai", Some(wrong))]).ok());
        set.saves(&[("x.rhai", Some(&text(220)))]);
        assert!(Arc::ptr_eq(&x, &program(&set, "x")));
    }
}

#[test]
fn whatever_a_signal_says_in_another_way_is_lowered_again() {
    let is = "register(\"x\", mix(saw(110), osc(220)).lpf(900, 0.5).gain(0.2));";
    assert!(keeps(is, &format!("{is}\n// and a word more")));
    assert!(keeps(is, &format!("{is}\nregister(\"z\", osc(1));")));
    let others = [
        // A number, a helper, another order, an operator, a name, a channel, a word, a place.
        "register(\"x\", mix(saw(111), osc(220)).lpf(900, 0.5).gain(0.2));",
        "register(\"x\", mix(tri(110), osc(220)).lpf(900, 0.5).gain(0.2));",
        "register(\"x\", mix(osc(220), saw(110)).lpf(900, 0.5).gain(0.2));",
        "register(\"x\", (saw(110) - osc(220)).lpf(900, 0.5).gain(0.2));",
        "register(\"x\", mix(saw(110), osc(220).label(\"o\")).lpf(900, 0.5).gain(0.2));",
        "register(\"x\", mix([saw(110)], osc(220)).lpf([900], 0.5).gain(0.2));",
        "register(\"x\", -mix(saw(110), osc(220)).lpf(900, 0.5).gain(0.2));",
        "register(\"x\", abs(mix(saw(110), osc(220))).lpf(900, 0.5).gain(0.2));",
        " register(\"x\", mix(saw(110), osc(220)).lpf(900, 0.5).gain(0.2));",
        "\nregister(\"x\", mix(saw(110), osc(220)).lpf(900, 0.5).gain(0.2));",
    ];
    for other in others {
        assert!(!keeps(is, other), "{other}");
    }
    // Whose node is meant, not how often one stands there.
    let two = |x: &str| format!("let a = osc(2); let b = osc(2); register(\"x\", a * {x});");
    assert!(!keeps(&two("b"), &two("a")));
    assert!(!keeps(
        "register(\"x\", wavetable(55, [[0, 1, 0, -1]]));",
        "register(\"x\", wavetable(55, [[0, 1, 1, -1]]));"
    ));
}

#[test]
fn who_hands_over_a_function_or_hears_somebody_is_lowered_each_time() {
    for text in [
        "register(\"x\", |s| s.t % 1.0);",
        "register(\"x\", pipe(osc(2), |x| x * 0.5));",
        "register(\"y\", osc(2)); register(\"x\", signal(\"y\") * 0.5);",
    ] {
        assert!(!keeps(text, &format!("{text}\n// and a word more")), "{text}");
    }
    // What it hears decides how many channels it has.
    let mut set = Set::of(&[("x.rhai", "register(\"x\", signal(\"y\"));"), ("y.rhai", "register(\"y\", osc(2));")]);
    assert_eq!(program(&set, "x").channels, 1);
    set.saves(&[("y.rhai", Some("register(\"y\", [osc(2), osc(3)]);"))]);
    assert_eq!(program(&set, "x").channels, 2);
}
