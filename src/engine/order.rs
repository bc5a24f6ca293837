//! In which order signals run that hear each other, and which of them hear one quantum late. It knows numbers only, the lower the earlier registered.

use super::SlotId;
use super::ear::{Ear, Tenant, Voice};

/// What is done with a slot at one place of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its program runs and is added up.
    Both,
    /// Its program runs, because somebody hears it who is added up before it.
    Run,
    /// It is added up.
    Mix,
    /// Its program runs, and what it gives takes the place of the sum.
    Master,
}

/// One place of the order in which a quantum is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub slot: SlotId,
    pub part: Part,
    /// Whether somebody hears it.
    pub heard: bool,
}

/// Who hears whom one quantum late: pairs of the one who hears and the one who is heard, where `hears` lists for each
/// signal, in the order of registration, whom it hears.
///
/// Signals that hear each other, directly or by way of others, cannot all run first. Of each such group the one that was
/// registered last runs last, and who hears it within the group hears its quantum before; so it goes on with the others, as
/// long as there are groups among them. A signal that hears itself is a group of one.
pub fn late(hears: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut late = Vec::new();
    let mut open = vec![(0..hears.len()).filter(|&one| !hears[one].is_empty()).collect::<Vec<_>>()];
    while let Some(members) = open.pop() {
        for mut group in groups(hears, &members) {
            let last = group.iter().copied().max().unwrap_or(0);
            let before = late.len();
            late.extend(group.iter().filter(|&&one| hears[one].contains(&last)).map(|&one| (one, last)));
            if group.len() > 1 || late.len() > before {
                group.retain(|&one| one != last);
                open.push(group);
            }
        }
    }
    late.sort_unstable();
    late
}

/// Those whom ears hear, each once.
pub(super) fn tenants(ears: &[Ear]) -> Vec<Tenant> {
    let mut tenants: Vec<Tenant> = Vec::new();
    for ear in ears {
        if let Voice::Tenant(tenant) = ear.voice
            && !tenants.contains(&tenant)
        {
            tenants.push(tenant);
        }
    }
    tenants
}

/// The strongly connected components of the graph among these members (Tarjan 1972, without recursion).
fn groups(hears: &[Vec<usize>], members: &[usize]) -> Vec<Vec<usize>> {
    let mut search = Search {
        number: vec![None; hears.len()],
        low: vec![0; hears.len()],
        piled: vec![false; hears.len()],
        pile: Vec::new(),
        count: 0,
    };
    let mut is_member = vec![false; hears.len()];
    members.iter().for_each(|&one| is_member[one] = true);
    let mut groups = Vec::new();
    for &root in members {
        let mut path = if search.enter(root) { vec![(root, 0)] } else { Vec::new() };
        while let Some((one, next)) = path.last_mut() {
            let one = *one;
            if let Some(&other) = hears[one].get(*next) {
                *next += 1;
                if is_member[other] && search.enter(other) {
                    path.push((other, 0));
                } else if search.piled[other] {
                    search.low[one] = search.low[one].min(search.number[other].unwrap_or(0));
                }
                continue;
            }
            path.pop();
            groups.extend(search.leave(one));
            if let Some(&(above, _)) = path.last() {
                search.low[above] = search.low[above].min(search.low[one]);
            }
        }
    }
    groups
}

/// A search for groups.
struct Search {
    /// When each was met.
    number: Vec<Option<usize>>,
    /// The earliest that each leads back to.
    low: Vec<usize>,
    piled: Vec<bool>,
    /// Who was met and is in no group yet.
    pile: Vec<usize>,
    count: usize,
}

impl Search {
    /// Meets one; says whether for the first time.
    fn enter(&mut self, one: usize) -> bool {
        let fresh = self.number[one].is_none();
        if fresh {
            (self.number[one], self.low[one], self.piled[one]) = (Some(self.count), self.count, true);
            self.pile.push(one);
            self.count += 1;
        }
        fresh
    }

    /// Everything behind one was met: the group whose first member it is, if it is that.
    fn leave(&mut self, one: usize) -> Option<Vec<usize>> {
        if Some(self.low[one]) != self.number[one] {
            return None;
        }
        let first = self.pile.iter().rposition(|&other| other == one)?;
        let group = self.pile.split_off(first);
        group.iter().for_each(|&other| self.piled[other] = false);
        Some(group)
    }
}

/// Who must run before whom.
pub(super) struct Order {
    /// For each, those that run before it.
    before: Vec<Vec<usize>>,
}

impl Order {
    /// Of so many, in any order.
    pub fn of(count: usize) -> Order {
        Order { before: vec![Vec::new(); count] }
    }

    /// Those that hear each other: whom somebody hears runs before him, and after him where he hears one quantum late.
    pub fn bind(&mut self, hears: &[Vec<usize>], late: &[(usize, usize)]) {
        for (one, heard) in hears.iter().enumerate() {
            for &other in heard {
                if late.binary_search(&(one, other)).is_err() {
                    self.before[one].push(other);
                } else if other != one {
                    self.before[other].push(one);
                }
            }
        }
    }

