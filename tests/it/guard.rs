//! The overload guard: who goes when the machine is too slow, and that nobody else hears of it. What signals cost is made up
//! here, on a clock that the tests move by hand; no test waits for a machine to be slow.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aither::diagnostic::Diagnostic;
use aither::engine::{Clock, SlotId, Tap};
use aither::ir::call::QUANTUM;
use aither::session::guard::Relief;
use aither::session::log::{Entry, Header, Writer};
use aither::session::{Instruction, Notice, Obeyed, Performance, Settings, performance::Player};
use aither::watch::{Change, What};

use crate::live::{aither, assert_same};

/// Two signals that nobody edits.
const BASE: &str = "register(\"left\", [osc(220) * 0.2, 0]); register(\"right\", [0, saw(110) * 0.1]);";
/// Nanoseconds that a quantum plays.
const QUANTUM_NS: u64 = 64 * 1_000_000_000 / 48_000;

/// Lets the clock go on by what each signal costs, and listens to them.
struct Costs {
    hand: Arc<AtomicU64>,
    cost: BTreeMap<&'static str, u64>,
    names: BTreeMap<SlotId, String>,
    heard: BTreeMap<String, Vec<u64>>,
}

impl Tap for Costs {
    fn hear(&mut self, slot: SlotId, voice: &[f64], _: &[f64; QUANTUM]) {
        aither::heap::allowed(|| {
            let name = self.names.get(&slot).map_or("", String::as_str);
            self.hand.fetch_add(self.cost.get(name).copied().unwrap_or(0), Relaxed);
            let bits = voice.iter().map(|sample| sample.to_bits());
            self.heard.entry(name.to_owned()).or_default().extend(bits);
        });
    }
}

/// A set on a machine whose speed is made up.
struct Set {
    performance: Performance,
    player: Player,
    costs: Costs,
    log: Writer,
    folder: tempfile::TempDir,
    master: Vec<[f32; 2]>,
    gone: Vec<String>,
}

impl Set {
    /// The signals that nobody edits play; each takes a tenth of the time.
    fn new(settings: &Settings) -> Set {
        let hand = Arc::new(AtomicU64::new(0));
        let clock = if settings.real_time { Clock::Hand(Arc::clone(&hand)) } else { Clock::None };
        let (performance, player) = Performance::with_clock(settings, Path::new("."), clock).unwrap();
        let cost = BTreeMap::from([("left", QUANTUM_NS / 10), ("right", QUANTUM_NS / 10)]);
        let costs = Costs { hand, cost, names: BTreeMap::new(), heard: BTreeMap::new() };
        let folder = tempfile::tempdir().unwrap();
        let log = Writer::create(&folder.path().join("set.log"), Header::new(48_000, 2)).unwrap();
        let mut set = Set { performance, player, costs, log, folder, master: Vec::new(), gone: Vec::new() };
        let saved = set.performance.begin(vec![change("base.rhai", BASE)], None);
        set.log.expect(saved.ticket.unwrap_or(0), saved.entries);
        set.play(10);
        set
    }

    fn real() -> Set {
        Set::new(&Settings { real_time: true, ..Settings::default() })
    }

    fn save(&mut self, file: &str, text: &str) {
        let saved = self.performance.save(vec![change(file, text)]);
        assert!(saved.report.ok(), "{:?}", saved.report);
        self.log.expect(saved.ticket.unwrap_or(0), saved.entries);
    }

    /// Plays so many quanta, as an engine does between two looks at the terminal.
    fn play(&mut self, quanta: usize) {
        for _ in 0..quanta {
            self.costs.names = self.performance.playing().map(|(name, slot, _)| (slot, name.to_owned())).collect();
            let block = self.player.quantum_tapped(&mut self.costs);
            let (left, right) = block.split_at(QUANTUM);
            self.master.extend(left.iter().zip(right).map(|(left, right)| [*left as f32, *right as f32]));
            for notice in self.performance.tick() {
                if let Notice::OnAir { ticket, frame, .. } = notice {
                    self.log.on_air(ticket, frame);
                }
            }
            if !self.log.is_complete() {
                continue;
            }
            if let Some(Relief { diagnostic, obeyed }) = self.performance.relieve() {
                let Diagnostic { file, line, message, .. } = diagnostic;
                self.gone.push(format!("{file}:{line}: {message}"));
                self.log.expect(obeyed.ticket.unwrap_or(0), obeyed.entries);
            }
        }
    }

