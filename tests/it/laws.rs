//! Laws that every helper keeps, read off the table: no helper is named here. What a single helper promises stands in its claims.

use std::collections::{HashMap, HashSet};

use aither::compile::BackEnd;
use aither::helpers::{HELPERS, Helper, Kind, Unit};
use aither::ir::call::QUANTUM;

use crate::lent::same;
use crate::played::lowered;
use crate::stand::{Dice, Fed, Stand, is_per_channel, play, program, takes_sound};

const RATES: [f64; 3] = [44_100.0, 48_000.0, 96_000.0];
/// Samples of a signal that repeats.
const PERIOD: usize = 1 << 14;
/// The longest time that the laws ask a line for, in seconds.
const LONGEST: f64 = 0.3;
/// Beyond this a helper has blown up: a filter of Q 50 inside a feedback of 0.9999 would not get there.
const BOUND: f64 = 1e6;

/// How the arguments of a call are drawn.
#[derive(Clone, Copy, PartialEq)]
pub enum Mood {
    /// Numbers in range.
    Still,
    /// Signals that are somewhere else in every frame.
    Wild,
    /// Wild, and some samples are out of range, infinite or no number.
    Rude,
}

pub fn draw(helper: &Helper, dice: &mut Dice, mood: Mood, sound: bool) -> Vec<Fed> {
    let fed = helper.arguments.iter().enumerate().map(|(index, argument)| {
        let (low, high) = (*argument.range.start(), *argument.range.end());
        match argument.kind {
            Kind::Signal if sound && index == 0 && !is_per_channel(helper) => {
                Fed::Channels((0..1 + dice.below(3)).map(|_| dice.noise(PERIOD)).collect())
            }
            Kind::Signal if sound => Fed::Signal(dice.noise(PERIOD)),
            Kind::Signal => Fed::Signal(vec![0.0]),
            Kind::Numbers | Kind::Rows if !argument.sets.is_empty() && dice.below(2) == 0 => dice.word(argument),
            Kind::Numbers => {
                let count = 1 + dice.below(9);
                Fed::Numbers(dice.row(argument, count))
            }
            Kind::Rows => {
                let (rows, count) = (1 + dice.below(4), 1 + dice.below(9));
                let count = count.clamp(*argument.columns.start(), *argument.columns.end());
                Fed::Rows((0..rows).map(|_| dice.row(argument, count)).collect())
            }
            Kind::Choice(_) => dice.word(argument),
            Kind::Constant if argument.unit == Unit::Seconds => Fed::Number(dice.within(low, high.min(LONGEST))),
            Kind::Constant => Fed::Number(dice.within(low, high)),
            Kind::Number if mood == Mood::Still => Fed::Number(dice.within(low, high)),
            Kind::Number => {
                // Long runs of one value let resonances build up; short ones shake them.
                let hold = 1 << dice.below(12);
                let mut value = 0.0;
                let samples = (0..PERIOD).map(|frame| {
                    if frame % hold == 0 {
                        value = dice.within(low, high);
                    }
                    let rude = mood == Mood::Rude && dice.below(50) == 0;
                    if rude { [f64::NAN, f64::INFINITY, -1e300, 3.0 * high, -1.0][dice.below(5)] } else { value }
                });
                Fed::Signal(samples.collect())
            }
        }
    });
    fed.collect()
}

/// The first sample in which two renders differ, in words.
fn difference(found: &[Vec<f64>], wanted: &[Vec<f64>]) -> Option<String> {
    assert_eq!(found.len(), wanted.len(), "channels");
    for (channel, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let frame = found.iter().zip(wanted).position(|(found, wanted)| !same(*found, *wanted));
        if let Some(at) = frame {
            return Some(format!("channel {channel}, sample {at}: found {:?}, expected {:?}", found[at], wanted[at]));
        }
    }
    None
}

