//! Runs a program in stages, each for a whole quantum. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use crate::compile::lanes::{Full, Table, Tables, Weight};
use crate::compile::spans::Spans;
use crate::ir::Way;
use crate::ir::call::{Call, QUANTUM, Run};

/// A program in stages.
pub struct Stages {
    before: Option<Box<dyn Run>>,
    middle: Box<dyn Run>,
    after: Option<Box<dyn Run>>,
    /// How many feeds the first stage writes.
    feeds: usize,
    /// Where the memories lie: those of the program, then the feeds.
    spans: Spans,
    /// A quantum of each feed.
    quanta: Table,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

impl Stages {
    /// What runs the stages, the first one and the last one first, and how many feeds the first two write. Control thread.
    ///
    /// # Errors
    /// There is no room for the feeds.
    pub fn new(
        [before, after]: [Option<Box<dyn Run>>; 2],
        middle: Box<dyn Run>,
        (memories, moving): (usize, &[u32]),
        feeds: [usize; 2],
        room: &Tables,
    ) -> Result<Stages, Full> {
        let count = feeds.iter().sum::<usize>();
        let mut spans = Spans::new(memories, moving, count);
        let mut quanta = room.claim_quanta(count)?;
        for number in 0..count {
            // SAFETY: the table has a quantum for each feed.
            spans.put(number, unsafe { quanta.start().add(number * QUANTUM) });
        }
        let stages = [usize::from(before.is_some()), 1, usize::from(after.is_some())];
        let weight = Weight::of(spans.lists().into_iter().chain(stages));
        Ok(Stages { before, middle, after, feeds: feeds[0], spans, quanta, weight })
    }

    /// Renders frames that lie in one quantum.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn piece(&mut self, call: &Call) {
        let first = call.frame as usize % QUANTUM;
        // SAFETY: passed on from the caller; feeds are channels of the stage that writes them, and end with the quantum.
        unsafe {
            self.spans.take_in(call);
            let call = &Call { spans: self.spans.all().as_ptr(), ..*call };
            let given = self.quanta.start().add(first).cast::<f64>();
            if let Some(before) = &mut self.before {
                before.run(&Call { output: given, ..*call });
            }
            let Some(after) = &mut self.after else { return self.middle.run(call) };
            self.middle.run(&Call { output: given.add(self.feeds * QUANTUM), ..*call });
            after.run(call);
        }
    }
}

impl Run for Stages {
    unsafe fn run(&mut self, call: &Call) {
        // Feeds lie where the frame lies in its quantum.
        // SAFETY: passed on from the caller.
        call.in_quanta(|call| unsafe { self.piece(call) });
    }

    fn code_bytes(&self) -> usize {
        let ends = self.before.iter().chain(&self.after).map(|stage| stage.code_bytes()).sum::<usize>();
        self.middle.code_bytes() + ends
    }

    #[allow(clippy::disallowed_methods, reason = "the control thread asks")]
    fn way(&self) -> Way {
        let stages = self.before.iter().chain([&self.middle]).chain(&self.after);
        Way::Stages { stages: stages.map(|stage| stage.way()).collect() }
    }
}
