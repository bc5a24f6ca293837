//! Streams to real devices, and the only file that opens one. Decides neither when to open nor when to give up.

use super::choose::{Choice, buffers, channels, choose, formats, rate, rates, writable};
use super::edge::Edge;
use super::format::spread;
use super::health::Health;
use super::pace::Pace;
use super::pull::Counters;
use super::quiet::hush;
use super::seat::Seat;
use super::{DeviceDescription, Error, FRAMES, Loss, Plan, RATE, Settings};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, Device, ErrorKind, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, StreamConfig};
use cpal::{I24, SupportedStreamConfigRange, U24};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Frames that are converted in one go where the device takes other samples than the source renders.
const CONVERTED: usize = 1_024;
/// How often a device that lost its interrupts is asked how it is.
const POLL: Duration = Duration::from_millis(250);
/// The pause after an error, which a broken device would otherwise repeat a million times per second.
const BREATHER: Duration = Duration::from_millis(2);
/// Devices that take everything at once; their ids without the host's name.
const CLOCKLESS: [&str; 1] = ["null"];

/// A stream that plays; dropping it may take for ever, so it is dropped where nobody waits.
pub(super) struct Stream {
    _stream: cpal::Stream,
    pub(super) name: String,
    /// Frames per second of the device.
    pub(super) rate: u32,
    /// How much later a sample is heard because the source's rate is another one, at most.
    pub(super) delay: Duration,
    pub(super) channels: u16,
    pub(super) frames: Option<u32>,
    pub(super) format: String,
    pub(super) health: Arc<Health>,
    pub(super) seat: Arc<Seat>,
}

/// The rate that the device would like to be opened with. May hang.
///
/// # Errors
/// When there is no such device, or it cannot be asked.
pub(super) fn preferred_rate(settings: &Settings) -> Result<u32, Error> {
    let device = find(settings)?;
    let own = device.default_output_config().ok().map(|config| config.sample_rate());
    rate(&offers(&device)?, own, RATE).ok_or_else(|| Error::Format(name(&device)))
}

/// Opens the device and starts it with an empty seat, so it plays silence. May hang.
///
/// # Errors
/// When there is no such device, it cannot play the plan, or the system refuses.
pub(super) fn open(settings: &Settings, plan: Plan, counters: Arc<Counters>) -> Result<Stream, Error> {
    let device = find(settings)?;
    let name = name(&device);
    let wanted = settings.buffer.unwrap_or(FRAMES);
    let choice =
        choose(&offers(&device)?, plan.rate, plan.channels, wanted).ok_or_else(|| Error::Format(name.clone()))?;
    let (health, seat) = (Arc::<Health>::default(), Arc::new(Seat::new()));
    let feed = || -> Result<Feed, Error> {
        let edge = Edge::new(&name, choice.rate, plan, Arc::clone(&seat), Arc::clone(&counters))?;
        let scratch = vec![0.0; CONVERTED * edge.channels()];
        let (health, channels) = (Arc::clone(&health), usize::from(choice.channels));
        Ok(Feed { edge, health, channels, scratch, before: None, pace: Pace::default() })
    };
    let first = feed()?;
    let delay = first.edge.delay();
    let stream = match build(&device, choice, first) {
        // Some devices refuse every fixed size and none of their own.
        Err(error) if error.kind() == ErrorKind::UnsupportedConfig => {
            build(&device, Choice { buffer: BufferSize::Default, ..choice }, feed()?)
        }
        built => built,
    };
    let stream = stream.map_err(|error| said(&error, &name))?;
    stream.play().map_err(|error| said(&error, &name))?;
    let (frames, format) = (stream.buffer_size().ok(), choice.format.to_string());
    let Choice { rate, channels, .. } = choice;
    Ok(Stream { _stream: stream, name, rate, delay, channels, frames, format, health, seat })
}

/// Every output device that keeps time, the default one first.
pub(super) fn list() -> Vec<DeviceDescription> {
    hush();
    let host = cpal::default_host();
    let devices = host.default_output_device().into_iter().chain(outputs(&host));
    let default = host.default_output_device().and_then(|device| device.id().ok());
    let mut seen = Vec::new();
    let mut listed = Vec::new();
    for device in devices {
        let Ok(id) = device.id() else { continue };
        if seen.contains(&id) || CLOCKLESS.contains(&id.id()) {
            continue;
        }
        listed.extend(describe(&device, id.to_string(), default.as_ref() == Some(&id)));
        seen.push(id);
    }
    listed
}

