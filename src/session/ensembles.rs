//! Which signals are rendered at once: those that play and whose programs have one shape. It renders none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flushed;
use super::performance::Performance;
use crate::engine::{Ensemble, SlotId};
use crate::ir::{Program, ShapeKey, Way};

/// From so many signals on they are sooner rendered at once than one by one.
const FEWEST: usize = 3;

impl Performance {
    /// The ensembles of those that play now. Where there is no vector code for a shape, or no room for it, there is none, and
    /// its signals render one by one, to the same bits.
    pub(super) fn ensembles(&mut self) -> Vec<Ensemble> {
        let mut kin: BTreeMap<ShapeKey, Vec<(SlotId, Arc<Program>)>> = BTreeMap::new();
        for (_, signal) in self.in_order() {
            kin.entry(signal.shape).or_default().push((signal.slot, Arc::clone(&signal.program)));
        }
        let compiler = &mut self.compiler;
        let ensemble = |(shape, members): (ShapeKey, Vec<(SlotId, Arc<Program>)>)| {
            if members.len() < FEWEST {
                return None;
            }
            let programs = members.iter().map(|(_, program)| &**program).collect::<Vec<_>>();
            let run = compiler.compile_many(&programs).ok().flatten()?;
            let slots = members.iter().map(|(slot, _)| *slot).collect();
            // SAFETY: machines of this shape were bound to programs of it, with all the memories and constants that those name.
            Some(unsafe { Ensemble::new(shape, slots, run, programs.iter().any(|program| program.reads_beats())) })
        };
        kin.into_iter().filter_map(ensemble).collect()
    }

    /// How each signal that plays is rendered, by its name: what the compiler makes of it and of its ensemble, asked once more.
    pub fn ways(&mut self) -> BTreeMap<String, Way> {
        let ensembles = self.ensembles();
        let together = ensembles.iter().flat_map(|all| all.members().iter().map(|slot| (*slot, all.way())));
        let together = together.collect::<BTreeMap<_, _>>();
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none());
        let ways = playing.filter_map(|(name, signal)| {
            let way = match together.get(&signal.slot) {
                Some(way) => way.clone(),
                None => flushed(|| self.compiler.compile(&signal.program)).ok()?.way(),
            };
            Some((name.to_string(), way))
        });
        ways.collect()
    }
}
