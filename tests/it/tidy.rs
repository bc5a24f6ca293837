//! The rules of the house, read off the files: who imports whom, what stands where. It judges form and never behaviour.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which module may import which; every module at the top of `src` stands here, from the building blocks up.
const IMPORTS: &[(&str, &[&str])] = &[
    ("heap", &[]),
    ("dsp", &["heap"]),
    ("diagnostic", &["heap"]),
    ("music", &["heap", "dsp", "diagnostic"]),
    ("ir", &["heap", "dsp"]),
    ("helpers", &["heap", "dsp", "music", "ir"]),
    ("analysis", MIDDLE),
    ("compile", MIDDLE),
    ("device", MIDDLE),
    ("engine", MIDDLE),
    ("memory", MIDDLE),
    ("reference", &["heap", "dsp", "diagnostic", "music", "ir", "helpers", "compile"]),
    ("script", MIDDLE),
    ("watch", MIDDLE),
    (
        "session",
        &[
            "heap",
            "dsp",
            "diagnostic",
            "music",
            "ir",
            "helpers",
            "analysis",
            "compile",
            "device",
            "engine",
            "memory",
            "reference",
            "script",
            "watch",
        ],
    ),
];

/// What stands below every module in the middle; these do not import each other.
const MIDDLE: &[&str] = &["heap", "dsp", "diagnostic", "music", "ir", "helpers"];

/// Outside crates that are named in one folder only.
const HOMES: &[(&str, &str)] = &[
    ("rhai", "src/script/"),
    ("cpal", "src/device/"),
    ("alsa_sys", "src/device/"),
    ("rubato", "src/device/"),
    ("notify", "src/watch/"),
    ("ringbuf", "src/engine/"),
    ("loom", "src/engine/"),
    ("cranelift_codegen", "src/compile/"),
    ("cranelift_frontend", "src/compile/"),
    ("cranelift_native", "src/compile/"),
    ("iced_x86", "src/compile/lanes/"),
    ("annotate_snippets", "src/diagnostic/"),
    ("strsim", "src/diagnostic/"),
    ("rustfft", "src/analysis/"),
    ("ebur128", "src/analysis/"),
    ("interprocess", "src/session/socket/"),
    ("nix", "src/session/"),
    ("ratatui", "src/session/view/"),
];

/// The files that may hold `unsafe`, and nothing else may.
const UNSAFE: &[&str] = &[
    "src/compile/alone.rs",
    "src/compile/code.rs",
    "src/compile/echoes/lend.rs",
    "src/compile/echoes/run.rs",
    "src/compile/echoes/stretch.rs",
    "src/compile/in_time.rs",
    "src/compile/lanes/ahead.rs",
    "src/compile/lanes/bank.rs",
    "src/compile/lanes/bank/give.rs",
    "src/compile/lanes/kernel.rs",
    "src/compile/lanes/mod.rs",
    "src/compile/lanes/places.rs",
    "src/compile/lanes/stretches.rs",
    "src/compile/lanes/table.rs",
    "src/compile/lanes/transpose.rs",
    "src/compile/lanes/turn.rs",
    "src/compile/lanes/views.rs",
    "src/compile/machine.rs",
    "src/compile/made.rs",
    "src/compile/oracle.rs",
    "src/compile/pages.rs",
    "src/compile/reserve.rs",
    "src/compile/spans.rs",
    "src/compile/stages/run.rs",
    "src/compile/voices/run.rs",
    "src/compile/woven.rs",
    "src/device/quiet.rs",
    "src/device/seat.rs",
    "src/dsp/denormals.rs",
    "src/engine/doze.rs",
    "src/engine/ensemble.rs",
    "src/engine/machine.rs",
    "src/engine/machine/sleep.rs",
    "src/engine/meter.rs",
    "src/engine/renderer.rs",
    "src/engine/stream.rs",
    "src/engine/stretch.rs",
    "src/engine/swap.rs",
    "src/engine/sync.rs",
    "src/engine/wide.rs",
    "src/heap.rs",
    "src/ir/call.rs",
    "src/ir/rest/look.rs",
    "src/ir/rest/mod.rs",
    "src/ir/rest/moving.rs",
    "src/memory/arena.rs",
    "src/memory/pool.rs",
    "src/memory/programs.rs",
    "src/memory/sandbox.rs",
    "src/session/bind.rs",
    "src/session/snapshot.rs",
    "src/session/claim.rs",
    "src/session/ensembles.rs",
    "src/session/cure.rs",
    "src/session/join.rs",
    "src/session/trial.rs",
];