    /// What a replay of its log gives.
    fn replayed(&mut self) -> Vec<[f32; 2]> {
        self.log.write(self.player.frame(), &[Entry::End]);
        let (log, wav) = (self.at("set.log"), self.at("set.wav"));
        let output = aither(&["replay"]).arg(&log).arg("-o").arg(&wav).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let samples = hound::WavReader::open(&wav).unwrap().into_samples().map(Result::unwrap).collect::<Vec<f32>>();
        samples.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn playing(&self) -> Vec<&str> {
        self.performance.playing().map(|(name, ..)| name).collect()
    }
}

fn change(file: &str, text: &str) -> Change {
    Change { path: file.to_owned(), what: What::Text(text.to_owned()) }
}

#[test]
fn a_signal_that_is_far_too_costly_goes_and_is_named_and_the_others_play_on_bit_for_bit() {
    let mut set = Set::real();
    // So that it comes late in a window, and the next one is all its own.
    set.play(416);
    set.costs.cost.insert("dear", 2 * QUANTUM_NS);
    set.save("dear.rhai", "register(\"cheap\", osc(550) * 0.05);\nregister(\"dear\", osc(330) * 0.1);");
    set.play(2_000);
    assert_eq!(
        set.gone,
        [
            "dear.rhai:2: the machine is too slow for all that plays: the signal `dear` took 200 % of the time and all together 220 %, so it was faded out"
        ]
    );
    assert_eq!(set.playing(), ["cheap", "left", "right"]);
    assert_eq!(set.performance.stats().audio.faded_out, 1);

    // The others never heard of it.
    let mut alone = Set::real();
    alone.play(2_416);
    for name in ["left", "right"] {
        assert_eq!(set.costs.heard[name].len(), 2 * 64 * 2_426);
        assert!(set.costs.heard[name] == alone.costs.heard[name], "{name} is another");
    }

    // It is in the log, with its frame, and a replay does as it was done.
    let (played, replayed) = (set.master.clone(), set.replayed());
    let log = fs::read_to_string(set.at("set.log")).unwrap();
    let lines = log.lines().filter(|line| line.contains("dear") && !line.contains("text")).collect::<Vec<_>>();
    assert!(lines[0].contains("\"overload\":\"dear\"") && lines[1].contains("\"command\":\"stop dear\""), "{lines:?}");
    assert_same(&played, &replayed);
    assert_eq!(played.len(), replayed.len());
}

#[test]
fn what_went_stays_away_until_its_line_changes_or_it_is_called_back() {
    let mut set = Set::real();
    set.costs.cost.insert("dear", 2 * QUANTUM_NS);
    set.save("dear.rhai", "register(\"dear\", osc(330) * 0.1);");
    set.play(1_000);
    assert_eq!((set.gone.len(), set.playing()), (1, vec!["left", "right"]));
    set.save("other.rhai", "register(\"other\", osc(440) * 0.1);");
    set.play(1_000);
    assert_eq!(set.playing(), ["left", "other", "right"]);
    set.costs.cost.insert("dear", 1_000);
    set.save("dear.rhai", "register(\"dear\", osc(330) * 0.05);");
    set.play(1_000);
    assert_eq!((set.gone.len(), set.playing()), (1, vec!["dear", "left", "other", "right"]));
    set.costs.cost.insert("dear", 2 * QUANTUM_NS);
    set.play(1_000);
    let reload = Instruction::Reload { file: None };
    let Obeyed { ticket, entries, .. } = set.performance.obey(&reload).unwrap();
    set.log.expect(ticket.unwrap(), entries);
    set.costs.cost.insert("dear", 1_000);
    set.play(1_000);
    assert_eq!((set.gone.len(), set.playing()), (2, vec!["dear", "left", "other", "right"]));
}

#[test]
fn where_nothing_is_new_the_costliest_goes_and_one_after_the_other_until_it_is_enough() {
    let mut set = Set::real();
    let voices = (0..6).map(|nth| format!("register(\"v{nth}\", osc({nth}00 + 100) * 0.02);\n"));
    set.save("voices.rhai", &voices.collect::<String>());
    set.play(100);
    // The last change, more than ten seconds ago.
    set.save("late.rhai", "register(\"late\", osc(50) * 0.02);");
    set.play(8_000);
    assert_eq!(set.gone, [""; 0]);
    for (name, tenths) in ["late", "v1", "v2", "v3", "v4", "v5"].into_iter().zip([2, 2, 3, 4, 5, 2]) {
        set.costs.cost.insert(name, tenths * QUANTUM_NS / 10);
    }
    set.play(2_000);
    // 20 tenths: without the largest 15, 11, and 8 are within the nine that there are.
    let gone = set.gone.iter().map(|line| line.split('`').nth(1).unwrap()).collect::<Vec<_>>();
    assert_eq!(gone, ["v4", "v3", "v2"], "{:?}", set.gone);
    assert_eq!(set.performance.stats().audio.faded_out, 3, "and they are counted");
}

#[test]
fn one_who_fades_out_for_long_is_not_taken_for_an_overload_of_the_others() {
    let mut set = Set::real();
    set.save("dear.rhai", "register(\"dear\", osc(100) * 0.05, #{ fade_out: 0.2 });");
    set.costs.cost.insert("dear", 9 * QUANTUM_NS / 10);
    // Its fade takes 150 quanta, three times as many as it is judged by.
    set.play(1_000);
    assert!(set.gone.len() == 1 && set.gone[0].contains("`dear`"), "{:?}", set.gone);
    assert_eq!(set.playing(), ["left", "right"]);
}

#[test]
fn a_slow_quantum_now_and_then_is_no_overload_and_nobody_measures_offline() {
    let mut set = Set::real();
    for _ in 0..40 {
        set.costs.cost.insert("left", 20 * QUANTUM_NS);
        set.play(20);
        set.costs.cost.insert("left", QUANTUM_NS / 10);
        set.play(60);
    }
    let mut offline = Set::new(&Settings::default());
    offline.costs.cost.insert("left", 20 * QUANTUM_NS);
    offline.play(1_000);
    assert_eq!((set.gone.len(), offline.gone.len()), (0, 0));
}
