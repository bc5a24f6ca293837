//! What is to be seen of a running engine: waveforms and spectra over the socket and drawn, and the levels of a list. How a wave is made to stand still is tested beside the code.

use std::f64::consts::TAU;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use aither::engine::Trace;
use aither::session::Settings;
use aither::session::sight::{Scope, Sight, Spectrum};
use aither::session::socket::Answer;
use aither::session::view::picture::{Way, text};
use serde_json::Value;

use crate::console::{Runtime, read};
use crate::golden;
use crate::live::Scripts;
use crate::rig::until;
use crate::session::{Set, same, small};

const SET: &str = "register(\"low\", osc(220).gain(0.3));\nregister(\"high\", [osc(3000).gain(0.15), 0.0]);";

/// A set that plays as on a device, without one.
fn played(script: &str) -> Set {
    let mut set = Set::with(&Settings { real_time: true, ..small() });
    assert!(set.start(&[("a.rhai", script)]).ok());
    set.play(640);
    set
}

/// What is seen once there is enough of it.
fn seen(set: &mut Set, words: &str) -> Answer {
    let sight: Sight = match words.split_once(' ') {
        Some(("scope", name)) => Sight::Scope { name: Some(name.to_owned()), seconds: None },
        Some((_, name)) => Sight::Spectrum { name: Some(name.to_owned()) },
        None if words == "scope" => Sight::Scope { name: None, seconds: None },
        None => Sight::Spectrum { name: None },
    };
    assert_eq!(set.performance.see(&sight), Ok(None), "nothing was written yet");
    set.play(16_384);
    set.performance.see(&sight).unwrap().expect("as many frames as it takes")
}

#[test]
fn a_signal_is_seen_alone_and_the_master_is_the_sum() {
    let mut set = played(SET);
    let low = *seen(&mut set, "spectrum low").spectrum.unwrap();
    let [hertz, level] = low.strongest.unwrap();
    assert!((hertz - 220.0).abs() < 0.5 && (level + 10.46).abs() < 0.3, "{hertz} {level}");
    let Scope { channels, of, .. } = *seen(&mut set, "scope high").scope.unwrap();
    assert_eq!((of.as_str(), channels.len(), channels[0].len()), ("high", 2, 960));
    let top = |samples: &[f32]| samples.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
    assert!((top(&channels[0]) - 0.15).abs() < 0.01 && top(&channels[1]) == 0.0);
    let master = *seen(&mut set, "spectrum").spectrum.unwrap();
    let at = |hertz: f32| {
        let band = master.hertz.iter().position(|middle| (middle / hertz).log2().abs() < 0.5 / 24.0).unwrap();
        master.channels.iter().map(|levels| levels[band]).collect::<Vec<_>>()
    };
    assert!(at(220.0).iter().all(|level| (level + 10.46).abs() < 1.5), "{:?}", at(220.0));
    assert!((at(3000.0)[0] + 16.5).abs() < 1.5 && at(3000.0)[1] < -80.0, "{:?}", at(3000.0));
    // As it is added up: behind what was set by hand.
    set.tell("mute low").unwrap();
    set.play(16_384);
    let low = set.performance.see(&Sight::Spectrum { name: Some("low".to_owned()) }).unwrap().unwrap();
    assert_eq!(low.spectrum.unwrap().strongest, None);
}

#[test]
fn a_sight_is_no_event_and_changes_no_sample() {
    let (mut seen_set, mut other) = (played(SET), played(SET));
    for words in ["scope", "scope low", "spectrum high"] {
        seen(&mut seen_set, words);
        same(&seen_set.play(640), &{
            other.play(16_384);
            other.play(640)
        });
    }
    let why = |name: &str| {
        let sight = Sight::Scope { name: Some(name.to_owned()), seconds: None };
        seen_set.performance.see(&sight).unwrap_err()
    };
    assert_eq!(why("lwo"), "there is no signal `lwo`; did you mean `low`?");
}

