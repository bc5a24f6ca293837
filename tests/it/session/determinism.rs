//! The same edits give the same sound, the same keys and the same words, whatever memory is like: roomy, just enough, in
//! pieces, dirty, used before; and whatever executes, with whatever buffers. Random edits, and one piece by hand.

use std::sync::Arc;

use aither::compile::BackEnd;
use aither::device::Source;
use aither::ir::call::QUANTUM;
use aither::memory::{Key, Layout};
use aither::session::{Report, Settings, Trial};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::logged::{Played, assert_same};
use super::piece::{Edit, Piece, Place, WIDTH, any_edit, any_piece};
use super::{File, Set, bits, patient};

/// One entry of an edit log.
#[derive(Clone, Debug)]
enum Step {
    Save(Vec<(&'static str, Option<String>)>),
    Tell(&'static str),
    /// So many quanta.
    Play(usize),
}

/// What can be observed of a log: samples as bits, and what every report says of signals and helpers.
#[derive(Debug, PartialEq)]
struct Observed {
    sound: Vec<u64>,
    said: Vec<String>,
}

fn roomy() -> Settings {
    Settings {
        channels: WIDTH,
        helper_memory: 1 << 20,
        code_memory: 4 << 20,
        max_signals: 48,
        trial: Trial::Off,
        thresholds: patient(),
        ..Settings::default()
    }
}

/// Name and status of every signal, key and status of every helper; what was refused.
fn words(report: &Report) -> String {
    let signals = report.files.iter().flat_map(|file| &file.signals);
    let signals = signals.map(|signal| {
        let helpers =
            signal.helpers.iter().map(|helper| format!(" {}:{}", helper.key, helper.status)).collect::<String>();
        format!("{} {}{helpers}\n", signal.name, signal.status.word())
    });
    let errors = report.files.iter().flat_map(|file| &file.errors).map(|error| format!("{}\n", error.message));
    format!("{}\n{}{}", report.ok(), signals.collect::<String>(), errors.collect::<String>())
}

fn files(files: &[(&'static str, Option<String>)]) -> Vec<(&'static str, Option<String>)> {
    files.to_vec()
}

/// Plays a log. `most` is told how many slots are taken after each save.
fn observe(set: &mut Set, log: &[Step], mut most: impl FnMut(&Set)) -> Observed {
    let mut observed = Observed { sound: Vec::new(), said: Vec::new() };
    for step in log {
        match step {
            Step::Save(saved) => {
                let saved = files(saved);
                let saved = saved.iter().map(|(path, text)| (*path, text.as_deref())).collect::<Vec<File>>();
                observed.said.push(words(&set.save(&saved)));
                most(set);
            }
            Step::Tell(line) => {
                let said = set.tell(line);
                observed
                    .said
                    .push(said.map_or_else(|why| why, |report| report.as_ref().map(words).unwrap_or_default()));
                most(set);
            }
            Step::Play(quanta) => {
                set.play(quanta * QUANTUM).iter().for_each(|channel| observed.sound.extend(bits(channel)))
            }
        }
    }
    observed
}

fn layout(slots: usize) -> Layout {
    Layout { cells: slots as u32, lines: Vec::new(), channels: 1 }
}

fn ballast(number: u32) -> Key {
    Key::new(&Arc::from("ballast"), "memory", number)
}

/// Fills all free slots of the pool with what no helper could bear, and gives them back.
fn soil(set: &mut Set) {
    let pool = set.performance.helper_pool_mut();
    let block = pool.claim(&ballast(0), &layout(pool.largest_free()), u64::MAX).unwrap();
    for slot in block.extent().start..block.extent().end() {
        // SAFETY: the block is the test's own.
        unsafe { pool.arena().at(slot).write(f64::NAN.to_bits() | slot as u64) };
    }
    assert!(pool.release(&ballast(0), u64::MAX));
    pool.settle(u64::MAX);
}

/// Leaves holes of many sizes between blocks that stay.
fn shatter(set: &mut Set) {
    let pool = set.performance.helper_pool_mut();
    let sizes = (0..120).map(|number| 1 + (number * number * 37) % 1500).collect::<Vec<usize>>();
    for (number, slots) in sizes.iter().enumerate() {
        pool.claim(&ballast(number as u32), &layout(*slots), u64::MAX).unwrap();
    }
    for number in (0..sizes.len()).step_by(2) {
        assert!(pool.release(&ballast(number as u32), u64::MAX));
    }
    pool.settle(u64::MAX);
}

/// Plays a log under everything that must not be observable. Gives what was said.
fn hold(log: &[Step]) -> Vec<String> {
    let mut most = 0;
    let mut first = Set::with(&roomy());
    let expected = observe(&mut first, log, |set| {
        let pool = set.performance.helper_pool().counters();
        most = most.max(pool.used + pool.quarantined);
    });
    let check = |what: &str, found: &Observed| {
        assert_eq!(found.said, expected.said, "{what}\n{log:?}");
        let differs = found.sound.iter().zip(&expected.sound).position(|(one, other)| one != other);
        assert_eq!((differs, found.sound.len()), (None, expected.sound.len()), "{what}\n{log:?}");
    };
    let same = |what: &str, set: &mut Set| check(what, &observe(set, log, |_| ()));
    let alike = |what: &str, settings: &Settings| same(what, &mut Set::with(settings));
    alike("again", &roomy());
    alike("without sleep", &Settings { sleeps: false, ..roomy() });
    for back_end in BackEnd::here() {
        alike(&back_end.to_string(), &Settings { back_end, ..roomy() });
    }
    let mut set = Set::with(&roomy());
    soil(&mut set);
    same("dirty", &mut set);
    let mut set = Set::with(&Settings { helper_memory: 4 << 20, ..roomy() });
    shatter(&mut set);
    same("in pieces", &mut set);
    let mut set = Set::with(&roomy());
    soil(&mut set);
    let other =
        "register(\"before\", mix(noise(), osc(3).delay(0.2, 0.1), |s| { s.state[5] += 1.0; s.state[5] * 0.001 }));";
    set.saves(&[("before.rhai", Some(other))]);
    set.play(6400);
    set.saves(&[("before.rhai", Some("unregister(\"before\");"))]);
    set.play(6400);
    same("after another set", &mut set);
    // The smallest rooms in which nothing is refused and nothing reclaimed.
    let steps = [100, 101, 105, 110, 125, 150, 200, 400];
    let tight = steps.iter().any(|percent| {
        let settings = Settings { helper_memory: 8 * (most * percent).div_ceil(100), ..roomy() };
        let mut set = Set::with(&settings);
        let found = observe(&mut set, log, |_| ());
        let enough = set.performance.helper_pool().counters().refusals == 0;
        enough.then(|| check("just enough", &found)).is_some()
    });
    assert!(tight, "four times what is in use must be enough");
    let fades = first.performance.fades().high_water;
    let tight = [1, 2, 4].iter().any(|times| {
        let mut set = Set::with(&Settings { fade_memory: 8 * fades * times, ..roomy() });
        let found = observe(&mut set, log, |_| ());
        let enough = set.performance.fades().refusals == 0;
        enough.then(|| check("little room for fades", &found)).is_some()
    });
    assert!(tight, "four times what fades take must be enough");
    let code = first.performance.compiler().statistics();
    let pages = code.memory.used / code.functions.max(1) * (code.functions - code.idle + 2);
    let tight = [1, 2, 4, 8].iter().any(|times| {
        let mut set = Set::with(&Settings { code_memory: pages * times, ..roomy() });
        let found = observe(&mut set, log, |_| ());
        let enough =
            found.said.iter().zip(&expected.said).all(|(one, other)| one.lines().next() == other.lines().next());
        enough.then(|| check("little room for code", &found)).is_some()
    });
    assert!(tight, "eight times what plays must be enough");
    expected.said
}

/// A log of a piece and its edits.
fn log_of(first: &Piece, edits: &[((Edit, Place), usize)]) -> Vec<Step> {
    let save = |piece: &Piece| {
        let [a, b] = piece.files();
        Step::Save(vec![("a.rhai", Some(a)), ("b.rhai", Some(b))])
    };
    let mut piece = first.clone();
    let mut log = vec![save(&piece), Step::Play(20)];
    for ((edit, place), quanta) in edits {
        piece.edit(edit, *place);
        log.extend([save(&piece), Step::Play(*quanta)]);
    }
    log.push(Step::Play(20));
    log
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        rng_seed: RngSeed::Fixed(3),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn memory_is_not_observable_over_random_edits(piece in any_piece(), edits in vec((any_edit(), 1..30_usize), 2..7)) {
        hold(&log_of(&piece, &edits));
    }
}

/// Parked and brought back, resized, unregistered, undone with its state, refused, poisoned and cured.
fn hard() -> Vec<Step> {
    let own =
        "fn ramp(hz) { let m = memory(300); |s| { let i = s.frame % 300; m[i] = m[i] * 0.5 + hz / s.sr; m[i] } }\n";
    let one = |level: f64| {
        format!("{own}register(\"one\", mix(ramp(900), noise().lpf(800, 0.4)).gain({level:?}), #{{fade: 0.03}});")
    };
    let pad = |seconds: f64| {
        format!("register(\"pad\", [osc(110), saw(111.5)].feedback({seconds:?}, 0.011, 0.6).gain(0.2));")
    };
    let sick = "register(\"sick\", |s| { s.state[0] += 1.0 / (s.state[1] - 2000.0); s.state[1] += 1.0; osc(300) + s.state[0] });";
    let save = |path, text: &str| Step::Save(vec![(path, Some(text.to_owned()))]);
    vec![
        Step::Save(vec![("one.rhai", Some(one(0.3))), ("pad.rhai", Some(pad(0.02)))]),
        Step::Play(30),
        save("two.rhai", "register(\"two\", osc(70).delay(0.1, 0.05) * 0.1 + tri(55) * 0.1);"),
        Step::Play(9),
        save("pad.rhai", &pad(0.3)),
        Step::Play(40),
        Step::Tell("gain one 0.5 0.01"),
        save("one.rhai", "// parked"),
        Step::Play(40),
        save("sick.rhai", sick),
        Step::Play(60),
        save("wide.rhai", "register(\"wide\", noise().delay(0.4, 0.3) * 0.1);"),
        Step::Play(20),
        save("one.rhai", &one(0.2)),
        save("one.rhai", "register(\"one\", osc("),
        Step::Play(5),
        save("sick.rhai", &sick.replace("1.0 /", "0.0 *")),
        Step::Play(20),
        Step::Tell("undo pad.rhai --state then"),
        Step::Play(40),
        Step::Tell("unregister two"),
        save("pad.rhai", &pad(0.05)),
        Step::Play(2),
        save("pad.rhai", &pad(0.06)),
        Step::Tell("mute pad"),
        Step::Play(30),
        Step::Tell("unmute pad 0.1"),
        Step::Save(vec![
            ("wide.rhai", None),
            ("two.rhai", Some("register(\"two\", [noise(), noise()] * 0.1);".to_owned())),
        ]),
        Step::Play(60),
    ]
}

#[test]
fn memory_is_not_observable_in_a_hard_piece() {
    let said = hold(&hard());
    let refused = said.iter().filter(|said| said.starts_with("false")).collect::<Vec<_>>();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(said.iter().any(|said| said.contains("sick changed sick_osc_0:kept")), "{said:?}");
}

#[test]
fn the_size_of_the_buffers_is_not_observable() {
    let play = |frames: usize| {
        let mut set = Set::with(&Settings { channels: 2, ..roomy() });
        let mut sound = Vec::new();
        for step in hard() {
            match step {
                Step::Save(saved) => {
                    let saved = saved.iter().map(|(path, text)| (*path, text.as_deref())).collect::<Vec<File>>();
                    set.save(&saved);
                }
                Step::Tell(line) => drop(set.tell(line)),
                Step::Play(quanta) => {
                    let mut left = quanta * QUANTUM;
                    while left > 0 {
                        let mut block = vec![0.0_f32; 2 * frames.min(left)];
                        set.player.render(&mut block, 2);
                        set.performance.tick_quietly();
                        left -= block.len() / 2;
                        sound.extend(block.into_iter().map(f32::to_bits));
                    }
                }
            }
        }
        sound
    };
    let expected = play(QUANTUM);
    assert!(expected.iter().any(|sample| f32::from_bits(*sample).abs() > 0.1));
    for frames in [1, 37, 128, 441, 512, 4096] {
        assert!(play(frames) == expected, "buffers of {frames}");
    }
}

#[test]
fn a_noise_is_what_its_key_says_wherever_and_whenever_it_begins() {
    let noise = "register(\"n\", [noise(), noise().lowpass(500)]);";
    let begin = |before: &[(&'static str, &str)], quanta: usize, ballast: bool| {
        let mut set = Set::with(&Settings { channels: 2, ..roomy() });
        if ballast {
            soil(&mut set);
            shatter(&mut set);
        }
        for (path, text) in before {
            set.saves(&[(path, Some(text))]);
            set.play(quanta * QUANTUM);
        }
        set.saves(&[("n.rhai", Some(noise))]);
        bits(&set.stems(20)["n"])
    };
    let expected = begin(&[], 0, false);
    let others: [(&str, &str); 2] =
        [("a.rhai", "register(\"a\", noise() + osc(3));"), ("z.rhai", "register(\"z\", noise().delay(0.1, 0.1));")];
    assert!(
        begin(&others, 0, false) == expected
            && begin(&others, 13, true) == expected
            && begin(&others[1..], 500, false) == expected
    );
    let mut set = Set::of(&[("n.rhai", &noise.replace("\"n\"", "\"m\""))]);
    assert!(bits(&set.stems(20)["m"]) != expected, "another key is another noise");
}

#[test]
fn what_is_refused_and_reclaimed_in_a_pool_that_is_too_small_is_replayed_in_a_large_one() {
    let mut runner = TestRunner::new(ProptestConfig { rng_seed: RngSeed::Fixed(5), ..ProptestConfig::default() });
    let logs = (any_piece(), vec((any_edit(), 5..60_usize), 8..14));
    let (mut refused, mut reclaimed) = (0, 0);
    for case in 0..16 {
        let (piece, edits) = logs.new_tree(&mut runner).unwrap().current();
        let log = log_of(&piece, &edits);
        let Step::Save(first) = &log[0] else { unreachable!("a log begins with a save") };
        let first = first.iter().map(|(path, text)| (*path, text.as_deref())).collect::<Vec<File>>();
        // What the beginning needs, and a little more.
        let mut set = Set::with(&roomy());
        set.save(&first);
        let slots = set.performance.helper_pool().counters().used;
        let settings = Settings {
            helper_memory: 8 * (slots + slots * (1 + case % 4) / 2 + 4),
            trial: Trial::Off,
            ..Settings::default()
        };
        let mut played = Played::start(settings, &first);
        for step in &log[1..] {
            match step {
                Step::Save(saved) => {
                    let saved = saved.iter().map(|(path, text)| (*path, text.as_deref())).collect::<Vec<File>>();
                    refused += usize::from(!played.save(&saved));
                }
                Step::Tell(line) => _ = played.tell(line),
                Step::Play(quanta) => played.play(*quanta),
            }
        }
        played.write_up();
        reclaimed += std::fs::read_to_string(played.log()).unwrap().matches("\"reclaimed\"").count();
        let replayed = played.replayed(&["--helper-memory", "64MiB"]);
        assert_same(&played.heard, &replayed);
    }
    assert!(refused > 3 && reclaimed > 3, "{refused} refused, {reclaimed} reclaimed");
}
