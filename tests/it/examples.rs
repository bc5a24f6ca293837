//! The programs in `examples/` are run as their heads say. What they show is judged by what they leave behind.

use std::path::PathBuf;
use std::process::Command;

/// A program of `examples/`, which `cargo test` builds and `cargo test --test it` does not.
fn example(name: &str) -> Option<PathBuf> {
    let here = std::env::current_exe().expect("the test binary has a path");
    let program = here.parent().and_then(|deps| deps.parent()).expect("it lies in deps").join("examples").join(name);
    if program.exists() {
        return Some(program);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not built", program.display());
    eprintln!("skipped: {} is not built; `cargo test` builds it", program.display());
    None
}

#[test]
fn a_program_renders_a_script_that_stands_in_it() {
    let Some(program) = example("offline") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.wav");
    assert!(Command::new(program).arg(&output).status().unwrap().success());
    let mut wav = hound::WavReader::open(&output).unwrap();
    assert_eq!((wav.spec().channels, wav.spec().sample_rate, wav.duration()), (2, 48_000, 4 * 48_000));
    let peak = wav.samples::<i32>().map(|sample| sample.unwrap().unsigned_abs()).max().unwrap();
    assert!((0.05..1.0).contains(&(f64::from(peak) / 8_388_607.0)), "{peak}");
}

#[test]
fn a_host_with_a_callback_of_its_own_edits_while_it_plays() {
    let Some(program) = example("host") else { return };
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.matches("  changed    bass").count(), 3, "{said}");
    assert_eq!(said.matches("  untouched  bass").count(), 1, "{said}");
    assert!(
        said.lines().filter(|line| line.starts_with("  peak 0.") && *line != "  peak 0.000").count() == 4,
        "{said}"
    );
}
