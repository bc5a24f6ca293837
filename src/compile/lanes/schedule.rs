//! The order of the steps of a body: what is ready goes first, as far as registers allow. It gives no value a place.
//!
//! A processor runs ahead by itself, but not far: what one step waits for must not stand right before it. This is list scheduling
//! (Gibbons and Muchnick 1986) that never holds more values than there are registers, unless nothing else can be done.

use std::collections::HashMap;

use super::processor::{ALL, Cost, Part, SOME};
use super::routine::{Code, Operand, Routine, Step, Virtual};
use super::windows;

/// Registers that only the oldest step may take, so that it can go on.
const FOR_THE_OLDEST: usize = 2;

/// Cycles until what is read from memory is there: reading begins before the step has its turn, so they are fewer than it takes.
const READ: u32 = 4;

/// How soon steps begin that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As soon as they can.
    Early,
    /// Spread over the whole run, between those that wait for each other: what stands too far ahead a processor does not see.
    Even,
}

/// The same steps, the oldest that is ready first; so many registers are free for values, and cells have their own if they are
/// `resident`.
pub fn schedule(routine: &Routine, free: usize, resident: bool, pace: Pace) -> Routine {
    let mut scheduler = Scheduler::new(routine, free, resident);
    if pace == Pace::Even {
        scheduler.spread();
    }
    while !scheduler.open.is_empty() {
        match scheduler.pick() {
            Some(number) => scheduler.take(number),
            None => scheduler.tick(),
        }
    }
    Routine { steps: scheduler.done, ..routine.clone() }
}

struct Scheduler<'r> {
    routine: &'r Routine,
    free: usize,
    /// Moves of what can be read wherever it is needed: they take no register, and stand where they are needed first.
    anywhere: Vec<bool>,
    /// The step that makes each value.
    made: Vec<usize>,
    /// How often each value is still read.
    uses: Vec<usize>,
    /// The steps that wait for each step, and for how many cycles from its beginning.
    after: Vec<Vec<(usize, u32)>>,
    /// For how many each step waits.
    waits: Vec<usize>,
    /// When all of them are there.
    ready: Vec<u32>,
    /// Steps that wait for none.
    open: Vec<usize>,
    /// Values that are held.
    live: usize,
    now: u32,
    begun: u8,
    multiplied: u8,
    /// Whether a move that can stand anywhere stands already.
    moved: Vec<bool>,
    /// Of each step how many cycles it is before the end, and how many the longest way has; 0 where nobody asks.
    heights: Vec<u32>,
    longest: u32,
    done: Vec<Step>,
}

