//! What every memory counts of itself, in units of its own. It judges nothing.

/// What has been counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Units reserved.
    pub capacity: usize,
    /// Units that have an owner.
    pub used: usize,
    /// Units that were given back, but may still be heard.
    pub quarantined: usize,
    /// The most units that ever had an owner at a time.
    pub high_water: usize,
    /// Owners; always `claims - releases`.
    pub keys: usize,
    /// Claims so far.
    pub claims: u64,
    /// What was given back so far.
    pub releases: u64,
    /// Claims refused so far.
    pub refusals: u64,
}

impl Counters {
    /// Of a memory of so many units, none of them claimed.
    pub fn of(capacity: usize) -> Counters {
        Counters { capacity, ..Counters::default() }
    }

    /// Somebody has so many units now.
    pub fn claim(&mut self, units: usize) {
        self.claims += 1;
        self.keys += 1;
        self.used += units;
        self.high_water = self.high_water.max(self.used);
    }

    /// Somebody has given so many units back.
    pub fn release(&mut self, units: usize) {
        self.releases += 1;
        self.keys -= 1;
        self.used -= units;
    }
}
