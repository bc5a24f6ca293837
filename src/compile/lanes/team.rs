//! Several groups of instances in one run of steps, so that each hides the latency of the others. It gives no value a place.

use super::routine::{Along, Code, Operand, Routine, Step, Virtual, Width, Window};
use super::windows::write_behind;

/// For how many groups code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Groups {
    /// However many there are.
    Any,
    /// Just as many: what they keep from frame to frame can stay in registers.
    Exactly(usize),
}

/// Groups for which just as many code is made at most; of more of them the code would differ with each voice that comes and goes.
pub(super) const FEW: usize = 4;

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
    /// Whether cells stay in registers from the first frame to the last: one team goes through all frames before the next one.
    pub resident: bool,
    /// Whether there can be groups beside a team that stays.
    pub others: bool,
}

impl Team {
    /// One group after the other.
    pub const ALONE: Team = Team { groups: 1, resident: false, others: true };
    /// The same, each through all frames before the next one.
    pub const LONE: Team = Team { resident: true, ..Team::ALONE };

    /// So many groups as teams, and those that are left.
    pub fn share(self, groups: usize) -> (usize, usize) {
        if self.groups == 1 { (0, groups) } else { (groups / self.groups, groups % self.groups) }
    }
}

/// The routine of so many groups: their steps by turns or group by group, what is the same for all of them once, and their samples at
/// the end.
pub fn together(routine: &Routine, groups: usize, by_turns: bool) -> Routine {
    let repeat = |count: usize| count * groups;
    let before = |group: usize| (group * routine.windows.len()) as u32;
    let of = |group: usize, window: &Window| {
        let place_of = window.place_of.map(|read| read + before(group));
        Window { place_of, ..window.clone() }
    };
    let mut all = Routine {
        steps: Vec::with_capacity(repeat(routine.steps.len())),
        values: 0,
        cells: routine.cells.repeat(groups),
        constants: routine.constants.repeat(groups),
        rings: routine.rings.repeat(groups),
        windows: (0..groups).flat_map(|group| routine.windows.iter().map(move |window| of(group, window))).collect(),
        growth: routine.growth.repeat(groups),
        ..routine.clone()
    };
    // What each value is called in each group.
    let mut names: Vec<Vec<Virtual>> = vec![Vec::new(); routine.values as usize];
    let mut gives: Vec<Step> = Vec::new();
    // Whose each step is; the first group's are those of all.
    let mut whose: Vec<usize> = Vec::new();
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
            whose.push(group);
        }
    }
    if !by_turns {
        let mut order = (0..whose.len()).collect::<Vec<_>>();
        order.sort_by_key(|number| whose[*number]);
        all.steps = order.into_iter().map(|number| all.steps[number]).collect();
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
    write_behind(&mut all);
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
