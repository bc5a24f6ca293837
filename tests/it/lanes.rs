//! Vector code: however many instances run side by side, each gives the bits that the oracle gives for it alone.

use std::sync::Arc;

use aither::compile::code::Arena;
use aither::compile::lanes::{Bank, Draft, Make, Tables, Width, widths};
use aither::compile::{BackEnd, Compiler};
use aither::dsp::denormals::Flush;
use aither::dsp::float::Float;
use aither::helpers::HELPERS;
use aither::ir::call::{BPM, Call, Loan, QUANTUM, RunMany, Span, Stamp};
use aither::ir::{F, Program, Type, verify};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::heap::no_heap;
use crate::laws::{Mood, draw};
use crate::lent::{Lent, same};
use crate::programs::{PAIRS, config, lent, operands, operations, oracle};
use crate::random::{self, Flavour};
use crate::stand;

/// A bank of so many instances, if the program has vector code.
fn bank(program: &Program, width: Width, instances: usize) -> Option<Bank> {
    let arena = Arena::new(1 << 20).expect("memory for code");
    let plain = Make::instances(width, instances);
    let draft = |make| Draft::of(program, make).unwrap_or_else(|error| panic!("{error}\n{program}"));
    let windows = draft(Make { windows: true, ..plain }).filter(|draft| draft.suits(program));
    let draft = windows.or_else(|| draft(plain))?;
    let tables = Tables::reserve(1 << 20).expect("room for tables");
    Some(Bank::new(draft.place(&arena).expect("room for code"), instances, &tables).expect("room for tables"))
}

/// What all instances are told.
fn call(frame: u64, frames: usize) -> Call {
    static NOTHING: [f64; 3] = [0.0; 3];
    Call {
        constants: std::ptr::null(),
        spans: std::ptr::null(),
        output: std::ptr::null_mut(),
        faults: std::ptr::null_mut(),
        position: NOTHING.as_ptr(),
        beats: NOTHING.as_ptr(),
        tempo: BPM,
        frame,
        frames: frames as u64,
        stamp: Stamp::NONE,
    }
}

/// Lends a bank what all instances have, where their samples go, and where the last one of each channel does. Gives the spans, which
/// are read while the bank runs.
fn lend(bank: &mut Bank, instances: &mut [Lent], output: &mut [Vec<f64>], last: &mut [Vec<f64>]) -> Vec<Vec<Span>> {
    let spans = instances.iter_mut().map(|lent| lent.spans(&mut [])).collect::<Vec<_>>();
    for (number, (lent, (output, last))) in instances.iter_mut().zip(output.iter_mut().zip(last)).enumerate() {
        let stamp = lent.stamp(&spans[number]);
        let (constants, spans) = (lent.constants.as_ptr(), spans[number].as_ptr());
        let (output, last) = (output.as_mut_ptr(), last.as_mut_ptr());
        bank.lend(number, Some(Loan { constants, spans, stamp, output, last }));
    }
    spans
}

/// The next frames of all instances, each channel after channel.
fn run(bank: &mut Bank, instances: &mut [Lent], channels: usize, frame: u64, frames: usize) -> Vec<Vec<f64>> {
    let mut output = vec![vec![f64::MAX; channels * QUANTUM]; instances.len()];
    let _spans = lend(bank, instances, &mut output, &mut vec![Vec::new(); instances.len()]);
    // SAFETY: every instance has the program's memories.
    no_heap(|| unsafe { bank.run(&call(frame, frames)) });
    let rows = output.iter().map(|output| {
        (0..channels).flat_map(|channel| output[channel * QUANTUM..][..frames].to_vec()).collect::<Vec<_>>()
    });
    rows.collect()
}

