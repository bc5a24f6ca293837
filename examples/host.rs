//! A host with an audio callback of its own: the player renders on one thread while this one edits the script.
//!
//! `cargo run --release --example host`
//!
//! The callback here is a thread that keeps time; in a plug-in or a game it is whatever asks for samples.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aither::device::Source;
use aither::session::{Performance, Settings};
use aither::watch::{Change, What};

fn script(cutoff: u32) -> Vec<Change> {
    let text = format!("register(\"bass\", saw(55).lpf({cutoff}, 0.6).gain(0.3));");
    vec![Change { path: "bass.rhai".to_owned(), what: What::Text(text) }]
}

fn main() -> anyhow::Result<()> {
    let settings = Settings { channels: 2, ..Settings::default() };
    let (mut performance, mut player) = Performance::new(&settings, Path::new("."))?;
    performance.start(script(400));

    let ended = Arc::new(AtomicBool::new(false));
    let peak = Arc::new(AtomicU32::new(0));
    let audio = {
        let (ended, peak) = (ended.clone(), peak.clone());
        std::thread::spawn(move || {
            let mut block = [0.0_f32; 2 * 256];
            while !ended.load(Ordering::Relaxed) {
                // Any length will do: the samples are the same.
                player.render(&mut block, 2);
                let loudest = block.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
                peak.store(loudest.to_bits(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_micros(256 * 1_000_000 / 48_000));
            }
        })
    };
    for cutoff in [400, 800, 1600, 3200] {
        let saved = performance.save(script(cutoff));
        print!("{}", saved.report.plain());
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(5));
            // Takes old programs home, so that they are freed here and not over there.
            performance.tick();
        }
        println!("  peak {:.3}", f32::from_bits(peak.load(Ordering::Relaxed)));
    }
    ended.store(true, Ordering::Relaxed);
    audio.join().expect("the audio thread ends in peace");
    Ok(())
}
