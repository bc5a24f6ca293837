//! A closure from outside: what it captured, what it is given, and what its value means as channels. What it does stands in `statement` and `expression`.

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::{Array, Dynamic, FnPtr, Map};

use super::super::graph::{Closure, Memory, Signal};
use super::path::{Frame, Lowering, Path, Run, Stop, refuse};
use super::value::{Capture, Number, Pointer, Range, Standing, Val};
use super::{Context, Error};
use crate::ir::{F, Place};

/// Rounds that the loops of unknown count in one closure may take in one frame, all together.
pub(super) const MAX_ROUNDS: i64 = 10_000;

/// The variable that holds how many rounds are left.
pub(super) const FUEL: usize = 0;

impl<'b> Context<'b> {
    /// The channels that a closure gives, in the block that grows: of the state of the world, or of an input.
    pub(super) fn closure(&self, closure: &Closure, input: Option<Vec<F<'b>>>) -> Result<Vec<F<'b>>, Error> {
        let argument = input.map_or(Val::World, of_channels);
        self.lowering(closure, |lowering, pointer| lowering.hand(pointer, argument, closure.place))
    }

    /// Lowers what is made of a closure, in the block that grows.
    pub(super) fn lowering(
        &self,
        closure: &Closure,
        make: impl FnOnce(&mut Lowering<'_, 'b>, &Rc<Pointer<'b>>) -> Run<Vec<F<'b>>>,
    ) -> Result<Vec<F<'b>>, Error> {
        let mut lowering = Lowering {
            context: self,
            builder: self.builder,
            path: Path::default(),
            scope: Vec::new(),
            frames: vec![Frame::default()],
            file: closure.place.file,
            unknown_rounds: 0,
            functions_made: 0,
            depth: 0,
        };
        lowering.new_cell(Val::Known(MAX_ROUNDS.into()));
        let pointer = lowering.pointer(&closure.pointer);
        let channels = make(&mut lowering, &pointer);
        lowering.path.slots.flush(self.builder);
        match channels {
            Ok(channels) => Ok(channels),
            Err(Stop::Error(error)) => Err(*error),
            Err(Stop::Gone) => Err(Error::at(closure.place, "this closure never gives a value")
                .help("a loop without `break` goes on for ever")),
        }
    }
}

/// The signals that a value is or holds, from left to right.
pub(super) fn signals_of(value: &Dynamic, found: &mut Vec<Signal>) {
    if let Some(signal) = value.clone().try_cast::<Signal>() {
        found.push(signal);
    } else if let Some(array) = value.read_lock::<Array>() {
        array.iter().for_each(|item| signals_of(item, found));
    } else if let Some(map) = value.read_lock::<Map>() {
        map.values().for_each(|field| signals_of(field, found));
    } else if let Some(pointer) = value.read_lock::<FnPtr>() {
        pointer.iter_curry().for_each(|captured| signals_of(captured, found));
    }
}

/// Channels as a closure sees them: one is a number, several are an array.
pub(super) fn of_channels<'b>(channels: Vec<F<'b>>) -> Val<'b> {
    match channels[..] {
        [channel] => Val::Real(channel),
        _ => Val::array(channels.into_iter().map(Val::Real).collect()),
    }
}

impl<'b> Lowering<'_, 'b> {
    /// A value of the script, as it was when the closure was handed over.
    pub fn value(&self, value: &Dynamic) -> Val<'b> {
        let value = value.flatten_clone();
        if let Some(signal) = value.clone().try_cast::<Signal>() {
            return of_channels(self.context.signals.borrow()[&signal].to_vec());
        }
        if let Some(memory) = value.clone().try_cast::<Memory>() {
            return Val::Memory(self.context.block(memory));
        }
        if let Some(array) = value.read_lock::<Array>() {
            return Val::array(array.iter().map(|item| self.value(item)).collect());
        }
        if let Some(map) = value.read_lock::<Map>() {
            let fields = map.iter().map(|(name, field)| (name.as_str().into(), self.value(field)));
            return Val::Map(Rc::new(fields.collect::<BTreeMap<_, _>>()));
        }
        if let Some(pointer) = value.read_lock::<FnPtr>() {
            return Val::Function(self.pointer(&pointer));
        }
        let range = |from: i64, to: i64, inclusive| {
            let (from, to) = (Val::Known(from.into()), Val::Known(to.into()));
            Val::Range(Rc::new(Range { from, to, inclusive, step: 1 }))
        };
        if let Some(bounds) = value.read_lock::<std::ops::Range<i64>>() {
            return range(bounds.start, bounds.end, false);
        }
        if let Some(bounds) = value.read_lock::<std::ops::RangeInclusive<i64>>() {
            return range(*bounds.start(), *bounds.end(), true);
        }
        Val::Known(value)
    }

    /// A function of the script with what it captured.
    pub fn pointer(&self, pointer: &FnPtr) -> Rc<Pointer<'b>> {
        let captures = pointer.iter_curry().map(|value| Capture::Copy(self.value(value), Standing::Captured)).collect();
        Rc::new(Pointer { name: pointer.fn_name().into(), file: self.file, captures })
    }

    /// Calls a function as signals are: with one argument, or with none where it takes none.
    pub fn hand(&mut self, pointer: &Rc<Pointer<'b>>, argument: Val<'b>, place: Place) -> Run<Vec<F<'b>>> {
        let input = !matches!(argument, Val::World);
        let captured = pointer.captures.len();
        let takes = |count| self.context.definition(&pointer.name, captured + count, pointer.file).is_some();
        let arguments = if takes(1) || input || !takes(0) { vec![argument] } else { Vec::new() };
        let found = self.context.definition(&pointer.name, captured + arguments.len(), pointer.file);
        let where_to = found.map_or(place, |(function, _)| function.place);
        let value = self.call_pointer(pointer, arguments, place)?;
        self.channels(&value, where_to)
    }

    /// A value as the channels of a signal.
    pub fn channels(&mut self, value: &Val<'b>, place: Place) -> Run<Vec<F<'b>>> {
        match value {
            Val::Array(items) if items.is_empty() => {
                refuse(place, "this closure gives an empty array", "an array needs a number for each channel")
            }
            Val::Array(items) => {
                let mut channels = Vec::with_capacity(items.len());
                for item in items.iter() {
                    channels.push(self.channel(item, place, "an array of channels holds numbers")?);
                }
                Ok(channels)
            }
            single => Ok(vec![self.channel(
                single,
                place,
                "a closure gives a number, or an array with one for each channel",
            )?]),
        }
    }

    fn channel(&mut self, value: &Val<'b>, place: Place, wanted: &str) -> Run<F<'b>> {
        match (value, value.sample()) {
            (_, Some(number)) => Ok(number.real(self.builder)),
            (Val::Whatever, _) => Ok(Number::Float(0.0).real(self.builder)),
            (Val::Torn(why), _) => refuse(place, format!("this closure gives {why}"), wanted),
            (Val::Known(value), _) if value.is_unit() => {
                let help = "the value of a closure is that of its last statement";
                refuse(place, "this closure gives no value", help)
            }
            _ => refuse(place, format!("this closure gives {}, not a number", value.kind()), wanted),
        }
    }
}
