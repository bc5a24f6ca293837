//! What the signals of each file were lowered to when it was read last: those that say the same are not lowered again. It keeps no program alive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::unit::Texts;
use crate::ir::Program;
use crate::script::likeness::Likeness;
use crate::script::lower::{Surroundings, lower_among};
use crate::script::{Error, Evaluation, Registration, Warning};

/// The programs of a file's signals, by what these say.
type Programs = HashMap<Likeness, Weak<Program>>;

/// What is known of each file.
#[derive(Default)]
pub struct Known {
    files: Vec<(String, Programs)>,
}

impl Known {
    /// What is known of a file, which is taken; files that are gone are forgotten.
    fn take(&mut self, path: &str, texts: &Texts) -> Programs {
        let place = self.files.iter().position(|(known, _)| known == path);
        let programs = place.map(|place| self.files.swap_remove(place).1).unwrap_or_default();
        self.files.retain(|(path, _)| texts.known.contains_key(path));
        if self.files.is_empty() {
            self.files = Vec::new();
        }
        programs
    }

    fn keep(&mut self, path: &str, programs: Programs) {
        if !programs.is_empty() {
            self.files.push((path.to_owned(), programs));
        }
    }

    /// How many blocks of the heap it keeps. A program that nobody has keeps its own block, and nothing that it had.
    pub fn weight(&self) -> usize {
        let gone = |programs: &Programs| programs.values().filter(|program| program.strong_count() == 0).count();
        let files = self.files.iter().map(|(_, programs)| 2 + gone(programs)).sum::<usize>();
        usize::from(self.files.capacity() > 0) + files
    }
}

/// Whatever a panic left: a file that is not known is lowered.
pub fn open(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lowering of one file.
pub struct Lowering {
    before: Programs,
    now: Programs,
}

impl Lowering {
    /// Of this file.
    pub fn of(known: &Mutex<Known>, path: &str, texts: &Texts) -> Lowering {
        Lowering { before: open(known).take(path, texts), now: HashMap::new() }
    }

    /// The program of a signal, and what the performer should know.
    ///
    /// # Errors
    /// What of it cannot be compiled.
    pub fn lower(
        &mut self,
        evaluation: &Evaluation,
        registration: &Registration,
        among: &Surroundings,
    ) -> Result<(Arc<Program>, Vec<Warning>), Error> {
        let likeness = Likeness::of(evaluation, registration);
        if let Some(likeness) = likeness
            && let Some(program) = self.before.get(&likeness).and_then(Weak::upgrade)
        {
            self.now.insert(likeness, Arc::downgrade(&program));
            return Ok((program, Vec::new()));
        }
        let lowered = lower_among(evaluation, registration, among)?;
        let program = Arc::new(lowered.program);
        // What has something to say says it each time.
        if let (Some(likeness), true) = (likeness, lowered.warnings.is_empty()) {
            self.now.insert(likeness, Arc::downgrade(&program));
        }
        Ok((program, lowered.warnings))
    }

    /// The file was read.
    pub fn done(self, known: &Mutex<Known>, path: &str) {
        open(known).keep(path, self.now);
    }
}
