//! A quantum of all signals: who runs, in which order, and what is added up. It takes up no messages.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::{Renderer, sleep};
use crate::engine::ear;
use crate::engine::ensemble::{self, Ensemble};
use crate::engine::machine::Moment;
use crate::engine::mix::Sums;
use crate::engine::order::{Part, Step};
use crate::engine::slot::Slot;
use crate::engine::tap::Tap;

impl Renderer {
    /// The signals, added up, and what the master's program makes of it.
    pub(super) fn sound(&mut self, tap: &mut impl Tap) {
        let mut probes = &self.meters.probes;
        let mut tap = (&mut (tap, self.tape.at(self.frame)), &mut probes);
        let tapped = tap.listens();
        if tapped && !self.tapped {
            self.calm = false;
            stir(&mut self.ensembles, &mut self.slots, &self.order);
        }
        self.tapped = tapped;
        let moment = Moment { frame: self.frame, position: self.position, transport: &self.transport };
        if !self.calm {
            sleep::look(&mut self.desk, &mut self.slots, &self.order, &moment);
        }
        let mut sums = Sums::bare(&mut self.master);
        let mut now = ensemble::render(&mut self.ensembles, &mut self.slots, &moment, &self.meters);
        let (mut number, mut next) = (0, 0);
        while let Some(&Step { slot, part, heard }) = self.order.get(number) {
            next += self.ensembles[next..].iter().take_while(|ensemble| ensemble.begins() < number).count();
            if let Some(ensemble) = self.ensembles.get_mut(next)
                && ensemble.begins() == number
                && ensemble.is_calm()
            {
                number = ensemble.add(&mut self.slots, &moment, sums.master(), &self.meters);
                now = self.meters.now();
                continue;
            }
            number += 1;
            // What was done for it with others is a part of what it takes.
            let own = &mut self.slots[slot.index()];
            now = now.wrapping_sub(if part == Part::Mix { 0 } else { own.ahead() });
            let calm = own.is_calm();
            if calm && own.go_on(&moment, &mut sums, heard, &mut self.wire) {
                now = self.meters.lap(slot, now);
                continue;
            }
            self.calm &= own.is_vacant();
            if part != Part::Mix && !calm {
                ear::attune(&mut self.slots, sums.master(), slot);
                self.slots[slot.index()].run(&moment, heard, &mut self.wire);
            }
            if matches!(part, Part::Both | Part::Mix) {
                self.slots[slot.index()].mix(self.frame, &mut self.room, sums.master(), &mut tap);
            }
            now = self.meters.lap(slot, now);
        }
        let master = sums.master();
        let others = self.order.iter().rev().take_while(|step| step.part == Part::Master).count();
        let masters = &self.order[self.order.len() - others..];
        if !masters.is_empty() {
            self.sum.copy_from_slice(master);
        }
        for (number, step) in masters.iter().enumerate() {
            self.slots[step.slot.index()].master(&mut self.room, &self.sum, master, number > 0);
        }
        self.finish();
    }

    /// Sends home what is done, and finds out who is calm.
    pub(super) fn release(&mut self) {
        if !self.calm {
            self.calm = !self.tapped;
            for step in &self.order {
                let slot = &mut self.slots[step.slot.index()];
                if slot.is_calm() {
                    continue;
                }
                slot.release(&mut self.aloft);
                if step.part == Part::Both && !self.tapped {
                    slot.calm_down();
                }
                // Where nobody is there is nothing to be done either.
                self.calm &= slot.is_calm() || slot.is_vacant();
            }
            for ensemble in self.ensembles.iter_mut().filter(|_| !self.tapped) {
                ensemble.calm_down(&self.slots);
            }
        }
        self.aloft.send_home(|swap| self.wire.send_home(swap));
    }

    /// Nobody is calm any more: something is about to be done to slots.
    pub(super) fn stir(&mut self) {
        self.calm = false;
        stir(&mut self.ensembles, &mut self.slots, &self.order);
    }
}

/// Nobody is calm any more.
fn stir(ensembles: &mut [Ensemble], slots: &mut [Slot], order: &[Step]) {
    ensembles.iter_mut().for_each(|ensemble| ensemble.stir(slots));
    order.iter().for_each(|step| slots[step.slot.index()].stir());
}
