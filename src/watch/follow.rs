//! The watching thread: waits for signs, looks, and tells. It asks again for events whenever the root is another folder.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, select};

use super::folder::{Listing, Place};
use super::identity::Identity;
use super::native::{Events, NoEvents, Sign, Stamped};
use super::settle::{Found, Settle};
use super::{Change, News, Note, Settings};

/// How often the files' stamps are compared while events come, for what sends none: some disks, and a replaced root.
const GLANCE: Duration = Duration::from_secs(1);
/// The same where no events come at all, or files stand behind links.
const POLL: Duration = Duration::from_millis(250);
/// How long the root must be missing before people are told.
const GONE: Duration = Duration::from_millis(100);

/// The receiver of the news is gone.
struct Unheard;

/// Everything the thread owns.
pub(super) struct Follower {
    place: Place,
    news: Sender<News>,
    stop: Receiver<()>,
    signs: Receiver<Stamped>,
    to_signs: Sender<Stamped>,
    events: Option<Events>,
    /// Why no events are asked for any more; said once.
    polling: bool,
    /// The folder that is watched, or `None` while it is not there.
    root: Option<Identity>,
    missing_since: Option<Instant>,
    said_gone: bool,
    settle: Settle,
    /// What the last look or glance saw.
    listing: Listing,
    next_glance: Instant,
}

impl Follower {
    pub(super) fn new(
        place: Place,
        heard: &[Change],
        settings: Settings,
        news: Sender<News>,
        stop: Receiver<()>,
    ) -> Self {
        let (to_signs, signs) = crossbeam_channel::unbounded();
        Self {
            place,
            news,
            stop,
            signs,
            to_signs,
            events: None,
            polling: settings.polling,
            root: None,
            missing_since: None,
            said_gone: false,
            settle: Settle::new(heard),
            listing: Listing::default(),
            next_glance: Instant::now(),
        }
    }

    /// Watches until the watcher is dropped or nobody listens.
    pub(super) fn run(mut self) {
        while self.turn().is_ok_and(|go_on| go_on) {}
    }

    /// Waits once and does what is due; false when it is time to end.
    fn turn(&mut self) -> Result<bool, Unheard> {
        // While the root is missing there is nothing to look at.
        let look = self.settle.wake().filter(|_| self.root.is_some());
        let wake = look.map_or(self.next_glance, |look| look.min(self.next_glance));
        select! {
            recv(self.stop) -> _ => return Ok(false),
            recv(self.signs) -> stamped => if let Ok(stamped) = stamped {
                self.take(stamped)?;
                self.take_waiting()?;
            },
            default(wake.saturating_duration_since(Instant::now())) => {}
        }
        let now = Instant::now();
        if now >= self.next_glance {
            self.glance(now)?;
        }
        if self.root.is_some() && self.settle.wake().is_some_and(|due| now >= due) {
            self.look(now)?;
        }
        Ok(true)
    }

    fn take(&mut self, stamped: Stamped) -> Result<(), Unheard> {
        match &stamped.sign {
            Sign::Root => self.root = None,
            Sign::Limit(reason) => self.poll(reason.clone())?,
            _ => {}
        }
        let ended = self.root.is_none();
        self.settle.note(stamped);
        if ended { self.find_root(Instant::now()) } else { Ok(()) }
    }

    fn take_waiting(&mut self) -> Result<(), Unheard> {
        while let Ok(stamped) = self.signs.try_recv() {
            self.take(stamped)?;
        }
        Ok(())
    }

    /// Reads every script and tells what changed.
    fn look(&mut self, began: Instant) -> Result<(), Unheard> {
        self.find_root(began)?;
        if self.root.is_none() {
            return Ok(());
        }
        let Ok(listing) = self.place.list() else { return self.find_root(began) };
        let all = self.place.read_all(&listing);
        let found = all.into_iter().map(|(path, (what, stamp))| {
            let modified = stamp.and_then(|stamp| stamp.modified);
            (path, Found { what, modified })
        });
        let found = found.collect();
        self.keep(listing)?;
        self.take_waiting()?;
        // A root that went while it was read has lost none of its scripts.
        if self.root.is_none() || Identity::of(&self.place.folder).ok() != self.root {
            return self.find_root(began);
        }
        match self.settle.judge(found, |path| self.listing.hides(path), began) {
            Some(batch) => self.news.send(News::Changed(batch)).map_err(|_| Unheard),
            None => Ok(()),
        }
    }

    /// Compares stamps only, and asks for a look where one differs.
    fn glance(&mut self, now: Instant) -> Result<(), Unheard> {
        self.find_root(now)?;
        if self.root.is_some()
            && let Ok(listing) = self.place.list()
            && listing != self.listing
        {
            self.keep(listing)?;
            self.settle.ask(now);
        }
        let pause = match (&self.root, &self.events) {
            (None, _) => GONE,
            (_, None) => POLL,
            _ if self.listing.linked => POLL,
            _ => GLANCE,
        };
        self.next_glance = Instant::now() + pause;
        Ok(())
    }

    /// Remembers a listing, and tells when the root can no longer be listed.
    fn keep(&mut self, listing: Listing) -> Result<(), Unheard> {
        let before = std::mem::replace(&mut self.listing, listing);
        match self.listing.no_root() {
            Some(reason) if before.no_root().is_none() => {
                let note = Note::Blind(self.place.folder.clone(), reason.clone());
                self.news.send(News::Note(note)).map_err(|_| Unheard)
            }
            _ => Ok(()),
        }
    }

    /// Makes sure that the folder which is watched is the one that the root's path means now.
    fn find_root(&mut self, now: Instant) -> Result<(), Unheard> {
        let Ok(identity) = Identity::of(&self.place.folder) else { return self.miss_root(now) };
        self.missing_since = None;
        let same = self.root.as_ref() == Some(&identity);
        if same && (self.polling || self.events.is_some()) {
            return Ok(());
        }
        self.root = Some(identity);
        self.ask_for_events()?;
        self.settle.ask(now);
        if std::mem::take(&mut self.said_gone) {
            self.news.send(News::Note(Note::Back(self.place.folder.clone()))).map_err(|_| Unheard)?;
        }
        Ok(())
    }

    fn miss_root(&mut self, now: Instant) -> Result<(), Unheard> {
        self.root = None;
        self.events = None;
        let since = *self.missing_since.get_or_insert(now);
        self.next_glance = self.next_glance.min(now + GONE);
        if now >= since + GONE && !std::mem::replace(&mut self.said_gone, true) {
            self.news.send(News::Note(Note::Gone(self.place.folder.clone()))).map_err(|_| Unheard)?;
        }
        Ok(())
    }

    fn ask_for_events(&mut self) -> Result<(), Unheard> {
        self.events = None;
        self.place.follow_links();
        if self.polling {
            return Ok(());
        }
        match Events::of(&self.place, self.to_signs.clone()) {
            Ok(events) => self.events = Some(events),
            // It went at this moment; the next glance finds out.
            Err(NoEvents::Missing) => {}
            Err(NoEvents::Refused(reason)) => self.poll(reason)?,
        }
        Ok(())
    }

    fn poll(&mut self, reason: String) -> Result<(), Unheard> {
        self.events = None;
        self.next_glance = Instant::now();
        if !std::mem::replace(&mut self.polling, true) {
            self.news.send(News::Note(Note::Polling(reason))).map_err(|_| Unheard)?;
        }
        Ok(())
    }
}
