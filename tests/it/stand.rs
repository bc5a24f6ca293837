//! A stand to hear helpers on: one call of a helper, fed with what a test says, rendered by either back end. It judges nothing.

use std::sync::Arc;

use aither::compile::{BackEnd, Compiler};
use aither::dsp::denormals::Flush;
use aither::helpers::{Argument, Given, Helper, Kind, expand, find};
use aither::ir::call::{QUANTUM, Run};
use aither::ir::{Bound, Builder, F, Place, Program, Type, prune};

use crate::lent::Lent;

/// What a test gives for one argument.
#[derive(Clone, Debug)]
pub enum Fed {
    /// A number of the script.
    Number(f64),
    /// A signal: its samples, over and over; their count is a power of two.
    Signal(Vec<f64>),
    /// One for each channel.
    Channels(Vec<Vec<f64>>),
    /// An array of numbers.
    Numbers(Vec<f64>),
    /// An array of arrays of numbers.
    Rows(Vec<Vec<f64>>),
    /// A word.
    Word(String),
}

/// The helper of a name.
pub fn helper(name: &str) -> &'static Helper {
    find(name).unwrap_or_else(|| panic!("no helper `{name}`"))
}

/// A signal of its own length, followed by silence up to a power of two.
pub fn padded(mut samples: Vec<f64>) -> Fed {
    samples.resize(samples.len().next_power_of_two(), 0.0);
    Fed::Signal(samples)
}

/// The program of one call.
pub fn program(helper: &'static Helper, rate: f64, fed: &[Fed]) -> Arc<Program> {
    let builder = Builder::new(1 << 20);
    let signal = |samples: &[f64]| -> F<'_> {
        assert!(samples.len().is_power_of_two(), "{} samples cannot be repeated", samples.len());
        let table = builder.table(samples);
        builder.real(builder.load_at(Type::Real, table, builder.frame(), Bound::Wrap))
    };
    let given = fed.iter().map(|fed| match fed {
        Fed::Number(number) => Given::Channels(vec![builder.number(*number)]),
        Fed::Signal(samples) => Given::Channels(vec![signal(samples)]),
        Fed::Channels(channels) => Given::Channels(channels.iter().map(|samples| signal(samples)).collect()),
        Fed::Numbers(numbers) => Given::Numbers(numbers.clone()),
        Fed::Rows(rows) => Given::Rows(rows.clone()),
        Fed::Word(word) => Given::Word(word.clone()),
    });
    let given = given.collect::<Vec<_>>();
    let expanded = expand(&builder, rate, helper, &given, Place::default());
    let expanded = expanded.unwrap_or_else(|refused| panic!("{refused}"));
    let mut program = builder.finish(&expanded.channels);
    prune(&mut program);
    Arc::new(program)
}

/// A program that sounds.
pub struct Stand {
    pub lent: Lent,
    pub run: Box<dyn Run>,
    channels: usize,
}

impl Stand {
    /// A program at rest.
    pub fn new(program: &Arc<Program>, back_end: BackEnd) -> Stand {
        let mut compiler = Compiler::new(back_end, 1 << 20).expect("a back end");
        let run = compiler.compile(program).expect("code");
        Stand { lent: Lent::new(program), run, channels: program.channels as usize }
    }

    /// The next frames, channel by channel, in quanta that end where the splits say, over and over.
    pub fn render(&mut self, frames: usize, splits: &[usize]) -> Vec<Vec<f64>> {
        let _flush = Flush::on();
        let mut channels = vec![Vec::with_capacity(frames); self.channels];
        let mut splits = splits.iter().cycle();
        let mut done = 0;
        while done < frames {
            let count = (*splits.next().expect("a split")).min(frames - done);
            let quantum = self.lent.run(self.run.as_mut(), count);
            for (channel, samples) in channels.iter_mut().zip(quantum.chunks(count)) {
                channel.extend_from_slice(samples);
            }
            done += count;
        }
        channels
    }
}

/// Renders a call from rest, as machine code where there is any.
pub fn render(helper: &'static Helper, rate: f64, fed: &[Fed], frames: usize) -> Vec<Vec<f64>> {
    Stand::new(&program(helper, rate, fed), BackEnd::Auto).render(frames, &[QUANTUM])
}

/// Renders a program from rest, as machine code where there is any.
pub fn play(program: &Program, frames: usize) -> Vec<Vec<f64>> {
    Stand::new(&Arc::new(program.clone()), BackEnd::Auto).render(frames, &[QUANTUM])
}

/// Renders a call of a named helper at 48 kHz from rest: its only channel.
pub fn mono(name: &str, fed: &[Fed], frames: usize) -> Vec<f64> {
    let mut channels = render(helper(name), 48_000.0, fed, frames);
    assert_eq!(channels.len(), 1, "{name} is not mono");
    channels.remove(0)
}

/// Whether the first argument of a helper is sound to work on.
pub fn takes_sound(helper: &Helper) -> bool {
    helper.arguments.first().is_some_and(|argument| argument.kind == Kind::Signal)
}

/// Whether a helper works on each channel by itself.
pub fn is_per_channel(helper: &Helper) -> bool {
    !helper.kernel.is_wide()
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// A number of a range, both ends included and often met, and small ones as often as large ones.
    pub fn within(&mut self, low: f64, high: f64) -> f64 {
        match self.below(8) {
            0 => low,
            1 => high,
            2 => (low + (high - low) * 1e-6).clamp(low, high),
            3 | 4 => (low + (high - low) * self.unit().powi(8)).clamp(low, high),
            _ => (low + (high - low) * self.unit()).clamp(low, high),
        }
    }

    /// One of the words of an argument.
    pub fn word(&mut self, argument: &Argument) -> Fed {
        let words = argument.words();
        Fed::Word(words[self.below(words.len())].to_owned())
    }

    /// Numbers for an argument that is an array: in its range, or between -1 and 1 where it has none.
    pub fn row(&mut self, argument: &Argument, count: usize) -> Vec<f64> {
        let (low, high) = (argument.range.start().max(-1.0), *argument.range.end());
        let high = if high.is_finite() { high } else { 1.0 };
        (0..count).map(|_| self.within(low, high)).collect()
    }

    /// Sound between -1 and 1.
    pub fn noise(&mut self, frames: usize) -> Vec<f64> {
        (0..frames).map(|_| 2.0 * self.unit() - 1.0).collect()
    }
}
