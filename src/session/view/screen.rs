//! The terminal of the view, and the thread that draws and listens to keys. It gives the terminal back however it ends, and the engine goes on without it.

use std::io::{self, BufWriter, Stdout, stdout};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

use super::draw::draw;
use super::keys::{Act, press};
use super::model::Model;
use crate::heap;
use crate::session::show::{self, Said};
use crate::session::socket::{Answer, Asked, AtOnce, Request};

/// The least time between two redraws, and between two looks at the signals.
const FRAME: Duration = Duration::from_millis(50);
/// The same between two looks at a sound.
const SIGHT: Duration = Duration::from_millis(100);
/// The same between two looks at all figures.
const FIGURES: Duration = Duration::from_secs(1);
/// How long keys are waited for.
const LOOK: Duration = Duration::from_millis(20);
/// How long the end of the view is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many lines of the log stay on the terminal behind the view.
const LAST: usize = 20;

/// A view that is shown, until it is left or dropped.
pub struct View {
    ending: Arc<AtomicBool>,
    /// As long as this is there, whoever listens to the view does not hear its end.
    _asks: Sender<Asked>,
    thread: Option<JoinHandle<()>>,
}

/// The way to the engine.
pub struct Link {
    /// What is answered at once.
    pub at_once: AtOnce,
    /// All else.
    pub asks: Sender<Asked>,
}

impl View {
    /// Takes the terminal over. From now on whatever would be printed is shown in the view.
    ///
    /// # Errors
    /// When the terminal cannot be had.
    pub fn start(title: String, link: Link) -> io::Result<View> {
        let screen = Screen::open()?;
        let ending = Arc::new(AtomicBool::new(false));
        let (said, hears) = unbounded();
        show::divert(Some(said));
        watch_panics();
        let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let model = Model::new(title, colours);
        let (over, asks) = (Arc::clone(&ending), link.asks.clone());
        let listed = Instant::now();
        let run = move || Desk { screen, model, link, hears, pending: Vec::new(), listed, over }.run();
        // Where there is no thread the closure is dropped, and with it the screen.
        let thread = Builder::new().name("aither view".to_owned()).spawn(run).inspect_err(|_| show::divert(None))?;
        Ok(View { ending, _asks: asks, thread: Some(thread) })
    }

    /// Gives the terminal back and prints the last of what was said.
    pub fn leave(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return };
        // Whoever reads of a terminal that is closed in this moment may never come back from it.
        let begun = Instant::now();
        while !thread.is_finished() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        if thread.is_finished() {
            thread.join().ok();
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Waits for a key, or for anything else that the terminal tells, but not for long.
///
/// A terminal that is closed is an error: crossterm would read of it for ever.
fn key_waits() -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;

        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        let stdin = io::stdin();
        let mut looked = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(LOOK).unwrap_or(PollTimeout::ZERO);
        match poll(&mut looked, timeout) {
            // A signal, of a window that has another size.
            Err(nix::errno::Errno::EINTR) | Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        if looked[0].revents().is_some_and(|events| events.intersects(gone)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        event::poll(Duration::ZERO)
    }
    #[cfg(not(unix))]
    event::poll(LOOK)
}

/// While there is a view, what a panic says is shown in its log, and printed when the view is left: the screen is not the place
/// for it. The audio thread writes down its own.
fn watch_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if heap::is_audio_thread() || !show::is_diverted() { before(panic) } else { show::note(panic) }
    }));
}

/// A terminal in raw mode, on its second screen.
struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    /// What stands there.
    shown: Buffer,
    /// Dropped last, whatever becomes of the rest.
    _back: Restore,
}

impl Screen {
    fn open() -> io::Result<Screen> {
        enable_raw_mode()?;
        let back = Restore;
        execute!(stdout(), EnterAlternateScreen, Hide)?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout())))?;
        Ok(Screen { terminal, shown: Buffer::default(), _back: back })
    }

    /// Draws what changed, and nothing where nothing did.
    fn show(&mut self, model: &Model) -> io::Result<()> {
        self.terminal.autoresize()?;
        draw(model, &mut self.terminal.get_frame());
        let made = self.terminal.current_buffer_mut();
        if *made == self.shown {
            made.reset();
            return Ok(());
        }
        self.shown.clone_from(made);
        self.terminal.flush()?;
        self.terminal.swap_buffers();
        self.terminal.backend_mut().flush()
    }

    /// Draws everything anew.
    fn redraw(&mut self) -> io::Result<()> {
        self.shown = Buffer::default();
        self.terminal.clear()
    }
}

