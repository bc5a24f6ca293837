//! A set as it is played: the program `aither run` on a folder of scripts that are edited meanwhile, and the same set
//! rendered without a clock, to compare. It knows no device; the rigs bring one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use aither::session::{Performance, Settings};
use aither::watch::{Change, What};

use crate::rig::{Playing, RISE};

/// A tone on the left channel that no test edits; the limiter leaves this level alone.
pub const SINE: (&str, &str) = ("sine.rhai", "register(\"sine\", [osc(220) * 0.25, 0]);");
/// The number of each frame, from one, on the right channel; a float holds it exactly and the limiter leaves it alone.
pub const RULER: (&str, &str) = ("ruler.rhai", "register(\"ruler\", |s| [0, (s.frame + 1) / 4194304]);");
/// The number that the ruler divides by.
const MARKS: f64 = 4_194_304.0;
/// Level of the tones.
pub const LEVEL: f64 = 0.25;

/// A tone on the right channel, for editing.
pub fn tone(hz: u32) -> String {
    format!("register(\"tone\", [0, osc({hz}) * {LEVEL}]);")
}

/// A folder of scripts.
pub struct Scripts {
    folder: tempfile::TempDir,
}

impl Scripts {
    /// A folder with these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let scripts = Self { folder: tempfile::tempdir().expect("a folder for the scripts") };
        files.iter().for_each(|(name, text)| scripts.overwrite(name, text));
        scripts
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Saves as most editors do: a new file takes the old one's name.
    pub fn replace(&self, name: &str, text: &str) {
        let fresh = self.at(&format!(".{name}.new"));
        fs::write(&fresh, text).and_then(|()| fs::rename(fresh, self.at(name))).expect("a save");
    }

    /// Saves as vim does: the old file is emptied and written anew.
    pub fn overwrite(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("a save");
    }

    /// Deletes a file.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.at(name)).expect("a file");
    }

    /// The real program on this folder.
    pub fn run(&self, words: &[&str]) -> Command {
        let mut command = aither(&["run"]);
        command.arg(self.path()).args(words);
        command
    }
}

/// The real program, with nothing of the machine's settings and a name of its own.
pub fn aither(words: &[&str]) -> Command {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    command.env("AITHER_NAME", format!("test-{}-{count}", std::process::id()));
    for setting in ["AITHER_HELPER_MEMORY", "AITHER_MAX_SIGNALS", "AITHER_CODE_MEMORY", "AITHER_FADE_MEMORY"] {
        command.env_remove(setting);
    }
    command.args(words);
    command
}

/// Waits for the next report of a save, and gives the frame at which it came on air.
pub fn on_air(playing: &mut Playing) -> u64 {
    let line = playing.wait_for("on air at frame ");
    let frame = line.rsplit(' ').next().and_then(|number| number.parse().ok());
    frame.unwrap_or_else(|| panic!("no frame in {line:?}"))
}

/// A save of one file at a frame; without a text the file is deleted.
pub struct Edit<'a> {
    pub frame: u64,
    pub file: &'a str,
    pub text: Option<&'a str>,
}

/// What a set with these edits is, rendered offline: as many frames as are wanted.
pub fn offline(files: &[(&str, &str)], edits: &[Edit], frames: usize) -> Vec<[f32; 2]> {
    let change = |file: &str, text: Option<&str>| {
        let what = text.map_or(What::Removed, |text| What::Text(text.to_owned()));
        Change { path: file.to_owned(), what }
    };
    let (mut performance, mut player) = Performance::new(&Settings::default(), Path::new(".")).expect("a performance");
    let mut files: Vec<_> = files.iter().map(|(file, text)| change(file, Some(text))).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(performance.start(files).ok());
    let (mut edits, mut played) = (edits.iter().peekable(), Vec::with_capacity(frames + 64));
    while played.len() < frames {
        while let Some(edit) = edits.next_if(|edit| edit.frame <= player.frame()) {
            assert!(performance.save(vec![change(edit.file, edit.text)]).report.ok());
        }
        let master = player.quantum();
        let (left, right) = master.split_at(master.len() / 2);
        played.extend(left.iter().zip(right).map(|(left, right)| [*left as f32, *right as f32]));
        performance.tick();
    }
    played.truncate(frames);
    played
}

/// A take from the first frame of a set on. The first sample that is not silence must be in the set's first second.
pub fn from_first_frame<'a>(take: &'a [[f32; 2]], set: &[[f32; 2]]) -> &'a [[f32; 2]] {
    let sounds = |frame: &[f32; 2]| *frame != [0.0; 2];
    let lead = set.iter().position(sounds).expect("a set that sounds");
    &take[take.iter().position(sounds).expect("a take that sounds") - lead..]
}

/// The number of a frame of a set with the ruler.
pub fn number(frame: &[f32; 2]) -> u64 {
    (f64::from(frame[1]) * MARKS) as u64 - 1
}

/// Where a take with the ruler is as loud as the set, which may have been under way when the device came; and the number of
/// the frame there.
pub fn first_frame(take: &[[f32; 2]]) -> (usize, u64) {
    let start = RISE + take.iter().position(|frame| frame[1] != 0.0).expect("the ruler");
    (start, number(&take[start]))
}

/// Panics at the first frame that differs in a single bit.
pub fn assert_same(played: &[[f32; 2]], expected: &[[f32; 2]]) {
    let bits = |frame: &[f32; 2]| frame.map(f32::to_bits);
    let differ = played.iter().zip(expected).position(|(played, expected)| bits(played) != bits(expected));
    if let Some(frame) = differ {
        panic!("frame {frame} is {:?} and should be {:?}", played[frame], expected[frame]);
    }
    assert!(played.len() <= expected.len(), "{} frames were played, {} expected", played.len(), expected.len());
}
