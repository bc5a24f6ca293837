//! The trial of a program before it is heard: a few quanta from the state at rest, on memory of its own, among silence: whoever else
//! plays, the verdict is the same. It changes nothing that plays.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::bind::Bound;
use super::flushed;
use super::performance::Performance;
use super::transaction::Staged;
use super::unit::Sound;
use super::wants::Refusal;
use crate::diagnostic::Diagnostic;
use crate::engine::{Machine, Transport};
use crate::ir::call::{QUANTUM, Span, Stamp};
use crate::ir::{Owner, Program};
use crate::memory::arena::Arena;

/// How programs are tried before they are heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trial {
    /// Not at all.
    Off,
    /// Their samples: the same verdict on every machine and every run.
    #[default]
    Sound,
    /// Their samples, and whether the machine is fast enough for them beside what plays.
    Cost,
}

/// How many quanta a trial lasts.
const QUANTA: u64 = 32;
/// The largest magnitude of a sample.
const LOUDEST: f64 = 1000.0;
/// The part of a quantum's duration that all signals may take; the rest is for the mix and the system.
const SHARE: f64 = 0.9;
/// After so many quanta a program that is far too slow is not run on.
const ENOUGH: u64 = 4;

/// Why a program is not heard.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    /// A sample is no number, or too large.
    Sample { value: f64, channel: usize, frame: u64 },
    /// The program panicked in the quantum that begins with a frame.
    Panic { frame: u64 },
    /// The system has no memory for the trial.
    Memory { bytes: usize },
}

impl Performance {
    /// How the programs of the save that is being staged are tried; not at all where it was played before.
    fn trial(&self) -> Trial {
        if self.judge.told.is_some() { Trial::Off } else { self.settings.trial }
    }

    /// Tries a program that has its memory. Gives the seconds of its fastest quantum, 0 where nobody asks.
    pub(super) fn attempt_sound(
        &self,
        sound: &Sound,
        bound: &mut Bound,
        staged: &mut Staged,
    ) -> Result<f64, Vec<Diagnostic>> {
        let trial = self.trial();
        if trial == Trial::Off {
            return Ok(0.0);
        }
        let begun = Instant::now();
        let load = *staged.load.get_or_insert_with(|| self.load());
        let enough = if trial == Trial::Cost { load.max(SHARE * self.quantum()) } else { f64::INFINITY };
        let tried = flushed(|| run(&mut bound.machine, &sound.program, &bound.spans, self.settings.rate, enough));
        staged.trial += begun.elapsed();
        let cost = tried.map_err(|failure| vec![self.told(failure, sound)])?;
        Ok(if trial == Trial::Cost { cost } else { 0.0 })
    }

    /// Whether the machine is fast enough for all that will play.
    pub(super) fn afford(&self, staged: &Staged) -> Result<(), Refusal> {
        if self.trial() != Trial::Cost {
            return Ok(());
        }
        let fresh = staged.signals.iter().filter(|(name, _)| staged.tried.contains(name));
        let costliest = fresh.max_by(|(_, one), (_, other)| one.cost.total_cmp(&other.cost));
        let Some((name, signal)) = costliest else { return Ok(()) };
        let load = Load { before: self.load(), after: self.load_after(staged), quantum: self.quantum() };
        let Some(message) = load.refuses(name, signal.cost) else { return Ok(()) };
        let help =
            "make it simpler, unregister another one, or start with a lower --rate; --no-trial plays it nevertheless";
        let errors = vec![signal.at.error(message).help(help)];
        Err(Refusal { file: signal.file.clone(), errors, warnings: Vec::new() })
    }

    /// Seconds that a quantum lasts.
    fn quantum(&self) -> f64 {
        QUANTUM as f64 / f64::from(self.settings.rate)
    }

    /// Seconds that all signals take that play, for a quantum.
    fn load(&self) -> f64 {
        self.signals.values().filter(|signal| signal.parked.is_none()).map(|signal| signal.cost).sum()
    }

    /// The same after a save.
    fn load_after(&self, staged: &Staged) -> f64 {
        let others = staged.signals.iter().map(|(name, _)| name).chain(&staged.parked).chain(&staged.gone);
        let others = others.collect::<HashSet<_>>();
        let staying = self.signals.iter().filter(|(name, signal)| signal.parked.is_none() && !others.contains(name));
        let staying = staying.map(|(_, signal)| signal.cost);
        staying.chain(staged.signals.iter().map(|(_, signal)| signal.cost)).sum()
    }

    fn told(&self, failure: Failure, sound: &Sound) -> Diagnostic {
        let name = &sound.name;
        match failure {
            Failure::Sample { value, channel, frame } => {
                let channel = if sound.program.channels > 1 { format!(" in channel {channel}") } else { String::new() };
                let ms = frame as f64 * 1000.0 / f64::from(self.settings.rate);
                let sample = if value.is_nan() { "NaN".to_owned() } else { format!("{value:?}") };
                let begin = format!("the signal `{name}` gives {sample}{channel} at frame {frame} ({ms:.1} ms)");
                if value.is_finite() {
                    sound
                        .at
                        .error(format!("{begin}; ±{LOUDEST} is the most"))
                        .help("turn it down with `gain`, or bound it with `clamp` or `tanh`; --no-trial plays it nevertheless")
                } else {
                    sound
                        .at
                        .error(format!("{begin}, which is no number"))
                        .help("a division by zero, or feedback of 1 and more? --no-trial plays it until then")
                }
            }
            Failure::Panic { frame } => sound
                .at
                .error(format!("the program of the signal `{name}` panicked at frame {frame}"))
                .help("a defect of aither, not of the script; write the line in another way"),
            Failure::Memory { bytes } => {
                let message = format!("the signal `{name}` cannot be tried: the system has no {bytes} bytes for it");
                sound.at.error(message).help("--no-trial plays it untried")
            }
        }
    }
}

