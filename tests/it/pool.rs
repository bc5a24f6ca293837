//! What the helper pool, the sandboxes and identity promise, against a model that only counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use aither::ir::Instance;
use aither::ir::call::SLOTS_PER_SIGNAL;
use aither::memory::{Extent, Fate, Held, Key, Layout, Pool, Refusal, Sandboxes, align, seed};
use proptest::prelude::*;

const HELPERS: [&str; 3] = ["osc", "delay", "2_osc"];
const SIGNALS: [&str; 4] = ["kick", "kick_2", "kick_2_osc", ""];

fn key(signal: &str, helper: &'static str, index: u32) -> Key {
    Key::new(&Arc::from(signal), helper, index)
}

fn cells(cells: u32) -> Layout {
    Layout { cells, lines: Vec::new(), channels: 1 }
}

fn pool(slots: usize) -> Pool {
    Pool::reserve(slots * 8).unwrap()
}

/// Fills a block with something that a later owner must never see.
fn soil(pool: &Pool, extent: Extent) {
    for index in extent.start..extent.end() {
        // SAFETY: the test owns the block and runs on one thread.
        unsafe { pool.arena().at(index).write(0xDEAD_0000 + index as u64) };
    }
}

fn is_zero(pool: &Pool, extent: Extent) -> bool {
    // SAFETY: as above.
    (extent.start..extent.end()).all(|index| unsafe { pool.arena().at(index).read() } == 0)
}

#[derive(Clone, Debug)]
enum Step {
    Claim(Key, Layout),
    Release(Key),
    /// Settles the oldest open transaction.
    Settle,
    /// Goes on to the next transaction.
    Commit,
    /// Takes the running transaction back.
    Revert,
}

fn any_key() -> impl Strategy<Value = Key> {
    (0..SIGNALS.len(), 0..HELPERS.len(), 0..3_u32)
        .prop_map(|(signal, helper, index)| key(SIGNALS[signal], HELPERS[helper], index))
}

fn any_layout() -> impl Strategy<Value = Layout> {
    (0..20_u32, prop::collection::vec(prop_oneof![Just(0_u32), Just(16), Just(64)], 0..3), 1..3_u32)
        .prop_map(|(cells, lines, channels)| Layout { cells, lines, channels })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any_key(), any_layout()).prop_map(|(key, layout)| Step::Claim(key, layout)),
        4 => any_key().prop_map(Step::Release),
        2 => Just(Step::Settle),
        2 => Just(Step::Commit),
        1 => Just(Step::Revert),
    ]
}

/// What the pool should look like: owners with their marks, and blocks that wait.
#[derive(Clone, Default)]
struct Model {
    owned: BTreeMap<Key, Extent>,
    waiting: Vec<(u64, Extent)>,
}

impl Model {
    fn check(&self, pool: &Pool) {
        let counters = pool.counters();
        assert_eq!(counters.keys, self.owned.len());
        assert_eq!(counters.claims - counters.releases, self.owned.len() as u64);
        assert_eq!(counters.used, self.owned.values().map(|extent| extent.len).sum::<usize>());
        assert_eq!(counters.quarantined, self.waiting.iter().map(|(_, extent)| extent.len).sum::<usize>());
        assert!(counters.high_water >= counters.used && counters.high_water <= counters.capacity);
        assert_eq!(pool.keys(), self.owned.keys().cloned().collect::<Vec<_>>());
        let mut all: Vec<Extent> = self
            .owned
            .values()
            .copied()
            .chain(self.waiting.iter().map(|(_, extent)| *extent))
            .filter(|e| e.len > 0)
            .collect();
        all.sort_by_key(|extent| extent.start);
        assert!(all.windows(2).all(|pair| pair[0].end() <= pair[1].start), "blocks overlap: {all:?}");
        assert!(all.last().is_none_or(|last| last.end() <= counters.capacity), "a block lies outside");
        for (key, extent) in &self.owned {
            assert_eq!(pool.get(key).unwrap().extent(), *extent);
        }
    }
}

