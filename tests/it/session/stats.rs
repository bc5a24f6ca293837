//! Figures of a set and of each save: what is counted, when a level is told, and what a signal costs. Nothing here looks at a clock.

use std::collections::BTreeMap;

use aither::compile::BackEnd;
use aither::ir::call::QUANTUM;
use aither::memory::health::{Bounds, Level, Reserve, Subject, Thresholds};
use aither::memory::key::Key;
use aither::memory::pool::Layout;
use aither::session::report::{PoolChange, Report};
use aither::session::stats::{PoolStats, Reloads, SignalStats, Stats};
use aither::session::{Cost, Notice, Settings};

use super::{Set, bits, small};

const BASS: &str = "register(\"bass\", saw(55).lpf(400, 0.5).delay(0.2, 0.1).gain(0.2));";

fn pool(stats: &Stats, reserve: Reserve) -> &PoolStats {
    &stats.pools[&reserve]
}

/// A change of a pool in which nothing was refused.
fn change(claims: u64, releases: u64, bytes: i64, high_water: u64) -> PoolChange {
    let keys = claims as i64 - releases as i64;
    PoolChange { claims, releases, refusals: 0, keys, bytes, high_water }
}

#[test]
fn every_save_is_counted_where_it_claims() {
    // Vector code may be several pieces of a program.
    let mut set = Set::with(&Settings { back_end: BackEnd::Cranelift, ..small() });
    let before = set.performance.stats();
    assert_eq!((before.reloads, before.frames, before.signals.len()), (Reloads::default(), 0, 0));
    let report = set.start(&[("a.rhai", BASS)]);
    let stats = set.performance.stats();
    let helpers = pool(&stats, Reserve::Helpers);
    // A phase, a filter of two cells, and a head with a ring of 0.2 s and a place more, rounded up to a power of two.
    assert_eq!((helpers.claims, helpers.releases, helpers.keys, helpers.refusals), (3, 0, 3, 0));
    assert_eq!((helpers.used, helpers.high_water), (stats.signals[0].slots, stats.signals[0].slots));
    assert_eq!(helpers.largest_free, Some(helpers.capacity - helpers.used));
    assert_eq!((helpers.capacity, helpers.unit, helpers.free_pieces), (small().helper_memory as u64 / 8, 8, Some(1)));
    let bytes = helpers.used as i64 * 8;
    assert_eq!(report.memory.pools[&Reserve::Helpers], change(3, 0, bytes, bytes as u64));
    assert_eq!(report.memory.pools[&Reserve::Sandboxes], change(1, 0, 1024, 1024));
    assert_eq!(report.memory.pools[&Reserve::Fades], change(0, 0, 0, 0));
    assert_eq!((report.memory.code.hits, report.memory.code.misses, report.memory.code.evictions), (0, 1, 0));
    let page = report.memory.pools[&Reserve::Code];
    assert_eq!((page.claims, page.releases, page.keys, page.bytes as u64), (1, 0, 1, page.high_water));
    assert!(page.bytes > 0);

    // Another filter, the same shape otherwise: one block goes, one comes; the old program fades out on a copy.
    set.play(6400);
    let report = set.saves(&[("a.rhai", Some(&BASS.replace("lpf", "hpf")))]);
    let change_of = |reserve| report.memory.pools[&reserve];
    let helpers = change_of(Reserve::Helpers);
    assert_eq!((helpers.claims, helpers.releases, helpers.keys, helpers.bytes), (1, 1, 0, 0));
    assert_eq!(change_of(Reserve::Sandboxes), change(0, 0, 0, 0));
    let fades = change_of(Reserve::Fades);
    assert_eq!((fades.claims, fades.bytes as u64), (1, fades.high_water));
    assert!(fades.bytes >= 8 * 4, "a phase, two cells of the filter, a head: {fades:?}");
    let undo = change_of(Reserve::Undo);
    assert_eq!((undo.claims, undo.releases, undo.bytes as u64), (1, 0, undo.high_water));
    let stats = set.performance.stats();
    assert_eq!((stats.reloads.taken, stats.reloads.refused), (2, 0));
    assert!(pool(&stats, Reserve::Helpers).fading > 0, "what was released may still be heard");
    assert_eq!(pool(&stats, Reserve::Undo).spare, 0, "the newest does not give way");
    set.play(6400);
    let stats = set.performance.stats();
    assert_eq!((pool(&stats, Reserve::Helpers).fading, pool(&stats, Reserve::Fades).used), (0, 0));
    assert_eq!((stats.frames, stats.seconds), (12_800, 12_800.0 / 48_000.0));

    // A number changes: known code, no claim. A broken save claims nothing.
    let report = set.saves(&[("a.rhai", Some(&BASS.replace("lpf", "hpf").replace("55", "60")))]);
    assert_eq!((report.memory.code.hits, report.memory.code.misses), (1, 0));
    assert_eq!(report.memory.pools[&Reserve::Helpers], change(0, 0, 0, 0));
    assert!(pool(&set.performance.stats(), Reserve::Undo).spare > 0, "the older one gives way to the newer");
    let report = set.save(&[("a.rhai", Some("register("))]);
    assert!(!report.ok());
    assert_eq!(report.memory.pools[&Reserve::Helpers], change(0, 0, 0, 0));
    let stats = set.performance.stats();
    assert_eq!(stats.reloads, Reloads { taken: 3, refused: 1 });
    let hits = set.performance.compiler().statistics().counts;
    assert_eq!((stats.code.hits, stats.code.misses, stats.code.evictions), (hits.hits, hits.misses, hits.evictions));
}