/// What all signals take of a quantum's duration, in seconds.
struct Load {
    before: f64,
    after: f64,
    quantum: f64,
}

impl Load {
    /// Why it is too much, where it is: `name` takes the most of what is new. A save that makes less to do is never refused.
    fn refuses(&self, name: &str, cost: f64) -> Option<String> {
        let limit = SHARE * self.quantum;
        if self.after <= limit || self.after <= self.before {
            return None;
        }
        let ms = |seconds: f64| format!("{:.2} ms", seconds * 1000.0);
        let lasts = format!("{} that a block of {QUANTUM} frames lasts", ms(self.quantum));
        Some(if cost > limit {
            format!("`{name}` costs {} of the {lasts}", ms(cost))
        } else {
            format!("all signals would cost {} of the {lasts}, `{name}` alone {}", ms(self.after), ms(cost))
        })
    }
}

/// Runs a machine that was not handed over for a few quanta from frame 0, as it would run in an engine that begins now.
/// Gives the seconds of the fastest quantum; one that takes longer than `enough` ends the trial early.
fn run(machine: &mut Machine, program: &Program, spans: &[Span], rate: u32, enough: f64) -> Result<f64, Failure> {
    let slots = |(memory, span): (&crate::ir::Memory, &Span)| match memory.owner {
        Owner::Table(_) => 0,
        _ => span.last as usize + 1,
    };
    let needed = program.memories.iter().zip(spans).map(slots).collect::<Vec<_>>();
    let total = needed.iter().sum();
    let room = Arena::blank(total).map_err(|_| Failure::Memory { bytes: total.saturating_mul(size_of::<u64>()) })?;
    let mut at = 0;
    let own = spans.iter().zip(&needed).map(|(span, &slots)| {
        if slots == 0 {
            return *span;
        }
        let base = room.at(at);
        at += slots;
        Span { base, last: span.last, write_base: base, write_last: span.last }
    });
    let own = own.collect::<Vec<_>>();
    let stamp = Stamp::fresh();
    let (mut best, mut transport) = (f64::INFINITY, Transport::new(rate));
    for quantum in 0..QUANTA {
        let frame = quantum * QUANTUM as u64;
        transport.advance(QUANTUM);
        let tried = catch_unwind(AssertUnwindSafe(|| {
            let begun = Instant::now();
            // SAFETY: the spans have the lengths of the machine's own and lie in `room`, which nobody else knows, or are
            // tables, which are only read.
            let samples = unsafe { machine.rehearse(&own, stamp, frame, &transport) };
            let took = begun.elapsed().as_secs_f64();
            check(samples, frame).map(|()| took)
        }));
        best = best.min(tried.map_err(|_| Failure::Panic { frame })??);
        if quantum >= ENOUGH && best > enough {
            break;
        }
    }
    machine.rest_after_rehearsal();
    Ok(best)
}

/// The first frame with a sample that nobody may hear, its lowest channel.
fn check(samples: &[f64], first: u64) -> Result<(), Failure> {
    // NaN is neither below nor above.
    let bearable = |sample: &f64| sample.abs() <= LOUDEST;
    if samples.iter().all(bearable) {
        return Ok(());
    }
    for frame in 0..QUANTUM {
        for (channel, samples) in samples.chunks_exact(QUANTUM).enumerate() {
            let value = samples[frame];
            if !bearable(&value) {
                return Err(Failure::Sample { value, channel, frame: first + frame as u64 });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::call::{Call, Run};

    #[test]
    fn nine_tenths_of_a_quantum_are_for_signals_and_a_lighter_save_is_taken() {
        let refuses = |before, after, cost| Load { before, after, quantum: 0.001 }.refuses("pad", cost);
        assert_eq!(refuses(0.0, 0.0009, 0.0009), None);
        let alone = refuses(0.0, 0.0019, 0.0019).unwrap();
        assert_eq!(alone, "`pad` costs 1.90 ms of the 1.00 ms that a block of 64 frames lasts");
        let together = refuses(0.0008, 0.00095, 0.00015).unwrap();
        let wanted =
            "all signals would cost 0.95 ms of the 1.00 ms that a block of 64 frames lasts, `pad` alone 0.15 ms";
        assert_eq!(together, wanted);
        assert_eq!(refuses(0.003, 0.002, 0.002), None);
    }
    struct Fragile;

    impl Run for Fragile {
        unsafe fn run(&mut self, call: &Call) {
            assert!(call.frame < 100, "as the test wants it");
        }

        fn code_bytes(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_program_that_panics_when_it_is_tried_ends_the_trial_and_nothing_else() {
        let mut machine = Machine::bare(Box::new(Fragile), Box::new(()));
        let program = Program::default();
        assert_eq!(run(&mut machine, &program, &[], 48_000, f64::INFINITY), Err(Failure::Panic { frame: 128 }));
    }
}
