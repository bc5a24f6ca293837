//! What plays, and the way in for saves: each becomes one transaction or nothing. It never waits for the audio thread.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bind::{Former, Memories};
use super::reader::Reader;
use super::report::{FileReport, PoolReport, Report};
use super::ruling::Judge;
use super::unit::{Located, Texts};
use super::{Error, Settings};
use crate::compile::Compiler;
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Command, Control, Event, Renderer, SlotId, Tap, Transaction};
use crate::ir::Program;
use crate::ir::call::Span;
use crate::memory::identity::Held;
use crate::memory::pool::Pool;
use crate::memory::sandbox::Sandboxes;
use crate::script::Options;
use crate::watch::{Change, What};

/// How long a signal takes to fall silent when it is muted, in seconds.
const MUTE: f64 = 0.02;

/// Slots of long memory that a quantum copies at most in real time: about 18 of its 1333 microseconds.
const SLICE: usize = 16_384;

/// A performance. Control thread.
pub struct Performance {
    pub(super) settings: Settings,
    pub(super) reader: Reader,
    pub(super) compiler: Compiler,
    pub(super) memories: Memories,
    pub(super) control: Control,
    /// What was heard of the folder.
    pub(super) texts: Arc<Texts>,
    pub(super) files: BTreeMap<String, File>,
    pub(super) signals: BTreeMap<Arc<str>, Signal>,
    /// Counts what needs an order: places in the mix, and when signals were parked.
    pub(super) clock: u64,
    /// Tickets of claims, by the transaction that made them final.
    pub(super) claims: HashMap<u64, Vec<u64>>,
    /// What was decided about the save that is being staged.
    pub(super) judge: Judge,
}

/// What is known of a file.
#[derive(Default)]
pub(super) struct File {
    /// The files it imports, directly or not.
    pub imports: Vec<String>,
    /// Whether its newest text was refused.
    pub refused: bool,
}

/// A signal that plays or is parked.
pub(super) struct Signal {
    /// The file that registers it; of a parked one, the file that did.
    pub file: String,
    /// Where it is registered.
    pub at: Located,
    /// The files that places of its program are in.
    pub files: Arc<[String]>,
    pub program: Arc<Program>,
    pub held: Vec<Held>,
    pub spans: Vec<Span>,
    pub options: Options,
    /// Its place in the renderer.
    pub slot: SlotId,
    /// Whether that place is still its own: a parked signal's goes to somebody else once it is silent.
    pub seated: bool,
    /// Its place in the mix.
    pub rank: u64,
    /// Since when it is parked.
    pub parked: Option<u64>,
}

impl Signal {
    pub fn former(&self) -> Former<'_> {
        Former { program: &self.program, spans: &self.spans, held: &self.held }
    }
}

/// Something that happened while playing.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A transaction came on air.
    OnAir {
        /// Its ticket.
        ticket: u64,
        /// The first frame that it changed.
        frame: u64,
    },
    /// Something that the performer should know.
    Diagnostic(Diagnostic),
}

/// What a save led to.
pub struct Saved {
    /// What became of it; the frame is filled in by whoever hears [`Notice::OnAir`].
    pub report: Report,
    /// The transaction that was sent, if anything was to be changed.
    pub ticket: Option<u64>,
}

