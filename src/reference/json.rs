//! The reference for programs: an array of everything that scripts can call. Its fields are stable, later versions may add some.

use serde::Serialize;

use super::facts::facts;
use super::kind;
use crate::dsp::math::Math;
use crate::helpers::language::WORDS;
use crate::helpers::own::Own;
use crate::helpers::{HELPERS, Helper};

/// One word of the language.
#[derive(Serialize)]
pub struct Entry<'a> {
    /// The version of this form: [`VERSION`].
    pub reference: u32,
    /// The word.
    pub name: &'a str,
    /// Other words for it.
    pub aliases: Vec<&'static str>,
    /// `helper`, `math`, `language`, or `own` for functions of scripts.
    pub kind: &'static str,
    /// The chapter of the reference; of a function of scripts, its file.
    pub family: &'a str,
    /// How a call is written.
    pub signature: String,
    /// Its arguments, in order.
    pub arguments: Vec<ArgumentEntry<'a>>,
    /// What it does.
    pub about: &'a str,
    /// A line that uses it; empty where there is none.
    pub example: &'a str,
    /// What it takes; `null` for what is no helper.
    pub facts: Option<FactsEntry>,
    /// What it promises, a sentence each.
    pub claims: Vec<String>,
    /// Where its formula comes from.
    pub references: &'static [&'static str],
}

/// What a helper takes for one channel.
#[derive(Serialize)]
pub struct FactsEntry {
    /// Slots of 8 bytes of small state, at 48 kHz.
    pub cells: u32,
    /// Slots of each ring, with the arguments that the reference shows.
    pub rings: Vec<u32>,
    /// Numbers in tables that are only read.
    pub table: usize,
    /// What makes its memory longer: names of arguments, `the sample rate`.
    pub grows_with: Vec<&'static str>,
    /// Weighted operations for a frame, with numbers for all arguments but what the helper works on.
    pub operations: u32,
    /// The same with signals for all of them.
    pub operations_moving: u32,
    /// The class of that cost.
    pub cost: &'static str,
    /// How many frames its output lags behind its input at 48 kHz.
    pub latency_frames: u32,
}

/// The version of the form: it changes when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

impl Entry<'_> {
    /// Whether a word means this entry.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// One argument of a word.
#[derive(Serialize)]
pub struct ArgumentEntry<'a> {
    /// Its name.
    pub name: &'a str,
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

/// Every word, in the order of the reference, and last the functions that scripts define: the path of a file and its functions.
pub fn entries(own: &[(String, Vec<Own>)]) -> Vec<Entry<'_>> {
    let helpers = HELPERS.iter().map(|helper| helper_entry(helper));
    let words = WORDS.iter().map(|word| Entry {
        example: word.example,
        ..plain_entry(word.name, "language", "The language", word.signature.to_owned(), word.arguments, word.about)
    });
    let functions = Math::ALL.into_iter().map(|math| {
        let signature = format!("{}({})", math.name(), math.arguments().join(", "));
        plain_entry(math.name(), "math", "Mathematics", signature, math.arguments(), math.about())
    });
    let own = own.iter().flat_map(|(path, functions)| functions.iter().map(move |own| (path, own)));
    let own = own.filter(|(_, own)| !own.private).map(|(path, own)| {
        let parameters = own.parameters.iter().map(String::as_str).collect::<Vec<_>>();
        Entry { example: &own.example, ..plain_entry(&own.name, "own", path, own.signature(), &parameters, &own.about) }
    });
    helpers.chain(words).chain(functions).chain(own).collect()
}

fn plain_entry<'a>(
    name: &'a str,
    kind: &'static str,
    family: &'a str,
    signature: String,
    arguments: &[&'a str],
    about: &'a str,
) -> Entry<'a> {
    let arguments = arguments.iter().map(|name| plain(name)).collect();
    let (aliases, claims, references) = (Vec::new(), Vec::new(), &[]);
    Entry {
        reference: VERSION,
        name,
        aliases,
        kind,
        family,
        signature,
        arguments,
        about,
        example: "",
        facts: None,
        claims,
        references,
    }
}

fn helper_entry(helper: &'static Helper) -> Entry<'static> {
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
        reference: VERSION,
        name: helper.name,
        aliases: helper.aliases.to_vec(),
        kind: "helper",
        family: helper.family.title(),
        signature: helper.signature(),
        arguments: arguments.collect(),
        about: helper.about,
        example: helper.example,
        facts: Some(facts_entry(helper)),
        claims: helper.claims.iter().map(ToString::to_string).collect(),
        references: helper.references,
    }
}

fn facts_entry(helper: &'static Helper) -> FactsEntry {
    let facts = facts(helper);
    FactsEntry {
        cells: facts.state.cells,
        rings: facts.state.lines,
        table: facts.state.tables,
        grows_with: facts.state.grows_with,
        operations: facts.cost.still,
        operations_moving: facts.cost.moving,
        cost: facts.cost.class(),
        latency_frames: facts.latency,
    }
}

fn plain(name: &str) -> ArgumentEntry<'_> {
    ArgumentEntry { name, kind: "", unit: "", default: None, words: Vec::new(), min: None, max: None, about: "" }
}