    /// Lets `first` run before `then`, unless that contradicts what holds already.
    pub fn wish(&mut self, first: usize, then: usize) {
        let mut open = vec![first];
        let mut seen = vec![false; self.before.len()];
        while let Some(one) = open.pop() {
            if one == then {
                return;
            }
            if !std::mem::replace(&mut seen[one], true) {
                open.extend(&self.before[one]);
            }
        }
        self.before[then].push(first);
    }

    /// The order in which they run, as near as can be to that of their numbers.
    pub fn run(&self) -> Vec<usize> {
        let mut done = vec![false; self.before.len()];
        let mut order = Vec::with_capacity(self.before.len());
        for root in 0..self.before.len() {
            let mut path = vec![(root, 0)];
            while let Some((one, next)) = path.last_mut() {
                let one = *one;
                match self.before[one].get(*next) {
                    _ if done[one] => _ = path.pop(),
                    Some(&other) => {
                        *next += 1;
                        path.push((other, 0));
                    }
                    None => {
                        done[one] = true;
                        order.push(one);
                        path.pop();
                    }
                }
            }
        }
        order
    }
}

/// The steps of a quantum: `mix` is the order in which slots are added up, `order` that in which they run, by their numbers in `mix`.
pub(super) fn steps(mix: &[SlotId], order: &[usize], heard: &[bool]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(mix.len());
    let mut ran = vec![false; mix.len()];
    let mut next = order.iter().copied();
    let mut step = |one: usize, part| steps.push(Step { slot: mix[one], part, heard: heard[one] });
    for number in 0..mix.len() {
        if ran[number] {
            step(number, Part::Mix);
            continue;
        }
        // In the order of running it is the first of those that have not run whose turn it is, or others stand before it.
        for one in next.by_ref() {
            ran[one] = true;
            if one == number {
                step(one, Part::Both);
                break;
            }
            step(one, Part::Run);
        }
    }
    steps
}

/// The step of a slot that stands between the sum and the master.
pub(super) fn master(slot: SlotId) -> Step {
    Step { slot, part: Part::Master, heard: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(hears: &[Vec<usize>]) -> Vec<usize> {
        let mut order = Order::of(hears.len());
        order.bind(hears, &late(hears));
        order.run()
    }

    #[test]
    fn a_cycle_of_any_length_costs_one_quantum_and_it_is_the_last_registered_that_is_heard_late() {
        assert_eq!(late(&[vec![1], vec![0]]), [(0, 1)]);
        assert_eq!(late(&[vec![0]]), [(0, 0)]);
        // 0 hears 1, 1 hears 2, 2 hears 0.
        assert_eq!(late(&[vec![1], vec![2], vec![0]]), [(1, 2)]);
        assert_eq!(order(&[vec![1], vec![2], vec![0]]), [1, 0, 2]);
        let ring = (0..100).map(|one| vec![(one + 1) % 100]).collect::<Vec<_>>();
        assert_eq!(late(&ring), [(98, 99)]);
        // Everybody hears everybody: as they were registered.
        let all = vec![vec![0, 1, 2]; 3];
        assert_eq!(late(&all), [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]);
        assert_eq!(order(&all), [0, 1, 2]);
    }

    #[test]
    fn who_is_heard_runs_first_and_who_hears_late_never_after_whom_he_hears() {
        let mut state = 1_u64;
        let mut dice = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % sides
        };
        for _ in 0..2000 {
            let count = 1 + dice(9) as usize;
            let hears = (0..count).map(|_| (0..count).filter(|_| dice(4) == 0).collect()).collect::<Vec<Vec<usize>>>();
            let (late, order) = (late(&hears), order(&hears));
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..count), "everybody runs once");
            let turn = |one: usize| order.iter().position(|&other| other == one);
            for (one, heard) in hears.iter().enumerate() {
                for &other in heard {
                    if late.contains(&(one, other)) {
                        assert!(other >= one && turn(other) >= turn(one), "{hears:?}");
                    } else {
                        assert!(turn(other) < turn(one), "{hears:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_wish_that_contradicts_is_not_granted() {
        let mut order = Order::of(3);
        order.bind(&[vec![1], vec![], vec![]], &[]);
        order.wish(0, 1);
        order.wish(2, 1);
        assert_eq!(order.run(), [2, 1, 0]);
        let slots = [4, 5, 6].map(SlotId);
        let steps = steps(&slots, &order.run(), &[false, true, true]);
        let parts = steps.iter().map(|step| (step.slot.0, step.part, step.heard)).collect::<Vec<_>>();
        let expected = [
            (6, Part::Run, true),
            (5, Part::Run, true),
            (4, Part::Both, false),
            (5, Part::Mix, true),
            (6, Part::Mix, true),
        ];
        assert_eq!(parts, expected);
    }
}
