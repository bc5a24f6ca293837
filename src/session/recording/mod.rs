//! Recordings while a set plays: a thread of its own writes to the disk what comes by a ring. The audio thread never waits for it, and neither do saves.

mod take;
mod track;

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

pub use take::Census;
use take::{Length, Order, Take};

use super::instruction::{Deck, Instruction};
use super::socket::{Answer, Reply};
use super::{Obeyed, Performance};
use crate::engine::Reel;

/// How often the thread looks for what was played.
const LOOK: Duration = Duration::from_millis(10);
/// How often it makes whole files of what there is so far.
const FLUSH: Duration = Duration::from_millis(200);
/// How often it is told at most that the disk is too slow.
const TELL: Duration = Duration::from_secs(1);
/// How long a disk may take to create files.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the thread is told.
pub enum Say {
    /// A recording begins, when its files can be created.
    Begin(Box<Order>, Sender<io::Result<()>>),
    /// Who plays from now on.
    Census(Census),
    /// The recording ends with the frame before this one.
    End(u64),
}

/// What the thread tells.
enum Told {
    /// So much is missing so far, because the disk was too slow.
    Missing(String),
    /// The disk refuses; the recording is over.
    Broken(String),
    /// The recording is complete.
    Done(String),
}

/// The near end of the thread that records, which lives as long as this. Control thread.
pub struct Recorder {
    say: Option<Sender<Say>>,
    told: Receiver<Told>,
    thread: Option<JoinHandle<()>>,
    rate: u32,
    channels: usize,
    /// What is being written.
    file: Option<PathBuf>,
    /// Who waits for the frame of a command.
    awaited: Option<(u64, Deck, Reply)>,
    /// Who waits for complete files.
    ending: Option<Reply>,
}

impl Recorder {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(reel: Option<Reel>, rate: u32, channels: usize) -> io::Result<Recorder> {
        let ((say, said), (tell, told)) = (unbounded(), unbounded());
        let record = move |reel| move || write(reel, &said, &tell, rate);
        let thread = reel.map(|reel| Builder::new().name("aither-recorder".into()).spawn(record(reel))).transpose()?;
        let say = thread.is_some().then_some(say);
        Ok(Recorder { say, told, thread, rate, channels, file: None, awaited: None, ending: None })
    }

    /// Carries out `record start` or `record stop`; whoever asked is answered when it has its frame, or is refused.
    pub fn obey(&mut self, performance: &mut Performance, instruction: &Instruction, reply: Reply) -> Option<Obeyed> {
        let Instruction::Record { action, file, stems } = instruction else { return None };
        let prepared = match (action, file) {
            (Deck::Start, Some(file)) => self.begin(performance, Path::new(file), stems.as_deref()),
            (Deck::Stop, None) if self.file.is_some() => Ok(()),
            (Deck::Stop, None) => Err("nothing is being recorded; `aither record start FILE` begins".to_owned()),
            (Deck::Start, None) => Err("`record start` needs a file".to_owned()),
            (Deck::Stop, Some(_)) => Err("`record stop` takes no file: there is one recording at a time".to_owned()),
        };
        let refused = match prepared.map(|()| performance.obey(instruction)) {
            Ok(Ok(obeyed)) => {
                self.awaited = obeyed.ticket.map(|ticket| (ticket, *action, reply));
                return Some(obeyed);
            }
            // Files are there, and nothing will come for them.
            Ok(Err(why)) if *action == Deck::Start => {
                self.close(performance, 0);
                why
            }
            Ok(Err(why)) | Err(why) => why,
        };
        reply.send(Answer::refused(refused));
        None
    }

    /// The file that is being written.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether a command has no frame yet: the next one waits for it.
    pub fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }

    fn begin(&mut self, performance: &mut Performance, file: &Path, stems: Option<&str>) -> Result<(), String> {
        if let Some(file) = &self.file {
            return Err(format!("{} is being recorded; `aither record stop` ends it", file.display()));
        }
        let none = "this engine has no room to record; start it with --record-memory 8MiB";
        let say = self.say.as_ref().ok_or(none)?;
        let order =
            Order { file: file.to_owned(), stems: stems.map(PathBuf::from), rate: self.rate, channels: self.channels };
        let (done, created) = bounded(1);
        let cannot = |why: String| format!("cannot record into {}: {why}", file.display());
        let asked = say.send(Say::Begin(Box::new(order), done));
        let answer = asked.ok().and_then(|()| created.recv_timeout(PATIENCE).ok());
        let created = answer.ok_or_else(|| cannot("the disk does not answer".to_owned()))?;
        created.map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => cannot("the file is there already; take another name".to_owned()),
            _ => cannot(why.to_string()),
        })?;
        if stems.is_some() {
            performance.count_for(Some(say.clone()));
        }
        self.file = Some(file.to_owned());
        Ok(())
    }

    /// A command took effect.
    pub fn on_air(&mut self, performance: &mut Performance, ticket: u64, frame: u64) {
        let Some((_, action, reply)) = self.awaited.take_if(|(awaited, ..)| *awaited == ticket) else { return };
        let file = self.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        if action == Deck::Start {
            return reply.send(Answer::done(format!("recording into {file} from frame {frame} on")));
        }
        self.ending = Some(reply);
        self.close(performance, frame);
    }

    /// Has the files completed up to a frame.
    fn close(&mut self, performance: &mut Performance, frame: u64) {
        performance.count_for(None);
        self.file = None;
        if let Some(say) = &self.say {
            say.send(Say::End(frame)).ok();
        }
    }

    /// What there is to be told, and the end of a recording that the disk refused to go on with. To be called often.
    pub fn tick(&mut self, performance: &mut Performance) -> (Vec<String>, Option<Obeyed>) {
        let (mut notes, mut ended) = (Vec::new(), None);
        while let Ok(told) = self.told.try_recv() {
            match told {
                Told::Missing(why) => notes.push(why),
                Told::Done(text) => {
                    notes.push(text.clone());
                    if let Some(reply) = self.ending.take() {
                        reply.send(Answer::done(text));
                    }
                }
                Told::Broken(why) => {
                    if let Some(reply) = self.ending.take() {
                        reply.send(Answer::refused(&why));
                    } else {
                        let stop = Instruction::Record { action: Deck::Stop, file: None, stems: None };
                        ended = performance.obey(&stop).ok();
                        performance.count_for(None);
                        self.file = None;
                    }
                    notes.push(why);
                }
            }
        }
        (notes, ended)
    }
}

