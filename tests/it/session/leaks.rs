//! What leaks is found within fifty reloads, and a set that is played for long is never accused.

use std::process::Command;
use std::sync::Arc;

use aither::heap;
use aither::memory::leak::{Detector, Leak, Metric, Reading, WINDOW};
use aither::memory::{Key, Layout};
use aither::session::{Settings, Trial};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Set, small};

/// Numbers that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The reload at which the detector speaks of a series, and what it says.
fn judged(series: impl Iterator<Item = Reading>) -> Option<(usize, Leak)> {
    let mut detector = Detector::default();
    series.enumerate().find_map(|(nth, reading)| {
        let readings = Metric::ALL.map(|metric| (metric == Metric::Heap).then(|| reading.clone()));
        detector.take(readings).first().map(|leak| (nth + 1, *leak))
    })
}

fn plain(values: impl Iterator<Item = f64>) -> Option<(usize, Leak)> {
    judged(values.map(|value| Reading { value, sizes: Vec::new() }))
}

#[test]
fn a_leak_of_one_with_every_reload_is_found_within_fifty_however_the_set_changes_meanwhile() {
    let (at, leak) = plain((0..50).map(|nth| 1000.0 + nth as f64)).unwrap();
    assert!(at < 50 && leak.reloads == WINDOW && (leak.per_reload - 1.0).abs() < 1e-9 && leak.confidence > 0.9999);
    let says = "blocks of the heap grow by 1.0 with every save, over 40 saves (confidence 100.00 %), and nothing that plays \
                explains it; the engine has made a mistake: keep the log (--log) and report it; a restart frees the memory";
    assert_eq!(leak.to_string(), says);
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let leaks = (0..50).map(|nth| {
            let size = dice.below(30) as f64;
            Reading { value: nth as f64 + 37.0 * size + dice.below(8) as f64, sizes: vec![size] }
        });
        let (_, leak) = judged(leaks).unwrap_or_else(|| panic!("not found with {seed}"));
        assert!((leak.per_reload - 1.0).abs() < 0.3, "{leak:?}");
    }
}

