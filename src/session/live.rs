//! `aither run`: the sound device, the watched folder and the performance, until somebody ends it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use crossbeam_channel::{Receiver, bounded, never, select, unbounded};

use super::awaited::{Awaited, PATIENCE};
use super::guard::Relief;
use super::log::{Entry, Verdict, Writer};
use super::performance::Saved;
use super::recording::Recorder;
use super::resume::Opened;
use super::sight::Onlookers;
use super::socket::{Answer, Asked, EngineName, Reply, Request, Unusable};
use super::stats::Stats;
use super::view::View;
use super::{Failed, Form, Instruction, Notice, Obeyed, Performance, Settings, frames, opening, show};
use crate::device::{self, Counters, Event, Plan};
use crate::engine::witness;
use crate::ir::call::QUANTUM;
use crate::watch::{self, Batch, Change, News, Watcher, What};

/// How often old programs are taken home and events are read.
const TICK: Duration = Duration::from_millis(5);
/// The same while a save is on its way to its first frame, so that the time it took is exact.
const TICK_ON_THE_WAY: Duration = Duration::from_micros(500);
/// How long everything takes to fall silent at the end.
const HUSH: Duration = Duration::from_millis(20);
/// How long the end takes at most, whatever the device holds back.
const END: Duration = Duration::from_millis(800);

/// What to play.
#[derive(Clone, Debug)]
pub struct Live {
    /// A folder of scripts, or one.
    pub path: PathBuf,
    /// What it is called by those who talk to it.
    pub name: Option<EngineName>,
    /// The device that is wanted.
    pub device: device::Settings,
    /// The rate and the channels that hold until the end.
    pub plan: Plan,
    /// Whether to look at the files instead of waiting for events.
    pub polling: bool,
    /// Where edits and instructions are written, with their frames.
    pub log: Option<PathBuf>,
    /// The log of a set that was cut off and is to go on.
    pub resume: Option<PathBuf>,
    /// How reports look.
    pub report: Form,
    /// Whether lines are printed on a terminal, too, and no view is shown.
    pub plain: bool,
    /// The engine.
    pub settings: Settings,
}

/// Plays until it is ended by Ctrl-C or a signal to end.
///
/// # Errors
/// When it cannot begin: no such folder, no memory, no thread, a name that another engine has.
pub fn run(live: Live) -> Result<(), Failed> {
    let settings = Settings { real_time: true, ..live.settings.clone() };
    let Opened { mut performance, player, log, heard } = opening::perform(&live, &settings)?;
    let (server, asked) = match opening::listen(live.name.as_ref(), &performance.alarm()) {
        Ok((server, asked)) => (Some(server), asked),
        Err(taken @ Unusable::Taken(_)) => return Err(taken.into()),
        Err(why) => {
            show::note(&format_args!("commands cannot reach this engine: {why}"));
            (None, never())
        }
    };
    let (mut view, by_hand) = opening::view(&live, &performance.alarm());
    let mut log = match log {
        None => live.log.as_deref().map(|path| opening::log(path, &settings)).transpose()?,
        log => log,
    };
    let form = live.report;
    show::beside(form, format_args!("aither {}: {}", env!("CARGO_PKG_VERSION"), live.path.display()));
    let Settings { rate, channels, max_signals, generations, .. } = live.settings;
    show::beside(
        form,
        format_args!("{rate} Hz, {channels} channels, {max_signals} signals, {generations} texts of a file"),
    );
    show::beside(form, performance.budget());
    // What was edited since a set was cut off comes as any save does.
    if live.resume.is_none() {
        opening::begin(&mut performance, heard.clone(), &mut log, form);
    }
    let (ended, end) = bounded(1);
    // A second handler in one process is refused; whoever embeds this has their own way to end.
    ctrlc::set_handler(move || {
        ended.try_send(()).ok();
    })
    .ok();
    witness::listen();
    let (device_events, device_news) = bounded(256);
    let playback = device::start(live.device, live.plan, Box::new(player), device_events)?;
    let (news, watched) = unbounded();
    let settings = watch::Settings { polling: live.polling };
    let path = live.path;
    let watcher = Watcher::start(&path, &heard, settings, news)?;
    let recorder =
        Recorder::start(performance.reel(), rate, channels).context("cannot start the thread that records")?;
    let rate = f64::from(rate);
    let device = Arc::clone(playback.counters());
    let mut stage = Stage {
        performance,
        device,
        rate,
        queue: None,
        awaited: Vec::new(),
        recorder,
        log,
        form,
        jobs: VecDeque::new(),
        onlookers: Onlookers::default(),
        path,
    };
    stage.attend(&watched, &device_news, [asked, by_hand], &end);
    view.iter_mut().for_each(View::leave);
    drop(watcher);
    stage.fall_silent();
    drop(playback.stop());
    stage.recorder.end().iter().for_each(show::note);
    drop(server);
    show::beside(form, "bye");
    Ok(())
}

