//! Config files: options of an engine as TOML, checked like the command line. It knows no option by name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{Args, Command};
use toml::de::{DeTable, DeValue};

use super::Failed;
use super::options::EngineArgs;
use crate::diagnostic::{Diagnostic, nearest};

/// The config file of a folder of scripts.
const BESIDE: &str = "aither.toml";
/// The one of a user, in the folder for config files.
const OF_USER: &str = "aither/config.toml";
/// The option that names a config file, and is none of its keys.
const CONFIG: &str = "config";

/// The values of a config file, by option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, String>,
}

/// The config file to read: the one that is named, else `aither.toml` in the folder of the scripts, else the user's, if there
/// is one.
pub fn find(named: Option<&Path>, scripts: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    let folder = scripts.map(|scripts| if scripts.is_dir() { scripts } else { scripts.parent().unwrap_or(scripts) });
    let beside = folder.map(|folder| folder.join(BESIDE));
    let of_user = folder_of_user().map(|folder| folder.join(OF_USER));
    [beside, of_user].into_iter().flatten().find(|file| file.is_file())
}

/// Where config files of this user lie.
fn folder_of_user() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|folder: &OsString| Path::new(folder).is_absolute());
    let given = named("XDG_CONFIG_HOME").or_else(|| if cfg!(windows) { named("APPDATA") } else { None });
    given.map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".config")))
}

impl Config {
    /// Reads a file; what is wrong with it is printed.
    ///
    /// # Errors
    /// When it cannot be read, or says what is not understood.
    pub fn read(file: &Path) -> Result<Config, Failed> {
        let text = std::fs::read_to_string(file);
        let text = text.with_context(|| format!("cannot read the config file {}", file.display()))?;
        Config::parse(&file.display().to_string(), &text).map_err(|wrong| {
            wrong.iter().for_each(|wrong| wrong.print(|_| Some(&text)));
            Failed::Misunderstood
        })
    }

    /// The values that `text` gives; `file` is what people call it.
    ///
    /// # Errors
    /// Everything that is not understood, where it stands.
    pub fn parse(file: &str, text: &str) -> Result<Config, Vec<Diagnostic>> {
        let at = |span: Range<usize>, message: String| {
            let before = &text[..span.start];
            let line = before.rsplit('\n').next().unwrap_or_default();
            let marked = text[span].lines().next().unwrap_or_default().chars().count();
            let (number, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
            Diagnostic::error(file, number, column, message).length(marked)
        };
        let table = DeTable::parse(text).map_err(|error| {
            let span = error.span().filter(|span| text.get(span.clone()).is_some()).unwrap_or(0..0);
            vec![at(span, error.message().to_owned()).help("write options like helper-memory = \"128MiB\"")]
        })?;
        let (mut values, mut wrong) = (BTreeMap::new(), Vec::new());
        let known = options();
        let flags = known.get_arguments().filter_map(|arg| arg.get_long()).filter(|flag| *flag != CONFIG);
        let flags = flags.collect::<Vec<_>>();
        for (key, value) in table.get_ref() {
            let name = key.get_ref();
            let Some(arg) = known.get_arguments().find(|arg| arg.get_long() == Some(name) && name != CONFIG) else {
                let unknown = at(key.span(), format!("there is no option `{name}`"));
                wrong.push(match nearest(name, flags.iter().copied()) {
                    Some(near) => unknown.help(format!("did you mean `{near}`?")),
                    None => unknown.help(format!("there are {}", flags.join(", "))),
                });
                continue;
            };
            match word(arg, value.get_ref()).and_then(|word| understood(arg, name, &word).map(|()| word)) {
                Ok(word) => _ = values.insert(arg.get_id().to_string(), word),
                Err(why) => wrong.push(at(value.span(), why)),
            }
        }
        // In the order of the file.
        wrong.sort_by_key(|wrong| (wrong.line, wrong.column));
        if wrong.is_empty() { Ok(Config { values }) } else { Err(wrong) }
    }

    /// A command with these values for defaults, its subcommands too; so flags and environment variables go over them.
    pub fn beneath(&self, command: Command) -> Command {
        let command = command.mut_args(|arg| match self.values.get(arg.get_id().as_str()) {
            Some(value) => arg.default_value(value.clone()),
            None => arg,
        });
        command.mut_subcommands(|command| self.beneath(command))
    }
}

/// The options that a file may set, without their environment variables.
fn options() -> Command {
    let options = EngineArgs::augment_args(Command::new("aither").no_binary_name(true));
    options.mut_args(|arg| arg.env(None::<&'static str>))
}

/// A value as it would be written on the command line.
fn word(arg: &clap::Arg, value: &DeValue<'_>) -> Result<String, String> {
    let name = arg.get_long().unwrap_or_default();
    let flag = !arg.get_action().takes_values();
    match value {
        DeValue::Boolean(on) if flag => Ok(on.to_string()),
        _ if flag => Err(format!("`{name}` is true or false")),
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Float(number) => Ok(number.to_string()),
        _ => Err(format!("`{name}` takes a number or a text in quotation marks")),
    }
}

/// Whether the command line would take a value for an option.
fn understood(arg: &clap::Arg, name: &str, word: &str) -> Result<(), String> {
    if !arg.get_action().takes_values() {
        return Ok(());
    }
    let Err(error) = options().try_get_matches_from([format!("--{name}={word}")]) else { return Ok(()) };
    let why = match (std::error::Error::source(&error), error.kind()) {
        (Some(why), _) => why.to_string(),
        (None, ErrorKind::InvalidValue) => "it is none of the possible values".to_owned(),
        (None, kind) => kind.to_string(),
    };
    Err(format!("`{name}` cannot be `{word}`: {why}"))
}
