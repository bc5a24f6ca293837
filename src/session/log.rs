//! The edit log: JSON lines that say what took effect at which frame. It writes and reads them; what they do is done elsewhere.
//!
//! The first line is the [`Header`]; every other one is an [`Entry`] with its frame. The README lists the fields.

mod read;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ruling::Rulings;

pub use read::{Log, Unreadable, read};

/// The version of the format.
const VERSION: u32 = 1;

/// What holds for the whole performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub aither: u32,
    /// Frames per second.
    pub rate: u32,
    /// Channels of the master.
    pub channels: usize,
}

impl Header {
    /// The header of a performance.
    pub fn new(rate: u32, channels: usize) -> Header {
        Header { aither: VERSION, rate, channels }
    }
}

/// Something that happened at a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A script was saved.
    Edit {
        /// Its path.
        file: String,
        /// Its text; `None` where it was deleted.
        text: Option<String>,
        /// What became of it; `None` in a log that no engine wrote.
        verdict: Option<Verdict>,
    },
    /// A file that is only imported was read; it takes effect with the next edit.
    Import {
        /// Its path.
        file: String,
        /// Its text.
        text: String,
    },
    /// Something was decided that depends on time or memory; it belongs to the edit or command that follows.
    Ruled(Ruling, String),
    /// The performer gave an instruction, in the words of the command line.
    Command {
        /// The words.
        words: String,
        /// What became of it; `None` in a log that no engine wrote.
        verdict: Option<Verdict>,
    },
    /// Nothing happened, but it was played until here.
    Played,
    /// The performance ended.
    End,
}

/// What became of an edit or a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// It was refused, for this reason.
    Refused(String),
}

impl Verdict {
    /// Whether it was taken.
    pub fn is_taken(&self) -> bool {
        *self == Verdict::Taken
    }
}

/// What was decided about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Its parked memory was given back.
    Reclaimed,
    /// Its poisoned state was reset.
    Cured,
    /// Its old program did not fade out on a copy.
    Cut,
    /// It cost too much; the command that follows stops it.
    Overloaded,
}

/// The lines for what was decided about one save.
pub fn ruled(rulings: &Rulings) -> Vec<Entry> {
    let Rulings { reclaimed, cured, cut } = rulings;
    let of = |ruling, names: &[String]| names.iter().map(|name| Entry::Ruled(ruling, name.clone())).collect::<Vec<_>>();
    [of(Ruling::Reclaimed, reclaimed), of(Ruling::Cured, cured), of(Ruling::Cut, cut)].concat()
}

/// A line as it stands in the file.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    removed: bool,
    #[serde(skip_serializing_if = "is_false")]
    import: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reclaimed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cured: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    played: bool,
    #[serde(skip_serializing_if = "is_false")]
    end: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a function of a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Line {
    fn new(frame: u64, entry: &Entry) -> Line {
        let line = Line { frame: Some(frame), ..Line::default() };
        let judged = |verdict: &Option<Verdict>, line: Line| match verdict {
            None => line,
            Some(Verdict::Taken) => Line { ok: Some(true), ..line },
            Some(Verdict::Refused(why)) => Line { ok: Some(false), error: Some(why.clone()), ..line },
        };
        match entry.clone() {
            Entry::Edit { file, text, verdict } => {
                judged(&verdict, Line { file: Some(file), removed: text.is_none(), text, ..line })
            }
            Entry::Import { file, text } => Line { file: Some(file), text: Some(text), import: true, ..line },
            Entry::Ruled(Ruling::Reclaimed, name) => Line { reclaimed: Some(name), ..line },
            Entry::Ruled(Ruling::Cured, name) => Line { cured: Some(name), ..line },
            Entry::Ruled(Ruling::Cut, name) => Line { cut: Some(name), ..line },
            Entry::Ruled(Ruling::Overloaded, name) => Line { overload: Some(name), ..line },
            Entry::Command { words, verdict } => judged(&verdict, Line { command: Some(words), ..line }),
            Entry::Played => Line { played: true, ..line },
            Entry::End => Line { end: true, ..line },
        }
    }

    fn entry(self) -> Result<(u64, Entry), String> {
        let frame = self.frame.ok_or("it has no \"frame\"")?;
        let verdict =
            self.ok.map(|ok| if ok { Verdict::Taken } else { Verdict::Refused(self.error.unwrap_or_default()) });
        let ruled = |ruling, name: Option<String>| name.map(|name| Entry::Ruled(ruling, name));
        let rulings = [
            (Ruling::Reclaimed, self.reclaimed),
            (Ruling::Cured, self.cured),
            (Ruling::Cut, self.cut),
            (Ruling::Overloaded, self.overload),
        ];
        let entry = match (self.file, self.text, self.command) {
            (Some(file), Some(text), None) if self.import => Entry::Import { file, text },
            (Some(file), Some(text), None) if !self.removed => Entry::Edit { file, text: Some(text), verdict },
            (Some(file), None, None) if self.removed => Entry::Edit { file, text: None, verdict },
            (Some(_), None, None) => return Err("it has a \"file\" without \"text\" or \"removed\"".to_owned()),
            (None, None, Some(words)) => Entry::Command { words, verdict },
            (None, None, None) if self.end => Entry::End,
            (None, None, None) if self.played => Entry::Played,
            (None, None, None) => rulings
                .into_iter()
                .find_map(|(kind, name)| ruled(kind, name))
                .ok_or("it has neither \"file\" nor \"command\" nor \"end\"")?,
            _ => return Err("it says two things at once".to_owned()),
        };
        Ok((frame, entry))
    }
}

