//! What a save consists of, stage by stage, and a quantum of each patch: `cargo bench --bench stages`. It judges nothing.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use aither::compile::{BackEnd, Compiler};
use aither::dsp::denormals::Flush;
use aither::ir::call::QUANTUM;
use aither::ir::{Program, ShapeKey};
use aither::memory::{Key, Layout, Pool};
use aither::script::lower::lower;
use aither::script::{Evaluation, Request, Scripts, Sources};
use aither::session::player::Player;
use aither::session::sight::Sight;
use aither::session::{Performance, Settings};
use aither::watch::{Change, What};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

/// The patches, and of each a number that can be edited: how it is written, and how after the edit.
const PATCHES: [(&str, [&str; 2]); 7] = [
    ("p1", ["osc(440)", "osc(441)"]),
    ("p2", ["0.15 / k", "0.16 / k"]),
    ("p3", ["out * 0.02", "out * 0.03"]),
    ("p4", ["dry * 0.67", "dry * 0.66"]),
    ("p5", ["out * 0.005", "out * 0.006"]),
    ("p6", ["0.5 / 64", "0.4 / 64"]),
    ("p7", ["voice * 0.01", "voice * 0.02"]),
];

/// Numbers of the patches.
const ALL: [usize; 7] = [0, 1, 2, 3, 4, 5, 6];

const RATE: f64 = 48_000.0;
const FILE: &str = "patch.rhai";

fn main() {
    divan::main();
}

/// There is nothing to import.
struct Nothing;

impl Sources for Nothing {
    fn read(&self, _: &str) -> Option<String> {
        None
    }
}

fn text(patch: usize) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/patches").join(PATCHES[patch].0);
    fs::read_to_string(path.with_extension("rhai")).expect("the patch is there")
}

/// The patch after its edit.
fn edited(patch: usize) -> String {
    let (text, [from, to]) = (text(patch), PATCHES[patch].1);
    assert!(text.contains(from), "{from} in {text}");
    text.replace(from, to)
}

fn evaluated(scripts: &mut Scripts, text: &str) -> Evaluation {
    scripts.evaluate(FILE, text, Rc::new(Nothing)).unwrap_or_else(|_| panic!("the patch is right"))
}

fn lowered(evaluation: &Evaluation) -> Vec<Program> {
    let registrations = evaluation.requests.iter().filter_map(|request| match request {
        Request::Register(registration) => Some(registration),
        _ => None,
    });
    registrations.map(|registration| lower(evaluation, registration, RATE).expect("it compiles").program).collect()
}

fn programs(patch: usize) -> Vec<Arc<Program>> {
    lowered(&evaluated(&mut Scripts::new(RATE), &text(patch))).into_iter().map(Arc::new).collect()
}

fn saved(text: &str) -> Vec<Change> {
    vec![Change { path: FILE.to_owned(), what: What::Text(text.to_owned()) }]
}

fn playing(patch: usize) -> (Performance, Player) {
    let (mut performance, mut player) =
        Performance::new(&Settings::default(), Path::new(".")).expect("the system has memory");
    assert!(performance.start(saved(&text(patch))).ok());
    player.quantum();
    performance.tick();
    (performance, player)
}

/// From text to a graph.
#[divan::bench(args = ALL)]
fn evaluate(bencher: Bencher, patch: usize) {
    let (mut scripts, text) = (Scripts::new(RATE), text(patch));
    bencher.bench_local(|| evaluated(&mut scripts, &text));
}

/// From the graph to programs.
#[divan::bench(args = ALL)]
fn lowering(bencher: Bencher, patch: usize) {
    let evaluation = evaluated(&mut Scripts::new(RATE), &text(patch));
    bencher.bench_local(|| lowered(&evaluation));
}

/// The shapes of the programs.
#[divan::bench(args = ALL)]
fn shape(bencher: Bencher, patch: usize) {
    let programs = programs(patch);
    bencher.bench_local(|| programs.iter().map(|program| ShapeKey::of(program)).collect::<Vec<_>>());
}

/// Machine code of every shape of the patch, none of which was known.
#[divan::bench(args = ALL, sample_count = 20)]
fn compile(bencher: Bencher, patch: usize) {
    let programs = programs(patch);
    let _flush = Flush::on();
    bencher.with_inputs(|| Compiler::new(BackEnd::Auto, 16 << 20).expect("memory for code")).bench_local_values(
        |mut compiler| {
            programs.iter().for_each(|program| drop(compiler.compile(program).expect("room for code")));
            // It is dropped after the clock has stopped.
            compiler
        },
    );
}

/// The memory of all helpers of the patch: claimed, zeroed and given back.
#[divan::bench(args = ALL)]
fn claim(bencher: Bencher, patch: usize) {
    let programs = programs(patch);
    let mut wanted = Vec::new();
    for (number, program) in programs.iter().enumerate() {
        let signal: Arc<str> = number.to_string().into();
        let instances = program.instances.iter().zip(0..);
        wanted.extend(
            instances.map(|(instance, index)| (Key::new(&signal, instance.helper, index), Layout::of(instance))),
        );
    }
    let mut pool = Pool::reserve(64 << 20).expect("memory for helpers");
    let mut ticket = 0;
    bencher.bench_local(|| {
        ticket += 1;
        wanted.iter().for_each(|(key, layout)| drop(black_box(pool.claim(key, layout, ticket))));
        wanted.iter().for_each(|(key, _)| _ = pool.release(key, ticket));
        pool.settle(ticket);
    });
}