/// Runs instances side by side, with vectors of each width, and each by itself. Says whether there is vector code.
fn compare(program: &Arc<Program>, types: &[Type], start: &[Lent], splits: &[usize]) -> Result<bool, TestCaseError> {
    let channels = program.channels as usize;
    let banks = widths().into_iter().map(|width| Some((width, bank(program, width, start.len())?, start.to_vec())));
    let Some(mut banks) = banks.collect::<Option<Vec<_>>>() else { return Ok(false) };
    let (mut left, mut oracle, mut frame) = (start.to_vec(), oracle(program), 0);
    for &frames in splits {
        let wanted = left.iter_mut().map(|lent| lent.run(oracle.as_mut(), frames)).collect::<Vec<_>>();
        for (width, bank, right) in &mut banks {
            let found = run(bank, right, channels, frame, frames);
            for (number, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
                for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                    let place = format!("{width:?}, instance {number}, channel {}, frame {}", at / frames, at % frames);
                    prop_assert!(same(*wanted, *found), "{place}: {wanted:?} and {found:?}\n{program}");
                }
            }
            for (number, (left, right)) in left.iter().zip(right.iter()).enumerate() {
                for (index, (wanted, found)) in left.memories.iter().zip(&right.memories).enumerate() {
                    if wanted == found {
                        continue;
                    }
                    for (slot, (&wanted, &found)) in wanted.iter().zip(found).enumerate() {
                        let real = types.get(index).is_none_or(|ty| *ty == Type::Real);
                        let nan = real && same(f64::from_bits(wanted), f64::from_bits(found));
                        let place = format!("{width:?}, instance {number}, m{index}[{slot}]");
                        prop_assert!(wanted == found || nan, "{place}: {wanted:#x} and {found:#x}\n{program}");
                    }
                }
            }
        }
        frame += frames as u64;
    }
    Ok(!banks.is_empty())
}

fn check(tape: &[u32], flavour: Flavour, count: usize, splits: &[usize]) -> TestCaseResult {
    let (program, types) = random::program(tape, flavour);
    let program = Arc::new(program);
    let instance = |number: usize| {
        let turned = tape.iter().map(|digit| digit.rotate_left(number as u32 * 3)).collect::<Vec<_>>();
        lent(&program, &types, &turned)
    };
    let start = (0..count).map(instance).collect::<Vec<_>>();
    compare(&program, &types, &start, splits).map(|_| ())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn vector_code_equals_the_oracle_in_every_lane(
        tape in vec(any::<u32>(), 0..120),
        // Few groups, which are a team of their own, and more of them than a team has.
        count in prop_oneof![3 => 1..20_usize, 1 => 20..60_usize],
        splits in vec(1..=QUANTUM, 1..3),
        computed in any::<bool>(),
    ) {
        let _flush = Flush::on();
        check(&tape, Flavour { flushed: true, computed, straight: true }, count, &splits)?;
    }
}

#[test]
fn every_operation_that_vectors_have_gives_the_oracles_bits_for_every_pair_of_operands() {
    let _flush = Flush::on();
    let program = Arc::new(operations(true));
    assert_eq!(verify(&program), []);
    let start = (0..PAIRS).map(|pair| {
        let mut lent = Lent::new(&program);
        lent.memories[0][..6].copy_from_slice(&operands(pair));
        lent
    });
    let known = compare(&program, &[], &start.collect::<Vec<_>>(), &[1]);
    assert_eq!(known.unwrap_or_else(|error| panic!("{error}")), !widths().is_empty());
}

#[test]
fn most_helpers_have_vector_code_that_equals_the_oracle() {
    let _flush = Flush::on();
    let mut without = Vec::new();
    for helper in HELPERS {
        let mut dice = stand::Dice::new(7);
        for mood in [Mood::Still, Mood::Wild] {
            let fed = draw(helper, &mut dice, mood, true);
            let program = stand::program(helper, 48_000.0, &fed);
            let mut start = vec![Lent::new(&program); 9];
            for (number, lent) in start.iter_mut().enumerate() {
                // Nobody is where another one is.
                if number > 0 {
                    lent.run(oracle(&program).as_mut(), 7 * number);
                }
                lent.frame = 0;
            }
            let known = compare(&program, &[], &start, &[QUANTUM, QUANTUM, 5, QUANTUM]);
            let known = known.unwrap_or_else(|error| panic!("{}: {error}", helper.name));
            if !known {
                without.push(helper.name);
            }
        }
    }
    println!("{} without: {without:?}", without.len());
    assert!(without.len() < HELPERS.len(), "{without:?}");
}

