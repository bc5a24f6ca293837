//! What happens to the device, in words for people. Decides nothing.

use std::fmt;
use std::time::Duration;

/// Why there is no device to play on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The system has no output device.
    #[error("there is none")]
    None,
    /// No device answers to the name that was asked for.
    #[error("none is called `{0}`; `aither devices` lists them")]
    Unknown(String),
    /// The device takes everything at once and so cannot keep time.
    #[error("`{0}` keeps no time")]
    Clockless(String),
    /// The device plays another rate, and the ratio is too odd to resample in time.
    #[error("`{name}` plays {rate} Hz, and {engine} Hz cannot become that in time; begin with `--rate {rate}`")]
    Rate {
        /// The device's name.
        name: String,
        /// The device's rate in hertz.
        rate: u32,
        /// The engine's.
        engine: u32,
    },
    /// The device takes no sample format that sound can be written in.
    #[error("`{0}` takes no sample format that aither can write")]
    Format(String),
    /// The device was opened and never asked for a single block.
    #[error("`{0}` was opened but asks for no sound")]
    Mute(String),
    /// The device is there and somebody else has it.
    #[error("`{0}` is busy")]
    Busy(String),
    /// The system's sound service answers with an error of its own.
    #[error("{0}")]
    Backend(String),
    /// The program was built without sound devices.
    #[error("aither was built without them")]
    NotBuilt,
}

/// How a device that played was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It was unplugged or removed.
    Gone,
    /// It must be opened anew, for example because its format changed.
    Invalidated,
    /// The sound server ended.
    Server,
    /// It answered nothing but errors.
    Errors,
    /// It stopped asking for sound.
    Silent,
    /// It swallowed sound far faster than real time.
    Runaway,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::Gone => "it was removed",
            Loss::Invalidated => "it has to be opened anew",
            Loss::Server => "the sound server ended",
            Loss::Errors => "it answers nothing but errors",
            Loss::Silent => "it asks for no more sound",
            Loss::Runaway => "it swallows sound faster than real time",
        })
    }
}

/// Something that people should hear about the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Sound comes out from here on.
    Opened {
        /// The device's name.
        name: String,
        /// Frames per second of the device.
        rate: u32,
        /// Frames per second of the source, which is resampled where this is another number.
        engine: u32,
        /// How much later a sample is heard for that, at most.
        delay: Duration,
        /// Channels of the device.
        channels: u16,
        /// Frames per callback, where the device tells.
        frames: Option<u32>,
        /// Sample format of the device.
        format: String,
    },
    /// The device is gone; the source goes on in silence and a device is looked for.
    Lost {
        /// The device's name.
        name: String,
        /// How it went.
        loss: Loss,
    },
    /// Nothing to play on: the source goes on in silence and in real time. Said once, and again when the reason changes.
    NoDevice(Error),
    /// Blocks came too late; said at most once per second.
    Dropouts {
        /// Dropouts that the device reported since the last event.
        reported: u64,
        /// Callbacks since the last event that came later than the sound already queued would last.
        late: u64,
        /// Blocks since the last event that took longer to render than to play.
        overloads: u64,
    },
    /// The source panicked; each panic is one block of silence. Said at most once per second.
    Panicked {
        /// Panics since the last event.
        blocks: u64,
    },
    /// The device let the audio thread have no priority.
    NoPriority,
    /// The system moved the sound to another device by itself.
    Rerouted,
    /// Nobody was awake: the machine was suspended, or the process stopped. The source goes on where it was.
    Asleep(Duration),
    /// The source does not come back from the audio thread: it hangs in `render`.
    Stuck,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Opened { name, rate, engine, delay, channels, frames, format } => {
                let plural = if *channels == 1 { "" } else { "s" };
                write!(f, "sound device: {name}, {rate} Hz")?;
                if engine != rate {
                    write!(f, " resampled from {engine} Hz ({:.1} ms more)", 1e3 * delay.as_secs_f64())?;
                }
                write!(f, ", {channels} channel{plural}, {format}")?;
                match frames {
                    Some(n) => write!(f, ", {n} frames ({:.1} ms)", 1e3 * f64::from(*n) / f64::from(*rate)),
                    None => Ok(()),
                }
            }
            Event::Lost { name, loss } => write!(f, "sound device lost: {name}: {loss}; looking for it again"),
            Event::NoDevice(Error::NotBuilt) => {
                f.write_str("no sound device: aither was built without them; playing silently in real time")
            }
            Event::NoDevice(why) => {
                write!(f, "no sound device: {why}; playing silently in real time and looking for one")
            }
            Event::Dropouts { reported, late, overloads } => {
                write!(f, "dropouts: {reported} reported by the device, {late} late, {overloads} blocks too slow")
            }
            Event::Panicked { blocks } => write!(f, "the renderer panicked: {blocks} blocks of silence; it goes on"),
            Event::NoPriority => f.write_str("the system gives the audio thread no priority; dropouts are more likely"),
            Event::Rerouted => f.write_str("the system moved the sound to another device"),
            Event::Asleep(time) => {
                write!(f, "the machine stood still for {:.1} s; the set goes on where it was", time.as_secs_f64())
            }
            Event::Stuck => f.write_str("the renderer hangs on the audio thread"),
        }
    }
}
