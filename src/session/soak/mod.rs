//! `aither soak`: hours of sound, faster than real time, with random edits, and the proof that nothing was kept of them. It listens for faults and plays nothing.
//!
//! The set is drawn from a seed (`sketch`), so a soak is the same wherever it runs. Between its stretches everything
//! is taken away and what is held then (`holdings`) is compared with what was held after the first, short one, exactly.

mod holdings;
mod sketch;

use std::fmt::Write;
use std::time::Instant;

use serde::Serialize;

pub use holdings::{Difference, Holdings, Pool};
pub use sketch::{Sketch, Turn};

use super::performance::Player;
use super::stats::Process;
use super::{Failed, Instruction, Notice, Performance, Settings, show};
use crate::compile::BackEnd;
use crate::diagnostic::Severity;
use crate::ir::call::QUANTUM;

/// Turns before the first comparison: buffers have grown to their sizes then, and every kind of turn was taken.
const WARM_UP: u64 = 1200;
/// How many times all is taken away and compared.
const STRETCHES: u64 = 12;
/// How many bytes the process may have more after any stretch than after the warm-up: what allocators keep for themselves.
const SLACK: usize = 2 << 20;
/// Quanta after which every fade is over and every envelope home.
const SETTLED: u64 = 400;
/// Beyond this no sample of the master goes.
const FULL: f64 = 1.0;

/// What to soak.
#[derive(Clone, Debug)]
pub struct Soak {
    /// Hours of sound.
    pub hours: f64,
    /// How many turns; by default one a second.
    pub edits: Option<u64>,
    /// What everything is drawn from.
    pub seed: u64,
    /// As JSON.
    pub json: bool,
    /// What executes.
    pub back_end: BackEnd,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The version of this form.
    pub soak: u32,
    /// Whether nothing was kept and nothing went wrong.
    pub ok: bool,
    /// What everything was drawn from.
    pub seed: u64,
    /// What executed.
    pub backend: String,
    /// Hours of sound.
    pub hours: f64,
    /// Saves and words, the warm-up included.
    pub edits: u64,
    /// Saves that were taken.
    pub taken: u64,
    /// Saves that were refused.
    pub refused: u64,
    /// Words that were obeyed.
    pub obeyed: u64,
    /// Signals that gave samples that are no numbers, and were silenced.
    pub silenced: u64,
    /// Samples of the master that were no numbers or beyond ±1: none may be.
    pub wrong_samples: u64,
    /// The most that was held at a time, in slots of helpers.
    pub most_helper_slots: usize,
    /// The most that was held at a time, in bytes of machine code.
    pub most_code_bytes: usize,
    /// Hash of all samples of the master: the same wherever this seed is soaked for as long.
    pub sound: String,
    /// What was held after the warm-up, with everything taken away.
    pub baseline: Holdings,
    /// What was held at the end of each stretch, with everything taken away.
    pub stretches: Vec<Stretch>,
    /// What was held more or less than after the warm-up, at the end: nothing may be.
    pub kept: Vec<Difference>,
    /// Bytes of memory that the process had after the warm-up, and the most that it had after a stretch.
    pub resident: Option<[usize; 2]>,
    /// How long it took, in seconds.
    pub took: f64,
}

/// One part of a soak.
#[derive(Clone, Debug, Serialize)]
pub struct Stretch {
    /// Hours of sound until here.
    pub hours: f64,
    /// Turns until here.
    pub edits: u64,
    /// What was held then more or less than after the warm-up, with everything taken away.
    pub kept: Vec<Difference>,
    /// Blocks of the heap that were not freed then.
    pub heap_blocks: Option<usize>,
    /// Bytes of memory that the process had.
    pub resident: Option<usize>,
}

/// Soaks, and says what came of it.
///
/// # Errors
/// When something was kept, or went wrong.
pub fn run(soak: &Soak) -> Result<(), Failed> {
    if !(soak.hours.is_finite() && soak.hours > 0.0) {
        return Err(anyhow::anyhow!("--hours {} is no length", soak.hours).into());
    }
    let outcome = Bath::fill(soak)?.soak(soak);
    if soak.json {
        show::line(serde_json::to_string_pretty(&outcome)?);
    } else {
        show::text(&outcome.text());
    }
    if outcome.ok { Ok(()) } else { Err(Failed::Told) }
}

