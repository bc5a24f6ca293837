//! Index types, so that a block is never taken for a value. They own nothing.

use std::fmt;

macro_rules! entity {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $name {
            /// The entity at an index of its list.
            pub fn new(index: usize) -> $name {
                $name(u32::try_from(index).expect("fewer than 2^32 entities"))
            }

            /// Its index in the list.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

entity! {
    /// A value or statement, printed `v7`.
    ValueId "v";
    /// A block, printed `b2`.
    BlockId "b";
    /// A row of the table of constants, printed `k3`.
    ConstantId "k";
    /// A memory, printed `m1`.
    MemoryId "m";
    /// A helper with state, printed `i4`.
    InstanceId "i";
    /// Something that can go wrong, printed `f0`.
    FaultId "f";
}
