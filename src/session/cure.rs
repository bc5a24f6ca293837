//! What of a signal's memory is poisoned once the signal gave samples that are no numbers, so that its next program begins without it. It looks; it resets nothing itself.

use std::collections::BTreeSet;

use super::bind::{Bound, Former};
use super::performance::{Performance, Signal};
use super::transaction::Staged;
use super::unit::{Sound, Unit};
use crate::ir::call::Span;
use crate::ir::{Op, Owner, Program, Type};
use crate::memory::identity::{Alignment, Fate, Reason};

/// No helper and no script means a magnitude like this: it is feedback that was on its way to infinity.
const BOUND: f64 = 1e100;

/// What of a signal's memory must not go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ills {
    /// Helpers, by position in the old list.
    pub helpers: BTreeSet<usize>,
    /// Whether it is the sandbox too.
    pub sandbox: bool,
}

impl Ills {
    /// What is poisoned of the memory of a program that does not run: that has stopped, or has not begun.
    ///
    /// # Safety
    /// The spans must be valid, and nobody may write to what they name.
    pub unsafe fn of(program: &Program, spans: &[Span]) -> Ills {
        let mut ills = Ills::default();
        let reals = Reals::of(program);
        for (number, (memory, span)) in program.memories.iter().zip(spans).enumerate() {
            // SAFETY: passed on from the caller.
            let is_poisoned =
                || unsafe { reals.of[number].any(span, |number| number.is_nan() || number.abs() >= BOUND) };
            match memory.owner {
                Owner::Cells(instance) | Owner::Line(instance, _) if is_poisoned() => {
                    ills.helpers.insert(instance.index());
                }
                Owner::Sandbox => ills.sandbox |= is_poisoned(),
                _ => {}
            }
        }
        ills
    }

    /// Lets no poisoned block go on: its helper gets a zeroed one under the same key.
    pub fn purge(&self, alignment: &mut Alignment) {
        let poisoned = |old: Option<usize>| old.is_some_and(|old| self.helpers.contains(&old));
        for verdict in alignment.verdicts.iter_mut().filter(|verdict| poisoned(verdict.old)) {
            (verdict.fate, verdict.reason) = (Fate::Reset, Reason::Poisoned);
        }
    }
}

/// The slots of one memory that hold Reals.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slots {
    These(BTreeSet<u32>),
    All,
}

/// The slots of each memory of a program that hold Reals. A phase is an Int, and may have the bits of a NaN.
struct Reals {
    of: Vec<Slots>,
}

impl Reals {
    fn of(program: &Program) -> Reals {
        let start = |memory: &crate::ir::Memory| match memory.owner {
            // Whatever program wrote them, even an earlier one: closures keep Reals there and nothing else.
            Owner::Sandbox => Slots::All,
            _ => Slots::These(BTreeSet::new()),
        };
        let mut of = program.memories.iter().map(start).collect::<Vec<_>>();
        for value in program.blocks.iter().flat_map(|block| &block.body) {
            let inst = program.inst(*value);
            let (memory, at, ty) = match inst.op {
                Op::Load(memory, at) => (memory, Some(at), inst.ty),
                Op::LoadAt(memory, ..) => (memory, None, inst.ty),
                Op::Store(memory, at, x) => (memory, Some(at), program.inst(x).ty),
                Op::StoreAt(memory, _, _, x) => (memory, None, program.inst(x).ty),
                _ => continue,
            };
            if ty != Some(Type::Real) {
                continue;
            }
            match (&mut of[memory.index()], at) {
                (Slots::These(slots), Some(at)) => _ = slots.insert(at),
                (slots, None) => *slots = Slots::All,
                (Slots::All, _) => {}
            }
        }
        Reals { of }
    }
}

impl Slots {
    /// Whether a Real of a memory is such.
    ///
    /// # Safety
    /// The span must be valid, and nobody may write to what it names.
    unsafe fn any(&self, span: &Span, is_such: impl Fn(f64) -> bool) -> bool {
        // SAFETY: the place is one of the span's, whose validity the caller promised.
        let real = |at: u64| f64::from_bits(unsafe { *span.base.add(at as usize) });
        match self {
            Slots::These(slots) => slots.iter().any(|&at| is_such(real(u64::from(at)))),
            Slots::All => (0..=span.last).any(|at| is_such(real(at))),
        }
    }
}

