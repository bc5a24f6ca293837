//! What is said to rest rests: the oracle gives nothing but zeros then, and leaves the memory that was foretold. What is heard of it stands in `session/sleep.rs`.

use std::sync::Arc;

use aither::compile::Oracle;
use aither::dsp::denormals::Flush;
use aither::helpers::HELPERS;
use aither::ir::call::{Call, QUANTUM, Stamp};
use aither::ir::rest::value::Value;
use aither::ir::rest::{Ahead, Desk, Look, Rest};
use aither::ir::{Binary, End, Inst, Op, Program, Type, Unary, ValueId, eval, verify};

use crate::heap::no_heap;
use crate::laws::{Mood, draw};
use crate::lent::Lent;
use crate::played::lowered;
use crate::random::{self, Flavour};
use crate::stand::{Dice, program};

/// Whether a value may have these bits.
fn admits(value: Value, bits: u64) -> bool {
    match value {
        Value::Known(known) => known == bits,
        Value::Real(real) => {
            let number = f64::from_bits(bits);
            if number.is_nan() {
                real.nan
            } else if number.is_subnormal() {
                real.small
            } else {
                real.low <= number && number <= real.high
            }
        }
        Value::Int(int) => {
            let number = bits as i64;
            let known = (bits ^ int.bits) & int.known == 0 && bits & !(1 << 63) <= int.most;
            int.low <= number && number <= int.high && known
        }
        Value::Bool => bits <= 1,
    }
}

/// Bits of a type, often special ones.
fn any_bits(dice: &mut Dice, ty: Type) -> u64 {
    match (ty, dice.below(4)) {
        (Type::Real, 0) => dice.within(-4.0, 4.0).to_bits(),
        (Type::Real, 1) if dice.below(8) == 0 => random::SUBNORMALS[dice.below(4)].to_bits(),
        (Type::Real, _) => random::REALS[dice.below(random::REALS.len())].to_bits(),
        (Type::Int, 0) => dice.below(1 << 20) as u64,
        (Type::Int, 1) => dice.within(-4.0, 4.0).to_bits(),
        (Type::Int, _) => random::INTS[dice.below(random::INTS.len())] as u64,
        (Type::Bool, _) => dice.below(2) as u64,
    }
}

/// A value, and bits that it may have.
fn any_value(dice: &mut Dice, ty: Type) -> (Value, Vec<u64>) {
    const SIGN: u64 = 1 << 63;
    match (ty, dice.below(8)) {
        // The bits of a Real, a sign, and a Real of such bits.
        (Type::Int, 0 | 1) => {
            let (value, members) = any_value(dice, Type::Real);
            return (Value::unary(Unary::ToBits, value), members);
        }
        (Type::Int, 2) => {
            let (value, members) = any_value(dice, Type::Int);
            let sign = Value::binary(Binary::IntAnd, value, Value::Known(SIGN));
            return (sign, members.into_iter().map(|bits| bits & SIGN).collect());
        }
        (Type::Real, 0) => {
            let (value, members) = any_value(dice, Type::Int);
            return (Value::unary(Unary::FromBits, value), members);
        }
        _ => {}
    }
    let mut members = (0..1 + dice.below(3)).map(|_| any_bits(dice, ty)).collect::<Vec<_>>();
    let values = members.iter().map(|bits| Value::stored(ty, *bits));
    let mut value = values.reduce(|some, other| some.or(ty, other)).unwrap();
    assert!(members.iter().all(|bits| admits(value, *bits)), "{value:?} is not all of {members:x?}");
    if let (Type::Int, 0, [low, high]) = (ty, dice.below(2), &members[..])
        && *low as i64 <= *high as i64
    {
        value = Value::int(*low as i64, *high as i64);
    }
    for _ in 0..4 {
        let between = match value {
            Value::Real(real) if real.low.is_finite() && real.high.is_finite() => {
                (real.low + (real.high - real.low) * dice.within(0.0, 1.0)).to_bits()
            }
            Value::Int(int) => {
                let width = int.high.wrapping_sub(int.low) as u64;
                (int.low as u64).wrapping_add((width as f64 * dice.within(0.0, 1.0)) as u64)
            }
            _ => any_bits(dice, ty),
        };
        members.push(between);
    }
    members.retain(|bits| admits(value, *bits));
    assert!(!members.is_empty(), "{value:?}");
    (value, members)
}