/// Two transactions are open at most: one that may be settled, one that runs.
fn play(slots: usize, steps: &[Step]) {
    let mut pool = pool(slots);
    let mut model = Model::default();
    let mut before = Model::default();
    let mut figures = pool.counters();
    let mut ticket = 1;
    for step in steps {
        match step {
            Step::Claim(key, layout) => claim(&mut pool, &mut model, key, layout, ticket),
            Step::Release(key) => {
                let extent = model.owned.remove(key);
                assert_eq!(pool.release(key, ticket), extent.is_some());
                model.waiting.extend(extent.map(|extent| (ticket, extent)));
            }
            Step::Settle if ticket > 1 => {
                pool.settle(ticket - 1);
                model.waiting.retain(|(of, _)| *of != ticket - 1);
                before.waiting.retain(|(of, _)| *of != ticket - 1);
                figures.quarantined = before.waiting.iter().map(|(_, extent)| extent.len).sum();
            }
            Step::Settle => {}
            Step::Commit => {
                pool.settle(ticket - 1);
                model.waiting.retain(|(of, _)| *of == ticket);
                ticket += 1;
                (before, figures) = (model.clone(), pool.counters());
            }
            Step::Revert => {
                pool.revert(ticket);
                model = before.clone();
                let now = pool.counters();
                assert_eq!((now.claims, now.releases, now.used), (figures.claims, figures.releases, figures.used));
            }
        }
        model.check(&pool);
    }
    for key in model.owned.keys() {
        assert!(pool.release(key, ticket));
    }
    assert_eq!((pool.counters().used, pool.counters().keys), (0, 0), "accounts fall at once");
    pool.settle(ticket - 1);
    pool.settle(ticket);
    assert_eq!(
        (pool.counters().quarantined, pool.free_runs(), pool.largest_free()),
        (0, usize::from(slots > 0), slots)
    );
}