#[test]
fn what_the_size_of_the_set_explains_is_no_leak_and_neither_is_a_single_step() {
    // It grows all the time, and so does the set.
    let grows = (0..400).map(|nth| Reading { value: 7.0 * nth as f64, sizes: vec![nth as f64] });
    assert_eq!(judged(grows), None);
    // One large step, a saw, a wave, a rise that comes to its end.
    assert_eq!(plain((0..400).map(|nth| if nth < 170 { 0.0 } else { 500.0 })), None);
    assert_eq!(plain((0..400).map(|nth| f64::from(nth % 13))), None);
    assert_eq!(plain((0..4000).map(|nth| 100.0 * (f64::from(nth) / 4.0).sin())), None);
    assert_eq!(plain((0..400).map(|nth| 60.0 * (1.0 - (-f64::from(nth) / 9.0).exp()))), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_size_that_wanders_and_noise_that_follows_itself_are_no_leak(seed in any::<u64>(), follows in 0.0..0.5_f64) {
        let mut dice = Dice(seed);
        let (mut size, mut noise) = (20.0_f64, 0.0);
        let healthy = (0..2000).map(|_| {
            size = (size + dice.below(5) as f64 - 2.0).clamp(0.0, 60.0);
            noise = follows * noise + dice.below(9) as f64 - 4.0;
            Reading { value: (31.0 * size + noise).round(), sizes: vec![size] }
        });
        prop_assert_eq!(judged(healthy), None);
    }
}

/// Has a test run alone in its process, because the heap is counted over all threads. Whether this is that process.
fn is_alone(test: &str) -> bool {
    const ALONE: &str = "AITHER_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let name = format!("session::leaks::{test}");
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args(["--exact", &name]).env(ALONE, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    false
}

/// What edits are made of; N is a number.
const LINES: [&str; 8] = [
    "register(\"a\", saw(110 + N).lpf(900, 0.5).gain(0.2), #{fade: 0.005});",
    "register(\"a\", saw(110).delay(0.02, 0.01).gain(0.2), #{fade: 0.001});",
    "register(\"b\", [osc(N), osc(221)].lowpass(900), #{fade: 0});",
    "register(\"b\", |s| { s.state[0] += N; sin(s.state[0]) }, #{fade: 0});",
    "register(\"c N\", noise().highpass(2000).gain(0.05), #{fade_out: 0});",
    "register(\"d\", mix(osc(N), phasor(3)), #{fade_out: 0.002});",
    "unregister(\"a\");",
    "oscc(N);",
];

/// A set of random edits.
struct Played {
    set: Set,
    dice: Dice,
}

impl Played {
    fn new(settings: Settings) -> Played {
        Played { set: Set::with(&settings), dice: Dice(7) }
    }

    /// One edit, and what is found.
    fn edit(&mut self) -> Vec<Leak> {
        self.edit_beside(None)
    }

    /// One edit, with another file in the same save.
    fn edit_beside(&mut self, beside: Option<(&str, &str)>) -> Vec<Leak> {
        let number = self.dice.below(9).to_string();
        let file = ["one.rhai", "two.rhai", "lib/three.rhai"][self.dice.below(3) as usize];
        let lines = self.dice.below(4);
        let lines = (0..lines).map(|_| LINES[self.dice.below(8) as usize].replace('N', &number)).collect::<Vec<_>>();
        let lines = lines.join("\n");
        let files = [Some((file, Some(lines.as_str()))), beside.map(|(file, text)| (file, Some(text)))];
        self.set.save(&files.into_iter().flatten().collect::<Vec<_>>());
        self.set.play(64 * 17);
        self.set.performance.leaks()
    }

    /// The reload, counted from now, at which a leak is found while something is done after each.
    fn found(&mut self, metric: Metric, leak: Lose) -> Option<usize> {
        (1..=50).find(|nth| {
            // A structure that was never heard, so that there is a piece of code of it.
            let text = format!("register(\"x\", osc(1){}, #{{fade: 0}});", ".gain(0.5).lowpass(9)".repeat(*nth));
            let found = self.edit_beside((metric == Metric::Code).then_some(("x.rhai", &text)));
            leak(&mut self.set, *nth);
            found.iter().any(|leak| leak.metric == metric)
        })
    }
}

/// Loses something after the reload of this number.
type Lose = fn(&mut Set, usize);

fn modest() -> Settings {
    Settings { trial: Trial::Off, generations: 4, undo_memory: 1 << 16, max_signals: 32, ..small() }
}

#[test]
fn a_leak_of_one_block_of_any_memory_with_every_reload_is_found_within_fifty() {
    if !is_alone("a_leak_of_one_block_of_any_memory_with_every_reload_is_found_within_fifty") {
        return;
    }
    assert!(heap::live().is_some());
    let leaks: [(Metric, Lose); 5] = [
        (Metric::Heap, |_, nth| std::mem::forget(std::hint::black_box(Box::new(nth)))),
        (Metric::Keys, |set, nth| {
            let layout = Layout { cells: 1, lines: Vec::new(), channels: 1 };
            let key = Key::new(&Arc::from("nobody"), "osc", nth as u32);
            set.performance.helper_pool_mut().claim(&key, &layout, u64::MAX).unwrap();
        }),
        (Metric::Slots, |set, nth| {
            let layout = Layout { cells: 3, lines: Vec::new(), channels: 1 };
            let key = Key::new(&Arc::from("nobody"), "osc", nth as u32);
            set.performance.helper_pool_mut().claim(&key, &layout, u64::MAX).unwrap();
        }),
        (Metric::Programs, |set, _| {
            std::mem::forget(set.performance.program_memory().claim("nobody", 8).unwrap());
        }),
        (Metric::Code, |set, _| {
            let program = set.performance.programs().find(|(name, _)| *name == "x").map(|(_, program)| program.clone());
            if let Some(program) = program {
                std::mem::forget(set.performance.compiler_mut().compile(&program).unwrap());
            }
        }),
    ];
    for (metric, leak) in leaks {
        let mut played = Played::new(modest());
        for _ in 0..100 {
            assert_eq!(played.edit(), [], "before anything leaks");
        }
        let found = played.found(metric, leak);
        println!("{metric:?} after {found:?}, {:?}", played.set.performance.growth(metric));
        assert!(found.is_some(), "{metric:?}: {:?}", played.set.performance.growth(metric));
    }
}

#[test]
fn ten_thousand_reloads_of_a_healthy_set_are_no_leak() {
    if !is_alone("ten_thousand_reloads_of_a_healthy_set_are_no_leak") {
        return;
    }
    for settings in [modest(), Settings { trial: Trial::Off, ..small() }] {
        let mut played = Played::new(settings);
        for nth in 0..5000 {
            let found = played.edit();
            assert_eq!(found, [], "in reload {nth}");
        }
    }
}