#[test]
fn what_an_operation_gives_is_never_beyond_what_was_said_of_it() {
    let _flush = Flush::on();
    let mut dice = Dice::new(1);
    for turn in 0..4000 {
        for op in random::UNARY.into_iter().chain([Unary::ToBits]) {
            let (x, members) = any_value(&mut dice, eval::unary_type(op).0);
            let result = Value::unary(op, x);
            for bits in members {
                let found = eval::unary(op, bits);
                assert!(
                    admits(result, found),
                    "turn {turn}: {op:?} of {x:?}: {result:?} is not {found:#x} of {bits:#x}"
                );
            }
        }
        for op in random::BINARY {
            let ty = eval::binary_type(op).0;
            let ((x, lefts), (y, rights)) = (any_value(&mut dice, ty), any_value(&mut dice, ty));
            let result = Value::binary(op, x, y);
            for (left, right) in lefts.iter().flat_map(|left| rights.iter().map(move |right| (*left, *right))) {
                let found = eval::binary(op, left, right);
                assert!(
                    admits(result, found),
                    "turn {turn}: {op:?} of {x:?} and {y:?}: {result:?} is not {found:#x} of {left:#x} and {right:#x}"
                );
            }
        }
        let [(x, xs), (y, ys), (z, zs)] = [(); 3].map(|()| any_value(&mut dice, Type::Real));
        let result = Value::fma(x, y, z);
        for (&a, &b) in xs.iter().flat_map(|a| ys.iter().map(move |b| (a, b))) {
            for &c in &zs {
                let found = eval::fma(a, b, c);
                assert!(
                    admits(result, found),
                    "turn {turn}: {x:?} times {y:?} plus {z:?}: {result:?} is not {found:#x} of {a:#x}, {b:#x}, {c:#x}"
                );
            }
        }
        let (condition, ways) = any_value(&mut dice, Type::Bool);
        let result = Value::select(Type::Real, condition, x, y);
        for way in ways {
            let chosen = if way != 0 { &xs } else { &ys };
            assert!(chosen.iter().all(|bits| admits(result, *bits)), "{condition:?} {x:?} {y:?}: {result:?}");
        }
    }
}

/// A program that is run by the oracle, and looked at.
struct Looked {
    program: Arc<Program>,
    lent: Lent,
    rest: Rest,
    desk: Desk,
}

impl Looked {
    fn new(program: Program) -> Option<Looked> {
        let violations = verify(&program);
        assert!(violations.is_empty(), "{violations:?}\n{program}");
        let program = Arc::new(program);
        let (lent, rest) = (Lent::new(&program), Rest::of(&program)?);
        Some(Looked { program, lent, rest, desk: Desk::reserve() })
    }

    /// Whether the next quantum is silent, which goes by.
    fn is_silent(&mut self) -> bool {
        let mut oracle = Oracle::new(Arc::clone(&self.program));
        self.lent.run(&mut oracle, QUANTUM).iter().all(|sample| *sample == 0.0)
    }

    fn look(&mut self, frames: u64) -> Look {
        let mut lent = self.lent.clone();
        lent.transport.advance(QUANTUM);
        let spans = lent.spans(&mut []);
        let call = Call {
            constants: lent.constants.as_ptr(),
            spans: spans.as_ptr(),
            output: std::ptr::null_mut(),
            faults: std::ptr::null_mut(),
            position: lent.position.as_ptr(),
            beats: lent.transport.beats().as_ptr(),
            tempo: lent.transport.tempo(),
            frame: lent.frame,
            frames: QUANTUM as u64,
            stamp: Stamp::NONE,
        };
        let ahead = Ahead { frames, beat: lent.transport.ahead(frames - 1) };
        self.desk.begin();
        // SAFETY: all tables have the program's lengths and live until the look is over.
        let look = no_heap(|| unsafe { self.rest.look(&mut self.desk, &call, ahead) });
        assert!(lent.memories == self.lent.memories, "a look writes nothing");
        look
    }

    /// Whether it rests for so many frames; if so it is tried.
    fn rests(&mut self, frames: u64) -> bool {
        if self.look(frames) != Look::Rests {
            return false;
        }
        let mut oracle = Oracle::new(Arc::clone(&self.program));
        let (mut run, mut passed) = (self.lent.clone(), self.lent.clone());
        for frame in 0..frames {
            let samples = run.run(&mut oracle, 1);
            let wrong = samples.iter().find(|sample| **sample != 0.0);
            assert_eq!(wrong, None, "frame {frame} of {frames}\n{}", self.program);
        }
        assert_eq!(run.faults, self.lent.faults, "faults\n{}", self.program);
        let tail = self.rest.tail();
        assert!(tail <= Rest::TAIL);
        let spans = passed.spans(&mut []);
        // SAFETY: the spans are those of the program, and live until the call returns.
        unsafe { self.rest.pass(spans.as_ptr(), frames - tail) };
        passed.frame += frames - tail;
        let mut left = frames - tail;
        while left > 0 {
            let step = left.min(QUANTUM as u64);
            passed.transport.advance(step as usize);
            left -= step;
        }
        if tail > 0 {
            passed.run(&mut oracle, tail as usize);
        }
        for (memory, (wanted, found)) in run.memories.iter().zip(&passed.memories).enumerate() {
            let differs = wanted.iter().zip(found).position(|(wanted, found)| wanted != found);
            assert_eq!(differs, None, "m{memory} after {frames} frames\n{}", self.program);
        }
        true
    }

