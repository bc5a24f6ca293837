//! The ways in which groups can share a run of steps that are worth a look. It makes no code.

use super::{Order, Planner};
use crate::compile::lanes::allocate::registers;
use crate::compile::lanes::live::most_live;
use crate::compile::lanes::routine::{Along, Routine, Width};
use crate::compile::lanes::team::{Groups, Team, together};

/// Groups in one run of steps at most: with more of them latency is hidden, and code only becomes longer. What windows show of rings
/// takes a part of the first cache itself.
const MOST: usize = 4;
/// Vectors of eight have twice as many registers.
const MOST_OF_EIGHT: usize = 8;
const MOST_WITH_WINDOWS: usize = 3;
const MOST_ALONG_TIME: usize = 3;

/// One in so many steps may have a value that waits on the stack: that costs less than latency that nobody hides.
const CROWDED: usize = 24;

/// Steps beyond which making the code takes longer than it saves.
const LONGEST: usize = 1_200;

/// Registers that a step needs for its operands and its value.
const ENOUGH: usize = 4;

/// One group through all frames, and then the next one.
pub const LONE: (Team, Order) = (Team::LONE, Order::Oldest);

impl Planner<'_> {
    /// All that is worth a look.
    pub fn ways(&self) -> Vec<(Team, Order)> {
        let routine = self.routine;
        let room = registers(routine.width) - routine.spares(self.accumulates);
        let most = self.most().min(LONGEST / routine.steps.len().max(1)).max(1);
        // Cells have registers where those that are left are enough.
        let stays = |all: &Routine| most_live(routine, true).max(ENOUGH) + all.held() <= room;
        let all = (1..=most).map(|groups| together(routine, groups, true)).collect::<Vec<_>>();
        let last = &all[most - 1];
        let instances = self.routine.along == Along::Instances;
        if instances && self.groups == Groups::Exactly(most) && stays(last) {
            let team = Team { groups: most, resident: true, others: false };
            let mut list = Vec::from([Order::Turns, Order::Ready, Order::Oldest].map(|order| (team, order)));
            list.extend((most > 1).then_some(LONE));
            return list;
        }
        let fits = |all: &Routine| most_live(all, false) <= room + all.steps.len() / CROWDED;
        let fitting = all.iter().rposition(fits).map_or(1, |at| at + 1);
        let ways = [
            (fitting, Order::Turns),
            (fitting, Order::Ready),
            (most, Order::Turns),
            (most, Order::Ready),
            (most, Order::Oldest),
            (most.min(2), Order::Oldest),
        ];
        let mut list = Vec::with_capacity(ways.len());
        for (groups, order) in ways {
            let resident = !instances && stays(&all[groups - 1]);
            let way = (Team { groups, resident, others: true }, order);
            // Alone, whoever is next is the oldest.
            if !list.contains(&way) && (groups > 1 || order != Order::Ready) {
                list.push(way);
            }
        }
        if let (true, Some(at)) = (instances && !routine.cells.is_empty(), all.iter().rposition(stays)) {
            let team = Team { groups: at + 1, resident: true, others: true };
            list.extend([Order::Ready, Order::Oldest].map(|order| (team, order)));
            list.extend((at > 0).then_some(LONE));
        }
        if !routine.turned.is_empty() {
            list.extend([Team::ALONE, Team::LONE].map(|team| (team, Order::Even)));
            list.retain(|(team, _)| !team.resident || stays(&all[0]));
            list.extend(self.relay.iter().map(|_| (Team::ALONE, Order::Relay)));
        }
        list
    }

    /// Groups that can go together at most.
    fn most(&self) -> usize {
        let routine = self.routine;
        if routine.along == Along::Time {
            let shares = self.accumulates && routine.feeds.is_empty() && routine.rings.is_empty();
            return if shares { MOST_ALONG_TIME } else { 1 };
        }
        let rings = routine.windows.iter().any(|window| window.head.is_some());
        let most = match routine.width {
            _ if rings => MOST_WITH_WINDOWS,
            Width::Eight => MOST_OF_EIGHT,
            _ => MOST,
        };
        match self.groups {
            // Rings are read line by line: more of them at once drive each other out of the first cache.
            _ if !routine.rings.is_empty() => 1,
            Groups::Any => most,
            Groups::Exactly(exactly) => exactly.min(most),
        }
    }
}
