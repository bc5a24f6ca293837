//! How the program that gives way fades out: on a copy in room reserved at start, or, where that is short, hardly at all. It fades nothing itself.

use std::any::Any;

use super::bind::{Former, span};
use super::performance::Performance;
use super::transaction::Staged;
use super::unit::{Sound, Unit};
use crate::diagnostic::Diagnostic;
use crate::engine::{Ghost, Join, Move};
use crate::ir::call::{SLOTS_PER_SIGNAL, Span};
use crate::ir::{Owner, Program};
use crate::memory::bounds;
use crate::memory::identity::{Alignment, Fate};

/// The longest fade of a program without a copy, in seconds: its last sample glides to zero.
const CUT: f64 = 0.005;

/// How one program gives way to another.
pub(super) struct Joined {
    pub join: Join,
    /// Copies that it needs.
    pub moves: Vec<Move>,
    /// Length of the fade, in frames.
    pub frames: u32,
}

/// Refuses a signal whose small state is more than the audio thread copies.
pub(super) fn bounded(sound: &Sound) -> Result<(), Vec<Diagnostic>> {
    let (slots, most) = (small(&sound.program), bounds::SMALL);
    if slots <= most {
        return Ok(());
    }
    let message = format!("the signal `{}` has {slots} slots of small state; {most} is the most", sound.name);
    Err(vec![sound.at.error(message).help("make several signals of it")])
}

impl Performance {
    /// How the program of a signal gives way to the one that goes on with its memory.
    pub(super) fn join(&mut self, unit: &Unit, sound: &Sound, alignment: &Alignment, staged: &mut Staged) -> Joined {
        let name = &sound.name;
        let frames = self.control.frames(sound.options.fade);
        let Some(old) = self.signals.get(name).filter(|_| frames > 0) else {
            return Joined { join: Join::Stop, moves: Vec::new(), frames };
        };
        let slots = copied(&old.former());
        // What was cut short when it was played is cut short again, and nothing else is.
        let told = self.judge.told.as_ref().map(|told| told.cut.iter().any(|cut| **cut == **name));
        let ticket = self.claims();
        let room = if told == Some(true) { None } else { self.memories.copies.take(slots, ticket) };
        let arena = self.memories.copies.arena().clone();
        let (first, keep): (_, Box<dyn Any + Send>) = match room {
            Some(extent) => {
                staged.claims.push(ticket);
                (arena.at(extent.start), Box::new(arena))
            }
            None if told == Some(false) => {
                let mut own = vec![0_u64; slots].into_boxed_slice();
                (own.as_mut_ptr(), Box::new(own))
            }
            None => return self.cut(unit, sound, slots, frames, staged),
        };
        let kept = |position: usize| {
            alignment.verdicts.iter().any(|verdict| verdict.old == Some(position) && verdict.fate == Fate::Kept)
        };
        // SAFETY: the room was just taken or made, and lives in `keep`; it is given back when the envelope with the ghost is
        // home, and with it every earlier one of the slot.
        let (ghost, moves) = unsafe { ghost(&self.signals[name].former(), kept, first, keep) };
        Joined { join: Join::Copy(ghost), moves, frames }
    }

    /// There is no room for a copy of so many slots.
    fn cut(&self, unit: &Unit, sound: &Sound, slots: usize, frames: u32, staged: &mut Staged) -> Joined {
        let full = self.memories.copies.shortage(&sound.name, slots);
        let note = sound.at.note(format!("`{}` is joined in 5 ms at most: {full}", sound.name));
        let note = note.help("or write a shorter `fade`");
        staged.warnings.entry(unit.path.clone()).or_default().push(note);
        staged.cut.push(sound.name.to_string());
        Joined { join: Join::Stop, moves: Vec::new(), frames: frames.min(self.control.frames(CUT)) }
    }
}

/// Slots of a program's small state: its sandbox and its helpers' cells.
fn small(program: &Program) -> usize {
    SLOTS_PER_SIGNAL + program.instances.iter().map(|instance| instance.cells as usize).sum::<usize>()
}

