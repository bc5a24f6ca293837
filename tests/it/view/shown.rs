//! What is drawn, as text beside the tests: every part of the view at the sizes of terminals. Colours are tested apart.

use std::f64::consts::TAU;
use std::time::Duration;

use aither::engine::Trace;
use aither::session::sight::{Scope, Spectrum};
use aither::session::socket::{Answer, Request};
use aither::session::view::Said;
use aither::session::view::draw::draw;
use aither::session::view::keys::press;
use aither::session::view::model::Model;
use aither::session::view::picture::lines;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use super::{listing, model};
use crate::golden;

fn drawn(model: &Model, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn type_in(model: &mut Model, keys: &str) {
    keys.chars().for_each(|letter| _ = press(model, KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
}

const REPORT: &str = "a.rhai\n  untouched  bass       1 kept\n  changed    lead       3 kept, 1 new\n  evaluate 0.3 ms, lower 0.2 ms, compile 1.2 ms (1 function), trial 0.2 ms\n  helper memory 12 → 14 of 8388608 slots, 5 keys  on air at frame 96000\n";

const ERROR: &str = "error: there is no function `ocs`\n --> b.rhai:2:18\n  |\n2 | register(\"pad\", ocs(220));\n  |                  ^^^\n  |\n  = help: did you mean `osc`?";

/// After a few saves.
fn busy() -> Model {
    let mut model = model();
    model.hear(Said::Line("48000 Hz, 2 channels, 1024 signals, 20 texts of a file".to_owned()));
    model.hear(Said::Note("no sound device; playing silently in real time".to_owned()));
    model.hear(Said::Report(REPORT.to_owned()));
    model.hear(Said::Line("mute drum-loop-of-a-long-name".to_owned()));
    model
}

fn wrong() -> Model {
    let mut model = busy();
    model.hear(Said::Wrong { file: "b.rhai".to_owned(), text: ERROR.to_owned() });
    model.hear(Said::Report("b.rhai  refused, the old sound goes on\n".to_owned()));
    model
}

/// With a picture of the signal that is chosen.
fn pictured(digit: char) -> Model {
    let mut model = busy();
    type_in(&mut model, &format!("j{digit}"));
    let wave = |hertz: f64| {
        let sample = |frame: usize| 0.4 * (TAU * hertz * frame as f64 / 48_000.0).sin() as f32;
        (0..8192).map(sample).collect::<Vec<f32>>()
    };
    let trace = Trace { frame: 96_000, channels: vec![wave(100.0), wave(200.0)] };
    let answer = if digit == '5' {
        Answer { spectrum: Some(Box::new(Spectrum::of("bass", 48_000, &trace))), ..Answer::done("") }
    } else {
        Answer { scope: Some(Box::new(Scope::of("bass", 48_000, trace, 0.02))), ..Answer::done("") }
    };
    let sight = model.sight().unwrap();
    model.take(&Request::Sight(sight), answer, Duration::ZERO);
    model
}

fn check(name: &str, model: &Model, width: u16, height: u16) {
    let text = lines(&drawn(model, width, height));
    assert_eq!(text.lines().count(), usize::from(height));
    golden::check(&format!("tests/it/view/{name}-{width}x{height}.txt"), &text);
}

#[test]
fn a_set_is_seen_at_a_glance() {
    check("set", &busy(), 80, 24);
    check("set", &busy(), 120, 40);
    check("start", &Model::new("aither scripts/".to_owned(), false), 80, 24);
}

#[test]
fn an_error_stands_with_its_source_until_the_file_is_taken() {
    check("error", &wrong(), 80, 24);
    check("error", &wrong(), 120, 40);
    let mut model = wrong();
    model.hear(Said::Taken { file: "a.rhai".to_owned() });
    assert_eq!(model.errors.len(), 1);
    model.hear(Said::Taken { file: "b.rhai".to_owned() });
    assert!(!lines(&drawn(&model, 80, 24)).contains("errors"));
}

#[test]
fn sound_is_seen_beside_the_signals() {
    check("scope", &pictured('3'), 80, 24);
    check("figure", &pictured('4'), 80, 24);
    check("spectrum", &pictured('5'), 80, 24);
    check("spectrum", &pictured('5'), 120, 40);
    let mut blind = pictured('3');
    let sight = blind.sight().unwrap();
    blind.take(&Request::Sight(sight), Answer::refused("4 other sounds are looked at"), Duration::ZERO);
    assert!(lines(&drawn(&blind, 80, 24)).contains("4 other sounds are looked at"));
}

#[test]
fn memory_help_and_what_is_typed_are_seen() {
    let mut model = busy();
    type_in(&mut model, "2");
    check("memory", &model, 80, 24);
    type_in(&mut model, "?");
    check("help", &model, 80, 24);
    type_in(&mut model, ":gain bass 0.5");
    check("typed", &model, 80, 24);
}

#[test]
fn nothing_is_told_by_colour_alone() {
    let plain = wrong();
    let mut coloured = wrong();
    coloured.colours = true;
    let (plain, coloured) = (drawn(&plain, 80, 24), drawn(&coloured, 80, 24));
    assert_eq!(lines(&plain), lines(&coloured));
    let tinted = |buffer: &Buffer| {
        buffer.content.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    assert_eq!(tinted(&plain), 0);
    assert!(tinted(&coloured) > 20);
}

#[test]
fn no_size_of_a_terminal_is_a_panic() {
    let all = [Model::new(String::new(), true), busy(), wrong(), pictured('3'), pictured('4'), pictured('5')];
    for mut model in all {
        for (width, height) in [(0, 0), (1, 1), (39, 9), (40, 10), (41, 11), (60, 12), (500, 10), (40, 200)] {
            for _ in 0..2 {
                drawn(&model, width, height);
                model.help = !model.help;
            }
            model.pane = model.pane.next();
        }
    }
}

#[test]
fn a_meter_falls_by_twenty_decibels_a_second() {
    let mut model = model();
    assert!((model.meter("bass") + 6.02).abs() < 0.01);
    let mut quiet = listing();
    quiet.signals.as_mut().unwrap()[0].peak = Some(0.001);
    model.take(&Request::List, quiet.clone(), Duration::from_millis(500));
    assert!((model.meter("bass") + 16.02).abs() < 0.01);
    model.take(&Request::List, quiet, Duration::from_secs(60));
    assert!((model.meter("bass") + 60.0).abs() < 0.01);
}

#[test]
fn the_log_stays_where_one_looks_and_forgets_what_is_oldest() {
    let mut model = busy();
    (0..600).for_each(|number| model.write(&format!("line {number}"), false));
    assert_eq!((model.log.len(), model.log[0].text.as_str()), (500, "line 100"));
    press(&mut model, KeyEvent::new(KeyCode::PageUp, KeyModifiers::NONE));
    let looked = lines(&drawn(&model, 80, 24));
    assert!(looked.contains("line 594") && !looked.contains("line 595"), "{looked}");
    model.write("and one more", true);
    assert!(lines(&drawn(&model, 80, 24)).contains("line 594"));
    (0..3).for_each(|_| _ = press(&mut model, KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE)));
    assert!(lines(&drawn(&model, 80, 24)).contains("and one more"));
}
