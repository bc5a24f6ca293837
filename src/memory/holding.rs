//! The helpers of a program with their keys, as one list that everybody shares who remembers it, and how many such lists there are. It decides nothing.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::identity::Held;
use crate::ir::Instance;

static KEPT: AtomicUsize = AtomicUsize::new(0);

/// The helpers of a program, in the order of its instances. A clone is the same list.
#[derive(Clone, Debug)]
pub struct Holding(Arc<List>);

#[derive(Debug)]
struct List {
    held: Vec<Held>,
    /// Blocks of the heap that it keeps.
    blocks: usize,
}

impl Drop for List {
    fn drop(&mut self) {
        KEPT.fetch_sub(self.blocks, Relaxed);
    }
}

impl FromIterator<Held> for Holding {
    fn from_iter<I: IntoIterator<Item = Held>>(held: I) -> Holding {
        let held = Vec::from_iter(held);
        let lists = held.iter().map(|held| lists(&held.instance)).sum::<usize>();
        let blocks = 1 + usize::from(!held.is_empty()) + lists;
        KEPT.fetch_add(blocks, Relaxed);
        Holding(Arc::new(List { held, blocks }))
    }
}

impl Deref for Holding {
    type Target = [Held];

    fn deref(&self) -> &[Held] {
        &self.0.held
    }
}

impl<'a> IntoIterator for &'a Holding {
    type Item = &'a Held;
    type IntoIter = std::slice::Iter<'a, Held>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.held.iter()
    }
}

/// Blocks of the heap that all lists together keep: whoever looks for leaks must know what is kept on purpose. Any thread.
pub fn kept() -> usize {
    KEPT.load(Relaxed)
}

/// How many blocks of the heap an instance keeps.
fn lists(instance: &Instance) -> usize {
    let Instance { label, lines, phases, .. } = instance;
    usize::from(label.is_some()) + usize::from(!lines.is_empty()) + usize::from(!phases.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::memory::key::Key;

    #[test]
    fn a_list_is_kept_once_however_many_remember_it() {
        let (label, lines, phases) = (None, vec![], vec![0]);
        let (structure, place) = Default::default();
        let instance = Instance {
            helper: "osc",
            label,
            channels: 1,
            cells: 1,
            lines,
            phases,
            room: false,
            seeds: 0,
            structure,
            place,
        };
        let held = Held { key: Key::new(&Arc::from("a"), "osc", 0), instance };
        let first = Holding::from_iter([held.clone()]);
        let again = first.clone();
        assert!(std::ptr::eq(&*first, &*again));
        assert_eq!((first.0.blocks, again.len(), &again[0]), (3, 1, &held));
        drop(first);
        assert_eq!(Arc::strong_count(&again.0), 1);
    }
}