#[test]
fn a_refused_claim_is_counted_and_told() {
    let mut set = Set::with(&Settings { helper_memory: 4096, ..small() });
    set.start(&[("a.rhai", "register(\"a\", osc(3));")]);
    let report = set.save(&[("b.rhai", Some("register(\"b\", delay(osc(4), 1, 0.5));"))]);
    let helpers = report.memory.pools[&Reserve::Helpers];
    assert_eq!((helpers.claims, helpers.releases, helpers.refusals, helpers.keys, helpers.bytes), (0, 0, 1, 0, 0));
    assert!(report.plain().ends_with("\n  helper memory refused a claim (--helper-memory)\n"), "{}", report.plain());
    assert_eq!(pool(&set.performance.stats(), Reserve::Helpers).refusals, 1);
    let line: serde_json::Value = serde_json::from_str(&report.json()[0]).unwrap();
    assert_eq!(line["memory"]["pools"]["helpers"]["refusals"], 1);
    assert_eq!(line["memory"]["code"]["misses"], 0);
}

#[test]
fn code_that_must_go_is_told() {
    // A page for each piece of code, and room for two.
    let mut set = Set::with(&Settings { code_memory: 8192, ..small() });
    let text = |shape: &str| format!("register(\"a\", {shape});");
    set.start(&[("a.rhai", &text("osc(3)"))]);
    let mut evictions = 0;
    for shape in ["osc(3) * 0.5", "osc(3) + 1", "osc(3) - osc(4)", "noise()"] {
        set.play(3200);
        let report = set.saves(&[("a.rhai", Some(&text(shape)))]);
        assert_eq!(report.plain().contains("of machine code dropped"), report.memory.code.evictions > 0);
        evictions += report.memory.code.evictions;
    }
    let stats = set.performance.stats();
    assert_eq!((stats.code.evictions, evictions > 0), (evictions, true));
    let code = pool(&stats, Reserve::Code);
    assert_eq!((code.releases, code.keys), (evictions, stats.code.pieces as u64));
    assert!(code.refusals > 0, "a piece found no place before another one went");
}

#[test]
fn a_signal_says_what_it_holds() {
    let mut set = Set::of(&[("a.rhai", BASS), ("b.rhai", "register(\"plain\", 0.1);")]);
    let stats = set.performance.stats();
    let [bass, plain] = &stats.signals[..] else { panic!("{:?}", stats.signals) };
    assert_eq!((&*bass.name, &*bass.file, bass.helpers, bass.parked), ("bass", "a.rhai", 3, false));
    assert_eq!((&*plain.name, plain.helpers, plain.slots), ("plain", 0, 0));
    // A sandbox, and a quantum of one channel with its last sample.
    assert!(plain.bytes >= 1024 + 8 * (QUANTUM as u64 + 1), "{}", plain.bytes);
    assert!(bass.bytes > 1024 + 8 * bass.slots);
    set.saves(&[("a.rhai", None)]);
    let stats = set.performance.stats();
    let parked = SignalStats { parked: true, bytes: 1024 + 8 * bass.slots, ..bass.clone() };
    assert_eq!(stats.signals[0], parked, "it keeps its memory and needs no program");
    assert!(stats.signals.iter().all(|signal| signal.cost.is_none()), "offline nobody waits");
    assert_eq!(stats.audio.cost, None);
    assert_eq!(stats.process.heap_blocks.is_some(), aither::heap::live().is_some());
}

