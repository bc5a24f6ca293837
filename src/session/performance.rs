//! What plays, and the way in for saves: each becomes one transaction or nothing. It never waits for the audio thread.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::bind::{Former, Memories};
use super::checkup::Checkup;
use super::console::{Console, Master};
use super::cure::Ills;
use super::dismiss::Dismissed;
use super::generation::Generations;
use super::guard::Guard;
use super::leaks::Vigil;
use super::load::Load;
use super::log::Entry;
pub use super::player::Player;
use super::reader::Reader;
use super::reading::Results;
use super::recording::Say;
use super::report::Report;
use super::ruling::Judge;
use super::snapshot::{Snapshot, Snapshots};
use super::tempo::Asked;
use super::unit::{Located, Texts};
use super::wiring::Edge;
use super::{Error, Settings};
use crate::compile::Compiler;
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Clock, Control, Copied, Ear, Event, Frozen, SlotId, Tenant};
use crate::ir::call::{BPM, Loan, Span};
use crate::ir::{Program, ShapeKey};
use crate::memory::arena::Lacking;
use crate::memory::bounds;
use crate::memory::copies::Copies;
use crate::memory::health::Crossing;
use crate::memory::holding::Holding;
use crate::memory::leak::Leak;
use crate::memory::pool::Pool;
use crate::memory::programs::Programs;
use crate::memory::sandbox::Sandboxes;
use crate::script::Options;

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
    /// The signals that the files register that are being staged, as far as that is known.
    pub(super) asked: BTreeMap<String, Vec<Arc<str>>>,
    /// What was decided about the save that is being staged.
    pub(super) judge: Judge,
    pub(super) generations: Generations,
    pub(super) snapshots: Snapshots,
    /// The states that the undo that is being staged brings back.
    pub(super) restoring: Option<Arc<Snapshot>>,
    /// Statements whose signals were sent away by hand.
    pub(super) dismissed: BTreeMap<Arc<str>, Dismissed>,
    /// What is watched for leaks.
    pub(super) vigil: Vigil,
    pub(super) checkup: Checkup,
    pub(super) load: Load,
    pub(super) guard: Guard,
    /// Beats per minute, as they were set last.
    pub(super) tempo: f64,
    pub(super) master: Master,
    /// Who wants to know who plays, before it is heard.
    pub(super) census: Option<crossbeam_channel::Sender<Say>>,
    /// Who was sent away for good and may still be heard.
    pub(super) departed: Vec<(Tenant, Arc<str>)>,
    /// What was made already of files that are to be staged one by one, and the channels of their signals.
    pub(super) prepared: Results,
    pub(super) expected: BTreeMap<Arc<str>, u32>,
    /// Who hears whom one quantum late.
    pub(super) late: BTreeSet<Edge>,
}

/// What is known of a file.
#[derive(Default)]
pub(super) struct File {
    /// The files it imports, directly or not.
    pub imports: Vec<String>,
    /// Whether its newest text was refused.
    pub refused: bool,
    /// The tempo that it asks for, and where.
    pub tempo: Option<Asked>,
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
    /// The shape of the program.
    pub shape: ShapeKey,
    pub held: Holding,
    pub spans: Vec<Span>,
    /// What its machine lends to an ensemble.
    pub loan: Loan,
    pub options: Options,
    /// Whether it is what is heard of all the others.
    pub master: bool,
    /// Its place in the renderer.
    pub slot: SlotId,
    /// Its stay there, for those who hear it.
    pub tenant: Tenant,
    /// Whom it hears, as the engine knows it.
    pub ears: Vec<Ear>,
    /// Whether that place is still its own: a parked signal's goes to somebody else once it is silent.
    pub seated: bool,
    /// Its place in the mix.
    pub rank: u64,
    /// Since when it is parked.
    pub parked: Option<u64>,
    /// Seconds of its fastest quantum when it was tried; 0 where that is unknown.
    pub cost: f64,
    /// Whether its machine has stopped, because it gave a sample that is no number, or panicked.
    pub frozen: Frozen,
    /// What was set by hand.
    pub console: Console,
    /// Whether its place is muted, by hand or because others are soloed.
    pub silent: bool,
}

