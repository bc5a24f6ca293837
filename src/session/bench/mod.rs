//! `aither bench`: how long a frame takes, as fast as the processor can. It plays nothing.

mod compare;
mod figures;
mod text;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

pub use compare::{Compared, earlier};
pub use figures::{Figures, SignalFigures, VERSION};
pub use text::text;

use super::{Failed, Performance, Settings, frames, show};
use crate::dsp::denormals::Flush;
use crate::engine::SlotId;
use crate::engine::meter::{Meters, ticks};
use crate::ir::Way;
use crate::ir::call::QUANTUM;
use crate::session::player::Player;
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
    /// Figures of an earlier measurement, as JSON.
    pub compare: Option<PathBuf>,
    /// The engine.
    pub settings: Settings,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    figures: &'a Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<&'a Compared>,
}

/// Measures scripts and prints the figures.
///
/// # Errors
/// When a script is refused, or there is nothing to compare with.
pub fn run(bench: &Bench) -> Result<(), Failed> {
    // Before all the work, so that nobody waits for a message about a name.
    let then = bench.compare.as_deref().map(earlier).transpose()?;
    let figures = measure(&bench.path, bench.seconds, &bench.settings)?;
    let compared = then.map(|then| Compared::new(&then, &figures));
    let compared = compared.as_ref();
    if bench.json {
        anstream::println!("{}", serde_json::to_string(&Printed { figures: &figures, compared })?);
    } else {
        anstream::print!("{}", text(&figures, compared));
    }
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
    let report = performance.start(scripts.clone());
    let compile = start.elapsed() - report.times.trial;
    show::diagnostics(&report, &performance);
    if !report.ok() {
        return Err(Failed::Told);
    }
    let statistics = performance.compiler().statistics();
    let quanta = (frames(seconds, settings.rate) / QUANTUM as u64).max(PARTS);
    let mut all = parts(quanta, &mut performance, &mut player, |_| ());
    all.sort_by(|(a, ()), (b, ())| a.total_cmp(b));
    let (whole, median) = (all[0].0, all[all.len() / 2].0);
    let signals = performance.playing().count();
    let fixed = fixed(&mut performance, quanta, settings)?;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let stages = [report.times.evaluate, report.times.lower, statistics.generation];
    Ok(Figures {
        bench: VERSION,
        path: path.display().to_string(),
        ns_per_frame: (whole - fixed).max(0.0),
        ns_per_frame_median: (median - fixed).max(0.0),
        fixed_ns_per_frame: fixed,
        whole_ns_per_frame: whole,
        times_real_time: 1e9 / f64::from(settings.rate) / whole,
        compile_ms: ms(compile),
        evaluate_ms: ms(stages[0]),
        lower_ms: ms(stages[1]),
        generate_ms: ms(stages[2]),
        bind_ms: ms(compile.saturating_sub(stages.iter().sum())),
        trial_ms: ms(report.times.trial),
        backend: performance.compiler().back_end().to_string(),
        signals,
        functions: statistics.functions,
        code_bytes: statistics.code_bytes,
        helper_slots: performance.pool().used,
        seconds: quanta as f64 * QUANTUM as f64 / f64::from(settings.rate),
        rate: settings.rate,
        per_signal: per_signal(path, scripts, quanta, settings)?,
    })
}

/// What as many signals cost that compute next to nothing but are heard, in nanoseconds per frame; silent ones would not be run. Who is
/// rendered at once with others is so here too, which takes a sample that waits for the one before.
fn fixed(performance: &mut Performance, quanta: u64, settings: &Settings) -> Result<f64, Failed> {
    let ways = performance.ways();
    let steady = |(number, (name, _, channels)): (usize, (&str, SlotId, usize))| {
        let (before, each) = match ways.get(name) {
            Some(Way::Instances { .. }) => ("|s| { s.state[0] = 0.000001 - s.state[0]; ", "s.state[0] + 0.000001"),
            _ => ("", "0.000001"),
        };
        let after = if before.is_empty() { "" } else { " }" };
        format!("register(\"s{number}\", {before}[{}]{after});\n", vec![each; channels].join(", "))
    };
    let text = performance.playing().enumerate().map(steady).collect();
    let (mut performance, mut player) = Performance::new(settings, Path::new("."))?;
    performance.start(vec![Change { path: "fixed.rhai".to_owned(), what: What::Text(text) }]);
    let all = parts(quanta, &mut performance, &mut player, |_| ());
    Ok(all.into_iter().map(|(ns, ())| ns).fold(f64::INFINITY, f64::min))
}

