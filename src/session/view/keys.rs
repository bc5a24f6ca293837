//! Which key says what: each becomes a word of the engine's grammar, or changes what is shown. It sends nothing.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::model::{Line, Model, Pane};
use super::prompt::{Prompt, Typed};
use crate::ir::call::TEMPI;
use crate::session::Instruction;
use crate::session::instruction::{Deck, State};
use crate::session::socket::Request;

/// How much a key moves a level, in decibels.
const STEP: f64 = 1.0;
/// Below this a key turns a level off, in decibels.
const LEAST: f64 = -60.0;
/// What a level that was off comes up to, in decibels.
const FIRST: f64 = -40.0;
/// How far a level can be moved by keys, in decibels.
const MOST: f64 = 60.0;
/// How long a key fades everything, in seconds.
const FADE: f64 = 4.0;
/// How many rows a page of the log is.
const PAGE: usize = 5;

/// What help says: keys, and what they do.
pub const HELP: &[(&str, &str)] = &[
    ("↑ ↓ or k j", "choose a signal, or the master above them"),
    ("m", "mute, unmute; of the master: level 0 and 1"),
    ("s  S", "solo, unsolo; unsolo all"),
    ("x  X", "stop and keep its state; unregister"),
    ("+ -  0", "level up and down by 1 dB; as it is written"),
    ("p", "panic: silence at once, all runs on"),
    ("f", "fade everything out in 4 s, and in again"),
    ("[ ]  t", "tempo down and up by 1; any tempo"),
    ("u  r", "undo, redo the last edit"),
    ("R", "reload: as on disk, what was stopped plays again"),
    ("c", "clear: unregister everything"),
    ("w", "record, and stop recording"),
    ("o", "where the listener is"),
    ("1 2", "report of the last save; memory"),
    ("3 4 5", "scope, left against right, spectrum of what is chosen"),
    ("Tab", "the next of those"),
    ("PgUp PgDn", "the log, back and forth"),
    (":", "any command, as after `aither`; ↑ recalls, Esc ends it"),
    ("q  Ctrl-C", "quit, after Enter; at once"),
    ("Ctrl-L  ?", "draw all anew; this help"),
    ("M S p x", "marks: muted, solo, parked, stopped by hand"),
];

/// What a key led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Nothing, or something that only the view knows.
    None,
    /// This is to be asked of the engine.
    Ask(Request),
    /// The terminal is to be drawn anew from nothing.
    Redraw,
}

/// Takes a key: changes what is shown, or says what to ask.
pub fn press(model: &mut Model, key: KeyEvent) -> Act {
    if key.kind == KeyEventKind::Release {
        return Act::None;
    }
    // What was answered has been read.
    model.hint = None;
    if let Some(mut prompt) = model.prompt.take() {
        return match prompt.key(key, &model.typed) {
            Typed::More => {
                model.prompt = Some(prompt);
                Act::None
            }
            Typed::Nothing => Act::None,
            Typed::Line(line) => enter(model, line),
        };
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => ask(Instruction::Quit),
            KeyCode::Char('l') => Act::Redraw,
            _ => Act::None,
        };
    }
    let help = std::mem::take(&mut model.help);
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => model.choose(model.row().saturating_sub(1)),
        KeyCode::Down | KeyCode::Char('j') => model.choose(model.row() + 1),
        KeyCode::Home => model.choose(0),
        KeyCode::End => model.choose(usize::MAX),
        KeyCode::Tab => model.pane = model.pane.next(),
        KeyCode::PageUp => model.scroll = (model.scroll + PAGE).min(model.log.len()),
        KeyCode::PageDown => model.scroll = model.scroll.saturating_sub(PAGE),
        KeyCode::Char('?') => model.help = !help,
        KeyCode::Char(letter) => return letter_of(model, letter),
        _ => {}
    }
    Act::None
}

fn ask(instruction: Instruction) -> Act {
    Act::Ask(Request::Instruction(instruction))
}

/// Reads what was typed.
fn enter(model: &mut Model, line: String) -> Act {
    if line.trim().is_empty() {
        return Act::None;
    }
    model.typed.retain(|typed| *typed != line);
    model.typed.push(line.clone());
    let here = |request| match request {
        Request::Instruction(instruction) => {
            Ok(Request::Instruction(instruction.from_here().map_err(|error| error.to_string())?))
        }
        other => Ok(other),
    };
    match line.parse::<Request>().and_then(here) {
        Ok(request) => Act::Ask(request),
        Err(why) => {
            let first = why.lines().next().unwrap_or_default();
            let why = first.strip_prefix("error: ").unwrap_or(first).to_owned();
            model.hint = Some(Line { bad: true, text: why });
            Act::None
        }
    }
}

