//! Which helper of an edited signal is which helper of the running one. It decides; it moves no memory.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::key::Key;
use super::matching::{Matches, matches};
use super::pool::Layout;
use crate::ir::Instance;

/// How many candidates a doubt names.
const NAMED: usize = 3;

/// A helper instance of the running program and the key of its block.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Its key.
    pub key: Key,
    /// What it was when its block was claimed.
    pub instance: Instance,
}

/// A run of slots that goes from an old block to a new one, counted from the start of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carry {
    /// First slot in the old block.
    pub from: u32,
    /// First slot in the new block.
    pub to: u32,
    /// How many slots.
    pub slots: u32,
}

/// What becomes of a helper's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Same key, same block, same content.
    Kept,
    /// Same key, a block of another shape, and these contents move into it.
    Carried(Vec<Carry>),
    /// Same key, a zeroed block of another shape.
    Reset,
    /// A key that nobody had, a zeroed block.
    New,
}

/// Why it was decided so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is the same helper in the same place.
    Same,
    /// It has no counterpart in the old program.
    Unmatched,
    /// It needs so many slots and channels instead of so many.
    Reshaped {
        /// What it had.
        from: Layout,
        /// What it needs.
        to: Layout,
    },
    /// Each of these could be its counterpart, and nothing says which.
    Doubtful {
        /// The keys of the first few.
        candidates: Vec<Key>,
        /// How many more there are.
        more: usize,
    },
    /// It has no counterpart in the new program.
    Removed,
    /// Its memory held what no helper can go on with.
    Poisoned,
    /// An undo brings back what it held.
    Then {
        /// Whether its rings are brought back too.
        whole: bool,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Same => write!(f, "same helper, same place"),
            Reason::Unmatched => write!(f, "not in the program before"),
            Reason::Poisoned => write!(f, "held a value that is no number, or beyond all bounds"),
            Reason::Removed => write!(f, "not in the program any more"),
            Reason::Then { whole: true } => write!(f, "as it was"),
            Reason::Then { whole: false } => write!(f, "as it was, but for a tail that was too long to be kept"),
            Reason::Doubtful { candidates, more } => {
                let names = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let more = if *more == 0 { String::new() } else { format!(" and {more} more") };
                write!(f, "in doubt: it could be {names}{more}; a label tells")
            }
            Reason::Reshaped { from, to } if from.channels != to.channels => {
                write!(f, "now {} instead of {} channels", to.channels, from.channels)
            }
            Reason::Reshaped { from, to } => write!(f, "now {} instead of {} slots", to.slots(), from.slots()),
        }
    }
}

/// What was decided for one instance of the new program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The key it has from now on.
    pub key: Key,
    /// Its counterpart, by position in the old list.
    pub old: Option<usize>,
    /// What becomes of its memory.
    pub fate: Fate,
    /// Why.
    pub reason: Reason,
}

/// An old instance whose block is not needed any more, under its key at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freed {
    /// Its position in the old list.
    pub old: usize,
    /// Why.
    pub reason: Reason,
}

/// The decision for a whole signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// One for each new instance, in their order. No key occurs twice.
    pub verdicts: Vec<Verdict>,
    /// Old instances that no verdict refers to, in their order. Their blocks go; so do those of instances that are carried
    /// or reset, once the new block is there.
    pub freed: Vec<Freed>,
}

/// Matches the helpers of a signal's new program with those of its running one.
///
/// Labels first, then [structure](super::matching), equal candidates in order. What has no counterpart takes the smallest
/// free index of its kind.
pub fn align(signal: &Arc<str>, old: &[Held], new: &[Instance]) -> Alignment {
    let Matches { of_new, of_old, doubtful } = matches(old, new);
    let surviving = of_new.iter().flatten().map(|&position| (old[position].key.helper, old[position].key.index));
    let mut indices = Indices { taken: surviving.collect(), next: HashMap::new() };
    let verdicts = new.iter().zip(&of_new).map(|(instance, &counterpart)| match counterpart {
        Some(position) => continued(position, &old[position], instance),
        None => {
            let key = Key::new(signal, instance.helper, indices.take(instance.helper));
            let candidates = doubtful.get(instance.helper).filter(|_| instance.label.is_none());
            let reason = candidates.map_or(Reason::Unmatched, |candidates| Reason::Doubtful {
                candidates: candidates.iter().take(NAMED).map(|&position| old[position].key.clone()).collect(),
                more: candidates.len().saturating_sub(NAMED),
            });
            Verdict { key, old: None, fate: Fate::New, reason }
        }
    });
    let verdicts = verdicts.collect();
    let gone = of_old.iter().enumerate().filter(|(_, partner)| partner.is_none());
    let freed = gone.map(|(old, _)| Freed { old, reason: Reason::Removed }).collect();
    Alignment { verdicts, freed }
}

/// The numbers of one signal's helpers, kind by kind.
struct Indices {
    taken: HashSet<(&'static str, u32)>,
    next: HashMap<&'static str, u32>,
}

impl Indices {
    /// The smallest free number of a kind, taken from now on.
    fn take(&mut self, helper: &'static str) -> u32 {
        let next = self.next.entry(helper).or_default();
        while self.taken.contains(&(helper, *next)) {
            *next += 1;
        }
        *next += 1;
        *next - 1
    }
}

fn continued(position: usize, old: &Held, new: &Instance) -> Verdict {
    let (from, to) = (Layout::of(&old.instance), Layout::of(new));
    let (fate, reason) =
        if from == to { (Fate::Kept, Reason::Same) } else { (Fate::Reset, Reason::Reshaped { from, to }) };
    Verdict { key: old.key.clone(), old: Some(position), fate, reason }
}

/// The `number`th seed of a helper: 64 well-mixed bits that depend on its key and nothing else, on any machine.
pub fn seed(key: &Key, number: u32) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for text in [key.signal.as_bytes(), key.helper.as_bytes()] {
        // Lengths keep ("kick_2", "osc") and ("kick", "2_osc") apart.
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    hasher.update(&key.index.to_le_bytes());
    hasher.update(&number.to_le_bytes());
    let mut bits = [0; 8];
    hasher.finalize_xof().fill(&mut bits);
    u64::from_le_bytes(bits)
}