/// Describes a device; `None` if it turns out not to be there.
fn describe(device: &Device, id: String, default: bool) -> Option<DeviceDescription> {
    let (offers, problem) = match offers(device) {
        Ok(offers) => (offers, None),
        Err(Error::None) => return None,
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Some(DeviceDescription {
        id,
        name: name(device),
        default,
        channels: channels(&offers),
        rates: rates(&offers),
        buffer: buffers(&offers),
        formats: formats(&offers),
        problem,
    })
}

/// Finds the device that the settings mean: by id, by id without the host's name, by name, by a part of its name.
fn find(settings: &Settings) -> Result<Device, Error> {
    hush();
    let host = cpal::default_host();
    let Some(wanted) = &settings.device else {
        let device = host.default_output_device().ok_or(Error::None)?;
        return with_clock(device);
    };
    let devices: Vec<Device> = host.default_output_device().into_iter().chain(outputs(&host)).collect();
    let id = |device: &Device| device.id().ok().is_some_and(|id| id.to_string() == *wanted || id.id() == wanted);
    let lower = wanted.to_lowercase();
    let whole = |device: &Device| name(device).to_lowercase() == lower;
    let part = |device: &Device| name(device).to_lowercase().contains(&lower);
    let tests: [&dyn Fn(&Device) -> bool; 3] = [&id, &whole, &part];
    let found = tests.iter().find_map(|test| devices.iter().find(|device| test(device)));
    with_clock(found.cloned().ok_or_else(|| Error::Unknown(wanted.clone()))?)
}

fn outputs(host: &cpal::Host) -> impl Iterator<Item = Device> {
    host.output_devices().into_iter().flatten()
}

fn with_clock(device: Device) -> Result<Device, Error> {
    match device.id() {
        Ok(id) if CLOCKLESS.contains(&id.id()) => Err(Error::Clockless(id.to_string())),
        _ => Ok(device),
    }
}

fn name(device: &Device) -> String {
    device.description().map_or_else(|_| "unnamed device".into(), |description| description.name().to_owned())
}

fn offers(device: &Device) -> Result<Vec<SupportedStreamConfigRange>, Error> {
    let offers = device.supported_output_configs().map_err(|error| said(&error, &name(device)))?;
    Ok(offers.filter(writable).collect())
}

/// The backend's error in the words that help; its own text for a missing device speaks of disconnecting.
fn said(error: &cpal::Error, name: &str) -> Error {
    match error.kind() {
        ErrorKind::DeviceNotAvailable => Error::None,
        ErrorKind::DeviceBusy => Error::Busy(name.to_owned()),
        _ => Error::Backend(format!("`{name}`: {error}")),
    }
}

fn build(device: &Device, choice: Choice, feed: Feed) -> Result<cpal::Stream, cpal::Error> {
    let config = StreamConfig { channels: choice.channels, sample_rate: choice.rate, buffer_size: choice.buffer };
    match choice.format {
        SampleFormat::F32 => floats(device, config, feed),
        SampleFormat::F64 => converted::<f64>(device, config, feed),
        SampleFormat::I8 => converted::<i8>(device, config, feed),
        SampleFormat::I16 => converted::<i16>(device, config, feed),
        SampleFormat::I24 => converted::<I24>(device, config, feed),
        SampleFormat::I32 => converted::<i32>(device, config, feed),
        SampleFormat::I64 => converted::<i64>(device, config, feed),
        SampleFormat::U8 => converted::<u8>(device, config, feed),
        SampleFormat::U16 => converted::<u16>(device, config, feed),
        SampleFormat::U24 => converted::<U24>(device, config, feed),
        SampleFormat::U32 => converted::<u32>(device, config, feed),
        SampleFormat::U64 => converted::<u64>(device, config, feed),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }
}

/// A stream in the source's own format: no copy where the channels agree.
fn floats(device: &Device, config: StreamConfig, mut feed: Feed) -> Result<cpal::Stream, cpal::Error> {
    if feed.channels != feed.edge.channels() {
        return converted::<f32>(device, config, feed);
    }
    let broken = feed.broken();
    let play = move |out: &mut [f32], call: &OutputCallbackInfo| {
        feed.answer(out, call, |feed, out| feed.edge.pull(out));
    };
    device.build_output_stream(config, play, broken, Some(POLL))
}

/// A stream in any other format or channel count.
fn converted<T>(device: &Device, config: StreamConfig, mut feed: Feed) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32> + Send + 'static,
{
    let broken = feed.broken();
    let play = move |out: &mut [T], call: &OutputCallbackInfo| feed.answer(out, call, Feed::convert);
    device.build_output_stream(config, play, broken, Some(POLL))
}

/// All that the callbacks of one stream hold.
struct Feed {
    edge: Edge,
    health: Arc<Health>,
    /// Channels of the device.
    channels: usize,
    scratch: Vec<f32>,
    /// When the last callback came, and how long the sound that was queued with it lasts.
    before: Option<(Instant, Duration)>,
    pace: Pace,
}

impl Feed {
    /// A callback: `fill` writes the sound, and where there is none, or a panic, there is silence. Audio thread.
    #[cfg_attr(feature = "rtsan", rtsan_standalone::nonblocking)]
    fn answer<T: SizedSample>(
        &mut self,
        out: &mut [T],
        call: &OutputCallbackInfo,
        fill: impl FnOnce(&mut Feed, &mut [T]),
    ) {
        let counters = Arc::clone(self.edge.counters());
        let mut asks = false;
        let well = counters.survive(|| {
            asks = self.begin(out.len(), call);
            if asks {
                let begun = Instant::now();
                fill(self, out);
                self.edge.time(out.len() / self.channels, begun);
            }
        });
        if !(asks && well) {
            out.fill(T::EQUILIBRIUM);
        }
    }

    /// Notes a callback; false means that it should be silent. Audio thread.
    fn begin(&mut self, samples: usize, call: &OutputCallbackInfo) -> bool {
        let now = Instant::now();
        let frames = samples / self.channels;
        self.edge.counters().callbacks.fetch_add(1, Relaxed);
        if self.before.is_some_and(|(then, queued)| now.duration_since(then) > queued) {
            self.edge.counters().late.fetch_add(1, Relaxed);
        }
        let block = Duration::from_nanos(frames as u64 * 1_000_000_000 / u64::from(self.edge.rate()));
        let lead = call.timestamp().playback.duration_since(call.timestamp().callback);
        // Devices hold two blocks at least; many do not tell their lead.
        self.before = Some((now, (lead + block).max(2 * block)));
        self.health.calls.fetch_add(1, Relaxed);
        self.health.frames.fetch_add(frames as u64, Relaxed);
        self.health.block.fetch_max(frames as u32, Relaxed);
        let asks = self.pace.allows(self.health.faults.load(Relaxed), now, block);
        self.health.pulls.fetch_add(u64::from(asks), Relaxed);
        asks
    }

    /// Renders in the source's samples and writes in the device's. Audio thread.
    fn convert<T: SizedSample + FromSample<f32>>(&mut self, out: &mut [T]) {
        let sources = self.edge.channels();
        for part in out.chunks_mut(CONVERTED * self.channels) {
            let rendered = &mut self.scratch[..part.len() / self.channels * sources];
            self.edge.pull(rendered);
            spread(rendered, sources, part, self.channels);
        }
    }

    /// What hears the stream's errors; it runs on the audio thread and may be called without end, so it only counts.
    fn broken(&self) -> impl FnMut(cpal::Error) + Send + 'static {
        let (health, counters) = (Arc::clone(&self.health), Arc::clone(self.edge.counters()));
        move |error| match error.kind() {
            ErrorKind::DeviceNotAvailable => health.lose(Loss::Gone),
            ErrorKind::StreamInvalidated => health.lose(Loss::Invalidated),
            ErrorKind::HostUnavailable => health.lose(Loss::Server),
            ErrorKind::Xrun => {
                counters.xruns.fetch_add(1, Relaxed);
            }
            ErrorKind::DeviceChanged => health.rerouted.store(true, Relaxed),
            ErrorKind::RealtimeDenied => health.no_priority.store(true, Relaxed),
            _ => {
                counters.errors.fetch_add(1, Relaxed);
                health.faults.fetch_add(1, Relaxed);
                std::thread::sleep(BREATHER);
            }
        }
    }
}
