//! What rings how: the partials of bars, plates, membranes and stiff strings, and how loud they are. It makes no sound.

use super::spec::Set;
use crate::dsp::math::{exp, ln};

/// How many partials there are where a formula gives them.
const MANY: u32 = 64;

/// Ratios of partials to the lowest, by the body that sounds.
///
/// Bar: free at both ends (Fletcher, Rossing: The physics of musical instruments, 1998, section 2.15). Plate: circular and free, Poisson's ratio
/// 0.33 (Leissa: Vibration of plates, 1969, section 2.1.3). Membrane: the zeros of Bessel's functions (Fletcher, Rossing, section 3.4). Stiff
/// strings: section 2.18. `phi`: powers of the golden ratio.
pub const RATIOS: &[Set] = &[
    Set { name: "bar", rows: bar },
    Set { name: "plate", rows: plate },
    Set { name: "membrane", rows: membrane },
    Set { name: "stiff_string", rows: || stiff(0.0003) },
    Set { name: "stiff_cello", rows: || stiff(0.00008) },
    Set { name: "phi", rows: phi },
];

/// How loud partials are, by their number.
pub const AMPS: &[Set] = &[
    Set { name: "bell", rows: || falling(1.0) },
    Set { name: "soft", rows: || falling(0.5) },
    Set { name: "bright", rows: || falling(0.3) },
];

/// After how many seconds modes are 60 dB softer, by what they are made of: the higher, the sooner.
pub const DECAYS: &[Set] = &[
    Set { name: "metal", rows: || dying(6.0, 0.6) },
    Set { name: "glass", rows: || dying(2.0, 0.8) },
    Set { name: "wood", rows: || dying(0.4, 1.0) },
];

/// Squares of the zeros of cos x cosh x = 1; the fourth and all after it lie at odd multiples of a quarter turn.
fn bar() -> Vec<Vec<f64>> {
    let zero = |n: u32| match n {
        1 => 4.730_040_744_862_704,
        2 => 7.853_204_624_095_838,
        3 => 10.995_607_838_001_671,
        n => (f64::from(n) + 0.5) * std::f64::consts::PI,
    };
    let ratio = |n: u32| zero(n) * zero(n) / (zero(1) * zero(1));
    vec![(1..=16).map(ratio).collect()]
}

fn plate() -> Vec<Vec<f64>> {
    vec![PLATE.to_vec()]
}

fn membrane() -> Vec<Vec<f64>> {
    vec![MEMBRANE.to_vec()]
}

/// Partials of a string of so much inharmonicity; the first is the pitch.
fn stiff(inharmonicity: f64) -> Vec<Vec<f64>> {
    let place = |n: f64| n * (1.0 + inharmonicity * n * n).sqrt();
    vec![(1..=MANY).map(|n| place(f64::from(n)) / place(1.0)).collect()]
}

fn phi() -> Vec<Vec<f64>> {
    let golden = f64::midpoint(1.0, 5.0f64.sqrt());
    vec![std::iter::successors(Some(1.0), |ratio| Some(ratio * golden)).take(16).collect()]
}

/// The number of the partial to a power below 0.
fn falling(power: f64) -> Vec<Vec<f64>> {
    vec![(1..=MANY).map(|n| exp(-power * ln(f64::from(n)))).collect()]
}

fn dying(first: f64, power: f64) -> Vec<Vec<f64>> {
    let mut rows = falling(power);
    rows[0].iter_mut().for_each(|share| *share *= first);
    rows
}

/// Roots of the frequency equation of the free circular plate, over the lowest.
const PLATE: [f64; 18] = [
    1.0, 1.723458, 2.326835, 3.898317, 4.091043, 6.283088, 6.697505, 7.317883, 8.89555, 10.057135, 11.375646,
    11.923024, 13.94485, 15.361449, 16.034862, 16.687972, 18.340331, 19.207663,
];

/// Zeros of J0 to J9 in order, over the lowest.
const MEMBRANE: [f64; 18] = [
    1.0, 1.5933, 2.1355, 2.2954, 2.6531, 2.9173, 3.1555, 3.5001, 3.5985, 3.6475, 4.0589, 4.1317, 4.2304, 4.601, 4.6101,
    4.8319, 4.9033, 5.0836,
];
