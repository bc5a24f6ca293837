//! What an Int can be in all frames of a span: its bounds, and its bits as far as they are known. They may say too much, and never too little.

#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)]

use super::real::Real;

/// What an Int can be: a number between bounds, with these bits where they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int {
    pub low: i64,
    pub high: i64,
    /// Which bits are known.
    pub known: u64,
    /// Those; the others are 0.
    pub bits: u64,
    /// What its bits are at most, that of the sign left out: what a Real of these bits says whose sign is not known.
    pub most: u64,
}

/// The sign of a Real, and of an Int.
const SIGN: u64 = 1 << 63;

impl Int {
    /// Anything.
    pub const ALL: Int = Int { low: i64::MIN, high: i64::MAX, known: 0, bits: 0, most: !SIGN };

    /// One number.
    pub const fn one(value: i64) -> Int {
        Int { low: value, high: value, known: !0, bits: value as u64, most: value as u64 & !SIGN }
    }

    /// Numbers between two others, both included.
    pub fn new(low: i64, high: i64) -> Int {
        // Numbers of one sign between two others begin with the bits with which both of these begin.
        let differ = (low ^ high) as u64;
        let known = if differ == 0 { !0 } else { !(u64::MAX >> differ.leading_zeros()) };
        let most = if low < 0 && high >= 0 { !SIGN } else { high as u64 & !SIGN };
        Int { low, high, known, bits: low as u64 & known, most }
    }

    /// Numbers between bounds; anything if those are no Ints.
    fn between(low: i128, high: i128) -> Int {
        match (i64::try_from(low), i64::try_from(high)) {
            (Ok(low), Ok(high)) => Int::new(low, high),
            _ => Int::ALL,
        }
    }

    /// Numbers with such bits.
    fn with(known: u64, bits: u64) -> Int {
        let bits = bits & known;
        // The sign counts for less than nothing.
        let least = bits | (!known & SIGN);
        let most = bits | (!known & !SIGN);
        Int { low: least as i64, high: most as i64, known, bits, most: most & !SIGN }
    }

    /// What is both this and that; they agree somewhere.
    fn narrowed(self, other: Int) -> Int {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if low > high {
            return self;
        }
        let Int { known, bits, most, .. } = Int::new(low, high);
        let most = most.min(self.most).min(other.most);
        Int { low, high, known: self.known | other.known | known, bits: self.bits | other.bits | bits, most }
    }

    /// Either this or that.
    pub fn or(self, other: Int) -> Int {
        let known = self.known & other.known & !(self.bits ^ other.bits);
        let (low, high) = (self.low.min(other.low), self.high.max(other.high));
        Int { low, high, known, bits: self.bits & known, most: self.most.max(other.most) }
    }

    /// Whether it can be whatever the other one can be.
    pub fn holds(self, other: Int) -> bool {
        let same = self.known & !other.known == 0 && (self.bits ^ other.bits) & self.known == 0;
        self.low <= other.low && other.high <= self.high && other.most <= self.most && same
    }

    /// The one number that it can be, if there is just one.
    pub fn only(self) -> Option<i64> {
        (self.low == self.high).then_some(self.low)
    }

    /// The sum.
    pub fn plus(self, other: Int) -> Int {
        let wide = |x: i64| i128::from(x);
        Int::between(wide(self.low) + wide(other.low), wide(self.high) + wide(other.high))
    }

    /// The difference.
    pub fn minus(self, other: Int) -> Int {
        let wide = |x: i64| i128::from(x);
        Int::between(wide(self.low) - wide(other.high), wide(self.high) - wide(other.low))
    }

    /// The product.
    pub fn times(self, other: Int) -> Int {
        let product = |x: i64, y: i64| i128::from(x) * i128::from(y);
        let (Int { low: a, high: b, .. }, Int { low: c, high: d, .. }) = (self, other);
        let all = [product(a, c), product(a, d), product(b, c), product(b, d)];
        let (low, high) = all.iter().fold((all[0], all[0]), |(low, high), x| (low.min(*x), high.max(*x)));
        Int::between(low, high)
    }

    /// Bits in both.
    pub fn both(self, other: Int) -> Int {
        let zeros = |int: Int| int.known & !int.bits;
        let bits = self.bits & other.bits;
        let found = Int::with(bits | zeros(self) | zeros(other), bits);
        let found = Int { most: found.most.min(self.most).min(other.most), ..found };
        // What is not negative is not made more.
        match (self.low >= 0, other.low >= 0) {
            (true, true) => found.narrowed(Int::new(0, self.high.min(other.high))),
            (true, false) => found.narrowed(Int::new(0, self.high)),
            (false, true) => found.narrowed(Int::new(0, other.high)),
            (false, false) => found,
        }
    }

