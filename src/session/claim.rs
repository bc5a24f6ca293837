//! Claims memory for a signal that is staged. Where it is short, signals that are parked and silent make room: first their blocks move, then the oldest of them give way. How those leave stands elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bind::{self, Bound, Origin, Short};
use super::performance::{Performance, Signal};
use super::snapshot::State;
use super::transaction::Staged;
use super::unit::{Sound, Unit};
use crate::diagnostic::Diagnostic;
use crate::ir::rest::Rest;

impl Signal {
    /// Whether it is parked and has faded out, so that nobody but the books holds an address of its memory.
    pub(super) fn is_idle(&self) -> bool {
        self.parked.is_some() && !self.seated
    }
}

impl Performance {
    /// Claims a signal's memory and makes its machine; parked signals give way when memory is short.
    pub(super) fn bind(
        &mut self,
        unit: &Unit,
        sound: &Sound,
        fresh: bool,
        then: Option<&State>,
        staged: &mut Staged,
    ) -> Result<Bound, Vec<Diagnostic>> {
        self.pin(&sound.name);
        loop {
            let claims = self.claims();
            let former = self.signals.get(&sound.name).filter(|_| !fresh).map(|old| self.examined(&sound.name, old));
            let origin = match (then, &former) {
                (Some(state), _) => Origin::Then(state, self.snapshots.arena()),
                (None, Some(former)) => Origin::Running(former),
                (None, None) => Origin::Rest,
            };
            let (memories, compiler, rooms) = (&mut self.memories, &mut self.compiler, staged.carried_rooms);
            let outcome = bind::bind(memories, compiler, &sound.name, &sound.program, &origin, claims, rooms);
            self.follow();
            let short = match outcome {
                Ok(mut bound) => {
                    if self.settings.sleeps {
                        // SAFETY: the machine was made for this very program.
                        unsafe { bound.machine.may_sleep(Rest::of(&sound.program)) };
                    }
                    staged.carried_rooms = bound.carried_rooms;
                    staged.claims.push(claims);
                    return Ok(bound);
                }
                Err(short) => short,
            };
            self.revert(claims);
            if !(matches!(short, Short::Memory(_)) && self.reclaim(unit, staged)) {
                return Err(vec![sound.at.error(format!("the signal `{}` cannot play: {short}", sound.name))]);
            }
        }
    }

    /// Lets the pool move the blocks of idle signals when a claim finds room in pieces only.
    pub(super) fn loosen(&mut self) {
        let idle = self.signals.values().filter(|signal| signal.is_idle());
        let keys = idle.flat_map(|signal| &signal.held).map(|held| held.key.clone());
        // SAFETY: what an idle signal played on is home: its machine, its ghosts, and the copies that were made of it. The
        // control thread keeps its spans; they are looked up again in `follow` after whatever claims, and a signal that is
        // bound is pinned before its addresses are taken.
        unsafe { self.memories.pool.may_move(keys) };
    }

    /// The blocks of a signal stay where they are: its next program is about to get their addresses.
    pub(super) fn pin(&mut self, name: &str) {
        for held in self.signals.get(name).into_iter().flat_map(|signal| &signal.held) {
            self.memories.pool.keep_in_place(&held.key);
        }
    }

    /// Takes up where blocks lie that were moved.
    pub(super) fn follow(&mut self) {
        let moved = self.memories.pool.moved();
        let names = moved.iter().map(|key| &key.signal).collect::<BTreeSet<&Arc<str>>>();
        for name in names {
            let signal = self.signals.get_mut(name).expect("only blocks of signals are moved");
            bind::moved(&self.memories, &signal.program, &signal.held, &mut signal.spans);
        }
    }
}
