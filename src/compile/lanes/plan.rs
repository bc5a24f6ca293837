//! How groups share a run of steps: how many go together, in which order their steps stand, and what stays in registers. What is
//! worth a look (`ways`) is written out, and a model of a processor says what is fastest; nothing is measured, so code is the same everywhere.

mod ways;

use ways::LONE;

use super::allocate::{Registers, allocate, registers};
use super::check::check;
use super::encode::Body;
use super::often;
use super::processor;
use super::relay::relay;
use super::routine::{Along, Routine};
use super::schedule::{Pace, schedule};
use super::team::{Groups, Team, together};
use crate::ir::call::QUANTUM;

/// How many of the best plans are tried with literals in registers, which are not so many per cent slower than the best one, and how
/// many per cent each more of these must save: a model is not exact.
const REFINED: usize = 2;
const CLOSE: u64 = 5;
const WORTH: u64 = 3;

/// A group alone leaves the most registers for literals, which may save so many per cent, and is preferred where it is as close then.
const ROOMY: u64 = 30;

/// How many literals may stay in registers, one after the other, while that helps and so many registers are left for values.
const LITERALS: [usize; 3] = [3, 6, 12];
const LEFT: usize = 7;

/// Divides by each number of groups that go together.
const SHARES: u64 = 12;

/// What is encoded.
pub struct Plan {
    /// How groups go together.
    pub team: Team,
    /// The steps of a team, and those of a group alone if there can be others; or the three of a relay.
    pub bodies: Vec<Body>,
}

/// In which order the steps of several groups stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The same step of all of them, then the next one: what they read in common is read once.
    Turns,
    /// As before, but what is ready goes first.
    Ready,
    /// One group after the other, but what is ready goes first: few values are held at once.
    Oldest,
    /// The same, but what nobody waits for is spread between what waits for each other.
    Even,
    /// The same, of what is left of a vector of frames and of what comes first of the next one.
    Relay,
}

/// The fastest way. An error is a mistake here.
pub fn plan(routine: &Routine, groups: Groups, accumulates: bool) -> Result<Plan, String> {
    let planner = Planner { routine, groups, accumulates, relay: relay(routine) };
    let mut plans = Vec::new();
    for (team, order) in planner.ways() {
        let plan = planner.bodies(team, order, &[])?;
        plans.push((planner.cost(&plan), order, plan));
    }
    plans.sort_by_key(|(cost, ..)| *cost);
    let least = plans.first().map_or(0, |(cost, ..)| *cost);
    let mut refined = 0;
    let lone = |team: Team, order: Order| (team, order) == LONE && routine.along == Along::Instances;
    plans.retain(|(cost, order, plan)| {
        let lone = lone(plan.team, *order);
        refined += usize::from(!lone);
        *cost * 100 <= least * (100 + if lone { ROOMY } else { CLOSE }) && (lone || refined <= REFINED)
    });
    let mut best: Option<(u64, Plan)> = None;
    for (mut cost, order, mut plan) in plans {
        let literals = often::literals(&plan.bodies[0].routine);
        let least = plan.bodies.iter().map(|body| body.given.free).min().unwrap_or_default();
        let some = LITERALS.into_iter().filter(|many| *many < literals.len()).chain([literals.len()]);
        for many in some.take_while(|many| *many + LEFT <= least) {
            let with = planner.bodies(plan.team, order, &literals[..many])?;
            let sooner = planner.cost(&with);
            if sooner * 100 < cost * (100 - WORTH) {
                (cost, plan) = (sooner, with);
            }
        }
        // Whoever is alone needs least of the first cache, and where nothing waits for itself few values at once are sooner there
        // than the model sees.
        let weighed = match order {
            _ if lone(plan.team, order) => cost * 100 / (100 + CLOSE),
            Order::Oldest if routine.along == Along::Time => cost * 100 / (100 + WORTH),
            _ => cost,
        };
        if best.as_ref().is_none_or(|best| weighed < best.0) {
            best = Some((weighed, plan));
        }
    }
    best.map(|(_, plan)| plan).ok_or_else(|| "there is no way".to_owned())
}

struct Planner<'r> {
    routine: &'r Routine,
    groups: Groups,
    accumulates: bool,
    relay: Option<[Routine; 3]>,
}