impl Signal {
    pub fn former(&self) -> Former<'_> {
        Former { program: &self.program, spans: &self.spans, held: &self.held, ills: Ills::default() }
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
        /// What the audio thread copied for it until then.
        copied: Copied,
    },
    /// An alarm was obeyed: everything falls silent.
    Silenced {
        /// The first frame that is softer.
        frame: u64,
    },
    /// The renderer panicked and goes on.
    Interrupted {
        /// First frame of the quantum in which it happened the last time.
        frame: u64,
        /// How many times since this was said before.
        times: u64,
    },
    /// Something that the performer should know.
    Diagnostic(Diagnostic),
    /// Something grows that nothing explains.
    Leak(Leak),
    /// A level of memory was reached or left, because memory came back.
    Crossing(Crossing),
}

/// What a save led to.
pub struct Saved {
    /// What became of it; the frame is filled in by whoever hears [`Notice::OnAir`].
    pub report: Report,
    /// The transaction that was sent, if anything was to be changed or the engine plays in real time.
    pub ticket: Option<u64>,
    /// What an edit log says of it, at the frame of the ticket.
    pub entries: Vec<Entry>,
    /// When the audio thread could take it.
    pub handed_over: Instant,
}

impl Performance {
    /// Reserves everything and gives the two halves. `path` is the folder of scripts, or one script.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn new(settings: &Settings, path: &Path) -> Result<(Performance, Player), Error> {
        let clock = if settings.real_time { Clock::Processor } else { Clock::None };
        Performance::with_clock(settings, path, clock)
    }

    /// As [`Performance::new`], with what signals cost read off a clock of one's own.
    ///
    /// # Errors
    /// As there.
    pub fn with_clock(settings: &Settings, path: &Path, clock: Clock) -> Result<(Performance, Player), Error> {
        let short = |what, bytes, flag| move |_: Lacking| Error::Memory { what, bytes, flag };
        let Settings { helper_memory, max_signals, fade_memory, undo_memory, program_memory, .. } = *settings;
        let pool = Pool::reserve(helper_memory).map_err(short("helper memory", helper_memory, "--helper-memory"))?;
        let bytes = max_signals.saturating_mul(2 * crate::ir::call::SLOTS_PER_SIGNAL * size_of::<u64>());
        let sandboxes = Sandboxes::reserve(max_signals).map_err(short("sandboxes", bytes, "--max-signals"))?;
        let copies = Copies::reserve(fade_memory).map_err(short("fade memory", fade_memory, "--fade-memory"))?;
        let snapshots = Snapshots::reserve(undo_memory).map_err(short("undo memory", undo_memory, "--undo-memory"))?;
        let programs = Programs::reserve(program_memory);
        let programs = programs.map_err(short("program memory", program_memory, "--program-memory"))?;
        let compiler = Compiler::reserve(settings.back_end, settings.code_memory, settings.vector_memory)?;
        let engine = engine::Settings {
            rate: settings.rate,
            channels: settings.channels,
            max_signals: settings.max_signals,
            slice: if settings.real_time { bounds::SLICE } else { usize::MAX },
            metered: settings.real_time,
            tape: if settings.real_time { settings.record_memory / size_of::<engine::Strip>() } else { 0 },
            ..engine::Settings::default()
        };
        let (renderer, control) = engine::with_clock(engine, clock);
        let load = Load::new(Arc::clone(control.meters()), 2 * settings.max_signals, settings.rate);
        let folder = if path.is_dir() { Some(path) } else { path.parent() };
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let performance = Performance {
            settings: settings.clone(),
            reader: Reader::start(f64::from(settings.rate)).map_err(Error::Thread)?,
            compiler,
            memories: Memories { pool, sandboxes, copies, programs },
            control,
            texts: Arc::new(Texts::of(folder.map(PathBuf::from))),
            files: BTreeMap::new(),
            signals: BTreeMap::new(),
            clock: 0,
            claims: HashMap::new(),
            asked: BTreeMap::new(),
            judge: Judge::default(),
            generations: Generations::new(settings.generations),
            snapshots,
            restoring: None,
            dismissed: BTreeMap::new(),
            vigil: Vigil::default(),
            checkup: Checkup::new(settings.thresholds),
            load,
            guard: Guard::default(),
            tempo: BPM,
            master: Master::default(),
            census: None,
            departed: Vec::new(),
            prepared: Results::new(),
            expected: BTreeMap::new(),
            late: BTreeSet::new(),
        };
        Ok((performance, Player::new(renderer)))
    }

    pub(super) fn settle(&mut self, claims: u64) {
        self.memories.pool.settle(claims);
        self.memories.sandboxes.settle(claims);
        self.memories.copies.give_back(claims);
        self.checkup.due = true;
    }

    /// Takes home what came back.
    pub(super) fn collect(&mut self) {
        let home = self.control.collect();
        for ticket in home.settled {
            for claims in self.claims.remove(&ticket).unwrap_or_default() {
                self.settle(claims);
            }
        }
        if !home.freed.is_empty() {
            self.departed.retain(|(tenant, _)| !home.freed.contains(&tenant.slot()));
            for signal in self.signals.values_mut().filter(|signal| home.freed.contains(&signal.slot)) {
                signal.seated &= signal.parked.is_none();
            }
        }
    }

    /// Takes home what came back, and tells what happened. To be called often: every few milliseconds.
    pub fn tick(&mut self) -> Vec<Notice> {
        self.collect();
        self.load.look();
        let mut notices = Vec::new();
        while let Some(event) = self.control.poll() {
            notices.extend(self.notice(event));
        }
        notices.extend(self.found_leaks().into_iter().map(Notice::Leak));
        if self.checkup.due {
            notices.extend(self.judge_memory().into_iter().map(Notice::Crossing));
        }
        notices
    }

    /// [`Performance::tick`] for those who listen to nothing.
    pub fn tick_quietly(&mut self) {
        self.tick();
    }

    fn notice(&mut self, event: Event) -> Option<Notice> {
        match event {
            Event::Applied { ticket, frame, copied } => {
                self.master.applied(ticket);
                Some(Notice::OnAir { ticket, frame, copied })
            }
            Event::Silenced { frame } => {
                self.master.level = 0.0;
                Some(Notice::Silenced { frame })
            }
            Event::NonFinite { slot, frame, .. } => {
                let (name, signal) = self.at(slot)?;
                let rest = if signal.master { "the sum is heard as it is" } else { "it is silent" };
                let message = format!("the signal `{name}` gave a sample that is no number at frame {frame}; {rest}");
                let help = "a division by zero, or feedback of 1 and more? Correct it and save";
                Some(Notice::Diagnostic(signal.at.error(message).help(help)))
            }
            Event::Panicked { slot, frame } => {
                let (name, signal) = self.at(slot)?;
                let rest = if signal.master { "the sum is heard as it is" } else { "it is silent" };
                let message = format!("the program of the signal `{name}` panicked at frame {frame}; {rest}");
                let help = "a defect of aither, not of the script; change the line and save, and it plays again";
                Some(Notice::Diagnostic(signal.at.error(message).help(help)))
            }
            Event::Interrupted { frame, times } => Some(Notice::Interrupted { frame, times }),
            Event::Fault { slot, index, count, .. } => {
                let (_, signal) = self.at(slot)?;
                let fault = signal.program.faults.get(index as usize)?;
                let at = Located::of(fault.place, &signal.files);
                let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
                Some(Notice::Diagnostic(at.warning(format!("{} ({times})", fault.message))))
            }
            Event::Lost(count) => {
                self.checkup.lost += count;
                None
            }
        }
    }

    pub(super) fn at(&self, slot: SlotId) -> Option<(&Arc<str>, &Signal)> {
        self.signals.iter().find(|(_, signal)| signal.slot == slot && signal.parked.is_none())
    }

    /// Whether nothing was ever saved.
    pub fn is_untouched(&self) -> bool {
        self.files.is_empty() && self.texts.known.is_empty()
    }

    /// Takes the text of a file that is imported only, for sets whose folder is not there.
    pub fn imported(&mut self, file: String, text: String) {
        self.texts_mut().imports.insert(file, text);
    }

    /// The texts that were heard.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The signals that play and are added up: name, slot, channels.
    pub fn playing(&self) -> impl Iterator<Item = (&str, SlotId, usize)> {
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none() && !signal.master);
        playing.map(|(name, signal)| (&**name, signal.slot, signal.program.channels as usize))
    }

    /// The programs of the signals that play, by name.
    pub fn programs(&self) -> impl Iterator<Item = (&str, &Arc<Program>)> {
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none());
        playing.map(|(name, signal)| (&**name, &signal.program))
    }

    /// The states that an undo can bring back.
    pub fn snapshots(&self) -> &Snapshots {
        &self.snapshots
    }
}