/// What plays, and what is known of where it plays.
struct Stage {
    performance: Performance,
    device: Arc<Counters>,
    rate: f64,
    /// How long a sample waits in the device that plays now; `None` without one.
    queue: Option<Duration>,
    awaited: Vec<Awaited>,
    recorder: Recorder,
    log: Option<Writer>,
    form: Form,
    /// What waits for its turn.
    jobs: VecDeque<Job>,
    onlookers: Onlookers,
    /// Where the scripts are.
    path: PathBuf,
}

/// Work that changes what plays.
enum Job {
    /// A save.
    Save(Batch),
    /// What was asked for over the socket, since when, and the way back.
    Tell(Instruction, Instant, Reply),
}

impl Stage {
    /// Serves everybody until the end; who asks after that is told so.
    fn attend(
        &mut self,
        watched: &Receiver<News>,
        device: &Receiver<Event>,
        [asked, by_hand]: [Receiver<Asked>; 2],
        end: &Receiver<()>,
    ) {
        loop {
            let tick = if self.awaits_frames() { TICK_ON_THE_WAY } else { TICK };
            select! {
                recv(watched) -> news => match news {
                    Ok(News::Changed(batch)) => self.jobs.push_back(Job::Save(batch)),
                    Ok(News::Note(note)) => show::note(&note),
                    Err(_) => return,
                },
                recv(device) -> event => match event {
                    Ok(event) => self.hear_device(&event),
                    Err(_) => return,
                },
                recv(asked) -> asked => match asked {
                    Ok(asked) => if self.answer(asked) { return },
                    Err(_) => return,
                },
                recv(by_hand) -> asked => match asked {
                    Ok(asked) => if self.answer(asked) { return },
                    Err(_) => return,
                },
                recv(end) -> _ => return,
                default(tick) => {}
            }
            self.tick();
            self.work();
        }
    }

    /// Takes up the next save or command as soon as all before have their frames: so each has a frame of its own in the log,
    /// the log is complete before work begins that takes long, and what an undo would bring back is there.
    fn work(&mut self) {
        let wants_then = |job: &Job| matches!(job, Job::Tell(instruction, ..) if instruction.wants_then());
        let too_early = !self.performance.snapshots().are_complete() && self.jobs.front().is_some_and(wants_then);
        if self.awaits_frames() || too_early {
            return;
        }
        if let Some(Relief { diagnostic, obeyed }) = self.performance.relieve() {
            show::diagnostic_of(&diagnostic, &self.performance);
            return self.expect(obeyed.ticket, obeyed.entries);
        }
        match self.jobs.pop_front() {
            Some(Job::Save(batch)) => self.save(batch),
            Some(Job::Tell(instruction, begun, reply)) => self.obey(&instruction, begun, reply),
            None => {}
        }
    }

    fn hear_device(&mut self, event: &Event) {
        match event {
            // Devices hold two blocks: one sounds while the other is filled.
            Event::Opened { frames, rate, delay, .. } => {
                let frames = frames.unwrap_or(device::FRAMES);
                self.queue = Some(*delay + Duration::from_secs_f64(2.0 * f64::from(frames) / f64::from(*rate)));
            }
            Event::Lost { .. } | Event::NoDevice(_) => self.queue = None,
            _ => {}
        }
        show::note(event);
    }

    fn save(&mut self, batch: Batch) {
        let Saved { report, ticket, entries, handed_over } = self.performance.save(batch.changes);
        self.expect(ticket, entries);
        show::diagnostics(&report, &self.performance);
        let begun = batch.at;
        self.awaited.push(Awaited { ticket, report, origin: "save", begun, handed_over, on_air: None, reply: None });
    }

    /// Takes up what is asked, and says whether that is the end.
    fn answer(&mut self, asked: Asked) -> bool {
        let (request, reply) = asked.split();
        match request {
            Request::Stats => {
                let device = Some(self.device.read());
                reply.send(Answer::figures(Stats { device, ..self.performance.stats() }));
            }
            Request::List => {
                let recording = self.recorder.file().map(|file| file.display().to_string());
                reply.send(Answer { recording, ..Answer::listing(&self.performance) });
            }
            Request::Sight(sight) => self.onlookers.admit(sight, reply),
            Request::Instruction(Instruction::Quit) => {
                reply.send(Answer::done("everything fades out"));
                return true;
            }
            Request::Instruction(instruction) => {
                if let Instruction::Reload { file } = &instruction {
                    self.jobs.extend(self.unheard(file.as_deref()).map(Job::Save));
                }
                self.jobs.push_back(Job::Tell(instruction, Instant::now(), reply));
            }
        }
        false
    }

    /// What is on disk and was not heard, or was refused; of one file, or of all.
    fn unheard(&self, file: Option<&str>) -> Option<Batch> {
        let mut changes = watch::scan(&self.path).ok()?;
        let known = &self.performance.texts().known;
        let gone = known.keys().filter(|path| !changes.iter().any(|change| change.path == **path));
        let gone = gone.map(|path| Change { path: path.clone(), what: What::Removed }).collect::<Vec<_>>();
        changes.extend(gone);
        changes.retain(|Change { path, what }| {
            let heard = matches!(what, What::Text(text) if known.get(path) == Some(text));
            file.is_none_or(|file| file == path) && (!heard || self.performance.is_refused(path))
        });
        (!changes.is_empty()).then(|| Batch { changes, at: Instant::now() })
    }

