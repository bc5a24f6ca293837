//! The forms that a helper's kernel may have: how many values it takes, and whether it sees one channel or all. It runs none.

use std::array::from_fn;
use std::fmt;

use super::Site;
use crate::ir::F;

/// Computes one channel from `N` values.
pub type Each<const N: usize> = for<'b> fn(&Site<'b>, [F<'b>; N]) -> F<'b>;
/// Computes all channels from all of the first value and `N` others.
pub type Wide<const N: usize> = for<'b> fn(&Site<'b>, &[F<'b>], [F<'b>; N]) -> Vec<F<'b>>;

/// What a helper computes for one frame, from its arguments that are values, in order; the others are asked of the site.
///
/// `Each` is called once per channel. `Wide` is called once: it sees all channels of the first argument, of other sounds the
/// mean of their channels, and gives as many channels as it likes.
#[derive(Clone, Copy)]
pub enum Kernel {
    /// Each channel from no values.
    Each0(for<'b> fn(&Site<'b>) -> F<'b>),
    /// Each channel from one value.
    Each1(Each<1>),
    /// Each channel from 2 values.
    Each2(Each<2>),
    /// Each channel from 3 values.
    Each3(Each<3>),
    /// Each channel from 4 values.
    Each4(Each<4>),
    /// Each channel from 5 values.
    Each5(Each<5>),
    /// Each channel from 6 values.
    Each6(Each<6>),
    /// Each channel from 7 values.
    Each7(Each<7>),
    /// Each channel from 8 values.
    Each8(Each<8>),
    /// All channels from the first value alone.
    Wide1(Wide<0>),
    /// All channels from the first value and one other.
    Wide2(Wide<1>),
    /// All channels from the first value and 2 others.
    Wide3(Wide<2>),
    /// All channels from the first value and 3 others.
    Wide4(Wide<3>),
    /// All channels from the first value and 4 others.
    Wide5(Wide<4>),
    /// All channels from the first value and 5 others.
    Wide6(Wide<5>),
    /// All channels from the first value and 6 others.
    Wide7(Wide<6>),
    /// All channels from the first value and 7 others.
    Wide8(Wide<7>),
}

impl Kernel {
    /// How many values it takes.
    pub const fn arity(&self) -> usize {
        match self {
            Kernel::Each0(_) => 0,
            Kernel::Each1(_) | Kernel::Wide1(_) => 1,
            Kernel::Each2(_) | Kernel::Wide2(_) => 2,
            Kernel::Each3(_) | Kernel::Wide3(_) => 3,
            Kernel::Each4(_) | Kernel::Wide4(_) => 4,
            Kernel::Each5(_) | Kernel::Wide5(_) => 5,
            Kernel::Each6(_) | Kernel::Wide6(_) => 6,
            Kernel::Each7(_) | Kernel::Wide7(_) => 7,
            Kernel::Each8(_) | Kernel::Wide8(_) => 8,
        }
    }

    /// Whether it sees all channels at once.
    pub const fn is_wide(&self) -> bool {
        use Kernel::*;
        matches!(self, Wide1(_) | Wide2(_) | Wide3(_) | Wide4(_) | Wide5(_) | Wide6(_) | Wide7(_) | Wide8(_))
    }

    /// Builds it for values with one channel each, or, where it is wide, with any number of channels in the first.
    pub(super) fn build<'b>(&self, site: &Site<'b>, values: &[&[F<'b>]]) -> Vec<F<'b>> {
        match *self {
            Kernel::Each0(kernel) => vec![kernel(site)],
            Kernel::Each1(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each2(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each3(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each4(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each5(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each6(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each7(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Each8(kernel) => vec![kernel(site, from_fn(|n| values[n][0]))],
            Kernel::Wide1(kernel) => kernel(site, values[0], []),
            Kernel::Wide2(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
            Kernel::Wide3(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
            Kernel::Wide4(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
            Kernel::Wide5(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
            Kernel::Wide6(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
            Kernel::Wide7(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
            Kernel::Wide8(kernel) => kernel(site, values[0], from_fn(|n| values[n + 1][0])),
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kernel/{}", self.arity())
    }
}
