//! Takes a sample of everything that could leak, once a reload, when the one before has settled. What the samples mean is judged elsewhere.

use super::performance::Performance;
use crate::compile::lanes;
use crate::heap;
use crate::memory::holding;
use crate::memory::leak::{Detector, Leak, Metric, Reading};

/// What is watched for leaks, and what was found and not told yet.
#[derive(Debug, Default)]
pub(super) struct Vigil {
    pub detector: Detector,
    found: Vec<Leak>,
}

impl Performance {
    /// Takes the sample of the reload before, unless something of it is still under way.
    pub(super) fn sample(&mut self) {
        if self.control.lent() > 0 || !self.claims.is_empty() {
            return;
        }
        let readings = Metric::ALL.map(|metric| self.reading(metric));
        let found = self.vigil.detector.take(readings);
        self.vigil.found.extend(found);
    }

    /// The leaks that were found since somebody asked.
    pub(super) fn found_leaks(&mut self) -> Vec<Leak> {
        std::mem::take(&mut self.vigil.found)
    }

    /// How fast something grows with each reload and how sure that is, leak or not; `None` where nothing can be said.
    pub fn growth(&self, metric: Metric) -> Option<(f64, f64)> {
        self.vigil.detector.growth(metric)
    }

    /// The leaks that are seen now.
    pub fn leaks(&self) -> Vec<Leak> {
        self.vigil.detector.leaks().collect()
    }

    fn reading(&self, metric: Metric) -> Option<Reading> {
        let playing = || self.signals.values().filter(|signal| signal.parked.is_none()).count();
        let held = || self.signals.values().flat_map(|signal| &signal.held);
        let pool = self.memories.pool.counters();
        let blocks = || held().filter_map(|held| self.memories.pool.get(&held.key));
        let beyond = |all: usize, known: usize| Some(Reading { value: all as f64 - known as f64, sizes: Vec::new() });
        match metric {
            Metric::Slots => beyond(pool.used, blocks().map(|block| block.extent().len).sum()),
            Metric::Keys => beyond(pool.keys, blocks().count()),
            Metric::Sandboxes => beyond(self.memories.sandboxes.counters().used, self.signals.len()),
            Metric::Programs => beyond(self.memories.programs.counters().keys, playing()),
            Metric::Code => {
                let statistics = self.compiler.statistics();
                let value = (statistics.functions - statistics.idle) as f64;
                Some(Reading { value, sizes: vec![playing() as f64] })
            }
            Metric::Heap => {
                let programs = self.signals.values().map(|signal| &signal.program);
                let programs = programs.chain(self.dismissed.values().map(|statement| &statement.program));
                // What a program lies in: its lists, and one for each of its blocks, helpers and tables.
                let parts =
                    programs.map(|program| program.blocks.len() + program.instances.len() + program.tables.len());
                let known = self.texts.known.values().filter(|text| !text.is_empty()).count();
                let (texts, states) = (self.generations.count() + known, self.snapshots.weight());
                let sizes = [parts.sum::<usize>() + self.signals.len(), playing(), texts, states, holding::kept()];
                // What is kept to read files sooner and what vector code keeps is known exactly; of the rest only that it grows
                // with its size. Each size that is named may explain a leak by chance, so there are few.
                let value = heap::live()?.blocks as f64 - (self.reader.weight() + lanes::kept()) as f64;
                Some(Reading { value, sizes: sizes.map(|size| size as f64).to_vec() })
            }
        }
    }
}
