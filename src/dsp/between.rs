//! The sound between two frames: weights for its neighbours on both sides. They read nothing and know no rate.
//!
//! A fractional delay of twelve taps (Laakso, Välimäki, Karjalainen, Laine: Splitting the unit delay, 1996, section III) whose taps
//! are polynomials of the fraction (Farrow: A continuously variable digital delay element, 1988), found by least squares so that
//! the response is within 0.09 dB of flat up to 0.39 of the sample rate at any fraction, exact at 0 Hz and where the fraction is 0 or 1.

use super::float::Float;

/// How many samples are taken on each side.
pub const AROUND: usize = 6;

/// Of each pair of neighbours, from the middle outwards, what is added to the straight line, over d(1 - d) at the fraction d: two
/// powers of d(1 - d) for the sum of the pair, and one of d - 1/2 for its difference. Those for the sums add up to nothing.
const PAIRS: [[f64; 3]; AROUND] = [
    [0.47808474, 0.17130321, -1.03349156],
    [-0.67898938, -0.33928532, 0.50849176],
    [0.31404936, 0.28122847, -0.15070950],
    [-0.15881089, -0.16089762, 0.05591288],
    [0.08259300, 0.08829597, -0.02178097],
    [-0.03692683, -0.04064471, 0.00795819],
];

/// What the neighbours add to the straight line between the two in the middle: for each pair from the middle outwards the weight of
/// the newer sample and of the older one, at a part of a frame from the newer to the older, 0 to 1. All are 0 where the
/// neighbours are not `known`. 46 operations.
pub fn weights<F: Float>(part: F, known: F::Bool) -> [[F; 2]; AROUND] {
    let within = F::select(known, part * (-part + 1.0), part.lit(0.0));
    let (square, odd) = (within * within, within * (part - 0.5));
    PAIRS.map(|pair| {
        let [low, high, lean] = pair.map(|factor| part.lit(factor));
        let even = low.mul_add(within, high * square);
        [lean.mul_add(odd, even), (-lean).mul_add(odd, even)]
    })
}