/// A log that grows while a set is played. Every line is with the system as soon as its frame is known, so that it
/// outlives the process whatever ends it.
#[derive(Debug)]
pub struct Writer {
    file: File,
    /// What waits for its first frame, oldest first.
    waiting: VecDeque<(u64, Vec<Entry>)>,
    last: u64,
    /// How far it was played when somebody last said so.
    played: u64,
    error: Option<io::Error>,
}

impl Writer {
    /// Creates the file, or empties it, and writes the header.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(path: &Path, header: Header) -> io::Result<Writer> {
        let mut file = File::create(path)?;
        file.write_all(format!("{}\n", serde_json::to_string(&header)?).as_bytes())?;
        Ok(Writer { file, waiting: VecDeque::new(), last: 0, played: 0, error: None })
    }

    /// Goes on with a log that was read: what of it was not understood is cut off.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn go_on(path: &Path, log: &Log) -> io::Result<Writer> {
        let mut file = File::options().write(true).open(path)?;
        file.set_len(log.bytes)?;
        file.seek(SeekFrom::End(0))?;
        if !log.whole {
            file.write_all(b"\n")?;
        }
        Ok(Writer { file, waiting: VecDeque::new(), last: log.last(), played: log.last(), error: None })
    }

    /// Notes what will be written when the transaction or command with this ticket has taken effect.
    pub fn expect(&mut self, ticket: u64, entries: Vec<Entry>) {
        self.waiting.push_back((ticket, entries));
    }

    /// Whether all that was noted is written.
    pub fn is_complete(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Writes what waited for this ticket, which took effect at a frame.
    pub fn on_air(&mut self, ticket: u64, frame: u64) {
        let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == ticket) else { return };
        if let Some((_, entries)) = self.waiting.remove(place) {
            self.write(frame, &entries);
        }
    }

    /// Writes lines for a frame.
    pub fn write(&mut self, frame: u64, entries: &[Entry]) {
        self.last = frame;
        let lines = entries.iter().map(|entry| serde_json::to_string(&Line::new(frame, entry)));
        let lines: Result<String, _> = lines.map(|line| line.map(|line| line + "\n")).collect();
        // One call of the system for all lines of a save: it is in the log as a whole or not at all.
        let written = lines.map_err(io::Error::from).and_then(|lines| self.file.write_all(lines.as_bytes()));
        if let Err(error) = written {
            self.error.get_or_insert(error);
        }
    }

    /// It was played up to a frame. Where nothing else was written for so many frames, that is: so a set that is cut off is
    /// known to have lasted until then. What it was when this was last called is past everything that can still come.
    pub fn played(&mut self, frame: u64, every: u64) {
        if self.is_complete() && self.played >= self.last + every {
            self.write(self.played, &[Entry::Played]);
        }
        self.played = frame;
    }

    /// The frame of the last line.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The first error since somebody asked.
    pub fn trouble(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "{\"aither\":1,\"rate\":48000,\"channels\":2}\n";

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.log");
        let mut writer = Writer::create(&path, Header::new(44_100, 2)).unwrap();
        let all = vec![
            Entry::Import { file: "lib/x.rhai".into(), text: "fn f() { 1 }\n".into() },
            Entry::Ruled(Ruling::Reclaimed, "pad".into()),
            Entry::Ruled(Ruling::Cured, "bass".into()),
            Entry::Ruled(Ruling::Cut, "lead".into()),
            Entry::Ruled(Ruling::Overloaded, "choir".into()),
            Entry::Edit { file: "a.rhai".into(), text: Some("\"\u{e9}\n".into()), verdict: Some(Verdict::Taken) },
            Entry::Edit { file: "b.rhai".into(), text: None, verdict: Some(Verdict::Refused("why".into())) },
            Entry::Command { words: "mute 'two words'".into(), verdict: None },
            Entry::Played,
        ];
        writer.expect(7, all.clone());
        assert!(!writer.is_complete());
        writer.on_air(7, 6400);
        writer.write(6464, &[Entry::End]);
        assert!(writer.is_complete() && writer.trouble().is_none() && writer.last() == 6464);
        let log = read(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(log.header, Header::new(44_100, 2));
        let entries = log.entries.iter().map(|(_, _, entry)| entry.clone()).collect::<Vec<_>>();
        assert_eq!(entries[..all.len()], all[..]);
        assert_eq!((log.entries.last().unwrap(), log.cut_off), (&(11, 6464, Entry::End), None));
    }

    #[test]
    fn a_log_goes_on_where_it_was_understood() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.log");
        let edit = "{\"frame\":64,\"file\":\"a.rhai\",\"text\":\"1\"}";
        for (text, kept) in [
            (format!("{HEAD}{edit}\n{{\"frame\":640,\"fi"), 1),
            (format!("{HEAD}{edit}"), 1),
            (format!("{HEAD}{edit}\n"), 1),
            (HEAD.to_owned(), 0),
        ] {
            std::fs::write(&path, &text).unwrap();
            let mut writer = Writer::go_on(&path, &read(text.as_bytes()).unwrap()).unwrap();
            assert_eq!(writer.last(), 64 * kept);
            writer.write(704, &[Entry::End]);
            let log = read(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!((log.cut_off, log.whole, log.last()), (None, true, 704), "{text}");
            assert_eq!(log.texts().into_iter().collect::<Vec<_>>(), [("a.rhai", "1")][..kept as usize]);
        }
    }

    #[test]
    fn a_line_that_is_cut_off_ends_the_log_and_a_wrong_one_refuses_it() {
        let edit = "{\"frame\":0,\"file\":\"a.rhai\",\"text\":\"\"}\n";
        let log = read(format!("{HEAD}{edit}{{\"frame\":640,\"fi").as_bytes()).unwrap();
        assert_eq!((log.entries.len(), log.cut_off), (1, Some(3)));
        // The last byte of a line may be missing and the line be whole.
        let log = read(format!("{HEAD}{}", edit.trim_end()).as_bytes()).unwrap();
        assert_eq!((log.entries.len(), log.cut_off), (1, None));
        for (bad, why) in [
            ("{\"frame\":640,\"fi\n{\"frame\":641,\"end\":true}\n", "EOF"),
            ("{\"file\":\"a\",\"text\":\"\"}\n", "no \"frame\""),
            ("{\"frame\":1,\"file\":\"a\"}\n", "without \"text\""),
            ("{\"frame\":1,\"file\":\"a\",\"text\":\"\",\"command\":\"quit\"}\n", "two things"),
            ("{\"frame\":1}\n", "neither"),
            ("{\"frame\":9,\"end\":true}\n{\"frame\":8,\"end\":true}\n", "frame 8 comes after frame 9"),
        ] {
            let refused = read(format!("{HEAD}{bad}").as_bytes()).unwrap_err();
            assert!(refused.why.contains(why), "{refused}");
        }
        assert!(read(b"{\"aither\":2,\"rate\":48000,\"channels\":2}\n").unwrap_err().why.contains("version 2"));
        assert!(read(b"").is_err() && read(b"RIFF").is_err());
    }
}
