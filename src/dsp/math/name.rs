//! The names under which scripts, closures and graphs know the functions of this folder. It computes nothing itself.

use crate::dsp::float::Float;

/// The largest error found of each function that rounds more than once: name, units in the last place, and the arguments searched.
pub const ACCURACY: &[(&str, f64, &str)] = &[
    ("sin", 2.1, "|x| up to 2^20, results from 10^-10 on"),
    ("cos", 2.3, "|x| up to 2^20, results from 10^-10 on"),
    ("tan", 2.8, "|x| up to 2^20"),
    ("asin", 2.1, "-1 to 1"),
    ("acos", 1.2, "-1 to 1"),
    ("atan", 1.4, "any x"),
    ("atan2", 1.5, "any point"),
    ("sinh", 2.3, "any x"),
    ("cosh", 1.4, "any x"),
    ("tanh", 2.6, "any x"),
    ("exp", 1.0, "results from 2^-1022 on"),
    ("exp2", 0.9, "results from 2^-1022 on"),
    ("ln", 0.8, "x from 2^-1022 on"),
    ("log2", 0.8, "x from 2^-1022 on"),
    ("log10", 0.7, "x from 2^-1022 on"),
    ("pow", 1.2, "results from 2^-1022 on"),
    ("hypot", 1.2, "any vector"),
    ("midi", 2.3, "notes 0 to 127"),
    ("db", 1.3, "-200 to 200 dB"),
    ("sin_turns", 2.1, "any x"),
    ("cos_turns", 2.2, "any x"),
    ("tan_pi", 4.5, "any x"),
];

/// A function of numbers that scripts can call by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Math {
    /// [`super::sin`].
    Sin,
    /// [`super::cos`].
    Cos,
    /// [`super::tan`].
    Tan,
    /// [`super::asin`].
    Asin,
    /// [`super::acos`].
    Acos,
    /// [`super::atan`].
    Atan,
    /// [`super::atan2`].
    Atan2,
    /// [`super::sinh`].
    Sinh,
    /// [`super::cosh`].
    Cosh,
    /// [`super::tanh`].
    Tanh,
    /// [`super::exp`].
    Exp,
    /// [`super::ln`].
    Ln,
    /// [`super::log2`].
    Log2,
    /// [`super::log10`].
    Log10,
    /// [`super::log10`] under Rhai's name for it.
    Log,
    /// [`super::pow`].
    Pow,
    /// [`super::sqrt`].
    Sqrt,
    /// [`super::abs`].
    Abs,
    /// [`super::floor`].
    Floor,
    /// [`super::ceil`].
    Ceil,
    /// [`super::round`].
    Round,
    /// [`super::trunc`].
    Trunc,
    /// [`super::fract`].
    Fract,
    /// [`super::sign`].
    Sign,
    /// [`super::min`].
    Min,
    /// [`super::max`].
    Max,
    /// [`super::clamp`].
    Clamp,
    /// [`super::lerp`].
    Lerp,
    /// [`super::select`].
    Select,
    /// [`super::hypot`].
    Hypot,
    /// [`super::wrap`].
    Wrap,
    /// [`super::midi`].
    Midi,
    /// [`super::db`].
    Db,
}

impl Math {
    /// All of them, in the order of the reference.
    #[rustfmt::skip]
    pub const ALL: [Math; 33] = {
        use Math::*;
        [
            Sin, Cos, Tan, Asin, Acos, Atan, Atan2, Sinh, Cosh, Tanh, Exp, Ln, Log2, Log10, Log, Pow, Sqrt,
            Abs, Floor, Ceil, Round, Trunc, Fract, Sign, Min, Max, Clamp, Lerp, Select, Hypot, Wrap,
            Midi, Db,
        ]
    };

    /// The function that scripts call by this name.
    pub fn named(name: &str) -> Option<Math> {
        Math::ALL.into_iter().find(|math| math.name() == name)
    }