#[test]
fn echoes_that_read_several_samples_give_the_oracles_bits_wherever_their_rings_begin() {
    let _flush = Flush::on();
    // Around a quantum some of what is read is too near to be known before the first frame.
    let delays = (60..=84).step_by(4).chain([628, 950]).map(|frames| f64::from(frames) + 0.3);
    let texts = delays.flat_map(|frames| {
        [
            format!("register(\"x\", saw(50).delay(0.02, {frames} / SR));"),
            format!("register(\"x\", saw(50).feedback(0.02, {frames} / SR, 0.4));"),
        ]
    });
    let splits = (0..40).flat_map(|_| [QUANTUM, 17, 46, 1]).collect::<Vec<_>>();
    for text in texts {
        let program = crate::echoes::program(&text);
        let mut oracle = oracle(&program);
        let begun = |number: usize| {
            let mut lent = Lent::new(&program);
            (0..number).for_each(|_| drop(lent.run(oracle.as_mut(), 37)));
            lent
        };
        // Of many some are in no team, with windows of their own.
        let count = if text.contains("950") { 37 } else { 9 };
        let start = (0..count).map(begun).collect::<Vec<_>>();
        assert!(compare(&program, &[], &start, &splits).unwrap_or_else(|wrong| panic!("{text}: {wrong}")), "{text}");
    }
}

#[test]
fn what_is_added_up_ends_before_the_first_who_is_silent_or_too_loud() {
    let _flush = Flush::on();
    let texts: [fn(usize, f64) -> String; 2] = [
        |number, level| format!("register(\"x\", saw({number} + 50).lpf(900, 0.5) * {level:?});"),
        |number, level| format!("register(\"x\", [saw({number} + 50).lpf(900, 0.5) * {level:?}, saw(70) * 0.5]);"),
    ];
    // Of two channels one is never silent.
    let odd = [(usize::MAX, 0.5), (0, 0.0), (13, 0.0), (20, 1e9), (22, 1e300), (8, -1e8), (9, -2e6), (5, -0.0)];
    for ((stereo, text), (who, level)) in texts.iter().enumerate().flat_map(|text| odd.map(|odd| (text, odd))) {
        let instances = (0..23).map(|number| text(number, if number == who { level } else { 0.5 }));
        let programs = instances.map(|text| crate::echoes::program(&text)).collect::<Vec<_>>();
        let channels = stereo + 1;
        for width in widths() {
            let start = programs.iter().map(|program| Lent::new(program)).collect::<Vec<_>>();
            let [mut one, mut other] = [(); 2].map(|()| bank(&programs[0], width, start.len()).expect("vector code"));
            let [mut left, mut right] = [start.clone(), start];
            for frame in [0, QUANTUM as u64] {
                let wanted = run(&mut one, &mut left, channels, frame, QUANTUM);
                let silent = |wanted: &Vec<f64>| wanted.iter().all(|sample| *sample == 0.0);
                let loud = |wanted: &Vec<f64>| wanted.iter().any(|sample| sample.abs() > 1e6);
                let first = wanted.iter().position(|wanted| silent(wanted) || loud(wanted)).unwrap_or(23);
                // A saw begins at 0: one is louder than most and not too loud yet.
                let fine = level == 0.0 && stereo == 1 || level == -2e6;
                assert_eq!(first, if fine { 23 } else { who.min(23) });
                let mut output = vec![vec![f64::MAX; channels * QUANTUM]; right.len()];
                let mut last = vec![vec![f64::MAX; channels]; right.len()];
                let _spans = lend(&mut other, &mut right, &mut output, &mut last);
                let mut sums = [[0.25; QUANTUM]; 3];
                // SAFETY: every instance has the program's memories.
                let added = no_heap(|| unsafe { other.run_into(&call(frame, QUANTUM), &mut sums, 1e6) });
                assert!(added <= first && first < added + 24, "{width:?}, {who}: {added}");
                assert!(first < 23 || added == 23, "{width:?}, {who}: {added}");
                let mut expected = [[0.25; QUANTUM]; 3];
                for wanted in &wanted[..added] {
                    let quanta = wanted.chunks_exact(QUANTUM).cycle().take(if stereo == 0 { 3 } else { 2 });
                    for (sum, quantum) in expected.iter_mut().zip(quanta) {
                        sum.iter_mut().zip(quantum).for_each(|(sum, sample)| *sum += sample);
                    }
                }
                assert!(sums == expected, "{width:?}, {who}");
                for (number, wanted) in wanted.iter().enumerate() {
                    let ends = wanted.chunks_exact(QUANTUM).map(|channel| channel[QUANTUM - 1]).collect::<Vec<_>>();
                    assert_eq!(last[number] == ends, number < added, "{width:?}, {who}, {number}");
                    assert_eq!(output[number] == *wanted, number >= added, "{width:?}, {who}, {number}");
                }
            }
        }
    }
}

