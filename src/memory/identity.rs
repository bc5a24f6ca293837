//! Which helper of an edited signal is which helper of the running one. It decides; it moves no memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bounds;
use super::carry::{Content, carry, phases, reach};
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

/// What becomes of a helper's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Same key, same block, same content.
    Kept,
    /// A block of another shape, and this moves into it. The key is the same, but for an oscillator of another kind.
    Carried(Content),
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
    /// What both blocks have room for goes on.
    Resized {
        /// Channels before and now.
        channels: [u32; 2],
        /// How far its rings were and are to reach, in frames.
        reach: [u32; 2],
        /// Slots of a room before and now.
        slots: [u64; 2],
    },
    /// It goes on with the phase of the old program's oscillator under this key, which is of another kind.
    PhaseOf(Key),
    /// It is an oscillator that keeps other things than before, and goes on with its phase.
    Phase,
    /// It needs so many slots and channels instead of so many, and nothing of it has a meaning there.
    Reshaped {
        /// What it had.
        from: Layout,
        /// What it needs.
        to: Layout,
    },
    /// It is a room, and so many of its slots would have to go over at once.
    TooLarge {
        /// What both blocks have room for.
        slots: u64,
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
    /// An undo brings back what it held.
    Then {
        /// Whether its rings are brought back too.
        whole: bool,
    },
    /// Its phase goes on in the oscillator under this key, which is of another kind.
    GoesOn(Key),
    /// Its memory held what no helper can go on with.
    Poisoned,
}

impl Reason {
    /// In words, at `rate` frames per second.
    pub fn text(&self, rate: u32) -> String {
        match self {
            Reason::Same => "same helper, same place".to_owned(),
            Reason::Unmatched => "not in the program before".to_owned(),
            Reason::Removed => "not in the program any more".to_owned(),
            Reason::Phase => "its phase goes on".to_owned(),
            Reason::PhaseOf(key) => format!("phase of {key}"),
            Reason::GoesOn(key) => format!("its phase goes on in {key}"),
            Reason::Then { whole: true } => "as it was".to_owned(),
            Reason::Then { whole: false } => "as it was, but for a tail that was too long to be kept".to_owned(),
            Reason::Poisoned => "held a value that is no number, or beyond all bounds".to_owned(),
            Reason::Doubtful { candidates, more } => {
                let names = candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let more = if *more == 0 { String::new() } else { format!(" and {more} more") };
                format!("in doubt: it could be {names}{more}; a label tells")
            }
            Reason::Resized { channels, reach, slots } => {
                let seconds = |frames: u32| (f64::from(frames) / f64::from(rate) * 1e4).round() / 1e4;
                let differs = |[one, other]: [u64; 2]| one != other;
                let mut parts = Vec::new();
                if differs(channels.map(u64::from)) {
                    let [from, to] = channels;
                    parts.push(format!("{to} channel{} instead of {from}", if *to == 1 { "" } else { "s" }));
                }
                if differs(reach.map(u64::from)) {
                    let [from, to] = reach.map(seconds);
                    parts.push(format!("{} s of {} s kept", from.min(to), from.max(to)));
                }
                if differs(*slots) {
                    let [from, to] = slots;
                    parts.push(format!("{} of {} slots kept", from.min(to), from.max(to)));
                }
                parts.join(", ")
            }
            Reason::TooLarge { slots } => {
                format!("{slots} slots are too many to be copied in one piece; {} can be in one save", bounds::ROOMS)
            }
            Reason::Reshaped { from, to } if from.channels != to.channels => {
                format!("now {} instead of {} channels", to.channels, from.channels)
            }
            Reason::Reshaped { from, to } => format!("now {} instead of {} slots", to.slots(), from.slots()),
        }
    }
}

/// What was decided for one instance of the new program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The key it has from now on.
    pub key: Key,
    /// Its counterpart, by position in the old list: of its kind, or one that gives it its phase.
    pub old: Option<usize>,
    /// What becomes of its memory.
    pub fate: Fate,
    /// Why.
    pub reason: Reason,
}

