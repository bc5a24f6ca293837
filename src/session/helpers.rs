//! `aither helpers`: the reference, with the functions that scripts define. It plays nothing.

use std::path::{Path, PathBuf};

use super::{Failed, show};
use crate::helpers::own::{self, Own};
use crate::reference::{self, definitions::definitions, json, terminal};
use crate::watch;

/// What to show.
#[derive(Clone, Debug)]
pub struct Helpers {
    /// One word; all of them without.
    pub name: Option<String>,
    /// The folder of scripts, or one script; `None` is `scripts` where that is a folder, else nothing.
    pub scripts: Option<PathBuf>,
    /// In which form.
    pub form: Form,
}

/// A form of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For editors.
    Definitions,
}

/// Shows the reference.
///
/// # Errors
/// The scripts cannot be read, or nothing is called so.
pub fn run(wanted: &Helpers) -> Result<(), Failed> {
    let own = own_functions(wanted.scripts.as_deref())?;
    let name = wanted.name.as_deref();
    match (wanted.form, name) {
        (Form::Definitions, _) => show::text(&definitions(&own)),
        (Form::Json, _) => {
            let mut entries = json::entries(&own);
            entries.retain(|entry| name.is_none_or(|name| entry.is_called(name)));
            show::line(serde_json::to_string_pretty(&entries)?);
        }
        (Form::Text, None) => show::text(&terminal::overview(&own)),
        (Form::Text, Some(name)) => match terminal::about(name, &own) {
            Some(text) => show::text(&text),
            None => {
                let help =
                    reference::nearest(name, &own).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(Failed::Because(anyhow::anyhow!("there is no helper `{name}`{help}")));
            }
        },
    }
    Ok(())
}

/// The functions of the scripts, file by file.
fn own_functions(scripts: Option<&Path>) -> Result<Vec<(String, Vec<Own>)>, Failed> {
    let usual = Path::new("scripts");
    let Some(folder) = scripts.or_else(|| usual.is_dir().then_some(usual)) else { return Ok(Vec::new()) };
    let read = |change: watch::Change| match change.what {
        watch::What::Text(text) => Some((change.path, own::read(&text))),
        _ => None,
    };
    Ok(watch::scan(folder)?.into_iter().filter_map(read).filter(|(_, own)| !own.is_empty()).collect())
}
