//! The mathematics of scripts against the platform's own: errors, edges, identities, bits. The formulas themselves are not repeated here.

use aither::dsp::denormals::Flush;
use aither::dsp::math::{self, ACCURACY, Math};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9_007_199_254_740_992.0
    }
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
    /// Any sign, every order of magnitude equally often. Powers of two only, so that no libm decides the arguments.
    fn magnitude(&mut self, low: i32, high: i32) -> f64 {
        let exponent = self.between(low as f64, high as f64).floor() as i32;
        let sign = if self.unit() < 0.5 { -1.0 } else { 1.0 };
        sign * self.between(1.0, 2.0) * 2f64.powi(exponent)
    }
}

/// The sine of `turns`, from libm, with the argument in two parts.
fn sine_of_turns(turns: f64) -> f64 {
    let turn = turns - turns.round_ties_even();
    let angle = turn * TAU;
    let rest = turn.mul_add(TAU, -angle) + turn * 2.4492935982947064e-16;
    angle.sin() + rest * angle.cos()
}

/// Own and platform's function of two numbers (the second is often ignored), and arguments to try.
type Case = (fn(f64, f64) -> f64, fn(f64, f64) -> f64, fn(&mut Dice) -> (f64, f64));

fn case(name: &str) -> Case {
    match name {
        "sin" => (|x, _| math::sin(x), |x, _| x.sin(), |d| (d.magnitude(-30, 20), 0.0)),
        "cos" => (|x, _| math::cos(x), |x, _| x.cos(), |d| (d.magnitude(-30, 20), 0.0)),
        "tan" => (|x, _| math::tan(x), |x, _| x.tan(), |d| (d.magnitude(-30, 20), 0.0)),
        "asin" => (|x, _| math::asin(x), |x, _| x.asin(), |d| (d.between(-1.0, 1.0), 0.0)),
        "acos" => (|x, _| math::acos(x), |x, _| x.acos(), |d| (d.between(-1.0, 1.0), 0.0)),
        "atan" => (|x, _| math::atan(x), |x, _| x.atan(), |d| (d.magnitude(-20, 20), 0.0)),
        "atan2" => (math::atan2, f64::atan2, |d| (d.magnitude(-10, 10), d.magnitude(-10, 10))),
        "sinh" => (|x, _| math::sinh(x), |x, _| x.sinh(), |d| (d.magnitude(-10, 9), 0.0)),
        "cosh" => (|x, _| math::cosh(x), |x, _| x.cosh(), |d| (d.magnitude(-10, 9), 0.0)),
        "tanh" => (|x, _| math::tanh(x), |x, _| x.tanh(), |d| (d.magnitude(-10, 5), 0.0)),
        "exp" => (|x, _| math::exp(x), |x, _| x.exp(), |d| (d.between(-708.0, 709.7), 0.0)),
        "exp2" => (|x, _| math::exp2(x), |x, _| x.exp2(), |d| (d.between(-1022.0, 1023.9), 0.0)),
        "ln" => (|x, _| math::ln(x), |x, _| x.ln(), |d| (d.magnitude(-40, 40).abs(), 0.0)),
        "log2" => (|x, _| math::log2(x), |x, _| x.log2(), |d| (d.magnitude(-40, 40).abs(), 0.0)),
        "log10" => (|x, _| math::log10(x), |x, _| x.log10(), |d| (d.magnitude(-40, 40).abs(), 0.0)),
        "pow" => (math::pow, f64::powf, |d| (d.magnitude(-40, 40).abs(), d.between(-24.0, 24.0))),
        "hypot" => (math::hypot, f64::hypot, |d| (d.magnitude(-20, 20), d.magnitude(-20, 20))),
        "midi" => (
            |x, _| math::midi(x),
            |x, _| 440.0 * ((x - 69.0) / 12.0).floor().exp2() * ((x - 69.0).rem_euclid(12.0) / 12.0).exp2(),
            |d| ((d.between(0.0, 127.0) * 1024.0).round() / 1024.0, 0.0),
        ),
        // In steps of 20/4096 dB, so that the exponent of the reference is exact.
        "db" => (
            |x, _| math::db(x),
            |x, _| {
                let (tens, rest) = ((x / 20.0).floor() as i32, 10f64.powf(x.rem_euclid(20.0) / 20.0));
                if tens < 0 { rest / 10f64.powi(-tens) } else { rest * 10f64.powi(tens) }
            },
            |d| ((d.between(-10.0, 10.0) * 4096.0).round() / 4096.0 * 20.0, 0.0),
        ),
        "sin_turns" => (|x, _| math::sin_turns(x), |x, _| sine_of_turns(x), |d| (d.between(-9.0, 9.0), 0.0)),
        "cos_turns" => (
            |x, _| math::cos_turns(x),
            |x, _| sine_of_turns(0.25 - (x - x.round_ties_even()).abs()),
            |d| (d.between(-9.0, 9.0), 0.0),
        ),
        "tan_pi" => (
            |x, _| math::tan_pi(x),
            |x, _| sine_of_turns(x / 2.0) / sine_of_turns(0.25 - (x / 2.0).abs()),
            |d| (d.between(-0.5, 0.5), 0.0),
        ),
        _ => panic!("no arguments to try for `{name}`"),
    }
}