/// A performance that is soaked.
struct Bath {
    performance: Performance,
    player: Player,
    /// What the sets of the next stretch is drawn from.
    seed: u64,
    sound: blake3::Hasher,
    frames: u64,
    edits: u64,
    taken: u64,
    refused: u64,
    obeyed: u64,
    silenced: u64,
    wrong_samples: u64,
    most_helper_slots: usize,
    most_code_bytes: usize,
    /// How many texts of a file are remembered.
    texts: usize,
}

impl Bath {
    /// Everything is there, and nothing plays. There is little memory, so that some of it is refused.
    fn fill(soak: &Soak) -> Result<Bath, Failed> {
        let settings = Settings {
            max_signals: 32,
            helper_memory: 2 << 20,
            code_memory: 2 << 20,
            vector_memory: 2 << 20,
            fade_memory: 64 << 10,
            undo_memory: 256 << 10,
            generations: 8,
            back_end: soak.back_end,
            ..Settings::default()
        };
        let (performance, player) = Performance::new(&settings, "aither-soak-has-no-folder".as_ref())?;
        Ok(Bath {
            performance,
            player,
            seed: soak.seed,
            sound: blake3::Hasher::new(),
            frames: 0,
            edits: 0,
            taken: 0,
            refused: 0,
            obeyed: 0,
            silenced: 0,
            wrong_samples: 0,
            most_helper_slots: 0,
            most_code_bytes: 0,
            texts: settings.generations,
        })
    }

    fn soak(mut self, soak: &Soak) -> Outcome {
        let begun = Instant::now();
        let rate = self.performance.settings.rate;
        let quanta = super::frames(soak.hours * 3600.0, rate) / QUANTUM as u64;
        let turns = soak.edits.unwrap_or((soak.hours * 3600.0) as u64).max(1);
        let pause = (quanta / turns).max(1);
        // What is printed and listed later has its room before anything is counted.
        let mut stretches = Vec::with_capacity(STRETCHES as usize);
        if !soak.json {
            show::line(format_args!("{quanta} quanta and {turns} edits, after a warm-up of {WARM_UP}"));
        }
        self.stretch(WARM_UP, pause.min(100), 0);
        // What is written down about it is held as well.
        let draft = self.measure();
        let (baseline, before) = self.measure();
        drop(draft);
        for stretch in 1..=STRETCHES {
            let until = quanta * stretch / STRETCHES * QUANTUM as u64;
            self.stretch(turns * stretch / STRETCHES - turns * (stretch - 1) / STRETCHES, pause, until);
            let hours = self.frames as f64 / f64::from(rate) / 3600.0;
            let (held, resident) = self.measure();
            let (kept, heap_blocks) = (held.differences(&baseline), held.heap_blocks);
            let row = Stretch { hours, edits: self.edits, kept, heap_blocks, resident };
            if !soak.json {
                show::line(row.text());
            }
            stretches.push(row);
        }
        let kept = stretches.last().map_or(Vec::new(), |stretch| stretch.kept.clone());
        let most = stretches.iter().filter_map(|stretch| stretch.resident).max();
        let resident = before.zip(most).map(|(before, most)| [before, most]);
        let grew = resident.is_some_and(|[before, most]| most > before + SLACK);
        Outcome {
            soak: 1,
            ok: kept.is_empty() && !grew && self.wrong_samples == 0,
            seed: soak.seed,
            backend: self.performance.compiler().back_end().to_string(),
            hours: self.frames as f64 / f64::from(rate) / 3600.0,
            edits: self.edits,
            taken: self.taken,
            refused: self.refused,
            obeyed: self.obeyed,
            silenced: self.silenced,
            wrong_samples: self.wrong_samples,
            most_helper_slots: self.most_helper_slots,
            most_code_bytes: self.most_code_bytes,
            sound: self.sound.finalize().to_hex().to_string(),
            baseline,
            stretches,
            kept,
            resident,
            took: begun.elapsed().as_secs_f64(),
        }
    }

    /// What is held, and the bytes of memory that the process has.
    fn measure(&self) -> (Holdings, Option<usize>) {
        let process = Process::now();
        (Holdings::of(&self.performance, &process), process.resident)
    }

