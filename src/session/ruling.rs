//! What was decided about a save that depends on time or memory, and not on the scripts alone. A replay is told it instead of deciding again.

use super::economy::Economy;

/// Decisions about one save, signals by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulings {
    /// Parked signals whose memory was given back, because it was short.
    pub reclaimed: Vec<String>,
    /// Signals whose poisoned state was reset.
    pub cured: Vec<String>,
    /// Signals whose old program could not fade out on a copy, because the room for copies was short.
    pub cut: Vec<String>,
}

/// The decisions about the save that is being staged.
#[derive(Debug, Default)]
pub(super) struct Judge {
    /// What is to be decided, where that is known; `None` where it is decided now.
    pub told: Option<Rulings>,
    /// What was decided.
    pub made: Rulings,
    /// What was given up, whoever decided it.
    pub freed: Economy,
}