/// Claims a block that no signal will hold.
fn stray(set: &mut Set, number: u32) {
    let key = Key { signal: "nobody".into(), helper: "osc", index: number };
    set.performance.helper_pool_mut().claim(&key, &Layout { cells: 1, ..Layout::default() }, u64::MAX).unwrap();
}

#[test]
fn a_block_that_nobody_holds_is_a_warning_and_ten_are_critical_once_each() {
    let mut set = Set::of(&[("a.rhai", BASS)]);
    let mut told = Vec::new();
    for number in 0..12 {
        stray(&mut set, number);
        for n in 0..3 {
            let text = format!("register(\"b\", osc({}));", 3 + number * 3 + n);
            let report = set.saves(&[("b.rhai", Some(&text))]);
            told.extend(report.memory.crossings.iter().map(|crossing| (number + 1, crossing.to, crossing.subject)));
            set.play(640);
        }
    }
    let imbalance = Subject::Imbalance;
    assert_eq!(told, [(1, Level::Warning, imbalance), (10, Level::Critical, imbalance)]);
    let stats = set.performance.stats();
    assert_eq!((stats.health.imbalance, stats.health.level), (12, Level::Critical));
    assert_eq!(
        stats.health.crossings.iter().map(|crossed| crossed.crossing.to).collect::<Vec<_>>(),
        [Level::Warning, Level::Critical]
    );
    assert!(stats.health.crossings[1].frame > stats.health.crossings[0].frame);
    set.performance.helper_pool_mut().revert(u64::MAX);
    let report = set.saves(&[("b.rhai", Some("register(\"b\", 0.5);"))]);
    assert_eq!(
        report.memory.crossings.iter().map(|crossing| (crossing.from, crossing.to)).collect::<Vec<_>>(),
        [(Level::Critical, Level::Ok)]
    );
}

#[test]
fn whatever_is_done_to_a_set_nothing_is_claimed_that_nobody_holds() {
    let mut set = Set::of(&[("a.rhai", BASS)]);
    let balanced = |set: &Set, what: &str| assert_eq!(set.performance.stats().health.imbalance, 0, "{what}");
    let steps: [(&str, Option<&str>); 6] = [
        ("another kind", Some("register(\"bass\", saw(55).hpf(400, 0.5)); register(\"new\", noise().lpf(30, 0.1));")),
        ("a broken one", Some("register(\"bass\", osc(1) * 1e9 + 1e9);")),
        ("unregister", Some("unregister(\"bass\"); register(\"new\", noise().lpf(30, 0.1));")),
        ("removed", None),
        ("back", Some(BASS)),
        ("wide", Some("register(\"bass\", [saw(55), saw(56)].lpf(400, 0.5).delay(0.4, 0.1));")),
    ];
    for (what, text) in steps {
        set.save(&[("a.rhai", text)]);
        balanced(&set, what);
        set.play(64);
        balanced(&set, what);
        set.play(6400);
        balanced(&set, what);
    }
    set.tell("undo").unwrap();
    balanced(&set, "undo");
    set.tell("unregister bass").unwrap();
    balanced(&set, "by hand");
}

#[test]
fn a_pool_that_fills_is_told_in_the_report_of_the_save_that_filled_it() {
    // Twenty small signals fit.
    let mut set = Set::with(&Settings { max_signals: 20, ..small() });
    let signals = |count: usize| (0..count).map(|n| format!("register(\"s{n}\", 0.{n});")).collect::<String>();
    let (mut levels, mut full) = (Vec::new(), Report::default());
    for count in [1, 13, 14, 14, 17, 19, 20, 5] {
        let report = set.saves(&[("a.rhai", Some(&signals(count)))]);
        levels.push(report.memory.crossings.iter().map(|crossing| crossing.to).collect::<Vec<_>>());
        full = if count == 19 { report } else { full };
        set.play(3200);
    }
    use Level::{Critical, Economise, Warning};
    assert_eq!(levels, [vec![], vec![], vec![Warning], vec![], vec![Economise], vec![Critical], vec![], vec![]]);
    // Those that are parked still hold theirs; they are named.
    let stats = set.performance.stats();
    assert_eq!(pool(&stats, Reserve::Sandboxes).level, Critical);
    let unregister = (5..20).map(|n| format!("unregister(\"s{n}\");")).collect::<String>();
    let report = set.saves(&[("a.rhai", Some(&format!("{}{unregister}", signals(5))))]);
    assert_eq!(report.memory.crossings, [], "they are given back and not yet free");
    set.play(640);
    let crossings = set.performance.stats().health.crossings;
    let last = crossings.last().unwrap();
    assert_eq!((last.crossing.from, last.crossing.to), (Critical, Level::Ok));
    let line: serde_json::Value = serde_json::from_str(&full.json()[0]).unwrap();
    let crossing = &line["memory"]["crossings"][0];
    assert_eq!((&crossing["subject"]["pressure"], &crossing["to"]), (&"sandboxes".into(), &"critical".into()));
}

