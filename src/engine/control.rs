//! The control half: sends transactions and commands, takes old programs home, keeps the books of the slots. It hears nothing and never waits.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;

use super::alarm::Alarm;
use super::command::{Command, Order, frames};
use super::ear::Tenant;
use super::ensemble;
use super::event::{Copied, Event};
use super::keepsake::Keepsake;
use super::meter::Meters;
use super::order::{self, Step};
use super::swap::{Change, Swap, Transaction};
use super::tape::Reel;
use super::wire::ControlWire;
use super::{Settings, SlotId};
use crate::diagnostic::{Shortage, Unit};

/// The audio side has not taken up or given back enough of what it was sent; later there is room again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audio thread is busy: {transactions} transactions and {messages} messages are still under way")]
pub struct Busy {
    /// Transactions whose fades are not over.
    pub transactions: usize,
    /// Messages whose acknowledgement was not read.
    pub messages: usize,
}

/// A transaction that was not sent, as it was.
pub struct Unsent {
    /// Why.
    pub busy: Busy,
    /// What was to be sent.
    pub transaction: Transaction,
}

/// What came home.
#[derive(Default)]
pub struct Home {
    /// Envelopes with the programs that they brought back. Dropping them here frees those.
    pub swaps: Vec<Box<Swap>>,
    /// Tickets of transactions whose released memory nothing on the audio side uses any more, in the order of sending.
    pub settled: Vec<u64>,
    /// Slots whose signals were removed and are gone: they are free again, and whoever knew them forgets them.
    pub freed: Vec<SlotId>,
}

/// What the books say of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    Taken,
    /// Removed by the transaction with this ticket, perhaps still heard.
    Leaving(u64),
}

/// A transaction that is out or cannot be settled yet.
struct Lent {
    ticket: u64,
    slots: Vec<SlotId>,
    home: bool,
}

/// The control half of an engine. Control thread.
pub struct Control {
    wire: ControlWire,
    settings: Settings,
    meters: Arc<Meters>,
    places: Vec<Place>,
    /// How often each place was claimed.
    stays: Vec<u32>,
    /// Whom slots' programs hear, and whom the ones before them heard; without those who hear nobody.
    hears: BTreeMap<SlotId, [Vec<Tenant>; 2]>,
    /// All slots that may sound, in the order of the mix.
    order: Vec<SlotId>,
    /// The slots that stand between the mix and the master, the one that stays first.
    masters: Vec<SlotId>,
    /// Oldest first.
    lent: Vec<Lent>,
    /// Envelopes that are not home.
    out: usize,
    /// Messages without acknowledgement.
    under_way: usize,
    next: u64,
}

impl Control {
    pub(super) fn new(settings: Settings, slots: usize, wire: ControlWire, meters: Arc<Meters>) -> Control {
        Control {
            wire,
            settings,
            meters,
            places: vec![Place::Free; slots],
            stays: vec![0; slots],
            hears: BTreeMap::new(),
            order: Vec::new(),
            masters: Vec::new(),
            lent: Vec::new(),
            out: 0,
            under_way: 0,
            next: 1,
        }
    }

    /// How large everything is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What each slot costs.
    pub fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    /// What silences the master before everything that is sent.
    pub fn alarm(&self) -> &Alarm {
        self.wire.alarm()
    }

    /// Where recordings come out, for whoever takes it first.
    pub fn reel(&mut self) -> Option<Reel> {
        self.wire.reel.take()
    }

    /// Seconds as frames at the engine's rate, at most an hour.
    pub fn frames(&self, seconds: f64) -> u32 {
        frames(seconds, self.settings.rate)
    }

    /// The ticket that the next transaction or command gets.
    pub fn ticket(&self) -> u64 {
        self.next
    }

    /// How many envelopes are on the audio side or on their way.
    pub fn lent(&self) -> usize {
        self.out
    }

    /// Takes the lowest free slot for a signal; `None` if all are taken or still fading out.
    pub fn claim(&mut self) -> Option<SlotId> {
        let free = self.places.iter().position(|place| *place == Place::Free)?;
        self.places[free] = Place::Taken;
        self.stays[free] += 1;
        Some(SlotId(free as u32))
    }

    /// Whoever has a slot now, for those who are to hear him.
    pub fn tenant(&self, slot: SlotId) -> Tenant {
        Tenant { slot, stay: self.stays[slot.index()] }
    }

    /// Why there is no slot for `who`.
    pub fn shortage(&self, who: &str) -> Shortage {
        let count = |wanted: fn(&Place) -> bool| self.places.iter().filter(|place| wanted(place)).count() as u64;
        Shortage {
            memory: "the renderer",
            who: format!("`{who}`"),
            unit: Unit::Places("places"),
            requested: 1,
            used: count(|place| *place == Place::Taken),
            fading: count(|place| matches!(place, Place::Leaving(_))),
            largest: 1,
            capacity: self.places.len() as u64,
            rest: 0,
            flag: "--max-signals",
        }
    }

