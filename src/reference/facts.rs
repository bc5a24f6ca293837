//! What a helper takes: memory, work and time, read off its program. It runs nothing.

use super::shown::{Fed, RATE, calls, numbers, program};
use crate::helpers::{Claim, Family, Helper, Kind};
use crate::ir::{Binary, Op, Owner, Program, Unary};

/// The facts about one helper.
pub struct Facts {
    /// What it remembers.
    pub state: State,
    /// What a frame of a channel costs.
    pub cost: Cost,
    /// How many frames its output lags behind its input at 48 kHz.
    pub latency: u32,
}

/// What a helper remembers for one channel, in slots of 8 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Slots of small state.
    pub cells: u32,
    /// Slots of each ring.
    pub lines: Vec<u32>,
    /// Numbers in tables that are only read.
    pub tables: usize,
    /// What makes it longer: names of arguments, and `the sample rate`.
    pub grows_with: Vec<&'static str>,
}

/// Work for one frame of one channel: operations, weighted by what they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// With numbers for all arguments but what it works on.
    pub still: u32,
    /// With signals for all of them.
    pub moving: u32,
}

/// Classes of cost: a name, the weight from which on it holds, and how long a frame of a channel takes.
pub const CLASSES: &[(&str, u32, &str)] = &[
    ("tiny", 0, "up to 1.5 ns"),
    ("small", 20, "2 to 8 ns"),
    ("medium", 60, "6 to 15 ns, to 40 where one division waits for another"),
    ("large", 200, "30 to 60 ns"),
    ("huge", 600, "60 ns and more"),
];

impl Cost {
    /// The name of the class, by what it costs when everything moves.
    pub fn class(self) -> &'static str {
        CLASSES.iter().rev().find(|(_, from, _)| self.moving >= *from).map_or("", |(name, ..)| name)
    }
}

impl Facts {
    /// All of it in lines.
    pub fn lines(&self, helper: &Helper) -> Vec<String> {
        let Cost { still, moving } = self.cost;
        let operations = if still == moving { format!("{still}") } else { format!("{still} to {moving}") };
        let mut lines = vec![format!("State: {}.", self.state.sentence(helper))];
        if self.latency > 0 {
            lines.push(format!("Latency: {} frames at 48 kHz.", self.latency));
        }
        lines.push(format!("Cost: {}, {operations} operations.", self.cost.class()));
        lines
    }
}

/// All about a helper.
pub fn facts(helper: &'static Helper) -> Facts {
    let mut still = calls(helper, &[0.0]).swap_remove(0).1;
    // What works on a phase or a gate is not of use with a number there.
    let works_on = helper.arguments.first().is_some_and(|argument| argument.kind.is_value());
    if works_on && helper.family != Family::Source {
        still[0] = Fed::Moving(vec![0.0]);
    }
    let moving = |(fed, kind): (&Fed, Kind)| if kind == Kind::Number { Fed::Moving(vec![0.0]) } else { fed.clone() };
    let kinds = helper.arguments.iter().map(|argument| argument.kind);
    let moved = still.iter().zip(kinds).map(moving).collect::<Vec<_>>();
    let latency = helper.claims.iter().filter_map(|claim| match claim {
        Claim::Transparent { late, .. } => Some(late(RATE)),
        _ => None,
    });
    Facts {
        state: state(helper, &still),
        cost: Cost { still: cost(helper, &still), moving: cost(helper, &moved) },
        latency: latency.max().unwrap_or_default(),
    }
}

fn state(helper: &'static Helper, fed: &[Fed]) -> State {
    let here = sizes(helper, RATE, fed);
    let mut grows_with = Vec::new();
    for (at, argument) in helper.arguments.iter().enumerate() {
        let more = match (&fed[at], argument.kind) {
            (Fed::Known(number), Kind::Constant) => Fed::Known((2.0 * number).min(*argument.range.end())),
            (Fed::Row(row), Kind::Numbers) => Fed::Row([row.as_slice(), row].concat()),
            _ => continue,
        };
        let mut fed = fed.to_vec();
        fed[at] = more;
        if sizes(helper, RATE, &fed) != here {
            grows_with.push(argument.name);
        }
    }
    if sizes(helper, 2.0 * RATE, fed) != here {
        grows_with.push("the sample rate");
    }
    State { grows_with, ..here }
}

