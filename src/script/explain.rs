//! Puts Rhai's errors into words for a person on stage. It raises none of its own.

use rhai::{EvalAltResult, LexError, ParseErrorType, Position};

use super::engine::{MAX_ELEMENTS, MAX_IMPORTS, MAX_TEXT, Run};
use super::imports::candidates;
use super::operators::undecided;
use super::words::wrong_count;
use super::{Error, Library};
use crate::diagnostic::nearest;
use crate::dsp::math::Math;
use crate::helpers::language::{WORDS, word};
use crate::helpers::{HELPERS, find};
use crate::ir::Place;

/// What an error of Rhai's means.
pub(super) fn explain(error: &EvalAltResult, run: &Run) -> Error {
    within(error, Inside { source: None, function: false }, run)
}

/// Where an error of Rhai's is met.
#[derive(Clone, Copy)]
struct Inside<'a> {
    /// The file; `None` for the script itself.
    source: Option<&'a str>,
    /// Whether in a function of the script, which sees no variables of its file.
    function: bool,
}

fn within(error: &EvalAltResult, inside: Inside<'_>, run: &Run) -> Error {
    let at = |position: &Position| run.place(inside.source, *position);
    match error {
        EvalAltResult::ErrorInFunctionCall(_, file, inner, _) => {
            let source = Some(file.as_str()).filter(|file| !file.is_empty()).or(inside.source);
            within(inner, Inside { source, function: true }, run)
        }
        EvalAltResult::ErrorInModule(file, inner, position) => {
            let error = within(inner, Inside { source: Some(file), function: false }, run);
            error.also(at(position), "imported from here")
        }
        EvalAltResult::ErrorRuntime(thrown, position) => match thrown.clone().try_cast::<Error>() {
            Some(error) => error,
            None => Error::at(at(position), format!("the script stopped itself: {thrown}")),
        },
        EvalAltResult::ErrorParsing(kind, position) => parsing(kind, at(position)),
        EvalAltResult::ErrorFunctionNotFound(signature, position) => unknown_function(signature, at(position), run),
        EvalAltResult::ErrorVariableNotFound(name, position) => unknown_name(name, inside.function, at(position), run),
        EvalAltResult::ErrorMismatchDataType(wanted, given, position) => match friendly(given) {
            given if given == A_SIGNAL => {
                undecided(at(position), if wanted == "bool" { "`if`, `while`, `&&` and `||`" } else { "this" })
            }
            given => Error::at(at(position), format!("{} is wanted here, not {given}", friendly(wanted))),
        },
        EvalAltResult::ErrorTerminated(excess, position) if excess.is::<Error>() => {
            Error { place: at(position), ..excess.clone().cast::<Error>() }
        }
        EvalAltResult::ErrorTooManyModules(position) => {
            Error::at(at(position), format!("more than {MAX_IMPORTS} files are imported"))
                .help("put functions that are used together into one file")
        }
        EvalAltResult::ErrorTooManyOperations(position) | EvalAltResult::ErrorTerminated(_, position) => {
            Error::at(at(position), "the script does not come to an end while it loads")
                .help("a loop without end? Per-sample work belongs into a closure |s| ...")
        }
        EvalAltResult::ErrorStackOverflow(position) => Error::at(at(position), "functions call each other too deep")
            .help("a function that calls itself without end?"),
        EvalAltResult::ErrorDataTooLarge(_, position) => {
            Error::at(at(position), "an array, a map or a text grows too large")
                .help(format!("{MAX_ELEMENTS} elements are the most, and {MAX_TEXT} letters"))
        }
        other => value_error(other, inside.source, run).unwrap_or_else(|| plain(other, inside.source, run)),
    }
}

/// Errors about what a value has and has not.
fn value_error(error: &EvalAltResult, source: Option<&str>, run: &Run) -> Option<Error> {
    let at = run.place(source, error.position());
    Some(match error {
        EvalAltResult::ErrorArrayBounds(length, index, _) => {
            Error::at(at, format!("there is no element {index}: the array has {length}")).help("the first one is [0]")
        }
        EvalAltResult::ErrorDotExpr(text, _) => {
            let mut quoted = text.split('\'').skip(1).step_by(2);
            let (name, kind) = (quoted.next()?, quoted.next()?);
            let error = match kind {
                "()" => Error::at(at, format!("what stands before `.{name}` is nothing")),
                kind => Error::at(at, format!("{} has no `{name}`", friendly(kind))),
            };
            match signature_of(name) {
                Some(signature) => error.help(format!("to call it, write brackets: {signature}")),
                None => error,
            }
        }
        EvalAltResult::ErrorPropertyNotFound(name, _) => Error::at(at, format!("the map has no `{name}`")),
        EvalAltResult::ErrorIndexingType(kinds, _) => {
            let kind = kinds.split(" [").next().unwrap_or(kinds);
            Error::at(at, format!("{} has no elements", friendly(kind))).help("an array has: let a = [1, 2]; a[0]")
        }
        EvalAltResult::ErrorAssignmentToConstant(name, _) => constant(name, at),
        EvalAltResult::ErrorFor(_) => no_items(at),
        EvalAltResult::ErrorModuleNotFound(name, _) => {
            Error::at(at, format!("nothing is imported as `{name}`")).help(format!("import \"file\" as {name};"))
        }
        _ => return None,
    })
}