/// Several signals of one shape, some in pieces, some ahead of time: whatever the compiler makes of them.
fn voices(count: usize, feedback: bool, stereo: bool) -> Program {
    let builder = aither::ir::Builder::new(1 << 20);
    let place = aither::ir::Place::default();
    let mut sums = [builder.number(0.0), builder.number(0.25)];
    for voice in 0..count {
        let instance = builder.instance("voice", 1, place);
        let (phase, at) = builder.claim_cell(instance);
        let (last, behind) = builder.claim_cell(instance);
        let now = builder.int(builder.load(Type::Int, phase, at));
        let step = builder.constant(Type::Int, aither::ir::Source::Bits(1_234_567_890_123_456 * (voice as u64 + 1)));
        builder.store(phase, at, (now + builder.int(step)).id());
        let bits = builder.unary(aither::ir::Unary::ToReal, now.id());
        // Where there is no voice is no silence either.
        let mut sample = builder.real(bits) * builder.number(1e-19 / (voice as f64 + 1.0)) + 0.125;
        if feedback {
            let before = builder.real(builder.load(Type::Real, last, behind));
            sample = sample + before * builder.number(0.5);
            builder.store(last, behind, sample.id());
        }
        sums[0] = sums[0] + sample;
        if stereo {
            sums[1] = sums[1] + sample * builder.number(0.1 * voice as f64);
        }
    }
    if stereo {
        // What is left of them reads where the beat is, which differs in each frame.
        sums[1] = sums[1] + builder.real(builder.beat(0));
    }
    let mut program = builder.finish(&sums.map(|sum| sum * builder.number(0.02)));
    aither::ir::prune(&mut program);
    program
}

