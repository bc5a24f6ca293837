//! The texts that each file has had while it was heard, for undo and redo. It brings none of them back and knows no memory.

use std::collections::{BTreeMap, VecDeque};

/// One text of one file, in the order in which they were heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The text; `None` where the file was gone.
    pub text: Option<String>,
    /// When it was heard first, against all others.
    pub stamp: u64,
    /// When it was undone, if it was.
    undone: u64,
}

/// The generations of one file.
#[derive(Debug, Default)]
struct History {
    generations: VecDeque<Generation>,
    /// Which of them is heard.
    present: usize,
}

/// The generations of all files.
#[derive(Debug)]
pub struct Generations {
    /// The most of each file.
    most: usize,
    files: BTreeMap<String, History>,
    clock: u64,
}

/// Which way an undo goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the generation before.
    Back,
    /// To the generation after.
    Forth,
}

/// Why there is nothing to go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nothing {
    /// No file has a generation there.
    #[error("there is nothing to {0}")]
    Anywhere(&'static str),
    /// This file has none there.
    #[error("there is nothing to {word} in `{file}`{}", if *.word == "undo" { ": no earlier text of it is kept" } else { "" })]
    In {
        /// What was asked.
        word: &'static str,
        /// The file.
        file: String,
    },
    /// There is no such file.
    #[error("no file `{file}` was heard{}", nearest(.near))]
    Unknown {
        /// The file.
        file: String,
        /// One that is called nearly so.
        near: Option<String>,
    },
}

fn nearest(near: &Option<String>) -> String {
    near.as_ref().map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

impl Way {
    /// The word of the performer.
    pub fn word(self) -> &'static str {
        match self {
            Way::Back => "undo",
            Way::Forth => "redo",
        }
    }
}

impl Generations {
    /// No files yet; at most `most` generations of each are kept.
    pub fn new(most: usize) -> Generations {
        Generations { most: most.max(1), files: BTreeMap::new(), clock: 0 }
    }

    /// A file is heard with a text that was saved. Gives the stamps of the generations that are forgotten for it.
    pub fn heard(&mut self, file: &str, text: Option<&str>) -> Vec<u64> {
        self.clock += 1;
        let history = self.files.entry(file.to_owned()).or_default();
        if history.generations.get(history.present).is_some_and(|present| present.text.as_deref() == text) {
            return Vec::new();
        }
        let kept = (history.present + 1).min(history.generations.len());
        let mut forgotten = history.generations.drain(kept..).collect::<Vec<_>>();
        history.generations.push_back(Generation { text: text.map(str::to_owned), stamp: self.clock, undone: 0 });
        while history.generations.len() > self.most {
            forgotten.extend(history.generations.pop_front());
        }
        history.present = history.generations.len() - 1;
        forgotten.into_iter().map(|generation| generation.stamp).collect()
    }

    /// How many texts are kept of all files, without those that are empty.
    pub fn count(&self) -> usize {
        let all = self.files.values().flat_map(|history| &history.generations);
        all.filter(|generation| generation.text.as_ref().is_some_and(|text| !text.is_empty())).count()
    }

