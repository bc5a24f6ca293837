//! `aither bench`: how long a frame takes, as fast as the processor can. It plays nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Failed, Performance, Settings, frames, show};
use crate::ir::call::QUANTUM;
use crate::watch::{self, Change, What};

/// In how many parts the time is measured; the fastest counts, because other work on the machine only ever adds.
const PARTS: u64 = 10;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Bench {
    /// A folder of scripts, or one.
    pub path: PathBuf,
    /// How much sound to render, in seconds.
    pub seconds: f64,
    /// As JSON.
    pub json: bool,
    /// The engine.
    pub settings: Settings,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// The signals, per frame, in the fastest tenth.
    pub ns_per_frame: f64,
    /// The same in the median tenth.
    pub ns_per_frame_median: f64,
    /// Mix, limiter and meters for as many signals, per frame.
    pub fixed_ns_per_frame: f64,
    /// How many times faster than real time all of it is.
    pub times_real_time: f64,
    /// From text to machine code.
    pub compile_ms: f64,
    /// Running the scripts.
    pub evaluate_ms: f64,
    /// From graphs to programs.
    pub lower_ms: f64,
    /// From programs to machine code.
    pub generate_ms: f64,
    /// What executes.
    pub backend: String,
    /// Signals that play.
    pub signals: usize,
    /// Pieces of machine code.
    pub functions: usize,
    /// Bytes of machine code.
    pub code_bytes: usize,
    /// Slots of helper memory in use.
    pub helper_slots: usize,
    /// Seconds that were rendered.
    pub seconds: f64,
    /// Frames per second.
    pub rate: u32,
}

/// Measures scripts and prints the figures.
///
/// # Errors
/// When a script is refused.
pub fn run(bench: &Bench) -> Result<(), Failed> {
    let figures = measure(&bench.path, bench.seconds, &bench.settings)?;
    if bench.json {
        anstream::println!("{}", serde_json::to_string(&figures)?);
        return Ok(());
    }
    anstream::println!(
        "{:>10.2} ns per frame (median {:.2}), {:.2} ns mix and limiter, {:.0} times real time",
        figures.ns_per_frame,
        figures.ns_per_frame_median,
        figures.fixed_ns_per_frame,
        figures.times_real_time,
    );
    anstream::println!(
        "{:>10.2} ms to compile (evaluate {:.2}, lower {:.2}, generate {:.2}); {}, {} signals, {} functions, {} bytes of code, {} slots",
        figures.compile_ms,
        figures.evaluate_ms,
        figures.lower_ms,
        figures.generate_ms,
        figures.backend,
        figures.signals,
        figures.functions,
        figures.code_bytes,
        figures.helper_slots,
    );
    Ok(())
}

/// Measures scripts.
///
/// # Errors
/// When a script is refused, or the engine cannot begin.
pub fn measure(path: &Path, seconds: f64, settings: &Settings) -> Result<Figures, Failed> {
    let scripts = watch::scan(path)?;
    let (mut performance, mut player) = Performance::new(settings, path)?;
    let start = Instant::now();
    let report = performance.start(scripts);
    let compile = start.elapsed() - report.times.trial;
    show::diagnostics(&report, &performance);
    if !report.ok() {
        return Err(Failed::Told);
    }
    let quanta = (frames(seconds, settings.rate) / QUANTUM as u64).max(PARTS);
    let mut all = parts(quanta, || {
        performance.tick_quietly();
        std::hint::black_box(player.quantum());
    });
    all.sort_by(f64::total_cmp);
    let signals = performance.playing().count();
    let channels = performance.playing().map(|(_, _, channels)| channels).max().unwrap_or(1);
    let fixed = fixed(signals, channels, quanta, settings)?;
    let statistics = performance.compiler().statistics();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Ok(Figures {
        ns_per_frame: (all[0] - fixed).max(0.0),
        ns_per_frame_median: (all[all.len() / 2] - fixed).max(0.0),
        fixed_ns_per_frame: fixed,
        times_real_time: 1e9 / f64::from(settings.rate) / all[0],
        compile_ms: ms(compile),
        evaluate_ms: ms(report.times.evaluate),
        lower_ms: ms(report.times.lower),
        generate_ms: ms(statistics.generation),
        backend: performance.compiler().back_end().to_string(),
        signals,
        functions: statistics.functions,
        code_bytes: statistics.code_bytes,
        helper_slots: performance.pool().used,
        seconds: quanta as f64 * QUANTUM as f64 / f64::from(settings.rate),
        rate: settings.rate,
    })
}

/// What as many signals cost that compute nothing, in nanoseconds per frame.
fn fixed(signals: usize, channels: usize, quanta: u64, settings: &Settings) -> Result<f64, Failed> {
    let silence = format!("[{}]", vec!["0.0"; channels].join(", "));
    let text = format!("for i in 0..{signals} {{ register(`s${{i}}`, {silence}); }}");
    let (mut performance, mut player) = Performance::new(settings, Path::new("."))?;
    performance.start(vec![Change { path: "fixed.rhai".to_owned(), what: What::Text(text) }]);
    let all = parts(quanta, || {
        performance.tick_quietly();
        std::hint::black_box(player.quantum());
    });
    Ok(all.into_iter().fold(f64::INFINITY, f64::min))
}

/// Nanoseconds per frame of each part.
fn parts(quanta: u64, mut quantum: impl FnMut()) -> Vec<f64> {
    // The first quanta touch cold memory.
    (0..quanta / PARTS / 10 + 4).for_each(|_| quantum());
    let each = (quanta / PARTS).max(1);
    let part = |_| {
        let start = Instant::now();
        (0..each).for_each(|_| quantum());
        start.elapsed().as_secs_f64() * 1e9 / (each * QUANTUM as u64) as f64
    };
    (0..PARTS).map(part).collect()
}
