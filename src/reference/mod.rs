//! The reference, in every form it is read in: the page HELPERS.md, the terminal, JSON. It adds no fact of its own.

pub mod json;
pub mod page;
pub mod terminal;

use crate::dsp::math::Math;
use crate::helpers::language::WORDS;
use crate::helpers::{Argument, HELPERS, Kind};

/// The range of an argument, or the words that may be given for it; empty where anything goes.
pub fn range(argument: &Argument) -> String {
    let words = argument.words().iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    if !words.is_empty() {
        return words;
    }
    let (low, high) = (*argument.range.start(), *argument.range.end());
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{low} to {high}"),
        (true, false) => format!("{low} and above"),
        (false, true) => format!("{high} and below"),
        (false, false) => String::new(),
    }
}

/// What may be given for an argument, in words.
pub fn kind(argument: &Argument) -> &'static str {
    match argument.kind {
        Kind::Signal => "signal",
        Kind::Number => "number or signal",
        Kind::Constant => "constant",
        Kind::Numbers => "array of constants",
        Kind::Rows => "array of arrays of constants",
        Kind::Choice(_) => "word",
    }
}

/// The word that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    let helpers = HELPERS.iter().flat_map(|helper| std::iter::once(helper.name).chain(helper.aliases.iter().copied()));
    let words = WORDS.iter().map(|word| word.name).chain(Math::ALL.into_iter().map(Math::name));
    crate::diagnostic::nearest(name, helpers.chain(words))
}
