//! The listening half: a thread that accepts, one for each connection, and the requests that come out. Nothing here waits for the audio thread or is waited for by those who play.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use interprocess::local_socket::traits::Listener as _;
use interprocess::local_socket::{Listener, Stream};

use super::line::{Broken, Lines, PATIENCE};
use super::message::{Answer, LONGEST_REQUEST, Request};
use super::place::{EngineName, Unusable};
use super::system::{self, Seat};

/// Connections at one time.
const MOST: usize = 32;
/// How often somebody who wants to connect is looked for, and threads that wait look whether it is the end.
const LOOK: Duration = Duration::from_millis(10);

/// A request with the way back. Whoever drops it leaves the peer without an answer.
pub struct Asked {
    /// What is asked.
    pub request: Request,
    reply: Sender<Answer>,
}

impl Asked {
    /// A request of this process itself, and where its answer comes out.
    pub fn new(request: Request) -> (Asked, Receiver<Answer>) {
        let (reply, answer) = bounded(1);
        (Asked { request, reply }, answer)
    }

    /// Takes the two apart, for an answer that comes later.
    pub fn split(self) -> (Request, Reply) {
        (self.request, Reply(self.reply))
    }
}

/// The way back to somebody who asked.
pub struct Reply(Sender<Answer>);

impl Reply {
    /// Answers; never waits. A peer that is gone misses it.
    pub fn send(self, answer: Answer) {
        self.0.try_send(answer).ok();
    }
}

/// Whatever is done and answered where it is heard, by the thread of the peer; `None` is everything else.
pub type AtOnce = Arc<dyn Fn(&Request) -> Option<Answer> + Send + Sync>;

/// An engine's ear. When it is dropped its name is free again and its threads end.
pub struct Server {
    seat: Option<Seat>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens under a name; requests come out of the receiver, but for those that are answered `at_once`.
    ///
    /// # Errors
    /// When another engine has the name, or there is no private place.
    pub fn start(name: &EngineName, at_once: AtOnce) -> Result<(Server, Receiver<Asked>), Unusable> {
        let (listener, seat) = system::listen(name)?;
        // Each connection asks one thing at a time, so there is always room.
        let (asks, asked) = bounded(MOST);
        let ending = Arc::new(AtomicBool::new(false));
        let accepting = {
            let ending = ending.clone();
            move || accept(&listener, &asks, &at_once, &ending)
        };
        let thread = thread::Builder::new().name("aither socket".to_owned()).spawn(accepting);
        let thread = thread.map_err(Unusable::system(name.as_str()))?;
        Ok((Server { seat: Some(seat), ending, thread: Some(thread) }, asked))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Before anybody hears that it is over, the name is free.
        self.seat = None;
        self.ending.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Accepts until the end, and then waits for the connections to end.
fn accept(listener: &Listener, asks: &Sender<Asked>, at_once: &AtOnce, ending: &Arc<AtomicBool>) {
    let mut connections: Vec<JoinHandle<()>> = Vec::new();
    while !ending.load(Ordering::Relaxed) {
        // Nobody there, or the system is short of something: later.
        let Ok(stream) = listener.accept() else {
            thread::sleep(LOOK);
            continue;
        };
        connections.retain(|connection| !connection.is_finished());
        if connections.len() == MOST {
            let full = Answer::refused(format!("{MOST} others are connected; try again in a moment"));
            Lines::new(stream).write(&full.line(), || true).ok();
            continue;
        }
        let (asks, at_once, ending) = (asks.clone(), at_once.clone(), ending.clone());
        let serving = move || serve(stream, &asks, &at_once, &ending);
        connections.extend(thread::Builder::new().name("aither peer".to_owned()).spawn(serving));
    }
    for connection in connections {
        connection.join().ok();
    }
}

/// Serves one peer until it is gone, breaks the rules, or the end.
fn serve(stream: Stream, asks: &Sender<Asked>, at_once: &AtOnce, ending: &AtomicBool) {
    let mut lines = Lines::new(stream);
    loop {
        let since = Instant::now();
        let too_late = || since.elapsed() > PATIENCE || ending.load(Ordering::Relaxed);
        let line = lines.next(LONGEST_REQUEST, too_late);
        let over = line.is_err();
        let answer = match line {
            Ok(line) => match Request::read(&line) {
                Ok(request) => at_once(&request).unwrap_or_else(|| ask(request, asks, ending)),
                Err(why) => Answer::refused(why),
            },
            Err(Broken::Gone) => return,
            Err(Broken::Late) => Answer::refused(format!("no whole line came within {PATIENCE:?}")),
            Err(Broken::Long) => Answer::refused(format!("a line is longer than {LONGEST_REQUEST} bytes")),
            Err(Broken::NotText) => Answer::refused("a line is no UTF-8"),
        };
        // At the end an answer is written as far as it is taken at once.
        let since = Instant::now();
        let too_late = || since.elapsed() > PATIENCE || ending.load(Ordering::Relaxed);
        if lines.write(&answer.line(), too_late).is_err() || over {
            return;
        }
    }
}

/// Hands a request over and waits for the answer, however long that takes, until the end.
fn ask(request: Request, asks: &Sender<Asked>, ending: &AtomicBool) -> Answer {
    let over = || Answer::refused("the engine is ending");
    let (mut asked, answer) = Asked::new(request);
    while let Err(error) = asks.send_timeout(asked, LOOK) {
        match error {
            SendTimeoutError::Timeout(unsent) if !ending.load(Ordering::Relaxed) => asked = unsent,
            _ => return over(),
        }
    }
    loop {
        match answer.recv_timeout(LOOK) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) if !ending.load(Ordering::Relaxed) => {}
            Err(_) => return over(),
        }
    }
}