    /// Bits in either.
    pub fn either(self, other: Int) -> Int {
        let zeros = |int: Int| int.known & !int.bits;
        let bits = self.bits | other.bits;
        let found = Int::with(bits | zeros(self) & zeros(other), bits);
        if self.low >= 0 && other.low >= 0 {
            return found.narrowed(Int::new(self.low.max(other.low), i64::MAX));
        }
        found
    }

    /// Bits in one only.
    pub fn one_only(self, other: Int) -> Int {
        let known = self.known & other.known;
        let found = Int::with(known, self.bits ^ other.bits);
        // Whoever has no bit but the sign changes no other.
        let kept = |int: Int, mask: Int| if mask.most == 0 { int.most } else { !SIGN };
        let most = found.most.min(kept(self, other)).min(kept(other, self));
        let found = Int { most, ..found };
        let turned = |int: Int, mask: i64| match mask as u64 {
            // All bits: the order is turned round.
            u64::MAX => Some(Int::new(!int.high, !int.low)),
            // Within one sign, the order stays.
            SIGN if (int.low < 0) == (int.high < 0) => Some(Int::new(int.low ^ mask, int.high ^ mask)),
            _ => None,
        };
        let more = match (self.only(), other.only()) {
            (_, Some(mask)) => turned(self, mask),
            (Some(mask), _) => turned(other, mask),
            _ => None,
        };
        more.map_or(found, |more| found.narrowed(more))
    }

    /// Shifted left, by less than 64.
    pub fn shifted_left(self, by: u32) -> Int {
        let known = self.known << by | !(u64::MAX << by);
        let (low, high) = (i128::from(self.low) << by, i128::from(self.high) << by);
        Int::between(low, high).narrowed(Int::with(known, self.bits << by))
    }

    /// Shifted right, by less than 64, and filled with zeros.
    pub fn shifted_right(self, by: u32) -> Int {
        if by == 0 {
            return self;
        }
        let found = Int::with(self.known >> by | !(u64::MAX >> by), self.bits >> by);
        if self.low >= 0 { found.narrowed(Int::new(self.low >> by, self.high >> by)) } else { found }
    }

    /// Shifted right, by less than 64, and filled with the sign.
    pub fn shifted_signed(self, by: u32) -> Int {
        Int::new(self.low >> by, self.high >> by)
    }

    /// Whether it is less, if that is certain.
    pub fn is_less(self, other: Int) -> Option<bool> {
        if self.high < other.low {
            Some(true)
        } else if self.low >= other.high {
            Some(false)
        } else {
            None
        }
    }

    /// Whether it is not greater, if that is certain.
    pub fn is_at_most(self, other: Int) -> Option<bool> {
        other.is_less(self).map(|greater| !greater)
    }

    /// Whether both are the same, if that is certain.
    pub fn is_same(self, other: Int) -> Option<bool> {
        let differs = (self.bits ^ other.bits) & self.known & other.known != 0;
        if differs || self.high < other.low || self.low > other.high {
            Some(false)
        } else if self.only().is_some() && self.only() == other.only() {
            Some(true)
        } else {
            None
        }
    }

    /// The Real of the same bits.
    pub fn reals(self) -> Real {
        let (least, most) = (self.bits & !SIGN, self.most.min((self.bits | !self.known) & !SIGN));
        if most > f64::MAX.to_bits() {
            return Real::ALL;
        }
        // In that order the bits of positive numbers are ordered as the numbers; a subnormal one is zero.
        let small = least < f64::MIN_POSITIVE.to_bits();
        let real = |bits: i64| match (bits as u64 & !SIGN).max(least).min(most) {
            bits if bits < f64::MIN_POSITIVE.to_bits() => 0.0,
            bits => f64::from_bits(bits),
        };
        let Real { low, high, .. } = if self.low >= 0 {
            Real::new(real(self.low), real(self.high))
        } else if self.high < 0 {
            Real::new(-real(self.high), -real(self.low))
        } else {
            Real::new(-real(most as i64), real(most as i64))
        };
        Real { low, high, nan: false, small }
    }
}

/// The Int of the same bits as a Real.
pub fn to_bits(real: Real) -> Int {
    let bits = |bound: f64| bound.to_bits() as i64;
    if real.nan {
        Int::ALL
    } else if real.low > 0.0 {
        Int::new(bits(real.low), bits(real.high))
    } else if real.high < 0.0 {
        Int::new(bits(real.high), bits(real.low))
    } else {
        let most = real.high.max(-real.low).to_bits() & !SIGN;
        Int { most: if real.small { most.max(f64::MIN_POSITIVE.to_bits()) } else { most }, ..Int::ALL }
    }
}
