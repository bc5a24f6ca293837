//! One file per helper or family: words, arguments, units, ranges, claims and kernel. Nothing about a helper is written anywhere else.

mod gain;

pub mod expand;
pub mod language;
pub mod site;
pub mod spec;

pub use expand::{Given, Refused, expand};
pub use site::Site;
pub use spec::{Argument, Claim, Family, Helper, Kernel, Kind, Unit};

/// Every helper, in the order of the reference.
pub const HELPERS: &[&Helper] = &[&gain::GAIN];

/// The helper of a name or an alias.
pub fn find(name: &str) -> Option<&'static Helper> {
    HELPERS.iter().copied().find(|helper| helper.name == name || helper.aliases.contains(&name))
}
