//! What a Real can be in all frames of a span: its bounds. They may say too much, and never too little.
//!
//! Bounds are rounded as the operations themselves, which never turn order round, and with denormals flushed as they are. Zeros of
//! both signs are one point.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

/// What a Real can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Real {
    pub low: f64,
    pub high: f64,
    /// Whether it may be no number, too.
    pub nan: bool,
    /// Whether it may be a subnormal number that arithmetic takes for zero and others pass on as it is.
    pub small: bool,
}

impl Real {
    /// Anything.
    pub const ALL: Real = Real { low: f64::NEG_INFINITY, high: f64::INFINITY, nan: true, small: true };

    /// Numbers between two others, both included; anything if one of them is none.
    pub fn new(low: f64, high: f64) -> Real {
        if low.is_nan() || high.is_nan() { Real::ALL } else { Real { low, high, nan: false, small: false } }
    }

    /// Whether it is 0, of either sign.
    pub fn is_zero(self) -> bool {
        self.low == 0.0 && self.high == 0.0 && !self.nan && !self.small
    }

    /// Whether it is a number, and no infinite one.
    pub fn is_finite(self) -> bool {
        self.low > f64::NEG_INFINITY && self.high < f64::INFINITY && !self.nan
    }

    /// Either this or that.
    pub fn or(self, other: Real) -> Real {
        Real {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            nan: self.nan || other.nan,
            small: self.small || other.small,
        }
    }

    /// Whether it can be whatever the other one can be.
    pub fn holds(self, other: Real) -> bool {
        self.low <= other.low && other.high <= self.high && (self.nan || !other.nan) && (self.small || !other.small)
    }

    /// The sign flipped.
    pub fn negated(self) -> Real {
        Real { low: -self.high, high: -self.low, ..self }
    }

    /// The magnitude.
    pub fn abs(self) -> Real {
        let (low, high) = if self.low >= 0.0 {
            (self.low, self.high)
        } else if self.high <= 0.0 {
            (-self.high, -self.low)
        } else {
            (0.0, self.high.max(-self.low))
        };
        Real { low, high, ..self }
    }

    /// Through a function that keeps order and gives no subnormal numbers.
    pub fn through(self, f: impl Fn(f64) -> f64) -> Real {
        Real { low: f(self.low), high: f(self.high), nan: self.nan, small: false }
    }

    /// The square root.
    pub fn sqrt(self) -> Real {
        let real = self.through(|bound| bound.max(0.0).sqrt());
        Real { nan: self.nan || self.low < 0.0, ..real }
    }

    /// The least and the greatest of some bounds.
    fn spanning(bounds: [f64; 4], nan: bool) -> Real {
        if bounds.iter().any(|bound| bound.is_nan()) {
            return Real { small: false, ..Real::ALL };
        }
        let low = bounds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = bounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Real { low, high, nan, small: false }
    }

    /// The sum.
    pub fn plus(self, other: Real) -> Real {
        let infinite = |real: Real| real.low == f64::NEG_INFINITY || real.high == f64::INFINITY;
        let nan = self.nan || other.nan || infinite(self) && infinite(other);
        let sum = Real::new(self.low + other.low, self.high + other.high);
        Real { nan: nan || sum.nan, small: false, ..sum }
    }

    /// The product.
    pub fn times(self, other: Real) -> Real {
        let product = |x: f64, y: f64| x * y;
        Real::spanning(self.corners(other, product), self.nan || other.nan || self.meets_infinity(other))
    }

    /// Whether one can be zero where the other is infinite.
    fn meets_infinity(self, other: Real) -> bool {
        let zero = |real: Real| real.low <= 0.0 && real.high >= 0.0;
        let infinite = |real: Real| real.low == f64::NEG_INFINITY || real.high == f64::INFINITY;
        zero(self) && infinite(other) || infinite(self) && zero(other)
    }

    fn corners(self, other: Real, f: impl Fn(f64, f64) -> f64) -> [f64; 4] {
        let (Real { low: a, high: b, .. }, Real { low: c, high: d, .. }) = (self, other);
        [f(a, c), f(a, d), f(b, c), f(b, d)]
    }

    /// The quotient.
    pub fn divided(self, other: Real) -> Real {
        if other.low <= 0.0 && other.high >= 0.0 {
            return Real { small: false, ..Real::ALL };
        }
        let quotient = |x: f64, y: f64| x / y;
        Real::spanning(self.corners(other, quotient), self.nan || other.nan)
    }

    /// The product plus the addend, rounded once.
    pub fn fused(self, other: Real, addend: Real) -> Real {
        let product = self.times(other);
        // The product itself lies between the neighbours of what it is rounded to.
        let wide = Real { low: below(product.low), high: -below(-product.high), ..product };
        wide.plus(addend)
    }

    /// The left one where it is less, else the right one.
    pub fn min(self, right: Real) -> Real {
        let high = if self.nan { right.high } else { self.high.min(right.high) };
        let low = self.low.min(right.low);
        Real { low, high, nan: right.nan, small: self.small || right.small }
    }

    /// The left one where it is greater, else the right one.
    pub fn max(self, right: Real) -> Real {
        self.negated().min(right.negated()).negated()
    }

    /// Whether it is less, if that is certain.
    pub fn is_less(self, other: Real) -> Option<bool> {
        if self.low >= other.high {
            Some(false)
        } else if self.high < other.low && !self.nan && !other.nan {
            Some(true)
        } else {
            None
        }
    }

    /// Whether it is not greater, if that is certain.
    pub fn is_at_most(self, other: Real) -> Option<bool> {
        if self.low > other.high {
            Some(false)
        } else if self.high <= other.low && !self.nan && !other.nan {
            Some(true)
        } else {
            None
        }
    }

    /// Whether both are the same number, if that is certain.
    pub fn is_same(self, other: Real) -> Option<bool> {
        if self.low > other.high || self.high < other.low {
            Some(false)
        } else if self.is_at_most(other) == Some(true) && other.is_at_most(self) == Some(true) {
            Some(true)
        } else {
            None
        }
    }
}

/// A number below every one that is rounded, or flushed, to this one.
fn below(bound: f64) -> f64 {
    if bound == 0.0 {
        -f64::MIN_POSITIVE
    } else if bound == f64::MIN_POSITIVE {
        0.0
    } else {
        bound.next_down()
    }
}