/// An old instance whose key is not needed any more.
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
    /// Old instances whose keys no verdict has, in their order. Their blocks go; so do those of instances that are carried
    /// or reset, once the new block is there.
    pub freed: Vec<Freed>,
}

/// Matches the helpers of a signal's new program with those of its running one.
///
/// Labels first, then [structure](super::matching), equal candidates in order. What has no counterpart of its kind takes the
/// smallest free index; an oscillator goes on with the phase of one of another kind that is in its place no more.
pub fn align(signal: &Arc<str>, old: &[Held], new: &[Instance]) -> Alignment {
    let Matches { of_new, of_old, phases: across, doubtful } = matches(old, new);
    let across: HashMap<usize, usize> = across.into_iter().map(|(old, new)| (new, old)).collect();
    let surviving = of_new.iter().flatten().map(|&position| (old[position].key.helper, old[position].key.index));
    let mut indices = Indices { taken: surviving.collect(), next: HashMap::new() };
    let verdicts = new.iter().zip(&of_new).enumerate().map(|(number, (instance, &counterpart))| match counterpart {
        Some(position) => continued(position, &old[position], instance),
        None => {
            let key = Key::new(signal, instance.helper, indices.take(instance.helper));
            if let Some(&position) = across.get(&number) {
                let from = &old[position];
                let fate = Fate::Carried(phases(&from.instance, instance));
                return Verdict { key, old: Some(position), fate, reason: Reason::PhaseOf(from.key.clone()) };
            }
            let candidates = doubtful.get(instance.helper).filter(|_| instance.label.is_none());
            let reason = candidates.map_or(Reason::Unmatched, |candidates| Reason::Doubtful {
                candidates: candidates.iter().take(NAMED).map(|&position| old[position].key.clone()).collect(),
                more: candidates.len().saturating_sub(NAMED),
            });
            Verdict { key, old: None, fate: Fate::New, reason }
        }
    });
    let verdicts: Vec<Verdict> = verdicts.collect();
    let heirs: HashMap<usize, usize> = across.iter().map(|(&new, &old)| (old, new)).collect();
    let gone = of_old.iter().enumerate().filter(|(_, partner)| partner.is_none());
    let freed = gone.map(|(old, _)| {
        let heir = heirs.get(&old).map(|&new| Reason::GoesOn(verdicts[new].key.clone()));
        Freed { old, reason: heir.unwrap_or(Reason::Removed) }
    });
    let freed = freed.collect();
    Alignment { verdicts, freed }
}

impl Alignment {
    /// Lets rooms go on only as far as `left` slots reach, in order; `instances` are the new ones. Gives how many are left.
    pub fn ration_rooms(&mut self, instances: &[Instance], mut left: usize) -> usize {
        for (verdict, _) in self.verdicts.iter_mut().zip(instances).filter(|(_, instance)| instance.room) {
            let Fate::Carried(content) = &verdict.fate else { continue };
            let slots = content.runs.iter().map(|run| run.slots).sum::<usize>();
            match left.checked_sub(slots) {
                Some(less) => left = less,
                None => {
                    (verdict.fate, verdict.reason) = (Fate::Reset, Reason::TooLarge { slots: slots as u64 });
                }
            }
        }
        left
    }
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
    let (fate, reason) = if from == to {
        (Fate::Kept, Reason::Same)
    } else if let Some(content) = carry(&old.instance, new) {
        let both = [&old.instance, new];
        let slots = if new.room { [from.slots(), to.slots()] } else { [0; 2] };
        let reach = both.map(|instance| reach(instance).unwrap_or(0));
        let channels = both.map(|instance| instance.channels);
        (Fate::Carried(content), Reason::Resized { channels, reach, slots })
    } else if !old.instance.phases.is_empty() && !new.phases.is_empty() {
        (Fate::Carried(phases(&old.instance, new)), Reason::Phase)
    } else if old.instance.room && new.room {
        (Fate::Reset, Reason::TooLarge { slots: from.slots().min(to.slots()) })
    } else {
        (Fate::Reset, Reason::Reshaped { from, to })
    };
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
