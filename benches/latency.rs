//! How long a save takes to be heard: a hundred saves of one file under the real `aither run`, median and worst. It judges
//! nothing.
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

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tone.rhai");
    save(&file, 0)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
    command.arg("run").arg(folder.path()).args(&words).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("AITHER_NAME", "latency");
    if words.is_empty() {
        command.env("ALSA_CONFIG_PATH", "/dev/null");
    }
    let mut child = command.spawn().context("aither")?;
    let measured = measure(&mut child, &file);
    child.kill()?;
    child.wait()?;
    let saves = measured?;
    println!("{SAVES} saves, in milliseconds:      median     worst");
    print("event to handed over", saves.iter().map(|save| save.handed_over));
    print("handed over to first frame", saves.iter().map(|save| save.first_frame));
    print("event to first frame", saves.iter().map(|save| save.handed_over + save.first_frame));
    print("write to report read", saves.iter().map(|save| save.outside));
    Ok(())
}

fn measure(child: &mut Child, file: &Path) -> anyhow::Result<Vec<Latency>> {
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
        save(file, nth)?;
        let line = loop {
            let Some(line) = lines.next().transpose()? else { bail!("aither ended after {} saves", saves.len()) };
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
    println!("  {what:<28}{:>9.1} {:>9.1}", times[times.len() / 2], times[times.len() - 1]);
}