#[test]
fn a_program_in_pieces_gives_the_oracles_bits_however_its_frames_are_split() {
    let _flush = Flush::on();
    for count in [1, 3, 4, 5, 8, 9, 64] {
        for (feedback, stereo) in [(false, false), (true, false), (false, true), (true, true)] {
            let program = Arc::new(voices(count, feedback, stereo));
            assert_eq!(verify(&program), []);
            let wanted = stand::Stand::new(&program, BackEnd::Oracle).render(500, &[QUANTUM]);
            for back_end in BackEnd::here() {
                for splits in [&[QUANTUM][..], &[17, 64, 1, 46, 3]] {
                    let found = stand::Stand::new(&program, back_end).render(500, splits);
                    assert!(found == wanted, "{count} voices on {back_end}, {feedback} {stereo}, {splits:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_divided_number_by_number_between_two_channels_leaves_both_where_they_belong() {
    let _flush = Flush::on();
    let builder = aither::ir::Builder::new(1 << 20);
    let instance = builder.instance("large", 1, aither::ir::Place::default());
    let cells = (0..3).map(|_| builder.claim_cell(instance)).collect::<Vec<_>>();
    let load = |ty: Type, cell: usize| builder.load(ty, cells[cell].0, cells[cell].1);
    let (dividend, divisor) = (builder.int(load(Type::Int, 0)), builder.int(load(Type::Int, 1)));
    let sample = builder.real(load(Type::Real, 2));
    // The quotient is there last, and two samples that nobody waits for stand before it.
    let quotient = builder.binary(aither::ir::Binary::IntDiv, dividend.id(), divisor.id());
    let late = builder.real(builder.unary(aither::ir::Unary::ToReal, quotient));
    let program = Arc::new(builder.finish(&[sample, sample * 0.5, late, late * 0.5, sample + 1.0]));
    assert_eq!(verify(&program), []);
    let begun = |number: usize| {
        let mut lent = Lent::new(&program);
        lent.memories[0][0] = u64::MAX / (3 + number as u64);
        lent.memories[0][1] = [7, u64::MAX, 1 << 52][number % 3];
        lent.memories[0][2] = (number as f64).to_bits();
        lent
    };
    for count in [1, 8, 9, 30] {
        let start = (0..count).map(begun).collect::<Vec<_>>();
        let known = compare(&program, &[], &start, &[QUANTUM, 17]);
        assert_eq!(known.unwrap_or_else(|error| panic!("{error}")), !widths().is_empty());
    }
}

/// Voices each of which multiplies so many counts.
fn counted(voices: usize, counts: usize) -> Program {
    let builder = aither::ir::Builder::new(1 << 20);
    let mut sum = builder.number(0.25);
    for voice in 1..=voices as u64 {
        let instance = builder.instance("voice", 1, aither::ir::Place::default());
        let count = |number: u64| {
            let (phase, at) = builder.claim_cell(instance);
            let now = builder.int(builder.load(Type::Int, phase, at));
            let step = builder.constant(Type::Int, aither::ir::Source::Bits(1_234_567_890_123 * (7 * voice + number)));
            builder.store(phase, at, (now + builder.int(step)).id());
            builder.real(builder.unary(aither::ir::Unary::ToReal, now.id())) * builder.number(1e-19) + 1.0
        };
        sum = sum + (0..counts as u64).map(count).reduce(|product, one| product * one).expect("a count");
    }
    builder.finish(&[sum])
}

#[test]
fn voices_that_keep_more_counts_than_there_are_registers_give_the_oracles_bits() {
    let _flush = Flush::on();
    for counts in [1, 4, 5, 6, 11, 20] {
        let program = Arc::new(counted(11, counts));
        assert_eq!(verify(&program), []);
        let wanted = stand::Stand::new(&program, BackEnd::Oracle).render(300, &[QUANTUM]);
        for back_end in BackEnd::here() {
            let found = stand::Stand::new(&program, back_end).render(300, &[QUANTUM]);
            assert!(found == wanted, "{counts} counts on {back_end}");
        }
    }
}

/// Voices that share a number, a count and a truth, each of which a modulator gives; some of it is heard beside their sum.
fn modulated(count: usize) -> Program {
    let builder = aither::ir::Builder::new(1 << 20);
    let place = aither::ir::Place::default();
    let phase = |helper, step: u64| {
        let instance = builder.instance(helper, 1, place);
        let (phase, at) = builder.claim_cell(instance);
        let now = builder.int(builder.load(Type::Int, phase, at));
        let step = builder.constant(Type::Int, aither::ir::Source::Bits(step));
        builder.store(phase, at, (now + builder.int(step)).id());
        (now, builder.real(builder.unary(aither::ir::Unary::ToReal, now.id())) * builder.number(1e-19))
    };
    let (beats, modulator) = phase("modulator", 99_999_999_999_999_999);
    // Slots that are named by computed numbers belong together: what each voice finds there is another one's to compute.
    let room = builder.sandbox(128);
    let high = modulator.lt(builder.number(0.1));
    let mut sum = builder.number(0.25);
    for voice in 0..count {
        let (_, mut sample) = phase("voice", 1_234_567_890_123_456 * (voice as u64 + 1));
        let instance = builder.instance("filter", 1, place);
        let (last, behind) = builder.claim_cell(instance);
        let before = builder.real(builder.load(Type::Real, last, behind));
        let index = builder.constant(Type::Int, aither::ir::Source::Bits(voice as u64));
        let own = builder.real(builder.load_at(Type::Real, room, index, aither::ir::Bound::Clamp));
        builder.store_at(
            room,
            index,
            aither::ir::Bound::Clamp,
            (own + modulator * builder.number(1.0 + voice as f64)).id(),
        );
        sample = sample + (before - sample) * modulator + own * builder.number(1e-3);
        sample = F::select(high, sample, before + builder.number(voice as f64));
        sample = sample + builder.real(builder.unary(aither::ir::Unary::ToReal, beats.id())) * builder.number(1e-21);
        builder.store(last, behind, sample.id());
        sum = sum + sample * builder.number(0.1 * voice as f64);
    }
    let mut program = builder.finish(&[sum * builder.number(0.02), modulator + sum]);
    aither::ir::prune(&mut program);
    program
}

#[test]
fn voices_that_share_a_modulator_run_side_by_side_and_give_the_oracles_bits() {
    let _flush = Flush::on();
    for count in [3, 4, 9, 33] {
        let program = Arc::new(modulated(count));
        assert_eq!(verify(&program), []);
        let wanted = stand::Stand::new(&program, BackEnd::Oracle).render(500, &[QUANTUM]);
        for back_end in BackEnd::here() {
            for splits in [&[QUANTUM][..], &[17, 64, 1, 46, 3]] {
                let found = stand::Stand::new(&program, back_end).render(500, splits);
                assert!(found == wanted, "{count} voices on {back_end}, {splits:?}");
            }
        }
        for width in widths() {
            let back_end = match width {
                Width::Two => BackEnd::Simd128,
                Width::Four => BackEnd::Avx2,
                Width::Eight => BackEnd::Avx512,
            };
            let mut compiler = Compiler::new(back_end, 8 << 20).unwrap();
            let _code = compiler.compile(&program).unwrap();
            // The modulator, the voices, and the rest.
            assert_eq!(compiler.statistics().functions, if count < 4 { 1 } else { 3 }, "{count} voices on {back_end}");
        }
    }
}

#[test]
fn what_was_looked_up_before_the_first_quantum_is_looked_up_again_only_where_it_lies_elsewhere() {
    let _flush = Flush::on();
    let builder = aither::ir::Builder::new(1 << 20);
    let program = builder.finish(&[builder.number(0.75)]);
    for width in widths() {
        let mut bank = bank(&program, width, 3).expect("there is vector code");
        let mut instances = vec![Lent::new(&program); 3];
        for (number, lent) in instances.iter_mut().enumerate() {
            let spans = lent.spans(&mut []);
            let stamp = lent.stamp(&spans);
            let loan = Loan {
                constants: lent.constants.as_ptr(),
                spans: spans.as_ptr(),
                stamp,
                output: std::ptr::null_mut(),
                last: std::ptr::null_mut(),
            };
            // SAFETY: it has the program's constants, and the program has no memory.
            unsafe { bank.expect(number, loan) };
        }
        // Nobody reads these: the stamps say that all lies where it lay.
        let stamps = instances.iter_mut().map(|lent| lent.stamp(&[])).collect::<Vec<_>>();
        let mut output = [[0.0; QUANTUM]; 3];
        let quantum = |bank: &mut Bank, instances: &[Lent], stamps: &[Stamp], output: &mut [[f64; QUANTUM]; 3]| {
            for (number, (lent, output)) in instances.iter().zip(output).enumerate() {
                let (constants, spans) = (lent.constants.as_ptr(), std::ptr::null());
                bank.lend(
                    number,
                    Some(Loan {
                        constants,
                        spans,
                        stamp: stamps[number],
                        output: output.as_mut_ptr(),
                        last: std::ptr::null_mut(),
                    }),
                );
            }
            // SAFETY: as above.
            no_heap(|| unsafe { bank.run(&call(0, QUANTUM)) });
        };
        instances.iter_mut().for_each(|lent| lent.constants.fill(2.0_f64.to_bits()));
        quantum(&mut bank, &instances, &stamps, &mut output);
        assert_eq!(output, [[0.75; QUANTUM]; 3], "{width:?}");
        quantum(&mut bank, &instances, &[stamps[0], Stamp::fresh(), stamps[2]], &mut output);
        assert_eq!(output, [[0.75; QUANTUM], [2.0; QUANTUM], [0.75; QUANTUM]], "{width:?}");
    }
}

#[test]
fn code_of_every_kind_that_nobody_runs_comes_back() {
    let mut programs =
        vec![Arc::new(voices(64, false, false)), Arc::new(voices(9, true, true)), Arc::new(modulated(9))];
    for helper in HELPERS {
        let fed = draw(helper, &mut stand::Dice::new(7), Mood::Wild, true);
        programs.push(stand::program(helper, 48_000.0, &fed));
    }
    for back_end in BackEnd::here() {
        let mut compiler = Compiler::new(back_end, 8 << 20).unwrap();
        for program in &programs {
            drop((compiler.compile(program).unwrap(), compiler.compile_many(&[program.as_ref(); 3]).unwrap()));
        }
        compiler.trim();
        let statistics = compiler.statistics();
        assert_eq!((statistics.functions, statistics.memory.used), (0, 0), "{back_end}");
    }
}