impl Recorder {
    /// Completes what is being written, when nothing plays any more, and says what it is.
    pub fn end(&mut self) -> Vec<String> {
        // The thread completes its files and ends when its end of this channel hears that nobody is left.
        self.say = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        let words = self.told.try_iter().map(|told| match told {
            Told::Missing(text) | Told::Broken(text) | Told::Done(text) => text,
        });
        words.collect()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is being written, and what was told of it.
struct Session {
    take: Take,
    file: PathBuf,
    rate: u32,
    flushed: Instant,
    missing: u64,
    told: Option<Instant>,
}

/// Writes what is played, as long as somebody listens at the other end.
fn write(mut reel: Reel, said: &Receiver<Say>, tell: &Sender<Told>, rate: u32) {
    let mut session: Option<Session> = None;
    loop {
        let first = said.recv_timeout(LOOK);
        let over = matches!(first, Err(RecvTimeoutError::Disconnected));
        let mut words = first.into_iter().chain(said.try_iter()).collect::<Vec<_>>();
        // Who plays is known before anything of him comes, and an end comes after everything before it.
        words.retain_mut(|word| match word {
            Say::Census(census) => {
                session.iter_mut().for_each(|session| session.take.count(std::mem::take(census)));
                false
            }
            Say::Begin(..) | Say::End(_) => true,
        });
        let mut broken = None;
        while let Some(strip) = reel.next_strip() {
            if let (Some(session), None) = (&mut session, &broken) {
                broken = session.take.strip(&strip).err();
            }
        }
        if let (Some(session), None) = (&mut session, &broken) {
            broken = session.look(tell).err();
        }
        if broken.is_some()
            && let Some(session) = session.take()
        {
            tell.send(session.end(None, broken)).ok();
        }
        for word in words {
            match word {
                Say::Begin(order, done) => {
                    let file = order.file.clone();
                    let begun = Take::begin(*order).map(|take| {
                        let flushed = Instant::now();
                        session = Some(Session { take, file, rate, flushed, missing: 0, told: None });
                    });
                    done.send(begun).ok();
                }
                Say::End(frame) => {
                    let over = || Told::Done("the recording was over already".to_owned());
                    tell.send(session.take().map_or_else(over, |session| session.end(Some(frame), None))).ok();
                }
                Say::Census(_) => {}
            }
        }
        if over {
            if let Some(session) = session.take() {
                tell.send(session.end(None, None)).ok();
            }
            return;
        }
    }
}

impl Session {
    /// Makes whole files now and then, and tells what is missing.
    fn look(&mut self, tell: &Sender<Told>) -> io::Result<()> {
        if self.flushed.elapsed() >= FLUSH {
            self.take.flush()?;
            self.flushed = Instant::now();
        }
        let missing = self.take.length().missing;
        if missing > self.missing && self.told.is_none_or(|told| told.elapsed() >= TELL) {
            let lost = self.seconds(missing - self.missing);
            let text = format!("the disk is too slow: {lost:.3} s of the recording are silence");
            tell.send(Told::Missing(text)).ok();
            (self.missing, self.told) = (missing, Some(Instant::now()));
        }
        Ok(())
    }

    /// Completes the files.
    fn end(self, until: Option<u64>, broken: Option<io::Error>) -> Told {
        let (rate, file) = (f64::from(self.rate), self.file.display().to_string());
        let (Length { frames, missing }, done) = self.take.finish(until);
        let long = frames as f64 / rate;
        if let Some(why) = broken.or(done.err()) {
            return Told::Broken(format!(
                "the recording into {file} broke off after {long:.1} s: {why}; what the disk took is a whole file"
            ));
        }
        let lost = missing as f64 / rate;
        let lost =
            if missing > 0 { format!("; {lost:.3} s of it are silence: the disk was too slow") } else { String::new() };
        Told::Done(format!("{file}: {long:.3} s{lost}"))
    }

    fn seconds(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate)
    }
}