fn no_items(at: Place) -> Error {
    Error::at(at, "`for` goes over ranges and arrays only").help("for i in 0..4 { ... }")
}

fn constant(name: &str, at: Place) -> Error {
    Error::at(at, format!("`{name}` is a constant and cannot change"))
        .help(format!("let {name} = ...; makes a variable"))
}

/// Any other error, in Rhai's words.
fn plain(error: &EvalAltResult, source: Option<&str>, run: &Run) -> Error {
    let place = run.place(source, error.position());
    let text = error.to_string();
    // Rhai ends its texts with the position that we show ourselves.
    let text = text.rsplit_once(" (line ").map_or(text.as_str(), |(text, _)| text);
    Error::at(place, text)
}

fn parsing(kind: &ParseErrorType, at: Place) -> Error {
    let error = |message: String| Error::at(at, message);
    let text = kind.to_string();
    if let Some(word) = BANNED.into_iter().find(|word| text.contains(&format!("'{word}'"))) {
        return banned(word, at);
    }
    match kind {
        ParseErrorType::UnexpectedEOF => {
            error("the script ends too soon".to_owned()).help("a bracket or a brace that is not closed?")
        }
        ParseErrorType::ExprTooDeep => {
            error("this expression nests too deep".to_owned()).help("give parts of it names with `let`")
        }
        ParseErrorType::MissingToken(token, purpose) => missing(token, purpose, at),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            error("this text is not closed".to_owned()).help("a text ends with the quotation mark that it starts with")
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(number)) => error(format!("`{number}` is no number")),
        ParseErrorType::BadInput(LexError::UnexpectedInput(sign)) if [";", ",", ")", "]", "}"].contains(&&**sign) => {
            error("a value is missing before this".to_owned())
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(letter)) => error(format!("`{letter}` means nothing here")),
        ParseErrorType::ExprExpected(_) => error("a value is missing here".to_owned()),
        ParseErrorType::MismatchedType(wanted, given) => match wanted.contains("iterable") {
            true => no_items(at),
            false => error(format!(
                "{} is wanted here, not {given}",
                wanted.replace("a boolean expression", "true or false").replace("a boolean", "true or false")
            )),
        },
        ParseErrorType::VariableExpected => error("a name is missing here".to_owned()),
        ParseErrorType::PropertyExpected => error("the name of a field is missing here".to_owned()),
        ParseErrorType::Reserved(word) => error(format!("`{word}` is a reserved word")).help("use another name"),
        ParseErrorType::UnknownOperator(sign) => error(format!("there is no operator `{sign}`")),
        ParseErrorType::AssignmentToConstant(name) => constant(name, at),
        ParseErrorType::AssignmentToInvalidLHS(_) => {
            error("only a variable, or a part of one, can be assigned to".to_owned())
        }
        ParseErrorType::FnDuplicatedDefinition(name, _) => {
            error(format!("the function `{name}` is defined twice")).help("give one of them another name")
        }
        ParseErrorType::WrongFnDefinition => {
            error("a function stands at the top of a file, not inside something".to_owned())
                .help("a closure can stand anywhere: let f = |x| ...")
        }
        ParseErrorType::LoopBreak => error("`break` and `continue` belong into loops".to_owned()),
        _ => error(text),
    }
}

/// A sign that the parser waits for.
fn missing(token: &str, purpose: &str, at: Place) -> Error {
    let closing = ["array", "map", "argument", "parameter"].into_iter().position(|list| purpose.contains(list));
    match (token, closing) {
        (";", _) => Error::at(at, "a `;` is missing before this").help("a statement ends with `;`"),
        (",", Some(list)) => {
            Error::at(at, format!("a `,` or a `{}` is missing before this", ["]", "}", ")", ")"][list]))
        }
        _ => Error::at(at, format!("a `{token}` is missing here")),
    }
}

/// Words of Rhai's that would break what Aither promises.
pub(super) const BANNED: [&str; 4] = ["eval", "exit", "sleep", "timestamp"];

/// One of the [`BANNED`] words.
pub(super) fn banned(word: &str, at: Place) -> Error {
    let why = match word {
        "eval" => "what it runs has no place in any file: write it out, or import it",
        "sleep" => "scripts do not wait; per-sample time is `s.t` in a closure |s| ...",
        "exit" => "`return;` ends a script early",
        _ => "the time of day would make every run another one; use `s.t` in a closure |s| ...",
    };
    Error::at(at, format!("`{word}` is not part of the language")).help(why)
}

const A_SIGNAL: &str = "a signal";

