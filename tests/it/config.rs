//! Options of an engine: flag over environment variable over config file over default, and what a config file must not say.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use aither::session::Settings;
use aither::session::config::{Config, find};
use aither::session::options::EngineArgs;
use clap::{Args, FromArgMatches};
use tempfile::TempDir;

fn options() -> clap::Command {
    EngineArgs::augment_args(clap::Command::new("options").no_binary_name(true))
}

/// What a config file of this text leads to: the messages about it.
fn refused(text: &str) -> String {
    let wrong = Config::parse("aither.toml", text).unwrap_err();
    wrong.iter().map(|wrong| wrong.plain(|_| Some(text))).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_option_of_an_engine_has_an_environment_variable_a_key_and_a_default() {
    let mut seen = 0;
    for option in options().get_arguments() {
        let flag = option.get_long().expect("options have no other names");
        let variable = format!("AITHER_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(option.get_env().and_then(|name| name.to_str()), Some(&*variable), "--{flag}");
        if flag == "config" {
            continue;
        }
        let default = option.get_default_values().first();
        let value = if option.get_action().takes_values() {
            format!("\"{}\"", default.expect("each has a default").to_str().unwrap())
        } else {
            "false".to_owned()
        };
        let config = Config::parse("aither.toml", &format!("{flag} = {value}"));
        assert!(config.is_ok(), "--{flag}: {config:?}");
        seen += 1;
    }
    assert!(seen >= 8, "{seen} options");
}

#[test]
fn the_defaults_of_flags_are_those_of_an_embedded_engine() {
    let args = EngineArgs::from_arg_matches(&options().get_matches_from(Vec::<&str>::new())).unwrap();
    assert_eq!(args.settings(48_000, 2), Settings::default());
}

#[test]
fn a_config_file_goes_beneath_the_command_line() {
    let text = "helper-memory = \"1MiB\" # little\nmax-signals = 7\nno-trial = true\nfade-memory = 4_096\n";
    let config = Config::parse("aither.toml", text).unwrap();
    let settings = |flags: &[&str]| {
        let matches = config.beneath(options()).get_matches_from(flags);
        EngineArgs::from_arg_matches(&matches).unwrap().settings(48_000, 2)
    };
    let here = settings(&["--max-signals", "8"]);
    assert_eq!((here.helper_memory, here.max_signals, here.fade_memory), (1 << 20, 8, 4096));
    assert_eq!(here.trial, aither::session::Trial::Off);
    assert_eq!(settings(&[]).max_signals, 7);
}

#[test]
fn an_unknown_key_names_the_nearest_and_a_bad_value_what_would_do() {
    assert_eq!(
        refused("max-signals = 3\n\nhelper-memry = \"1MiB\"\n"),
        "error: there is no option `helper-memry`\n --> aither.toml:3:1\n  |\n3 | helper-memry = \"1MiB\"\n  | ^^^^^^^^^^^^\n  \
         |\n  = help: did you mean `helper-memory`?"
    );
    assert_eq!(
        refused("helper-memory = \"lots\""),
        "error: `helper-memory` cannot be `lots`: `lots` is no size; write it like 64MiB, 512KiB or 1000000\n \
         --> aither.toml:1:17\n  |\n1 | helper-memory = \"lots\"\n  |                 ^^^^^^"
    );
    for (text, message) in [
        ("max-signals = -1", "`max-signals` cannot be `-1`: -1 is not in 0..=1000000"),
        ("max-signals = 1.5", "`max-signals` cannot be `1.5`: invalid digit found in string"),
        ("max-signals = [1]", "`max-signals` takes a number or a text in quotation marks"),
        ("no-trial = 1", "`no-trial` is true or false"),
        (
            "backend = \"magic\"",
            "`backend` cannot be `magic`: no back end `magic`; there are auto, oracle, cranelift, simd128, avx2, avx512",
        ),
        ("[max-signals]\nx = 1", "`max-signals` takes a number or a text in quotation marks"),
        ("[engine]\nmax-signals = 1", "there is no option `engine`"),
        ("config = \"other.toml\"", "there is no option `config`"),
        ("max-signals = 1\nmax-signals = 2", "duplicate key"),
        ("max-signals 3", "key with no value, expected `=`"),
    ] {
        let wrong = Config::parse("aither.toml", text).unwrap_err();
        assert_eq!(wrong[0].message, message, "{text}");
        assert!(wrong[0].line > 0 && wrong[0].column > 0, "{text}: {wrong:?}");
    }
    let all = Config::parse("aither.toml", "b = 1\na = 1\nmax-signals = 1\n").unwrap_err();
    assert_eq!(all.iter().map(|wrong| wrong.line).collect::<Vec<_>>(), [1, 2], "all of it, in order");
    assert!(all[0].help.as_deref().is_some_and(|help| help.starts_with("there are helper-memory, max-signals")));
}

#[test]
fn a_config_file_is_the_one_that_is_named_or_lies_beside_the_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let [beside, script] = ["aither.toml", "a.rhai"].map(|name| folder.path().join(name));
    fs::write(&beside, "").unwrap();
    fs::write(&script, "").unwrap();
    assert_eq!(find(None, Some(folder.path())), Some(beside.clone()));
    assert_eq!(find(None, Some(&script)), Some(beside));
    let named = Path::new("elsewhere.toml");
    assert_eq!(find(Some(named), Some(folder.path())), Some(named.to_owned()));
}

/// A folder with two signals, in which a command runs with these variables; its config files are its own.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("set")).unwrap();
        fs::create_dir_all(folder.path().join("user/aither")).unwrap();
        fs::write(folder.path().join("set/a.rhai"), "register(\"a\", 0.1);\nregister(\"b\", 0.1);\n").unwrap();
        Place(folder)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).unwrap();
    }

    fn check(&self, flags: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aither"));
        command.args(["check", "set"]).args(flags).current_dir(self.0.path()).stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", self.0.path().join("user")).envs(variables.iter().copied());
        command.output().unwrap()
    }

    /// The most signals that the engine allows: what it says when two are one too many.
    fn most(&self, flags: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.check(flags, variables);
        let text = String::from_utf8(output.stderr).unwrap();
        let refusal = text.split(" signals are").next().unwrap_or_default();
        if output.status.success() { "enough".to_owned() } else { refusal.rsplit(' ').next().unwrap().to_owned() }
    }
}

