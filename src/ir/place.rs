//! Where something is written in the scripts. It reads none.

/// Line and column in a script, both from 1; 0 is unknown. Files are told apart by their number in the evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Number of the file in the evaluation: 0 is the script itself, the others are imported.
    pub file: u16,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}