fn letter_of(model: &mut Model, letter: char) -> Act {
    let pane = letter.to_digit(10).and_then(|digit| Pane::ALL.get((digit as usize).checked_sub(1)?));
    if let Some(pane) = pane {
        model.pane = *pane;
        return Act::None;
    }
    let instruction = match letter {
        'm' => Some(mute(model)),
        's' => solo(model),
        'S' => Some(Instruction::Unsolo { name: None, seconds: None }),
        'x' => model.chosen.clone().map(|name| Instruction::Stop { name, seconds: None }),
        '+' | '=' => Some(level(model, Some(STEP))),
        '-' => Some(level(model, Some(-STEP))),
        '0' => Some(level(model, None)),
        'p' => Some(Instruction::Panic),
        'f' => Some(Instruction::Fade { level: if model.level > 0.0 { 0.0 } else { 1.0 }, seconds: Some(FADE) }),
        '[' => Some(tempo(model, -1.0)),
        ']' => Some(tempo(model, 1.0)),
        'u' => Some(Instruction::Undo { file: None, state: State::Running }),
        'r' => Some(Instruction::Redo { file: None, state: State::Running }),
        'R' => Some(Instruction::Reload { file: None }),
        'w' if model.recording.is_some() => Some(Instruction::Record { action: Deck::Stop, file: None, stems: None }),
        other => return begin(model, other),
    };
    match instruction {
        Some(instruction) => ask(instruction),
        None => none_chosen(model),
    }
}

/// Begins a line that is carried out with Enter: for what takes a number or a name, or cannot be taken back by a key.
fn begin(model: &mut Model, letter: char) -> Act {
    let text = match (letter, &model.chosen) {
        (':', _) => String::new(),
        ('q', _) => "quit".to_owned(),
        ('c', _) => "clear 4".to_owned(),
        ('t', _) => format!("tempo {}", model.tempo),
        ('w', _) => "record start take.wav".to_owned(),
        ('o', _) => "position 0 0".to_owned(),
        ('X', Some(name)) => Instruction::Unregister { name: name.clone() }.to_string(),
        ('X', None) => return none_chosen(model),
        _ => return Act::None,
    };
    model.prompt = Some(Prompt::new(&text));
    Act::None
}

fn none_chosen(model: &mut Model) -> Act {
    model.hint = Some(Line { bad: true, text: "choose a signal first, with ↑ and ↓".to_owned() });
    Act::None
}

fn mute(model: &Model) -> Instruction {
    match model.signal() {
        Some(signal) if signal.muted => Instruction::Unmute { name: signal.name.clone(), seconds: None },
        Some(signal) => Instruction::Mute { name: signal.name.clone(), seconds: None },
        None => Instruction::Fade { level: if model.level > 0.0 { 0.0 } else { 1.0 }, seconds: None },
    }
}

/// Nothing where no signal is chosen.
fn solo(model: &Model) -> Option<Instruction> {
    let signal = model.signal()?;
    let name = signal.name.clone();
    Some(match signal.soloed {
        true => Instruction::Unsolo { name: Some(name), seconds: None },
        false => Instruction::Solo { name, seconds: None },
    })
}

/// Moves the level of what is chosen by whole decibels, or to where it is written.
fn level(model: &Model, by: Option<f64>) -> Instruction {
    let present = model.signal().map_or(model.level, |signal| signal.gain);
    let linear = by.map_or(1.0, |by| moved(present, by));
    match model.signal() {
        Some(signal) => Instruction::Gain { name: signal.name.clone(), linear, seconds: None },
        None => Instruction::Fade { level: linear, seconds: None },
    }
}

/// A level that is so many decibels higher: whole decibels, in four digits, and exactly 1 at 0.
fn moved(linear: f64, by: f64) -> f64 {
    let decibels = if linear > 0.0 { (20.0 * linear.log10()).round() + by } else { FIRST };
    match decibels {
        low if low < LEAST || (linear == 0.0 && by < 0.0) => 0.0,
        fits => {
            let linear = 10_f64.powf(fits.min(MOST) / 20.0);
            (linear * 10_000.0).round() / 10_000.0
        }
    }
}

fn tempo(model: &Model, by: f64) -> Instruction {
    Instruction::Tempo { bpm: (model.tempo + by).clamp(*TEMPI.start(), *TEMPI.end()) }
}
