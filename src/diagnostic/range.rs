//! Where a message stands in a text, as editors count: lines and UTF-16 code units from 0. It shows nothing.

use serde::Serialize;

/// A place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Line, from 0.
    pub line: usize,
    /// UTF-16 code units before it in its line.
    pub character: usize,
}

/// From one place to another, which it does not hold: a `Range` of the Language Server Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The first character.
    pub start: Point,
    /// Behind the last one.
    pub end: Point,
}

impl Range {
    /// What a message marks in a text, never beyond the end of its line.
    ///
    /// `line` and `column` are counted from 1, the column in characters. Where a single character is marked that begins a word, a
    /// number or a text in quotation marks, all of that is; without a column all that is written in the line; without a
    /// line the first one.
    pub fn of(text: &str, line: usize, column: usize, length: usize) -> Range {
        let number = line.saturating_sub(1);
        let written = text.split('\n').nth(number).unwrap_or_default();
        let written = written.strip_suffix('\r').unwrap_or(written);
        let characters = written.chars().collect::<Vec<_>>();
        let (first, count) = match column.checked_sub(1) {
            None => {
                let indent = characters.iter().take_while(|letter| letter.is_whitespace()).count();
                (indent, written.trim().chars().count())
            }
            Some(first) if length > 1 => (first, length),
            Some(first) => (first, token(characters.get(first..).unwrap_or_default())),
        };
        let first = first.min(characters.len());
        let end = (first + count).min(characters.len());
        let units = |characters: &[char]| characters.iter().map(|letter| letter.len_utf16()).sum();
        let point = |at: usize| Point { line: number, character: units(&characters[..at]) };
        Range { start: point(first), end: point(end) }
    }
}

/// How many characters belong together from the first one on: at least one.
fn token(rest: &[char]) -> usize {
    let part = |letter: &&char| letter.is_alphanumeric() || **letter == '_';
    let count = match rest.first() {
        Some('"') => rest.iter().skip(1).position(|letter| *letter == '"').map_or(1, |closed| closed + 2),
        Some(_) => rest.iter().take_while(part).count(),
        None => 0,
    };
    count.max(1)
}