fn sizes(helper: &'static Helper, rate: f64, fed: &[Fed]) -> State {
    let program = program(helper, rate, fed);
    let instance = program.instances.first();
    let lines = instance.map_or(Vec::new(), |instance| instance.lines.iter().map(|line| line.slots).collect());
    State {
        cells: instance.map_or(0, |instance| instance.cells),
        lines,
        tables: program.tables.iter().skip(signals(fed)).map(Vec::len).sum(),
        grows_with: Vec::new(),
    }
}

/// How many arguments are signals; each is a table of the program.
fn signals(fed: &[Fed]) -> usize {
    fed.iter().filter(|fed| matches!(fed, Fed::Moving(_))).count()
}

/// The weight of what the call adds to its arguments.
fn cost(helper: &'static Helper, fed: &[Fed]) -> u32 {
    let program = program(helper, RATE, fed);
    let own = |op: &&Op| match op {
        Op::Frame => false,
        Op::LoadAt(memory, ..) => match program.memories[memory.index()].owner {
            Owner::Table(table) => table as usize >= signals(fed),
            _ => true,
        },
        _ => true,
    };
    ops(&program).filter(own).map(weight).sum()
}

fn ops(program: &Program) -> impl Iterator<Item = &Op> {
    program.blocks.iter().flat_map(|block| &block.body).map(|&value| &program.inst(value).op)
}

/// What an operation weighs: 1 for what a processor does several times in a cycle, more for what takes longer or is made of several.
fn weight(op: &Op) -> u32 {
    match op {
        Op::Parameter | Op::Literal(_) | Op::Constant(_) => 0,
        Op::Unary(Unary::Sqrt, _) | Op::Binary(Binary::Div, ..) => 5,
        Op::Binary(Binary::IntDiv | Binary::IntRem, ..) => 12,
        Op::Unary(Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Nearest | Unary::ToInt | Unary::ToReal, _)
        | Op::Binary(Binary::Min | Binary::Max, ..)
        | Op::Select(..)
        | Op::LoadAt(..)
        | Op::StoreAt(..) => 2,
        _ => 1,
    }
}

impl State {
    /// In words.
    pub fn sentence(&self, helper: &Helper) -> String {
        let slots = |count: u32| if count == 1 { "1 slot".to_owned() } else { format!("{count} slots") };
        let mut parts = Vec::new();
        if self.cells > 0 {
            parts.push(slots(self.cells));
        }
        match self.lines.as_slice() {
            [] => {}
            [one] => parts.push(format!("a ring of {}", slots(*one))),
            several => parts.push(format!("{} rings of {} in all", several.len(), slots(several.iter().sum()))),
        }
        if self.tables > 0 {
            parts.push(format!("a table of {} numbers", self.tables));
        }
        let whole = if parts.is_empty() { "none".to_owned() } else { parts.join(" and ") };
        if self.grows_with.is_empty() {
            return whole;
        }
        let argument = |name: &&str| helper.arguments.iter().find(|argument| argument.name == *name);
        let setting = |name: &&str| match argument(name) {
            Some(argument) if argument.kind == Kind::Constant => {
                Some(format!("{name} = {} {}", numbers(argument)[0], argument.unit.sign()).trim_end().to_owned())
            }
            Some(_) => None,
            None => Some("48 kHz".to_owned()),
        };
        let settings = self.grows_with.iter().filter_map(setting).collect::<Vec<_>>().join(" and ");
        let settings = if settings.is_empty() { settings } else { format!(" at {settings}") };
        let quoted = |name: &&str| if argument(name).is_some() { format!("`{name}`") } else { (*name).to_owned() };
        let grows = self.grows_with.iter().map(quoted).collect::<Vec<_>>().join(" and ");
        format!("{whole}{settings}; it grows with {grows}")
    }
}
