//! `aither audit` as a person meets it: what it prints, what it writes, how it ends.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

use aither::analysis::{Figures, Listener};
use aither::session::audit::{Drawing, Letters};

use crate::cli::{fails, folder, json, out};

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A second of a sine, as a file of 16 bits.
fn write_sine(path: &Path, hertz: f64, amplitude: f64) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    for frame in 0..44_100 {
        let sample = amplitude * (TAU * hertz * f64::from(frame) / 44_100.0).sin();
        file.write_sample((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).unwrap();
    }
    file.finalize().unwrap();
}

fn figures(sound: &[f64]) -> Figures {
    let mut listener = Listener::new(48_000.0, 1, sound.len() as u64);
    listener.hear(&[sound]);
    listener.figures()
}

#[test]
fn an_audit_tells_the_figures_of_the_master_and_of_each_signal() {
    let here = folder(&[(
        "a.rhai",
        "register(\"low\", osc(110).gain(0.25)); register(\"high\", [osc(880).gain(0.1), 0.05]);",
    )]);
    let told = json(&out(here.path(), &["audit", "a.rhai", "--seconds", "2", "--json"]));
    assert_eq!((&told["audit"], &told["rate"], &told["seconds"]), (&1.into(), &48_000.into(), &2.0.into()));
    let signals = told["signals"].as_array().unwrap();
    assert_eq!(signals.iter().map(|signal| &signal["name"]).collect::<Vec<_>>(), ["high", "low"]);
    let low = &signals[1];
    assert!((number(&low["peak_db"]) + 12.04).abs() < 0.01, "{low}");
    assert!((number(&low["pitch"]["hz"]) - 110.0).abs() < 0.01, "{low}");
    assert_eq!((&low["pitch"]["note"], &low["clipped_samples"]), (&"a2".into(), &0.into()));
    let high = &signals[0];
    assert!((number(&high["dc"][1]) - 0.05).abs() < 1e-6, "{high}");
    let tones = told["master"]["peaks"].as_array().unwrap();
    assert_eq!(tones.iter().map(|tone| &tone["note"]).collect::<Vec<_>>(), ["a2", "a5"]);
    // Each tone is in one channel out of two, or in both: half the power or all of it.
    assert!(
        (number(&tones[0]["db"]) + 12.04).abs() < 0.05 && (number(&tones[1]["db"]) + 23.01).abs() < 0.05,
        "{tones:?}"
    );
}

#[test]
fn an_audit_for_people_is_plain_where_it_is_piped() {
    let here = folder(&[("a.rhai", "register(\"hum\", osc(55).gain(0.5)); register(\"nothing\", 0);")]);
    let text = out(here.path(), &["audit", "a.rhai", "--seconds", "1"]);
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 110), "{text}");
    assert!(text.starts_with("a.rhai: 1.000 s, 48000 Hz, 2 channels\n\n   1.00\n"), "{text}");
    assert!(
        text.contains("\nhum         -6.0     -6.0     -9.0    -10.1        0      55 Hz  55.00 Hz (a1)\n"),
        "{text}"
    );
    assert!(text.contains("\nhum      54.99 Hz (a1) -6.0 dB\n"), "{text}");
    assert!(text.ends_with("\nnothing is silent\n"), "{text}");
}

#[test]
fn an_audit_of_a_file_measures_the_file() {
    let here = folder(&[]);
    write_sine(&here.path().join("a.wav"), 440.0, 2.0);
    let told = &json(&out(here.path(), &["audit", "a.wav", "--json"]));
    assert_eq!(
        (&told["rate"], &told["seconds"], &told["signals"]),
        (&44_100.into(), &1.0.into(), &serde_json::json!([]))
    );
    let master = &told["master"];
    assert!((number(&master["pitch"]["hz"]) - 440.0).abs() < 0.05 && number(&master["clips"]) >= 879.0, "{master}");
    let text = out(here.path(), &["audit", "a.wav", "--seconds", "0.5"]);
    assert!(text.starts_with("a.wav: 0.500 s, 44100 Hz, 1 channel\n"), "{text}");
    assert!(text.contains("\nmaster clips 440 times: "), "{text}");
    // The same samples whether they come from a script or from a file of floats.
    let here = folder(&[("b.rhai", "register(\"b\", saw(220).lpf(900, 0.3).gain(0.2));")]);
    out(here.path(), &["render", "b.rhai", "-o", "b.wav", "--seconds", "1"]);
    let [file, script] = [&["audit", "b.wav", "--json"][..], &["audit", "b.rhai", "--seconds", "1", "--json"]]
        .map(|arguments| json(&out(here.path(), arguments))["master"].clone());
    for field in ["peak_db", "true_peak_db", "rms_db", "lufs", "centroid_hz"] {
        assert!((number(&file[field]) - number(&script[field])).abs() < 1e-4, "{field}: {file} {script}");
    }
}

