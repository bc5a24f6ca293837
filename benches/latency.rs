//! How long a save takes to be heard: a hundred saves of one file under the real `aither run`, and of one signal among many.
//! It judges nothing.
//!
//! `cargo bench --bench latency` plays on the null clock. Words after `--` go to `aither run`, which then plays on the
//! machine's own device: `cargo bench --bench latency -- --buffer 128`.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How many saves are measured; some before them warm up.
const SAVES: usize = 100;
/// Saves before the measurement.
const WARM_UP: usize = 5;
/// From one report to the next save, at least: nobody saves faster, and the fade of the save before is over.
const PAUSE: Duration = Duration::from_millis(50);
/// Milliseconds over which saves are spread, a block of the device, so that none of its moments is favoured.
const SPREAD: u64 = 11;

/// One save, in milliseconds.
struct Latency {
    /// From the file's first event to the hand-over to the audio thread.
    handed_over: f64,
    /// From there to the first frame of the new sound.
    first_frame: f64,
    /// From before the file was written to the report's last line, measured out here.
    outside: f64,
}

/// Many signals, one of which is edited.
struct Crowd {
    name: &'static str,
    signals: usize,
    files: usize,
    /// What the edited one is, from save to save.
    edited: fn(usize) -> String,
}

const CROWDS: [Crowd; 5] = [
    Crowd { name: "a number, 100 in one file", signals: 100, files: 1, edited: of_number },
    Crowd { name: "a number, 100 in 100 files", signals: 100, files: 100, edited: of_number },
    Crowd { name: "a number, 1000 in one file", signals: 1000, files: 1, edited: of_number },
    Crowd { name: "the structure, 1000 in one file", signals: 1000, files: 1, edited: of_structure },
    Crowd { name: "the structure, 1000 in 50 files", signals: 1000, files: 50, edited: of_structure },
];

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tone.rhai");
    save(&file, 0)?;
    let saves = play(folder.path(), &words, |nth| save(&file, nth))?;
    println!("{SAVES} saves, in milliseconds:        least    median     worst");
    print("event to handed over", saves.iter().map(|save| save.handed_over));
    print("handed over to first frame", saves.iter().map(|save| save.first_frame));
    print("event to first frame", saves.iter().map(|save| save.handed_over + save.first_frame));
    print("write to report read", saves.iter().map(|save| save.outside));
    println!("one of many, event to handed over:");
    for crowd in CROWDS {
        let folder = tempfile::tempdir()?;
        (0..crowd.files).try_for_each(|file| crowd.save(folder.path(), file, 0))?;
        let saves = play(folder.path(), &words, |nth| crowd.save(folder.path(), 0, nth))?;
        print(crowd.name, saves.iter().map(|save| save.handed_over));
    }
    Ok(())
}

impl Crowd {
    /// Writes one of the files.
    fn save(&self, folder: &Path, file: usize, nth: usize) -> anyhow::Result<()> {
        let each = self.signals / self.files;
        let one = |number: usize| match number {
            0 => (self.edited)(nth),
            _ => signal(number, 40 + 7 * number % 3000, ""),
        };
        let text = (file * each..(file + 1) * each).map(one).collect::<String>();
        std::fs::write(folder.join(format!("f{file:04}.rhai")), text).context("a save")
    }
}

fn of_number(nth: usize) -> String {
    signal(0, 100 + nth, "")
}

/// Another shape in each save, so that each makes code.
fn of_structure(nth: usize) -> String {
    signal(0, 100, &(0..7).map(|bit| [".gain(0.9)", ".tanh()"][(nth >> bit) & 1]).collect::<String>())
}

fn signal(number: usize, hz: usize, more: &str) -> String {
    let (cutoff, rate) = (400 + 40 * (number % 90), 0.5 + 0.05 * (number % 50) as f64);
    format!("register(\"p-{number}\", (saw({hz}).lpf({cutoff}, 0.3) * (0.75 + 0.25 * osc({rate:?}))){more} * 0.001);\n")
}

/// Plays a folder and saves again and again.
fn play(folder: &Path, words: &[String], save: impl Fn(usize) -> anyhow::Result<()>) -> anyhow::Result<Vec<Latency>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    command.arg("run").arg(folder).args(words).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("AITHER_NAME", "latency");
    if words.is_empty() {
        command.env("ALSA_CONFIG_PATH", "/dev/null");
    }
    let mut child = command.spawn().context("aither")?;
    let measured = measure(&mut child, save);
    child.kill()?;
    child.wait()?;
    measured
}

fn measure(child: &mut Child, save: impl Fn(usize) -> anyhow::Result<()>) -> anyhow::Result<Vec<Latency>> {
    let output = child.stdout.take().context("its output")?;
    let mut lines = BufReader::new(output).lines();
    for line in &mut lines {
        if line?.contains("helper memory ") {
            break;
        }
    }
    // The watcher and the clock are started after the first report.
    std::thread::sleep(Duration::from_secs(2));
    let mut saves = Vec::new();
    for nth in 1..=WARM_UP + SAVES {
        let begun = Instant::now();
        save(nth)?;
        let line = loop {
            let Some(line) = lines.next().transpose()? else { bail!("aither ended after {} saves", saves.len()) };
            if line.contains("refused, the old sound goes on") {
                bail!("{line}");
            }
            if line.contains("handed over") {
                break line;
            }
        };
        let outside = begun.elapsed().as_secs_f64() * 1000.0;
        let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [handed_over, first_frame, ..] = numbers[..] else { bail!("not understood: {line}") };
        saves.push(Latency { handed_over, first_frame, outside });
        std::thread::sleep(PAUSE + Duration::from_millis(nth as u64 * 7 % SPREAD));
    }
    Ok(saves.split_off(WARM_UP))
}

/// Saves another version of the script, as an editor does.
fn save(file: &Path, nth: usize) -> anyhow::Result<()> {
    let hz = 220 + nth;
    let text = format!(
        "let beat = phasor(2);\nregister(\"bass\", saw({hz}).lpf(300 + 2000 * decay(beat, 8), 0.6).gain(0.3));\n\
         register(\"own\", |s| {{ s.state[0] = (s.state[0] + {hz} / s.sr) % 1.0; sin(s.state[0] * TAU) * 0.2 }});\n"
    );
    std::fs::write(file, text).context("a save")
}

fn print(what: &str, times: impl Iterator<Item = f64>) {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    let [least, median, worst] = [0, times.len() / 2, times.len() - 1].map(|nth| times[nth]);
    println!("  {what:<32}{least:>7.1} {median:>9.1} {worst:>9.1}");
}
