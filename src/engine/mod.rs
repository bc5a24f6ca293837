//! The audio thread and the only ways to reach it. It knows slots and machines; what a signal is called or made of it never learns.
//!
//! [`new`] gives two halves: the [`Renderer`] goes to the audio thread, the [`Control`] stays. Between them run five rings
//! (`wire`): messages down; envelopes, acknowledgements, events and what was panicked with up. A sixth carries recordings
//! (`tape`).

pub mod alarm;
mod aloft;
pub mod command;
pub mod control;
mod doze;
pub mod ear;
mod ensemble;
pub mod event;
pub mod fade;
pub mod keepsake;
mod landing;
pub mod limiter;
pub mod machine;
mod mend;
pub mod meter;
mod mix;
pub mod order;
pub mod parts;
mod peak;
pub mod probe;
pub mod renderer;
mod slot;
pub mod stream;
mod stretch;
pub mod swap;
mod sync;
mod tap;
pub mod tape;
mod told;
pub mod transport;
mod wide;
mod wire;
pub mod witness;

pub use alarm::Alarm;
pub use command::Command;
pub use control::{Busy, Control, Home, Unsent};
pub use ear::{Ear, Tenant, Voice};
pub use ensemble::Ensemble;
pub use event::{Copied, Event};
pub use keepsake::{Keepsake, Progress};
pub use machine::{Frozen, Machine};
pub use meter::{Clock, Meters};
pub use order::late;
pub use parts::{Extents, Parts};
pub use probe::{Point, Probes, Trace};
pub use renderer::Renderer;
pub use stream::LineCopy;
pub use swap::{Change, Ghost, Install, Join, Move, Swap, Transaction};
pub use tap::Tap;
pub use tape::{Recording, Reel, Strip};
pub use transport::Transport;

use std::fmt;
use std::sync::Arc;

use crate::ir::call::QUANTUM;
use crate::ir::rest::Desk;
use probe::PROBES;
use slot::Slot;

/// The size of everything that is reserved at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Frames per second, for as long as the engine lives.
    pub rate: u32,
    /// Channels of the master, at least 1.
    pub channels: usize,
    /// How many signals can be registered; there are twice as many slots, so that all can be exchanged at once.
    pub max_signals: usize,
    /// How many transactions can be on the audio side at a time.
    pub envelopes: usize,
    /// How many commands can be under way at a time.
    pub commands: usize,
    /// How many events can wait to be read before some are lost.
    pub events: usize,
    /// How many slots of long memory a quantum copies at most before a swap; what is more takes several quanta. With
    /// `usize::MAX` every swap takes effect at the boundary at which it arrives.
    pub slice: usize,
    /// Whether it is counted what each slot costs. The sound is the same.
    pub metered: bool,
    /// How many strips of a recording can wait to be written before some are lost; without any there are no recordings.
    pub tape: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            rate: 48_000,
            channels: 2,
            max_signals: 1024,
            envelopes: 256,
            commands: 1024,
            events: 1024,
            slice: usize::MAX,
            metered: false,
            tape: 0,
        }
    }
}

/// Memory that an engine reserves at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// What it is for.
    pub what: &'static str,
    /// How many pieces.
    pub count: usize,
    /// Bytes of each.
    pub each: usize,
    /// The option of the command line that it follows from, if one does.
    pub flag: Option<&'static str>,
}

impl Settings {
    /// All that an engine of this size reserves. Of each channel there are four buffers: the master, the sum, a signal, and the one that it follows.
    pub fn reserved(&self) -> Vec<Reserved> {
        let places = 2 * self.max_signals;
        let own = |what, count, each| Reserved { what, count, each, flag: None };
        let mut all = vec![
            Reserved {
                flag: Some("--max-signals"),
                ..own("places in the renderer", places, Slot::bytes(self.channels))
            },
            Reserved {
                flag: Some("--channels"),
                ..own("master and mix", self.channels, 4 * QUANTUM * size_of::<f64>())
            },
            own("look for rest", 1, Desk::BYTES),
            own("transactions on the way", self.envelopes, size_of::<usize>()),
        ];
        if self.metered {
            all.push(Reserved { flag: Some("--max-signals"), ..own("meters", places, Meters::EACH) });
            all.push(Reserved { flag: Some("--max-signals"), ..own("levels", places + self.channels, Probes::LEVEL) });
            all.push(Reserved { flag: Some("--channels"), ..own("scopes", PROBES, Probes::each(self.channels)) });
        }
        if self.tape > 0 {
            all.push(Reserved { flag: Some("--record-memory"), ..own("recordings", self.tape, size_of::<Strip>()) });
        }
        all.push(Reserved { flag: Some("--max-signals"), ..own("stays of signals", places, tape::Tape::EACH) });
        all.extend(wire::reserved(self).map(|(what, count, each)| own(what, count, each)));
        all
    }
}

/// A place in the renderer where one signal plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub(crate) u32);

impl SlotId {
    /// Its number, from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// Reserves an engine: the half for the audio thread and the half that stays. Control thread.
pub fn new(settings: Settings) -> (Renderer, Control) {
    let clock = if settings.metered { Clock::Processor } else { Clock::None };
    with_clock(settings, clock)
}

/// As [`new`], with what slots cost read off a clock of one's own. Control thread.
pub fn with_clock(settings: Settings, clock: Clock) -> (Renderer, Control) {
    let settings = Settings { channels: settings.channels.max(1), rate: settings.rate.max(1), ..settings };
    let slots = 2 * settings.max_signals;
    wide::look();
    let (audio, mut control) = wire::reserve(&settings);
    let meters = Arc::new(Meters::reserve(&settings, slots, clock));
    let tape;
    (tape, control.reel) = tape::reserve(&settings, slots);
    let renderer = Renderer::reserve(&settings, slots, (audio, tape), Arc::clone(&meters));
    (renderer, Control::new(settings, slots, control, meters))
}
