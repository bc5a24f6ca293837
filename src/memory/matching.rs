//! Which new helper is which old one: by label, then by ever less of its structure, equal candidates in order. It gives no keys.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use super::identity::Held;
use crate::ir::{Instance, Structure};

/// Who is whose counterpart.
pub struct Matches {
    /// For each new instance, the position of the old one.
    pub of_new: Vec<Option<usize>>,
    /// For each old instance, the position of the new one.
    pub of_old: Vec<Option<usize>>,
    /// Old and new oscillators of different kinds that have no counterpart of their own: the new one goes on with the phase
    /// of the old one.
    pub phases: Vec<(usize, usize)>,
    /// Kinds of which old and new ones are left in different numbers, and the old ones without a label.
    pub doubtful: HashMap<&'static str, Vec<usize>>,
}

/// What two instances of one kind must have in common; `None` takes no part.
type Key = Option<[u64; 3]>;

/// From the most telling to the least.
const KEYS: &[fn(&Structure) -> Key] = &[
    // The same sub-expression, on the same way to the output, with or without its arithmetic, or for the same user.
    |s| Some([s.exact, s.path, 0]),
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

/// The same for two instances of different kinds.
const KEYS_ACROSS: &[fn(&Structure) -> Key] = &[
    // Fed with the same, in the same place.
    |s| Some([s.arguments, s.way.exact, 0]),
    |s| Some([s.arguments, s.near.exact, 0]),
    |s| Some([s.first.exact, s.way.exact, 1]),
    |s| Some([s.first.exact, s.near.exact, 1]),
    // Only numbers are others.
    |s| Some([s.first.form, s.way.exact, 1]),
    |s| Some([s.first.form, s.near.exact, 1]),
    // It goes elsewhere.
    |s| Some([s.arguments, 0, 0]),
    |s| Some([s.first.exact, 0, 1]),
    // What feeds it is other, what uses it is not.
    |s| Some([s.way.exact, 0, 2]),
    |s| Some([s.near.exact, 0, 2]),
    // Numbers changed here and elsewhere.
    |s| Some([s.first.form, s.way.form, 1]),
    |s| Some([s.first.form, s.near.form, 1]),
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

/// Matches old instances with new ones of their kind, and oscillators that are left with those of other kinds. Linear in
/// their number.
pub fn matches(old: &[Held], new: &[Instance]) -> Matches {
    let mut matching = Matching { old, new, of_new: vec![None; new.len()], of_old: vec![None; old.len()] };
    matching.labels();
    for key in KEYS {
        matching.pass(|instance| key(&instance.structure));
    }
    let doubtful = matching.rest();
    let phases = matching.phases();
    Matches { of_new: matching.of_new, of_old: matching.of_old, phases, doubtful }
}

/// Pairs of instances with equal keys, in order.
fn pairs<K: Hash + Eq>(
    old: &[(usize, &Instance)],
    new: &[(usize, &Instance)],
    key: impl Fn(&Instance) -> Option<K>,
) -> Vec<(usize, usize)> {
    let mut waiting: HashMap<K, Waiting> = HashMap::new();
    for &(position, instance) in old {
        let Some(key) = key(instance) else { continue };
        let waiting = waiting.entry(key).or_default();
        let list = if instance.label.is_some() { &mut waiting.labelled } else { &mut waiting.bare };
        list.push_back(position);
    }
    if waiting.is_empty() {
        return Vec::new();
    }
    let pair = |&(position, instance): &(usize, &Instance)| {
        let candidates = waiting.get_mut(&key(instance)?)?;
        Some((candidates.take(instance.label.is_some())?, position))
    };
    new.iter().filter_map(pair).collect()
}

/// Pairs of instances with one label; `kind` tells apart those that may share one.
fn labelled(
    old: &[(usize, &Instance)],
    new: &[(usize, &Instance)],
    kind: impl Fn(&Instance) -> &'static str,
) -> Vec<(usize, usize)> {
    let label = |one: &Instance| Some((kind(one), one.label.clone()?));
    let mut known: HashMap<_, _> = old.iter().filter_map(|&(position, one)| Some((label(one)?, position))).collect();
    new.iter().filter_map(|&(position, one)| Some((known.remove(&label(one)?)?, position))).collect()
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

    fn free_old(&self) -> Vec<(usize, &Instance)> {
        let old = self.old.iter().map(|held| &held.instance).enumerate();
        old.filter(|(position, _)| self.of_old[*position].is_none()).collect()
    }

    fn free_new(&self) -> Vec<(usize, &Instance)> {
        self.new.iter().enumerate().filter(|(position, _)| self.of_new[*position].is_none()).collect()
    }

    fn labels(&mut self) {
        let found = labelled(&self.free_old(), &self.free_new(), |one| one.helper);
        found.into_iter().for_each(|(old, new)| self.join(old, new));
    }

    /// Matches what has equal keys, in order.
    fn pass(&mut self, key: impl Fn(&Instance) -> Key) {
        let found = pairs(&self.free_old(), &self.free_new(), |one| Some((one.helper, key(one)?)));
        found.into_iter().for_each(|(old, new)| self.join(old, new));
    }

    /// What has nothing but the kind in common goes in order where there are as many old ones as new ones, and else is
    /// in doubt.
    fn rest(&mut self) -> HashMap<&'static str, Vec<usize>> {
        let mut kinds: HashMap<&'static str, (Vec<usize>, Vec<usize>)> = HashMap::new();
        let bare = |(_, instance): &(usize, &Instance)| instance.label.is_none();
        for (position, instance) in self.free_old().into_iter().filter(bare) {
            kinds.entry(instance.helper).or_default().0.push(position);
        }
        for (position, instance) in self.free_new().into_iter().filter(bare) {
            kinds.entry(instance.helper).or_default().1.push(position);
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

    /// Oscillators that are left, with those of other kinds. A kind that is left on both sides is in doubt already.
    fn phases(&self) -> Vec<(usize, usize)> {
        let swings = |(_, instance): &(usize, &Instance)| !instance.phases.is_empty();
        let (mut old, mut new) = (self.free_old(), self.free_new());
        old.retain(swings);
        new.retain(swings);
        let mut all = Vec::new();
        let mut settle = |old: &mut Vec<(usize, &Instance)>, new: &mut Vec<(usize, &Instance)>, found: Vec<_>| {
            let (gone_old, gone_new): (HashSet<usize>, HashSet<usize>) = found.iter().copied().unzip();
            old.retain(|(position, _)| !gone_old.contains(position));
            new.retain(|(position, _)| !gone_new.contains(position));
            all.extend(found);
        };
        let found = labelled(&old, &new, |_| "");
        settle(&mut old, &mut new, found);
        let kinds = |side: &[(usize, &Instance)]| side.iter().map(|(_, one)| one.helper).collect::<HashSet<_>>();
        let both = &kinds(&old) & &kinds(&new);
        old.retain(|(_, one)| !both.contains(one.helper));
        new.retain(|(_, one)| !both.contains(one.helper));
        for key in KEYS_ACROSS {
            let found = pairs(&old, &new, |one| key(&one.structure));
            settle(&mut old, &mut new, found);
        }
        if let ([(one, from)], [(other, to)]) = (&old[..], &new[..])
            && from.label.is_none()
            && to.label.is_none()
        {
            let found = vec![(*one, *other)];
            settle(&mut old, &mut new, found);
        }
        all
    }
}