    /// The word in scripts.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        self.words().1.len()
    }

    /// The names of its arguments, in order.
    pub fn arguments(self) -> &'static [&'static str] {
        self.words().1
    }

    /// One sentence for the reference.
    pub fn about(self) -> &'static str {
        self.words().2
    }

    /// Name, arguments and sentence.
    fn words(self) -> (&'static str, &'static [&'static str], &'static str) {
        match self {
            Math::Sin => ("sin", &["x"], "The sine of an angle in radians."),
            Math::Cos => ("cos", &["x"], "The cosine of an angle in radians."),
            Math::Tan => ("tan", &["x"], "The tangent of an angle in radians."),
            Math::Asin => ("asin", &["x"], "The angle in radians, -PI/2 to PI/2, whose sine is x (-1 to 1)."),
            Math::Acos => ("acos", &["x"], "The angle in radians, 0 to PI, whose cosine is x (-1 to 1)."),
            Math::Atan => ("atan", &["x"], "The angle in radians, -PI/2 to PI/2, whose tangent is x."),
            Math::Atan2 => ("atan2", &["y", "x"], "The angle in radians, -PI to PI, of the point (x, y)."),
            Math::Sinh => ("sinh", &["x"], "The hyperbolic sine."),
            Math::Cosh => ("cosh", &["x"], "The hyperbolic cosine."),
            Math::Tanh => ("tanh", &["x"], "The hyperbolic tangent: a soft limit at -1 and 1."),
            Math::Exp => ("exp", &["x"], "E to the power of x."),
            Math::Ln => ("ln", &["x"], "The natural logarithm."),
            Math::Log2 => ("log2", &["x"], "The logarithm to the base 2: octaves in a ratio of frequencies."),
            Math::Log10 => {
                ("log10", &["x"], "The logarithm to the base 10: a twentieth of the decibels in a ratio of levels.")
            }
            Math::Log => ("log", &["x"], "The logarithm to the base 10, as `log10`; the natural logarithm is `ln`."),
            Math::Pow => ("pow", &["base", "exponent"], "The base to the power of the exponent; `**` is the same."),
            Math::Sqrt => ("sqrt", &["x"], "The square root."),
            Math::Abs => ("abs", &["x"], "The magnitude, without the sign."),
            Math::Floor => ("floor", &["x"], "The largest integer not above x."),
            Math::Ceil => ("ceil", &["x"], "The smallest integer not below x."),
            Math::Round => ("round", &["x"], "The nearest integer, halves away from zero."),
            Math::Trunc => ("trunc", &["x"], "The integer part: rounds toward zero."),
            Math::Fract => ("fract", &["x"], "What `trunc` cuts off, with the sign of x."),
            Math::Sign => ("sign", &["x"], "-1 below zero, 0 at zero, 1 above."),
            Math::Min => ("min", &["a", "b"], "The smaller one."),
            Math::Max => ("max", &["a", "b"], "The larger one."),
            Math::Clamp => ("clamp", &["x", "low", "high"], "x, but at least low and at most high."),
            Math::Lerp => ("lerp", &["a", "b", "t"], "The point t of the way from a to b: a at 0, b at 1."),
            Math::Select => ("select", &["condition", "yes", "no"], "yes where the condition is not 0, else no."),
            Math::Hypot => ("hypot", &["a", "b"], "The length of the vector (a, b)."),
            Math::Wrap => ("wrap", &["x", "n"], "x modulo n, from 0 up to but not including n, also for negative x."),
            Math::Midi => (
                "midi",
                &["note"],
                "The frequency in hertz of a note by its number: 60 is c4, 69 is a4 = 440 Hz, 1 is a semitone.",
            ),
            Math::Db => {
                ("db", &["decibels"], "The factor that so many decibels are: 1 at 0, 10 at 20, about one half at -6.")
            }
        }
    }

    /// The function's value.
    ///
    /// # Panics
    /// If there are fewer arguments than [`Math::arity`].
    pub fn apply<F: Float>(self, arguments: &[F]) -> F {
        let arg = |i: usize| arguments[i];
        match self {
            Math::Sin => super::sin(arg(0)),
            Math::Cos => super::cos(arg(0)),
            Math::Tan => super::tan(arg(0)),
            Math::Asin => super::asin(arg(0)),
            Math::Acos => super::acos(arg(0)),
            Math::Atan => super::atan(arg(0)),
            Math::Atan2 => super::atan2(arg(0), arg(1)),
            Math::Sinh => super::sinh(arg(0)),
            Math::Cosh => super::cosh(arg(0)),
            Math::Tanh => super::tanh(arg(0)),
            Math::Exp => super::exp(arg(0)),
            Math::Ln => super::ln(arg(0)),
            Math::Log2 => super::log2(arg(0)),
            Math::Log10 | Math::Log => super::log10(arg(0)),
            Math::Pow => super::pow(arg(0), arg(1)),
            Math::Sqrt => super::sqrt(arg(0)),
            Math::Abs => super::abs(arg(0)),
            Math::Floor => super::floor(arg(0)),
            Math::Ceil => super::ceil(arg(0)),
            Math::Round => super::round(arg(0)),
            Math::Trunc => super::trunc(arg(0)),
            Math::Fract => super::fract(arg(0)),
            Math::Sign => super::sign(arg(0)),
            Math::Min => super::min(arg(0), arg(1)),
            Math::Max => super::max(arg(0), arg(1)),
            Math::Clamp => super::clamp(arg(0), arg(1), arg(2)),
            Math::Lerp => super::lerp(arg(0), arg(1), arg(2)),
            Math::Select => super::select(arg(0), arg(1), arg(2)),
            Math::Hypot => super::hypot(arg(0), arg(1)),
            Math::Wrap => super::wrap(arg(0), arg(1)),
            Math::Midi => super::midi(arg(0)),
            Math::Db => super::db(arg(0)),
        }
    }
}
