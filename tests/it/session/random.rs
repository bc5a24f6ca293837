//! Random files, edited at random while they sound: what an edit did not touch goes on bit for bit, no block lies on
//! another, the report tells what the pool holds, and the way back gives back all memory. Steps are judged elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use aither::ir::call::QUANTUM;
use aither::memory::arena::Extent;
use aither::session::Settings;
use aither::session::report::{PoolReport, Report, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::piece::{Edit, Piece, Place, Signal, WIDTH, any_edit, any_piece};
use super::{Set, statuses};

/// Quanta after which every fade is over.
const FADED: usize = 16;
/// Quanta that are compared after an edit: longer than the longest line.
const HEARD: usize = 40;

/// What each signal was, channel after channel in every quantum.
type Stems = BTreeMap<String, Vec<f64>>;

/// A performance, and what its reports said of who has memory.
struct Told {
    set: Set,
    /// Of each signal, its keys in the order of its helpers.
    keys: BTreeMap<String, Vec<String>>,
}

impl Told {
    fn start(piece: &Piece) -> Told {
        let small = Settings {
            channels: WIDTH,
            helper_memory: 1 << 20,
            code_memory: 1 << 20,
            max_signals: 32,
            ..Settings::default()
        };
        let [a, b] = piece.files();
        let mut told = Told { set: Set::with(&small), keys: BTreeMap::new() };
        let report = told.set.start(&[("a.rhai", &a), ("b.rhai", &b)]);
        assert!(report.ok(), "{}\n{a}\n{b}", report.json().join("\n"));
        told.account(&report, PoolReport::default(), &BTreeMap::new());
        told
    }

    /// Saves both files at once, and holds the report against the pool.
    fn save(&mut self, files: &[String; 2]) -> Report {
        let (pool, blocks) = (self.set.performance.pool(), self.blocks());
        let [a, b] = files;
        let report = self.set.save(&[("a.rhai", Some(a)), ("b.rhai", Some(b))]);
        assert!(report.ok(), "{}\n{a}\n{b}", report.json().join("\n"));
        self.account(&report, pool, &blocks);
        report
    }

    fn blocks(&self) -> BTreeMap<String, Extent> {
        let pool = self.set.performance.helper_pool();
        let keys = pool.keys();
        keys.iter().map(|key| (key.to_string(), pool.get(key).expect("its own key").extent())).collect()
    }

    /// What the report says adds up to what the pool holds, and blocks lie side by side.
    fn account(&mut self, report: &Report, before: PoolReport, blocks: &BTreeMap<String, Extent>) {
        let now = self.blocks();
        let mut count = BTreeMap::<&str, u64>::new();
        for signal in report.files.iter().flat_map(|file| &file.signals) {
            let mut keys = Vec::new();
            let freed = signal.helpers.iter().filter(|helper| helper.status == "freed").map(|helper| &helper.key);
            let freed = freed.collect::<BTreeSet<_>>();
            for helper in &signal.helpers {
                // An oscillator that goes on with another's phase has a key of its own.
                let moves = ["carried", "reset"].contains(&helper.status);
                if helper.status == "new" && blocks.contains_key(&helper.key) {
                    *count.entry("freed").or_default() += 1;
                }
                let fresh = moves && (freed.contains(&helper.key) || !blocks.contains_key(&helper.key));
                *count.entry(if fresh { "new" } else { helper.status }).or_default() += 1;
                match helper.status {
                    "freed" => continue,
                    "kept" => assert_eq!(now.get(&helper.key), blocks.get(&helper.key), "{} moved", helper.key),
                    _ => {}
                }
                keys.push(helper.key.clone());
            }
            match signal.status {
                Status::Removed => self.keys.remove(&signal.name),
                _ => self.keys.insert(signal.name.clone(), keys),
            };
        }
        let listed = self.keys.values().flatten().collect::<Vec<_>>();
        let apart = listed.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(listed.len(), apart.len(), "a key of two helpers");
        assert_eq!(apart, now.keys().collect(), "other keys are told than the pool has");
        let after = self.set.performance.pool();
        let count = |status: &str| count.get(status).copied().unwrap_or_default();
        let moved = count("reset") + count("carried");
        assert_eq!(after.keys, now.len());
        assert_eq!(after.claims - before.claims, count("new") + moved, "{}", report.json().join("\n"));
        assert_eq!(after.releases - before.releases, count("freed") + moved, "{}", report.json().join("\n"));
        assert_eq!(after.used, now.values().map(|extent| extent.len).sum::<usize>());
        let mut extents = now.into_values().filter(|extent| extent.len > 0).collect::<Vec<_>>();
        extents.sort_by_key(|extent| extent.start);
        assert!(extents.windows(2).all(|pair| pair[0].end() <= pair[1].start), "blocks overlap: {extents:?}");
        assert!(extents.last().is_none_or(|last| last.end() <= after.capacity), "a block lies outside");
    }
}

/// A channel of a stem from a quantum on, as bits. What passes a fade may lose the sign of a zero.
fn channel(stem: &[f64], nth: usize, from: usize, halved: i32) -> Vec<u64> {
    let quanta = stem.chunks_exact(QUANTUM).skip(from * WIDTH + nth).step_by(WIDTH);
    quanta.flatten().map(|sample| (sample * 2_f64.powi(halved) + 0.0).to_bits()).collect()
}

/// Every channel that is the same before and after an edit goes on as if there had been no edit.
fn assert_untouched(old: &Signal, new: &Signal, still: &[f64], found: &[f64], calm: bool) {
    let (before, after) = (old.channels(), new.channels());
    let mut left = (0..before.len()).collect::<Vec<_>>();
    for text in after.iter().collect::<BTreeSet<_>>() {
        let there = after.iter().enumerate().filter(|(_, other)| *other == text).map(|(nth, _)| nth);
        let expected = there.clone().count().min(before.iter().filter(|other| *other == text).count());
        let mut same = 0;
        for nth in there {
            let sound = channel(found, nth, FADED, new.halved);
            // Of copies, any may be the one that was there.
            let twin = left
                .iter()
                .position(|&old_nth| before[old_nth] == *text && channel(still, old_nth, FADED, old.halved) == sound);
            if let Some(twin) = twin {
                left.remove(twin);
                same += 1;
            }
        }
        assert!(same >= expected, "{same} of {expected} go on: {text}\nin {}", new.name());
    }
    // Where old and new agree, the fade between them is not heard either.
    let agree = calm && old.halved == new.halved && before == after;
    for nth in (0..after.len()).filter(|_| agree) {
        assert!(channel(still, nth, 0, 0) == channel(found, nth, 0, 0), "the fade is heard: {}", after[nth]);
    }
}

/// Every helper that the edit did not touch kept its key.
fn assert_kept(old: &Signal, new: &Signal, before: &[String], after: &[String]) {
    let (old_links, new_links) = (old.helpers(), new.helpers());
    assert_eq!((old_links.len(), new_links.len()), (before.len(), after.len()));
    let mut known = BTreeMap::<_, Vec<&String>>::new();
    for (link, key) in old_links.iter().zip(before) {
        known.entry(link.id()).or_default().push(key);
    }
    let mut survivors = BTreeMap::<_, [usize; 2]>::new();
    for (link, key) in new_links.iter().zip(after) {
        let [there, stayed] = survivors.entry(link.id()).or_default();
        *there += 1;
        *stayed += usize::from(known.get(&link.id()).is_some_and(|keys| keys.contains(&key)));
    }
    for (id, [there, stayed]) in survivors {
        let expected = there.min(known.get(&id).map_or(0, Vec::len));
        assert!(stayed >= expected, "{stayed} of {expected} of {id:?} stayed\n{before:?}\n{after:?}");
    }
}

/// Plays a piece and its edits, with some quanta before each; the last edit is held against a performance without it.
fn play(first: &Piece, edits: &[((Edit, Place), usize)]) {
    let mut pieces = vec![first.clone()];
    for ((edit, place), _) in edits {
        let mut piece = pieces[pieces.len() - 1].clone();
        piece.edit(edit, *place);
        pieces.push(piece);
    }
    let (new, old) = (&pieces[edits.len()], &pieces[edits.len() - 1]);
    let (mut edited, mut still) = (Told::start(first), Told::start(first));
    for (nth, (_, quanta)) in edits.iter().enumerate() {
        for told in [&mut edited, &mut still] {
            told.set.stems(*quanta);
            if nth + 1 < edits.len() {
                told.save(&pieces[nth + 1].files());
            }
        }
    }
    let (keys, pool) = (edited.keys.clone(), edited.set.performance.pool());
    let report = edited.save(&new.files());
    let (wanted, found): (Stems, Stems) = (still.set.stems(HEARD), edited.set.stems(HEARD));
    let calm = edits[edits.len() - 1].1 >= FADED;
    for (name, status) in statuses(&report) {
        let after = new.signals.iter().find(|signal| signal.name() == name);
        let before = old.signals.iter().find(|signal| signal.name() == name);
        let (Some(after), Some(before)) = (after, before) else { continue };
        if status == Status::Untouched {
            assert!(wanted[name] == found[name], "`{name}` is untouched and heard of it");
        }
        assert_untouched(before, after, &wanted[name], &found[name], calm);
        assert_kept(before, after, &keys[name], &edited.keys[name]);
    }
    // The way back, without what the edit brought.
    let mut files = old.files();
    let names = old.signals.iter().map(Signal::name).collect::<BTreeSet<_>>();
    for signal in new.signals.iter().filter(|signal| !names.contains(&signal.name())) {
        files[0] += &format!("unregister(\"{}\");\n", signal.name());
    }
    edited.save(&files);
    let back = edited.set.performance.pool();
    assert_eq!((back.used, back.keys), (pool.used, pool.keys), "the way back costs memory");
    assert_eq!(back.claims - back.releases, pool.claims - pool.releases);
    // And nothing at all is left when everything is unregistered.
    edited.set.stems(FADED);
    let all = edited.keys.keys().map(|name| format!("unregister(\"{name}\");\n")).collect::<String>();
    edited.save(&[all, String::new()]);
    edited.set.stems(FADED);
    edited.save(&[String::new(), String::new()]);
    let pool = edited.set.performance.helper_pool();
    let counters = pool.counters();
    assert_eq!((counters.used, counters.keys, counters.quarantined, pool.free_runs()), (0, 0, 0, 1));
}

/// How many cases somebody wants, by `PROPTEST_CASES`.
fn cases() -> Option<u32> {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok())
}

proptest! {
    // The same cases in every run, unless somebody asks for more.
    #![proptest_config(ProptestConfig {
        cases: cases().unwrap_or(80),
        rng_seed: if cases().is_some() { RngSeed::Random } else { RngSeed::Fixed(1) },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_an_edit_did_not_touch_goes_on_bit_for_bit(
        piece in any_piece(),
        edits in vec((any_edit(), 1..40_usize), 1..4),
    ) {
        play(&piece, &edits);
    }
}
