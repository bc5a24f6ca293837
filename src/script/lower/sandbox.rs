//! `s.state` while a closure is lowered: slots at known places are values, written back when they must be. It has no memory of its own.

use std::collections::BTreeMap;

use super::path::{Lowering, Run, Way, refuse};
use super::value::{Number, Val};
use crate::ir::call::SLOTS_PER_SIGNAL;
use crate::ir::{BlockId, Bound, Builder, F, I, Place, Type, ValueId};

/// What is known of the sandbox on one way.
#[derive(Clone, Default)]
pub(super) struct Slots<'b> {
    known: BTreeMap<u32, Slot<'b>>,
}

#[derive(Clone)]
struct Slot<'b> {
    /// A float, known or not.
    value: Number<'b>,
    /// Whether the memory does not hold it yet.
    fresh: bool,
}

/// How slots pass a place where ways meet.
pub(super) struct Passing<'b> {
    received: Slots<'b>,
    /// Slots that are parameters, in order.
    parameters: Vec<u32>,
}

impl<'b> Slots<'b> {
    /// Gives every way a value for the slots that some way has changed.
    pub fn align(builder: &'b Builder, ways: &mut [Way<'b>]) {
        let fresh = ways.iter().flat_map(|way| way.path.slots.known.iter());
        let mut fresh = fresh.filter(|(_, slot)| slot.fresh).map(|(&place, _)| place).collect::<Vec<_>>();
        fresh.sort_unstable();
        fresh.dedup();
        for way in ways {
            builder.enter(way.block);
            for &place in &fresh {
                let load = || Slot { value: Number::Real(load(builder, place)), fresh: false };
                way.path.slots.known.entry(place).or_insert_with(load);
            }
        }
    }

    /// What is known in the block where the ways meet.
    pub fn receive(builder: &'b Builder, block: BlockId, ways: &[Way<'b>]) -> Passing<'b> {
        let mut passing = Passing { received: Slots::default(), parameters: Vec::new() };
        for (&place, first) in &ways[0].path.slots.known {
            let others = ways[1..].iter().map(|way| way.path.slots.known.get(&place));
            let Some(others) = others.collect::<Option<Vec<_>>>() else { continue };
            let fresh = first.fresh || others.iter().any(|slot| slot.fresh);
            let value = if others.iter().all(|slot| Val::from(slot.value).same(&first.value.into())) {
                first.value
            } else if fresh {
                passing.parameters.push(place);
                Number::Real(builder.real(builder.parameter(block, Type::Real)))
            } else {
                continue;
            };
            passing.received.known.insert(place, Slot { value, fresh });
        }
        passing
    }

    /// Writes back what the memory does not hold yet.
    pub fn flush(&mut self, builder: &'b Builder) {
        for (&place, slot) in &mut self.known {
            if slot.fresh {
                let value = slot.value.real(builder);
                builder.store(memory(builder), place, value.id());
                slot.fresh = false;
            }
        }
    }

    /// Forgets what was known; everything must have been written back.
    pub fn forget(&mut self) {
        self.known.clear();
    }
}

impl<'b> Passing<'b> {
    pub fn give(&self, builder: &'b Builder, slots: &Slots<'b>, out: &mut Vec<ValueId>) {
        out.extend(self.parameters.iter().map(|place| slots.known[place].value.real(builder).id()));
    }

    pub fn received(self) -> Slots<'b> {
        self.received
    }
}

fn memory(builder: &Builder) -> crate::ir::MemoryId {
    builder.sandbox(SLOTS_PER_SIGNAL as u32)
}

fn load(builder: &Builder, place: u32) -> F<'_> {
    builder.real(builder.load(Type::Real, memory(builder), place))
}

/// A place in the sandbox.
enum Spot<'b> {
    Known(u32),
    Computed(I<'b>),
}

impl<'b> Lowering<'_, 'b> {
    /// Reads `s.state[index]`.
    pub fn read_slot(&mut self, index: &Val<'b>, place: Place) -> Run<Val<'b>> {
        match self.spot(index, place)? {
            Spot::Known(spot) => {
                let builder = self.builder;
                let load = || Slot { value: Number::Real(load(builder, spot)), fresh: false };
                Ok(self.path.slots.known.entry(spot).or_insert_with(load).value.into())
            }
            Spot::Computed(index) => {
                self.path.slots.flush(self.builder);
                let value = self.builder.load_at(Type::Real, memory(self.builder), index.id(), Bound::Clamp);
                Ok(Val::Real(self.builder.real(value)))
            }
        }
    }

    /// Writes `s.state[index]`.
    pub fn write_slot(&mut self, index: &Val<'b>, value: &Val<'b>, place: Place) -> Run<()> {
        let Some(number) = value.sample() else {
            let message = format!("a slot of `s.state` holds a number, not {}", value.kind());
            return refuse(place, message, "keep each number in a slot of its own");
        };
        let number = number.known().map_or_else(|| Number::Real(number.real(self.builder)), Number::Float);
        match self.spot(index, place)? {
            Spot::Known(spot) => {
                self.path.slots.known.insert(spot, Slot { value: number, fresh: true });
            }
            Spot::Computed(index) => {
                self.path.slots.flush(self.builder);
                self.path.slots.forget();
                let value = number.real(self.builder);
                self.builder.store_at(memory(self.builder), index.id(), Bound::Clamp, value.id());
            }
        }
        Ok(())
    }

    fn spot(&mut self, index: &Val<'b>, place: Place) -> Run<Spot<'b>> {
        let Some(number) = index.number() else {
            let message = format!("`s.state` is indexed with a number, not {}", index.kind());
            return refuse(place, message, "s.state[0]");
        };
        if let Some(known) = number.known() {
            let inside = known.trunc() >= 0.0 && known.trunc() < SLOTS_PER_SIGNAL as f64;
            if inside {
                return Ok(Spot::Known(known as u32));
            }
            let message = format!("`s.state[{known}]` does not exist: every signal has {SLOTS_PER_SIGNAL} slots");
            let help =
                format!("use s.state[0] to s.state[{}] (SLOTS_PER_SIGNAL = {SLOTS_PER_SIGNAL})", SLOTS_PER_SIGNAL - 1);
            return refuse(place, message, help);
        }
        let index = number.int(self.builder);
        self.report_outside(index, SLOTS_PER_SIGNAL as i64 - 1, "`s.state`", place);
        Ok(Spot::Computed(index))
    }
}
