//! What the audio thread pays for a save: the quantum that takes it up against those that follow, with many signals of one shape.
//! It judges nothing.
//!
//! `cargo bench --bench swap`. Other work on the machine only ever adds, so the shortest of many is the figure.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::path::Path;
use std::time::{Duration, Instant};

use aither::dsp::denormals::Flush;
use aither::ir::call::QUANTUM;
use aither::session::player::Player;
use aither::session::{Performance, Settings};
use aither::watch::{Change, What};

/// How many saves are measured of each kind.
const SAVES: usize = 60;
/// Quanta of a fade, and some more.
const FADE: usize = 20;
/// Quanta that are measured after it.
const REST: usize = 5;

fn main() {
    println!("microseconds of a quantum of {QUANTUM} frames, shortest and median");
    println!("{:>7}  {:<20}{:>8}{:>8}  {:>8}{:>8}  {:>8}", "signals", "edit", "swap", "", "rest", "", "per save");
    for signals in [10, 100, 1000] {
        print(signals, "a number of one", |nth| signal(0, 100 + nth, ""));
        print(signals, "the structure of one", |nth| signal(0, 100, ".tanh()".repeat(nth % 2).as_str()));
    }
}

/// One of many signals of one shape.
fn signal(number: usize, hz: usize, more: &str) -> String {
    let (cutoff, rate) = (400 + 40 * (number % 90), 0.5 + 0.05 * (number % 50) as f64);
    format!("register(\"p-{number}\", (saw({hz}).lpf({cutoff}, 0.3) * (0.75 + 0.25 * osc({rate:?}))){more} * 0.001);\n")
}

/// Saves again and again, and prints how long the quanta took.
fn print(signals: usize, edit: &str, first: impl Fn(usize) -> String) {
    let settings = Settings { max_signals: 1024, ..Settings::default() };
    let (mut performance, mut player) = Performance::new(&settings, Path::new(".")).expect("there is memory");
    let rest = (1..signals).map(|number| signal(number, 40 + 7 * number % 3000, "")).collect::<String>();
    let (mut swaps, mut rests) = (Vec::new(), Vec::new());
    for nth in 0..=SAVES {
        let what = What::Text(first(nth) + rest.as_str());
        let saved = performance.save(vec![Change { path: "set.rhai".to_owned(), what }]);
        assert!(saved.report.ok(), "the set plays");
        let swap = quantum(&mut player);
        for _ in 0..FADE {
            quantum(&mut player);
        }
        performance.tick_quietly();
        if nth > 0 {
            swaps.push(swap);
            rests.extend((0..REST).map(|_| quantum(&mut player)));
        }
    }
    let [(swap, swap_median), (rest, rest_median)] = [swaps, rests].map(shortest_and_median);
    let more = swap - rest;
    println!("{signals:>7}  {edit:<20}{swap:>8.1}{swap_median:>8.1}  {rest:>8.1}{rest_median:>8.1}  {more:>8.1}");
}

/// Plays a quantum and says how long that took.
fn quantum(player: &mut Player) -> Duration {
    let _flushed = Flush::on();
    let begun = Instant::now();
    std::hint::black_box(player.quantum());
    begun.elapsed()
}

fn shortest_and_median(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    (us(times[0]), us(times[times.len() / 2]))
}