#[test]
fn a_report_is_one_file_that_needs_nothing_else() {
    let here = folder(&[("a.rhai", "register(\"a<b\", osc(220).gain(0.5));")]);
    out(here.path(), &["audit", "a.rhai", "--seconds", "0.5", "-o", "a.html"]);
    out(here.path(), &["audit", "a.rhai", "--seconds", "0.5", "-o", "a.svg"]);
    let [page, picture] = ["a.html", "a.svg"].map(|file| fs::read_to_string(here.path().join(file)).unwrap());
    for text in [&page, &picture] {
        assert!(text.contains("a&lt;b") && !text.contains("a<b"), "names are written as text");
        // Master and signal, a wave and a spectrum each: the grid and the curve.
        assert_eq!(text.matches("<path ").count(), 2 * 2 * 2);
        let links = text.replace("http://www.w3.org/2000/svg", "");
        assert!(["http", "src=", "href=", "url(", "@import"].iter().all(|link| !links.contains(link)), "no links");
    }
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<td>220.00 Hz (a3)</td>"), "{page}");
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert_eq!((picture.matches("<svg").count(), page.matches("<svg").count()), (1, 2));
}

#[test]
fn what_cannot_be_audited_is_refused_in_words() {
    let here =
        folder(&[("a.rhai", "register(\"a\", osc(1));"), ("b.rhai", "register(\"x\", oscc(1));"), ("c.wav", "RIFF")]);
    for (arguments, wanted) in [
        (
            &["audit", "a.rhai", "-o", "a.png"][..],
            "aither: a.png: a report is a page or a picture: end its name with .html or .svg\n",
        ),
        (&["audit", "a.rhai", "--seconds", "0"], "aither: --seconds 0 is no length\n"),
        (&["audit", "none.rhai"], "aither: there is no file or folder none.rhai\n"),
    ] {
        assert_eq!(fails(here.path(), arguments), (1, wanted.to_owned()));
    }
    let (code, err) = fails(here.path(), &["audit", "."]);
    assert!(code == 1 && err.starts_with("error: there is no function `oscc`"), "{err}");
    for file in ["c.wav", "none.wav"] {
        let (code, err) = fails(here.path(), &["audit", file]);
        assert!(code == 1 && err.starts_with(&format!("aither: cannot read {file}: ")), "{err}");
    }
    let (code, err) =
        fails(here.path(), &["audit", "a.rhai", "--seconds", "0.1", "-o", "nowhere/a.svg", "--json"].map(|word| word));
    assert!(code == 1 && err.starts_with("aither: cannot write nowhere/a.svg"), "{err}");
}

#[test]
fn a_wave_is_drawn_from_its_least_to_its_largest_sample() {
    let square = (0..48_000).map(|frame| if frame < 24_000 { 0.5 } else { -1.0 }).collect::<Vec<_>>();
    let figures = figures(&square);
    let plain = Drawing { letters: Letters::Plain, width: 40 }.wave(&figures.wave, 1.0);
    let (left, right) = (" ".repeat(16), "\u{2580}".repeat(16));
    assert_eq!(plain[0], "   1.00");
    assert_eq!(plain[1], format!("        {}", ".".repeat(16)));
    assert_eq!(plain[7], format!("  -1.00 {left}{}", ".".repeat(16)));
    assert_eq!(plain[8], format!("        0{}1.000 s", " ".repeat(24)));
    let blocks = Drawing { letters: Letters::Blocks, width: 40 }.wave(&figures.wave, 1.0);
    assert_eq!(blocks[1], format!("        {}", "▄".repeat(16)));
    assert_eq!(blocks[7], format!("  -1.00 {left}{}", "▄".repeat(16)));
    assert_ne!(blocks[1], right);
}

#[test]
fn a_spectrum_is_drawn_by_octaves_with_its_peak_where_the_tone_is() {
    let tone = (0..96_000).map(|frame| (TAU * 1000.0 * f64::from(frame) / 48_000.0).sin()).collect::<Vec<_>>();
    let figures = figures(&tone);
    for letters in [Letters::Plain, Letters::Blocks] {
        let lines = Drawing { letters, width: 80 }.spectrum(&figures);
        let full = if letters == Letters::Plain { '#' } else { '█' };
        assert!(lines[0].starts_with("   0 dB ") && lines[6].starts_with(" -60 dB "), "{lines:#?}");
        // 1 kHz lies at ln(50) / ln(1000) of 72 columns.
        let column = lines[1].chars().skip(8).position(|letter| letter == full);
        assert_eq!(column, Some(40), "{lines:#?}");
        assert_eq!(lines[1].chars().filter(|letter| *letter == full).count(), 1, "{lines:#?}");
        assert_eq!(lines[8].chars().skip(8).collect::<String>().find("1k"), Some(40), "{lines:#?}");
    }
}
