//! Where a value leads: its users, and theirs, up to the output. It reads no program.

use super::hash::mix;
use super::structure::Numbered;

/// What is known of a value's users.
#[derive(Clone, Copy, Default)]
pub(super) struct Users {
    /// The next helpers with state.
    pub near: Numbered,
    /// All helpers with state on the way.
    pub way: Numbered,
    /// Everything on the way.
    pub path: u64,
}

impl Users {
    /// The same hash for everything.
    pub fn all(hash: u64) -> Users {
        let both = Numbered { exact: hash, form: hash };
        Users { near: both, way: both, path: hash }
    }

    /// The same users, with one more step of arithmetic before them.
    pub fn behind(self, step: u64) -> Users {
        Users { path: mix(&[step, self.path]), ..self }
    }

    /// One value more of these users.
    pub fn add(&mut self, other: Users) {
        // Sums, because the order of users means nothing.
        let sum = |one: &mut Numbered, other: Numbered| {
            one.exact = one.exact.wrapping_add(other.exact);
            one.form = one.form.wrapping_add(other.form);
        };
        sum(&mut self.near, other.near);
        sum(&mut self.way, other.way);
        self.path = self.path.wrapping_add(other.path);
    }
}
