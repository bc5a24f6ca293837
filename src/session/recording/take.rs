//! One recording: strips put together into files that stay in time with each other, whatever is missing. It knows no threads.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::track::Track;
use crate::engine::{Strip, Tenant};
use crate::ir::call::QUANTUM;
use crate::session::stems::file_name;

/// Bytes of samples in a file at most; what is longer goes on in another one.
const MOST: u64 = u32::MAX as u64 - 4096;

/// Who plays, by their stays.
pub type Census = Vec<(Tenant, Arc<str>)>;

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Order {
    /// The master's file.
    pub file: PathBuf,
    /// A folder for a file of each signal.
    pub stems: Option<PathBuf>,
    /// Frames per second.
    pub rate: u32,
    /// Channels of every file.
    pub channels: usize,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length {
    /// Frames in all.
    pub frames: u64,
    /// Those of them in which something is missing, and silence stands for it.
    pub missing: u64,
}

/// A recording that grows.
pub struct Take {
    order: Order,
    /// Bytes of samples in a file at most.
    most: u64,
    census: HashMap<Tenant, Arc<str>>,
    master: Channel,
    stems: Vec<Stem>,
    /// Which file of a series, from 1, and the frames in it.
    part: u32,
    written: u64,
    /// The quantum that is being put together; `None` before the first.
    now: Option<u64>,
    /// Whether it has anything yet.
    begun: bool,
    lost: u32,
    length: Length,
}

/// A file with the quantum that it gets next.
struct Channel {
    track: Track,
    block: Vec<f32>,
}

struct Stem {
    name: Arc<str>,
    channel: Channel,
}

impl Take {
    /// Creates the files.
    ///
    /// # Errors
    /// When the disk refuses, or something is there already.
    pub fn begin(order: Order) -> io::Result<Take> {
        Take::of(order, MOST)
    }

    fn of(order: Order, most: u64) -> io::Result<Take> {
        if let Some(folder) = &order.stems {
            std::fs::create_dir_all(folder)?;
            if std::fs::read_dir(folder)?.next().is_some() {
                return Err(io::Error::other(format!("{} is not empty", folder.display())));
            }
        }
        let master = Channel::create(&order.file, &order, 0)?;
        Ok(Take {
            order,
            most,
            census: HashMap::new(),
            master,
            stems: Vec::new(),
            part: 1,
            written: 0,
            now: None,
            begun: false,
            lost: 0,
            length: Length::default(),
        })
    }

    /// Who plays from now on; who played until now may still be heard.
    pub fn count(&mut self, census: Census) {
        self.census.extend(census);
    }

    /// What was written so far.
    pub fn length(&self) -> Length {
        self.length
    }

    /// Takes the next strip.
    pub fn strip(&mut self, strip: &Strip) -> io::Result<()> {
        let mut gap = 0;
        if self.now.is_some_and(|now| now != strip.frame) {
            self.commit()?;
            gap = strip.frame.saturating_sub(self.now.unwrap_or(strip.frame));
            self.rest(strip.frame)?;
        }
        self.now = Some(strip.frame);
        self.begun = true;
        if strip.lost != self.lost {
            self.lost = strip.lost;
            self.length.missing += gap.max(QUANTUM as u64);
        }
        let channel = match strip.of {
            None => &mut self.master,
            Some(tenant) => match self.stem(tenant)? {
                Some(stem) => &mut self.stems[stem].channel,
                None => return Ok(()),
            },
        };
        let start = strip.channel as usize * QUANTUM;
        if let Some(place) = channel.block.get_mut(start..start + QUANTUM) {
            // A signal that was unregistered fades out in one slot while it may sound in another already.
            place.iter_mut().zip(&strip.samples).for_each(|(sum, sample)| *sum += sample);
        }
        Ok(())
    }

    /// The file of whoever stays in a slot.
    fn stem(&mut self, tenant: Tenant) -> io::Result<Option<usize>> {
        let (Some(folder), Some(name)) = (&self.order.stems, self.census.get(&tenant)) else { return Ok(None) };
        if let Some(known) = self.stems.iter().position(|stem| stem.name == *name) {
            return Ok(Some(known));
        }
        let path = numbered(&folder.join(file_name(name, self.stems.len())), self.part);
        let channel = Channel::create(&path, &self.order, self.written)?;
        self.stems.push(Stem { name: name.clone(), channel });
        Ok(Some(self.stems.len() - 1))
    }

    /// Writes the quantum that was put together.
    fn commit(&mut self) -> io::Result<()> {
        if self.written * (self.order.channels * size_of::<f32>()) as u64 >= self.most {
            self.turn_over()?;
        }
        for channel in self.stems.iter_mut().map(|stem| &mut stem.channel).chain([&mut self.master]) {
            channel.track.write(&channel.block)?;
            channel.block.fill(0.0);
        }
        let quantum = QUANTUM as u64;
        self.written += quantum;
        self.length.frames += quantum;
        self.now = self.now.map(|now| now + quantum);
        self.begun = false;
        Ok(())
    }

    /// Writes silence until a frame.
    fn rest(&mut self, until: u64) -> io::Result<()> {
        while self.now.is_some_and(|now| now < until) {
            self.commit()?;
        }
        Ok(())
    }

    /// Goes on in other files.
    fn turn_over(&mut self) -> io::Result<()> {
        self.part += 1;
        let next = |path: &Path| numbered(path, self.part);
        let master = Track::create(&next(&self.order.file), self.order.rate, self.order.channels, 0)?;
        std::mem::replace(&mut self.master.track, master).finish()?;
        let folder = self.order.stems.clone().unwrap_or_default();
        for (number, stem) in self.stems.iter_mut().enumerate() {
            let path = numbered(&folder.join(file_name(&stem.name, number)), self.part);
            let track = Track::create(&path, self.order.rate, self.order.channels, 0)?;
            std::mem::replace(&mut stem.channel.track, track).finish()?;
        }
        self.written = 0;
        Ok(())
    }

    /// Makes whole files of what there is so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.master.track.flush()?;
        self.stems.iter_mut().try_for_each(|stem| stem.channel.track.flush())
    }

    /// Completes the files: until a frame, or as far as strips came. What the disk took stays, even where it refuses the rest.
    pub fn finish(mut self, until: Option<u64>) -> (Length, io::Result<()>) {
        let mut done = if self.begun { self.commit() } else { Ok(()) };
        if done.is_ok() {
            done = self.rest(until.unwrap_or(0));
        }
        let length = self.length;
        let tracks = std::iter::once(self.master.track).chain(self.stems.into_iter().map(|stem| stem.channel.track));
        for track in tracks {
            let finished = track.finish();
            done = done.and(finished);
        }
        (length, done)
    }
}