/// What each signal costs among the others, by the meters of the audio thread: all of them run in turn, as when they are heard, so
/// none finds more of itself in the caches than it will then. Counting costs something itself, so this is a rendering of its own.
fn per_signal(
    path: &Path,
    scripts: Vec<Change>,
    quanta: u64,
    settings: &Settings,
) -> Result<Vec<SignalFigures>, Failed> {
    let settings = Settings { real_time: true, ..settings.clone() };
    let (mut performance, mut player) = Performance::new(&settings, path)?;
    performance.start(scripts);
    let slots = performance.playing().map(|(name, slot, _)| (name.to_owned(), slot)).collect::<Vec<_>>();
    let (began, then) = (Instant::now(), ticks());
    let counts = parts(quanta, &mut performance, &mut player, |meters| {
        slots.iter().map(|(_, slot)| count(meters, *slot)).collect::<Vec<_>>()
    });
    let tick = then.zip(ticks()).map(|(then, now)| began.elapsed().as_secs_f64() * 1e9 / (now - then).max(1) as f64);
    // The first part begins with the first reading.
    let fastest = |number: usize| {
        let between = counts.windows(2).map(|pair| {
            let [(ticks, quanta), (later_ticks, later_quanta)] = [pair[0].1[number], pair[1].1[number]];
            (later_ticks - ticks) as f64 / ((later_quanta - quanta).max(1) * QUANTUM as u64) as f64
        });
        Some(tick? * between.fold(f64::INFINITY, f64::min))
    };
    let costs = slots.iter().enumerate().filter_map(|(number, (name, _))| Some((name, fastest(number)?)));
    let costs = costs.filter(|(_, cost)| cost.is_finite()).collect::<HashMap<_, _>>();
    let programs = performance.programs().map(|(name, program)| (name.to_owned(), program.clone())).collect::<Vec<_>>();
    let rooms = programs.iter().map(|(_, program)| performance.compiler.room(program)).collect::<Vec<_>>();
    let mut ways = performance.ways();
    let stats = performance.stats().signals.into_iter().map(|stats| (stats.name.clone(), stats));
    let stats = stats.collect::<HashMap<_, _>>();
    let figures = programs.iter().zip(&rooms).filter_map(|((name, program), room)| {
        let stats = stats.get(name)?;
        let shape = room.as_ref().map(|(shape, _)| *shape);
        let alike = rooms.iter().flatten().filter(|(other, _)| Some(*other) == shape).count();
        Some(SignalFigures {
            name: name.clone(),
            ns_per_frame: costs.get(name).copied(),
            channels: program.channels,
            helpers: stats.helpers,
            bytes: stats.bytes,
            code_bytes: room.map_or(0, |(_, bytes)| bytes),
            alike,
            way: ways.remove(name),
        })
    });
    Ok(figures.collect())
}

/// Ticks and quanta so far.
fn count(meters: &Meters, slot: SlotId) -> (u64, u64) {
    let reading = meters.slot(slot);
    (reading.ticks, reading.quanta)
}

/// Nanoseconds per frame of each part, and what is read off the meters after it.
fn parts<T>(
    quanta: u64,
    performance: &mut Performance,
    player: &mut Player,
    read: impl Fn(&Meters) -> T,
) -> Vec<(f64, T)> {
    let meters = performance.control.meters().clone();
    // As a device's callback holds it for all its quanta.
    let flush = Flush::on();
    let mut render = |count: u64| {
        performance.tick_quietly();
        let start = Instant::now();
        (0..count).for_each(|_| _ = std::hint::black_box(player.quantum_flushed(&flush)));
        let lasted = start.elapsed();
        (lasted.as_secs_f64() * 1e9 / (count * QUANTUM as u64) as f64, read(&meters))
    };
    // The first quanta touch cold memory.
    render(quanta / PARTS / 10 + 4);
    let each = (quanta / PARTS).max(1);
    (0..PARTS).map(|_| render(each)).collect()
}
