//! Keys, and the words that they say. What the words do is tested elsewhere.

use std::time::Duration;

use aither::engine::Trace;
use aither::session::sight::Scope;
use aither::session::socket::{Answer, Request};
use aither::session::view::keys::{Act, press};
use aither::session::view::model::{Model, Pane};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{listing, model};

fn key(model: &mut Model, code: KeyCode) -> Act {
    press(model, KeyEvent::new(code, KeyModifiers::NONE))
}

/// What keys say, one after the other.
fn said(model: &mut Model, keys: &str) -> Vec<String> {
    let words = keys.chars().filter_map(|letter| {
        match key(model, if letter == '\n' { KeyCode::Enter } else { KeyCode::Char(letter) }) {
            Act::Ask(request) => Some(request.to_string()),
            _ => None,
        }
    });
    words.collect()
}

#[test]
fn each_key_says_a_word_of_the_grammar_about_what_is_chosen() {
    for (keys, words) in [
        ("jm", "mute bass"),
        ("jjm", "unmute drum-loop-of-a-long-name"),
        ("js", "solo bass"),
        ("jjjs", "unsolo lead"),
        ("S", "unsolo"),
        ("jx", "stop bass"),
        ("jX\n", "unregister bass"),
        ("j+", "gain bass 1.122"),
        ("j-", "gain bass 0.8913"),
        ("jj+", "gain drum-loop-of-a-long-name 0.5623"),
        ("jj0", "gain drum-loop-of-a-long-name 1"),
        ("p", "panic"),
        ("f", "fade 0 4"),
        ("m", "fade 0"),
        ("-", "fade 0.8913"),
        ("u", "undo"),
        ("r", "redo"),
        ("R", "reload"),
        ("[", "tempo 123"),
        ("]", "tempo 125"),
        ("t.5\n", "tempo 124.5"),
        ("c\n", "clear 4"),
        ("o\n", "position 0 0"),
        ("q\n", "quit"),
        (":gain bass 0.5 2\n", "gain bass 0.5 2"),
        (":list\n", "list"),
        (":spectrum 'two words'\n", "spectrum 'two words'"),
    ] {
        assert_eq!(said(&mut model(), keys), [words], "{keys}");
    }
}

#[test]
fn every_command_of_the_grammar_can_be_typed() {
    let words = "list|stats|scope bass|spectrum|mute bass|unmute bass|solo bass|unsolo|stop bass|unregister bass|gain bass 1|fade 1|clear|panic|undo|redo|tempo 90|position 1 2|record stop|reload|quit";
    for word in words.split('|') {
        assert_eq!(said(&mut model(), &format!(":{word}\n")), [word]);
    }
    let mut model = model();
    assert_eq!(said(&mut model, ":mute\n").len(), 0);
    assert!(
        model.hint.as_ref().is_some_and(|hint| hint.bad && hint.text.contains("required arguments")),
        "{:?}",
        model.hint
    );
    // It is at hand to be mended.
    key(&mut model, KeyCode::Char(':'));
    key(&mut model, KeyCode::Up);
    assert_eq!(said(&mut model, " lead\n"), ["mute lead"]);
    let record = said(&mut model, "w\n");
    assert!(record[0].starts_with("record start /") && record[0].ends_with("/take.wav"), "{record:?}");
}

#[test]
fn what_a_key_says_depends_on_what_is() {
    let mut silent = model();
    silent.level = 0.0;
    assert_eq!(said(&mut silent, "fm+"), ["fade 1 4", "fade 1", "fade 0.01"]);
    silent.recording = Some("set.wav".to_owned());
    assert_eq!(said(&mut silent, "w"), ["record stop"]);
    // Up and down again is where it was, and below all it is off.
    let mut levels = model();
    levels.signals[0].gain = 1.122;
    assert_eq!(said(&mut levels, "j-"), ["gain bass 1"]);
    levels.signals[0].gain = 0.001;
    assert_eq!(said(&mut levels, "-"), ["gain bass 0"]);
    levels.signals[0].gain = 0.0;
    assert_eq!(said(&mut levels, "-+"), ["gain bass 0", "gain bass 0.01"]);
}

#[test]
fn what_needs_a_signal_says_so_and_nothing_is_done_by_half() {
    for keys in ["s", "x", "X"] {
        let mut model = model();
        assert_eq!(said(&mut model, keys).len(), 0);
        assert!(model.hint.is_some_and(|hint| hint.text.contains("choose a signal")), "{keys}");
    }
    let mut model = model();
    said(&mut model, "c");
    key(&mut model, KeyCode::Esc);
    assert_eq!((model.prompt.is_none(), said(&mut model, "zy\n").len()), (true, 0));
    let mut release = KeyEvent::new(KeyCode::Char('p'), KeyModifiers::NONE);
    release.kind = KeyEventKind::Release;
    assert_eq!(press(&mut model, release), Act::None, "where terminals tell of it");
    let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    assert_eq!(press(&mut model, control('p')), Act::None);
    assert_eq!(press(&mut model, control('l')), Act::Redraw);
    let Act::Ask(Request::Instruction(quit)) = press(&mut model, control('c')) else { panic!("Ctrl-C ends it") };
    assert_eq!(quit.to_string(), "quit");
}

#[test]
fn panes_are_chosen_and_look_at_what_is_chosen() {
    let mut model = model();
    let sight = |model: &Model| model.sight().map(|sight| sight.to_string());
    assert_eq!((model.pane, sight(&model)), (Pane::Report, None));
    for (keys, pane, wanted) in [
        ("3", Pane::Scope, Some("scope")),
        ("j", Pane::Scope, Some("scope bass")),
        ("4", Pane::Figure, Some("scope bass")),
        ("5", Pane::Spectrum, Some("spectrum bass")),
        ("jjj", Pane::Spectrum, Some("spectrum")),
        ("2", Pane::Memory, None),
    ] {
        said(&mut model, keys);
        assert_eq!((model.pane, sight(&model).as_deref()), (pane, wanted), "{keys}");
    }
    key(&mut model, KeyCode::Tab);
    assert_eq!(model.pane, Pane::Scope);
    // Beyond the end there is nobody, and who is gone leaves the choice to a neighbour.
    said(&mut model, "jjjj");
    assert_eq!(model.chosen.as_deref(), Some("pad"));
    let mut fewer = listing();
    fewer.signals.as_mut().unwrap().pop();
    model.take(&Request::List, fewer, Duration::ZERO);
    assert_eq!(model.chosen.as_deref(), Some("lead"));
    // An answer about who was chosen before is no picture of who is now.
    said(&mut model, "3k");
    let scope = Trace { frame: 0, channels: vec![vec![0.0; 4096]] };
    let scope = Scope::of("lead", 48_000, scope, 0.02);
    let late = Answer { scope: Some(Box::new(scope)), ..Answer::done("") };
    model.take(&"scope lead".parse().unwrap(), late.clone(), Duration::ZERO);
    assert_eq!(model.scope, None);
    model.take(&"scope drum-loop-of-a-long-name".parse().unwrap(), late, Duration::ZERO);
    assert!(model.scope.is_some());
}