#[test]
fn every_function_is_as_exact_as_published() {
    for &(name, published, domain) in ACCURACY {
        let (own, platform, draw) = case(name);
        let mut dice = Dice(name.len() as u64);
        for _ in 0..200_000 {
            let (x, y) = draw(&mut dice);
            let (found, expected) = (own(x, y), platform(x, y));
            // The figures were measured against 160 bits; the platform's own error is the allowance.
            let size = expected.abs();
            let ulps = (found - expected).abs() / (size.next_up() - size);
            assert!(ulps <= published + 1.5, "{name}({x:e}, {y:e}): {found:e}, expected {expected:e} ({domain})");
        }
    }
}

#[test]
fn the_published_errors_stand_beside_the_functions_too() {
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
    for (name, ulps, _) in ACCURACY {
        let (before, _) = sources.split_once(&format!("pub fn {name}<")).expect("the function");
        let (_, said) = before.rsplit_once("/// Largest error: ").expect("its error");
        assert!(said.starts_with(&format!("{ulps} ulp")), "{name} says {}", said.lines().next().unwrap_or(""));
    }
    assert_eq!(sources.matches("Largest error").count(), ACCURACY.len());
}

/// Equal bits, or both NaN.
#[track_caller]
fn exactly(found: f64, expected: f64) {
    assert!(
        found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()),
        "found {found:e}, expected {expected:e}"
    );
}