impl Performance {
    /// Reserves everything and gives the two halves. `path` is the folder of scripts, or one script.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn new(settings: &Settings, path: &Path) -> Result<(Performance, Player), Error> {
        let memory = |what, bytes| move |why| Error::Memory { what, bytes, why };
        let pool = Pool::reserve(settings.helper_memory).map_err(memory("helper memory", settings.helper_memory))?;
        let sandboxes = Sandboxes::reserve(settings.max_signals);
        let bytes = settings.max_signals * crate::ir::call::SLOTS_PER_SIGNAL * size_of::<u64>();
        let sandboxes = sandboxes.map_err(memory("sandboxes", bytes))?;
        let compiler = Compiler::new(settings.back_end, settings.code_memory)?;
        let engine = engine::Settings {
            rate: settings.rate,
            channels: settings.channels,
            max_signals: settings.max_signals,
            slice: if settings.real_time { SLICE } else { usize::MAX },
            ..engine::Settings::default()
        };
        let (renderer, control) = engine::new(engine);
        let folder = if path.is_dir() { Some(path) } else { path.parent() };
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let performance = Performance {
            settings: settings.clone(),
            reader: Reader::start(f64::from(settings.rate)).map_err(Error::Thread)?,
            compiler,
            memories: Memories { pool, sandboxes },
            control,
            texts: Arc::new(Texts { known: BTreeMap::new(), folder: folder.map(PathBuf::from) }),
            files: BTreeMap::new(),
            signals: BTreeMap::new(),
            clock: 0,
            claims: HashMap::new(),
            judge: Judge::default(),
        };
        Ok((performance, Player { renderer }))
    }

    /// Takes the scripts that are there at the beginning: each file stands alone, all come on air together.
    pub fn start(&mut self, changes: Vec<Change>) -> Report {
        let mut report = Report::default();
        let (texts, unreadable) = self.hear(changes);
        report.files.extend(unreadable);
        let mut transaction = Transaction::default();
        let mut claims = Vec::new();
        for path in texts {
            let attempt = self.attempt(&BTreeSet::from([path]), &BTreeSet::new(), &mut report);
            if let Some(staged) = attempt {
                claims.extend(self.commit(staged, &mut transaction, &mut report));
            }
        }
        let ticket = self.send(transaction, claims);
        self.conclude(Saved { report, ticket }).report
    }

    /// Takes the changes of one save, together or not at all.
    pub fn save(&mut self, changes: Vec<Change>) -> Saved {
        let mut report = Report::default();
        let (changed, unreadable) = self.hear(changes);
        report.files.extend(unreadable);
        let users = self.files.iter().filter(|(_, file)| file.imports.iter().any(|import| changed.contains(import)));
        let mut wanted: BTreeSet<String> = users.map(|(path, _)| path.clone()).collect();
        wanted.extend(changed);
        let refused = self.files.iter().filter(|(path, file)| file.refused && !wanted.contains(*path));
        let retried: BTreeSet<String> = refused.map(|(path, _)| path.clone()).collect();
        let mut ticket = None;
        if let Some(staged) = self.attempt(&wanted, &retried, &mut report) {
            let mut transaction = Transaction::default();
            let claims = self.commit(staged, &mut transaction, &mut report);
            ticket = self.send(transaction, claims);
        }
        self.conclude(Saved { report, ticket })
    }

    /// Notes what the files hold now. Gives the paths whose text changed, and reports on those that cannot be read.
    fn hear(&mut self, changes: Vec<Change>) -> (BTreeSet<String>, Vec<FileReport>) {
        let mut changed = BTreeSet::new();
        let mut unreadable = Vec::new();
        let mut known = std::mem::take(&mut self.texts_mut().known);
        for Change { path, what } in changes {
            match what {
                What::Text(text) => {
                    known.insert(path.clone(), text);
                    changed.insert(path);
                }
                What::Removed => {
                    known.remove(&path);
                    changed.insert(path);
                }
                What::Unreadable(why) => {
                    let errors = vec![Diagnostic::error(&path, 0, 0, format!("cannot be read: {why}"))];
                    unreadable.push(FileReport { file: path, ok: false, signals: vec![], errors, warnings: vec![] });
                }
            }
        }
        self.texts_mut().known = known;
        (changed, unreadable)
    }

    fn texts_mut(&mut self) -> &mut Texts {
        Arc::get_mut(&mut self.texts).expect("nobody keeps the texts between evaluations")
    }

    /// Hands a transaction over and remembers its claims.
    fn send(&mut self, mut transaction: Transaction, claims: Vec<u64>) -> Option<u64> {
        if transaction.changes.is_empty() {
            claims.into_iter().for_each(|claims| self.settle(claims));
            return None;
        }
        let mut playing = self.signals.values().filter(|signal| signal.parked.is_none()).collect::<Vec<_>>();
        playing.sort_by_key(|signal| signal.rank);
        transaction.order = playing.iter().map(|signal| signal.slot).collect();
        loop {
            match self.control.send(transaction) {
                Ok(ticket) => {
                    self.claims.insert(ticket, claims);
                    return Some(ticket);
                }
                Err(unsent) => {
                    // As many saves as envelopes within one fade: wait for the oldest fade to end.
                    transaction = unsent.transaction;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    self.collect();
                }
            }
        }
    }

    fn conclude(&self, mut saved: Saved) -> Saved {
        saved.report.files.sort_by(|one, other| one.file.cmp(&other.file));
        saved.report.pool = self.pool();
        saved
    }

    /// The helper pool as reports show it.
    pub fn pool(&self) -> PoolReport {
        let counters = self.memories.pool.counters();
        PoolReport {
            used: counters.used,
            high_water: counters.high_water,
            capacity: counters.capacity,
            keys: counters.keys,
            claims: counters.claims,
            releases: counters.releases,
        }
    }

    pub(super) fn settle(&mut self, claims: u64) {
        self.memories.pool.settle(claims);
        self.memories.sandboxes.settle(claims);
    }

    /// Takes home what came back.
    fn collect(&mut self) {
        let home = self.control.collect();
        for ticket in home.settled {
            for claims in self.claims.remove(&ticket).unwrap_or_default() {
                self.settle(claims);
            }
        }
        if !home.freed.is_empty() {
            for signal in self.signals.values_mut().filter(|signal| home.freed.contains(&signal.slot)) {
                signal.seated &= signal.parked.is_none();
            }
        }
    }

    /// Takes home what came back, and tells what happened. To be called often: every few milliseconds.
    pub fn tick(&mut self) -> Vec<Notice> {
        self.collect();
        let mut notices = Vec::new();
        while let Some(event) = self.control.poll() {
            notices.extend(self.notice(event));
        }
        notices
    }

    /// [`Performance::tick`] for those who listen to nothing.
    pub fn tick_quietly(&mut self) {
        self.tick();
    }

    fn notice(&self, event: Event) -> Option<Notice> {
        match event {
            Event::Applied { ticket, frame } => Some(Notice::OnAir { ticket, frame }),
            Event::NonFinite { slot, frame, .. } => {
                let (name, signal) = self.at(slot)?;
                let message =
                    format!("the signal `{name}` gave a sample that is no number at frame {frame}; it is silent");
                let help = "a division by zero, or feedback of 1 and more? Correct it and save";
                Some(Notice::Diagnostic(signal.at.error(message).help(help)))
            }
            Event::Fault { slot, index, count, .. } => {
                let (_, signal) = self.at(slot)?;
                let fault = signal.program.faults.get(index as usize)?;
                let at = Located::of(fault.place, &signal.files);
                let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
                Some(Notice::Diagnostic(at.warning(format!("{} ({times})", fault.message))))
            }
            Event::Lost(_) => None,
        }
    }

    fn at(&self, slot: SlotId) -> Option<(&Arc<str>, &Signal)> {
        self.signals.iter().find(|(_, signal)| signal.slot == slot && signal.parked.is_none())
    }

    /// Fades everything out, for the end. Gives the ticket of the fade; `None` when nobody plays any more.
    pub fn hush(&mut self, seconds: f64) -> Option<u64> {
        // A full ring means that nobody plays any more.
        self.control.command(Command::Master { linear: 0.0, seconds }).ok()
    }

    /// Mutes a signal or lets it be heard again; its state keeps running. `false` when no signal of that name plays, or nobody takes commands.
    pub fn mute(&mut self, name: &str, on: bool) -> bool {
        let Some(signal) = self.signals.get(name).filter(|signal| signal.parked.is_none()) else { return false };
        self.control.command(Command::Mute { slot: signal.slot, on, seconds: MUTE }).is_ok()
    }

    /// The texts that were heard.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The signals that play: name, slot, channels.
    pub fn playing(&self) -> impl Iterator<Item = (&str, SlotId, usize)> {
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none());
        playing.map(|(name, signal)| (&**name, signal.slot, signal.program.channels as usize))
    }

    /// The programs of the signals that play, by name.
    pub fn programs(&self) -> impl Iterator<Item = (&str, &Arc<Program>)> {
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none());
        playing.map(|(name, signal)| (&**name, &signal.program))
    }

    /// What executes.
    pub fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// Where the blocks of all helpers are accounted for.
    pub fn helper_pool(&self) -> &Pool {
        &self.memories.pool
    }
}

/// The audio half of a performance: whoever holds it makes its sound.
pub struct Player {
    renderer: Renderer,
}

impl Player {
    /// The next quantum of the master: channel after channel, 64 frames each. Audio thread.
    pub fn quantum(&mut self) -> &[f64] {
        self.renderer.render_quantum()
    }

    /// Number of the first frame of the next quantum.
    pub fn frame(&self) -> u64 {
        self.renderer.frame()
    }

    /// As [`Player::quantum`], for somebody who listens to single signals.
    pub fn quantum_tapped(&mut self, tap: &mut impl Tap) -> &[f64] {
        self.renderer.render_tapped(tap)
    }

    /// Channels of the master.
    pub fn channels(&self) -> usize {
        self.renderer.channels()
    }
}

impl crate::device::Source for Player {
    fn render(&mut self, out: &mut [f32], channels: usize) {
        self.renderer.render(out, channels);
    }
}
