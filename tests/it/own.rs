//! Helpers that scripts define: in errors, in the reference, in the definitions for editors, and those that come along in `scripts/lib`.

use std::fs;
use std::path::Path;
use std::rc::Rc;

use aither::helpers::language::WORDS;
use aither::helpers::own::{Own, read};
use aither::helpers::{HELPERS, find};
use aither::reference::definitions::definitions;
use aither::script::lower::lower;
use aither::script::{Request, Scripts, Sources};

use crate::played::{RATE, lowered_with};
use crate::stand::play;

const DRUMS: &[(&str, &str)] = &[(
    "lib/drums.rhai",
    "/// Knocks on wood. Twice.\nfn knock(hits, hardness) { osc(440) * hits * hardness }\nprivate fn quiet(x) { x }\n",
)];

#[track_caller]
fn told(text: &str, message: &str, help: &str) {
    let error = lowered_with(text, DRUMS).expect_err("it is wrong");
    assert_eq!((&*error.message, error.help.as_deref().unwrap_or_default()), (message, help));
}

#[test]
fn a_wrong_number_of_arguments_shows_how_a_function_of_a_script_is_called_and_what_it_does() {
    let own = "/// Softens a sound.\nfn soften(x, amount) { lowpass(x, amount) }\n";
    let (message, help) = ("the function `soften` takes 2 arguments, not 1", "soften(x, amount): Softens a sound.");
    told(&format!("{own}register(\"a\", soften(osc(220)));"), message, help);
    let message = "the function `soften` takes 2 arguments";
    told(&format!("{own}register(\"a\", |s| soften(osc(220)));"), message, help);
    let (import, help) = ("import \"lib/drums\" as drums;\n", "knock(hits, hardness): Knocks on wood.");
    let message = "the function `knock` takes 2 arguments, not 1";
    told(&format!("{import}register(\"a\", drums::knock(impulse(2)));"), message, help);
    let message = "`knock` takes 2 arguments, not 1";
    told(&format!("{import}register(\"a\", |s| drums::knock(impulse(2)));"), message, help);
}

#[test]
fn a_slip_in_the_name_of_a_function_of_a_script_finds_it_with_its_sentence() {
    let own = "/// Softens a sound.\nfn soften(x, amount) { lowpass(x, amount) }\n";
    let help = "did you mean `soften`? soften(x, amount): Softens a sound.";
    told(&format!("{own}register(\"a\", softn(osc(220), 300));"), "there is no function `softn`", help);
    told(&format!("{own}register(\"a\", |s| softn(osc(220), 300));"), "there is no function `softn`", help);
    let import = "import \"lib/drums\" as drums;\n";
    let help = "did you mean `drums::knock`? knock(hits, hardness): Knocks on wood.";
    told(&format!("{import}register(\"a\", drums::nock(1, 2));"), "there is no function `nock` in `drums`", help);
}

/// A line of a definition file that is not a comment: what it declares, with the number of its parameters.
fn parsed(line: &str) -> Result<(String, usize), String> {
    let broken = || format!("no definition: {line}");
    let name = |text: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        (!text.is_empty() && text.chars().all(plain) && !text.starts_with(|first: char| first.is_ascii_digit()))
            .then(|| text.to_owned())
    };
    let kind = |text: &str| text == "?" || name(text).is_some();
    let rest = line.strip_suffix(';').ok_or_else(broken)?;
    let (keyword, rest) = rest.split_once(' ').ok_or_else(broken)?;
    if keyword == "module" {
        return if rest == "static" { Ok((line.to_owned(), 0)) } else { Err(broken()) };
    }
    if keyword == "const" {
        let (constant, ty) = rest.split_once(": ").ok_or_else(broken)?;
        return if kind(ty) { name(constant).map(|name| (name, 0)).ok_or_else(broken) } else { Err(broken()) };
    }
    let (head, gives) = rest.split_once(") -> ").ok_or_else(broken)?;
    let (called, parameters) = head.split_once('(').ok_or_else(broken)?;
    let parameters = parameters.split(", ").filter(|parameter| !parameter.is_empty()).collect::<Vec<_>>();
    let good = match keyword {
        "op" => parameters.iter().all(|ty| kind(ty)),
        "fn" => {
            parameters.iter().all(|one| one.split_once(": ").is_some_and(|(one, ty)| name(one).is_some() && kind(ty)))
        }
        _ => false,
    };
    let called = called.strip_prefix("get ").unwrap_or(called);
    let named = keyword == "op" || name(called).is_some();
    if good && named && kind(gives) { Ok((called.to_owned(), parameters.len())) } else { Err(broken()) }
}

