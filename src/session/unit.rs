//! One file of scripts: from its text to the programs of its signals. It claims nothing and changes nothing that sounds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::known::{Known, Lowering};
use super::report::Times;
use super::tempo::Asked;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{Place, Program};
use crate::script::lower::Surroundings;
use crate::script::{self, Options, Request, Scripts, Sources};

/// What a file asks for.
pub struct Unit {
    /// Its path.
    pub path: String,
    /// What it asks for, in order.
    pub wishes: Vec<Wish>,
    /// The tempo that it asks for.
    pub tempo: Option<Asked>,
    /// Paths of the files it imports, directly or not.
    pub imports: Vec<String>,
    /// What the performer should know.
    pub warnings: Vec<Diagnostic>,
}

/// A file that asks for something that cannot be.
pub struct Rejected {
    /// Why; at least one.
    pub errors: Vec<Diagnostic>,
    /// What else the performer should know.
    pub warnings: Vec<Diagnostic>,
    /// The signals that it registers, as far as that is known.
    pub signals: Vec<String>,
    /// Those that could be lowered, with their channels; nothing where the script itself failed, whatever its signals hear.
    pub channels: Option<Vec<(Arc<str>, u32)>>,
}

/// One thing that a file asks for.
pub enum Wish {
    /// A signal is to sound.
    Sound(Sound),
    /// A signal is to go, and its memory with it.
    Unregister {
        /// Its name.
        name: Arc<str>,
        /// Where it is written.
        at: Located,
    },
}

/// A signal as a file wants it.
pub struct Sound {
    /// Its name.
    pub name: Arc<str>,
    /// What it computes.
    pub program: Arc<Program>,
    /// Whether it is what is heard of all the others.
    pub master: bool,
    /// Its fades.
    pub options: Options,
    /// Where it is registered.
    pub at: Located,
    /// The files that places of its program are in.
    pub files: Arc<[String]>,
}

impl Unit {
    /// The signals that it wants.
    pub fn sounds(&self) -> impl Iterator<Item = &Sound> {
        self.wishes.iter().filter_map(|wish| match wish {
            Wish::Sound(sound) => Some(sound),
            Wish::Unregister { .. } => None,
        })
    }
}

/// A place with the path of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Path of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Located {
    /// A place of an evaluation.
    pub fn of(place: Place, files: &[String]) -> Located {
        let file = files.get(usize::from(place.file)).cloned().unwrap_or_default();
        Located { file, line: place.line as usize, column: place.column as usize }
    }

    /// An error here.
    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.file, self.line, self.column, message)
    }

    /// A warning here.
    pub fn warning(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, &self.file, self.line, self.column, message)
    }

    /// Something to know about this place.
    pub fn note(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, &self.file, self.line, self.column, message)
    }
}

/// The texts that imports are read from: what was heard of the folder, else the disk.
pub struct Texts {
    /// What is known, by path.
    pub known: BTreeMap<String, String>,
    /// Files that are imported only, by path, where they do not come from the disk.
    pub imports: BTreeMap<String, String>,
    /// The folder, where files that nobody told of may lie.
    folder: Option<PathBuf>,
    /// What was read from the disk since somebody asked.
    read: Mutex<BTreeMap<String, String>>,
}

impl Texts {
    /// Nothing is known; imports may lie in a folder.
    pub fn of(folder: Option<PathBuf>) -> Texts {
        Texts { known: BTreeMap::new(), imports: BTreeMap::new(), folder, read: Mutex::default() }
    }

    /// A file has this text from now on; `None` is a file that is gone.
    pub fn set(&mut self, path: &str, text: Option<String>) {
        match text {
            Some(text) => self.known.insert(path.to_owned(), text),
            None => self.known.remove(path),
        };
    }

