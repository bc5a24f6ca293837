//! The files for editors, loaded by the editors that are there: colours, words, and problems where they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What an editor found, line by line; nothing where it is not there.
fn found(program: &str, words: &[&str]) -> Option<Vec<String>> {
    let known = Command::new(program).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).status();
    if known.is_err() {
        eprintln!("skipped: there is no {program}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (script, found) = (folder.path().join("script.rhai"), folder.path().join("found"));
    fs::copy(root().join("tests/it/editors/script.rhai"), &script).unwrap();
    let mut editor = Command::new(program);
    editor.args(words).current_dir(root().join("tests/it/editors"));
    editor.env("EDITORS", root().join("editors")).env("AITHER", env!("CARGO_BIN_EXE_aither"));
    editor.env("SCRIPT", &script).env("FOUND", &found).env("XDG_CONFIG_HOME", folder.path());
    // Nobody's own settings, and letters beyond ASCII.
    editor.env("HOME", folder.path()).env("LC_ALL", "C.UTF-8").env_remove("VIMINIT");
    let output = editor.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let found = fs::read_to_string(&found).unwrap_or_else(|error| panic!("{program}: {error}: {said}"));
    Some(found.lines().map(str::to_owned).collect())
}

/// What both Vims find.
const VIM: &[&str] = &[
    "filetype rhai",
    "/// Makes 0 rhaiAbout",
    "fn loud 0 rhaiKeyword",
    "fn loud 3 rhaiFunction",
    "register 0 rhaiWord",
    "\"a\" 0 rhaiString",
    "osc(220 0 rhaiHelper",
    "220 0 rhaiNumber",
    "let name 0 rhaiKeyword",
    "s.t 0 rhaiWorld",
    "lp offers lpf",
    "s.t offers s.t s.tempo",
    "lou offers loud",
    "swit offers switch",
    "s offers 0 with a dot",
    "typed osc(440).phasor",
    "problems 3 19 23, 4 40 47",
    "problems 4 40 47",
];

#[test]
fn vim_colours_completes_and_shows_what_is_wrong() {
    if let Some(found) = found("vim", &["-u", "NONE", "-es", "-N", "-S", "vim.vim"]) {
        assert_eq!(found, VIM);
    }
}

#[test]
fn neovim_colours_completes_and_shows_what_is_wrong() {
    if let Some(found) = found("nvim", &["--headless", "-u", "NONE", "-S", "vim.vim"]) {
        assert_eq!(found, VIM);
    }
}

#[test]
fn emacs_colours_completes_and_shows_what_is_wrong() {
    let wanted = [
        "mode aither-mode",
        "/// Makes 4 font-lock-comment-face",
        "fn loud 0 font-lock-keyword-face",
        "fn loud 3 font-lock-function-name-face",
        "register 0 font-lock-keyword-face",
        "\"a\" 1 font-lock-string-face",
        "osc(220 0 font-lock-builtin-face",
        "s.t 0 font-lock-variable-name-face",
        "lp offers lpf",
        "s.t offers s.t s.tempo",
        "lou offers loud",
        "swit offers switch",
        "s offers 0 with a dot",
        "eldoc lpf(input, cutoff Hz, res)",
        "problems 3 oscc, 4 nothing",
        "problems 4 nothing",
    ];
    if let Some(found) = found("emacs", &["-Q", "--batch", "-l", "emacs.el"]) {
        assert_eq!(found, wanted);
    }
}

#[test]
fn the_extension_for_vs_code_colours_completes_and_shows_what_is_wrong() {
    let wanted = [
        "language rhai .rhai source.rhai",
        "/// Makes 0 comment.line.documentation.rhai",
        "fn loud 0 entity.name.function.rhai",
        "register 0 keyword.other.rhai",
        "\"a\" 0 string.quoted.double.rhai",
        "osc(220 0 support.function.rhai",
        "let name 0 keyword.control.rhai",
        "s.t 0 variable.language.rhai",
        "lp offers lpf",
        "s.t offers s.t s.tempo",
        "lou offers loud",
        "swit offers switch",
        "s offers 0 with a dot",
        "hover lpf(input, cutoff Hz, res)",
        "hover loud(x)",
        "problems 3 oscc, 4 nothing",
        "problems 4 nothing",
    ];
    if let Some(found) = found("node", &["vscode.js"]) {
        assert_eq!(found, wanted);
    }
}
