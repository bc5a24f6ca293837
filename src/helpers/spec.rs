//! What a declaration of a helper is made of. It holds words and numbers only; what they mean for a program stands in `expand`.

use std::fmt;
use std::ops::RangeInclusive;

use super::{Claim, Kernel};

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
            if self.arguments[at].kind.is_value() {
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
    /// Follows the beat, or names notes.
    Beat,
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
            Family::Beat => "Beat and notes",
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
    /// Arrays that may be given by name, where it is one.
    pub sets: &'static [Set],
    /// How many numbers a row has, both ends included, where it is an array.
    pub columns: RangeInclusive<usize>,
    /// What the reference shows the helper with: of a value one number, or several to compare; of an array its numbers.
    /// Where nothing stands here it takes the default, or a number that fits the unit.
    pub shown: &'static [f64],
}

/// An array that has a name.
#[derive(Debug)]
pub struct Set {
    /// What a script writes, in quotation marks.
    pub name: &'static str,
    /// Its rows; one where the argument is a plain array.
    pub rows: fn() -> Vec<Vec<f64>>,
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
    /// An array of arrays of numbers that are known when the script loads; a plain array is one row.
    Rows,
    /// One of these words, known when the script loads.
    Choice(&'static [&'static str]),
}

impl Kind {
    /// Whether the kernel gets it as a value; the others are asked of the site.
    pub const fn is_value(self) -> bool {
        matches!(self, Kind::Signal | Kind::Number | Kind::Constant)
    }
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
    /// Decibels: 20 times the decimal logarithm of a factor.
    Decibels,
    /// Beats of the transport.
    Beats,
    /// Hundredths of a semitone.
    Cents,
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
            Unit::Beats => "beats",
            Unit::Cents => "cents",
            Unit::Sample | Unit::Ratio | Unit::Gain | Unit::Plain => "",
        }
    }
}

impl Argument {
    const fn new(
        name: &'static str,
        kind: Kind,
        unit: Unit,
        range: RangeInclusive<f64>,
        about: &'static str,
    ) -> Argument {
        Argument { name, kind, unit, default: None, range, about, sets: &[], columns: 1..=usize::MAX, shown: &[] }
    }

    /// Sound to work on.
    pub const fn signal(name: &'static str, about: &'static str) -> Argument {
        Argument::new(name, Kind::Signal, Unit::Sample, f64::NEG_INFINITY..=f64::INFINITY, about)
    }

    /// A number that may be modulated.
    pub const fn number(name: &'static str, unit: Unit, range: RangeInclusive<f64>, about: &'static str) -> Argument {
        Argument::new(name, Kind::Number, unit, range, about)
    }

    /// A number that is known when the script loads.
    pub const fn constant(name: &'static str, unit: Unit, range: RangeInclusive<f64>, about: &'static str) -> Argument {
        Argument::new(name, Kind::Constant, unit, range, about)
    }

    /// An array of numbers that are known when the script loads.
    pub const fn numbers(name: &'static str, unit: Unit, about: &'static str) -> Argument {
        Argument::new(name, Kind::Numbers, unit, f64::NEG_INFINITY..=f64::INFINITY, about)
    }

    /// An array of arrays of numbers that are known when the script loads.
    pub const fn rows(name: &'static str, unit: Unit, about: &'static str) -> Argument {
        Argument::new(name, Kind::Rows, unit, f64::NEG_INFINITY..=f64::INFINITY, about)
    }

    /// One of several words.
    pub const fn choice(name: &'static str, words: &'static [&'static str], about: &'static str) -> Argument {
        Argument::new(name, Kind::Choice(words), Unit::Plain, 0.0..=(words.len() - 1) as f64, about)
    }

    /// The same array, each of whose numbers is kept in a range.
    pub const fn within(mut self, range: RangeInclusive<f64>) -> Argument {
        self.range = range;
        self
    }

    /// The same array, each of whose rows has so many numbers.
    pub const fn columns(mut self, columns: RangeInclusive<usize>) -> Argument {
        self.columns = columns;
        self
    }

    /// The same array, which may also be given by name.
    pub const fn sets(mut self, sets: &'static [Set]) -> Argument {
        self.sets = sets;
        self
    }

    /// The same argument, which the reference shows with these numbers: of the first one that has several, it shows each.
    pub const fn shown(mut self, shown: &'static [f64]) -> Argument {
        self.shown = shown;
        self
    }

    /// The words that may be given for it: those of a choice, or the names of its arrays.
    pub fn words(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Choice(words) => words.to_vec(),
            _ => self.sets.iter().map(|set| set.name).collect(),
        }
    }

    /// The same argument with a default; of a choice, the index of the word.
    pub const fn or(mut self, default: f64) -> Argument {
        self.default = Some(default);
        self
    }

    /// What stands in for a value that is not finite.
    pub fn fallback(&self) -> f64 {
        self.default.unwrap_or_else(|| 0.0_f64.clamp(*self.range.start(), *self.range.end()))
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match self.kind {
            Kind::Numbers => f.write_str(" [...]")?,
            Kind::Rows => f.write_str(" [[...]]")?,
            Kind::Choice(words) => {
                return self.default.map_or(Ok(()), |default| write!(f, " = \"{}\"", words[default as usize]));
            }
            _ => {}
        }
        match (self.default, self.unit.sign()) {
            (Some(default), "") => write!(f, " = {default}"),
            (Some(default), sign) => write!(f, " = {default} {sign}"),
            (None, "") => Ok(()),
            (None, sign) => write!(f, " {sign}"),
        }
    }
}
