//! Which new helper is which old one: by label, then by ever less of its structure, equal candidates in order. It gives no keys.

use std::collections::{HashMap, VecDeque};

use super::identity::Held;
use crate::ir::{Instance, Structure};

/// Who is whose counterpart.
pub struct Matches {
    /// For each new instance, the position of the old one.
    pub of_new: Vec<Option<usize>>,
    /// For each old instance, the position of the new one.
    pub of_old: Vec<Option<usize>>,
    /// Kinds of which old and new ones are left in different numbers, and the old ones without a label.
    pub doubtful: HashMap<&'static str, Vec<usize>>,
}

/// What two instances of one kind must have in common; `None` takes no part.
type Key = Option<[u64; 3]>;

/// From the most telling to the least.
const KEYS: &[fn(&Structure) -> Key] = &[
    // The same sub-expression, on the same way to the output or for the same user.
    |s| Some([s.exact, s.way.exact, 0]),
    |s| Some([s.exact, s.near.exact, 0]),
    // Only its own numbers are others.
    |s| fed(s, s.near.exact),
    // Only numbers before it or after it are others.
    |s| Some([s.own, s.form, s.way.form]),
    // What feeds it is other, what uses it is not.
    |s| Some([s.own, s.near.exact, 0]),
    // It was wrapped, or goes elsewhere.
    |s| Some([s.exact, 0, 0]),
    |s| Some([s.own, s.near.form, 0]),
    |s| Some([s.own, 0, 0]),
    |s| fed(s, 0),
    // Numbers changed here and elsewhere.
    |s| Some([s.form, s.way.form, 0]),
    |s| Some([s.form, s.near.form, 0]),
    |s| Some([s.form, 0, 0]),
];

fn fed(structure: &Structure, near: u64) -> Key {
    (structure.fed != 0).then_some([structure.fed, near, 1])
}

/// Old instances with one key, those with a label apart: they never become one with another label.
#[derive(Default)]
struct Waiting {
    bare: VecDeque<usize>,
    labelled: VecDeque<usize>,
}

impl Waiting {
    /// The next candidate.
    fn take(&mut self, labelled: bool) -> Option<usize> {
        let first = match (self.bare.front(), self.labelled.front()) {
            (_, Some(_)) if labelled => &mut self.bare,
            (Some(bare), Some(other)) if other < bare => &mut self.labelled,
            (None, Some(_)) => &mut self.labelled,
            _ => &mut self.bare,
        };
        first.pop_front()
    }
}

/// Matches old instances with new ones of their kind. Linear in their number.
pub fn matches(old: &[Held], new: &[Instance]) -> Matches {
    let mut matching = Matching { old, new, of_new: vec![None; new.len()], of_old: vec![None; old.len()] };
    matching.labels();
    for key in KEYS {
        matching.pass(|instance| key(&instance.structure));
    }
    let doubtful = matching.rest();
    Matches { of_new: matching.of_new, of_old: matching.of_old, doubtful }
}

struct Matching<'a> {
    old: &'a [Held],
    new: &'a [Instance],
    of_new: Vec<Option<usize>>,
    of_old: Vec<Option<usize>>,
}

impl Matching<'_> {
    fn join(&mut self, old: usize, new: usize) {
        self.of_old[old] = Some(new);
        self.of_new[new] = Some(old);
    }

    fn free_old(&self) -> impl Iterator<Item = (usize, &Instance)> {
        let old = self.old.iter().map(|held| &held.instance).enumerate();
        old.filter(|(position, _)| self.of_old[*position].is_none())
    }

    fn free_new(&self) -> Vec<usize> {
        (0..self.new.len()).filter(|&position| self.of_new[position].is_none()).collect()
    }

    fn labels(&mut self) {
        let old = self.free_old().filter_map(|(position, one)| Some(((one.helper, one.label.clone()?), position)));
        let mut known: HashMap<_, _> = old.collect();
        for position in self.free_new() {
            let instance = &self.new[position];
            let Some(label) = instance.label.clone() else { continue };
            if let Some(old) = known.remove(&(instance.helper, label)) {
                self.join(old, position);
            }
        }
    }

    /// Matches what has equal keys, in order.
    fn pass(&mut self, key: impl Fn(&Instance) -> Key) {
        let mut waiting: HashMap<(&str, [u64; 3]), Waiting> = HashMap::new();
        for (position, instance) in self.free_old() {
            let Some(key) = key(instance) else { continue };
            let waiting = waiting.entry((instance.helper, key)).or_default();
            let list = if instance.label.is_some() { &mut waiting.labelled } else { &mut waiting.bare };
            list.push_back(position);
        }
        if waiting.is_empty() {
            return;
        }
        for position in self.free_new() {
            let instance = &self.new[position];
            let candidates = key(instance).and_then(|key| waiting.get_mut(&(instance.helper, key)));
            if let Some(old) = candidates.and_then(|candidates| candidates.take(instance.label.is_some())) {
                self.join(old, position);
            }
        }
    }

    /// What has nothing but the kind in common goes in order where there are as many old ones as new ones, and else is
    /// in doubt.
    fn rest(&mut self) -> HashMap<&'static str, Vec<usize>> {
        let mut kinds: HashMap<&'static str, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for (position, instance) in self.free_old().filter(|(_, instance)| instance.label.is_none()) {
            kinds.entry(instance.helper).or_default().0.push(position);
        }
        for position in self.free_new() {
            let instance = &self.new[position];
            if instance.label.is_none() {
                kinds.entry(instance.helper).or_default().1.push(position);
            }
        }
        let mut doubtful = HashMap::new();
        for (kind, (old, new)) in kinds {
            if old.len() == new.len() {
                old.into_iter().zip(new).for_each(|(old, new)| self.join(old, new));
            } else if !old.is_empty() && !new.is_empty() {
                doubtful.insert(kind, old);
            }
        }
        doubtful
    }
}