fn claim(pool: &mut Pool, model: &mut Model, key: &Key, layout: &Layout, ticket: u64) {
    let counters = pool.counters();
    let room = pool.largest_free() as u64;
    match pool.claim(key, layout, ticket) {
        Ok(block) => {
            assert!(is_zero(pool, block.extent()), "a claimed block is zeroed");
            soil(pool, block.extent());
            assert_eq!(block.extent().len as u64, layout.slots());
            assert!(model.owned.insert(key.clone(), block.extent()).is_none());
        }
        Err(refusal) => {
            match refusal {
                Refusal::Taken(_) => assert!(model.owned.contains_key(key)),
                Refusal::Full(full) => assert!(full.requested > room && full.largest == room),
            }
            let now = pool.counters();
            assert_eq!(now.refusals, counters.refusals + 1);
            assert_eq!(
                aither::memory::Counters { refusals: counters.refusals, ..now },
                counters,
                "a refusal disturbs nothing"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_claims_and_releases_overlaps_or_loses_a_slot(
        slots in prop_oneof![Just(0_usize), 1..64_usize, 200..600_usize],
        steps in prop::collection::vec(any_step(), 0..120),
    ) {
        play(slots, &steps);
    }

    #[test]
    fn contents_stay_untouched_while_others_come_and_go(steps in prop::collection::vec((any_key(), any_layout()), 1..60)) {
        let mut pool = pool(400);
        let mine = key("mine", "delay", 0);
        let block = pool.claim(&mine, &Layout { cells: 3, lines: vec![16, 8], channels: 1 }, 0).unwrap();
        soil(&pool, block.extent());
        for (ticket, (key, layout)) in steps.iter().enumerate() {
            let ticket = ticket as u64 + 1;
            if !pool.release(key, ticket)
                && let Ok(block) = pool.claim(key, layout, ticket)
            {
                soil(&pool, block.extent());
            }
            pool.settle(ticket);
        }
        for index in block.extent().start..block.extent().end() {
            // SAFETY: the test owns the block.
            prop_assert_eq!(unsafe { pool.arena().at(index).read() }, 0xDEAD_0000 + index as u64);
        }
    }
}

#[test]
fn kick_and_kick_2_are_strangers() {
    let mut pool = pool(64);
    let (long, short) = (key("kick", "2_osc", 0), key("kick_2", "osc", 0));
    assert_eq!(long.to_string(), short.to_string(), "they print alike");
    let first = pool.claim(&long, &cells(4), 1).unwrap();
    let second = pool.claim(&short, &cells(4), 1).unwrap();
    assert_ne!(first.extent(), second.extent());
    assert!(pool.release(&long, 2));
    assert_eq!(pool.keys(), vec![short.clone()]);
    assert_ne!(seed(&long, 0), seed(&short, 0));
}

#[test]
fn a_block_is_cells_then_lines() {
    let mut pool = pool(64);
    let block = pool.claim(&key("a", "delay", 0), &Layout { cells: 5, lines: vec![16, 8], channels: 2 }, 1).unwrap();
    assert_eq!(block.cells(), Extent { start: 0, len: 5 });
    assert_eq!(block.line(0), Some(Extent { start: 5, len: 16 }));
    assert_eq!(block.line(1), Some(Extent { start: 21, len: 8 }));
    assert_eq!(block.line(2), None);
    assert_eq!(block.extent(), Extent { start: 0, len: 29 });
}

#[test]
fn released_slots_are_not_handed_out_before_they_are_settled() {
    let mut pool = pool(8);
    let (old, new) = (key("a", "osc", 0), key("b", "osc", 0));
    pool.claim(&old, &cells(6), 1).unwrap();
    pool.settle(1);
    assert!(pool.release(&old, 2));
    assert_eq!((pool.counters().used, pool.counters().keys, pool.counters().quarantined), (0, 0, 6));
    let refusal = pool.claim(&new, &cells(6), 3).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "helper memory is full: `b_osc_0` needs 48 B (6 slots); 0 B of 64 B are in use, 48 B still fade out; start with \
         --helper-memory 1KiB"
    );
    pool.settle(2);
    assert_eq!(pool.claim(&new, &cells(6), 3).unwrap().extent(), Extent { start: 0, len: 6 });
}

#[test]
fn the_shortest_run_that_fits_is_taken_and_the_lowest_of_equals() {
    let mut pool = pool(100);
    let claims: Vec<Key> = (0..6).map(|index| key("a", "osc", index)).collect();
    for (key, size) in claims.iter().zip([10, 1, 5, 1, 5, 1]) {
        pool.claim(key, &cells(size), 1).unwrap();
    }
    for hole in [0, 2, 4] {
        pool.release(&claims[hole], 2);
    }
    pool.settle(2);
    assert_eq!(pool.claim(&key("b", "osc", 0), &cells(4), 3).unwrap().extent().start, 11);
    assert_eq!(pool.claim(&key("b", "osc", 1), &cells(4), 3).unwrap().extent().start, 17);
    assert_eq!(pool.claim(&key("b", "osc", 2), &cells(4), 3).unwrap().extent().start, 0);
}

#[test]
fn a_pool_of_nothing_refuses_cleanly_and_gives_blocks_of_nothing() {
    let mut pool = pool(0);
    assert!(matches!(
        pool.claim(&key("a", "osc", 0), &cells(1), 1),
        Err(Refusal::Full(full)) if (full.requested, full.capacity) == (1, 0)
    ));
    assert_eq!(pool.claim(&key("a", "noise", 0), &cells(0), 1).unwrap().extent().len, 0);
    assert!(pool.release(&key("a", "noise", 0), 2));
    pool.settle(2);
    assert_eq!((pool.counters().claims, pool.counters().releases, pool.counters().refusals), (1, 1, 1));
}

#[test]
fn a_request_beyond_all_bounds_is_refused_like_any_other() {
    let mut pool = pool(16);
    let huge = Layout { cells: u32::MAX, lines: vec![u32::MAX; 1000], channels: 1 };
    assert!(matches!(pool.claim(&key("a", "delay", 0), &huge, 1), Err(Refusal::Full(_))));
}

#[test]
fn a_signal_keeps_its_sandbox_and_a_stranger_gets_a_clean_one() {
    let mut sandboxes = Sandboxes::reserve(2).unwrap();
    let names: Vec<Arc<str>> = ["kick", "kick_2", "snare"].map(Arc::from).into();
    let first = sandboxes.claim(&names[0], 1).unwrap();
    assert_eq!(first, Extent { start: 0, len: SLOTS_PER_SIGNAL });
    // SAFETY: the test owns the sandbox.
    unsafe { sandboxes.arena().at(first.start).write(7) };
    assert_eq!(sandboxes.claim(&names[0], 2), Ok(first), "the same name has the same sandbox");
    sandboxes.claim(&names[1], 2).unwrap();
    let full = sandboxes.claim(&names[2], 3).unwrap_err();
    assert_eq!(
        full.to_string(),
        "room for signals is full: `snare` needs 1; 2 of 2 signals are in use; start with --max-signals 4"
    );
    assert!(sandboxes.release("kick", 3) && !sandboxes.release("kic", 3));
    let other = sandboxes.claim(&names[2], 3).unwrap();
    assert_ne!(other, first, "the old one may still be heard");
    sandboxes.settle(3);
    assert!(sandboxes.release("snare", 4));
    let again = sandboxes.claim(&names[0], 4).unwrap();
    // SAFETY: as above.
    assert_eq!((again, unsafe { sandboxes.arena().at(again.start).read() }), (first, 0), "zeroed on claim");
    let counters = sandboxes.counters();
    assert_eq!(
        (counters.used, counters.claims, counters.releases, counters.refusals, counters.high_water),
        (2, 4, 2, 1, 2)
    );
    sandboxes.revert(4);
    assert_eq!((sandboxes.get("kick"), sandboxes.get("snare")), (None, Some(other)));
}

fn instance(helper: &'static str, cells: u32) -> Instance {
    let (structure, place) = Default::default();
    let (lines, phases) = Default::default();
    Instance { helper, label: None, channels: 1, cells, lines, phases, room: false, seeds: 0, structure, place }
}

#[test]
fn the_nth_helper_of_a_kind_keeps_the_nth_key() {
    let signal: Arc<str> = "lead".into();
    let held = |helper, index, cells| Held { key: Key::new(&signal, helper, index), instance: instance(helper, cells) };
    let old = [held("osc", 0, 1), held("lpf", 0, 2), held("osc", 2, 1), held("osc", 1, 1)];
    let new = [instance("osc", 1), instance("osc", 4), instance("delay", 9), instance("lpf", 2), instance("lpf", 2)];
    let alignment = align(&signal, &old, &new);
    let told: Vec<(String, Option<usize>, String)> =
        alignment.verdicts.iter().map(|v| (format!("{} {:?}", v.key, v.fate), v.old, v.reason.text(48_000))).collect();
    let expected = [
        ("lead_osc_0 Kept", Some(0), "same helper, same place"),
        ("lead_osc_2 Reset", Some(2), "now 4 instead of 1 slots"),
        ("lead_delay_0 New", None, "not in the program before"),
        ("lead_lpf_0 Kept", Some(1), "same helper, same place"),
        ("lead_lpf_1 New", None, "not in the program before"),
    ];
    assert_eq!(told, expected.map(|(key, old, reason)| (key.to_string(), old, reason.to_string())));
    assert_eq!(alignment.freed.iter().map(|freed| freed.old).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_room_that_is_too_large_to_be_copied_at_once_starts_anew_and_says_so() {
    let signal: Arc<str> = "loop".into();
    let room = |cells| Instance { room: true, ..instance("memory", cells) };
    let told = |from, to| {
        let held = [Held { key: Key::new(&signal, "memory", 0), instance: room(from) }];
        let verdict = &align(&signal, &held, &[room(to)]).verdicts[0];
        (matches!(verdict.fate, Fate::Carried(_)), verdict.reason.text(48_000))
    };
    assert_eq!(told(4_194_304, 9_000_000), (true, "4194304 of 9000000 slots kept".to_owned()));
    let too_many = "5000000 slots are too many to be copied in one piece; 4194304 can be in one save";
    assert_eq!(told(9_000_000, 5_000_000), (false, too_many.to_owned()));
}

#[test]
fn aligning_a_hundred_thousand_helpers_is_no_matter_of_squares() {
    let signal: Arc<str> = "wall".into();
    let new = vec![instance("osc", 1); 100_000];
    let first = align(&signal, &[], &new);
    let held: Vec<Held> =
        first.verdicts.iter().map(|v| Held { key: v.key.clone(), instance: instance("osc", 1) }).collect();
    let second = align(&signal, &held, &new);
    assert!(second.verdicts.iter().zip(&held).all(|(v, held)| v.fate == Fate::Kept && v.key == held.key));
}

#[test]
fn seeds_depend_on_the_identity_alone_and_spread_over_all_bits() {
    assert_eq!(
        seed(&key("a", "noise", 0), 0),
        7_936_491_314_675_447_967,
        "a recorded set keeps its noise in every later version"
    );
    let mut seeds = Vec::new();
    for signal in SIGNALS {
        seeds.extend((0..16).flat_map(|index| (0..16).map(move |number| seed(&key(signal, "noise", index), number))));
    }
    let ones: u32 = seeds.iter().map(|seed| seed.count_ones()).sum();
    let mean = f64::from(ones) / seeds.len() as f64;
    assert!((31.0..33.0).contains(&mean), "{mean} ones of 64");
    seeds.sort_unstable();
    assert!(seeds.windows(2).all(|pair| pair[0] != pair[1]));
}
