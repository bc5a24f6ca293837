//! `signal(name)` while a signal is lowered: what another one gives in this frame. How wide that is was found out before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::closure::of_channels;
use super::path::{Lowering, Run, refuse};
use super::value::Val;
use crate::ir::{F, Place, Whom};

/// What a signal is lowered among.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Frames per second.
    pub rate: f64,
    /// Channels of the sum of all signals, at least 1.
    pub channels: u32,
    /// Channels of the other signals by name; one that is not there is silence in one channel.
    pub widths: BTreeMap<Arc<str>, u32>,
}

impl Surroundings {
    /// Channels of somebody who is heard.
    pub fn width(&self, whom: &Whom) -> u32 {
        match whom {
            Whom::Signal(name) => self.widths.get(name.as_str()).copied().unwrap_or(1),
            Whom::Mix => self.channels,
        }
    }
}

impl<'b> Context<'b> {
    /// The channels of somebody who is heard.
    pub(super) fn hear(&self, whom: &Whom, place: Place) -> Vec<F<'b>> {
        self.builder.hear(whom, self.among.width(whom), place)
    }
}

impl<'b> Lowering<'_, 'b> {
    /// `signal(name)` in a closure.
    pub fn hear(&self, name: &Val<'b>, place: Place) -> Run<Val<'b>> {
        let known = match name {
            Val::Known(name) => name.clone().into_immutable_string().ok(),
            _ => None,
        };
        match known {
            Some(name) => Ok(of_channels(self.context.hear(&Whom::Signal(name.into()), place))),
            None => {
                let message = format!("`signal` takes a name that is known when the script loads, not {}", name.kind());
                refuse(place, message, "signal(\"kick\")")
            }
        }
    }
}
