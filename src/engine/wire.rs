//! The five rings between the threads, the only file that knows what they carry. It carries; it neither builds nor judges.
//!
//! * down: envelopes and commands in one line, so that they arrive in the order in which they were sent;
//! * home: envelopes with what they brought back. The control side lends no more of them than this ring holds;
//! * acknowledgements: the frame at which each message took effect, and each alarm. No more of both are under way than this
//!   ring holds;
//! * events: may be full, and then one is lost and counted;
//! * thrown: what the renderer panicked with, to be dropped. May be full, and then one is never dropped.
//!
//! So the audio side never meets a full ring that matters, and has no path for one: a message that could not be answered
//! is left in its ring.

use std::any::Any;
use std::mem;

use super::Settings;
use super::alarm::{self, Alarm};
use super::command::{Order, frames};
use super::event::{Copied, Event};
use super::swap::Swap;
use super::sync::{Receiver, Sender, ring};
use super::tape::Reel;

/// What goes down.
pub(super) enum Message {
    Swap(Box<Swap>),
    Order(u64, Order),
}

/// When a message took effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ack {
    pub ticket: u64,
    pub frame: u64,
    pub copied: Copied,
}

/// The ends on the audio thread.
pub(super) struct AudioWire {
    down: Receiver<Message>,
    home: Sender<Box<Swap>>,
    acks: Sender<Ack>,
    events: Sender<Event>,
    thrown: Sender<Thrown>,
    lost: u64,
    alarm: Alarm,
    /// What an alarm stands for.
    hush: Order,
}

/// The ends on the control thread.
pub(super) struct ControlWire {
    down: Sender<Message>,
    home: Receiver<Box<Swap>>,
    acks: Receiver<Ack>,
    events: Receiver<Event>,
    thrown: Receiver<Thrown>,
    alarm: Alarm,
    /// Where recordings come out.
    pub reel: Option<Reel>,
}

/// What a panic carries.
pub(super) type Thrown = Box<dyn Any + Send>;

/// Room for what the renderer panicked with until it is read.
const THROWN: usize = 16;
/// The ticket of an alarm; those of messages begin at 1.
const ALARM: u64 = 0;

/// Reserves all rings. Control thread.
pub(super) fn reserve(settings: &Settings) -> (AudioWire, ControlWire) {
    let messages = settings.envelopes + settings.commands;
    let (down_in, down) = ring(messages, || Message::Order(0, Order::Position([0.0; 3])));
    let (home, home_out) = ring(settings.envelopes, Box::default);
    let (acks, acks_out) = ring(answers(settings), || Ack { ticket: 0, frame: 0, copied: Default::default() });
    let (events, events_out) = ring(settings.events, || Event::Lost(0));
    let (thrown, thrown_out) = ring(THROWN, || Box::new(()) as Thrown);
    let hush = Order::Master { linear: 0.0, frames: frames(alarm::HUSH, settings.rate) };
    let alarm = Alarm::calm();
    let audio = AudioWire { down, home, acks, events, thrown, lost: 0, alarm: alarm.clone(), hush };
    (
        audio,
        ControlWire {
            down: down_in,
            home: home_out,
            acks: acks_out,
            events: events_out,
            thrown: thrown_out,
            alarm,
            reel: None,
        },
    )
}

/// How many acknowledgements can be unread.
fn answers(settings: &Settings) -> usize {
    settings.envelopes + settings.commands + usize::from(alarm::UNREAD)
}

/// What the rings take: what they carry, how many, bytes of each.
pub(super) fn reserved(settings: &Settings) -> [(&'static str, usize, usize); 5] {
    let messages = settings.envelopes + settings.commands;
    [
        ("ring of messages", messages.max(1), size_of::<Message>()),
        ("ring of acknowledgements", answers(settings), size_of::<Ack>()),
        ("ring of events", settings.events.max(1), size_of::<Event>()),
        ("ring of panics", THROWN, size_of::<Thrown>()),
        ("ring of ended programs", settings.envelopes.max(1), size_of::<Box<Swap>>()),
    ]
}

impl AudioWire {
    /// Whether there is nothing to be taken up; what comes meanwhile is seen in the next quantum. Audio thread.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.down.is_empty() && !self.alarm.is_raised()
    }

    /// The next message, if it can be answered; an alarm comes first, and where another message still `waits`, nothing else
    /// does. Audio thread.
    pub fn next(&mut self, waits: bool) -> Option<Message> {
        // Looked at before the alarm: one that was raised before this was sent is obeyed before it, so a `fade 1` after a
        // panic is heard.
        let sent = !self.down.is_empty();
        if self.alarm.heed() {
            return Some(Message::Order(ALARM, self.hush));
        }
        if waits || !sent || self.acks.is_full() { None } else { self.down.pop() }
    }

    /// Says when a message took effect; `next` saw that there is room. Audio thread.
    pub fn acknowledge(&mut self, ack: Ack) {
        let sent = self.acks.push(ack);
        debug_assert!(sent.is_ok(), "an acknowledgement found no room");
    }

    /// Sends an envelope home, or gives it back. Audio thread.
    pub fn send_home(&mut self, swap: Box<Swap>) -> Result<(), Box<Swap>> {
        self.home.push(swap)
    }

    /// Sends home what the renderer panicked with. Audio thread.
    pub fn send_thrown(&mut self, thrown: Thrown) {
        // To drop it would free it here, and nobody read the last ones: it is left where it is.
        self.thrown.push(thrown).unwrap_or_else(mem::forget);
    }

    /// Tells of something; `false` if it was lost, which is counted. Audio thread.
    pub fn tell(&mut self, event: Event) -> bool {
        if self.lost > 0 && self.events.push(Event::Lost(self.lost)).is_ok() {
            self.lost = 0;
        }
        let told = self.events.push(event).is_ok();
        self.lost += u64::from(!told);
        told
    }
}

impl ControlWire {
    /// Sends an envelope, or gives it back. Control thread.
    pub fn send_swap(&mut self, swap: Box<Swap>) -> Result<(), Box<Swap>> {
        self.down.push(Message::Swap(swap)).map_err(|message| match message {
            Message::Swap(swap) => swap,
            Message::Order(..) => unreachable!("what comes back is what was sent"),
        })
    }

    /// Sends a command; `false` if there is no room. Control thread.
    pub fn send_order(&mut self, ticket: u64, order: Order) -> bool {
        self.down.push(Message::Order(ticket, order)).is_ok()
    }

    /// The next envelope that is home. Control thread.
    pub fn next_home(&mut self) -> Option<Box<Swap>> {
        self.home.pop()
    }

    /// The next acknowledgement. Control thread.
    pub fn next_ack(&mut self) -> Option<Ack> {
        self.acks.pop()
    }

    /// The same as what it tells. Control thread.
    pub fn next_answer(&mut self) -> Option<Event> {
        let Ack { ticket, frame, copied } = self.next_ack()?;
        if ticket == ALARM {
            self.alarm.read();
            return Some(Event::Silenced { frame });
        }
        Some(Event::Applied { ticket, frame, copied })
    }

    /// What silences before everything that is sent. Any thread.
    pub fn alarm(&self) -> &Alarm {
        &self.alarm
    }

    /// What the renderer panicked with next. Control thread.
    pub fn next_thrown(&mut self) -> Option<Thrown> {
        self.thrown.pop()
    }

    /// The next event. Control thread.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop()
    }
}
