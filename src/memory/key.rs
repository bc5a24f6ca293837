//! The name of a helper's memory, in three parts. It is compared part by part, never as text.

use std::fmt;
use std::sync::Arc;

/// Whose block it is: signal, helper and a number among that signal's helpers of the kind.
///
/// It prints as `signal_helper_index`; two keys that print alike may still be strangers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Name of the signal.
    pub signal: Arc<str>,
    /// Name of the helper.
    pub helper: &'static str,
    /// Number among the signal's helpers of this kind, from 0.
    pub index: u32,
}

impl Key {
    /// The key of the `index`th `helper` of `signal`.
    pub fn new(signal: &Arc<str>, helper: &'static str, index: u32) -> Key {
        Key { signal: signal.clone(), helper, index }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.signal, self.helper, self.index)
    }
}