impl Planner<'_> {
    fn bodies(&self, team: Team, order: Order, literals: &[u32]) -> Result<Plan, String> {
        let sizes = [team.groups, 1];
        let sizes = if team.groups > 1 && team.others { &sizes[..] } else { &sizes[..1] };
        let side_by_side = matches!(order, Order::Turns | Order::Ready);
        let routines = match (order, &self.relay) {
            (Order::Relay, Some(relay)) => relay.to_vec(),
            _ => sizes.iter().map(|groups| together(self.routine, *groups, side_by_side)).collect(),
        };
        let bodies = routines.into_iter().map(|routine| {
            let given = self.given(team, &routine, literals);
            let routine = match order {
                Order::Turns => routine,
                Order::Ready | Order::Oldest => schedule(&routine, given.free, team.resident, Pace::Early),
                Order::Even | Order::Relay => schedule(&routine, given.free, team.resident, Pace::Even),
            };
            body(often::keep(&routine, literals), given)
        });
        Ok(Plan { team, bodies: bodies.collect::<Result<Vec<_>, _>>()? })
    }

    /// What the registers are for in a body: the same for all that share literals.
    fn given(&self, team: Team, routine: &Routine, literals: &[u32]) -> Registers {
        let cells = if team.resident { routine.held() } else { 0 };
        let free = registers(routine.width) - self.routine.spares(self.accumulates) - cells - literals.len();
        Registers { free, cells, literals: literals.into() }
    }

    /// What a group takes, in shares of a cycle.
    fn cost(&self, plan: &Plan) -> u64 {
        let groups = plan.team.groups;
        let cycles = |body: &Body, others: usize| processor::time(body, self.accumulates, others, SHARES);
        let side_by_side = match self.groups {
            _ if self.routine.along == Along::Time || !self.routine.windows.is_empty() || plan.team.resident => groups,
            Groups::Exactly(exactly) => exactly,
            Groups::Any => plan.team.deepest(self.routine),
        };
        let team = cycles(&plan.bodies[0], (side_by_side / groups).saturating_sub(1));
        match (self.groups, &*plan.bodies) {
            (Groups::Exactly(exactly), [_, alone]) => {
                let alone = cycles(alone, exactly - 1);
                (team * (exactly / groups) as u64 + alone * (exactly % groups) as u64) / exactly as u64
            }
            // The first and the last vector of a quantum stand alone.
            (_, [_, both, last]) => {
                let vectors = (QUANTUM / self.routine.width.lanes()) as u64;
                (team + cycles(both, 0) * (vectors - 1) + cycles(last, 0)) / vectors
            }
            _ => team / groups as u64,
        }
    }
}

/// A run of steps whose values have places.
fn body(routine: Routine, given: Registers) -> Result<Body, String> {
    let allocation = allocate(&routine, &given);
    if cfg!(debug_assertions)
        && let Some(mistake) = check(&routine, &given, &allocation)
    {
        return Err(mistake);
    }
    Ok(Body { routine, given, allocation })
}

#[cfg(test)]
mod tests {
    use super::super::live::most_live;
    use super::super::lower::lower;
    use super::super::processor::time;
    use super::super::routine::{Code, Operand, Step, Width};
    use super::*;
    use crate::ir::{Bound, Builder, F, Owner, Place, Program, Type};

    /// So many cells, each of which becomes a sum of itself and of the one behind it, as often as `deep` says.
    fn ring(cells: usize, deep: usize) -> Program {
        let builder = Builder::new(1000);
        let instance = builder.instance("ring", 1, Place::default());
        let cells = (0..cells).map(|_| builder.claim_cell(instance)).collect::<Vec<_>>();
        let old = cells.iter().map(|(memory, at)| builder.real(builder.load(Type::Real, *memory, *at)));
        let old = old.collect::<Vec<_>>();
        fn chain<'b>(one: F<'b>, other: F<'b>, deep: usize) -> F<'b> {
            (0..deep).fold(one, |sum, n| sum * (0.5 + n as f64) + other)
        }
        for (n, (memory, at)) in cells.iter().enumerate() {
            builder.store(*memory, *at, chain(old[n], old[(n + 1) % old.len()], deep).id());
        }
        builder.finish(&[old.iter().fold(builder.number(0.0), |sum, one| sum + *one)])
    }

    fn instances(program: &Program, width: Width) -> Routine {
        lower(program, width, Along::Instances, false).expect("straight")
    }

    fn cycles(body: &Body, others: usize) -> u64 {
        time(body, false, others, 1)
    }

    #[test]
    fn state_of_four_groups_stays_in_sixteen_registers_where_one_group_comes_after_the_other() {
        let routine = instances(&ring(3, 2), Width::Four);
        let plan = plan(&routine, Groups::Exactly(4), false).expect("a plan");
        assert_eq!(plan.team, Team { groups: 4, resident: true, others: false });
        assert_eq!(plan.bodies.len(), 1, "there are no others");
        let Body { given, allocation, .. } = &plan.bodies[0];
        assert_eq!((given.free, given.cells, allocation.slots), (4, 12, 0));
        // One more cell, and it does not.
        let routine = instances(&ring(4, 2), Width::Four);
        let plan = super::plan(&routine, Groups::Exactly(4), false).expect("a plan");
        assert!(!plan.team.resident);
    }