    /// Gives back a slot that no transaction was sent for.
    pub fn give_back(&mut self, slot: SlotId) {
        debug_assert!(!self.order.contains(&slot), "a slot in the mix is given back by removing its signal");
        self.places[slot.index()] = Place::Free;
    }

    /// Whether a removed signal's slot is still its own, so that the signal can be put back into it.
    pub fn is_leaving(&self, slot: SlotId) -> bool {
        matches!(self.places[slot.index()], Place::Leaving(_))
    }

    /// Sends a transaction and returns its ticket.
    ///
    /// # Errors
    /// [`Unsent`] with the transaction, when too much is under way.
    ///
    /// # Panics
    /// When it names a free slot, or its order and the master are not exactly the slots that are installed, each once.
    pub fn send(&mut self, transaction: Transaction) -> Result<u64, Box<Unsent>> {
        if self.out == self.settings.envelopes || self.is_full() {
            return Err(Box::new(Unsent { busy: self.busy(), transaction }));
        }
        let ticket = self.stamp();
        let Transaction { keepsakes, mut changes, order, master, tempo, mut ensembles } = transaction;
        let mut slots = self.enter(&mut changes, ticket);
        slots.extend(keepsakes.iter().flat_map(Keepsake::slots));
        self.arrange(&order, master);
        let seats = changes.iter().map(|_| None).collect();
        let steps = self.steps();
        ensemble::arrange(&mut ensembles, &steps);
        let swap = Swap {
            ticket,
            frame: 0,
            keepsakes,
            changes,
            order: steps,
            ensembles,
            tempo,
            seats,
            awaited: 0,
            remembers: false,
            copied: Copied::default(),
        };
        let sent = self.wire.send_swap(Box::new(swap));
        assert!(sent.is_ok(), "the ring holds what may be under way");
        self.lent.push(Lent { ticket, slots, home: false });
        self.out += 1;
        Ok(ticket)
    }

    /// Sends a command and returns its ticket.
    ///
    /// # Errors
    /// [`Busy`], when too much is under way.
    ///
    /// # Panics
    /// When it names a slot that is free.
    pub fn command(&mut self, command: Command) -> Result<u64, Busy> {
        if let Command::Gain { slot, .. } | Command::Mute { slot, .. } = command {
            assert!(self.places[slot.index()] != Place::Free, "{slot} is free");
        }
        if self.is_full() {
            return Err(self.busy());
        }
        let ticket = self.stamp();
        let sent = self.wire.send_order(ticket, Order::new(command, self.settings.rate));
        assert!(sent, "the ring holds what may be under way");
        Ok(ticket)
    }

    /// Takes everything that came home.
    ///
    /// A ticket is settled when its envelope is home, and with it every earlier one that touched one of its slots: a
    /// program that was sent away earlier may still read what a later transaction released.
    pub fn collect(&mut self) -> Home {
        let mut home = Home::default();
        while self.wire.next_thrown().is_some() {}
        while let Some(swap) = self.wire.next_home() {
            self.out -= 1;
            if let Some(lent) = self.lent.iter_mut().find(|lent| lent.ticket == swap.ticket) {
                lent.home = true;
            }
            home.swaps.push(swap);
        }
        if home.swaps.is_empty() {
            return home;
        }
        let mut waiting: Vec<Lent> = Vec::with_capacity(self.lent.len());
        for lent in self.lent.drain(..) {
            let bound = waiting.iter().any(|earlier| earlier.slots.iter().any(|slot| lent.slots.contains(slot)));
            if lent.home && !bound {
                home.settled.push(lent.ticket);
            } else {
                waiting.push(lent);
            }
        }
        self.lent = waiting;
        for (slot, place) in self.places.iter_mut().enumerate() {
            if matches!(place, Place::Leaving(ticket) if home.settled.contains(ticket)) {
                *place = Place::Free;
                home.freed.push(SlotId(slot as u32));
            }
        }
        // Whoever takes such a slot next stands at the end of the mix, and nobody stands behind him for its sake.
        self.order.retain(|slot| !home.freed.contains(slot));
        self.masters.retain(|slot| !home.freed.contains(slot));
        self.masters.shrink_to_fit();
        home.freed.iter().for_each(|slot| _ = self.hears.remove(slot));
        home
    }

    /// The next thing that the audio side told: when a message took effect, and what happened meanwhile.
    pub fn poll(&mut self) -> Option<Event> {
        let answer = self.wire.next_answer();
        self.under_way -= usize::from(matches!(answer, Some(Event::Applied { .. })));
        answer.or_else(|| self.wire.next_event())
    }

    fn is_full(&self) -> bool {
        self.under_way == self.settings.envelopes + self.settings.commands
    }