#[test]
fn a_flag_goes_over_a_variable_over_a_config_file_over_the_default() {
    let place = Place::new();
    assert_eq!(place.most(&[], &[]), "enough");
    place.write("user/aither/config.toml", "max-signals = 0");
    assert_eq!(place.most(&[], &[]), "0");
    place.write("set/aither.toml", "max-signals = 1");
    assert_eq!(place.most(&[], &[]), "1", "the file of the set stands for the user's");
    place.write("named.toml", "max-signals = 2");
    assert_eq!(place.most(&["--config", "named.toml"], &[]), "enough");
    assert_eq!(place.most(&[], &[("AITHER_CONFIG", "named.toml")]), "enough");
    assert_eq!(place.most(&[], &[("AITHER_MAX_SIGNALS", "0")]), "0");
    assert_eq!(place.most(&["--max-signals", "1"], &[("AITHER_MAX_SIGNALS", "0")]), "1");
}

#[test]
fn a_config_file_that_is_not_understood_ends_the_command_with_two_and_one_that_is_missing_with_one() {
    let place = Place::new();
    place.write("set/aither.toml", "max-signal = 1\n");
    let output = place.check(&[], &[]);
    assert_eq!(output.status.code(), Some(2));
    let path = Path::new("set").join("aither.toml");
    let wanted = format!(
        "error: there is no option `max-signal`\n --> {}:1:1\n  |\n1 | max-signal = 1\n  | ^^^^^^^^^^\n  |\n  = help: did \
         you mean `max-signals`?\n",
        path.display()
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), wanted);
    let output = place.check(&["--config", "none.toml"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("aither: cannot read the config file none.toml: "), "{text}");
}