/// Rhai's names of types, as a performer would say them.
pub(super) fn friendly(kind: &str) -> String {
    let known = match kind {
        "i64" => "a whole number",
        "f64" => "a number",
        "bool" => "true or false",
        "string" | "&str | ImmutableString | String" => "a text",
        "char" => "a letter",
        "array" => "an array",
        "map" => "a map",
        "range" | "range=" => "a range",
        "Fn" => "a function",
        "()" => "nothing",
        "signal" => A_SIGNAL,
        kind if kind.ends_with("::Signal") => A_SIGNAL,
        other => return format!("`{other}`"),
    };
    known.to_owned()
}

fn unknown_function(signature: &str, at: Place, run: &Run) -> Error {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let given = types.trim_end_matches(')').split(", ").filter(|kind| !kind.is_empty()).map(friendly);
    let given = given.collect::<Vec<_>>();
    if let Some(helper) = find(name)
        && !(helper.required()..=helper.arguments.len()).contains(&given.len())
    {
        return wrong_count(helper, given.len(), at);
    }
    // A function of an imported file is called by the name of the import.
    let (alias, name) = name.rsplit_once("::").map_or((None, name), |(alias, name)| (Some(alias), name));
    let takes = takes(run, name);
    if !takes.is_empty() && !takes.contains(&given.len()) {
        let counts = takes.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        let plural = if takes == [1] { "" } else { "s" };
        let error =
            Error::at(at, format!("the function `{name}` takes {counts} argument{plural}, not {}", given.len()));
        return Error { help: run.functions.told(name), ..error };
    }
    if let Some(alias) = alias {
        let error = Error::at(at, format!("there is no function `{name}` in `{alias}`"));
        return Error { help: suggestion_in(alias, name, at, run), ..error };
    }
    if let Some(written) = signature_of(name) {
        return Error::at(at, format!("`{name}` cannot be called with ({})", given.join(", "))).help(written);
    }
    if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return Error::at(at, format!("`{name}` does not work on {}", given.join(" and ")));
    }
    Error { help: suggestion(name, &run.functions), ..Error::at(at, format!("there is no function `{name}`")) }
}

fn unknown_name(name: &str, in_function: bool, at: Place, run: &Run) -> Error {
    // What helpers call an argument is a variable that is missing, however near a helper's name is: `freq` is no `freq_shift`.
    let is_argument = HELPERS.iter().flat_map(|helper| helper.arguments).any(|argument| argument.name == name);
    let suggestion = suggestion(name, &run.functions).filter(|_| !is_argument);
    let help = match signature_of(name) {
        Some(signature) => format!("to call it: {signature}"),
        None => suggestion.unwrap_or_else(|| match in_function {
            true => "functions see only their arguments and constants".to_owned(),
            false => format!("let {name} = ...; gives it a value"),
        }),
    };
    Error::at(at, format!("there is no variable `{name}`")).help(help)
}

/// How many arguments the script's own functions of a name take.
fn takes(run: &Run, name: &str) -> Vec<usize> {
    let definitions = run.functions.files.iter().flat_map(|file| file.definitions.keys());
    let counts = definitions.filter(|(defined, _)| defined == name).map(|(_, count)| *count);
    counts.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// How a built-in word is called.
pub(super) fn signature_of(name: &str) -> Option<String> {
    let math = || Math::named(name).map(|math| format!("{name}({})", math.arguments().join(", ")));
    let word = || word(name).map(|word| word.signature.to_owned());
    find(name).map(|helper| helper.signature()).or_else(word).or_else(math)
}

/// The function of an imported file that was probably meant.
fn suggestion_in(alias: &str, name: &str, at: Place, run: &Run) -> Option<String> {
    let files = &run.functions.files;
    let path = files.get(usize::from(at.file))?.modules.get(alias)?;
    let importer = run.files.get(usize::from(at.file)).map(String::as_str);
    let paths = candidates(importer, path);
    let file = paths.iter().find_map(|path| run.files.iter().position(|file| file == path))?;
    let near = nearest(name, run.functions.public(file))?;
    Some(format!("did you mean `{alias}::{near}`? {}", run.functions.told(near)?))
}

/// The word that was probably meant: one of ours, or a function of the scripts.
pub(super) fn suggestion(name: &str, functions: &Library) -> Option<String> {
    let helpers = HELPERS.iter().flat_map(|helper| std::iter::once(helper.name).chain(helper.aliases.iter().copied()));
    let words = WORDS.iter().map(|word| word.name).chain(Math::ALL.into_iter().map(Math::name));
    let mut known = helpers.chain(words).collect::<Vec<&str>>();
    known.extend(functions.files.iter().flat_map(|file| &file.own).map(|own| own.name.as_str()));
    let near = nearest(name, known)?;
    Some(match signature_of(near).or_else(|| functions.told(near)) {
        Some(signature) => format!("did you mean `{near}`? {signature}"),
        None => format!("did you mean `{near}`?"),
    })
}
