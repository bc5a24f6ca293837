//! Puts Rhai's errors into words for a person on stage. It raises none of its own.

use rhai::{EvalAltResult, ParseErrorType, Position};

use super::Error;
use super::engine::Run;
use super::operators::undecided;
use crate::diagnostic::nearest;
use crate::dsp::math::Math;
use crate::helpers::language::{WORDS, word};
use crate::helpers::{HELPERS, find};
use crate::ir::Place;

/// What an error of Rhai's means.
pub(super) fn explain(error: &EvalAltResult, run: &Run) -> Error {
    within(error, None, run)
}

fn within(error: &EvalAltResult, source: Option<&str>, run: &Run) -> Error {
    let at = |position: &Position| run.place(source, *position);
    match error {
        EvalAltResult::ErrorInFunctionCall(_, file, inner, _) => {
            within(inner, Some(file.as_str()).filter(|file| !file.is_empty()).or(source), run)
        }
        EvalAltResult::ErrorInModule(file, inner, position) => {
            within(inner, Some(file), run).also(at(position), "imported from here")
        }
        EvalAltResult::ErrorRuntime(thrown, position) => match thrown.clone().try_cast::<Error>() {
            Some(error) => error,
            None => Error::at(at(position), format!("the script stopped itself: {thrown}")),
        },
        EvalAltResult::ErrorParsing(kind, position) => parsing(kind, at(position)),
        EvalAltResult::ErrorFunctionNotFound(signature, position) => {
            unknown_function(signature, run).placed(at(position))
        }
        EvalAltResult::ErrorVariableNotFound(name, position) => unknown_name(name, run).placed(at(position)),
        EvalAltResult::ErrorMismatchDataType(wanted, given, position) => match given.as_str() {
            "signal" => undecided(at(position), if wanted == "bool" { "`if`, `&&`, `||` and `!`" } else { "this" }),
            _ => Error::at(at(position), format!("{} is wanted here, not {}", friendly(wanted), friendly(given))),
        },
        EvalAltResult::ErrorTooManyOperations(position) => {
            Error::at(at(position), "the script does not come to an end while it loads")
                .help("a loop without end? Per-sample work belongs into a closure |s| ...")
        }
        EvalAltResult::ErrorStackOverflow(position) => Error::at(at(position), "functions call each other too deep")
            .help("a function that calls itself without end?"),
        EvalAltResult::ErrorDataTooLarge(what, position) => {
            Error::at(at(position), format!("too large: {what}")).help("1 048 576 elements or characters are the most")
        }
        other => plain(other, source, run),
    }
}

/// Any other error, in Rhai's words.
fn plain(error: &EvalAltResult, source: Option<&str>, run: &Run) -> Error {
    let place = run.place(source, error.position());
    let text = error.to_string();
    // Rhai ends its texts with the position that we show ourselves.
    let text = text.rsplit_once(" (line ").map_or(text.as_str(), |(text, _)| text);
    Error::at(place, text)
}

fn parsing(kind: &ParseErrorType, place: Place) -> Error {
    let text = kind.to_string();
    let banned = ["eval", "exit", "sleep", "timestamp"].into_iter().find(|word| text.contains(&format!("'{word}'")));
    match (kind, banned) {
        (_, Some(word)) => Error::at(place, format!("`{word}` is not part of the language: it would break the set")),
        (ParseErrorType::UnexpectedEOF, _) => {
            Error::at(place, "the script ends too soon").help("a bracket or a brace that is not closed?")
        }
        (ParseErrorType::ExprTooDeep, _) => {
            Error::at(place, "this expression nests too deep").help("give parts of it names with `let`")
        }
        _ => Error::at(place, text),
    }
}

/// Rhai's names of types, as a performer would say them.
fn friendly(kind: &str) -> String {
    let known = match kind {
        "i64" => "a whole number",
        "f64" => "a number",
        "bool" => "true or false",
        "signal" => "a signal",
        "string" => "a text",
        "array" => "an array",
        "map" => "a map",
        "Fn" => "a function",
        "()" => "nothing",
        other => return format!("`{other}`"),
    };
    known.to_owned()
}

struct Unplaced {
    message: String,
    help: Option<String>,
}

impl Unplaced {
    fn placed(self, place: Place) -> Error {
        Error { help: self.help, ..Error::at(place, self.message) }
    }
}

fn unknown_function(signature: &str, run: &Run) -> Unplaced {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let types = types.trim_end_matches(')');
    let given = types.split(", ").filter(|kind| !kind.is_empty()).map(friendly).collect::<Vec<_>>().join(", ");
    if let Some(written) = signature_of(name) {
        return Unplaced { message: format!("`{name}` cannot be called with ({given})"), help: Some(written) };
    }
    if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return Unplaced { message: format!("`{name}` does not work on {given}"), help: None };
    }
    let known = defined(run, name);
    if known {
        let message = format!("the function `{name}` does not take ({given})");
        return Unplaced { message, help: Some("it takes another number of arguments".to_owned()) };
    }
    Unplaced { message: format!("there is no function `{name}`"), help: suggestion(name, run) }
}

fn unknown_name(name: &str, run: &Run) -> Unplaced {
    let help = match signature_of(name) {
        Some(signature) => Some(format!("to call it: {signature}")),
        None => suggestion(name, run).or_else(|| Some("functions see only their arguments and constants".to_owned())),
    };
    Unplaced { message: format!("there is no variable `{name}`"), help }
}

/// How a built-in word is called.
pub(super) fn signature_of(name: &str) -> Option<String> {
    let math = || Math::named(name).map(|math| format!("{name}({})", math.arguments().join(", ")));
    let word = || word(name).map(|word| word.signature.to_owned());
    find(name).map(|helper| helper.signature()).or_else(word).or_else(math)
}

/// The word that was probably meant.
pub(super) fn suggestion(name: &str, run: &Run) -> Option<String> {
    let helpers = HELPERS.iter().flat_map(|helper| std::iter::once(helper.name).chain(helper.aliases.iter().copied()));
    let words = WORDS.iter().map(|word| word.name).chain(Math::ALL.into_iter().map(Math::name));
    let mut known: Vec<&str> = helpers.chain(words).collect();
    let own = run.library.files.iter().flat_map(|file| file.definitions.keys());
    known.extend(own.map(|(name, _)| name.as_str()).filter(|name| !name.starts_with("anon$")));
    let near = nearest(name, known)?;
    Some(match signature_of(near) {
        Some(signature) => format!("did you mean `{near}`? {signature}"),
        None => format!("did you mean `{near}`?"),
    })
}

fn defined(run: &Run, name: &str) -> bool {
    run.library.files.iter().any(|file| file.definitions.keys().any(|(defined, _)| defined == name))
}