/// The modules of the audio side: a `mod.rs` speaks for its folder.
const AUDIO_SIDE: &[&str] = &["src/dsp/mod.rs"];

/// Files of the engine that work for the control thread; all its others are the audio side.
const CONTROL_SIDE: &[&str] = &["command.rs", "control.rs", "order.rs", "event.rs", "mod.rs", "sync.rs", "wire.rs"];

/// What every module of the audio side opens with; it may deny more.
const DENY: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types";

const LONGEST_FILE: usize = 400;
const LONGEST_TEST: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

struct Source {
    /// Path from the root of the repository, with forward slashes.
    path: String,
    text: String,
}

/// Every text file of the repository, without what is built or hidden.
fn all_files() -> Vec<Source> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned(), root().join(".ci")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let built = folder == root() && name.starts_with("target");
            if name.starts_with('.') || built {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                files.push(Source { path: relative(&path), text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn relative(path: &Path) -> String {
    let parts = path.strip_prefix(root()).unwrap().components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn rust_files() -> Vec<Source> {
    let files: Vec<_> = all_files().into_iter().filter(|file| file.path.ends_with(".rs")).collect();
    assert!(files.len() > 10, "the sources were not found");
    files
}

fn source_files() -> Vec<Source> {
    rust_files().into_iter().filter(|file| file.path.starts_with("src/")).collect()
}

impl Source {
    /// The module at the top of `src` that the file belongs to; `None` for `lib.rs` and `main.rs`.
    fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        let top = below.split('/').next()?;
        Some(top.strip_suffix(".rs").unwrap_or(top)).filter(|name| *name != "lib" && *name != "main")
    }

    /// How many names lead from the crate to this file's module.
    fn depth(&self) -> usize {
        let folders = self.path.matches('/').count();
        if self.path.ends_with("/mod.rs") { folders - 1 } else { folders }
    }

    /// The code without comments and without the insides of strings.
    fn code(&self) -> String {
        code(&self.text)
    }
}

fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let mut in_string = false;
        let mut before = ' ';
        for (at, letter) in line.char_indices() {
            if letter == '"' && before != '\\' && !(before == '\'' && line[at + 1..].starts_with('\'')) {
                in_string = !in_string;
            } else if !in_string {
                if line[at..].starts_with("//") {
                    break;
                }
                code.push(letter);
            }
            before = if before == '\\' { ' ' } else { letter };
        }
        code.push('\n');
    }
    code
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// What follows each place where `prefix` stands as a path of its own.
fn after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(prefix).filter_map(move |(at, _)| {
        let own = !code[..at].ends_with(|letter: char| is_name(letter) || letter == ':' || letter == '$');
        own.then(|| &code[at + prefix.len()..])
    })
}

/// The first names of a path or of a braced group of paths.
fn heads(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let mut heads = Vec::new();
    let (mut depth, mut fresh) = (0, true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && is_name(letter) => {
                heads.push(name(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

fn name(text: &str) -> &str {
    &text[..text.find(|letter| !is_name(letter)).unwrap_or(text.len())]
}

/// The modules of this crate that a file names.
fn imports_of(file: &Source) -> BTreeSet<String> {
    let code = file.code();
    let mut paths: Vec<&str> = after(&code, "crate::").collect();
    // Enough steps up lead out of the module as well.
    for mut rest in after(&code, "super::") {
        let mut steps = 1;
        while let Some(further) = rest.strip_prefix("super::") {
            (rest, steps) = (further, steps + 1);
        }
        if steps >= file.depth() {
            paths.push(rest);
        }
    }
    let known = |name: &&str| IMPORTS.iter().any(|(module, _)| module == name);
    paths.into_iter().flat_map(heads).filter(known).map(str::to_owned).collect()
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn imports_run_downwards() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let Some(module) = file.module() else { continue };
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{}: `{module}` has no place in the table of imports", file.path));
            continue;
        };
        let strangers =
            imports_of(&file).into_iter().filter(|name| name != module && !allowed.contains(&name.as_str()));
        wrong.extend(strangers.map(|name| format!("{}: `{module}` must not import `{name}`", file.path)));
    }
    none(wrong);
}

#[test]
fn the_reader_of_imports_sees_every_spelling() {
    let imports = |path: &str, text: &str| {
        let file = Source { path: path.into(), text: text.into() };
        imports_of(&file).into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(imports("src/ir/value.rs", "use crate::script::Graph;"), "script");
    assert_eq!(imports("src/ir/value.rs", "use crate::{dsp::{float, math}, engine};"), "dsp engine");
    assert_eq!(imports("src/ir/value.rs", "let x = super::super::memory::new();"), "memory");
    assert_eq!(imports("src/ir/mod.rs", "use super::device;"), "device");
    assert_eq!(imports("src/ir/value.rs", "use super::device; // crate::script\nlet s = \"crate::memory\";"), "");
}

#[test]
fn outside_crates_have_one_home() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let code = file.code();
        for (name, home) in HOMES.iter().filter(|(_, home)| !file.path.starts_with(home)) {
            if after(&code, &format!("{name}::")).next().is_some() || code.contains(&format!("use {name};")) {
                wrong.push(format!("{}: `{name}` belongs to {home}", file.path));
            }
        }
    }
    none(wrong);
}

#[test]
fn every_file_says_first_what_it_is() {
    let silent = |file: &Source| {
        let first = file.text.lines().next().unwrap_or_default();
        !first.strip_prefix("//! ").is_some_and(|sentence| sentence.contains('.') || sentence.contains(':'))
    };
    none(rust_files().iter().filter(|file| silent(file)).map(|file| file.path.clone()).collect());
}

#[test]
fn no_file_is_long() {
    let long = |file: &Source| {
        let lines = file.text.lines().count();
        let most = if file.path.starts_with("tests/") { LONGEST_TEST } else { LONGEST_FILE };
        (lines > most).then(|| format!("{}: {lines} lines, at most {most}", file.path))
    };
    none(rust_files().iter().filter_map(long).collect());
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together here, or this file would be its own finding.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("unimple", "mented!"),
        concat!("to", "do!("),
        concat!("allow(dead", "_code)"),
        concat!("#[ig", "nore"),
    ];
    let mut wrong = Vec::new();
    for file in all_files() {
        let found = marks.iter().filter(|mark| file.text.contains(**mark));
        wrong.extend(found.map(|mark| format!("{}: {mark}", file.path)));
    }
    none(wrong);
}

#[test]
fn unsafe_code_stays_where_it_is_listed_and_says_why_it_is_sound() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| has_word(&code(line), "unsafe")) {
            if !UNSAFE.contains(&file.path.as_str()) {
                wrong.push(format!("{}:{}: not on the list", file.path, at + 1));
            }
            let block = code(line).contains("unsafe {") || code(line).contains("unsafe impl");
            let reasons = &lines[at.saturating_sub(6)..at];
            if block && !reasons.iter().any(|line| line.contains("SAFETY:")) {
                wrong.push(format!("{}:{}: no `// SAFETY:` above", file.path, at + 1));
            }
        }
    }
    let sources = source_files();
    let holds = |path: &str| sources.iter().any(|file| file.path == path && has_word(&file.code(), "unsafe"));
    wrong.extend(UNSAFE.iter().filter(|path| !holds(path)).map(|path| format!("{path}: listed without need")));
    none(wrong);
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter| !is_name(letter)).any(|found| found == word)
}

