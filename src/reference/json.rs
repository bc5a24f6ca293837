//! The reference for programs: an array of everything that scripts can call. Its fields are stable.

use serde::Serialize;

use super::kind;
use crate::dsp::math::Math;
use crate::helpers::language::WORDS;
use crate::helpers::{HELPERS, Helper};

/// One word of the language.
#[derive(Serialize)]
pub struct Entry {
    /// The word.
    pub name: &'static str,
    /// Other words for it.
    pub aliases: Vec<&'static str>,
    /// `helper`, `math` or `language`.
    pub kind: &'static str,
    /// The chapter of the reference.
    pub family: &'static str,
    /// How a call is written.
    pub signature: String,
    /// Its arguments, in order.
    pub arguments: Vec<ArgumentEntry>,
    /// What it does.
    pub about: &'static str,
    /// A line that uses it; empty where there is none.
    pub example: &'static str,
}

/// One argument of a word.
#[derive(Serialize)]
pub struct ArgumentEntry {
    /// Its name.
    pub name: &'static str,
    /// What may be given: `signal`, `number or signal`, `constant`, `array of constants`, `array of arrays of constants`, `word`, or empty for words of the language.
    pub kind: &'static str,
    /// What it is measured in; empty for plain numbers.
    pub unit: &'static str,
    /// What it is when left out, of a word its index; `null` where it must be given.
    pub default: Option<f64>,
    /// The words that may be given: those of a choice, or the names of arrays.
    pub words: Vec<&'static str>,
    /// The least value; `null` where there is none.
    pub min: Option<f64>,
    /// The largest value; `null` where there is none.
    pub max: Option<f64>,
    /// What it does.
    pub about: &'static str,
}

/// Every word, in the order of the reference.
pub fn entries() -> Vec<Entry> {
    let helpers = HELPERS.iter().map(|helper| helper_entry(helper));
    let words = WORDS.iter().map(|word| Entry {
        name: word.name,
        aliases: Vec::new(),
        kind: "language",
        family: "The language",
        signature: word.signature.to_owned(),
        arguments: word.arguments.iter().map(|name| plain(name)).collect(),
        about: word.about,
        example: word.example,
    });
    let functions = Math::ALL.into_iter().map(|math| Entry {
        name: math.name(),
        aliases: Vec::new(),
        kind: "math",
        family: "Mathematics",
        signature: format!("{}({})", math.name(), math.arguments().join(", ")),
        arguments: math.arguments().iter().map(|name| plain(name)).collect(),
        about: math.about(),
        example: "",
    });
    helpers.chain(words).chain(functions).collect()
}

fn helper_entry(helper: &Helper) -> Entry {
    let arguments = helper.arguments.iter().map(|argument| ArgumentEntry {
        name: argument.name,
        kind: kind(argument),
        unit: argument.unit.sign(),
        default: argument.default,
        words: argument.words(),
        min: Some(*argument.range.start()).filter(|bound| bound.is_finite()),
        max: Some(*argument.range.end()).filter(|bound| bound.is_finite()),
        about: argument.about,
    });
    Entry {
        name: helper.name,
        aliases: helper.aliases.to_vec(),
        kind: "helper",
        family: helper.family.title(),
        signature: helper.signature(),
        arguments: arguments.collect(),
        about: helper.about,
        example: helper.example,
    }
}

fn plain(name: &'static str) -> ArgumentEntry {
    ArgumentEntry { name, kind: "", unit: "", default: None, words: Vec::new(), min: None, max: None, about: "" }
}