#[test]
fn the_definitions_for_editors_follow_their_grammar_and_have_every_word_with_every_number_of_arguments() {
    let own = vec![("lib/drums.rhai".to_owned(), read(DRUMS[0].1))];
    let text = definitions(&own);
    assert!(text.starts_with("module static;\n"));
    let code = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    let all = code.map(|line| parsed(line).unwrap_or_else(|broken| panic!("{broken}"))).collect::<Vec<_>>();
    let has = |name: &str, count: usize| all.iter().any(|known| known.0 == name && known.1 == count);
    for helper in HELPERS {
        for count in 0..=helper.arguments.len() + 1 {
            let callable = (helper.required()..=helper.arguments.len()).contains(&count);
            for name in [helper.name].iter().chain(helper.aliases) {
                assert_eq!(has(name, count), callable, "{name} with {count} arguments");
            }
        }
    }
    assert!(WORDS.iter().all(|word| all.iter().any(|(name, _)| name == word.name)), "a word is missing");
    assert!(has("TAU", 0) && has("t", 1) && has("sin", 1) && has("+", 2) && has("knock", 2) && !has("quiet", 1));
    assert!(text.contains("/// Knocks on wood. Twice.\nfn knock(hits: ?, hardness: ?) -> ?;"), "no comment");
}

/// The folder of pieces.
struct Folder;

impl Sources for Folder {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(path)).ok()
    }
}

/// The files of `scripts/lib`, by name, with their functions.
fn library() -> Vec<(String, String, Vec<Own>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/lib");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files = files.collect::<Vec<_>>();
    files.sort();
    let read_file = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let own = read(&text);
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), text, own)
    };
    files.iter().map(read_file).collect()
}

#[test]
fn every_helper_of_the_library_says_what_it_does_and_its_example_sounds() {
    let library = library();
    let public = library.iter().flat_map(|(_, _, own)| own).filter(|own| !own.private).count();
    assert!(public >= 8, "{public} helpers");
    for (file, _, own) in &library {
        for own in own.iter().filter(|own| !own.private) {
            let name = format!("{file}::{}", own.name);
            assert!(own.about.starts_with(char::is_uppercase) && own.about.contains('.'), "{name}: no sentence");
            assert!(own.example.contains(&name), "{name}: no example");
            assert!(find(&own.name).is_none(), "{name}: hides a helper");
            let text = format!("import \"lib/{file}\" as {file};\nregister(\"example\", {});", own.example);
            let evaluation = Scripts::new(RATE).evaluate("main.rhai", &text, Rc::new(Folder));
            let evaluation = evaluation.unwrap_or_else(|failure| panic!("{name}: {:?}", failure.error));
            assert!(evaluation.warnings.is_empty(), "{name}: {:?}", evaluation.warnings);
            let Some(Request::Register(registration)) = evaluation.requests.first() else { panic!("{name}") };
            let lowered = lower(&evaluation, registration, RATE).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            for samples in play(&lowered.program, 96_000) {
                let peak = samples.iter().fold(0.0, |loudest: f64, sample| loudest.max(sample.abs()));
                let mean = samples.iter().sum::<f64>() / samples.len() as f64;
                assert!((0.05..=1.0).contains(&peak), "{name}: peak {peak}");
                assert!(mean.abs() < 0.05 * peak, "{name}: mean {mean} at a peak of {peak}");
            }
        }
    }
}

#[test]
fn a_file_of_the_library_makes_no_sound_by_itself() {
    for (file, text, _) in library() {
        let evaluation = Scripts::new(RATE).evaluate(&format!("lib/{file}.rhai"), &text, Rc::new(Folder));
        let evaluation = evaluation.unwrap_or_else(|failure| panic!("{file}: {:?}", failure.error));
        assert!(evaluation.requests.is_empty() && evaluation.warnings.is_empty(), "{file} asks for something");
    }
}

#[test]
fn a_hit_begins_the_same_sound_every_time_and_a_rest_begins_none() {
    let text = "import \"lib/drums\" as drums;\nregister(\"a\", drums::kick(drums::steps(4, [1, 0, 1, 0.5])));";
    let evaluation = Scripts::new(RATE).evaluate("main.rhai", text, Rc::new(Folder)).expect("a piece");
    let Some(Request::Register(registration)) = evaluation.requests.first() else { panic!("no signal") };
    let lowered = lower(&evaluation, registration, RATE).expect("a program");
    let sound = play(&lowered.program, 60_000).remove(0);
    let step = 12_000;
    for at in 0..step {
        assert_eq!(sound[at], sound[2 * step + at], "frame {at} of the first and the second hit");
        assert!((sound[3 * step + at] - 0.5 * sound[at]).abs() < 1e-12, "frame {at} of the soft hit");
    }
    // The rest hears the first hit out.
    assert!(sound[step..2 * step].windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.02));
}