#[test]
fn no_path_of_the_machine_that_built_it_is_written_anywhere() {
    let mut marks = vec![["/ho", "me/"].concat(), ["/Use", "rs/"].concat(), ["/ro", "ot/"].concat()];
    // A folder right below the root has too short a name to be told from a word.
    if root().components().count() > 2 {
        marks.push(root().display().to_string());
    }
    let mut wrong = Vec::new();
    for file in all_files() {
        let found = marks.iter().filter(|mark| file.text.contains(mark.as_str()));
        wrong.extend(found.map(|mark| format!("{}: {mark}", file.path)));
    }
    none(wrong);
}

#[test]
fn the_audio_side_denies_what_it_must_not_call() {
    let files = source_files();
    let mut wrong = Vec::new();
    let engine = files.iter().filter_map(|file| {
        let below = file.path.strip_prefix("src/engine/")?;
        (!CONTROL_SIDE.contains(&below)).then_some(file.path.as_str())
    });
    for path in AUDIO_SIDE.iter().copied().chain(engine) {
        match files.iter().find(|file| file.path == path) {
            Some(file) if file.text.lines().any(|line| line.starts_with(DENY)) => {}
            Some(_) => wrong.push(format!("{path}: does not open with {DENY})]")),
            None => wrong.push(format!("{path}: is on the list of the audio side and does not exist")),
        }
    }
    none(wrong);
}