#[test]
fn memory_that_comes_back_when_a_fade_ends_is_told_by_itself() {
    let mut set = Set::with(&Settings { max_signals: 10, ..small() });
    let signals = |from: usize| (from..from + 5).map(|n| format!("register(\"s{n}\", 0.{n});")).collect::<String>();
    set.start(&[("a.rhai", &signals(0))]);
    set.play(640);
    let gone = (0..5).map(|n| format!("unregister(\"s{n}\");")).collect::<String>();
    let report = set.saves(&[("a.rhai", Some(&format!("{gone}{}", signals(5))))]);
    let told = report.memory.crossings.iter().map(|crossing| crossing.to_string()).collect::<Vec<_>>();
    let wanted = "critical: the room for signals is 100 % full: 5 of 10 sandboxes in use, 5 still fading out; start with a larger --max-signals";
    assert_eq!(told, [wanted]);
    let mut told = Vec::new();
    for _ in 0..40 {
        set.player.quantum();
        told.extend(set.performance.tick().into_iter().filter_map(|notice| match notice {
            Notice::Crossing(crossing) => Some(crossing.to_string()),
            _ => None,
        }));
    }
    assert_eq!(told, ["ok: the room for signals is down to 50 %"]);
}

#[test]
fn levels_are_those_of_the_settings() {
    let thresholds = Thresholds {
        pressure: "10,20,30".parse().unwrap(),
        keys: Bounds { warning: 2, critical: 3 },
        ..Thresholds::default()
    };
    let mut set = Set::with(&Settings { max_signals: 10, thresholds, ..small() });
    let report = set.start(&[("a.rhai", "register(\"a\", osc(1) * osc(2) * osc(3));")]);
    let levels =
        report.memory.crossings.iter().map(|crossing| (crossing.subject, crossing.to)).collect::<BTreeMap<_, _>>();
    assert_eq!(levels[&Subject::Keys], Level::Critical);
    assert_eq!(levels[&Subject::Pressure(Reserve::Sandboxes)], Level::Warning);
}

#[test]
fn a_heavy_signal_costs_more_than_a_light_one_and_both_less_than_all() {
    if aither::engine::meter::ticks().is_none() {
        return;
    }
    let mut set = Set::with(&Settings { real_time: true, ..small() });
    let heavy = "register(\"heavy\", |s| { let x = 0.0; for i in 0..400 { x += sin(s.t * (i + 1)); } x * 0.001 });";
    set.start(&[("a.rhai", heavy), ("b.rhai", "register(\"light\", 0.1);")]);
    let costs = |stats: &Stats| -> Option<[Cost; 3]> {
        let of = |name: &str| stats.signals.iter().find(|signal| signal.name == name)?.cost;
        Some([of("light")?, of("heavy")?, stats.audio.cost?])
    };
    let measured = |set: &mut Set| loop {
        set.play(640);
        if let Some(costs) = costs(&set.performance.stats()) {
            return costs;
        }
    };
    let [light, heavy, all] = measured(&mut set);
    assert!(light.share > 0.0 && light.share < heavy.share && heavy.share < all.share, "{light:?} {heavy:?} {all:?}");
    // What is measured inside of something is no more than it.
    assert!(heavy.worst_us <= all.worst_us, "{heavy:?} {all:?}");
    let ratio = heavy.worst_us / heavy.worst_share;
    assert!((ratio - 64.0 / 0.048).abs() < 1e-6, "a quantum takes 1333 µs: {ratio}");
    assert!(heavy.worst_share >= heavy.share * 0.99, "the worst is no better than the average: {heavy:?}");
}

#[test]
fn what_is_metered_sounds_the_same() {
    let played = |real_time| {
        let mut set = Set::with(&Settings { real_time, ..small() });
        set.start(&[("a.rhai", BASS), ("b.rhai", "register(\"n\", noise().lpf(300, 0.3) * 0.2);")]);
        let mut sound = set.play(6400);
        set.saves(&[("a.rhai", Some(&BASS.replace("400", "900")))]);
        sound.extend(set.play(6400));
        sound.iter().flat_map(|channel| bits(channel)).collect::<Vec<_>>()
    };
    assert!(played(true) == played(false), "another sound with meters than without");
}