impl<'r> Scheduler<'r> {
    fn new(routine: &'r Routine, free: usize, resident: bool) -> Scheduler<'r> {
        let count = routine.steps.len();
        let (mut made, mut uses) = (vec![0; routine.values as usize], vec![0; routine.values as usize]);
        for (number, step) in routine.steps.iter().enumerate() {
            step.to.into_iter().for_each(|to| made[to as usize] = number);
            step.values().for_each(|value| uses[value as usize] += 1);
        }
        let stays = if resident { in_their_cells(routine) } else { HashMap::new() };
        let anywhere = routine.steps.iter().map(|step| {
            let memory = step.code == Code::Move && step.from[0].is_some_and(|from| from.stays());
            memory || step.code == Code::Move && step.to.is_some_and(|to| stays.contains_key(&to))
        });
        let mut scheduler = Scheduler {
            routine,
            free,
            anywhere: anywhere.collect(),
            made,
            uses,
            after: vec![Vec::new(); count],
            waits: vec![0; count],
            ready: vec![0; count],
            open: Vec::new(),
            live: 0,
            now: 0,
            begun: 0,
            multiplied: 0,
            moved: vec![false; count],
            heights: Vec::new(),
            longest: 0,
            done: Vec::with_capacity(count),
        };
        scheduler.link(&stays);
        (0..count).filter(|number| scheduler.waits[*number] == 0).collect::<Vec<_>>().into_iter().for_each(|number| {
            scheduler.open(number);
        });
        scheduler
    }

    /// Finds what waits for what: values for their operands, and what is written to memory for what was read there before, and the
    /// other way round.
    fn link(&mut self, stays: &HashMap<Virtual, u32>) {
        let mut readers: HashMap<Operand, Vec<usize>> = HashMap::new();
        let mut keeps: HashMap<u32, usize> = HashMap::new();
        let (mut rings, mut fed, mut put, mut given) = (Vec::new(), Vec::new(), None, None);
        for (number, step) in self.routine.steps.iter().enumerate() {
            for operand in step.operands() {
                match operand {
                    Operand::Value(value) => self.wait(number, self.made[value as usize]),
                    Operand::Cell(_) => readers.entry(operand).or_default().push(number),
                    Operand::Feed(_) => fed.push(number),
                    _ => {}
                }
            }
            let written = match step.code {
                Code::Keep(cell) => {
                    keeps.insert(cell, number);
                    Some(Operand::Cell(cell))
                }
                _ => None,
            };
            for reader in written.and_then(|written| readers.insert(written, vec![number])).into_iter().flatten() {
                self.wait(number, reader);
            }
            match step.code {
                Code::Fetch => {
                    put.into_iter().for_each(|put| self.wait(number, put));
                    rings.push(number);
                }
                Code::Put => {
                    rings.drain(..).chain(put).for_each(|before| self.wait(number, before));
                    put = Some(number);
                }
                // What is written may lie where something else is read.
                Code::Feed(_) => fed.iter().for_each(|before| self.wait(number, *before)),
                // Sums come in their order.
                Code::Give(_) => given.replace(number).into_iter().for_each(|before| self.wait(number, before)),
                _ => {}
            }
        }
        // What is read in the register of its cell is read before the next is kept there.
        for (number, step) in self.routine.steps.iter().enumerate() {
            for keep in step.values().filter_map(|value| keeps.get(stays.get(&value)?)) {
                self.wait(*keep, number);
            }
        }
        // What is written in the place of what is read waits for all who read it.
        for (number, step) in self.routine.steps.iter().enumerate() {
            let Code::Lay(window) = step.code else { continue };
            let read = self.routine.windows[window as usize].place_of;
            read.into_iter()
                .flat_map(|read| windows::readers(&self.routine.steps, read))
                .for_each(|reader| self.wait(number, reader));
        }
        self.make_in_place(stays, &keeps);
    }

    /// What is kept in a register is made there, if whoever reads what is there before has done so; where that takes no longer, it does.
    fn make_in_place(&mut self, stays: &HashMap<Virtual, u32>, keeps: &HashMap<u32, usize>) {
        let mut begins = vec![0; self.after.len()];
        for number in 0..begins.len() {
            for (after, cycles) in &self.after[number] {
                begins[*after] = begins[*after].max(begins[number] + cycles);
            }
        }
        for (number, step) in self.routine.steps.iter().enumerate() {
            for keep in step.values().filter_map(|value| keeps.get(stays.get(&value)?)) {
                let made = self.routine.steps[*keep].values().next().map(|value| self.made[value as usize]);
                let later = |made: &usize| begins[number] <= begins[*made] && !self.comes_after(number, *made);
                if let Some(made) = made.filter(|made| *made != number && !self.anywhere[*made]).filter(later) {
                    self.after[number].push((made, 0));
                    self.waits[made] += 1;
                }
            }
        }
    }

    /// Whether a step waits for another one, or for one that does.
    fn comes_after(&self, number: usize, other: usize) -> bool {
        let mut seen = vec![false; self.after.len()];
        let mut open = vec![other];
        while let Some(one) = open.pop() {
            if one == number {
                return true;
            }
            if !std::mem::replace(&mut seen[one], true) {
                open.extend(self.after[one].iter().map(|(after, _)| *after));
            }
        }
        false
    }

    /// A step waits for another one.
    fn wait(&mut self, number: usize, before: usize) {
        if number == before {
            return;
        }
        let step = &self.routine.steps[before];
        let cycles = match step.code {
            _ if self.anywhere[before] || step.to.is_none() => 0,
            Code::Move => READ,
            code => Cost::of(code, self.routine.width).latency,
        };
        self.after[before].push((number, cycles));
        self.waits[number] += 1;
    }

    /// A step waits for none any more.
    fn open(&mut self, number: usize) {
        if self.anywhere[number] {
            self.release(number);
        } else {
            self.open.push(number);
        }
    }

    /// From now on steps that nobody waits for are spread over the longest way.
    fn spread(&mut self) {
        let mut heights = vec![0; self.after.len()];
        for (number, after) in self.after.iter().enumerate().rev() {
            heights[number] = after.iter().map(|(after, cycles)| heights[*after] + cycles).max().unwrap_or_default();
        }
        self.longest = heights.iter().copied().max().unwrap_or_default();
        self.heights = heights;
    }

    /// Whether a step that can begin has time, and as many stand already as belong before it.
    fn can_wait(&self, number: usize) -> bool {
        let (all, done) = (self.routine.steps.len() as u64, self.done.len() as u64);
        let due = all * u64::from(self.now + 1) / u64::from(self.longest.max(1));
        self.heights.get(number).is_some_and(|height| self.now + height < self.longest) && done >= due
    }

    /// Nobody waits for a step any more.
    fn release(&mut self, number: usize) {
        for (after, cycles) in std::mem::take(&mut self.after[number]) {
            self.ready[after] = self.ready[after].max(self.now.max(self.ready[number]) + cycles);
            self.waits[after] -= 1;
            if self.waits[after] == 0 {
                self.open(after);
            }
        }
    }

    /// How many values more are held after a step than before.
    fn growth(&self, number: usize) -> isize {
        let step = &self.routine.steps[number];
        let held = step.to.is_some_and(|to| self.uses[to as usize] > 0);
        let ends = step.values().enumerate().filter(|(place, value)| {
            let first = step.values().take(*place).all(|before| before != *value);
            let last = step.values().filter(|other| other == value).count() == self.uses[*value as usize];
            first && last && !self.anywhere[self.made[*value as usize]]
        });
        isize::from(held) - ends.count() as isize
    }

    /// The oldest step that can begin in this cycle, if one can. Where registers allow none, the one that needs least.
    fn pick(&self) -> Option<usize> {
        let oldest = self.open.iter().min().copied();
        let fits = |number: usize, growth: isize| {
            let kept = if Some(number) == oldest { 0 } else { FOR_THE_OLDEST };
            growth <= 0 || self.live + growth as usize + kept <= self.free
        };
        let mut any = false;
        let mut best = None;
        for &number in &self.open {
            if !fits(number, self.growth(number)) {
                continue;
            }
            any = true;
            let begins = self.ready[number] <= self.now
                && self.begun < ALL
                && (self.multiplied < SOME || !self.multiplies(number))
                && !self.can_wait(number);
            if begins && best.is_none_or(|best| number < best) {
                best = Some(number);
            }
        }
        if any { best } else { self.open.iter().copied().min_by_key(|number| (self.growth(*number), *number)) }
    }

    fn multiplies(&self, number: usize) -> bool {
        Cost::of(self.routine.steps[number].code, self.routine.width).part == Part::Multiplier
    }

    fn take(&mut self, number: usize) {
        self.open.retain(|open| *open != number);
        self.live = self.live.saturating_add_signed(self.growth(number));
        self.begun += 1;
        self.multiplied += u8::from(self.multiplies(number));
        let step = self.routine.steps[number];
        for value in step.values() {
            self.uses[value as usize] -= 1;
            let made = self.made[value as usize];
            if self.anywhere[made] && !std::mem::replace(&mut self.moved[made], true) {
                self.done.push(self.routine.steps[made]);
            }
        }
        self.done.push(step);
        self.release(number);
    }

    fn tick(&mut self) {
        (self.now, self.begun, self.multiplied) = (self.now + 1, 0, 0);
    }
}

/// Values that are moved from a cell and can be read in its register, each with the cell: those that no other cell keeps.
fn in_their_cells(routine: &Routine) -> HashMap<Virtual, u32> {
    let moved = routine.steps.iter().filter_map(|step| match (step.code, step.from[0], step.to) {
        (Code::Move, Some(Operand::Cell(cell)), Some(to)) => Some((to, cell)),
        _ => None,
    });
    let mut stays = moved.collect::<HashMap<_, _>>();
    for step in &routine.steps {
        if let (Code::Keep(cell), Some(Operand::Value(value))) = (step.code, step.from[0])
            && stays.get(&value).is_some_and(|of| *of != cell)
        {
            stays.remove(&value);
        }
    }
    stays
}