#[test]
fn the_map_names_every_module_and_nothing_that_is_not_there() {
    let Ok(map) = fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    let mut wrong = Vec::new();
    for word in map.split('`').skip(1).step_by(2) {
        let path = word.trim_end_matches('/');
        let plain = |letter: char| is_name(letter) || "./-".contains(letter);
        let is_path = path.chars().all(plain) && (word.contains('/') || path.ends_with(".rs") || path.ends_with(".md"));
        let places: [PathBuf; 2] = [root().join(path), root().join("src").join(path)];
        if is_path && !path.is_empty() && !path.starts_with('/') && !places.iter().any(|place| place.exists()) {
            wrong.push(format!("ARCHITECTURE.md names `{word}`, which does not exist"));
        }
    }
    let modules: BTreeSet<String> = source_files().iter().filter_map(|file| Some(file.module()?.to_owned())).collect();
    for module in modules {
        let names = ["`{}`", "`{}/", "`{}.rs", "`src/{}"].map(|form| form.replace("{}", &module));
        if !names.iter().any(|name| map.contains(name.as_str())) {
            wrong.push(format!("ARCHITECTURE.md does not name `{module}`"));
        }
    }
    none(wrong);
}

#[test]
fn every_test_that_the_table_of_edits_names_exists() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = map.split("\n## ").find(|section| section.starts_with("What survives an edit")).expect("the table");
    let tests: Vec<_> = rust_files().into_iter().filter(|file| file.path.starts_with("tests/it/")).collect();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect::<Vec<_>>();
    assert!(rows.len() > 10, "the table was not found");
    let mut wrong = Vec::new();
    for row in rows {
        let proof = row.split('|').nth(3).unwrap_or_default().trim().trim_matches('`');
        // As a test of its own, or as a property over many cases.
        let forms = [format!("#[test]\nfn {proof}() {{"), format!("    #[test]\n    fn {proof}(\n")];
        if !tests.iter().any(|file| forms.iter().any(|form| file.text.contains(form))) {
            wrong.push(format!("ARCHITECTURE.md names the test `{proof}`, which does not exist"));
        }
    }
    none(wrong);
}