    /// How many of some looks in so many quanta found that it rests.
    fn try_out(&mut self, dice: &mut Dice, quanta: usize, looks: usize) -> usize {
        let mut rests = 0;
        for _ in 0..quanta {
            if self.is_silent() && rests < looks {
                rests += usize::from(self.rests((QUANTUM as u64) << dice.below(7)));
            }
        }
        rests
    }
}

fn script(expression: &str) -> Program {
    let lowered = lowered(&format!("register(\"x\", {expression});"));
    lowered.unwrap_or_else(|error| panic!("{expression}: {error:?}")).program
}

#[test]
fn whatever_is_said_to_rest_of_a_helper_that_is_not_heard_rests() {
    let _flush = Flush::on();
    let mut dice = Dice::new(2);
    let mut resting = Vec::new();
    for helper in HELPERS {
        let mut rests = 0;
        for (mood, sound) in [(Mood::Still, false), (Mood::Still, true), (Mood::Wild, false), (Mood::Rude, true)] {
            let program = program(helper, 48_000.0, &draw(helper, &mut dice, mood, sound));
            let Some(mut looked) = Looked::new(silenced((*program).clone())) else { continue };
            rests += looked.try_out(&mut dice, 30, 3);
        }
        resting.extend((rests > 0).then_some(helper.name));
    }
    println!("{} of {}: {resting:?}", resting.len(), HELPERS.len());
    assert!(resting.len() > 60, "{resting:?}");
}

/// What rests, some time after it began: sources under envelopes, on clocks.
const RESTS: &[&str] = &[
    "osc(220) * adsr(impulse(3), 0.001, 0.002, 0, 0.0005)",
    "osc(220) * pluck(impulse(3), 0.0005)",
    "saw(220) * pluck(impulse(3), 0.0005)",
    "square(220) * pluck(every(1), 0.0005)",
    "noise() * pluck(every(1), 0.0005)",
    "tri(220) * swell(impulse(3), 0.0005, 0.0005)",
    "saw(110) * segments(impulse(2), [[1, 0.001], [0, 0.02]])",
    "osc(50 + 200 * pluck(every(1), 0.0005)) * pluck(every(1), 0.0005)",
    "(osc(220) * pluck(impulse(2), 0.0005)).gain(0.4)",
    "(osc(220) * pluck(impulse(2), 0.0005)).pan(0.3)",
    "mix(osc(220) * pluck(every(1), 0.0005), osc(330) * pluck(every(1), 0.0004))",
    "[osc(220) * pluck(every(1), 0.0005), saw(330) * pluck(impulse(2), 0.0004)]",
    "wave(1, [220, 0, 330, 0]) * pluck(impulse(2), 0.0005)",
    "osc(seq([220, 330], 1)) * pluck(every(1), 0.0005)",
    "osc(220) * (phasor(1) < 0.1)",
    "osc(220) * euclid(3, 8)",
    "|s| { s.state[0] += 1.0; if s.state[0] < 100.0 { 0.5 } else { 0.0 } }",
];

#[test]
fn finished_notes_rest_until_the_next_one() {
    let _flush = Flush::on();
    let mut dice = Dice::new(3);
    let mut wrong = Vec::new();
    for expression in RESTS {
        let mut looked = Looked::new(script(expression)).unwrap_or_else(|| panic!("{expression} may never rest"));
        if looked.try_out(&mut dice, 400, 12) < 3 {
            wrong.push(*expression);
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// The same program, but that its channels are multiplied by 0.
fn silenced(mut program: Program) -> Program {
    let last = program.blocks.iter().position(|block| matches!(block.end, Some(End::Return(_)))).unwrap();
    let Some(End::Return(channels)) = program.blocks[last].end.clone() else { unreachable!() };
    let mut add = |op| {
        program.insts.push(Inst { op, ty: Some(Type::Real) });
        let value = ValueId::new(program.insts.len() - 1);
        program.blocks[last].body.push(value);
        value
    };
    let zero = add(Op::Literal(0));
    let channels = channels.into_iter().map(|channel| add(Op::Binary(Binary::Mul, channel, zero)));
    let channels = channels.collect::<Vec<_>>();
    program.blocks[last].end = Some(End::Return(channels));
    program
}

#[test]
fn whatever_is_said_to_rest_of_random_programs_rests() {
    let _flush = Flush::on();
    let mut dice = Dice::new(4);
    let mut rests = 0;
    for turn in 0..600 {
        let length = dice.below(120);
        let tape = (0..length).map(|_| dice.below(1 << 31) as u32).collect::<Vec<_>>();
        let flavour = Flavour { flushed: true, computed: turn % 2 == 0, straight: turn % 3 == 0 };
        let (program, types) = random::program(&tape, flavour);
        let Some(mut looked) = Looked::new(silenced(program)) else { continue };
        let full = crate::programs::lent(&looked.program, &types, &tape);
        looked.lent.memories = full.memories;
        rests += usize::from(looked.try_out(&mut dice, 6, 3) > 0);
    }
    println!("{rests} of 600 rest");
    assert!(rests > 50, "only {rests} of 600 programs ever rest");
}
