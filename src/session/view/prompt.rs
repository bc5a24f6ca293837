//! A line that is being typed: letters, a cursor, and what was typed before. It knows no word of the grammar.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A line with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    letters: Vec<char>,
    /// How many letters are before the cursor.
    cursor: usize,
    /// How many lines back in what was typed before.
    back: usize,
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The line goes on.
    More,
    /// It is complete.
    Line(String),
    /// It is given up.
    Nothing,
}

impl Prompt {
    /// A line that begins with a text, the cursor behind it.
    pub fn new(text: &str) -> Prompt {
        let letters = text.chars().collect::<Vec<_>>();
        Prompt { cursor: letters.len(), letters, back: 0 }
    }

    /// The text before the cursor, and behind it.
    pub fn halves(&self) -> (String, String) {
        let (before, behind) = self.letters.split_at(self.cursor);
        (before.iter().collect(), behind.iter().collect())
    }

    /// Takes a key; what was typed before is at hand.
    pub fn key(&mut self, key: KeyEvent, before: &[String]) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Typed::Line(self.letters.iter().collect()),
            KeyCode::Esc => return Typed::Nothing,
            KeyCode::Char('c' | 'g') if control => return Typed::Nothing,
            KeyCode::Backspace if self.letters.is_empty() => return Typed::Nothing,
            KeyCode::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.letters.remove(self.cursor);
            }
            KeyCode::Delete if self.cursor < self.letters.len() => _ = self.letters.remove(self.cursor),
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.letters.len()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.letters.len(),
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.letters.len(),
            KeyCode::Char('u') if control => _ = self.letters.drain(..std::mem::take(&mut self.cursor)),
            KeyCode::Char('w') if control => self.rub_out(),
            KeyCode::Up => self.recall(before, self.back + 1),
            KeyCode::Down => self.recall(before, self.back.saturating_sub(1)),
            KeyCode::Char(letter) if !control => {
                self.letters.insert(self.cursor, letter);
                self.cursor += 1;
            }
            _ => {}
        }
        Typed::More
    }

    /// Takes the word before the cursor away.
    fn rub_out(&mut self) {
        let end = self.cursor;
        let word = |at: usize, blank: bool| at > 0 && (self.letters[at - 1] == ' ') == blank;
        let mut begin = end;
        while word(begin, true) {
            begin -= 1;
        }
        while word(begin, false) {
            begin -= 1;
        }
        self.letters.drain(begin..end);
        self.cursor = begin;
    }

    /// Shows a line that was typed before, counted from the newest; 0 is an empty one.
    fn recall(&mut self, before: &[String], back: usize) {
        if back <= before.len() {
            let text = if back == 0 { "" } else { &before[before.len() - back] };
            *self = Prompt { back, ..Prompt::new(text) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(start: &str, keys: &[(KeyCode, KeyModifiers)]) -> String {
        let before = ["mute bass".to_owned(), "tempo 90".to_owned()];
        let mut prompt = Prompt::new(start);
        for (code, modifiers) in keys {
            assert_eq!(prompt.key(KeyEvent::new(*code, *modifiers), &before), Typed::More);
        }
        let (left, right) = prompt.halves();
        format!("{left}|{right}")
    }

    #[test]
    fn a_line_is_edited_as_in_a_shell() {
        const NO: KeyModifiers = KeyModifiers::NONE;
        const CTRL: KeyModifiers = KeyModifiers::CONTROL;
        use KeyCode::{Backspace, Char, Delete, Down, End, Home, Left, Right, Up};
        for (start, keys, wanted) in [
            ("", &[(Char('ü'), NO), (Char('x'), KeyModifiers::SHIFT)][..], "üx|"),
            ("gain bass", &[(Left, NO), (Backspace, NO), (Char('c'), NO)], "gain bac|s"),
            ("ab", &[(Home, NO), (Delete, NO), (Right, NO), (Right, NO), (Left, NO)], "|b"),
            ("gain bass ", &[(Char('w'), CTRL)], "gain |"),
            ("gain bass", &[(Char('u'), CTRL), (Char('b'), CTRL)], "|"),
            ("ab", &[(Char('a'), CTRL), (Char('0'), NO), (Char('e'), CTRL)], "0ab|"),
            ("x", &[(Up, NO)], "tempo 90|"),
            ("x", &[(Up, NO), (Up, NO), (Up, NO)], "mute bass|"),
            ("x", &[(Up, NO), (Up, NO), (Down, NO)], "tempo 90|"),
            ("x", &[(Up, NO), (Down, NO), (Down, NO), (End, NO)], "|"),
        ] {
            assert_eq!(typed(start, keys), wanted, "{start} {keys:?}");
        }
    }

    #[test]
    fn a_line_ends_with_enter_and_is_given_up_with_escape() {
        let end = |code, text: &str| Prompt::new(text).key(KeyEvent::new(code, KeyModifiers::NONE), &[]);
        assert_eq!(end(KeyCode::Enter, "a b"), Typed::Line("a b".to_owned()));
        assert_eq!((end(KeyCode::Esc, "a"), end(KeyCode::Backspace, "")), (Typed::Nothing, Typed::Nothing));
    }
}
