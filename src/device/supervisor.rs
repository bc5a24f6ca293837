//! The supervisor: one control thread that keeps the source playing on a device while there is one and on the null
//! clock while there is none. Never touches the device itself; whatever can hang happens on a thread of its own.

use super::clock::NullClock;
use super::health::Watch;
use super::lapse::{Lapse, since_boot};
use super::output::{self, Stream};
use super::pull::{Counters, Counts};
use super::seat::{Player, Seat};
use super::{Error, Event, Loss, Plan, Settings, Source};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How often the supervisor looks.
const TICK: Duration = Duration::from_millis(10);
/// How long the source waits for its first device before the null clock starts it.
const FIRST_DEVICE: Duration = Duration::from_millis(1_500);
/// How long an opened device may take to ask for its first blocks.
const FIRST_BLOCKS: Duration = Duration::from_secs(2);
/// How long the audio thread may take to give the source back.
const COME_HOME: Duration = Duration::from_secs(1);
/// How long `stop` waits for the device to close.
const CLOSE: Duration = Duration::from_millis(300);
/// The first pause between two attempts to open a device; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The pause after a device that keeps no time; trying one costs a whole processor.
const AFTER_NO_CLOCK: Duration = Duration::from_secs(30);
/// A device that played this long is opened again at once when it is lost.
const PROVEN: Duration = Duration::from_secs(3);
/// How often it is looked whether everybody slept.
const LAPSE: Duration = Duration::from_millis(100);
/// How often counted trouble is told.
const TELL: Duration = Duration::from_secs(1);

/// A source that is being played; dropping it ends it. Control thread.
pub struct Playback {
    counters: Arc<Counters>,
    stop: Sender<()>,
    thread: Option<JoinHandle<Option<Player>>>,
}

/// Plays `source` from now until `Playback::stop`, on the device of the settings or on the null clock. Events that find
/// the channel full are lost. Control thread.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    settings: Settings,
    plan: Plan,
    source: Box<dyn Source>,
    events: Sender<Event>,
) -> std::io::Result<Playback> {
    let counters = Arc::<Counters>::default();
    let (stop, stopped) = bounded(1);
    let supervisor = Supervisor::new(settings, plan, Box::new(source), events, Arc::clone(&counters));
    let thread = Builder::new().name("aither-device".into()).spawn(move || supervisor.run(&stopped))?;
    Ok(Playback { counters, stop, thread: Some(thread) })
}

impl Playback {
    /// What has been counted since the start. Any thread.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Ends the sound at once and hands the source back; `None` if it hangs in `render`. Control thread.
    pub fn stop(mut self) -> Option<Box<dyn Source>> {
        self.end().map(|player| *player)
    }

    fn end(&mut self) -> Option<Player> {
        self.stop.try_send(()).ok();
        self.thread.take()?.join().ok()?
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        drop(self.end());
    }
}

/// A stream and what is known of it.
struct Live {
    stream: Stream,
    watch: Watch,
}

/// When a device is tried next.
struct Retry {
    at: Instant,
    pause: Duration,
    hopeless: bool,
}

