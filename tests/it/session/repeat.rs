//! Same edits, same bits: on a second run, with the other back end, beside other signals.

use std::path::{Path, PathBuf};

use aither::compile::BackEnd;
use aither::session::performance::Performance;
use aither::session::{Settings, render};
use aither::watch;

use super::{Set, same};

const EDITS: [&str; 4] = [
    "register(\"a\", saw(110).lpf(900, 0.5).delay(0.4, 0.13).gain(0.2));\nregister(\"n\", noise().gain(0.1));",
    "register(\"a\", saw(112).lpf(700, 0.5).delay(0.4, 0.13).gain(0.2));\nregister(\"n\", noise().gain(0.1));",
    "register(\"a\", mix(tri(112), noise()).lpf(700, 0.5).gain(0.2));",
    "unregister(\"a\");\nregister(\"n\", noise().gain(0.1));\nregister(\"z\", |s| sin(TAU * 220 * s.t) * 0.1);",
];

#[test]
fn a_fresh_engine_with_the_same_edits_gives_the_same_bits() {
    let play = || {
        let mut set = Set::of(&[("a.rhai", EDITS[0])]);
        let mut sound = vec![set.play(3200)];
        for text in EDITS.iter().skip(1).chain(&EDITS) {
            set.saves(&[("a.rhai", Some(text))]);
            sound.push(set.play(1600));
        }
        sound
    };
    for (one, other) in play().iter().zip(&play()) {
        same(one, other);
    }
}

/// Every script below a folder that is no library.
fn scripts(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let all = watch::scan(&root).unwrap().into_iter().map(|change| change.path);
    let scripts = all.filter(|path| !path.starts_with("lib/")).map(|path| root.join(path)).collect::<Vec<_>>();
    assert!(scripts.len() > 4, "the scripts of {folder} were not found");
    scripts
}

fn sound(script: &Path, back_end: BackEnd, frames: usize) -> Vec<Vec<f64>> {
    let settings = Settings { back_end, max_signals: 4096, ..Settings::default() };
    let (mut performance, mut player) = Performance::new(&settings, script).unwrap();
    let report = performance.start(watch::scan(script).unwrap());
    assert!(report.ok(), "{}: {}", script.display(), report.json().join("\n"));
    render::to_memory(&mut performance, &mut player, frames)
}

fn both(folder: &str, frames: usize) {
    for script in scripts(folder) {
        let (wanted, found) = (sound(&script, BackEnd::Oracle, frames), sound(&script, BackEnd::Cranelift, frames));
        for (channel, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
            let differs = wanted.iter().zip(found).position(|(wanted, found)| wanted.to_bits() != found.to_bits());
            assert!(differs.is_none(), "{}: channel {channel}, frame {}", script.display(), differs.unwrap());
        }
        assert!(wanted[0].iter().any(|sample| *sample != 0.0), "{} is silent", script.display());
    }
}

#[test]
fn the_small_scripts_are_the_same_bits_with_the_oracle_and_as_machine_code() {
    both("examples/scripts", 48_000);
}

#[test]
fn the_set_is_the_same_bits_with_the_oracle_and_as_machine_code() {
    both("scripts/set", 48_000);
}

#[test]
fn the_patches_of_the_bench_are_the_same_bits_with_the_oracle_and_as_machine_code() {
    both("benches/patches", 1280);
}
