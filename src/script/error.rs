//! Everything that can be wrong with a script, in words for a person on stage. It decides nothing about how it is shown.

use crate::ir::Place;

/// What is wrong, where, and what would work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What would work.
    pub help: Option<String>,
    /// Other places that belong to it, each with a word on why.
    pub also: Vec<(Place, String)>,
}

/// Something that is not wrong enough to refuse the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Whether the script only says something: a note instead of a warning.
    pub note: bool,
    /// Where it is.
    pub place: Place,
    /// What is odd.
    pub message: String,
    /// What would be better.
    pub help: Option<String>,
}

impl Error {
    /// An error with nothing but a place and a message.
    pub fn at(place: Place, message: impl Into<String>) -> Error {
        Error { place, message: message.into(), help: None, also: Vec::new() }
    }

    /// The same error, with what would work.
    pub fn help(self, help: impl Into<String>) -> Error {
        Error { help: Some(help.into()), ..self }
    }

    /// The same error, with another place that belongs to it.
    pub fn also(mut self, place: Place, why: impl Into<String>) -> Error {
        self.also.push((place, why.into()));
        self
    }
}
