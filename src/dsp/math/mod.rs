//! The mathematics of scripts and kernels: every function once, for numbers and for values of a program alike. Nothing here branches, loops on a value, looks up a table or calls libm.
//!
//! Unless a function says otherwise a NaN gives NaN, infinities give the limit or NaN where there is none, and odd functions keep the sign of zero.
//! Operations are counted as they stand in a program, constants apart.

mod explog;
mod hyperbolic;
mod inverse;
mod name;
mod pitch;
mod poly;
mod pow;
mod shape;
mod trig;

pub use explog::{exp, exp2, ln, log2, log10};
pub use hyperbolic::{cosh, sinh, tanh};
pub use inverse::{acos, asin, atan, atan2};
pub use name::{ACCURACY, Math};
pub use pitch::{db, midi};
pub use poly::flip;
pub use pow::pow;
pub use shape::{abs, ceil, clamp, floor, fract, hypot, lerp, max, min, rem, round, select, sign, sqrt, trunc, wrap};
pub use trig::{cos, cos_quarter, cos_turns, sin, sin_quarter, sin_turns, tan, tan_pi, tan_pi_ratio};
