//! `poly`: a sequence and the voices that play it, each of them the closure lowered anew. Who plays what is decided in `helpers::poly`.

use std::rc::Rc;

use super::super::graph::Poly;
use super::channels::{self, Mismatch};
use super::closure::of_channels;
use super::path::{Lowering, Run};
use super::value::{Pointer, Val};
use super::words::known;
use super::{Context, Error};
use crate::helpers::poly::{MOST_VOICES, Note, Voices};
use crate::ir::{F, Place};

/// How it is called.
const USE: &str = "poly(8, freq, gate, |freq, gate| osc(freq) * slew(gate, 0.3))";

/// How many voices a number asks for.
pub(in super::super) fn voices(wanted: Option<f64>, place: Place) -> Result<usize, Error> {
    match wanted {
        Some(count) if count.fract() == 0.0 && (1.0..=MOST_VOICES as f64).contains(&count) => Ok(count as usize),
        _ => {
            let message = format!("`poly` takes a whole number of voices from 1 to {MOST_VOICES} that is known");
            Err(Error::at(place, message).help(USE))
        }
    }
}

/// What is given for the voice is no function.
pub(in super::super) fn no_voice(place: Place) -> Error {
    Error::at(place, "the last argument of `poly` is no function of frequency and gate").help(USE)
}

impl<'b> Context<'b> {
    /// The channels of a script's `poly`.
    pub fn poly(
        &self,
        poly: &Poly,
        notes: Vec<Vec<F<'b>>>,
        label: Option<&str>,
        place: Place,
    ) -> Result<Vec<F<'b>>, Error> {
        self.lowering(&poly.voice, |lowering, pointer| lowering.poly(poly.voices, &notes, pointer, label, place))
    }
}

impl<'b> Lowering<'_, 'b> {
    /// `poly` in a closure.
    pub fn played(&mut self, arguments: Vec<Val<'b>>, place: Place) -> Run<Val<'b>> {
        self.once_per_frame("poly", place)?;
        let [count, notes @ .., voice] = &arguments[..] else { unreachable!("the caller counted") };
        let count = voices(known(count), place)?;
        let Val::Function(voice) = voice else { return Err(no_voice(place).into()) };
        let notes = notes.iter().map(|channels| self.input(channels, place)).collect::<Run<Vec<_>>>()?;
        self.poly(count, &notes, voice, None, place).map(of_channels)
    }

    /// The sum of the voices.
    fn poly(
        &mut self,
        count: usize,
        notes: &[Vec<F<'b>>],
        voice: &Rc<Pointer<'b>>,
        label: Option<&str>,
        place: Place,
    ) -> Run<Vec<F<'b>>> {
        let width = notes.iter().map(Vec::len).max().unwrap_or(1);
        if let Some(odd) = notes.iter().find(|channels| channels.len() != 1 && channels.len() != width) {
            return Err(Mismatch { widths: (odd.len(), width) }.of("poly", place).into());
        }
        if width > count {
            let message =
                format!("{width} notes at a time are more than {count} voices can play: the last ones are heard");
            self.context.warn(place, message, Some(format!("poly({width}, …)")));
        }
        let at = |channels: &Vec<F<'b>>, number: usize| channels[if channels.len() == 1 { 0 } else { number }];
        let note = |number| Note { freq: at(&notes[0], number), gate: notes.get(1).map(|gate| at(gate, number)) };
        let notes = (0..width).map(note).collect::<Vec<_>>();
        let voices = Voices::new(self.builder, self.context.rate, count, &notes, place);
        if let Some(label) = label {
            voices.label(label);
        }
        let mut heard = Vec::with_capacity(count);
        for &(freq, gate) in &voices.told {
            let value = self.call_pointer(voice, vec![Val::Real(freq), Val::Real(gate)], place)?;
            heard.push(self.channels(&value, place)?);
        }
        let sum = channels::mix(&voices.heard(&heard));
        voices.give(&sum);
        Ok(sum)
    }
}
