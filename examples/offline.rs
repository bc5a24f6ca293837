//! Renders a script that stands in this file to a WAV file: the engine without device, folder or command line.
//!
//! `cargo run --release --example offline -- out.wav`

use std::path::{Path, PathBuf};

use aither::session::render::{Bits, Wav};
use aither::session::{Performance, Settings};
use aither::watch::{Change, What};

const SCRIPT: &str = r#"
    let beat = phasor(2);
    let env = decay(beat, 6);
    register("tone", pipe(
        saw(wave(0.5, [110, 110, 165, 131])),
        |x| lpf(x, 300 + env * 2500, 0.7),
        |x| gain(x, env * 0.4)
    ));
"#;

fn main() -> anyhow::Result<()> {
    let output = std::env::args().nth(1).map_or(PathBuf::from("offline.wav"), PathBuf::from);
    let settings = Settings::default();
    let (mut performance, mut player) = Performance::new(&settings, Path::new("."))?;
    let script = Change { path: "tone.rhai".to_owned(), what: What::Text(SCRIPT.to_owned()) };
    let report = performance.start(vec![script]);
    for error in report.files.iter().flat_map(|file| &file.errors) {
        eprintln!("{}", error.plain(|_| Some(SCRIPT)));
    }
    anyhow::ensure!(report.ok(), "the script is refused");

    let mut wav = Wav::create(&output, settings.rate, settings.channels, Bits::TwentyFour)?;
    for _ in 0..4 * settings.rate / 64 {
        performance.tick();
        wav.write(player.quantum(), 0..64)?;
    }
    wav.finish()?;
    println!("{}", output.display());
    Ok(())
}