impl Retry {
    /// Pauses, the longer the more often it was in vain.
    fn later(&mut self, now: Instant) {
        self.at = now + self.pause;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

/// The source is at exactly one place: at home, on the null clock, on the live stream, or stuck in a seat.
struct Supervisor {
    settings: Settings,
    plan: Plan,
    events: Sender<Event>,
    counters: Arc<Counters>,
    home: Option<Player>,
    clock: Option<NullClock>,
    live: Option<Live>,
    stuck: Option<Arc<Seat>>,
    /// A stream that still has to show that it asks for sound.
    trial: Option<Live>,
    opening: Option<Receiver<Result<Stream, Error>>>,
    retry: Retry,
    /// Until when the source rather waits for a device than starts without one.
    patient_until: Instant,
    /// From when on the null clock counts.
    silent_since: Option<Instant>,
    said: Option<Error>,
    told: Counts,
    told_at: Instant,
    lapse: Lapse,
    lapse_looked: Instant,
    /// Whether what was counted since it was last told is the sleep's doing.
    overslept: bool,
}

impl Supervisor {
    fn new(settings: Settings, plan: Plan, player: Player, events: Sender<Event>, counters: Arc<Counters>) -> Self {
        let now = Instant::now();
        Self {
            settings,
            plan,
            events,
            counters,
            home: Some(player),
            clock: None,
            live: None,
            stuck: None,
            trial: None,
            opening: None,
            retry: Retry { at: now, pause: FIRST_PAUSE, hopeless: false },
            patient_until: now + FIRST_DEVICE,
            silent_since: None,
            said: None,
            told: Counts::default(),
            told_at: now,
            lapse: Lapse::default(),
            lapse_looked: now,
            overslept: false,
        }
    }

    fn run(mut self, stopped: &Receiver<()>) -> Option<Player> {
        loop {
            let now = Instant::now();
            self.wake(now);
            self.recall();
            self.judge_live(now);
            self.hear_opener(now);
            self.judge_trial(now);
            self.look_for_device(now);
            self.keep_time(now);
            self.tell(now);
            if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                return self.finish();
            }
        }
    }

    /// Says that everybody was asleep, if so. What is late then is late for no other reason.
    fn wake(&mut self, now: Instant) {
        if now.duration_since(self.lapse_looked) < LAPSE {
            return;
        }
        self.lapse_looked = now;
        if let Some(slept) = self.lapse.look(since_boot()) {
            self.say(Event::Asleep(slept));
            (self.overslept, self.told_at) = (true, now);
        }
    }

    /// Looks whether a source that hung has come back.
    fn recall(&mut self) {
        if let Some(seat) = self.stuck.take() {
            self.home = seat.call_home(Duration::ZERO);
            self.stuck = self.home.is_none().then_some(seat);
        }
    }

    fn judge_live(&mut self, now: Instant) {
        let loss = self.live.as_mut().and_then(|live| live.watch.look(&live.stream.health, now));
        let Some((loss, live)) = loss.zip(self.live.take_if(|_| loss.is_some())) else { return };
        if live.watch.age(now) > PROVEN {
            self.retry.pause = Duration::ZERO;
        }
        self.retry.later(now);
        self.silent_since = Some(live.watch.pulled());
        self.patient_until = now;
        self.fetch_from(Arc::clone(&live.stream.seat));
        self.say(Event::Lost { name: live.stream.name.clone(), loss });
        retire(live.stream);
    }

    fn hear_opener(&mut self, now: Instant) {
        let Some(opening) = &self.opening else { return };
        match opening.recv_timeout(Duration::ZERO) {
            Err(RecvTimeoutError::Timeout) => return,
            Ok(Ok(stream)) => {
                let watch = Watch::new(stream.rate, &stream.health, now);
                self.trial = Some(Live { stream, watch });
            }
            Ok(Err(error)) => self.refuse(error, now),
            Err(RecvTimeoutError::Disconnected) => self.refuse(Error::Backend("opening it failed badly".into()), now),
        }
        self.opening = None;
    }

    /// Gives the source to a stream that has shown itself to be a clock, gives up one that does not.
    fn judge_trial(&mut self, now: Instant) {
        let Some(mut trial) = self.trial.take() else { return };
        let loss = trial.watch.look(&trial.stream.health, now);
        let slow = loss == Some(Loss::Silent) && trial.watch.age(now) < FIRST_BLOCKS;
        match loss {
            Some(loss) if !slow => {
                let name = trial.stream.name.clone();
                retire(trial.stream);
                self.refuse(useless(name, loss), now);
            }
            None if trial.watch.settled() => match self.fetch() {
                Some(player) => self.play_on(trial.stream, player, now),
                None => self.trial = Some(trial),
            },
            _ => self.trial = Some(trial),
        }
    }

    fn play_on(&mut self, stream: Stream, player: Player, now: Instant) {
        stream.seat.sit(player);
        self.counters.devices.fetch_add(1, Relaxed);
        self.said = None;
        self.say(Event::Opened {
            name: stream.name.clone(),
            rate: stream.rate,
            engine: self.plan.rate,
            delay: stream.delay,
            channels: stream.channels,
            frames: stream.frames,
            format: stream.format.clone(),
        });
        let watch = Watch::new(stream.rate, &stream.health, now);
        self.live = Some(Live { stream, watch });
    }

    fn look_for_device(&mut self, now: Instant) {
        let busy = self.live.is_some() || self.trial.is_some() || self.opening.is_some();
        if busy || self.retry.hopeless || now < self.retry.at {
            return;
        }
        let (settings, plan, counters) = (self.settings.clone(), self.plan, Arc::clone(&self.counters));
        let (opened, opening) = bounded(1);
        // Opening hangs as long as a sound server does, and the supervisor must not.
        let spawned = Builder::new().name("aither-open".into()).spawn(move || {
            opened.send(output::open(&settings, plan, counters)).ok();
        });
        match spawned {
            Ok(_) => self.opening = Some(opening),
            Err(error) => self.refuse(Error::Backend(error.to_string()), now),
        }
    }

    fn keep_time(&mut self, now: Instant) {
        if self.live.is_some() || now < self.patient_until {
            return;
        }
        let Some(player) = self.home.take() else { return };
        let since = self.silent_since.take().unwrap_or(now);
        match NullClock::start(player, since, self.plan, Arc::clone(&self.counters)) {
            Ok(clock) => self.clock = Some(clock),
            Err(player) => self.home = player,
        }
    }

    /// Says what was counted since it was last said.
    fn tell(&mut self, now: Instant) {
        if let Some(live) = &self.live {
            let health = Arc::clone(&live.stream.health);
            if health.no_priority.swap(false, Relaxed) {
                self.say(Event::NoPriority);
            }
            if health.rerouted.swap(false, Relaxed) {
                self.say(Event::Rerouted);
            }
        }
        if now.duration_since(self.told_at) < TELL {
            return;
        }
        let (new, old) = (self.counters.read(), self.told);
        let (reported, late) = (new.xruns - old.xruns, new.late - old.late);
        let (overloads, blocks) = (new.overloads - old.overloads, new.panics - old.panics);
        let overslept = std::mem::take(&mut self.overslept);
        if reported + late + overloads > 0 && !overslept {
            self.say(Event::Dropouts { reported, late, overloads });
        }
        if blocks > 0 {
            self.say(Event::Panicked { blocks });
        }
        (self.told, self.told_at) = (new, now);
    }

    /// Notes that a device could not be had, and says so unless it was the last thing said about it.
    fn refuse(&mut self, why: Error, now: Instant) {
        self.retry.later(now);
        self.retry.hopeless = why == Error::NotBuilt;
        if let Error::Clockless(_) = why {
            self.retry.at = now + AFTER_NO_CLOCK;
        }
        self.patient_until = now;
        if self.said.as_ref() != Some(&why) {
            self.said = Some(why.clone());
            self.say(Event::NoDevice(why));
        }
    }

    /// The source, from home or from the null clock.
    fn fetch(&mut self) -> Option<Player> {
        match self.clock.take().map(|clock| clock.stop(COME_HOME)) {
            Some(Ok(player)) => Some(player),
            Some(Err(seat)) => {
                self.miss(seat);
                None
            }
            None => self.home.take(),
        }
    }

    fn fetch_from(&mut self, seat: Arc<Seat>) {
        self.home = seat.call_home(COME_HOME);
        if self.home.is_none() {
            self.miss(seat);
        }
    }

    fn miss(&mut self, seat: Arc<Seat>) {
        self.stuck = Some(seat);
        self.say(Event::Stuck);
    }

    fn finish(mut self) -> Option<Player> {
        if let Some(live) = self.live.take() {
            self.fetch_from(Arc::clone(&live.stream.seat));
            retire(live.stream).recv_timeout(CLOSE).ok();
        }
        if let Some(trial) = self.trial.take() {
            retire(trial.stream);
        }
        self.fetch()
    }

    fn say(&self, event: Event) {
        self.events.try_send(event).ok();
    }
}

/// Why a stream that was opened is not used.
fn useless(name: String, loss: Loss) -> Error {
    match loss {
        Loss::Silent => Error::Mute(name),
        Loss::Runaway => Error::Clockless(name),
        _ => Error::Backend(format!("`{name}`: {loss}")),
    }
}

/// Drops a stream where nobody waits for it; the answer comes when it is gone.
fn retire(stream: Stream) -> Receiver<()> {
    let (gone, done) = bounded(1);
    // A refused thread drops the stream right here.
    Builder::new()
        .name("aither-close".into())
        .spawn(move || {
            drop(stream);
            gone.send(()).ok();
        })
        .ok();
    done
}
