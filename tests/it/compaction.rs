//! Blocks that may be moved make room: what moves, what stays, what a claim finds, and how far a pool falls to pieces without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aither::memory::compaction::{Shift, gather, gather_all};
use aither::memory::runs::Runs;
use aither::memory::{Extent, Key, Layout, Pool, Refusal};
use proptest::prelude::*;

fn key(index: u32) -> Key {
    Key::new(&Arc::from("a"), "delay", index)
}

fn block(slots: u32) -> Layout {
    Layout { cells: slots, lines: Vec::new(), channels: 1 }
}

fn extent(start: usize, len: usize) -> Extent {
    Extent { start, len }
}

/// Writes to a block what only its owner knows.
fn sign(pool: &Pool, key: &Key) {
    let extent = pool.get(key).unwrap().extent();
    for index in 0..extent.len {
        // SAFETY: the test owns the block and runs on one thread.
        unsafe { pool.arena().at(extent.start + index).write(u64::from(key.index) << 32 | index as u64) };
    }
}

fn is_signed(pool: &Pool, key: &Key) -> bool {
    let extent = pool.get(key).unwrap().extent();
    // SAFETY: as above.
    (0..extent.len).all(|index| unsafe {
        pool.arena().at(extent.start + index).read() == u64::from(key.index) << 32 | index as u64
    })
}

/// A pool with blocks of these lengths one behind the other, without those at the places `holes`.
fn holed(slots: usize, lengths: &[u32], holes: &[u32]) -> Pool {
    let mut pool = Pool::reserve(slots * 8).unwrap();
    for (index, len) in lengths.iter().enumerate() {
        pool.claim(&key(index as u32), &block(*len), 1).unwrap();
        sign(&pool, &key(index as u32));
    }
    holes.iter().for_each(|hole| assert!(pool.release(&key(*hole), 2)));
    pool.settle(1);
    pool.settle(2);
    pool
}

fn loosen(pool: &mut Pool, keys: &[u32]) {
    // SAFETY: nobody but the test uses the pool.
    unsafe { pool.may_move(keys.iter().map(|index| key(*index))) };
}

#[test]
fn a_claim_that_finds_room_in_pieces_only_moves_what_may_be_moved() {
    // 4 free, 4 taken, 4 free, 4 taken.
    let mut pool = holed(16, &[4, 4, 4, 4], &[0, 2]);
    let refused = pool.claim(&key(9), &block(6), 3).unwrap_err();
    assert!(
        matches!(refused, Refusal::Full(full) if (full.requested, full.used, full.largest) == (6, 8, 4)),
        "in pieces"
    );
    loosen(&mut pool, &[1]);
    let claimed = pool.claim(&key(9), &block(6), 3).unwrap();
    assert_eq!((pool.get(&key(1)).unwrap().extent(), claimed.extent()), (extent(0, 4), extent(4, 6)));
    assert!(is_signed(&pool, &key(1)) && is_signed(&pool, &key(3)));
    assert_eq!((pool.moved(), pool.moved()), (vec![key(1)], vec![]));
    let counters = pool.counters();
    assert_eq!(
        (pool.moves().compactions, pool.moves().slots, counters.refusals),
        (1, 4, 1),
        "only the first was refused"
    );
}

#[test]
fn a_transaction_that_is_taken_back_leaves_what_was_moved_where_it_is() {
    let mut pool = holed(16, &[4, 4, 4, 4], &[0, 2]);
    loosen(&mut pool, &[1]);
    assert!(pool.release(&key(3), 7));
    pool.claim(&key(9), &block(8), 7).unwrap();
    let mine = pool.get(&key(1)).unwrap().extent();
    pool.revert(7);
    assert_eq!(pool.get(&key(1)).unwrap().extent(), mine);
    assert_eq!(pool.get(&key(3)).unwrap().extent(), extent(12, 4));
    assert!(is_signed(&pool, &key(1)) && is_signed(&pool, &key(3)));
    assert_eq!((pool.counters().used, pool.largest_free()), (8, 8));
    loosen(&mut pool, &[1, 3]);
    assert!(pool.release(&key(1), 8) && pool.release(&key(3), 8));
    pool.settle(8);
    assert_eq!((pool.free_runs(), pool.largest_free()), (1, 16));
}

