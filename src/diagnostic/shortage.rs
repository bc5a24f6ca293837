//! A memory that is full, in one form for all of them: who asks for how much, how full it is, and the option that raises it. It refuses nothing itself.

use std::fmt;

use super::size::{Amount, Size};

/// Bytes of a slot.
const SLOT: u64 = 8;
/// The least that an option is recommended to be.
const LEAST: u64 = 1024;

/// What a memory is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Slots of 8 bytes.
    Slots,
    /// Bytes.
    Bytes,
    /// Places for what this names.
    Places(&'static str),
}

/// Why a claim was refused: there is not so much in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Which memory is full.
    pub memory: &'static str,
    /// Who asks.
    pub who: String,
    /// What all figures are counted in.
    pub unit: Unit,
    /// How much is asked for.
    pub requested: u64,
    /// How much has an owner.
    pub used: u64,
    /// How much was given back and may still be heard.
    pub fading: u64,
    /// The longest piece that is free.
    pub largest: u64,
    /// How much there is.
    pub capacity: u64,
    /// How much the same one would ask for next.
    pub rest: u64,
    /// The option that raises the capacity, with its dashes.
    pub flag: &'static str,
}

impl std::error::Error for Shortage {}

impl Shortage {
    /// The same, of somebody who asks for so much more afterwards.
    pub fn and(self, rest: u64) -> Shortage {
        Shortage { rest, ..self }
    }

    /// What the option may be set to, so that the claim and the rest find room beside what is there.
    pub fn remedy(&self) -> String {
        let wanted = self.capacity.saturating_add(self.requested).saturating_add(self.rest);
        match self.unit {
            Unit::Places(_) => wanted.checked_next_power_of_two().unwrap_or(wanted).to_string(),
            Unit::Slots => room(wanted.saturating_mul(SLOT)),
            Unit::Bytes => room(wanted),
        }
    }

    fn amount(&self, figure: u64) -> String {
        match self.unit {
            Unit::Places(_) => figure.to_string(),
            Unit::Slots => Amount(figure.saturating_mul(SLOT)).to_string(),
            Unit::Bytes => Amount(figure).to_string(),
        }
    }
}

/// A round size that is no smaller.
pub fn room(bytes: u64) -> String {
    let round = bytes.max(LEAST).checked_next_power_of_two().unwrap_or(bytes);
    Size::of(usize::try_from(round).unwrap_or(usize::MAX)).to_string()
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shortage { memory, who, unit, requested, used, fading, largest, capacity, flag, .. } = self;
        write!(f, "{memory} is full: {who} needs {}", self.amount(*requested))?;
        let places = match unit {
            Unit::Slots => {
                write!(f, " ({requested} slot{})", if *requested == 1 { "" } else { "s" })?;
                String::new()
            }
            Unit::Bytes => String::new(),
            Unit::Places(what) => format!(" {what}"),
        };
        write!(f, "; {} of {}{places} are in use", self.amount(*used), self.amount(*capacity))?;
        if *fading > 0 {
            write!(f, ", {} still fade out", self.amount(*fading))?;
        }
        // Enough in all, but in pieces.
        if used.saturating_add(*fading).saturating_add(*requested) <= *capacity {
            write!(f, ", no free piece has more than {}", self.amount(*largest))?;
        }
        write!(f, "; start with {flag} {}", self.remedy())
    }
}
