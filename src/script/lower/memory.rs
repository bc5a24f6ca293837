//! Blocks of slots that a script asked for with `memory`, while a closure is lowered. Unlike the sandbox's, their slots are read and written where the closure says so.

use super::super::graph::Memory;
use super::super::words::{MOST_SLOTS, labelled, no_label};
use super::members::Part;
use super::path::{Lowering, Run, refuse};
use super::value::{Block, Val, whole};
use super::{Context, Error};
use crate::ir::{Bound, Builder, End, I, Place, Type};

/// Slots up to which a block is small state, which the audio thread copies when a program gives way.
const SMALL: u32 = 256;

impl<'b> Context<'b> {
    /// A block that the script made at its top level.
    pub fn block(&self, memory: Memory) -> Block {
        if let Some(&block) = self.blocks.borrow().get(&memory) {
            return block;
        }
        let reserved = self.evaluation.graph.memory(memory);
        let (name, place) = (&self.registration.name, self.registration.place);
        let user = reserved.user.get_or_init(|| (name.clone(), place));
        if user.0 != *name {
            let message = format!("this memory is used by two signals, `{}` and `{name}`", user.0);
            let error = Error::at(reserved.place, message).also(user.1, "used here").also(place, "and here");
            self.wrong.replace(Some(error.help("give each signal a memory(n) of its own")));
        }
        let block = claim(self.builder, reserved.slots, reserved.place);
        if let (Some(instance), Some(label)) = (self.builder.keeper(block.memory), &reserved.label) {
            self.builder.name(instance, label);
        }
        self.blocks.borrow_mut().insert(memory, block);
        block
    }
}

fn claim(builder: &Builder, slots: u32, place: Place) -> Block {
    let instance = builder.instance("memory", 1, place);
    let small = slots <= SMALL;
    Block { memory: builder.claim_room(instance, slots, small), slots, small }
}

impl<'b> Lowering<'_, 'b> {
    /// `memory(slots)` in a closure: a block of its own for every place where it is written.
    pub fn reserve(&mut self, slots: &Val<'b>, place: Place) -> Run<Val<'b>> {
        self.once_per_frame("memory", place)?;
        let known = slots.number().and_then(|number| number.integral());
        match known.and_then(|known| u32::try_from(known).ok()) {
            Some(slots) if (1..=MOST_SLOTS).contains(&slots) => Ok(Val::Memory(claim(self.builder, slots, place))),
            _ => {
                let message = format!("`memory` takes a whole number of slots from 1 to {MOST_SLOTS} that is known");
                refuse(place, message, "memory(48000)")
            }
        }
    }

    /// `label(helper, name)` in a closure.
    pub fn label(&self, named: &Val<'b>, name: &Val<'b>, place: Place) -> Run<Val<'b>> {
        let text = match name {
            Val::Known(name) => name.clone().into_immutable_string().ok(),
            _ => None,
        };
        let first = match named {
            Val::Array(channels) => channels.first().unwrap_or(named),
            single => single,
        };
        let instance = match first {
            Val::Real(value) => self.builder.giver(value.id()),
            Val::Memory(block) => self.builder.keeper(block.memory).map(Some),
            _ => None,
        };
        let (Some(text), Some(instance)) = (text, instance) else { return Err(no_label(place).into()) };
        match instance.map(|instance| self.builder.name(instance, &text)) {
            Some(other) if other != *text => Err(labelled(&other, place).into()),
            _ => Ok(named.clone()),
        }
    }

    /// The memory inside a value that is written to, and which of its parts: then nothing of the value itself changes.
    pub fn reached<'p, 'a>(
        &mut self,
        whole: &Val<'b>,
        parts: &'p [Part<'a, 'b>],
    ) -> Run<Option<(Val<'b>, &'p [Part<'a, 'b>])>> {
        if !holds_memory(whole) {
            return Ok(None);
        }
        let mut value = whole.clone();
        for (number, part) in parts.iter().enumerate() {
            if let Val::Memory(_) = value {
                return Ok(Some((value, &parts[number..])));
            }
            value = self.part(&value, part)?;
        }
        Ok(None)
    }

    /// Reads `m[index]`.
    pub fn read_block(&mut self, block: Block, index: &Val<'b>, place: Place) -> Run<Val<'b>> {
        let value = match self.spot_in(block, index, place)? {
            Ok(known) if block.small => self.builder.load(Type::Real, block.memory, known),
            spot => {
                let index = self.computed(spot);
                self.builder.load_at(Type::Real, block.memory, index.id(), Bound::Clamp)
            }
        };
        Ok(Val::Real(self.builder.real(value)))
    }

    /// Writes `m[index]`.
    pub fn write_block(&mut self, block: Block, index: &Val<'b>, value: &Val<'b>, place: Place) -> Run<()> {
        let Some(number) = value.sample() else {
            let message = format!("a slot of a memory holds a number, not {}", value.kind());
            return refuse(place, message, "keep each number in a slot of its own");
        };
        let value = number.real(self.builder);
        match self.spot_in(block, index, place)? {
            Ok(known) if block.small => self.builder.store(block.memory, known, value.id()),
            spot => {
                let index = self.computed(spot);
                self.builder.store_at(block.memory, index.id(), Bound::Clamp, value.id());
            }
        }
        Ok(())
    }

    fn computed(&self, spot: Result<u32, I<'b>>) -> I<'b> {
        spot.map_or_else(|computed| computed, |known| whole(self.builder, i64::from(known)))
    }

    /// A place in a block: known, or computed and counted where it is outside.
    fn spot_in(&mut self, block: Block, index: &Val<'b>, place: Place) -> Run<Result<u32, I<'b>>> {
        let last = i64::from(block.slots) - 1;
        let Some(number) = index.number() else {
            return refuse(place, format!("a memory is indexed with a number, not {}", index.kind()), "m[0]");
        };
        if let Some(known) = number.known() {
            if known.trunc() >= 0.0 && known.trunc() <= last as f64 {
                return Ok(Ok(known as u32));
            }
            let message = format!("slot {known} does not exist: this memory has {} slots", block.slots);
            return refuse(place, message, format!("use 0 to {last}, or ask for more with memory(n)"));
        }
        let index = number.int(self.builder);
        self.report_outside(index, last, "a memory", place);
        Ok(Err(index))
    }

    /// Counts a computed index that is outside.
    pub fn report_outside(&mut self, index: I<'b>, last: i64, of: &str, place: Place) {
        use crate::dsp::float::Int;
        let inside = index.lit(0).le(index) & index.le(index.lit(last));
        let message = format!("an index of {of} was outside 0 to {last}; the nearest slot was taken");
        let site = self.builder.fault_site(place, message);
        let (outside, _) = self.builder.block(&[]);
        let (on, _) = self.builder.block(&[]);
        self.builder.end(End::Branch(inside.id(), (on, Vec::new()), (outside, Vec::new())));
        self.builder.enter(outside);
        self.builder.fault(site);
        self.builder.end(End::Jump(on, Vec::new()));
        self.builder.enter(on);
    }
}

fn holds_memory(value: &Val<'_>) -> bool {
    match value {
        Val::Memory(_) => true,
        Val::Array(items) => items.iter().any(holds_memory),
        Val::Map(fields) => fields.values().any(holds_memory),
        _ => false,
    }
}