/// Gives the terminal back when it is dropped.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        execute!(stdout(), LeaveAlternateScreen, Show).ok();
        disable_raw_mode().ok();
    }
}

/// What the thread holds.
struct Desk {
    screen: Screen,
    model: Model,
    link: Link,
    hears: Receiver<Said>,
    pending: Vec<Question>,
    /// When signals were listed last.
    listed: Instant,
    over: Arc<AtomicBool>,
}

/// Something that was asked and is not answered.
struct Question {
    request: Request,
    answer: Receiver<Answer>,
    /// Whether a person asked.
    by_hand: bool,
}

/// When something was asked last.
#[derive(Default)]
struct Rounds {
    list: Option<Instant>,
    figures: Option<Instant>,
    sight: Option<Instant>,
}

impl Desk {
    fn run(mut self) {
        // A terminal that is gone, or a mistake in here, takes the view along and nothing else.
        panic::catch_unwind(AssertUnwindSafe(|| self.serve().ok())).ok();
        show::divert(None);
        self.model_hears();
        let Desk { screen, model, .. } = self;
        drop(screen);
        let skip = model.log.len().saturating_sub(LAST);
        model.log.iter().skip(skip).for_each(|line| show::line(&line.text));
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut rounds = Rounds::default();
        let (mut drawn, mut changed) = (None::<Instant>, true);
        while !self.over.load(Ordering::Relaxed) {
            if key_waits()? {
                changed |= self.event(event::read()?)?;
            }
            changed |= self.model_hears() | self.answers();
            self.look(&mut rounds);
            if changed && drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME) {
                self.screen.show(&self.model)?;
                (drawn, changed) = (Some(Instant::now()), false);
            }
        }
        Ok(())
    }

    /// Takes a key or another size; says whether there is something to be drawn.
    fn event(&mut self, event: Event) -> io::Result<bool> {
        match event {
            Event::Key(key) => match press(&mut self.model, key) {
                Act::None => {}
                Act::Redraw => self.screen.redraw()?,
                Act::Ask(request) => self.ask(request, true),
            },
            Event::Resize(..) => self.screen.redraw()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn ask(&mut self, request: Request, by_hand: bool) {
        if let Some(answer) = (self.link.at_once)(&request) {
            return self.model.told(&request, answer);
        }
        let (asked, answer) = Asked::new(request.clone());
        self.link.asks.send(asked).ok();
        self.pending.push(Question { request, answer, by_hand });
    }

    /// What was said meanwhile.
    fn model_hears(&mut self) -> bool {
        let mut any = false;
        while let Ok(said) = self.hears.try_recv() {
            self.model.hear(said);
            any = true;
        }
        any
    }

    /// What was answered meanwhile. Who is still busy with a save answers later.
    fn answers(&mut self) -> bool {
        let before = self.pending.len();
        let mut waiting = Vec::with_capacity(before);
        for question in std::mem::take(&mut self.pending) {
            match question.answer.try_recv() {
                Ok(answer) if question.by_hand => self.model.told(&question.request, answer),
                Ok(answer) => {
                    let since = self.listed.elapsed();
                    if question.request == Request::List {
                        self.listed = Instant::now();
                    }
                    self.model.take(&question.request, answer, since);
                }
                Err(TryRecvError::Empty) => waiting.push(question),
                Err(TryRecvError::Disconnected) => {}
            }
        }
        self.pending = waiting;
        self.pending.len() < before
    }

    /// Asks for whatever is due and not asked for already.
    fn look(&mut self, rounds: &mut Rounds) {
        let due = |asked: &mut Option<Instant>, every: Duration| {
            let due = asked.is_none_or(|asked| asked.elapsed() >= every);
            if due {
                *asked = Some(Instant::now());
            }
            due
        };
        let waits = |desk: &Desk, wanted: fn(&Request) -> bool| {
            desk.pending.iter().any(|asked| !asked.by_hand && wanted(&asked.request))
        };
        if !waits(self, |request| *request == Request::List) && due(&mut rounds.list, FRAME) {
            self.ask(Request::List, false);
        }
        if !waits(self, |request| *request == Request::Stats) && due(&mut rounds.figures, FIGURES) {
            self.ask(Request::Stats, false);
        }
        if let Some(sight) = self.model.sight()
            && !waits(self, |request| matches!(request, Request::Sight(_)))
            && due(&mut rounds.sight, SIGHT)
        {
            self.ask(Request::Sight(sight), false);
        }
    }
}
