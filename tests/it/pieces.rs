//! The pieces in `scripts/pieces`, each with the fingerprint that is written down beside this file, and with what it is there to show.
//!
//! A fingerprint has a line for each half second: level of both sides, peak, centre of the spectrum, bands. With `UPDATE=1` it is
//! written anew; without one a piece fails.

use std::f64::consts::TAU;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aither::compile::BackEnd;
use aither::session::Settings;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use crate::session::{Set, signal, small};

const RATE: f64 = 48_000.0;
/// Lines of a fingerprint, and frames of a line.
const LINES: usize = 16;
const LINE: usize = 24_000;
/// Frames of a spectrum.
const WINDOW: usize = 4096;
/// Where the bands begin, in hertz; the last one ends at 24 kHz.
const BANDS: [f64; 9] = [0.0, 60.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0];
/// What is softer is silence.
const FLOOR: f64 = -90.0;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/pieces")
}

/// Every piece: its name and its text.
fn pieces() -> Vec<(String, String)> {
    let mut files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.sort();
    let name = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
}

/// The text of one piece.
fn piece(name: &str) -> String {
    fs::read_to_string(folder().join(name).with_extension("rhai")).unwrap()
}

/// The text with one line of it replaced.
fn with(text: &str, line: &str, other: &str) -> String {
    assert_eq!(text.matches(line).count(), 1, "{line}");
    text.replace(line, other)
}

fn settings() -> Settings {
    Settings { helper_memory: 16 << 20, ..small() }
}

/// A set that plays one piece, of which there is nothing to say.
fn playing(text: &str) -> Set {
    let mut set = Set::with(&settings());
    let report = set.start(&[("piece.rhai", text)]);
    assert!(report.ok(), "{}", report.json().join("\n"));
    assert!(report.files[0].warnings.is_empty(), "{:?}", report.files[0].warnings);
    set
}

fn decibels(power: f64) -> f64 {
    (10.0 * power.max(1e-30).log10()).max(FLOOR)
}

fn power(sound: &[f64]) -> f64 {
    sound.iter().map(|sample| sample * sample).sum::<f64>() / sound.len() as f64
}

fn peak(sound: &[f64]) -> f64 {
    sound.iter().fold(0.0, |peak: f64, sample| peak.max(sample.abs()))
}

/// The power in each bin, over windows that overlap by half.
fn spectrum(sound: &[f64]) -> Vec<f64> {
    let fft = FftPlanner::new().plan_fft_forward(WINDOW);
    let hann = |at: usize| 0.5 - 0.5 * (TAU * at as f64 / WINDOW as f64).cos();
    let mut sum = vec![0.0; WINDOW / 2];
    let starts = (0..=sound.len() - WINDOW).step_by(WINDOW / 2).collect::<Vec<_>>();
    for &start in &starts {
        let windowed = sound[start..start + WINDOW].iter().enumerate();
        let mut bins = windowed.map(|(at, sample)| Complex::new(sample * hann(at), 0.0)).collect::<Vec<_>>();
        fft.process(&mut bins);
        // A sine of amplitude 1 has a power of 1/2, three eighths of which the window leaves, over both halves.
        let scale = 2.0 / (0.375 * (WINDOW * WINDOW) as f64 * starts.len() as f64);
        sum.iter_mut().zip(&bins).for_each(|(sum, bin)| *sum += bin.norm_sqr() * scale);
    }
    sum
}