#[test]
fn what_an_open_transaction_has_claimed_stays_where_it_is() {
    let mut pool = holed(16, &[4, 4, 4], &[0]);
    assert!(pool.release(&key(2), 3));
    pool.settle(3);
    let mine = pool.claim(&key(5), &block(5), 4).unwrap().extent();
    loosen(&mut pool, &[1, 5]);
    assert!(pool.claim(&key(6), &block(7), 4).is_err(), "with it there would be room");
    assert_eq!(pool.get(&key(5)).unwrap().extent(), mine);
    pool.settle(4);
    assert!(pool.claim(&key(6), &block(7), 5).is_ok());
}

#[test]
fn as_little_is_moved_as_can_be() {
    let mut free = Runs::default();
    for run in [extent(0, 4), extent(10, 4), extent(15, 4), extent(20, 2)] {
        free.give(run);
    }
    let blocks = [extent(4, 6), extent(14, 1), extent(19, 1)];
    assert_eq!(gather(&free, &blocks, 8), Some(vec![Shift { from: extent(14, 1), to: 10 }]));
    assert_eq!(gather(&free, &blocks, 15), None, "there are 14");
    assert_eq!(gather(&free, &blocks, 0), Some(vec![]));
    let all = gather_all(&free, &blocks);
    assert_eq!(all.iter().map(|shift| shift.to).collect::<Vec<_>>(), [0, 6, 7]);
}

#[test]
fn a_block_leaves_its_stretch_when_that_alone_makes_room() {
    // 3 free, 2 that move, a wall at 5, 2 free, a wall at 8.
    let mut free = Runs::default();
    free.give(extent(0, 3));
    free.give(extent(6, 2));
    assert_eq!(gather(&free, &[extent(3, 2)], 5), Some(vec![Shift { from: extent(3, 2), to: 6 }]));
    assert_eq!(gather(&free, &[extent(3, 2)], 6), None);
}

/// What is done to a pool.
#[derive(Clone, Debug)]
enum Step {
    Claim(u32, u32),
    Release(u32),
    /// These may be moved from now on.
    Loosen(BTreeSet<u32>),
    Commit,
    Revert,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..24_u32, 0..40_u32).prop_map(|(key, slots)| Step::Claim(key, slots)),
        5 => (0..24_u32).prop_map(Step::Release),
        2 => prop::collection::btree_set(0..24_u32, 0..24).prop_map(Step::Loosen),
        3 => Just(Step::Commit),
        1 => Just(Step::Revert),
    ]
}

/// One transaction is open at a time; every owner finds what it wrote, wherever its block went.
fn play(slots: usize, steps: &[Step]) {
    let mut pool = Pool::reserve(slots * 8).unwrap();
    let (mut owned, mut before) = (BTreeSet::<u32>::new(), BTreeSet::<u32>::new());
    let (mut ticket, mut loose) = (1, BTreeSet::<u32>::new());
    let (mut claimed, mut released) = (BTreeSet::<u32>::new(), false);
    for step in steps {
        let places =
            owned.iter().map(|index| (*index, pool.get(&key(*index)).unwrap().extent())).collect::<BTreeMap<_, _>>();
        match step {
            Step::Claim(index, len) => {
                let free = slots - pool.counters().used - pool.counters().quarantined;
                let all_move = !released && owned.iter().all(|index| loose.contains(index) && !claimed.contains(index));
                match pool.claim(&key(*index), &block(*len), ticket) {
                    Ok(block) => {
                        let range = block.extent().start..block.extent().end();
                        // SAFETY: the test owns the block.
                        assert!(
                            range.into_iter().all(|at| unsafe { pool.arena().at(at).read() } == 0),
                            "zeroed on claim"
                        );
                        owned.insert(*index);
                        claimed.insert(*index);
                        sign(&pool, &key(*index));
                    }
                    Err(Refusal::Taken(_)) => assert!(owned.contains(index)),
                    Err(Refusal::Full { .. }) => {
                        assert!(*len as usize > pool.largest_free());
                        assert!(*len as usize > free || !all_move, "where all can move the sum decides");
                    }
                }
            }
            Step::Release(index) => {
                assert_eq!(pool.release(&key(*index), ticket), owned.remove(index));
                released = true;
            }
            Step::Loosen(keys) => {
                loose.clone_from(keys);
                loosen(&mut pool, &keys.iter().copied().collect::<Vec<_>>());
            }
            Step::Commit | Step::Revert => {
                if matches!(step, Step::Commit) {
                    pool.settle(ticket);
                    before.clone_from(&owned);
                } else {
                    pool.revert(ticket);
                    owned.clone_from(&before);
                }
                ticket += 1;
                (claimed, released) = (BTreeSet::new(), false);
            }
        }
        let moved = pool.moved();
        let places = if matches!(step, Step::Revert) { BTreeMap::new() } else { places };
        for (index, place) in places.iter().filter(|(index, _)| owned.contains(index)) {
            let stays = !loose.contains(index) || claimed.contains(index) || !moved.contains(&key(*index));
            assert!(!stays || pool.get(&key(*index)).unwrap().extent() == *place, "{index} moved");
        }
        check(&pool, &owned);
    }
}

