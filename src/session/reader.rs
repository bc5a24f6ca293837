//! The thread that runs scripts: none of them can overflow its stack, and a mistake of ours in reading one ends nothing. It changes nothing that sounds.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle, Thread};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

use super::known::{self, Known};
use super::report::Times;
use super::unit::{self, Rejected, Texts, Unit};
use crate::diagnostic::Diagnostic;
use crate::script::Scripts;
use crate::script::lower::Surroundings;

/// Address space of the stack; pages are taken only when they are used.
const STACK: usize = 256 << 20;

/// How often somebody who waits looks by himself, in case the thread is gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a file came to, and how long it took.
type Answer = (Result<Unit, Rejected>, Times);

/// A file to be evaluated.
struct Job {
    path: String,
    texts: Arc<Texts>,
    among: Arc<Surroundings>,
    /// Who waits.
    from: Thread,
}

/// The near end of the thread that runs scripts, which lives as long as this. Control thread.
pub struct Reader {
    known: Arc<Mutex<Known>>,
    jobs: Option<Sender<Job>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread, for an engine with so many frames per second.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(rate: f64) -> std::io::Result<Reader> {
        let (jobs, queue) = bounded(1);
        let (told, answers) = bounded(1);
        let builder = Builder::new().name("aither-scripts".into()).stack_size(STACK);
        let known = Arc::new(Mutex::new(Known::default()));
        let far = Arc::clone(&known);
        let thread = builder.spawn(move || serve(rate, &far, &queue, &told))?;
        Ok(Reader { known, jobs: Some(jobs), answers, thread: Some(thread) })
    }

    /// Runs a file and lowers its signals, `among` the others.
    ///
    /// # Errors
    /// Everything that is wrong with it: the first error of the script, or one for each signal that cannot be lowered.
    pub fn evaluate(
        &self,
        path: &str,
        texts: &Arc<Texts>,
        among: &Arc<Surroundings>,
        times: &mut Times,
    ) -> Result<Unit, Rejected> {
        let (texts, among, from) = (Arc::clone(texts), Arc::clone(among), std::thread::current());
        let job = Job { path: path.to_owned(), texts, among, from };
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        self.wake();
        let answer = if sent { wait(&self.answers) } else { None };
        let (unit, taken) = answer.expect("the thread of scripts ends with its near end only");
        times.evaluate += taken.evaluate;
        times.lower += taken.lower;
        unit
    }

    /// How many blocks of the heap are kept to read files sooner.
    pub fn weight(&self) -> usize {
        known::open(&self.known).weight()
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

/// Waits for whatever comes; `None` where nobody is left to send it. Whoever sends wakes the one who waits. A channel that
/// is waited for allocates when it first happens to be empty; a parked thread allocates nothing, so what is held does not
/// depend on who was faster.
fn wait<T>(channel: &Receiver<T>) -> Option<T> {
    loop {
        match channel.try_recv() {
            Ok(one) => return Some(one),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => std::thread::park_timeout(PATIENCE),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // The thread ends when its end of this channel hears that nobody is left.
        self.jobs = None;
        self.wake();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn serve(rate: f64, known: &Mutex<Known>, queue: &Receiver<Job>, told: &Sender<Answer>) {
    let mut scripts = Scripts::new(rate);
    while let Some(Job { path, texts, among, from }) = wait(queue) {
        let mut times = Times::default();
        let run = || unit::evaluate(&mut scripts, &path, &texts, &among, known, &mut times);
        let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            // Whatever was half done is gone with the engine that did it.
            scripts = Scripts::new(rate);
            let errors = vec![mistake(&path, panic.as_ref())];
            Err(Rejected { errors, warnings: Vec::new(), signals: Vec::new(), channels: None })
        });
        // The texts change between evaluations, so they must have one owner again before anybody hears of this one; and what
        // is held when it is heard of is held no longer afterwards.
        drop((texts, among, path));
        if told.send((outcome, times)).is_err() {
            return;
        }
        from.unpark();
    }
}

fn mistake(path: &str, panic: &dyn Any) -> Diagnostic {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words");
    Diagnostic::error(
        path,
        0,
        0,
        format!("the engine failed at this script, which is a mistake of the engine: {words}"),
    )
    .help("write it in another way, and report it")
}
