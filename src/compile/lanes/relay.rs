//! Cuts a routine along time in two, of which one runs a vector of frames ahead of the other. It gives no value a place.
//!
//! A recursion that is given what another one gives begins late, and a processor does not look far enough ahead to begin the next
//! vector meanwhile. So what comes before is done for the next vector beside what comes after of the present one, and hands it over
//! (software pipelining: Lam 1988).

use super::routine::{Code, Operand, Routine, Step, Virtual};

/// Numbers that may be handed over: each is written and read once more.
const MOST: usize = 8;

/// Steps that must come before to be worth a loop of their own.
const LEAST: usize = 8;

/// The steps for the first vector of frames, those for each one beside those before the next, and those that are left for the last
/// one; none where nothing comes before a recursion but what is read of rings.
pub fn relay(routine: &Routine) -> Option<[Routine; 3]> {
    let mut late = late(routine);
    sink(routine, &mut late);
    let early = (0..late.len()).filter(|number| !late[*number] && !is_anywhere(&routine.steps[*number])).count();
    let asks = |step: &Step| step.operands().any(|operand| operand == Operand::Frame);
    if routine.turned.is_empty()
        || early < LEAST
        || late.iter().zip(&routine.steps).any(|(late, step)| *late && asks(step))
    {
        return None;
    }
    let mut handed = vec![false; routine.values as usize];
    for (step, _) in routine.steps.iter().zip(&late).filter(|(_, late)| **late) {
        step.values().for_each(|value| handed[value as usize] = true);
    }
    let made = routine.steps.iter().zip(&late).filter(|(step, late)| !**late && !is_anywhere(step));
    let handed = made.filter_map(|(step, _)| step.to.filter(|to| handed[*to as usize])).collect::<Vec<_>>();
    if handed.len() > MOST {
        return None;
    }
    let parts = [(true, false), (true, true), (false, true)];
    Some(parts.map(|(begins, ends)| part(routine, &late, &handed, begins, ends)))
}

/// A move of what can be read wherever it is needed.
fn is_anywhere(step: &Step) -> bool {
    step.code == Code::Move && step.from[0].is_some_and(|from| from.stays())
}

/// The cell that a step reads or keeps.
fn cell(step: &Step) -> Option<u32> {
    match (step.code, step.from[0]) {
        (Code::Keep(cell), _) | (_, Some(Operand::Cell(cell))) => Some(cell),
        _ => None,
    }
}

/// Which steps need what is read of rings, or a recursion that needs another one, and all that touches the same cells; and whatever
/// writes something else than cells.
fn late(routine: &Routine) -> Vec<bool> {
    let mut late = vec![false; routine.steps.len()];
    let mut values = vec![false; routine.values as usize];
    let mut cells = vec![false; routine.cells.len()];
    cells.extend(routine.turned.iter().map(|turned| turned.level > 0));
    loop {
        let mut settled = true;
        for (number, step) in routine.steps.iter().enumerate().filter(|(_, step)| !is_anywhere(step)) {
            let needs = |operand: Operand| match operand {
                Operand::Value(value) => values[value as usize],
                Operand::Feed(_) => true,
                _ => false,
            };
            let writes = step.to.is_none() && !matches!(step.code, Code::Keep(_));
            let touches = cell(step).is_some_and(|cell| cells[cell as usize]);
            if !late[number] && (writes || touches || step.operands().any(needs)) {
                (late[number], settled) = (true, false);
                step.to.into_iter().for_each(|to| values[to as usize] = true);
                cell(step).into_iter().for_each(|cell| cells[cell as usize] = true);
            }
        }
        if settled {
            return late;
        }
    }
}

/// What only late steps need comes late, too, where less is handed over then.
fn sink(routine: &Routine, late: &mut [bool]) {
    let (mut early_users, mut late_users) = (vec![0; routine.values as usize], vec![0; routine.values as usize]);
    for (step, late) in routine.steps.iter().zip(&*late) {
        let users = if *late { &mut late_users } else { &mut early_users };
        step.values().for_each(|value| users[value as usize] += 1);
    }
    let mut anywhere = vec![false; routine.values as usize];
    for step in routine.steps.iter().filter(|step| is_anywhere(step)) {
        step.to.into_iter().for_each(|to| anywhere[to as usize] = true);
    }
    for (number, step) in routine.steps.iter().enumerate().rev() {
        let Some(to) = step.to.filter(|_| !late[number] && !is_anywhere(step)) else { continue };
        let stays = step.operands().any(|operand| matches!(operand, Operand::Cell(_) | Operand::Frame));
        let mut more = step.values().filter(|value| late_users[*value as usize] == 0 && !anywhere[*value as usize]);
        if stays || early_users[to as usize] > 0 || late_users[to as usize] == 0 || more.next().is_some() {
            continue;
        }
        late[number] = true;
        for value in step.values() {
            early_users[value as usize] -= 1;
            late_users[value as usize] += 1;
        }
    }
}

/// The late steps of a vector, if it `ends` one, and then the early ones of the next, if it `begins` one.
fn part(routine: &Routine, late: &[bool], handed: &[Virtual], begins: bool, ends: bool) -> Routine {
    let mut all = Routine { steps: Vec::new(), carried: handed.len(), ..routine.clone() };
    let first = routine.held() as u32;
    let place = |value: Virtual| handed.iter().position(|handed| *handed == value);
    let renamed = |value: Virtual| place(value).map_or(value, |place| routine.values + place as u32);
    all.values += handed.len() as u32;
    all.steps.extend(routine.steps.iter().filter(|step| is_anywhere(step)));
    let cells = || (first..).zip(handed);
    if ends {
        let moved = cells().map(|(cell, value)| (renamed(*value), Operand::Cell(cell)));
        all.steps.extend(moved.map(|(to, cell)| Step {
            code: Code::Move,
            to: Some(to),
            from: [Some(cell), None, None],
        }));
    }
    // What comes early is the older one: its way is the shorter one, and it goes along with the other from the beginning.
    if begins {
        let early = routine.steps.iter().zip(late).filter(|(step, late)| !**late && !is_anywhere(step));
        all.steps.extend(early.map(|(step, _)| *step));
    }
    if ends {
        for (step, _) in routine.steps.iter().zip(late).filter(|(_, late)| **late) {
            let from = step.from.map(|from| {
                from.map(|from| match from {
                    Operand::Value(value) => Operand::Value(renamed(value)),
                    other => other,
                })
            });
            all.steps.push(Step { from, ..*step });
        }
    }
    if begins {
        let kept = cells().map(|(cell, value)| (Code::Keep(cell), Operand::Value(*value)));
        all.steps.extend(kept.map(|(code, value)| Step { code, to: None, from: [Some(value), None, None] }));
    }
    let mut needed = vec![false; all.values as usize];
    all.steps.iter().flat_map(Step::values).for_each(|value| needed[value as usize] = true);
    all.steps.retain(|step| !is_anywhere(step) || step.to.is_some_and(|to| needed[to as usize]));
    all
}