    fn busy(&self) -> Busy {
        Busy { transactions: self.out, messages: self.under_way }
    }

    fn stamp(&mut self) -> u64 {
        self.next += 1;
        self.under_way += 1;
        self.next - 1
    }

    /// Enters changes in the books and returns the slots whose programs they touch.
    fn enter(&mut self, changes: &mut [Change], ticket: u64) -> Vec<SlotId> {
        let mut touched = Vec::with_capacity(changes.len());
        for change in changes {
            let slot = change.slot();
            let place = &mut self.places[slot.index()];
            assert!(*place != Place::Free, "{slot} is free");
            match change {
                Change::Install(install) => {
                    *place = Place::Taken;
                    install.stay = self.stays[slot.index()];
                    if let Some([hears, heard]) = self.hears.get_mut(&slot) {
                        *heard = mem::take(hears);
                    }
                }
                Change::Remove { .. } => *place = Place::Leaving(ticket),
                Change::Hear { ears, .. } => {
                    self.hears.entry(slot).or_default()[0] = order::tenants(ears);
                    continue;
                }
                Change::Mute { .. } => continue,
            }
            touched.push(slot);
        }
        touched
    }

    /// The steps of a quantum: all that plays is added up in the order of the mix, and runs as near to that as can be where
    /// one hears the other. Who fades out, and what old programs hear, comes to its right where nothing that stays is
    /// another one for it: so that does not depend on how soon the books learn that somebody has fallen silent.
    fn steps(&self) -> Vec<Step> {
        let mut numbers = vec![None; self.places.len()];
        self.order.iter().enumerate().for_each(|(number, slot)| numbers[slot.index()] = Some(number));
        let number = |tenant: &Tenant| numbers[tenant.slot.index()].filter(|_| self.tenant(tenant.slot) == *tenant);
        let stays = |number: usize| self.places[self.order[number].index()] == Place::Taken;
        let all = |slot: &SlotId, old: usize| {
            let hears = self.hears.get(slot).map_or(&[][..], |hears| &hears[old]);
            hears.iter().filter_map(number).collect::<Vec<_>>()
        };
        let hears = self.order.iter().map(|slot| all(slot, 0)).collect::<Vec<_>>();
        let lasting = |(one, heard): (usize, &Vec<usize>)| {
            heard.iter().copied().filter(|&other| stays(one) && stays(other)).collect::<Vec<_>>()
        };
        let lasting = hears.iter().enumerate().map(lasting).collect::<Vec<_>>();
        let mut order = order::Order::of(self.order.len());
        order.bind(&lasting, &order::late(&lasting));
        let mut heard = vec![false; self.order.len()];
        let masters = self.masters.iter().flat_map(|slot| [all(slot, 0), all(slot, 1)].concat());
        masters.for_each(|other| heard[other] = true);
        for (one, slot) in self.order.iter().enumerate() {
            let (now, before) = (&hears[one], all(slot, 1));
            for &other in now.iter().chain(&before) {
                heard[other] = true;
            }
            let passing = now.iter().filter(|other| !lasting[one].contains(other));
            passing.chain(&before).filter(|other| **other != one).for_each(|&other| order.wish(other, one));
        }
        let mut steps = order::steps(&self.order, &order.run(), &heard);
        steps.extend(self.masters.iter().copied().map(order::master));
        steps
    }

    /// Sets the order of the mix: the slots that play, and behind each those that fade out and stood behind it.
    ///
    /// So a slot's place does not depend on how soon the books learn that another one has fallen silent.
    fn arrange(&mut self, playing: &[SlotId], master: Option<SlotId>) {
        self.masters.retain(|slot| Some(*slot) != master);
        self.masters.splice(0..0, master);
        for slot in &self.masters {
            let stays = self.places[slot.index()] == Place::Taken;
            assert!(stays == (master == Some(*slot)), "{slot} gives the master, or is on its way out");
        }
        let mut plays = vec![false; self.places.len()];
        for slot in playing {
            assert!(self.places[slot.index()] == Place::Taken, "{slot} is to play and is not installed");
            assert!(!mem::replace(&mut plays[slot.index()], true), "{slot} is to play twice");
        }
        let mut behind: HashMap<Option<SlotId>, Vec<SlotId>> = HashMap::new();
        let mut neighbour = None;
        for slot in &self.order {
            match self.places[slot.index()] {
                Place::Taken => {
                    assert!(plays[slot.index()], "{slot} is installed and is not to play");
                    neighbour = Some(*slot);
                }
                Place::Leaving(_) => behind.entry(neighbour).or_default().push(*slot),
                Place::Free => {}
            }
        }
        let mut order = behind.remove(&None).unwrap_or_default();
        for slot in playing {
            order.push(*slot);
            order.extend(behind.remove(&Some(*slot)).unwrap_or_default());
        }
        self.order = order;
    }
}
