//! What files want of signals' names, and where two of them want the same. It grants nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::performance::Performance;
use super::unit::{Located, Sound, Unit, Wish};
use crate::diagnostic::Diagnostic;

/// Why a file is refused.
pub(super) struct Refusal {
    pub file: String,
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
}

/// What a file finally wants of a name.
pub(super) struct Want<'a> {
    pub name: &'a Arc<str>,
    pub sound: Option<&'a Sound>,
    /// Whether what played under the name before is to be forgotten.
    pub fresh: bool,
    pub at: &'a Located,
}

impl Performance {
    /// Names that two files want.
    pub(super) fn conflicts(&self, units: &[Unit], paths: &BTreeSet<String>) -> Vec<Refusal> {
        let mut owners: HashMap<&str, (&Located, bool)> = HashMap::new();
        for (name, signal) in &self.signals {
            if signal.parked.is_none() && !paths.contains(&signal.file) {
                owners.insert(name, (&signal.at, signal.master));
            }
        }
        let mut refusals = Vec::new();
        for unit in units {
            let mut errors = Vec::new();
            for want in wants(unit) {
                let owner = owners.get(&**want.name).copied();
                match (owner, want.sound) {
                    (Some((owner, master)), _) if owner.file != unit.path => {
                        errors.push(conflict(&want, owner, master))
                    }
                    (_, Some(sound)) => {
                        owners.insert(&sound.name, (&sound.at, sound.master));
                    }
                    _ => {}
                }
            }
            if !errors.is_empty() {
                refusals.push(Refusal { file: unit.path.clone(), errors, warnings: Vec::new() });
            }
        }
        refusals
    }
}

/// What a file finally wants of each name, in the order of first mention.
pub(super) fn wants(unit: &Unit) -> Vec<Want<'_>> {
    let mut wants: Vec<Want<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(unit.wishes.len());
    for wish in &unit.wishes {
        let (name, sound, at) = match wish {
            Wish::Sound(sound) => (&sound.name, Some(sound), &sound.at),
            Wish::Unregister { name, at } => (name, None, at),
        };
        let place = *places.entry(name).or_insert_with(|| {
            wants.push(Want { name, sound: None, fresh: false, at });
            wants.len() - 1
        });
        let want = &mut wants[place];
        want.sound = sound;
        want.fresh |= sound.is_none();
        want.at = at;
    }
    wants
}

fn conflict(want: &Want<'_>, owner: &Located, owner_is_master: bool) -> Diagnostic {
    if want.sound.is_some_and(|sound| sound.master) && owner_is_master {
        let error = want.at.error(format!("the master is set by `{}` already", owner.file));
        let error = error.also(&owner.file, owner.line, owner.column, "set here");
        return error.help("one file has the master: take it out of the other one first");
    }
    let message = match want.sound {
        Some(_) => format!("the signal `{}` is registered by `{}` already", want.name, owner.file),
        None => format!("the signal `{}` belongs to `{}`, which registers it", want.name, owner.file),
    };
    let error = want.at.error(message).also(&owner.file, owner.line, owner.column, "registered here");
    error.help("give it another name, or take it out of the other file first")
}
