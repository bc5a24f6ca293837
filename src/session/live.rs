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
/// The same while a save is on its way to its first frame, so that the time it took is exact.
const TICK_ON_THE_WAY: Duration = Duration::from_micros(500);
/// How long everything takes to fall silent at the end.
const HUSH: Duration = Duration::from_millis(20);
/// How long the end takes at most, whatever the device holds back.
const END: Duration = Duration::from_millis(800);
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
    on_air: Option<Instant>,
}

/// Plays until it is ended by Ctrl-C or a signal to end.
///
/// # Errors
/// When it cannot begin: no such folder, no memory, no thread.
pub fn run(live: Live) -> Result<(), Failed> {
    let heard = watch::scan(&live.path)?;
    let settings = Settings { real_time: true, ..live.settings.clone() };
    let (mut performance, player) = Performance::new(&settings, &live.path)?;
    show::line(format_args!("aither {}: {}", env!("CARGO_PKG_VERSION"), live.path.display()));
    show::line(format_args!(
        "{} Hz, {} channels, {} MiB helper memory, {} signals",
        live.settings.rate,
        live.settings.channels,
        live.settings.helper_memory >> 20,
        live.settings.max_signals,
    ));
    let report = performance.start(heard.clone());
    show::diagnostics(&report, &performance);
    show::text(&report.text());
    if report.files.is_empty() {
        show::line("there are no scripts yet; save a .rhai file there and it plays");
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
    let rate = f64::from(live.settings.rate);
    let mut stage = Stage { performance, rate, queue: None, awaited: Vec::new() };
    stage.attend(&watched, &device_news, &end);
    drop(watcher);
    stage.fall_silent();
    drop(playback.stop());
    show::line("bye");
    Ok(())
}

/// What plays, and what is known of where it plays.
struct Stage {
    performance: Performance,
    rate: f64,
    /// How long a sample waits in the device that plays now; `None` without one.
    queue: Option<Duration>,
    awaited: Vec<Awaited>,
}

impl Stage {
    /// Serves everybody until the end.
    fn attend(&mut self, watched: &Receiver<News>, device: &Receiver<Event>, end: &Receiver<()>) {
        loop {
            let tick = if self.awaited.is_empty() { TICK } else { TICK_ON_THE_WAY };
            select! {
                recv(watched) -> news => match news {
                    Ok(News::Changed(batch)) => self.save(batch),
                    Ok(News::Note(note)) => show::note(&note),
                    Err(_) => return,
                },
                recv(device) -> event => match event {
                    Ok(event) => self.hear_device(&event),
                    Err(_) => return,
                },
                recv(end) -> _ => return,
                default(tick) => {}
            }
            self.tick();
        }
    }

    fn hear_device(&mut self, event: &Event) {
        match event {
            // Devices hold two blocks: one sounds while the other is filled.
            Event::Opened { frames, .. } => {
                let frames = frames.unwrap_or(device::FRAMES);
                self.queue = Some(Duration::from_secs_f64(2.0 * f64::from(frames) / self.rate));
            }
            Event::Lost { .. } | Event::NoDevice(_) => self.queue = None,
            _ => {}
        }
        show::note(event);
    }

    fn save(&mut self, batch: Batch) {
        let Saved { report, ticket } = self.performance.save(batch.changes);
        let handed_over = Instant::now();
        show::diagnostics(&report, &self.performance);
        self.awaited.push(Awaited { ticket, report, saved: batch.at, handed_over, on_air: None });
    }

    fn tick(&mut self) {
        for notice in self.performance.tick() {
            match notice {
                Notice::OnAir { ticket, frame } => {
                    for save in self.awaited.iter_mut().filter(|save| save.ticket == Some(ticket)) {
                        save.report.frame = Some(frame);
                        save.on_air = Some(Instant::now());
                    }
                }
                Notice::Diagnostic(diagnostic) => show::diagnostic_of(&diagnostic, &self.performance),
            }
        }
        let queue = self.queue;
        self.awaited.retain(|save| !save.told(queue));
    }

    /// Fades everything out and lets the device play what it was given, so that the end is no click.
    fn fall_silent(&mut self) {
        let begun = Instant::now();
        let Some(ticket) = self.performance.hush(HUSH.as_secs_f64()) else { return };
        let faded = |notice: &Notice| matches!(notice, Notice::OnAir { ticket: other, .. } if *other == ticket);
        while begun.elapsed() < END && !self.performance.tick().iter().any(faded) {
            std::thread::sleep(TICK_ON_THE_WAY);
        }
        // The block in which the fade ends is asked for one block after that in which it begins, at the latest.
        let queue = self.queue.map_or(Duration::ZERO, |queue| 2 * queue + HUSH);
        std::thread::sleep((HUSH + queue).min(END.saturating_sub(begun.elapsed())));
    }
}

impl Awaited {
    /// Shows the report as soon as it is complete, and says whether it was shown.
    fn told(&self, queue: Option<Duration>) -> bool {
        let waiting = self.ticket.is_some() && self.on_air.is_none();
        if waiting && self.handed_over.elapsed() < PATIENCE {
            return false;
        }
        show::text(&self.report.text());
        if let Some(on_air) = self.on_air {
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            let heard = queue.map_or(String::new(), |queue| format!(", heard within {:.1} ms more", ms(queue)));
            show::line(format_args!(
                "  handed over {:.1} ms after the save, first frame {:.1} ms later{heard}",
                ms(self.handed_over - self.saved),
                ms(on_air - self.handed_over),
            ));
        }
        true
    }
}
