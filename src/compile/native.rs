//! Machine code of programs: as a whole, several frames at once, or in pieces; each made once for all programs of its shape. It runs none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Error;
use super::cache::{Cache, Key};
use super::code::{Arena, Refusal};
use super::cranelift::Generator;
use super::echoes::{self, Echoes};
use super::effort::Effort;
use super::in_time::InTime;
use super::lanes::{Bank, Draft, Full, Kernel, Make, Parts, Tables, Weight, Width, is_worth_while};
use super::made::{InStages, InTurn, Made, Memories, Pieces, Plan, instantiate};
use super::stages::{Cut, cut};
use super::voices::{Group, Member, Split, apart, split};
use crate::ir::call::{Run, RunMany};
use crate::ir::{Later, Program, ShapeKey, later, straighten};

/// Beyond so many instructions a program that needs nothing of the frame before is rather made in pieces, if it has any: a loop
/// is sooner made than a long run.
const LONG: usize = 600;

/// Pieces of machine code that are kept although nobody uses them.
const IDLE: usize = 256;

/// How equal parts of a program can be rendered, the faster way first.
fn ways(width: Width, group: &Group) -> Vec<Make> {
    let count = group.members.len();
    if group.sums.is_empty() { vec![Make::instances(width, count)] } else { Make::voices(width, count).to_vec() }
}

/// Equal parts of a program that are worth rendering side by side: to turn them into two lanes and back takes as long as they do.
fn goes_apart(program: &Program, width: Width) -> Option<Split> {
    if width == Width::Two { None } else { apart(program) }
}

/// Whether a part of a program waits for the frame before, enough of it does not, and both are sooner done together.
fn is_woven(program: &Program, width: Width) -> bool {
    width != Width::Two && cut(program).is_some() && is_worth_while(program, width)
}

/// Makes machine code and keeps it.
pub struct Native {
    generator: Generator,
    pub(super) arena: Arena,
    pub(super) cache: Cache,
    /// The memory of what vector code reads and writes.
    pub(super) tables: Tables,
    /// The vectors that are used, if any.
    pub(super) width: Option<Width>,
    /// Time spent making machine code.
    pub(super) generation: Duration,
}

impl Native {
    pub(super) fn new(generator: Generator, arena: Arena, tables: Tables, width: Option<Width>) -> Native {
        Native { generator, arena, cache: Cache::new(IDLE), tables, width, generation: Duration::ZERO }
    }

    /// Something that renders a valid program. Where vector code finds no room for its tables, it is one number at a time.
    pub(super) fn run(&mut self, program: &Program) -> Result<Box<dyn Run>, Error> {
        let Some(Later { from, program: after }) = later(program) else { return self.opened(program) };
        let (before, after) = (self.opened(program)?, self.opened(&after)?);
        Ok(Box::new(InTime::new(from, before, after)))
    }

    /// Something that renders a valid program, with its echoes taken out if it has any.
    fn opened(&mut self, program: &Program) -> Result<Box<dyn Run>, Error> {
        let Some(opened) = echoes::open(program) else { return self.plain(program) };
        let plain = if opened.always_counts() { None } else { Some(self.plain(program)?) };
        let straight = self.plain(&opened.program)?;
        match Echoes::new(opened, straight, plain, &self.tables) {
            Ok(echoes) => Ok(Box::new(echoes)),
            Err(Full) => self.plain(program),
        }
    }

    fn plain(&mut self, program: &Program) -> Result<Box<dyn Run>, Error> {
        let made = self.made(program)?;
        if let Ok(run) = instantiate(&made, &self.tables) {
            return Ok(run);
        }
        let key = Key::Scalar(ShapeKey::of(program));
        let made = match self.cache.find(key) {
            Some(made) => made,
            None => self.scalar(program)?,
        };
        self.cache.keep(key, &made);
        instantiate(&made, &self.tables).map_err(|Full| unreachable!("code of single numbers has no tables"))
    }

    /// Something that renders so many programs of one shape at once, if that is worth while.
    pub(super) fn many(&mut self, programs: &[&Program]) -> Result<Option<Box<dyn RunMany>>, Error> {
        let (Some(width), Some(program)) = (self.width, programs.first()) else { return Ok(None) };
        let shape = ShapeKey::of(program);
        // What is vector code by itself gains nothing.
        if matches!(self.known(shape), Some(Made::Kernel(_) | Made::Pieces(_))) {
            return Ok(None);
        }
        let straight = straighten(program);
        let straight = straight.as_ref().unwrap_or(program);
        let plain = Make::instances(width, programs.len());
        let windows = self.kernel(straight, shape, Make { windows: true, ..plain })?;
        // Straightening leaves constants and memories as they are.
        let windows = windows.filter(|kernel| programs.iter().all(|program| kernel.suits(program)));
        let kernel = match windows {
            Some(windows) => Some(windows),
            None => self.kernel(straight, shape, plain)?,
        };
        let bank = kernel.and_then(|kernel| Bank::new(kernel, programs.len(), &self.tables).ok());
        Ok(bank.map(|bank| Box::new(bank) as Box<dyn RunMany>))
    }

