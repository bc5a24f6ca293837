//! Signals that rest are not rendered, and nobody can tell: not by the sound, not by stems, not by what memory holds at any boundary. That what is said to rest does stands in `rest.rs`.

use aither::compile::BackEnd;
use aither::ir::call::QUANTUM;
use aither::session::Settings;

use super::{Set, same, small};
use crate::stand::Dice;

/// Notes of all kinds, most of them short; eight of one shape, three of another. Each has a number that makes no difference.
fn notes(version: u32) -> String {
    let mut text = format!("let own = 0.1 + {version} * 1e-9;\n");
    for number in 0..8 {
        let (freq, beats) = (110 * (number + 1), 1.0 + f64::from(number) / 4.0);
        text += &format!("register(\"pluck{number}\", osc({freq}) * pluck(every({beats:?}), 0.0006) * own);\n");
    }
    for number in 0..3 {
        let rate = 2.0 + f64::from(number) / 3.0;
        text += &format!(
            "register(\"drum{number}\", (noise() * segments(impulse({rate:?}), [[1, 0.001], [0, 0.03]])).lpf(9000, 0.2) * own);\n"
        );
    }
    text += "register(\"lead\", saw(220) * adsr(impulse(1.3), 0.002, 0.01, 0, 0.0004) * own);
register(\"slow\", osc(55) * swell(square(0.7), 0.001, 0.0005) * own);
register(\"on\", osc(330) * own);
register(\"off\", osc(330) * 0 * own);
register(\"echo\", signal(\"lead\").delay(0.2, 0.05) * own);
register(\"heard\", [signal(\"pluck3\") + signal(\"slow\"), atan2(signal(\"off\"), 0 - 1)] * own);
register(\"count\", |s| { s.state[0] += 1.0; if s.state[0] % 7000.0 < 64.0 { own } else { 0.0 } });
";
    text
}

/// What is done to the set at a boundary.
const DONE: &[&str] = &[
    "gain pluck1 0.5",
    "mute drum0",
    "unmute drum0",
    "tempo 140",
    "gain lead 0.25 0.1",
    "tempo 97.3",
    "stop slow",
    "solo pluck2",
    "unsolo pluck2",
    "unregister drum2",
];

/// The set that sleeps, or does not.
fn set(back_end: BackEnd, sleeps: bool) -> Set {
    let settings = Settings { sleeps, back_end, max_signals: 64, ..small() };
    let mut set = Set::with(&settings);
    let report = set
        .start(&[("notes.rhai", &notes(0)), ("other.rhai", "register(\"other\", osc(440) * pluck(every(3), 0.001));")]);
    assert!(report.ok(), "{}", report.json().join("\n"));
    set
}

/// What lies in the helpers' blocks after a quantum in which nobody sleeps, because every program is a new one.
fn memory(set: &mut Set, version: u32) -> Vec<u64> {
    let other = format!("register(\"other\", osc(440) * pluck(every(3), 0.001) * (1 + {version} * 1e-9));");
    set.saves(&[("notes.rhai", Some(&notes(version))), ("other.rhai", Some(&other))]);
    set.play(QUANTUM);
    let pool = set.performance.helper_pool();
    // SAFETY: nothing renders while it is read.
    (0..pool.counters().high_water).map(|slot| unsafe { *pool.arena().at(slot) }).collect()
}

#[test]
fn a_set_that_sleeps_gives_and_remembers_what_one_does_that_never_sleeps() {
    for back_end in BackEnd::here() {
        for seed in 0..3 {
            let mut dice = Dice::new(seed);
            let [mut asleep, mut awake] = [true, false].map(|sleeps| set(back_end, sleeps));
            for turn in 0..14 {
                let quanta = 1 + dice.below(400);
                if dice.below(3) == 0 {
                    let (found, wanted) = (asleep.stems(quanta), awake.stems(quanta));
                    for (name, wanted) in &wanted {
                        same(std::slice::from_ref(&found[name]), std::slice::from_ref(wanted));
                    }
                } else {
                    same(&asleep.play(quanta * QUANTUM), &awake.play(quanta * QUANTUM));
                }
                match dice.below(4) {
                    0 => {
                        let (freq, beats) = (100 + dice.below(900), 1 + dice.below(4));
                        let text = format!("register(\"other\", osc({freq}) * pluck(every({beats}), 0.001));");
                        for set in [&mut asleep, &mut awake] {
                            set.saves(&[("other.rhai", Some(&text))]);
                        }
                    }
                    1 => {
                        let text = notes(0).replace("0.0006", &format!("{:?}", 0.0002 * (1 + dice.below(4)) as f64));
                        for set in [&mut asleep, &mut awake] {
                            set.saves(&[("notes.rhai", Some(&text))]);
                        }
                    }
                    _ => {
                        let words = DONE[dice.below(DONE.len())];
                        let [found, wanted] = [&mut asleep, &mut awake].map(|set| set.tell(words).is_ok());
                        assert_eq!(found, wanted, "{words}");
                    }
                }
                if dice.below(2) == 0 {
                    let (found, wanted) = (memory(&mut asleep, 1 + turn), memory(&mut awake, 1 + turn));
                    let differs = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted);
                    assert_eq!(differs, None, "{back_end}, seed {seed}, turn {turn}");
                }
            }
        }
    }
}