/// A line for each half second: levels left and right, peak, centre in hertz, bands.
fn fingerprint(sound: &[Vec<f64>]) -> String {
    let mut text = String::new();
    for at in (0..sound[0].len()).step_by(LINE) {
        let [left, right] = [&sound[0][at..at + LINE], &sound[1][at..at + LINE]];
        let both = left.iter().zip(right).map(|(left, right)| (left + right) / 2.0).collect::<Vec<_>>();
        let bins = spectrum(&both);
        let hertz = |bin: usize| bin as f64 * RATE / WINDOW as f64;
        let all = bins.iter().sum::<f64>().max(1e-30);
        let centre = bins.iter().enumerate().map(|(bin, power)| hertz(bin) * power).sum::<f64>() / all;
        let loudest = peak(left).max(peak(right));
        let levels = [power(left), power(right), loudest * loudest].map(|power| format!("{:6.1}", decibels(power)));
        write!(text, "{:4.1} {} {:5.0} ", (at + LINE) as f64 / RATE, levels.join(" "), centre).unwrap();
        let ends = BANDS[1..].iter().chain(&[f64::INFINITY]);
        for (low, high) in BANDS.iter().zip(ends) {
            let within = |(bin, _): &(usize, &f64)| (*low..*high).contains(&hertz(*bin));
            let band = bins.iter().enumerate().filter(within).map(|(_, power)| power).sum();
            write!(text, " {:5.1}", decibels(band)).unwrap();
        }
        text.push('\n');
    }
    text
}

/// Where a fingerprint is another one: by more than 0.2 dB, or 2 % of the centre.
fn differs(found: &str, wanted: &str) -> Option<String> {
    let numbers = |line: &str| line.split_whitespace().map(|word| word.parse().unwrap()).collect::<Vec<f64>>();
    if found.lines().count() != wanted.lines().count() {
        return Some(format!("{} lines instead of {}", found.lines().count(), wanted.lines().count()));
    }
    found.lines().zip(wanted.lines()).find_map(|(found, wanted)| {
        let (a, b) = (numbers(found), numbers(wanted));
        let far =
            |(at, (a, b)): (usize, (&f64, &f64))| (a - b).abs() > if at == 4 { 0.02 * b.abs() + 2.0 } else { 0.2001 };
        let other = a.len() != b.len() || a.iter().zip(&b).enumerate().any(far);
        other.then(|| format!("found    {found}\nexpected {wanted}"))
    })
}