    fn obey(&mut self, instruction: &Instruction, begun: Instant, reply: Reply) {
        if let Instruction::Record { .. } = instruction {
            if let Some(Obeyed { ticket, entries, .. }) = self.recorder.obey(&mut self.performance, instruction, reply)
            {
                self.expect(ticket, entries);
            }
            return;
        }
        match self.performance.obey(instruction) {
            Err(why) => reply.send(Answer::refused(why)),
            Ok(Obeyed { report, ticket, entries }) => {
                self.expect(ticket, entries);
                let handed_over = Instant::now();
                show::beside(self.form, instruction);
                let Some(report) = report else { return reply.send(Answer::done(instruction.to_string())) };
                show::diagnostics(&report, &self.performance);
                let (origin, reply) = ("command", Some(reply));
                self.awaited.push(Awaited { ticket, report, origin, begun, handed_over, on_air: None, reply });
            }
        }
    }

    /// Waits until everything that was sent has its frame.
    fn write_up(&mut self) {
        let begun = Instant::now();
        while self.awaits_frames() && begun.elapsed() < PATIENCE {
            self.tick();
            std::thread::sleep(TICK_ON_THE_WAY);
        }
    }

    fn awaits_frames(&self) -> bool {
        let reports = self.awaited.iter().any(|save| save.ticket.is_some() && save.on_air.is_none());
        reports || self.recorder.is_waiting() || self.log.as_ref().is_some_and(|log| !log.is_complete())
    }

    fn expect(&mut self, ticket: Option<u64>, entries: Vec<Entry>) {
        if let (Some(log), Some(ticket)) = (&mut self.log, ticket) {
            log.expect(ticket, entries);
        }
    }

    fn tick(&mut self) {
        self.onlookers.look(&self.performance);
        for notice in self.performance.tick() {
            match notice {
                Notice::OnAir { ticket, frame, copied } => {
                    if let Some(log) = &mut self.log {
                        log.on_air(ticket, frame);
                    }
                    self.recorder.on_air(&mut self.performance, ticket, frame);
                    for save in self.awaited.iter_mut().filter(|save| save.ticket == Some(ticket)) {
                        save.report.frame = Some(frame);
                        save.report.swap = Some(copied.into());
                        save.on_air = Some(Instant::now());
                    }
                }
                Notice::Silenced { frame } => {
                    show::note(&format_args!(
                        "panic: silent from frame {frame} on; `aither fade 1` lets it be heard again"
                    ));
                    if let Some(log) = &mut self.log {
                        let (words, verdict) = (Instruction::Panic.to_string(), Some(Verdict::Taken));
                        log.write(frame, &[Entry::Command { words, verdict }]);
                    }
                }
                Notice::Crossing(crossing) => show::note(&crossing),
                Notice::Interrupted { frame, times } => show::interruption(frame, times),
                Notice::Diagnostic(diagnostic) => show::diagnostic_of(&diagnostic, &self.performance),
                Notice::Leak(leak) => show::note(&leak),
            }
        }
        let (notes, ended) = self.recorder.tick(&mut self.performance);
        notes.iter().for_each(show::note);
        if let Some(Obeyed { ticket, entries, .. }) = ended {
            self.expect(ticket, entries);
        }
        show::panics_of_the_audio_thread();
        if let Some(log) = &mut self.log {
            log.played(self.performance.frame(), self.rate as u64);
        }
        if let Some(trouble) = self.log.as_mut().and_then(Writer::trouble) {
            show::note(&format_args!("the log cannot be written: {trouble}; the music goes on without"));
            self.log = None;
        }
        let (queue, form) = (self.queue, self.form);
        self.awaited.retain_mut(|awaited| !awaited.told(queue, form));
    }

    /// Fades everything out and lets the device play what it was given, so that the end is no click.
    fn fall_silent(&mut self) {
        let begun = Instant::now();
        self.write_up();
        let Ok(Obeyed { ticket: Some(ticket), entries, .. }) = self.performance.obey(&Instruction::Quit) else {
            return;
        };
        self.expect(Some(ticket), entries);
        let mut silent = None;
        while begun.elapsed() < END && silent.is_none() {
            for notice in self.performance.tick() {
                match notice {
                    Notice::OnAir { ticket: other, frame, .. } if other == ticket => silent = Some(frame),
                    _ => {}
                }
            }
            std::thread::sleep(TICK_ON_THE_WAY);
        }
        if let (Some(log), Some(frame)) = (&mut self.log, silent) {
            log.on_air(ticket, frame);
            let faded = frame + frames(HUSH.as_secs_f64(), self.rate as u32);
            log.write(faded.next_multiple_of(QUANTUM as u64), &[Entry::End]);
        }
        // The block in which the fade ends is asked for one block after that in which it begins, at the latest.
        let queue = self.queue.map_or(Duration::ZERO, |queue| 2 * queue + HUSH);
        std::thread::sleep((HUSH + queue).min(END.saturating_sub(begun.elapsed())));
    }
}
