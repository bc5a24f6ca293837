//! What editors know of scripts: words for completion and hover, a grammar, definitions. It adds no fact of its own but the words of Rhai.

use serde::Serialize;
use serde_json::json;

use super::definitions::definitions;
use super::json::entries;
use super::{kind, range};
use crate::helpers::language::{CONSTANTS, WORLD};
use crate::helpers::{Argument, Helper, find};

/// The words of Rhai that steer a script.
pub const KEYWORDS: &[&str] = &[
    "as", "break", "const", "continue", "do", "else", "fn", "for", "if", "import", "in", "let", "loop", "private",
    "return", "switch", "throw", "until", "while",
];

/// What stands for itself in Rhai.
pub const LITERALS: &[&str] = &["true", "false", "this"];

/// A word as editors offer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The word; what a closure sees with its `s.`.
    pub word: String,
    /// `helper`, `math`, `language`, `constant`, `world`, `keyword` or `literal`.
    pub kind: &'static str,
    /// How it is called; the word itself where it is not.
    pub signature: String,
    /// What it does, in plain lines; empty for words of Rhai.
    pub about: String,
    /// A line that uses it; empty where there is none.
    pub example: String,
}

/// Every word, helpers first.
pub fn offers() -> Vec<Offer> {
    let mut offers = Vec::new();
    for entry in entries(&[]) {
        let helper = find(entry.name).filter(|_| entry.kind == "helper");
        let about = helper.map_or(entry.about.to_owned(), told);
        for word in std::iter::once(&entry.name).chain(&entry.aliases) {
            offers.push(Offer {
                word: (*word).to_owned(),
                kind: entry.kind,
                signature: entry.signature.clone(),
                about: about.clone(),
                example: entry.example.to_owned(),
            });
        }
    }
    let plain = |kind: &'static str, word: &str, about: &str| Offer {
        word: word.to_owned(),
        kind,
        signature: word.to_owned(),
        about: about.to_owned(),
        example: String::new(),
    };
    offers.extend(CONSTANTS.iter().map(|(name, about)| plain("constant", name, about)));
    offers.extend(WORLD.iter().map(|(name, about)| plain("world", name, about)));
    offers.extend(KEYWORDS.iter().map(|word| plain("keyword", word, "")));
    offers.extend(LITERALS.iter().map(|word| plain("literal", word, "")));
    offers
}

/// What a helper does, and below it its arguments, a line each.
fn told(helper: &Helper) -> String {
    let argument = |argument: &Argument| {
        let Argument { name, about, unit, .. } = argument;
        let range = range(argument);
        let range = if range.is_empty() { range } else { format!(", {range} {}", unit.sign()).trim_end().to_owned() };
        format!("\n{name}: {about} ({}{range})", kind(argument))
    };
    format!("{}{}", helper.about, helper.arguments.iter().map(argument).collect::<String>())
}

/// The files below `editors/` that are made of this: path and content.
pub fn files() -> Vec<(&'static str, String)> {
    let words = offers().iter().map(|offer| serde_json::to_string(offer).expect("words are JSON")).collect::<Vec<_>>();
    let words = format!("[\n{}\n]\n", words.join(",\n"));
    vec![
        ("editors/aither.d.rhai", definitions(&[])),
        ("editors/vscode/words.json", words.clone()),
        ("editors/vscode/syntaxes/rhai.tmLanguage.json", grammar()),
        ("editors/vim/autoload/aither/words.json", words.clone()),
        ("editors/emacs/aither-words.json", words),
    ]
}

/// The grammar of scripts for editors that read TextMate's.
fn grammar() -> String {
    let offers = offers();
    let any = |kinds: &[&str]| {
        let words = offers.iter().filter(|offer| kinds.contains(&offer.kind)).map(|offer| offer.word.as_str());
        format!("\\b({})\\b", words.collect::<Vec<_>>().join("|"))
    };
    let calls = |kinds: &[&str]| format!("{}(?=\\s*\\()", any(kinds));
    let fields = WORLD.iter().map(|(name, _)| name.trim_start_matches("s.")).collect::<Vec<_>>().join("|");
    let world = format!("\\bs\\.({fields})\\b");
    let grammar = json!({
        "name": "Rhai",
        "scopeName": "source.rhai",
        "fileTypes": ["rhai"],
        "patterns": [{"include": "#all"}],
        "repository": {
            "all": {"patterns": [
                {"name": "comment.line.documentation.rhai", "match": "///.*$"},
                {"name": "comment.line.double-slash.rhai", "match": "//.*$"},
                {"include": "#comment"},
                {"name": "string.quoted.double.rhai", "begin": "\"", "end": "\"",
                 "patterns": [{"name": "constant.character.escape.rhai", "match": "\\\\."}]},
                {"name": "string.interpolated.rhai", "begin": "`", "end": "`", "patterns": [
                    {"name": "meta.embedded.rhai", "begin": "\\$\\{", "end": "\\}", "patterns": [{"include": "#all"}]}
                ]},
                {"name": "string.quoted.single.rhai", "match": "'(\\\\.|[^'\\\\])'"},
                {"match": "\\b(fn)\\s+([A-Za-z_][A-Za-z0-9_]*)",
                 "captures": {"1": {"name": "keyword.control.rhai"}, "2": {"name": "entity.name.function.rhai"}}},
                {"name": "keyword.control.rhai", "match": any(&["keyword"])},
                {"name": "constant.language.rhai", "match": any(&["literal"])},
                {"name": "constant.numeric.rhai",
                 "match": "\\b(0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+|[0-9][0-9_]*(\\.[0-9][0-9_]*)?([eE][-+]?[0-9_]+)?)\\b"},
                {"name": "variable.language.rhai", "match": world},
                {"name": "support.constant.rhai", "match": any(&["constant"])},
                {"name": "keyword.other.rhai", "match": calls(&["language"])},
                {"name": "support.function.rhai", "match": calls(&["helper", "math"])},
                {"name": "entity.name.function.call.rhai", "match": "\\b[A-Za-z_][A-Za-z0-9_]*(?=\\s*\\()"},
                {"name": "keyword.operator.rhai", "match": "\\*\\*|[-+*/%<>=!&|^]=?|\\?\\?|\\.\\.=?|::|=>|#\\{"}
            ]},
            "comment": {"name": "comment.block.rhai", "begin": "/\\*", "end": "\\*/", "patterns": [{"include": "#comment"}]}
        }
    });
    serde_json::to_string_pretty(&grammar).expect("a grammar is JSON") + "\n"
}
