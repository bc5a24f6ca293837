//! Several groups of instances in one run of steps, so that each hides the latency of the others. It gives no value a place.

use super::allocate::{SPARE, registers};
use super::routine::{Along, Code, Operand, Routine, Step, Virtual, Width};

/// For how many groups code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Groups {
    /// However many there are.
    Any,
    /// Just as many: what they keep from frame to frame can stay in registers.
    Exactly(usize),
}

/// Groups for which just as many code is made at most; of more of them the code would differ with each voice that comes and goes.
const FEW: usize = 4;

/// Groups in one run of steps at most: with more of them latency is hidden, and code only becomes longer. What windows show of rings
/// takes a part of the first cache itself.
const MOST: usize = 4;
const MOST_WITH_WINDOWS: usize = 3;
const MOST_ALONG_TIME: usize = 2;

/// One in so many steps may have a value that waits on the stack: that costs less than latency that nobody hides.
const CROWDED: usize = 24;

/// Steps beyond which making the code takes longer than it saves.
const LONGEST: usize = 1_200;

impl Groups {
    /// Of so many instances.
    pub fn of(instances: usize, width: Width) -> Groups {
        let groups = instances.div_ceil(width.lanes()).max(1);
        if groups <= FEW { Groups::Exactly(groups) } else { Groups::Any }
    }
}

/// How groups share a run of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Team {
    /// How many there are in it; those that are left run one by one.
    pub groups: usize,
    /// Whether cells stay in registers from the first frame to the last; of instances there are no others then.
    pub resident: bool,
}

impl Team {
    /// One group after the other.
    pub const ALONE: Team = Team { groups: 1, resident: false };

    /// The team of a routine.
    pub fn of(routine: &Routine, groups: Groups, accumulates: bool) -> Team {
        if routine.width == Width::Two {
            return Team::ALONE;
        }
        if routine.along == Along::Time {
            return Team::along_time(routine, accumulates);
        }
        let room = registers(routine.width) - SPARE;
        let (live, cells) = (most_live(routine), routine.cells.len());
        let most_of_all =
            if routine.windows.iter().any(|window| window.head.is_some()) { MOST_WITH_WINDOWS } else { MOST };
        let most = match groups {
            // Rings are read line by line: more of them at once drive each other out of the first cache.
            _ if !routine.rings.is_empty() => 1,
            _ if groups == Groups::Exactly(1) => 1,
            Groups::Any => most_of_all,
            Groups::Exactly(exactly) => exactly.min(most_of_all),
        };
        let most = most.min(LONGEST / routine.steps.len().max(1)).max(1);
        if groups == Groups::Exactly(most) && most * (live + cells) <= room {
            return Team { groups: most, resident: true };
        }
        let fits = |groups: &usize| {
            let all = together(routine, *groups);
            most_live(&all) <= room + all.steps.len() / CROWDED
        };
        Team { groups: (2..=most).rev().find(fits).unwrap_or(1), resident: false }
    }

    /// Of frames in the lanes: what is added up goes two by two where there is room. Counts stay in registers where there is room: by way
    /// of memory a count takes as long as a dozen steps.
    fn along_time(routine: &Routine, accumulates: bool) -> Team {
        let room = registers(routine.width) - SPARE;
        let fits = |groups: &usize| {
            let all = together(routine, *groups);
            let room = if *groups > 1 { room + all.steps.len() / CROWDED } else { room };
            all.steps.len() <= LONGEST && most_live(&all) + all.cells.len() <= room
        };
        let most =
            if accumulates && routine.feeds.is_empty() && routine.rings.is_empty() { MOST_ALONG_TIME } else { 1 };
        let groups = (1..=most).rev().find(fits);
        Team { groups: groups.unwrap_or(1), resident: groups.is_some() }
    }

    /// So many groups as teams, and those that are left.
    pub fn share(self, groups: usize) -> (usize, usize) {
        if self.groups == 1 { (0, groups) } else { (groups / self.groups, groups % self.groups) }
    }

    /// Registers that values of this routine can live in.
    pub fn room(self, routine: &Routine) -> usize {
        let cells = if self.resident { routine.cells.len() } else { 0 };
        registers(routine.width).saturating_sub(SPARE + cells)
    }
}