#[test]
fn each_piece_sounds_as_it_is_written_down() {
    let update = std::env::var_os("UPDATE").is_some();
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pieces");
    let (mut wrong, mut names) = (String::new(), Vec::new());
    for (name, text) in pieces() {
        let sound = playing(&text).play(LINES * LINE);
        let loudest = peak(&sound[0]).max(peak(&sound[1]));
        assert!((0.05..0.95).contains(&loudest), "{name} has a peak of {loudest}");
        let (found, file) = (fingerprint(&sound), goldens.join(&name).with_extension("txt"));
        if update {
            fs::create_dir_all(&goldens).unwrap();
            fs::write(&file, found).unwrap();
        } else {
            let wanted = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{name} has no fingerprint: UPDATE=1"));
            if let Some(difference) = differs(&found, &wanted) {
                writeln!(wrong, "{name}:\n{difference}").unwrap();
            }
        }
        names.push(name + ".txt");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let mut there = fs::read_dir(&goldens)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    there.sort();
    assert_eq!(there, names, "a fingerprint without a piece");
}

#[test]
fn each_piece_is_the_same_bits_with_the_oracle() {
    for (name, text) in pieces() {
        let sound = |back_end: BackEnd| {
            let mut set = Set::with(&Settings { back_end, ..settings() });
            assert!(set.start(&[("piece.rhai", &text)]).ok(), "{name}");
            set.play(20 * 64)
        };
        assert!(sound(BackEnd::Auto) == sound(BackEnd::Oracle), "{name}");
    }
}

#[test]
fn the_vortex_comes_in_four_seconds_and_goes_in_six_while_its_tail_is_edited() {
    let text = piece("a02-vortex");
    let mut set = playing(&text);
    let second = 750 * 64;
    set.play(5 * second);
    let before = set.play(64);
    let report = set.saves(&[("piece.rhai", Some(&with(&text, "let spin = 0.31;", "let spin = 0.11;")))]);
    assert!(signal(&report, "vortex").helpers.iter().all(|helper| helper.status == "kept"), "the tail goes on");
    let after = set.play(64);
    assert!((after[0][0] - before[0][63]).abs() < 0.05, "{} {}", before[0][63], after[0][0]);
    set.saves(&[("piece.rhai", None)]);
    let going = set.play(7 * second);
    let sounds = |at: usize| going[0][at..at + second / 2].iter().any(|sample| sample.abs() > 1e-4);
    assert!(sounds(0) && sounds(5 * second) && !sounds(6 * second + 128));
}

#[test]
fn aurora_keeps_a_quarter_of_a_turn_between_its_sides() {
    let text = piece("a03-aurora");
    let mut set = playing(&text);
    let quanta = 3750;
    let stems = set.stems(quanta);
    for (name, most) in [("aurora", 0.05), ("scope-fold", 0.05), ("lissajous", 0.1)] {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for quantum in stems[name].chunks(128) {
            left.extend_from_slice(&quantum[..64]);
            right.extend_from_slice(&quantum[64..]);
        }
        let product = left.iter().zip(&right).map(|(left, right)| left * right).sum::<f64>() / left.len() as f64;
        let likeness = product / (power(&left) * power(&right)).sqrt();
        assert!(likeness.abs() < most, "{name}: {likeness}");
    }
}

#[test]
fn the_parts_of_doof_keep_what_the_console_set_over_edits() {
    let text = piece("a05-doof");
    let mut set = playing(&text);
    set.play(9600);
    let words = ["mute doof-hats", "mute riser", "gain bass 0.25"];
    words.iter().for_each(|word| assert!(set.tell(word).is_ok(), "{word}"));
    set.play(4800);
    // A bar, so that every part has something to play.
    let before = set.stems(1290);
    set.saves(&[("piece.rhai", Some(&with(&text, "osc(0.731)", "osc(0.537)")))]);
    set.play(4800);
    let after = set.stems(1290);
    for (name, stem) in &after {
        let silent = ["doof-hats", "riser"].contains(&name.as_str());
        assert_eq!(peak(stem) == 0.0, silent, "{name}");
        let change = decibels(power(stem)) - decibels(power(&before[name]));
        assert!(silent || name == "lead" || change.abs() < 3.0, "{name} changed by {change} dB");
    }
    assert_eq!(after.len(), 6);
}

#[test]
fn the_parts_of_cathedral_count_from_where_their_line_appeared_through_six_saves() {
    let text = piece("a06-cathedral");
    let starts = (1..=6).map(|number| text.find(&format!("\n// {number}. ")).unwrap()).chain([text.len()]);
    let ends = starts.collect::<Vec<_>>();
    // The counters are heard as they are.
    let audible = |upto: usize| {
        let sections = &text[..ends[upto]];
        let counters = (1..=upto).map(|n| format!("register(\"count {n}\", since() * 0.0001);\n")).collect::<String>();
        format!("{sections}\n{counters}")
    };
    let mut set = Set::with(&settings());
    assert!(set.start(&[("piece.rhai", &audible(1))]).ok());
    let each = 750;
    for upto in 2..=7 {
        let stems = set.stems(each);
        for number in 1..upto {
            let heard = &stems[&format!("count {number}")];
            let age = (heard.len() / 128 + (upto - 1 - number) * each) * 64;
            let last = *heard.last().unwrap();
            let wanted = (age - 1) as f64 / RATE * 0.0001;
            assert!((last - wanted).abs() < 1e-12, "counter {number} after {} saves: {last}, not {wanted}", upto - 1);
        }
        if upto == 7 {
            break;
        }
        let report = set.saves(&[("piece.rhai", Some(&audible(upto)))]);
        for number in 1..upto {
            let name = format!("count {number}");
            assert!(signal(&report, &name).helpers.iter().all(|helper| helper.status == "kept"), "{name}");
        }
    }
    let parts = set.performance.playing().filter(|(name, ..)| !name.starts_with("count")).count();
    assert_eq!(parts, 23);
}

#[test]
fn retreat_is_there_for_twenty_minutes_and_ends() {
    let text = piece("a08-retreat");
    let level = |start: usize| {
        let text = with(&text, "let start = 0;", &format!("let start = {start};"));
        let sound = playing(&text).play(96_000);
        decibels(power(&sound[0][48_000..]))
    };
    for start in [10, 190, 390, 590, 790, 990, 1150] {
        let found = level(start);
        assert!((-45.0..-15.0).contains(&found), "{found} dB at {start} s");
    }
    assert_eq!(level(1200), FLOOR);
}

#[test]
fn the_swarm_is_eight_voices_of_sixteen_bent_partials_and_leaves_out_what_nobody_could_hear() {
    let text = piece("a09-fm-swarm");
    let mut set = Set::with(&settings());
    let report = set.start(&[("piece.rhai", &text)]);
    let oscillators = signal(&report, "swarm").helpers.iter().filter(|helper| helper.key.starts_with("swarm_osc_"));
    assert!(oscillators.count() >= 8 * 16 * 2);
    let high = with(&text, "poly(8, notes, gate,", "poly(8, 25000, gate,");
    assert_eq!(peak(&playing(&high).play(48_000)[0]), 0.0);
}

#[test]
fn no_setting_of_acid_state_blows_up() {
    let text = piece("a10-acid-state");
    let knobs = ["way", "cutoff", "ring", "env", "drive", "crush", "echo", "pattern"];
    let mut dice = crate::stand::Dice::new(10);
    let mut settings = vec![vec![0.0; 8], vec![1.0; 8]];
    for knob in 0..8 {
        for value in [0.0, 1.0] {
            let mut setting = vec![0.5; 8];
            setting[knob] = value;
            settings.push(setting);
        }
    }
    settings.extend((0..16).map(|_| (0..8).map(|_| dice.within(0.0, 1.0)).collect()));
    for setting in settings {
        let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        for (knob, value) in knobs.iter().zip(&setting) {
            let line = lines.iter_mut().find(|line| line.starts_with(&format!("let {knob} = "))).unwrap();
            *line = format!("let {knob} = {value:?};");
        }
        let mut set = playing(&lines.join("\n"));
        let stems = set.stems(375);
        let loudest = stems.values().map(|stem| peak(stem)).sum::<f64>();
        assert!((0.01..4.0).contains(&loudest), "{setting:?}: {loudest}");
    }
}

#[test]
fn of_the_lower_sideband_nothing_is_left_and_the_octaves_are_locked() {
    let mut set = playing(&piece("a13-mandelbrot"));
    let stems = set.stems(1500);
    let left = |name: &str| stems[name].chunks(128).flat_map(|quantum| quantum[..64].to_vec()).collect::<Vec<_>>();
    let strength = |sound: &[f64], tone: f64| {
        let sum = sound.iter().enumerate().map(|(at, sample)| {
            let window = 0.5 - 0.5 * (TAU * at as f64 / sound.len() as f64).cos();
            Complex::from_polar(sample * window, -TAU * tone * at as f64 / RATE)
        });
        decibels(sum.sum::<Complex<f64>>().norm_sqr() / sound.len() as f64)
    };
    let sideband = left("ssb");
    let (upper, lower) = (strength(&sideband, 257.0), strength(&sideband, 183.0));
    assert!(lower < upper - 80.0, "{lower} dB beside {upper}");
    let octaves = left("octaves");
    for tone in [130.81, 261.62, 523.24, 1046.48] {
        assert!(strength(&octaves, tone) > strength(&octaves, tone * 1.03) + 40.0, "{tone} Hz");
    }
}

#[test]
fn no_two_scripts_that_come_along_want_the_same_name() {
    let scripts = folder().parent().unwrap().to_owned();
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_aither")).arg("check").arg(scripts).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
