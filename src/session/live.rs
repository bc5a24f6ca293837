//! `aither run`: the sound device, the watched folder and the performance, until somebody ends it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, select, unbounded};

use super::performance::Saved;
use super::{Failed, Notice, Performance, Report, Settings, show};
use crate::device::{self, Event, Plan};
use crate::watch::{self, Batch, News, Watcher};

/// How often old programs are taken home and events are read.
const TICK: Duration = Duration::from_millis(5);
/// How long everything takes to fall silent at the end.
const HUSH: f64 = 0.02;
/// How long a report waits for its first frame before it is shown without.
const PATIENCE: Duration = Duration::from_secs(1);

/// What to play.
#[derive(Clone, Debug)]
pub struct Live {
    /// A folder of scripts, or one.
    pub path: PathBuf,
    /// The device that is wanted.
    pub device: device::Settings,
    /// The rate and the channels that hold until the end.
    pub plan: Plan,
    /// Whether to look at the files instead of waiting for events.
    pub polling: bool,
    /// The engine.
    pub settings: Settings,
}

/// A save whose first frame is waited for.
struct Awaited {
    ticket: Option<u64>,
    report: Report,
    saved: Instant,
    handed_over: Instant,
}

/// Plays until it is ended by Ctrl-C or a signal to end.
///
/// # Errors
/// When it cannot begin: no such folder, no memory, no thread.
pub fn run(live: Live) -> Result<(), Failed> {
    let heard = watch::scan(&live.path)?;
    let (mut performance, player) = Performance::new(&live.settings, &live.path)?;
    anstream::println!("aither {}: {}", env!("CARGO_PKG_VERSION"), live.path.display());
    anstream::println!(
        "{} Hz, {} channels, {} MiB helper memory, {} signals",
        live.settings.rate,
        live.settings.channels,
        live.settings.helper_memory >> 20,
        live.settings.max_signals,
    );
    let report = performance.start(heard.clone());
    show::diagnostics(&report, &performance);
    anstream::print!("{}", report.text());
    if report.files.is_empty() {
        anstream::println!("there are no scripts yet; save a .rhai file there and it plays");
    }
    let (ended, end) = bounded(1);
    // A second handler in one process is refused; whoever embeds this has their own way to end.
    ctrlc::set_handler(move || {
        ended.try_send(()).ok();
    })
    .ok();
    let (device_events, device_news) = bounded(256);
    let playback = device::start(live.device, live.plan, Box::new(player), device_events)?;
    let (news, watched) = unbounded();
    let settings = watch::Settings { polling: live.polling };
    let watcher = Watcher::start(&live.path, &heard, settings, news)?;
    attend(&mut performance, &watched, &device_news, &end);
    drop(watcher);
    performance.hush(HUSH);
    std::thread::sleep(Duration::from_secs_f64(HUSH) + Duration::from_millis(60));
    drop(playback.stop());
    anstream::println!("bye");
    Ok(())
}

/// Serves everybody until the end.
fn attend(performance: &mut Performance, watched: &Receiver<News>, device: &Receiver<Event>, end: &Receiver<()>) {
    let mut awaited: Vec<Awaited> = Vec::new();
    loop {
        select! {
            recv(watched) -> news => match news {
                Ok(News::Changed(batch)) => awaited.push(save(performance, batch)),
                Ok(News::Note(note)) => anstream::eprintln!("{note}"),
                Err(_) => return,
            },
            recv(device) -> event => match event {
                Ok(event) => anstream::eprintln!("{event}"),
                Err(_) => return,
            },
            recv(end) -> _ => return,
            default(TICK) => {}
        }
        for notice in performance.tick() {
            match notice {
                Notice::OnAir { ticket, frame } => {
                    for save in awaited.iter_mut().filter(|save| save.ticket == Some(ticket)) {
                        save.report.frame = Some(frame);
                    }
                }
                Notice::Diagnostic(diagnostic) => show::diagnostic_of(&diagnostic, performance),
            }
        }
        awaited.retain(|save| !told(save));
    }
}

fn save(performance: &mut Performance, batch: Batch) -> Awaited {
    let Saved { report, ticket } = performance.save(batch.changes);
    let handed_over = Instant::now();
    show::diagnostics(&report, performance);
    Awaited { ticket, report, saved: batch.at, handed_over }
}

/// Shows a report as soon as it is complete.
fn told(save: &Awaited) -> bool {
    let waiting = save.ticket.is_some() && save.report.frame.is_none();
    if waiting && save.handed_over.elapsed() < PATIENCE {
        return false;
    }
    anstream::print!("{}", save.report.text());
    let ms = |from: Instant, to: Instant| to.duration_since(from).as_secs_f64() * 1000.0;
    if save.report.frame.is_some() {
        let handed_over = ms(save.saved, save.handed_over);
        anstream::println!(
            "  handed over {handed_over:.1} ms after the save, on air within {:.1} ms",
            ms(save.saved, Instant::now())
        );
    }
    true
}
