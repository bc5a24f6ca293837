//! Runs a program in pieces: its voices side by side, then what is left of it. It allocates when it is made and never later.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::split::Start;
use crate::compile::lanes::{Ahead, Bank, Full, Table, Tables, Weight};
use crate::compile::spans::Spans;
use crate::ir::Way;
use crate::ir::call::{Call, Loan, QUANTUM, Run, RunMany};

/// What runs equal voices and adds them up.
pub enum Source {
    /// Voices side by side.
    Bank(Bank),
    /// One voice after the other, several frames at once.
    Ahead(Ahead),
}

/// A group of voices and what their sums begin with, one for each channel.
pub struct Choir {
    /// What runs them.
    pub source: Source,
    /// How each sum begins; nothing where each voice gives channels of the program.
    pub sums: Vec<Start>,
}

/// A program in pieces.
pub struct Voices {
    /// What the voices are fed by.
    before: Option<Box<dyn Run>>,
    choirs: Box<[Choir]>,
    rest: Box<dyn Run>,
    /// Where the memories of the rest lie: those of the program, then the feeds, then the sums, and then the channels that it writes
    /// itself.
    spans: Spans,
    /// How many feeds there are.
    feeds: usize,
    /// Which channels of the program the rest writes.
    given: Box<[u32]>,
    /// A quantum of each feed and each sum.
    quanta: Table,
    code_bytes: usize,
    #[expect(dead_code, reason = "it counts while it lives")]
    weight: Weight,
}

impl Voices {
    /// Pieces of a program that has so many memories, of which some move. Control thread.
    #[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "this half runs on the control thread")]
    pub fn new(
        before: Option<(Box<dyn Run>, usize)>,
        choirs: Vec<Choir>,
        (rest, given): (Box<dyn Run>, &[u32]),
        (memories, moving): (usize, &[u32]),
        code_bytes: usize,
        room: &Tables,
    ) -> Result<Voices, Full> {
        let (before, feeds) = before.unzip();
        let feeds = feeds.unwrap_or_default();
        let count = feeds + choirs.iter().map(|choir| choir.sums.len()).sum::<usize>();
        let mut quanta = room.claim_quanta(count)?;
        let mut spans = Spans::new(memories, moving, count + given.len());
        for number in 0..count {
            // SAFETY: the table has a quantum for each feed and each sum.
            spans.put(number, unsafe { quanta.start().add(number * QUANTUM) });
        }
        // Besides those lists what runs before, and the rest.
        let lists = [choirs.len(), given.len(), 1, usize::from(before.is_some())].into_iter().chain(spans.lists());
        let weight = Weight::of(lists.chain(choirs.iter().map(|choir| choir.sums.len())));
        let choirs = choirs.into();
        Ok(Voices { before, choirs, rest, spans, feeds, given: given.into(), quanta, code_bytes, weight })
    }

    /// Renders frames that lie in one quantum.
    ///
    /// # Safety
    /// As for [`Run::run`].
    unsafe fn piece(&mut self, call: &Call) {
        let (first, frames) = (call.frame as usize % QUANTUM, call.frames as usize);
        // SAFETY: there is a span for each memory of the program.
        unsafe { self.spans.take_in(call) };
        let sums = self.feeds + self.choirs.iter().map(|choir| choir.sums.len()).sum::<usize>();
        for (number, channel) in self.given.iter().enumerate() {
            let begins = call.output.wrapping_add(*channel as usize * QUANTUM).wrapping_sub(first);
            self.spans.put(sums + number, begins.cast());
        }
        // All pieces name the program's memories, the feeds, the sums and the channels.
        let call = &Call { spans: self.spans.all().as_ptr(), ..*call };
        if let Some(before) = &mut self.before {
            // SAFETY: passed on from the caller; it has no channel.
            unsafe { before.run(call) };
        }
        let mut number = self.feeds;
        for choir in &mut self.choirs {
            let output = if choir.sums.is_empty() {
                call.output
            } else {
                // SAFETY: the table has a quantum for each sum.
                unsafe { self.quanta.start().add(number * QUANTUM + first).cast::<f64>() }
            };
            let starts = choir.sums.iter().map(|start| match start {
                // What is added to it is what comes out, its sign included.
                Start::Nothing => -0.0,
                Start::Literal(bits) => f64::from_bits(*bits),
                // SAFETY: there is a row for each constant.
                Start::Constant(constant) => f64::from_bits(unsafe { *call.constants.add(constant.index()) }),
            });
            number += choir.sums.len();
            // SAFETY: passed on from the caller; the sums are this program's own, or the channels are its own output. The frames end
            // with the quantum.
            unsafe {
                match &mut choir.source {
                    Source::Bank(bank) => {
                        let Call { constants, spans, stamp, .. } = *call;
                        let loan = Loan { constants, spans, stamp, output, last: std::ptr::null_mut() };
                        bank.run_parts(call, loan, starts);
                    }
                    Source::Ahead(ahead) => {
                        for (channel, start) in starts.enumerate() {
                            std::slice::from_raw_parts_mut(output.add(channel * QUANTUM), frames).fill(start);
                        }
                        ahead.run(call, output);
                    }
                }
            }
        }
        // SAFETY: as above.
        unsafe { self.rest.run(call) };
    }
}

impl Run for Voices {
    unsafe fn run(&mut self, call: &Call) {
        // Sums lie where the frame lies in its quantum.
        // SAFETY: passed on from the caller.
        call.in_quanta(|call| unsafe { self.piece(call) });
    }

    fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    #[allow(clippy::disallowed_methods, reason = "the control thread asks")]
    fn way(&self) -> Way {
        let group = |choir: &Choir| match &choir.source {
            Source::Bank(bank) => bank.way(),
            Source::Ahead(ahead) => ahead.way(),
        };
        Way::Pieces {
            before: self.before.as_ref().map(|before| Box::new(before.way())),
            voices: self.choirs.iter().map(group).collect(),
            rest: Box::new(self.rest.way()),
        }
    }
}

/// A program that needs nothing of what was: several frames at once.
pub struct Stateless(pub Ahead, pub usize);

impl Run for Stateless {
    unsafe fn run(&mut self, call: &Call) {
        // SAFETY: passed on from the caller; the output has a quantum for each channel.
        unsafe { self.0.run(call, call.output) };
    }

    fn code_bytes(&self) -> usize {
        self.1
    }

    fn way(&self) -> Way {
        self.0.way()
    }
}