/// Slots that a copy of a program's small state takes, one more for what must not be written, and the spans of both.
fn copied(former: &Former<'_>) -> usize {
    let slots = |(memory, span): (&crate::ir::Memory, &Span)| match memory.owner {
        Owner::Cells(_) | Owner::Sandbox => span.last as usize + 1,
        _ => 0,
    };
    former.program.memories.iter().zip(former.spans).map(slots).sum::<usize>() + 1 + Ghost::slots(former.spans.len())
}

/// What the program that gives way goes on with: a copy of its small state, and its rings, which it only reads where
/// `shared` says that its successor writes them. The copy takes the slots from `first` on, which live as long as `keep`.
///
/// # Safety
/// There must be as many slots as [`copied`] says, and nobody else's.
unsafe fn ghost(
    former: &Former<'_>,
    shared: impl Fn(usize) -> bool,
    first: *mut u64,
    keep: Box<dyn Any + Send>,
) -> (Ghost, Vec<Move>) {
    let small = |owner: Owner| matches!(owner, Owner::Cells(_) | Owner::Sandbox);
    // The spans come last, and before them the slot that takes what must not be written.
    let table = copied(former) - Ghost::slots(former.spans.len());
    let nowhere = table - 1;
    let (mut at, mut spans, mut moves) = (0, Vec::new(), Vec::new());
    for (memory, old) in former.program.memories.iter().zip(former.spans) {
        spans.push(match memory.owner {
            owner if small(owner) => {
                let len = old.last as usize + 1;
                // SAFETY: `at` counts what came before, and the caller promised room for all of it.
                let copy = unsafe { first.add(at) };
                at += len;
                // SAFETY: the block is released only after the envelope with this move is home, and `keep` travels in it.
                moves.push(unsafe { Move::new(old.base, copy, len) });
                span(copy, len)
            }
            Owner::Line(instance, _) if shared(instance.index()) => {
                // SAFETY: the caller promised one slot more than is copied.
                let nowhere = unsafe { first.add(nowhere) };
                Span { write_base: nowhere, write_last: 0, ..*old }
            }
            _ => *old,
        });
    }
    // SAFETY: as for the machine: what is copied lives in `keep`, as the spans do, and all else stays until the old machine is
    // home.
    (unsafe { Ghost::new(&spans, first.add(table), keep) }, moves)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::ruling::Rulings;
    use super::super::{Settings, render};
    use super::*;
    use crate::watch::{Change, What};

    /// A second of a signal that is changed after a while, as it was told; and what was decided.
    fn sound(fade_memory: usize, told: Option<&[&str]>) -> (Vec<Vec<f64>>, Vec<String>) {
        let settings = Settings { max_signals: 4, helper_memory: 4096, fade_memory, ..Settings::default() };
        let (mut performance, mut player) = Performance::new(&settings, Path::new(".")).unwrap();
        let text = |level: f64| format!("register(\"a\", osc(100) * {level:?}, #{{fade: 0.2}});");
        let (path, first) = ("a.rhai".to_owned(), What::Text(text(0.3)));
        assert!(performance.save(vec![Change { path: path.clone(), what: first }]).report.ok());
        render::to_memory(&mut performance, &mut player, 1280);
        performance.texts_mut().known.insert(path.clone(), text(0.1));
        let rulings =
            |cut: &[&str]| Rulings { cut: cut.iter().map(|&name| name.to_owned()).collect(), ..Rulings::default() };
        performance.judge.told = told.map(rulings);
        let (mut report, mut transaction) = Default::default();
        let staged = performance.attempt(&BTreeSet::from([path]), &BTreeSet::new(), &mut report).unwrap();
        let claims = performance.commit(staged, &mut transaction, &mut report);
        performance.send(transaction, claims);
        let cut = std::mem::take(&mut performance.judge.made.cut);
        (render::to_memory(&mut performance, &mut player, 48_000), cut)
    }

    #[test]
    fn a_replay_cuts_whom_it_is_told_and_nobody_else() {
        let ((ample, _), (short, cut)) = (sound(4096, None), sound(0, None));
        assert_eq!(cut, ["a"]);
        assert!(ample != short);
        assert!(sound(0, Some(&[])) == (ample, vec![]));
        assert!(sound(4096, Some(&["a"])) == (short, cut));
    }
}