    /// A set is there, is edited so many times, plays until that frame at least, and everything is taken away again.
    fn stretch(&mut self, turns: u64, pause: u64, until: u64) {
        let mut sketch = Sketch::new(self.seed);
        self.seed += 1;
        self.save(sketch.whole());
        for _ in 0..turns {
            self.play(sketch.pause(pause));
            self.edits += 1;
            match sketch.turn() {
                Turn::Save(changes) => self.save(changes),
                Turn::Tell(instruction) => self.tell(&instruction),
            }
        }
        drop(sketch);
        // What was drawn may have been a little too short.
        self.play(until.saturating_sub(self.frames) / QUANTUM as u64);
        self.save(Sketch::clear());
        self.play(SETTLED);
        let parked = self.performance.list().into_iter().map(|signal| signal.name).collect::<Vec<_>>();
        for changes in Sketch::sweep(&parked, self.texts) {
            self.performance.save(changes);
            self.play(SETTLED);
        }
        // What is kept on purpose, and bounded, is given up as well.
        self.performance.compiler.trim();
        std::mem::take(&mut self.performance.checkup.crossings);
    }

    fn save(&mut self, changes: Vec<crate::watch::Change>) {
        let saved = self.performance.save(changes);
        *(if saved.report.ok() { &mut self.taken } else { &mut self.refused }) += 1;
        let used = self.performance.helper_pool().counters();
        self.most_helper_slots = self.most_helper_slots.max(used.used + used.quarantined);
        self.most_code_bytes = self.most_code_bytes.max(self.performance.compiler().statistics().memory.used);
    }

    fn tell(&mut self, instruction: &Instruction) {
        let obeyed = self.performance.obey(instruction);
        self.obeyed += u64::from(obeyed.is_ok());
    }

    fn play(&mut self, quanta: u64) {
        for _ in 0..quanta {
            let silenced = |notice: &Notice| matches!(notice, Notice::Diagnostic(diagnostic) if diagnostic.severity == Severity::Error);
            self.silenced += self.performance.tick().iter().filter(|notice| silenced(notice)).count() as u64;
            let block = self.player.quantum();
            let wrong = block.iter().filter(|sample| !(-FULL..=FULL).contains(*sample)).count();
            self.wrong_samples += wrong as u64;
            block.iter().for_each(|sample| {
                self.sound.update(&sample.to_bits().to_le_bytes());
            });
            self.frames += QUANTUM as u64;
        }
    }
}

impl Stretch {
    fn text(&self) -> String {
        let mut line = format!("{:8.2} h  {:6} edits", self.hours, self.edits);
        let process = [("heap blocks", self.heap_blocks), ("KiB resident", self.resident.map(|bytes| bytes >> 10))];
        for (name, count) in process {
            if let Some(count) = count {
                write!(line, "  {count} {name}").expect("a text takes all");
            }
        }
        for Difference { what, before, now } in &self.kept {
            write!(line, "  {what}: {now} instead of {before}").expect("a text takes all");
        }
        line
    }
}

impl Outcome {
    /// A few lines for people.
    pub fn text(&self) -> String {
        let speed = self.hours * 3600.0 / self.took;
        let mut text = format!(
            "seed {}, {}: {:.2} h of sound and {} edits in {:.1} s, {speed:.0} times real time\n\
             {} saves taken, {} refused, {} words obeyed, {} signals silenced; sound {}\n",
            self.seed,
            self.backend,
            self.hours,
            self.edits,
            self.took,
            self.taken,
            self.refused,
            self.obeyed,
            self.silenced,
            &self.sound[..16],
        );
        for Difference { what, before, now } in &self.kept {
            writeln!(text, "kept: {what} was {before} after the warm-up and is {now}").expect("a text takes all");
        }
        if let Some([before, most]) = self.resident {
            let kib = |bytes: usize| bytes >> 10;
            writeln!(text, "{} KiB resident after the warm-up, {} at most after a stretch", kib(before), kib(most))
                .expect("a text takes all");
        }
        if self.wrong_samples > 0 {
            writeln!(text, "{} samples were no numbers or beyond ±1", self.wrong_samples).expect("a text takes all");
        }
        text + if self.ok { "nothing was kept\n" } else { "this is a fault: please report it with the seed\n" }
    }
}
