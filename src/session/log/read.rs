//! Reads an edit log, up to a last line that is torn. It judges lines and not what they ask for.

use std::collections::BTreeMap;

use super::{Entry, Header, Line, VERSION};

/// A log that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// What holds for the whole performance.
    pub header: Header,
    /// What happened, with its frame and the number of its line, from 1.
    pub entries: Vec<(usize, u64, Entry)>,
    /// The number of the line that is cut off, if the last one is.
    pub cut_off: Option<usize>,
    /// Bytes of all that was understood.
    pub bytes: u64,
    /// Whether its last line has its end.
    pub whole: bool,
}

impl Log {
    /// The frame of its last entry.
    pub fn last(&self) -> u64 {
        self.entries.last().map_or(0, |(_, frame, _)| *frame)
    }

    /// The last texts of its files, those that were imported only left out.
    pub fn texts(&self) -> BTreeMap<&str, &str> {
        let mut texts = BTreeMap::new();
        for (_, _, entry) in &self.entries {
            if let Entry::Edit { file, text, .. } = entry {
                match text {
                    Some(text) => _ = texts.insert(file.as_str(), text.as_str()),
                    None => _ = texts.remove(file.as_str()),
                }
            }
        }
        texts
    }
}

/// Why a log cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Unreadable {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// Reads a log.
///
/// # Errors
/// When a line makes no sense, unless it is the last one and was cut off.
pub fn read(text: &[u8]) -> Result<Log, Unreadable> {
    let mut lines = text.split(|&byte| byte == b'\n').enumerate().map(|(number, line)| (number + 1, line));
    let refuse = |line, why: String| Unreadable { line, why };
    let first = lines.next().map_or(&[][..], |(_, line)| line);
    let header: Header = serde_json::from_slice(first).map_err(|_| {
        refuse(1, "this is no edit log: it begins with {\"aither\":1,\"rate\":…,\"channels\":…}".to_owned())
    })?;
    if header.aither != VERSION {
        return Err(refuse(1, format!("this log is of version {}, and {VERSION} is what is read here", header.aither)));
    }
    if !(8_000..=384_000).contains(&header.rate) || !(1..=64).contains(&header.channels) {
        return Err(refuse(1, "a rate of 8000 to 384000 and 1 to 64 channels are what can be played".to_owned()));
    }
    let whole = text.ends_with(b"\n");
    let last = text.split(|&byte| byte == b'\n').count();
    let mut log = Log { header, entries: Vec::new(), cut_off: None, bytes: text.len() as u64, whole };
    let mut latest = 0;
    for (number, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let entry = serde_json::from_slice::<Line>(line).map_err(|error| error.to_string()).and_then(Line::entry);
        let (frame, entry) = match entry {
            Ok(entry) => entry,
            Err(_) if number == last && !whole => {
                log.cut_off = Some(number);
                (log.bytes, log.whole) = ((text.len() - line.len()) as u64, true);
                break;
            }
            Err(why) => return Err(refuse(number, why)),
        };
        if frame < latest {
            return Err(refuse(number, format!("frame {frame} comes after frame {latest}")));
        }
        latest = frame;
        log.entries.push((number, frame, entry));
    }
    Ok(log)
}
