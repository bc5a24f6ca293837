//! The reference, in every form it is read in: the page HELPERS.md with its pictures, the terminal, JSON, definitions for editors.
//! It adds no fact of its own: what no declaration says is read off programs and renders.

pub mod definitions;
pub mod editors;
pub mod facts;
pub mod json;
mod music;
pub mod page;
pub mod picture;
pub mod shown;
pub mod spectrum;
pub mod svg;
pub mod terminal;

use crate::dsp::math::Math;
use crate::helpers::language::WORDS;
use crate::helpers::own::Own;
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

/// The word that was probably meant, one of ours or a function of scripts.
pub fn nearest<'a>(name: &str, own: &'a [(String, Vec<Own>)]) -> Option<&'a str> {
    let helpers = HELPERS.iter().flat_map(|helper| std::iter::once(helper.name).chain(helper.aliases.iter().copied()));
    let words = WORDS.iter().map(|word| word.name).chain(Math::ALL.into_iter().map(Math::name));
    let own = own.iter().flat_map(|(_, functions)| functions).map(|own| own.name.as_str());
    let known = helpers.chain(words).map(|name| -> &'a str { name }).chain(own);
    crate::diagnostic::nearest(name, known)
}