    /// Bytes of the pages that the code of a program takes or would take.
    pub(super) fn room(&mut self, program: &Program) -> Option<usize> {
        let later = later(program).map(|later| later.program);
        let mut sizes = Vec::new();
        for program in [Some(program), later.as_ref()].into_iter().flatten() {
            let opened = echoes::open(program);
            if opened.as_ref().is_none_or(|opened| !opened.always_counts()) {
                sizes.extend(self.sizes(program)?);
            }
            if let Some(opened) = opened {
                sizes.extend(self.sizes(&opened.program)?);
            }
        }
        Some(sizes.into_iter().map(|(bytes, known)| known.unwrap_or_else(|| self.arena.room(bytes))).sum())
    }

    /// Of each piece of a program the bytes of its code, or those of its pages where it is made already.
    fn sizes(&mut self, program: &Program) -> Option<Vec<(usize, Option<usize>)>> {
        let shape = ShapeKey::of(program);
        if let Some(room) = self.cache.room(Key::Program(shape)).filter(|room| *room > 0) {
            return Some(vec![(0, Some(room))]);
        }
        if let Some(width) = self.width {
            let straight = straighten(program);
            let program = straight.as_ref().unwrap_or(program);
            let draft = |program: &Program, make| Draft::of(program, make).ok().flatten();
            let whole = |native: &Native| {
                let make = Make::time(width);
                Some(vec![(draft(program, make)?.bytes(), native.cache.room(Key::Kernel(shape, make)))])
            };
            let pieces = |native: &mut Native, split: Split| {
                let mut sizes = Vec::new();
                for group in &split.groups {
                    let found =
                        ways(width, group).into_iter().find_map(|make| Some((draft(&group.voice, make)?, make)));
                    let (draft, make) = found?;
                    sizes.push((draft.bytes(), native.cache.room(Key::Kernel(group.shape, make))));
                }
                for piece in split.before.iter().chain([&split.rest]) {
                    sizes.extend(native.sizes(piece)?);
                }
                Some(sizes)
            };
            let long = program.operations() > LONG;
            for in_pieces in [long, !long] {
                let sizes = if in_pieces { split(program).and_then(|split| pieces(self, split)) } else { whole(self) };
                if sizes.is_some() {
                    return sizes;
                }
            }
            let woven = |native: &Native| {
                let make = Make::woven(width);
                let draft =
                    Some(program).filter(|program| is_woven(program, width)).and_then(|one| draft(one, make))?;
                Some(vec![(draft.bytes(), native.cache.room(Key::Kernel(shape, make)))])
            };
            if let Some(sizes) = woven(self) {
                return Some(sizes);
            }
            let stages = |native: &mut Native| {
                let Cut { before, middle, after, .. } = cut(program).filter(|_| native.is_roomy())?;
                let make = Make::time(width);
                let end = |end: &Program| {
                    Some((draft(end, make)?.bytes(), native.cache.room(Key::Kernel(ShapeKey::of(end), make))))
                };
                let mut sizes = before.iter().chain(&after).map(end).collect::<Option<Vec<_>>>()?;
                sizes.extend(native.sizes(&middle)?);
                Some(sizes)
            };
            if let Some(sizes) = stages(self) {
                return Some(sizes);
            }
            let apart = goes_apart(program, width).filter(|_| self.is_roomy());
            if let Some(sizes) = apart.and_then(|apart| pieces(self, apart)) {
                return Some(sizes);
            }
        }
        Some(vec![(self.generator.generate(program, Effort::of(program)).ok()?.len(), None)])
    }

    /// Gives back what is kept to make the next code sooner.
    pub(super) fn trim(&mut self) {
        self.generator.trim();
    }

    fn made(&mut self, program: &Program) -> Result<Made, Error> {
        let shape = ShapeKey::of(program);
        if let Some(made) = self.known(shape) {
            return Ok(made);
        }
        let made = self.make(program, shape)?;
        // Vector code of the whole is kept already, and what is kept twice would never be idle.
        if !matches!(made, Made::Kernel(_)) {
            self.cache.keep(Key::Program(shape), &made);
        }
        Ok(made)
    }

    /// What was made of a program of this shape.
    fn known(&mut self, shape: ShapeKey) -> Option<Made> {
        let whole = self.width.and_then(|width| self.cache.find(Key::Kernel(shape, Make::time(width))));
        whole.or_else(|| self.cache.find(Key::Program(shape)))
    }