/// How many values are needed at once that can be read nowhere else.
fn most_live(routine: &Routine) -> usize {
    let mut last = vec![0; routine.values as usize];
    for (number, step) in routine.steps.iter().enumerate() {
        for operand in step.operands() {
            if let Operand::Value(value) = operand {
                last[value as usize] = number;
            }
        }
    }
    let mut ends = vec![0; routine.steps.len()];
    let (mut live, mut most) = (0_usize, 0);
    for (number, step) in routine.steps.iter().enumerate() {
        let again = step.code == Code::Move && step.from[0].is_some_and(|from| from.stays());
        if let (Some(value), false) = (step.to, again) {
            live += 1;
            most = most.max(live);
            // What nobody needs ends where it is made.
            ends[last[value as usize].max(number)] += 1;
        }
        live -= ends[number];
    }
    most
}

/// The routine of so many groups: their steps by turns, what is the same for all of them once, and their samples at the end.
pub fn together(routine: &Routine, groups: usize) -> Routine {
    let repeat = |count: usize| count * groups;
    let mut all = Routine {
        steps: Vec::with_capacity(repeat(routine.steps.len())),
        values: 0,
        cells: routine.cells.repeat(groups),
        constants: routine.constants.repeat(groups),
        rings: routine.rings.repeat(groups),
        windows: (0..groups).flat_map(|_| routine.windows.clone()).collect(),
        growth: routine.growth.repeat(groups),
        ..routine.clone()
    };
    // What each value is called in each group.
    let mut names: Vec<Vec<Virtual>> = vec![Vec::new(); routine.values as usize];
    let mut gives: Vec<Step> = Vec::new();
    for step in &routine.steps {
        if let Code::Give(_) = step.code {
            gives.push(*step);
            continue;
        }
        let count = if is_for_all(step, &names) { 1 } else { groups };
        for group in 0..count {
            let to = step.to.map(|value| {
                names[value as usize].push(all.values);
                all.values += 1;
                all.values - 1
            });
            all.steps.push(Step { to, ..of_group(routine, step, group, &names) });
        }
    }
    let given = |group: usize, step: &Step| of_group(routine, step, group, &names);
    let given = &given;
    match routine.along {
        Along::Instances => {
            all.steps.extend((0..groups).flat_map(|group| gives.iter().map(move |step| given(group, step))));
        }
        // What is added up comes together.
        Along::Time => all.steps.extend(gives.iter().flat_map(|step| (0..groups).map(move |group| given(group, step)))),
    }
    all
}

/// Whether a step gives all groups the same.
fn is_for_all(step: &Step, names: &[Vec<Virtual>]) -> bool {
    let pure =
        !matches!(step.code, Code::Fetch | Code::Put | Code::Keep(_) | Code::Lay(_) | Code::Feed(_) | Code::Give(_));
    pure && step.operands().all(|operand| match operand {
        Operand::Value(value) => names[value as usize].len() == 1,
        Operand::Literal(_) | Operand::Feed(_) | Operand::Frame => true,
        Operand::Constant(_) | Operand::Cell(_) | Operand::Ring(..) | Operand::Window(..) => false,
    })
}

/// A step as a group does it.
fn of_group(routine: &Routine, step: &Step, group: usize, names: &[Vec<Virtual>]) -> Step {
    let of = |list: usize, number: u32| number + (list * group) as u32;
    let operand = |operand: Operand| match operand {
        Operand::Value(value) => {
            let names = &names[value as usize];
            Operand::Value(names[group.min(names.len() - 1)])
        }
        Operand::Constant(number) => Operand::Constant(of(routine.constants.len(), number)),
        Operand::Cell(number) => Operand::Cell(of(routine.cells.len(), number)),
        Operand::Ring(number, field) => Operand::Ring(of(routine.rings.len(), number), field),
        Operand::Window(number, ahead) => Operand::Window(of(routine.windows.len(), number), ahead),
        same => same,
    };
    let code = match step.code {
        Code::Keep(number) => Code::Keep(of(routine.cells.len(), number)),
        Code::Lay(number) => Code::Lay(of(routine.windows.len(), number)),
        Code::Give(channel) => Code::Give(of(routine.channels as usize, channel)),
        same => same,
    };
    Step { code, to: step.to, from: step.from.map(|from| from.map(operand)) }
}