    #[test]
    fn literals_have_registers_where_reading_them_takes_longest() {
        let builder = Builder::new(1000);
        let time = builder.int(builder.frame()).to_real() * 0.001;
        let wave = (0..12).fold(time, |sum, n| sum * time + time * (0.5 + n as f64));
        let program = builder.finish(&[wave]);
        let routine = lower(&program, Width::Eight, Along::Time, false).expect("known ahead");
        let plan = plan(&routine, Groups::Any, false).expect("a plan");
        let [Body { given: Registers { free, cells, literals }, .. }] = &plan.bodies[..] else { unreachable!() };
        assert!(literals.len() > 3 && *free >= LEFT, "{literals:?}, {free}");
        assert_eq!(free + cells + literals.len(), registers(Width::Eight));
    }

    #[test]
    fn one_group_alone_has_its_literals_in_registers_where_its_recursion_is_short() {
        let builder = Builder::new(1000);
        let instance = builder.instance("phase", 1, Place::default());
        let (memory, at) = builder.claim_cell(instance);
        let phase = builder.real(builder.load(Type::Real, memory, at));
        builder.store(memory, at, (phase + 0.01).id());
        let square = phase * phase;
        let wave = (0..12).fold(phase, |sum, n| sum + (square + phase * (0.5 + n as f64)) * square);
        let short = instances(&builder.finish(&[wave]), Width::Eight);
        let [short, long] = [short, instances(&ring(2, 12), Width::Eight)]
            .map(|routine| plan(&routine, Groups::Any, false).expect("a plan"));
        assert_eq!((short.team, short.bodies[0].given.literals.len()), (Team::LONE, 12));
        // It waits for itself longer than it takes: others come between.
        assert!(long.team.groups > 1);
    }

    #[test]
    fn a_recursion_takes_its_latency_and_by_way_of_memory_more_unless_others_come_between() {
        let routine = instances(&ring(1, 4), Width::Eight);
        let planner = Planner { routine: &routine, groups: Groups::Exactly(1), accumulates: false, relay: None };
        let body = |resident: bool| {
            let team = Team { resident, ..Team::ALONE };
            planner.bodies(team, Order::Turns, &[]).expect("a plan").bodies.remove(0)
        };
        // Four products and four sums of three cycles each.
        assert_eq!(cycles(&body(true), 0), 24);
        assert_eq!(cycles(&body(false), 0), 24 + 12);
        assert!(cycles(&body(false), 7) < 12);
    }

    #[test]
    fn what_is_ready_goes_first_and_no_step_comes_before_what_it_needs() {
        let routine = together(&instances(&ring(4, 20), Width::Four), 2, false);
        let ordered = schedule(&routine, 12, false, Pace::Early);
        assert_eq!(ordered.steps.len(), routine.steps.len());
        let mut made = vec![false; ordered.values as usize];
        let mut kept = vec![false; ordered.cells.len()];
        for step in &ordered.steps {
            for operand in step.operands() {
                match operand {
                    Operand::Value(value) => assert!(made[value as usize], "{step:?}"),
                    Operand::Cell(cell) => assert!(!kept[cell as usize], "{step:?}"),
                    _ => {}
                }
            }
            step.to.into_iter().for_each(|to| made[to as usize] = true);
            if let Code::Keep(cell) = step.code {
                kept[cell as usize] = true;
            }
        }
        // Steps of several chains stand between those of one.
        let body = |routine: &Routine| {
            let given = Registers { free: 14, cells: 0, literals: Vec::new() };
            body(often::keep(routine, &[]), given).expect("a body")
        };
        assert!(cycles(&body(&ordered), 3) * 10 < cycles(&body(&routine), 3) * 9);
    }

    #[test]
    fn what_is_written_to_a_ring_stays_behind_what_is_read_of_it_where_registers_run_out() {
        let builder = Builder::new(1000);
        let frame = builder.frame();
        let time = builder.int(frame).to_real();
        // The same slots, as far as the code knows: each is read before it is written.
        let reads = (0..20).map(|_| {
            let [read, written] = [Owner::Feed, Owner::Scratch].map(|owner| builder.memory(owner, QUANTUM as u32));
            let old = builder.real(builder.load_at(Type::Real, read, frame, Bound::Quantum));
            builder.store_at(written, frame, Bound::Quantum, time.id());
            old
        });
        let reads = reads.collect::<Vec<_>>();
        let sum = reads.iter().rev().fold(time, |sum, old| sum * *old);
        let routine = lower(&builder.finish(&[sum]), Width::Four, Along::Time, false).expect("known ahead");
        let ordered = schedule(&routine, 8, false, Pace::Early);
        let reads = |step: &Step| matches!(step.from[0], Some(Operand::Feed(_)));
        let mut read = 0;
        for step in &ordered.steps {
            read += usize::from(reads(step));
            if let Code::Feed(number) = step.code {
                // Feeds are numbered as they come, by turns.
                assert!(read > number as usize / 2, "{number} is written after {read} reads");
            }
        }
        assert_eq!(read, 20);
    }

    #[test]
    fn the_order_holds_no_more_values_than_there_are_registers() {
        let routine = together(&instances(&ring(6, 8), Width::Four), 4, false);
        for free in [10, 14] {
            assert!(most_live(&schedule(&routine, free, false, Pace::Early), false) <= free, "{free}");
        }
    }
}