#[test]
fn edges_are_those_of_the_standard() {
    let edges = [0.0, 1.0, 0.5, 2.0, 3.0, 1e10, 2.5, 1e300, f64::MAX, INF, f64::MIN_POSITIVE, 9007199254740993.0];
    let edges: Vec<f64> = edges.into_iter().flat_map(|x| [x, -x]).chain([NAN]).collect();
    let like = |found: f64, expected: f64, what: &str| {
        if expected.is_subnormal() {
            return assert!(found.abs() < f64::MIN_POSITIVE, "{what}: {found:e}");
        }
        let close = (found - expected).abs() <= 1e-15 * expected.abs() && found.signum() == expected.signum();
        assert!(close || found == expected || (found.is_nan() && expected.is_nan()), "{what}: {found:e}, {expected:e}");
        assert!(found != 0.0 || found.to_bits() == expected.to_bits(), "{what}: the sign of zero");
    };
    for &x in &edges {
        let unary: [(&str, f64, f64); 17] = [
            ("asin", math::asin(x), x.asin()),
            ("acos", math::acos(x), x.acos()),
            ("atan", math::atan(x), x.atan()),
            ("sinh", math::sinh(x), x.sinh()),
            ("cosh", math::cosh(x), x.cosh()),
            ("tanh", math::tanh(x), x.tanh()),
            ("exp", math::exp(x), x.exp()),
            ("exp2", math::exp2(x), x.exp2()),
            ("ln", math::ln(x), x.ln()),
            ("log2", math::log2(x), x.log2()),
            ("log10", math::log10(x), x.log10()),
            ("sqrt", math::sqrt(x), x.sqrt()),
            ("floor", math::floor(x), x.floor()),
            ("ceil", math::ceil(x), x.ceil()),
            ("round", math::round(x), x.round()),
            ("trunc", math::trunc(x), x.trunc()),
            ("fract", math::fract(x), x.fract()),
        ];
        for (name, found, expected) in unary {
            like(found, expected, &format!("{name}({x:e})"));
        }
        for &y in &edges {
            like(math::pow(x, y), x.powf(y), &format!("pow({x:e}, {y:e})"));
            like(math::atan2(x, y), x.atan2(y), &format!("atan2({x:e}, {y:e})"));
            if !(x.is_nan() || y.is_nan()) {
                like(math::hypot(x, y), x.hypot(y), &format!("hypot({x:e}, {y:e})"));
            }
        }
    }
}

#[test]
fn circular_functions_of_great_and_infinite_arguments_stay_in_range() {
    for function in [math::sin::<f64>, math::cos, math::sin_turns, math::cos_turns] {
        for x in [INF, -INF, NAN] {
            exactly(function(x), NAN);
        }
        let mut dice = Dice(3);
        for _ in 0..100_000 {
            let x = dice.magnitude(-1022, 1023);
            assert!(function(x).abs() <= 1.0f64.next_up(), "at {x:e}");
        }
    }
    // Close to a multiple of π the error is no share of the sine.
    for (x, near) in [(PI, 1.2246467991473532e-16), (TAU, -2.4492935982947064e-16)] {
        assert!((math::sin(x) - near).abs() < 1e-26, "at {x}: {:e}", math::sin(x));
    }
    // Where rounding would pass 1.
    for i in 0..200_000 {
        let x = f64::from(i) * 1e-13;
        assert!(math::cos(x) <= 1.0 && math::sin(FRAC_PI_2 - x) <= 1.0, "at {x:e}");
    }
    exactly(math::tan(INF), NAN);
    assert!(math::tan(1e300).is_finite());
}

#[test]
fn odd_and_even_functions_are_so_to_the_bit() {
    let mut dice = Dice(5);
    let zeros = [0.0, f64::MIN_POSITIVE, 0.5, 1.0];
    for x in zeros.into_iter().chain((0..100_000).map(|_| dice.magnitude(-40, 40))) {
        for odd in [math::tan::<f64>, math::asin, math::atan, math::sinh, math::tanh, math::round, math::sign] {
            exactly(odd(-x), -odd(x));
        }
        // Of zeros but for the sign.
        assert_eq!(math::sin(-x), -math::sin(x));
        for even in [math::cos::<f64>, math::cosh, math::cos_turns] {
            exactly(even(-x), even(x));
        }
        assert_eq!(math::sin_turns(-x), -math::sin_turns(x));
        assert_eq!(math::tan_pi(-x), -math::tan_pi(x));
    }
}

