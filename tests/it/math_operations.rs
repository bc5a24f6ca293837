//! Counts what the functions of `dsp::math` cost, with numbers that count. It measures no time.

use aither::dsp::float::{Float, Int, Wrapping};
use aither::dsp::math;
use std::cell::Cell;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// A value that counts the operations that made it; constants and bit casts are free.
#[derive(Clone, Copy)]
struct Counted<T>(T);

impl<T> Counted<T> {
    fn one_more(value: T) -> Counted<T> {
        COUNT.set(COUNT.get() + 1);
        Counted(value)
    }
}

macro_rules! counted {
    ($($value:ty: $($op:ident $method:ident),*;)*) => {$($(
        impl $op for Counted<$value> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Counted::one_more(self.0.$method(other.0))
            }
        }
    )*)*};
}

counted! {
    f64: Add add, Sub sub, Mul mul, Div div;
    Wrapping: Add add, Sub sub, Mul mul, BitAnd bitand, BitOr bitor, BitXor bitxor;
    bool: BitAnd bitand, BitOr bitor;
}

macro_rules! counted_with_literals {
    ($($op:ident $method:ident),*) => {$(
        impl $op<f64> for Counted<f64> {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                Counted::one_more(self.0.$method(other))
            }
        }
    )*};
}

counted_with_literals!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Counted<f64> {
    type Output = Self;
    fn neg(self) -> Self {
        Counted::one_more(-self.0)
    }
}

impl Not for Counted<bool> {
    type Output = Self;
    fn not(self) -> Self {
        Counted::one_more(!self.0)
    }
}

impl Int for Counted<Wrapping> {
    fn lit(self, value: i64) -> Self {
        Counted(Wrapping(value))
    }
    fn shl(self, bits: u32) -> Self {
        Counted::one_more(Int::shl(self.0, bits))
    }
    fn shr(self, bits: u32) -> Self {
        Counted::one_more(Int::shr(self.0, bits))
    }
}

impl Float for Counted<f64> {
    type Bool = Counted<bool>;
    type Int = Counted<Wrapping>;

    fn lit(self, value: f64) -> Self {
        Counted(value)
    }
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Counted::one_more(self.0.mul_add(factor.0, addend.0))
    }
    fn abs(self) -> Self {
        Counted::one_more(self.0.abs())
    }
    fn sqrt(self) -> Self {
        Counted::one_more(self.0.sqrt())
    }
    fn floor(self) -> Self {
        Counted::one_more(self.0.floor())
    }
    fn ceil(self) -> Self {
        Counted::one_more(self.0.ceil())
    }
    fn trunc(self) -> Self {
        Counted::one_more(self.0.trunc())
    }
    fn nearest(self) -> Self {
        Counted::one_more(Float::nearest(self.0))
    }
    fn min(self, other: Self) -> Self {
        Counted::one_more(Float::min(self.0, other.0))
    }
    fn max(self, other: Self) -> Self {
        Counted::one_more(Float::max(self.0, other.0))
    }
    fn lt(self, other: Self) -> Counted<bool> {
        Counted::one_more(self.0 < other.0)
    }
    fn le(self, other: Self) -> Counted<bool> {
        Counted::one_more(self.0 <= other.0)
    }
    fn same(self, other: Self) -> Counted<bool> {
        Counted::one_more(self.0 == other.0)
    }
    fn select(condition: Counted<bool>, yes: Self, no: Self) -> Self {
        Counted::one_more(if condition.0 { yes.0 } else { no.0 })
    }
    fn to_bits(self) -> Counted<Wrapping> {
        Counted(Float::to_bits(self.0))
    }
    fn from_bits(bits: Counted<Wrapping>) -> Self {
        Counted(Float::from_bits(bits.0))
    }
}

/// The name and the cost of each function call.
macro_rules! costs {
    ($($name:ident($($argument:expr),*)),* $(,)?) => {
        [$({
            COUNT.set(0);
            math::$name($(Counted($argument)),*);
            (stringify!($name), COUNT.get())
        }),*]
    };
}

#[test]
fn every_function_costs_what_it_says() {
    let sources = [
        include_str!("../../src/dsp/math/trig.rs"),
        include_str!("../../src/dsp/math/inverse.rs"),
        include_str!("../../src/dsp/math/explog.rs"),
        include_str!("../../src/dsp/math/pow.rs"),
        include_str!("../../src/dsp/math/hyperbolic.rs"),
        include_str!("../../src/dsp/math/shape.rs"),
        include_str!("../../src/dsp/math/pitch.rs"),
    ]
    .concat();
    let costs = costs![
        sin(1.0),
        cos(1.0),
        tan(1.0),
        sin_turns(0.1),
        sin_quarter(0.1),
        cos_quarter(0.1),
        cos_turns(0.1),
        tan_pi(0.1),
        tan_pi_ratio(0.1),
        asin(0.1),
        acos(0.1),
        atan(0.1),
        atan2(0.1, 0.2),
        exp(1.0),
        exp2(1.0),
        ln(2.0),
        log2(3.0),
        log10(3.0),
        pow(2.0, 3.0),
        sinh(1.0),
        cosh(1.0),
        tanh(1.0),
        round(1.5),
        hypot(3.0, 4.0),
        rem(5.0, 3.0),
        wrap(5.0, 3.0),
        midi(61.5),
        db(-3.0),
    ];
    for (name, cost) in costs {
        let (before, _) = sources.split_once(&format!("pub fn {name}<")).expect("the function");
        let (_, doc) = before.rsplit_once("\n}\n").unwrap_or(("", before));
        assert!(doc.contains(&format!(" {cost} operations")), "{name} costs {cost} operations");
    }
}