impl Channel {
    fn create(path: &Path, order: &Order, silent: u64) -> io::Result<Channel> {
        let track = Track::create(path, order.rate, order.channels, silent)?;
        Ok(Channel { track, block: vec![0.0; order.channels * QUANTUM] })
    }
}

/// The path of a file of a series: `set.wav`, `set-2.wav`.
fn numbered(path: &Path, part: u32) -> PathBuf {
    if part < 2 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map_or(String::new(), |end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{part}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Settings, new};

    fn strip(quantum: u64, of: Option<Tenant>, lost: u32, sample: f32) -> Strip {
        Strip { frame: 6400 + 64 * quantum, of, channel: 0, lost, samples: [sample; QUANTUM] }
    }

    fn order(folder: &Path) -> Order {
        Order { file: folder.join("set.wav"), stems: Some(folder.join("parts")), rate: 48_000, channels: 1 }
    }

    /// The first sample of each quantum of a file.
    fn quanta(path: &Path) -> Vec<f32> {
        let samples = hound::WavReader::open(path).unwrap().into_samples().map(Result::unwrap).collect::<Vec<f32>>();
        samples.chunks(QUANTUM).map(|quantum| quantum[0]).collect()
    }

    fn tenants() -> [Tenant; 2] {
        let (_, mut control) = new(Settings { max_signals: 1, ..Settings::default() });
        [(); 2].map(|()| control.claim().map(|slot| control.tenant(slot)).unwrap())
    }

    #[test]
    fn what_is_lost_is_silence_and_everything_stays_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let [bass, lead] = tenants();
        let mut take = Take::begin(order(folder.path())).unwrap();
        take.count(vec![(bass, "bass".into()), (lead, "le/ad".into())]);
        for strip in [
            strip(0, Some(bass), 0, 0.1),
            strip(0, None, 0, 0.2),
            strip(1, None, 0, 0.3),
            // Two whole quanta are gone, and of the next one a signal.
            strip(4, None, 5, 0.4),
            strip(5, Some(lead), 5, 0.5),
            // And of this one another.
            strip(5, None, 6, 0.6),
        ] {
            take.strip(&strip).unwrap();
        }
        let (length, done) = take.finish(Some(6400 + 64 * 7));
        done.unwrap();
        assert_eq!(length, Length { frames: 7 * 64, missing: 192 });
        assert_eq!(quanta(&folder.path().join("set.wav")), [0.2, 0.3, 0.0, 0.0, 0.4, 0.6, 0.0]);
        assert_eq!(quanta(&folder.path().join("parts/bass.wav")), [0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(quanta(&folder.path().join("parts/le_ad-1.wav")), [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0]);
    }

    #[test]
    fn what_is_longer_than_a_file_goes_on_in_another() {
        let folder = tempfile::tempdir().unwrap();
        let [bass, lead] = tenants();
        let mut take = Take::of(order(folder.path()), 3 * 64 * 4).unwrap();
        take.count(vec![(bass, "bass".into()), (lead, "lead".into())]);
        for quantum in 0..7 {
            take.strip(&strip(quantum, Some(bass), 0, -1.0)).unwrap();
            if quantum >= 4 {
                take.strip(&strip(quantum, Some(lead), 0, -2.0)).unwrap();
            }
            take.strip(&strip(quantum, None, 0, quantum as f32)).unwrap();
        }
        let (length, done) = take.finish(None);
        done.unwrap();
        assert_eq!(length.frames, 7 * 64);
        let found = |name: &str| quanta(&folder.path().join(name));
        assert_eq!([found("set.wav"), found("set-2.wav"), found("set-3.wav")].concat(), [0., 1., 2., 3., 4., 5., 6.]);
        assert_eq!([found("parts/bass-2.wav").len(), found("parts/bass-3.wav").len()], [3, 1]);
        assert_eq!(found("parts/lead-2.wav"), [0.0, -2.0, -2.0]);
    }

    #[test]
    fn nothing_that_is_there_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        Take::begin(order(folder.path())).unwrap();
        let why = Take::begin(order(folder.path())).err().unwrap();
        assert_eq!(why.kind(), io::ErrorKind::AlreadyExists);
        std::fs::write(folder.path().join("parts/x"), "").unwrap();
        let again = Order { file: folder.path().join("other.wav"), ..order(folder.path()) };
        assert!(Take::begin(again).err().unwrap().to_string().ends_with("parts is not empty"));
    }
}
