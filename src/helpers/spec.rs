//! What a declaration of a helper is made of. It holds words and numbers only; what they mean for a program stands in `expand`.

use std::fmt;
use std::ops::RangeInclusive;

use super::{Claim, Site};
use crate::ir::F;

/// Everything there is to say about a helper.
#[derive(Debug)]
pub struct Helper {
    /// The word that a script calls it by, and the middle of its key.
    pub name: &'static str,
    /// Other words for it.
    pub aliases: &'static [&'static str],
    /// Where it stands in the reference.
    pub family: Family,
    /// Its arguments, the input first.
    pub arguments: &'static [Argument],
    /// What it does, in a sentence or two.
    pub about: &'static str,
    /// A signal to hear it by, as a script writes it.
    pub example: &'static str,
    /// What it promises; each is a sentence of the reference and a test.
    pub claims: &'static [Claim],
    /// Where its formula comes from.
    pub references: &'static [&'static str],
    /// What it computes for one frame.
    pub kernel: Kernel,
}

impl Helper {
    /// Checks at compile time that the kernel takes what the arguments give.
    pub const fn checked(self) -> Helper {
        let mut values = 0;
        let mut at = 0;
        while at < self.arguments.len() {
            if !matches!(self.arguments[at].kind, Kind::Numbers) {
                values += 1;
            }
            at += 1;
        }
        assert!(values == self.kernel.arity(), "the kernel takes another number of arguments than the table has");
        self
    }

    /// How a call is written: `lowpass(input, cutoff Hz)`.
    pub fn signature(&self) -> String {
        let arguments = self.arguments.iter().map(ToString::to_string).collect::<Vec<_>>();
        format!("{}({})", self.name, arguments.join(", "))
    }

    /// How many arguments a call must give at least.
    pub fn required(&self) -> usize {
        self.arguments.iter().rposition(|argument| argument.default.is_none()).map_or(0, |last| last + 1)
    }
}

/// The chapters of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Makes sound or a control signal out of nothing.
    Source,
    /// Changes the spectrum.
    Filter,
    /// Remembers and repeats.
    Delay,
    /// Shapes level or wave.
    Shape,
    /// Moves in time: envelopes and smoothing.
    Envelope,
    /// Places sound between the channels.
    Channel,
}

impl Family {
    /// The heading in the reference.
    pub fn title(self) -> &'static str {
        match self {
            Family::Source => "Sources",
            Family::Filter => "Filters",
            Family::Delay => "Delay and space",
            Family::Shape => "Level and shape",
            Family::Envelope => "Envelopes and control",
            Family::Channel => "Channels",
        }
    }
}

/// One argument.
#[derive(Debug)]
pub struct Argument {
    /// Its name in the reference and in messages.
    pub name: &'static str,
    /// What may be given.
    pub kind: Kind,
    /// What it is measured in.
    pub unit: Unit,
    /// What it is when it is left out, or not finite; `None` where it must be given.
    pub default: Option<f64>,
    /// Where it is kept, both ends included.
    pub range: RangeInclusive<f64>,
    /// What it does, in a clause.
    pub about: &'static str,
}

/// What may be given for an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sound: a signal, closure, number or array of channels, taken as it is.
    Signal,
    /// A number that may also be a signal: clamped to its range in every frame.
    Number,
    /// A number that is known when the script loads.
    Constant,
    /// An array of numbers that are known when the script loads.
    Numbers,
}

/// What an argument is measured in. The same word of an argument has the same unit everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A sample, nominally within ±1.
    Sample,
    /// Cycles per second.
    Hertz,
    /// Seconds.
    Seconds,
    /// A part of the whole, 0 to 1 (or −1 to 1 where the range says so).
    Ratio,
    /// A factor on a sample.
    Gain,
    /// Nepers per cycle.
    NepersPerCycle,
    /// Turns of a cycle.
    Turns,
    /// Decibels.
    Decibels,
    /// A plain number.
    Plain,
}

impl Unit {
    /// The sign that follows a number.
    pub fn sign(self) -> &'static str {
        match self {
            Unit::Hertz => "Hz",
            Unit::Seconds => "s",
            Unit::NepersPerCycle => "Np/cycle",
            Unit::Turns => "turns",
            Unit::Decibels => "dB",
            Unit::Sample | Unit::Ratio | Unit::Gain | Unit::Plain => "",
        }
    }
}

impl Argument {
    /// Sound to work on.
    pub const fn signal(name: &'static str, about: &'static str) -> Argument {
        let range = f64::NEG_INFINITY..=f64::INFINITY;
        Argument { name, kind: Kind::Signal, unit: Unit::Sample, default: None, range, about }
    }

    /// A number that may be modulated.
    pub const fn number(name: &'static str, unit: Unit, range: RangeInclusive<f64>, about: &'static str) -> Argument {
        Argument { name, kind: Kind::Number, unit, default: None, range, about }
    }

    /// A number that is known when the script loads.
    pub const fn constant(name: &'static str, unit: Unit, range: RangeInclusive<f64>, about: &'static str) -> Argument {
        Argument { name, kind: Kind::Constant, unit, default: None, range, about }
    }

    /// An array of numbers that are known when the script loads.
    pub const fn numbers(name: &'static str, unit: Unit, about: &'static str) -> Argument {
        let range = f64::NEG_INFINITY..=f64::INFINITY;
        Argument { name, kind: Kind::Numbers, unit, default: None, range, about }
    }

    /// The same argument with a default.
    pub const fn or(self, default: f64) -> Argument {
        let Argument { name, kind, unit, range, about, .. } = self;
        Argument { name, kind, unit, default: Some(default), range, about }
    }

    /// What stands in for a value that is not finite.
    pub fn fallback(&self) -> f64 {
        self.default.unwrap_or_else(|| 0.0_f64.clamp(*self.range.start(), *self.range.end()))
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if self.kind == Kind::Numbers {
            f.write_str(" [...]")?;
        }
        match (self.default, self.unit.sign()) {
            (Some(default), "") => write!(f, " = {default}"),
            (Some(default), sign) => write!(f, " = {default} {sign}"),
            (None, "") => Ok(()),
            (None, sign) => write!(f, " {sign}"),
        }
    }
}

/// What a helper computes for one frame, from its arguments in order (those of [`Kind::Numbers`] are asked of the site).
#[derive(Clone, Copy)]
pub enum Kernel {
    /// Once per channel, no arguments.
    Each0(for<'b> fn(&Site<'b>) -> F<'b>),
    /// Once per channel, one argument.
    Each1(for<'b> fn(&Site<'b>, [F<'b>; 1]) -> F<'b>),
    /// Once per channel, two arguments.
    Each2(for<'b> fn(&Site<'b>, [F<'b>; 2]) -> F<'b>),
    /// Once per channel, three arguments.
    Each3(for<'b> fn(&Site<'b>, [F<'b>; 3]) -> F<'b>),
    /// Once per channel, four arguments.
    Each4(for<'b> fn(&Site<'b>, [F<'b>; 4]) -> F<'b>),
    /// All channels of the first argument at once; the others in their first channel.
    Wide2(for<'b> fn(&Site<'b>, &[F<'b>], [F<'b>; 1]) -> Vec<F<'b>>),
}

impl Kernel {
    /// How many values it takes.
    pub const fn arity(&self) -> usize {
        match self {
            Kernel::Each0(_) => 0,
            Kernel::Each1(_) => 1,
            Kernel::Each2(_) | Kernel::Wide2(_) => 2,
            Kernel::Each3(_) => 3,
            Kernel::Each4(_) => 4,
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel/{}", self.arity())
    }
}