    fn make(&mut self, program: &Program, shape: ShapeKey) -> Result<Made, Error> {
        let straight = self.width.and_then(|_| straighten(program));
        let straight = straight.as_ref().unwrap_or(program);
        let long = program.operations() > LONG;
        for pieces in [long, !long] {
            let made = match (self.width, pieces) {
                (None, _) => None,
                (Some(width), false) => self.kernel(straight, shape, Make::time(width))?.map(Made::Kernel),
                (Some(width), true) => match split(straight) {
                    Some(split) => self.pieces(straight, split, width)?,
                    None => None,
                },
            };
            if let Some(made) = made {
                return Ok(made);
            }
        }
        if let Some(width) = self.width.filter(|width| is_woven(straight, *width))
            && let Some(kernel) = self.kernel(straight, shape, Make::woven(width))?
        {
            return Ok(Made::Woven(Arc::new(InTurn::new(kernel, straight))));
        }
        if let Some(width) = self.width
            && let Some(made) = self.stages(straight, width)?
        {
            return Ok(made);
        }
        if let Some(width) = self.width.filter(|_| self.is_roomy())
            && let Some(apart) = goes_apart(straight, width)
            && let Some(made) = self.pieces(straight, apart, width)?
        {
            return Ok(made);
        }
        self.scalar(program)
    }

    /// Code of a program that works on one number at a time.
    fn scalar(&mut self, program: &Program) -> Result<Made, Error> {
        let start = Instant::now();
        let bytes = self.generator.generate(program, Effort::of(program));
        self.generation += start.elapsed();
        let bytes = bytes?;
        Ok(Made::Code(self.place(|arena| arena.place(&bytes))?))
    }

    fn pieces(&mut self, program: &Program, split: Split, width: Width) -> Result<Option<Made>, Error> {
        let Split { before, feeds, groups, rest, given } = split;
        let mut choirs = Vec::with_capacity(groups.len());
        for group in groups {
            let mut found = None;
            for make in ways(width, &group) {
                if found.is_none() {
                    found = self.kernel(&group.voice, group.shape, make)?.map(|kernel| (kernel, make.along));
                }
            }
            let Some((kernel, along)) = found else { return Ok(None) };
            let parts = group.members.iter().map(|member| {
                let Member { memories, constants, channels } = member;
                Parts::of(&kernel, memories, constants, channels)
            });
            choirs.push(Plan { parts: parts.collect(), kernel, along, sums: group.sums });
        }
        let memories = Memories::of(program);
        let before = before.map(|before| self.made(&before)).transpose()?.map(|before| (before, feeds));
        let rest = self.made(&rest)?;
        let lists = choirs.iter().flat_map(|plan| {
            let parts = plan.parts.iter().flat_map(Parts::lists);
            [plan.parts.len(), plan.sums.len()].into_iter().chain(parts)
        });
        // The pieces themselves, and the list of groups.
        let weight = Weight::of(lists.chain([1, 1, memories.moving.len(), given.len()]));
        Ok(Some(Made::Pieces(Arc::new(Pieces { before, choirs, rest, given, memories, weight }))))
    }

    /// Whether there is room to make several pieces of what could be one: each takes pages of its own.
    fn is_roomy(&self) -> bool {
        let occupancy = self.arena.occupancy();
        occupancy.used <= occupancy.capacity / 2
    }

    fn stages(&mut self, program: &Program, width: Width) -> Result<Option<Made>, Error> {
        if !self.is_roomy() {
            return Ok(None);
        }
        let Some(Cut { before, middle, after, feeds, .. }) = cut(program) else { return Ok(None) };
        let mut ends = [None, None];
        for (end, stage) in ends.iter_mut().zip([&before, &after]) {
            if let Some(stage) = stage {
                let Some(kernel) = self.kernel(stage, ShapeKey::of(stage), Make::time(width))? else { return Ok(None) };
                *end = Some(Made::Kernel(kernel));
            }
        }
        let [before, after] = ends;
        let (middle, memories) = (self.made(&middle)?, Memories::of(program));
        let weight = Weight::of([1, memories.moving.len()]);
        Ok(Some(Made::Stages(Arc::new(InStages { before, middle, after, feeds, memories, weight }))))
    }

    /// The vector code of a program of this shape, if it has any.
    fn kernel(&mut self, program: &Program, shape: ShapeKey, make: Make) -> Result<Option<Arc<Kernel>>, Error> {
        let key = Key::Kernel(shape, make);
        if let Some(Made::Kernel(kernel)) = self.cache.find(key) {
            return Ok(Some(kernel));
        }
        let start = Instant::now();
        let draft = Draft::of(program, make);
        self.generation += start.elapsed();
        let Some(draft) = draft? else { return Ok(None) };
        let kernel = self.place(|arena| draft.place(arena))?;
        self.cache.keep(key, &Made::Kernel(Arc::clone(&kernel)));
        Ok(Some(kernel))
    }

    /// Places code; what nobody uses gives way to it.
    fn place<T>(&mut self, place: impl Fn(&Arena) -> Result<T, Refusal>) -> Result<T, Error> {
        loop {
            match place(&self.arena) {
                Err(Refusal::Full { .. }) if self.cache.evict() => {}
                placed => return Ok(placed?),
            }
        }
    }
}