/// Plays a patch whose number is edited again and again.
struct Set {
    performance: Performance,
    player: Player,
    texts: [String; 2],
    number: usize,
}

impl Set {
    fn new(patch: usize) -> RefCell<Set> {
        let (performance, player) = playing(patch);
        RefCell::new(Set { performance, player, texts: [edited(patch), text(patch)], number: 0 })
    }

    /// Lets the fade of the save before end, and what it took away come home.
    fn settle(&mut self) {
        (0..20).for_each(|_| _ = self.player.quantum());
        self.performance.tick();
    }

    fn save(&mut self) {
        let text = &self.texts[self.number % 2];
        self.number += 1;
        assert!(self.performance.save(saved(text)).report.ok());
    }
}

/// A save that changes a number, up to the hand-over: evaluated, lowered, matched, bound and tried; no code is made.
#[divan::bench(args = ALL, sample_count = 50, sample_size = 1)]
fn save(bencher: Bencher, patch: usize) {
    let set = Set::new(patch);
    bencher.with_inputs(|| set.borrow_mut().settle()).bench_local_values(|()| set.borrow_mut().save());
}

/// The quantum on the audio thread in which that save comes on air, its signals old and new.
#[divan::bench(args = ALL, sample_count = 50, sample_size = 1)]
fn swap(bencher: Bencher, patch: usize) {
    let set = Set::new(patch);
    let save = || {
        set.borrow_mut().settle();
        set.borrow_mut().save();
    };
    bencher.with_inputs(save).bench_local_values(|()| set.borrow_mut().player.quantum()[0]);
}

/// A quantum of the patch: items are frames.
#[divan::bench(args = ALL)]
fn quantum(bencher: Bencher, patch: usize) {
    let (_performance, mut player) = playing(patch);
    bencher.counter(ItemsCount::new(QUANTUM)).bench_local(|| player.quantum()[0]);
}

/// How a set is looked at while it plays.
#[derive(Clone, Copy, Debug)]
enum Eyes {
    /// As offline: nothing is counted.
    Closed,
    /// What each signal takes is counted, as always when it is heard.
    Meters,
    /// And somebody lists the signals, with their levels.
    Levels,
    /// And somebody looks at the waveform of one of them and of the master.
    Scopes,
}

/// Quanta of a hundred signals, by how they are looked at: items are frames.
#[divan::bench(args = [Eyes::Closed, Eyes::Meters, Eyes::Levels, Eyes::Scopes])]
fn looked_at(bencher: Bencher, eyes: Eyes) {
    const QUANTA: usize = 64;
    let settings = Settings { real_time: !matches!(eyes, Eyes::Closed), ..Settings::default() };
    let (mut performance, mut player) = Performance::new(&settings, Path::new(".")).expect("the system has memory");
    let text = "for i in 0..100 { register(`s${i}`, osc(100 + i) * 0.005); }";
    assert!(performance.start(saved(text)).ok());
    let look = || {
        if let Eyes::Levels | Eyes::Scopes = eyes {
            black_box(performance.list());
        }
        if let Eyes::Scopes = eyes {
            for name in [None, Some("s7".to_owned())] {
                drop(black_box(performance.see(&Sight::Scope { name, seconds: None })));
            }
        }
    };
    (0..QUANTA).for_each(|_| _ = player.quantum());
    look();
    (0..QUANTA).for_each(|_| _ = player.quantum());
    bencher
        .with_inputs(look)
        .counter(ItemsCount::new(QUANTA * QUANTUM))
        .bench_local_values(|()| (0..QUANTA).map(|_| player.quantum()[0]).sum::<f64>());
}

/// How much of a set rests.
#[derive(Clone, Copy, Debug)]
enum Notes {
    /// Nothing: whatever rests is rendered nevertheless.
    Rendered,
    /// All of it, but for a look now and then.
    Finished,
    /// All of it most of the time: every voice is struck twice a second and falls silent soon.
    Struck,
    /// The same, rendered nevertheless.
    StruckRendered,
}

/// Quanta of a hundred drums whose notes are over: items are frames.
#[divan::bench(args = [Notes::Rendered, Notes::Finished, Notes::StruckRendered, Notes::Struck])]
fn finished(bencher: Bencher, notes: Notes) {
    const QUANTA: usize = 750;
    let sleeps = matches!(notes, Notes::Finished | Notes::Struck);
    let (mut performance, mut player) =
        Performance::new(&Settings { sleeps, ..Settings::default() }, Path::new(".")).expect("the system has memory");
    let beats = if matches!(notes, Notes::Rendered | Notes::Finished) { 9999 } else { 1 };
    let text = format!(
        "for i in 0..100 {{
            let env = segments(every({beats}), [[1, 0.001], [0, 0.03]]);
            register(`s${{i}}`, (osc(100 + i) * env + noise() * env * 0.2).lpf(6000 + 20 * i, 0.2) * 0.01);
        }}"
    );
    assert!(performance.start(saved(&text)).ok());
    (0..4 * QUANTA).for_each(|_| _ = player.quantum());
    bencher
        .counter(ItemsCount::new(QUANTA * QUANTUM))
        .bench_local(|| (0..QUANTA).map(|_| player.quantum()[0]).sum::<f64>());
}
