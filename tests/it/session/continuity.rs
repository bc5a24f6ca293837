//! Edits of a sine while it sounds: no step, whatever is edited and whenever, and nobody else hears of it. Which key goes on is judged elsewhere.
//!
//! The bound is the slope of the sine itself, three times, at the level of the louder of both programs. Lines keep what
//! was written to them, so in these signals nothing is edited that feeds a delay: it would be heard later, as a step.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use aither::ir::call::QUANTUM;

use super::{Set, bits, side, steepest};
use crate::stand::Dice;

/// Signals that no test here edits: phases, filters, a tail, the sandbox, noise, stereo.
const OTHERS: &str = "let beat = phasor(3);
register(\"lead\", saw(110).lpf(400 + beat * 900, 0.6).delay(0.3, 0.11).gain(0.3));
register(\"wide\", [osc(220), osc(331)].lowpass(900).gain(0.2));
register(\"own\", |s| { s.state[0] = (s.state[0] + 55.0 / s.sr) % 1.0; (s.state[0] - 0.5) * 0.1 });
register(\"air\", noise().highpass(2000).gain(0.05));
";
/// Quanta after which a filter has forgotten how it began.
const SETTLED: usize = 150;

/// Two programs of the signal `x` that an edit leads to and fro between.
struct Pair {
    kind: &'static str,
    old: &'static str,
    new: &'static str,
    /// Whether everything that has a phase goes on, so that either program ends up as if it had played from the first frame.
    settles: bool,
}

const fn pair(kind: &'static str, old: &'static str, new: &'static str) -> Pair {
    Pair { kind, old, new, settles: true }
}

/// A pair in which a helper with a phase comes and goes.
const fn fresh(kind: &'static str, old: &'static str, new: &'static str) -> Pair {
    Pair { kind, old, new, settles: false }
}

/// An expression stands for the signal `x`; a whole script stands for itself.
const PAIRS: &[Pair] = &[
    pair("insert", "osc(220).gain(0.4)", "osc(220).lowpass(2000).gain(0.4)"),
    pair("insert", "osc(220).gain(0.4)", "osc(220).lpf(900, 0.5).gain(0.4)"),
    pair("insert", "osc(220).gain(0.4)", "osc(220).slew(0.001).gain(0.4)"),
    pair("insert", "osc(220).delay(0.1, 0.05).gain(0.4)", "osc(220).delay(0.1, 0.05).lowpass(900).gain(0.4)"),
    pair(
        "insert before an equal one",
        "osc(220).lowpass(3000).lowpass(1500).gain(0.4)",
        "osc(220).lowpass(2000).lowpass(3000).lowpass(1500).gain(0.4)",
    ),
    fresh("insert", "osc(220).gain(0.4)", "osc(220).tremolo(6, 0.7).gain(0.4)"),
    fresh("insert", "osc(220) * 0.2", "osc(110) * 0.1 + osc(220) * 0.2"),
    pair(
        "swap",
        "osc(220).lowpass(900).tremolo(5, 0.6).highpass(100).gain(0.4)",
        "osc(220).tremolo(5, 0.6).lowpass(900).highpass(100).gain(0.4)",
    ),
    pair(
        "swap",
        "(osc(220).lowpass(2000) + osc(110).tremolo(3, 0.8)) * 0.2",
        "(osc(110).tremolo(3, 0.8) + osc(220).lowpass(2000)) * 0.2",
    ),
    pair("swap sides", "[osc(220) * 0.4, osc(110) * 0.4]", "[osc(110) * 0.4, osc(220) * 0.4]"),
    fresh("duplicate", "osc(220) * 0.2", "osc(220) * 0.2 + osc(220) * 0.2"),
    fresh(
        "duplicate",
        "osc(220).lowpass(900).gain(0.2)",
        "osc(220).lowpass(900).gain(0.2) + osc(220).lowpass(900).gain(0.2)",
    ),
    pair("change a number", "osc(220).gain(0.4)", "osc(220).gain(0.05)"),
    pair("change a number", "osc(220).gain(0.4)", "osc(220).gain(-0.4)"),
    pair("change a number", "osc(220).lowpass(4000).gain(0.4)", "osc(220).lowpass(100).gain(0.4)"),
    pair("change a number", "osc(220).lpf(900, 0.1).gain(0.3)", "osc(220).lpf(700, 0.6).gain(0.3)"),
    pair("change a number", "osc(220).tremolo(5, 0.2).gain(0.4)", "osc(220).tremolo(5, 0.9).gain(0.4)"),
    pair("change a number", "osc(220).delay(0.1, 0.05).gain(0.4)", "osc(220).delay(0.1, 0.02).gain(0.4)"),
    fresh("change a pitch", "osc(220) * 0.4", "osc(330) * 0.4"),
    fresh("change a rate", "osc(220).tremolo(5, 0.9).gain(0.4)", "osc(220).tremolo(11, 0.9).gain(0.4)"),
    pair("change the kind", "osc(220).gain(0.4)", "tri(220).gain(0.4)"),
    pair("widen", "osc(220).lowpass(900).gain(0.4)", "osc(220).lowpass([900, 600]).gain(0.4)"),
    pair("change the kind", "osc(220).lowpass(900).gain(0.4)", "osc(220).highpass(900).gain(0.4)"),
    pair("change the kind", "osc(220).lpf(500, 0.4).gain(0.4)", "osc(220).bpf(500, 0.4).gain(0.4)"),
    pair("resize", "osc(220).delay(0.1, 0.05).gain(0.4)", "osc(220).delay(0.4, 0.05).gain(0.4)"),
    pair("resize", "osc(220).feedback(0.2, 0.05, 0.4).gain(0.2)", "osc(220).feedback(0.06, 0.05, 0.4).gain(0.2)"),
    pair("resize", "osc(220).lowpass(900).gain(0.4)", "osc([220, 220]).lowpass(900).gain(0.4)"),
    fresh("resize", "[osc(220), osc(110)].lowpass(900).gain(0.3)", "[osc(220)].lowpass(900).gain(0.3)"),
    pair(
        "resize",
        "let m = memory(1);\nregister(\"x\", pipe(osc(220), |x| { m[0] += 0.1 * (x - m[0]); m[0] }) * 0.4);",
        "let m = memory(9);\nregister(\"x\", pipe(osc(220), |x| { m[0] += 0.1 * (x - m[0]); m[0] }) * 0.4);",
    ),
    pair("wrap", "osc(220).lowpass(900) * 0.4", "gain(osc(220).lowpass(900), 0.5) * 0.4"),
    pair("wrap", "osc(220).lowpass(900) * 0.4", "lpf(osc(220).lowpass(900), 2000, 0.3) * 0.4"),
    pair("wrap", "osc(220).lowpass(900) * 0.4", "pan(osc(220).lowpass(900), 0.5) * 0.4"),
    fresh("wrap", "osc(220).lowpass(900) * 0.4", "tremolo(osc(220).lowpass(900), 4, 1) * 0.4"),
    pair(
        "extract into a function",
        "osc(220).lowpass(900).gain(0.4)",
        "fn voice(hz, dark) { osc(hz).lowpass(dark) }\nregister(\"x\", voice(220, 900).gain(0.3));",
    ),
    pair(
        "extract into a function",
        "let m = memory(1);\nregister(\"x\", pipe(osc(220), |x| { m[0] += 0.1 * (x - m[0]); m[0] }) * 0.4);",
        "fn dark(x) { let m = memory(1); pipe(x, |x| { m[0] += 0.1 * (x - m[0]); m[0] }) }
         register(\"x\", dark(osc(220)) * 0.3);",
    ),
    pair(
        "move into a loop",
        "(osc(220) + osc(110) + osc(55)) * 0.1",
        "let all = [];\nfor n in 0..3 { all.push(osc(220.0 / 2.0 ** n) * 0.1); }\nregister(\"x\", sum(all).lowpass(5000));",
    ),
    fresh(
        "move into a loop of equal ones",
        "osc(220).lowpass(900) * 0.1 + osc(220).lowpass(900) * 0.1",
        "let all = [];\nfor n in 0..4 { all.push(osc(220).lowpass(900) * 0.1); }\nregister(\"x\", sum(all));",
    ),
    pair("label", "osc(220).lowpass(900).gain(0.4)", "osc(220).label(\"low\").lowpass(900).gain(0.3)"),
    fresh("rename a label", "osc(220).label(\"a\").gain(0.4)", "osc(220).label(\"b\").gain(0.4)"),
    fresh("remove the line", "osc(220).gain(0.4)", "// nothing"),
    pair("write it as a closure", "osc(220).gain(0.4)", "register(\"x\", |s| { let y = osc(220); y * 0.3 });"),
    pair(
        "edit a closure",
        "register(\"x\", |s| { s.state[0] = (s.state[0] + 220.0 / s.sr) % 1.0; sin(TAU * s.state[0]) * 0.4 });",
        "register(\"x\", |s| { s.state[0] = (s.state[0] + 220.0 / s.sr) % 1.0; let y = sin(TAU * s.state[0]); y * y * y * 0.2 });",
    ),
];

/// The script that an expression stands for.
fn script(text: &str) -> String {
    if text.contains("register(") || text.starts_with("//") {
        text.to_owned()
    } else {
        format!("register(\"x\", {text});")
    }
}

/// The largest step of either side.
fn step(stem: &[f64]) -> f64 {
    (0..2).map(|nth| steepest(&side(stem, nth))).fold(0.0, f64::max)
}

/// How loud a script is by itself.
fn level(text: &str) -> f64 {
    let stems = Set::of(&[("x.rhai", text)]).stems(100);
    stems.values().flatten().fold(0.0, |peak, sample| f64::max(peak, sample.abs()))
}

/// Three times the slope of the sine at the level of the louder script.
fn bound(texts: &[String]) -> f64 {
    3.0 * TAU * 220.0 / 48_000.0 * texts.iter().map(|text| level(text)).fold(0.0, f64::max)
}

/// Two performances of the same files; one is edited.
struct Beside {
    edited: Set,
    still: Set,
    /// What the edited one was, signal by signal.
    heard: BTreeMap<String, Vec<f64>>,
}

impl Beside {
    fn new(text: &str) -> Beside {
        let files = [("others.rhai", OTHERS), ("x.rhai", text)];
        Beside { edited: Set::of(&files), still: Set::of(&files), heard: BTreeMap::new() }
    }

    /// Lets both play, and compares what was not edited.
    fn play(&mut self, quanta: usize, what: &str) {
        let (wanted, found) = (self.still.stems(quanta), self.edited.stems(quanta));
        for (name, stem) in found {
            if ["lead", "wide", "own", "air"].contains(&name.as_str()) {
                assert!(bits(&stem) == bits(&wanted[&name]), "{what}: `{name}` hears of it");
            }
            self.heard.entry(name).or_default().extend(stem);
        }
    }

    /// The signal `x` so far.
    fn x(&self) -> &[f64] {
        &self.heard["x"]
    }
}

/// Edits to and fro, with so many quanta between the edits, and gives the largest step.
fn toggled(pair: &Pair, texts: &[String; 2], gaps: &[usize]) -> f64 {
    let mut beside = Beside::new(&texts[0]);
    beside.play(20, pair.kind);
    for (nth, gap) in gaps.iter().enumerate() {
        beside.edited.saves(&[("x.rhai", Some(&texts[(nth + 1) % 2]))]);
        beside.play(*gap, pair.kind);
    }
    step(beside.x())
}

#[test]
fn no_kind_of_edit_makes_a_step_and_nobody_else_hears_of_it() {
    // A period is 3.4 quanta, so the edits come at phases of all kinds; then they come while the last fade still runs.
    let gaps = [25, 26, 28, 31, 35, 40, 26, 27, 1, 2, 3, 5, 7, 1, 1, 1, 14, 15, 16, 30];
    for pair in PAIRS {
        let texts = [script(pair.old), script(pair.new)];
        let (found, bound) = (toggled(pair, &texts, &gaps), bound(&texts));
        assert!(found < bound, "{}: a step of {found}, bound {bound}\n{}\n{}", pair.kind, texts[0], texts[1]);
    }
}

/// Edits there and back, and gives how far each program, once it has settled, is from what it would be alone.
fn unsettled(texts: &[String; 2]) -> f64 {
    let mut set = Set::of(&[("x.rhai", &texts[0])]);
    set.play(20 * QUANTUM);
    let mut off = 0.0_f64;
    for text in [&texts[1], &texts[0]] {
        set.saves(&[("x.rhai", Some(text))]);
        set.play(SETTLED * QUANTUM);
        let mut alone = Set::of(&[("x.rhai", text)]);
        alone.play(set.player.frame() as usize);
        let (wanted, found) = (alone.play(10 * QUANTUM), set.play(10 * QUANTUM));
        let pairs = wanted.iter().flatten().zip(found.iter().flatten());
        off = pairs.map(|(wanted, found)| (wanted - found).abs()).fold(off, f64::max);
    }
    off
}

#[test]
fn what_goes_on_ends_up_where_it_would_be_had_it_always_been_there() {
    for pair in PAIRS.iter().filter(|pair| pair.settles) {
        let texts = [script(pair.old), script(pair.new)];
        let off = unsettled(&texts);
        assert!(off < 1e-6, "{}: off by {off} for good\n{}\n{}", pair.kind, texts[0], texts[1]);
        // And it would be heard if it had begun anew.
        if pair.kind != "label" && pair.new.starts_with("osc(220)") {
            let off = unsettled(&texts.map(|text| format!("unregister(\"x\");\n{text}")));
            assert!(off > 1e-3, "{}: nobody hears what begins anew, off by {off}", pair.kind);
        }
    }
}

#[test]
fn the_bound_hears_an_edit_without_a_fade() {
    let cut = |text: &str| script(text).replace("(\"x\", ", "(\"x\", (").replace(");", "), #{fade: 0, fade_out: 0});");
    let heard = PAIRS.iter().filter(|pair| !pair.old.contains("register(") && !pair.new.contains("register("));
    let heard = heard.filter(|pair| {
        let texts = [cut(pair.old), cut(pair.new)];
        toggled(pair, &texts, &[25, 26, 28, 31, 35, 40, 26, 27]) > bound(&texts)
    });
    let kinds = heard.map(|pair| pair.kind).collect::<std::collections::BTreeSet<_>>();
    for kind in ["insert", "swap sides", "duplicate", "change a number", "change the kind", "wrap", "remove the line"] {
        assert!(kinds.contains(kind), "a cut of the kind `{kind}` is not heard; these are: {kinds:?}");
    }
}

/// What may come while other things are still going on.
const SCRIPTS: [&str; 7] = [
    "register(\"x\", osc(220) * 0.15);",
    "register(\"x\", osc(220).lowpass(500) * 0.1, #{fade_in: 0.1, fade: 0.1, fade_out: 0.1});",
    "register(\"x\", osc(220).tremolo(6, 0.8) * 0.15, #{fade: 0.004});",
    "register(\"x\", [osc(220) * 0.15, osc(220).lpf(900, 0.3) * 0.1], #{fade_out: 0.2});",
    "// gone",
    "unregister(\"x\");",
    "unregister(\"x\");\nregister(\"x\", osc(220) * 0.15);",
];

/// What may be said meanwhile; an unknown signal is refused, and that is continuous too.
const WORDS: [&str; 11] = [
    "mute x",
    "mute x 0.1",
    "unmute x",
    "unmute x 0.07",
    "gain x 0.3",
    "gain x 1 0.1",
    "gain x 0 0.05",
    "unregister x",
    "undo",
    "undo --state then",
    "redo",
];

#[test]
fn whatever_meets_whatever_is_continuous() {
    let bound = 3.0 * TAU * 220.0 / 48_000.0 * 0.15;
    let mut dice = Dice::new(1);
    for round in 0..60 {
        let mut set = Set::new();
        let mut told = Vec::new();
        let mut last = [0.0; 2];
        for _ in 0..30 {
            if dice.below(3) == 0 {
                let words = WORDS[dice.below(WORDS.len())];
                let obeyed = set.tell(words);
                told.push(format!("{words}: {}", obeyed.err().unwrap_or_default()));
            } else {
                let text = SCRIPTS[dice.below(SCRIPTS.len())];
                set.saves(&[("x.rhai", Some(text))]);
                told.push(text.to_owned());
            }
            let quanta = 1 + dice.below(20);
            for (side, last) in set.play(quanta * QUANTUM).iter().zip(&mut last) {
                let step = steepest(&[&[*last], &side[..]].concat());
                assert!(step < bound, "round {round}: a step of {step}, bound {bound}, after\n{}", told.join("\n"));
                *last = side[side.len() - 1];
            }
            told.push(format!("{quanta} quanta"));
        }
    }
}