fn moods() -> impl Iterator<Item = (Mood, u64)> {
    [Mood::Still, Mood::Wild, Mood::Rude].into_iter().flat_map(|mood| (0..3).map(move |seed| (mood, seed)))
}

#[test]
fn any_block_size_gives_the_same_bits() {
    for helper in HELPERS {
        for (mood, seed) in moods() {
            let mut dice = Dice::new(seed);
            let program = program(helper, 48_000.0, &draw(helper, &mut dice, mood, true));
            let splits = (0..40).map(|_| 1 + dice.below(QUANTUM)).collect::<Vec<_>>();
            let wanted = Stand::new(&program, BackEnd::Auto).render(3000, &[QUANTUM]);
            let found = Stand::new(&program, BackEnd::Auto).render(3000, &splits);
            assert_eq!(difference(&found, &wanted), None, "{}", helper.name);
        }
    }
}

#[test]
fn any_arguments_at_any_rate_give_finite_bounded_sound() {
    // Ten seconds of one wild modulation find what builds up, short ones find what a chance combination breaks.
    let seconds = |mood, seed| if mood == Mood::Wild && seed == 0 { 10 } else { 2 };
    for helper in HELPERS {
        for rate in RATES {
            for (mood, seed) in moods() {
                let mut dice = Dice::new(seed + 100);
                let fed = draw(helper, &mut dice, mood, true);
                let mut stand = Stand::new(&program(helper, rate, &fed), BackEnd::Auto);
                for second in 0..seconds(mood, seed) {
                    for (channel, samples) in stand.render(rate as usize, &[QUANTUM]).iter().enumerate() {
                        let wrong = samples.iter().position(|sample| sample.is_nan() || sample.abs() >= BOUND);
                        let wrong = wrong.map(|at| (at + second * rate as usize, samples[at]));
                        assert_eq!(
                            wrong, None,
                            "{} at {rate} Hz, channel {channel}: sample and value; expected less than {BOUND}",
                            helper.name
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn silence_in_is_silence_out_at_rest() {
    for helper in HELPERS.iter().filter(|helper| takes_sound(helper)) {
        for (mood, seed) in moods() {
            let fed = draw(helper, &mut Dice::new(seed + 200), mood, false);
            for samples in Stand::new(&program(helper, 48_000.0, &fed), BackEnd::Auto).render(2000, &[QUANTUM]) {
                let wrong = samples.iter().position(|sample| *sample != 0.0).map(|at| (at, samples[at]));
                assert_eq!(wrong, None, "{}: sample and value; expected 0", helper.name);
            }
        }
    }
}

#[test]
fn two_fresh_instances_agree() {
    for helper in HELPERS {
        let fed = draw(helper, &mut Dice::new(300), Mood::Wild, true);
        let fresh = || Stand::new(&program(helper, 48_000.0, &fed), BackEnd::Auto).render(2000, &[QUANTUM]);
        assert_eq!(difference(&fresh(), &fresh()), None, "{}", helper.name);
    }
}

#[test]
fn the_oracle_and_machine_code_give_the_same_bits() {
    for helper in HELPERS {
        for rate in RATES {
            for (mood, seed) in moods() {
                let program = program(helper, rate, &draw(helper, &mut Dice::new(seed + 400), mood, true));
                let wanted = Stand::new(&program, BackEnd::Oracle).render(1500, &[QUANTUM]);
                let found = Stand::new(&program, BackEnd::Auto).render(1500, &[QUANTUM]);
                assert_eq!(difference(&found, &wanted), None, "{} at {rate} Hz", helper.name);
            }
        }
    }
}

#[test]
fn three_channels_are_three_monos() {
    let sounding = |helper: &&&Helper| takes_sound(helper) && is_per_channel(helper);
    for helper in HELPERS.iter().filter(sounding) {
        let mut dice = Dice::new(500);
        let mut fed = draw(helper, &mut dice, Mood::Wild, true);
        let inputs = (0..3).map(|_| dice.noise(PERIOD)).collect::<Vec<_>>();
        let mut render = |input: Fed| {
            fed[0] = input;
            Stand::new(&program(helper, 48_000.0, &fed), BackEnd::Auto).render(3000, &[QUANTUM])
        };
        let found = render(Fed::Channels(inputs.clone()));
        let wanted = inputs.into_iter().flat_map(|input| render(Fed::Signal(input))).collect::<Vec<_>>();
        assert_eq!(difference(&found, &wanted), None, "{}", helper.name);
    }
}

#[test]
fn rendering_never_calls_the_heap() {
    for helper in HELPERS {
        let program = program(helper, 48_000.0, &draw(helper, &mut Dice::new(600), Mood::Wild, true));
        for back_end in [BackEnd::Auto, BackEnd::Oracle] {
            // Whatever is lent memory by the tests is watched while it renders.
            Stand::new(&program, back_end).render(200, &[QUANTUM]);
        }
    }
}

#[test]
fn names_are_unique_and_words() {
    let mut seen = HashSet::new();
    for helper in HELPERS {
        for name in [helper.name].iter().chain(helper.aliases) {
            assert!(seen.insert(*name), "{name} is there twice");
            let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
            assert!(name.chars().all(plain), "{name} is no word of a script");
        }
        let arguments = helper.arguments.iter().map(|argument| argument.name).collect::<HashSet<_>>();
        assert_eq!(arguments.len(), helper.arguments.len(), "{}: an argument is there twice", helper.name);
    }
}

#[test]
fn the_same_word_for_an_argument_has_the_same_unit_everywhere() {
    let mut units = HashMap::new();
    for helper in HELPERS {
        for argument in helper.arguments {
            let (unit, first) = *units.entry(argument.name).or_insert((argument.unit, helper.name));
            assert_eq!(unit, argument.unit, "{} of {first} and of {}", argument.name, helper.name);
        }
    }
}

#[test]
fn required_arguments_stand_before_optional_ones() {
    for helper in HELPERS {
        let first = helper.arguments.iter().position(|argument| argument.default.is_some());
        let first = first.unwrap_or(helper.arguments.len());
        assert_eq!(helper.required(), first, "{}", helper.name);
    }
}

#[test]
fn ranges_hold_their_defaults_and_the_value_for_what_is_not_finite() {
    for helper in HELPERS {
        for argument in helper.arguments.iter().filter(|argument| argument.kind != Kind::Signal) {
            let name = format!("{} of {}", argument.name, helper.name);
            assert!(argument.range.start() < argument.range.end(), "{name}: the range is empty");
            assert!(argument.range.contains(&argument.fallback()), "{name}: {} is out of range", argument.fallback());
        }
    }
}

#[test]
fn every_declaration_says_what_it_is_and_how_to_hear_it() {
    for helper in HELPERS {
        let name = helper.name;
        assert!(helper.about.ends_with('.') && helper.about.starts_with(char::is_uppercase), "{name}: no sentence");
        let called = helper.example.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        assert!(called.clone().any(|word| word == name), "{name}: not in its example");
        for argument in helper.arguments {
            assert!(
                !argument.about.is_empty() && !argument.about.ends_with('.'),
                "{name}: {} no clause",
                argument.name
            );
        }
    }
}

#[test]
fn every_example_sounds_by_itself() {
    for helper in HELPERS {
        let text = format!("register(\"example\", {});", helper.example);
        let lowered = lowered(&text).unwrap_or_else(|error| panic!("{}: {error:?}\n{text}", helper.name));
        let loudest = |samples: &Vec<f64>| samples.iter().fold(0.0, |loudest: f64, sample| loudest.max(sample.abs()));
        for (channel, samples) in play(&lowered.program, 96_000).iter().enumerate() {
            let peak = loudest(samples);
            assert!((0.02..=1.0).contains(&peak), "{}, channel {channel}: peak {peak}\n{text}", helper.name);
        }
    }
}