/// Blocks lie side by side, hold what was written, and with the free slots and those that wait make up the pool.
fn check(pool: &Pool, owned: &BTreeSet<u32>) {
    let mut extents = owned.iter().map(|index| pool.get(&key(*index)).unwrap().extent()).collect::<Vec<_>>();
    extents.retain(|extent| extent.len > 0);
    extents.sort_by_key(|extent| extent.start);
    assert!(extents.windows(2).all(|pair| pair[0].end() <= pair[1].start), "blocks overlap: {extents:?}");
    assert!(owned.iter().all(|index| is_signed(pool, &key(*index))), "what a block holds goes with it");
    let counters = pool.counters();
    assert_eq!(counters.used, extents.iter().map(|extent| extent.len).sum::<usize>());
    assert_eq!(counters.keys, owned.len());
    assert!(counters.used + counters.quarantined + pool.largest_free() <= counters.capacity);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_moves_every_owner_finds_what_it_wrote(
        slots in prop_oneof![20..80_usize, 200..400_usize],
        steps in prop::collection::vec(any_step(), 0..150),
    ) {
        play(slots, &steps);
    }
}

/// Numbers that look random and are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// A helper of a set: mostly a few cells, now and then a line, rarely a long one.
    fn slots(&mut self) -> usize {
        let cells = 1 + self.below(8) as usize;
        match self.below(100) {
            0..60 => cells,
            60..85 => cells + (1 << (6 + self.below(5))),
            85..97 => cells + (1 << (11 + self.below(5))),
            _ => cells + (1 << (16 + self.below(3))) + self.below(4096) as usize,
        }
    }
}

/// How far a set of random signals reaches in an arena without an end, over the most that was ever in use: what a pool
/// needs to be larger than what it holds, when nothing can be moved.
fn reach(seed: u64, edits: usize) -> f64 {
    let mut dice = Dice(seed);
    let mut free = Runs::all(1 << 40);
    let mut signals: Vec<Vec<Extent>> = Vec::new();
    let (mut used, mut most, mut end) = (0, 0, 0);
    // What the edit before gave up is free again when its fade is over.
    let mut fading: Vec<Extent> = Vec::new();
    for _ in 0..edits {
        let mut left = Vec::new();
        let place = dice.below(signals.len().max(1) as u64) as usize;
        let mut claims = 0;
        match dice.below(10) {
            0..3 if signals.len() > 20 => left = signals.swap_remove(place),
            0..4 if signals.len() < 60 => {
                signals.push(Vec::new());
                claims = 1 + dice.below(12);
            }
            _ if !signals.is_empty() => {
                let helpers = &mut signals[place];
                for _ in 0..dice.below(3).min(helpers.len() as u64) {
                    left.push(helpers.swap_remove(dice.below(helpers.len() as u64) as usize));
                }
                claims = dice.below(4);
            }
            _ => {}
        }
        let to = place.min(signals.len().saturating_sub(1));
        let to = if claims > 0 && signals.last().is_some_and(Vec::is_empty) { signals.len() - 1 } else { to };
        for _ in 0..claims {
            let block = free.take(dice.slots()).unwrap();
            used += block.len;
            end = end.max(block.end());
            signals[to].push(block);
        }
        most = most.max(used);
        for block in std::mem::replace(&mut fading, left) {
            used -= block.len;
            free.give(block);
        }
    }
    end as f64 / most as f64
}

#[test]
fn a_pool_falls_to_pieces_no_further_than_is_said() {
    let reaches = (1..=24).map(|seed| reach(seed, 20_000)).collect::<Vec<_>>();
    let worst = reaches.iter().copied().fold(0.0, f64::max);
    let mean = reaches.iter().sum::<f64>() / reaches.len() as f64;
    println!("mean {mean:.3}, worst {worst:.3}");
    assert!(worst < 1.5 && mean < 1.25, "{reaches:?}");
}