#[test]
fn landmarks_are_exact() {
    for k in -1000..=1000 {
        let k = f64::from(k);
        assert_eq!(math::sin_turns(k / 2.0), 0.0);
        assert_eq!(math::cos_turns(k / 2.0 + 0.25), 0.0);
        exactly(math::cos_turns(k), 1.0);
        exactly(math::cos_turns(k + 0.5), -1.0);
        exactly(math::sin_turns(k + 0.25), 1.0);
        exactly(math::sin_turns(k - 0.25), -1.0);
        let power = 2f64.powi(k as i32);
        exactly(math::exp2(k), power);
        exactly(math::pow(2.0, k), power);
        exactly(math::log2(power), k);
        exactly(math::pow(power, 0.5), math::pow(2.0, k / 2.0));
    }
    exactly(math::exp(0.0), 1.0);
    exactly(math::ln(1.0), 0.0);
    exactly(math::sin(FRAC_PI_2), 1.0);
    exactly(math::cos(0.0), 1.0);
    exactly(math::cosh(0.0), 1.0);
    exactly(math::tanh(30.0), 1.0);
    exactly(math::atan(1.0), FRAC_PI_4);
    exactly(math::acos(-1.0), PI);
    exactly(math::hypot(3.0, 4.0), 5.0);
    for n in 0..=22 {
        exactly(math::log10(10f64.powi(n)), f64::from(n));
        exactly(math::pow(10.0, f64::from(n)), 10f64.powi(n));
    }
    let (above, below) = math::tan_pi_ratio(0.25);
    assert!((above / below - 1.0).abs() < 1e-15);
}

#[test]
fn a_power_of_one_is_the_number_itself() {
    let mut dice = Dice(7);
    for _ in 0..200_000 {
        let x = dice.magnitude(-1021, 1023);
        exactly(math::pow(x, 1.0), x);
        exactly(math::pow(x, 0.0), 1.0);
        let small = (dice.unit() * 1000.0).floor();
        exactly(math::pow(small, 2.0), small * small);
    }
}

#[test]
fn growing_functions_never_fall_by_more_than_rounding() {
    type Stretch = (fn(f64) -> f64, f64, f64);
    let growing: [Stretch; 8] = [
        (math::sin, -1.57, 1.57),
        (math::tan, -1.57, 1.57),
        (math::atan, -20.0, 20.0),
        (math::exp, -20.0, 20.0),
        (math::exp2, -20.0, 20.0),
        (math::ln, 0.001, 20.0),
        (math::sinh, -20.0, 20.0),
        (math::tanh, -25.0, 25.0),
    ];
    for (function, low, high) in growing {
        let mut last = -INF;
        for i in 0..=100_000 {
            let x = low + (high - low) * f64::from(i) / 100_000.0;
            let value = function(x);
            assert!(value >= last - 3e-16 * last.abs(), "at {x}");
            last = value;
        }
    }
    let mut dice = Dice(9);
    assert!((0..100_000).all(|_| math::tanh(dice.magnitude(-30, 30)).abs() <= 1.0));
}

#[test]
fn remainders_are_exact_and_moduli_in_range() {
    let mut dice = Dice(11);
    for _ in 0..200_000 {
        let (x, y) = (dice.magnitude(-20, 20), dice.magnitude(-20, 20));
        exactly(math::rem(x, y), x % y);
        exactly(math::rem(x, 1.0), math::fract(x));
        let near = y * (dice.unit() * 1e6).floor();
        exactly(math::rem(near, y), near % y);
        let wrapped = math::wrap(x, y);
        assert!((0.0..y.abs()).contains(&wrapped), "wrap({x:e}, {y:e}) = {wrapped:e}");
        let off = (wrapped - x.rem_euclid(y)).abs();
        assert!(off <= 1e-15 * y.abs() || (y.abs() - off) <= 1e-15 * y.abs());
        let (x, y) = (dice.magnitude(-1000, 1000), dice.magnitude(-1000, 1000));
        assert!(math::rem(x, y).abs() < y.abs() && (0.0..y.abs()).contains(&math::wrap(x, y)));
    }
    exactly(math::rem(5.0, 0.0), NAN);
    exactly(math::rem(INF, 2.0), NAN);
    exactly(math::rem(-5.0, INF), -5.0);
    exactly(math::rem(-6.0, 3.0), -0.0);
    exactly(math::rem(NAN, 3.0), NAN);
    exactly(math::rem(3.0, NAN), NAN);
    exactly(math::wrap(-1.0, 4.0), 3.0);
    exactly(math::wrap(-1e-30, 1.0), 0.0);
    exactly(math::wrap(4.0, 4.0), 0.0);
    exactly(math::wrap(1.0, 0.0), NAN);
    exactly(math::wrap(NAN, 1.0), NAN);
}