impl Performance {
    /// What a signal's next program must know of it, and what it must not take over.
    pub(super) fn examined<'a>(&self, name: &str, signal: &'a Signal) -> Former<'a> {
        let told = self.judge.told.as_ref();
        if !signal.frozen.get() || told.is_some_and(|told| !told.cured.iter().any(|cured| cured == name)) {
            return signal.former();
        }
        // SAFETY: the blocks are claimed, so the spans lie in the arenas that `memories` holds. Only the signal's machine
        // ever writes to them: that one has stopped for good, a program that fades out writes to its copy, and a next one is
        // not made yet.
        let ills = unsafe { Ills::of(&signal.program, &signal.spans) };
        Former { ills, ..signal.former() }
    }

    /// Keeps in mind that a signal was cured.
    pub(super) fn note_cure(&self, unit: &Unit, sound: &Sound, bound: &Bound, staged: &mut Staged) {
        let reset = bound.alignment.verdicts.iter().any(|verdict| verdict.reason == Reason::Poisoned);
        if reset || bound.cleared {
            staged.cured.push(sound.name.to_string());
        }
        if bound.cleared {
            let message = format!(
                "`s.state` of `{}` is zero again: it {}",
                sound.name,
                Reason::Poisoned.text(self.settings.rate)
            );
            staged.warnings.entry(unit.path.clone()).or_default().push(sound.at.note(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::log::{Entry, ruled};
    use super::super::performance::Player;
    use super::super::ruling::Rulings;
    use super::super::save::Told;
    use super::super::{Settings, Trial};
    use super::*;
    use crate::engine::{self, Install, Machine, Transaction};
    use crate::ir::call::{Call, QUANTUM, Run};
    use crate::session::Notice;
    use crate::watch::{Change, What};

    fn save(performance: &mut Performance, text: &str) -> bool {
        let changes = vec![Change { path: "a.rhai".to_owned(), what: What::Text(text.to_owned()) }];
        performance.save(changes).report.ok()
    }

    fn play(performance: &mut Performance, player: &mut Player, quanta: usize) -> f64 {
        let quantum = |_| {
            performance.tick_quietly();
            player.quantum()[0]
        };
        (0..quanta).map(quantum).last().unwrap_or(0.0)
    }

    #[test]
    fn a_replay_cures_whom_it_is_told_and_nobody_else() {
        let sick = "register(\"a\", |s| { s.state[0] += 1.0 / (s.t - s.t); s.state[0] }, #{fade: 0});";
        let well = "register(\"a\", |s| { s.state[0] += 0.0; 0.25 + s.state[0] }, #{fade: 0});";
        let settings = Settings { trial: Trial::Off, max_signals: 4, helper_memory: 0, ..Settings::default() };
        for (told, cured, sample) in [
            (None, vec!["a".to_owned()], 0.25),
            (Some(vec!["a".to_owned()]), vec!["a".to_owned()], 0.25),
            (Some(vec!["b".to_owned()]), vec![], 0.0),
        ] {
            let (mut performance, mut player) = Performance::new(&settings, Path::new(".")).unwrap();
            assert!(save(&mut performance, sick));
            play(&mut performance, &mut player, 30);
            let rulings = |cured| Rulings { cured, ..Rulings::default() };
            let told = told.map(|cured| Told { rulings: rulings(cured), ..Told::default() });
            let changes = vec![Change { path: "a.rhai".to_owned(), what: What::Text(well.to_owned()) }];
            let saved = performance.save_as(changes, told.as_ref());
            assert!(saved.report.ok());
            let entries = saved.entries.into_iter().filter(|entry| matches!(entry, Entry::Ruled(..)));
            assert_eq!(entries.collect::<Vec<_>>(), ruled(&rulings(cured)));
            assert_eq!(play(&mut performance, &mut player, 30), sample);
        }
    }
    struct Fragile;

    impl Run for Fragile {
        unsafe fn run(&mut self, _: &Call) {
            panic!("as the test wants it");
        }

        fn code_bytes(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_program_that_panicked_is_told_with_its_name_and_its_next_save_goes_on_with_the_memory() {
        let text = |more: f64| {
            format!("register(\"a\", |s| {{ s.state[0] += 1.0; s.state[0] * 0.0 + {more:?} }}, #{{fade: 0}});")
        };
        let settings = Settings { max_signals: 4, helper_memory: 0, ..Settings::default() };
        let (mut performance, mut player) = Performance::new(&settings, Path::new(".")).unwrap();
        assert!(save(&mut performance, &text(0.25)));
        assert_eq!(play(&mut performance, &mut player, 10), 0.25);
        let slot = performance.signals["a"].slot;
        let fragile = Machine::bare(Box::new(Fragile), Box::new(()));
        performance.signals.get_mut("a").unwrap().frozen = fragile.frozen();
        let changes = vec![engine::Change::Install(Install::new(slot, fragile))];
        let sent = performance.control.send(Transaction { changes, order: vec![slot], ..Transaction::default() });
        assert!(sent.is_ok());
        player.quantum();
        let told = performance.tick().into_iter().filter_map(|notice| match notice {
            Notice::Diagnostic(diagnostic) => Some(diagnostic.plain(|_| None)),
            _ => None,
        });
        let wanted = "error: the program of the signal `a` panicked at frame 640; it is silent";
        let told = told.collect::<Vec<_>>();
        assert!(told.len() == 1 && told[0].contains(wanted), "{told:?}");
        assert!(save(&mut performance, &text(0.5)));
        assert_eq!(play(&mut performance, &mut player, 1), 0.5);
        let sandbox = performance.signals["a"].spans.iter().map(|span| span.base);
        // SAFETY: nothing renders now, and the sandbox is the program's only memory.
        let counted = sandbox.map(|base| f64::from_bits(unsafe { *base })).collect::<Vec<_>>();
        assert_eq!(counted, [11.0 * QUANTUM as f64]);
    }
}