    /// What imports were read from the disk since the last call, by path.
    pub fn taken(&mut self) -> BTreeMap<String, String> {
        let read = self.read.get_mut();
        std::mem::take(read.unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Sources for Arc<Texts> {
    fn read(&self, path: &str) -> Option<String> {
        if let Some(text) = self.known.get(path).or_else(|| self.imports.get(path)) {
            return Some(text.clone());
        }
        let folder: &Path = self.folder.as_deref()?;
        let text = std::fs::read_to_string(folder.join(path)).ok()?;
        let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        read.insert(path.to_owned(), text.clone());
        Some(text)
    }
}

/// Runs a file and lowers its signals, `among` the others; those that are known are not lowered again.
///
/// # Errors
/// Everything that is wrong with it: the first error of the script, or one for each signal that cannot be lowered.
pub fn evaluate(
    scripts: &mut Scripts,
    path: &str,
    texts: &Arc<Texts>,
    among: &Surroundings,
    known: &Mutex<Known>,
    times: &mut Times,
) -> Result<Unit, Rejected> {
    let start = Instant::now();
    let text = texts.known.get(path).map_or("", String::as_str);
    let evaluated = scripts.evaluate(path, text, Rc::new(Arc::clone(texts)));
    times.evaluate += start.elapsed();
    let evaluation = evaluated.map_err(|failure| Rejected {
        errors: vec![error(&failure.error, &failure.files)],
        warnings: failure.warnings.iter().map(|warning| warn(warning, &failure.files)).collect(),
        signals: Vec::new(),
        channels: None,
    })?;
    let start = Instant::now();
    let files: Arc<[String]> = evaluation.files.clone().into();
    let mut warnings = evaluation.warnings.iter().map(|warning| warn(warning, &files)).collect::<Vec<_>>();
    let (mut wishes, mut errors, mut tempo) = (Vec::new(), Vec::new(), None);
    let mut lowering = Lowering::of(known, path, texts);
    for request in &evaluation.requests {
        match request {
            Request::Unregister { name, place } => {
                wishes.push(Wish::Unregister { name: name.as_str().into(), at: Located::of(*place, &files) });
            }
            Request::Tempo { bpm, place } => tempo = Some(Asked { bpm: *bpm, at: Located::of(*place, &files) }),
            Request::Register(registration) => match lowering.lower(&evaluation, registration, among) {
                Ok((program, news)) => {
                    warnings.extend(news.iter().map(|warning| warn(warning, &files)));
                    wishes.push(Wish::Sound(Sound {
                        name: registration.name.as_str().into(),
                        program,
                        master: registration.master,
                        options: registration.options,
                        at: Located::of(registration.place, &files),
                        files: files.clone(),
                    }));
                }
                Err(wrong) => {
                    let wrong = error(&wrong, &files);
                    // A function that several signals call is wrong once, whoever came to it.
                    let known = |error: &Diagnostic| {
                        (&error.file, error.line, error.column, &error.message)
                            == (&wrong.file, wrong.line, wrong.column, &wrong.message)
                    };
                    if !errors.iter().any(known) {
                        errors.push(wrong);
                    }
                }
            },
        }
    }
    lowering.done(known, path);
    times.lower += start.elapsed();
    let unit = Unit { path: path.to_owned(), wishes, tempo, imports: files[1..].to_vec(), warnings };
    if errors.is_empty() {
        Ok(unit)
    } else {
        let channels = unit.sounds().map(|sound| (sound.name.clone(), sound.program.channels)).collect();
        let signals = evaluation.requests.iter().filter_map(|request| match request {
            Request::Register(registration) => Some(registration.name.to_string()),
            Request::Unregister { .. } | Request::Tempo { .. } => None,
        });
        Err(Rejected { errors, warnings: unit.warnings, signals: signals.collect(), channels: Some(channels) })
    }
}

fn error(error: &script::Error, files: &[String]) -> Diagnostic {
    let mut diagnostic = Located::of(error.place, files).error(&error.message);
    diagnostic.help = error.help.clone();
    for (place, why) in &error.also {
        let at = Located::of(*place, files);
        diagnostic = diagnostic.also(at.file, at.line, at.column, why);
    }
    diagnostic
}

fn warn(warning: &script::Warning, files: &[String]) -> Diagnostic {
    let at = Located::of(warning.place, files);
    let mut diagnostic = if warning.note { at.note(&warning.message) } else { at.warning(&warning.message) };
    diagnostic.help = warning.help.clone();
    diagnostic
}