    /// Whether a file was ever heard.
    pub fn knows(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// Whether this is the text of a file that is heard.
    pub fn holds(&self, file: &str, text: Option<&str>) -> bool {
        let history = self.files.get(file);
        let present = history.and_then(|history| history.generations.get(history.present));
        present.is_some_and(|present| present.text.as_deref() == text)
    }

    /// The stamp of the generation of a file that is heard.
    pub fn present(&self, file: &str) -> Option<u64> {
        let history = self.files.get(file)?;
        history.generations.get(history.present).map(|generation| generation.stamp)
    }

    /// The file and the generation that an undo or redo leads to; without a file, the one that was edited or undone last.
    ///
    /// # Errors
    /// When there is none.
    pub fn target(&self, file: Option<&str>, way: Way) -> Result<(String, Generation), Nothing> {
        let word = way.word();
        let Some(file) = file else {
            let candidates = self.files.iter().filter(|(_, history)| history.next(way).is_some());
            let last = candidates.max_by_key(|(_, history)| match way {
                Way::Back => history.generations[history.present].stamp,
                Way::Forth => history.generations[history.present + 1].undone,
            });
            let (file, history) = last.ok_or(Nothing::Anywhere(word))?;
            return Ok((file.clone(), history.next(way).expect("a candidate has one").clone()));
        };
        let Some(history) = self.files.get(file) else {
            let near = crate::diagnostic::nearest(file, self.files.keys().map(String::as_str)).map(str::to_owned);
            return Err(Nothing::Unknown { file: file.to_owned(), near });
        };
        let next = history.next(way).ok_or_else(|| Nothing::In { word, file: file.to_owned() })?;
        Ok((file.to_owned(), next.clone()))
    }

    /// A file is heard with the generation next to the one before.
    pub fn went(&mut self, file: &str, way: Way) {
        self.clock += 1;
        let Some(history) = self.files.get_mut(file) else { return };
        match way {
            Way::Back => {
                history.generations[history.present].undone = self.clock;
                history.present -= 1;
            }
            Way::Forth => history.present += 1,
        }
    }
}

impl History {
    fn next(&self, way: Way) -> Option<&Generation> {
        match way {
            Way::Back => self.generations.get(self.present.checked_sub(1)?),
            Way::Forth => self.generations.get(self.present + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(generations: &Generations, file: Option<&str>, way: Way) -> Option<(String, Option<String>)> {
        generations.target(file, way).ok().map(|(file, generation)| (file, generation.text))
    }

    fn some(file: &str, text: &str) -> Option<(String, Option<String>)> {
        Some((file.to_owned(), Some(text.to_owned())))
    }

    #[test]
    fn without_a_file_edits_are_undone_last_first_and_redone_in_reverse() {
        let mut generations = Generations::new(20);
        for (file, text) in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2")] {
            generations.heard(file, Some(text));
        }
        assert_eq!(text(&generations, None, Way::Back), some("b", "b1"));
        generations.went("b", Way::Back);
        assert_eq!(text(&generations, None, Way::Back), some("a", "a1"));
        generations.went("a", Way::Back);
        assert_eq!(generations.target(None, Way::Back), Err(Nothing::Anywhere("undo")));
        assert_eq!(text(&generations, None, Way::Forth), some("a", "a2"));
        generations.went("a", Way::Forth);
        assert_eq!(text(&generations, None, Way::Forth), some("b", "b2"));
        assert_eq!(text(&generations, Some("a"), Way::Forth), None);
    }

    #[test]
    fn an_edit_after_an_undo_ends_what_could_be_redone() {
        let mut generations = Generations::new(20);
        for text in ["1", "2", "3"] {
            generations.heard("a", Some(text));
        }
        generations.went("a", Way::Back);
        generations.went("a", Way::Back);
        assert_eq!(generations.heard("a", None).len(), 2);
        assert_eq!(text(&generations, Some("a"), Way::Forth), None);
        assert_eq!(text(&generations, Some("a"), Way::Back), some("a", "1"));
        assert!(generations.heard("a", None).is_empty(), "the same text again is no generation");
    }

    #[test]
    fn no_more_than_so_many_are_kept() {
        let mut generations = Generations::new(3);
        let forgotten: Vec<u64> = (0..5).flat_map(|n| generations.heard("a", Some(&n.to_string()))).collect();
        assert_eq!(forgotten, [1, 2]);
        generations.went("a", Way::Back);
        generations.went("a", Way::Back);
        let message = generations.target(Some("a"), Way::Back).unwrap_err().to_string();
        assert_eq!(message, "there is nothing to undo in `a`: no earlier text of it is kept");
        generations.heard("bass.rhai", None);
        let message = generations.target(Some("bas.rhai"), Way::Back).unwrap_err().to_string();
        assert_eq!(message, "no file `bas.rhai` was heard; did you mean `bass.rhai`?");
    }
}