#[test]
fn levels_are_known_a_moment_after_somebody_asked() {
    let mut set = played(SET);
    assert!(set.performance.list().iter().all(|listed| listed.peak.is_none()) && set.performance.peaks().is_some());
    set.play(9600);
    let peaks = set.performance.list().into_iter().map(|listed| (listed.name, listed.peak.unwrap()));
    let peaks = peaks.collect::<Vec<_>>();
    assert!(peaks[0].0 == "high" && (peaks[0].1 - 0.15).abs() < 0.01, "{peaks:?}");
    assert!(peaks[1].0 == "low" && (peaks[1].1 - 0.3).abs() < 0.01, "{peaks:?}");
    let master = set.performance.peaks().unwrap();
    assert!(master[0] > 0.4 && (master[1] - 0.3).abs() < 0.01, "{master:?}");
    set.tell("gain low 0").unwrap();
    set.play(9600);
    assert_eq!(set.performance.list()[1].peak, Some(0.0));
}

#[test]
fn a_running_engine_shows_what_it_plays() {
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[("a.rhai", SET)]);
    let mut playing = runtime.play(&scripts, &[]);
    let spectrum = read(&runtime.done(&["spectrum", "low", "--json"]));
    assert_eq!((&spectrum["ok"], &spectrum["spectrum"]["of"]), (&true.into(), &"low".into()));
    let strongest = spectrum["spectrum"]["strongest"][0].as_f64().unwrap();
    assert!((strongest - 220.0).abs() < 0.5, "{strongest}");
    let scope = read(&runtime.done(&["scope", "--json"]));
    assert_eq!(
        scope["scope"]["channels"][1].as_array().unwrap().len() as u64,
        scope["scope"]["rate"].as_u64().unwrap() / 50
    );
    let drawn = runtime.done(&["scope", "low", "0.01"]);
    assert!(
        drawn.lines().count() == 21 && drawn.contains("10.0 ms") && drawn.contains("low, 10.0 ms from frame"),
        "{drawn}"
    );
    assert_ne!(drawn, runtime.done(&["scope", "low", "0.01", "--xy"]));
    assert_eq!(runtime.refused(&["spectrum", "lwo"]), "aither: there is no signal `lwo`; did you mean `low`?\n");
    let listed = until("levels", || {
        let listed = read(&runtime.done(&["list", "--json"]));
        listed["signals"][0]["peak"].is_number().then_some(listed)
    });
    assert!(listed["peaks"].as_array().is_some_and(|peaks| peaks.len() == 2), "{listed}");
    let lines = |words: &[&str]| {
        let mut watching = runtime.command(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(watching.stdout.take().unwrap());
        let mut line = String::new();
        let lines = (0..2).map(|_| {
            line.clear();
            out.read_line(&mut line).unwrap();
            serde_json::from_str::<Value>(&line).unwrap()["spectrum"]["frame"].as_u64().unwrap()
        });
        let lines = lines.collect::<Vec<_>>();
        watching.kill().unwrap();
        watching.wait().unwrap();
        lines
    };
    let frames = lines(&["spectrum", "--watch", "--json"]);
    assert!(frames[0] < frames[1], "{frames:?}");
    assert!(playing.terminate().success());
}

/// A wave of so many periods in the time that is shown.
fn wave(periods: f64, of: usize) -> Vec<f32> {
    (0..of).map(|at| (TAU * periods * at as f64 / 960.0).sin() as f32).collect()
}

#[test]
fn pictures_are_drawn_line_by_line() {
    let trace = Trace { frame: 0, channels: vec![wave(2.0, 4096), wave(4.0, 4096)] };
    let scope = Answer { scope: Some(Box::new(Scope::of("a", 48_000, trace.clone(), 0.02))), ..Answer::default() };
    let spectrum = Spectrum::of("a", 48_000, &Trace { channels: vec![wave(20.0, 8192)], ..trace });
    let spectrum = Answer { spectrum: Some(Box::new(spectrum)), ..Answer::default() };
    let all = [(&scope, Way::Time), (&scope, Way::Figure), (&spectrum, Way::Time)];
    let drawn = all.map(|(answer, way)| text(answer, way).unwrap()).join("\n");
    golden::check("tests/it/view/pictures.txt", &drawn);
    assert_eq!(text(&Answer::default(), Way::Time), None);
}