#[test]
fn choosing_functions_choose() {
    exactly(math::sign(-3.0), -1.0);
    exactly(math::sign(0.0), 0.0);
    exactly(math::sign(1e-300), 1.0);
    exactly(math::sign(NAN), NAN);
    exactly(math::clamp(7.0, -1.0, 1.0), 1.0);
    exactly(math::clamp(NAN, -1.0, 1.0), NAN);
    exactly(math::min(1.0, NAN), NAN);
    exactly(math::min(NAN, 1.0), 1.0);
    exactly(math::max(2.0, 3.0), 3.0);
    exactly(math::select(0.0, 1.0, 2.0), 2.0);
    exactly(math::select(-0.0, 1.0, 2.0), 2.0);
    exactly(math::select(0.1, 1.0, 2.0), 1.0);
    exactly(math::lerp(0.1, 0.7, 0.0), 0.1);
    exactly(math::lerp(0.1, 0.7, 1.0), 0.7);
    exactly(math::lerp(2.0, 4.0, 1.5), 5.0);
    exactly(math::round(0.5f64.next_down()), 0.0);
    exactly(math::round(-2.5), -3.0);
    exactly(math::fract(-2.25), -0.25);
}

/// A hash of a function's bits over arguments of all sizes.
fn fingerprint(math: Math) -> u64 {
    let mut dice = Dice(13);
    let mut hash = blake3::Hasher::new();
    for round in 0..4_000 {
        let reach = round % 8;
        let arguments: Vec<f64> = (0..math.arity()).map(|_| dice.magnitude(-reach * reach, reach)).collect();
        let value = math.apply(&arguments);
        // NaNs have no one pattern.
        hash.update(&if value.is_nan() { [255; 8] } else { value.to_le_bytes() });
    }
    let bytes: [u8; 8] = hash.finalize().as_bytes()[..8].try_into().expect("eight bytes");
    u64::from_le_bytes(bytes)
}

#[test]
fn the_bits_are_the_same_on_every_machine() {
    let found: Vec<String> = Math::ALL.iter().map(|&m| format!("{} {:016x}\n", m.name(), fingerprint(m))).collect();
    let found = found.concat();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/math_bits.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &found).expect("writing the fingerprints");
    }
    assert_eq!(found, std::fs::read_to_string(path).expect("the fingerprints"));
}

#[test]
fn the_denormal_mode_changes_no_bit() {
    let without: Vec<u64> = Math::ALL.iter().map(|&m| fingerprint(m)).collect();
    let guard = Flush::on();
    let with: Vec<u64> = Math::ALL.iter().map(|&m| fingerprint(m)).collect();
    drop(guard);
    assert_eq!(without, with);
}

#[test]
fn the_list_of_names_is_the_one_of_the_reference() {
    let names: Vec<&str> = Math::ALL.iter().map(|m| m.name()).collect();
    let reference = "sin cos tan asin acos atan atan2 sinh cosh tanh exp ln log2 log10 log pow sqrt abs floor ceil round trunc \
                     fract sign min max clamp lerp select hypot wrap midi db";
    assert_eq!(names.join(" "), reference);
    for math in Math::ALL {
        assert_eq!(Math::named(math.name()), Some(math));
        assert!(math.about().ends_with('.'));
        assert_eq!(math.arity(), math.arguments().len());
        if math.arity() == 1 {
            assert!(math.apply(&[NAN]).is_nan(), "{} swallows a NaN", math.name());
        }
    }
    assert_eq!(Math::named("atn"), None);
    exactly(Math::Log.apply(&[1000.0]), 3.0);
}
